//! Whether a volume still follows its forecast, day after day.
//!
//! `z = ln(x/forecast) + σ²/2`, where x is of a mean of the forecast and a log-normal spread σ from day to day beyond
//! what base alone scatters: `s² = σ² + 1/forecast`. For a shift by a factor e^d the ratio of a day is
//! `L = exp((d/s²)·(z − d/2))`, and the e-SR `M ← L·(M + 1)` alarms at M ≥ a (Shin, Ramdas and Rinaldo, arXiv
//! 2203.03532): without a shift, every a days in the mean at most. Two of them look upward and downward. Where the
//! spread is left out, days that scatter as days do are taken for a shift within a week.

use super::e_process::ln_plus_one;
use crate::uncomputable::{Uncomputable, positive};

/// Counts below this are taken for it, since a day without any has no logarithm.
const COUNT_MIN: f64 = 0.5;

/// A detector of a shift.
#[derive(Debug, Clone)]
pub struct Drift {
    spread: f64,
    shift: f64,
    alarm: f64,
    up: Direction,
    down: Direction,
    days: u64,
}

#[derive(Debug, Clone, Copy)]
struct Direction {
    /// ln M.
    shiryaev_roberts: f64,
    /// The sum of ln L since it was last below 0, and the day after which that was: where the change most likely is.
    cusum: f64,
    since: u64,
}

/// A shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alarm {
    /// Whether more comes than was forecast.
    pub is_up: bool,
    /// ln M.
    pub evidence: f64,
    /// The first day of the shift, most likely, counted from 1.
    pub since_day: u64,
}

impl Drift {
    /// The shift that is looked for by default: 12 %.
    pub const SHIFT: f64 = 1.12;
    /// Days between two false alarms in the mean, at least, by default.
    pub const ALARM_DAYS: f64 = 365.0;

    /// A detector, given the spread σ of the logarithm from day to day beyond base, the factor that is looked for
    /// (up, and its inverse down), and how many days there are at least between two false alarms in the mean.
    ///
    /// # Errors
    /// When a number is out of bounds.
    pub fn new(spread: f64, factor: f64, alarm_days: f64) -> Result<Self, Uncomputable> {
        crate::uncomputable::not_negative("the spread from day to day", spread)?;
        positive("the factor", factor)?;
        if !(1.001..=100.0).contains(&factor) {
            let cure = "it must be from 1.001 to 100: what counts as a shift upward; its inverse is looked for as well";
            return Err(Uncomputable::Input { what: "the factor", value: factor, cure });
        }
        if !(1.0..=1e9).contains(&alarm_days) {
            let cure = "it must be a number of days from 1 on";
            return Err(Uncomputable::Input { what: "the time between false alarms", value: alarm_days, cure });
        }
        let begin = Direction { shiryaev_roberts: f64::NEG_INFINITY, cusum: 0.0, since: 0 };
        Ok(Self { spread, shift: factor.ln(), alarm: alarm_days.ln(), up: begin, down: begin, days: 0 })
    }

    /// Takes a day, and gives the alarm if there is one. After an alarm it goes on; begin anew with a new forecast.
    ///
    /// # Errors
    /// When the count is below 0 or the forecast not above it.
    pub fn observe(&mut self, count: f64, forecast: f64) -> Result<Option<Alarm>, Uncomputable> {
        crate::uncomputable::not_negative("the count of a day", count)?;
        positive("the forecast of a day", forecast)?;
        self.days += 1;
        let variance = self.spread * self.spread;
        let z = (count.max(COUNT_MIN) / forecast).ln() + variance / 2.0;
        let scatter = variance + 1.0 / forecast;
        let (shift, days) = (self.shift, self.days);
        let follow = |direction: &mut Direction, shift: f64| {
            let ratio = shift / scatter * (z - shift / 2.0);
            direction.shiryaev_roberts = ratio + ln_plus_one(direction.shiryaev_roberts);
            direction.cusum += ratio;
            if direction.cusum <= 0.0 {
                (direction.cusum, direction.since) = (0.0, days);
            }
        };
        follow(&mut self.up, shift);
        follow(&mut self.down, -shift);
        let (direction, is_up) =
            if self.up.shiryaev_roberts >= self.down.shiryaev_roberts { (self.up, true) } else { (self.down, false) };
        let evidence = direction.shiryaev_roberts;
        Ok((evidence >= self.alarm).then_some(Alarm { is_up, evidence, since_day: direction.since + 1 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// splitmix64 and Box and Muller: the same numbers every time.
    struct Normal(u64);

    impl Normal {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) as f64 + 1.0) / (u64::MAX as f64 + 2.0)
        }

        fn draw(&mut self) -> f64 {
            (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
        }
    }

    /// Days until an alarm with a volume of `factor` times the forecast, each of 400 times; 2,000 at most.
    fn delays(factor: f64, spread: f64, told: f64) -> Vec<u64> {
        let mut normal = Normal(7);
        let mut delays: Vec<u64> = (0..400)
            .map(|_| {
                let mut drift = Drift::new(told, Drift::SHIFT, Drift::ALARM_DAYS).unwrap();
                let mut count = || {
                    let mean = 1_000.0 * factor * (spread * normal.draw() - spread * spread / 2.0).exp();
                    (mean + mean.sqrt() * normal.draw()).max(0.0)
                };
                (1..2_000).find(|_| drift.observe(count(), 1_000.0).unwrap().is_some()).unwrap_or(2_000)
            })
            .collect();
        delays.sort_unstable();
        delays
    }

    #[test]
    fn a_shift_is_found_within_days_and_seldom_where_there_is_none() {
        let half = |delays: &[u64]| delays[delays.len() / 2];
        let (none, up, down) = (delays(1.0, 0.09, 0.09), delays(1.15, 0.09, 0.09), delays(0.8, 0.09, 0.09));
        // Both directions together alarm twice as often as one.
        let mean = none.iter().sum::<u64>() as f64 / none.len() as f64;
        assert!(mean >= Drift::ALARM_DAYS / 2.0, "every {mean} days");
        assert!((2..=10).contains(&half(&up)) && half(&down) <= 8, "{} {}", half(&up), half(&down));
        let ignoring = delays(1.0, 0.09, 0.0);
        assert!(half(&ignoring) <= 10, "who ignores the spread is alarmed after {} days", half(&ignoring));
    }

    #[test]
    fn an_alarm_says_since_when_and_a_day_without_any_is_answered() {
        let mut drift = Drift::new(0.08, Drift::SHIFT, Drift::ALARM_DAYS).unwrap();
        for _ in 0..30 {
            assert_eq!(drift.observe(1_000.0, 1_000.0).unwrap(), None);
        }
        let alarm = (0..60).find_map(|_| drift.observe(1_250.0, 1_000.0).unwrap()).unwrap();
        assert!(alarm.is_up && alarm.since_day == 31, "{alarm:?}");
        let mut drift = Drift::new(0.08, Drift::SHIFT, Drift::ALARM_DAYS).unwrap();
        assert!(!drift.observe(0.0, 1_000.0).unwrap().unwrap().is_up);
        assert!(drift.observe(1.0, 0.0).is_err() && drift.observe(f64::NAN, 1.0).is_err());
    }
}
