//! Special functions: regularised incomplete gamma and beta functions with the inverse of the latter, binomial tails.
//!
//! The densities before series and continued fractions are those of Loader ("Fast and Accurate Computation of Binomial
//! Probabilities", 2000), which never form a difference of large logarithms, so that they are as exact for millions of
//! servers as for one. Held against 60 digits (mpmath) on the ranges that queues reach, the worst relative error is
//! below 1e-12; that of `statrs` 0.19, `puruspe` 0.4 and `special` 0.14, which form such differences, is beyond 1e-9
//! there. For ln Γ `libm` is exact to the last digits, and is used.

use crate::root::last_below;

/// Terms of a series or a continued fraction at most. Both need some multiples of the root of their parameter.
const TERMS_MAX: u32 = 100_000_000;
/// ½·ln 2π.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
const TINY: f64 = 1e-300;

/// ln Γ(x + 1) less Stirling's formula: `ln Γ(x+1) − (x+½)·ln x + x − ½·ln 2π`, for x > 0.
fn stirling_error(x: f64) -> f64 {
    if x < 15.0 {
        return libm::lgamma(x + 1.0) - (x + 0.5) * x.ln() + x - HALF_LN_TAU;
    }
    let square = x * x;
    let inner = 1.0 / 1_680.0 - (1.0 / 1_188.0 - 691.0 / 360_360.0 / square) / square;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1_260.0 - inner / square) / square) / square) / x
}

/// The deviance `x·ln(x/mean) + mean − x`, by a series where both are near each other.
fn deviance(x: f64, mean: f64) -> f64 {
    if (x - mean).abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() + mean - x;
    }
    let v = (x - mean) / (x + mean);
    let mut sum = (x - mean) * v;
    let mut term = 2.0 * x * v;
    for odd in (3u32..2_000).step_by(2) {
        term *= v * v;
        let next = sum + term / f64::from(odd);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// `mean^x·e^{−mean} / Γ(x+1)` as a logarithm: Poisson's density, also between whole numbers.
pub(crate) fn ln_poisson(x: f64, mean: f64) -> f64 {
    if x == 0.0 {
        return -mean;
    }
    -stirling_error(x) - deviance(x, mean) - HALF_LN_TAU - 0.5 * x.ln()
}

/// Both regularised incomplete gamma functions, `P(a, x)` below and `Q(a, x)` above, for a > 0 and x ≥ 0.
pub(crate) fn gamma(a: f64, x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    let density = ln_poisson(a, x).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0, 1.0);
        for step in 1..TERMS_MAX {
            term *= x / (a + f64::from(step));
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        let below = (density * sum).min(1.0);
        return (below, 1.0 - below);
    }
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / TINY, 1.0 / b);
    let mut h = d;
    for step in 1..TERMS_MAX {
        let i = f64::from(step);
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / nonzero(an * d + b);
        c = nonzero(b + an / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 3e-16 {
            break;
        }
    }
    let above = (density * a * h).min(1.0);
    (1.0 - above, above)
}

/// The regularised incomplete beta function `I_x(a, b)` for a, b > 0, with `rest` for 1 − x, which the caller may know
/// better than a subtraction does.
pub(crate) fn beta(a: f64, b: f64, x: f64, rest: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if rest <= 0.0 {
        return 1.0;
    }
    if b == 1.0 {
        return (a * ln_of(x, rest)).exp();
    }
    let n = a + b;
    let ln_density = stirling_error(n)
        - stirling_error(a)
        - stirling_error(b)
        - deviance(a, n * x)
        - deviance(b, n * rest)
        - HALF_LN_TAU
        + 0.5 * (a / n * b).ln();
    let density = ln_density.exp();
    // How far x lies below the mean a/(a + b), times a + b, of the smaller of two equal differences.
    let below = if a > b { n * rest - b } else { a - n * x };
    if a > 1.0 && b > 1.0 {
        return if below >= 0.0 {
            (density * positive_fraction(a, b, (x, rest), below)).min(1.0)
        } else {
            (1.0 - density * positive_fraction(b, a, (rest, x), -below)).max(0.0)
        };
    }
    if x < (a + 1.0) / (n + 2.0) {
        (density * fraction(a, b, x) / a).min(1.0)
    } else {
        (1.0 - density * fraction(b, a, rest) / b).max(0.0)
    }
}

/// ln x, where 1 − x is `rest`.
fn ln_of(x: f64, rest: f64) -> f64 {
    if rest < 0.5 { (-rest).ln_1p() } else { x.ln() }
}

/// The continued fraction of the incomplete beta function for a, b > 1 below the mean, in the form of DiDonato and
/// Morris (Algorithm 708, 1992), which takes the distance to the mean as it is and so loses nothing where a is great.
fn positive_fraction(a: f64, b: f64, (x, rest): (f64, f64), below: f64) -> f64 {
    let (c, c0, c1) = (1.0 + below, b / a, 1.0 + 1.0 / a);
    let (mut p, mut s) = (1.0, a + 1.0);
    let (mut an, mut bn, mut an_next, mut bn_next) = (0.0, 1.0, 1.0, c / c1);
    let mut r = c1 / c;
    for step in 1..TERMS_MAX {
        let n = f64::from(step);
        let t = n / a;
        let w = n * (b - n) * x;
        let e = a / s;
        let alpha = p * (p + c0) * e * e * (w * x);
        let e = (1.0 + t) / (c1 + t + t);
        let beta = n + w / s + e * (c + n * (1.0 + rest));
        p = 1.0 + t;
        s += 2.0;
        (an, an_next) = (an_next, alpha * an + beta * an_next);
        (bn, bn_next) = (bn_next, alpha * bn + beta * bn_next);
        let before = r;
        r = an_next / bn_next;
        if (r - before).abs() <= 1e-16 * r {
            break;
        }
        an /= bn_next;
        bn /= bn_next;
        (an_next, bn_next) = (r, 1.0);
    }
    r
}

