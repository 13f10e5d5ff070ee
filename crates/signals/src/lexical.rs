//! What the words of a message say beside its intent: a wish for a human, an unsafe or vulnerable
//! situation, frustration, language and complexity. Every reading names the rules that it rests on.

mod rules;

use rules::{Rules, Word};

/// How many characters of a message count.
const CHARS_MAX: usize = 4_000;

/// What the words of a message say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextReadings {
    /// Whether the customer asks for a human.
    pub wants_human: Presence,
    /// The unsafe or vulnerable situation that the message speaks of.
    pub situation: SituationReading,
    /// How frustrated the customer seems.
    pub frustration: Strength,
    /// The language.
    pub language: LanguageReading,
    /// How much is asked at once.
    pub complexity: Strength,
}

/// Whether something is there, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presence {
    /// Whether it is.
    pub present: bool,
    /// The rules that matched.
    pub rules: Vec<&'static str>,
}

/// How strong something is, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strength {
    /// From 0 to 10,000.
    pub strength_bp: u16,
    /// The rules that matched.
    pub rules: Vec<&'static str>,
}

/// A situation, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SituationReading {
    /// Which; the gravest where there are several.
    pub kind: Situation,
    /// From 0 to 10,000; rises with every rule that matched.
    pub strength_bp: u16,
    /// The rules that matched.
    pub rules: Vec<&'static str>,
}

/// A language, and how sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageReading {
    /// `en`, `de`, `fr`, `es`, `it`, `nl`, `pt`, `pl`, or `und` where there is too little to tell.
    pub code: &'static str,
    /// Share of the telling words that are of this language, from 0 to 10,000.
    pub confidence_bp: u16,
}

/// A situation in which routine is not good enough, from the gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Situation {
    /// Thoughts of suicide or self-harm.
    SelfHarm,
    /// Abuse or control by somebody close.
    DomesticAbuse,
    /// A threat against people.
    Threat,
    /// Fraud that is happening now.
    FraudInProgress,
    /// A death.
    Bereavement,
    /// None of these.
    None,
}

impl Situation {
    /// The name in bundles and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SelfHarm => "self_harm",
            Self::DomesticAbuse => "domestic_abuse",
            Self::Threat => "threat",
            Self::FraudInProgress => "fraud_in_progress",
            Self::Bereavement => "bereavement",
            Self::None => "none",
        }
    }
}

/// Reads messages. Made once, since the rules are compiled.
#[derive(Debug)]
pub struct TextReader {
    human: Rules,
    situations: Vec<(Situation, Rules)>,
    frustration: Rules,
    telling_words: rules::ByWord<u8>,
}

impl Default for TextReader {
    fn default() -> Self {
        Self::new()
    }
}

impl TextReader {
    /// Compiles the rules.
    pub fn new() -> Self {
        Self {
            human: Rules::compile(rules::HUMAN),
            situations: rules::SITUATIONS.iter().map(|(kind, source)| (*kind, Rules::compile(source))).collect(),
            frustration: Rules::compile(rules::FRUSTRATION),
            telling_words: rules::telling_words(),
        }
    }

    /// What the words of `text` say. Deterministic and bounded: of a long text the beginning counts.
    pub fn read(&self, text: &str) -> TextReadings {
        let end = text.char_indices().nth(CHARS_MAX).map_or(text.len(), |(at, _)| at);
        let text: &str = &crate::normal::normalised(text.get(..end).unwrap_or_default());
        let words = rules::words(text);
        let language = self.language(&words);
        let human = self.human.matching(&words);
        TextReadings {
            wants_human: Presence { present: !human.is_empty(), rules: human },
            situation: self.situation(&words),
            frustration: self.frustration(text, &words),
            language,
            complexity: complexity(text, &words),
        }
    }

    fn situation(&self, words: &[Word]) -> SituationReading {
        // From the gravest, so that the first that is spoken of is the one.
        let found = self.situations.iter().map(|(kind, rules)| (*kind, rules.matching(words)));
        let (kind, rules) = found.filter(|(_, rules)| !rules.is_empty()).min().unwrap_or((Situation::None, Vec::new()));
        let strength_bp = match rules.len() {
            0 => 0,
            n => u16::try_from(7_000 + 1_000 * n.min(3)).unwrap_or(10_000),
        };
        SituationReading { kind, strength_bp, rules }
    }

    /// 3,500 for each rule that matches, 2,500 for shouting, 1,000 for runs of marks; 10,000 at most.
    fn frustration(&self, text: &str, words: &[Word]) -> Strength {
        let mut rules = self.frustration.matching(words);
        let mut sum = 3_500 * rules.len();
        let shouted = words.iter().filter(|word| word.shouted).count();
        if shouted >= 3 && shouted * 2 > words.len() {
            sum += 2_500;
            rules.push("frustration.shouting");
        }
        if ["!!", "??", "?!", "!?"].iter().any(|marks| text.contains(marks)) {
            sum += 1_000;
            rules.push("frustration.marks");
        }
        Strength { strength_bp: u16::try_from(sum.min(10_000)).unwrap_or(10_000), rules }
    }

    /// The language whose most frequent short words the message has most of.
    fn language(&self, words: &[Word]) -> LanguageReading {
        let mut counts = rules::FUNCTION_WORDS.map(|(code, _)| (code, 0usize));
        for languages in words.iter().filter_map(|word| self.telling_words.get(word.text.as_str())) {
            let bits = counts.iter_mut().enumerate().filter(|(bit, _)| languages >> bit & 1 == 1);
            bits.for_each(|(_, (_, count))| *count += 1);
        }
        let total: usize = counts.iter().map(|(_, count)| count).sum();
        let best = counts.iter().fold(("und", 0), |best, next| if next.1 > best.1 { *next } else { best });
        let tied = counts.iter().filter(|(_, count)| *count == best.1).count() > 1;
        if best.1 == 0 || (tied && best.0 != "en") {
            return LanguageReading { code: "und", confidence_bp: 0 };
        }
        LanguageReading { code: best.0, confidence_bp: u16::try_from(best.1 * 10_000 / total.max(1)).unwrap_or(10_000) }
    }
}

/// 30 for each word beyond 15 (up to 3,000), 1,500 for each question beyond the first (up to 3,000), 700
/// for each number beyond the first (up to 2,100), 600 for each word that joins or conditions (up to 1,800).
fn complexity(text: &str, words: &[Word]) -> Strength {
    let counted = |n: usize, each: usize, most: usize| (n * each).min(most);
    let questions = text.split('?').count().saturating_sub(1);
    let numbers = words.iter().filter(|word| word.text.bytes().any(|b| b.is_ascii_digit())).count();
    let joins = words.iter().filter(|word| rules::JOINS.contains(&word.text.as_str())).count();
    let parts = [
        ("complexity.length", counted(words.len().saturating_sub(15), 30, 3_000)),
        ("complexity.questions", counted(questions.saturating_sub(1), 1_500, 3_000)),
        ("complexity.numbers", counted(numbers.saturating_sub(1), 700, 2_100)),
        ("complexity.joins", counted(joins, 600, 1_800)),
    ];
    let sum: usize = parts.iter().map(|(_, part)| part).sum();
    Strength {
        strength_bp: u16::try_from(sum.min(10_000)).unwrap_or(10_000),
        rules: parts.iter().filter(|(_, part)| *part > 0).map(|(id, _)| *id).collect(),
    }
}

#[cfg(test)]
mod tests;
