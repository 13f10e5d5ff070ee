//! Roots by bisection, which always ends: after it no number of f64 lies between the two ends any more.

/// The greatest number of `low..=high` where `below` holds, which must hold on a first part and on none after it.
/// Gives `low` where it holds nowhere.
pub(crate) fn last_below(mut low: f64, mut high: f64, mut below: impl FnMut(f64) -> bool) -> f64 {
    if below(high) {
        return high;
    }
    loop {
        // The geometric mean where the ends are orders of magnitude apart.
        let middle = if low > 0.0 && high / low > 4.0 { (low * high).sqrt() } else { low + 0.5 * (high - low) };
        if middle <= low || middle >= high {
            return low;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_found_to_the_last_digit() {
        assert!((last_below(0.0, 2.0, |x| x * x < 2.0) - 2f64.sqrt()).abs() < 1e-15);
        assert!((last_below(1e-300, 1e300, |x| x < 3e-20) / 3e-20 - 1.0).abs() < 1e-15);
        assert_eq!(last_below(0.0, 1.0, |_| true), 1.0);
        assert_eq!(last_below(0.5, 1.0, |_| false), 0.5);
    }
}
