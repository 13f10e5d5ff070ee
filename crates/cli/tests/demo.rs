//! The demo on the real command, small: what it tells is held against what it promises, and against the ledger.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use remit_app::environment::clock::{Clock as _, SystemClock, parse_rfc3339};
use serde_json::Value;
use std::{path::Path, process::Command};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const CASES: u64 = 45;
/// Rows of `bundles/bank-traffic/requests.csv`.
const ERRANDS: u64 = 8;

/// Runs `remit --json` in the repository and reads what it prints.
fn told(arguments: &[&str]) -> Value {
    let output = Command::new(REMIT).arg("--json").args(arguments).current_dir(REPOSITORY).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "remit {}: {said}{errors}", arguments.join(" "));
    serde_json::from_str(&said).unwrap()
}

/// The sum of a member's numbers.
fn sum(story: &Value, name: &str) -> u64 {
    story[name].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

fn play(data: &Path) -> Value {
    told(&["demo", "--cases", &CASES.to_string(), "--data", &data.display().to_string()])
}

#[test]
fn a_day_is_played_to_its_end_and_what_it_tells_is_on_record() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let story = play(&data);
    let count = |name: &str| story[name].as_u64().unwrap();
    // Every message became a case, and every case is over or somebody's.
    let cases = CASES + ERRANDS;
    assert_eq!((count("cases"), count("refused"), count("lost")), (cases, 0, 0), "{story}");
    assert_eq!(count("by_ai_alone") + count("by_people") + sum(&story, "open"), cases, "{story}");
    assert!(story["open"].get("nobody").is_none(), "{story}");
    // AI responders answered and stepped back; people took offers.
    assert!(sum(&story, "ai_answers") > 0 && sum(&story, "yields") > 0, "{story}");
    assert!(count("accepted") > 0 && count("accepted") <= count("offers"), "{story}");
    assert!(story["staff"].as_array().unwrap().iter().any(|worked| worked["resolved"].as_u64() > Some(0)), "{story}");
    // Writes under a lease that had ended were tried, and not one was taken.
    assert!(count("stale_refused") > 0 && count("lease_lost") > 0 && count("talked_over") == 0, "{story}");
    // One AI responder was shown to fail, and only that one.
    let stopped = story["stopped"].as_array().unwrap();
    assert!(!stopped.is_empty(), "{story}");
    for stop in stopped {
        assert_eq!((&stop["responder"], &stop["owner"]), (&"payments-ai".into(), &"ai-desk".into()), "{story}");
        assert!(stop["evidence"].as_f64() >= stop["threshold"].as_f64(), "{stop}");
    }
    let records = || {
        let report = told(&["ledger", "verify", &data.display().to_string()]);
        report["records"].as_u64().unwrap_or_else(|| panic!("{report}"))
    };
    requests_ended_in_every_way(&story, &data);
    let before = records();
    // What is told can be looked at, and to look changes nothing.
    let moments = story["moments"].as_array().unwrap();
    assert!(moments.len() >= 3, "{story}");
    for look in moments.iter().filter_map(|moment| moment["look"].as_str()) {
        let place = data.display().to_string();
        let mut arguments: Vec<&str> = look.split(' ').collect();
        arguments.extend(["--data", &place]);
        told(&arguments);
    }
    assert_eq!(records(), before);
    let verified = told(&["ledger", "verify", &data.display().to_string()]);
    assert!(verified["records"].as_u64() > Some(5 * CASES), "{verified}");
    assert_eq!(verified["problems"], serde_json::json!([]));
    proves_to_others(&data);
}

