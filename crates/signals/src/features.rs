//! Text as weighted features: word and character n-grams, TF-IDF with sublinear counts, length one.

use std::collections::HashMap;

/// Characters of a message that count; what follows is passed over.
pub(crate) const CHARS_MAX: usize = 2_000;

/// What a feature is made of. Each view has a length of its own, or the many characters would drown the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Words alone and in pairs.
    TextWords,
    /// Runs of characters.
    Characters,
}

/// One feature of a message: its number and its weight.
pub(crate) type Feature = (u32, f32);

/// The sum of products of two messages' features, which are in the order of their numbers.
pub(crate) fn product(one: &[Feature], other: &[Feature]) -> f32 {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let mut sum = 0.0;
    while let (Some((a, x)), Some((b, y))) = (one.peek(), other.peek()) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => drop(one.next()),
            std::cmp::Ordering::Greater => drop(other.next()),
            std::cmp::Ordering::Equal => {
                sum += x * y;
                one.next();
                other.next();
            }
        }
    }
    sum
}

/// Features by their hash: the number of each, and beside it, where it is at hand, its inverse document frequency.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    pub(crate) known: HashMap<u64, u32, Identity>,
    /// The inverse document frequencies by the features' numbers.
    pub(crate) frequencies: Vec<f32>,
    /// The greatest of them, which what was never seen has too.
    rarest: f32,
    /// Whether runs of characters are left out.
    words_only: bool,
}

/// Share of the words in a message's squared length; the rest is the characters'.
const WORDS: f32 = 0.35;
/// How much what was never seen adds to a message's length, and so takes from what was: a message of unknown
/// words looks like no intent.
const UNKNOWN: f32 = 0.25;

/// Keys are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Identity;

impl std::hash::BuildHasher for Identity {
    type Hasher = IdentityHasher;
    fn build_hasher(&self) -> IdentityHasher {
        IdentityHasher(0)
    }
}

/// Hands a hash through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdentityHasher(u64);

impl std::hash::Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The beginning of the hash of a kind of feature. It is FNV-1a with a finish that spreads the bits; the same on every
/// machine.
const fn begin(kind: u8) -> u64 {
    (OFFSET ^ kind as u64).wrapping_mul(PRIME)
}

fn step(state: u64, c: char) -> u64 {
    (state ^ u64::from(u32::from(c))).wrapping_mul(PRIME)
}

