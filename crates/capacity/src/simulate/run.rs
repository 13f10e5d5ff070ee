//! One run: what happens, one event after the other.

use super::{
    arrivals::Arrivals,
    calendar::{Calendar, Event},
    draws::{self, Purpose},
    group::GroupTimes,
    network::{Network, Ready, ShiftEnd},
    routing::{Destination, Occasion, Routing, ServedNext, VisitAsked},
    tally::RunTally,
    visit::{State, Visit},
    waiting::WaitingVisit,
    window::CountedWindow,
};
use crate::Uncomputable;
use std::collections::{HashSet, VecDeque};

/// Runs a network once.
///
/// # Errors
/// When it is out of bounds.
pub fn run(
    network: &Network,
    routing: &mut impl Routing,
    window: CountedWindow,
    seed: u64,
) -> Result<RunTally, Uncomputable> {
    if !(window.from >= 0.0 && window.from < window.to && window.to.is_finite()) {
        return Err(Uncomputable::Impossible("the end of what is counted comes after its beginning".into()));
    }
    let ready = network.ready()?;
    let rates = &network.arrivals;
    let slots: f64 = rates.rates.iter().flatten().sum();
    let expected = slots / rates.rates.len() as f64 * window.to;
    if expected > CUSTOMERS_MAX {
        let what = format!("{expected:.1e} customers would ask in one run; play a shorter time, or fewer customers");
        return Err(Uncomputable::Impossible(what));
    }
    let mut run = Run::new(network, &ready, routing, window, seed);
    run.play(EVENTS_LEAST + (EVENTS_EACH * expected) as u64)?;
    Ok(run.ended())
}

/// Customers of a run at most.
const CUSTOMERS_MAX: f64 = 5e8;
/// Events of a run at most, for each customer and beside that: with more they come back without end.
const EVENTS_EACH: f64 = 200.0;
const EVENTS_LEAST: u64 = 10_000_000;

struct Run<'a, R> {
    network: &'a Network,
    classes: &'a [Ready],
    routing: &'a mut R,
    window: CountedWindow,
    arrivals: Arrivals<'a>,
    calendar: Calendar,
    visits: Vec<Visit>,
    free: Vec<u32>,
    groups: Vec<GroupTimes>,
    /// Who was found to have given up, with the queue in which they waited; empty but for a moment.
    found_gone: Vec<(usize, WaitingVisit)>,
    /// When it is asked next whose turn it is by time alone.
    turns_at: f64,
    ai_busy: u32,
    ai_line: VecDeque<(u32, f64)>,
    ai_gone: bool,
    tally: RunTally,
    now: f64,
}

impl<'a, R: Routing> Run<'a, R> {
    fn new(network: &'a Network, classes: &'a [Ready], routing: &'a mut R, window: CountedWindow, seed: u64) -> Self {
        let queues = network.queues.len();
        let mut calendar = Calendar::default();
        for (group, _) in (0u16..).zip(&network.groups) {
            calendar.push(0.0, Event::Shift { group });
        }
        for (number, outage) in (0u32..).zip(&network.ai.outages) {
            calendar.push(outage.from, Event::Outage { number });
            calendar.push(outage.to, Event::Outage { number: number | BACK });
        }
        let slots = if window.by_slot { network.arrivals.rates.len() } else { 0 };
        Self {
            network,
            classes,
            routing,
            window,
            arrivals: Arrivals::new(&network.arrivals, seed),
            calendar,
            visits: Vec::new(),
            free: Vec::new(),
            groups: vec![GroupTimes::default(); network.groups.len()],
            found_gone: Vec::new(),
            turns_at: f64::INFINITY,
            ai_busy: 0,
            ai_line: VecDeque::new(),
            ai_gone: false,
            tally: RunTally {
                length: window.to - window.from,
                queues: vec![Default::default(); queues],
                by_slot: vec![Default::default(); queues * slots],
                waits: vec![Default::default(); queues],
                ..RunTally::default()
            },
            now: 0.0,
        }
    }

