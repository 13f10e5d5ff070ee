//! The weeks to come, played many times: demand, what the AI keeps, and handling time together.
//!
//! A path draws, in this order: what its week has in common (log-normal, with the spread that held-out weeks showed),
//! each day, each slot; of every intent a negative binomial around its mean; of every intent and day the share that the
//! AI keeps, from a beta distribution around a logit that moves for all intents at once; outages of the AI, which take
//! every intent's share down together (as often and as long as those on record; none where none is); and the handling
//! time of what is left, which depends on the share. Every draw is a function of the seed and of what it is for
//! ([`super::random`]), so that paths are the same on any number of threads, and one can be played alone.

use super::{
    days::LocalDay,
    handling::CASE_SPREAD,
    history::at_of,
    random::{Draws, Purpose},
    record::Record,
    rolling::Fit,
    spread::Spread,
};

/// What paths scatter by.
#[derive(Debug, Clone, Default)]
pub(super) struct Scatter {
    /// Of each queue, by how many weeks ahead: what a week and each of its days have in common.
    pub(super) queues: Vec<Vec<Spread>>,
    /// How far queues move together, from 0 to 1.
    pub(super) together: f64,
    /// The spread of a slot that all intents of a queue have in common.
    pub(super) slot: f64,
    /// The relative variance of an intent in a slot beside that.
    pub(super) intent: f64,
    /// Outages of the AI in a week, and how many slots each on record was long.
    pub(super) outages_a_week: f64,
    pub(super) outage_slots: Vec<usize>,
}

/// One path, slot by slot: each list has the slots of the first queue, then those of the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Cases that come.
    pub arrived: Vec<f32>,
    /// Those left to people.
    pub left: Vec<f32>,
    /// Seconds of people that those take.
    pub seconds: Vec<f32>,
}

/// The weeks to come, ready to be played.
#[derive(Debug)]
pub(super) struct Play<'a> {
    pub(super) record: &'a Record<'a>,
    pub(super) fit: &'a Fit,
    pub(super) scatter: &'a Scatter,
    pub(super) days: &'a [LocalDay],
    pub(super) seed: u64,
}

