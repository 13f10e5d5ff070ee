//! Intervals that hold on weeks that were not learned from: split conformal prediction on counts made even.
//!
//! A count of mean μ with variance `μ + s·μ²` becomes, by `g(x) = 2·asinh(√(s·(x + ⅜)))/√s` (Anscombe's transform of
//! the negative binomial, 1948), a number that scatters about alike for every μ. The score of a slot is `g(x + u) −
//! g(μ)`, where u between −½ and ½ makes it continuous. An interval for a new slot lies between two quantiles of the
//! scores of weeks that were forecast as it is forecast, from days before them alone (Vovk, Gammerman and Shafer 2005;
//! Lei et al. 2018), later ones weighing more (Barber, Candès, Ramdas and Tibshirani, "Conformal prediction beyond
//! exchangeability", 2023). Slots of a week are not independent, so that it is weeks that are counted: with few of them
//! the normal quantile, widened as Student's would be, counts for one week more. How many miss the interval is followed
//! week by week, and the level asked for is moved against it (Gibbs and Candès, "Adaptive conformal inference under
//! distribution shift", arXiv 2106.00170).

use super::days::WEEK;

/// What the weight of a score falls to each day.
const DAY_WEIGHT: f64 = 0.985;
/// Relative variance at least, so that a series without any scatter keeps an interval.
const SPREAD_MIN: f64 = 1e-4;
/// Relative variance where no week was forecast yet (assumed).
const SPREAD_ASSUMED: f64 = 0.04;
/// Weeks that the normal quantile counts for.
const PRIOR_WEEKS: f64 = 0.5;
/// Scores of days and slots that tell as much as one that is independent would.
const SCORES_ALIKE: f64 = 60.0;
/// By how much the level asked for moves with the share that missed.
const ADAPTATION: f64 = 0.1;
/// Scores that are looked at, at most: later ones first.
const SCORES_MAX: usize = 60_000;

/// A slot, or a day, that was forecast from days before it alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HeldOut {
    /// The first day that was not known.
    pub(super) origin: usize,
    /// The day that it is of.
    pub(super) day: usize,
    /// The slot that it is of, or the day again.
    pub(super) at: usize,
    /// What was forecast.
    pub(super) mean: f64,
    /// What came.
    pub(super) came: f64,
    /// Relative variance known beforehand, as of a holiday.
    pub(super) extra: f64,
    /// Between −½ and ½.
    pub(super) jitter: f64,
}

impl HeldOut {
    /// How many weeks ahead it was forecast, from 0.
    pub(super) fn week(&self) -> usize {
        (self.day - self.origin) / WEEK
    }
}

/// What makes a mean an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Band {
    /// Relative variance.
    spread: f64,
    low: f64,
    high: f64,
}

fn even(value: f64, spread: f64) -> f64 {
    2.0 * (spread * (value + 0.375).max(0.0)).sqrt().asinh() / spread.sqrt()
}

fn uneven(value: f64, spread: f64) -> f64 {
    if value <= 0.0 {
        return 0.0;
    }
    (value * spread.sqrt() / 2.0).sinh().powi(2) / spread - 0.375
}

impl Band {
    /// The interval of a count: whole numbers, none below 0.
    pub(super) fn interval(&self, mean: f64, extra: f64) -> (f64, f64) {
        if mean <= 0.0 {
            return (0.0, 0.0);
        }
        let spread = self.spread + extra;
        let middle = even(mean, spread);
        let end = |z: f64| uneven(middle + z, spread).round().max(0.0);
        (end(self.low), end(self.high))
    }
}

/// The relative variance of what was forecast, beyond what counting alone scatters.
fn spread_of<'a>(seen: impl Iterator<Item = &'a HeldOut>) -> Option<f64> {
    let (mut beyond, mut squares) = (0.0, 0.0);
    for one in seen {
        let variance = (one.came - one.mean).powi(2) - one.mean;
        beyond += variance - one.extra * one.mean * one.mean;
        squares += one.mean * one.mean;
    }
    (squares > 0.0).then(|| (beyond / squares).clamp(SPREAD_MIN, 25.0))
}

/// The band for what is so many weeks ahead, by what was forecast of days before `until`, such that a share of `miss`
/// lies outside.
pub(super) fn calibrated(seen: &[HeldOut], until: usize, week: usize, miss: f64) -> Band {
    let is_known = |one: &&HeldOut| one.day < until && one.week() == week && one.mean > 0.0;
    let prior = normal_quantile(1.0 - miss / 2.0);
    let Some(spread) = spread_of(seen.iter().filter(is_known)) else {
        return Band { spread: SPREAD_ASSUMED, low: -prior, high: prior };
    };
    let mut scores: Vec<(f64, f64)> = seen
        .iter()
        .rev()
        .filter(is_known)
        .take(SCORES_MAX)
        .map(|one| {
            let spread = spread + one.extra;
            let weight = DAY_WEIGHT.powi(i32::try_from(until - one.day).unwrap_or(i32::MAX));
            (even(one.came + one.jitter, spread) - even(one.mean, spread), weight)
        })
        .collect();
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, last) = seen
        .iter()
        .filter(is_known)
        .fold((usize::MAX, 0), |(first, last), one| (first.min(one.day), last.max(one.day)));
    let weeks = (last + 1).saturating_sub(first) as f64 / WEEK as f64;
    let in_week = scores.len() as f64 / weeks.max(1.0);
    let wide = (1.0 + SCORES_ALIKE / (in_week * weeks).max(SCORES_ALIKE)).sqrt();
    let mixed = |seen: f64, prior: f64| (weeks * seen * wide + PRIOR_WEEKS * prior * wide) / (weeks + PRIOR_WEEKS);
    let whole: f64 = scores.iter().map(|(_, weight)| weight).sum();
    Band {
        spread,
        low: mixed(quantile(&scores, whole, miss / 2.0), -prior),
        high: mixed(quantile(&scores, whole, 1.0 - miss / 2.0), prior),
    }
}

