//! The record forecast again and again as it was known then: from each day of its weeks, by days before it alone.
//!
//! Weeks end with the record. For each of them memories are chosen by what came before it, and each of its days is an
//! origin, from which what comes after is forecast and held against what came.

use super::{
    ai_share::{self, ShareFit},
    band::HeldOut,
    days::WEEK,
    handling::{self, HandlingFit},
    history::at_of,
    intents::{self, IntentFit},
    profile::{self, Memory, QueueFit},
    random::{Draws, Purpose},
    record::{LEARNED_MIN, Record},
    tuning,
};
use crate::{ModelParameter, flow::Difficulty};

/// Weeks that are forecast again, at most.
const WEEKS_MAX: usize = 16;

/// Everything, as it goes on from a day.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    pub(super) queues: Vec<QueueFit>,
    pub(super) intents: IntentFit,
    pub(super) shares: ShareFit,
    pub(super) handling: HandlingFit,
}

impl Fit {
    pub(super) fn new(
        record: &Record<'_>,
        until: usize,
        memory: &Memory,
        difficulty: Option<(Difficulty, ModelParameter)>,
    ) -> Self {
        let queues: Vec<QueueFit> =
            record.queues.iter().map(|queue| profile::fit(queue, &record.axis, until, memory)).collect();
        let intents = intents::fit(record.history, &record.axis, &queues, until, memory);
        let shares = ai_share::fit(&record.shares, until);
        let difficulty = difficulty.unwrap_or_else(|| handling::difficulty(record.history, &shares, until));
        let handling = handling::fit(record.history, &shares, difficulty, until);
        Self { queues, intents, shares, handling }
    }

    /// What an intent has in a slot of the week.
    pub(super) fn arrived(&self, intent: usize, queue: usize, cell: usize, a_day: usize, is_holiday: bool) -> f64 {
        let Some(fit) = self.queues.get(queue) else { return 0.0 };
        let share = if is_holiday {
            at_of(&self.intents.shares, intent)
        } else {
            self.intents.cells.get(intent).map_or(0.0, |cells| at_of(cells, cell))
        };
        share * fit.mean(cell, a_day, is_holiday)
    }
}

/// What was forecast, and what came.
#[derive(Debug, Default)]
pub(super) struct HeldOuts {
    /// Slots of all queues, and of each queue.
    pub(super) arrived: Vec<Vec<HeldOut>>,
    /// The same of what was left to people.
    pub(super) left: Vec<Vec<HeldOut>>,
    /// Days of all queues, and of each.
    pub(super) days: Vec<Vec<HeldOut>>,
    /// Slots of intents, from some origins.
    pub(super) intents: Vec<Vec<HeldOut>>,
    /// Days of all: what the AI kept, and handling seconds, as forecast and as they were; and of how many.
    pub(super) shares: Vec<DayRatio>,
    pub(super) handling: Vec<DayRatio>,
    /// The first days of the weeks that were forecast.
    pub(super) weeks: Vec<usize>,
    /// The memory that is chosen by all of it.
    pub(super) memory: Option<Memory>,
}

/// A share, or a mean, of a day: as it was forecast and as it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DayRatio {
    pub(super) origin: usize,
    pub(super) day: usize,
    pub(super) forecast: f64,
    pub(super) was: f64,
    /// How many cases it is of.
    pub(super) of: f64,
}

impl HeldOuts {
    fn new(record: &Record<'_>) -> Self {
        let lists = vec![Vec::new(); record.queues.len() + 1];
        Self {
            arrived: lists.clone(),
            left: lists.clone(),
            days: lists,
            intents: vec![Vec::new(); record.history.series.len()],
            ..Self::default()
        }
    }

    /// Goes on with what comes after.
    fn extend(&mut self, after: Self) {
        let lists = |into: &mut Vec<Vec<HeldOut>>, from: Vec<Vec<HeldOut>>| {
            into.iter_mut().zip(from).for_each(|(into, from)| into.extend(from));
        };
        lists(&mut self.arrived, after.arrived);
        lists(&mut self.left, after.left);
        lists(&mut self.days, after.days);
        lists(&mut self.intents, after.intents);
        self.shares.extend(after.shares);
        self.handling.extend(after.handling);
        self.weeks.extend(after.weeks);
        self.memory = after.memory.or(self.memory);
    }
}

/// Forecasts the record again, `weeks` ahead. Each of its weeks is by itself, on so many threads at once.
pub(super) fn forecast_again(record: &Record<'_>, weeks: usize, threads: usize) -> HeldOuts {
    let until = record.history.day_count();
    let possible = (until.saturating_sub(LEARNED_MIN) / WEEK).min(WEEKS_MAX);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut parts: Vec<(usize, HeldOuts)> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                // Later weeks take longer and are begun first; the memory for what is to come is the first of all.
                let back = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if back > possible {
                    return done;
                }
                done.push((back, week_again(record, weeks, back)));
            }
        };
        let threads: Vec<_> = (0..threads.clamp(1, 64)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    });
    parts.sort_by_key(|(back, _)| std::cmp::Reverse(*back));
    let mut held = HeldOuts::new(record);
    parts.into_iter().for_each(|(_, part)| held.extend(part));
    held
}

