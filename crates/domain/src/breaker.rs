//! When an AI responder must stop: an anytime-valid sequential test on its recorded outcomes.
//!
//! The evidence against "it fails at most a share `m` of its cases" is an e-process: the mean, over alternatives `q`,
//! of the likelihood ratio `∏ (q/m)^x · ((1−q)/(1−m))^(1−x)` of the outcomes `x` (1 for a failure). By Ville's
//! inequality the probability that it ever reaches `1/α` is at most `α` while the responder keeps within `m`, however
//! often one looks (Waudby-Smith & Ramdas, arXiv 2010.09686; Howard et al. 2021).

/// Alternatives, as multiples of what is tolerated; those that are no share are left out.
const ALTERNATIVES: [f64; 6] = [1.25, 1.5, 2.0, 3.0, 4.0, 6.0];
const WHOLE_BP: f64 = 10_000.0;

/// What is tolerated of an AI responder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// The share of its cases that it may fail, in basis points; below 8,000.
    pub failures_bp: i64,
    /// The probability of stopping one that keeps within it, in basis points.
    pub error_bp: i64,
}

/// Outcomes since it was last switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcomes {
    /// Cases resolved.
    pub resolved: u64,
    /// Cases not resolved.
    pub failed: u64,
}

impl Tolerance {
    /// The natural logarithm of the evidence that it fails more than is tolerated.
    pub fn evidence(&self, outcomes: Outcomes) -> f64 {
        let tolerated = self.failures_bp as f64 / WHOLE_BP;
        mixture(tolerated, outcomes, ALTERNATIVES.iter().map(|times| times * tolerated).filter(|q| *q < 1.0))
    }

    /// The natural logarithm of the evidence that it fails less than is tolerated: the mirrored test.
    pub fn evidence_of_recovery(&self, outcomes: Outcomes) -> f64 {
        let tolerated = self.failures_bp as f64 / WHOLE_BP;
        mixture(tolerated, outcomes, ALTERNATIVES.iter().map(|times| tolerated / times))
    }

    /// Evidence from which on it must stop.
    pub fn threshold(&self) -> f64 {
        (WHOLE_BP / self.error_bp.max(1) as f64).ln()
    }

    /// Whether it has been shown to fail more than is tolerated.
    pub fn is_exceeded(&self, outcomes: Outcomes) -> bool {
        self.evidence(outcomes) >= self.threshold()
    }
}

fn mixture(tolerated: f64, outcomes: Outcomes, alternatives: impl Iterator<Item = f64>) -> f64 {
    let (failed, resolved) = (outcomes.failed as f64, outcomes.resolved as f64);
    let ratios: Vec<f64> =
        alternatives.map(|q| failed * (q / tolerated).ln() + resolved * ((1.0 - q) / (1.0 - tolerated)).ln()).collect();
    let most = ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most.is_finite() {
        // Relative to the greatest, so that nothing overflows.
        most + (ratios.iter().map(|ratio| (ratio - most).exp()).sum::<f64>() / ratios.len() as f64).ln()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: Tolerance = Tolerance { failures_bp: 500, error_bp: 100 };

    #[test]
    fn the_evidence_is_that_of_the_reference() {
        // Outcomes, failures and ln E of three sequences, computed with another program.
        let reference =
            [(200, 8, -2.254_287_201_254_31), (300, 21, 0.034_498_070_273_247), (60, 18, 17.814_437_216_337_2)];
        for (outcomes, failed, ln_e) in reference {
            let got = STRICT.evidence(Outcomes { resolved: outcomes - failed, failed });
            assert!((got - ln_e).abs() < 1e-9, "{outcomes} {failed}: {got} and not {ln_e}");
        }
    }

    #[test]
    fn one_that_keeps_within_is_stopped_no_more_often_than_allowed() {
        // 400 responders that fail exactly what is tolerated, looked at after every one of 2,000 outcomes.
        let mut state = 1u64;
        let mut failure = || {
            // splitmix64: the same numbers every time.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) as f64 / u64::MAX as f64
        };
        let mut stopped = |share: f64| {
            let runs = (0..400).filter(|_| {
                let mut outcomes = Outcomes::default();
                (0..2_000).any(|_| {
                    if failure() < share {
                        outcomes.failed += 1
                    } else {
                        outcomes.resolved += 1
                    }
                    STRICT.is_exceeded(outcomes)
                })
            });
            runs.count()
        };
        assert!(stopped(0.05) <= 10, "within tolerance");
        assert_eq!(stopped(0.15), 400, "three times what is tolerated");
    }

    #[test]
    fn recovery_is_shown_by_the_mirrored_test() {
        let good = Outcomes { resolved: 400, failed: 4 };
        assert!(STRICT.evidence_of_recovery(good) >= STRICT.threshold());
        assert!(STRICT.evidence_of_recovery(Outcomes { resolved: 20, failed: 0 }) < STRICT.threshold());
        assert!(!STRICT.is_exceeded(good) && !STRICT.is_exceeded(Outcomes::default()));
    }
}
