//! SLA clocks: what is promised of a case now, and by when. They run in opening hours, stand still while the customer
//! is awaited and while the case has ended, and no handoff sets them back.
//!
//! Each stretch of waiting counts in the hours of the queue that had the case then ([`remit_domain::case::waits`]), so
//! that a case goes to another calendar with the time that was spent, and neither gains nor loses the night between.
//! What is left runs in the hours of the queue that has it now.

use crate::Governance;
use remit_domain::{
    Case,
    case::{
        Status,
        waits::{Waited, Waits},
    },
    decision::SlaClock,
    id::{ResponderId, Timestamp},
};
use remit_policy::bundle::{Bundle, QueueSpec};

#[cfg(test)]
mod tests;

/// A promise that runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunningClock<'a> {
    pub(crate) clock: SlaClock,
    /// In whose hours it runs now.
    queue: &'a QueueSpec,
    /// Opening time that is promised, and how much of it had passed by `from`, in milliseconds.
    promised_ms: i64,
    spent_ms: i64,
    /// Since when the rest of it runs.
    from: Timestamp,
    /// By when it is kept.
    pub(crate) due: Timestamp,
    /// From when on it is at risk; in opening hours, like `due`, so that nothing is decided over it at night.
    pub(crate) risk: Timestamp,
}

/// What a service has beyond its patience, so that a turn that ends in time is recorded first.
const GRACE_MS: i64 = 1_000;

/// The share of the time that is left when a promise counts as at risk, in percent.
const AT_RISK_PERCENT: i64 = 25;

/// The promise that is due next on `case`, if any runs.
pub(crate) fn clock<'a>(governance: &'a Governance, case: &Case) -> Option<RunningClock<'a>> {
    running(&governance.bundle, case)
}

/// When the customer's patience with the AI responder that has the case ends; nothing once it has answered. Further
/// messages do not prolong it.
pub(crate) fn patience_ends(governance: &Governance, case: &Case) -> Option<Timestamp> {
    let holder = case.holder.as_ref().filter(|_| case.held_by_ai && case.status == Status::Open)?;
    let since = case.waiting_since?.max(holder.since);
    let responder = holder.responder()?;
    let patience_ms = match governance.services.get(responder.as_str()) {
        // Its turns end by themselves; this is for those that are answered later, or wait for their turn.
        Some(desk) => desk.patience_ms.saturating_add(GRACE_MS),
        None => governance.bundle.candidate(responder)?.patience_ms,
    };
    Some(since.plus_ms(patience_ms))
}

/// When to look at the case again, since time passes: a promise at risk, or an AI responder that does not answer.
pub(crate) fn next_look(governance: &Governance, case: &Case) -> Option<Timestamp> {
    let risk = clock(governance, case).map(|running| running.risk);
    risk.into_iter().chain(patience_ends(governance, case)).min()
}

/// The promise under `bundle` that is due next on `case`, if any runs.
pub(crate) fn running<'a>(bundle: &'a Bundle, case: &Case) -> Option<RunningClock<'a>> {
    if case.status != Status::Open {
        return None;
    }
    let waiting = case.waiting_since?;
    let holder = case.holder.as_ref()?.responder()?;
    // What an AI responder has is promised as the queue would promise it that is next.
    let of = |id: &ResponderId| bundle.candidate(id)?.queue.as_ref();
    let queue = of(holder).or_else(|| case.sequence.iter().filter(|_| case.held_by_ai).find_map(of))?;
    let (clock, promised) = match case.replies {
        0 => (SlaClock::FirstReply, queue.sla_ms),
        _ => (SlaClock::NextReply, queue.next_reply_ms),
    };
    let over = case.waits.as_ref().map(Waits::over).unwrap_or_default();
    let from = case.waits.as_ref().map_or(waiting, |waits| waits.current(waiting));
    let running = |clock, since: Timestamp, promised_ms: i64| {
        // A queue that the bundle no longer has counts as the one that has the case now.
        let counts = |one: &&Waited| clock != SlaClock::Resolution || !one.apart;
        let over = over.iter().filter(counts);
        let spent = over.map(|one| of(&one.queue).unwrap_or(queue).worked_ms(one.from.max(since), one.until));
        let spent_ms = spent.sum();
        let after = |work_ms: i64| match work_ms.saturating_sub(spent_ms) {
            left_ms @ 1.. => queue.after(from, left_ms),
            _ => Some(from),
        };
        let due = after(promised_ms)?;
        let risk = after(promised_ms - promised_ms * AT_RISK_PERCENT / 100)?;
        Some(RunningClock { clock, queue, promised_ms, spent_ms, from, due, risk })
    };
    let reply = running(clock, waiting, promised);
    // While somebody else is waited for, nothing is promised of the end.
    let ends = queue.resolution_ms.filter(|_| !case.awaits_third_party());
    let resolution = ends.and_then(|promised| running(SlaClock::Resolution, case.opened, promised));
    reply.into_iter().chain(resolution).min_by_key(|running| running.due)
}

impl RunningClock<'_> {
    /// The share of the promised opening time that is left at `now`, in basis points; negative once it was missed.
    pub(crate) fn left_bp(&self, now: Timestamp) -> i64 {
        let left_ms = i128::from(self.promised_ms) - i128::from(self.spent_ms);
        let left_ms = left_ms - i128::from(self.queue.worked_ms(self.from, now));
        (left_ms * 10_000 / i128::from(self.promised_ms.max(1))).clamp(-1_000_000, 10_000) as i64
    }
}
