//! Levels of a queue: learned from days, and left by days.

use crate::{
    Uncomputable,
    evidence::Drift,
    forecast::{BASELINE, DayBaseline, Interval, Nature, Watched},
};
use serde::Serialize;

/// Days that are predicted at once.
pub const PREDICTED_DAYS: i64 = 28;
/// Standard deviations on each side of an interval that holds 90 %.
const NINETY: f64 = 1.645;
/// By how many standard deviations a day counts as having been off at most, so that a single one, such as a holiday,
/// moves nothing by itself.
const OFF_MAX: f64 = 2.5;
/// What is expected of a day at least for it to say anything.
const EXPECTED_MIN: f64 = 0.5;
/// What must have been counted in four weeks for a level to be learned.
const COUNTED_MIN: f64 = 28.0;

/// What of a queue is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Cases that come in a day.
    Volume,
    /// The share of them that AI keeps.
    AiShare,
    /// Seconds that people take for each of the others.
    HandlingTime,
    /// The share whose customers come back.
    Recontact,
    /// The share of those left to people whose customers give up.
    Abandonment,
}

/// A day of a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DayCount {
    /// Days since 1970.
    pub day: i64,
    /// Cases that came.
    pub arrived: f64,
    /// Those of them that AI kept.
    pub kept: f64,
    /// Seconds that people took for the others together.
    pub handled_seconds: f64,
    /// Those whose customers came back.
    pub recontacts: f64,
    /// Those of the others whose customers gave up.
    pub abandoned: f64,
}

impl DayCount {
    /// Cases that were left to people.
    pub fn left(&self) -> f64 {
        self.arrived - self.kept
    }
}

/// A level, with what it was learned from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// Cases a day, a share, or seconds.
    pub level: f64,
    /// What each weekday has of it, from Monday on.
    pub weekdays: [f64; 7],
    /// How days scatter beyond chance: the standard deviation of their logarithm.
    pub spread: f64,
    /// The first day that it was learned from, in days since 1970.
    pub from: i64,
    /// The last.
    pub to: i64,
}

/// A level that was left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MovedLevel {
    /// Whether it went up.
    pub is_up: bool,
    /// The first day of the new one, most likely.
    pub since: i64,
    /// The day after which it was sure.
    pub found: i64,
    /// Without a change, evidence as strong comes once in so many days in the mean, at most.
    pub once_in_days: f64,
    /// The new one, with its interval of 90 %.
    pub after: Interval,
    /// Days that it rests on.
    pub days: f64,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Volume, Self::AiShare, Self::HandlingTime, Self::Recontact, Self::Abandonment];

    fn nature(self) -> Nature {
        Nature { is_count: self != Self::HandlingTime, by_weekday: self == Self::Volume }
    }

    /// A day as it is watched; none where there is nothing to watch.
    fn watched(self, day: &DayCount) -> Option<Watched> {
        let (counted, of) = match self {
            Self::Volume => (day.arrived, 1.0),
            Self::AiShare => (day.kept, day.arrived),
            Self::HandlingTime => (day.handled_seconds, day.left()),
            Self::Recontact => (day.recontacts, day.arrived),
            Self::Abandonment => (day.abandoned, day.left()),
        };
        // The first of January 1970 was a Thursday.
        let weekday = usize::try_from((day.day + 3).rem_euclid(7)).unwrap_or_default();
        (of > 0.0).then_some(Watched { day: 0, weekday, counted, of })
    }
}

impl Baseline {
    fn at(&self, level: f64) -> DayBaseline {
        DayBaseline { rate: level, weekdays: self.weekdays, spread: self.spread }
    }

    /// The same on another level, known by some days.
    #[must_use]
    pub fn moved_to(&self, level: f64, from: i64, to: i64) -> Self {
        Self { level, from, to, ..*self }
    }
}

/// The baseline of the last four weeks of these days; none where they are fewer, or say too little.
pub fn learned(measure: Measure, days: &[DayCount]) -> Option<Baseline> {
    let last = days.get(days.len().checked_sub(BASELINE)?..)?;
    let (first, end) = (last.first()?, last.last()?);
    let watched: Vec<Watched> = last.iter().filter_map(|day| measure.watched(day)).collect();
    let counted: f64 = watched.iter().map(|day| if measure.nature().is_count { day.counted } else { day.of }).sum();
    if counted < COUNTED_MIN {
        return None;
    }
    let learned = DayBaseline::new(measure.nature(), &watched)?;
    let DayBaseline { rate, weekdays, spread } = learned;
    Some(Baseline { level: rate, weekdays, spread, from: first.day, to: end.day })
}

