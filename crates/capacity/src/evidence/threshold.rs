//! The confidence from which on an AI may keep a case, with a guarantee, and what being stricter costs.
//!
//! Learn, then test (Angelopoulos et al., arXiv 2110.01052): thresholds are gone through in an order fixed beforehand,
//! from the strictest on. Each is held against "of the cases that it keeps at least a share α is wrong" by
//! `p = P(Bin(n, α) ≤ k)`, and the first that fails ends it; so with probability 1 − δ no threshold that passed lets
//! more than α be wrong. It begins where `n ≥ 4·ln(1/δ)/α` are kept, which the labels do not tell and which spares a
//! test that could hardly pass. Whoever takes the laxest threshold at which few enough were wrong breaks the limit
//! about every other time.

use super::binomial::{at_most, upper_bound};
use crate::uncomputable::{Uncomputable, inner_share, not_negative, share};

/// A case with its outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LabelledCase {
    /// How sure the AI was, from 0 to 1.
    pub confidence: f64,
    /// Whether what it did was wrong.
    pub is_wrong: bool,
}

/// What is to be guaranteed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guarantee {
    /// α: the share of kept cases that may be wrong.
    pub wrong_share: f64,
    /// δ: the probability that the guarantee does not hold.
    pub failure: f64,
}

/// A threshold that keeps the guarantee.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chosen {
    /// From this confidence on.
    pub threshold: f64,
    /// Cases of those looked at that it keeps.
    pub kept: u64,
    /// How many of them were wrong.
    pub wrong: u64,
    /// The upper bound of their share for this threshold alone (Clopper and Pearson).
    pub bound: f64,
}

fn kept(cases: &[LabelledCase], threshold: f64) -> (u64, u64) {
    let kept = cases.iter().filter(|case| case.confidence >= threshold);
    kept.fold((0, 0), |(kept, wrong), case| (kept + 1, wrong + u64::from(case.is_wrong)))
}

fn check(cases: &[LabelledCase], thresholds: &[f64]) -> Result<(), Uncomputable> {
    for case in cases {
        share("a confidence", case.confidence)?;
    }
    for threshold in thresholds {
        share("a threshold", *threshold)?;
    }
    if thresholds.is_empty() {
        return Err(Uncomputable::TooLittle("there is no threshold to try; give some, fixed beforehand".to_owned()));
    }
    Ok(())
}

/// The laxest threshold that keeps the guarantee; none where not even the strictest does.
///
/// `thresholds` must have been fixed without a look at these cases; they are gone through from the greatest on.
///
/// # Errors
/// When a number is out of bounds, or there are too few cases for any threshold to be tried.
pub fn learn_then_test(
    cases: &[LabelledCase],
    thresholds: &[f64],
    guarantee: &Guarantee,
) -> Result<Option<Chosen>, Uncomputable> {
    check(cases, thresholds)?;
    let Guarantee { wrong_share, failure } = *guarantee;
    inner_share("the share that may be wrong", wrong_share)?;
    inner_share("the probability that the guarantee fails", failure)?;
    let begin = 4.0 * (1.0 / failure).ln() / wrong_share;
    if (cases.len() as f64) < begin {
        return Err(Uncomputable::TooLittle(format!(
            "there are {} labelled cases, and a guarantee of {:.2} % at {:.1} % takes at least {:.0}; label more, or \
             ask for less",
            cases.len(),
            wrong_share * 100.0,
            (1.0 - failure) * 100.0,
            begin.ceil()
        )));
    }
    let mut order = thresholds.to_vec();
    order.sort_by(|one, other| other.total_cmp(one));
    let mut chosen = None;
    for threshold in order {
        let (kept, wrong) = kept(cases, threshold);
        if (kept as f64) < begin {
            continue;
        }
        if at_most(wrong, kept, wrong_share)? > failure {
            break;
        }
        chosen = Some(Chosen { threshold, kept, wrong, bound: upper_bound(wrong, kept, failure)? });
    }
    Ok(chosen)
}

/// What a case costs, in one unit of money.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnitCosts {
    /// One that the AI keeps.
    pub ai: f64,
    /// One that a person handles.
    pub person: f64,
    /// One that the AI keeps and has wrong, beside that.
    pub wrong: f64,
}

