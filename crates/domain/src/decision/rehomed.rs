//! Who has a case whose holder is not in the bundle any more.

use super::{Candidate, Decision, Outcome, ResponderKind, Trigger};
use crate::id::{ResponderId, StaffId};

impl Decision {
    /// Whether the member of staff who had the case has it still, in another queue than the one that is gone.
    pub(crate) fn keeps_person(&self) -> bool {
        matches!(self.trigger, Trigger::HolderGone { .. }) && matches!(self.outcome, Outcome::Take { .. })
    }
}

/// Who has a case whose holder is gone: the one wished for if policy permits it, else the cheapest that it permits. A
/// case that people had stays with people, and with the member of staff who has it. That a bundle changed is no fault
/// of the case, so that it is not counted against how often it may change hands.
pub(super) fn rehomed(
    to: Option<&ResponderId>,
    was: ResponderKind,
    staff: Option<&StaffId>,
    gone: Option<&ResponderId>,
    ranked: &[&Candidate],
) -> Option<Outcome> {
    let may = |c: &&&Candidate| {
        Some(&c.facts.responder) != gone && (was == ResponderKind::Ai || c.facts.kind == ResponderKind::Queue)
    };
    let wished = ranked.iter().filter(may).find(|c| Some(&c.facts.responder) == to);
    let responder = wished.or_else(|| ranked.iter().find(may))?.facts.responder.clone();
    Some(match staff {
        Some(staff) => Outcome::Take { responder, staff: staff.clone() },
        None => Outcome::Assign { responder },
    })
}
