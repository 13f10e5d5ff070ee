//! Who asks next.

use super::{
    draws::{self, Purpose},
    network::ArrivalRates,
};
use rand_distr::{Distribution as _, Exp1, Gamma};
use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng as _, SeedableRng as _},
};

/// Who asks next: the superposition of all classes, one slot after the other.
pub(super) struct Arrivals<'a> {
    rates: &'a ArrivalRates,
    /// Of each slot, the sums of the rates up to each class.
    sums: Vec<Vec<f64>>,
    from: Xoshiro256PlusPlus,
    days: Xoshiro256PlusPlus,
    level: f64,
    slot: usize,
    ends: f64,
    now: f64,
    /// Who comes in this slot, where they are counted: the last first.
    counted: Vec<Counted>,
    /// When they do.
    pub(super) next: f64,
}

/// Somebody who comes in a slot of which it is said how many do.
#[derive(Debug, Clone, Copy)]
struct Counted {
    at: f64,
    class: u16,
    seed: u64,
}

impl<'a> Arrivals<'a> {
    pub(super) fn new(rates: &'a ArrivalRates, seed: u64) -> Self {
        let sums = rates.rates.iter().map(|rates| {
            let sum = |sum: &mut f64, rate: &f64| {
                *sum += rate;
                Some(*sum)
            };
            rates.iter().scan(0.0, sum).collect()
        });
        let from = Xoshiro256PlusPlus::seed_from_u64(seed);
        let days = Xoshiro256PlusPlus::seed_from_u64(seed ^ 0x5851_f42d_4c95_7f2d);
        let sums = sums.collect();
        let mut arrivals = Self {
            rates,
            sums,
            from,
            days,
            level: 1.0,
            slot: 0,
            ends: rates.slot,
            now: 0.0,
            counted: Vec::new(),
            next: 0.0,
        };
        arrivals.level = arrivals.another_level();
        if rates.is_counted {
            arrivals.count();
        }
        arrivals.go_on();
        arrivals
    }

    fn another_level(&mut self) -> f64 {
        let variation = self.rates.daily_variation;
        let shape = 1.0 / (variation * variation);
        Gamma::new(shape, 1.0 / shape).map_or(1.0, |gamma| gamma.sample(&mut self.days))
    }

    fn total(&self) -> f64 {
        let sums = self.sums.get(self.slot % self.sums.len().max(1));
        self.level * sums.and_then(|sums| sums.last()).copied().unwrap_or(0.0)
    }

    /// Finds the next one.
    fn go_on(&mut self) {
        if self.rates.is_counted {
            self.go_on_counted();
            return;
        }
        let mut left: f64 = Exp1.sample(&mut self.from);
        let mut nothing = 0;
        loop {
            let rate = self.total();
            let at = self.now + left / rate;
            if at < self.ends {
                self.now = at;
                self.next = at;
                return;
            }
            nothing = if rate > 0.0 { 0 } else { nothing + 1 };
            if nothing > self.sums.len() {
                self.next = f64::INFINITY;
                return;
            }
            left -= rate * (self.ends - self.now);
            self.now = self.ends;
            self.slot += 1;
            self.ends = (self.slot + 1) as f64 * self.rates.slot;
            if self.slot.is_multiple_of(self.rates.slots_a_day) {
                self.level = self.another_level();
            }
        }
    }

    /// Draws when each of those comes who come in this slot.
    fn count(&mut self) {
        let slot = self.rates.slot;
        let begins = self.slot as f64 * slot;
        let rates = self.rates.rates.get(self.slot % self.rates.rates.len().max(1)).map_or(&[][..], Vec::as_slice);
        for (class, rate) in (0u16..).zip(rates) {
            for _ in 0..(rate * slot).round() as u64 {
                let seed = self.from.next_u64();
                let at = begins + draws::share(&mut draws::own(seed, Purpose::Class)) * slot;
                self.counted.push(Counted { at, class, seed });
            }
        }
        self.counted.sort_by(|one, other| other.at.total_cmp(&one.at));
    }

    fn go_on_counted(&mut self) {
        let mut nothing = 0;
        while self.counted.is_empty() {
            nothing += 1;
            if nothing > self.rates.rates.len() {
                self.next = f64::INFINITY;
                return;
            }
            self.slot += 1;
            self.count();
        }
        self.next = self.counted.last().map_or(f64::INFINITY, |first| first.at);
    }

    /// The class and the seed of the one who asks now.
    pub(super) fn take(&mut self) -> (u16, u64) {
        if let Some(Counted { class, seed, .. }) = self.counted.pop() {
            self.go_on();
            return (class, seed);
        }
        let seed = self.from.next_u64();
        let class = match self.sums.get(self.slot % self.sums.len().max(1)) {
            Some(sums) if sums.len() > 1 => {
                let at = draws::share(&mut draws::own(seed, Purpose::Class)) * sums.last().copied().unwrap_or(0.0);
                sums.partition_point(|sum| *sum <= at).min(sums.len() - 1) as u16
            }
            _ => 0,
        };
        self.go_on();
        (class, seed)
    }
}
