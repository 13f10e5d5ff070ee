//! How a queue's demand is shared between its intents, so that they add up to it slot by slot.
//!
//! The level stands with the queue, where it is least noisy; an intent has a share of it, smoothed exponentially over
//! days (which is Teunter, Syntetos and Babai's estimate for intermittent demand where a day seldom has a case: demand
//! that ended fades out), and a profile of its own as far as its cases show one. A cell of the profile is that of the
//! queue times three ratios, of the intent's time of day, weekday and cell, each drawn to 1 by gamma's conjugate prior:
//! `(came + κ)/(expected + κ)`. So a sparse intent has its queue's profile. In the end intents are scaled, slot by
//! slot, to the queue: forecast proportions (Athanasopoulos, Ahmed and Hyndman, "Hierarchical forecasts for Australian
//! domestic tourism", 2009). Queues add up to all from below.

use super::{
    days::WEEK,
    history::{DemandHistory, add, at_of},
    profile::{Axis, Memory, QueueFit},
};

/// Cases by which a ratio of a time of day, and of a weekday, is drawn to 1.
const PART_PRIOR: f64 = 20.0;
/// Within these a ratio of one cell is drawn to 1, by how much cells differ beyond chance.
const CELL_PRIOR: std::ops::RangeInclusive<f64> = 4.0..=500.0;
/// Cases that an intent has at least, where none is left.
const LEAST: f64 = 1e-3;

/// The intents of all queues.
#[derive(Debug, Clone)]
pub(super) struct IntentFit {
    /// The share of each in its queue, on the whole.
    pub(super) shares: Vec<f64>,
    /// The share of each in its queue, for each slot of the week.
    pub(super) cells: Vec<Vec<f64>>,
}

/// Learns from the days before `until`, given the queues.
pub(super) fn fit(
    history: &DemandHistory,
    axis: &Axis,
    queues: &[QueueFit],
    until: usize,
    memory: &Memory,
) -> IntentFit {
    let count = WEEK * axis.a_day;
    let mut shares: Vec<f64> = history.series.iter().map(|one| recent(&one.arrived, axis, until, memory)).collect();
    let mut whole = vec![0.0; queues.len()];
    for (series, share) in history.series.iter().zip(&shares) {
        add(&mut whole, series.queue, *share);
    }
    for (series, share) in history.series.iter().zip(&mut shares) {
        *share /= at_of(&whole, series.queue).max(f64::MIN_POSITIVE);
    }
    let mut cells: Vec<Vec<f64>> = Vec::with_capacity(shares.len());
    let mut sums = vec![vec![0.0; count]; queues.len()];
    for (series, share) in history.series.iter().zip(&shares) {
        let Some(queue) = queues.get(series.queue) else { continue };
        let own = ratios(&series.arrived, axis, queue, *share, until, memory);
        // On the whole it has its share as it is lately, not as it was over the profile's memory.
        let (mut has, mut of) = (0.0, 0.0);
        for (own, profile) in own.iter().zip(&queue.profile) {
            has += own * profile;
            of += profile;
        }
        let scale = if has > 0.0 { share * of / has } else { 1.0 };
        let own: Vec<f64> = own.iter().map(|own| own * scale).collect();
        if let Some(sums) = sums.get_mut(series.queue) {
            sums.iter_mut().zip(&own).for_each(|(sum, own)| *sum += own);
        }
        cells.push(own);
    }
    for (series, own) in history.series.iter().zip(&mut cells) {
        if let Some(sums) = sums.get(series.queue) {
            own.iter_mut().zip(sums).for_each(|(own, sum)| *own /= sum.max(f64::MIN_POSITIVE));
        }
    }
    IntentFit { shares, cells }
}

/// Cases of the last days, weighted exponentially.
fn recent(arrived: &[f64], axis: &Axis, until: usize, memory: &Memory) -> f64 {
    let from = until.saturating_sub(super::profile::WEEKS_MAX * WEEK);
    let mut sum = 0.0;
    for day in from..until {
        let came: f64 = axis.learned_of(day).map(|(at, _)| at_of(arrived, at)).sum();
        sum = sum * (1.0 - memory.shares) + came;
    }
    sum + LEAST
}

/// The share of an intent in each slot of the week, before all are scaled to their queue.
fn ratios(arrived: &[f64], axis: &Axis, queue: &QueueFit, share: f64, until: usize, memory: &Memory) -> Vec<f64> {
    let count = queue.profile.len();
    let mut came = vec![0.0; count];
    let days = until - queue.from;
    for number in 0..days {
        let age = (days - 1 - number) / WEEK;
        let weight = memory.profile.powi(i32::try_from(age).unwrap_or(i32::MAX));
        for (at, cell) in axis.learned_of(queue.from + number) {
            add(&mut came, cell, weight * at_of(arrived, at));
        }
    }
    let mut expected: Vec<f64> = queue.profile.iter().zip(&queue.exposure).map(|(mean, of)| mean * of).collect();
    let scale = came.iter().sum::<f64>().max(LEAST) / expected.iter().sum::<f64>().max(LEAST);
    expected.iter_mut().for_each(|mean| *mean *= scale);
    let mut ratio = vec![share; count];
    let draw = |ratio: &mut [f64], expected: &mut [f64], part: &dyn Fn(usize) -> usize, parts: usize, prior: f64| {
        let (mut sum, mut mean) = (vec![0.0; parts], vec![0.0; parts]);
        for (cell, (came, expected)) in came.iter().zip(expected.iter()).enumerate() {
            add(&mut sum, part(cell), *came);
            add(&mut mean, part(cell), *expected);
        }
        for (cell, (ratio, expected)) in ratio.iter_mut().zip(expected.iter_mut()).enumerate() {
            let drawn = (at_of(&sum, part(cell)) + prior) / (at_of(&mean, part(cell)) + prior);
            *ratio *= drawn;
            *expected *= drawn;
        }
    };
    let a_day = axis.a_day.max(1);
    draw(&mut ratio, &mut expected, &|cell| cell % a_day, a_day, PART_PRIOR);
    draw(&mut ratio, &mut expected, &|cell| cell / a_day, WEEK, PART_PRIOR);
    // How much cells differ beyond chance: 1/κ, by moments.
    let (mut beyond, mut squares) = (0.0, 0.0);
    for (came, mean) in came.iter().zip(&expected) {
        beyond += (came - mean).powi(2) - mean;
        squares += mean * mean;
    }
    let prior = if beyond > 0.0 { squares / beyond } else { f64::INFINITY };
    draw(&mut ratio, &mut expected, &|cell| cell, count, prior.clamp(*CELL_PRIOR.start(), *CELL_PRIOR.end()));
    ratio
}
