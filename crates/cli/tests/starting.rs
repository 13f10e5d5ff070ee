//! Starting and stopping: what belongs together is there together or nothing starts, causes are told as what they are,
//! and a clean stop leaves nothing unsigned.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use rustix::process::{Pid, Signal, geteuid, kill_process};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::{TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const BANK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank");
const SERVE: [&str; 6] = ["serve", "--json", "--listen", "127.0.0.1:0", "--bundle", BANK];

struct Server {
    child: Child,
    url: String,
    token: String,
}

fn serving(data: &Path) -> Command {
    let mut remit = Command::new(REMIT);
    remit.args(SERVE).arg("--data").arg(data);
    remit
}

/// Starts a server, which must start.
fn start(data: &Path) -> Server {
    let mut child = serving(data).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
        let mut why = String::new();
        child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
        panic!("`remit serve` did not start: {line}{why}")
    });
    assert!(said.get("token").is_none(), "what is no terminal is shown no secret");
    let token = fs::read_to_string(data.join("first-token")).unwrap().trim().to_owned();
    Server { child, url: format!("http://{}", said["address"].as_str().unwrap()), token }
}

impl Server {
    /// Sends a signal, and gives the exit code.
    fn end(mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap().code()
    }

    /// Opens a case; none once the server is gone.
    fn open_case(&self, customer: &str) -> Option<u16> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let body = format!(r#"{{"customer": "{customer}", "text": "where is my card?", "channel": "chat"}}"#);
        let request = agent.post(format!("{}/v1/cases", self.url)).header("content-type", "application/json");
        let sent = request.header("authorization", format!("Bearer {}", self.token)).send(body);
        sent.ok().map(|response| response.status().as_u16())
    }
}

