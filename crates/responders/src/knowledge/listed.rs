//! Whether a listed question was asked word for word: then its article answers, whatever the encoder makes of it.

use super::near::{Kind, Text};

/// Fewest words of a question that can be answered surely: one word asks nothing.
pub(super) const WORDS_MIN: usize = 3;

/// The article of which a listed question was asked, by all words of what was asked; none where one that is not
/// answered was asked as well, or those of several articles were. Only articles that are `counted` are looked at.
/// Where the encoder `reads` the language, nothing else may have been asked: it judges what stands beside it.
/// Elsewhere up to as many words as the question has may stand around it.
pub(super) fn asked(texts: &[Text], asked: &[String], counted: impl Fn(usize) -> bool, reads: bool) -> Option<usize> {
    let said = |text: &&Text| {
        let words = &text.words;
        words.len() >= WORDS_MIN && counted(text.article) && asked.windows(words.len()).any(|part| part == words)
    };
    let (mut found, mut fits) = (None, false);
    for text in texts.iter().filter(said) {
        if text.kind == Kind::Not || found.is_some_and(|found| found != text.article) {
            return None;
        }
        found = Some(text.article);
        let around = if reads { 0 } else { text.words.len() };
        fits |= asked.len() <= text.words.len() + around;
    }
    found.filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_listed_question_is_found_word_for_word_and_by_what_stands_around_it() {
        let text = |article, kind, text| Text { article, kind, vector: Vec::new(), words: words(text) };
        let texts = [
            text(0, Kind::Answers, "wie ändere ich meine adresse"),
            text(0, Kind::Answers, "adresse ändern"),
            text(1, Kind::Answers, "wann haben sie offen"),
            text(1, Kind::Not, "wie lange dauert es"),
            text(0, Kind::Passage(0), ""),
        ];
        let found = |said: &str, reads| asked(&texts, &words(said), |_| true, reads);
        for reads in [true, false] {
            assert_eq!(found("wie ändere ich meine adresse", reads), Some(0));
            assert_eq!(found("adresse ändern", reads), None);
            assert_eq!(found("wie lange dauert es", reads), None);
            assert_eq!(found("", reads), None);
        }
        let around = "ich bin umgezogen wie ändere ich meine adresse";
        assert_eq!((found(around, false), found(around, true)), (Some(0), None));
        assert_eq!(found("wie ändere ich meine adresse und wann haben sie offen", false), None);
        assert_eq!(found("wann haben sie offen und wie lange dauert es", false), None);
        assert_eq!(found("als ich gestern bei ihnen war wann haben sie offen", false), None);
        assert_eq!(asked(&texts, &words("wann haben sie offen"), |article| article != 1, false), None);
    }
}
