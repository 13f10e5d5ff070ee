//! Random numbers by count: each is a function of a seed and of what it is for, so that it does not matter who draws it
//! when, nor on how many threads.
//!
//! Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), held against
//! its published vectors.

use std::f64::consts::TAU;

/// Means from which on Poisson's distribution is drawn by its normal expansion.
const POISSON_MANY: f64 = 30.0;
/// Trials from which on a binomial is drawn by its normal expansion.
const BINOMIAL_MANY: u64 = 40;

/// What is drawn: no two draws of a simulation have the same purpose, path, owner and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A week, common to all.
    Level = 1,
    /// A day.
    Day,
    /// A slot.
    Slot,
    /// What one intent has in a slot.
    Demand,
    /// The share that the AI keeps of an intent on a day.
    Share,
    /// Outages of the AI.
    Outage,
    /// Handling time.
    Handling,
    /// A count made continuous.
    Jitter,
}

fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    let product = |a: u32, b: u32| {
        let product = u64::from(a) * u64::from(b);
        ((product >> 32) as u32, product as u32)
    };
    for _ in 0..10 {
        let [a, b, c, d] = counter;
        let ((high, low), (other_high, other_low)) = (product(0xD251_1F53, a), product(0xCD9E_8D57, c));
        counter = [other_high ^ b ^ key[0], other_low, high ^ d ^ key[1], low];
        key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
    }
    counter
}

/// The numbers drawn for one purpose at one place.
#[derive(Debug, Clone)]
pub(super) struct Draws {
    key: [u32; 2],
    counter: [u32; 4],
    left: [u32; 4],
    taken: usize,
    /// The second of a pair of normal draws.
    normal: Option<f64>,
}

impl Draws {
    pub(super) fn new(seed: u64, purpose: Purpose, path: usize, owner: usize, place: usize) -> Self {
        let key = [seed as u32, (seed >> 32) as u32];
        let counter = [(purpose as u32) << 24, path as u32, owner as u32, place as u32];
        Self { key, counter, left: [0; 4], taken: 4, normal: None }
    }

    fn next(&mut self) -> u32 {
        if self.taken >= 4 {
            self.left = philox(self.counter, self.key);
            let [first, ..] = &mut self.counter;
            *first = first.wrapping_add(1);
            self.taken = 0;
        }
        let value = self.left.get(self.taken).copied().unwrap_or_default();
        self.taken += 1;
        value
    }

    /// Between 0 and 1, neither included.
    pub(super) fn uniform(&mut self) -> f64 {
        (f64::from(self.next()) + 0.5) / 4_294_967_296.0
    }

    /// Standard normal, by Box and Muller.
    pub(super) fn normal(&mut self) -> f64 {
        if let Some(second) = self.normal.take() {
            return second;
        }
        let (radius, angle) = ((-2.0 * self.uniform().ln()).sqrt(), TAU * self.uniform());
        self.normal = Some(radius * angle.sin());
        radius * angle.cos()
    }

    /// Log-normal of mean 1, by the spread of its logarithm.
    pub(super) fn factor(&mut self, spread: f64) -> f64 {
        if spread <= 0.0 { 1.0 } else { (spread * self.normal() - spread * spread / 2.0).exp() }
    }

    /// Gamma of this shape and scale 1 (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).
    pub(super) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boosted = self.gamma(shape + 1.0);
            return boosted * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        for _ in 0..1_000 {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
        shape
    }

    /// A count of this mean with variance `mean + spread·mean²`: Poisson's whose mean is gamma's.
    pub(super) fn count(&mut self, mean: f64, spread: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        let mean = if spread > 1e-9 { mean * spread * self.gamma(1.0 / spread) } else { mean };
        if mean < POISSON_MANY {
            let (mut term, mut count) = ((-mean).exp(), 0);
            let mut left = self.uniform() - term;
            while left > 0.0 && count < 1_000 {
                count += 1;
                term *= mean / count as f64;
                left -= term;
            }
            return count;
        }
        let z = self.normal();
        (mean + mean.sqrt() * z + (z * z - 1.0) / 6.0).round().max(0.0) as u64
    }

    /// How many of so many trials come out, each with this share.
    pub(super) fn binomial(&mut self, trials: u64, share: f64) -> u64 {
        if share <= 0.0 || trials == 0 {
            return 0;
        }
        if share >= 1.0 {
            return trials;
        }
        if trials < BINOMIAL_MANY {
            return (0..trials).map(|_| u64::from(self.uniform() < share)).sum();
        }
        let (many, z) = (trials as f64, self.normal());
        let deviation = (many * share * (1.0 - share)).sqrt();
        let drawn = many * share + deviation * z + (1.0 - 2.0 * share) * (z * z - 1.0) / 6.0;
        drawn.round().clamp(0.0, many) as u64
    }

    /// A share of this mean, of a beta distribution in which two trials agree with correlation `agreement`.
    pub(super) fn share(&mut self, mean: f64, agreement: f64) -> f64 {
        if agreement <= 1e-9 || mean <= 0.0 || mean >= 1.0 {
            return mean;
        }
        let trials = (1.0 - agreement) / agreement;
        let (hit, missed) = (self.gamma(mean * trials), self.gamma((1.0 - mean) * trials));
        let whole = hit + missed;
        if whole > 0.0 { hit / whole } else { mean }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_its_published_vectors() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        let ones = philox([u32::MAX; 4], [u32::MAX; 2]);
        assert_eq!(ones, [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    }

    fn moments(mut draw: impl FnMut(&mut Draws) -> f64) -> (f64, f64) {
        let drawn: Vec<f64> =
            (0..40_000).map(|place| draw(&mut Draws::new(11, Purpose::Demand, 3, 5, place))).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        (mean, drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / drawn.len() as f64)
    }

    #[test]
    fn draws_have_the_mean_and_variance_of_their_distribution() {
        let near = |(mean, variance): (f64, f64), (want, scatter): (f64, f64)| {
            let error = 5.0 * (scatter / 40_000.0).sqrt();
            assert!((mean - want).abs() < error && (variance / scatter - 1.0).abs() < 0.1, "{mean} {variance} {want}");
        };
        near(moments(Draws::normal), (0.0, 1.0));
        for mean in [0.3, 4.0, 29.0, 200.0] {
            near(moments(|draws| draws.count(mean, 0.0) as f64), (mean, mean));
            near(moments(|draws| draws.count(mean, 0.2) as f64), (mean, mean + 0.2 * mean * mean));
        }
        near(moments(|draws| draws.binomial(20, 0.3) as f64), (6.0, 4.2));
        near(moments(|draws| draws.binomial(2_000, 0.7) as f64), (1_400.0, 420.0));
        near(moments(|draws| draws.share(0.8, 0.05)), (0.8, 0.16 * 0.05));
        near(moments(|draws| draws.gamma(0.4)), (0.4, 0.4));
        near(moments(|draws| draws.factor(0.3)), (1.0, 0.09f64.exp() - 1.0));
    }
}
