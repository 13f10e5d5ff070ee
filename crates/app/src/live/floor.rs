//! The live floor: staff, what waits for them, and what was offered, as it follows from what was committed.

use crate::{Environment, live::change::Change, refused::Refused, vault::keys::hmac};
use remit_domain::{
    Event,
    floor::{
        Asks, CaseChange, Floor, FollowedFloor, Lacking, OfferTerms, Placed, Presence, Proposal, ProposedOffer,
        StaffChange, StaffProfile, best_levels,
    },
    id::{CaseId, ResponderId, StaffId, Timestamp},
};
use remit_ledger::hash::hex;
use remit_policy::bundle::Bundle;
use remit_store::{Collection, Expected, ItemWrite};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
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
    /// How often they were stored since they were first: the later of two counts, in whatever order they are followed.
    #[serde(default)]
    pub(crate) revision: u64,
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

/// The floor, and bells for whoever carries out what it proposes. What it holds of the record changes by
/// [`LiveFloor::follow`] and [`LiveFloor::follow_case`] alone.
#[derive(Debug)]
pub(crate) struct LiveFloor {
    state: Mutex<State>,
    staffed: AtomicBool,
    waits: Mutex<Option<(Duration, Arc<Waits>)>>,
    /// The bundle's queues, and whether it asks how well who is there speaks a language.
    queues: Vec<ResponderId>,
    asks_languages: bool,
    /// Rung whenever there may be something to propose.
    pub(crate) bell: Arc<Notify>,
    /// Told whenever a case was followed, and whenever it is known what became of a proposal.
    pub(crate) moved: Arc<Notify>,
    /// Held while an item of staff is read, changed and stored, so that no change is lost to another.
    pub(crate) storing: Arc<tokio::sync::Mutex<()>>,
}

/// Queues in which somebody works, with who does.
pub(crate) type Waits = HashMap<ResponderId, Attendance>;

/// Who works in a queue.
#[derive(Debug)]
pub(crate) struct Attendance {
    /// How long a case that joins it would wait, in milliseconds, if whoever is there can take it; none where nobody is
    /// there.
    pub(crate) wait_ms: Option<i64>,
    /// The best level of each language among those who are there.
    pub(crate) spoken: BTreeMap<String, u8>,
    /// The same among all who work in it.
    pub(crate) spoken_by_all: BTreeMap<String, u8>,
    /// Who is there.
    there: Vec<Arc<StaffProfile>>,
}

/// The queues of a bundle.
pub(crate) fn queues_of(bundle: &Bundle) -> Vec<ResponderId> {
    let queues = bundle.candidates().iter().filter(|spec| spec.queue.is_some());
    queues.map(|spec| spec.responder.clone()).collect()
}

/// A floor with nobody on it, under the terms of a bundle.
pub(crate) fn floor_under(bundle: &Bundle) -> FollowedFloor {
    let limits = bundle.limits();
    let economics = &bundle.terms().economics;
    let (due_lead_ms, due_minor) = bundle.due();
    let terms = OfferTerms {
        delay_minor_per_hour: economics.delay_minor_per_hour,
        breach_minor: economics.breach_minor,
        offer_ms: i64::from(limits.offer_seconds) * 1_000,
        grace_ms: i64::from(limits.keep_minutes) * 60_000,
        due_lead_ms,
        due_minor,
        ..OfferTerms::default()
    };
    let mut floor = FollowedFloor::new(terms, i64::from(limits.away_minutes) * 60_000);
    for spec in bundle.candidates() {
        if let Some(queue) = &spec.queue {
            floor.set_handling(&spec.responder, queue.handling_ms);
        }
    }
    floor
}

/// How long cases would wait in each of these queues in which somebody works; with how well which language is spoken
/// there, where that is asked for.
pub(crate) fn waits_on<'q>(floor: &Floor, queues: impl IntoIterator<Item = &'q ResponderId>, languages: bool) -> Waits {
    let asked = |levels: &mut dyn Iterator<Item = &StaffProfile>| match languages {
        true => best_levels(levels).into_iter().map(|(language, level)| (language.to_owned(), level)).collect(),
        false => BTreeMap::new(),
    };
    let attendance = |queue: &ResponderId| {
        let all = || floor.works_in(queue);
        let there = || all().filter(|(_, is_there)| *is_there).map(|(profile, _)| profile);
        Attendance {
            wait_ms: floor.expected_wait_ms(queue, floor.depth(queue)),
            spoken: asked(&mut there().map(|profile| &**profile)),
            spoken_by_all: asked(&mut all().map(|(profile, _)| &**profile)),
            there: there().map(Arc::clone).collect(),
        }
    };
    let worked_in = queues.into_iter().filter(|queue| floor.works_in(queue).next().is_some());
    worked_in.map(|queue| (queue.clone(), attendance(queue))).collect()
}

