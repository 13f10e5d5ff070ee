//! Amounts of money: whole minor units with their currency, never fractions.

use serde::{Deserialize, Serialize};

/// The largest amount, in minor units, that anything here has: sums of them stay far from what a number holds.
pub(crate) const MINOR_MAX: i64 = 1_000_000_000_000;

/// An amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In minor units, such as cents.
    pub minor: i64,
    /// By ISO 4217, such as `USD`.
    pub currency: String,
}

impl Money {
    pub(crate) fn new(minor: i64, currency: &str) -> Self {
        Self { minor, currency: currency.to_owned() }
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, units) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        write!(f, "{sign}{}.{:02} {}", units / 100, units % 100, self.currency)
    }
}

/// The minor units of a decimal number by its text, with two places at most; none where it is no such number.
pub(crate) fn minor_of(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(places) {
        return None;
    }
    let places = match places.trim_end_matches('0') {
        "" => 0,
        place if place.len() == 1 => 10 * place.parse::<i64>().ok()?,
        two if two.len() == 2 => two.parse().ok()?,
        _ => return None,
    };
    let minor = whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(places)?;
    (minor <= MINOR_MAX).then_some(sign * minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_by_their_text() {
        for (text, minor) in [
            ("536.65", 53_665),
            ("206.6", 20_660),
            ("0.07", 7),
            ("12", 1_200),
            ("-3.5", -350),
            ("1.2300", 123),
            ("10000000000.00", MINOR_MAX),
        ] {
            assert_eq!(minor_of(text), Some(minor), "{text}");
        }
        for text in
            ["", "-", ".5", "5.", "1e3", "0.001", "1,5", "+1", "0x1", " 1", "10000000000.01", "99999999999999999999"]
        {
            assert_eq!(minor_of(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_told_with_their_currency() {
        assert_eq!(Money::new(-5, "GBP").to_string(), "-0.05 GBP");
        assert_eq!(Money::new(123_456, "USD").to_string(), "1234.56 USD");
    }
}
