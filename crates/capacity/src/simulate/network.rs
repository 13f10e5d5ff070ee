//! What there is: who asks how often, what AI takes of it, queues, groups of people with their shifts. Times and rates
//! share one unit, which the caller chooses; numbers of queues and classes count from 0.

use super::draws::{Drawn, TimeDistribution};
use crate::Uncomputable;

/// A support.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// How often customers ask.
    pub arrivals: ArrivalRates,
    /// What they ask about.
    pub classes: Vec<CustomerClass>,
    /// What answers first.
    pub ai: AiStage,
    /// Where people are waited for.
    pub queues: Vec<SimulatedQueue>,
    /// People who serve the same queues.
    pub groups: Vec<StaffGroup>,
}

/// How often customers ask for the first time: a Poisson process whose rate is another one in each slot.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrivalRates {
    /// How long a slot is.
    pub slot: f64,
    /// In each slot, how many of each class ask in a unit of time. After the last slot comes the first.
    pub rates: Vec<Vec<f64>>,
    /// By how much whole days differ from what is expected, beyond chance: the coefficient of variation of a gamma
    /// level that all of a day's rates are multiplied by.
    pub daily_variation: f64,
    /// How many slots a day has.
    pub slots_a_day: usize,
    /// Whether rates are counts: as many come in each slot as it says, rounded, at moments that chance chooses.
    pub is_counted: bool,
}

impl ArrivalRates {
    /// The same at every time, for each class.
    #[must_use]
    pub fn constant(rates: Vec<f64>) -> Self {
        Self { slot: 1e9, rates: vec![rates], daily_variation: 0.0, slots_a_day: 1, is_counted: false }
    }
}

/// Customers who ask about the same thing.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerClass {
    /// Whether AI answers them first.
    pub ai_first: bool,
    /// The share of them that AI keeps to the end.
    pub contained: f64,
    /// How long AI takes with one.
    pub ai_time: TimeDistribution,
    /// Where they wait for people.
    pub queue: usize,
    /// Who goes before whom there: 0 first.
    pub priority: usize,
    /// How long they wait before they give up.
    pub patience: TimeDistribution,
    /// How long people take with one.
    pub handling: TimeDistribution,
    /// What goes on to other people after that.
    pub transfer: Option<OnwardTransfer>,
    /// Who comes back.
    pub returns: ReturnShares,
}

/// A part that goes on to other people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OnwardTransfer {
    /// Which share.
    pub share: f64,
    /// To which queue.
    pub queue: usize,
    /// How long people take with one there.
    pub handling: TimeDistribution,
}

/// Who comes back, with which probability, and after how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReturnShares {
    /// After AI had kept them.
    pub after_ai: f64,
    /// After people had served them.
    pub after_people: f64,
    /// After they gave up.
    pub after_giving_up: f64,
    /// After how long.
    pub delay: TimeDistribution,
}

impl ReturnShares {
    /// Nobody does.
    pub const NEVER: Self =
        Self { after_ai: 0.0, after_people: 0.0, after_giving_up: 0.0, delay: TimeDistribution::Constant(0.0) };
}

/// What answers first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AiStage {
    /// How many it answers at the same time; any number where it says none.
    pub at_once: Option<u32>,
    /// When it is gone: whom it was answering then, and who asks meanwhile, goes to people.
    pub outages: Vec<AiOutage>,
}

/// A time in which the AI is gone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AiOutage {
    /// From when.
    pub from: f64,
    /// Until when.
    pub to: f64,
}

/// Where people are waited for.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedQueue {
    /// Within which time somebody should be served.
    pub threshold: f64,
}

/// People who serve the same queues in the same order.
#[derive(Debug, Clone, PartialEq)]
pub struct StaffGroup {
    /// How many are at work, from when on. The first begins at 0.
    pub shifts: Vec<ShiftStep>,
    /// After how long the first shift comes again; never where it says none.
    pub period: Option<f64>,
    /// Which queues they serve.
    pub queues: Vec<usize>,
    /// Whom of those that wait they serve first.
    pub order: ServingOrder,
    /// What their time with a customer is of what the class says: 1 for the same.
    pub pace: f64,
    /// What becomes of whom they serve when fewer are to be at work.
    pub at_end: ShiftEnd,
}

impl StaffGroup {
    /// With so many more at work from one moment of each period to another.
    #[must_use]
    pub fn with_more(&self, from: f64, to: f64, people: u32) -> Self {
        let mut changes: Vec<f64> = self.shifts.iter().map(|step| step.from).chain([from, to]).collect();
        changes.retain(|at| self.period.is_none_or(|period| *at < period));
        changes.sort_by(f64::total_cmp);
        changes.dedup();
        let step = |at: f64| {
            let before = self.shifts.iter().rev().find(|step| step.from <= at).map_or(0, |step| step.people);
            let more = if at >= from && at < to { people } else { 0 };
            ShiftStep { from: at, people: before.saturating_add(more) }
        };
        Self { shifts: changes.into_iter().map(step).collect(), ..self.clone() }
    }
}

