//! Intervals of what a day has as a share or a mean: what the AI keeps, and handling time.
//!
//! As for counts ([`super::band`]), on the logit of a share and the logarithm of a time, whose variance is that of
//! chance plus what days scatter beside it.

use super::{
    band::{Adapted, normal_quantile},
    evaluation::IntervalCoverage,
    handling::CASE_SPREAD,
    rolling::DayRatio,
};

/// Days that the normal quantile counts for.
const PRIOR_DAYS: f64 = 14.0;
/// The spread beside chance where no day was forecast yet (assumed).
const SPREAD_ASSUMED: f64 = 0.15;

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Share,
    Time,
}

impl Kind {
    fn even(self, value: f64) -> f64 {
        match self {
            Self::Share => {
                let share = value.clamp(1e-6, 1.0 - 1e-6);
                (share / (1.0 - share)).ln()
            }
            Self::Time => value.max(1e-6).ln(),
        }
    }

    fn uneven(self, value: f64) -> f64 {
        match self {
            Self::Share => super::ai_share::logistic(value),
            Self::Time => value.exp(),
        }
    }

    /// The variance of chance.
    fn chance(self, forecast: f64, of: f64) -> f64 {
        match self {
            Self::Share => {
                let share = forecast.clamp(1e-3, 1.0 - 1e-3);
                1.0 / (of.max(1.0) * share * (1.0 - share))
            }
            Self::Time => CASE_SPREAD * CASE_SPREAD / of.max(1.0),
        }
    }
}

/// What makes a forecast an interval.
#[derive(Debug, Clone, Copy)]
pub(super) struct RatioBand {
    kind: Kind,
    variance: f64,
    low: f64,
    high: f64,
}

impl RatioBand {
    /// The interval of a day of so many cases.
    pub(super) fn interval(&self, forecast: f64, of: f64) -> (f64, f64) {
        let deviation = (self.variance + self.kind.chance(forecast, of)).sqrt();
        let middle = self.kind.even(forecast);
        (self.kind.uneven(middle + self.low * deviation), self.kind.uneven(middle + self.high * deviation))
    }
}

fn calibrated(seen: &[DayRatio], until: usize, kind: Kind, miss: f64) -> RatioBand {
    let errors: Vec<(f64, f64)> = (seen.iter().filter(|day| day.day < until))
        .map(|day| (kind.even(day.was) - kind.even(day.forecast), kind.chance(day.forecast, day.of)))
        .collect();
    let prior = normal_quantile(1.0 - miss / 2.0);
    if errors.is_empty() {
        return RatioBand { kind, variance: SPREAD_ASSUMED * SPREAD_ASSUMED, low: -prior, high: prior };
    }
    let beyond = errors.iter().map(|(error, chance)| error * error - chance).sum::<f64>() / errors.len() as f64;
    let variance = beyond.max(1e-6);
    let mut scores: Vec<f64> = errors.iter().map(|(error, chance)| error / (variance + chance).sqrt()).collect();
    scores.sort_by(f64::total_cmp);
    let count = scores.len() as f64;
    let quantile = |share: f64| scores.get(((share * count) as usize).min(scores.len() - 1)).copied().unwrap_or(0.0);
    let mixed = |seen: f64, prior: f64| (count * seen + PRIOR_DAYS * prior) / (count + PRIOR_DAYS);
    let (low, high) = (mixed(quantile(miss / 2.0), -prior), mixed(quantile(1.0 - miss / 2.0), prior));
    RatioBand { kind, variance, low: low.min(0.0), high: high.max(0.0) }
}

/// Follows days week by week; gives the band for days from `until` on, and how many lay within theirs.
pub(super) fn followed(
    seen: &[DayRatio],
    weeks: &[usize],
    until: usize,
    kind: Kind,
    miss: f64,
    of: &str,
) -> (RatioBand, IntervalCoverage) {
    let (mut moved, mut within, mut count) = (Adapted::default(), 0.0, 0.0);
    for origin in weeks {
        let held = |miss: f64| {
            let band = calibrated(seen, *origin, kind, miss);
            let days = seen.iter().filter(|day| day.origin == *origin && day.day < origin + super::days::WEEK);
            days.fold((0.0, 0.0), |(held, whole), day| {
                let (low, high) = band.interval(day.forecast, day.of);
                (held + f64::from(u8::from((low..=high).contains(&day.was))), whole + 1.0)
            })
        };
        let (held_of_week, whole) = held(moved.miss(Adapted::MISS));
        if whole > 0.0 {
            if super::evaluation::is_reported(*origin) {
                (within, count) = (within + held(moved.miss(miss)).0, count + whole);
            }
            moved.take(1.0 - held_of_week / whole);
        }
    }
    let within = if count > 0.0 { within / count } else { 0.0 };
    let coverage = IntervalCoverage { of: of.to_owned(), within, count: count as usize };
    (calibrated(seen, until, kind, moved.miss(miss)), coverage)
}
