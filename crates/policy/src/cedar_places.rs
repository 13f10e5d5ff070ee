//! Where parts of policies stand, by Cedar's own source locations.

use crate::{files::Files, finding::line_at, rule::Rule};
use cedar_policy::Policy;
use miette::Diagnostic;

/// The byte at which a policy begins in the text that it was read from.
pub(crate) fn start(policy: &Policy) -> Option<usize> {
    policy.as_ref().loc().map(|at| at.start())
}

/// The line of the smallest part of a policy's conditions in which all of this stands, however it is spaced; the
/// policy's own where there is none, as in its scope.
pub(crate) fn line_with(rule: &Rule, files: &Files, all: &[&str]) -> Option<usize> {
    let all: Vec<String> = all.iter().map(|part| closed_up(part)).collect();
    let holds = |text: &str| {
        let text = closed_up(text);
        all.iter().all(|part| text.contains(part))
    };
    let conditions = rule.policy.as_ref().non_scope_constraints();
    let parts = conditions.into_iter().flat_map(|conditions| conditions.subexpressions());
    let located = parts.filter_map(|part| {
        let at = part.source_loc()?;
        Some((at.end() - at.start(), at.start(), at.snippet()?))
    });
    if let Some((_, start, _)) = located.filter(|(_, _, text)| holds(text)).min_by_key(|(length, ..)| *length) {
        let text = files.get(&rule.file).and_then(|bytes| std::str::from_utf8(bytes).ok())?;
        return Some(line_at(text, start));
    }
    // What stands in the scope has no location of its own.
    let at = rule.policy.as_ref().loc()?;
    let mut lines = at.snippet()?.lines().zip(line_at(&at.src, at.start())..);
    lines.find(|(line, _)| holds(line.split("//").next().unwrap_or_default())).map(|(_, line)| line)
}

/// The text that a diagnostic points at in `text`, and its line.
pub(crate) fn pointed<'t>(text: &'t str, error: &(impl Diagnostic + ?Sized)) -> Option<(&'t str, usize)> {
    let label = error.labels()?.next()?;
    let pointed = text.get(label.offset()..label.offset() + label.len())?;
    Some((pointed, line_at(text, label.offset())))
}

/// A text without white space and comments.
fn closed_up(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect()
}
