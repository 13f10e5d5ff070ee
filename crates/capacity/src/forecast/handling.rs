//! How long people take for what the AI leaves to them: a moving series on the log scale.
//!
//! `ln(mean seconds) = common + offset of the intent − γ·ln(1 − share kept)`: when the AI keeps more, what is left
//! takes longer ([`crate::flow::Difficulty`]). γ is fitted to days where its interval is narrow enough to say anything,
//! and assumed where not. What is common moves and is smoothed exponentially; offsets are drawn to 0 by the weight of a
//! few days.

use super::{
    ai_share::ShareFit,
    days::WEEK,
    history::{DemandHistory, at_of},
    profile::WEEKS_MAX,
    spread::{Smoothed, Spread, best_memory, split},
};
use crate::{
    basis::{Basis, ModelParameter},
    flow::Difficulty,
};

/// Seconds of a case where the record has none.
pub(super) const ASSUMED_SECONDS: f64 = 300.0;
/// The spread of one case's handling time relative to its mean, as that of an exponential (assumed).
pub(super) const CASE_SPREAD: f64 = 1.0;
const TURNS: usize = 3;
/// Cases by which an offset is drawn to 0.
const OFFSET_PRIOR: f64 = 10.0;
/// Half the width of γ's interval at most, for it to be taken from history.
const HALF_WIDTH_MAX: f64 = 0.15;
/// Days with numbers that γ is fitted to, at least.
const DAYS_MIN: usize = 28;
const CHOICES: [f64; 4] = [0.04, 0.08, 0.16, 0.32];

/// Handling time as it goes on.
#[derive(Debug, Clone)]
pub(super) struct HandlingFit {
    common: f64,
    offsets: Vec<f64>,
    difficulty: Difficulty,
    /// How what is common scatters around what was forecast.
    pub(super) spread: Spread,
    /// What it rests on: the handling time itself, and γ.
    pub(super) parameters: Vec<ModelParameter>,
}

impl HandlingFit {
    /// What handling time depends on the share by, with what that rests on.
    pub(super) fn difficulty(&self) -> Option<(Difficulty, ModelParameter)> {
        self.parameters.first().map(|exponent| (self.difficulty, exponent.clone()))
    }

    /// Mean seconds of what is left of an intent of which the AI keeps this share.
    pub(super) fn seconds(&self, intent: usize, share: f64) -> f64 {
        (self.common + at_of(&self.offsets, intent)).exp() * self.difficulty.handling_ratio(share.clamp(0.0, 0.999))
    }
}

/// γ: fitted to the days before `until`, or assumed.
pub(super) fn difficulty(history: &DemandHistory, shares: &ShareFit, until: usize) -> (Difficulty, ModelParameter) {
    let from = until.saturating_sub(WEEKS_MAX * WEEK);
    let mut points = Vec::new();
    for day in from..until {
        let (mut seconds, mut cases, mut share) = (0.0, 0.0, 0.0);
        for (number, series) in history.series.iter().enumerate() {
            let (sum, of) = series.handled.get(day).copied().unwrap_or_default();
            seconds += sum;
            cases += of;
            share += of * shares.past(number, day);
        }
        if cases > 0.0 && shares.common.is_some() {
            points.push((share / cases, seconds / cases));
        }
    }
    if points.len() >= DAYS_MIN
        && let Ok((fitted, parameter)) = Difficulty::fitted(&points, 0.95)
        && let Basis::Measured { low, high, .. } = parameter.basis
        && high - low <= 2.0 * HALF_WIDTH_MAX
        && (0.0..=1.0).contains(&fitted.exponent)
    {
        return (fitted, parameter);
    }
    Difficulty::assumed()
}

/// Learns from the days before `until`, given the share that the AI kept.
pub(super) fn fit(
    history: &DemandHistory,
    shares: &ShareFit,
    (difficulty, exponent): (Difficulty, ModelParameter),
    until: usize,
) -> HandlingFit {
    let from = until.saturating_sub(WEEKS_MAX * WEEK);
    // The logarithm as it were without AI, and its weight, by intent and day.
    let mut values = vec![vec![(0.0, 0.0); until - from]; history.series.len()];
    for (number, (series, values)) in history.series.iter().zip(&mut values).enumerate() {
        for (day, value) in (from..until).zip(values.iter_mut()) {
            let (seconds, cases) = series.handled.get(day).copied().unwrap_or_default();
            if cases > 0.0 && seconds > 0.0 {
                let share = shares.past(number, day).clamp(0.0, 0.999);
                *value = ((seconds / cases / difficulty.handling_ratio(share)).ln(), cases);
            }
        }
    }
    let sums = values.iter().flatten().fold((0.0, 0.0), |sum, (value, cases)| (sum.0 + value * cases, sum.1 + cases));
    let mut fit = HandlingFit {
        common: ASSUMED_SECONDS.ln(),
        offsets: vec![0.0; values.len()],
        difficulty,
        spread: Spread::default(),
        parameters: vec![exponent],
    };
    if sums.1 <= 0.0 {
        let why = "the record has no handling time";
        fit.parameters.push(ModelParameter::assumed("handling time without AI in seconds", ASSUMED_SECONDS, why));
        return fit;
    }
    let mut commons = vec![sums.0 / sums.1; until - from];
    let mut weights = vec![0.0; until - from];
    for _ in 0..TURNS {
        for (offset, values) in fit.offsets.iter_mut().zip(&values) {
            let each = values.iter().zip(&commons);
            let (sum, of) =
                each.fold((0.0, 0.0), |sum, ((value, w), common)| (sum.0 + w * (value - common), sum.1 + w));
            *offset = sum / (of + OFFSET_PRIOR);
        }
        for (day, (common, weight)) in commons.iter_mut().zip(&mut weights).enumerate() {
            let each = values.iter().zip(&fit.offsets).filter_map(|(values, o)| values.get(day).map(|v| (v, o)));
            let (sum, of) =
                each.fold((0.0, 0.0), |sum, ((value, w), offset)| (sum.0 + w * (value - offset), sum.1 + w));
            if of > 0.0 {
                (*common, *weight) = (sum / of, of);
            }
        }
    }
    let of_case = CASE_SPREAD * CASE_SPREAD;
    let days: Vec<(f64, f64, f64)> = commons
        .iter()
        .zip(&weights)
        .map(|(common, cases)| (*common, cases / (1.0 + 0.01 * cases), of_case / cases.max(1.0)))
        .collect();
    let (memory, forecasts) = best_memory(&days, &CHOICES, WEEK);
    let mut level = Smoothed::default();
    days.iter().for_each(|(value, weight, _)| level.take(*value, *weight, memory));
    fit.common = level.mean().unwrap_or(fit.common);
    fit.spread = split(&forecasts);
    // That of a day: what weeks and days scatter by, and the chance of its cases.
    let a_day = sums.1 / weights.iter().filter(|weight| **weight > 0.0).count().max(1) as f64;
    let half = 1.96 * (fit.spread.week.powi(2) + fit.spread.day.powi(2) + of_case / a_day.max(1.0)).sqrt();
    let basis = Basis::Measured {
        points: weights.iter().filter(|weight| **weight > 0.0).count(),
        low: (fit.common - half).exp(),
        high: (fit.common + half).exp(),
        confidence: 0.95,
    };
    let name = "handling time without AI in seconds";
    fit.parameters.push(ModelParameter { name, value: fit.common.exp(), basis });
    fit
}
