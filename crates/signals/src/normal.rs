//! Text as it is read: look-alikes, fullwidth and styled letters, invisible characters and stacked marks change nothing
//! in what a word says.
//!
//! Compatibility forms go by Unicode's NFKC (UAX #15), invisible characters by its `Default_Ignorable_Code_Point`
//! (DerivedCoreProperties.txt), look-alikes by the prototypes of its confusables (UTS #39).

use std::{borrow::Cow, sync::LazyLock};
use unicode_normalization::{
    UnicodeNormalization as _,
    char::{decompose_canonical, is_combining_mark},
};
use unicode_script::{Script, UnicodeScript as _};
use unicode_security::skeleton;

/// `text` as it is read. Text of another script stays as it is; where nothing changes, nothing is copied.
pub fn normalised(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) { Cow::Borrowed(text) } else { Cow::Owned(undisguised(text)) }
}

/// Characters that stay as they are whatever stands beside them: most of what the languages of Europe that have Latin
/// letters are written with.
fn is_plain(c: char) -> bool {
    matches!(
        c,
        ' '..='~'
            | '\t'
            | '\n'
            | '\r'
            | '¡'
            | '£'
            | '«'
            | '»'
            | '¿'
            | 'À'..='İ'
            | 'Ĵ'..='ľ'
            | 'Ł'..='ň'
            | 'Ŋ'..='ž'
            | '–'
            | '—'
            | '‘'
            | '’'
            | '“'
            | '”'
            | '„'
            | '€'
    )
}

/// A line's end as one; and a character that is a whole sentence (U+FDFA and U+FDFB, the only ones that NFKC makes more
/// than six characters of) as a space, so that a text grows to no more than a few times its length.
fn plainer(c: char) -> char {
    match c {
        '\u{fdfa}' | '\u{fdfb}' => ' ',
        c if is_line_end(c) => '\n',
        c => c,
    }
}

fn undisguised(text: &str) -> String {
    let seen = text.chars().map(plainer).filter(|c| !is_unseen(*c));
    let mut out = String::with_capacity(text.len());
    let mut base = ' ';
    for c in seen.nfkc().map(unboxed) {
        if is_combining_mark(c) {
            // What composes has composed by now; the rest, on letters that are written without, is a disguise.
            if !matches!(base.script(), Script::Latin | Script::Greek | Script::Cyrillic | Script::Common) {
                out.push(c);
            }
            continue;
        }
        base = without_dots(c);
        out.push(base);
    }
    if out.is_ascii() { out } else { in_one_script(&out) }
}