fn finish(state: u64) -> u64 {
    let state = (state ^ (state >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state ^ (state >> 29)
}

fn hash(kind: u8, text: &[char]) -> u64 {
    finish(text.iter().fold(begin(kind), |state, c| step(state, *c)))
}

/// The hash of words in their order.
pub(crate) fn hash_of_words(words: &[String]) -> u64 {
    hash(u8::try_from(words.len()).unwrap_or(u8::MAX), &words.join(" ").chars().collect::<Vec<_>>())
}

/// A message in small letters, its words, and these in a line with a space around each.
struct Text {
    letters: Vec<char>,
    line: Vec<char>,
}

/// Lengths of the runs of characters.
const RUNS: std::ops::RangeInclusive<usize> = 2..=4;

impl Text {
    fn of(text: &str, words_only: bool) -> Self {
        let text: &str = &crate::normal::normalised(crate::normal::head(text, CHARS_MAX));
        let mut letters = Vec::with_capacity(text.len() + 8);
        for c in text.chars().take(CHARS_MAX) {
            if c.is_ascii() {
                letters.push(c.to_ascii_lowercase());
            } else {
                letters.extend(c.to_lowercase());
            }
        }
        let mut line = Vec::new();
        if !words_only {
            line.reserve(letters.len() + 2);
            line.push(' ');
            for word in words(&letters) {
                line.extend_from_slice(word);
                line.push(' ');
            }
        }
        Self { letters, line }
    }

    /// Calls `see` with the hash of every word and of every pair of words.
    fn words(&self, mut see: impl FnMut(u64)) {
        let mut pair = None;
        for word in words(&self.letters) {
            see(hash(1, word));
            let through = |state, word: &[char]| word.iter().fold(state, |state, c| step(state, *c));
            if let Some(begun) = pair {
                see(finish(through(begun, word)));
            }
            pair = Some(step(through(begin(2), word), ' '));
        }
    }

    /// Calls `see` with the hash of every run of characters in the line, so that a run can reach from one word into the
    /// next; from each place on all lengths, since a longer one goes on from a shorter one.
    fn runs(&self, mut see: impl FnMut(u64)) {
        for at in 0..self.line.len() {
            let run = self.line.get(at..).unwrap_or_default();
            let mut state = begin(3);
            for (length, c) in (1..=*RUNS.end()).zip(run) {
                state = step(state, *c);
                if length >= *RUNS.start() {
                    see(finish(state));
                }
            }
        }
    }
}

fn words(letters: &[char]) -> impl Iterator<Item = &[char]> {
    letters.split(|c| !c.is_alphanumeric() && *c != '\'').filter(|word| !word.is_empty())
}

impl Vocabulary {
    /// The features that occur in at least two of `texts`.
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        Self::seen(texts, false)
    }

    /// The words alone and in pairs that occur in at least two of `texts`.
    pub(crate) fn of_words<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        Self::seen(texts, true)
    }

    fn seen<'a>(texts: impl Iterator<Item = &'a str>, words_only: bool) -> Self {
        let mut counts: HashMap<u64, (u32, u32), Identity> = HashMap::default();
        let mut order = Vec::new();
        let mut total = 0u32;
        for text in texts {
            total += 1;
            let text = Text::of(text, words_only);
            let mut see = |gram| {
                let entry = counts.entry(gram).or_insert_with(|| {
                    order.push(gram);
                    (0, 0)
                });
                if entry.1 != total {
                    *entry = (entry.0 + 1, total);
                }
            };
            text.words(&mut see);
            // Numbers go by when a feature is first met: the shorter runs before the longer ones.
            for length in RUNS {
                text.line.windows(length).for_each(|run| see(hash(3, run)));
            }
        }
        let (mut known, mut frequencies) = (HashMap::<u64, u32, Identity>::default(), Vec::new());
        for gram in order {
            let documents = counts.get(&gram).map_or(0, |(documents, _)| *documents);
            if documents >= 2 {
                let idf = ((1.0 + f64::from(total)) / (1.0 + f64::from(documents))).ln() as f32 + 1.0;
                known.insert(gram, u32::try_from(known.len()).unwrap_or(u32::MAX));
                frequencies.push(idf);
            }
        }
        Self::of(known, frequencies, words_only)
    }

    /// A vocabulary of these features, numbered from 0, with their inverse document frequencies in that order.
    pub(crate) fn of(known: HashMap<u64, u32, Identity>, frequencies: Vec<f32>, words_only: bool) -> Self {
        let rarest = frequencies.iter().copied().fold(0.0, f32::max);
        Self { known, frequencies, rarest, words_only }
    }

    /// Whether a word, or a pair of words, in lower case is a feature.
    pub(crate) fn knows(&self, words: &[String]) -> bool {
        self.known.contains_key(&hash_of_words(words))
    }

    /// The features of `text`, with weights of length one in each view, in the order of their numbers.
    #[expect(clippy::indexing_slicing, reason = "there is a place for each of the two views")]
    pub(crate) fn features(&self, text: &str) -> Vec<Feature> {
        let text = Text::of(text, self.words_only);
        // Numbers with their views beside them, so that what is sorted is small.
        let mut found: Vec<u32> = Vec::with_capacity(text.line.len() * 3 + 32);
        let mut squares = [0.0f32; 2];
        let mut see = |view: View, gram: u64| match self.known.get(&gram) {
            Some(number) => found.push(*number << 1 | view as u32),
            None => squares[view as usize] += UNKNOWN * self.rarest * self.rarest,
        };
        text.words(|gram| see(View::TextWords, gram));
        text.runs(|gram| see(View::Characters, gram));
        found.sort_unstable();
        let mut features: Vec<(Feature, usize)> = Vec::with_capacity(found.len());
        for run in found.chunk_by(|a, b| a == b) {
            let Some((number, view)) = run.first().map(|first| (*first >> 1, (*first & 1) as usize)) else { continue };
            let frequency = self.frequencies.get(number as usize).copied().unwrap_or_default();
            let times = if run.len() == 1 { 1.0 } else { 1.0 + (run.len() as f32).ln() };
            let weight = times * frequency;
            squares[view] += weight * weight;
            features.push(((number, weight), view));
        }
        let [words, characters] = squares.map(|square| square.sqrt().max(f32::MIN_POSITIVE));
        let share = if self.words_only { 1.0 } else { WORDS };
        let scales = [share.sqrt() / words, (1.0 - share).sqrt() / characters];
        features.into_iter().map(|((number, weight), view)| (number, weight * scales[view])).collect()
    }
}
