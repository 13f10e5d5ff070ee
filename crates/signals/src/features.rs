//! Text as weighted features: word and character n-grams, TF-IDF with sublinear counts, length one.

use std::collections::HashMap;

/// Characters of a message that count; what follows is passed over.
pub(crate) const CHARS_MAX: usize = 2_000;

/// One feature of a message: its number and its weight.
pub(crate) type Feature = (u32, f32);

/// Features by their hash, with the inverse document frequency of each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vocabulary {
    pub(crate) numbers: HashMap<u64, u32, Identity>,
    pub(crate) idf: Vec<f32>,
}

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

/// Calls `see` with the hash of every n-gram of `text`: words alone and in pairs, and runs of 3 to 5
/// characters inside a word with its borders.
pub(crate) fn grams(text: &str, mut see: impl FnMut(u64)) {
    let lower: Vec<char> = text.chars().take(CHARS_MAX).flat_map(char::to_lowercase).collect();
    let mut padded: Vec<char> = Vec::with_capacity(32);
    let mut last: Option<&[char]> = None;
    let mut pair: Vec<char> = Vec::with_capacity(32);
    for word in lower.split(|c| !c.is_alphanumeric() && *c != '\'').filter(|word| !word.is_empty()) {
        see(hash(1, word));
        if let Some(last) = last {
            pair.clear();
            pair.extend_from_slice(last);
            pair.push(' ');
            pair.extend_from_slice(word);
            see(hash(2, &pair));
        }
        last = Some(word);
        padded.clear();
        padded.push(' ');
        padded.extend_from_slice(word);
        padded.push(' ');
        for n in 3..=5 {
            for run in padded.windows(n) {
                see(hash(3, run));
            }
        }
    }
}

impl Vocabulary {
    /// The features that occur in at least two of `texts`.
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut counts: HashMap<u64, (u32, u32), Identity> = HashMap::default();
        let mut order = Vec::new();
        let mut total = 0u32;
        for text in texts {
            total += 1;
            grams(text, |gram| {
                let entry = counts.entry(gram).or_insert_with(|| {
                    order.push(gram);
                    (0, 0)
                });
                if entry.1 != total {
                    *entry = (entry.0 + 1, total);
                }
            });
        }
        let mut vocabulary = Self::default();
        for gram in order {
            let documents = counts.get(&gram).map_or(0, |(documents, _)| *documents);
            if documents >= 2 {
                let number = u32::try_from(vocabulary.idf.len()).unwrap_or(u32::MAX);
                vocabulary.numbers.insert(gram, number);
                vocabulary.idf.push(((1.0 + f64::from(total)) / (1.0 + f64::from(documents))).ln() as f32 + 1.0);
            }
        }
        vocabulary
    }

    /// The features of `text`, with weights of length one, in the order of their numbers.
    pub(crate) fn features(&self, text: &str) -> Vec<Feature> {
        let mut found: Vec<u32> = Vec::with_capacity(256);
        grams(text, |gram| found.extend(self.numbers.get(&gram)));
        found.sort_unstable();
        let mut features: Vec<Feature> = Vec::with_capacity(found.len());
        for run in found.chunk_by(|a, b| a == b) {
            if let Some(number) = run.first() {
                let idf = usize::try_from(*number).ok().and_then(|at| self.idf.get(at)).copied().unwrap_or(0.0);
                features.push((*number, (1.0 + (run.len() as f32).ln()) * idf));
            }
        }
        let length = features.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        if length > 0.0 {
            features.iter_mut().for_each(|(_, weight)| *weight /= length);
        }
        features
    }
}
