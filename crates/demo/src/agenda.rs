//! What simulated people are going to do, and when, in the order of the demo's clock.

use super::clock::DemoClock;
use remit_app::environment::clock::Clock as _;
use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What somebody does.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// A customer writes for the first time: the message of this number.
    Open(usize),
    /// A customer reads an answer, and may write again.
    Read { case: String },
    /// A customer comes back with a case that was resolved.
    ComeBack { case: String },
    /// A member of staff answers an offer.
    Answer { staff: usize, case: String, offer: String, answer: &'static str },
    /// A member of staff does something with a case that they took, under this lease.
    Work { staff: usize, case: String, epoch: u64, plan: Plan },
    /// A member of staff ends a case.
    Finish { staff: usize, case: String, epoch: u64 },
    /// A colleague looks at the request that came of the errand of this number.
    Look { number: usize, request: Waiting },
    /// Nothing: the demo goes on until then.
    Wait,
    /// A member of staff comes, has a break, or goes.
    Presence { staff: usize, presence: &'static str, reason: &'static str },
    /// A lead takes an exception on.
    Own { exception: String, held: Option<HeldCase> },
    /// A lead resolves it.
    Settle { exception: String, held: Option<HeldCase> },
}

/// A case that an exception holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeldCase {
    pub(super) case: String,
    /// By which nobody may have it.
    pub(super) decision: String,
}

/// A request that waits for somebody's yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) request: String,
    /// By which it is answered.
    pub(super) hash: String,
}

/// What a member of staff does with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Answers it.
    Help,
    /// Writes from a window that was left open since before they took it, and then answers it.
    StaleWindow,
    /// Gives it back, and sends the answer after all.
    GiveBack,
    /// Says that another team should have it.
    WrongTeam,
    /// Lets an AI responder have it again.
    ToAi,
    /// Takes it off the standard path, and answers it.
    Raise,
}

/// Everything that is going to be done.
#[derive(Debug)]
pub(super) struct Agenda {
    state: Mutex<State>,
    bell: Condvar,
    clock: DemoClock,
}

#[derive(Debug, Default)]
struct State {
    due: BinaryHeap<Reverse<Entry>>,
    added: u64,
    /// Deeds to come or under way that the demo waits for: all but breaks.
    open: usize,
    closed: bool,
}

#[derive(Debug)]
struct Entry {
    at: i64,
    number: u64,
    deed: Deed,
}

/// How long to wait at most before looking at the clock again, whose rate may have changed.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Agenda {
    pub(super) fn new(clock: DemoClock) -> Self {
        Self { state: Mutex::default(), bell: Condvar::new(), clock }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a deed on the agenda, so many milliseconds of the demo's clock from now.
    pub(super) fn after(&self, ms: i64, deed: Deed) {
        self.at(self.clock.now().0.saturating_add(ms.max(0)), deed);
    }

    /// Puts a deed on the agenda, at a moment of the demo's clock.
    fn at(&self, at: i64, deed: Deed) {
        let mut state = self.lock();
        let number = state.added;
        state.added += 1;
        state.open += usize::from(deed.is_waited_for());
        state.due.push(Reverse(Entry { at, number, deed }));
        drop(state);
        self.bell.notify_one();
    }

    /// The next deed, once it is due; nothing once the agenda is closed. Say [`Agenda::done`] afterwards.
    pub(super) fn next(&self) -> Option<Deed> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let wait = state.due.peek().map_or(LOOK_AGAIN, |Reverse(entry)| self.clock.until(entry.at));
            if wait.is_zero() {
                if let Some(Reverse(entry)) = state.due.pop() {
                    drop(state);
                    self.clock.steady(self.clock.since(entry.at));
                    return Some(entry.deed);
                }
                continue;
            }
            let waited = self.bell.wait_timeout(state, wait.min(LOOK_AGAIN));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Notes that a deed was done.
    pub(super) fn done(&self, waited_for: bool) {
        let mut state = self.lock();
        state.open = state.open.saturating_sub(usize::from(waited_for));
    }

    /// Whether nothing is left to be done but breaks.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().open == 0
    }

    /// Takes off the breaks that nobody has had yet.
    pub(super) fn forget_breaks(&self) {
        self.lock().due.retain(|Reverse(entry)| entry.deed.is_waited_for());
    }

    /// Ends it, with whatever is left on it.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.bell.notify_all();
    }
}

impl Deed {
    /// Whether the demo goes on until it is done.
    pub(super) fn is_waited_for(&self) -> bool {
        !matches!(self, Self::Presence { .. })
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_first_is_done_first_and_breaks_are_not_waited_for() {
        let agenda = Agenda::new(DemoClock::new());
        let now = agenda.clock.now().0;
        agenda.at(now + 2, Deed::Open(2));
        agenda.at(now, Deed::Open(0));
        agenda.at(now + 1, Deed::Open(1));
        agenda.after(i64::MAX, Deed::Presence { staff: 0, presence: "away", reason: "lunch" });
        for number in 0..3 {
            assert!(!agenda.is_empty());
            assert!(matches!(agenda.next(), Some(Deed::Open(n)) if n == number));
            agenda.done(true);
        }
        assert!(agenda.is_empty());
        agenda.after(i64::MAX, Deed::Wait);
        agenda.forget_breaks();
        assert!(!agenda.is_empty());
        let left: Vec<Deed> = agenda.lock().due.drain().map(|Reverse(entry)| entry.deed).collect();
        assert!(matches!(left[..], [Deed::Wait]), "{left:?}");
        agenda.close();
        assert!(agenda.next().is_none());
    }
}
