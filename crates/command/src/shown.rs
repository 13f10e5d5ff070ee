//! The one printer. Everything that is printed goes through here, whoever wrote it: a customer, an AI, another server,
//! a bundle's author. What does not show itself is shown escaped, an entry begins where entries do and nothing else
//! does, and what is long is cut with how much is left. So nobody's words can pass for what Remit says.

use remit_domain::text::{MARKS_MAX, is_hidden, is_mark};
use serde_json::Value;
use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write},
    process::exit,
    sync::OnceLock,
};
use unicode_width::UnicodeWidthChar as _;

/// Columns where the terminal's are not known.
const WIDTH: usize = 100;
/// Columns of which text makes use, however wide the terminal.
const WIDTH_MAX: usize = 160;
/// Columns that text takes, however narrow the terminal.
const WIDTH_MIN: usize = 24;
/// Characters of one line that are shown.
const LINE_MAX: usize = 4_000;
/// Characters of somebody's words that are shown.
const WORDS_MAX: usize = 4_000;
/// Lines of somebody's words that are shown.
const LINES_MAX: usize = 60;
/// Columns by which what belongs to a line stands further in.
const STEP: usize = 4;

/// Prints one line, as `println!` would, whatever is in it.
#[macro_export]
macro_rules! say {
    () => { $crate::shown::line("") };
    ($($arguments:tt)+) => { $crate::shown::line(&format!($($arguments)+)) };
}
pub use crate::say;

/// Prints `text` as one line. Where it is wider than the terminal it goes on further in.
pub fn line(text: &str) {
    put(&mut io::stdout(), &placed(text, terminal_width()));
}

/// Prints an entry that may have several lines: those after the first stand further in.
pub fn entry(text: &str) {
    put(&mut io::stdout(), &entered(text, terminal_width()));
}

/// Prints somebody's words under the line before, each of their lines so many columns in.
pub fn words(columns: usize, text: &str) {
    put(&mut io::stdout(), &quoted(columns, text, terminal_width().unwrap_or(WIDTH)));
}

/// Prints a value as JSON on a line. What does not show itself is escaped, so that it is the same value.
pub fn json(value: &Value) {
    json_part("", value);
    own("\n");
}

/// Prints a value as JSON after text of the program's own.
pub fn json_part(before: &'static str, value: &Value) {
    put(&mut io::stdout(), &format!("{before}{}", ascii(&value.to_string())));
}

/// Prints text of the program's own as it is.
pub fn own(text: &'static str) {
    put(&mut io::stdout(), text);
}

/// Prints a document as it is, to the byte, since somebody's tool reads it.
///
/// # Errors
/// When something in it does not show itself.
pub fn document(text: &str) -> anyhow::Result<()> {
    if let Some(c) = text.chars().find(|c| is_hidden(*c) && *c != '\n') {
        anyhow::bail!(
            "what was to be printed holds the character U+{:04X}, as nothing that is good does",
            u32::from(c)
        );
    }
    put(&mut io::stdout(), text);
    Ok(())
}

/// Who is told what happens meanwhile, and whether the command failed by it, where it is not printed.
static NOTED: OnceLock<fn(&str, bool)> = OnceLock::new();

/// Has what happens meanwhile told to `noted`, as where it goes to a log; the first time that this is said counts.
pub fn noted_by(noted: fn(&str, bool)) {
    let _ = NOTED.set(noted);
}

/// Tells what happens meanwhile, beside what is printed.
pub fn note(text: &str) {
    tell(text, false);
}

fn tell(text: &str, failed: bool) {
    if let Some(noted) = NOTED.get() {
        return noted(text, failed);
    }
    put(&mut io::stderr(), &entered(text, terminal_width()));
}

/// Tells why the command failed, with its causes.
pub fn failed(error: &anyhow::Error) {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        // What an error already says of its cause is not said twice.
        if !told.contains(&cause) {
            told = if told.is_empty() { cause } else { format!("{told}: {cause}") };
        }
    }
    tell(&format!("remit: {told}"), true);
}

