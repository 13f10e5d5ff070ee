//! SLA clocks: what is promised of a case now, and by when. They run in the opening hours of the queue that has the
//! case, stand still while the customer is awaited, and no handoff sets them back.

use super::App;
use remit_domain::{
    Case,
    case::Status,
    decision::SlaClock,
    id::{ResponderId, Timestamp},
};

/// A promise that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) clock: SlaClock,
    /// Since when it runs.
    pub(crate) from: Timestamp,
    /// By when it is kept.
    pub(crate) due: Timestamp,
    /// From when on it is at risk; in opening hours, like `due`, so that nothing is decided over it at night.
    pub(crate) risk: Timestamp,
}

/// What a service has beyond its patience, so that a turn that ends in time is recorded first.
const GRACE_MS: i64 = 1_000;
/// The share of the time that is left when a promise counts as at risk, in percent.
const AT_RISK_PERCENT: i64 = 25;

impl App {
    /// The promise that is due next on `case`, if any runs.
    pub(super) fn clock(&self, case: &Case) -> Option<Running> {
        if case.status != Status::Open {
            return None;
        }
        let waiting = case.waiting_since?;
        let holder = case.holder.as_ref()?.responder()?;
        // What an AI responder has is promised as the queue would promise it that is next.
        let of = |id: &ResponderId| self.bundle.candidate(id)?.queue.as_ref();
        let queue = of(holder).or_else(|| case.sequence.iter().filter(|_| case.held_by_ai).find_map(of))?;
        let (clock, promised) = match case.replies {
            0 => (SlaClock::FirstReply, queue.sla_ms),
            _ => (SlaClock::NextReply, queue.next_reply_ms),
        };
        let running = |clock, from, promised: i64| {
            let due = queue.after(from, promised)?;
            let risk = queue.after(from, promised - promised * AT_RISK_PERCENT / 100)?;
            Some(Running { clock, from, due, risk })
        };
        let reply = running(clock, waiting, promised);
        let resolution = queue
            .resolution_ms
            .and_then(|promised| running(SlaClock::Resolution, case.opened.plus_ms(case.awaited_ms), promised));
        reply.into_iter().chain(resolution).min_by_key(|running| running.due)
    }

    /// When the customer's patience with the AI responder that has the case ends; nothing once it has answered. Further
    /// messages do not prolong it.
    pub(super) fn patience_ends(&self, case: &Case) -> Option<Timestamp> {
        let holder = case.holder.as_ref().filter(|_| case.held_by_ai && case.status == Status::Open)?;
        let since = case.waiting_since?.max(holder.since);
        let responder = holder.responder()?;
        let patience_ms = match self.services.get(responder.as_str()) {
            // Its turns end by themselves; this is for those that are answered later, or wait for their turn.
            Some(desk) => desk.patience_ms.saturating_add(GRACE_MS),
            None => self.bundle.candidate(responder)?.patience_ms,
        };
        Some(since.plus_ms(patience_ms))
    }

    /// When to look at the case again, since time passes: a promise at risk, or an AI responder that does not answer.
    pub(super) fn next_look(&self, case: &Case) -> Option<Timestamp> {
        let risk = self.clock(case).map(|running| running.risk);
        risk.into_iter().chain(self.patience_ends(case)).min()
    }
}

impl Running {
    /// The share of the time that is left at `now`, in basis points; negative once it was missed.
    pub(crate) fn left_bp(&self, now: Timestamp) -> i64 {
        let whole = self.due.since(self.from).max(1);
        (i128::from(self.due.since(now)) * 10_000 / i128::from(whole)).clamp(-1_000_000, 10_000) as i64
    }
}
