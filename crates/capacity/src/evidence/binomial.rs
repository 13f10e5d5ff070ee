//! A share of failures among cases: its bounds, for a number of cases fixed beforehand or at any time.

use crate::{
    root::last_below,
    special::{binomial_at_most, inverse_beta, ln_binomial},
    uncomputable::{Uncomputable, inner_share},
};

fn counted(errors: u64, cases: u64) -> Result<(), Uncomputable> {
    if cases == 0 {
        return Err(Uncomputable::TooLittle("there are no cases; nothing can be said of their share".to_owned()));
    }
    if errors > cases {
        let cure = "it must be at most the number of cases";
        return Err(Uncomputable::Input { what: "the number of errors", value: errors as f64, cure });
    }
    Ok(())
}

/// The upper bound of a share that holds with confidence 1 − δ: Clopper and Pearson (1934), the 1 − δ quantile of
/// Beta(k + 1, n − k).
///
/// # Errors
/// When there are no cases, or more errors than cases, or δ is not between 0 and 1.
pub fn upper_bound(errors: u64, cases: u64, delta: f64) -> Result<f64, Uncomputable> {
    counted(errors, cases)?;
    inner_share("δ", delta)?;
    if errors == cases {
        return Ok(1.0);
    }
    Ok(inverse_beta(errors as f64 + 1.0, (cases - errors) as f64, 1.0 - delta))
}

/// The lower bound of a share that holds with confidence 1 − δ: the δ quantile of Beta(k, n − k + 1).
///
/// # Errors
/// As [`upper_bound`].
pub fn lower_bound(errors: u64, cases: u64, delta: f64) -> Result<f64, Uncomputable> {
    counted(errors, cases)?;
    inner_share("δ", delta)?;
    if errors == 0 {
        return Ok(0.0);
    }
    Ok(inverse_beta(errors as f64, (cases - errors) as f64 + 1.0, delta))
}

/// How probable it is that at most so many of these cases fail where each does with probability `share`: the p-value
/// against a share that is at least this.
///
/// # Errors
/// When there are no cases, or more errors than cases, or the share is not between 0 and 1.
pub fn at_most(errors: u64, cases: u64, share: f64) -> Result<f64, Uncomputable> {
    counted(errors, cases)?;
    inner_share("the share", share)?;
    Ok(binomial_at_most(cases, share, errors))
}

/// The interval for a share that holds at all times at once with confidence 1 − α: shares m at which
/// `B(1+S, 1+t−S) / (m^S·(1−m)^{t−S}) < 1/α` (the Beta(1, 1) mixture; Howard et al. 2021), which is
/// `P(Bin(t, m) = S) > α/(t + 1)`.
///
/// # Errors
/// As [`upper_bound`].
pub fn confidence_sequence(errors: u64, cases: u64, alpha: f64) -> Result<(f64, f64), Uncomputable> {
    counted(errors, cases)?;
    inner_share("α", alpha)?;
    let limit = (alpha / (cases as f64 + 1.0)).ln();
    let within = |share: f64| ln_binomial(cases, share, errors) > limit;
    let seen = errors as f64 / cases as f64;
    let low = if errors == 0 { 0.0 } else { last_below(f64::MIN_POSITIVE, seen, |share| !within(share)) };
    let high = if errors == cases { 1.0 } else { last_below(seen.max(f64::MIN_POSITIVE), 1.0, within) };
    Ok((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_each_other() {
        let upper = upper_bound(7, 120, 0.05).unwrap();
        assert!((at_most(7, 120, upper).unwrap() - 0.05).abs() < 1e-12);
        let lower = lower_bound(7, 120, 0.05).unwrap();
        assert!((1.0 - at_most(6, 120, lower).unwrap() - 0.05).abs() < 1e-12);
        let (low, high) = confidence_sequence(7, 120, 0.1).unwrap();
        assert!(low < lower && upper < high, "what holds at all times is wider: {low} {high}");
        assert_eq!(confidence_sequence(0, 10, 0.05).unwrap().0, 0.0);
        assert_eq!(confidence_sequence(10, 10, 0.05).unwrap().1, 1.0);
        assert!(upper_bound(1, 0, 0.1).is_err() && upper_bound(2, 1, 0.1).is_err() && at_most(1, 2, 1.0).is_err());
    }
}