impl Play<'_> {
    fn slots(&self) -> usize {
        self.days.iter().map(|day| day.clock_slots.len()).sum()
    }

    fn is_holiday(&self, day: &LocalDay) -> bool {
        self.record.history.known.holidays.contains(&day.date)
    }

    /// Plays so many paths, on so many threads.
    pub(super) fn paths(&self, count: usize, threads: usize) -> Vec<Path> {
        // The mean of every intent in every slot, once for all paths.
        let a_day = self.record.axis.a_day;
        let means: Vec<Vec<f32>> = (self.record.history.series.iter().enumerate())
            .map(|(intent, series)| {
                let each = self.days.iter().flat_map(|day| {
                    let is_holiday = self.is_holiday(day);
                    let cells = day.clock_slots.iter().map(|slot| day.weekday * a_day + slot);
                    cells.map(move |cell| self.fit.arrived(intent, series.queue, cell, a_day, is_holiday) as f32)
                });
                each.collect()
            })
            .collect();
        let threads = threads.clamp(1, 64).min(count.max(1));
        let mut paths: Vec<Option<Path>> = vec![None; count];
        let each = count.div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            for (part, paths) in paths.chunks_mut(each).enumerate() {
                let means = &means;
                scope.spawn(move || {
                    for (number, path) in paths.iter_mut().enumerate() {
                        *path = Some(self.path(part * each + number, means));
                    }
                });
            }
        });
        paths.into_iter().flatten().collect()
    }

    fn path(&self, path: usize, means: &[Vec<f32>]) -> Path {
        let slots = self.slots();
        let queues = self.record.queues.len();
        let nothing = vec![0.0; slots * queues];
        let mut played = Path { arrived: nothing.clone(), left: nothing.clone(), seconds: nothing };
        let factors: Vec<Vec<f64>> = (0..queues).map(|queue| self.factors(path, queue)).collect();
        let out = self.outages(path, slots);
        let mut shock = Draws::new(self.seed, Purpose::Share, path, usize::MAX >> 32, 0);
        let spread = self.fit.shares.spread;
        let week = spread.week * shock.normal();
        let shocks: Vec<f64> = self.days.iter().map(|_| week + spread.day * shock.normal()).collect();
        let mut handling = Draws::new(self.seed, Purpose::Handling, path, usize::MAX >> 32, 0);
        let of_week = handling.factor(self.fit.handling.spread.week);
        let days: Vec<f64> =
            self.days.iter().map(|_| of_week * handling.factor(self.fit.handling.spread.day)).collect();
        let during_outage = self.fit.shares.outage.unwrap_or(0.0);
        for (intent, (series, means)) in self.record.history.series.iter().zip(means).enumerate() {
            let Some(factors) = factors.get(series.queue) else { continue };
            let mut draws = Draws::new(self.seed, Purpose::Demand, path, intent, 0);
            let mut slot = 0;
            for ((day, shock), taking) in self.days.iter().zip(&shocks).zip(&days) {
                let share = draws.share(self.fit.shares.share(intent, *shock), self.fit.shares.agreement);
                let usual = self.fit.handling.seconds(intent, share) * taking;
                let in_outage = self.fit.handling.seconds(intent, during_outage) * taking;
                for _ in &day.clock_slots {
                    let mean = means.get(slot).copied().map_or(0.0, f64::from) * at_of(factors, slot);
                    let arrived = draws.count(mean, self.scatter.intent);
                    if arrived > 0 {
                        let is_out = out.get(slot) == Some(&true);
                        let (share, seconds) = if is_out { (during_outage, in_outage) } else { (share, usual) };
                        let left = arrived - draws.binomial(arrived, share);
                        let at = series.queue * slots + slot;
                        put(&mut played.arrived, at, arrived as f64);
                        if left > 0 {
                            put(&mut played.left, at, left as f64);
                            put(&mut played.seconds, at, left as f64 * seconds * mean_of(&mut draws, left));
                        }
                    }
                    slot += 1;
                }
            }
        }
        played
    }

    /// What all intents of a queue have in common, slot by slot.
    fn factors(&self, path: usize, queue: usize) -> Vec<f64> {
        let weeks = self.scatter.queues.get(queue).map_or(&[][..], Vec::as_slice);
        let (all, own) = (self.scatter.together.sqrt(), (1.0 - self.scatter.together).max(0.0).sqrt());
        // All draw the same numbers for what they have in common.
        let mut common = Draws::new(self.seed, Purpose::Level, path, 0, 0);
        let mut alone = Draws::new(self.seed, Purpose::Day, path, queue, 0);
        let mut slots = Draws::new(self.seed, Purpose::Slot, path, queue, 0);
        let mut both = || all * common.normal() + own * alone.normal();
        let factor = |spread: f64, normal: f64| (spread * normal - spread * spread / 2.0).exp();
        // One for all weeks: a level that is too high now still is in weeks to come, and further off.
        let week = both();
        let holiday = self.fit.queues.get(queue).map_or(0.0, |fit| fit.holiday_variance().sqrt());
        let mut factors = Vec::with_capacity(self.slots());
        for (number, day) in self.days.iter().enumerate() {
            let spread = weeks.get(number / super::days::WEEK).copied().unwrap_or_default();
            let mut of_day = factor(spread.week, week) * factor(spread.day, both());
            let on_holiday = factor(holiday, both());
            if self.is_holiday(day) {
                of_day *= on_holiday;
            }
            factors.extend(day.clock_slots.iter().map(|_| of_day * slots.factor(self.scatter.slot)));
        }
        factors
    }

    /// Slots in which the AI is out, for all intents.
    fn outages(&self, path: usize, slots: usize) -> Vec<bool> {
        let mut out = vec![false; slots];
        let lengths = &self.scatter.outage_slots;
        if lengths.is_empty() || self.scatter.outages_a_week <= 0.0 {
            return out;
        }
        let mut draws = Draws::new(self.seed, Purpose::Outage, path, 0, 0);
        let weeks = self.days.len() as f64 / super::days::WEEK as f64;
        for _ in 0..draws.count(self.scatter.outages_a_week * weeks, 0.0).min(100) {
            let begins = (draws.uniform() * slots as f64) as usize;
            let which = (draws.uniform() * lengths.len() as f64) as usize;
            let length = lengths.get(which).copied().unwrap_or(1);
            out.iter_mut().skip(begins).take(length).for_each(|slot| *slot = true);
        }
        out
    }
}

/// The mean of so many handling times relative to their mean.
fn mean_of(draws: &mut Draws, cases: u64) -> f64 {
    let shape = cases as f64 / (CASE_SPREAD * CASE_SPREAD);
    draws.gamma(shape) / shape
}

fn put(values: &mut [f32], at: usize, more: f64) {
    if let Some(value) = values.get_mut(at) {
        *value += more as f32;
    }
}
