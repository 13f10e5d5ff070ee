//! Values of fields and facts as they are sent, and the source under which a caller says them.

use crate::{Caller, Governance, access::principal::Principal, refused::Refused};
use remit_domain::decision::ResponderKind;
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Values by field, as they are sent.
pub type Sent = BTreeMap<String, Json>;

/// The source under which a caller says what a case is about.
pub(crate) fn source_of(governance: &Governance, caller: &Caller, field: &str) -> Result<SmolStr, Refused> {
    match (&caller.source, &caller.principal) {
        (Some(source), _) => Ok(source.clone()),
        (None, Principal::Responder(_)) if is_ai(governance, caller) => Ok(SmolStr::new_static("ai")),
        (None, Principal::Staff { .. } | Principal::Person | Principal::Responder(_)) => {
            Ok(SmolStr::new_static("staff"))
        }
        (None, _) => {
            Err(Refused::invalid(field, "this token has no source; make one with `remit token create --source NAME`"))
        }
    }
}

/// Whether it is an AI responder: who writes for a queue is one of its people.
pub(crate) fn is_ai(governance: &Governance, caller: &Caller) -> bool {
    let Principal::Responder(name) = &caller.principal else { return false };
    let mut known = governance.bundle.candidates().iter();
    known.all(|spec| spec.responder.as_str() != name || spec.kind == ResponderKind::Ai)
}
