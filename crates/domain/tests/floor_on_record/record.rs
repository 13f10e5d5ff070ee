//! A record that decides, plainly: each command is held against the newest state, and what it changes is followed by
//! the floor when the test says so.

use remit_domain::{
    case::Channel::Chat,
    floor::{
        CaseChange, FollowedFloor, OfferTerms, OnRecord, Presence, Proposal, ProposedOffer, StaffChange, StaffProfile,
    },
    floor::{Waiting, With},
    id::{CaseId, Ids, OfferId, ResponderId, StaffId, Timestamp},
    offer::OfferEnd,
};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const AWAY_MS: i64 = 5 * MINUTE;

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp(1_750_000_000_000 + ms)
}

pub(crate) fn case(n: usize) -> CaseId {
    CaseId::next(&mut Ids::new(Timestamp(0), n as u128))
}

pub(crate) fn staff(n: usize) -> StaffId {
    StaffId::new(&format!("staff-{n}")).unwrap()
}

fn queue() -> ResponderId {
    ResponderId::new("desk").unwrap()
}

fn number(id: &StaffId) -> usize {
    id.as_str().strip_prefix("staff-").unwrap().parse().unwrap()
}

/// A case as the record has it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) version: u64,
    pub(crate) with: With,
    due: Timestamp,
    awaited: bool,
}

/// A member of staff as the record has them.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) room: u32,
    pub(crate) presence: Presence,
    said: Timestamp,
    revision: u64,
}

/// What a commit changed.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Case(Box<CaseChange>),
    Staff(Box<StaffChange>),
}

/// The record, the floor that follows it, and what is between them.
#[derive(Debug)]
pub(crate) struct Both {
    pub(crate) cases: BTreeMap<usize, Case>,
    pub(crate) people: BTreeMap<usize, Person>,
    pub(crate) floor: FollowedFloor,
    /// What is committed and not followed yet, by its number.
    pub(crate) late: BTreeMap<usize, Change>,
    /// Offers on their way, each with the revision of the member of staff that it expects.
    pub(crate) on_its_way: Vec<(ProposedOffer, u64)>,
    /// Offers that the record has taken or refused, whose proposer has not heard of it.
    pub(crate) decided: Vec<(ProposedOffer, Option<usize>)>,
    /// Who has passed on what, and when.
    pub(crate) passed: BTreeSet<(usize, usize, Timestamp)>,
    pub(crate) now: Timestamp,
    /// Whether the record refuses an offer to somebody who has changed since it was proposed.
    expects: bool,
    changes: usize,
    offers: u128,
}

impl Both {
    pub(crate) fn new(expects: bool) -> Self {
        let terms = OfferTerms { ramp_ms: 0, ..OfferTerms::default() };
        Self {
            cases: BTreeMap::new(),
            people: BTreeMap::new(),
            floor: FollowedFloor::new(terms, AWAY_MS),
            late: BTreeMap::new(),
            on_its_way: Vec::new(),
            decided: Vec::new(),
            passed: BTreeSet::new(),
            now: at(0),
            expects,
            changes: 0,
            offers: 0,
        }
    }

    /// With people who are there, each with so much room.
    pub(crate) fn with(expects: bool, rooms: &[u32]) -> Self {
        let mut both = Self::new(expects);
        for (n, room) in rooms.iter().enumerate() {
            both.noted(n, *room);
            both.said(n, Presence::Available);
        }
        both.follow_all();
        both
    }

    // What is committed.

    pub(crate) fn noted(&mut self, n: usize, room: u32) {
        let (said, presence) = (self.now, Presence::Offline);
        let person = self.people.entry(n).or_insert(Person { room, presence, said, revision: 0 });
        (person.room, person.revision) = (room, person.revision + 1);
        self.changed_person(n);
    }

    pub(crate) fn said(&mut self, n: usize, presence: Presence) {
        let Some(person) = self.people.get_mut(&n) else { return };
        (person.presence, person.said, person.revision) = (presence, self.now, person.revision + 1);
        self.changed_person(n);
    }

    /// A case comes to the queue, anew or again.
    pub(crate) fn waits(&mut self, n: usize) {
        let new = Case { version: 0, with: With::Nobody, due: self.now, awaited: true };
        if self.cases.entry(n).or_insert(new).with == With::Nobody {
            self.passed.retain(|(case, ..)| *case != n);
            self.becomes(n, With::Queue, None);
        }
    }

    pub(crate) fn accepted(&mut self, n: usize) -> bool {
        let Some(With::Offered { staff, .. }) = self.cases.get(&n).map(|case| case.with.clone()) else { return false };
        self.passed.retain(|(case, ..)| *case != n);
        self.becomes(n, With::Held { staff, awaited: true }, None);
        true
    }

