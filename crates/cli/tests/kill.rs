//! Promise 8: what was answered with success is there after `kill -9`, once, and the ledger verifies. Who subscribed
//! has been sent all of it, at least once.
//!
//! Three rounds, or as many as `REMIT_SOAK_ROUNDS` says (`cargo xtask soak`).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank");
const WRITERS: usize = 8;

struct Server {
    child: Child,
    url: String,
}

fn serve(data: &Path, token: &mut Option<String>) -> Server {
    let mut child = Command::new(REMIT)
        .args(["serve", "--json", "--listen", "127.0.0.1:0", "--bundle", BUNDLE, "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("`remit serve` did not start: {line}"));
    if let Some(first) = said["token"].as_str() {
        *token = Some(first.to_owned());
    }
    Server { child, url: format!("http://{}", said["address"].as_str().unwrap()) }
}

/// What the writers know of each key: the case that was acknowledged, or nothing yet.
type Known = BTreeMap<String, Option<String>>;

/// One round of writing at one server.
struct Round<'a> {
    url: &'a str,
    token: &'a str,
    next: &'a AtomicUsize,
    known: &'a Mutex<Known>,
    acknowledged: &'a AtomicUsize,
}

impl Round<'_> {
    /// Opens cases until the server is gone. Each key is noted before it is sent; first come those that the
    /// last server left open.
    fn write(&self, writer: usize) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let open: Vec<String> =
            self.known.lock().unwrap().iter().filter(|(_, id)| id.is_none()).map(|(key, _)| key.clone()).collect();
        let mut again = open.into_iter().filter(|key| key.ends_with(&format!("-{writer}")));
        loop {
            let fresh = || format!("key-{:08}-{writer}", self.next.fetch_add(1, Ordering::Relaxed));
            let key = again.next().unwrap_or_else(fresh);
            self.known.lock().unwrap().entry(key.clone()).or_default();
            let body = json!({ "customer": key, "text": "my card has not arrived, where is it?", "channel": "chat" });
            let sent = agent
                .post(format!("{}/v1/cases", self.url))
                .header("authorization", format!("Bearer {}", self.token))
                .header("content-type", "application/json")
                .header("idempotency-key", &key)
                .send(body.to_string());
            let Ok(mut response) = sent else { return };
            let status = response.status().as_u16();
            let Ok(text) = response.body_mut().read_to_string() else { return };
            assert_eq!(status, 201, "{text}");
            let answer: Value = serde_json::from_str(&text).unwrap();
            let id = answer["case"]["id"].as_str().unwrap().to_owned();
            let before = self.known.lock().unwrap().insert(key, Some(id.clone())).flatten();
            assert!(before.is_none_or(|before| before == id), "one key, two cases");
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// All cases that the server lists, newest first.
fn listed(url: &str, token: &str) -> Vec<String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let request = agent.get(format!("{url}/v1/cases?limit=200{after}"));
        let mut response = request.header("authorization", format!("Bearer {token}")).call().unwrap();
        let text = response.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
        let page: Value = serde_json::from_str(&text).unwrap();
        ids.extend(page["items"].as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return ids,
        }
    }
}

/// Somebody's receiver of events.
#[derive(Default)]
struct Inbox(Mutex<Arrived>);

/// Positions in the ledger, and by case in the order in which they first arrived.
#[derive(Default)]
struct Arrived {
    seqs: BTreeSet<u64>,
    by_case: BTreeMap<String, Vec<u64>>,
}

