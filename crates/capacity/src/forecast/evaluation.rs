//! How good the forecast was on weeks that were not learned from, beside what anybody can do by hand.
//!
//! Errors are weighted absolute percentage errors (WAPE): the sum of what was wrong over the sum of what came, by slot,
//! a week ahead. The baselines are the week before, and the mean of the four weeks before, slot by slot.

use super::{
    band::{Adapted, Band, HeldOut, calibrated, covered},
    days::WEEK,
    history::at_of,
    record::Record,
    rolling::HeldOuts,
};
use serde::Serialize;

/// Weeks that the second baseline is the mean of.
pub(super) const MEAN_WEEKS: usize = 4;

/// Errors a week ahead, by slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Errors {
    /// Of the forecast.
    pub wape: f64,
    /// Of taking the week before for it.
    pub last_week: f64,
    /// Of taking the mean of the four weeks before for it.
    pub four_week_mean: f64,
}

/// How many of what came lay within its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IntervalCoverage {
    /// Of what.
    pub of: String,
    /// The share within.
    pub within: f64,
    /// How many there were.
    pub count: usize,
}

/// What held-out weeks show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldOutEvaluation {
    /// Weeks that were forecast from days before them alone, and held against what came.
    pub weeks: usize,
    /// Errors of all queues together.
    pub all: Errors,
    /// Errors of each queue.
    pub queues: Vec<(String, Errors)>,
    /// Errors of intents, all sums together.
    pub intents: Errors,
    /// How many lay within their intervals.
    pub coverage: Vec<IntervalCoverage>,
}

/// A series that was forecast, with the share that its intervals now let outside.
pub(super) struct Followed {
    /// The share let outside in the week to come.
    pub(super) miss: f64,
    within: f64,
    count: f64,
}

impl Followed {
    /// The band for a week ahead, from the whole record.
    pub(super) fn band(&self, seen: &[HeldOut], until: usize, week: usize) -> Band {
        calibrated(seen, until, week, self.miss)
    }

    fn coverage(&self, of: String) -> IntervalCoverage {
        IntervalCoverage {
            of,
            within: if self.count > 0.0 { self.within / self.count } else { 0.0 },
            count: self.count as usize,
        }
    }
}

/// Follows a series week by week. What is let outside is moved by how many missed intervals of one level, and in odds
/// alike for every level, so that an interval of a higher level holds that of a lower one.
pub(super) fn followed(seen: &[HeldOut], weeks: &[usize], miss: f64) -> Followed {
    let mut moved = Adapted::default();
    let (mut reported_within, mut reported) = (0.0, 0.0);
    for origin in weeks {
        let (within, count) = covered(seen, &calibrated(seen, *origin, 0, moved.miss(Adapted::MISS)), *origin, 0);
        if count <= 0.0 {
            continue;
        }
        if is_reported(*origin) {
            let (within, _) = covered(seen, &calibrated(seen, *origin, 0, moved.miss(miss)), *origin, 0);
            reported_within += within;
            reported += count;
        }
        moved.take(1.0 - within / count);
    }
    Followed { miss: moved.miss(miss), within: reported_within, count: reported }
}

pub(super) fn is_reported(origin: usize) -> bool {
    origin >= MEAN_WEEKS * WEEK
}

/// Sums of absolute errors, ours and the baselines', and of what came.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    ours: f64,
    last: f64,
    mean: f64,
    came: f64,
}

impl Sums {
    fn errors(&self) -> Errors {
        let of = self.came.max(f64::MIN_POSITIVE);
        Errors { wape: self.ours / of, last_week: self.last / of, four_week_mean: self.mean / of }
    }

    fn take(&mut self, one: &HeldOut, before: &[f64]) {
        let last = before.first().copied().unwrap_or_default();
        let mean = before.iter().sum::<f64>() / before.len().max(1) as f64;
        self.ours += (one.came - one.mean).abs();
        self.last += (one.came - last).abs();
        self.mean += (one.came - mean).abs();
        self.came += one.came;
    }
}

