//! What days are compared with: the mean of four weeks, for volumes by weekday, and how days scatter around it beyond
//! chance.

use super::days::WEEK;

/// Days that a baseline is learned from.
pub(crate) const BASELINE: usize = 4 * WEEK;
/// How much more days scatter around a baseline than within the weeks that it was learned from (assumed), since weeks
/// have something in common and the baseline is an estimate.
const WIDER: f64 = 1.5;
/// The spread at least.
const SPREAD_MIN: f64 = 0.02;

/// A day that is watched: what was counted, and of how much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    pub(crate) day: usize,
    pub(crate) weekday: usize,
    pub(crate) counted: f64,
    pub(crate) of: f64,
}

/// Whether what is counted is cases, which scatter as counts do, and whether weekdays differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nature {
    pub(crate) is_count: bool,
    pub(crate) by_weekday: bool,
}

/// The baseline of some days.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DayBaseline {
    pub(crate) rate: f64,
    pub(crate) weekdays: [f64; WEEK],
    pub(crate) spread: f64,
}

impl DayBaseline {
    /// That of these days; none where they say too little.
    pub(crate) fn new(nature: Nature, days: &[Watched]) -> Option<Self> {
        let counted: f64 = days.iter().map(|day| day.counted).sum();
        let of: f64 = days.iter().map(|day| day.of).sum();
        if counted <= 0.0 || of <= 0.0 {
            return None;
        }
        let rate = counted / of;
        let mut weekdays = [1.0; WEEK];
        if nature.by_weekday {
            for (weekday, factor) in weekdays.iter_mut().enumerate() {
                let same = days.iter().filter(|day| day.weekday == weekday);
                let (counted, of) = same.fold((0.0, 0.0), |sum, day| (sum.0 + day.counted, sum.1 + day.of));
                // A weekday that is closed expects next to nothing.
                *factor = if of > 0.0 { (counted / of / rate).max(1e-6) } else { 1.0 };
            }
        }
        let mut baseline = Self { rate, weekdays, spread: 0.0 };
        let (mut beyond, mut count) = (0.0, 0.0);
        for day in days {
            let (counted, expected) = baseline.expected(nature, day);
            if expected >= 5.0 {
                beyond += (counted.max(0.5) / expected).ln().powi(2) - 1.0 / expected;
                count += 1.0;
            }
        }
        let parameters = if nature.by_weekday { WEEK as f64 } else { 1.0 };
        if count <= parameters {
            return None;
        }
        baseline.spread = WIDER * (beyond / (count - parameters)).max(SPREAD_MIN * SPREAD_MIN).sqrt();
        Some(baseline)
    }

    /// What was counted and what was expected, in units that scatter as counts do.
    pub(crate) fn expected(&self, nature: Nature, day: &Watched) -> (f64, f64) {
        let usual = self.weekdays.get(day.weekday).copied().unwrap_or(1.0);
        if nature.is_count {
            (day.counted, self.rate * day.of * usual)
        } else {
            (day.counted / self.rate, day.of * usual)
        }
    }
}
