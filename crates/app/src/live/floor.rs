//! The live floor: staff, what waits for them, and what was offered, kept in step with what was committed.

use crate::{refused::Refused, vault::keys::hmac};
use remit_domain::{
    Case, Event,
    floor::{Floor, Pairing, Placed, Presence, StaffProfile, Terms, Waiting},
    id::{CaseId, ResponderId, StaffId, Timestamp},
    offer::OfferEnd,
};
use remit_ledger::hash::hex;
use remit_policy::bundle::Bundle;
use remit_store::{Collection, Expected, ItemWrite};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// A member of staff as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StaffItem {
    /// The name that customers see.
    pub(crate) first_name: String,
    pub(crate) profile: StaffProfile,
    pub(crate) presence: Presence,
    pub(crate) since: Timestamp,
    /// The salt of the commitment to the first name that is on record, in hexadecimal; none in what an earlier version
    /// noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) salt: Option<String>,
}

impl StaffItem {
    /// The commitment to the first name, for the record.
    pub(crate) fn first_name_on_record(&self) -> Option<String> {
        let salt = self.salt.as_ref()?;
        Some(hex(&hmac(salt.as_bytes(), &[self.first_name.as_bytes()])))
    }

    /// That they were noted like this.
    pub(crate) fn noted(&self, by: &str, at: Timestamp) -> Event {
        let (profile, first_name) = (Box::new(self.profile.clone()), self.first_name_on_record());
        Event::StaffNoted { profile, first_name, by: by.to_owned(), at }
    }

    /// As it is stored from now on.
    pub(crate) fn write(&self, expected: Expected) -> Result<ItemWrite, Refused> {
        STAFF.write(self.profile.id.to_string(), expected, self).map_err(Refused::internal)
    }
}

/// Staff, by name.
pub(crate) const STAFF: Collection<StaffItem> = Collection::new("staff");

/// The floor, and a bell for whoever makes offers.
#[derive(Debug)]
pub(crate) struct LiveFloor {
    state: Mutex<State>,
    staffed: AtomicBool,
    waits: Mutex<Option<(Duration, Arc<Waits>)>>,
    pub(crate) bell: Notify,
    /// Told whenever it is known what became of an offer on its way.
    pub(crate) made: Notify,
    /// Held while somebody comes or goes, so that what was theirs is settled on record before anything else is.
    pub(crate) moving: tokio::sync::Mutex<()>,
}

/// How long a case that joins a queue would wait, in milliseconds, by queue in which somebody works; none where nobody
/// of them is there.
pub(crate) type Waits = HashMap<ResponderId, Option<i64>>;

/// For how long waits are taken to be what they were.
const WAITS_FOR: Duration = Duration::from_secs(1);

/// How long after its moment an offer that still is open counts as overdue, in milliseconds: mostly its timer ends it.
const OVERDUE_MS: i64 = 1_000;

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) floor: Floor,
    pub(crate) staff: HashMap<StaffId, StaffItem>,
    /// The version of every case that was placed: an older one that comes late changes nothing.
    pub(crate) versions: HashMap<CaseId, u64>,
    /// What everybody is offered or has.
    pub(crate) work: HashMap<StaffId, BTreeSet<CaseId>>,
    /// Offers on their way to the store, and whether their case has changed meanwhile. Until it is known what becomes
    /// of one, the room that it takes is taken.
    pub(crate) making: HashMap<CaseId, bool>,
    /// Offers that the floor took back from somebody who does not answer, and that still stand on record.
    pub(crate) owed: Vec<CaseId>,
    /// Who is not there, and from when on they count as gone; who is away does after `away_ms`.
    pub(crate) gone: HashMap<StaffId, Timestamp>,
    pub(crate) away_ms: i64,
    /// Cases whose customer may wait for somebody who is gone.
    pub(crate) left: BTreeSet<CaseId>,
}

/// Cases whose version is remembered before those that have left are forgotten.
const VERSIONS_MAX: usize = 262_144;

