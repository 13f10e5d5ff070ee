//! Evidence that a share is greater than what is tolerated: an e-process, and detectors of a change.
//!
//! For each alternative q the likelihood ratio of an outcome x (1 for a failure) is `(q/m)^x·((1−q)/(1−m))^{1−x}`. The
//! mean over alternatives of its products is an e-process: that it ever reaches 1/α has probability α at most while the
//! share is within m, however often one looks (Ville; Waudby-Smith and Ramdas, arXiv 2010.09686; Howard et al. 2021).
//! It forgets nothing, so a change later on has to outweigh what was good before. The e-SR (Shiryaev and Roberts)
//! `M ← L·(M + 1)` and the e-CUSUM `M ← L·max(M, 1)`, each the mean over alternatives (Shin, Ramdas and Rinaldo,
//! arXiv 2203.03532), begin anew at each outcome: without a change they alarm at M ≥ a no more often than every a
//! outcomes in the mean.

use crate::uncomputable::{Uncomputable, inner_share};

/// Alternatives by default, as multiples of what is tolerated.
pub const TIMES_TOLERATED: [f64; 6] = [1.25, 1.5, 2.0, 3.0, 4.0, 6.0];

/// A test of whether a share is greater than tolerated, outcome by outcome. Evidence is in natural logarithms.
#[derive(Debug, Clone)]
pub struct BadShare {
    alternatives: Vec<Alternative>,
}

#[derive(Debug, Clone, Copy)]
struct Alternative {
    /// ln of the likelihood ratio of a failure, and of a success.
    failed: f64,
    fine: f64,
    product: f64,
    shiryaev_roberts: f64,
    cusum: f64,
}

/// Evidence after some outcomes, in natural logarithms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SequentialEvidence {
    /// That the share was too great all along.
    pub e_process: f64,
    /// That it has become too great, by the e-SR.
    pub shiryaev_roberts: f64,
    /// That it has become too great, by the e-CUSUM.
    pub cusum: f64,
}

impl BadShare {
    /// A test of a tolerated share against alternatives, which are shares above it.
    ///
    /// # Errors
    /// When a share is not between 0 and 1, or there is no alternative above what is tolerated.
    pub fn new(tolerated: f64, alternatives: &[f64]) -> Result<Self, Uncomputable> {
        inner_share("the tolerated share", tolerated)?;
        if alternatives.is_empty() {
            return Err(Uncomputable::TooLittle(
                "there is no alternative to test against; give one or more".to_owned(),
            ));
        }
        let one = |share: &f64| {
            inner_share("an alternative", *share)?;
            if *share <= tolerated {
                let cure = "it must be above what is tolerated";
                return Err(Uncomputable::Input { what: "an alternative", value: *share, cure });
            }
            let (failed, fine) = ((share / tolerated).ln(), (-share).ln_1p() - (-tolerated).ln_1p());
            let none = f64::NEG_INFINITY;
            Ok(Alternative { failed, fine, product: 0.0, shiryaev_roberts: none, cusum: none })
        };
        Ok(Self { alternatives: alternatives.iter().map(one).collect::<Result<_, _>>()? })
    }

    /// A test of a tolerated share against [`TIMES_TOLERATED`]; multiples that are no share are left out.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn of_tolerated(tolerated: f64) -> Result<Self, Uncomputable> {
        let alternatives: Vec<f64> =
            TIMES_TOLERATED.iter().map(|times| times * tolerated).filter(|q| *q < 1.0).collect();
        Self::new(tolerated, &alternatives)
    }

    /// Takes an outcome, and gives the evidence after it.
    pub fn observe(&mut self, failed: bool) -> SequentialEvidence {
        for one in &mut self.alternatives {
            let ratio = if failed { one.failed } else { one.fine };
            one.product += ratio;
            one.shiryaev_roberts = ratio + ln_plus_one(one.shiryaev_roberts);
            one.cusum = ratio + one.cusum.max(0.0);
        }
        self.evidence()
    }

    /// The evidence after what was observed.
    pub fn evidence(&self) -> SequentialEvidence {
        let mean = |of: fn(&Alternative) -> f64| ln_mean(self.alternatives.iter().map(of));
        SequentialEvidence {
            e_process: mean(|one| one.product),
            shiryaev_roberts: mean(|one| one.shiryaev_roberts),
            cusum: mean(|one| one.cusum),
        }
    }
}

/// `ln(e^v + 1)`.
pub(super) fn ln_plus_one(v: f64) -> f64 {
    if v > 0.0 { v + (-v).exp().ln_1p() } else { v.exp().ln_1p() }
}

/// The logarithm of the mean of what these are logarithms of, relative to the greatest so that nothing overflows.
fn ln_mean(logarithms: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = logarithms.clone().fold(f64::NEG_INFINITY, f64::max);
    if !most.is_finite() {
        return most;
    }
    let (sum, count) = logarithms.fold((0.0, 0.0), |(sum, count), v| (sum + (v - most).exp(), count + 1.0));
    most + (sum / count).ln()
}
