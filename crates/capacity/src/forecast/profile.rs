//! Demand of a queue: a profile of the week times a level that follows what comes, and a profile of holidays.
//!
//! With x what came in a slot and L the level of its day, the profile of a slot of the week is `Σ g·x / Σ g·L` over the
//! weeks before, where g falls by the profile's memory each week; the level of a day is the mean of `x/profile` over
//! it, smoothed exponentially in both directions, and the two are found by turns. The level that is forecast looks back
//! alone: simple exponential smoothing of days (Gardner, "Exponential smoothing: the state of the art", part II, 2006).
//! The profile may be smoothed over neighbouring slots that are open, and the five working days are drawn to their
//! common shape: how far, and how long memories are, is chosen by the error on weeks that were not learned from
//! ([`super::tuning`]).
//!
//! **Holidays** have a total relative to their weekday, and a shape, of their own: both are drawn to what the Sunday of
//! that week has, with the weight of one holiday and of 100 cases, so that the first holiday ever is taken for a Sunday
//! (assumed) and later ones speak for themselves.

use super::{
    days::WEEK,
    history::{DemandHistory, add, at_of},
};

/// Turns of profile and level.
const TURNS: usize = 3;
/// Weeks that a profile is learned from at most.
pub(super) const WEEKS_MAX: usize = 26;
/// Cases on a day count less than in proportion for its weight, by the overdispersion of days that is usual.
const DAY_OVERDISPERSION: f64 = 0.01;
/// Holidays that the prior counts for, and cases that it counts for in their shape.
const HOLIDAY_PRIOR: f64 = 1.0;
const HOLIDAY_SHAPE_PRIOR: f64 = 100.0;
/// The relative spread of a holiday that was never seen (assumed).
pub(super) const HOLIDAY_SPREAD: f64 = 0.3;
/// Days before a holiday within which its weekday is looked up.
const HOLIDAY_LOOK_BACK: usize = 28;
/// Cases expected in a slot of the week from which on one without any is closed.
const CLOSED_EXPECTED: f64 = 7.0;

/// How the past is weighed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memory {
    /// The weight of a new day in the level.
    pub level: f64,
    /// What a week's weight in the profile falls to each week.
    pub profile: f64,
    /// Neighbouring slots on each side that a slot is smoothed over.
    pub smoothed: usize,
    /// How far working days are drawn to their common shape, from 0 to 1.
    pub drawn: f64,
    /// The weight of a new day in how demand is shared between intents.
    pub shares: f64,
}

impl Memory {
    /// Where there is too little to choose by.
    pub const DEFAULT: Self = Self { level: 0.2, profile: 0.9, smoothed: 1, drawn: 0.5, shares: 0.05 };
}

/// What a queue has: slots in order, as numbers, with what is not learned from left out of both lists.
#[derive(Debug, Clone)]
pub(super) struct QueueSlots {
    /// Cases of each slot.
    pub(super) arrived: Vec<f64>,
}

/// The slots of the record as they are learned from, common to all queues.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// Slots of a week, for each slot.
    pub(super) cells: Vec<usize>,
    /// Whether it is learned from: no gap, outage or holiday.
    pub(super) learned: Vec<bool>,
    /// The first slot of each day, and one more than the last.
    pub(super) bounds: Vec<usize>,
    pub(super) holidays: Vec<bool>,
    pub(super) a_day: usize,
}

impl Axis {
    pub(super) fn new(history: &DemandHistory) -> Self {
        let (mut cells, mut learned) = (Vec::new(), Vec::new());
        for (at, (day, cell)) in history.places().enumerate() {
            cells.push(cell);
            learned.push(history.is_learned(at) && !history.is_holiday(day));
        }
        let holidays = (0..history.day_count()).map(|day| history.is_holiday(day)).collect();
        Self { cells, learned, bounds: history.bounds.clone(), holidays, a_day: history.clock.slots_a_day() }
    }

    pub(super) fn slots_of(&self, day: usize) -> std::ops::Range<usize> {
        let bound = |day: usize| self.bounds.get(day).copied().unwrap_or_default();
        bound(day)..bound(day + 1)
    }

    /// Slots of a day that are learned from, each with which slot of the week it is.
    pub(super) fn learned_of(&self, day: usize) -> impl Iterator<Item = (usize, usize)> {
        let slots = self.slots_of(day);
        let cells = self.cells.get(slots.clone()).unwrap_or_default();
        let learned = self.learned.get(slots.clone()).unwrap_or_default();
        slots.zip(cells).zip(learned).filter(|(_, learned)| **learned).map(|((at, cell), _)| (at, *cell))
    }
}

