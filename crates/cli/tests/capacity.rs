//! What people type to see how many people a queue takes, and what they get when that cannot be.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use serde_json::Value;
use std::{fs, path::Path, process::Command};

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../capacity/tests/reference");

/// What `remit capacity` says with these arguments, with words apart, and its exit code.
fn said(arguments: &str) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_remit")).arg("capacity").args(arguments.split(' ')).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (text, output.status.code())
}

/// Holds the exit code, and that each of these is said.
fn check(arguments: &str, code: i32, want: &[&str]) {
    let (text, got) = said(arguments);
    assert_eq!(got, Some(code), "remit capacity {arguments}: {text}");
    for want in want {
        assert!(text.contains(want), "remit capacity {arguments}: no `{want}` in: {text}");
    }
}

fn json(arguments: &str, code: i32) -> Value {
    let (text, got) = said(&format!("{arguments} --json"));
    assert_eq!(got, Some(code), "{text}");
    serde_json::from_str(&text).unwrap()
}

const WORK: &str = "staffing --volume 150 --interval 30min --handling 4min --patience 2min";

#[test]
fn help_teaches() {
    check("--help", 0, &["staffing", "check"]);
    check("staffing --help", 0, &["Examples:", "--target 80/20s", "--shrinkage", "Of those served"]);
    check("check --help", 0, &["recognised by its header", "Example:"]);
}

#[test]
fn the_fewest_people_are_told_with_what_one_more_or_fewer_does() {
    let promised = format!("{WORK} --target 80/20s --shrinkage 30%");
    check(
        &promised,
        0,
        &[
            "20.0 erlangs",
            "promised: 80.0 % of all who come are served within 20 s",
            ">       22        32          82.0 %",
            "22 people at work, 32 people on the roster; the service level asks for so many",
            "one fewer: service level -5.4 points",
            "one more:  service level",
            "assumed: customers come at random",
        ],
    );
    let told = json(&promised, 0);
    let interval = &told["intervals"][0];
    assert_eq!((&interval["people"], &interval["rostered"]), (&22.into(), &32.into()), "{told}");
    assert_eq!(interval["asked_for_by"], "level");
    let rows: Vec<i64> =
        interval["by_people"].as_array().unwrap().iter().map(|row| row["people"].as_i64().unwrap()).collect();
    assert_eq!(rows, [20, 21, 22, 23, 24]);
    let level = interval["by_people"][2]["level_of_all"].as_f64().unwrap();
    assert!((level - 0.819_844_968_482_72).abs() < 1e-12, "{level}");
    for (of, people) in [("all", 22), ("served", 21), ("waiting", 21)] {
        assert_eq!(json(&format!("{promised} --of {of}"), 0)["intervals"][0]["people"], people, "{of}");
    }
}

#[test]
fn each_promise_is_kept_and_the_one_that_binds_is_told() {
    for (more, people, binding) in [
        ("--target 80/20s --occupancy 70%", 29, "occupancy"),
        ("--target 80/20s --mean-wait 1s", 28, "mean_wait"),
        ("--target 80/20s --abandonment 0.5%", 29, "gives_up"),
    ] {
        let told = json(&format!("{WORK} {more}"), 0);
        let interval = &told["intervals"][0];
        assert_eq!((interval["people"].as_i64(), interval["asked_for_by"].as_str()), (Some(people), Some(binding)));
    }
    // Who never gives up makes the queue grow without end with as many people as erlangs.
    let patient = "staffing --volume 150 --handling 4min --mean-wait 2h";
    check(patient, 0, &["nobody gives up", ">       21", "the queue grows without end"]);
    let told = json(patient, 0);
    assert_eq!(told["intervals"][0]["by_people"][0]["unstable"], true);
    let day = "staffing --volume 90,0,210.5 --handling 4min --patience 2min --target 80/20";
    check(day, 0, &["nobody comes, and nobody has to be at work", "210.5", "hours at work"]);
    assert_eq!(json(day, 0)["intervals"].as_array().unwrap().len(), 3);
    check(&format!("{WORK} --people 20"), 0, &[">       20", "70.3 %"]);
    check("staffing --volume 2 --handling 45min --people 9", 0, &["look out: a customer takes longer"]);
}

