//! What documents show is done, by the real command, from top to bottom of each page in a directory of its own: what
//! is marked `run` by itself, and what is marked `served` beside a server, which the page starts or which is there.
//! What cannot be done here, such as installing a unit of systemd, is marked `parsed`, and is only read.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

#[expect(dead_code, reason = "the other test reads the rest of them")]
mod blocks;
mod server;

use blocks::{Block, blocks, commands, words};
use serde_json::Value;
use server::Server;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Blocks of commands that are only read, at most.
const PARSED_MOST: usize = 24;
/// How often something is asked for that comes a moment later.
const ASKED_MOST: usize = 20_000;
/// What documents write in the place of what each reader has.
const CASE: &str = "cas_01kbk3m4q5r6s7t8v9w0x1y2z3";
const OFFER: &str = "ofr_01kbk3m4q5r6s7t8v9w0x1y2z4";
const DIGEST: &str = "4c1f0a9b2d3e";
/// Before the commands of a block: what earlier blocks set is there, and a request that is refused fails.
const BEFORE: &str =
    "[ -e vars ] && . ./vars; set -ea\ncurl() { command curl --silent --show-error --fail-with-body \"$@\"; }\n";

/// A page that is being followed.
struct Page {
    place: tempfile::TempDir,
    server: Option<Server>,
}

