//! Worlds made up, with what is true of them known.
//!
//! A day has a level that wanders (`ln level ← 0.9·ln level + normal`), a factor of its own, a weekday's or a
//! holiday's; a slot has a factor of its own and the shape of a day with two humps, which each intent has earlier or
//! later; intents are as frequent as 1/rank, and their cases are Poisson's with gamma's mean (relative variance 0.02).
//! The AI keeps of an intent `σ(intent + common)`, where what is common grows by 0.005 a day and scatters by 0.1, and
//! nothing during an outage; what is left takes `300·(1 − share)^{−0.25}` seconds in the mean. Numbers are those of
//! splitmix64.

use jiff::civil::date;
use remit_capacity::forecast::{DemandHistory, KnownTimes, LocalDay, Observation, SlotClock};

/// What is true of a world.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) weeks: usize,
    /// Cases of a usual day.
    pub(crate) volume: f64,
    pub(crate) intents: usize,
    pub(crate) queues: usize,
    /// Spreads: of a day's factor, of the level as it wanders, of a slot's factor.
    pub(crate) day: f64,
    pub(crate) level: f64,
    pub(crate) slot: f64,
    /// From which day on how many times as much comes.
    pub(crate) shift: Option<(usize, f64)>,
    pub(crate) holidays: Vec<usize>,
    /// The days on which the AI was out from 10 to 15 hours after midnight.
    pub(crate) outages: Vec<usize>,
    /// Days of which nothing is on record.
    pub(crate) gaps: Vec<usize>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            weeks: 12,
            volume: 2_500.0,
            intents: 8,
            queues: 2,
            day: 0.07,
            level: 0.02,
            slot: 0.07,
            shift: None,
            holidays: Vec::new(),
            outages: Vec::new(),
            gaps: Vec::new(),
        }
    }

    pub(crate) fn clock() -> SlotClock {
        SlotClock::new("Europe/Berlin", 30).unwrap()
    }

    fn days(&self) -> Vec<LocalDay> {
        // Clocks are put forward on the 48th day.
        Self::clock().days(date(2026, 2, 9), self.weeks * 7 + 70).unwrap()
    }

    pub(crate) fn known(&self) -> KnownTimes {
        let days = self.days();
        let outage = |day: &usize| (days[*day].begins + 10 * 3_600, days[*day].begins + 15 * 3_600);
        KnownTimes {
            holidays: self.holidays.iter().map(|day| days[*day].date).collect(),
            outages: self.outages.iter().map(outage).collect(),
        }
    }

    pub(crate) fn rows(&self) -> Vec<Observation> {
        const WEEKDAYS: [f64; 7] = [1.15, 1.05, 1.0, 0.98, 0.95, 0.45, 0.35];
        let mut random = Random(self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let known = self.known();
        let ranks: f64 = (1..=self.intents).map(|rank| 1.0 / rank as f64).sum();
        let (mut rows, mut wandered) = (Vec::new(), 0.0);
        for (number, day) in self.days().iter().take(self.weeks * 7).enumerate() {
            wandered = 0.9 * wandered + self.level * random.normal();
            let mut level = f64::exp(wandered) * random.factor(self.day);
            if let Some((_, times)) = self.shift.filter(|(from, _)| number >= *from) {
                level *= times;
            }
            let is_holiday = self.holidays.contains(&number);
            let of_day = if is_holiday { 0.3 * random.factor(0.15) } else { WEEKDAYS[day.weekday] };
            let common = 0.005 * number as f64 - 0.3 + 0.1 * random.normal();
            for (place, clock_slot) in day.clock_slots.iter().enumerate() {
                let second = day.begins + place as i64 * 1_800;
                let is_out = known.outages.iter().any(|(from, to)| (*from..*to).contains(&second));
                let of_slot = random.factor(self.slot);
                for intent in 0..self.intents {
                    let hour = *clock_slot as f64 / 2.0 - (intent % 5) as f64 + 2.0;
                    let hump = |middle: f64, wide: f64| (-(hour - middle).powi(2) / wide).exp();
                    let shape = 0.3 + 1.9 * hump(10.0, 8.0) + 1.5 * hump(15.5, 10.0);
                    let usual = self.volume / 48.0 / (intent + 1) as f64 / ranks;
                    let arrived = random.count(usual * level * of_day * of_slot * shape, 0.02);
                    let share = 1.0 / (1.0 + (0.6 - common - 0.3 * ((intent * 7) % 5) as f64).exp());
                    let share = if is_out { 0.0 } else { share };
                    let kept = (0..arrived).filter(|_| random.uniform() < share).count() as u64;
                    let left = arrived - kept;
                    if arrived == 0 || self.gaps.contains(&number) {
                        continue;
                    }
                    let mean = 300.0 * (1.0 - share).powf(-0.25);
                    let handling = mean * random.factor(1.0 / (left.max(1) as f64).sqrt());
                    rows.push(Observation {
                        second,
                        intent: format!("intent {intent}"),
                        queue: format!("queue {}", intent % self.queues),
                        arrived: arrived as f64,
                        kept: Some(kept as f64),
                        handling_seconds: (left > 0).then_some(handling),
                        recontacts: None,
                        abandoned: None,
                    });
                }
            }
        }
        rows
    }

    pub(crate) fn history(&self) -> DemandHistory {
        DemandHistory::new(Self::clock(), &self.rows(), self.known()).unwrap()
    }
}

struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) as f64 + 1.0) / (u64::MAX as f64 + 2.0)
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn factor(&mut self, spread: f64) -> f64 {
        (spread * self.normal() - spread * spread / 2.0).exp()
    }

    /// Poisson's whose mean is gamma's, here log-normal's of the same variance.
    fn count(&mut self, mean: f64, variance: f64) -> u64 {
        let mean = mean * self.factor((1.0 + variance).ln().sqrt());
        if mean > 500.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0) as u64;
        }
        let (limit, mut product, mut count) = ((-mean).exp(), self.uniform(), 0);
        while product > limit {
            product *= self.uniform();
            count += 1;
        }
        count
    }
}