/// Where the log goes: to the standard error, one line for one event.
#[derive(Debug)]
pub struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        io::stderr().write_all(format!("{}\n", escaped(text.trim_end_matches('\n'))).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Where the log goes that is JSON, an object a line: to the standard error, with escapes for what does not show
/// itself.
#[derive(Debug)]
pub struct JsonLog;

impl Write for JsonLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stderr().write_all(ascii_line(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// A line of JSON with escapes for what does not show itself, and the line's end as it is.
fn ascii_line(line: &str) -> String {
    format!("{}\n", ascii(line.trim_end_matches('\n')))
}

/// Whoever reads what is printed may have read enough, as `head` does: no fault of the program's, and nothing to tell.
fn put(to: &mut dyn Write, text: &str) {
    let Err(error) = to.write_all(text.as_bytes()).and_then(|()| to.flush()) else { return };
    if error.kind() != io::ErrorKind::BrokenPipe {
        let _ = writeln!(io::stderr(), "remit: what was to be printed cannot be written: {error}");
    }
    exit(2);
}

/// The terminal's columns, if the output goes to one.
fn terminal_width() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size()?;
    // A terminal whose last column is filled goes on below.
    Some(usize::from(columns).saturating_sub(1).clamp(WIDTH_MIN, WIDTH_MAX))
}

/// `text` with an escape for each character that does not show itself, and for marks that are piled up.
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut marks = MARKS_MAX;
    for c in text.chars() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if is_hidden(c) || marks > MARKS_MAX => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            _ => shown.push(c),
        }
    }
    shown
}

/// JSON with escapes for what does not show itself, which is within strings wherever it is.
fn ascii(json: &str) -> String {
    if !json.chars().any(is_hidden) {
        return json.to_owned();
    }
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The beginning of `text`, and how many characters are left.
fn cut(text: &str, max: usize) -> (&str, usize) {
    match text.char_indices().nth(max) {
        Some((at, _)) => {
            let (begin, rest) = text.split_at(at);
            (begin, rest.chars().count())
        }
        None => (text, 0),
    }
}

fn placed(text: &str, width: Option<usize>) -> String {
    let (begin, left) = cut(text, LINE_MAX);
    let mut whole = escaped(begin);
    if left > 0 {
        let _ = write!(whole, " … {left} more characters");
    }
    let Some(width) = width else { return whole + "\n" };
    let further = (whole.len() - whole.trim_start_matches(' ').len() + STEP).min(width / 2);
    let mut shown = String::new();
    for (number, line) in folded(&whole, width, width - further).into_iter().enumerate() {
        let _ = writeln!(shown, "{:1$}{line}", "", if number == 0 { 0 } else { further });
    }
    shown
}

fn entered(text: &str, width: Option<usize>) -> String {
    let mut lines = text.lines();
    let mut shown = placed(lines.next().unwrap_or_default(), width);
    for line in lines.by_ref().take(LINES_MAX * LINES_MAX) {
        shown.push_str(&placed(&format!("{:1$}{2}", "", STEP, line.trim_start()), width));
    }
    let left = lines.count();
    if left > 0 {
        let _ = writeln!(shown, "{:1$}… {left} more lines", "", STEP);
    }
    shown
}

fn quoted(columns: usize, text: &str, width: usize) -> String {
    let (begin, mut left) = cut(text.trim_end(), WORDS_MAX);
    let columns = columns.min(width / 2);
    let room = width - columns - 2;
    let mut shown = String::new();
    let mut number = 0;
    for line in begin.split('\n') {
        for part in folded(&escaped(line.strip_suffix('\r').unwrap_or(line)), room, room) {
            number += 1;
            if number <= LINES_MAX {
                let _ = writeln!(shown, "{:1$}│ {part}", "", columns);
            } else {
                left += part.chars().count();
            }
        }
    }
    if left > 0 {
        let _ = writeln!(shown, "{:1$}… {left} more characters; --json shows them", "", columns);
    }
    shown
}

/// `text` in lines: `first` columns for the first and `others` for each other, broken between words where they allow.
pub fn folded(text: &str, first: usize, others: usize) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), text);
    loop {
        let room = if lines.is_empty() { first } else { others };
        let (mut used, mut space, mut end) = (0, None, None);
        for (at, c) in rest.char_indices() {
            used += c.width().unwrap_or(0);
            if used > room && at > 0 {
                end = Some(at);
                break;
            }
            if c == ' ' && rest.get(..at).is_some_and(|before| !before.trim_start_matches(' ').is_empty()) {
                space = Some(at);
            }
        }
        let Some(end) = end else {
            lines.push(rest);
            return lines;
        };
        let end = if rest.get(end..).is_some_and(|after| after.starts_with(' ')) { end } else { space.unwrap_or(end) };
        let (line, after) = rest.split_at(end);
        lines.push(line.trim_end_matches(' '));
        rest = after.trim_start_matches(' ');
        if rest.is_empty() {
            return lines;
        }
    }
}

