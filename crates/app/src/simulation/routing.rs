//! Simulated visits as cases of a bundle.

use crate::{
    live::{
        change::Change,
        floor::{Waits, floor_under, waits_on},
        load::Load,
    },
    pipeline::{about::About, case_fold, facts::Ground, placing, projections},
    simulation::{counts::SimulationCounts, people::People, trial::Simulation},
};
use remit_capacity::simulate::{Destination, Occasion, Routing, ServedNext, VisitAsked, WaitingVisit};
use remit_domain::{
    Case, Command, Context, Event, Step,
    case::{Holder, Requester},
    command::Effects,
    decision::YieldReason,
    event::Words,
    floor::{CaseChange, FollowedFloor, OnRecord},
    id::{CaseId, CustomerId, Ids, StaffId, Timestamp},
};
use std::collections::{HashMap, VecDeque};

/// Who decides and gives work out in one run: the bundle, by the code that serves customers.
#[derive(Debug)]
pub struct BundleRouting<'a> {
    of: &'a Simulation,
    load: Load,
    floor: FollowedFloor,
    /// How long cases would wait, as of a moment.
    waits: Option<(Timestamp, Waits)>,
    people: People,
    /// The case of each visit.
    visits: Vec<Option<Visit>>,
    by_case: HashMap<CaseId, u32>,
    /// Whose turn came while another visit was looked at.
    ready: VecDeque<ServedNext>,
    counts: SimulationCounts,
}

#[derive(Debug)]
struct Visit {
    case: Case,
    /// How often the floor was told of it.
    told: u64,
    queue: usize,
    since: f64,
    until: f64,
    /// What the floor knows of it while it waits.
    on_floor: Option<remit_domain::floor::Waiting>,
    /// Who has it.
    staff: Option<StaffId>,
    /// When it ended.
    ended: Option<Timestamp>,
}

/// For how long waits are taken to be what they were, in simulated milliseconds.
const WAITS_FOR_MS: i64 = 1_000;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3_600_000;

/// In whose name commands are given.
const BY: &str = "simulation";

impl<'a> BundleRouting<'a> {
    /// For one run.
    #[must_use]
    pub fn of(of: &'a Simulation) -> Self {
        Self {
            of,
            load: Load::new(&of.bundle),
            floor: floor_under(&of.bundle),
            waits: None,
            people: People::of(of.groups.len()),
            visits: Vec::new(),
            by_case: HashMap::new(),
            ready: VecDeque::new(),
            counts: SimulationCounts::default(),
        }
    }

    fn visit(&mut self, visit: u32) -> Option<&mut Visit> {
        self.visits.get_mut(visit as usize)?.as_mut()
    }

    /// Has the domain carry out a command, with the decision that it needs, and memory follow what happens.
    fn command(&mut self, before: Option<&Case>, command: Command, random: u64, now: Timestamp) -> Option<Case> {
        // The lowest bits count up within one command, so they start low.
        let ids = Ids::new(now, u128::from(random) << 16);
        let mut context = Context { now, ids, by: BY.to_owned() };
        let effects = self.effects(before, command, &mut context).map_err(|refused| {
            *self.counts.refused.entry(refused).or_default() += 1;
        });
        let Effects { case, events } = effects.ok()?;
        let outcomes = case_fold::outcomes(before, &events);
        let change = projections::change_of(before, &events, case.clone(), &outcomes);
        self.follow(Change { outcomes, placed: None, ..change }, now);
        Some(case)
    }

    fn effects(&mut self, before: Option<&Case>, command: Command, context: &mut Context) -> Result<Effects, String> {
        let pending = match remit_domain::begin(before, command, context).map_err(|refused| refused.to_string())? {
            Step::Done(effects) => return Ok(effects),
            Step::Asks(pending) => pending,
        };
        self.counts.decisions += 1;
        let now = context.now;
        let is_known = |(at, _): &(Timestamp, Waits)| now.since(*at) < WAITS_FOR_MS;
        if !self.waits.as_ref().is_some_and(is_known) {
            let languages = self.of.bundle.asked().language_level;
            self.waits = Some((now, waits_on(self.floor.floor(), &self.of.queues, languages)));
        }
        let waits = self.waits.as_ref().map(|(_, waits)| waits);
        let ground = Ground { bundle: &self.of.bundle, engine: &self.of.engine, load: &self.load, waits };
        let answer = ground.answer(pending.case(), pending.question(), &About::default(), now);
        let decided = pending.decide(answer, context).map_err(|refused| refused.to_string())?;
        Ok(decided.conclude(None, context))
    }

