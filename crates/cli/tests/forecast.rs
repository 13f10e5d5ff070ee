//! What people type to see what comes in the weeks ahead, and what they get when that cannot be.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use std::{fs, process::Command};

/// Holds the exit code of `remit capacity` with these arguments, and that each of these is said.
fn said(arguments: &str, code: i32, want: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_remit")).arg("capacity").args(arguments.split(' ')).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "remit capacity {arguments}: {text}");
    for want in want {
        assert!(text.contains(want), "remit capacity {arguments}: no `{want}` in: {text}");
    }
}

/// A record of some weeks: every half-hour from 8 to 18, more on Mondays, and a little more or less by the day.
fn record(weeks: i64) -> String {
    let mut text = String::from("start,intent,queue,arrived,kept_by_ai,handling_seconds\n");
    for day in 0..weeks * 7 {
        let date = jiff::civil::date(2026, 2, 2).checked_add(jiff::Span::new().days(day)).unwrap();
        for slot in 16..36 {
            for (intent, usual) in [("cards", 20), ("loans", 8)] {
                let arrived = usual + slot % 5 + (day * 7 + slot * 3) % 4 + if day % 7 == 0 { 6 } else { 0 };
                let minutes = slot % 2 * 30;
                text += &format!("{date}T{:02}:{minutes:02},{intent},desk,{arrived},{},240\n", slot / 2, arrived / 3);
            }
        }
    }
    text
}

#[test]
fn weeks_ahead_are_told_with_what_they_rest_on_and_drawn() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_string_lossy().into_owned();
    let (history, holidays, drawn) = (file("history.csv"), file("holidays.csv"), file("ahead.svg"));
    fs::write(&history, record(7)).unwrap();
    fs::write(&holidays, "date,name\n2026-03-25,a holiday\n").unwrap();
    let arguments = format!("forecast {history} --zone Europe/Berlin --holidays {holidays} --paths 20 --svg {drawn}");
    said(
        &arguments,
        0,
        &[
            "2026-03-23",
            "2026-03-25 holiday",
            "busiest slots",
            "WAPE",
            "assumed: difficulty exponent",
            "left to people",
        ],
    );
    let svg = fs::read_to_string(&drawn).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("2026-03-25 (holiday)"));
    // A drawing that is there is not written over.
    said(&arguments, 2, &["cannot be made"]);
    let usual = format!("forecast {history} --zone Europe/Berlin --paths 20 --json");
    said(&usual, 0, &["\"evaluation\"", "\"erlangs\"", "\"basis\":\"assumed\""]);
    said(&format!("forecast {history} --interval 15"), 2, &["interval of 30"]);
    said(&format!("forecast {history} --weeks 4"), 2, &["49 days", "56 are needed"]);
    said(&format!("forecast {history} --zone Nowhere"), 2, &["no time zone is called"]);
    fs::write(&history, record(3)).unwrap();
    said(&format!("forecast {history}"), 2, &["21 days", "35 are needed"]);
    fs::write(&history, record(6).replace("2026-02-10T09:30,cards,desk,", "2026-02-10T09:30,cards,desk,-")).unwrap();
    said(&format!("forecast {history}"), 2, &["line ", "arrived is `-"]);
}