#[test]
fn what_cannot_be_is_refused_with_cause_and_cure() {
    for (arguments, want) in [
        (WORK.to_owned(), ["there is nothing to keep", "--target"]),
        ("staffing --volume 0 --handling 4min --target 80/20".to_owned(), ["no customers come", "--volume"]),
        (
            "staffing --volume -5 --handling 4min --target 80/20".to_owned(),
            ["`-5` is a number of customers", "--volume"],
        ),
        ("staffing --volume 5 --handling 4 --target 80/20".to_owned(), ["a time has a unit", "4min"]),
        ("staffing --volume 5 --handling 0s --target 80/20".to_owned(), ["no time at all", "--handling"]),
        ("staffing --volume nan --handling 4min --target 80/20".to_owned(), ["`nan` is no number", "150"]),
        ("staffing --volume 1e30 --handling 4min --target 80/20".to_owned(), ["offered work in erlangs", "units"]),
        ("staffing --volume 9e9 --handling 4h --target 80/20".to_owned(), ["a million people do not reach", "units"]),
        ("staffing --volume 5 --handling 4min --abandonment 5%".to_owned(), ["nobody ever gives up", "patience"]),
        (format!("{WORK} --target 100/20"), ["by no number of people", "99.9 %"]),
        (format!("{WORK} --target 180/20"), ["`180` is no share", "0 % to 100 %"]),
        (format!("{WORK} --target 80"), ["the share and the time", "80/20s"]),
        (format!("{WORK} --mean-wait 0s"), ["a mean wait of 0", "1 second"]),
        (format!("{WORK} --target 80/20 --shrinkage 100%"), ["shrinkage is 1", "between 0 and 1"]),
        (format!("{WORK} --occupancy 0%"), ["occupancy is 0", "above 0"]),
        ("staffing --volume 150 --handling 4min --people 20".to_owned(), ["unstable", "more than 20 at work"]),
        ("check nowhere".to_owned(), ["nowhere cannot be read", "name a directory"]),
    ] {
        check(&arguments, 2, &want);
    }
}

#[test]
fn files_of_reference_values_are_held_and_what_is_wrong_in_one_is_told() {
    check(
        &format!("check {REFERENCE}"),
        0,
        &[
            "erlang_a.csv (erlang_a): ok",
            "10 rows, 140 values compared",
            "exact columns: worst",
            "50 of 50 in their intervals",
            "of 96 in their intervals",
            "pyworkforce_raw_positions says 11, and it is 10",
            "10 files with",
        ],
    );
    let told = json(&format!("check {REFERENCE}"), 0);
    assert_eq!((told["ok"].as_bool(), told["files"].as_array().unwrap().len()), (Some(true), 10));
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().display().to_string();
    check(&format!("check {at}"), 2, &["holds no file whose name ends in .csv"]);
    let text = fs::read_to_string(Path::new(REFERENCE).join("erlang_a.csv")).unwrap();
    fs::write(directory.path().join("mine.csv"), text.replacen("0.10391321232630818", "0.10391321", 1)).unwrap();
    fs::write(directory.path().join("other.CSV"), "a,b\n1,NaN\n").unwrap();
    fs::write(directory.path().join("notes.md"), "no table").unwrap();
    check(
        &format!("check {at}"),
        1,
        &[
            "mine.csv (erlang_a): NOT OK",
            "wrong: row 1 (A01): `p_abandon` is 0.10391321",
            "other.CSV (not recognised): NOT OK",
            "wrong: its header is that of no form that is known",
            "2 of 2 files not ok",
        ],
    );
    assert_eq!(json(&format!("check {at}"), 1)["files"][0]["ok"], false);
}

const FLOW: &str = "flow --volume 150 --handling 8min --patience 5min --containment 50% --ai-time 2min --target 80/20s";

