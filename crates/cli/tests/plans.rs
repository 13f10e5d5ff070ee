//! A support that is described in a file: planned, played, and its AI gone.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use serde_json::Value;
use std::{fs, path::PathBuf, process::Command};

const SMALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/small.toml");

/// What `remit` says with these arguments, with words apart, and its exit code.
fn said(arguments: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_remit")).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (text, output.status.code())
}

fn check(arguments: &[&str], code: i32, want: &[&str]) {
    let (text, got) = said(arguments);
    assert_eq!(got, Some(code), "{arguments:?}: {text}");
    for want in want {
        assert!(text.contains(want), "{arguments:?}: no `{want}` in: {text}");
    }
}

fn json(arguments: &[&str], code: i32) -> Value {
    let (text, got) = said(&[arguments, &["--json"]].concat());
    assert_eq!(got, Some(code), "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The small support with something else in it.
fn changed(directory: &tempfile::TempDir, from: &str, to: &str) -> PathBuf {
    let text = fs::read_to_string(SMALL).unwrap();
    assert!(text.contains(from), "{from}");
    let path = directory.path().join("changed.toml");
    fs::write(&path, text.replace(from, to)).unwrap();
    path
}

#[test]
fn a_plan_has_people_shifts_costs_and_how_surely_it_holds() {
    let directory = tempfile::tempdir().unwrap();
    let svg = directory.path().join("plan.svg");
    let asked = ["capacity", "plan", SMALL, "--weeks", "20", "--svg", svg.to_str().unwrap()];
    check(
        &asked,
        0,
        &["staff: people at work", "day: mon", "kept in", "one more at all hours", "should the AI be gone"],
    );
    assert!(fs::read_to_string(svg).unwrap().starts_with("<svg "));
    let plan = json(&["capacity", "plan", SMALL, "--weeks", "20"], 0);
    let group = &plan["groups"][0];
    let hours = group["hours"].as_f64().unwrap();
    assert!((group["paid_hours"].as_f64().unwrap() - hours / 0.75).abs() < 1e-6);
    assert!((group["cost"].as_f64().unwrap() - hours / 0.75 * 30.0).abs() < 1e-6);
    let intervals = group["intervals"].as_array().unwrap();
    assert_eq!(intervals.len(), 168);
    for interval in intervals {
        assert!(interval["people"].as_u64() >= interval["by_formulas"].as_u64(), "{interval}");
    }
    // 60 an hour and some more who come back, six minutes each.
    assert!((6..14).contains(&intervals[9]["by_formulas"].as_u64().unwrap()), "{}", intervals[9]);
    assert!(plan["promises"][0]["kept_in_weeks"].as_f64().unwrap() >= 0.9);
    assert!(plan["promises"][0]["one_fewer"]["mean"].as_f64().unwrap() < 0.0);
    assert!(group["outage_reserve"]["more"].as_u64().unwrap() > 0);
    assert!(group["shifts"].as_array().unwrap().iter().any(|shift| !shift["breaks"].as_array().unwrap().is_empty()));
}

#[test]
fn two_supports_meet_the_same_customers() {
    let directory = tempfile::tempdir().unwrap();
    let faster = changed(&directory, "minutes = 6,", "minutes = 4,");
    let asked = ["capacity", "simulate", SMALL, "--beside", faster.to_str().unwrap(), "--weeks", "2", "--runs", "4"];
    check(&asked, 0, &["no shifts are described", "of the same customers", "mean wait"]);
    let played = json(&asked, 0);
    assert_eq!(played["support"]["asked_a_week"], played["beside"]["asked_a_week"]);
    assert_eq!(played, json(&asked, 0), "the same seed comes to the same");
}

#[test]
fn while_the_ai_is_gone_each_step_of_the_retreat_helps() {
    let played = json(&["drill", "ai-outage", SMALL, "--at", "wed 10:00", "--weeks", "20"], 0);
    let level = |step: usize| played["steps"][step]["queues"][0]["while_gone"]["level"].as_f64().unwrap();
    assert!(level(0) < 0.6 && level(1) > 0.8, "{played}");
    assert_eq!(played["steps"][1]["customers_hear"], "It takes a little longer today.");
    let directory = tempfile::tempdir().unwrap();
    let fewer = changed(&directory, "people = 30", "people = 1");
    let (text, code) = said(&["drill", "ai-outage", fewer.to_str().unwrap(), "--at", "wed 10:00", "--weeks", "20"]);
    assert_eq!(code, Some(1));
    assert!(text.contains("promises are not kept while the AI is gone"), "{text}");
}

#[test]
fn what_is_wrong_with_a_support_is_said() {
    let directory = tempfile::tempdir().unwrap();
    for (from, to, want) in [
        ("served = 0.8", "", "nothing is promised"),
        ("served = 0.8", "served = 1.0", "99.9 %"),
        ("queues = [\"desk\"]", "queues = [\"counter\"]", "there are desk"),
        (
            "days = \"mon-fri\"\nfrom = \"08:00\"\nto = \"17:00\"",
            "days = \"workdays\"\nfrom = \"08:00\"\nto = \"17:00\"",
            "mon-fri or sat,sun",
        ),
        ("to = \"20:00\"\nan_hour", "to = \"24:00\"\nan_hour", "mon at 20:00"),
        ("an_hour = 150", "an_hour = 1e12", "look at the units of volume"),
        ("an_hour = 150", "an_hour = -1", "negative"),
        ("contained = 0.6", "contained = 6.0", "between 0 and 1"),
        ("interval_minutes = 60", "interval_minutes = 7", "divide a day"),
        ("cost_an_hour = 30", "cost = 30", "unknown field `cost`"),
    ] {
        let path = changed(&directory, from, to);
        check(&["capacity", "plan", path.to_str().unwrap(), "--weeks", "10"], 2, &[want, "changed.toml"]);
    }
    check(&["capacity", "plan", "nowhere.toml"], 2, &["nowhere.toml cannot be read"]);
    check(&["drill", "ai-outage", SMALL, "--at", "noon"], 2, &["mon 10:00"]);
}