fn run(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

/// Holds that a server does not start, and that each of `said` is told.
fn refused(command: &mut Command, said: &[&str]) {
    let (code, told) = run(command);
    assert_eq!(code, Some(2), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    said.iter().for_each(|said| assert!(told.contains(said), "no `{said}` in: {told}"));
}

/// A directory in which nothing is but what a start takes long to make: the trained classifier.
fn fresh() -> tempfile::TempDir {
    static TRAINED: LazyLock<PathBuf> = LazyLock::new(|| {
        // Kept from run to run, and shared with other tests.
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let data = kept.join("trained");
        let turn = fs::File::create(kept.join("trained.lock")).unwrap();
        turn.lock().unwrap();
        if !data.join("models").exists() || fs::read_dir(data.join("models")).unwrap().next().is_none() {
            start(&data).end(Signal::TERM);
        }
        data
    });
    let data = tempfile::tempdir().unwrap();
    trained_in(&TRAINED, data.path());
    data
}

fn trained_in(from: &Path, data: &Path) {
    fs::create_dir_all(data.join("models")).unwrap();
    for model in fs::read_dir(from.join("models")).unwrap() {
        let model = model.unwrap();
        fs::copy(model.path(), data.join("models").join(model.file_name())).unwrap();
    }
}

/// A data directory in which a case is on record, as a server leaves it that was stopped.
fn used() -> tempfile::TempDir {
    let data = fresh();
    let server = start(data.path());
    assert_eq!(server.open_case("ann"), Some(201));
    assert_eq!(server.end(Signal::TERM), Some(0));
    data
}

fn verified(data: &Path) -> Value {
    let (code, told) = run(Command::new(REMIT).args(["--json", "ledger", "verify"]).arg(data));
    assert_eq!(code, Some(0), "{told}");
    serde_json::from_str(&told).unwrap()
}

#[test]
fn a_part_that_is_missing_or_anothers_stops_the_start_and_is_not_made_anew() {
    let (ours, theirs) = (used(), used());
    let here = |name: &str| ours.path().join(name);
    for name in ["keys/master.key", "keys/ledger.key"] {
        let kept = fs::read(here(name)).unwrap();
        fs::remove_file(here(name)).unwrap();
        refused(&mut serving(ours.path()), &[name, "is missing", "restore it from its backup"]);
        assert!(!here(name).exists());
        fs::copy(theirs.path().join(name), here(name)).unwrap();
        refused(&mut serving(ours.path()), &[name, "is not the key that the database beside it was made with"]);
        fs::write(here(name), kept).unwrap();
    }
    let kept = fs::read(here("remit.db")).unwrap();
    fs::remove_file(here("remit.db")).unwrap();
    refused(&mut serving(ours.path()), &["keys", "the database that was made with them is missing", "restore it"]);
    assert!(!here("remit.db").exists());
    fs::copy(theirs.path().join("remit.db"), here("remit.db")).unwrap();
    refused(&mut serving(ours.path()), &["remit.db"]);
    fs::remove_file(here("checkpoint")).unwrap();
    refused(&mut serving(ours.path()), &["master.key", "put the key back"]);
    fs::write(here("remit.db"), kept).unwrap();
    let server = start(ours.path());
    assert_eq!(server.open_case("ann"), Some(201));
    assert_eq!(server.end(Signal::INT), Some(0));
    assert_eq!(verified(ours.path())["unsigned_tail"], 0);
}

#[test]
fn a_directory_that_earlier_versions_made_takes_its_marks_from_what_fits() {
    let data = used();
    let unmarked = || {
        let raw = rusqlite::Connection::open(data.path().join("remit.db")).unwrap();
        raw.execute("DELETE FROM keys", []).unwrap();
    };
    let other = used();
    for (name, why) in
        [("keys/master.key", "a customer's key does not open"), ("keys/ledger.key", "checkpoint is not signed by it")]
    {
        unmarked();
        let kept = fs::read(data.path().join(name)).unwrap();
        fs::copy(other.path().join(name), data.path().join(name)).unwrap();
        refused(&mut serving(data.path()), &[name, why]);
        fs::write(data.path().join(name), kept).unwrap();
    }
    assert_eq!(start(data.path()).end(Signal::TERM), Some(0));
    fs::copy(other.path().join("keys/master.key"), data.path().join("keys/master.key")).unwrap();
    refused(&mut serving(data.path()), &["master.key", "its mark in the database is another"]);
}

#[test]
fn a_start_that_is_killed_while_it_makes_a_directory_is_taken_up_by_the_next() {
    for point in ["remit.db", "remit.db-wal", "keys", "keys/master.key", "keys/ledger.key", "first-token"] {
        let data = fresh();
        let mut child = serving(data.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while !data.path().join(point).exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before {point}");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let server = start(data.path());
        // What was broken off before anybody could know the token is not in the way.
        let known = server.open_case("ann");
        assert!(known == Some(201) || point == "first-token", "{point}: {known:?}");
        assert_eq!(server.end(Signal::TERM), Some(0), "{point}");
    }
}

#[test]
fn whatever_signal_stops_it_under_load_nothing_is_left_unsigned() {
    let data = fresh();
    for (round, signal) in [Signal::TERM, Signal::INT, Signal::TERM].into_iter().enumerate() {
        let (server, acknowledged) = (start(data.path()), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for writer in 0..6 {
                let (server, acknowledged) = (&server, &acknowledged);
                scope.spawn(move || {
                    while server.open_case(&format!("{round}-{writer}")) == Some(201) {
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            while acknowledged.load(Ordering::Relaxed) < 40 {
                std::thread::yield_now();
            }
            kill_process(Pid::from_child(&server.child), signal).unwrap();
        });
        let mut server = server;
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        let report = verified(data.path());
        assert_eq!((&report["unsigned_tail"], &report["problems"]), (&Value::from(0), &Value::from(Vec::<u8>::new())));
    }
}

#[test]
fn a_busy_port_is_found_before_anything_is_made() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let outer = tempfile::tempdir().unwrap();
    let data = outer.path().join("data");
    let mut remit = Command::new(REMIT);
    remit.args(["serve", "--bundle", BANK, "--listen", &address, "--data"]).arg(&data);
    refused(&mut remit, &["cannot listen at", &address]);
    assert!(!data.exists());
}

#[test]
fn the_first_token_is_for_the_terminal_or_in_a_file_for_its_owner() {
    let data = fresh();
    let mut child = serving(data.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let file = PathBuf::from(serde_json::from_str::<Value>(&line).unwrap()["token_file"].as_str().unwrap());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let token = fs::read_to_string(&file).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    child.wait().unwrap();
    let mut told = line;
    out.read_to_string(&mut told).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(!told.contains(token.trim()), "{told}");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(data.path()), mode(&data.path().join("remit.db"))), (0o700, 0o600));
}

#[test]
fn a_token_for_who_or_what_is_not_known_is_refused_with_those_that_there_are() {
    let data = used();
    let create = |arguments: &[&str]| {
        let mut remit = Command::new(REMIT);
        remit.args(["token", "create"]).args(arguments).arg("--data").arg(data.path());
        remit
    };
    refused(&mut create(&["--role", "responder", "--responder", "kards-ai"]), &["`responder`", "kards-ai", "cards-ai"]);
    refused(&mut create(&["--role", "integration", "--source", "cmr"]), &["`source`", "core-banking", "crm"]);
    refused(&mut create(&["--role", "staff", "--staff", "nobody"]), &["`staff`", "no member of staff `nobody`"]);
    let (code, token) = run(&mut create(&["--role", "integration", "--source", "crm"]));
    assert_eq!(code, Some(0), "{token}");
    let nowhere = tempfile::tempdir().unwrap();
    let mut remit = Command::new(REMIT);
    remit.args(["token", "create", "--role", "admin", "--data"]).arg(nowhere.path());
    refused(&mut remit, &["is no data directory", "remit serve --data"]);
    assert_eq!(fs::read_dir(nowhere.path()).unwrap().count(), 0);
}

#[test]
fn too_few_file_descriptors_are_told_and_a_low_soft_limit_is_raised() {
    let data = tempfile::tempdir().unwrap();
    let limited = |limits: &str, data: &Path| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit {limits} && exec \"$@\""), "sh", REMIT]).args(SERVE).arg("--data").arg(data);
        shell
    };
    let outer = data.path().join("data");
    refused(&mut limited("-n 100", &outer), &["may have 100 file descriptors", "needs 512", "LimitNOFILE="]);
    assert!(!outer.exists());
    trained_in(fresh().path(), &outer);
    let mut child = limited("-Sn 64", &outer).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("address"), "{line}");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    // With few, connections wait for room instead of taking what the database needs.
    let mut child = limited("-n 512", &outer).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = serde_json::from_str::<Value>(&line).unwrap()["address"].as_str().unwrap().to_owned();
    let many: Vec<TcpStream> = (0..600).map_while(|_| TcpStream::connect(&address).ok()).collect();
    assert!(many.len() > 300, "{}", many.len());
    drop(many);
    let server = Server {
        url: format!("http://{address}"),
        token: fs::read_to_string(outer.join("first-token")).unwrap().trim().to_owned(),
        child,
    };
    assert_eq!(server.open_case("ann"), Some(201));
    assert_eq!(server.end(Signal::TERM), Some(0));
}

