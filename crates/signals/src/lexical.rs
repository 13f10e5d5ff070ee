//! What the words of a message say beside its intent: a wish for a human, an unsafe or vulnerable
//! situation, frustration, language and complexity. Every reading names the rules that it rests on.

mod rules;
pub(crate) mod words;

use crate::label::{NONE, UNDETERMINED, label_of};
use crate::normal::normalised;
use crate::readings::{Readings, Reads, Rule};
use rules::Index;
use serde::Serialize;
use std::{ops::Range, sync::Arc};
use words::TextWords;

/// What a frustration gains by being shouted, and by runs of marks, in basis points; and by what name.
const SHOUTING_BP: u16 = 2_500;
const MARKS_BP: u16 = 1_000;
const SHOUTING: &str = "frustration.shouting";
const MARKS: &str = "frustration.marks";
/// How many characters of a message are read: all of the longest that is accepted (32,768 bytes). From each word on a
/// rule looks a bounded number of words ahead, so that the work grows with the message and no faster.
const CHARS_MAX: usize = 32_768;

/// What the words of a message say. Names are those of the readings that the reader was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextReadings<'a> {
    /// Whether the customer asks for a human.
    pub wants_human: RuleMatch<'a>,
    /// The unsafe or vulnerable situation that the message speaks of.
    pub situation: SituationReading<'a>,
    /// How frustrated the customer seems.
    pub frustration: Strength<'a>,
    /// The language.
    pub language: LanguageReading<'a>,
    /// How much is asked at once.
    pub complexity: Strength<'a>,
}

/// Whether something is there, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleMatch<'a> {
    /// Whether it is.
    pub present: bool,
    /// The rules that matched.
    pub rules: Vec<&'a str>,
}

/// How strong something is, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strength<'a> {
    /// From 0 to 10,000.
    pub strength_bp: u16,
    /// The rules that matched.
    pub rules: Vec<&'a str>,
}

impl<'a> Strength<'a> {
    /// What is left of a frustration where its words are none: how it is written.
    pub(crate) fn without_words(self) -> Self {
        let written = |rule: &&'a str| [SHOUTING, MARKS].contains(rule);
        let rules: Vec<&str> = self.rules.into_iter().filter(written).collect();
        let of = |rule: &&str| if *rule == SHOUTING { SHOUTING_BP } else { MARKS_BP };
        Self { strength_bp: rules.iter().map(of).sum(), rules }
    }
}

/// A situation, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SituationReading<'a> {
    /// Its name, or `none`; the gravest where there are several.
    pub kind: &'a str,
    /// From 0 to 10,000; rises with every rule that matched.
    pub strength_bp: u16,
    /// The rules that matched.
    pub rules: Vec<&'a str>,
}

/// A language, and how sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageReading<'a> {
    /// The code of a language that is declared, or `und` where there is too little to tell.
    pub code: &'a str,
    /// Share of the telling words that are of this language, from 0 to 10,000.
    pub confidence_bp: u16,
}

/// A place at which a rule matches.
#[derive(Debug, Clone)]
pub struct Match<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// Where it matches in the text, in bytes.
    pub place: Range<usize>,
}

/// What rules make of one sentence, by labels.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Kinds<'a> {
    /// Labels of rules that match.
    pub(crate) matched: Vec<&'a str>,
    /// Labels of rules that would match, were it not for a word before such as `not`.
    pub(crate) denied: Vec<&'a str>,
}

/// Reads messages. Made once for a bundle's readings, since the rules are indexed.
#[derive(Debug)]
pub struct TextReader {
    readings: Arc<Readings>,
    index: Index,
}

impl Default for TextReader {
    fn default() -> Self {
        Self::new()
    }
}

impl TextReader {
    /// A reader by all packs that ship.
    pub fn new() -> Self {
        Self::of(Readings::shipped())
    }

    /// A reader by these readings.
    pub fn of(readings: Arc<Readings>) -> Self {
        Self { index: Index::of(&readings), readings }
    }

    /// What it reads by.
    pub fn readings(&self) -> &Arc<Readings> {
        &self.readings
    }

