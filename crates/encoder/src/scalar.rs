//! Functions of numbers, from operations that are the same on every machine.

/// e to the power `x`, to within 2 units in the last place: 2 to a whole power, times a polynomial over what is left
/// (Cephes, `expf`).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    /// Adding and taking away rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let whole = (x * LOG2_E + ROUND) - ROUND;
    let rest = x - whole * LN2_HIGH - whole * LN2_LOW;
    let mut sum = 1.987_569_1e-4;
    for factor in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        sum = sum * rest + factor;
    }
    let fraction = sum * rest * rest + rest + 1.0;
    #[expect(clippy::cast_possible_truncation, reason = "a whole number between -126 and 127")]
    let power = f32::from_bits(((whole as i32 + 127) << 23).cast_unsigned());
    fraction * power
}

/// The error function, to within 1.5e-7 (Abramowitz and Stegun 7.1.26).
#[inline(always)]
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let mut sum = 1.061_405_4;
    for factor in [-1.453_152, 1.421_413_8, -0.284_496_74, 0.254_829_6] {
        sum = sum * t + factor;
    }
    let above = 1.0 - sum * t * exp(-x * x);
    above.copysign(x)
}

/// The Gaussian error linear unit: `x` times the share of a standard normal distribution below it (Hendrycks and Gimpel
/// 2016, arXiv:1606.08415).
#[inline(always)]
pub(crate) fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_close_to_what_they_stand_for() {
        for step in -2_000..2_000_i16 {
            let x = f32::from(step) / 100.0;
            let exact = f64::from(x).exp();
            assert!(((f64::from(exp(x)) - exact) / exact).abs() < 3e-7, "e^{x}: {} {exact}", exp(x));
        }
        // From tables: Abramowitz and Stegun 7.1.
        for (x, is) in [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (-1.0, -0.842_700_8), (2.0, 0.995_322_3)] {
            assert!((erf(x) - is).abs() < 3e-7, "erf {x}: {}", erf(x));
        }
        assert!((gelu(1.0) - 0.841_344_7).abs() < 1e-6 && gelu(-20.0).abs() < 1e-6 && (gelu(20.0) - 20.0).abs() < 1e-6);
    }
}
