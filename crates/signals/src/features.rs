//! Text as weighted features: word and character n-grams, TF-IDF with sublinear counts, length one.

use std::collections::HashMap;

/// Characters of a message that count; what follows is passed over.
pub(crate) const CHARS_MAX: usize = 2_000;

/// What a feature is made of. Each view has a length of its own, or the many characters would drown the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// Words alone and in pairs.
    Words,
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
    pub(crate) known: HashMap<u64, (u32, f32), Identity>,
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

/// FNV-1a with a finish that spreads the bits; the same on every machine.
fn hash(kind: u8, text: &[char]) -> u64 {
    let mut state = (OFFSET ^ u64::from(kind)).wrapping_mul(PRIME);
    for c in text {
        state = (state ^ u64::from(u32::from(*c))).wrapping_mul(PRIME);
    }
    state ^= state >> 32;
    state = state.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state ^ (state >> 29)
}

/// The hash of words in their order.
pub(crate) fn hash_of_words(words: &[String]) -> u64 {
    hash(u8::try_from(words.len()).unwrap_or(u8::MAX), &words.join(" ").chars().collect::<Vec<_>>())
}

/// Calls `see` with the hash of every n-gram of `text`: words alone and in pairs, and runs of 2 to 4 characters of the
/// words in a line, so that a run can reach from one into the next.
pub(crate) fn grams(text: &str, words_only: bool, mut see: impl FnMut(View, u64)) {
    let text: &str = &crate::normal::normalised(crate::normal::head(text, CHARS_MAX));
    let lower: Vec<char> = text.chars().take(CHARS_MAX).flat_map(char::to_lowercase).collect();
    let mut line: Vec<char> = Vec::with_capacity(lower.len() + 2);
    line.push(' ');
    let mut last: Option<&[char]> = None;
    let mut pair: Vec<char> = Vec::with_capacity(32);
    for word in lower.split(|c| !c.is_alphanumeric() && *c != '\'').filter(|word| !word.is_empty()) {
        see(View::Words, hash(1, word));
        if let Some(last) = last {
            pair.clear();
            pair.extend_from_slice(last);
            pair.push(' ');
            pair.extend_from_slice(word);
            see(View::Words, hash(2, &pair));
        }
        last = Some(word);
        line.extend_from_slice(word);
        line.push(' ');
    }
    let longest = if words_only { 0 } else { 4 };
    for n in 2..=longest {
        for run in line.windows(n) {
            see(View::Characters, hash(3, run));
        }
    }
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
            grams(text, words_only, |_, gram| {
                let entry = counts.entry(gram).or_insert_with(|| {
                    order.push(gram);
                    (0, 0)
                });
                if entry.1 != total {
                    *entry = (entry.0 + 1, total);
                }
            });
        }
        let mut known = HashMap::<u64, (u32, f32), Identity>::default();
        for gram in order {
            let documents = counts.get(&gram).map_or(0, |(documents, _)| *documents);
            if documents >= 2 {
                let idf = ((1.0 + f64::from(total)) / (1.0 + f64::from(documents))).ln() as f32 + 1.0;
                known.insert(gram, (u32::try_from(known.len()).unwrap_or(u32::MAX), idf));
            }
        }
        Self::of(known, words_only)
    }

    /// A vocabulary of these features.
    pub(crate) fn of(known: HashMap<u64, (u32, f32), Identity>, words_only: bool) -> Self {
        let rarest = known.values().map(|(_, idf)| *idf).fold(0.0, f32::max);
        Self { known, rarest, words_only }
    }

    /// Whether a word, or a pair of words, in lower case is a feature.
    pub(crate) fn knows(&self, words: &[String]) -> bool {
        self.known.contains_key(&hash_of_words(words))
    }

    /// The features of `text`, with weights of length one in each view, in the order of their numbers.
    #[expect(clippy::indexing_slicing, reason = "there is a place for each of the two views")]
    pub(crate) fn features(&self, text: &str) -> Vec<Feature> {
        let mut found: Vec<(u32, f32, View)> = Vec::with_capacity(256);
        let mut squares = [0.0f32; 2];
        grams(text, self.words_only, |view, gram| match self.known.get(&gram) {
            Some((number, idf)) => found.push((*number, *idf, view)),
            None => squares[view as usize] += UNKNOWN * self.rarest * self.rarest,
        });
        found.sort_unstable_by_key(|(number, ..)| *number);
        let mut features: Vec<(Feature, View)> = Vec::with_capacity(found.len());
        for run in found.chunk_by(|(a, ..), (b, ..)| a == b) {
            if let Some((number, idf, view)) = run.first() {
                let weight = (1.0 + (run.len() as f32).ln()) * idf;
                squares[*view as usize] += weight * weight;
                features.push(((*number, weight), *view));
            }
        }
        let [words, characters] = squares.map(|square| square.sqrt().max(f32::MIN_POSITIVE));
        let share = if self.words_only { 1.0 } else { WORDS };
        let scales = [share.sqrt() / words, (1.0 - share).sqrt() / characters];
        features.into_iter().map(|((number, weight), view)| (number, weight * scales[view as usize])).collect()
    }
}
