//! Messages that a machine wrote, by their words: automatic answers, reports of mail servers, notices whose answers
//! nobody reads. Who knows a message's header knows better (`Auto-Submitted`, RFC 3834) and says so.
//!
//! What is taken for a machine's is not worked on, so that nothing is that says anything beside: every sentence of an
//! automatic answer has to be one that such an answer has, and a notice never speaks of its writer or asks.

use crate::written::Written;
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

mod phrases;

use phrases::{AWAY, AWAY_SAYS, DELIVERY, FIELDS, LISTS, NO_REPLY, RECEIPTS, RECEIVED, RECEIVED_SAYS, SUBJECTS};

/// What a machine's message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Automatic {
    /// An automatic answer: somebody is away, or something has arrived.
    Reply,
    /// A mail server's report, or a receipt.
    Report,
    /// A notice, or a list's mail.
    Notice,
}

impl Automatic {
    /// What it is, in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "automatic reply",
            Self::Report => "delivery report or receipt",
            Self::Notice => "automatic notice",
        }
    }
}

/// Bytes of a message that are looked at: what a machine writes says so at once.
const BYTES_MAX: usize = 4_096;
/// Sentences of an automatic answer, at most.
const SENTENCES_MAX: usize = 24;
/// Words of a sentence that says nothing of its own, at most.
const BRIEF: usize = 4;

/// Words of which every machine's message has some, without the apostrophe that is written in two ways; where none is,
/// as in nearly all messages, nothing more is looked for. Nothing where they cannot be made into one search.
static HINTS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let lists: [&[&str]; 7] = [&SUBJECTS, &AWAY, &RECEIVED, &DELIVERY, &FIELDS, &NO_REPLY, &LISTS];
    let words = lists.into_iter().flatten().chain(RECEIPTS.iter().map(|(begin, _)| begin));
    let hints = words.map(|words| words.split('\'').max_by_key(|part| part.len()).unwrap_or(words));
    AhoCorasick::builder().ascii_case_insensitive(true).build(hints).ok()
});

/// What kind of machine's message this is, if it is one.
pub fn automatic(message: &Written<'_>) -> Option<Automatic> {
    // Reports of servers quote, and stand above what they quote.
    let said = message.now.get(..message.now.floor_char_boundary(BYTES_MAX))?;
    if said.is_empty() {
        return None;
    }
    // Programs wrap lines within phrases.
    let line: String = said.split_whitespace().flat_map(|word| [word, " "]).collect();
    if !HINTS.as_ref().is_none_or(|hints| hints.is_match(&line)) {
        return None;
    }
    let lower = said.to_lowercase().replace('’', "'");
    let line = line.to_lowercase().replace('’', "'");
    if is_report(&lower, &line) {
        return Some(Automatic::Report);
    }
    if lower.contains('?') || lower.contains('？') {
        return None;
    }
    if is_reply(&lower) {
        return Some(Automatic::Reply);
    }
    is_notice(&lower).then_some(Automatic::Notice)
}

/// By the lines of a text and the same as one line.
fn is_report(lower: &str, line: &str) -> bool {
    let first = line.trim_start_matches(|c: char| !c.is_alphanumeric());
    let fields = lower.lines().filter(|line| FIELDS.iter().any(|field| line.trim_start().starts_with(field))).count();
    let begins = DELIVERY.iter().any(|words| first.starts_with(words));
    let head = first.get(..first.floor_char_boundary(400)).unwrap_or(first);
    let receipt = RECEIPTS.iter().any(|(begin, then)| {
        first.starts_with(begin) && (then.is_empty() || head.get(begin.len()..).is_some_and(|rest| rest.contains(then)))
    });
    // A person who tells of a report speaks of themselves, or of whom they wrote to.
    (fields >= 2
        && first.starts_with(|c: char| c.is_alphanumeric())
        && FIELDS.iter().any(|field| first.starts_with(field)))
        || ((begins || receipt) && !speaks_for_itself(lower, true))
}

/// Somebody is away, or something has arrived: one sentence says so, and no other says anything else.
fn is_reply(lower: &str) -> bool {
    let subject = SUBJECTS.iter().find(|words| lower.starts_with(**words));
    let has = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
    let sentences = sentences(lower);
    if sentences.len() > SENTENCES_MAX {
        return false;
    }
    let told = |anchor: &[&str], says: &[&str]| {
        let anchored = sentences.iter().any(|sentence| has(sentence, anchor));
        let mut companions = 0;
        let fits = sentences.iter().all(|sentence| {
            let fits = has(sentence, says);
            companions += usize::from(fits && !has(sentence, anchor));
            fits || has(sentence, anchor) && !begins_request(sentence) || sentence.split_whitespace().count() <= BRIEF
        });
        let alone = sentences.iter().filter(|sentence| has(sentence, anchor)).any(|sentence| has(sentence, says));
        (anchored || subject.is_some()) && fits && (companions > 0 || subject.is_some() || alone)
    };
    let away = told(&AWAY, &AWAY_SAYS) && !sentences.iter().any(|sentence| begins_request(sentence));
    // An acknowledgement is no person's: nobody who has something of their own to say writes it.
    let received = has(lower, &RECEIVED) && told(&RECEIVED, &RECEIVED_SAYS) && !speaks_for_itself(lower, false);
    away || received
}

