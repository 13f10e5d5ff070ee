//! Backups as docs/backup.md makes them at a real server, in its order: a checkpoint, then the database copied while
//! the server writes, by the page's own statement; the keys kept apart; verified, and served from, with what was said.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

#[path = "documents/server.rs"]
#[expect(dead_code, reason = "the other test asks for more")]
mod server;

use serde_json::{Value, json};
use server::Server;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const WORDS: &str = "My bill is higher than last month, why?";

fn run(at: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = Command::new(REMIT).args(arguments).current_dir(at).output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
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
    /// Opens a case, and gives its identifier.
    fn open(&self, token: &str, customer: &str) -> String {
        let body = json!({ "customer": customer, "text": WORDS, "channel": "web" });
        let (status, said) = self.ask("POST", "/v1/cases", token, &body);
        assert_eq!(status, 201, "{said}");
        let said: Value = serde_json::from_str(&said).unwrap();
        said.pointer("/case/id").and_then(Value::as_str).unwrap().to_owned()
    }

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