/// What becomes of whom somebody serves when their shift ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShiftEnd {
    /// They are served to the end first. So it is in ciw unless told.
    #[default]
    Finish,
    /// They go back to the front of their queue, and whoever takes them goes on where it was left.
    HandBack,
}

/// So many at work from some moment on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftStep {
    /// From when, since the period began.
    pub from: f64,
    /// How many.
    pub people: u32,
}

/// Whom a group serves first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServingOrder {
    /// Whoever waits in the first of its queues, then in the next.
    Queues,
    /// Who has waited longest, whichever queue they wait in.
    Longest,
}

/// The most that a network may have of each thing.
const MOST: usize = 10_000;

/// A class with its durations made ready.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) of: CustomerClass,
    pub(super) ai_time: Drawn,
    pub(super) patience: Drawn,
    pub(super) handling: Drawn,
    pub(super) then: Drawn,
    pub(super) delay: Drawn,
}

impl Network {
    /// The classes made ready, where everything is within bounds.
    pub(super) fn ready(&self) -> Result<Vec<Ready>, Uncomputable> {
        let said = Uncomputable::Impossible;
        let share = |x: f64| (0.0..=1.0).contains(&x);
        if self.queues.len() > MOST || self.classes.len() > MOST || self.groups.len() > MOST {
            return Err(said(format!("a network has at most {MOST} classes, queues and groups")));
        }
        let demand = &self.arrivals;
        if !(demand.slot > 0.0 && demand.slot.is_finite()) || demand.rates.is_empty() || demand.slots_a_day == 0 {
            return Err(said("demand needs slots that are longer than nothing".into()));
        }
        let is_rate = |rate: &f64| rate.is_finite() && *rate >= 0.0;
        if demand.rates.iter().any(|slot| slot.len() != self.classes.len() || !slot.iter().all(is_rate)) {
            return Err(said("each slot of demand needs a rate of each class, none of them negative".into()));
        }
        if !(0.0..=10.0).contains(&demand.daily_variation) {
            return Err(said("the variation of days lies between 0 and 10".into()));
        }
        for outage in &self.ai.outages {
            if !(outage.from >= 0.0 && outage.from < outage.to && outage.to.is_finite()) {
                return Err(said("an outage ends after it begins".into()));
            }
        }
        for group in &self.groups {
            let ascending = group.shifts.is_sorted_by(|one, next| one.from < next.from);
            let begins = group.shifts.first().is_some_and(|first| first.from == 0.0);
            let last = group.shifts.last().map_or(0.0, |last| last.from);
            if !ascending || !begins || group.period.is_some_and(|period| !(period > last && period.is_finite())) {
                return Err(said("shifts of a group begin at 0, one after the other, within its period".into()));
            }
            if group.queues.iter().any(|queue| *queue >= self.queues.len()) {
                return Err(said("a group serves a queue that is not there".into()));
            }
            if !(group.pace > 0.0 && group.pace.is_finite()) {
                return Err(said("the pace of a group is more than nothing".into()));
            }
        }
        let each = |class: &CustomerClass| {
            let returns = class.returns;
            let shares = [class.contained, returns.after_ai, returns.after_people, returns.after_giving_up];
            let transfer = class.transfer.unwrap_or(OnwardTransfer {
                share: 0.0,
                queue: 0,
                handling: TimeDistribution::Constant(0.0),
            });
            if !shares.into_iter().chain([transfer.share]).all(share) {
                return Err(said("shares lie between 0 and 1".into()));
            }
            if class.queue >= self.queues.len() || (transfer.share > 0.0 && transfer.queue >= self.queues.len()) {
                return Err(said("a class waits in a queue that is not there".into()));
            }
            if class.handling == TimeDistribution::Never || class.ai_time == TimeDistribution::Never {
                return Err(said("serving somebody ends some time".into()));
            }
            let drawn = |duration: TimeDistribution| {
                let cure =
                    || Uncomputable::Impossible(format!("{duration:?} is no duration: its numbers are not negative"));
                Drawn::of(duration).ok_or_else(cure)
            };
            Ok(Ready {
                ai_time: drawn(class.ai_time)?,
                patience: drawn(class.patience)?,
                handling: drawn(class.handling)?,
                then: drawn(transfer.handling)?,
                delay: drawn(returns.delay)?,
                of: class.clone(),
            })
        };
        self.classes.iter().map(each).collect()
    }
}