/// The first so many characters.
pub(crate) fn head(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// Whether `text` holds nothing that anybody would see: white space, controls and invisible characters alone.
pub fn says_nothing(text: &str) -> bool {
    text.chars().all(is_blank)
}

/// An identifier that another system gave, as it is looked up: without white space and invisible characters around it,
/// and composed (NFC), so that what looks the same is the same. What is within it, and its case, stay.
pub fn identifier(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim_matches(is_blank);
    if trimmed.is_ascii() { Cow::Borrowed(trimmed) } else { Cow::Owned(trimmed.nfc().collect()) }
}

/// White space, or what shows nothing. U+2800 is braille's pattern without a dot.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}' || is_unseen(c)
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Controls that end no line, and `Default_Ignorable_Code_Point`, Unicode 16.
fn is_unseen(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fff8}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Letters in filled circles and boxes, which have no compatibility form.
fn unboxed(c: char) -> char {
    let number = match c {
        '\u{1f150}'..='\u{1f169}' => u32::from(c) - 0x1_f150,
        '\u{1f170}'..='\u{1f189}' => u32::from(c) - 0x1_f170,
        _ => return c,
    };
    char::from_u32(u32::from('A') + number).unwrap_or(c)
}

/// The letter alone where no language that is read writes it with such a mark: Latin Extended Additional without
/// Vietnamese.
fn without_dots(c: char) -> char {
    if !matches!(c, '\u{1e00}'..='\u{1e9b}') {
        return c;
    }
    let mut first = None;
    decompose_canonical(c, |part| first = first.or(Some(part)));
    first.unwrap_or(c)
}

/// What a word is made of.
#[derive(Debug, Default, Clone, Copy)]
struct Letters {
    latin: usize,
    foreign: usize,
    /// Of the foreign ones: look like a Latin letter, as they stand and as small letters.
    alike: usize,
    small_alike: usize,
    /// The same with those that only resemble one.
    resembling: usize,
}

impl Letters {
    fn of(word: &str) -> Self {
        let mut letters = Self::default();
        for c in word.chars() {
            let look = Look::of(c);
            letters.latin += usize::from(look.latin);
            letters.foreign += usize::from(look.foreign);
            letters.alike += usize::from(look.foreign && look.alike.is_some());
            letters.small_alike += usize::from(look.foreign && look.small_alike);
            letters.resembling += usize::from(look.foreign && look.alike.or(look.resembles).is_some());
        }
        letters
    }

    /// Words with letters of two scripts, of which the foreign ones are all look-alikes.
    fn is_mixed(self) -> bool {
        self.latin > 0 && self.foreign > 0 && self.resembling == self.foreign
    }

    /// Words of look-alikes alone.
    fn is_alike(self) -> bool {
        self.latin == 0 && self.foreign > 0 && self.alike == self.foreign
    }

    /// Words of another script that can be nothing else.
    fn is_foreign(self) -> bool {
        self.latin == 0 && self.small_alike < self.foreign
    }
}

/// Puts look-alikes back where a word mixes scripts, or is made of look-alikes alone in a text of Latin words.
fn in_one_script(text: &str) -> String {
    let (mut latin, mut foreign) = (0usize, 0usize);
    for word in text.split(between_words).filter(|word| !word.is_empty()) {
        let letters = Letters::of(word);
        latin += usize::from(letters.is_mixed() || (letters.foreign == 0 && letters.latin > 0));
        foreign += usize::from(letters.is_foreign());
    }
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(between_words) {
        let letters = Letters::of(piece);
        // Among Latin words a capital counts as it looks; alone it must look so as a small letter too.
        let disguised = letters.is_alike()
            && if latin > 0 { latin > foreign } else { foreign == 0 && letters.small_alike == letters.foreign };
        let replaced = piece.chars().map(|c| {
            let look = Look::of(c);
            let put = match (look.foreign, letters.is_mixed()) {
                (false, _) => look.alike,
                (true, true) => look.alike.or(look.resembles),
                (true, false) => look.alike.filter(|_| disguised),
            };
            put.unwrap_or(c)
        });
        out.extend(replaced);
    }
    out
}

/// Whether `c` stands between words.
fn between_words(c: char) -> bool {
    !c.is_alphanumeric()
}

/// What a character looks like.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    latin: bool,
    /// A letter of another script.
    foreign: bool,
    /// The ASCII letter that it is taken for.
    alike: Option<char>,
    small_alike: bool,
    resembles: Option<char>,
}

/// The characters whose looks are kept: all alphabets that are in use.
const KEPT: usize = 0x3000;
static LOOKS: LazyLock<Vec<Look>> = LazyLock::new(|| {
    (0..KEPT).map(|c| u32::try_from(c).ok().and_then(char::from_u32).map_or(Look::default(), Look::made)).collect()
});

impl Look {
    fn of(c: char) -> Self {
        if let Some(look) = usize::try_from(u32::from(c)).ok().and_then(|c| LOOKS.get(c)) {
            return *look;
        }
        match c {
            // Signs that are words, and syllables: none is taken for a letter.
            '\u{3000}'..='\u{a48f}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => {
                Self { foreign: c.is_alphabetic(), ..Self::default() }
            }
            _ => Self::made(c),
        }
    }

    fn made(c: char) -> Self {
        if c.is_ascii() || !c.is_alphabetic() {
            return Self { latin: c.is_ascii_alphabetic(), ..Self::default() };
        }
        let latin = c.script() == Script::Latin;
        // Letters of Latin-1 and Latin Extended-A are some language's own; Turkish's dotless i alone is put for
        // another.
        let alike = latin_like(c).filter(|_| !latin || c >= '\u{180}' || c == 'ı');
        let small_alike = alike.is_some() && small(c).is_some_and(|small| latin_like(small).is_some());
        Self { latin, foreign: !latin, alike, small_alike, resembles: resembles(c) }
    }
}

/// The ASCII letter that `c` is taken for, by the prototypes of UTS #39. They take capital I for l, so that a capital
/// is looked up as a small letter first where that is what comes out.
fn latin_like(c: char) -> Option<char> {
    let found = prototype(c);
    if found == Some('l')
        && let Some(small) = small(c).filter(|small| *small != c)
    {
        return prototype(small).map(|letter| letter.to_ascii_uppercase()).or(found);
    }
    found.or_else(|| small(c).filter(|small| *small != c).and_then(prototype).map(|letter| letter.to_ascii_uppercase()))
}

fn prototype(c: char) -> Option<char> {
    let mut buffer = [0; 4];
    let mut prototype = skeleton(c.encode_utf8(&mut buffer));
    match (prototype.next(), prototype.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() => Some(letter),
        _ => None,
    }
}

fn small(c: char) -> Option<char> {
    let mut small = c.to_lowercase();
    small.next().filter(|_| small.next().is_none())
}