/// Nobody reads the answers, and nobody speaks.
fn is_notice(lower: &str) -> bool {
    let sentences = sentences(lower);
    let says = sentences.iter().any(|sentence| {
        let sentence = sentence.trim_start_matches(|c: char| !c.is_alphanumeric());
        NO_REPLY.iter().any(|words| sentence.starts_with(words))
    });
    let list = sentences.iter().any(|sentence| LISTS.iter().any(|words| sentence.contains(words)));
    (says || list) && !speaks_for_itself(lower, false)
}

/// Words of somebody who speaks for themselves, in small letters.
const SELF: [&str; 26] = [
    "i", "i'm", "i've", "i'd", "i'll", "my", "me", "mine", "myself", "ich", "mein", "meine", "meinen", "meinem",
    "meiner", "mir", "mich", "je", "j'ai", "mon", "mes", "mi", "mis", "ik", "mijn", "meu",
];

/// Whether somebody speaks for themselves; a server that is sorry does not.
fn speaks_for_itself(lower: &str, of_server: bool) -> bool {
    let sorry = ["i'm sorry to have to inform you", "i'm afraid i wasn't able", "i am sorry", "hi. this is"];
    let rest =
        sorry.iter().fold(lower.to_owned(), |text, words| if of_server { text.replace(words, "") } else { text });
    rest.split(|c: char| !(c.is_alphanumeric() || c == '\'')).any(|word| SELF.contains(&word))
}

/// Whether a sentence asks for something of whoever reads it, beside another's address.
fn begins_request(sentence: &str) -> bool {
    let own = [
        " my card",
        " my account",
        " my money",
        " my new",
        " meine karte",
        " mein konto",
        " ma carte",
        " mon compte",
        " mi tarjeta",
    ];
    own.iter().any(|words| sentence.contains(words))
}

/// Sentences and lines that stand alone; where a line goes on with a small letter, or is full, it is the same sentence.
fn sentences(text: &str) -> Vec<String> {
    let mut sentences = vec![String::new()];
    let mut wide = false;
    for line in text.lines() {
        let line = line.trim();
        if !wide || line.is_empty() {
            sentences.push(String::new());
        }
        wide = line.chars().count() >= WIDE;
        let mut rest = line;
        while let Some(at) = end_of_sentence(rest) {
            let (sentence, behind) = rest.split_at(at);
            join(&mut sentences, sentence);
            sentences.push(String::new());
            rest = behind.trim_start();
        }
        join(&mut sentences, rest);
    }
    sentences.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    sentences
}

/// Characters of a line from which on the next one may go on with it.
const WIDE: usize = 55;

fn join(sentences: &mut [String], part: &str) {
    if let Some(last) = sentences.last_mut() {
        if !last.is_empty() && !part.is_empty() {
            last.push(' ');
        }
        last.push_str(part);
    }
}

/// Where a sentence ends in `text`: behind a mark and before white space, but not behind a number or a short form.
fn end_of_sentence(text: &str) -> Option<usize> {
    text.char_indices().find_map(|(at, c)| {
        let end = at + c.len_utf8();
        let before = text.get(..at)?.chars().next_back();
        let abbreviates = c == '.' && before.is_some_and(|before| before.is_ascii_digit());
        let behind = text.get(end..)?;
        let stands = matches!(c, '.' | '!' | ';') && behind.starts_with(char::is_whitespace) && !abbreviates;
        (stands || c == '。').then_some(end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::written::written;

    fn wrong(held: &str) -> (usize, Vec<String>) {
        let each = include_str!("../data/mails/machines.txt").split("\n####").skip(1);
        let these: Vec<(&str, &str)> =
            each.filter_map(|mail| mail.split_once('\n')).filter(|(name, _)| name.trim().ends_with(held)).collect();
        let wrong = these.iter().filter_map(|(name, text)| {
            let want = name.split_whitespace().next().unwrap_or_default();
            let got = match automatic(&written(text)) {
                None => "person",
                Some(Automatic::Reply) => "reply",
                Some(Automatic::Report) => "report",
                Some(Automatic::Notice) => "notice",
            };
            // Which machine's it is matters less than that it is one.
            ((got == "person") != (want == "person")).then(|| format!("{want}, not {got}: {text}"))
        });
        (these.len(), wrong.collect())
    }

    #[test]
    fn what_machines_write_is_known_and_what_people_write_is_not() {
        let (all, wrong) = wrong("open");
        assert_eq!(all, 18);
        assert!(wrong.is_empty(), "{} of {all} wrong: {}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn so_it_is_with_what_was_held_back() {
        let (all, wrong) = wrong("held");
        assert_eq!(all, 19);
        assert!(wrong.is_empty(), "{} of {all} wrong: {}", wrong.len(), wrong.join("\n"));
    }
}