/// The value below which so much of the weight lies, of values in order.
fn quantile(values: &[(f64, f64)], whole: f64, share: f64) -> f64 {
    let mut sum = 0.0;
    for (value, weight) in values {
        sum += weight;
        if sum >= share * whole {
            return *value;
        }
    }
    values.last().map_or(0.0, |(value, _)| *value)
}

/// How many of what was forecast from an origin lie within their intervals.
pub(super) fn covered(seen: &[HeldOut], band: &Band, origin: usize, week: usize) -> (f64, f64) {
    let of = seen.iter().filter(|one| one.origin == origin && one.week() == week && one.mean > 0.0);
    of.fold((0.0, 0.0), |(within, count), one| {
        let (low, high) = band.interval(one.mean, one.extra);
        (within + f64::from(u8::from((low..=high).contains(&one.came))), count + 1.0)
    })
}

/// How the share that is let outside was moved, week by week.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adapted {
    /// What is let outside where [`Adapted::MISS`] shall be on the whole.
    now: f64,
}

impl Default for Adapted {
    fn default() -> Self {
        Self { now: Self::MISS }
    }
}

impl Adapted {
    /// The share outside by which it is moved.
    pub(super) const MISS: f64 = 0.1;

    /// Takes a week in which so many missed.
    pub(super) fn take(&mut self, missed: f64) {
        self.now = (self.now + ADAPTATION * (Self::MISS - missed)).clamp(Self::MISS / 5.0, Self::MISS * 1.6);
    }

    /// What is let outside where `miss` shall be on the whole.
    pub(super) fn miss(&self, miss: f64) -> f64 {
        let odds = |share: f64| share / (1.0 - share);
        let moved = odds(miss) * odds(self.now) / odds(Self::MISS);
        moved / (1.0 + moved)
    }
}

/// The quantile of the normal distribution (Acklam's rational approximation, within 1.2e-9).
pub(super) fn normal_quantile(share: f64) -> f64 {
    let tail = |q: f64| {
        let above = ((((-7.784_894_002_430_293e-3 * q - 0.322_396_458_041_136_5) * q - 2.400_758_277_161_838) * q
            - 2.549_732_539_343_734)
            * q
            + 4.374_664_141_464_968)
            * q
            + 2.938_163_982_698_783;
        let below = (((7.784_695_709_041_462e-3 * q + 0.322_467_129_070_039_8) * q + 2.445_134_137_142_996) * q
            + 3.754_408_661_907_416)
            * q
            + 1.0;
        above / below
    };
    let share = share.clamp(1e-12, 1.0 - 1e-12);
    if share < 0.024_25 {
        return tail((-2.0 * share.ln()).sqrt());
    }
    if share > 1.0 - 0.024_25 {
        return -tail((-2.0 * (1.0 - share).ln()).sqrt());
    }
    let q = share - 0.5;
    let r = q * q;
    let above = (((((-39.696_830_286_653_76 * r + 220.946_098_424_520_5) * r - 275.928_510_446_968_7) * r
        + 138.357_751_867_269)
        * r
        - 30.664_798_066_147_16)
        * r
        + 2.506_628_277_459_239)
        * q;
    let below = ((((-54.476_098_798_224_06 * r + 161.585_836_858_040_9) * r - 155.698_979_859_886_6) * r
        + 66.801_311_887_719_72)
        * r
        - 13.280_681_552_885_72)
        * r
        + 1.0;
    above / below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        for (share, want) in [(0.5, 0.0), (0.95, 1.644_853_627), (0.975, 1.959_963_985), (0.001, -3.090_232_306)] {
            assert!((normal_quantile(share) - want).abs() < 1e-8, "{share}");
        }
    }

    #[test]
    fn a_transform_is_undone_and_intervals_are_nested() {
        for spread in [1e-4, 0.04, 1.0] {
            for value in [0.0, 0.3, 12.0, 1e6] {
                assert!((uneven(even(value, spread), spread) - value).abs() < 1e-6 * (1.0 + value));
            }
        }
        let wide = calibrated(&[], 0, 0, 0.05).interval(40.0, 0.0);
        let narrow = calibrated(&[], 0, 0, 0.2).interval(40.0, 0.0);
        assert!(wide.0 < narrow.0 && narrow.0 < 40.0 && narrow.1 > 40.0 && wide.1 > narrow.1);
    }
}