    pub(crate) fn ended(&mut self, n: usize, how: OfferEnd) -> bool {
        let Some(With::Offered { staff, .. }) = self.cases.get(&n).map(|case| case.with.clone()) else { return false };
        if how != OfferEnd::Withdrawn {
            self.passed.insert((n, number(&staff), self.now));
        }
        self.becomes(n, With::Queue, Some(how));
        true
    }

    /// Whoever has it answers, or the customer writes.
    pub(crate) fn written(&mut self, n: usize, by_customer: bool) {
        let Some(case) = self.cases.get(&n) else { return };
        let with = match case.with.clone() {
            With::Held { staff, .. } => With::Held { staff, awaited: by_customer },
            with if by_customer && with != With::Nobody => with,
            _ => return,
        };
        self.becomes(n, with, None);
    }

    pub(crate) fn resolved(&mut self, n: usize) {
        if self.cases.get(&n).is_some_and(|case| case.with != With::Nobody) {
            self.becomes(n, With::Nobody, None);
        }
    }

    fn returned(&mut self, n: usize) {
        if matches!(self.cases[&n].with, With::Held { .. }) {
            self.becomes(n, With::Queue, None);
        }
    }

    fn becomes(&mut self, n: usize, with: With, how: Option<OfferEnd>) {
        let case = self.cases.get_mut(&n).unwrap();
        case.version += 1;
        case.awaited = !matches!(with, With::Held { awaited: false, .. });
        case.with = with;
        let change = self.case_change(n, how);
        self.changes += 1;
        self.late.insert(self.changes, Change::Case(Box::new(change)));
    }

    fn changed_person(&mut self, n: usize) {
        let change = self.staff_change(n);
        self.changes += 1;
        self.late.insert(self.changes, Change::Staff(Box::new(change)));
    }

    fn case_change(&self, n: usize, ended: Option<OfferEnd>) -> CaseChange {
        let of = &self.cases[&n];
        let waiting = Waiting {
            case: case(n),
            queue: queue(),
            channel: Chat,
            language: "en".into(),
            language_level: 0,
            skills: BTreeMap::new().into(),
            since: at(n as i64),
            value_percent: 100,
            sla_ms: 10 * MINUTE,
            handling_ms: None,
            due: None,
            danger: None,
            last_staff: None,
            relax: [].as_slice().into(),
            not_before: None,
        };
        let on_record = match of.with.clone() {
            With::Nobody => OnRecord::Nowhere,
            With::Queue => OnRecord::Waiting(waiting),
            With::Offered { staff, offer } => OnRecord::Offered { waiting, offer, staff, due: of.due },
            With::Held { staff, awaited } => OnRecord::Held { waiting, staff, awaited, quiet_from: None },
        };
        CaseChange { case: case(n), version: of.version, on_record, ended }
    }

    fn staff_change(&self, n: usize) -> StaffChange {
        let Person { room, presence, said, revision } = self.people[&n].clone();
        let profile = StaffProfile {
            id: staff(n),
            queues: vec![queue()],
            languages: [("en".to_owned(), 3)].into(),
            skills: BTreeMap::new(),
            capacity: [(Chat, room)].into(),
        };
        StaffChange { profile, presence, said, since: said, revision }
    }

    // What the floor does.

    pub(crate) fn follow(&mut self, change: usize) {
        let Some(change) = self.late.remove(&change) else { return };
        // Who passed on a case is left in peace from when the floor knows of it.
        if let Change::Case(change) = &change
            && change.ended.is_some()
        {
            let late = |(n, who, when): (usize, usize, Timestamp)| {
                (n, who, if case(n) == change.case { self.now.max(when) } else { when })
            };
            self.passed = std::mem::take(&mut self.passed).into_iter().map(late).collect();
        }
        follow(&mut self.floor, change, self.now);
    }

    pub(crate) fn follow_all(&mut self) {
        self.late.keys().copied().collect::<Vec<_>>().into_iter().for_each(|change| self.follow(change));
    }

    /// Proposes an offer, if there is one to make; to whom what is offered.
    pub(crate) fn propose(&mut self) -> Option<(usize, usize)> {
        let offer = self.floor.propose(self.now)?;
        let (to, pairing) = (number(&offer.pairing.staff), offer.pairing.clone());
        let what = (0..24).find(|n| case(*n) == pairing.case).unwrap();
        // Whoever puts it on record expects whom the floor knows.
        let known = self.people[&to].revision - self.unfollowed(to);
        self.on_its_way.push((offer, known));
        Some((what, to))
    }

    fn unfollowed(&self, n: usize) -> u64 {
        let of = |change: &&Change| matches!(change, Change::Staff(change) if change.profile.id == staff(n));
        let known = self.people[&n].revision;
        let late: BTreeSet<u64> = self
            .late
            .values()
            .filter(of)
            .filter_map(|change| if let Change::Staff(change) = change { Some(change.revision) } else { None })
            .collect();
        // The newest that is followed counts, whatever of before it is late.
        (0..).take_while(|back| *back < known && late.contains(&(known - back))).count() as u64
    }