impl LiveFloor {
    pub(crate) fn new(bundle: &Bundle) -> Self {
        let limits = bundle.limits();
        let economics = &bundle.terms().economics;
        let terms = Terms {
            delay_minor_per_hour: economics.delay_minor_per_hour,
            breach_minor: economics.breach_minor,
            offer_ms: i64::from(limits.offer_seconds) * 1_000,
            ..Terms::default()
        };
        let mut floor = Floor::new(terms);
        for spec in bundle.candidates() {
            if let Some(queue) = &spec.queue {
                floor.set_handling(&spec.responder, queue.handling_ms);
            }
        }
        Self {
            state: Mutex::new(State { floor, away_ms: i64::from(limits.away_minutes) * 60_000, ..State::default() }),
            staffed: AtomicBool::new(false),
            waits: Mutex::default(),
            bell: Notify::new(),
            made: Notify::new(),
            moving: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next offer to make, if one can be made at `now`.
    pub(crate) fn next(&self, now: Timestamp) -> Option<Pairing> {
        let mut state = self.lock();
        let pairing = state.floor.next(now)?;
        state.making.insert(pairing.case, false);
        Some(pairing)
    }

    /// When time alone could allow another offer.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.lock().floor.next_change(now)
    }

    /// Whether an offer of one of these cases is on its way to the store.
    pub(crate) fn is_making(&self, cases: &[CaseId]) -> bool {
        let state = self.lock();
        cases.iter().any(|case| state.making.contains_key(case))
    }

    /// A case whose offer should have ended a while before `now`.
    pub(crate) fn overdue(&self, now: Timestamp) -> Option<CaseId> {
        let state = self.lock();
        let (deadline, case, _) = state.floor.next_deadline()?;
        (deadline.plus_ms(OVERDUE_MS) < now).then_some(case)
    }

    /// Whether anybody is on it.
    pub(crate) fn is_staffed(&self) -> bool {
        self.staffed.load(Ordering::Acquire)
    }

    /// How long cases would wait, as of a moment ago by the monotonic clock; nothing where nobody was ever noted.
    pub(crate) fn waits(&self, now: Duration) -> Option<Arc<Waits>> {
        if !self.is_staffed() {
            return None;
        }
        let mut kept = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, waits)) = &*kept
            && now.saturating_sub(*at) < WAITS_FOR
        {
            return Some(Arc::clone(waits));
        }
        let state = self.lock();
        let mut waits = Waits::new();
        for queue in state.staff.values().flat_map(|item| &item.profile.queues) {
            if !waits.contains_key(queue) {
                let wait = state.floor.expected_wait_ms(queue, state.floor.depth(queue));
                waits.insert(queue.clone(), wait);
            }
        }
        let waits = Arc::new(waits);
        *kept = Some((now, Arc::clone(&waits)));
        Some(waits)
    }

    /// Queues in which somebody was there a moment ago.
    pub(crate) fn attended(&self, now: Duration) -> Vec<ResponderId> {
        let waits = self.waits(now);
        let known = waits.iter().flat_map(|waits| waits.iter()).filter(|(_, wait)| wait.is_some());
        known.map(|(queue, _)| queue.clone()).collect()
    }

    /// Notes that somebody is on it, and forgets how long cases would wait.
    pub(crate) fn changed(&self) {
        self.staffed.store(true, Ordering::Release);
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The member of staff of this name.
    pub(crate) fn staff(&self, id: &StaffId) -> Option<StaffItem> {
        self.lock().shown(id)
    }

    /// What was said last of whether a member of staff is there.
    pub(crate) fn said_presence(&self, id: &StaffId) -> Option<Presence> {
        self.lock().staff.get(id).map(|item| item.presence.clone())
    }

    /// Whether a member of staff is at work at their desk, as far as is known.
    pub(crate) fn is_here(&self, id: &StaffId) -> bool {
        let state = self.lock();
        !matches!(state.floor.presence(id), Some(Presence::Away { .. } | Presence::Offline))
    }

    /// Everybody, by name.
    pub(crate) fn everybody(&self) -> Vec<StaffItem> {
        let state = self.lock();
        let mut ids: Vec<&StaffId> = state.staff.keys().collect();
        ids.sort();
        ids.into_iter().filter_map(|id| state.shown(id)).collect()
    }

    /// What is offered to a member of staff, and what they have.
    pub(crate) fn cases_of(&self, id: &StaffId) -> Vec<CaseId> {
        self.lock().work.get(id).map_or_else(Vec::new, |work| work.iter().copied().collect())
    }

    /// How long a case that joins a queue now would wait, in milliseconds; none where nobody works.
    pub(crate) fn expected_wait_ms(&self, queue: &ResponderId) -> Option<i64> {
        let state = self.lock();
        let ahead = state.floor.depth(queue);
        state.floor.expected_wait_ms(queue, ahead)
    }

    /// How long a case that waits in a queue still waits, in milliseconds; none where nobody works. All others in the
    /// queue may come before it, since the order of work is not that of arrival.
    pub(crate) fn remaining_wait_ms(&self, queue: &ResponderId, case: &CaseId) -> Option<i64> {
        let state = self.lock();
        let own = usize::from(matches!(state.floor.placed(case), Some(Placed::Waiting)));
        state.floor.expected_wait_ms(queue, state.floor.depth(queue).saturating_sub(own))
    }
}

impl State {
    /// With the presence that the floor knows, which ends by itself when offers are not answered.
    fn shown(&self, id: &StaffId) -> Option<StaffItem> {
        let mut item = self.staff.get(id)?.clone();
        if let Some(presence) = self.floor.presence(id) {
            item.presence = presence.clone();
        }
        Some(item)
    }

