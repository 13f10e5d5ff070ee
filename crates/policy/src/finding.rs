//! What is wrong with a bundle: the file, the line, the cause and the cure; and below it what follows from it.

use serde::Serialize;
use std::fmt;

/// One thing that is wrong with a bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file, relative to the bundle.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub cure: String,
    /// What follows from it: wrong for the same reason, and cured with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Finding>,
    /// The faults that it is.
    #[serde(skip)]
    is: Vec<Fault>,
    /// The faults from which it follows, where they are found.
    #[serde(skip)]
    follows: Vec<Fault>,
}

/// A fault from which others follow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// No owner of this name.
    Owner(String),
    /// No responder of this name that can be given cases.
    Responder(String),
    /// A queue names a calendar which there is not, so that this one seems to be used by nobody.
    Calendar(String),
    /// The same of an SLA.
    Sla(String),
    /// There is no calendar of this name, or no SLA, so that each queue that names it lacks it.
    Named(&'static str, String),
    /// A vocabulary of the schema lacks a value.
    Value(String, String),
    /// No signal of this name, or no attribute.
    Signal(String),
    /// No action of this name that is requested exactly, or one that cannot be read.
    Action(String),
    /// No connector of this name.
    Connector(String),
    /// The schema declares no action `handle`.
    Handle,
    /// A policy is not read.
    Policy,
}

/// Consequences that are told; of more their number.
const TOLD_MAX: usize = 5;

impl Finding {
    /// Something wrong at `line` of `file`.
    pub fn new(file: &str, line: usize, message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            message: message.into(),
            cure: cure.into(),
            consequences: Vec::new(),
            is: Vec::new(),
            follows: Vec::new(),
        }
    }

    /// Says that it is this fault.
    pub(crate) fn is(mut self, fault: Fault) -> Self {
        self.is.push(fault);
        self
    }

    /// Says that it follows from this fault, where that is found.
    pub(crate) fn follows(mut self, fault: Fault) -> Self {
        self.follows.push(fault);
        self
    }

    /// Says of one that was noted that it follows from this fault too, before all others.
    pub(crate) fn follows_first(&mut self, fault: Fault) {
        self.follows.insert(0, fault);
    }

    /// Says of one that was noted that it is this fault too.
    pub(crate) fn is_too(&mut self, fault: Fault) {
        self.is.push(fault);
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}\n    cure: {}", self.file, self.line, self.message, self.cure)?;
        for so in self.consequences.iter().take(TOLD_MAX) {
            write!(f, "\n    from which follows {}:{}: {}", so.file, so.line, so.message)?;
        }
        match self.consequences.len().saturating_sub(TOLD_MAX) {
            0 => Ok(()),
            more => write!(f, "\n    and {more} more that follow"),
        }
    }
}

/// Puts findings in order, each once, with what follows from another one below that.
pub(crate) fn folded(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    // The same may be said several times, as of a calendar that several queues have.
    findings.dedup_by(|next, kept| {
        let same = (&next.file, next.line, &next.message) == (&kept.file, kept.line, &kept.message);
        if same {
            kept.is.append(&mut next.is);
            kept.follows.append(&mut next.follows);
        }
        same
    });
    let above = above(&findings);
    let tops: Vec<usize> = (0..findings.len()).map(|at| top(&above, at)).collect();
    let mut roots: Vec<(usize, Finding)> = Vec::new();
    let mut following = Vec::new();
    for (at, (finding, top)) in findings.into_iter().zip(tops).enumerate() {
        if top == at { roots.push((at, finding)) } else { following.push((top, finding)) }
    }
    for (top, finding) in following {
        if let Some((_, root)) = roots.iter_mut().find(|(at, _)| *at == top) {
            root.consequences.push(finding);
        }
    }
    roots.into_iter().map(|(_, finding)| finding).collect()
}

/// What each finding follows from: the one that is the fault, or else the first that follows from that fault too.
fn above(findings: &[Finding]) -> Vec<Option<usize>> {
    let is_of = |at: usize, finding: &Finding| {
        let is = |fault| findings.iter().enumerate().position(|(other, found)| other != at && found.is.contains(fault));
        finding.follows.iter().find_map(is)
    };
    let mut above: Vec<Option<usize>> = findings.iter().enumerate().map(|(at, finding)| is_of(at, finding)).collect();
    for (at, finding) in findings.iter().enumerate() {
        if above.get(at).is_none_or(Option::is_some) {
            continue;
        }
        // Not one that itself follows from this one.
        let too = finding.follows.iter().find_map(|fault| {
            let mut before = findings.iter().take(at).enumerate();
            before.find(|(other, found)| found.follows.contains(fault) && top(&above, *other) != at)
        });
        if let (Some((other, _)), Some(place)) = (too, above.get_mut(at)) {
            *place = Some(other);
        }
    }
    above
}

/// The finding that stands above all that this one follows from; itself where faults follow from each other in a
/// circle.
fn top(above: &[Option<usize>], at: usize) -> usize {
    let mut here = at;
    // As many steps as there are findings.
    for _ in above {
        match above.get(here).copied().flatten() {
            Some(next) => here = next,
            None => return here,
        }
    }
    at
}

/// The line, from 1, on which byte `offset` of `text` stands.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The line, from 1, on which `needle` first stands in `text`; 1 if it does not.
pub(crate) fn line_of(text: &str, needle: &str) -> usize {
    text.find(needle).map_or(1, |offset| line_at(text, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_a_fault_stands_below_it_and_circles_end() {
        let at = |line| Finding::new("a", line, format!("{line}"), "");
        let (owner, value) = (|| Fault::Owner("x".into()), || Fault::Value("T".into(), "x".into()));
        let found = folded(vec![
            at(9).is(value()).follows(owner()),
            at(3).follows(value()),
            at(3).follows(owner()),
            at(5).follows(owner()),
            at(7).follows(Fault::Handle),
        ]);
        let told: Vec<(usize, Vec<usize>)> =
            found.iter().map(|root| (root.line, root.consequences.iter().map(|so| so.line).collect())).collect();
        assert_eq!(told, [(7, Vec::new()), (9, vec![3, 5])].map(|t: (usize, Vec<usize>)| t), "{found:?}");
        let circle = folded(vec![at(1).is(owner()).follows(value()), at(2).is(value()).follows(owner())]);
        assert_eq!(circle.len(), 2, "{circle:?}");
        let many = folded((1..=9).map(|line| at(line).follows(Fault::Policy)).collect());
        assert!(many.len() == 1 && many[0].to_string().ends_with("and 3 more that follow"), "{many:?}");
    }
}