/// What the cases that were looked at cost at a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThresholdCost {
    /// From this confidence on the AI keeps them.
    pub threshold: f64,
    /// How many it keeps.
    pub kept: u64,
    /// How many of them are wrong.
    pub wrong: u64,
    /// What each case costs in the mean.
    pub mean: f64,
    /// By how much that is more than at the cheapest of these thresholds: what being stricter, or laxer, costs.
    pub beyond_cheapest: f64,
}

/// What each threshold costs, from the strictest on.
///
/// # Errors
/// When there are no cases, or a number is out of bounds.
pub fn costs(cases: &[LabelledCase], thresholds: &[f64], cost: &UnitCosts) -> Result<Vec<ThresholdCost>, Uncomputable> {
    check(cases, thresholds)?;
    if cases.is_empty() {
        return Err(Uncomputable::TooLittle("there are no cases; nothing can be said of their cost".to_owned()));
    }
    for (what, value) in [
        ("the cost of a case of the AI", cost.ai),
        ("the cost of a case of a person", cost.person),
        ("the cost of a wrong case", cost.wrong),
    ] {
        not_negative(what, value)?;
    }
    let whole = cases.len() as f64;
    let mut order = thresholds.to_vec();
    order.sort_by(|one, other| other.total_cmp(one));
    let mut rows: Vec<ThresholdCost> = order
        .into_iter()
        .map(|threshold| {
            let (kept, wrong) = kept(cases, threshold);
            let ai = kept as f64;
            let mean = (ai * cost.ai + wrong as f64 * cost.wrong + (whole - ai) * cost.person) / whole;
            ThresholdCost { threshold, kept, wrong, mean, beyond_cheapest: 0.0 }
        })
        .collect();
    let least = rows.iter().map(|row| row.mean).fold(f64::INFINITY, f64::min);
    rows.iter_mut().for_each(|row| row.beyond_cheapest = row.mean - least);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: [f64; 10] = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5];

    /// Cases of which a share 1 − confidence is wrong, drawn by splitmix64.
    fn drawn(seed: u64, count: usize) -> Vec<LabelledCase> {
        let mut state = seed;
        let mut uniform = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) as f64 / u64::MAX as f64
        };
        (0..count)
            .map(|_| {
                let confidence = 0.5 + 0.5 * uniform();
                LabelledCase { confidence, is_wrong: uniform() < 0.4 * (1.0 - confidence) }
            })
            .collect()
    }

    /// The true share of wrong ones that a threshold keeps, by how they are drawn.
    fn true_share(threshold: f64) -> f64 {
        0.2 * (1.0 - threshold)
    }

    #[test]
    fn the_guarantee_holds_as_often_as_it_says_and_the_naive_choice_does_not() {
        let guarantee = Guarantee { wrong_share: 0.05, failure: 0.1 };
        let (mut broken, mut naive, mut chosen) = (0, 0, 0);
        for seed in 0..300 {
            let cases = drawn(seed, 2_000);
            if let Some(one) = learn_then_test(&cases, &GRID, &guarantee).unwrap() {
                chosen += 1;
                broken += u32::from(true_share(one.threshold) > 0.05 + 1e-12);
            }
            let lax = GRID.iter().rev().find(|threshold| {
                let (kept, wrong) = kept(&cases, **threshold);
                wrong as f64 <= 0.05 * kept as f64
            });
            naive += u32::from(lax.is_some_and(|threshold| true_share(*threshold) > 0.05 + 1e-12));
        }
        assert!(chosen > 250 && broken <= 30, "{broken} of {chosen}");
        assert!(naive > broken, "{naive} {broken}");
    }

    #[test]
    fn what_stricter_costs_is_told_and_too_little_is_refused() {
        let cases = drawn(1, 1_000);
        let rows = costs(&cases, &GRID, &UnitCosts { ai: 0.1, person: 5.0, wrong: 40.0 }).unwrap();
        assert!(rows.windows(2).all(|pair| pair[0].threshold > pair[1].threshold && pair[0].kept <= pair[1].kept));
        assert_eq!(rows.iter().filter(|row| row.beyond_cheapest == 0.0).count(), 1);
        let guarantee = Guarantee { wrong_share: 0.01, failure: 0.1 };
        let told = learn_then_test(&cases[..100], &GRID, &guarantee).unwrap_err().to_string();
        assert!(told.contains("takes at least 922"), "{told}");
        assert!(
            learn_then_test(&cases, &[f64::NAN], &guarantee).is_err()
                && costs(&[], &GRID, &UnitCosts { ai: 0.0, person: 0.0, wrong: 0.0 }).is_err()
        );
    }
}