/// Forecasts one week again, so many weeks back; the memory alone for the one that is to come.
fn week_again(record: &Record<'_>, weeks: usize, back: usize) -> HeldOuts {
    let until = record.history.day_count();
    let begins = until - back * WEEK;
    let memory = tuning::chosen(record, begins);
    let mut held = HeldOuts::new(record);
    if back == 0 {
        held.memory = Some(memory);
        return held;
    }
    held.weeks.push(begins);
    let mut difficulty = None;
    for origin in begins..(begins + WEEK).min(until + 1 - WEEK) {
        let fit = Fit::new(record, origin, &memory, difficulty.take());
        let of_origin = Origin { record, fit: &fit, origin, ends: (origin + weeks * WEEK).min(until) };
        of_origin.hold_out(&mut held, (origin - begins).is_multiple_of(3));
        difficulty = fit.handling.difficulty();
    }
    held
}

/// What is forecast from one day.
struct Origin<'a> {
    record: &'a Record<'a>,
    fit: &'a Fit,
    origin: usize,
    ends: usize,
}

impl Origin<'_> {
    fn hold_out(&self, held: &mut HeldOuts, with_intents: bool) {
        let (record, history) = (self.record, self.record.history);
        let count = record.queues.len();
        // The share that the AI keeps of each intent, and of how much of it people have to know.
        let shares: Vec<f64> = (0..history.series.len()).map(|intent| self.fit.shares.share(intent, 0.0)).collect();
        for day in self.origin..self.ends {
            let is_holiday = history.is_holiday(day);
            let mut sums = vec![(0.0, 0.0, 0.0); count + 1];
            let (mut whole, mut seconds, mut handled) = (true, 0.0, 0.0);
            let (mut kept, mut kept_of) = (0.0, 0.0);
            for at in history.slots_of(day) {
                if !history.is_learned(at) {
                    whole = false;
                    continue;
                }
                let cell = record.axis.cells.get(at).copied().unwrap_or_default();
                let mut queues = vec![(0.0, 0.0, 0.0, 0.0, true); count];
                for (intent, series) in history.series.iter().enumerate() {
                    let mean = self.fit.arrived(intent, series.queue, cell, record.axis.a_day, is_holiday);
                    let (came, share) = (at_of(&series.arrived, at), at_of(&shares, intent));
                    let Some(queue) = queues.get_mut(series.queue) else { continue };
                    let (slot_kept, slot_of) = (at_of(&series.kept, at), at_of(&series.kept_of, at));
                    *queue = (
                        queue.0 + mean,
                        queue.1 + came,
                        queue.2 + mean * (1.0 - share),
                        queue.3 + came - slot_kept,
                        queue.4 && (slot_of >= came || !record.shares.is_known),
                    );
                    kept += mean * share;
                    kept_of += mean;
                    seconds += mean * (1.0 - share) * self.fit.handling.seconds(intent, share);
                    handled += mean * (1.0 - share);
                    if let (true, Some(list)) = (with_intents, held.intents.get_mut(intent)) {
                        list.push(self.one(day, at, intent + 1_000, mean, came, 0.0));
                    }
                }
                let mut all = (0.0, 0.0, 0.0, 0.0, true, 0.0);
                for (number, queue) in queues.iter().enumerate() {
                    let extra = self.extra(number, is_holiday);
                    self.push(&mut held.arrived, number + 1, self.one(day, at, number + 1, queue.0, queue.1, extra));
                    if queue.4 {
                        self.push(&mut held.left, number + 1, self.one(day, at, number + 50, queue.2, queue.3, extra));
                    }
                    if let Some(sum) = sums.get_mut(number + 1) {
                        *sum = (sum.0 + queue.0, sum.1 + queue.1, extra);
                    }
                    all = (
                        all.0 + queue.0,
                        all.1 + queue.1,
                        all.2 + queue.2,
                        all.3 + queue.3,
                        all.4 && queue.4,
                        extra.max(all.5),
                    );
                }
                self.push(&mut held.arrived, 0, self.one(day, at, 0, all.0, all.1, all.5));
                if all.4 {
                    self.push(&mut held.left, 0, self.one(day, at, 49, all.2, all.3, all.5));
                }
                if let Some(sum) = sums.first_mut() {
                    *sum = (sum.0 + all.0, sum.1 + all.1, all.5);
                }
            }
            if whole {
                for (number, (mean, came, extra)) in sums.into_iter().enumerate() {
                    self.push(&mut held.days, number, self.one(day, day, number + 100, mean, came, extra));
                }
            }
            self.ratios(held, day, (kept, kept_of), (seconds, handled));
        }
    }

    fn ratios(&self, held: &mut HeldOuts, day: usize, share: (f64, f64), handling: (f64, f64)) {
        let (was_kept, of) = self.record.shares.of_day(day);
        let origin = self.origin;
        if of > 0.0 && share.1 > 0.0 {
            held.shares.push(DayRatio { origin, day, forecast: share.0 / share.1, was: was_kept / of, of });
        }
        let handled = self.record.history.series.iter().filter_map(|series| series.handled.get(day));
        let (seconds, cases) = handled.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        if cases > 0.0 && handling.1 > 0.0 {
            let forecast = handling.0 / handling.1;
            held.handling.push(DayRatio { origin, day, forecast, was: seconds / cases, of: cases });
        }
    }

    fn extra(&self, queue: usize, is_holiday: bool) -> f64 {
        if !is_holiday {
            return 0.0;
        }
        self.fit.queues.get(queue).map_or(0.0, QueueFit::holiday_variance)
    }

    fn push(&self, lists: &mut [Vec<HeldOut>], at: usize, one: HeldOut) {
        if let Some(list) = lists.get_mut(at) {
            list.push(one);
        }
    }

    fn one(&self, day: usize, at: usize, owner: usize, mean: f64, came: f64, extra: f64) -> HeldOut {
        let jitter = Draws::new(0, Purpose::Jitter, self.origin, owner, at).uniform() - 0.5;
        HeldOut { origin: self.origin, day, at, mean, came, extra, jitter }
    }
}