/// A queue's profile and level.
#[derive(Debug, Clone)]
pub(super) struct QueueFit {
    /// Cases of each slot of a week at level 1.
    pub(super) profile: Vec<f64>,
    /// The level to go on with.
    pub(super) level: f64,
    /// The first day that was learned from.
    pub(super) from: usize,
    /// Weight of each slot of the week: Σ g·L.
    pub(super) exposure: Vec<f64>,
    pub(super) holiday: HolidayFit,
}

/// What a holiday has.
#[derive(Debug, Clone)]
pub(super) struct HolidayFit {
    /// The total relative to the weekday's, for each weekday.
    ratio: [f64; WEEK],
    /// The share of each clock slot.
    shape: Vec<f64>,
    /// Holidays that it was learned from.
    pub(super) seen: usize,
}

impl QueueFit {
    /// What comes in a slot of a week, or on a holiday.
    pub(super) fn mean(&self, cell: usize, a_day: usize, is_holiday: bool) -> f64 {
        if !is_holiday {
            return self.level * at_of(&self.profile, cell);
        }
        let (weekday, clock_slot) = (cell / a_day.max(1), cell % a_day.max(1));
        let usual: f64 = day_of(&self.profile, weekday, a_day).iter().sum();
        let ratio = self.holiday.ratio.get(weekday).copied().unwrap_or(1.0);
        self.level * usual * ratio * at_of(&self.holiday.shape, clock_slot)
    }

    /// The relative variance of a holiday beyond that of another day.
    pub(super) fn holiday_variance(&self) -> f64 {
        HOLIDAY_SPREAD * HOLIDAY_SPREAD / (self.holiday.seen as f64 + HOLIDAY_PRIOR)
    }
}

pub(super) fn day_of(profile: &[f64], weekday: usize, a_day: usize) -> &[f64] {
    profile.get(weekday * a_day..(weekday + 1) * a_day).unwrap_or_default()
}

/// Learns from the days before `until`.
pub(super) fn fit(queue: &QueueSlots, axis: &Axis, until: usize, memory: &Memory) -> QueueFit {
    let from = until.saturating_sub(WEEKS_MAX * WEEK);
    let days = until - from;
    let cells = WEEK * axis.a_day;
    let mut levels = vec![1.0; days];
    let (mut profile, mut exposure) = (vec![0.0; cells], vec![0.0; cells]);
    let (mut ratios, mut level) = (Vec::new(), 1.0);
    for turn in 0..TURNS {
        let mut seen = vec![0.0; cells];
        exposure.fill(0.0);
        for (number, day_level) in levels.iter().enumerate() {
            let age = (days - 1 - number) / WEEK;
            let weight = memory.profile.powi(i32::try_from(age).unwrap_or(i32::MAX));
            for (at, cell) in axis.learned_of(from + number) {
                add(&mut seen, cell, weight * at_of(&queue.arrived, at));
                add(&mut exposure, cell, weight * day_level);
            }
        }
        profile = seen.iter().zip(&exposure).map(|(seen, of)| if *of > 0.0 { seen / of } else { 0.0 }).collect();
        shape(&mut profile, &seen, &exposure, axis.a_day, memory);
        ratios = day_ratios(queue, axis, from, days, &profile);
        if turn + 1 < TURNS {
            levels = smoothed(&ratios, 1.0 - memory.level);
        }
    }
    let (mut sum, mut weight) = (0.0, 0.0);
    for (ratio, day_weight) in &ratios {
        sum = sum * (1.0 - memory.level) + ratio * day_weight;
        weight = weight * (1.0 - memory.level) + day_weight;
    }
    if weight > 0.0 {
        level = sum / weight;
    }
    let holiday = holiday(queue, axis, until, &profile);
    QueueFit { profile, level, from, exposure, holiday }
}

/// What came on each day relative to the profile, and its weight.
fn day_ratios(queue: &QueueSlots, axis: &Axis, from: usize, days: usize, profile: &[f64]) -> Vec<(f64, f64)> {
    let one = |day: usize| {
        let (mut came, mut expected) = (0.0, 0.0);
        for (at, cell) in axis.learned_of(day) {
            came += at_of(&queue.arrived, at);
            expected += at_of(profile, cell);
        }
        if expected <= 0.0 {
            return (0.0, 0.0);
        }
        (came / expected, expected / (1.0 + DAY_OVERDISPERSION * expected))
    };
    (from..from + days).map(one).collect()
}

/// Smooths exponentially in both directions. A day without weight has the level of those around it.
fn smoothed(ratios: &[(f64, f64)], fall: f64) -> Vec<f64> {
    let pass = |ratios: &mut dyn Iterator<Item = &(f64, f64)>| -> Vec<(f64, f64)> {
        let mut before = (0.0, 0.0);
        ratios
            .map(|(ratio, weight)| {
                before = (before.0 * fall + ratio * weight, before.1 * fall + weight);
                before
            })
            .collect()
    };
    let forward = pass(&mut ratios.iter());
    let mut backward = pass(&mut ratios.iter().rev());
    backward.reverse();
    let both = forward.iter().zip(&backward).zip(ratios);
    both.map(|((before, after), (ratio, weight))| {
        let of = before.1 + after.1 - weight;
        if of > 1e-12 { ((before.0 + after.0 - ratio * weight) / of).max(1e-6) } else { 1.0 }
    })
    .collect()
}