impl Page {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root().join("bundles"), place.path().join("bundles")).unwrap();
        Self { place, server: None }
    }

    fn at(&self) -> &Path {
        self.place.path()
    }

    /// Has a bundle to begin with, where the page makes none itself.
    fn with_bundle(&self) {
        if !self.at().join("mine").exists() {
            self.shell("remit init mine --yes --desks support,billing").unwrap();
        }
    }

    /// A directory that documents name, here.
    fn here(&self, text: &str) -> String {
        let at = self.at().display();
        let text = text.replace("/var/lib/remit", &format!("{at}/data")).replace("/mnt/", &format!("{at}/mnt/"));
        text.replace("/etc/remit/bundle", &format!("{at}/mine"))
    }

    fn token(&self) -> String {
        fs::read_to_string(self.at().join("data/first-token")).unwrap_or_default().trim().to_owned()
    }

    /// What the server answers, once `is_there` says that what is waited for is.
    fn until(&self, path: &str, is_there: impl Fn(&Value) -> bool) -> Value {
        let (server, token) = (self.server.as_ref().unwrap(), self.token());
        let answer = (0..ASKED_MOST).find_map(|_| Some(server.get(path, &token)).filter(&is_there));
        answer.unwrap_or_else(|| panic!("{path}: what is waited for does not come"))
    }

    /// A command with what the reader of it has in the place of what the document has.
    fn own(&self, command: &str) -> String {
        let mut own = self.here(command);
        let Some(server) = &self.server else { return own };
        for address in ["http://127.0.0.1:7171", "https://support.example"] {
            own = own.replace(address, &format!("http://{}", server.address));
        }
        let text = |value: &Value, at: &str| value.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        if own.contains(OFFER) {
            let work = self.until("/v1/staff/ana/work", |work| work.pointer("/offered/0").is_some());
            own = own.replace(OFFER, &text(&work, "/offered/0/offer/id"));
        }
        if own.contains(CASE) || words(&own).iter().any(|word| ["CASE", "DECISION"].contains(&word.as_str())) {
            let newest = self.until("/v1/cases", |page| page.pointer("/items/0").is_some());
            own = own.replace(CASE, &text(&newest, "/items/0/id"));
            own = own.replace(" CASE", &format!(" {}", text(&newest, "/items/0/id")));
            own = own.replace(" DECISION", &format!(" {}", text(&newest, "/items/0/decision")));
        }
        if own.contains(DIGEST) {
            own = own.replace(DIGEST, &text(&server.get("/v1/bundles", &self.token()), "/items/0/digest"));
        }
        own
    }

    /// Has a shell do it, with what earlier commands set.
    fn shell(&self, script: &str) -> Result<(), String> {
        let program = Path::new(env!("CARGO_BIN_EXE_remit")).parent().unwrap().to_owned();
        let old = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([program].into_iter().chain(std::env::split_paths(&old))).unwrap();
        let mut shell = Command::new("sh");
        let script = format!("{BEFORE}{script}\nexport -p > vars\n");
        let shell = shell.args(["-c", &script]).current_dir(self.at()).env("PATH", &path);
        if let Some(server) = &self.server {
            let token = self.token();
            shell
                .env("REMIT_URL", format!("http://{}", server.address))
                .env("REMIT_TOKEN", &token)
                .env("TOKEN", &token);
        }
        let Output { status, stdout, stderr } = shell.output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        if status.success() { Ok(()) } else { Err(said) }
    }

    /// Does all that a block says; says how many commands that were.
    fn follow(&mut self, block: &Block) -> usize {
        let all = commands(block);
        let serves = |command: &&String| command.starts_with("remit serve");
        if block.is("served") && !all.iter().any(|command| command.starts_with("remit init mine")) {
            self.with_bundle();
        }
        // Who starts one has stopped the one of before.
        if all.iter().any(|command| serves(&command)) {
            self.server = None;
        } else if block.is("served") && self.server.is_none() {
            self.server = Some(Server::start(self.at(), &["--bundle", "mine", "--data", "data"]));
        }
        for folder in ["secrets", "elsewhere", "backup"] {
            fs::create_dir_all(self.at().join("mnt").join(folder)).unwrap();
        }
        for command in &all {
            if serves(&command) {
                let words = words(&self.here(command));
                let mut arguments: Vec<&str> = words.iter().skip(2).map(String::as_str).collect();
                if let Some(at) = arguments.iter().position(|word| *word == "--listen") {
                    arguments.drain(at..at + 2);
                }
                self.server = Some(Server::start(self.at(), &arguments));
                continue;
            }
            let own = self.own(command);
            // A checkpoint is signed a moment after what it covers.
            let times = if own.contains("/ledger/checkpoint") { 1_000 } else { 1 };
            let mut done = Err(String::new());
            for _ in 0..times {
                done = self.shell(&own);
                if done.is_ok() {
                    break;
                }
            }
            done.unwrap_or_else(|said| panic!("{}: {own}: {said}", block.at));
        }
        all.len()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
fn what_is_shown_is_done_and_ends_well() {
    let (mut pages, mut done, mut parsed) = (BTreeMap::<String, Page>::new(), 0, 0);
    let blocks: Vec<Block> = blocks().into_iter().filter(|block| block.language() == "sh").collect();
    for block in &blocks {
        let marks = ["run", "served", "parsed"].into_iter().filter(|mark| block.is(mark)).count();
        assert_eq!(marks, 1, "{}: mark it as `run`, `served` or `parsed`", block.at);
        match block.is("parsed") {
            true => parsed += 1,
            false => done += pages.entry(block.page.clone()).or_insert_with(Page::new).follow(block),
        }
    }
    println!("{done} commands were done, {parsed} blocks were only read");
    assert!(done >= 40 && parsed <= PARSED_MOST, "{done} done, {parsed} parsed");
}

#[test]
fn the_first_page_leads_to_a_case_that_a_person_resolved() {
    let mut page = Page::new();
    for block in blocks().iter().filter(|block| block.page == "docs/start.md" && block.language() == "sh") {
        page.follow(block);
    }
    let all = page.until("/v1/cases", |page| page.pointer("/items/1").is_some());
    let of = |case: usize, what: &str| all.pointer(&format!("/items/{case}{what}")).cloned().unwrap_or_default();
    assert_eq!((of(1, "/holder/name"), of(0, "/holder/name")), ("assistant".into(), "support".into()), "{all}");
    assert_eq!((of(0, "/status"), of(0, "/holder/staff")), ("resolved".into(), "ana".into()), "{all}");
}