    fn play(&mut self, most: u64) -> Result<(), Uncomputable> {
        loop {
            let next = self.calendar.next();
            let arrival = self.arrivals.next;
            if next.min(arrival) >= self.window.to {
                return Ok(());
            }
            self.tally.events += 1;
            if self.tally.events > most {
                let what = "those who come back do so without end: of those who come back fewer must come back again, \
                            or later";
                return Err(Uncomputable::Impossible(what.to_owned()));
            }
            if arrival < next {
                self.now = arrival;
                let (class, seed) = self.arrivals.take();
                self.tally.asked += u64::from(self.counts(arrival));
                let visit = self.seat(class, seed);
                self.begin(visit, Occasion::Begins);
                self.turns_by_time();
                continue;
            }
            let Some((at, event)) = self.calendar.pop() else { return Ok(()) };
            self.now = at;
            match event {
                Event::Served { group, visit } => self.served(group, visit),
                Event::AiDone { visit } => self.ai_done(visit),
                Event::GivesUp { visit } => self.gives_up(visit),
                Event::Returns { visit } => self.begin(visit, Occasion::ComesBack),
                Event::Shift { group } => self.shift(group),
                Event::Outage { number } => self.outage(number),
                Event::Turns => self.turns(None),
            }
            self.turns_by_time();
        }
    }

    fn counts(&self, at: f64) -> bool {
        at >= self.window.from
    }

    fn seat(&mut self, class: u16, seed: u64) -> u32 {
        let visit = Visit {
            seed,
            since: self.now,
            until: f64::INFINITY,
            left: 0.0,
            class,
            queue: 0,
            passed_on: false,
            state: State::Away,
        };
        match self.free.pop() {
            Some(at) => {
                if let Some(place) = self.visits.get_mut(at as usize) {
                    *place = visit;
                }
                at
            }
            None => {
                self.visits.push(visit);
                (self.visits.len() - 1) as u32
            }
        }
    }

    /// A visit with its class.
    fn of(&self, visit: u32) -> Option<(Visit, &'a Ready)> {
        let visit = *self.visits.get(visit as usize)?;
        Some((visit, self.classes.get(usize::from(visit.class))?))
    }

    fn begin(&mut self, visit: u32, occasion: Occasion) {
        let Some((of, class)) = self.of(visit) else { return };
        self.tally.visits += u64::from(self.counts(self.now));
        self.go(visit, of, class, occasion);
    }

    /// A visit goes where it is decided that it does.
    fn go(&mut self, visit: u32, of: Visit, class: &Ready, occasion: Occasion) {
        let asked = |occasion| VisitAsked { visit, class: usize::from(of.class), seed: of.seed, occasion };
        let mut to = self.routing.goes(asked(occasion), self.now);
        if to == Destination::Ai && self.ai_gone && occasion != Occasion::AiIsGone {
            to = self.routing.goes(asked(Occasion::AiIsGone), self.now);
        }
        let since = if occasion.is_beginning() { self.now } else { of.since };
        if to == Destination::Ai && !self.ai_gone {
            self.tally.ai_visits += u64::from(occasion.is_beginning() && self.counts(self.now));
        }
        self.arrives(visit, of, class, (to, since));
    }

    /// A visit comes to where it goes; AI is said to have it since a moment.
    fn arrives(&mut self, visit: u32, of: Visit, class: &Ready, (to, since): (Destination, f64)) {
        match to {
            Destination::Ai if !self.ai_gone => {
                self.set(visit, State::WithAi, since, f64::INFINITY);
                if self.network.ai.at_once.is_none_or(|most| self.ai_busy < most) {
                    self.ai_begins(visit, of.seed, class);
                } else {
                    self.ai_line.push_back((visit, self.now));
                }
            }
            Destination::Ai => self.wait_in(visit, class.of.queue),
            Destination::Queue(queue) => self.wait_in(visit, queue),
            Destination::Elsewhere => {
                self.tally.elsewhere += u64::from(self.counts(self.now));
                self.leaves(visit, of, class, 0.0);
            }
        }
    }