    fn note_work(&mut self, case: CaseId, wanted: &Wanted) {
        let had = match self.floor.placed(&case) {
            Some(Placed::Offered(staff) | Placed::Held(staff)) => Some(staff),
            Some(Placed::Waiting) | None => None,
        };
        let has = match wanted {
            Wanted::Offered(_, staff, _) | Wanted::Held(_, staff) => Some(staff),
            Wanted::Waiting(_) | Wanted::Gone => None,
        };
        if let Some(had) = had.filter(|had| Some(had) != has)
            && let Some(work) = self.work.get_mut(&had)
        {
            work.remove(&case);
        }
        if let Some(has) = has {
            self.work.entry(has.clone()).or_default().insert(case);
        }
    }

    /// Brings the floor to what `case` says.
    pub(crate) fn place(&mut self, case: &Case, wanted: Wanted, how: OfferEnd, now: Timestamp) {
        if self.versions.get(&case.id).is_some_and(|seen| *seen >= case.version) {
            return;
        }
        if let (Some(changed), Wanted::Waiting(_) | Wanted::Gone) = (self.making.get_mut(&case.id), &wanted) {
            *changed = true;
            return;
        }
        if self.versions.len() >= VERSIONS_MAX {
            let floor = &self.floor;
            self.versions.retain(|case, _| floor.placed(case).is_some());
        }
        self.versions.insert(case.id, case.version);
        self.note_work(case.id, &wanted);
        if let Wanted::Held(_, staff) = &wanted
            && case.waiting_since.is_some()
            && self.gone.contains_key(staff)
        {
            self.left.insert(case.id);
        }
        let (id, is) = (case.id, self.floor.placed(&case.id));
        // What the floor refuses here is about somebody who has left it; the case then waits for others.
        let _ = match (is, wanted) {
            (Some(Placed::Offered(to)), Wanted::Held(waiting, staff)) if to == staff => {
                self.floor.accepted(&id, &staff, now).or_else(|_| self.floor.wait(waiting, now))
            }
            (Some(Placed::Offered(to)), Wanted::Offered(_, staff, _)) if to == staff => Ok(()),
            (Some(Placed::Held(by)), Wanted::Held(_, staff)) if by == staff => Ok(()),
            (Some(Placed::Offered(to)), Wanted::Waiting(waiting)) => {
                let ended = self.floor.ended(&id, &to, how, now).unwrap_or_default();
                self.owed.extend(ended.withdrawn);
                if let (true, Some(presence)) = (ended.away, self.floor.presence(&to).cloned()) {
                    self.note_presence(&to, &presence, now);
                }
                self.floor.wait(waiting, now)
            }
            (is, wanted) => {
                match is {
                    Some(Placed::Held(_)) => drop(self.floor.released(&id, now)),
                    Some(_) => drop(self.floor.leave(&id, now)),
                    None => {}
                }
                match wanted {
                    Wanted::Gone => Ok(()),
                    Wanted::Waiting(waiting) => self.floor.wait(waiting, now),
                    Wanted::Offered(waiting, staff, due) => self.floor.offered(waiting, &staff, due, now),
                    Wanted::Held(waiting, staff) => {
                        self.floor.hold(waiting.clone(), &staff, now).or_else(|_| self.floor.wait(waiting, now))
                    }
                }
            }
        };
    }
}

/// Where a case belongs.
pub(crate) enum Wanted {
    Gone,
    Waiting(Waiting),
    Offered(Waiting, StaffId, Timestamp),
    Held(Waiting, StaffId),
}

impl State {
    /// Notes that somebody is there or not since `since`; for a while who is away may still be back.
    pub(crate) fn note_presence(&mut self, id: &StaffId, presence: &Presence, since: Timestamp) {
        let from = match presence {
            Presence::Available | Presence::Busy => {
                self.gone.remove(id);
                return;
            }
            Presence::Away { .. } => since.plus_ms(self.away_ms),
            Presence::Offline => since,
        };
        let known = self.gone.entry(id.clone()).or_insert(from);
        *known = from.min(*known);
        self.left.extend(self.work.get(id).into_iter().flatten());
    }
}

impl LiveFloor {
    /// Cases to be taken back from those who have them: they are gone at `now`.
    pub(crate) fn left(&self, now: Timestamp) -> Vec<CaseId> {
        let State { floor, gone, left, .. } = &mut *self.lock();
        let mut due = Vec::new();
        left.retain(|case| {
            let Some(Placed::Held(staff)) = floor.placed(case) else { return false };
            let Some(from) = gone.get(&staff) else { return false };
            if *from <= now {
                due.push(*case);
            }
            *from > now
        });
        due
    }

    pub(crate) fn is_gone(&self, id: &StaffId, now: Timestamp) -> bool {
        self.lock().gone.get(id).is_some_and(|from| *from <= now)
    }
}
