//! Disclaimers: paragraphs that organisations put on every message. They speak of a message, of secrecy, of whom it was
//! meant for and of what is forbidden, and never of their writer.

use super::{PartKind, lines::Line, steps};

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
/// What stands beside them.
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
    if bytes < BYTES_MIN / 4 || (bytes < BYTES_MIN && !(behind_another || first || has_footer(paragraph))) {
        return false;
    }
    let joined: Vec<String> = paragraph.iter().map(|line| line.text.to_lowercase()).collect();
    let text = joined.join(" ");
    if first && BANNERS.iter().any(|words| text.contains(words)) && !asks(&text) {
        return true;
    }
    let matters = MATTERS.iter().filter(|words| words.iter().any(|word| text.contains(word))).count();
    let footer = FOOTERS.iter().any(|words| text.contains(words));
    let enough = if behind_another { 1 } else { 3 };
    let environment = FOOTERS.iter().take(4).any(|words| text.contains(words));
    (environment || ((bytes >= BYTES_MIN || behind_another) && (matters + usize::from(footer)) >= enough))
        && !asks(&text)
}

fn has_footer(paragraph: &[Line<'_>]) -> bool {
    paragraph.iter().take(3).any(|line| {
        let lower = line.text.to_lowercase();
        FOOTERS.iter().take(4).any(|words| lower.contains(words))
    })
}

/// Whether somebody asks, or speaks of themselves.
fn asks(text: &str) -> bool {
    let word = |word: &str| SELF.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()));
    text.contains('?') || text.split_whitespace().any(word)
}
