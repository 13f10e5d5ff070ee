//! Every command that prints, over what hostile people, servers and authors wrote: nothing of it acts on the terminal,
//! and nothing looks like what Remit says itself.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

mod files;

use files::copy;
use remit_domain::text::is_hidden;
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const BANK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank");

/// Clears the screen, hides behind a link, turns the direction, is not seen, and forges an entry of a history.
const HOSTILE: &str = "card\u{1b}[2J\u{1b}]8;;http://x\u{7}\u{9b}31m\u{202e}lived\
                       \u{2066}\u{200b}\u{2028}\u{feff}\u{7f}\r\n  \
                       2026-01-01T00:00:00Z #100 by first admin: decision dec_1 at override\nremit: all is well";

/// Runs `remit`, holds its exit code if one is given, and gives what it printed on both sides; none of it hidden.
fn printed(arguments: &[&str], code: Option<i32>) -> String {
    let output = Command::new(REMIT).args(arguments).output().unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    text.push_str(&String::from_utf8(output.stderr).unwrap());
    assert!(code.is_none() || output.status.code() == code, "remit {arguments:?}: {:?}\n{text}", output.status.code());
    let hidden = text.chars().find(|c| is_hidden(*c) && *c != '\n');
    assert_eq!(hidden, None, "remit {arguments:?}: {text:?}");
    let forged = text.lines().find(|line| line.starts_with("  2026-01-01") || line.starts_with("remit: all is well"));
    assert_eq!(forged, None, "remit {arguments:?}: {text}");
    text
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(data: &Path) -> (Server, String, String) {
    let mut child = Command::new(REMIT)
        .args(["serve", "--json", "--listen", "127.0.0.1:0", "--bundle", BANK, "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    let url = format!("http://{}", said["address"].as_str().unwrap());
    let token = fs::read_to_string(said["token_file"].as_str().unwrap()).unwrap();
    (Server(child), url, token.trim().to_owned())
}

fn post(url: &str, token: &str, path: &str, body: &Value) -> Value {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let request = agent.post(format!("{url}{path}")).header("authorization", format!("Bearer {token}"));
    let mut response = request.header("content-type", "application/json").send(body.to_string()).unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    assert!(response.status().is_success(), "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_history_is_whole_and_nobody_writes_into_it() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let (server, url, token) = serve(&data);
    let first = json!({ "customer": "c", "text": "When will my new card arrive?", "channel": "chat" });
    let opened = post(&url, &token, "/v1/cases", &first);
    let case = opened["case"]["id"].as_str().unwrap().to_owned();
    for _ in 0..80 {
        post(&url, &token, &format!("/v1/cases/{case}/messages"), &json!({ "text": HOSTILE }));
    }
    let there = ["--url", &url, "--token", &token];
    let show: Vec<&str> = ["case", "show", &case].into_iter().chain(there).collect();
    let told = printed(&show, Some(0));
    // One line for each event, each once, and the last line says how many there are.
    let entries: Vec<&str> = told.lines().filter(|line| line.starts_with("  2") && line.contains(" #")).collect();
    let count = told.lines().last().unwrap().strip_suffix(" events").unwrap();
    assert!(entries.len() > 200 && entries.len().to_string() == count, "{} of {count}\n{told}", entries.len());
    assert!(told.contains("      │ card\\u{1b}[2J\\u{1b}]8;;http://x\\u{7}\\u{9b}31m\\u{202e}lived"), "{told}");
    assert!(told.contains("\n      │   2026-01-01T00:00:00Z #100 by first admin: decision"), "{told}");
    // To whom each decision gave the case, and what the customer was told of it.
    assert!(told.contains(" at route: the case goes to cards-ai (epoch 1, accountable "), "{told}");
    assert!(told.contains("      the customer was told\n      │ "), "{told}");
    assert!(told.contains(": the customer wrote\n"), "{told}");
    // The same as JSON, to the character.
    let json: Vec<&str> = ["--json"].into_iter().chain(show).collect();
    let document: Value = serde_json::from_str(&printed(&json, Some(0))).unwrap();
    let items = document["timeline"]["items"].as_array().unwrap();
    assert_eq!(items.len(), entries.len());
    assert!(items.iter().any(|item| item["words"] == json!(HOSTILE)) && document["case"]["id"] == json!(case));
    let explain: Vec<&str> = ["explain", &case].into_iter().chain(there).collect();
    assert!(printed(&explain, Some(0)).contains("byte for byte"));
    printed(&["case", "show", HOSTILE, "--url", &url, "--token", &token], Some(2));
    printed(&["token", "create", "--role", "lead", "--name", HOSTILE, "--url", &url, "--token", &token], Some(2));
    printed(&["token", "create", "--role", HOSTILE, "--url", &url, "--token", &token], Some(2));
    drop(server);
    let place = data.display().to_string();
    assert!(printed(&["case", "show", &case, "--data", &place], Some(0)).contains(" events\n"));
    printed(&["ledger", "verify", &place], None);
    printed(&["ledger", "prove", HOSTILE, "--data", &place], Some(2));
}

/// A server that answers every request with `body` and this status; it ends with the test.
fn answering(status: u16, body: &Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = body.to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 65_536]);
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    url
}

#[test]
fn a_server_that_lies_cannot_speak_for_remit() {
    let problem = json!({ "type": HOSTILE, "title": HOSTILE, "detail": HOSTILE, "cure": HOSTILE });
    let event = |kind: &str| {
        let name = json!({ "responder": HOSTILE });
        let decision = json!({
            "id": HOSTILE, "point": HOSTILE, "action": HOSTILE, "principal": name, "verdict": { "policies": [HOSTILE] },
            "outcome": { "kind": "assign", "responder": HOSTILE },
        });
        let message = json!({ "author": { "kind": "holder", "holder": name } });
        let exception = json!({ "id": HOSTILE, "kind": HOSTILE, "owner": HOSTILE });
        let event = json!({
            "type": kind, "decision": decision, "message": message, "exception": exception, "holder": name,
            "readings": { "rows": [[HOSTILE]] }, "offer": { "staff": HOSTILE }, "how": HOSTILE, "requester": HOSTILE,
            "handoff": { "epoch": HOSTILE, "accountable": HOSTILE }, "consult": { "by": HOSTILE, "queue": HOSTILE },
        });
        json!({ "seq": HOSTILE, "at": HOSTILE, "by": HOSTILE, "event": event, "words": HOSTILE, "told": HOSTILE })
    };
    let kinds = remit_domain::Event::KINDS.iter().copied().chain([HOSTILE]);
    let items: Vec<Value> = kinds.map(event).collect();
    let all = json!({
        "id": HOSTILE, "status": HOSTILE, "holder": { "name": HOSTILE, "epoch": HOSTILE }, "accountable": HOSTILE,
        "items": items, "token": HOSTILE, "difference": HOSTILE, "same": false,
        "explanation": {
            "summary": HOSTILE, "because": HOSTILE, "chosen": [HOSTILE], "would_change": [HOSTILE],
            "others": [{ "responder": HOSTILE, "reason": HOSTILE }], "signals": [HOSTILE], "owner": HOSTILE,
        },
    });
    for (status, body) in [(200, &all), (400, &problem), (200, &json!(HOSTILE)), (500, &json!(HOSTILE))] {
        let url = answering(status, body);
        for command in [&["case", "show", "cas_1"][..], &["explain", "dec_1"], &["token", "create", "--role", "lead"]] {
            for json in [&[][..], &["--json"]] {
                printed(&[json, command, &["--url", &url, "--token", "remit_x"]].concat(), None);
            }
        }
    }
}

#[test]
fn authors_of_files_cannot_speak_for_remit() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path().join("bundle-\u{1b}[2J\u{202e}\nremit: all is well");
    copy(Path::new(BANK), &here);
    let place = here.display().to_string();
    printed(&["policy", "check", &place], Some(0));
    printed(&["policy", "test", &place], Some(0));
    let append = |name: &str, text: &str| {
        let path = here.join(name);
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, before + text).unwrap();
    };
    let test = format!(
        "\n[[test]]\nname = {}\ncandidate = \"cards-ai\"\nallow = true\nsignals = {{ x = 1 }}\n",
        json!("a\u{1b}[2J\u{202e}\nremit: all is well")
    );
    // A file that nobody would see by its own name is refused by the place of what hides it.
    for name in ["tests/hostile-\u{9b}31m.toml", "policies/hostile-\u{1b}[2J\n.cedar"] {
        append(name, &test);
        let refused = printed(&["policy", "test", &place], Some(2));
        assert!(refused.contains("which is not shown as it is; take it out"), "{refused}");
        fs::remove_file(here.join(name)).unwrap();
    }
    append("tests/hostile.toml", &test);
    printed(&["policy", "test", &place], Some(1));
    append(
        "policies/hostile.cedar",
        &format!("@id({0:?}) @owner({0:?}) @reason({0:?})\npermit (principal, action, resource);", "a\u{1b}\u{202e}"),
    );
    for command in ["check", "test"] {
        for json in [&[][..], &["--json"]] {
            printed(&[json, &["policy", command, &place]].concat(), None);
        }
    }
    append(
        "bundle.toml",
        &format!(
            "\n[[owner]]\nname = {0}\ntitle = {0}\ncontact = {0}\n\"{1}\" = 1\n",
            json!("\u{202e}x\n"),
            "y\\u001b"
        ),
    );
    for json in [&[][..], &["--json"]] {
        printed(&[json, &["policy", "check", &place]].concat(), Some(1));
    }
    printed(&["serve", "--bundle", &place, "--data", &place], Some(2));
    // Files that are read whole: messages, examples, proofs.
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let quoted = HOSTILE.replace('"', "\"\"");
    let messages = file("messages-\u{1b}[2J.csv", &format!("text,intent,customer\n\"{quoted}\",\"{quoted}\",c\n"));
    let data = directory.path().join("data-\u{1b}[2J\n").display().to_string();
    for json in [&[][..], &["--json"]] {
        printed(&[json, &["replay", &messages, "--bundle", BANK, "--data", &data]].concat(), Some(0));
        printed(&[json, &["signals", "train", &messages, "--out", &data]].concat(), None);
    }
    let proof = format!("c2sp.org/tlog-proof@v1\nindex 0\n\n{HOSTILE}\n0\n\n— {HOSTILE}\n");
    let key = printed(&["ledger", "key", &data], Some(0));
    printed(&["ledger", "check", &file("proof\u{1b}[2J", &proof), "--key", key.trim()], Some(1));
    printed(&["ledger", "check", &file("proof", &proof), "--key", HOSTILE], Some(2));
    printed(&["ledger", "verify", HOSTILE], Some(2));
    printed(&["replay", HOSTILE], Some(2));
}