fn nonzero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

/// The continued fraction of the incomplete beta function for what is left, by Lentz' method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for step in 1..TERMS_MAX {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / nonzero(1.0 + even * d);
        c = nonzero(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / nonzero(1.0 + odd * d);
        c = nonzero(1.0 + odd / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 3e-16 {
            break;
        }
    }
    h
}

/// ψ(x), the derivative of ln Γ, for x > 0: its asymptotic series, reached by ψ(x) = ψ(x+1) − 1/x.
pub(crate) fn digamma(x: f64) -> f64 {
    let (mut x, mut before) = (x, 0.0);
    while x < 12.0 {
        before -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let inner = 1.0 / 240.0 - square * (1.0 / 132.0 - square * 691.0 / 32_760.0);
    before + x.ln() - 0.5 / x - square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square * inner)))
}

/// The x at which `I_x(a, b)` is `share`.
pub(crate) fn inverse_beta(a: f64, b: f64, share: f64) -> f64 {
    if share <= 0.0 {
        return 0.0;
    }
    if share >= 1.0 {
        return 1.0;
    }
    last_below(1e-300, 1.0, |x| beta(a, b, x, 1.0 - x) < share)
}

/// `P(Bin(n, share) ≤ k)`: the regularised incomplete beta function `I_{1−share}(n − k, k + 1)`.
pub(crate) fn binomial_at_most(n: u64, share: f64, k: u64) -> f64 {
    if k >= n {
        return 1.0;
    }
    beta((n - k) as f64, k as f64 + 1.0, 1.0 - share, share)
}

/// The natural logarithm of `P(Bin(n, share) = k)`, by Loader's method.
pub(crate) fn ln_binomial(n: u64, share: f64, k: u64) -> f64 {
    let (whole, hit, missed) = (n as f64, k as f64, n.saturating_sub(k) as f64);
    if k == 0 {
        return whole * (-share).ln_1p();
    }
    if k >= n {
        return whole * share.ln();
    }
    stirling_error(whole)
        - stirling_error(hit)
        - stirling_error(missed)
        - deviance(hit, whole * share)
        - deviance(missed, whole * (1.0 - share))
        - HALF_LN_TAU
        + 0.5 * (whole / hit / missed).ln()
}

/// The quantile of Student's distribution that |t| exceeds with probability `outside`.
pub(crate) fn student(degrees: f64, outside: f64) -> f64 {
    let x = inverse_beta(degrees / 2.0, 0.5, outside);
    (degrees * (1.0 - x) / x).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with 60 digits (mpmath): function, its parameters, its value.
    const REFERENCE: &str = include_str!("../tests/special.csv");

    #[test]
    fn functions_match_the_reference_values() {
        let mut rows = 0;
        for line in REFERENCE.lines().skip(1) {
            let (name, numbers) = line.split_once(',').unwrap();
            let cell: Vec<f64> = numbers.split(',').map(|cell| cell.parse().unwrap()).collect();
            let got = match name {
                "beta" => beta(cell[0], cell[1], cell[2], 1.0 - cell[2]),
                "gamma_below" => gamma(cell[0], cell[1]).0,
                "gamma_above" => gamma(cell[0], cell[1]).1,
                "ln_gamma" => libm::lgamma(cell[0]),
                "digamma" => digamma(cell[0]),
                other => panic!("{other}"),
            };
            assert!((got - cell[3]).abs() <= 1e-12 * cell[3].abs(), "{line}: {got}");
            rows += 1;
        }
        assert!(rows >= 60, "{rows}");
    }

    #[test]
    fn quantiles_are_those_of_tables() {
        for (degrees, want) in [(1.0, 12.706_204_736), (7.0, 2.364_624_252), (30.0, 2.042_272_456)] {
            assert!((student(degrees, 0.05) - want).abs() < 1e-8, "{degrees}");
        }
        for (a, b, share) in [(1.0, 50.0, 0.9), (21.0, 980.0, 0.99), (0.5, 0.5, 1e-6)] {
            let x = inverse_beta(a, b, share);
            assert!((beta(a, b, x, 1.0 - x) - share).abs() < 1e-13);
        }
    }

    #[test]
    fn a_binomial_is_what_its_terms_are() {
        let sum: f64 = (0..=7).map(|k| ln_binomial(30, 0.2, k).exp()).sum();
        assert!((sum - binomial_at_most(30, 0.2, 7)).abs() < 1e-14, "{sum}");
        let whole: f64 = (0..=30).map(|k| ln_binomial(30, 0.2, k).exp()).sum();
        assert!((whole - 1.0).abs() < 1e-14, "{whole}");
    }
}