/// Errors on the weeks that are reported.
pub(super) fn errors(record: &Record<'_>, held: &HeldOuts) -> (Errors, Vec<Errors>, Errors) {
    let sums = |seen: &[HeldOut], value: &dyn Fn(usize) -> f64, sums: &mut Sums| {
        let weekly = |one: &&HeldOut| is_reported(one.origin) && one.week() == 0 && held.weeks.contains(&one.origin);
        for one in seen.iter().filter(weekly) {
            sums.take(one, &before(record, one, value));
        }
    };
    let mut all = Sums::default();
    sums(held.arrived.first().map_or(&[], Vec::as_slice), &|at| record.came(at), &mut all);
    let queues = record.queues.iter().zip(held.arrived.iter().skip(1)).map(|(queue, seen)| {
        let mut of_queue = Sums::default();
        sums(seen, &|at| at_of(&queue.arrived, at), &mut of_queue);
        of_queue.errors()
    });
    let queues = queues.collect();
    let mut intents = Sums::default();
    for (series, seen) in record.history.series.iter().zip(&held.intents) {
        sums(seen, &|at| at_of(&series.arrived, at), &mut intents);
    }
    (all.errors(), queues, intents.errors())
}

/// What came in the same slot of the weeks before, the last first, gaps left out.
fn before(record: &Record<'_>, one: &HeldOut, value: &dyn Fn(usize) -> f64) -> Vec<f64> {
    let axis = &record.axis;
    let cell = axis.cells.get(one.at);
    let of_week = |weeks: usize| {
        let day = one.day.checked_sub(weeks * WEEK)?;
        let at = axis.slots_of(day).find(|at| axis.cells.get(*at) == cell)?;
        (record.history.gap.get(at) == Some(&false)).then(|| value(at))
    };
    (1..=MEAN_WEEKS).filter_map(of_week).collect()
}

/// What held-out weeks show, with how each series is followed: all and the queues, as they came and as they were left,
/// their days, and intents.
pub(super) struct Shown {
    pub(super) evaluation: HeldOutEvaluation,
    pub(super) arrived: Vec<Followed>,
    pub(super) left: Vec<Followed>,
    pub(super) days: Vec<Followed>,
    pub(super) intents: Vec<Followed>,
}

pub(super) fn shown(record: &Record<'_>, held: &HeldOuts, miss: f64) -> Shown {
    let follow = |lists: &[Vec<HeldOut>]| -> Vec<Followed> {
        lists.iter().map(|seen| followed(seen, &held.weeks, miss)).collect()
    };
    let (arrived, left, days) = (follow(&held.arrived), follow(&held.left), follow(&held.days));
    let intents = follow(&held.intents);
    let (all, queues, of_intents) = errors(record, held);
    let names = &record.history.queues;
    let mut coverage = Vec::new();
    let mut tell = |followed: &[Followed], what: &str| {
        for (number, followed) in followed.iter().enumerate() {
            let of = match number.checked_sub(1).and_then(|number| names.get(number)) {
                Some(queue) => format!("{what} of queue {queue}"),
                None => format!("{what} of all"),
            };
            coverage.push(followed.coverage(of));
        }
    };
    tell(&arrived, "slots");
    tell(&left, "slots left to people");
    tell(&days, "days");
    let pooled = intents.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.within, sum.1 + one.count));
    let pooled = Followed { miss, within: pooled.0, count: pooled.1 };
    coverage.push(pooled.coverage("slots of intents".to_owned()));
    let evaluation = HeldOutEvaluation {
        weeks: held.weeks.iter().filter(|origin| is_reported(**origin)).count(),
        all,
        queues: names.iter().cloned().zip(queues).collect(),
        intents: of_intents,
        coverage,
    };
    Shown { evaluation, arrived, left, days, intents }
}
