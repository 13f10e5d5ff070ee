//! The demand on record, printed from a server and from a data directory, and what is made of it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_app::{
    Settings,
    bundle::Moves,
    environment::clock::{Clock, parse_rfc3339},
    governance::services::Services,
    token::{self, NewToken},
};
use remit_command::{client::Client, open};
use remit_domain::id::Timestamp;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

const BANK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank");
const MINUTE_MS: i64 = 60_000;
const WEEKS: i64 = 5;

/// A clock that stands still until it is set.
#[derive(Debug, Clone)]
struct Hands(Arc<AtomicI64>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// What `remit capacity` prints with these arguments, which end so.
fn said(arguments: &[&str], code: i32) -> (String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_remit")).arg("capacity").args(arguments).output().unwrap();
    let (out, errors) = (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned());
    assert_eq!(status.code(), Some(code), "remit capacity {}: {out}{errors}", arguments.join(" "));
    (out, errors)
}

/// Five weeks of a support on record, from Monday 5 January 2026 on: more comes on Mondays. Gives how many came on each
/// day, and what `asked` makes of the server while it runs.
fn five_weeks<T>(data: &Path, asked: impl FnOnce(&str, &str) -> T) -> (BTreeMap<String, usize>, T) {
    let monday = parse_rfc3339("2026-01-05T00:00:00Z").unwrap();
    let hands = Hands(Arc::new(AtomicI64::new(monday.0)));
    let opened = open::opened(data, Some(Path::new(BANK)), &|| panic!("a bundle is named")).unwrap();
    let (bundle, clock) = (Arc::new(opened.bundle), Box::new(hands.clone()));
    let app = open::start(opened.opened, bundle, clock, Services::none(), Settings::default(), Moves::default());
    let app = app.unwrap();
    let new = NewToken {
        name: "test".into(),
        roles: vec!["admin".into(), "lead".into()],
        responder: None,
        source: None,
        sources: Vec::new(),
        staff: None,
        days: 300,
    };
    let token = token::make(&app, new).unwrap().token;
    let runtime = remit_server::serve::runtime().unwrap();
    let running = runtime.block_on(remit_server::serve::start(Arc::new(app), ([127, 0, 0, 1], 0).into())).unwrap();
    let url = format!("http://{}", running.address);
    let client = Client::new(&url, &token);
    let mut came = BTreeMap::new();
    for day in 0..WEEKS * 7 {
        let count = if day % 7 == 0 { 6 } else { 3 };
        for nth in 0..count {
            hands.0.store(monday.0 + (day * 1_440 + 540 + nth * 47) * MINUTE_MS, Ordering::SeqCst);
            let text =
                if nth % 2 == 0 { "When will my card arrive?" } else { "I want to talk to a human about a transfer" };
            let open = json!({ "customer": format!("c{day}-{nth}"), "text": text, "channel": "email" });
            client.post(remit_app::operation::OpenCase, &[], &open).unwrap();
        }
        let date = jiff::civil::date(2026, 1, 5).checked_add(jiff::Span::new().days(day)).unwrap();
        came.insert(date.to_string(), usize::try_from(count).unwrap());
    }
    hands.0.store(monday.0 + (WEEKS * 7 * 1_440 + 60) * MINUTE_MS, Ordering::SeqCst);
    let made = asked(&url, &token);
    runtime.block_on(running.stop()).unwrap();
    (came, made)
}

/// How many came on each day by a file.
fn by_day(file: &str) -> BTreeMap<String, usize> {
    let mut days = BTreeMap::new();
    for line in file.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [start, _, _, arrived, ..] = cells.as_slice() else { panic!("{line}") };
        *days.entry(start.get(..10).unwrap().to_owned()).or_default() += arrived.parse::<usize>().unwrap();
    }
    days
}

