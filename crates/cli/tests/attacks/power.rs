//! The power goes while a server is written to: whatever of its writes the disk has by then, it starts again, what was
//! acknowledged is there, and the ledger verifies.

use crate::{
    client::{Client, opening},
    files::copy,
    house::{House, Served, models},
    plan::{Plan, attack},
    trace::{self, Call, What},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

const WRITERS: usize = 4;

/// A server under `strace`, from its first start to its last write, and all that it did meanwhile.
struct Recorded {
    root: PathBuf,
    calls: Vec<Call>,
    /// Lines in the trace.
    lines: usize,
}

fn record(plan: Plan, room: &Path) -> Recorded {
    let root = room.join("data");
    copy(models(), &root.join("models"));
    let (house, trace) = (House::at(&root), room.join("trace"));
    // `-D`: the server is our child, not strace's. `-y`: descriptors with their files. `-xx`: bytes in hexadecimal.
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-q", "-y", "-xx", "-s", "16777216", "--seccomp-bpf", "-e"]);
    command.arg(format!("trace={}", trace::CALLS)).arg("-o").arg(&trace).args(house.command());
    let server = Served::start(&mut command);
    let client = server.admin();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let client = client.clone();
            scope.spawn(move || write(&client, writer, plan.of(8, 150)));
        }
    });
    // Killed, or stopped in order, which writes too.
    let process = server.child.id();
    if plan.seed.is_multiple_of(2) {
        drop(server)
    } else {
        _ = server.stop()
    }
    // Short numbers of processes are filled up with blanks.
    let of_it = |line: &str| Some(line.strip_prefix(&process.to_string())?.trim_start().starts_with("+++ "));
    let ended = |trace: &str| trace.lines().rev().take(64).any(|line| of_it(line) == Some(true));
    let read = loop {
        let read = std::fs::read_to_string(&trace).unwrap();
        if ended(&read) {
            break read;
        }
    };
    Recorded { calls: trace::read(&read, &root), lines: read.lines().count(), root }
}

fn write(client: &Client, writer: usize, times: usize) {
    for at in 0..times {
        let customer = format!("c{writer}-{at}");
        let key = format!("k-{customer}");
        let case =
            client.send("POST", "/v1/cases", Some(&key), &opening(&customer, "When will my card arrive?")).done();
        let id = case["case"]["id"].as_str().unwrap();
        match at % 4 {
            0 => {
                let message = json!({ "text": "And where is it now?" });
                client.post(&format!("/v1/cases/{id}/messages"), &message).done();
            }
            1 => _ = client.bytes("/ledger/checkpoint"),
            2 => _ = client.post("/v1/customers/erase", &json!({ "customer": customer })).done(),
            _ => {}
        }
    }
}

/// What others were told before a line.
#[derive(Debug, Default)]
struct Told {
    /// The file in the data directory that has it.
    token: Option<String>,
    /// Versions of cases.
    versions: BTreeMap<String, u64>,
    checkpoint: Option<String>,
}

impl Told {
    fn before(calls: &[Call], when: usize) -> Self {
        let mut told = Self::default();
        for call in calls.iter().take_while(|call| call.start < when) {
            if let What::Tell(bytes) = &call.what {
                told.hear(&String::from_utf8_lossy(bytes));
            }
        }
        told
    }

    fn hear(&mut self, said: &str) {
        if let Ok(first) = serde_json::from_str::<Value>(said) {
            let file = first["token_file"].as_str().and_then(|file| Path::new(file).file_name());
            self.token = file.map(|file| file.to_str().unwrap().to_owned()).or(self.token.take());
        }
        let Some((head, body)) = said.split_once("\r\n\r\n").filter(|(head, _)| head.starts_with("HTTP/1.1 2")) else {
            return;
        };
        if head.contains("application/json") {
            let body: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
            if let Some(id) = body["case"]["id"].as_str() {
                let version = self.versions.entry(id.to_owned()).or_default();
                *version = (*version).max(body["case"]["version"].as_u64().unwrap());
            }
        } else if body.starts_with("remit/ledger\n") {
            self.checkpoint = Some(body.to_owned());
        }
    }
}

