//! What remains to be done, as rows of the outbox: turns of AI responders, and moments at which a case is looked at
//! again.

use crate::Governance;
use remit_domain::{
    Case,
    deferral::DeferralKind,
    id::{CaseId, DelegationId, ExceptionId, MessageId, OfferId, RequestId, ResponderId, Timestamp},
};
use remit_store::OutboxRow;
use serde::{Deserialize, Serialize};

/// A turn of an AI responder.
pub(crate) const TURN: &str = "turn";

/// A request for an action that is to be carried out, or expires, or of which its connector is asked what became of it.
pub(crate) const EXECUTION: &str = "execution";

/// A moment to look at something again.
pub(crate) const TIMER: &str = "timer";

/// What an AI responder is to be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TurnDue {
    pub(crate) responder: ResponderId,
    pub(crate) epoch: u64,
    pub(crate) message: Option<MessageId>,
}

/// What is to be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Look {
    /// An offer that nobody answered.
    Offer { offer: OfferId },
    /// An exception that nobody resolved.
    Exception { exception: ExceptionId },
    /// A case whose customer has said nothing since the answer.
    Silence { messages: u32 },
    /// A case whose SLA clocks run, or whose AI responder does not answer.
    Sla,
    /// A case in which another one ended.
    Absorb { from: CaseId },
    /// A case that had ended, about which the customer opened another one.
    ContactedAgain { case: CaseId },
    /// A case on which the customer wrote after it had ended, which opened another one.
    Followed { case: CaseId },
    /// A case that is put off.
    Deferral { of: DeferralKind },
    /// A case that came back to whoever has it, who may be gone.
    Back { epoch: u64 },
    /// A case that came back, which nobody may have taken up.
    Unattended,
    /// A case with whose end another one comes back.
    Awaited { by: CaseId },
    /// A case that is put off until another one ends, which it has.
    CaseEnded { case: CaseId },
    /// A case that waits again in its queue, which is closed.
    Closed,
    /// A case that waits in a queue and needs skills of whoever takes it.
    Needs,
    /// A case of whose customer something else is known now.
    FactsSet,
}

/// Has a request of a case be gone on with at a moment.
pub(crate) fn execution(id: String, case: CaseId, due: Timestamp, request: RequestId) -> OutboxRow {
    let body = serde_json::to_vec(&request).unwrap_or_default();
    OutboxRow { id, kind: EXECUTION.to_owned(), case: case.to_string(), due_ms: due.0, body }
}

/// What the names of rows begin with by which requests end with their case.
pub(crate) const ENDED: &str = "requests-of:";

/// Has what waits on a case that has ended be void.
pub(crate) fn ended_requests(case: CaseId, now: Timestamp) -> OutboxRow {
    let body = serde_json::to_vec(&case).unwrap_or_default();
    OutboxRow { id: format!("{ENDED}{case}"), kind: EXECUTION.to_owned(), case: case.to_string(), due_ms: now.0, body }
}

/// What the names of rows begin with by which requests end with the delegation that they were asked for under.
pub(crate) const UNDER: &str = "requests-under:";

/// Has what waits under a delegation that was ended be void. The row is kept of that delegation, and not of a case.
pub(crate) fn requests_under(delegation: DelegationId, now: Timestamp) -> OutboxRow {
    let (id, case) = (format!("{UNDER}{delegation}"), delegation.to_string());
    OutboxRow { id, kind: EXECUTION.to_owned(), case, due_ms: now.0, body: Vec::new() }
}

pub(crate) fn timer(id: String, case: &Case, due: Timestamp, look: Look) -> OutboxRow {
    timer_on(id, case.id, due, look)
}

pub(crate) fn timer_on(id: String, case: CaseId, due: Timestamp, look: Look) -> OutboxRow {
    OutboxRow {
        id,
        kind: TIMER.to_owned(),
        case: case.to_string(),
        due_ms: due.0,
        body: serde_json::to_vec(&look).unwrap_or_default(),
    }
}

/// The name of the row that looks at a deferral of a case.
pub(crate) fn deferral_row(case: CaseId, of: DeferralKind) -> String {
    format!("deferral:{}:{case}", of.as_str())
}

/// The name of the row that has a case know of one that ended in it.
pub(crate) fn absorb_row(into: CaseId, from: CaseId) -> String {
    format!("absorb:{into}:{from}")
}

/// Has a case be decided anew, since something else is known of its customer now.
pub(crate) fn facts_row(case: CaseId, now: Timestamp) -> OutboxRow {
    timer_on(format!("facts:{case}"), case, now, Look::FactsSet)
}

/// Tells a case that is put off until another one ends that it has.
pub(crate) fn ended(case: CaseId, by: CaseId, now: Timestamp) -> OutboxRow {
    timer_on(format!("ended:{by}:{case}"), by, now, Look::CaseEnded { case })
}

/// Whether somebody took up a case that came back at a moment is looked at once the time has passed that its queue has
/// for a reply, in its opening hours.
pub(crate) fn unattended(governance: &Governance, case: &Case, at: Timestamp) -> Option<OutboxRow> {
    let queue = case.holder.as_ref()?.responder().filter(|_| !case.held_by_ai)?;
    let queue = governance.bundle.candidate(queue)?.queue.as_ref()?;
    let due = queue.after(at, queue.next_reply_ms).unwrap_or(at);
    Some(timer(format!("unattended:{}", case.id), case, due, Look::Unattended))
}

/// Where a member of staff has the case, whether they are gone is looked at at once.
pub(crate) fn back(case: &Case, now: Timestamp) -> Option<OutboxRow> {
    let epoch = case.holder.as_ref().filter(|held| held.staff.is_some())?.epoch;
    Some(timer(format!("back:{}", case.id), case, now, Look::Back { epoch }))
}
