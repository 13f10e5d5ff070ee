//! Expected cost of giving a case to a candidate: handling, delay and failure, in minor units of one currency.

use crate::{
    decision::CandidateFacts,
    id::SignalName,
    signal::{Signals, Value},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A currency code of ISO 4217, such as `GBP`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(pub std::sync::Arc<str>);

/// How a bundle counts cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Economics {
    /// Currency of every amount.
    pub currency: Currency,
    /// What an hour of a customer's waiting costs, in minor units.
    pub delay_minor_per_hour: i64,
    /// What a missed first-reply SLA costs, in minor units.
    pub breach_minor: i64,
    /// What an unresolved case costs on top, in minor units.
    pub failure_minor: i64,
    /// What missing a date costs by which a case should be served, in minor units.
    pub due_minor: i64,
    /// The signal that holds the customer's value class, if the bundle has one.
    pub value_signal: Option<SignalName>,
    /// Weight of each value class in percent; a class that is not named weighs 100.
    pub value_percent: BTreeMap<String, i64>,
}

/// Every term of a candidate's expected cost, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// What handling costs.
    pub handling_minor: i64,
    /// What waiting is expected to cost: time, and the risk of missing the SLA.
    pub delay_minor: i64,
    /// What failing to resolve is expected to cost.
    pub failure_minor: i64,
    /// The sum.
    pub total_minor: i64,
    /// Probability that the candidate resolves this intent, in basis points, from outcomes with a prior.
    pub resolves_bp: i64,
    /// Weight of the customer's value class, in percent.
    pub value_percent: i64,
    /// What missing a date is expected to cost by which the case should be served, in the sum too.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub due_minor: i64,
    /// What preferences add, in the sum too; negative where it is preferred.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub preference_minor: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_nothing(minor: &i64) -> bool {
    *minor == 0
}

const CERTAIN_BP: i64 = 10_000;
const HOUR_MS: i128 = 3_600_000;

impl Economics {
    /// The expected cost of giving the case with these signals to this candidate.
    ///
    /// - `resolves = (prior · weight + resolved) / (weight + resolved + failed)`: the mean of a Beta posterior.
    /// - `delay = value · (wait · per hour + SLA risk · breach)`.
    /// - `failure = value · (1 − resolves) · failure`.
    /// - `due = value · risk of missing the case's date · due`; nothing for a case without a date.
    ///
    /// Each term is rounded to the nearest minor unit; sums stop at the range's ends.
    pub fn cost(&self, facts: &CandidateFacts, signals: &Signals) -> Cost {
        let value_percent = self.value_percent(signals);
        let resolves_bp = resolves_bp(facts.prior_bp, facts.prior_weight, facts.resolved, facts.failed);
        let value = i128::from(value_percent);
        let waiting = i128::from(facts.expected_wait_ms.max(0)) * i128::from(self.delay_minor_per_hour);
        let breach = i128::from(facts.sla_risk_bp.clamp(0, CERTAIN_BP)) * i128::from(self.breach_minor);
        let delay_minor = minor(
            waiting
                .saturating_mul(value)
                .saturating_mul(i128::from(CERTAIN_BP))
                .saturating_add(breach * value * HOUR_MS),
            100 * HOUR_MS * i128::from(CERTAIN_BP),
        );
        let failure_minor = minor(
            i128::from(CERTAIN_BP - resolves_bp) * i128::from(self.failure_minor) * value,
            100 * i128::from(CERTAIN_BP),
        );
        let due_risk = i128::from(facts.due_risk_bp.clamp(0, CERTAIN_BP));
        let due_minor = minor(due_risk * i128::from(self.due_minor) * value, 100 * i128::from(CERTAIN_BP));
        let terms = [delay_minor, failure_minor, due_minor];
        let total_minor = terms.into_iter().fold(facts.handling_minor, i64::saturating_add);
        Cost {
            handling_minor: facts.handling_minor,
            delay_minor,
            failure_minor,
            total_minor,
            resolves_bp,
            value_percent,
            due_minor,
            preference_minor: 0,
        }
    }

    /// Weight of the customer's value class, in percent.
    pub fn value_percent(&self, signals: &Signals) -> i64 {
        let class = self.value_signal.as_ref().and_then(|name| signals.get(name.as_str()));
        match class.map(|reading| &reading.value) {
            Some(Value::Name(class)) => self.value_percent.get(&**class).copied().unwrap_or(100),
            _ => 100,
        }
    }
}

impl Cost {
    /// The same with what preferences add to it, or take off it.
    #[must_use]
    pub fn preferred_by(self, minor: i64) -> Self {
        Self { preference_minor: minor, total_minor: self.total_minor.saturating_add(minor), ..self }
    }
}

/// The probability that a responder resolves an intent, in basis points: the mean of a Beta posterior, from a prior
/// that is worth `prior_weight` outcomes (at least one) and the outcomes that were counted.
pub fn resolves_bp(prior_bp: i64, prior_weight: i64, resolved: i64, failed: i64) -> i64 {
    let weight = i128::from(prior_weight.max(1));
    let resolved = i128::from(resolved.max(0));
    let failed = i128::from(failed.max(0));
    let prior = i128::from(prior_bp.clamp(0, CERTAIN_BP));
    minor(prior * weight + resolved * i128::from(CERTAIN_BP), weight + resolved + failed)
}

/// `amount / unit`, rounded half up, for amounts that are not negative.
fn minor(amount: i128, unit: i128) -> i64 {
    i64::try_from(amount.saturating_add(unit / 2) / unit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn every_term_is_counted_once() {
        let economics = testing::economics();
        let mut facts = testing::facts("desk");
        facts.handling_minor = 420;
        facts.expected_wait_ms = 1_800_000; // half an hour at 600 an hour
        facts.sla_risk_bp = 2_500; // a quarter of 1,000
        facts.prior_bp = 8_000;
        facts.prior_weight = 10;
        facts.resolved = 10;
        facts.failed = 0; // (8 + 10) / 20 = 90 %
        let cost = economics.cost(&facts, &Signals::new());
        assert_eq!((cost.handling_minor, cost.delay_minor, cost.failure_minor), (420, 300 + 250, 200));
        assert_eq!((cost.total_minor, cost.resolves_bp), (420 + 550 + 200, 9_000));
    }

    #[test]
    fn missing_a_date_costs_by_its_risk_and_by_whose_it_is() {
        let mut economics = Economics { due_minor: 20_000, ..testing::economics() };
        let mut facts = testing::facts("desk");
        let signals = Signals::new();
        let without = economics.cost(&facts, &signals);
        facts.due_risk_bp = 2_500;
        let with = economics.cost(&facts, &signals);
        assert_eq!((without.due_minor, with.due_minor), (0, 5_000));
        assert_eq!(with.total_minor, without.total_minor + 5_000);
        facts.due_risk_bp = i64::MAX;
        assert_eq!(economics.cost(&facts, &signals).due_minor, 20_000);
        economics.due_minor = i64::MAX;
        assert_eq!(economics.cost(&facts, &signals).total_minor, i64::MAX);
    }

    #[test]
    fn absurd_numbers_stay_in_range() {
        let economics = Economics { delay_minor_per_hour: i64::MAX, breach_minor: i64::MAX, ..testing::economics() };
        let mut facts = testing::facts("desk");
        facts.expected_wait_ms = i64::MAX;
        facts.sla_risk_bp = i64::MAX;
        facts.handling_minor = i64::MAX;
        assert_eq!(economics.cost(&facts, &Signals::new()).total_minor, i64::MAX);
    }
}
