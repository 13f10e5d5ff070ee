//! Reads a message whole: its intent, and what its words say.

pub use crate::sentence_split::passages;
use crate::{
    follow_up::{is_new_matter, says_enough},
    intent::{EncoderUse, IntentEstimate, IntentModel},
    lexical::{RuleMatch, SituationReading, Strength, TextReader, TextReadings},
    normal::normalised,
    readings::{FRUSTRATED, NONE, UNDETERMINED, WANTS_HUMAN},
    sentence_classifier::{Found, SentenceClassifier},
    vector::Encoded,
};
use remit_encoder::Encoder;
use std::sync::Arc;

/// What reads messages under one bundle.
#[derive(Debug)]
pub struct MessageReader {
    /// The intent classifier.
    pub intents: IntentModel,
    /// The rules for words.
    pub words: TextReader,
    /// What learnt from labelled sentences; none where there are too few.
    pub sentences: Option<SentenceClassifier>,
    /// The sentence encoder.
    pub encoder: Option<Arc<Encoder>>,
    /// When it is asked.
    pub when: EncoderUse,
}

/// Strength of a frustration that is just there, in basis points.
const FRUSTRATED_LEAST: f32 = 4_500.0;

impl MessageReader {
    /// The encoder, where it may be asked.
    pub fn encoder(&self) -> Option<&Encoder> {
        self.encoder.as_deref().filter(|_| self.when != EncoderUse::Never)
    }

    /// The intent of a message, and what its words say; the encoder is asked once about what both ask it.
    pub fn read(&self, text: &str) -> (IntentEstimate<'_>, TextReadings<'_>) {
        self.encoded(text, |whole| (self.intents.estimate(whole, self.when), self.words_of(whole)))
    }

    /// The same of what is written after `before`, what was said in the conversation in its order; and whether it is
    /// another matter, which a text of few words never surely is.
    pub fn read_after(&self, text: &str, before: &[&str]) -> (IntentEstimate<'_>, TextReadings<'_>, bool) {
        self.encoded(text, |whole| {
            let estimate = self.intents.estimate(whole, self.when);
            let is_new = says_enough(text) && is_new_matter(whole, estimate.abstained, before);
            (estimate, self.words_of(whole), is_new)
        })
    }

    /// The intent of a message.
    pub fn intent(&self, text: &str) -> IntentEstimate<'_> {
        self.encoded(text, |whole| self.intents.estimate(whole, self.when))
    }

    /// What the words of a message say: rules propose, and what learnt from sentences disposes.
    pub fn words(&self, text: &str) -> TextReadings<'_> {
        self.encoded(text, |whole| self.words_of(whole))
    }

    fn words_of(&self, whole: &Encoded<'_>) -> TextReadings<'_> {
        read(&self.words, self.sentences.as_ref(), whole, self.when)
    }

    /// What `read` makes of a message, whose vector is computed once at most.
    fn encoded<T>(&self, text: &str, read: impl FnOnce(&Encoded<'_>) -> T) -> T {
        let text = normalised(text);
        read(&Encoded::new(text.trim(), self.encoder()))
    }
}

/// What the words of a text say.
pub fn read<'a>(
    words: &'a TextReader,
    classifier: Option<&'a SentenceClassifier>,
    whole: &Encoded<'_>,
    when: EncoderUse,
) -> TextReadings<'a> {
    let text = whole.text();
    let by_rules = words.read(text);
    let Some(classifier) = classifier
        .filter(|classifier| by_rules.language.code == UNDETERMINED || classifier.learnt_in(by_rules.language.code))
    else {
        return by_rules;
    };
    let found = classifier.read(words, &passages(text), whole, when == EncoderUse::Always);
    dispose(words, classifier, by_rules, &found)
}

/// What is left of what rules read, and what is added to it.
fn dispose<'a>(
    words: &'a TextReader,
    classifier: &'a SentenceClassifier,
    by_rules: TextReadings<'a>,
    found: &[Found<'a>],
) -> TextReadings<'a> {
    let there = |label: &str| found.iter().find(|found| found.label == label && found.beyond >= 0.0);
    let own = by_rules.situation.kind;
    let read = words.readings().situations().iter().find_map(|situation| {
        let name = situation.name.as_str();
        match there(name) {
            Some(found) => Some((name, Some(found))),
            // Where it has learnt nothing, the rules decide alone.
            None => (name == own && !classifier.reads(name)).then_some((name, None)),
        }
    });
    let situation = match read {
        None => SituationReading { kind: NONE, strength_bp: 0, rules: Vec::new() },
        Some((_, None)) => by_rules.situation,
        Some((name, Some(found))) => {
            let mut rules = if name == own { by_rules.situation.rules } else { Vec::new() };
            rules.push(found.rule);
            SituationReading { kind: name, strength_bp: strength(7_000.0, found.beyond), rules }
        }
    };
    let wants_human = match (there(WANTS_HUMAN), classifier.reads(WANTS_HUMAN)) {
        (_, false) => by_rules.wants_human,
        (None, true) => RuleMatch::default(),
        (Some(found), true) => {
            let mut rules = by_rules.wants_human.rules;
            rules.push(found.rule);
            RuleMatch { present: true, rules }
        }
    };
    let frustration = match (there(FRUSTRATED), classifier.reads(FRUSTRATED)) {
        (_, false) => by_rules.frustration,
        (None, true) => by_rules.frustration.without_words(),
        (Some(found), true) => {
            let Strength { strength_bp, mut rules } = by_rules.frustration;
            rules.push(found.rule);
            Strength { strength_bp: strength_bp.max(strength(FRUSTRATED_LEAST, found.beyond)), rules }
        }
    };
    TextReadings { situation, wants_human, frustration, ..by_rules }
}

/// From `least` where it is just there, to 10,000 where it is clear.
fn strength(least: f32, beyond: f32) -> u16 {
    (least + (10_000.0 - least) * beyond.clamp(0.0, 1.5) / 1.5) as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readings::Readings;
    use std::fmt::Write as _;

    /// Who denies a wish or a theft, insults without a threat, or sees no point in living or in a chat: with sentences
    /// beside them that say the opposite, none of which is learnt from.
    const TOLD_APART: &str = include_str!("../data/told-apart.csv");

    /// The situation of a text, and whether it asks for a human, as the packs that ship read it with the encoder.
    fn of(text: &str) -> (String, bool) {
        let (words, encoder) = (TextReader::of(Readings::shipped()), Encoder::built_in());
        let classifier = SentenceClassifier::built_in();
        let found = read(&words, classifier.as_ref(), &Encoded::new(text, Some(&encoder)), EncoderUse::WhenUnsure);
        (found.situation.kind.to_owned(), found.wants_human.present)
    }

    #[test]
    fn what_is_denied_and_whom_nobody_threatens_is_told_from_what_is_there() {
        let mut wrong = String::new();
        let rows = csv::Reader::from_reader(TOLD_APART.as_bytes()).into_deserialize();
        for row in rows {
            let (text, situation, human): (String, String, bool) = row.unwrap();
            let read = of(&text);
            if read != (situation, human) {
                let _ = writeln!(wrong, "{text}: {read:?}");
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }
}
