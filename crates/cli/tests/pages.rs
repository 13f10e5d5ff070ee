//! Pages that are followed at a real server, in their order. Backups as docs/backup.md makes them: a checkpoint, then
//! the database copied while the server writes, by the page's own statement; the keys kept apart; verified, and served
//! from, with what was said. And docs/start.md from the first case to the one that a person resolves.
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

/// What the page says of how a backup is made.
const BACKUP: &str = include_str!("../../../docs/backup.md");

/// The page's statement that copies the database, into `folder` and with `now` in the name, and the copy's path.
fn copying(folder: &Path, now: &str) -> (String, std::path::PathBuf) {
    let (_, statement) = BACKUP.split_once("remit.db \"VACUUM INTO '/mnt/backup/").unwrap();
    let (name, _) = statement.split_once("'\"").unwrap();
    let path = folder.join(name.replace("$NOW", now));
    (format!("VACUUM INTO '{}'", path.display()), path)
}

/// How many records a checkpoint is over.
fn covered(checkpoint: &str) -> u64 {
    checkpoint.lines().nth(1).and_then(|records| records.parse().ok()).unwrap_or_default()
}

impl Server {
    /// A checkpoint over more than `records`, fetched as the page says: asked for until there is one, while others
    /// write.
    fn checkpoint(&self, token: &str, records: u64) -> String {
        let kept = (0..600).find_map(|_| {
            let (status, checkpoint) = self.ask("GET", "/ledger/checkpoint", token, &json!({}));
            let covers = status == 200 && covered(&checkpoint) > records;
            if !covers {
                self.open(token, "others");
            }
            covers.then_some(checkpoint)
        });
        kept.unwrap()
    }
}

#[test]
fn copies_made_in_the_pages_order_while_the_server_writes_serve_again_with_what_was_said() {
    assert!(
        BACKUP.find("/ledger/checkpoint").unwrap() < BACKUP.find("VACUUM INTO").unwrap(),
        "the checkpoint comes first"
    );
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    assert_eq!(run(at, &["init", "mine", "--yes"]).0, Some(0));
    let server = Server::start(at, &["--bundle", "mine", "--data", "data"]);
    let token = fs::read_to_string(at.join("data/first-token")).unwrap().trim().to_owned();
    let case = server.open(&token, "ann");
    let verified =
        |now: &str, checkpoint: &str| run(at, &["ledger", "verify", &format!("restored-{now}"), "--since", checkpoint]);
    for now in ["first", "second"] {
        fs::write(at.join(format!("checkpoint-{now}")), server.checkpoint(&token, 0)).unwrap();
        // Others write between the two, and while the database is copied.
        server.open(&token, "between");
        let (statement, copy) = copying(at, now);
        let others = std::thread::scope(|scope| {
            let writing = scope.spawn(|| (0..20).map(|n| server.open(&token, &format!("customer-{n}"))).count());
            rusqlite::Connection::open(at.join("data/remit.db")).unwrap().execute(&statement, []).unwrap();
            writing.join().unwrap()
        });
        assert_eq!(others, 20);
        let keys = at.join(format!("restored-{now}/keys"));
        fs::create_dir_all(&keys).unwrap();
        fs::rename(copy, keys.with_file_name("remit.db")).unwrap();
        for key in ["master.key", "ledger.key"] {
            fs::copy(at.join("data/keys").join(key), keys.join(key)).unwrap();
        }
        let (code, said) = verified(now, &format!("checkpoint-{now}"));
        assert_eq!(code, Some(0), "{now}: {said}");
    }
    let (code, said) = verified("second", "checkpoint-first");
    assert_eq!(code, Some(0), "{said}");
    // Why the order matters: one that is fetched after the copy is over records that the copy has not.
    let (_, said) = run(at, &["--json", "ledger", "verify", "restored-second"]);
    let records = serde_json::from_str::<Value>(&said).unwrap()["records"].as_u64().unwrap();
    fs::write(at.join("checkpoint-late"), server.checkpoint(&token, records)).unwrap();
    assert_eq!(verified("second", "checkpoint-late").0, Some(1));
    drop(server);
    fs::remove_dir_all(at.join("data")).unwrap();

    // The bundle that was in force is in the database, and so is the token.
    let server = Server::start(at, &["--data", "restored-second"]);
    let (status, said) = server.ask("GET", &format!("/v1/cases/{case}/messages"), &token, &json!({}));
    assert!(status == 200 && said.contains(WORDS), "{status} {said}");
    server.open(&token, "ben");
}

