//! What waiting costs, and the index that orders work by it.

use serde::{Deserialize, Serialize};

const HOUR_MS: i128 = 3_600_000;
/// Thousandths, so that small differences in cost survive whole numbers.
const MILLI: i128 = 1_000;
/// Shortest and longest SLA that is counted with: a second, a week.
const SLA_MS: (i64, i64) = (1_000, 7 * 24 * 3_600_000);
/// Doublings after which an index grows in a straight line.
const DOUBLINGS: i128 = 30;
/// Cost of an hour's waiting at which counting stops, in thousandths of minor units.
const SLOPE_MAX: i128 = 1_000_000_000_000_000;
/// Range of a value class, in percent: nobody counts for nothing.
const VALUE_PERCENT: (i64, i64) = (1, 1_000_000);

/// The terms under which cases are offered. Amounts are minor units of the bundle's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferTerms {
    /// What an hour of a customer's waiting costs.
    pub delay_minor_per_hour: i64,
    /// What a missed SLA costs.
    pub breach_minor: i64,
    /// Milliseconds beyond the SLA after which waiting costs twice as much, and twice again, and so on.
    pub double_ms: i64,
    /// Mean handling time of a queue that has handled nothing yet, in milliseconds.
    pub handling_ms: i64,
    /// Milliseconds that an offer stays open.
    pub offer_ms: i64,
    /// Milliseconds that a case which came back is kept for whoever had it last.
    pub grace_ms: i64,
    /// Milliseconds after which a case may be offered again to somebody who did not take it.
    pub again_ms: i64,
    /// Milliseconds for each further case of somebody who became available; 0 gives all room at once.
    pub ramp_ms: i64,
    /// Milliseconds before a date of the case's own from which on it presses.
    pub due_lead_ms: i64,
    /// What missing that date costs.
    pub due_minor: i64,
    /// Offers in a row that may go unanswered before somebody counts as away; 0 for any number.
    pub unanswered_max: u32,
}

impl Default for OfferTerms {
    /// 600 an hour, 1,000 a breach, 40,000 a date missed, doubling each half hour; a person has 30 s to answer.
    fn default() -> Self {
        Self {
            delay_minor_per_hour: 600,
            breach_minor: 1_000,
            double_ms: 1_800_000,
            handling_ms: 480_000,
            offer_ms: 30_000,
            grace_ms: 120_000,
            again_ms: 600_000,
            ramp_ms: 60_000,
            due_lead_ms: 4 * 3_600_000,
            due_minor: 40_000,
            unanswered_max: 3,
        }
    }
}

impl OfferTerms {
    /// How much serving a case now is worth: `C′(W) · μ`, in thousandths of minor units for each hour of
    /// waiting and hour of work.
    ///
    /// The generalised cμ rule serves the greatest `C′(W) · μ` (Mandelbaum and Stolyar, Operations Research
    /// 52(6), 2004). `μ` is one over the queue's mean handling time. The expected cost `C(W)` of waiting `W`
    /// under an SLA `S` is convex, its slope
    ///
    /// `C′(W) = value · (delay + 2 · breach · min(W, S) / S²) · 2^((W − S)⁺ / double)`
    ///
    /// - up to the SLA: the cost of time, and the breach, whose slope grows from nothing so that it comes to
    ///   exactly `breach` at `S`: short SLAs go first, the more so the nearer they are;
    /// - beyond it: the slope stays and doubles each `double_ms` (straight between doublings, and straight
    ///   after the thirtieth), so that another case whose index is `r` times as high when both are due stays
    ///   ahead by `log₂ r · double_ms` of lateness and no more: nothing starves.
    ///
    /// It never falls with waiting. An SLA below a second counts as a second, above a week as a week.
    pub fn index(&self, waited_ms: i64, value_percent: i64, sla_ms: i64, handling_ms: i64) -> i128 {
        self.worth(waited_ms, value_percent, (sla_ms, self.breach_minor), handling_ms)
    }