/// For how long waits are taken to be what they were.
const WAITS_FOR: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) floor: FollowedFloor,
    staff: HashMap<StaffId, StaffItem>,
}

impl LiveFloor {
    pub(crate) fn new(bundle: &Bundle) -> Self {
        Self {
            state: Mutex::new(State { floor: floor_under(bundle), staff: HashMap::new() }),
            staffed: AtomicBool::new(false),
            waits: Mutex::default(),
            queues: queues_of(bundle),
            asks_languages: bundle.asked().language_level,
            bell: Arc::default(),
            moved: Arc::default(),
            storing: Arc::default(),
        }
    }

    /// The floor under another bundle, which knows nobody yet, with the same bells.
    pub(crate) fn next(&self, bundle: &Bundle) -> Self {
        let (bell, moved, storing) = (Arc::clone(&self.bell), Arc::clone(&self.moved), Arc::clone(&self.storing));
        Self { bell, moved, storing, ..Self::new(bundle) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows what was committed of staff.
    pub(crate) fn follow(&self, change: &Change, environment: &Environment) {
        for removed in change.items(STAFF.kind()).filter(|item| item.body.is_none()) {
            let Ok(id) = StaffId::new(&removed.id) else { continue };
            let mut state = self.lock();
            state.staff.remove(&id);
            state.floor.remove_staff(&id, environment.steady());
            drop(state);
            *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.moved.notify_waiters();
            self.bell.notify_one();
        }
        for body in change.items(STAFF.kind()).filter_map(|item| item.body.as_deref()) {
            let Ok(item) = serde_json::from_slice::<StaffItem>(body) else { continue };
            let now = environment.steady();
            let known = StaffChange {
                profile: item.profile.clone(),
                presence: item.presence.clone(),
                said: item.since,
                since: environment.steadily(item.since).min(now),
                revision: item.revision,
            };
            let mut state = self.lock();
            let id = &item.profile.id;
            if state.staff.get(id).is_none_or(|before| before.revision < item.revision) {
                state.floor.follow_staff(known, now);
                state.staff.insert(id.clone(), item);
            }
            drop(state);
            self.staffed.store(true, Ordering::Release);
            *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.moved.notify_waiters();
            self.bell.notify_one();
        }
    }

    /// Follows a case that was committed.
    pub(crate) fn follow_case(&self, change: CaseChange, now: Timestamp) {
        self.lock().floor.follow_case(change, now);
        self.moved.notify_waiters();
        self.bell.notify_one();
    }

    /// The next offer to make, if one can be made at `now`.
    pub(crate) fn propose(&self, now: Timestamp) -> Option<ProposedOffer> {
        self.lock().floor.propose(now)
    }

    /// It is known what became of a proposal.
    pub(crate) fn settled(&self, offer: &ProposedOffer, now: Timestamp) {
        self.lock().floor.settled(offer, now);
        self.moved.notify_waiters();
        self.bell.notify_one();
    }

    /// Policy does not let whoever was proposed answer.
    pub(crate) fn passed_over(&self, offer: &ProposedOffer, now: Timestamp) {
        self.lock().floor.passed_over(offer, now);
        self.moved.notify_waiters();
        self.bell.notify_one();
    }

    /// All that is noted is known: whoever else has cases works here no more.
    pub(crate) fn remove_unknown(&self, now: Timestamp) {
        self.lock().floor.remove_unknown(now);
    }

    /// What is to be done at `now` beside offers.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<Proposal> {
        self.lock().floor.due(now)
    }

    /// What is to be done about offers to somebody who is not there, and whether one is on its way to them. Nothing
    /// once they are there again.
    pub(crate) fn offers_to_absent(&self, staff: &StaffId) -> (Vec<Proposal>, bool) {
        let state = self.lock();
        if !matches!(state.floor.floor().presence(staff), Some(Presence::Away { .. } | Presence::Offline)) {
            return (Vec::new(), false);
        }
        (state.floor.due_of(staff), state.floor.is_proposed_to(staff))
    }

    /// When time alone could allow another offer.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.lock().floor.floor().next_change(now)
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
        let waits = waits_on(self.lock().floor.floor(), &self.queues, self.asks_languages);
        let waits = Arc::new(waits);
        *kept = Some((now, Arc::clone(&waits)));
        Some(waits)
    }