/// The page that goes from nothing to a running server.
const START: &str = include_str!("../../../docs/start.md");

/// What stands between two marks of a line.
fn between<'a>(line: &'a str, from: &str, to: &str) -> Option<&'a str> {
    line.split_once(from)?.1.split_once(to).map(|(found, _)| found)
}

#[test]
fn the_first_page_leads_to_a_case_that_a_person_resolved() {
    let place = tempfile::tempdir().unwrap();
    let at = place.path();
    let made = START.lines().find_map(|line| line.strip_prefix("remit init ")).unwrap();
    let made = made.replace("\"Alder Bikes\"", "Bikes");
    let words: Vec<&str> = ["init"].into_iter().chain(made.split_whitespace()).collect();
    assert_eq!(run(at, &words).0, Some(0));
    let server = Server::start(at, &["--bundle", "mine", "--data", "data"]);
    let admin = fs::read_to_string(at.join("data/first-token")).unwrap().trim().to_owned();
    let (mut ana, mut work, mut holders, mut ended) = (String::new(), Value::Null, Vec::new(), Value::Null);
    for line in START.lines() {
        if let Some(words) = line.strip_prefix("remit token create ") {
            let (words, file) = words.split_once(" > ").unwrap();
            assert!(START.contains(&format!("ANA=$(cat {file})")), "{file} is read by no step");
            let mut command = Command::new(REMIT);
            let words = words.replace("\"Ana's desk\"", "desk");
            let command = command.args(["token", "create"]).args(words.split_whitespace());
            let output = command.env("REMIT_URL", format!("http://{}", server.address)).env("REMIT_TOKEN", &admin);
            ana = String::from_utf8(output.output().unwrap().stdout).unwrap().trim().to_owned();
        }
        let Some(path) = between(line, "curl http://127.0.0.1:7171", " ") else { continue };
        let token = if line.contains("$ANA") { &ana } else { &admin };
        let text = |pointer: &str| work.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (case, offer) = (text("/offered/0/id"), text("/offered/0/offer/id"));
        let own = |said: &str| {
            said.replace("cas_01kbk3m4q5r6s7t8v9w0x1y2z3", &case).replace("ofr_01kbk3m4q5r6s7t8v9w0x1y2z4", &offer)
        };
        let Some(body) = between(line, "-d '", "'") else {
            // An offer is made a moment after somebody is there.
            let offered = (0..20_000).find_map(|_| {
                let (_, said) = server.ask("GET", path, token, &json!({}));
                let said: Value = serde_json::from_str(&said).unwrap();
                said.pointer("/offered/0").is_some().then_some(said)
            });
            work = offered.expect("nothing is offered");
            continue;
        };
        let (status, said) = server.ask("POST", &own(path), token, &serde_json::from_str(&own(body)).unwrap());
        assert!(status < 300, "{line}: {status} {said}");
        ended = serde_json::from_str(&said).unwrap();
        let to = ended.pointer("/decision/to").and_then(Value::as_str).filter(|_| path == "/v1/cases");
        holders.extend(to.map(ToOwned::to_owned));
    }
    assert_eq!(holders, ["assistant", "support"]);
    assert_eq!(ended.pointer("/case/status"), Some(&Value::from("resolved")), "{ended}");
}