/// What AI responders asked to have done ended in every way, each is shown on the kept data, and where what was done is
/// something else than what was asked for somebody has to look.
fn requests_ended_in_every_way(story: &Value, data: &Path) {
    let requests = story["requests"].as_array().unwrap();
    let ended = |state: &str, how: &str| {
        let fits = |request: &&Value| request["state"] == state && request["how"].as_str().unwrap().contains(how);
        let found = requests.iter().find(fits);
        found.unwrap_or_else(|| panic!("none is {state} ({how}): {requests:#?}"))
    };
    ended("done", "done once");
    ended("done", "gave no answer, and was found");
    ended("declined", "policy denied it");
    ended("declined", "said no");
    ended("expired", "in time");
    let otherwise = ended("done", "something else");
    assert!(requests.iter().any(|request| request["said_yes"].as_array().unwrap().len() == 2), "{requests:#?}");
    let place = data.display().to_string();
    for request in requests {
        let show = ["--json", "request", "show", request["id"].as_str().unwrap(), "--data", &place];
        let output = Command::new(REMIT).args(show).output().unwrap();
        let went = request["state"] == "done";
        assert_eq!(output.status.code(), Some(i32::from(!went)), "{}", String::from_utf8_lossy(&output.stderr));
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&shown["request"]["id"], &shown["request"]["state"]), (&request["id"], &request["state"]));
        assert!(shown["said"].is_string() && shown["request"]["history"][0]["step"] == "asked", "{shown}");
        let traced = told(&["trace", request["id"].as_str().unwrap(), "--data", &place]);
        let records = traced["traces"][0]["records"].as_array().unwrap();
        let kinds: Vec<&str> = records.iter().map(|record| record["event"]["type"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"case_opened") && kinds.contains(&"request_asked"), "{kinds:?}");
        for record in records {
            let audit = &record["audit"];
            assert_eq!(audit["time"]["correlation"], request["id"], "{record}");
            assert!(audit["agent_id"].is_object() && audit["delegated_subject"].is_string(), "{record}");
            assert!(record["proof"].as_str().is_some_and(|proof| proof.starts_with("c2sp.org/tlog-proof")), "{record}");
        }
        let looks = shown["exceptions"].as_array().unwrap();
        assert_eq!(looks.is_empty(), request["id"] != otherwise["id"], "{shown}");
    }
}

/// A record is proven to who has nothing but the ledger's key; and what was signed once is held against what is there.
fn proves_to_others(data: &Path) {
    let place = data.display().to_string();
    let key = told(&["ledger", "key", &place]);
    let key = key["key"].as_str().unwrap();
    for record in ["1", "7", "300"] {
        let made = told(&["ledger", "prove", record, "--data", &place]);
        let proof = made["proof"].as_str().unwrap();
        let file = data.with_extension("tlog-proof");
        std::fs::write(&file, proof).unwrap();
        let check = |key: &str| {
            let check = ["--json", "ledger", "check", &file.display().to_string(), "--key", key].map(ToOwned::to_owned);
            let output = Command::new(REMIT).args(check).output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let (code, shown) = check(key);
        assert_eq!(code, Some(0), "{shown}");
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["entry"]["seq"].to_string(), record);
        std::fs::write(&file, proof.replace("index ", "index 1")).unwrap();
        let (code, shown) = check(key);
        assert!(code == Some(1) && shown.contains("not in the log that was signed"), "{shown}");
        // The checkpoint in the proof is one that was kept elsewhere.
        let checkpoint = proof.split_once("\n\n").unwrap().1;
        std::fs::write(&file, checkpoint).unwrap();
        told(&["ledger", "verify", &place, "--since", &file.display().to_string()]);
    }
}

