//! The drill of a leaked key on the real command: what it tells, that it holds, and that its ledger shows it.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use serde_json::{Value, json};
use std::process::{Command, Output};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn remit(arguments: &[&str]) -> Output {
    Command::new(REMIT).args(arguments).current_dir(REPOSITORY).output().unwrap()
}

fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_leaked_key_does_what_was_granted_and_nothing_once_it_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let data = data.to_str().unwrap();
    let output = remit(&["--json", "drill", "leaked-key", "--data", data]);
    assert!(output.status.success(), "{}", printed(&output));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["holds"], true, "{told}");
    let states = told["requested"].as_array().unwrap().iter().map(|one| (&one["state"], &one["became"]));
    let states: Vec<_> = states.collect();
    assert_eq!(states[..2], [(&json!("waiting"), &json!("withdrawn")); 2], "{told}");
    assert_eq!(states.len(), 3, "the third is one more than was granted: {told}");
    assert!(told["tried"].as_array().unwrap().len() >= 7, "{told}");
    let ended = told["ended"].as_array().unwrap();
    assert_eq!(ended.len(), 5, "{told}");
    assert!(ended.iter().all(|one| one["next"]["status"] == 401), "{told}");
    let events: Vec<_> = told["records"].as_array().unwrap().iter().map(|record| &record["event"]).collect();
    assert_eq!(events[..3], ["delegate_registered", "consent_asked", "delegation_granted"], "{told}");
    assert_eq!(**events.last().unwrap(), "delegation_changed", "{told}");

    let verified = remit(&["ledger", "verify", data]);
    assert!(verified.status.success(), "{}", printed(&verified));
    let request = told["requested"][0]["request"].as_str().unwrap();
    let shown = remit(&["request", "show", request, "--data", data]);
    assert!(printed(&shown).contains("had changed: asker"), "{}", printed(&shown));
}

#[test]
fn what_cannot_be_asked_for_in_a_drill_is_said() {
    let output = remit(&["drill", "leaked-key", "--action", "no_such_action"]);
    assert!(!output.status.success());
    assert!(printed(&output).contains("no_such_action"), "{}", printed(&output));
    let output = remit(&["drill", "leaked-key", "--facts", "{"]);
    assert!(!output.status.success());
    assert!(printed(&output).contains("--facts"), "{}", printed(&output));
}
