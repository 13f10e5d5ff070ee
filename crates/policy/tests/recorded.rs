//! What earlier versions of Remit decided is taken again, byte for byte, under the bundle and by the rules of then.
//!
//! Each folder of `recorded` holds what one version put on record of the sample bank, one record for each kind of
//! decision, and the bundle that governed, unless that is the one of the version before; the examples of intents have
//! not changed since the first and stand beside them once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_domain::{Event, id::Digest, request::Answer};
use remit_policy::{
    bundle::Bundle,
    engine::Engine,
    files::Files,
    replay::{replay, replay_action, replay_request},
};
use std::{collections::BTreeSet, fs, path::PathBuf};

/// The file of a bundle that is most of its size.
const EXAMPLES: &str = "intents.csv";

fn folder(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Takes everything again that the version recorded, and gives at which points that was decided. As the bundle is
/// loaded to govern, it must be refused if `refused`.
fn taken_again(version: &str, refused: bool) -> BTreeSet<String> {
    taken_again_under(version, version, refused)
}

/// The same of what was decided under the bundle in the folder of another version.
fn taken_again_under(bundle: &str, version: &str, refused: bool) -> BTreeSet<String> {
    let recorded = folder("tests/recorded");
    let root = recorded.join(version);
    let examples = fs::read(recorded.join(EXAMPLES)).unwrap();
    let files = Files::read(&recorded.join(bundle).join("bundle")).unwrap().with(EXAMPLES, examples);
    assert_eq!(Bundle::load(files.clone()).is_err(), refused, "{version}: whether it may govern today");
    let load = |baseline: Option<&Digest>| {
        Bundle::load_recorded(files.clone(), baseline).unwrap_or_else(|error| panic!("{version}: {error}"))
    };
    let records = fs::read_to_string(root.join("decisions.jsonl")).unwrap();
    let mut points = BTreeSet::new();
    let mut loaded: Option<(Option<Digest>, Bundle, Engine)> = None;
    for record in records.lines() {
        let event: Event = serde_json::from_str(record).unwrap_or_else(|error| panic!("{version}: {error}: {record}"));
        let baseline = match &event {
            Event::DecisionMade { decision, .. } => decision.baseline.clone(),
            Event::ActionAsked { decision } => decision.baseline.clone(),
            other => Some(other.request_decision().unwrap_or_else(|| panic!("{version}: {other:?}")).baseline.clone()),
        };
        if loaded.as_ref().is_none_or(|(named, ..)| *named != baseline) {
            let bundle = load(baseline.as_ref());
            let engine = Engine::new(&bundle);
            loaded = Some((baseline, bundle, engine));
        }
        let (_, bundle, engine) = loaded.as_ref().unwrap();
        let again = match &event {
            Event::DecisionMade { decision, .. } => {
                points.insert(format!("{:?}", decision.point));
                replay(engine, bundle, decision)
            }
            Event::ActionAsked { decision } => {
                points.insert("Act".to_owned());
                replay_action(engine, bundle, decision)
            }
            other => {
                let decision = other.request_decision().unwrap();
                points.insert(match decision.verdict.answer {
                    Answer::Allow => "allow".to_owned(),
                    Answer::Needs { .. } => "needs".to_owned(),
                    Answer::Deny => "deny".to_owned(),
                });
                replay_request(engine, bundle, decision)
            }
        };
        assert_eq!(again.unwrap().difference, None, "{version}: {record}");
    }
    points
}

/// The first that kept anything: a bundle names an owner for five decision points, and eight are asked for by now.
#[test]
fn what_the_first_version_decided() {
    taken_again("v1-five-points", true);
}

#[test]
fn what_was_decided_before_readings_were_written_as_tables() {
    taken_again("v1", false);
}

#[test]
fn what_was_decided_before_custody() {
    taken_again("v2", false);
}

#[test]
fn what_was_decided_before_overrides_stood_against_all_but_dangers() {
    taken_again("v3", false);
}

#[test]
fn what_was_decided_before_outages_told_against_no_ai_responder() {
    let points = taken_again_under("v3", "v4", false);
    let all = ["Escalate", "Offer", "Override", "Retain", "ReturnToAi", "Route", "StopAi"];
    assert_eq!(points, BTreeSet::from(all.map(str::to_owned)));
}

#[test]
fn what_was_decided_before_closed_queues_that_call_back_had_who_is_there() {
    let points = taken_again("v5", false);
    let all = ["Escalate", "Offer", "Override", "Retain", "ReturnToAi", "Route", "StopAi"];
    assert_eq!(points, BTreeSet::from(all.map(str::to_owned)));
}

/// Every point at which the sample bank decides, and every answer about requests.
const EVERYTHING: [&str; 10] =
    ["Escalate", "Offer", "Override", "Retain", "ReturnToAi", "Route", "StopAi", "allow", "deny", "needs"];

#[test]
fn what_was_decided_before_what_stays_in_a_queue_that_closes_was_given_to_it_anew() {
    assert_eq!(taken_again("v6", false), BTreeSet::from(EVERYTHING.map(str::to_owned)));
}

#[test]
fn what_is_decided_since_is_taken_again() {
    assert_eq!(taken_again("v7", false), BTreeSet::from(EVERYTHING.map(str::to_owned)));
}

#[test]
fn every_version_of_the_record_has_a_corpus() {
    let versions: BTreeSet<u16> = fs::read_dir(folder("tests/recorded"))
        .unwrap()
        .filter_map(|entry| fs::read_to_string(entry.unwrap().path().join("decisions.jsonl")).ok())
        .flat_map(|records| {
            let of = |record: &str| match serde_json::from_str(record).unwrap() {
                Event::DecisionMade { decision, .. } => Some(decision.v),
                _ => None,
            };
            records.lines().filter_map(of).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(versions, (1..=remit_domain::decision::DECISION_VERSION).collect());
}

#[test]
fn what_was_answered_about_requests() {
    assert_eq!(taken_again("requests-v1", false), BTreeSet::from(["allow", "deny", "needs"].map(str::to_owned)));
}