/// What is kept of a trace in which something does not hold.
fn keep(files: &BTreeMap<PathBuf, Vec<u8>>, recorded: &Recorded, when: usize) -> PathBuf {
    let kept = tempfile::tempdir().unwrap().keep();
    trace::lay(files, &recorded.root, &kept.join("image"));
    std::fs::write(kept.join("line"), when.to_string()).unwrap();
    kept
}

/// Starts a server on an image and holds it against what was told.
fn holds(files: &BTreeMap<PathBuf, Vec<u8>>, root: &Path, told: &Told) -> Result<(), String> {
    let room = tempfile::tempdir().unwrap();
    let house = House::at(&room.path().join("data"));
    trace::lay(files, root, &house.data);
    copy(models(), &house.data.join("models"));
    let server = match Served::try_start(Command::new(&house.command()[0]).args(&house.command()[1..])) {
        Ok(server) => server,
        // Where nobody was told of anything yet, to say why not is enough.
        Err(said) if told.token.is_none() && said.contains("remit: ") && !said.contains("panicked") => return Ok(()),
        Err(said) => return Err(format!("it does not start: {said}")),
    };
    let Some(file) = &told.token else { return Ok(()) };
    let token = std::fs::read_to_string(house.data.join(file)).map_err(|error| format!("no token: {error}"))?;
    let client = server.client(token.trim());
    if client.bytes("/v1/cases?limit=1").is_none() {
        return Err("the token that was told is not known".to_owned());
    }
    let there: BTreeMap<String, u64> = client
        .all("/v1/cases")
        .iter()
        .map(|case| (case["id"].as_str().unwrap().to_owned(), case["version"].as_u64().unwrap()))
        .collect();
    for (case, version) in &told.versions {
        if there.get(case).is_none_or(|there| there < version) {
            return Err(format!("{case} was acknowledged at version {version}, and is at {:?}", there.get(case)));
        }
    }
    // Something more is written, so that the last checkpoint covers what was not signed.
    client.open("afterwards", "When will my card arrive?");
    server.stop();
    let since = room.path().join("since");
    let mut more = Vec::new();
    if let Some(note) = &told.checkpoint {
        std::fs::write(&since, note).unwrap();
        more = vec!["--since", since.to_str().unwrap()];
    }
    let (good, said) = house.verify(&more);
    if good { Ok(()) } else { Err(said) }
}

fn round(plan: Plan) {
    let (room, mut dice) = (tempfile::tempdir().unwrap(), plan.dice());
    let recorded = record(plan, room.path());
    let told = Told::before(&recorded.calls, usize::MAX);
    assert!(told.token.is_some() && told.versions.len() >= WRITERS * 8 && told.checkpoint.is_some(), "{told:?}");
    // The power goes just after somebody was told, or anywhere.
    let tells: Vec<usize> =
        recorded.calls.iter().filter(|call| matches!(call.what, What::Tell(_))).map(|call| call.start + 1).collect();
    let points: Vec<(usize, crate::plan::Dice)> = (0..plan.of(12, 150))
        .map(|at| {
            let anywhere = dice.roll(recorded.lines);
            let when = if at % 2 == 0 { *dice.of(&tells) } else { anywhere };
            (when, dice.fork())
        })
        .collect();
    std::thread::scope(|scope| {
        for half in points.chunks(points.len().div_ceil(2)) {
            let recorded = &recorded;
            scope.spawn(move || {
                for (when, dice) in half {
                    let files = trace::image(&recorded.calls, *when, &mut dice.clone());
                    if let Err(why) = holds(&files, &recorded.root, &Told::before(&recorded.calls, *when)) {
                        panic!("{why}\nThe image is in {}", keep(&files, recorded, *when).display());
                    }
                }
            });
        }
    });
    // Had it waited for the disk no more from the middle on, it would have been seen.
    let careless = trace::careless(recorded.calls, recorded.lines / 2);
    let seen = (0..8).any(|_| {
        let files = trace::image(&careless, usize::MAX - 1, &mut dice.fork());
        holds(&files, &recorded.root, &told).is_err()
    });
    assert!(seen, "nothing was seen of syncs that were missing");
}

#[test]
fn power() {
    attack("power", round);
}