    /// What the words of `text` say. Deterministic, and bounded.
    pub fn read(&self, text: &str) -> TextReadings<'_> {
        let text: &str = &normalised(counted(text));
        let words = TextWords::of(text);
        let (mut found, mut joins) = (Vec::<usize>::new(), 0);
        let mut told = [0usize; u64::BITS as usize];
        self.index.each(
            &words,
            |known| {
                joins += usize::from(known.joins);
                let mut languages = known.languages;
                while languages != 0 {
                    if let Some(count) = told.get_mut(languages.trailing_zeros() as usize) {
                        *count += 1;
                    }
                    languages &= languages - 1;
                }
            },
            |rule, at| {
                if !found.contains(&rule) && self.matched(rule, &words, at).is_some() {
                    found.push(rule);
                }
            },
        );
        found.sort_unstable();
        let of = |reads: &Reads| -> Vec<&str> {
            let rules = found.iter().filter_map(|at| self.readings.rules().get(*at));
            rules.filter(|rule| rule.reads == *reads).map(|rule| rule.id.as_str()).collect()
        };
        let human = of(&Reads::WantsHuman);
        TextReadings {
            wants_human: RuleMatch { present: !human.is_empty(), rules: human },
            situation: self.situation(&found, of),
            frustration: frustration(text, &words, of(&Reads::Frustration)),
            language: self.language(&told),
            complexity: complexity(text, &words, joins),
        }
    }

    /// Every place at which a rule matches in `text`, from its beginning on.
    pub fn matches(&self, text: &str) -> Vec<Match<'_>> {
        let words = TextWords::of(counted(text));
        let mut matches = Vec::new();
        self.index.each(
            &words,
            |_| {},
            |rule, at| {
                if let (Some(behind), Some(rule)) = (self.matched(rule, &words, at), self.readings.rules().get(rule)) {
                    matches.push(Match { rule, place: words.place(at, behind) });
                }
            },
        );
        matches
    }

    /// The labels of what the rules read that match in a sentence, and of those whose matches are taken back by what
    /// stands before them; each once.
    pub(crate) fn kinds(&self, sentence: &str) -> Kinds<'_> {
        let words = TextWords::of(sentence);
        let mut kinds = Kinds::default();
        self.index.each(
            &words,
            |_| {},
            |rule, at| {
                let Some(rule) = self.readings.rules().get(rule) else { return };
                let label = label_of(self.readings.name_of(&rule.reads));
                if kinds.matched.contains(&label) && kinds.denied.contains(&label) {
                    return;
                }
                let known = if rule.is_taken_back(&words, at) { &mut kinds.denied } else { &mut kinds.matched };
                if !known.contains(&label) && rule.compiled.matches_at(&words, at).is_some() {
                    known.push(label);
                }
            },
        );
        kinds
    }

    fn matched(&self, rule: usize, words: &TextWords, at: usize) -> Option<usize> {
        self.readings.rules().get(rule)?.matches_at(words, at)
    }

    fn situation<'a>(&'a self, found: &[usize], of: impl Fn(&Reads) -> Vec<&'a str>) -> SituationReading<'a> {
        let read = found.iter().filter_map(|at| match self.readings.rules().get(*at)?.reads {
            Reads::Situation(at) => Some(at),
            _ => None,
        });
        // They are in the order of their gravity.
        let Some((at, situation)) = read.min().and_then(|at| Some((at, self.readings.situations().get(at)?))) else {
            return SituationReading { kind: NONE, strength_bp: 0, rules: Vec::new() };
        };
        let rules = of(&Reads::Situation(at));
        let strength_bp = u16::try_from(7_000 + 1_000 * rules.len().min(3)).unwrap_or(10_000);
        SituationReading { kind: &situation.name, strength_bp, rules }
    }

    /// The language whose most frequent short words the message has most of. Between equals none can be told, unless
    /// the first of them is English, which others borrow from.
    fn language(&self, told: &[usize]) -> LanguageReading<'_> {
        let counts = || self.readings.languages().iter().map(|language| language.code.as_str()).zip(told);
        let total: usize = counts().map(|(_, count)| count).sum();
        let best =
            counts().fold((UNDETERMINED, 0), |best, next| if *next.1 > best.1 { (next.0, *next.1) } else { best });
        let tied = counts().filter(|(_, count)| **count == best.1).count() > 1;
        if best.1 == 0 || (tied && best.0 != "en") {
            return LanguageReading { code: UNDETERMINED, confidence_bp: 0 };
        }
        LanguageReading { code: best.0, confidence_bp: u16::try_from(best.1 * 10_000 / total.max(1)).unwrap_or(10_000) }
    }
}

/// The part of a text that counts.
fn counted(text: &str) -> &str {
    if text.len() <= CHARS_MAX {
        return text;
    }
    let end = text.char_indices().nth(CHARS_MAX).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or_default()
}

/// 3,500 for each rule that matches, 2,500 for shouting, 1,000 for runs of marks; 10,000 at most.
fn frustration<'a>(text: &str, words: &TextWords, mut rules: Vec<&'a str>) -> Strength<'a> {
    let mut sum = 3_500 * rules.len();
    let shouted = words.shouted();
    if shouted >= 3 && shouted * 2 > words.len() {
        sum += usize::from(SHOUTING_BP);
        rules.push(SHOUTING);
    }
    if text.as_bytes().windows(2).any(|pair| matches!(pair, b"!!" | b"??" | b"?!" | b"!?")) {
        sum += usize::from(MARKS_BP);
        rules.push(MARKS);
    }
    Strength { strength_bp: u16::try_from(sum.min(10_000)).unwrap_or(10_000), rules }
}

/// 30 for each word beyond 15 (up to 3,000), 1,500 for each question beyond the first (up to 3,000), 700
/// for each number beyond the first (up to 2,100), 600 for each word that joins or conditions (up to 1,800).
fn complexity(text: &str, words: &TextWords, joins: usize) -> Strength<'static> {
    let counted = |n: usize, each: usize, most: usize| (n * each).min(most);
    let questions = text.bytes().filter(|byte| *byte == b'?').count();
    let numbers = words.iter().filter(|word| word.bytes().any(|b| b.is_ascii_digit())).count();
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
