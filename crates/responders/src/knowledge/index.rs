//! BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) over a few hundred passages.

use std::collections::HashMap;

/// How soon a word that comes again counts no more.
const K1: f64 = 1.2;
/// How much a long passage must have a word more often.
const B: f64 = 0.75;

/// Which passage has which word how often.
#[derive(Debug)]
pub(super) struct Index {
    lengths: Vec<f64>,
    length_mean: f64,
    /// By word: places of the passages and counts.
    postings: HashMap<String, HashMap<usize, f64>>,
}

impl Index {
    pub(super) fn new(passages: impl Iterator<Item = Vec<String>>) -> Self {
        let (mut lengths, mut postings) = (Vec::new(), HashMap::<String, HashMap<usize, f64>>::new());
        for (place, words) in passages.enumerate() {
            lengths.push(words.len() as f64);
            for word in words {
                *postings.entry(word).or_default().entry(place).or_default() += 1.0;
            }
        }
        let length_mean = lengths.iter().sum::<f64>() / (lengths.len().max(1) as f64);
        Self { lengths, length_mean, postings }
    }

    /// How rare a word is: the inverse document frequency, never negative.
    fn rarity(&self, word: &str) -> f64 {
        let all = self.lengths.len() as f64;
        let with = self.postings.get(word).map_or(0.0, |places| places.len() as f64);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }

    /// Each passage's score for these words.
    pub(super) fn scores(&self, words: &[String]) -> Vec<f64> {
        let score = |(place, length): (usize, &f64)| {
            let with = |word: &String| {
                Some(self.rarity(word) * saturated(*self.postings.get(word)?.get(&place)?, length / self.length_mean))
            };
            words.iter().filter_map(with).sum()
        };
        self.lengths.iter().enumerate().map(score).collect()
    }

    /// The score of a passage of the usual length that has each of these words once.
    pub(super) fn whole(&self, words: &[String]) -> f64 {
        words.iter().map(|word| self.rarity(word)).sum()
    }
}

fn saturated(count: f64, relative_length: f64) -> f64 {
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * relative_length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn rare_words_and_short_passages_score_higher() {
        let index = Index::new(["card pin", "card fee fee", "card pin of some other kind"].map(words).into_iter());
        let pin = index.scores(&words("pin"));
        assert!(pin[0] > pin[2] && pin[2] > 0.0 && pin[1] == 0.0, "{pin:?}");
        let both = index.scores(&words("card fee"));
        assert!(both[1] > both[0], "{both:?}");
        // ln(1 + 2.5 / 1.5) * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / (11 / 3)))
        assert!((index.scores(&words("fee"))[1] - 1.4213).abs() < 1e-3, "{:?}", index.scores(&words("fee")));
        assert!(index.whole(&words("fee unknown")) > index.whole(&words("fee")));
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        assert_eq!(Index::new(std::iter::empty()).scores(&words("card")), [0.0; 0]);
        assert!(Index::new([words("card")].into_iter()).whole(&[]).abs() < f64::EPSILON);
    }
}
