//! The share that the AI keeps: a moving series on the logit scale.
//!
//! Of an intent on a day it is `σ(offset + common)`: what all intents have in common on a day moves, and is smoothed
//! exponentially; an offset is the intent's own, drawn to that of all by a normal prior of spread 1. Counts scatter as
//! a beta-binomial does, with the agreement between two cases of an intent and day estimated by moments. Outages of the
//! AI are left out of learning, and have a share of their own, which is one for all intents.

use super::{
    days::WEEK,
    history::{DemandHistory, at_of},
    profile::WEEKS_MAX,
    spread::{Spread, best_memory, split},
};

/// Turns of what is common and what is an intent's own, and Newton's steps in each.
const TURNS: usize = 3;
const STEPS: usize = 4;
/// Variance of the prior of what is common of a day around that before it, and of offsets.
const DAY_PRIOR: f64 = 0.25;
const OFFSET_PRIOR: f64 = 1.0;
/// The agreement of two cases at most.
const AGREEMENT_MAX: f64 = 0.3;
/// Weights of a new day that are tried.
const CHOICES: [f64; 4] = [0.06, 0.12, 0.25, 0.5];

pub(super) fn logistic(value: f64) -> f64 {
    1.0 / (1.0 + (-value).exp())
}

/// Days of each intent: what the AI kept, and of how many, outside outages.
#[derive(Debug, Clone)]
pub(super) struct DayShares {
    days: Vec<Vec<(f64, f64)>>,
    outage: (f64, f64),
    /// Whether the record says anything of it.
    pub(super) is_known: bool,
}

impl DayShares {
    pub(super) fn new(history: &DemandHistory) -> Self {
        let mut outage = (0.0, 0.0);
        let mut days = Vec::with_capacity(history.series.len());
        for series in &history.series {
            let mut sums = Vec::with_capacity(history.day_count());
            for day in 0..history.day_count() {
                let (mut kept, mut of) = (0.0, 0.0);
                for at in history.slots_of(day) {
                    let (slot_kept, slot_of) = (at_of(&series.kept, at), at_of(&series.kept_of, at));
                    if history.outage.get(at) == Some(&true) {
                        outage = (outage.0 + slot_kept, outage.1 + slot_of);
                    } else {
                        (kept, of) = (kept + slot_kept, of + slot_of);
                    }
                }
                sums.push((kept, of));
            }
            days.push(sums);
        }
        let is_known = days.iter().flatten().any(|(_, of)| *of > 0.0);
        Self { days, outage, is_known }
    }

    /// What the AI kept of all on a day, and of how many.
    pub(super) fn of_day(&self, day: usize) -> (f64, f64) {
        let each = self.days.iter().filter_map(|days| days.get(day));
        each.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }
}

/// The share, as it goes on.
#[derive(Debug, Clone)]
pub(super) struct ShareFit {
    /// What is common, as it goes on; none where nothing is known of what the AI keeps.
    pub(super) common: Option<f64>,
    offsets: Vec<f64>,
    /// What is common of each day, from the first that was learned from.
    from: usize,
    commons: Vec<f64>,
    /// How what is common scatters around what was forecast.
    pub(super) spread: Spread,
    /// The correlation of two cases of an intent and day.
    pub(super) agreement: f64,
    /// The share during an outage, where one was seen.
    pub(super) outage: Option<f64>,
    /// The weight of a new day.
    pub(super) memory: f64,
}

impl ShareFit {
    /// The share of an intent, moved by `shock` on the logit scale.
    pub(super) fn share(&self, intent: usize, shock: f64) -> f64 {
        self.common.map_or(0.0, |common| logistic(common + at_of(&self.offsets, intent) + shock))
    }

    /// The share of an intent on a day that was learned from.
    pub(super) fn past(&self, intent: usize, day: usize) -> f64 {
        let common = day.checked_sub(self.from).and_then(|number| self.commons.get(number)).copied();
        common.filter(|_| self.common.is_some()).map_or(0.0, |common| logistic(common + at_of(&self.offsets, intent)))
    }
}

