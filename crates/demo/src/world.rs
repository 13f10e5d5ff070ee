//! Everybody of the demo and what they share; hands them what is due, and tells them what happened.

use super::{
    agenda::Agenda,
    bad_ai::BadAi,
    board::{Board, Closed},
    clock::DemoClock,
    errands::Errand,
    person::Person,
};
use remit_app::{Parts, environment::clock::Clock as _};
use remit_command::{
    client::{Client, Refused},
    traffic::{Message, Tally, on_a_line},
};
use remit_domain::id::Timestamp;
use remit_policy::bundle::Bundle;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Instant,
};

/// Everybody, and what they share.
#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) clock: DemoClock,
    pub(super) agenda: Agenda,
    /// When the day began, by the machine's clock.
    pub(super) began: Instant,
    /// When the day began, by the demo's clock.
    pub(super) opened: i64,
    /// Those of the day, and then those of the night.
    pub(super) messages: Vec<Message>,
    /// How many are the day's.
    pub(super) day: usize,
    /// What customers want done, by the number of the message that says so.
    pub(super) errands: BTreeMap<usize, Errand>,
    /// The server's parts, of which the demo reaches the sandbox alone.
    pub(super) app: Arc<Parts>,
    pub(super) people: Vec<Person>,
    pub(super) customer: Client,
    pub(super) lead: Client,
    pub(super) bad_ai: Option<BadAi>,
    /// With which message the AI service turns bad.
    pub(super) turns_bad_at: usize,
    /// Who owns what staff take off the standard path.
    pub(super) raise_to: String,
    /// After how many hours a silent customer's case ends.
    pub(super) silence_hours: u32,
    /// What governs.
    pub(super) bundle: Arc<Bundle>,
    pub(super) numbers: Numbers,
    /// Whether the day is over, so that nobody plans anything more.
    pub(super) evening: AtomicBool,
    pub(super) board: Mutex<Board>,
    pub(super) told: Mutex<Notes>,
}

/// How often something was done, for patterns that are the same in every run.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) arrived: AtomicUsize,
    pub(super) offers: AtomicU64,
    pub(super) taken: AtomicU64,
    pub(super) replies: AtomicU64,
    pub(super) read: AtomicU64,
    pub(super) read_from_ai: AtomicU64,
    pub(super) read_from_staff: AtomicU64,
    pub(super) resolved: AtomicU64,
    pub(super) exceptions: AtomicU64,
    /// Writes under a lease that had ended: refused, as they must be, and not refused.
    pub(super) stale: AtomicU64,
    pub(super) talked_over: AtomicU64,
    /// Of the refused, those that named the lease; the others were not the writer's case any more at all.
    pub(super) lease_lost: AtomicU64,
    /// Other requests that were refused: the case had moved on.
    pub(super) late: AtomicU64,
}

/// What simulated people noted beside the event stream.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) tally: Tally,
    pub(super) turned_bad: Option<i64>,
    pub(super) stale_case: Option<String>,
    /// Desks that were closed when the day was over, though cases waited there.
    pub(super) closed: Vec<Closed>,
    /// When the night began, the desks at which cases waited before, and those at which some waited then.
    pub(super) night: Option<(i64, Vec<Closed>, Vec<Closed>)>,
    /// The first failure that is none of the demo's.
    pub(super) trouble: Option<String>,
}

impl World {
    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn told(&self) -> MutexGuard<'_, Notes> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now().0
    }

    /// Sets the clock forward.
    pub(super) fn forward(&self, to: Timestamp) {
        self.clock.forward(to);
        self.board().newest = Instant::now();
    }

    /// What was answered; a refusal is trouble.
    pub(super) fn expect(&self, said: anyhow::Result<Value>) -> Option<Value> {
        said.map_err(|error| self.trouble(&error)).ok()
    }

    /// What was answered; a refusal says that the case has moved on, which happens.
    pub(super) fn unless_refused(&self, said: anyhow::Result<Value>) -> Option<Value> {
        match said {
            Ok(said) => Some(said),
            Err(error) if is_refusal(&error) => {
                self.numbers.late.fetch_add(1, Ordering::Relaxed);
                None
            }
            Err(error) => {
                self.trouble(&error);
                None
            }
        }
    }

    /// Notes what should not have happened.
    pub(super) fn trouble(&self, error: &anyhow::Error) {
        self.told().trouble.get_or_insert_with(|| on_a_line(error));
    }
}

/// Whether the server understood, and refused since the case is somebody else's by now.
pub(super) fn is_refusal(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| matches!(refused.status, 403 | 409))
}
