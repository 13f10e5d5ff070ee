//! How waits are spread, in bins that are an eighth of an octave or less wide: a quantile is right within 6 %.

/// Octaves below one unit of time, and above it.
const BELOW: u64 = 12;
const ABOVE: u64 = 24;
/// Bins of an octave, as a power of two.
const PART: u64 = 3;
const BINS: usize = ((BELOW + ABOVE) << PART) as usize;
/// Bits of the fraction of a number, and its exponent's bias.
const FRACTION: u64 = 52;
const BIAS: u64 = 1_023;

/// How waits are spread.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    none: u64,
    bins: Vec<u64>,
}

impl Histogram {
    pub(super) fn add(&mut self, wait: f64) {
        if wait <= 0.0 {
            self.none += 1;
            return;
        }
        if self.bins.is_empty() {
            self.bins = vec![0; BINS];
        }
        if let Some(bin) = self.bins.get_mut(bin_of(wait)) {
            *bin += 1;
        }
    }

    /// The sum of both.
    pub fn merge(&mut self, other: &Self) {
        self.none += other.none;
        if self.bins.len() < other.bins.len() {
            self.bins.resize(other.bins.len(), 0);
        }
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            *bin += more;
        }
    }

    /// The wait that so large a share does not exceed; none where nobody came.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let total = self.none + self.bins.iter().sum::<u64>();
        let rank = (share.clamp(0.0, 1.0) * total as f64).ceil().max(1.0) as u64;
        let mut below = self.none;
        if total == 0 || rank <= below {
            return (total > 0).then_some(0.0);
        }
        for (number, bin) in self.bins.iter().enumerate() {
            below += bin;
            if rank <= below {
                return Some((lowest(number) * lowest(number + 1)).sqrt());
            }
        }
        None
    }
}

/// The bin of a wait: the upper bits of a positive number grow with it.
fn bin_of(wait: f64) -> usize {
    let upper = wait.to_bits() >> (FRACTION - PART);
    let first = (BIAS - BELOW) << PART;
    (upper.saturating_sub(first) as usize).min(BINS - 1)
}

/// The least wait of a bin.
fn lowest(number: usize) -> f64 {
    f64::from_bits((((BIAS - BELOW) << PART) + number as u64) << (FRACTION - PART))
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn quantiles_lie_within_a_sixteenth() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        (1..=10_000).for_each(|wait| histogram.add(f64::from(wait) / 100.0));
        for share in [0.01, 0.1, 0.5, 0.9, 0.99, 1.0] {
            let got = histogram.quantile(share).unwrap();
            assert!((got / (100.0 * share) - 1.0).abs() < 0.065, "{share}: {got}");
        }
        (0..10_000).for_each(|_| histogram.add(0.0));
        assert_eq!(histogram.quantile(0.5), Some(0.0));
        assert!(histogram.quantile(0.51).unwrap() > 0.0);
    }
}
