//! A bundle to start from, by the real command: asked for, checked, tested, and served at once.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_policy::{
    actions::API_ACTIONS,
    bundle::Bundle,
    engine::{ApiRequest, Engine, Held},
    files::Files,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");

fn remit(at: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(REMIT);
    command.args(arguments).current_dir(at).env_remove("TZ");
    command
}

/// What a command prints that ends with `code`, given these lines to read.
fn ended(at: &Path, arguments: &[&str], typed: &str, code: i32) -> String {
    let mut command = remit(at, arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that reads nothing may have ended by now.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(code), "remit {}: {said}", arguments.join(" "));
    said
}

/// Holds that a bundle is good, that its tests hold, and that some messages would be followed by their intent.
fn is_good(at: &Path, bundle: &str) {
    let told = ended(at, &["--json", "policy", "check", bundle], "", 0);
    let checked: Value = serde_json::from_str(told.lines().find(|line| line.starts_with('{')).unwrap()).unwrap();
    assert_eq!(checked.pointer("/warnings"), Some(&Value::Array(Vec::new())), "{checked}");
    assert!(checked.pointer("/intents/kept").and_then(Value::as_f64) > Some(0.3), "{checked}");
    let tested = ended(at, &["policy", "test", bundle], "", 0);
    assert!(tested.contains(" 0 findings"), "{tested}");
}

/// What each role may do by the interface: on the organisation, on a case of nobody, on one of their own, on one of
/// their queue's, and on somebody else's.
fn permitted(bundle: &Path) -> BTreeSet<(String, &'static str, &'static str)> {
    let bundle = Bundle::load(Files::read(bundle).unwrap()).unwrap();
    let engine = Engine::new(&bundle);
    let own = Held { holder: "desk", staff: "ana", offered: "ana", customer: "cus" };
    let of_the_queue = Held { holder: "desk", ..Held::default() };
    let other = Held { holder: "other", staff: "ben", offered: "ben", customer: "someone" };
    let mut all = BTreeSet::new();
    for role in bundle.roles() {
        for (on, held) in [
            ("the organisation", None),
            ("a case of nobody", Some(Held::default())),
            ("a case of their own", Some(own)),
            ("a case of their queue", Some(of_the_queue)),
            ("a case of somebody else", Some(other)),
        ] {
            let may = |action: &&&str| {
                let roles = std::slice::from_ref(role);
                let (responder, staff, customer) = (Some("desk"), Some("ana"), Some("cus"));
                engine.authorize(&ApiRequest { roles, responder, staff, customer, action, held }).permits()
            };
            all.extend(API_ACTIONS.iter().filter(may).map(|action| (role.clone(), *action, on)));
        }
    }
    all
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Opens a case at a server under the bundle, and gives what was answered.
fn served(at: &Path, bundle: &str, text: &str) -> Value {
    let mut command = remit(at, &["--json", "serve", "--listen", "127.0.0.1:0", "--data", "data", "--bundle", bundle]);
    let mut server = Server(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it did not start: {line}"));
    let address = said.pointer("/address").and_then(Value::as_str).unwrap();
    let token = fs::read_to_string(at.join("data/first-token")).unwrap();
    let body = serde_json::json!({ "customer": "ann", "text": text, "channel": "web" });
    let mut answer = ureq::post(format!("http://{address}/v1/cases"))
        .header("authorization", format!("Bearer {}", token.trim()))
        .header("content-type", "application/json")
        .send(body.to_string())
        .unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

#[test]
fn what_is_made_by_default_is_good_and_serves_at_once() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let said = ended(at, &["init", "mine", "--yes"], "", 0);
    for explained in ["bundle.toml", "who answers for what", "remit serve --data data --bundle mine"] {
        assert!(said.contains(explained), "no {explained}: {said}");
    }
    is_good(at, "mine");
    // Whoever takes part may what they may at the sample bank, so that what one can do the other can.
    let bank = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    let (ours, theirs) = (permitted(&at.join("mine")), permitted(&bank));
    assert_eq!(ours.difference(&theirs).collect::<Vec<_>>(), Vec::<&_>::new());
    assert_eq!(theirs.difference(&ours).collect::<Vec<_>>(), Vec::<&_>::new());
    let case = served(at, "mine", "When are you open?");
    assert_eq!(case.pointer("/decision/to"), Some(&Value::from("assistant")), "{case}");
    // Nothing is written over.
    let said = ended(at, &["init", "mine", "--yes"], "", 2);
    assert!(said.contains("not empty"), "{said}");
}

#[test]
fn five_questions_are_asked_and_what_is_no_answer_is_asked_again() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let typed = "Hill \"Top\" & Söhne\nEurope/Nowhere\nEurope/Berlin\nde,en\nfront, Field service\nno\n";
    let said = ended(at, &["init", "hill"], typed, 0);
    assert_eq!(said.matches('?').count(), 6, "{said}");
    assert!(said.contains("`Europe/Nowhere` is no time zone"), "{said}");
    is_good(at, "hill");
    let manifest = fs::read_to_string(at.join("hill/bundle.toml")).unwrap();
    for holds in ["\"Hill \\\"Top\\\" & Söhne\"", "\"Europe/Berlin\"", "\"field-service\"", "[\"de\", \"en\"]"] {
        assert!(manifest.contains(holds), "no {holds}: {manifest}");
    }
    assert!(!manifest.contains("[[responder]]") && !at.join("hill/knowledge").exists());
    // Where nobody answers, nothing is made.
    let said = ended(at, &["init", "other", "--name", "Other"], "", 2);
    assert!(said.contains("not answered: In which time zone") && !at.join("other").exists(), "{said}");
}

#[test]
fn flags_answer_as_well_and_one_desk_is_enough() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let flags = ["--json", "init", "one", "--name", "One", "--time-zone", "Asia/Tokyo", "--languages", "fr"];
    let said = ended(at, &[&flags[..], &["--desks", "desk", "--ai", "yes", "--currency", "jpy"]].concat(), "", 0);
    let said: Value = serde_json::from_str(&said).unwrap();
    for file in said.pointer("/files").and_then(Value::as_array).unwrap() {
        assert!(at.join("one").join(file.pointer("/file").and_then(Value::as_str).unwrap()).is_file(), "{file}");
    }
    is_good(at, "one");
    for (flag, value) in [("--ai", "maybe"), ("--languages", "xx"), ("--desks", ""), ("--time-zone", "here")] {
        ended(at, &["init", "none", "--yes", flag, value], "", 2);
        assert!(!at.join("none").exists());
    }
}
