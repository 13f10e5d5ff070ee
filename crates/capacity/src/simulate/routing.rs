//! What decides where visits go and whom people serve.

use super::{
    line::Line,
    network::{Network, ServingOrder},
    waiting::WaitingVisit,
};

/// Where a visit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// To AI.
    Ai,
    /// To a queue.
    Queue(usize),
    /// To somebody who is not simulated, such as whoever answers for what nobody can take.
    Elsewhere,
}

/// Why it is asked where a visit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// It begins.
    Begins,
    /// It begins, as one of a customer who comes back. Where they come back with what AI kept, or people served, its
    /// number is that of the visit before.
    ComesBack,
    /// The AI that had it gives it up.
    AiGivesUp,
    /// The AI that has it, or was to have it, is gone.
    AiIsGone,
}

impl Occasion {
    /// Whether the visit was nowhere before.
    #[must_use]
    pub fn is_beginning(self) -> bool {
        matches!(self, Self::Begins | Self::ComesBack)
    }
}

/// A visit of which it is asked where it goes.
#[derive(Debug, Clone, Copy)]
pub struct VisitAsked {
    /// Its number; another visit has it once this one is over.
    pub visit: u32,
    /// The class of its customer.
    pub class: usize,
    /// What its draws come from; no other visit has the same.
    pub seed: u64,
    /// Why it is asked.
    pub occasion: Occasion,
}

/// The visit that is served next, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct ServedNext {
    /// Whose turn it is.
    pub waiting: WaitingVisit,
    /// The queue in which it waited.
    pub queue: usize,
    /// The group of whoever serves it.
    pub group: u16,
}

/// What decides where visits go and whom people serve. Who is at work and idle is known here alone; moments never go
/// back.
pub trait Routing {
    /// Whether it is told of everybody who gives up. Otherwise it finds them itself, by `until`.
    const IS_TOLD_WHO_GIVES_UP: bool;

    /// Where a visit goes.
    fn goes(&mut self, asked: VisitAsked, now: f64) -> Destination;

    /// Where a visit goes that the person who served it passes on to the people of `queue`.
    fn passed_on(&mut self, _visit: u32, queue: usize, _now: f64) -> Destination {
        Destination::Queue(queue)
    }

    /// The group of somebody who serves a visit that comes to a queue at once; none where it has to wait.
    fn serves_at_once(&mut self, visit: u32, queue: usize, now: f64) -> Option<u16>;

    /// A visit waits that was not served at once. Whom it finds to have given up meanwhile is added to `gone`.
    fn waits(&mut self, waiting: WaitingVisit, queue: usize, priority: usize, gone: &mut Vec<(usize, WaitingVisit)>);

    /// Who is served next, where somebody is idle, of this group or, if none is named, of any. Whom it finds to have
    /// given up meanwhile is added to `gone`.
    fn turn(&mut self, group: Option<u16>, now: f64, gone: &mut Vec<(usize, WaitingVisit)>) -> Option<ServedNext>;

    /// A visit that waited gives up.
    fn gives_up(&mut self, visit: u32, now: f64);

    /// Somebody of a group has served a visit.
    fn served(&mut self, visit: u32, group: u16, now: f64);

    /// Somebody of a group, who goes, gives a visit that they were serving back to its queue.
    fn hands_back(&mut self, waiting: WaitingVisit, queue: usize, group: u16);

    /// A visit is over, however it ended.
    fn ends(&mut self, visit: u32, now: f64);

    /// So many of a group are to be at work from now on; says how many more than that are serving somebody.
    fn staffed(&mut self, group: u16, people: u32, now: f64) -> u32;

    /// When time alone may give somebody a turn.
    fn turns_by_time(&self) -> f64 {
        f64::INFINITY
    }

    /// Everybody who gave up by `now` and was not found yet is added to `gone`.
    fn all_gone(&mut self, _now: f64, _gone: &mut Vec<(usize, WaitingVisit)>) {}
}

/// As a network describes it: each class has its queue, and groups serve theirs in their order.
#[derive(Debug)]
pub struct DescribedRouting<'a> {
    network: &'a Network,
    lines: Vec<Line>,
    /// Which groups serve each queue.
    served_by: Vec<Vec<u16>>,
    people: Vec<People>,
}

/// How many of a group are idle, serve somebody, and are to be at work.
#[derive(Debug, Clone, Copy, Default)]
struct People {
    idle: u32,
    busy: u32,
    at_work: u32,
}