#[test]
fn a_lost_log_of_writes_is_told_as_that() {
    let data = fresh();
    let server = start(data.path());
    assert_eq!(server.open_case("ann"), Some(201));
    while !data.path().join("checkpoint").exists() {
        std::thread::yield_now();
    }
    assert_eq!(server.end(Signal::KILL), None);
    let log = data.path().join("remit.db-wal");
    let kept = fs::read(&log).unwrap();
    fs::remove_file(&log).unwrap();
    refused(&mut serving(data.path()), &["remit.db-wal", "log of writes", "is missing"]);
    fs::write(&log, kept).unwrap();
    assert_eq!(start(data.path()).end(Signal::TERM), Some(0));
}

/// A command that runs `remit serve` as somebody else, since the superuser may write everywhere.
fn as_another(remit: &Path, data: &Path) -> Command {
    let mut command = Command::new(remit);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    if geteuid().is_root() {
        command.uid(65_534).gid(65_534);
    }
    command
}

#[test]
fn what_the_user_may_not_do_is_told_as_that() {
    let outer = tempfile::tempdir().unwrap();
    fs::set_permissions(outer.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // Where the other user can run it, and finds a bundle.
    let remit = outer.path().join("remit");
    fs::copy(REMIT, &remit).unwrap();
    let data = outer.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = as_another(&remit, &data);
    let bundle = copied(Path::new(BANK), &outer.path().join("bundle"));
    command.arg("--bundle").arg(bundle);
    let (code, told) = run(&mut command);
    assert_eq!(code, Some(2), "{told}");
    for said in ["data", "Permission denied", "to the user that runs Remit"] {
        assert!(told.contains(said), "no `{said}` in: {told}");
    }
}

fn copied(from: &Path, to: &Path) -> PathBuf {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copied(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        }
    }
    to.to_owned()
}

#[test]
fn a_disk_that_is_full_or_read_only_is_told_as_that() {
    for (options, said) in [("size=64k", "no space is left"), ("ro", "Read-only file system")] {
        let outer = tempfile::tempdir().unwrap();
        let mounted = format!("mount -t tmpfs -o {options} remit-test \"$1\" && shift && exec \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--map-root-user", "sh", "-c", &mounted, "sh"]).arg(outer.path());
        command.arg(REMIT).args(SERVE).arg("--data").arg(outer.path().join("data"));
        let (code, told) = run(&mut command);
        if told.contains("unshare") || told.contains("mount:") {
            eprintln!("not tried, for want of a file system of one's own: {told}");
            continue;
        }
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(said) && !told.contains("panicked"), "no `{said}` in: {told}");
    }
}
