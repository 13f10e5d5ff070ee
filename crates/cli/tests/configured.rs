//! A server as it is run in earnest: told by a file, by the environment and by flags; its log as JSON; looked at by
//! `remit health`, and by a service manager.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::net::UnixDatagram,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

const REMIT: &str = env!("CARGO_BIN_EXE_remit");
/// How long a service manager waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

fn remit(at: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(REMIT);
    command.args(arguments).current_dir(at).env_remove("NOTIFY_SOCKET").env_remove("REMIT_CONFIG");
    command
}

fn ended(mut command: Command) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)))
}

/// A directory with a small bundle in it.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let (code, said) = ended(remit(place.path(), &["init", "mine", "--yes", "--name", "Alder Bikes"]));
    assert_eq!(code, Some(0), "{said}");
    place
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_file_says_it_unless_the_environment_or_a_flag_does() {
    let place = place();
    let at = place.path();
    let file = "data = \"from-file\"\nbundle = \"from-file\"\nlisten = \"127.0.0.1:1\"\nlog_format = \"json\"\n";
    fs::write(at.join("remit.toml"), file).unwrap();
    let mut command = remit(at, &["serve", "--config", "remit.toml", "--listen", "127.0.0.1:0"]);
    command.env("REMIT_BUNDLE", "mine").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut server = Server(command.spawn().unwrap());
    let mut lines = BufReader::new(server.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    // Every line of the log is a JSON object, also what is told meanwhile.
    let told = lines.find_map(|line| {
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(told.get("timestamp").is_some() && told.get("level").is_some(), "{told}");
        (told.get("message") == Some(&Value::from("remit serves"))).then_some(told)
    });
    let told = told.unwrap();
    let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    assert_eq!((text("version"), text("bundle")), (env!("CARGO_PKG_VERSION").to_owned(), "Alder Bikes".to_owned()));
    assert_eq!(text("digest").len(), 64, "{told}");
    assert!(at.join("from-file/remit.db").is_file());
    // Whoever looks after it asks without a token.
    let health = |url: &str| ended(remit(at, &["health", "--url", url]));
    let (code, said) = health(&text("address"));
    assert!(code == Some(0) && said.contains("its store answers"), "{said}");
    drop(server);
    let (code, said) = health(&text("address"));
    assert_eq!(code, Some(1), "{said}");
}

#[test]
fn what_a_file_cannot_say_ends_the_start() {
    let place = place();
    for (file, says) in [
        ("listn = \"127.0.0.1:0\"\n", "listn: no such key"),
        ("listen = \"here\"\n", "'here' for '--listen"),
        ("move = [\"a=b\"]\n", "move: no such key"),
        ("data = [\n", "no TOML"),
    ] {
        fs::write(place.path().join("remit.toml"), file).unwrap();
        let (code, said) = ended(remit(place.path(), &["serve", "--config", "remit.toml"]));
        assert!(code == Some(2) && said.contains(says), "{file}: {said}");
    }
    let (code, said) = ended(remit(place.path(), &["serve", "--config", "nowhere.toml"]));
    assert!(code == Some(2) && said.contains("nowhere.toml cannot be read"), "{said}");
    assert!(!place.path().join("remit-data").exists());
}

#[test]
fn the_file_that_ships_is_one_that_is_taken() {
    let place = place();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/remit.toml");
    let told = ["--data", "data", "--listen", "127.0.0.1:0", "--bundle", "nowhere"];
    let (code, said) =
        ended(remit(place.path(), &[&["serve", "--config", &file.display().to_string()], &told[..]].concat()));
    assert!(code == Some(2) && said.contains("nowhere"), "{said}");
}

#[test]
fn a_service_manager_hears_that_it_serves_that_it_goes_on_and_that_it_stops() {
    let place = place();
    let at = place.path();
    let socket = UnixDatagram::bind(at.join("notify")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = remit(at, &["serve", "--bundle", "mine", "--data", "data", "--listen", "127.0.0.1:0"]);
    command.env("NOTIFY_SOCKET", at.join("notify")).env("WATCHDOG_USEC", "200000").env_remove("WATCHDOG_PID");
    let mut server = Server(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let hear = || {
        let mut told = [0; 4096];
        let length = socket.recv(&mut told).unwrap();
        String::from_utf8(told.get(..length).unwrap().to_vec()).unwrap()
    };
    let until = |what: &str| {
        let mut heard = String::new();
        while !heard.contains(what) {
            heard += &hear();
        }
        heard
    };
    let first = until("READY=1");
    assert!(first.contains("STATUS=remit ") && first.contains("Alder Bikes"), "{first}");
    until("WATCHDOG=1");
    until("WATCHDOG=1");
    // Another bundle comes into force: it hears under which one the server serves now.
    let toml = at.join("mine/bundle.toml");
    let renamed = fs::read_to_string(&toml).unwrap().replace("Alder Bikes", "Alder Boats");
    fs::write(&toml, renamed).unwrap();
    kill_process(Pid::from_child(&server.0), Signal::HUP).unwrap();
    let next = until("Alder Boats");
    assert!(next.contains("STATUS=remit ") && !next.contains("READY=1"), "{next}");
    until("WATCHDOG=1");
    kill_process(Pid::from_child(&server.0), Signal::TERM).unwrap();
    until("STOPPING=1");
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
}

#[test]
fn systemd_knows_every_word_of_the_unit_that_ships() {
    let place = tempfile::tempdir().unwrap();
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/remit.service");
    let unit = fs::read_to_string(unit).unwrap().replacen("=/usr/local/bin/remit ", &format!("={REMIT} "), 1);
    let said = |unit: &str| {
        let at = place.path().join("remit.service");
        fs::write(&at, unit).unwrap();
        let mut verify = Command::new("systemd-analyze");
        verify.args(["verify", "--man=no"]).arg(at);
        ended(verify)
    };
    assert_eq!(said(&unit), (Some(0), String::new()));
    // What it does not know it only tells.
    for (from, to) in [
        ("WatchdogSec=30s", "WatchdogSec=30x"),
        ("ProtectClock=", "ProtectClocks="),
        ("@system-service", "@system-services"),
        (REMIT, "/usr/local/bin/no-remit"),
    ] {
        assert!(unit.contains(from), "the unit has no {from}");
        assert_ne!(said(&unit.replacen(from, to, 1)), (Some(0), String::new()), "{to}");
    }
}