/// Letters that are no prototype's look-alikes and are taken for Latin ones within a Latin word all the same.
fn resembles(c: char) -> Option<char> {
    let letter = match small(c)? {
        'κ' | 'к' => 'k',
        'м' => 'm',
        'μ' => 'u',
        'н' => 'h',
        'τ' | 'т' => 't',
        'в' | 'β' | 'ь' => 'b',
        'η' | 'п' => 'n',
        'ε' => 'e',
        'ω' => 'w',
        'γ' => 'y',
        'χ' => 'x',
        'г' => 'r',
        'и' => 'u',
        'і' => 'i',
        'λ' => 'l',
        _ => return None,
    };
    Some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_grows_to_no_more_than_a_few_times_its_length() {
        let most = ('\u{80}'..='\u{10ffff}').map(|c| (normalised(&c.to_string()).len(), c)).max().unwrap();
        assert!(most.0 <= 33, "{most:?}");
        assert_eq!(normalised("\u{fdfa}".repeat(9_000).as_str()).trim(), "");
    }

    #[test]
    fn disguises_are_taken_off() {
        for (disguised, plain) in [
            ("I want to \u{43a}ill myself", "I want to kill myself"),
            ("I want to ki\u{200b}ll my\u{ad}self", "I want to kill myself"),
            ("ｉ ｗａｎｔ ｔｏ ｋｉｌｌ ｍｙｓｅｌｆ", "i want to kill myself"),
            ("𝓀𝒾𝓁𝓁 𝗺𝘆𝘀𝗲𝗹𝗳", "kill myself"),
            ("🅺🅸🅻🅻", "KILL"),
            ("k\u{337}i\u{337}l\u{337}l\u{337}", "kill"),
            ("ḳịll", "kịll"),
            ("stоlеn саrd", "stolen card"),
            ("frαυd", "fraud"),
            ("ѕuісіdе", "suicide"),
            ("speak to а реrѕоn", "speak to a person"),
            ("КІLL", "KILL"),
            ("MY САRD WАS SТОLЕN", "MY CARD WAS STOLEN"),
            ("ѕсаре", "scape"),
            ("fr\u{0}aud", "fraud"),
        ] {
            assert_eq!(normalised(disguised), plain, "{disguised}");
            assert_eq!(normalised(&normalised(disguised)), normalised(disguised), "{disguised}");
        }
    }

    #[test]
    fn what_is_written_in_a_script_of_its_own_stays() {
        for text in [
            "Когда придёт моя карта? Я заказал её в марте, а она не пришла.",
            "НЕТ",
            "Πότε θα έρθει η κάρτα μου; Ο αριθμός είναι",
            "У меня карта Visa, а у неё Mastercard, но оба раза отказ",
            "Grüße aus Köln, déjà vu, ¿qué?, żółć, Łódź, coração",
            "我的卡什么时候到？".trim_end_matches('？'),
            "नमस्ते मेरा कार्ड",
            "Nguyễn Thị Minh",
            "👍",
            "plain",
        ] {
            assert_eq!(normalised(text), text);
        }
        assert!(matches!(normalised("plain\ntext"), Cow::Borrowed(_)));
        assert_eq!(normalised("Jose\u{301}"), "José");
    }

    #[test]
    fn what_is_plain_stays_as_it_is() {
        let plain: Vec<char> = (0..0x3000).filter_map(char::from_u32).filter(|c| is_plain(*c)).collect();
        assert!(plain.len() > 250, "{}", plain.len());
        let changed: Vec<char> =
            plain.into_iter().filter(|c| undisguised(&format!("a{c}b")) != format!("a{c}b")).collect();
        assert_eq!(changed, Vec::<char>::new());
    }

    #[test]
    fn what_nobody_sees_says_nothing() {
        for text in [
            "",
            " ",
            "\u{200b}",
            "\u{feff}\u{feff}",
            "\u{2800}",
            "\u{3164}\n\t",
            "\0\u{7}",
            "\u{a0}",
            "\u{fe0f}",
            "\u{202e}",
        ] {
            assert!(says_nothing(text), "{text:?}");
        }
        for text in ["a", ".", "👍", "\u{200b}?\u{200b}", "е"] {
            assert!(!says_nothing(text), "{text:?}");
        }
    }

    #[test]
    fn identifiers_are_trimmed_and_composed() {
        for (given, kept) in [
            (" 4417 ", "4417"),
            ("\u{feff}4417\r\n", "4417"),
            ("\u{200b}ann\u{a0}", "ann"),
            ("Jose\u{301}", "José"),
            ("a b", "a b"),
            ("ANN", "ANN"),
        ] {
            assert_eq!(identifier(given), kept);
        }
    }
}
