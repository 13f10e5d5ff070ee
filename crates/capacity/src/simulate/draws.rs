//! What is drawn: durations, and the streams of numbers from which they are.

use rand_distr::{Distribution as _, Exp1, Gamma, LogNormal};
use rand_xoshiro::{
    SplitMix64,
    rand_core::{Rng, SeedableRng as _},
};

/// How long something takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TimeDistribution {
    /// Exponential with this mean.
    Exponential(f64),
    /// Always as long.
    Constant(f64),
    /// Lognormal with this mean and this coefficient of variation.
    LogNormal(f64, f64),
    /// Gamma with this mean and this coefficient of variation.
    Gamma(f64, f64),
    /// It never ends.
    Never,
}

impl TimeDistribution {
    /// Its mean.
    #[must_use]
    pub fn mean(self) -> f64 {
        match self {
            Self::Exponential(mean) | Self::Constant(mean) | Self::LogNormal(mean, _) | Self::Gamma(mean, _) => mean,
            Self::Never => f64::INFINITY,
        }
    }

    /// The same with another mean.
    #[must_use]
    pub fn scaled(self, by: f64) -> Self {
        match self {
            Self::Exponential(mean) => Self::Exponential(mean * by),
            Self::Constant(mean) => Self::Constant(mean * by),
            Self::LogNormal(mean, cv) => Self::LogNormal(mean * by, cv),
            Self::Gamma(mean, cv) => Self::Gamma(mean * by, cv),
            Self::Never => Self::Never,
        }
    }
}

/// A duration made ready to be drawn.
#[derive(Debug, Clone, Copy)]
pub(super) enum Drawn {
    Exponential(f64),
    Constant(f64),
    LogNormal(LogNormal<f64>),
    Gamma(Gamma<f64>),
}

impl Drawn {
    /// None where its numbers make no distribution.
    pub(super) fn of(duration: TimeDistribution) -> Option<Self> {
        let usable = |x: f64| x.is_finite() && x >= 0.0;
        match duration {
            TimeDistribution::Never => Some(Self::Constant(f64::INFINITY)),
            _ if !usable(duration.mean()) => None,
            TimeDistribution::Constant(mean) => Some(Self::Constant(mean)),
            TimeDistribution::Exponential(mean) => Some(Self::Exponential(mean)),
            TimeDistribution::LogNormal(mean, cv) | TimeDistribution::Gamma(mean, cv) if mean == 0.0 || cv == 0.0 => {
                usable(cv).then_some(Self::Constant(mean))
            }
            // Of a lognormal, cv² = e^{σ²} − 1 and the mean is e^{μ + σ²/2}.
            TimeDistribution::LogNormal(mean, cv) if usable(cv) => {
                let square = libm::log1p(cv * cv);
                LogNormal::new(libm::log(mean) - square / 2.0, square.sqrt()).ok().map(Self::LogNormal)
            }
            // Of a gamma, cv² = 1/shape and the mean is shape times scale.
            TimeDistribution::Gamma(mean, cv) if usable(cv) => {
                Gamma::new(1.0 / (cv * cv), mean * cv * cv).ok().map(Self::Gamma)
            }
            TimeDistribution::LogNormal(..) | TimeDistribution::Gamma(..) => None,
        }
    }

    pub(super) fn draw(&self, from: &mut impl Rng) -> f64 {
        match self {
            Self::Exponential(mean) => {
                let one: f64 = Exp1.sample(from);
                mean * one
            }
            Self::Constant(value) => *value,
            Self::LogNormal(of) => of.sample(from),
            Self::Gamma(of) => of.sample(from),
        }
    }
}

/// What a number of a customer's own is for: each has a stream of its own, so that one that is drawn or not moves no
/// other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Class,
    Contained,
    AiTime,
    Patience,
    Handling,
    Transferred,
    HandlingThen,
    PatienceThen,
    Returns,
    Delay,
}

/// The stream of one customer for one purpose.
pub(super) fn own(seed: u64, purpose: Purpose) -> SplitMix64 {
    // Odd multiples of an irrational, as far from those by which the generator goes on as purposes are few.
    let apart = (purpose as u64 + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
    SplitMix64::from_seed((seed ^ apart).to_le_bytes())
}

/// A number from 0 to 1, without 1.
pub(super) fn share(from: &mut impl Rng) -> f64 {
    const BITS: f64 = (1u64 << 53) as f64;
    (from.next_u64() >> 11) as f64 / BITS
}

/// The seed of a customer's next visit.
pub(super) fn next_visit(seed: u64) -> u64 {
    SplitMix64::from_seed((seed ^ 0x8cb9_2ba7_2f3d_8dd7).to_le_bytes()).next_u64()
}