    /// How much serving a case now is worth of which a date of its own lies `left_ms` ahead, in the same unit: as if it
    /// had waited since `due_lead_ms` before that date, under an SLA that ends with it and costs `due_minor`. A case
    /// counts for the more of this and of [`OfferTerms::index`].
    pub fn due_index(&self, left_ms: i64, value_percent: i64, handling_ms: i64) -> i128 {
        let lead = self.due_lead_ms.clamp(SLA_MS.0, SLA_MS.1);
        self.worth(lead.saturating_sub(left_ms), value_percent, (lead, self.due_minor), handling_ms)
    }

    fn worth(&self, waited_ms: i64, value_percent: i64, (sla_ms, breach_minor): (i64, i64), handling_ms: i64) -> i128 {
        let sla = i128::from(sla_ms.clamp(SLA_MS.0, SLA_MS.1));
        let waited = i128::from(waited_ms.max(0));
        let delay = MILLI * i128::from(self.delay_minor_per_hour.max(0));
        let breach = 2 * MILLI * i128::from(breach_minor.max(0)) * waited.min(sla) * HOUR_MS / (sla * sla);
        let slope = (delay + breach).clamp(1, SLOPE_MAX);
        let value = i128::from(value_percent.clamp(VALUE_PERCENT.0, VALUE_PERCENT.1));
        let worth = (slope * value * HOUR_MS / (100 * i128::from(handling_ms.max(1)))).max(1);
        let (late, double) = ((waited - sla).max(0), i128::from(self.double_ms.max(1)));
        let doublings = (late / double).min(DOUBLINGS);
        let rest = late - doublings * double;
        worth.saturating_mul(1 << doublings).saturating_mul(double + rest) / double
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn the_slope_is_what_the_formula_says() {
        let terms =
            OfferTerms { delay_minor_per_hour: 600, breach_minor: 1_000, double_ms: HOUR, ..OfferTerms::default() };
        let index = |waited| terms.index(waited, 100, HOUR, HOUR);
        assert_eq!(index(0), 600_000);
        assert_eq!(index(HOUR / 2), 600_000 + 1_000_000);
        assert_eq!(index(HOUR), 600_000 + 2_000_000);
        assert_eq!((index(2 * HOUR), index(3 * HOUR)), (5_200_000, 10_400_000));
        assert_eq!(index(2 * HOUR + HOUR / 2), 7_800_000, "straight between doublings");
        assert_eq!(terms.index(0, 200, HOUR, HOUR / 2), 2_400_000, "twice the value, twice the speed");
    }

    #[test]
    fn a_date_of_the_case_s_own_presses_from_its_lead_on() {
        let terms = OfferTerms { due_lead_ms: 4 * HOUR, due_minor: 8_000, double_ms: HOUR, ..OfferTerms::default() };
        let index = |left| terms.due_index(left, 100, HOUR);
        assert_eq!((index(100 * HOUR), index(4 * HOUR)), (600_000, 600_000), "no more than any that waits");
        assert_eq!((index(2 * HOUR), index(0)), (600_000 + 2_000_000, 600_000 + 4_000_000));
        assert_eq!(index(-HOUR), 9_200_000, "and twice as much an hour later");
    }

    #[test]
    fn it_never_falls_and_stays_in_range() {
        let most = OfferTerms {
            delay_minor_per_hour: i64::MAX,
            breach_minor: i64::MAX,
            double_ms: 0,
            ..OfferTerms::default()
        };
        for terms in [OfferTerms::default(), most] {
            for sla in [i64::MIN, 0, 60_000, HOUR, i64::MAX] {
                let mut before = 0;
                for waited in (0..62).map(|n| (1_i64 << n) - 1) {
                    let index = terms.index(waited, 50, sla, 300_000);
                    assert!(index >= before && index > 0, "{sla} {waited}");
                    before = index;
                }
            }
        }
    }
}
