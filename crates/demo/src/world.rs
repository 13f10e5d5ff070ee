//! Everybody of the demo and what they share; hands them what is due, and tells them what happened.

use super::{
    agenda::{Agenda, Deed, Held},
    bad_ai::BadAi,
    board::{Board, Place},
    clock::DemoClock,
    events::{Event, Item},
    staff::Person,
};
use anyhow::Context as _;
use remit_app::environment::clock::{Clock as _, parse_rfc3339};
use remit_command::{
    client::{Client, Refused},
    traffic::{Message, Tally},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
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
    pub(super) messages: Vec<Message>,
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
    pub(super) numbers: Numbers,
    /// Whether the day is over, so that nobody plans anything more.
    pub(super) evening: AtomicBool,
    pub(super) board: Mutex<Board>,
    pub(super) told: Mutex<Told>,
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
pub(super) struct Told {
    pub(super) tally: Tally,
    pub(super) turned_bad: Option<i64>,
    pub(super) stale_case: Option<String>,
    /// The first failure that is none of the demo's.
    pub(super) trouble: Option<String>,
}

const MINUTE: i64 = 60_000;

impl World {
    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now().0
    }

    /// Does what is due until the agenda is closed.
    pub(super) fn live(&self) {
        while let Some(deed) = self.agenda.next() {
            let waited_for = deed.is_waited_for();
            self.perform(deed);
            self.agenda.done(waited_for);
        }
    }

    fn perform(&self, deed: Deed) {
        let person = |staff: usize| self.people.get(staff);
        match deed {
            Deed::Open(number) => self.open(number),
            Deed::Read { case } => self.read(&case),
            Deed::ComeBack { case } => self.come_back(&case),
            Deed::Answer { staff, case, offer, answer } => {
                if let Some(person) = person(staff) {
                    self.answer_offer(staff, person, case, &offer, answer);
                }
            }
            Deed::Work { staff, case, epoch, plan } => {
                if let Some(person) = person(staff) {
                    self.work(staff, person, case, epoch, plan);
                }
            }
            Deed::Finish { staff, case, epoch } => {
                if let Some(person) = person(staff) {
                    self.finish(staff, person, case, epoch);
                }
            }
            Deed::Presence { staff, presence, reason } => {
                if let Some(person) = person(staff) {
                    self.set_presence(person, presence, reason);
                }
            }
            Deed::Own { exception, held } => {
                self.unless_refused(self.lead.post(&format!("/v1/exceptions/{exception}/own"), &json!({})));
                self.agenda.after(5 * MINUTE, Deed::Settle { exception, held });
            }
            Deed::Settle { exception, held } => self.settle(&exception, held.as_ref()),
        }
    }

    /// A lead sees to an exception. What nobody but the desk that gave it up may have goes back there, with the reason.
    fn settle(&self, exception: &str, held: Option<&Held>) {
        let gave_up = |held: &Held| {
            let decided = self.expect(self.lead.get(&format!("/v1/decisions/{}", held.decision)))?;
            let of_people = decided.pointer("/decision/custody/people") == Some(&Value::Bool(true));
            let desk = decided.pointer("/decision/holder/responder").filter(|_| of_people)?;
            desk.as_str().map(str::to_owned)
        };
        let back = held.and_then(|held| Some((&held.case, gave_up(held)?)));
        if let Some((case, desk)) = back {
            let wish = json!({ "to": desk, "reason": "No other desk may have this one: it is yours after all." });
            // Which resolves the exception with the same reason.
            if self.unless_refused(self.lead.post(&format!("/v1/cases/{case}/overrides"), &wish)).is_some() {
                return;
            }
        }
        let body = json!({ "reason": "Seen to." });
        self.unless_refused(self.lead.post(&format!("/v1/exceptions/{exception}/resolve"), &body));
    }

    /// Follows the event stream from `after` on. Ends when the server does.
    pub(super) fn follow(&self, after: u64) {
        let followed = self.lead.follow(after, &mut |text| {
            let item: Item = serde_json::from_str(text).context("an event that the demo cannot read")?;
            let at = parse_rfc3339(&item.at).map_or_else(|| self.now_ms(), |at| at.0);
            self.clock.steady(self.clock.since(at));
            self.board().note(&item, at);
            if !self.evening.load(Ordering::Relaxed) {
                self.react(&item);
            }
            Ok(true)
        });
        // After the evening the stream ends with the server.
        if let (Err(error), false) = (followed, self.evening.load(Ordering::Relaxed)) {
            self.trouble(&error);
        }
    }

    /// Who does what because of an event.
    fn react(&self, item: &Item) {
        match &item.event {
            Event::OfferMade { offer } => self.offered(&item.case, &offer.id, &offer.staff),
            Event::OfferEnded { staff, how } if how == "expired" => self.expired(staff),
            Event::MessageAdded { message } if message.author.holder.is_some() => self.answered(&item.case),
            Event::CaseResolved { .. } => {
                let by_staff =
                    self.board().cases.get(&item.case).is_some_and(|case| matches!(case.place, Place::Staff(_)));
                if by_staff {
                    self.resolved(&item.case);
                }
            }
            Event::ExceptionRaised { exception } => {
                let number = self.numbers.exceptions.fetch_add(1, Ordering::Relaxed);
                // One in five is left until it is overdue, and goes to whoever it escalates to.
                if number % 5 != 3 {
                    let decision = exception.decision.clone().filter(|_| exception.kind == "no_responder");
                    let held = decision.map(|decision| Held { case: item.case.clone(), decision });
                    self.agenda.after(8 * MINUTE, Deed::Own { exception: exception.id.clone(), held });
                }
            }
            _ => {}
        }
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
        self.told().trouble.get_or_insert_with(|| format!("{error:#}"));
    }
}

/// Whether the server understood, and refused since the case is somebody else's by now.
pub(super) fn is_refusal(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Refused>().is_some_and(|refused| matches!(refused.status, 403 | 409))
}
