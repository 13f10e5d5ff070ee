//! Signatures: the mark `-- ` of RFC 3676, what programs say of themselves, lists' footers, and the lines of names,
//! posts and numbers below a closing.

use super::{headers, lines::Line, part_kind::PartKind, steps};

/// How programs begin to say from what a message was sent, in small letters.
const SENT_FROM: [&str; 38] = [
    "sent from",
    "sent via",
    "sent with",
    "sent using",
    "sent by",
    "get outlook for",
    "get yahoo mail",
    "von meinem",
    "von meiner",
    "gesendet von",
    "gesendet mit",
    "gesendet über",
    "diese nachricht wurde von meinem",
    "holen sie sich outlook",
    "outlook für",
    "envoyé de mon",
    "envoyé depuis",
    "envoyé à partir",
    "envoyé avec",
    "télécharger outlook",
    "obtenir outlook",
    "enviado desde",
    "enviado con",
    "enviado do",
    "enviado de",
    "enviado a partir",
    "obtener outlook",
    "obtenha o outlook",
    "inviato da",
    "inviato dal",
    "scarica outlook",
    "verstuurd vanaf",
    "verzonden vanaf",
    "verzonden met",
    "outlook voor",
    "wysłane z",
    "skickat från",
    "отправлено с",
];
/// What they name.
const PROGRAMS: [&str; 36] = [
    "iphone",
    "ipad",
    "ios",
    "android",
    "galaxy",
    "samsung",
    "huawei",
    "xiaomi",
    "pixel",
    "nokia",
    "blackberry",
    "smartphone",
    "smart phone",
    "mobile",
    "phone",
    "tablet",
    "handy",
    "telefon",
    "téléphone",
    "mobilgerät",
    "móvil",
    "teléfono",
    "celular",
    "telemóvel",
    "telefono",
    "mobiel",
    "appareil",
    "dispositivo",
    "outlook",
    "mail",
    "proton",
    "yahoo",
    "gmx",
    "web.de",
    "windows",
    "айфон",
];
/// Closings, in small letters, behind which only who writes follows.
const CLOSINGS: [&str; 68] = [
    "kind regards",
    "best regards",
    "warm regards",
    "regards",
    "with kind regards",
    "with best regards",
    "many regards",
    "kindest regards",
    "yours sincerely",
    "sincerely",
    "sincerely yours",
    "yours faithfully",
    "yours truly",
    "best wishes",
    "all the best",
    "respectfully",
    "br",
    "mit freundlichen grüßen",
    "mit freundlichen grüssen",
    "mit freundlichem gruß",
    "freundliche grüße",
    "freundliche grüsse",
    "viele grüße",
    "viele grüsse",
    "liebe grüße",
    "beste grüße",
    "herzliche grüße",
    "hochachtungsvoll",
    "mfg",
    "lg",
    "vg",
    "grüße",
    "gruß",
    "cordialement",
    "bien cordialement",
    "bien à vous",
    "salutations distinguées",
    "sincères salutations",
    "meilleures salutations",
    "saludos",
    "un saludo",
    "saludos cordiales",
    "atentamente",
    "un cordial saludo",
    "cordialmente",
    "cordiali saluti",
    "distinti saluti",
    "un saluto",
    "saluti",
    "met vriendelijke groet",
    "met vriendelijke groeten",
    "vriendelijke groet",
    "groeten",
    "mvg",
    "hartelijke groet",
    "atenciosamente",
    "com os melhores cumprimentos",
    "cumprimentos",
    "abraços",
    "pozdrawiam",
    "z poważaniem",
    "med vänlig hälsning",
    "vänliga hälsningar",
    "hälsningar",
    "med venlig hilsen",
    "vennlig hilsen",
    "ystävällisin terveisin",
    "с уважением",
];
/// Closings that are said elsewhere too: they need something above them, or a comma.
const WEAK_CLOSINGS: [&str; 16] = [
    "thanks",
    "thank you",
    "many thanks",
    "thanks a lot",
    "thanks in advance",
    "thank you in advance",
    "with thanks",
    "cheers",
    "best",
    "danke",
    "vielen dank",
    "merci",
    "gracias",
    "grazie",
    "bedankt",
    "obrigado",
];
/// Words that names and posts have in small letters.
const SMALL: [&str; 32] = [
    "of", "the", "and", "for", "in", "at", "on", "de", "la", "le", "du", "des", "et", "von", "der", "die", "und",
    "für", "im", "van", "den", "en", "y", "del", "e", "di", "da", "do", "dos", "w", "i", "a",
];
/// How lines begin that say how to reach somebody.
const REACH: [&str; 26] = [
    "tel", "phone", "ph:", "mob", "mobile", "cell", "fax", "direct", "office", "t:", "m:", "f:", "e:", "w:", "t.",
    "m.", "d:", "email", "e-mail", "mail:", "web", "www", "http", "handy", "tél", "móvil",
];

/// Bytes of a line of a signature, at most, and its lines.
const LINE_MAX: usize = 100;
const LINES_MAX: usize = 14;