    fn follow(&mut self, change: Change, now: Timestamp) {
        for missed in &change.missed {
            self.load.missed(missed, now);
        }
        for tripped in self.load.follow(&change) {
            *self.counts.stopped.entry((tripped.responder.to_string(), tripped.intent)).or_default() += 1;
        }
    }

    /// A visit begins: its customer opens a case.
    fn opens(&mut self, asked: VisitAsked, now: Timestamp) -> Option<Case> {
        let opening = self.of.openings.get(asked.class)?;
        let (channel, readings) = (opening.channel, opening.readings(asked.seed, now));
        let command = Command::Open {
            customer: CustomerId::from_digest(u128::from(asked.seed).to_be_bytes()),
            requester: Requester::Customer,
            channel,
            words: Words { commit: String::new(), bytes: 0 },
            readings,
            situation: None,
            not_asked: None,
            fields: Vec::new(),
            untold: None,
            follows: None,
        };
        let before = self.visits.get_mut(asked.visit as usize).and_then(Option::take);
        let case = self.command(None, command, asked.seed, now)?;
        let window_ms = i64::from(self.of.bundle.limits().contact_again_days) * DAY_MS;
        let is_within = |visit: &Visit| visit.ended.is_some_and(|ended| now.since(ended) <= window_ms);
        if let Some(before) = before.filter(|visit| asked.occasion == Occasion::ComesBack && is_within(visit)) {
            let again = Event::ContactedAgain { case: case.id, linked: false, at: now };
            let outcomes = case_fold::outcomes(Some(&before.case), &[again]);
            self.follow(Change { outcomes, ..Change::default() }, now);
        }
        Some(case)
    }

    /// The AI that has a case gives it up.
    fn yields(&mut self, asked: VisitAsked, reason: YieldReason, now: Timestamp) -> Option<Case> {
        let before = self.visit(asked.visit)?.case.clone();
        let epoch = before.holder.as_ref()?.epoch;
        let command = Command::Yield { epoch, reason, note: None, found: None };
        self.command(Some(&before), command, asked.seed ^ epoch.rotate_left(40), now)
    }

    /// Where a case is.
    fn place(&mut self, case: &Case) -> Destination {
        match case.holder.as_ref().and_then(Holder::responder) {
            Some(_) if case.held_by_ai => Destination::Ai,
            Some(queue) => match self.of.queues.iter().position(|of| of == queue) {
                Some(at) => Destination::Queue(at),
                None => self.elsewhere(format!("queue {queue}")),
            },
            None => {
                let owner = case.holder.as_ref().map_or("nobody", |holder| holder.accountable.as_str());
                self.elsewhere(format!("{owner}, as an exception"))
            }
        }
    }

    fn elsewhere(&mut self, whom: String) -> Destination {
        *self.counts.elsewhere.entry(whom).or_default() += 1;
        Destination::Elsewhere
    }

    /// The floor is told where a case is.
    fn tell(&mut self, visit: u32, on_record: OnRecord, now: Timestamp) {
        let Some(of) = self.visit(visit) else { return };
        of.told += 1;
        let change = CaseChange { case: of.case.id, version: of.told, on_record, ended: None };
        self.floor.follow_case(change, now);
    }

    /// A case as it waits in its queue.
    fn waiting(&mut self, visit: u32, now: Timestamp) -> Option<remit_domain::floor::Waiting> {
        let case = &self.visits.get(visit as usize)?.as_ref()?.case;
        let holder = case.holder.as_ref()?;
        let spec = self.of.bundle.candidate(holder.responder()?)?;
        let ground = Ground { bundle: &self.of.bundle, engine: &self.of.engine, load: &self.load, waits: None };
        Some(placing::waiting_in(&ground, case, (holder, spec, spec.queue.as_ref()?), now, |at| at))
    }

