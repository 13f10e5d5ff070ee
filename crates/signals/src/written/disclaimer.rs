//! Disclaimers: paragraphs that organisations put on every message. They speak of a message, of secrecy, of whom it was
//! meant for and of what is forbidden, and never of their writer.

use super::{lines::Line, part_kind::PartKind, steps};
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// What a disclaimer speaks of, by the beginnings of words in small letters in several languages.
const MATTERS: [&[&str]; 4] = [
    &[
        "e-mail",
        "email",
        "message",
        "communication",
        "transmission",
        "nachricht",
        "mitteilung",
        "courriel",
        "mensaje",
        "correo",
        "messaggio",
        "comunicazione",
        "bericht",
        "mensagem",
        "wiadomoś",
        "meddelande",
        "attachment",
        "anhang",
        "anhänge",
    ],
    &[
        "confidential",
        "privileged",
        "vertraulich",
        "rechtlich geschützt",
        "confidentiel",
        "confidencial",
        "riservat",
        "confidenzial",
        "vertrouwelijk",
        "poufn",
        "konfidentiell",
        "fortrolig",
    ],
    &[
        "intended",
        "recipient",
        "addressee",
        "empfänger",
        "adressat",
        "destinataire",
        "destinatari",
        "destinatár",
        "geadresseerde",
        "bestemd voor",
        "adresat",
        "mottagare",
        "bestimmt",
    ],
    &[
        "delete",
        "notify",
        "prohibited",
        "unauthori",
        "in error",
        "vernichten",
        "löschen",
        "unbefugt",
        "nicht gestattet",
        "irrtümlich",
        "supprim",
        "détrui",
        "interdit",
        "par erreur",
        "elimin",
        "borr",
        "prohibid",
        "por error",
        "por engano",
        "proibid",
        "cancell",
        "distrugg",
        "vietat",
        "per errore",
        "verwijder",
        "verboden",
        "ten onrechte",
        "usun",
        "zabronion",
        "omyłkowo",
    ],
];
/// What stands beside them; the first few alone are enough.
const FOOTERS: [&str; 18] = [
    "consider the environment before printing",
    "think before you print",
    "denken sie an die umwelt",
    "pensez à l'environnement",
    "registered office",
    "registered in england",
    "company number",
    "company registration",
    "handelsregister",
    "amtsgericht",
    "geschäftsführer",
    "sitz der gesellschaft",
    "registergericht",
    "siège social",
    "virus",
    "all rights reserved",
    "privacy policy",
    "datenschutz",
];
const ENVIRONMENT: usize = 4;
/// What mail servers put above what comes from elsewhere.
const BANNERS: [&str; 6] = [
    "originated from outside",
    "originates from outside",
    "external email",
    "external sender",
    "externe e-mail",
    "you don't often get email from",
];
/// Words of somebody who speaks for themselves.
const SELF: [&str; 26] = [
    "i", "i'm", "i’m", "i've", "my", "me", "mine", "ich", "mein", "meine", "meinen", "mir", "mich", "je", "j'ai",
    "j’ai", "mon", "ma", "mes", "mi", "mis", "mio", "mia", "ik", "mijn", "meu",
];

/// Bytes of a disclaimer's paragraph, at least.
const BYTES_MIN: usize = 80;

/// Marks the disclaimers in a run of lines that were written one after another.
pub(super) fn mark(block: &[Line<'_>], marks: &mut [Option<PartKind>]) {
    let mut found = false;
    let mut from = 0;
    while let Some(start) = (from..block.len()).find(|at| block.get(*at).is_some_and(|line| !line.is_blank())) {
        let blank = |at: &usize| block.get(*at).is_none_or(Line::is_blank);
        let end = (start..=block.len()).find(blank).unwrap_or(block.len());
        let lines = block.get(start..end).unwrap_or_default();
        if is_disclaimer(lines, found, start == 0) {
            found |= start > 0;
            marks.get_mut(start..end).unwrap_or_default().fill(Some(PartKind::Disclaimer));
        }
        from = end.max(start + 1);
    }
}

fn is_disclaimer(paragraph: &[Line<'_>], behind_another: bool, first: bool) -> bool {
    let bytes: usize = paragraph.iter().map(|line| line.text.len()).sum();
    steps::look(bytes);
    if bytes < BYTES_MIN / 4 {
        return false;
    }
    let text: String = paragraph.iter().flat_map(|line| [line.text.trim(), " "]).collect();
    let spoken = Spoken::of(&text);
    let matters = spoken.matters.iter().filter(|matter| **matter).count() + usize::from(spoken.footer);
    let enough = match behind_another {
        true => matters >= 1,
        false => bytes >= BYTES_MIN && matters >= 3,
    };
    (enough || spoken.environment || (first && spoken.banner)) && !asks(&text.to_lowercase())
}

/// What a paragraph speaks of.
#[derive(Debug, Default)]
struct Spoken {
    matters: [bool; 4],
    footer: bool,
    environment: bool,
    banner: bool,
}

impl Spoken {
    fn of(text: &str) -> Self {
        let mut spoken = Self::default();
        let Some(words) = WORDS.as_ref() else { return spoken };
        for found in words.find_overlapping_iter(text) {
            let at = found.pattern().as_usize();
            let mut end = 0;
            let of = MATTERS.iter().position(|words| {
                end += words.len();
                at < end
            });
            match of {
                Some(matter) => {
                    if let Some(spoken) = spoken.matters.get_mut(matter) {
                        *spoken = true;
                    }
                }
                None if at - end < FOOTERS.len() => {
                    spoken.footer = true;
                    spoken.environment |= at - end < ENVIRONMENT;
                }
                None => spoken.banner = true,
            }
        }
        spoken
    }
}

/// All of these words, in their order.
static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = MATTERS.iter().copied().chain([&FOOTERS[..], &BANNERS[..]]).flatten();
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
});

/// Whether somebody asks, or speaks of themselves.
fn asks(text: &str) -> bool {
    let word = |word: &str| SELF.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()));
    text.contains('?') || text.split_whitespace().any(word)
}
