//! Another bundle in a server that runs: put in force by the command and by SIGHUP, rolled back, listed, exported and
//! compared; and gone on with after `kill -9`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod files;

use files::copy;
use remit_app::{Settings, bundle::Moves};
use remit_command::open;
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const BANK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank");
const CASES: usize = 40;

/// What a command says that ends with `code`.
fn ended(arguments: &[&str], at: &Path, token: &str, url: &str, code: i32) -> String {
    let mut command = Command::new(REMIT);
    command.args(arguments).current_dir(at).env("REMIT_TOKEN", token).env("REMIT_URL", url);
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(code), "remit {}: {said}", arguments.join(" "));
    said
}

struct Server {
    child: Child,
    url: String,
    digest: String,
    token: String,
}

impl Server {
    fn start(bundle: &[&str], at: &Path, token: Option<&str>) -> Self {
        let arguments = [&["--json", "serve", "--listen", "127.0.0.1:0", "--data", "data"], bundle].concat();
        let mut command = Command::new(REMIT);
        let log = fs::File::options().create(true).append(true).open(at.join("log")).unwrap();
        command.args(arguments).current_dir(at).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it did not start: {line}"));
        let text = |at: &str| said.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let made = || fs::read_to_string(at.join(text("/token_file"))).unwrap().trim().to_owned();
        let token = token.map_or_else(made, ToOwned::to_owned);
        Self { child, url: format!("http://{}", text("/address")), digest: text("/bundle/digest"), token }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let request = request.header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {}", self.token)).body(body.to_string()).unwrap();
        let mut response = agent.run(request).unwrap();
        let text = response.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
        assert!(response.status().is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    fn put(&self, customer: &str, queue: &str) {
        let open = json!({ "customer": customer, "text": "where is my card?", "channel": "web" });
        let opened = self.ask("POST", "/v1/cases", &open);
        let id = opened.pointer("/case/id").and_then(Value::as_str).unwrap();
        self.ask("POST", &format!("/v1/cases/{id}/overrides"), &json!({ "to": queue, "reason": "they know it" }));
    }

    fn held_by(&self, holder: &str) -> usize {
        let page = self.ask("GET", &format!("/v1/cases?status=open&holder={holder}&limit=200"), &json!({}));
        page.pointer("/items").and_then(Value::as_array).unwrap().len()
    }

    /// The bundles that came into force, the newest last.
    fn bundles(&self) -> Vec<Value> {
        let page = self.ask("GET", "/v1/bundles?limit=200", &json!({}));
        page.pointer("/items").and_then(Value::as_array).unwrap().clone()
    }

    fn told(&self, arguments: &[&str], at: &Path, code: i32) -> String {
        ended(arguments, at, &self.token, &self.url, code)
    }

    fn hang_up(&self) {
        let told = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The sample bank without its payments desk, in `to`.
fn without_payments(to: &Path) {
    copy(Path::new(BANK), to);
    let cut = |file: &str, from: &str, until: &str| {
        let path = to.join(file);
        let text = fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once(from).unwrap();
        let (_, after) = rest.split_once(until).unwrap();
        fs::write(&path, format!("{before}{until}{after}")).unwrap();
    };
    cut("bundle.toml", "[[queue]]\nname = \"payments\"", "[[queue]]");
    cut("policies/queues.cedar", "@id(\"queue.payments\")", "@id(");
    // They say something of that desk too.
    fs::remove_dir_all(to.join("tests")).unwrap();
}

/// Gives the bundle in a directory another name.
fn renamed(at: &Path, name: &str) {
    let text = fs::read_to_string(Path::new(BANK).join("bundle.toml")).unwrap();
    fs::write(at.join("bundle.toml"), text.replacen("name = \"", &format!("name = \"{name} "), 1)).unwrap();
}

#[test]
fn a_running_server_takes_another_bundle_by_the_command() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    without_payments(&at.join("without"));
    let server = Server::start(&["--bundle", BANK], at, None);
    server.put("carol", "payments");

    let asked = server.told(&["policy", "activate", "without", "--reason", "the desk closes"], at, 2);
    assert!(asked.contains("1 open case is in `payments`, which is gone: where to?"), "{asked}");
    assert!(asked.contains("cure: add --move payments=QUEUE"), "{asked}");
    let all = server.told(&["policy", "activate", "without", "--preview"], at, 1);
    assert!(all.contains("--move payments=QUEUE") && all.contains("responders: 0 new, 1 gone"), "{all}");
    assert!(all.contains("queue payments gone") && all.contains("policy queue.payments gone"), "{all}");
    let moves = ["--move", "payments=general"];
    let preview = server.told(&[&["policy", "activate", "without", "--preview"][..], &moves].concat(), at, 0);
    assert!(
        preview.contains("nothing is changed")
            && preview.contains("as things are now, 1 of `payments` go to `general`"),
        "{preview}"
    );
    assert_eq!(server.bundles().len(), 1);
    let needed = server.told(&["policy", "activate", "without"], at, 2);
    assert!(needed.contains("--reason"), "{needed}");
    // Every finding is told, each with its line.
    copy(Path::new(BANK), &at.join("broken"));
    fs::write(at.join("broken/policies/queues.cedar"), "permit (").unwrap();
    fs::write(at.join("broken/texts/en.toml"), "ai_answer = \"x\"\n").unwrap_or_else(|_| {
        fs::create_dir_all(at.join("broken/texts")).unwrap();
        fs::write(at.join("broken/texts/en.toml"), "ai_answer = \"x\"\n").unwrap();
    });
    let broken = server.told(&["policy", "activate", "broken", "--preview"], at, 2);
    assert!(broken.contains("policies/queues.cedar:1") && broken.contains("texts/en.toml:1"), "{broken}");
    let hours = server.told(&["calendar", "show", "general", "--days", "1"], at, 0);
    assert!(hours.contains("by the clock of"), "{hours}");
    let how = ["policy", "activate", "without", "--reason", "the desk closes"];
    let done = server.told(&[&how[..], &moves].concat(), at, 0);
    assert!(done.contains("is in force, in the place of"), "{done}");
    while server.held_by("general") == 0 {
        thread::yield_now();
    }
    let bank = server.digest.get(..12).unwrap();
    let late = server.told(&["policy", "activate", "without", "--preview", "--from", bank], at, 2);
    assert!(late.contains("the bundle in force is"), "{late}");
    let compared = server.told(&["policy", "compare", bank, "without"], at, 0);
    assert!(compared.contains("queue payments gone"), "{compared}");
    let back = server.told(&["policy", "rollback", "--reason", "it was a mistake"], at, 0);
    assert!(back.contains(&format!("{bank} is in force")), "{back}");
    let listed = server.told(&["policy", "list"], at, 0);
    assert!(listed.contains("the desk closes") && listed.contains("it was a mistake"), "{listed}");
    assert_eq!(listed.matches("in force").count(), 1, "{listed}");
    let exported = server.told(&["policy", "export", bank, "exported"], at, 0);
    assert!(exported.contains("files of"), "{exported}");
    let token = server.token.clone();
    drop(server);

    // The same where no server runs; what was exported is the bundle that it was.
    let same = ended(&["policy", "activate", "exported", "--reason", "x", "--data", "data"], at, "", "", 0);
    assert!(same.contains("is in force already"), "{same}");
    let how = ["policy", "activate", "without", "--reason", "closed for good", "--data", "data"];
    let done = ended(&[&how[..], &moves].concat(), at, "", "", 0);
    assert!(done.contains("is in force, in the place of"), "{done}");
    let server = Server::start(&[], at, Some(&token));
    let newest = server.bundles().pop().unwrap();
    assert_eq!(newest.get("reason"), Some(&json!("closed for good")));
    assert_eq!(newest.get("digest"), Some(&json!(server.digest)));
    drop(server);
    let verified = ended(&["ledger", "verify", "data"], at, "", "", 0);
    assert!(!verified.contains("problem"), "{verified}");
}

#[test]
fn a_preview_where_no_server_runs_leaves_what_is_still_to_be_decided_anew() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    without_payments(&at.join("without"));
    let server = Server::start(&["--bundle", BANK], at, None);
    server.put("carol", "payments");
    drop(server);
    // In force, and ended before anything was moved.
    let moves = Moves::parse(&["payments=general".to_owned()]).unwrap();
    let without = || open::load(&at.join("without"));
    drop(open::govern(&at.join("data"), Some(&at.join("without")), moves, Settings::default(), &without).unwrap());
    let records = || ended(&["--json", "ledger", "verify", "data"], at, "", "", 0);
    let before = records();
    for preview in [&["policy", "activate", BANK][..], &["policy", "rollback"]] {
        let said = ended(&[preview, &["--preview", "--data", "data"]].concat(), at, "", "", 0);
        assert!(said.contains("nothing is changed"), "{said}");
        assert_eq!(records(), before, "{preview:?}");
    }
    let done = ended(&["policy", "activate", "without", "--reason", "go on", "--data", "data"], at, "", "", 0);
    assert!(done.contains("is in force already"), "{done}");
    assert_ne!(records(), before);
}

#[test]
fn a_signal_loads_the_directory_anew_with_which_the_server_was_started() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let own = at.join("own");
    copy(Path::new(BANK), &own);
    let server = Server::start(&["--bundle", "own"], at, None);
    // What cannot govern does not come into force, and the server goes on.
    let manifest = fs::read(own.join("bundle.toml")).unwrap();
    fs::write(own.join("bundle.toml"), "name = ").unwrap();
    server.hang_up();
    let log = || fs::read_to_string(at.join("log")).unwrap();
    let refused = || log().lines().find(|line| line.contains("does not come into force")).map(ToOwned::to_owned);
    while refused().is_none() {
        thread::yield_now();
    }
    let refused = refused().unwrap();
    assert_eq!(refused.matches("bundle.toml:1").count(), 1, "told once: {refused}");
    assert!(!refused.contains('{') && refused.contains("ERROR"), "{refused}");
    let time = refused.split_once("ERROR").unwrap().0;
    assert!(time.contains('T') && time.contains('Z'), "with the time, as every line of the log: {refused}");
    assert!(!log().contains("0 of 0 open cases"), "{}", log());
    fs::write(own.join("bundle.toml"), manifest).unwrap();
    renamed(&own, "Second");
    while server.bundles().len() < 2 {
        server.hang_up();
    }
    let bundles = server.bundles();
    let newest = bundles.last().unwrap();
    assert!(newest.get("name").and_then(Value::as_str).unwrap().starts_with("Second"), "{newest}");
    assert!(newest.get("reason").and_then(Value::as_str).unwrap().contains("SIGHUP"), "{newest}");
    server.put("dora", "payments");
    assert_eq!(server.held_by("payments"), 1);
}

#[test]
fn a_server_that_is_killed_while_cases_are_decided_anew_goes_on_at_the_next_start() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    without_payments(&at.join("without"));
    let mut server = Server::start(&["--bundle", BANK], at, None);
    thread::scope(|scope| {
        for writer in 0..4 {
            let server = &server;
            scope.spawn(move || {
                (writer..CASES).step_by(4).for_each(|number| server.put(&format!("c{number}"), "payments"));
            });
        }
    });
    let how = ["policy", "activate", "without", "--reason", "x", "--move", "payments=general"];
    let mut command = Command::new(REMIT);
    command.args(how).current_dir(at).env("REMIT_TOKEN", &server.token).env("REMIT_URL", &server.url);
    let mut activating = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while server.bundles().len() < 2 {
        thread::yield_now();
    }
    // As kill -9 does: it ends at once, wherever it is.
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    activating.wait().unwrap();
    let token = server.token.clone();
    let before = server.digest.clone();
    drop(server);
    let server = Server::start(&[], at, Some(&token));
    assert_ne!(server.digest, before);
    assert_eq!((server.held_by("payments"), server.held_by("general")), (0, CASES));
    drop(server);
    let verified = ended(&["ledger", "verify", "data"], at, "", "", 0);
    assert!(!verified.contains("problem"), "{verified}");
}

