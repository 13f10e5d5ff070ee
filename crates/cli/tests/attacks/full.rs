//! A disk that is really full: what takes a right away is possible all the same.

use crate::{
    client::Client,
    house::{House, Served, models},
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// Bytes of the disk beside the trained models.
const ROOM: u64 = 5 << 20;

/// A small disk of its own, mounted where only its own processes see it, for as long as this lives.
struct SmallDisk {
    room: TempDir,
    keeper: Child,
}

impl SmallDisk {
    /// None where nobody lets this process mount one, as in most containers.
    fn mount() -> Option<Self> {
        let room = tempfile::tempdir().unwrap();
        let data = room.path().join("data");
        fs::create_dir(&data).unwrap();
        let models = models();
        let bytes: u64 = fs::read_dir(models).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
        let keeps = r#"mount -t tmpfs -o size="$2" tmpfs "$0" && cp -R "$1" "$0/models" && echo ready && read -r _"#;
        let mut keeper = Command::new("unshare")
            .args(["--mount", "sh", "-c", keeps])
            .args([&data, models])
            .arg((bytes + ROOM).to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut told = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut told).unwrap();
        let disk = Self { room, keeper };
        (told == "ready\n").then_some(disk)
    }

    /// A command of somebody who sees it.
    fn run(&self, command: &[String]) -> Command {
        let mut inside = Command::new("nsenter");
        inside.args(["--mount", "--target", &self.keeper.id().to_string(), "--"]).args(command);
        inside
    }

    fn serve(&self) -> Served {
        Served::start(&mut self.run(&House::at(&self.room.path().join("data")).command()))
    }

    /// Fills it to the last byte with a file of this name.
    fn fill(&self, name: &str) {
        let file = self.room.path().join("data").join(name);
        let fill = ["dd", "if=/dev/zero", "bs=4096", &format!("of={}", file.display())].map(ToOwned::to_owned);
        let told = self.run(&fill).output().unwrap();
        let why = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(!told.status.success() && why.contains("No space left"), "{why}");
    }

    fn read(&self, name: &str) -> String {
        let told = self.run(&["cat".to_owned(), path(&self.room.path().join("data").join(name))]).output().unwrap();
        String::from_utf8(told.stdout).unwrap().trim().to_owned()
    }

    fn remove(&self, name: &str) {
        let file = self.room.path().join("data").join(name);
        assert!(self.run(&["rm".to_owned(), path(&file)]).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.keeper.kill();
        let _ = self.keeper.wait();
    }
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

fn is_let_in(client: &Client) -> bool {
    match client.send("GET", "/v1/cases?limit=1", None, &Value::Null).status {
        200 => true,
        401 => false,
        status => panic!("{status}"),
    }
}

#[test]
fn on_a_full_disk_a_token_is_revoked_for_good() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("left out: nobody may mount a disk here; run it as root with the right to (CAP_SYS_ADMIN)");
        return;
    };
    let served = disk.serve();
    let admin = served.client(&disk.read("first-token"));
    let (first, second) = (admin.make("first", &["admin"], None), admin.make("second", &["admin"], None));
    let tokens = admin.get("/v1/tokens");
    let revoke = |name: &str| {
        let token = tokens.as_array().unwrap().iter().find(|token| token["name"] == name).unwrap();
        admin.send("DELETE", &format!("/v1/tokens/{}", token["id"].as_str().unwrap()), None, &Value::Null)
    };
    disk.fill("filler");
    let refused = (0..)
        .map(|n| admin.post("/v1/cases", &crate::client::opening(&format!("c{n}"), "hello")))
        .find(|got| !got.is_done());
    let refused = refused.unwrap();
    assert_eq!(
        (refused.status, refused.body["type"].as_str()),
        (507, Some("/problems/storage_full")),
        "{}",
        refused.body
    );
    assert!(is_let_in(&first) && is_let_in(&second));
    let gone = revoke("first");
    assert_eq!(gone.status, 204, "{}", gone.body);
    assert!(!is_let_in(&first));
    // Once that room is taken too, it is at least in force, and told as what it is.
    disk.fill("more");
    let gone = revoke("second");
    assert!(gone.status == 204 || gone.status == 507, "{}: {}", gone.status, gone.body);
    assert!(
        gone.status == 204 || gone.body["detail"].as_str().unwrap().contains("refused from now on"),
        "{}",
        gone.body
    );
    assert!(!is_let_in(&second) && is_let_in(&admin));
    // It dies, and starts again with room.
    drop(served);
    disk.remove("filler");
    disk.remove("more");
    let served = disk.serve();
    assert!(!is_let_in(&served.client(&first.token)), "it was revoked on the disk too");
    assert!(is_let_in(&served.client(&admin.token)));
    served.client(&admin.token).open("ann", "hello again");
    served.stop();
}