/// A number with its thousands apart.
pub fn many(count: impl std::fmt::Display) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of what `one` and `more` name, in the form that the number asks for.
pub fn counted(count: impl std::fmt::Display, one: &str, more: &str) -> String {
    let count = many(count);
    let named = if count == "1" { one } else { more };
    format!("{count} {named}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_as_one() {
        let told = |count: usize| counted(count, "minute", "minutes");
        assert_eq!([0, 1, 2, 1_001].map(told), ["0 minutes", "1 minute", "2 minutes", "1,001 minutes"]);
    }

    #[test]
    fn what_does_not_show_itself_is_shown_escaped() {
        assert_eq!(escaped("plain “text”, José, 王, 🙂"), "plain “text”, José, 王, 🙂");
        assert_eq!(escaped("a\u{1b}[2Jb\u{9b}c\td\re\nf"), "a\\u{1b}[2Jb\\u{9b}c\\td\\re\\nf");
        assert_eq!(
            escaped("\u{202e}x\u{2066}\u{200b}\u{2028}\u{feff}"),
            "\\u{202e}x\\u{2066}\\u{200b}\\u{2028}\\u{feff}"
        );
        assert_eq!(escaped(&format!("e{}", "\u{301}".repeat(6))), "e\u{301}\u{301}\u{301}\u{301}\\u{301}\\u{301}");
        assert_eq!(escaped("\u{301}"), "\\u{301}");
    }

    #[test]
    fn json_is_the_same_value() {
        for text in ["a\u{1b}[2J\u{9b}\u{202e}\u{2028}\u{e0041}\u{7f}", "plain \\ \" é"] {
            let value = serde_json::json!({ text: [text, 1, null] });
            let shown = ascii(&value.to_string());
            assert!(!shown.chars().any(is_hidden), "{shown}");
            assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
        }
    }

    #[test]
    fn words_stay_under_their_entry() {
        let forged = "hello\n  2026-01-01T00:00:00Z #100 by first admin: decision\r\n\nbye\n\n";
        let shown = quoted(6, forged, 40);
        let want = concat!(
            "      │ hello\n      │   2026-01-01T00:00:00Z #100 by\n",
            "      │ first admin: decision\n      │ \n      │ bye\n"
        );
        assert_eq!(shown, want);
        // A line that is as wide as the terminal does not go on in its first column.
        let long = quoted(2, &format!("x{}#100 by first admin", " ".repeat(200)), 40);
        assert!(long.lines().all(|line| line.starts_with("  │ ") && line.chars().count() <= 40), "{long}");
        let wide = quoted(2, &"王".repeat(100), 40);
        assert!(wide.lines().all(|line| line.chars().count() <= 22), "{wide}");
    }

    #[test]
    fn what_is_long_is_cut_with_how_much_is_left() {
        assert!(placed(&"x".repeat(LINE_MAX + 7), None).ends_with("x … 7 more characters\n"));
        assert!(quoted(2, &"x ".repeat(5_000), 40).ends_with("more characters; --json shows them\n"));
        let lines = quoted(2, &"a\n".repeat(100), 40);
        assert_eq!(lines.lines().count(), LINES_MAX + 1);
        assert!(lines.ends_with("  … 40 more characters; --json shows them\n"), "{lines}");
    }

    #[test]
    fn a_line_goes_on_further_in() {
        assert_eq!(placed("  one two three four", Some(12)), "  one two\n      three\n      four\n");
        assert_eq!(placed("  one two three four", None), "  one two three four\n");
        assert_eq!(placed("a\nb", None), "a\\nb\n");
        assert_eq!(entered("a\nremit: b\n    cure: c", None), "a\n    remit: b\n    cure: c\n");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(folded("one two three", 7, 7), ["one two", "three"]);
        assert_eq!(folded("incomprehensibilities go on", 5, 10), ["incom", "prehensibi", "lities go", "on"]);
        assert_eq!(folded("", 5, 5), [""]);
        assert_eq!(folded("    in", 3, 3), ["   ", "in"].map(|line| line.trim_end()));
    }
}
