//! A change of bundle in the built program: refused with counts, moved as told, on record, and gone on with after
//! `kill -9`; and a directory goes on under its own bundle.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod files;

use files::copy;
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStderr, Command, Output, Stdio},
};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const BANK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank");
const CASES: usize = 120;
const WRITERS: usize = 4;

/// `remit` with `arguments`, in a directory where no bundle lies.
fn remit(arguments: &[&str], at: &Path) -> Command {
    let mut command = Command::new(REMIT);
    command.args(arguments).current_dir(at);
    command
}

/// What a command says that ends with `code`.
fn ended(arguments: &[&str], at: &Path, code: i32) -> String {
    let Output { status, stdout, stderr } = remit(arguments, at).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(code), "remit {}: {said}", arguments.join(" "));
    said
}

struct Server {
    child: Child,
    said: Value,
}

impl Server {
    fn start(arguments: &[&str], at: &Path) -> Self {
        let arguments = [&["--json", "serve", "--listen", "127.0.0.1:0", "--data", "data"], arguments].concat();
        let mut child = remit(&arguments, at).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, said: serde_json::from_str(&line).unwrap_or_else(|_| panic!("it did not start: {line}")) }
    }

    fn said(&self, pointer: &str) -> String {
        self.said.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> Value {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let at = format!("http://{}{path}", self.said("/address"));
        let request = ureq::http::Request::builder().method(method).uri(at).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {token}")).body(body.to_string()).unwrap();
        let mut response = agent.run(request).unwrap();
        let text = response.body_mut().with_config().limit(64 << 20).read_to_string().unwrap();
        assert!(response.status().is_success(), "{path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// Open cases of this holder.
    fn held_by(&self, holder: &str, token: &str) -> usize {
        let (mut held, mut after) = (0, String::new());
        loop {
            let path = format!("/v1/cases?status=open&holder={holder}&limit=200{after}");
            let page = self.ask("GET", &path, token, &json!({}));
            held += page.pointer("/items").and_then(Value::as_array).unwrap().len();
            match page.pointer("/next").and_then(Value::as_str) {
                Some(next) => after = format!("&after={next}"),
                None => return held,
            }
        }
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
}

/// Reads until something is said of `what`.
fn until(said: ChildStderr, what: &str) -> bool {
    BufReader::new(said).lines().map_while(Result::ok).any(|line| line.contains(what))
}

#[test]
fn a_queue_is_taken_out_and_what_it_had_goes_where_it_is_said() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let said = ended(&["serve", "--data", "data"], at, 2);
    assert!(said.contains("is new") && said.contains("--bundle") && !at.join("data").exists(), "{said}");
    without_payments(&at.join("without"));

    let server = Server::start(&["--bundle", BANK], at);
    let token = fs::read_to_string(at.join(server.said("/token_file"))).unwrap().trim().to_owned();
    let bank = server.said("/bundle/digest");
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (server, token) = (&server, &token);
            scope.spawn(move || {
                for number in (writer..CASES).step_by(WRITERS) {
                    let open =
                        json!({ "customer": format!("c{number}"), "text": "where is my card?", "channel": "web" });
                    let opened = server.ask("POST", "/v1/cases", token, &open);
                    let id = opened.pointer("/case/id").and_then(Value::as_str).unwrap();
                    let wish = json!({ "to": "payments", "reason": "they know this one" });
                    server.ask("POST", &format!("/v1/cases/{id}/overrides"), token, &wish);
                }
            });
        }
    });
    let one = server.ask("GET", "/v1/cases?holder=payments&limit=1", &token, &json!({}));
    let one = one.pointer("/items/0/id").and_then(Value::as_str).unwrap().to_owned();
    assert_eq!(
        server.held_by("payments", &token),
        CASES,
        "whoever was stopped meanwhile, what a human gave on stays there"
    );
    drop(server);

    // The directory's own bundle goes on, whatever lies beside it.
    let server = Server::start(&[], at);
    assert_eq!((server.said("/bundle/digest"), server.said("/token_file")), (bank.clone(), String::new()));
    drop(server);
    let why = ended(&["explain", &one, "--data", "data"], at, 0);
    assert!(why.contains("A human gave the case to the queue `payments`"), "{why}");

    // Another one is refused while it would lose something, and nothing has changed by that.
    let other = &["serve", "--data", "data", "--listen", "127.0.0.1:0", "--bundle", "without"];
    let said = ended(other, at, 1);
    let counted = said.lines().find(|line| line.trim().starts_with("payments ")).unwrap_or_else(|| panic!("{said}"));
    assert!(counted.contains(&CASES.to_string()) && said.contains("--move payments="), "{said}");
    for (moved, why) in [
        ("payments", "OLD=NEW"),
        ("payments=nowhere", "no responder `nowhere`"),
        ("payments=cards-ai", "stays with people"),
        ("cards=general", "is not gone"),
    ] {
        let said = ended(&[other, &["--move", moved][..]].concat(), at, 2);
        assert!(said.contains(why), "{moved}: {said}");
    }
    let preview = &["policy", "preview", "without", "--data", "data"];
    assert!(ended(preview, at, 1).contains("--move payments="));
    let said = ended(&[preview, &["--move", "payments=general"][..]].concat(), at, 0);
    for what in [
        format!("payments is gone: {CASES} open cases (0 with a person), 0 questions and 0 staff go to general"),
        format!("open cases: {CASES}"),
        "policies: 0 new, 1 gone, 0 read otherwise".to_owned(),
    ] {
        assert!(said.contains(&what), "no `{what}` in: {said}");
    }
    let server = Server::start(&[], at);
    assert_eq!(server.said("/bundle/digest"), bank);
    drop(server);

    // Told where it goes, it starts to move, and is killed over it; the next start goes on.
    let mut moving = remit(&[other, &["--move", "payments=general"][..]].concat(), at)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(until(moving.stderr.take().unwrap(), "decided anew"), "it moves what is gone");
    moving.kill().unwrap();
    moving.wait().unwrap();
    let server = Server::start(&[], at);
    assert_ne!(server.said("/bundle/digest"), bank);
    assert_eq!((server.held_by("payments", &token), server.held_by("general", &token)), (0, CASES));
    let metrics = server.ask("GET", "/metrics", &token, &json!({}));
    assert!(metrics.as_str().unwrap().contains("remit_cases_orphaned 0"));
    drop(server);
    let why = ended(&["explain", &one, "--data", "data"], at, 0);
    assert!(why.contains("named `general`") && why.contains("byte for byte"), "{why}");
    let verified = ended(&["ledger", "verify", "data"], at, 0);
    assert!(!verified.contains("problem"), "{verified}");
}
