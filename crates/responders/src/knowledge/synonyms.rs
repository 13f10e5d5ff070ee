//! Words that mean the same in the bundle: each is read as the first of its group.

use super::words;

/// Groups of words that mean the same.
#[derive(Debug, Default)]
pub(super) struct Synonyms {
    /// By length, the longest first: the stems, and what is read in their place.
    parts: Vec<(Vec<String>, String)>,
}

impl Synonyms {
    /// Takes groups of words or of several words each; the first of a group stands for the others.
    pub(super) fn new(groups: &[Vec<String>], language: &str) -> Self {
        let mut parts = Vec::new();
        for group in groups {
            let Some((first, others)) = group.split_first() else { continue };
            for other in others {
                let stems: Vec<_> = spans(other).map(|(_, word)| words::stem(word, language)).collect();
                if !stems.is_empty() {
                    parts.push((stems, first.clone()));
                }
            }
        }
        parts.sort_by_key(|(stems, _)| std::cmp::Reverse(stems.len()));
        Self { parts }
    }

    /// The text with the first of its group in the place of each word that has one.
    pub(super) fn applied(&self, text: &str, language: &str) -> String {
        if self.parts.is_empty() {
            return text.to_owned();
        }
        let words: Vec<(usize, &str, String)> =
            spans(text).map(|(at, word)| (at, word, words::stem(word, language))).collect();
        let (mut out, mut copied, mut place) = (String::with_capacity(text.len()), 0, 0);
        while let Some((at, _, _)) = words.get(place) {
            let rest = words.get(place..).unwrap_or_default();
            let fits = |stems: &[String]| {
                stems.len() <= rest.len() && stems.iter().zip(rest).all(|(stem, (_, _, word))| stem == word)
            };
            match self.parts.iter().find(|(stems, _)| fits(stems)) {
                Some((stems, first)) => {
                    out.push_str(text.get(copied..*at).unwrap_or_default());
                    out.push_str(first);
                    copied = rest.get(stems.len() - 1).map_or(copied, |(at, word, _)| at + word.len());
                    place += stems.len();
                }
                None => place += 1,
            }
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        out
    }
}

/// The words of a text with the bytes at which they begin.
fn spans(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let base = text.as_ptr() as usize;
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - base, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_group_is_read_for_the_others() {
        let group = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let synonyms = Synonyms::new(
            &[group(&["cash machine", "ATM", "hole in the wall"]), group(&["Flex", "Flex account plus"]), group(&[])],
            "en",
        );
        for (text, read) in [
            ("Two ATMs, one hole in the wall!", "Two cash machine, one cash machine!"),
            ("my flex account plus – é", "my Flex – é"),
            ("hole in the", "hole in the"),
            ("", ""),
        ] {
            assert_eq!(synonyms.applied(text, "en"), read);
        }
        assert_eq!(Synonyms::default().applied("an ATM", "en"), "an ATM");
    }
}