#[test]
fn what_a_command_put_in_force_outlives_a_start_with_the_directory_of_before() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let own = at.join("own");
    copy(Path::new(BANK), &own);
    let server = Server::start(&["--bundle", "own"], at, None);
    let (first, token) = (server.digest.clone(), server.token.clone());
    // A mistake comes by the signal, and is taken back by the command; the directory still holds it.
    renamed(&own, "Mistaken");
    while server.bundles().len() < 2 {
        server.hang_up();
    }
    server.told(&["policy", "rollback", "--reason", "it was a mistake"], at, 0);
    drop(server);
    let start = || Server::start(&["--bundle", "own"], at, Some(&token));
    let server = start();
    assert_eq!(server.digest, first);
    // What was put in force from elsewhere goes on too.
    copy(Path::new(BANK), &at.join("other"));
    renamed(&at.join("other"), "Other");
    server.told(&["policy", "activate", "other", "--reason", "better"], at, 0);
    let other = server.bundles().last().unwrap().get("digest").unwrap().clone();
    drop(server);
    let server = start();
    assert_eq!(other, server.digest.as_str());
    drop(server);
    // A directory that changed is a change, also back to what it held before.
    for name in ["Third", "Mistaken"] {
        renamed(&own, name);
        let server = start();
        let newest = server.bundles().last().unwrap().clone();
        assert!(newest.get("name").and_then(Value::as_str).unwrap().starts_with(name), "{newest}");
        assert_eq!(newest.get("digest").unwrap(), server.digest.as_str());
    }
}
