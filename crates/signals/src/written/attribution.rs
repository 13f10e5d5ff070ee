//! The line by which a mail program says whom it quotes: "On … wrote:", in the words of many languages, on up to four
//! lines.

use super::{
    attribution_words::{BYTES_MAX, may_begin, tells, without_colon},
    headers::block,
    lines::Line,
    steps,
};

/// An attribution that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution {
    /// The line after it.
    pub(super) end: usize,
}

/// Lines that an attribution has at most.
const LINES_MAX: usize = 4;

/// The attribution that begins with the line at `at`.
pub(super) fn at(lines: &[Line<'_>], at: usize) -> Option<Attribution> {
    let first = lines.get(at)?.text;
    if first.len() > BYTES_MAX || !may_begin(first) {
        return None;
    }
    let mut joined = String::new();
    for (more, line) in lines.get(at..)?.iter().take(LINES_MAX).enumerate() {
        steps::look(line.text.len().min(BYTES_MAX) + joined.len());
        if line.is_blank() || line.quoted || joined.len() + line.text.len() > BYTES_MAX {
            return None;
        }
        if more > 0 && !joined.ends_with('<') {
            joined.push(' ');
        }
        joined.push_str(line.text.trim());
        let Some(named) = without_colon(&joined) else { continue };
        let end = at + more + 1;
        let rest = lines.get(end..).unwrap_or_default();
        let next = rest.iter().position(|line| !line.is_blank()).map(|more| end + more);
        let quoted = next.is_some_and(|next| lines.get(next).is_some_and(|line| line.quoted) || block(lines, next));
        return tells(&named.to_lowercase(), quoted).then_some(Attribution { end });
    }
    None
}