/// Smooths a raw profile over neighbouring slots and draws working days to their common shape. Closed slots stay so.
fn shape(profile: &mut [f64], seen: &[f64], exposure: &[f64], a_day: usize, memory: &Memory) {
    let reach = memory.smoothed;
    if reach > 0 {
        for (day, came) in profile.chunks_mut(a_day).zip(seen.chunks(a_day)) {
            let before: f64 = day.iter().sum();
            let raw = day.to_vec();
            let is_open = |at: usize| came.get(at).is_some_and(|came| *came > 0.0);
            for (at, slot) in day.iter_mut().enumerate().filter(|(at, _)| is_open(*at)) {
                let (mut sum, mut weights) = (0.0, 0.0);
                for near in at.saturating_sub(reach)..=at + reach {
                    if is_open(near) && near < raw.len() {
                        let weight = (reach + 1 - near.abs_diff(at)) as f64;
                        sum += weight * at_of(&raw, near);
                        weights += weight;
                    }
                }
                *slot = sum / weights.max(1.0);
            }
            let after: f64 = day.iter().sum();
            if after > 0.0 {
                day.iter_mut().for_each(|slot| *slot *= before / after);
            }
        }
    }
    if memory.drawn <= 0.0 {
        return;
    }
    let mut common = vec![0.0; a_day];
    for day in profile.chunks(a_day).take(5) {
        common.iter_mut().zip(day).for_each(|(sum, slot)| *sum += slot);
    }
    let whole: f64 = common.iter().sum();
    if whole <= 0.0 {
        return;
    }
    let days = profile.chunks_mut(a_day).zip(seen.chunks(a_day)).zip(exposure.chunks(a_day)).take(5);
    for ((day, came), weight) in days {
        let total: f64 = day.iter().sum();
        for (((slot, common), came), weight) in day.iter_mut().zip(&common).zip(came).zip(weight) {
            let drawn = total * common / whole;
            if *came > 0.0 || drawn * weight < CLOSED_EXPECTED {
                *slot += memory.drawn * (drawn - *slot);
            }
        }
        let after: f64 = day.iter().sum();
        if after > 0.0 {
            day.iter_mut().for_each(|slot| *slot *= total / after);
        }
    }
}

fn holiday(queue: &QueueSlots, axis: &Axis, until: usize, profile: &[f64]) -> HolidayFit {
    let total = |weekday: usize| day_of(profile, weekday, axis.a_day).iter().sum::<f64>();
    let sunday = total(WEEK - 1);
    let prior = |weekday: usize| if total(weekday) > 0.0 { (sunday / total(weekday)).min(1.0) } else { 1.0 };
    let (mut ratios, mut seen) = (0.0, 0);
    let mut shape = vec![0.0; axis.a_day];
    let came = |day: usize| -> f64 { axis.slots_of(day).map(|at| at_of(&queue.arrived, at)).sum() };
    for day in (0..until).filter(|day| axis.holidays.get(*day) == Some(&true)) {
        let before = (1..=HOLIDAY_LOOK_BACK / WEEK).filter_map(|weeks| day.checked_sub(weeks * WEEK));
        let usual: Vec<f64> =
            before.filter(|day| axis.learned_of(*day).count() == axis.slots_of(*day).len()).map(came).collect();
        let mean = usual.iter().sum::<f64>() / usual.len().max(1) as f64;
        if mean > 0.0 {
            ratios += came(day) / mean;
            seen += 1;
        }
        for at in axis.slots_of(day) {
            let clock_slot = axis.cells.get(at).map_or(0, |cell| cell % axis.a_day);
            add(&mut shape, clock_slot, at_of(&queue.arrived, at));
        }
    }
    let mean_of = |weekday: usize| (ratios + HOLIDAY_PRIOR * prior(weekday)) / (seen as f64 + HOLIDAY_PRIOR);
    let alike = if sunday > 0.0 { WEEK - 1 } else { 0 };
    let usual = total(alike).max(1e-12);
    for (slot, share) in shape.iter_mut().zip(day_of(profile, alike, axis.a_day)) {
        *slot += HOLIDAY_SHAPE_PRIOR * share / usual;
    }
    let whole: f64 = shape.iter().sum();
    if whole > 0.0 {
        shape.iter_mut().for_each(|slot| *slot /= whole);
    }
    HolidayFit { ratio: std::array::from_fn(mean_of), shape, seen }
}