#[test]
fn what_comes_in_at_night_waits_for_its_desk_and_is_taken_up_when_that_opens() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data").display().to_string();
    let story = told(&["demo", "--bundle", "bundles/shop", "--cases", "90", "--data", &data]);
    assert_eq!((&story["cases"], &story["lost"]), (&Value::from(90), &Value::from(0)), "{story}");
    let night = &story["night"];
    let count = |name: &str| night[name].as_u64().unwrap();
    let kept = count("collected") + count("called_back");
    assert_eq!(count("cases"), 15, "{night}");
    assert_eq!(count("by_ai") + sum(night, "elsewhere") + kept + count("owned"), 15, "{night}");
    assert!(count("collected") > 0 && count("called_back") > 0, "{night}");
    let closed = night["closed"].as_array().unwrap();
    assert!(!closed.is_empty() && closed.iter().all(|desk| desk["opens"].is_string()), "{night}");
    // Everything that waited was taken once its desk was open, and nothing before.
    assert_eq!((count("taken_up"), count("taken_before")), (kept, 0), "{night}");
    assert!(story["open"].get("nobody").is_none() && story["closed"].as_array().unwrap().is_empty(), "{story}");
    // The same stands on record, of a case of either kind, and the customer heard it.
    for (what, kind, heard) in [
        ("A desk that was closed kept what was written", "waiting", "We are closed now, and open again on "),
        ("Who wanted somebody while nobody was there", "call_back", "will get back to you once we open again, on "),
    ] {
        let moments = story["moments"].as_array().unwrap();
        let moment = moments.iter().find(|moment| moment["what"].as_str().unwrap().starts_with(what));
        let moment = moment.unwrap_or_else(|| panic!("{what}: {moments:#?}"));
        assert!(moment["told"].as_str().unwrap().contains(heard), "{moment}");
        let look: Vec<&str> = moment["look"].as_str().unwrap().split(' ').chain(["--data", &data]).collect();
        let shown = told(&look);
        let events: Vec<&Value> = shown["timeline"]["items"].as_array().unwrap().iter().collect();
        let told = events.iter().find(|item| item["event"]["handoff"]["announced"]["kind"] == kind);
        let told = told.unwrap_or_else(|| panic!("{events:#?}"));
        let announced = &told["event"]["handoff"]["announced"];
        let opens = announced["opens"].as_i64().or(announced["from"].as_i64()).unwrap();
        let taken = events.iter().find(|item| item["event"]["handoff"]["announced"]["kind"] == "person").unwrap();
        let (came, taken) = (&told["at"], parse_rfc3339(taken["at"].as_str().unwrap()).unwrap().0);
        assert!(parse_rfc3339(came.as_str().unwrap()).unwrap().0 < opens && taken >= opens, "{opens}: {events:#?}");
    }
}

#[test]
fn what_waits_at_a_closed_desk_is_told_with_when_it_opens() {
    let place = tempfile::tempdir().unwrap();
    let mine = place.path().join("mine").display().to_string();
    told(&["init", &mine, "--yes", "--time-zone", "UTC", "--desks", "desk", "--ai", "no"]);
    // It opens for less time than the demo takes, and not within the next days.
    let manifest = place.path().join("mine/bundle.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let days = ["thursday", "friday", "saturday", "sunday", "monday", "tuesday", "wednesday"];
    let today = SystemClock.now().0 / 86_400_000;
    let open = days[usize::try_from((today + 4) % 7).unwrap()];
    let hours = |line: &str| match line.strip_suffix(" = [\"00:00-24:00\"]") {
        Some(day) if day == open => format!("{day} = [\"08:00-08:10\"]\n"),
        Some(_) => String::new(),
        None => format!("{line}\n"),
    };
    let text: String = text.lines().map(hours).collect();
    let text = text.replace("calendar = \"always\"", "calendar = \"always\"\ncollects = [\"web\"]");
    std::fs::write(&manifest, text).unwrap();
    let traffic = place.path().join("three.csv");
    std::fs::write(&traffic, "text,channel\nWhere is it?,web\nWho are you?,web\nAnd now?,web\n").unwrap();
    let (traffic, data) = (traffic.display().to_string(), place.path().join("data").display().to_string());
    let story = told(&["demo", "--bundle", &mine, "--traffic", &traffic, "--data", &data]);
    assert_eq!((&story["cases"], &story["open"]["desk"]), (&Value::from(3), &Value::from(3)), "{story}");
    let closed = &story["closed"][0];
    assert_eq!((&closed["queue"], &closed["waiting"]), (&Value::from("desk"), &Value::from(3)), "{story}");
    assert!(closed["opens"].as_str().unwrap().contains("08:00:00"), "{story}");
}
