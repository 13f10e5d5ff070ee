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

const BANK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank");

/// A small desk of the sample bank.
const DESK: &str = r#"
interval_minutes = 60
[[queue]]
name = "cards"
within_minutes = 5
[[queue]]
name = "general"
within_minutes = 5
[[group]]
name = "desk"
queues = ["cards", "general"]
[[group.shift]]
people = 2
[[class]]
name = "cards"
queue = "cards"
contained = 0.9
ai_minutes = 2
handling = { minutes = 6 }
signals.intent = ["card_arrival", "pin_blocked"]
[[class.demand]]
an_hour = 2
"#;

#[test]
fn a_bundle_is_tried_on_a_support_and_on_what_was_recorded() {
    let directory = tempfile::tempdir().unwrap();
    let desk = directory.path().join("desk.toml");
    fs::write(&desk, DESK).unwrap();
    let desk = desk.to_str().unwrap();
    let asked =
        ["capacity", "simulate", desk, "--bundle", BANK, "--beside-bundle", BANK, "--weeks", "1", "--runs", "2"];
    let tried = json(&asked, 0);
    assert_eq!(tried["support"], tried["beside"], "the same bundle decides the same of the same customers");
    let decided = &tried["support"]["decided"];
    let visits = tried["support"]["visits_a_week"]["mean"].as_f64().unwrap();
    // Those of the week that fills it are decided too.
    assert!(decided["decisions_a_week"].as_f64().unwrap() > visits, "{tried}");
    assert_eq!(decided["refused_a_week"], serde_json::json!({}));
    check(&asked, 0, &["decided by ", " decisions a week", "of the same customers"]);
    // What was recorded: three an hour on two days, the first a Tuesday.
    let mut record = String::from("start,intent,queue,arrived,kept_by_ai,handling_seconds\n");
    for day in ["2026-03-03", "2026-03-04"] {
        for hour in 8..18 {
            record += &format!("{day}T{hour:02}:00,cards,cards,3,2,300\n");
        }
    }
    let history = directory.path().join("history.csv");
    fs::write(&history, record).unwrap();
    let history = history.to_str().unwrap();
    let asked = ["capacity", "simulate", desk, "--history", history, "--bundle", BANK, "--runs", "2"];
    let played = json(&asked, 0)["support"].clone();
    assert_eq!(played["recorded"]["monday"], "2026-03-02");
    assert_eq!(
        (played["asked_a_week"]["mean"].as_f64(), played["asked_a_week"]["half_width"].as_f64()),
        (Some(60.0), Some(0.0)),
        "{played}"
    );
    check(&asked, 0, &["what was recorded from 2026-03-02 on: 60 cases"]);
    for (from, to, want) in [
        ("name = \"cards\"\nwithin", "name = \"carts\"\nwithin", "there are carts, general"),
        ("pin_blocked", "pin_bloked", "class `cards`, signal `intent`"),
        ("signals.intent = [\"card_arrival\", \"pin_blocked\"]", "", "class `cards` has no signals"),
    ] {
        assert!(DESK.contains(from), "{from}");
        fs::write(desk, DESK.replace(from, to)).unwrap();
        check(&["capacity", "simulate", desk, "--bundle", BANK], 2, &[want]);
    }
}