#[test]
fn the_demand_on_record_is_printed_as_a_forecast_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let (came, (served, as_json)) = five_weeks(&data, |url, token| {
        let asked = ["history", "--url", url, "--token", token];
        // Until last midnight by the server's clock, from half a year before on.
        let (file, _) = said(&asked, 0);
        let (as_json, _) = said(&[&asked[..], &["--json", "--slot", "15"]].concat(), 0);
        said(&[&asked[..], &["--slot", "7"]].concat(), 2);
        said(&[&asked[..], &["--from", "2026-02-09T00:00:00Z"]].concat(), 2);
        (file, serde_json::from_str::<Value>(&as_json).unwrap())
    });
    assert_eq!(by_day(&served), came);
    assert_eq!(as_json.pointer("/to"), Some(&json!("2026-02-09T00:00:00.000Z")));
    let arrived = |row: &Value| row.pointer("/arrived").and_then(Value::as_u64).unwrap();
    let all: u64 = as_json.pointer("/rows").and_then(Value::as_array).unwrap().iter().map(arrived).sum();
    assert_eq!(all, came.values().sum::<usize>() as u64);
    // The same from the directory, once no server has it.
    let place = data.display().to_string();
    let of = |from: &str| said(&["history", "--data", &place, "--from", from, "--to", "2026-02-09T00:00:00Z"], 0);
    let (file, _) = of("2026-01-01T00:00:00Z");
    assert_eq!(file, served);
    let (nothing, told) =
        said(&["history", "--data", &place, "--from", "2025-12-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z"], 0);
    assert_eq!(nothing.lines().count(), 1, "{nothing}");
    assert!(told.contains("no case that is on record came"), "{told}");
    // A forecast reads what is printed, and says what comes on the next Monday.
    let history = directory.path().join("history.csv").display().to_string();
    fs::write(&history, &file).unwrap();
    let (ahead, _) = said(&["forecast", &history, "--paths", "20", "--json"], 0);
    let ahead: Value = serde_json::from_str(&ahead).unwrap();
    assert_eq!(ahead.pointer("/learned_to"), Some(&json!("2026-02-08")));
    let days = ahead.pointer("/all/days").and_then(Value::as_array).unwrap();
    let mean = |day: usize| days.get(day).and_then(|day| day.pointer("/arrived/mean")?.as_f64()).unwrap();
    assert!((4.5..7.5).contains(&mean(0)) && (2.0..4.0).contains(&mean(2)), "{} {}", mean(0), mean(2));
    assert!(days.first().is_some_and(|day| day.pointer("/date") == Some(&json!("2026-02-09"))));
    plans_for(directory.path(), &history, &file);
}

/// A plan is made for what that record says comes next week, and says what was forecast and what was given.
fn plans_for(directory: &Path, history: &str, file: &str) {
    let queue = |line: &str| line.split(',').nth(2).map(|cell| cell.trim_matches('"').to_owned());
    let queues: std::collections::BTreeSet<String> = file.lines().skip(1).filter_map(queue).collect();
    let mut support = String::from("interval_minutes = 30\n");
    for name in &queues {
        support += &format!("[[queue]]\nname = \"{name}\"\nwithin_minutes = 30\nserved = 0.8\n");
        support += &format!("[[class]]\nname = \"of {name}\"\nqueue = \"{name}\"\nhandling = {{ minutes = 9 }}\n");
        support += "patience_minutes = 60\n[[class.demand]]\nan_hour = 500\n";
    }
    let names: Vec<String> = queues.iter().map(|name| format!("\"{name}\"")).collect();
    support += &format!("[[group]]\nname = \"desk\"\nqueues = [{}]\n", names.join(", "));
    let path = directory.join("support.toml").display().to_string();
    fs::write(&path, &support).unwrap();
    let asked = ["plan", &path, "--history", history, "--weeks", "10", "--surely", "80%"];
    let (told, _) = said(&asked, 0);
    for says in ["2026-02-09 to 2026-02-15, forecast from the record", "AI keeps", "given by the file"] {
        assert!(told.contains(says), "no `{says}` in: {told}");
    }
    let (plan, _) = said(&[&asked[..], &["--json"]].concat(), 0);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let forecast = plan.pointer("/forecast/queues").and_then(Value::as_array).unwrap();
    let came: f64 = forecast.iter().filter_map(|week| week.pointer("/arrived/mean")?.as_f64()).sum();
    // Not the 500 an hour of the file.
    assert!((18.0..30.0).contains(&came), "{came}: {forecast:?}");
    // A record with a queue that the file has not is refused.
    let line = "2026-02-08T23:30:00+00:00,\"cards\",\"elsewhere\",3,0,,0,0\n";
    fs::write(history, format!("{file}{line}")).unwrap();
    let (_, why) = said(&asked, 2);
    assert!(why.contains("`elsewhere`, which no class waits in"), "{why}");
}
