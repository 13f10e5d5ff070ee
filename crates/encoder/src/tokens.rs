//! Words and pieces of words: WordPiece in lower case, as the model was trained with (Devlin et al. 2019, and its
//! reference implementation's rules for what parts words).

use foldhash::fast::RandomState;
use std::collections::HashMap;
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

/// Longest word, in characters, that is looked for; a longer one is unknown.
const WORD_MAX: usize = 100;
/// What marks a piece that goes on with a word.
const GOES_ON: &str = "##";

/// A vocabulary, and how texts are parted by it.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    /// Pieces that begin a word.
    begins: HashMap<Box<str>, u32, RandomState>,
    /// Pieces that go on with one, without their mark.
    goes_on: HashMap<Box<str>, u32, RandomState>,
    begin: u32,
    end: u32,
    unknown: u32,
    /// Longest piece, in bytes.
    longest: usize,
}

impl Tokenizer {
    /// A tokenizer by a vocabulary; none where it lacks one of `[CLS]`, `[SEP]` and `[UNK]`.
    pub fn new(vocabulary: &[String]) -> Option<Self> {
        let (mut begins, mut goes_on) = (HashMap::default(), HashMap::default());
        let mut longest = 0;
        for (piece, number) in vocabulary.iter().zip(0_u32..) {
            let (pieces, piece) = match piece.strip_prefix(GOES_ON) {
                Some(rest) if !rest.is_empty() => (&mut goes_on, rest),
                _ => (&mut begins, piece.as_str()),
            };
            longest = longest.max(piece.len());
            pieces.insert(piece.into(), number);
        }
        let special = |name: &str| begins.get(name).copied();
        let (begin, end, unknown) = (special("[CLS]")?, special("[SEP]")?, special("[UNK]")?);
        Some(Self { begins, goes_on, begin, end, unknown, longest })
    }

    /// The pieces of `text` by their numbers, between the marks of its beginning and its end, `most` at most.
    pub fn tokens(&self, text: &str, most: usize) -> Vec<u32> {
        let mut tokens = vec![self.begin];
        let mut word = String::new();
        let room = most.saturating_sub(1);
        for letter in text.chars().filter(|letter| !is_dropped(*letter)).flat_map(char::to_lowercase).nfd() {
            if tokens.len() >= room {
                break;
            }
            if letter.is_whitespace() {
                self.finish(&mut word, &mut tokens);
            } else if parts(letter) {
                self.finish(&mut word, &mut tokens);
                word.push(letter);
                self.finish(&mut word, &mut tokens);
            } else if get_general_category(letter) != GeneralCategory::NonspacingMark {
                word.push(letter);
            }
        }
        self.finish(&mut word, &mut tokens);
        tokens.truncate(room);
        tokens.push(self.end);
        tokens
    }

    /// Adds a word's pieces, the longest first at each place; a word of which a part is in no piece is unknown.
    fn finish(&self, word: &mut String, tokens: &mut Vec<u32>) {
        if word.is_empty() {
            return;
        }
        let known = tokens.len();
        let mut rest = if word.chars().nth(WORD_MAX).is_none() { word.as_str() } else { "" };
        let too_long = rest.is_empty();
        while !rest.is_empty() {
            let pieces = if rest.len() == word.len() { &self.begins } else { &self.goes_on };
            let ends = (1..=rest.len().min(self.longest)).rev().filter(|end| rest.is_char_boundary(*end));
            let found = ends.filter_map(|end| Some((end, *pieces.get(rest.get(..end)?)?))).next();
            let Some((end, number)) = found else { break };
            tokens.push(number);
            rest = rest.get(end..).unwrap_or_default();
        }
        if too_long || !rest.is_empty() {
            tokens.truncate(known);
            tokens.push(self.unknown);
        }
        word.clear();
    }
}

/// What is taken out before anything is read: control characters and what stands for what could not be decoded.
fn is_dropped(letter: char) -> bool {
    use GeneralCategory::{Control, Format, PrivateUse, Surrogate, Unassigned};
    let other = matches!(get_general_category(letter), Control | Format | PrivateUse | Surrogate | Unassigned);
    matches!(letter, '\0' | '\u{fffd}') || (other && !matches!(letter, '\t' | '\n' | '\r'))
}

/// What is a word of its own: punctuation, and ideographs.
fn parts(letter: char) -> bool {
    use GeneralCategory::{
        ClosePunctuation, ConnectorPunctuation, DashPunctuation, FinalPunctuation, InitialPunctuation, OpenPunctuation,
        OtherPunctuation,
    };
    if letter.is_ascii() {
        return letter.is_ascii_punctuation();
    }
    let ideograph = matches!(
        u32::from(letter),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F | 0x2B740..=0x2B81F
            | 0x2B820..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F
    );
    ideograph
        || matches!(
            get_general_category(letter),
            ConnectorPunctuation
                | DashPunctuation
                | OpenPunctuation
                | ClosePunctuation
                | InitialPunctuation
                | FinalPunctuation
                | OtherPunctuation
        )
}
