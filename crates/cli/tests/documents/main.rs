//! What documents show as run is run, by the real command: from top to bottom of each page in a directory of its own,
//! and what is shown against a server against one.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

#[expect(dead_code, reason = "the other test reads the rest of them")]
mod blocks;

use blocks::{blocks, commands};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");

/// `PATH` with these directories before the others.
fn path(before: &[&Path]) -> OsString {
    let program = Path::new(REMIT).parent().unwrap();
    let own = before.iter().copied().chain([program]).map(Path::to_owned);
    let all: Vec<PathBuf> = own.chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())).collect();
    std::env::join_paths(all).unwrap()
}

/// What a script for a shell said, which must end well.
fn ended(shell: &mut Command, script: &str, at: &str) -> String {
    let Output { status, stdout, stderr } = shell.args(["-ec", script]).output().unwrap();
    let said = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{at}: {script}: {said}{}", String::from_utf8_lossy(&stderr));
    said
}

#[test]
fn what_is_shown_as_run_ends_well() {
    let mut places: BTreeMap<String, tempfile::TempDir> = BTreeMap::new();
    let mut ran = 0;
    for block in blocks().iter().filter(|block| block.language() == "sh" && block.is("run")) {
        let place = places.entry(block.page.clone()).or_insert_with(|| {
            let place = tempfile::tempdir().unwrap();
            symlink(bundles(), place.path().join("bundles")).unwrap();
            place
        });
        for command in commands(block) {
            ended(Command::new("sh").current_dir(place.path()).env("PATH", path(&[])), &command, &block.at);
            ran += 1;
        }
    }
    println!("{ran} commands ran");
    assert!(ran >= 6, "{ran}");
}

/// The bundles that ship.
fn bundles() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles").canonicalize().unwrap()
}

/// A server that is gone once this is.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where it is run what is shown against a server.
struct Place {
    at: tempfile::TempDir,
    url: String,
    token: String,
    _server: Server,
}

impl Place {
    /// With the sample bank's bundle beside it, and a server under an earlier one.
    fn new() -> Self {
        let at = tempfile::tempdir().unwrap();
        symlink(bundles(), at.path().join("bundles")).unwrap();
        let earlier = "cp -rL bundles/bank earlier && echo '# As it was before.' >> earlier/bundle.toml";
        ended(Command::new("sh").current_dir(at.path()), earlier, "an earlier bundle");
        // What is refused is an end that is not well, too.
        let curl = at.path().join("bin/curl");
        fs::create_dir(at.path().join("bin")).unwrap();
        let real = ended(&mut Command::new("sh"), "command -v curl", "curl").trim().to_owned();
        fs::write(&curl, format!("#!/bin/sh\nexec {real} --fail-with-body --silent --show-error \"$@\"\n")).unwrap();
        fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
        let mut serve = Command::new(REMIT);
        serve.args(["serve", "--json", "--listen", "127.0.0.1:0", "--data", "remit-data", "--bundle", "earlier"]);
        let spawned = serve.current_dir(at.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut server = Server(spawned.unwrap());
        let mut line = String::new();
        BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it did not start: {line}"));
        let url = format!("http://{}", said.pointer("/address").and_then(Value::as_str).unwrap());
        let token = fs::read_to_string(at.path().join("remit-data/first-token")).unwrap().trim().to_owned();
        Self { at, url, token, _server: server }
    }

    fn run(&self, script: &str, with: &[(&str, &str)], at: &str) -> String {
        let mut shell = Command::new("sh");
        shell.current_dir(self.at.path()).env("PATH", path(&[&self.at.path().join("bin")]));
        shell.env("REMIT_URL", &self.url).env("REMIT_TOKEN", &self.token).envs(with.iter().copied());
        ended(&mut shell, script, at)
    }

    /// Sends a body with the first token.
    fn send(&self, path: &str, body: &Value) -> Value {
        let mut answer = ureq::post(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .send(body.to_string())
            .unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }
}

#[test]
fn what_is_shown_against_a_server_ends_well() {
    let place = Place::new();
    let text = |value: &Value, at: &str| value.pointer(at).and_then(Value::as_str).unwrap().to_owned();
    let note = json!({
        "name": "ana", "first_name": "Ana", "queues": ["general"], "languages": { "en": 5 }, "skills": {},
        "capacity": { "chat": 3 },
    });
    place.send("/v1/staff", &note);
    let opened = place.send("/v1/cases", &json!({ "customer": "ann", "text": "Where is my card?", "channel": "web" }));
    let create = |more: &str| {
        let script = format!("remit token create --role integration --name shown {more}");
        place.run(&script, &[], "a token").trim().to_owned()
    };
    let (token, core) = (create(""), create("--source core-banking"));
    let listed: Value = serde_json::from_str(&place.run("remit policy list --json", &[], "the bundle")).unwrap();
    let digest = listed.to_string().split('"').find(|word| word.len() == 64).unwrap().to_owned();
    let case = text(&opened, "/case/id");
    // What documents say where a server of one's own says something else.
    let stands_for = [
        ("http://127.0.0.1:7171", place.url.as_str()),
        ("https://support.example", &place.url),
        ("cas_01kbk3m4q5r6s7t8v9w0x1y2z3", &case),
        ("4c1f0a9b2d3e", digest.get(..12).unwrap()),
    ];
    let mut ran = 0;
    for block in blocks().iter().filter(|block| block.language() == "sh" && block.is("served")) {
        let script =
            stands_for.iter().fold(commands(block).join("\n"), |script, (shown, is)| script.replace(shown, is));
        place.run(&script, &[("TOKEN", &token), ("CORE", &core)], &block.at);
        ran += 1;
    }
    println!("{ran} blocks ran");
    assert!(ran >= 6, "{ran}");
}