    fn set(&mut self, visit: u32, state: State, since: f64, until: f64) {
        if let Some(place) = self.visits.get_mut(visit as usize) {
            (place.state, place.since, place.until) = (state, since, until);
        }
    }

    fn ai_begins(&mut self, visit: u32, seed: u64, class: &Ready) {
        self.ai_busy += 1;
        let takes = class.ai_time.draw(&mut draws::own(seed, Purpose::AiTime));
        self.calendar.push(self.now + takes, Event::AiDone { visit });
    }

    fn ai_done(&mut self, visit: u32) {
        let Some((of, class)) = self.of(visit) else { return };
        self.ai_busy -= 1;
        if let Some((next, since)) = self.ai_line.pop_front()
            && let Some((waiting, its)) = self.of(next)
        {
            if self.counts(since) {
                self.tally.ai_wait += self.now - since;
            }
            self.ai_begins(next, waiting.seed, its);
        }
        let keeps = !self.ai_gone
            && class.of.contained > 0.0
            && draws::share(&mut draws::own(of.seed, Purpose::Contained)) < class.of.contained;
        if keeps {
            self.tally.ai_kept += u64::from(self.counts(of.since));
            self.leaves(visit, of, class, class.of.returns.after_ai);
        } else {
            self.go(visit, of, class, if self.ai_gone { Occasion::AiIsGone } else { Occasion::AiGivesUp });
        }
    }

    /// A visit comes to a queue: it is served at once where somebody is idle.
    fn wait_in(&mut self, visit: u32, queue: usize) {
        let Some((of, class)) = self.of(visit) else { return };
        if let Some(place) = self.visits.get_mut(visit as usize) {
            place.queue = queue as u16;
        }
        if let Some(group) = self.routing.serves_at_once(visit, queue, self.now) {
            self.count(queue, self.now, 0.0, true);
            self.serve(group, visit);
            return;
        }
        let purpose = if of.passed_on { Purpose::PatienceThen } else { Purpose::Patience };
        let until = self.now + class.patience.draw(&mut draws::own(of.seed, purpose));
        self.set(visit, State::Waiting, self.now, until);
        if R::IS_TOLD_WHO_GIVES_UP || self.comes_back(of.seed, class.of.returns.after_giving_up) {
            self.calendar.push(until, Event::GivesUp { visit });
        }
        let waiting = WaitingVisit { visit, since: self.now, until };
        self.routing.waits(waiting, queue, class.of.priority, &mut self.found_gone);
        self.note_gone();
    }

    /// Notes whom the routing found to have given up.
    fn note_gone(&mut self) {
        while let Some((queue, waiting)) = self.found_gone.pop() {
            let state = self.visits.get(waiting.visit as usize).map(|visit| visit.state);
            if state == Some(State::Waiting) {
                self.count(queue, waiting.since, waiting.until - waiting.since, false);
            }
            self.routing.ends(waiting.visit, self.now);
            self.free.push(waiting.visit);
        }
    }

    fn comes_back(&self, seed: u64, share: f64) -> bool {
        share > 0.0 && draws::share(&mut draws::own(seed, Purpose::Returns)) < share
    }

    /// Somebody gives up, if they still wait. Who stands in a line in their place is found later.
    fn gives_up(&mut self, visit: u32) {
        let Some((of, class)) = self.of(visit) else { return };
        if of.state != State::Waiting || of.until > self.now || of.until < self.now {
            return;
        }
        self.count(usize::from(of.queue), of.since, self.now - of.since, false);
        self.routing.gives_up(visit, self.now);
        let again = self.comes_back(of.seed, class.of.returns.after_giving_up);
        if R::IS_TOLD_WHO_GIVES_UP {
            self.leaves(visit, of, class, class.of.returns.after_giving_up);
            return;
        }
        self.set(visit, State::Gone, of.since, of.until);
        if again {
            let seed = draws::next_visit(of.seed);
            let again = self.seat(of.class, seed);
            let delay = class.delay.draw(&mut draws::own(of.seed, Purpose::Delay));
            self.calendar.push(self.now + delay, Event::Returns { visit: again });
        }
    }

