//! The content words of a text, stemmed.

use frostem::{Algorithm, Stemmer};
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

/// The content words in order, lower case and stemmed; a word that comes twice is there twice.
pub(super) fn content(text: &str) -> Vec<String> {
    let stemmer = Stemmer::new(Algorithm::English);
    let lower = text.to_lowercase().replace(['\'', '’'], " ");
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let content = words.filter(|word| !STOP.contains(word));
    content.map(|word| stemmer.stem(word).into()).collect()
}

/// The distinct content words, sorted.
pub(super) fn distinct(text: &str) -> Vec<String> {
    let mut words = content(text);
    words.sort_unstable();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_text_is_about_is_left() {
        assert_eq!(
            content("Hi! Why hasn't my card's been DELIVERED yet, and when will it arrive?"),
            ["card", "deliv", "arriv"]
        );
        assert_eq!(distinct("transfers, transfer; Transferring"), ["transfer"]);
        assert!(content("Thank you, could you please help me?").is_empty());
    }
}
