//! Signals whose name says what of the case they tell, which a bundle declares if its policies read them:
//! `was_with_NAME`, whether the responder has the case or had it before.

use super::{CandidateSpec, SignalSpec};
use crate::{
    finding::{Fault, Finding, line_of},
    manifest::{Manifest, SignalKind},
};
use remit_domain::{
    Case,
    id::{ResponderId, SignalName, Timestamp},
    signal::Value,
};

const WAS_WITH: &str = "was_with_";

/// A signal that follows from the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// Which.
    pub name: SignalName,
    tells: Tells,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tells {
    WasWith(ResponderId),
}

impl Derived {
    /// What it is of `case` at `now`; none where the bundle's default counts.
    pub fn of(&self, case: &Case, _now: Timestamp) -> Option<Value> {
        match &self.tells {
            Tells::WasWith(responder) => Some(Value::Bool(case.was_with(responder))),
        }
    }
}

/// The part of a signal's name that says which responder is meant: what a signal cannot be named with is `_`.
fn as_signal(responder: &ResponderId) -> String {
    responder.as_str().replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
}

/// Those of `signals` that follow from the case; what is wrong with them is found by line of `text`.
pub(super) fn read(
    text: &str,
    signals: &[SignalSpec],
    candidates: &[CandidateSpec],
    manifest: &Manifest,
    findings: &mut Vec<Finding>,
) -> Vec<Derived> {
    let mut derived = Vec::new();
    for spec in signals {
        let Some(named) = spec.name.as_str().strip_prefix(WAS_WITH) else { continue };
        let mut wrong = |message: String, cure: &str| {
            let line = line_of(text, &format!("\"{}\"", spec.name));
            findings.push(Finding::new("bundle.toml", line, message, cure));
        };
        if spec.kind != SignalKind::Bool {
            wrong(format!("`{}` tells yes or no", spec.name), "write `type = \"bool\"`");
            continue;
        }
        let responder = candidates.iter().map(|candidate| &candidate.responder).find(|of| as_signal(of) == named);
        match responder {
            Some(responder) => {
                derived.push(Derived { name: spec.name.clone(), tells: Tells::WasWith(responder.clone()) });
            }
            None => {
                // One that is declared, and not read for what is wrong with it, is what is meant.
                let declared = manifest.responders.iter().map(|one| &one.name);
                let mut declared = declared.chain(manifest.queues.iter().map(|one| &one.name));
                let meant = declared.find(|name| ResponderId::new(name).is_ok_and(|of| as_signal(&of) == named));
                let cure = "name it after a responder, with `_` for what a signal's name cannot have, or otherwise";
                wrong(format!("`{}` tells of a responder that there is not", spec.name), cure);
                if let Some(meant) = meant
                    && let Some(finding) = findings.pop()
                {
                    findings.push(finding.follows(Fault::Responder(meant.clone())));
                }
            }
        }
    }
    derived
}