    fn count(&mut self, queue: usize, since: f64, wait: f64, served: bool) {
        if !self.counts(since) {
            return;
        }
        let threshold = self.network.queues.get(queue).map_or(0.0, |queue| queue.threshold);
        if let Some(tally) = self.tally.queues.get_mut(queue) {
            tally.add(wait, threshold, served);
        }
        if let Some(waits) = self.tally.waits.get_mut(queue) {
            waits.add(wait);
        }
        if self.window.by_slot {
            let slots = self.network.arrivals.rates.len();
            let slot = (since / self.network.arrivals.slot) as usize % slots.max(1);
            if let Some(tally) = self.tally.by_slot.get_mut(queue * slots + slot) {
                tally.add(wait, threshold, served);
            }
        }
    }

    /// A visit is over; its customer may come back.
    fn leaves(&mut self, visit: u32, of: Visit, class: &Ready, share: f64) {
        self.routing.ends(visit, self.now);
        if self.comes_back(of.seed, share) {
            let delay = class.delay.draw(&mut draws::own(of.seed, Purpose::Delay));
            if let Some(place) = self.visits.get_mut(visit as usize) {
                let seed = draws::next_visit(of.seed);
                *place = Visit { seed, left: 0.0, passed_on: false, state: State::Away, ..of };
            }
            self.calendar.push(self.now + delay, Event::Returns { visit });
        } else {
            self.set(visit, State::Away, of.since, of.until);
            self.free.push(visit);
        }
    }

    fn serve(&mut self, number: u16, visit: u32) {
        let Some((of, class)) = self.of(visit) else { return };
        let pace = self.network.groups.get(usize::from(number)).map_or(1.0, |group| group.pace);
        let takes = if of.left > 0.0 {
            of.left
        } else if of.passed_on {
            class.then.draw(&mut draws::own(of.seed, Purpose::HandlingThen))
        } else {
            class.handling.draw(&mut draws::own(of.seed, Purpose::Handling))
        };
        let done = self.now + takes * pace;
        if let Some(group) = self.groups.get_mut(usize::from(number)) {
            group.begins(self.now, done, self.window);
        }
        if let Some(place) = self.visits.get_mut(visit as usize) {
            (place.state, place.left) = (State::Served, 0.0);
        }
        self.calendar.push(done, Event::Served { group: number, visit });
    }

    fn served(&mut self, number: u16, visit: u32) {
        self.routing.served(visit, number, self.now);
        self.turns(Some(number));
        let Some((of, class)) = self.of(visit) else { return };
        let transfer = class.of.transfer.filter(|transfer| !of.passed_on && transfer.share > 0.0);
        if let Some(transfer) = transfer
            && draws::share(&mut draws::own(of.seed, Purpose::Transferred)) < transfer.share
        {
            if let Some(place) = self.visits.get_mut(visit as usize) {
                place.passed_on = true;
            }
            let to = self.routing.passed_on(visit, transfer.queue, self.now);
            self.arrives(visit, of, class, (to, self.now));
            return;
        }
        self.leaves(visit, of, class, class.of.returns.after_people);
    }

    /// Gives those who are idle, of a group if one is named, whoever waits for them.
    fn turns(&mut self, group: Option<u16>) {
        loop {
            let turn = self.routing.turn(group, self.now, &mut self.found_gone);
            if !self.found_gone.is_empty() {
                self.note_gone();
            }
            let Some(ServedNext { waiting, queue, group }) = turn else { break };
            // Whoever is handed back was counted when they were served first.
            if self.visits.get(waiting.visit as usize).is_some_and(|visit| visit.left == 0.0) {
                self.count(queue, waiting.since, self.now - waiting.since, true);
            }
            self.serve(group, waiting.visit);
        }
    }

