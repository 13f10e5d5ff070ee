//! A backup as docs/backup.md makes it: the database copied while the server writes, the keys kept apart; verified
//! against a checkpoint that was kept, and served from, with what was said.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const WORDS: &str = "My bill is higher than last month, why?";

fn run(at: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = Command::new(REMIT).args(arguments).current_dir(at).output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(at: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["--json", "serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut command = Command::new(REMIT);
        let command = command.args(arguments).current_dir(at).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it did not start: {line}"));
        Self { child, address: said.pointer("/address").and_then(Value::as_str).unwrap().to_owned() }
    }

    fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let at = format!("http://{}{path}", self.address);
        let request = ureq::http::Request::builder().method(method).uri(at).header("content-type", "application/json");
        let request = request.header("authorization", format!("Bearer {token}")).body(body.to_string()).unwrap();
        let mut response = agent.run(request).unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// Opens a case, and gives its identifier.
    fn open(&self, token: &str, customer: &str) -> String {
        let body = json!({ "customer": customer, "text": WORDS, "channel": "web" });
        let (status, said) = self.ask("POST", "/v1/cases", token, &body);
        assert_eq!(status, 201, "{said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        said.pointer("/case/id").and_then(Value::as_str).unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_copy_made_while_the_server_writes_serves_again_with_what_was_said() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    assert_eq!(run(at, &["init", "mine", "--yes"]).0, Some(0));
    let server = Server::start(at, &["--bundle", "mine", "--data", "data"]);
    let token = fs::read_to_string(at.join("data/first-token")).unwrap().trim().to_owned();
    let case = server.open(&token, "ann");
    // A checkpoint over it is kept elsewhere, as soon as there is one.
    let kept = (0..600).find_map(|_| {
        let (status, checkpoint) = server.ask("GET", "/ledger/checkpoint", &token, &json!({}));
        let covers = status == 200 && checkpoint.lines().nth(1).is_some_and(|records| records != "0");
        if !covers {
            server.open(&token, "others");
        }
        covers.then_some(checkpoint)
    });
    fs::write(at.join("checkpoint"), kept.unwrap()).unwrap();

    // The database while others write, and the keys apart from it.
    fs::create_dir_all(at.join("restored/keys")).unwrap();
    let others = std::thread::scope(|scope| {
        let writing = scope.spawn(|| (0..20).map(|n| server.open(&token, &format!("customer-{n}"))).count());
        let database = rusqlite::Connection::open(at.join("data/remit.db")).unwrap();
        database.execute("VACUUM INTO ?1", [at.join("restored/remit.db").display().to_string()]).unwrap();
        writing.join().unwrap()
    });
    assert_eq!(others, 20);
    for key in ["master.key", "ledger.key"] {
        fs::copy(at.join("data/keys").join(key), at.join("restored/keys").join(key)).unwrap();
    }
    drop(server);
    fs::remove_dir_all(at.join("data")).unwrap();

    let (code, said) = run(at, &["ledger", "verify", "restored", "--since", "checkpoint"]);
    assert_eq!(code, Some(0), "{said}");
    // The bundle that was in force is in the database, and so is the token.
    let server = Server::start(at, &["--data", "restored"]);
    let (status, said) = server.ask("GET", &format!("/v1/cases/{case}/messages"), &token, &json!({}));
    assert!(status == 200 && said.contains(WORDS), "{status} {said}");
    server.open(&token, "ben");
}
