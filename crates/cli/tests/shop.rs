//! The sample shop in the built program: its bundle is good and its tests hold, without a warning; and a day of it is
//! played to its end.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use serde_json::Value;
use std::process::Command;

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const SHOP: &str = "bundles/shop";
const CASES: u64 = 40;

/// Runs `remit --json` in the repository and reads what it prints.
fn told(arguments: &[&str]) -> Value {
    let output = Command::new(REMIT).arg("--json").args(arguments).current_dir(REPOSITORY).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "remit {}: {said}{errors}", arguments.join(" "));
    serde_json::from_str(&said).unwrap()
}

#[test]
fn its_bundle_is_good_and_its_tests_hold() {
    let good = told(&["policy", "check", SHOP, "--at", "2026-12-01T00:00:00Z"]);
    assert_eq!((&good["good"], &good["warnings"]), (&Value::Bool(true), &Value::Array(Vec::new())), "{good}");
    // What was held out in turn is followed for most messages, and told right nearly as often as the bundle says.
    let intents = &good["intents"];
    assert!(intents["kept"].as_f64() > Some(0.75) && intents["accuracy"].as_f64() > Some(0.85), "{good}");
    let tests = told(&["policy", "test", SHOP]);
    assert!(tests["passed"].as_u64() >= Some(120) && tests["failures"] == Value::Array(Vec::new()), "{tests}");
}

#[test]
fn a_day_is_played_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data").display().to_string();
    let story = told(&["demo", "--bundle", SHOP, "--cases", &CASES.to_string(), "--data", &data]);
    let count = |name: &str| story[name].as_u64().unwrap();
    let sum = |name: &str| story[name].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum::<u64>();
    assert_eq!((count("cases"), count("refused"), count("lost")), (CASES, 0, 0), "{story}");
    assert_eq!(count("by_ai_alone") + count("by_people") + sum("open"), CASES, "{story}");
    assert!(story["open"].get("nobody").is_none(), "{story}");
    assert!(sum("ai_answers") + sum("yields") > 0 && count("accepted") > 0 && count("talked_over") == 0, "{story}");
    assert!(told(&["ledger", "verify", &data])["records"].as_u64() > Some(CASES), "{story}");
}