/// Learns from the days before `until`.
pub(super) fn fit(days: &DayShares, until: usize) -> ShareFit {
    let from = until.saturating_sub(WEEKS_MAX * WEEK);
    let window = |series: &Vec<(f64, f64)>| series.get(from..until).unwrap_or_default().to_vec();
    let series: Vec<Vec<(f64, f64)>> = days.days.iter().map(window).collect();
    let whole = series.iter().flatten().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let mut fit = ShareFit {
        common: None,
        offsets: vec![0.0; series.len()],
        from,
        commons: vec![0.0; until - from],
        spread: Spread::default(),
        agreement: 0.0,
        outage: (days.outage.1 > 0.0).then(|| days.outage.0 / days.outage.1),
        memory: 0.0,
    };
    if whole.1 <= 0.0 {
        return fit;
    }
    let start = ((whole.0 + 0.5) / (whole.1 - whole.0 + 0.5)).ln();
    fit.commons.fill(start);
    for _ in 0..TURNS {
        for (offset, days) in fit.offsets.iter_mut().zip(&series) {
            for _ in 0..STEPS {
                let (mut slope, mut curve) = (-*offset / OFFSET_PRIOR, 1.0 / OFFSET_PRIOR);
                for ((kept, of), common) in days.iter().zip(&fit.commons).filter(|((_, of), _)| *of > 0.0) {
                    let share = logistic(*offset + common);
                    slope += kept - of * share;
                    curve += of * share * (1.0 - share);
                }
                *offset = (*offset + (slope / curve).clamp(-2.0, 2.0)).clamp(-12.0, 12.0);
            }
        }
        let mut before = start;
        for (day, common) in fit.commons.iter_mut().enumerate() {
            for _ in 0..STEPS {
                let (mut slope, mut curve) = ((before - *common) / DAY_PRIOR, 1.0 / DAY_PRIOR);
                for (days, offset) in series.iter().zip(&fit.offsets) {
                    let Some((kept, of)) = days.get(day).filter(|(_, of)| *of > 0.0) else { continue };
                    let share = logistic(offset + *common);
                    slope += kept - of * share;
                    curve += of * share * (1.0 - share);
                }
                *common = (*common + (slope / curve).clamp(-2.0, 2.0)).clamp(-12.0, 12.0);
            }
            before = *common;
        }
    }
    scatter(&mut fit, &series);
    fit
}

/// What is common from here on, how it scatters, and how far cases agree.
fn scatter(fit: &mut ShareFit, series: &[Vec<(f64, f64)>]) {
    let (mut pearson, mut pairs, mut more) = (0.0, 0.0, 0.0);
    let mut values = Vec::with_capacity(fit.commons.len());
    for (day, common) in fit.commons.iter().enumerate() {
        let mut known = 0.0;
        for (days, offset) in series.iter().zip(&fit.offsets) {
            let Some((kept, of)) = days.get(day).filter(|(_, of)| *of > 0.0) else { continue };
            let share = logistic(offset + common);
            let variance = of * share * (1.0 - share);
            known += variance;
            if variance > 0.5 {
                pearson += (kept - of * share).powi(2) / variance;
                pairs += 1.0;
                more += of - 1.0;
            }
        }
        values.push((*common, known / (1.0 + 0.02 * known), 1.0 / known.max(1e-9)));
    }
    fit.agreement = if more > 0.0 { ((pearson - pairs) / more).clamp(0.0, AGREEMENT_MAX) } else { 0.0 };
    let (memory, forecasts) = best_memory(&values, &CHOICES, WEEK);
    let mut level = super::spread::Smoothed::default();
    values.iter().for_each(|(value, weight, _)| level.take(*value, *weight, memory));
    fit.spread = split(&forecasts);
    fit.memory = memory;
    fit.common = level.mean();
}
