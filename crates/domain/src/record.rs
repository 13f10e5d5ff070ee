//! How a decision is written on record. To everybody else it is told with the names of all that it holds.

pub(crate) mod table;

use crate::{
    case::HolderRef,
    decision::{
        Candidate, Collecting, Consideration, Custody, Decision, DecisionPoint, Outcome, PolicyNote, ReadBy, Trigger,
    },
    id::{CaseId, DecisionId, Digest, OwnerId, PolicyId, ResponderId, Timestamp},
    signal::Signals,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// A decision with its readings and candidates as tables.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Decision", deny_unknown_fields)]
struct Written {
    v: u16,
    id: DecisionId,
    case: CaseId,
    point: DecisionPoint,
    owner: OwnerId,
    trigger: Trigger,
    at: Timestamp,
    bundle: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    baseline: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    read_by: Option<ReadBy>,
    holder: Option<HolderRef>,
    handoffs: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    custody: Option<Custody>,
    #[serde(with = "table::signals")]
    signals: Signals,
    #[serde(with = "table::candidates")]
    candidates: Vec<Candidate>,
    policies: BTreeMap<PolicyId, PolicyNote>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    considerations: BTreeMap<PolicyId, Consideration>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    collecting: Collecting,
    outcome: Outcome,
    sequence: Vec<ResponderId>,
}

pub(crate) fn serialize<S: Serializer>(decision: &Decision, serializer: S) -> Result<S::Ok, S::Error> {
    Written::serialize(decision, serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<Decision>, D::Error> {
    Written::deserialize(deserializer).map(Box::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Event,
        cost::Cost,
        decision::{Candidate, LocalTime, Verdict},
        id::{Ids, SignalName},
        signal::{Reading, Readings, Value},
        testing,
    };
    use serde_json::{Value as Json, json};

    fn reading(source: &str, value: i64, because: &[&str]) -> Reading {
        let because = because.iter().map(|reason| (*reason).to_owned()).collect();
        Reading { value: Value::Long(value), source: source.into(), at: Timestamp(5), because }
    }

    fn decision() -> Decision {
        let mut facts = testing::facts("desk");
        (facts.handling_minor, facts.stopped, facts.depth) = (420, true, 3);
        let cost = Cost {
            handling_minor: 420,
            delay_minor: 1,
            failure_minor: 2,
            total_minor: 423,
            resolves_bp: 9_000,
            value_percent: 100,
            due_minor: 0,
            preference_minor: 0,
        };
        let policies = vec![PolicyId::new("some.rule").unwrap()];
        let verdict = Verdict { allow: true, policies, errors: vec![PolicyId::new("bad.rule").unwrap()] };
        let mut ids = Ids::new(Timestamp(5), 1 << 20);
        Decision {
            v: 2,
            id: DecisionId::next(&mut ids),
            case: CaseId::next(&mut ids),
            point: DecisionPoint::Route,
            owner: testing::owner("lead"),
            trigger: Trigger::CaseOpened,
            at: Timestamp(5),
            bundle: Digest::from_bytes(&[7; 32]),
            baseline: None,
            read_by: None,
            holder: None,
            handoffs: 0,
            custody: None,
            // A name that a table's first member has too.
            signals: [("columns", reading("crm", 1, &[])), ("waited_ms", reading("remit", 2, &["so", "because"]))]
                .map(|(name, reading)| (SignalName::new(name).unwrap(), reading))
                .into_iter()
                .collect(),
            candidates: vec![Candidate { facts, verdict, cost, considered: Vec::new() }],
            policies: BTreeMap::new(),
            considerations: BTreeMap::new(),
            collecting: BTreeMap::new(),
            outcome: Outcome::Assign { responder: testing::responder("desk") },
            sequence: Vec::new(),
        }
    }

    #[test]
    fn what_only_some_candidates_have_is_read_again() {
        let mut decision = decision();
        let mut other = decision.candidates[0].clone();
        other.facts.local = Some(LocalTime { hour: 23, weekday: 4, date: 20_261_224 });
        (other.facts.had_before, other.facts.served_before) = (true, true);
        (other.facts.language_level, other.facts.due_risk_bp, other.cost.due_minor) = (Some(3), 900, 45);
        other.considered = vec![PolicyId::new("late").unwrap()];
        other.cost = other.cost.preferred_by(-5);
        decision.candidates.push(other);
        let made = Event::DecisionMade { decision: Box::new(decision), handoff: None };
        let written = serde_json::to_string(&made).unwrap();
        assert!(written.contains(r#""value_percent","more"],"rows""#) && written.contains(",100,{}]"), "{written}");
        assert_eq!(serde_json::from_str::<Event>(&written).unwrap(), made);
    }

    fn events() -> [Event; 2] {
        let decision = decision();
        let readings = decision.signals.iter().map(|(name, reading)| (name.clone(), reading.clone())).collect();
        [
            Event::SignalsMeasured { readings, at: Timestamp(5) },
            Event::DecisionMade { decision: Box::new(decision), handoff: None },
        ]
    }

    #[test]
    fn what_was_recorded_is_read_again() {
        for event in events() {
            let written = serde_json::to_string(&event).unwrap();
            assert!(written.contains(r#""columns":["signal","value","source","at","because"]"#), "{written}");
            assert_eq!(serde_json::from_str::<Event>(&written).unwrap(), event);
        }
    }

    #[test]
    fn what_version_1_recorded_as_objects_is_read_as_before() {
        let [measured, made] = events();
        let decision = serde_json::to_value(decision()).unwrap();
        assert!(decision["signals"]["columns"]["value"].is_number() && decision["candidates"][0]["facts"].is_null());
        let was = json!({"type": "decision_made", "decision": decision});
        assert_eq!(serde_json::from_value::<Event>(was).unwrap(), made);
        let readings: Vec<Json> =
            decision["signals"].as_object().unwrap().iter().map(|(name, reading)| json!([name, reading])).collect();
        let was = json!({"type": "signals_measured", "readings": readings, "at": 5});
        assert_eq!(serde_json::from_value::<Event>(was).unwrap(), measured);
    }

    #[test]
    fn every_reading_kept_is_read_again_in_both_forms() {
        let name = |name| SignalName::new(name).unwrap();
        let mut kept = Readings::default();
        for (signal, source) in [("value", "crm"), ("value", "erp"), ("columns", "remit")] {
            kept.keep(name(signal), reading(source, 7, &[]));
        }
        let written = serde_json::to_value(&kept).unwrap();
        assert_eq!(written["rows"].as_array().unwrap().len(), 3);
        assert_eq!(serde_json::from_value::<Readings>(written).unwrap(), kept);
        let was = json!({
            "columns": [{"value": 7, "source": "remit", "at": 5}],
            "value": [{"value": 7, "source": "crm", "at": 5}, {"value": 7, "source": "erp", "at": 5}],
        });
        assert_eq!(serde_json::from_value::<Readings>(was).unwrap(), kept);
        assert_eq!(serde_json::from_value::<Readings>(json!({})).unwrap(), Readings::default());
    }

    #[test]
    fn a_table_that_is_not_as_known_is_refused() {
        let [measured, made] = events();
        let written = |event: &Event| serde_json::to_value(event).unwrap();
        let refused = |event: Json, why: &str| {
            let error = serde_json::from_value::<Event>(event).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        };
        for (event, table) in [(&measured, "/readings"), (&made, "/decision/signals"), (&made, "/decision/candidates")]
        {
            let changed = |change: &dyn Fn(&mut Json)| {
                let mut event = written(event);
                change(event.pointer_mut(table).unwrap());
                event
            };
            refused(changed(&|table| table["columns"][0] = json!("other")), "are known");
            refused(changed(&|table| _ = table.as_object_mut().unwrap().remove("rows")), "rows");
            refused(changed(&|table| table["rows"][0] = json!([])), "missing field");
            refused(changed(&|table| table["rows"][0].as_array_mut().unwrap().push(json!(1))), "");
            refused(changed(&|table| table["more"] = json!(1)), "");
        }
    }
}