#[test]
fn what_an_ai_leaves_for_people_is_told_with_what_that_rests_on() {
    check("flow --help", 0, &["elasticity of demand", "Examples:", "--history weeks.csv"]);
    check(
        FLOW,
        0,
        &[
            "without AI",
            "the AI lowers the load on people up to an elasticity of",
            "given: containment 0.500",
            "assumed: elasticity 1.000; no elasticity is known; these are scenarios",
            "assumed: difficulty exponent 0.250; an AI keeps what is easier",
            "nobody is taken to",
        ],
    );
    let told = json(FLOW, 0);
    let people: Vec<i64> =
        told["scenarios"].as_array().unwrap().iter().map(|one| one["people"].as_i64().unwrap()).collect();
    assert!(people.len() == 4 && people.windows(2).all(|pair| pair[0] <= pair[1]), "{told}");
    assert!(people[0] < told["without_ai"]["people"].as_i64().unwrap(), "{told}");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("weeks.csv");
    let weeks = (0..12).map(|week| 12.0 - f64::from(week) / 2.0);
    let rows: Vec<String> = weeks.map(|effort| format!("{effort},{}", 100.0 * (effort / 12.0).powf(-0.6))).collect();
    fs::write(&file, format!("effort,demand\n{}\n", rows.join("\n"))).unwrap();
    let with = |path: &Path| format!("{FLOW} --history {}", path.display());
    check(&with(&file), 0, &["measured: elasticity 0.600", "of 12 periods"]);
    fs::write(&file, "effort,demand\n12,100\n11,110\n").unwrap();
    check(&with(&file), 2, &["history has 2 periods", "scenarios"]);
    fs::write(&file, "effort,wanted\n12,100\n").unwrap();
    check(&with(&file), 2, &["lacks the column demand"]);
    check(&FLOW.replace("50%", "100%"), 2, &["the AI keeps everything"]);
    check(&format!("{FLOW} --elasticity -1"), 2, &["elasticity"]);
    check(&FLOW.replace(" --target 80/20s", ""), 2, &["there is nothing to keep"]);
}

#[test]
fn a_threshold_is_told_with_its_guarantee_and_what_being_stricter_costs() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("labelled.csv");
    // Of a hundred cases at each confidence from 0.50 to 0.99, fewer are wrong the surer it is.
    let rows = (0..5_000u32).map(|case| {
        let confidence = 50 + case % 50;
        let wrong = case / 50 < (100 - confidence) / 3;
        format!("cards,0.{confidence},{}\n", u8::from(wrong))
    });
    let text = format!("intent,confidence,wrong\n{}", rows.collect::<String>());
    fs::write(&file, &text).unwrap();
    let asked = |more: &str| format!("threshold {} --wrong 5% {more}", file.display()).trim().to_owned();
    check(&asked(""), 0, &["cards: from 0.", "of 5,000 cases", "assumed: that cases to come are like them"]);
    let told = json(&asked("--ai-cost 0.1 --person-cost 5 --wrong-cost 40"), 0);
    let one = &told["intents"][0];
    let threshold = one["threshold"].as_f64().unwrap();
    assert!((0.6..0.9).contains(&threshold) && one["wrong_share_at_most"].as_f64().unwrap() < 0.06, "{told}");
    let cheapest = one["costs"].as_array().unwrap().iter().filter(|row| row["beyond_cheapest"] == 0.0).count();
    assert_eq!(cheapest, 1);
    check(&asked("--ai-cost 0.1 --person-cost 5 --wrong-cost 40"), 0, &["beyond cheapest"]);
    check(&asked("--ai-cost 0.1"), 2, &["--person-cost"]);
    fs::write(&file, "confidence,wrong\n0.9,0\n0.8,1\n").unwrap();
    check(&asked(""), 1, &["all cases: no threshold holds: there are 2 labelled cases", "label more"]);
    fs::write(&file, "confidence,wrong\n0.9,maybe\n").unwrap();
    check(&asked(""), 2, &["row 1: `maybe` in column `wrong` is neither 1 nor 0"]);
    fs::write(&file, "confidence,wrong\n1.9,1\n").unwrap();
    check(&asked(""), 2, &["a confidence is 1.9"]);
}
