//! The content words of a text, stemmed.

use frostem::Stemmer;
use std::{collections::HashSet, sync::LazyLock};

static STOP: LazyLock<HashSet<&str>> = LazyLock::new(|| STOP_WORDS.split_whitespace().collect());

/// Words that say nothing about the subject: the usual ones, and those of politeness and of asking.
const STOP_WORDS: &str = "a about after again all also am an and another any anyone anything are as at be because been \
    before being both but by can could did do does doing done don down each even ever every for from further get \
    gets getting give go going gonna good got had has have having he hello help her here hers hey hi him his how \
    i if im in into is it its itself just kind know let like ll look made make may maybe me might more most \
    much must my need needed no nor not now of off ok okay on once one only or other our ours out over own please \
    possible put question re really right s said same say see seem she should since so some someone something \
    still such sure t take tell than thank thanks that the their them then there these they thing things think \
    this those though through to told too tried try trying under understand until up us use used using ve very \
    want wanted was way we well were what whats when where which while who why will wish with without won would \
    wondering yes yet you your yours m d aren couldn didn doesn hadn hasn haven isn shouldn wasn weren wouldn";

/// The content words in order, lower case and stemmed as words of `language`, a primary subtag such as `de`; words of
/// languages whose stems are not known stay as they are. A word that comes twice is there twice.
pub(super) fn content(text: &str, language: &str) -> Vec<String> {
    stems(text, language, |word| language != "en" || !STOP.contains(word))
}

/// All words in order, in the same form.
pub(super) fn all(text: &str, language: &str) -> Vec<String> {
    stems(text, language, |_| true)
}

fn stems(text: &str, language: &str, counts: impl Fn(&str) -> bool) -> Vec<String> {
    let stemmer = Stemmer::try_from_name(language).ok();
    let lower = text.to_lowercase().replace(['\'', '’'], " ");
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && counts(word));
    let stem = |word: &str| stemmer.as_ref().map_or_else(|| word.to_owned(), |stemmer| stemmer.stem(word).into());
    words.map(stem).collect()
}

/// The distinct content words, sorted.
pub(super) fn distinct(text: &str, language: &str) -> Vec<String> {
    let mut words = content(text, language);
    words.sort_unstable();
    words.dedup();
    words
}

/// One word, stemmed.
pub(super) fn stem(word: &str, language: &str) -> String {
    let lower = word.to_lowercase();
    Stemmer::try_from_name(language).map_or_else(|_| lower.clone(), |stemmer| stemmer.stem(&lower).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_text_is_about_is_left() {
        assert_eq!(
            content("Hi! Why hasn't my card's been DELIVERED yet, and when will it arrive?", "en"),
            ["card", "deliv", "arriv"]
        );
        assert_eq!(distinct("transfers, transfer; Transferring", "en"), ["transfer"]);
        assert!(content("Thank you, could you please help me?", "en").is_empty());
    }

    #[test]
    fn words_are_stemmed_by_their_language() {
        assert_eq!(content("Überweisungen", "de"), content("Überweisung", "de"));
        assert_ne!(content("Überweisungen", "xx"), content("Überweisung", "xx"));
        assert_eq!(content("The card", "xx"), ["the", "card"]);
        assert_eq!(stem("Cards", "en"), "card");
    }
}
