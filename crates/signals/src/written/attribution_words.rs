//! How mail programs say who wrote what is quoted, in the words of many languages.

/// Bytes of an attribution at most.
pub(super) const BYTES_MAX: usize = 400;

/// Words that end an attribution.
const WROTE: [&str; 64] = [
    "wrote",
    "writes",
    "schrieb",
    "schrieb folgendes",
    "hat geschrieben",
    "a écrit",
    "a ecrit",
    "écrivait",
    "escribió",
    "escribio",
    "ha scritto",
    "scrive",
    "scrisse",
    "schreef",
    "schreef het volgende",
    "heeft geschreven",
    "escreveu",
    "pisze",
    "napisał",
    "napisała",
    "napisał(a)",
    "skrev",
    "skrev följande",
    "kirjoitti",
    "napsal",
    "napsala",
    "napsal(a)",
    "ezt írta",
    "írta",
    "a scris",
    "yazdı",
    "написал",
    "написала",
    "написал(а)",
    "пишет",
    "пише",
    "folgendes geschrieben",
    "geschrieben",
    "έγραψε",
    "كتب",
    "đã viết",
    "menulis",
    "va escriure",
    "ha escrit",
    "je napisao",
    "je napisala",
    "je napisao/la",
    "napísal",
    "napísala",
    "napísal(a)",
    "написа",
    "rašė",
    "kirjutas",
    "a scrís",
    "escreveu o seguinte",
    "wrote the following",
    "a écrit ce qui suit",
    "het volgende geschreven",
    "raksta",
    "rakstīja",
    "يكتب",
    "כתב",
    "כתבה",
    "schreven",
];

/// The same where words are not set apart.
const WROTE_WITHIN: [&str; 6] = ["写道", "寫道", "のメール", "님이 작성", "작성", "เขียนว่า"];

/// Words that stand before the name.
const WROTE_BEFORE: [&str; 6] = [" schrieb ", " schreef ", " skrev ", " napsal ", " napsal(a) ", " ezt írta "];

/// Where an attribution begins that stands on one line with what is before it.
const BEGINS: [&str; 9] = ["On ", "Am ", "Le ", "El ", "Il ", "Op ", "Em ", "Den ", "W dniu "];

/// What stands before an attribution, the attribution, and what it quotes, where a program put all on one line.
pub(super) fn within(line: &str) -> Option<(&str, &str, &str)> {
    let colon = [": >", ":>", ": &gt;"].iter().filter_map(|sign| line.find(sign)).min()?;
    let (named, quoted) = line.split_at_checked(colon + 1)?;
    let from = named.floor_char_boundary(named.len().saturating_sub(BYTES_MAX));
    let near = named.get(from..)?;
    let start = from + BEGINS.iter().filter_map(|word| begin_of(near, word)).max()?;
    let (before, attribution) = line.get(..=colon)?.split_at_checked(start)?;
    let tells = tells(&without_colon(attribution)?.to_lowercase(), true);
    tells.then_some((before, attribution, quoted.trim_start_matches([' ', '>'])))
}

/// Where the last `word` is that begins a sentence or the line and has a date behind it.
fn begin_of(text: &str, word: &str) -> Option<usize> {
    let at = text.rmatch_indices(word).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with(char::is_whitespace)
    })?;
    text.get(at..)?.chars().take(48).any(|c| c.is_ascii_digit()).then_some(at)
}

/// Whether an attribution may begin so: with a date, or with what a single line has.
pub(super) fn may_begin(first: &str) -> bool {
    let head = first.get(..first.floor_char_boundary(64)).unwrap_or(first);
    head.bytes().any(|byte| byte.is_ascii_digit() || byte == b'@') || without_colon(first).is_some()
}

/// What stands before the colon at the end, without the dashes that some programs put around it.
pub(super) fn without_colon(text: &str) -> Option<&str> {
    let beside =
        |c: char| c.is_whitespace() || matches!(c, '-' | '*' | '_' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}');
    let text = text.trim_end_matches(beside);
    let named = text.strip_suffix(':').or_else(|| text.strip_suffix('：'))?;
    Some(named.trim_matches(beside))
}

/// Whether small letters say who wrote what is quoted. What nothing marks as quoted below it needs date and time, or
/// one of them and an address.
pub(super) fn tells(named: &str, quoted: bool) -> bool {
    let evidence = [has_date(named), has_time(named), named.contains('@')].into_iter().filter(|there| *there).count();
    let enough = evidence >= if quoted { 1 } else { 2 };
    let ends =
        WROTE.iter().any(|word| ends_with_word(named, word)) || WROTE_WITHIN.iter().any(|word| named.ends_with(word));
    if ends {
        return enough || (quoted && named.split_whitespace().count() <= 8);
    }
    let before = WROTE_BEFORE.iter().any(|word| named.contains(word));
    // Several languages put no verb: a date, a time and an address.
    enough && (before || (evidence == 3 && named.ends_with('>')))
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with(|c: char| !c.is_alphanumeric()))
}

/// Whether there is a date: a year, or numbers with the signs between them.
fn has_date(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '/' | '-'))).any(|part| {
        let year = |number: &str| number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
        let numbers = part.split(['.', '/', '-']).filter(|number| !number.is_empty());
        part.split(['.', '/', '-']).any(year) || numbers.count() == 3
    })
}

/// Whether there is a time of day.
fn has_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(4).any(|four| match four {
        [hour, b':' | b'.' | b'h', ten, one] => [hour, ten, one].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    })
}
