//! Patterns: sequences of words with alternatives and gaps.
//!
//! `a|b c * d`: one of `a` or `b`, then `c`, then `d` after up to three words between (`**`: up to eight). `~`
//! before a word takes any word that begins so.

use crate::lexical::words::TextWords;

/// Words that `*` leaves out at most.
pub const GAP: u8 = 3;
/// Words that `**` leaves out at most.
pub const FAR: u8 = 8;
/// Words before a match in which an `unless` takes it back.
pub const BEFORE: usize = 3;
/// Longest pattern, in bytes.
const PATTERN_MAX: usize = 2_000;
/// Most steps; with the widest gaps they reach over 108 words, which fit into the bits of a `u128`.
const STEPS_MAX: usize = 12;

/// A pattern that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    steps: Vec<Step>,
}

/// One step: a word of these, after a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    words: Vec<Box<str>>,
    starts: Vec<Box<str>>,
    gap: u8,
}

/// Why a pattern cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub cure: String,
}

impl PatternError {
    fn new(message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { message: message.into(), cure: cure.into() }
    }
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is empty, too long, begins or ends with a gap, or names a word that no message can have.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.len() > PATTERN_MAX {
            return Err(PatternError::new(
                format!("the pattern has {} bytes, more than {PATTERN_MAX}", text.len()),
                "make several rules of it",
            ));
        }
        let mut steps: Vec<Step> = Vec::new();
        let mut gap = None;
        for part in text.split_whitespace() {
            let wide = match part {
                "*" => Some(GAP),
                "**" => Some(FAR),
                _ => None,
            };
            match (wide, gap) {
                (Some(_), Some(_)) => {
                    return Err(PatternError::new("two gaps stand side by side", "keep the wider one"));
                }
                (Some(_), None) if steps.is_empty() => {
                    return Err(PatternError::new("the pattern begins with a gap", "begin it with a word"));
                }
                (Some(wide), None) => gap = Some(wide),
                (None, _) => steps.push(step(part, gap.take().unwrap_or(0))?),
            }
        }
        if gap.is_some() {
            return Err(PatternError::new("the pattern ends with a gap", "end it with a word"));
        }
        if steps.is_empty() || steps.len() > STEPS_MAX {
            return Err(PatternError::new(
                format!("a pattern has 1 to {STEPS_MAX} steps, this one {}", steps.len()),
                "write words such as `talk|speak * person`",
            ));
        }
        Ok(Self { steps })
    }

    /// The words by which a match can begin.
    pub(crate) fn first_words(&self) -> impl Iterator<Item = &str> {
        self.steps.first().into_iter().flat_map(|step| &step.words).map(AsRef::as_ref)
    }

    /// What words begin with by which a match can begin.
    pub(crate) fn first_starts(&self) -> impl Iterator<Item = &str> {
        self.steps.first().into_iter().flat_map(|step| &step.starts).map(AsRef::as_ref)
    }

    /// The place behind the shortest match that begins at `at`.
    pub(crate) fn matches_at(&self, words: &TextWords, at: usize) -> Option<usize> {
        // Bit n: the steps so far can have taken the n words from `at` on.
        let mut reached = 1u128;
        for step in &self.steps {
            let mut next = 0u128;
            let mut left = reached;
            while left != 0 {
                let from = left.trailing_zeros() as usize;
                left &= left - 1;
                for place in from..=from + usize::from(step.gap) {
                    if next >> (place + 1) & 1 == 0 && words.get(at + place).is_some_and(|word| step.takes(word)) {
                        next |= 1 << (place + 1);
                    }
                }
            }
            if next == 0 {
                return None;
            }
            reached = next;
        }
        Some(at + reached.trailing_zeros() as usize)
    }
}

impl Step {
    fn takes(&self, word: &str) -> bool {
        self.words.iter().any(|wanted| **wanted == *word) || self.starts.iter().any(|start| word.starts_with(&**start))
    }
}

fn step(part: &str, gap: u8) -> Result<Step, PatternError> {
    let mut step = Step { words: Vec::new(), starts: Vec::new(), gap };
    for word in part.split('|') {
        match word.strip_prefix('~') {
            Some(start) => step.starts.push(plain(start)?.into()),
            None => step.words.push(plain(word)?.into()),
        }
    }
    Ok(step)
}

/// A word as messages can have it.
///
/// # Errors
/// When no message has it so; the cure says how it is written.
pub(crate) fn plain(word: &str) -> Result<&str, PatternError> {
    let words = TextWords::of(word);
    let as_read: Vec<&str> = words.iter().collect();
    match as_read.as_slice() {
        [one] if *one == word => Ok(word),
        [] => Err(PatternError::new(
            format!("`{word}` is no word"),
            "between the bars stand words; a gap `*` or `**` stands alone between spaces",
        )),
        read => Err(PatternError::new(
            format!("no message has the word `{word}`: words are read in lower case, without marks"),
            format!("write `{}`", read.join(" ")),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_words_alternatives_beginnings_and_gaps() {
        for (pattern, text, want) in [
            ("human", "A human, please", true),
            ("talk|speak * person", "May I speak to a real person", true),
            ("talk|speak * person", "May I speak to one or another person", false),
            ("talk|speak ** person", "May I speak to one or another person", true),
            ("~suicid", "suicidal", true),
            ("a b c", "a b b c", false),
            ("a * b * c", "a b x b c", true),
            ("a ** a ** a", "a a a", true),
            ("a", "", false),
        ] {
            let (parsed, words) = (Pattern::parse(pattern).unwrap(), TextWords::of(text));
            let found = (0..words.len()).any(|at| parsed.matches_at(&words, at).is_some());
            assert_eq!(found, want, "{pattern} in {text}");
        }
        let wide = ["a"; STEPS_MAX].join(" ** ");
        let words = TextWords::of(&["a"; 200].join(" "));
        assert_eq!(Pattern::parse(&wide).unwrap().matches_at(&words, 3), Some(3 + STEPS_MAX));
    }

    #[test]
    fn what_can_never_match_is_refused_with_a_cure() {
        for (pattern, cure) in [
            ("", "write words"),
            ("* a", "begin it with a word"),
            ("a *", "end it with a word"),
            ("a * ** b", "keep the wider one"),
            ("a||b", "between the bars"),
            ("Help", "write `help`"),
            ("don't", "write `dont`"),
            ("e-mail", "write `e mail`"),
            ("a*", "write `a`"),
            ("~", "between the bars"),
            ("heeelp", "write `help`"),
        ] {
            let error = Pattern::parse(pattern).unwrap_err();
            assert!(error.cure.contains(cure), "{pattern}: {error:?}");
        }
        assert!(Pattern::parse(&"a ".repeat(STEPS_MAX + 1)).is_err());
        assert!(Pattern::parse(&"ab|".repeat(PATTERN_MAX)).is_err());
    }
}