    /// Has it asked whose turn it is when time alone may give somebody one.
    fn turns_by_time(&mut self) {
        let at = self.routing.turns_by_time();
        if at < self.turns_at || self.turns_at <= self.now {
            self.turns_at = at.max(self.now);
            self.calendar.push(self.turns_at, Event::Turns);
        }
    }

    /// Whom a group serves beyond those who are at work goes back to the front of their queue.
    fn hand_back(&mut self, number: u16, most: u32) {
        let of_group = |event| matches!(event, Event::Served { group, .. } if group == number);
        for (done, event) in self.calendar.withdraw(most as usize, of_group) {
            let Event::Served { visit, .. } = event else { continue };
            let Some((of, _)) = self.of(visit) else { continue };
            if let Some(group) = self.groups.get_mut(usize::from(number)) {
                group.leaves(self.now, done, self.window);
            }
            if let Some(place) = self.visits.get_mut(visit as usize) {
                let pace = self.network.groups.get(usize::from(number)).map_or(1.0, |group| group.pace);
                (place.state, place.left) = (State::Waiting, (done - self.now) / pace);
                (place.since, place.until) = (self.now, f64::INFINITY);
            }
            let waiting = WaitingVisit { visit, since: self.now, until: f64::INFINITY };
            self.routing.hands_back(waiting, usize::from(of.queue), number);
        }
    }

    fn shift(&mut self, number: u16) {
        let now = self.now;
        let at = usize::from(number);
        let (Some(group), Some(state)) = (self.network.groups.get(at), self.groups.get_mut(at)) else { return };
        let people = group.shifts.get(state.next_shift).map_or(0, |shift| shift.people);
        state.step(people, now, self.window);
        let beyond = self.routing.staffed(number, people, now);
        state.next_shift += 1;
        if state.next_shift == group.shifts.len() {
            state.next_shift = 0;
            state.round += group.period.unwrap_or(f64::INFINITY);
        }
        let next = group.shifts.get(state.next_shift).map_or(f64::INFINITY, |shift| shift.from);
        self.calendar.push(state.round + next, Event::Shift { group: number });
        if beyond > 0 && group.at_end == ShiftEnd::HandBack {
            self.hand_back(number, beyond);
            (0u16..).zip(&self.network.groups).for_each(|(other, _)| self.turns(Some(other)));
        }
        self.turns(Some(number));
    }

    fn outage(&mut self, number: u32) {
        self.ai_gone = number & BACK == 0;
        if self.ai_gone {
            self.calendar.hasten(self.now, |event| matches!(event, Event::AiDone { .. }));
            for (visit, _) in std::mem::take(&mut self.ai_line) {
                if let Some((of, class)) = self.of(visit) {
                    self.go(visit, of, class, Occasion::AiIsGone);
                }
            }
        }
    }

    fn ended(mut self) -> RunTally {
        let to = self.window.to;
        self.routing.all_gone(to, &mut self.found_gone);
        self.note_gone();
        for state in &mut self.groups {
            state.step(0, to, self.window);
        }
        let free: HashSet<u32> = self.free.iter().copied().collect();
        let open = |state: State| {
            let seats = (0u32..).zip(&self.visits);
            let is_open = |(at, visit): &(u32, &Visit)| {
                visit.state == state && visit.since >= self.window.from && !free.contains(at)
            };
            seats.filter(is_open).count() as u64
        };
        (self.tally.unfinished, self.tally.with_ai) = (open(State::Waiting), open(State::WithAi));
        self.tally.busy = self.groups.iter().map(|state| state.busy_time).collect();
        self.tally.at_work = self.groups.iter().map(|state| state.work_time).collect();
        self.tally
    }
}

/// Marks that the AI is back.
const BACK: u32 = 1 << 31;
