//! Messages that only thank or agree: they ask nothing, so they say nothing of what a case is about.

/// Words that thank.
const THANKS: [&str; 14] = [
    "thanks",
    "thank",
    "thx",
    "cheers",
    "ta",
    "appreciated",
    "appreciate",
    "grateful",
    "danke",
    "merci",
    "gracias",
    "grazie",
    "bedankt",
    "obrigado",
];
/// Words that may stand beside them without asking anything.
const BESIDE: [&str; 44] = [
    "you",
    "so",
    "very",
    "much",
    "a",
    "lot",
    "for",
    "your",
    "the",
    "help",
    "that",
    "this",
    "it",
    "helped",
    "worked",
    "works",
    "now",
    "ok",
    "okay",
    "great",
    "perfect",
    "brilliant",
    "lovely",
    "good",
    "fine",
    "all",
    "is",
    "was",
    "really",
    "many",
    "again",
    "and",
    "have",
    "nice",
    "day",
    "bye",
    "got",
    "done",
    "sorted",
    "solved",
    "answer",
    "quick",
    "reply",
    "i",
];
/// Words that a message has at most to be only this.
const WORDS_MAX: usize = 12;

/// Whether the message only thanks.
pub fn only_thanks(text: &str) -> bool {
    let words: Vec<String> = crate::normal::normalised(text)
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX + 1)
        .map(str::to_lowercase)
        .collect();
    let known = |word: &String| THANKS.contains(&word.as_str()) || BESIDE.contains(&word.as_str());
    words.len() <= WORDS_MAX
        && !text.contains('?')
        && words.iter().all(known)
        && words.iter().any(|word| THANKS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::only_thanks;

    #[test]
    fn thanks_alone_ask_nothing_and_a_question_behind_them_does() {
        for (text, only) in [
            ("Thanks!", true),
            ("Thank you so much, that helped", true),
            ("ok great, thanks a lot for the quick reply", true),
            ("Merci", true),
            ("ok", false),
            ("Thanks?", false),
            ("Thanks, but it still does not work", false),
            ("thanks for nothing", false),
            ("Thanks. And when does my card arrive", false),
            ("Thank you, I would rather talk to a person", false),
            ("", false),
        ] {
            assert_eq!(only_thanks(text), only, "{text}");
        }
    }
}