impl Inbox {
    fn start() -> (Arc<Self>, String) {
        let (inbox, listener) = (Arc::new(Self::default()), TcpListener::bind("127.0.0.1:0").unwrap());
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&inbox);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inbox = Arc::clone(&shared);
                std::thread::spawn(move || while inbox.receive(&stream).is_some() {});
            }
        });
        (inbox, url)
    }

    fn receive(&self, stream: &TcpStream) -> Option<()> {
        let (mut reader, mut length) = (BufReader::new(stream), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            match line.trim_end().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().ok()?,
                None if line == "\r\n" => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let message: Value = serde_json::from_slice(&body).unwrap();
        let (seq, case) = (message["data"]["seq"].as_u64().unwrap(), message["data"]["case"].as_str().unwrap());
        {
            let mut arrived = self.0.lock().unwrap();
            if arrived.seqs.insert(seq) {
                arrived.by_case.entry(case.to_owned()).or_default().push(seq);
            }
        }
        (&mut &*stream).write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()
    }

    /// Panics unless every event up to this position has arrived, in the order of its case.
    fn has_all(&self, upto: u64) {
        let arrived = self.0.lock().unwrap();
        let lost: Vec<u64> = (1..=upto).filter(|seq| !arrived.seqs.contains(seq)).collect();
        assert!(lost.is_empty(), "never sent: {lost:?}");
        for (case, seqs) in &arrived.by_case {
            assert!(seqs.is_sorted(), "the events of {case} arrived as {seqs:?}");
        }
    }
}

fn asked(method: &str, at: &str, token: &str, body: &str) -> Value {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = ureq::http::Request::builder().method(method).uri(at).header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {token}")).body(body.to_owned()).unwrap();
    let mut response = agent.run(request).unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    assert!(response.status().is_success(), "{text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn what_was_acknowledged_survives_kill_minus_nine_once() {
    let rounds: usize = std::env::var("REMIT_SOAK_ROUNDS").map_or(3, |rounds| rounds.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let (known, next, mut token) = (Mutex::new(Known::new()), AtomicUsize::new(0), None);
    let (inbox, inbox_url) = Inbox::start();
    for round in 0..rounds {
        let mut server = serve(&data, &mut token);
        let secret = token.clone().unwrap();
        if round == 0 {
            let wish = json!({ "name": "all", "url": inbox_url, "after": 0 });
            asked("POST", &format!("{}/v1/subscriptions", server.url), &secret, &wish.to_string());
        }
        let acknowledged = AtomicUsize::new(0);
        let writing =
            Round { url: &server.url, token: &secret, next: &next, known: &known, acknowledged: &acknowledged };
        // Killed after a number of answers that differs from round to round, wherever the writers are then.
        // Now and then after so many that the log of writes is being moved and begun anew.
        let enough = if round % 10 == 9 { 3_000 + round * 611 % 7_001 } else { 20 + round * 37 % 101 };
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    scope.spawn({
                        let writing = &writing;
                        move || writing.write(writer)
                    })
                })
                .collect();
            while acknowledged.load(Ordering::Relaxed) < enough {
                assert!(!writers.iter().all(|writer| writer.is_finished()), "every writer gave up");
                std::thread::yield_now();
            }
            server.child.kill().unwrap();
            server.child.wait().unwrap();
        });
        eprintln!("round {}: killed after {} answers", round + 1, acknowledged.load(Ordering::Relaxed));
    }
    let mut server = serve(&data, &mut token);
    let ids = listed(&server.url, token.as_deref().unwrap());
    let settled = loop {
        let now = asked("GET", &format!("{}/v1/subscriptions", server.url), token.as_deref().unwrap(), "");
        if now[0]["lag"] == 0 {
            break now[0]["cursor"].as_u64().unwrap();
        }
    };
    inbox.has_all(settled);
    assert!(settled >= ids.len() as u64);
    server.child.kill().unwrap();
    server.child.wait().unwrap();

    let mut once = ids.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "a case is listed twice");
    let known = known.into_inner().unwrap();
    let acknowledged: Vec<&String> = known.values().flatten().collect();
    for id in &acknowledged {
        assert!(once.binary_search(id).is_ok(), "{id} was acknowledged and is gone");
    }
    // What is there beyond that was under way when the last server died, at most one request of each writer.
    let under_way = known.values().filter(|id| id.is_none()).count();
    assert!(ids.len() <= acknowledged.len() + under_way, "{} cases of {} keys", ids.len(), known.len());
    assert!(acknowledged.len() >= rounds * 20);

    let verified = Command::new(REMIT).args(["--json", "ledger", "verify"]).arg(&data).output().unwrap();
    let told = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{told}{}", String::from_utf8_lossy(&verified.stderr));
}