impl<'a> DescribedRouting<'a> {
    /// Of a network.
    #[must_use]
    pub fn of(network: &'a Network) -> Self {
        let queues = network.queues.len();
        let priorities = |queue: usize| {
            let classes = network.classes.iter().filter(|class| class.queue == queue);
            1 + classes.map(|class| class.priority).max().unwrap_or(0)
        };
        let mut served_by = vec![Vec::new(); queues];
        for (number, group) in (0u16..).zip(&network.groups) {
            for queue in &group.queues {
                if let Some(by) = served_by.get_mut(*queue) {
                    by.push(number);
                }
            }
        }
        Self {
            network,
            lines: (0..queues).map(|queue| Line::with_priorities(priorities(queue))).collect(),
            served_by,
            people: vec![People::default(); network.groups.len()],
        }
    }

    fn people(&mut self, group: u16) -> Option<&mut People> {
        self.people.get_mut(usize::from(group))
    }
}

impl Routing for DescribedRouting<'_> {
    const IS_TOLD_WHO_GIVES_UP: bool = false;

    fn goes(&mut self, asked: VisitAsked, _: f64) -> Destination {
        match self.network.classes.get(asked.class) {
            Some(class) if class.ai_first && asked.occasion.is_beginning() => Destination::Ai,
            Some(class) => Destination::Queue(class.queue),
            None => Destination::Queue(0),
        }
    }

    fn serves_at_once(&mut self, _: u32, queue: usize, _: f64) -> Option<u16> {
        let groups = self.served_by.get(queue)?;
        let is_idle = |group: &u16| self.people.get(usize::from(*group)).is_some_and(|people| people.idle > 0);
        let group = groups.iter().copied().find(is_idle)?;
        self.people(group)?.begins();
        Some(group)
    }

    fn waits(&mut self, waiting: WaitingVisit, queue: usize, priority: usize, gone: &mut Vec<(usize, WaitingVisit)>) {
        if let Some(line) = self.lines.get_mut(queue) {
            line.push(priority, waiting);
            line.sweep(waiting.since, |waiting| gone.push((queue, waiting)));
        }
    }

    fn turn(&mut self, group: Option<u16>, now: f64, gone: &mut Vec<(usize, WaitingVisit)>) -> Option<ServedNext> {
        let Some(number) = group else {
            let groups = 0..self.people.len() as u16;
            return groups.into_iter().find_map(|group| self.turn(Some(group), now, gone));
        };
        let group = self.network.groups.get(usize::from(number))?;
        if self.people(number)?.idle == 0 {
            return None;
        }
        loop {
            let is_waited_in = |queue: &usize| self.lines.get(*queue).is_some_and(|line| !line.is_empty());
            let since = |queue: &usize| self.lines.get(*queue).and_then(Line::since).unwrap_or(f64::INFINITY);
            let mut waited_in = group.queues.iter().copied().filter(is_waited_in);
            let queue = match group.order {
                ServingOrder::Queues => waited_in.next(),
                ServingOrder::Longest => waited_in.min_by(|one, other| since(one).total_cmp(&since(other))),
            }?;
            let line = self.lines.get_mut(queue)?;
            if let Some(waiting) = line.pop(now, |waiting| gone.push((queue, waiting))) {
                self.people(number)?.begins();
                return Some(ServedNext { waiting, queue, group: number });
            }
        }
    }

    fn gives_up(&mut self, _: u32, _: f64) {}

    fn served(&mut self, _: u32, group: u16, _: f64) {
        if let Some(people) = self.people(group) {
            people.busy -= 1;
            // Who is more than the shift has goes home.
            if people.busy + people.idle < people.at_work {
                people.idle += 1;
            }
        }
    }

    fn hands_back(&mut self, waiting: WaitingVisit, queue: usize, group: u16) {
        if let Some(people) = self.people(group) {
            people.busy -= 1;
        }
        if let Some(line) = self.lines.get_mut(queue) {
            line.push_front(waiting);
        }
    }

    fn ends(&mut self, _: u32, _: f64) {}

    fn staffed(&mut self, group: u16, at_work: u32, _: f64) -> u32 {
        let Some(people) = self.people(group) else { return 0 };
        people.at_work = at_work;
        people.idle = at_work.saturating_sub(people.busy);
        people.busy.saturating_sub(at_work)
    }

    fn all_gone(&mut self, now: f64, gone: &mut Vec<(usize, WaitingVisit)>) {
        for (queue, line) in self.lines.iter_mut().enumerate() {
            line.take_gone(now, &mut |waiting| gone.push((queue, waiting)));
        }
    }
}

impl People {
    /// One who was idle serves somebody.
    fn begins(&mut self) {
        self.idle -= 1;
        self.busy += 1;
    }
}
