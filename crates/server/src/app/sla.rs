//! SLA clocks: what is promised of a case now, and by when. They run in the opening hours of the queue that has the
//! case, stand still while the customer is awaited, and no handoff sets them back.

use super::App;
use remit_domain::{Case, case::Status, decision::SlaClock, id::Timestamp};

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

/// The share of the time that is left when a promise counts as at risk, in percent.
const AT_RISK_PERCENT: i64 = 25;

impl App {
    /// The promise that is due next on `case`, if any runs.
    pub(super) fn clock(&self, case: &Case) -> Option<Running> {
        if case.status != Status::Open {
            return None;
        }
        let waiting = case.waiting_since?;
        let queue = self.bundle.candidate(case.holder.as_ref()?.responder()?)?.queue.as_ref()?;
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
}

impl Running {
    /// The share of the time that is left at `now`, in basis points; negative once it was missed.
    pub(crate) fn left_bp(&self, now: Timestamp) -> i64 {
        let whole = self.due.since(self.from).max(1);
        (i128::from(self.due.since(now)) * 10_000 / i128::from(whole)).clamp(-1_000_000, 10_000) as i64
    }
}
