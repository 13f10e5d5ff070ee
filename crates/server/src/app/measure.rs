//! Measures a customer's words, and checks the readings that integrations post.

use super::{App, Caller, customer::Customer, schema};
use crate::problem::Problem;
use remit_domain::{
    id::{SignalName, Timestamp},
    signal::{OWN_SOURCE, Reading, Value},
};
use remit_signals::{intent::IntentEstimate, lexical::TextReadings};
use remit_store::Store;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// A reading that an integration posts. Its source is the one that the token names.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostedReading {
    /// The signal's name in the bundle.
    pub name: String,
    /// `true` or `false`, a whole number, or a name of the signal's vocabulary.
    #[schema(schema_with = schema::reading)]
    pub value: serde_json::Value,
}

/// Contacts within this time count as repeats: seven days, in milliseconds.
const REPEAT_MS: i64 = 7 * 24 * 3_600_000;
/// Readings in one request.
const POSTED_MAX: usize = 64;

pub(crate) type Named = Vec<(SignalName, Reading)>;

impl App {
    /// What Remit itself measures in `text`.
    pub(super) fn measure(&self, text: &str, now: Timestamp) -> Named {
        let source: Arc<str> = OWN_SOURCE.into();
        let mut readings = Vec::with_capacity(16);
        let mut note = |name: &str, value: Value, because: Vec<String>| {
            if let Ok(name) = SignalName::new(name) {
                readings.push((name, Reading { value, source: Arc::clone(&source), at: now, because }));
            }
        };
        let estimate = self.intents.estimate(text);
        self.note_intent(&estimate, &mut note);
        note_words(&self.reader.read(text), &mut note);
        readings
    }

    fn note_intent(&self, estimate: &IntentEstimate<'_>, note: &mut dyn FnMut(&str, Value, Vec<String>)) {
        let because = vec![format!("runner-up {} {}", estimate.runner_up, estimate.runner_up_bp)];
        note("intent", Value::name(estimate.label), because);
        note("intent_confidence_bp", Value::Long(i64::from(estimate.confidence_bp)), Vec::new());
        note("out_of_scope_bp", Value::Long(i64::from(estimate.out_of_scope_bp)), Vec::new());
        note("intent_abstained", Value::Bool(estimate.abstained), Vec::new());
        if let Some(topic) = self.bundle.topic_of(estimate.label) {
            note("topic", Value::name(topic), Vec::new());
        }
    }

    /// How often the customer wrote in the last seven days, this time not counted.
    pub(super) fn repeat_contacts(
        &self,
        customer: &Customer,
        now: Timestamp,
    ) -> Result<(SignalName, Reading), Problem> {
        let since = now.plus_ms(-REPEAT_MS);
        let recent = if customer.met {
            self.store.recent_cases(customer.id.as_str(), since.0).map_err(Problem::internal)?
        } else {
            0
        };
        let name = SignalName::new("repeat_contacts").map_err(Problem::internal)?;
        Ok((
            name,
            Reading { value: Value::Long(i64::from(recent)), source: OWN_SOURCE.into(), at: now, because: Vec::new() },
        ))
    }

    /// Checks readings that `caller` posts against the bundle's declarations.
    pub(super) fn posted(&self, caller: &Caller, posted: &[PostedReading], now: Timestamp) -> Result<Named, Problem> {
        if posted.is_empty() {
            return Ok(Vec::new());
        }
        let Some(source) = &caller.source else {
            return Err(Problem::invalid(
                "signals",
                "this token has no source; make one with `remit token create --source NAME`",
            ));
        };
        if posted.len() > POSTED_MAX {
            return Err(Problem::invalid("signals", format!("at most {POSTED_MAX} readings in one request")));
        }
        posted
            .iter()
            .map(|reading| {
                let name = SignalName::new(&reading.name).map_err(|e| Problem::invalid("signals", e))?;
                let value = match &reading.value {
                    serde_json::Value::Bool(value) => Value::Bool(*value),
                    serde_json::Value::String(text) if text.len() <= 128 => Value::name(text),
                    serde_json::Value::Number(number) => number.as_i64().map(Value::Long).ok_or_else(|| {
                        Problem::invalid("signals", format!("`{name}` must be a whole number of 64 bits"))
                    })?,
                    _ => {
                        return Err(Problem::invalid(
                            "signals",
                            format!("`{name}` must be true, false, a number or a name"),
                        ));
                    }
                };
                self.bundle.check_signal(name.as_str(), &value).map_err(|e| Problem::invalid("signals", e))?;
                Ok((name, Reading { value, source: Arc::clone(source), at: now, because: Vec::new() }))
            })
            .collect()
    }
}

fn note_words(words: &TextReadings, note: &mut dyn FnMut(&str, Value, Vec<String>)) {
    let rules = |ids: &[&'static str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    note("wants_human", Value::Bool(words.wants_human.present), rules(&words.wants_human.rules));
    note("situation", Value::name(words.situation.kind.as_str()), rules(&words.situation.rules));
    note("situation_bp", Value::Long(i64::from(words.situation.strength_bp)), Vec::new());
    note("frustration_bp", Value::Long(i64::from(words.frustration.strength_bp)), rules(&words.frustration.rules));
    note("language", Value::name(words.language.code), Vec::new());
    note("complexity_bp", Value::Long(i64::from(words.complexity.strength_bp)), rules(&words.complexity.rules));
}
