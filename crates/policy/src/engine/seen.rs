//! What policies see of a case's fields and a customer's facts, as readings that a decision holds.

use super::Engine;
use crate::{
    attributes::{AGE_HOURS, CUSTOMER, FIELDS, seen_as},
    bundle::FieldSpec,
};
use remit_domain::{
    field::{FieldKind, FieldValue},
    id::{SignalName, Timestamp},
    signal::{Reading, Signals, Value},
};
use smol_str::SmolStr;

const HOUR_MS: i64 = 3_600_000;

/// Why a decision holds something else than what was set.
const PERSONAL: &str = "as far as policies tell it apart, since it is personal";

impl Engine {
    /// Has policies see the value of a field, if they may see it.
    pub fn see_field(
        &self,
        signals: &mut Signals,
        spec: &FieldSpec,
        held: &FieldValue,
        (source, at): (&SmolStr, Timestamp),
        now: Timestamp,
    ) {
        self.see(signals, FIELDS, spec, held, (source, at), now);
    }

    /// Has policies see a fact of the customer and how old it is, if they may see it.
    pub fn see_fact(
        &self,
        signals: &mut Signals,
        spec: &FieldSpec,
        held: &FieldValue,
        (source, at): (&SmolStr, Timestamp),
        now: Timestamp,
    ) {
        if !self.see(signals, CUSTOMER, spec, held, (source, at), now) {
            return;
        }
        if let Ok(name) = SignalName::new(&format!("{CUSTOMER}.{}{AGE_HOURS}", spec.name)) {
            let value = Value::Long(now.since(at) / HOUR_MS);
            signals.insert(name, Reading { value, source: source.clone(), at, because: Vec::new() });
        }
    }

    fn see(
        &self,
        signals: &mut Signals,
        record: &str,
        spec: &FieldSpec,
        held: &FieldValue,
        (source, at): (&SmolStr, Timestamp),
        now: Timestamp,
    ) -> bool {
        // What was set under an earlier bundle may be of another type by now: then it is not there.
        let fits = spec.seen_by_policies && held.kind == spec.kind;
        let Ok(name) = SignalName::new(&format!("{record}.{}", seen_as(spec))) else { return false };
        if !fits {
            return false;
        }
        let value = match (spec.kind, &held.value) {
            (FieldKind::DateTime, Value::Long(moment)) => Value::Long(moment.saturating_sub(now.0).div_euclid(HOUR_MS)),
            (_, value) => value.clone(),
        };
        let value = self.told_apart.alike(name.as_str(), value);
        let because = if spec.personal { vec![PERSONAL.to_owned()] } else { Vec::new() };
        signals.insert(name, Reading { value, source: source.clone(), at, because });
        true
    }
}