    /// A case waits in its queue from now on.
    fn joins(&mut self, visit: u32, now: Timestamp) -> Option<()> {
        let waiting = self.waiting(visit, now)?;
        self.visit(visit)?.on_floor = Some(waiting.clone());
        self.tell(visit, OnRecord::Waiting(waiting), now);
        Some(())
    }

    /// A case ends by a command. Where the domain refuses it, whoever had the case has it no more all the same: its
    /// customer is not there.
    fn close(&mut self, visit: u32, command: Command, now: Timestamp) {
        let Some(before) = self.visit(visit).map(|of| of.case.clone()) else { return };
        let holder = projections::held_open(&before).map(ToOwned::to_owned);
        let ended = self.command(Some(&before), command, 0, now);
        match (&ended, holder) {
            (None, Some(holder)) => self.follow(Change { depths: vec![(holder, -1)], ..Change::default() }, now),
            // It answered, so that nothing stands against reaching it any more.
            (Some(_), holder) if before.held_by_ai => self.follow(Change { reached: holder, ..Change::default() }, now),
            _ => {}
        }
        self.tell(visit, OnRecord::Nowhere, now);
        self.by_case.remove(&before.id);
        if let Some(of) = self.visit(visit) {
            of.ended = Some(now);
            of.case = ended.unwrap_or(before);
        }
    }

    /// The best offer that the floor makes, which is taken at once.
    fn offered(&mut self, now: Timestamp) -> Option<ServedNext> {
        let offer = self.floor.propose(now)?;
        let (case, staff) = (offer.pairing.case, offer.pairing.staff);
        let visit = self.by_case.get(&case).copied()?;
        let waiting = self.visit(visit)?.on_floor.take()?;
        let on_record = OnRecord::Held { waiting, staff: staff.clone(), awaited: true, quiet_from: None };
        self.tell(visit, on_record, now);
        self.people.takes(&staff, case);
        let group = self.people.group_of(&staff)?;
        let of = self.visit(visit)?;
        if let Some(holder) = &mut of.case.holder {
            holder.staff = Some(staff.clone());
        }
        of.staff = Some(staff);
        Some(ServedNext { waiting: WaitingVisit { visit, since: of.since, until: of.until }, queue: of.queue, group })
    }

    /// Whoever has a visit has it no more.
    fn is_left(&mut self, visit: u32, now: Timestamp) -> Option<StaffId> {
        let staff = self.visit(visit)?.staff.take()?;
        self.people.is_done(&staff, &mut self.floor, &self.of.groups, now);
        Some(staff)
    }
}

