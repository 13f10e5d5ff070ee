//! Amounts as people read them: in units of the currency, with as many decimals as ISO 4217 gives its minor unit.

use remit_domain::request::{Money, decimals};

/// An amount as people read it: `12.50 EUR`.
pub fn amount(money: &Money) -> String {
    let decimals = decimals(&money.currency);
    let sign = if money.minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", money.minor.unsigned_abs(), width = decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let point = if decimals == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{part} {}", money.currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        for (minor, currency, shown) in [
            (1_250, "EUR", "12.50 EUR"),
            (5, "EUR", "0.05 EUR"),
            (-53_665, "USD", "-536.65 USD"),
            (0, "JPY", "0 JPY"),
            (1_250, "JPY", "1250 JPY"),
            (7, "KWD", "0.007 KWD"),
            (i64::MIN, "GBP", "-92233720368547758.08 GBP"),
        ] {
            assert_eq!(amount(&Money { minor, currency: currency.to_owned() }), shown);
        }
    }
}
