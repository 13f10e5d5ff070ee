//! Questions of other systems in tests: who asks to do what to what, and whether policy must permit it.

use super::written::AccessTest;
use crate::{
    engine::Engine,
    own_actions::{OwnQuestion, SaidEntity, Unasked},
};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// What is not as expected of a question.
pub(super) fn check(engine: &Engine, test: &AccessTest) -> Vec<String> {
    let object = |members: &BTreeMap<String, toml::Value>| -> Map<String, Json> {
        let member =
            |(name, value): (&String, &toml::Value)| (name.clone(), serde_json::to_value(value).unwrap_or_default());
        members.iter().map(member).collect()
    };
    let (who, what) = (object(&test.subject.properties), object(&test.resource.properties));
    let (how, context) = (object(&test.action.properties), object(&test.context));
    let question = OwnQuestion {
        subject: SaidEntity { kind: &test.subject.kind, id: &test.subject.id, properties: &who },
        action: &test.action.name,
        properties: &how,
        resource: SaidEntity { kind: &test.resource.kind, id: &test.resource.id, properties: &what },
        context: &context,
    };
    let verdict = match engine.own(&question) {
        Ok(verdict) => verdict,
        Err(Unasked::Action) => {
            return vec![format!("the schema declares no action `{}` for other systems", test.action.name)];
        }
        // Who or what is not known is denied.
        Err(Unasked::Subject(_) | Unasked::Resource(_)) if !test.decision && test.because.is_empty() => {
            return Vec::new();
        }
        Err(Unasked::Subject(why) | Unasked::Resource(why)) => return vec![why],
        Err(Unasked::Unfit(unfit)) => return vec![format!("`{}` {}", unfit.at, unfit.why)],
    };
    let by: Vec<&str> = verdict.policies.iter().chain(&verdict.errors).map(|id| id.as_str()).collect();
    let told = if by.is_empty() { "no policy applies".to_owned() } else { by.join(", ") };
    let mut failures = Vec::new();
    if verdict.allow != test.decision {
        failures.push(format!("expected the decision {}, got {}, by {told}", test.decision, verdict.allow));
    }
    for id in test.because.iter().filter(|id| !by.contains(&id.as_str())) {
        failures.push(format!("expected `{id}` to determine the decision, but {told}"));
    }
    failures
}
