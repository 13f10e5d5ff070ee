//! Dates by which a case should be served, which its fields name.

use super::Bundle;
use remit_domain::{
    Case,
    field::{FieldValue, Held},
    id::Timestamp,
    signal::Value,
};

impl Bundle {
    /// How long before a date by which a case should be served it presses, in milliseconds, and what missing it costs.
    pub fn due(&self) -> (i64, i64) {
        let economics = &self.manifest.economics;
        (i64::from(economics.due_lead_minutes) * 60_000, self.terms.economics.due_minor)
    }

    /// The next date by which `case` should be served, by its fields, passed or not.
    pub fn due_of(&self, case: &Case) -> Option<Timestamp> {
        let due = self.fields.iter().filter(|spec| spec.is_due);
        let dates = due.filter_map(|spec| match &case.fields.get(&spec.name)?.held {
            Held::Plain(FieldValue { value: Value::Long(at), .. }) => Some(Timestamp(*at)),
            _ => None,
        });
        dates.min()
    }
}