/// Whether days, in their order, have left a level of a baseline.
///
/// # Errors
/// When a number is none.
pub fn moved(
    measure: Measure,
    baseline: &Baseline,
    level: f64,
    days: &[DayCount],
) -> Result<Option<MovedLevel>, Uncomputable> {
    let (nature, usual) = (measure.nature(), baseline.at(level));
    let mut drift = Drift::new(baseline.spread, Drift::SHIFT, Drift::ALARM_DAYS)?;
    let mut seen: Vec<(i64, f64, f64)> = Vec::new();
    for day in days {
        let Some(watched) = measure.watched(day) else { continue };
        let (counted, expected) = usual.expected(nature, &watched);
        if expected < EXPECTED_MIN {
            continue;
        }
        seen.push((day.day, counted, expected));
        let off = (OFF_MAX * (baseline.spread.powi(2) + 1.0 / expected).sqrt()).exp();
        let Some(alarm) = drift.observe(counted.clamp(expected / off, expected * off), expected)? else { continue };
        let first = usize::try_from(alarm.since_day).unwrap_or(1).saturating_sub(1);
        let since = seen.get(first).map_or(day.day, |seen| seen.0);
        let of_new = seen.get(first..).unwrap_or_default();
        let (came, expected) = of_new.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.1, sum.1 + one.2));
        let (count, ratio) = (of_new.len().max(1) as f64, came.max(EXPECTED_MIN) / expected.max(f64::MIN_POSITIVE));
        // Weekdays are known by four days each, and the first of the days is where they look most like a shift.
        let doubt = 1.25 * (1.0 + 1.0 / count);
        let scatter = (doubt * (baseline.spread.powi(2) / count + 1.0 / came.max(EXPECTED_MIN))).sqrt();
        return Ok(Some(MovedLevel {
            is_up: alarm.is_up,
            since,
            found: day.day,
            once_in_days: alarm.evidence.exp().min(1e9),
            after: around(measure, level * ratio, scatter),
            days: count,
        }));
    }
    Ok(None)
}

/// The level of the four weeks after a shift, with its interval of 90 %: how well the new level is known, and how four
/// weeks scatter around it.
pub fn predicted(measure: Measure, baseline: &Baseline, moved: &MovedLevel) -> Interval {
    let mean = moved.after.mean;
    let known = (moved.after.high / mean.max(f64::MIN_POSITIVE)).max(1.0).ln() / NINETY;
    let ahead = PREDICTED_DAYS as f64;
    let in_four_weeks = baseline.spread.powi(2) / ahead + (known.powi(2) * moved.days / ahead).min(1.0);
    around(measure, mean, (known.powi(2) + in_four_weeks).sqrt())
}

/// The level of some days, by the weekdays of a baseline; none where they have nothing.
pub fn level_of(measure: Measure, baseline: &Baseline, days: &[DayCount]) -> Option<f64> {
    let (nature, usual) = (measure.nature(), baseline.at(baseline.level));
    let (mut came, mut expected) = (0.0, 0.0);
    for watched in days.iter().filter_map(|day| measure.watched(day)) {
        let (counted, of_day) = usual.expected(nature, &watched);
        (came, expected) = (came + counted, expected + of_day);
    }
    (expected > 0.0).then(|| baseline.level * came / expected)
}