impl Routing for BundleRouting<'_> {
    const IS_TOLD_WHO_GIVES_UP: bool = true;

    fn goes(&mut self, asked: VisitAsked, minutes: f64) -> Destination {
        let now = self.of.moment(minutes);
        let case = match asked.occasion {
            Occasion::Begins | Occasion::ComesBack => self.opens(asked, now),
            Occasion::AiGivesUp => self.yields(asked, YieldReason::Unsure, now),
            Occasion::AiIsGone => self.yields(asked, YieldReason::NoAnswer, now),
        };
        let Some(case) = case else { return self.elsewhere("nobody, as the command was refused".to_owned()) };
        let to = self.place(&case);
        if self.visits.len() <= asked.visit as usize {
            self.visits.resize_with(asked.visit as usize + 1, || None);
        }
        self.by_case.insert(case.id, asked.visit);
        if let Some(place) = self.visits.get_mut(asked.visit as usize) {
            let told = place.as_ref().map_or(0, |visit| visit.told);
            let (on_floor, staff, ended) = (None, None, None);
            *place = Some(Visit { case, told, queue: 0, since: minutes, until: 0.0, on_floor, staff, ended });
        }
        to
    }

    fn passed_on(&mut self, visit: u32, queue: usize, minutes: f64) -> Destination {
        let now = self.of.moment(minutes);
        let to = self.of.queues.get(queue).cloned();
        let before = self.visit(visit).map(|of| of.case.clone());
        let Some((to, before)) = to.zip(before) else { return Destination::Queue(queue) };
        let epoch = before.holder.as_ref().map_or(0, |holder| holder.epoch);
        let case = self.command(Some(&before), Command::Transfer { epoch, to, note: None }, epoch << 32, now);
        let Some(case) = case else { return self.elsewhere("nobody, as the command was refused".to_owned()) };
        let to = self.place(&case);
        if let Some(of) = self.visit(visit) {
            of.case = case;
        }
        to
    }

    fn serves_at_once(&mut self, visit: u32, queue: usize, minutes: f64) -> Option<u16> {
        let now = self.of.moment(minutes);
        if let Some(of) = self.visit(visit) {
            (of.queue, of.since) = (queue, minutes);
        }
        self.joins(visit, now)?;
        while let Some(turn) = self.offered(now) {
            if turn.waiting.visit == visit {
                return Some(turn.group);
            }
            self.ready.push_back(turn);
        }
        None
    }

    fn waits(&mut self, waiting: WaitingVisit, _: usize, _: usize, _: &mut Vec<(usize, WaitingVisit)>) {
        if let Some(of) = self.visit(waiting.visit) {
            of.until = waiting.until;
        }
    }

    fn turn(&mut self, _: Option<u16>, minutes: f64, _: &mut Vec<(usize, WaitingVisit)>) -> Option<ServedNext> {
        let now = self.of.moment(minutes);
        self.ready.pop_front().or_else(|| self.offered(now))
    }

    fn gives_up(&mut self, visit: u32, minutes: f64) {
        let now = self.of.moment(minutes);
        self.ready.retain(|turn| turn.waiting.visit != visit);
        self.is_left(visit, now);
        self.close(visit, Command::Abandon, now);
    }

    fn served(&mut self, visit: u32, _: u16, minutes: f64) {
        let now = self.of.moment(minutes);
        self.tell(visit, OnRecord::Nowhere, now);
        self.is_left(visit, now);
    }

    fn hands_back(&mut self, waiting: WaitingVisit, _: usize, _: u16) {
        let now = self.of.moment(waiting.since);
        let staff = self.visit(waiting.visit).and_then(|of| {
            (of.since, of.until) = (waiting.since, waiting.until);
            of.staff.take()
        });
        if let Some(holder) = self.visit(waiting.visit).and_then(|of| of.case.holder.as_mut()) {
            holder.staff = None;
        }
        self.joins(waiting.visit, now);
        if let Some(staff) = staff {
            self.people.leaves(&staff, &mut self.floor, &self.of.groups, now);
        }
    }

    fn ends(&mut self, visit: u32, minutes: f64) {
        let now = self.of.moment(minutes);
        let Some(of) = self.visit(visit).filter(|of| of.ended.is_none()) else { return };
        let held = of.case.holder.as_ref().filter(|holder| holder.responder().is_some());
        let Some(epoch) = held.map(|holder| holder.epoch) else {
            // Whoever answers for an exception is not simulated, and has it still.
            of.ended = Some(now);
            return;
        };
        self.close(visit, Command::Resolve { epoch, note: None, disposition: None }, now);
    }

    fn staffed(&mut self, group: u16, people: u32, minutes: f64) -> u32 {
        let now = self.of.moment(minutes);
        self.people.staffed(group, people as usize, &mut self.floor, &self.of.groups, now)
    }

    fn turns_by_time(&self) -> f64 {
        if !self.ready.is_empty() {
            return 0.0;
        }
        self.floor.floor().next_change(Timestamp(i64::MIN)).map_or(f64::INFINITY, |at| self.of.minutes(at))
    }
}

impl Drop for BundleRouting<'_> {
    fn drop(&mut self) {
        self.of.count(std::mem::take(&mut self.counts));
    }
}
