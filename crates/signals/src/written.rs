//! What of a message was written now: apart from what a mail program quoted below or between it, a signature, a
//! disclaimer and the markup of HTML. Everything is kept and shown; only what was written now is read.
//!
//! A message is split into lines, and each line is looked at once with a bounded number of its neighbours, so that the
//! time is linear in the text.

mod attribution;
mod attribution_words;
mod disclaimer;
mod headers;
mod html;
mod lines;
mod part_kind;
mod parts;
mod signature;
mod steps;

use lines::Line;

pub use part_kind::PartKind;
pub use parts::{UnreadPart, Written};
use std::borrow::Cow;

/// Takes a message apart. Deterministic; linear in the text.
pub fn written(text: &str) -> Written<'_> {
    match html::kind(text) {
        // What has one line and no sign of a quote is what most messages are.
        html::Kind::None if !text.bytes().any(|byte| matches!(byte, b'\n' | b'\r' | b'>')) => {
            Written { now: Cow::Borrowed(text.trim()), left: Vec::new(), html: false }
        }
        html::Kind::None => {
            let lines = lines::of_plain(text);
            let split = split(&lines);
            match split.left.is_empty() {
                true => Written { now: Cow::Borrowed(text.trim()), left: Vec::new(), html: false },
                false => Written { now: Cow::Owned(split.now), left: split.left, html: false },
            }
        }
        kind => {
            let page = html::read(text, kind);
            let split = split(&page.lines());
            Written { now: Cow::Owned(split.now), left: split.left, html: true }
        }
    }
}

struct Split {
    now: String,
    left: Vec<UnreadPart>,
}

fn split(lines: &[Line<'_>]) -> Split {
    let mut marks: Vec<Option<PartKind>> = lines.iter().map(|line| line.kind).collect();
    quotes(lines, &mut marks);
    if unwritten(lines, &marks) && !lines.iter().zip(&marks).any(|(line, mark)| mark.is_some() && !line.quoted) {
        // Somebody who begins all lines with `>` and answers nothing has written them.
        marks.iter_mut().zip(lines).filter(|(_, line)| line.quoted && !line.cited).for_each(|(mark, _)| *mark = None);
    }
    let mut from = 0;
    while let Some(start) = (from..marks.len()).find(|at| marks.get(*at).is_some_and(Option::is_none)) {
        let end = (start..marks.len()).find(|at| marks.get(*at).is_some_and(Option::is_some)).unwrap_or(marks.len());
        if let (Some(block), Some(marks)) = (lines.get(start..end), marks.get_mut(start..end)) {
            disclaimer::mark(block, marks);
            signature::mark(block, marks);
        }
        from = end;
    }
    put_together(lines, &marks)
}

fn unwritten(lines: &[Line<'_>], marks: &[Option<PartKind>]) -> bool {
    lines.iter().zip(marks).all(|(line, mark)| mark.is_some() || line.is_blank())
}

/// Marks what is quoted and passed on.
fn quotes(lines: &[Line<'_>], marks: &mut [Option<PartKind>]) {
    let above = |marks: &[Option<PartKind>], at: usize| !unwritten(lines.get(..at).unwrap_or_default(), marks);
    let set = |marks: &mut [Option<PartKind>], from: usize, to: usize, kind: PartKind| {
        let part = marks.get_mut(from..to).unwrap_or_default();
        part.iter_mut().filter(|mark| mark.is_none()).for_each(|mark| *mark = Some(kind));
    };
    // What quoted lines turn out to be, by the first of them that says something.
    let mut of_quoted = None;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if line.quoted {
            if of_quoted.is_none() && !line.is_blank() {
                let forward = headers::divider(line.text) == Some(PartKind::Forward);
                of_quoted = Some(if forward { PartKind::Forward } else { PartKind::Quote });
            }
            set(marks, at, at + 1, of_quoted.unwrap_or(PartKind::Quote));
            if lines::is_wrapped(lines, at) {
                set(marks, at + 1, at + 2, PartKind::Quote);
                at += 1;
            }
        } else if line.is_blank() || marks.get(at).is_some_and(Option::is_some) {
        } else if let Some(kind) = headers::divides(lines, at) {
            set(marks, at, lines.len(), kind);
            return;
        } else if headers::block(lines, at) {
            // An answer has something above what it answers; what has nothing above it was passed on.
            let kind = if above(marks, at) { PartKind::Quote } else { PartKind::Forward };
            set(marks, at, lines.len(), kind);
            return;
        } else if let Some(attribution) = attribution::at(lines, at) {
            set(marks, at, attribution.end, PartKind::Quote);
            let next = lines.get(attribution.end..).unwrap_or_default().iter().find(|line| !line.is_blank());
            if next.is_some_and(|next| !next.quoted) {
                // Not marked as quoted: who answers writes above.
                set(marks, at, lines.len(), PartKind::Quote);
                return;
            }
            at = attribution.end - 1;
        }
        at += 1;
    }
}

/// Puts lines of one kind that follow on each other together; blank ones go with those before them.
fn put_together(lines: &[Line<'_>], marks: &[Option<PartKind>]) -> Split {
    let mut split = Split { now: String::new(), left: Vec::new() };
    let mut last = None;
    let mut blank = 0usize;
    for (line, mark) in lines.iter().zip(marks) {
        if line.is_blank() {
            blank += 1;
            continue;
        }
        let apart = last != Some(*mark);
        let text = match mark {
            None => &mut split.now,
            Some(kind) => {
                if apart {
                    split.left.push(UnreadPart { kind: *kind, text: String::new() });
                }
                match split.left.last_mut() {
                    Some(part) => &mut part.text,
                    None => continue,
                }
            }
        };
        if !text.is_empty() {
            text.push_str(if blank > 0 || apart { "\n\n" } else { "\n" });
        }
        text.push_str(line.text.trim_end());
        (last, blank) = (Some(*mark), 0);
    }
    split.now.truncate(split.now.trim_end().len());
    split
}

#[cfg(test)]
mod tests;
