//! The lines of a message.

use super::part_kind::PartKind;

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// What stands on it, without the signs of a quote.
    pub(super) text: &'a str,
    /// Whether it is marked as quoted: by `>`, or by an element of HTML.
    pub(super) quoted: bool,
    /// Whether it was an element of HTML that says so.
    pub(super) cited: bool,
    /// What an element of HTML says that it is.
    pub(super) kind: Option<PartKind>,
}

impl Line<'_> {
    /// Whether nothing stands on it.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

impl<'a> Line<'a> {
    /// A line of plain text.
    pub(super) fn plain(text: &'a str) -> Self {
        let rest = text.trim_start();
        let quoted = is_quoted(rest);
        let text = if quoted { rest.trim_start_matches(['>', ' ', '\t']) } else { text };
        Self { text, quoted, cited: false, kind: None }
    }
}

/// Whether a line begins as mail programs mark what they quote. A number behind the sign compares.
fn is_quoted(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('>') else { return false };
    !rest.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '=')
        || rest.starts_with('>')
        || line.len() > COMPARED_MAX
}

/// Bytes of a line that only compares with a number, at most.
const COMPARED_MAX: usize = 24;

/// The lines of a plain text. What was put on one line with its attribution is taken apart.
pub(super) fn of_plain(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::with_capacity(16);
    for line in text.split(['\n', '\u{2028}']).flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r')) {
        match super::attribution_words::within(line) {
            Some((before, attribution, quoted)) => {
                lines.push(Line::plain(before));
                lines.push(Line { text: attribution, quoted: true, cited: true, kind: None });
                lines.push(Line { text: quoted, quoted: true, cited: true, kind: None });
            }
            None => lines.push(Line::plain(line)),
        }
    }
    lines
}

/// Bytes from which on a program may have wrapped a line, and to which what is left over may reach.
const WRAPPED: usize = 60;
const LEFT_OVER: usize = 30;

/// Whether the line after the quoted one at `at` is the rest of it that a program wrapped without marking it: short, a
/// sentence that goes on, between two quoted lines.
pub(super) fn is_wrapped(lines: &[Line<'_>], at: usize) -> bool {
    let (Some(line), Some(rest), Some(next)) = (lines.get(at), lines.get(at + 1), lines.get(at + 2)) else {
        return false;
    };
    let text = line.text.trim_end();
    line.quoted
        && !line.cited
        && !rest.quoted
        && next.quoted
        && text.len() >= WRAPPED
        && !text.ends_with(['.', '!', '?', ':'])
        && (1..=LEFT_OVER).contains(&rest.text.len())
        && rest.text.starts_with(char::is_lowercase)
}
