//! How long an attack goes on, and what chance makes it do.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Says how many rounds each attack goes on for; without it there is one, a short one.
const ROUNDS: &str = "REMIT_SOAK_ROUNDS";
/// The seed of the first round; each further one has the next.
const SEED: &str = "REMIT_SOAK_SEED";

/// One round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    long: bool,
}

impl Plan {
    /// How much to do: `short` where every test is run, `long` where somebody attacks for longer.
    pub(crate) fn of<T>(&self, short: T, long: T) -> T {
        if self.long { long } else { short }
    }

    pub(crate) fn dice(&self) -> Dice {
        Dice(self.seed)
    }
}

fn told<T: std::str::FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// Attacks for as many rounds as are asked for. One that fails says how to have exactly that round again.
pub(crate) fn attack(name: &str, round: impl Fn(Plan)) {
    let rounds: Option<u64> = told(ROUNDS);
    let first: u64 = told(SEED).unwrap_or(1);
    for at in 0..rounds.unwrap_or(1) {
        let plan = Plan { seed: first + at, long: rounds.is_some() };
        if rounds.is_some() {
            eprintln!("{name}: round {} of {}", at + 1, rounds.unwrap_or(1));
        }
        let done = catch_unwind(AssertUnwindSafe(|| round(plan)));
        if let Err(why) = done {
            let how = if plan.long { format!("soak 1 {name}") } else { format!("test, or soak 1 {name}") };
            eprintln!("{name} does not hold; the same round again: {SEED}={} cargo xtask {how}", plan.seed);
            resume_unwind(why);
        }
    }
}

/// Numbers that look random and follow from a seed (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Another one, of which this one's numbers tell nothing.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.number())
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.number() % sides as u64).unwrap()
    }

    pub(crate) fn of<'a, T>(&mut self, some: &'a [T]) -> &'a T {
        &some[self.roll(some.len())]
    }
}