fn around(measure: Measure, mean: f64, scatter: f64) -> Interval {
    let most = match measure {
        Measure::Volume | Measure::HandlingTime => f64::INFINITY,
        Measure::AiShare | Measure::Recontact | Measure::Abandonment => 1.0,
    };
    let off = (NINETY * scatter).exp();
    Interval { mean: mean.min(most), low: (mean / off).min(most), high: (mean * off).min(most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// splitmix64, and what is made of it: the same numbers every time.
    struct Chance(u64);

    impl Chance {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) as f64 + 1.0) / (u64::MAX as f64 + 2.0)
        }

        fn normal(&mut self) -> f64 {
            (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
        }

        fn count(&mut self, mean: f64) -> f64 {
            (mean + mean.sqrt() * self.normal()).round().max(0.0)
        }

        /// A day of about so many cases, of which AI keeps a share, and people take so long for the others.
        fn day(&mut self, day: i64, cases: f64, share: f64, seconds: f64) -> DayCount {
            let weekly = if day.rem_euclid(7) < 2 { 0.5 } else { 1.2 };
            let off = (0.05 * self.normal()).exp();
            let arrived = self.count(cases * weekly * off);
            let kept = (arrived * share + (arrived * share * (1.0 - share)).sqrt() * self.normal()).round();
            let kept = kept.clamp(0.0, arrived);
            let handled_seconds = (arrived - kept) * seconds * (0.05 * self.normal()).exp();
            let (recontacts, abandoned) = (self.count(arrived * 0.1).min(arrived), self.count(arrived * 0.05));
            DayCount { day, arrived, kept, handled_seconds, recontacts, abandoned: abandoned.min(arrived - kept) }
        }

        fn days(&mut self, from: i64, count: i64, cases: f64, share: f64, seconds: f64) -> Vec<DayCount> {
            (from..from + count).map(|day| self.day(day, cases, share, seconds)).collect()
        }
    }

    fn watch(measure: Measure, first: &[DayCount], then: &[DayCount]) -> Option<MovedLevel> {
        let baseline = learned(measure, first).unwrap();
        moved(measure, &baseline, baseline.level, then).unwrap()
    }

    #[test]
    fn a_shift_is_found_in_what_moved_and_in_nothing_else_with_when_it_began() {
        let mut chance = Chance(3);
        let first = chance.days(0, 28, 400.0, 0.5, 300.0);
        for (what, cases, share, seconds) in [
            (Measure::Volume, 540.0, 0.5, 300.0),
            (Measure::AiShare, 400.0, 0.35, 300.0),
            (Measure::HandlingTime, 400.0, 0.5, 400.0),
        ] {
            let mut then = chance.days(28, 20, 400.0, 0.5, 300.0);
            then.extend(chance.days(48, 30, cases, share, seconds));
            for measure in [Measure::Volume, Measure::AiShare, Measure::HandlingTime] {
                let found = watch(measure, &first, &then);
                if measure != what {
                    assert!(found.is_none(), "{what:?} moved, and {measure:?} is told: {found:?}");
                    continue;
                }
                let found = found.unwrap();
                assert!((46..=50).contains(&found.since) && found.found - found.since < 14, "{what:?} {found:?}");
                assert_eq!(found.is_up, what != Measure::AiShare);
                assert!(found.once_in_days >= Drift::ALARM_DAYS && found.after.low < found.after.high, "{found:?}");
            }
        }
    }

    #[test]
    fn where_nothing_moves_an_alarm_is_rare_and_a_holiday_alone_is_none() {
        let (mut alarms, mut days) = (0, 0);
        for seed in 0..60 {
            let mut chance = Chance(1_000 + seed);
            let first = chance.days(0, 28, 300.0, 0.4, 240.0);
            let mut then = chance.days(28, 180, 300.0, 0.4, 240.0);
            for holiday in [40, 110] {
                then[holiday].arrived = 40.0;
                then[holiday].kept = 16.0;
            }
            alarms += Measure::ALL.iter().filter(|measure| watch(**measure, &first, &then).is_some()).count();
            days += 180 * Measure::ALL.len();
        }
        let between = days / alarms.max(1);
        assert!(between >= 365, "one in {between} days of a measure, {alarms} in all");
    }

    #[test]
    fn what_is_predicted_holds_about_as_often_as_it_says() {
        let (mut held, mut all) = (0, 0);
        for seed in 0..400 {
            let mut chance = Chance(500_000 + seed);
            let first = chance.days(0, 28, 300.0, 0.4, 240.0);
            let then = chance.days(28, 40, 420.0, 0.4, 240.0);
            let baseline = learned(Measure::Volume, &first).unwrap();
            let found = moved(Measure::Volume, &baseline, baseline.level, &then).unwrap().unwrap();
            let prediction = predicted(Measure::Volume, &baseline, &found);
            let came = chance.days(found.found + 1, PREDICTED_DAYS, 420.0, 0.4, 240.0);
            let came = level_of(Measure::Volume, &baseline, &came).unwrap();
            held += u32::from((prediction.low..=prediction.high).contains(&came));
            all += 1;
        }
        // Nine in ten, within three standard deviations of chance.
        assert!((342..=378).contains(&held), "{held} of {all}");
    }

    #[test]
    fn too_little_is_no_baseline_and_a_day_without_any_is_answered() {
        let mut chance = Chance(5);
        let days = chance.days(0, 28, 100.0, 0.5, 60.0);
        assert_eq!(learned(Measure::Volume, &days[..27]), None);
        let none: Vec<DayCount> = (0..28).map(|day| DayCount { day, ..DayCount::default() }).collect();
        assert!(Measure::ALL.iter().all(|measure| learned(*measure, &none).is_none()));
        let baseline = learned(Measure::Volume, &days).unwrap();
        let gone = moved(Measure::Volume, &baseline, baseline.level, &none).unwrap().unwrap();
        assert!(!gone.is_up && gone.after.mean.is_finite() && gone.after.mean < 1.0, "{gone:?}");
        let there = predicted(Measure::Volume, &baseline, &gone);
        assert!(there.low.is_finite() && there.high.is_finite() && there.low <= there.high, "{there:?}");
        assert_eq!(level_of(Measure::Volume, &baseline, &[]), None);
    }
}