    /// How long a case that asks this would wait in a queue at least, in milliseconds, for those who were there a
    /// moment ago and could take it: nothing more than is expected of everybody where all of them could, and none
    /// where nobody could.
    pub(crate) fn least_wait_ms(&self, waits: &Waits, queue: &ResponderId, asks: &Asks<'_>) -> Option<i64> {
        let there = &waits.get(queue).filter(|wait| wait.wait_ms.is_some())?.there;
        let could = there.iter().filter(|profile| profile.could_take(queue, asks)).count();
        match could {
            0 => None,
            all if all == there.len() => Some(0),
            _ => self.lock().floor.floor().expected_wait_of_ms(queue, asks),
        }
    }

    /// Whether staff are noted who work in a queue, and nobody of them has this skill at this level, there or not.
    pub(crate) fn nobody_has(&self, queue: &ResponderId, skill: &str, level: u8) -> bool {
        let state = self.lock();
        let mut works = state.staff.values().filter(|item| item.profile.queues.contains(queue)).peekable();
        works.peek().is_some() && works.all(|item| item.profile.level(skill) < level)
    }

    /// Who is there and is passed over for a waiting case, since they lack a skill that it needs now.
    pub(crate) fn lacking(&self, case: &CaseId, now: Timestamp) -> Vec<Lacking> {
        self.lock().floor.floor().lacking(case, now)
    }

    /// The member of staff of this name.
    pub(crate) fn staff(&self, id: &StaffId) -> Option<StaffItem> {
        self.lock().staff.get(id).cloned()
    }

    /// Whether a member of staff works in a queue.
    pub(crate) fn works_in(&self, id: &StaffId, queue: &ResponderId) -> bool {
        self.lock().staff.get(id).is_some_and(|item| item.profile.queues.contains(queue))
    }

    /// Whether a member of staff lets offers run out, and is there on record.
    pub(crate) fn is_unresponsive(&self, id: &StaffId) -> bool {
        self.lock().floor.is_unresponsive(id)
    }

    /// Whether a member of staff is at work at their desk, as far as is known.
    pub(crate) fn is_here(&self, id: &StaffId) -> bool {
        !matches!(self.lock().floor.floor().presence(id), Some(Presence::Away { .. } | Presence::Offline))
    }

    /// Everybody, by name.
    pub(crate) fn everybody(&self) -> Vec<StaffItem> {
        let mut all: Vec<StaffItem> = self.lock().staff.values().cloned().collect();
        all.sort_by(|one, other| one.profile.id.cmp(&other.profile.id));
        all
    }

    /// What is offered to a member of staff, and what they have.
    pub(crate) fn cases_of(&self, id: &StaffId) -> Vec<CaseId> {
        self.lock().floor.cases_of(id)
    }

    /// Whether somebody counts as gone at `now`.
    pub(crate) fn is_gone(&self, id: &StaffId, now: Timestamp) -> bool {
        self.lock().floor.is_gone(id, now)
    }

    /// How long a case that joins a queue now would wait, in milliseconds; none where nobody works.
    pub(crate) fn expected_wait_ms(&self, queue: &ResponderId) -> Option<i64> {
        let state = self.lock();
        let ahead = state.floor.floor().depth(queue);
        state.floor.floor().expected_wait_ms(queue, ahead)
    }

    /// How long a case that a queue has still waits, in milliseconds, for those who are there and can take it; none
    /// where nobody can. All others in the queue may come before it, since the order of work is not that of arrival.
    pub(crate) fn remaining_wait_ms(&self, queue: &ResponderId, case: &CaseId, now: Timestamp) -> Option<i64> {
        let state = self.lock();
        let floor = state.floor.floor();
        match floor.placed(case) {
            Some(Placed::Waiting) => floor.remaining_wait_ms(case, now),
            _ => floor.expected_wait_ms(queue, floor.depth(queue)),
        }
    }
}