/// Marks the signatures in a run of lines that were written one after another.
pub(super) fn mark(block: &[Line<'_>], marks: &mut [Option<PartKind>]) {
    let mut written = false;
    let mut at = 0;
    while let Some(line) = block.get(at) {
        let text = line.text.trim_end();
        let before_blank = at == 0 || block.get(at - 1).is_some_and(Line::is_blank) || is_closing(block.get(at - 1));
        if line.is_blank() || marks.get(at).is_some_and(Option::is_some) {
            at += 1;
            continue;
        }
        // Programs put a space behind it; without one, and with nothing above, it may be anything.
        let marked = line.text == "-- " || (written && text == "--" && block.len() - at <= LINES_MAX);
        let footer = || written && headers::is_rule(text.trim()) && is_list_footer(block.get(at + 1..));
        let end = if marked || footer() {
            block.len()
        } else if is_of_program(text.trim()) && (before_blank || written) && ends_paragraph(block, at) {
            at + 1
        } else if let Some(end) = below_closing(block, at, written) {
            written = true;
            set(marks, at + 1, end);
            at = end;
            continue;
        } else {
            written = true;
            at += 1;
            continue;
        };
        set(marks, at, end);
        at = end;
    }
}

fn set(marks: &mut [Option<PartKind>], from: usize, to: usize) {
    let part = marks.get_mut(from..to).unwrap_or_default();
    part.iter_mut().filter(|mark| mark.is_none()).for_each(|mark| *mark = Some(PartKind::Signature));
}

fn ends_paragraph(block: &[Line<'_>], at: usize) -> bool {
    block.get(at + 1).is_none_or(|next| next.is_blank() || is_of_program(next.text.trim()))
}

/// Whether a program says of itself on this line from what the message was sent.
fn is_of_program(text: &str) -> bool {
    let brief = text.len() <= LINE_MAX + 60 && text.split_whitespace().count() <= 9;
    if !brief || text.contains('?') {
        return false;
    }
    let lower = text.trim_start_matches(['*', '_', '[', '(']).to_lowercase();
    let from = SENT_FROM.iter().any(|words| lower.starts_with(words));
    from && PROGRAMS.iter().any(|word| lower.contains(word))
}

fn is_list_footer(rest: Option<&[Line<'_>]>) -> bool {
    let words = [
        "mailing list",
        "unsubscribe",
        "mailman",
        "google groups",
        "liste de diffusion",
        "mailingliste",
        "abbestellen",
    ];
    let mut lines = rest.unwrap_or_default().iter().take(4).map(|line| line.text.to_lowercase());
    lines.any(|line| words.iter().any(|word| line.contains(word)))
}

fn closing_of(line: &str) -> Option<(String, bool)> {
    let line = line.trim();
    if line.len() > 48 {
        return None;
    }
    let words = line.trim_end_matches([',', '.', '!', ' ', '-', '–', ';']);
    Some((words.to_lowercase(), line.ends_with(',')))
}

fn is_closing(line: Option<&Line<'_>>) -> bool {
    line.and_then(|line| closing_of(line.text)).is_some_and(|(words, _)| CLOSINGS.contains(&words.as_str()))
}

/// Where the lines end that say who wrote, below a closing at `at`; what is blank behind them goes with them.
fn below_closing(block: &[Line<'_>], at: usize, written: bool) -> Option<usize> {
    let (words, comma) = closing_of(block.get(at)?.text)?;
    let weak = WEAK_CLOSINGS.contains(&words.as_str()) && (written || comma);
    if !weak && !CLOSINGS.contains(&words.as_str()) {
        return None;
    }
    let mut end = at + 1;
    let mut lines = 0;
    for (place, line) in block.iter().enumerate().skip(at + 1) {
        steps::look(line.text.len());
        if line.is_blank() {
            continue;
        }
        lines += 1;
        if lines > LINES_MAX || !says_who(line.text.trim()) {
            break;
        }
        end = place + 1;
    }
    (end > at + 1).then_some(end)
}

/// Whether a line is one of a name, a post, an address or a number.
fn says_who(text: &str) -> bool {
    if text.len() > LINE_MAX || text.contains(['?', '!']) {
        return false;
    }
    let lower = text.to_lowercase();
    if lower.starts_with("ps") || lower.starts_with("p.s") {
        return false;
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() <= 8
        && (REACH.iter().any(|begin| lower.starts_with(begin)) || text.contains('@') || digits * 2 > letters)
    {
        return true;
    }
    let named = |word: &&&str| {
        let bare = word.trim_start_matches(|c: char| !c.is_alphanumeric());
        bare.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
    };
    let small =
        |word: &&&str| SMALL.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().as_str());
    let counted = words.iter().filter(|word| word.chars().any(char::is_alphanumeric) && !small(word)).count();
    let capital = words.iter().filter(|word| !small(word)).filter(named).count();
    let shouts = words.len() <= 2 && letters > 1 && !text.chars().any(char::is_lowercase);
    (1..=8).contains(&counted) && capital == counted && !shouts && !text.ends_with('.')
}