    /// The record decides on an offer that is on its way; whether it takes it.
    pub(crate) fn decide(&mut self, nth: usize) -> bool {
        let (offer, expected) = self.on_its_way.remove(nth);
        let what = (0..24).find(|n| case(*n) == offer.pairing.case).unwrap();
        let to = number(&offer.pairing.staff);
        let changed = self.expects && self.people[&to].revision != expected;
        if changed || self.cases[&what].with != With::Queue {
            self.decided.push((offer, None));
            return false;
        }
        self.offers += 1;
        let id = OfferId::next(&mut Ids::new(Timestamp(0), self.offers));
        self.cases.get_mut(&what).unwrap().due = offer.pairing.deadline;
        self.becomes(what, With::Offered { staff: staff(to), offer: id }, None);
        self.decided.push((offer, Some(self.changes)));
        true
    }

    /// Whoever proposed an offer has followed what was committed of it.
    pub(crate) fn settle(&mut self, nth: usize) {
        let (offer, change) = self.decided.remove(nth);
        change.into_iter().for_each(|change| self.follow(change));
        self.floor.settled(&offer, self.now);
    }

    /// Puts to the record what the floor proposes beside offers.
    pub(crate) fn carry_out(&mut self, proposal: &Proposal) {
        let numbered = |id: &CaseId| (0..24).find(|n| case(*n) == *id).unwrap();
        match proposal {
            Proposal::EndOffer { case, offer, how } => {
                let n = numbered(case);
                if matches!(&self.cases[&n].with, With::Offered { offer: open, .. } if open == offer) {
                    self.ended(n, *how);
                }
            }
            Proposal::Away { staff } => {
                let n = number(staff);
                if self.people[&n].presence == Presence::Available {
                    self.said(n, Presence::Away { reason: "did not answer".to_owned() });
                }
            }
            Proposal::TakeBack { case, staff } => {
                let n = numbered(case);
                if self.cases[&n].with == (With::Held { staff: staff.clone(), awaited: true }) {
                    self.returned(n);
                }
            }
        }
    }

    /// Goes on until there is nothing left to do.
    pub(crate) fn quiet(&mut self) {
        for _ in 0..10_000 {
            self.follow_all();
            while !self.on_its_way.is_empty() {
                self.decide(0);
            }
            while !self.decided.is_empty() {
                self.settle(0);
            }
            let due = self.floor.due(self.now);
            due.iter().for_each(|proposal| self.carry_out(proposal));
            if due.is_empty() && self.late.is_empty() && self.propose().is_none() {
                return;
            }
        }
        panic!("it does not come to rest: {:?}", self.floor.due(self.now));
    }

    // What is true.

    pub(crate) fn has(&self, n: usize) -> u32 {
        let theirs = |case: &&Case| match &case.with {
            With::Offered { staff: to, .. } | With::Held { staff: to, .. } => *to == staff(n),
            With::Nobody | With::Queue => false,
        };
        self.cases.values().filter(theirs).count() as u32
    }

    pub(crate) fn is_absent(&self, n: usize) -> bool {
        matches!(self.people[&n].presence, Presence::Away { .. } | Presence::Offline)
    }

    pub(crate) fn expects(&self) -> bool {
        self.expects
    }

    /// Follows the record as it is now, cases before those who have them.
    pub(crate) fn follow_both_ways(&self, floor: &mut FollowedFloor) {
        self.cases.keys().for_each(|n| floor.follow_case(self.case_change(*n, None), self.now));
        self.people.keys().for_each(|n| floor.follow_staff(self.staff_change(*n), self.now));
    }

    /// A floor that follows the record as it is now, from nothing.
    pub(crate) fn rebuilt(&self) -> FollowedFloor {
        let mut floor = Self::new(self.expects).floor;
        self.people.keys().for_each(|n| floor.follow_staff(self.staff_change(*n), self.now));
        self.cases.keys().for_each(|n| floor.follow_case(self.case_change(*n, None), self.now));
        floor
    }

    /// What is known of it, for two floors to be compared.
    pub(crate) fn known(&self, floor: &FollowedFloor) -> impl PartialEq + std::fmt::Debug + use<> {
        let cases: Vec<_> = floor.on_record().map(|(id, version, with)| (id, version, with.clone())).collect();
        let of = |n: &usize| {
            let id = staff(*n);
            (floor.floor().presence(&id).cloned(), floor.floor().spent(&id, Chat), floor.cases_of(&id))
        };
        (cases, self.people.keys().map(of).collect::<Vec<_>>())
    }
}

fn follow(floor: &mut FollowedFloor, change: Change, now: Timestamp) {
    match change {
        Change::Case(change) => floor.follow_case(*change, now),
        Change::Staff(change) => floor.follow_staff(*change, now),
    }
}
