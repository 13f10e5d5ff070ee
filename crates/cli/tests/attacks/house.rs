//! The built program over a data directory: started, stopped, killed, and its ledger verified.

use crate::{client::Client, files::copy};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
};
use tempfile::TempDir;

pub(crate) const REMIT: &str = env!("CARGO_BIN_EXE_remit");
const BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank");
/// Kept from run to run, under the build's own directory.
pub(crate) const KEPT: &str = env!("CARGO_TARGET_TMPDIR");

/// The intent classifier that the first start trains, which takes longer than everything else of a start.
static MODELS: LazyLock<PathBuf> = LazyLock::new(|| {
    let data = Path::new(KEPT).join("trained");
    let turn = File::create(Path::new(KEPT).join("trained.lock")).unwrap();
    // Whoever is the first trains; another process waits for it.
    turn.lock().unwrap();
    drop(House::at(&data).serve());
    data.join("models")
});

/// A data directory.
pub(crate) struct House {
    pub(crate) data: PathBuf,
    bundle: PathBuf,
    _room: Option<TempDir>,
}

impl House {
    /// A new one, that knows the intents already.
    pub(crate) fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        let data = room.path().join("data");
        copy(&MODELS, &data.join("models"));
        Self { data, bundle: BUNDLE.into(), _room: Some(room) }
    }

    /// The same under the sample bundle with this in its manifest.
    pub(crate) fn declaring(more: &str) -> Self {
        let house = Self::new();
        let bundle = house.data.with_file_name("bundle");
        copy(BUNDLE.as_ref(), &bundle);
        let manifest = bundle.join("bundle.toml");
        let declared = fs::read_to_string(&manifest).unwrap() + more;
        fs::write(&manifest, declared).unwrap();
        Self { bundle, ..house }
    }

    /// One that lies where somebody else sees to it.
    pub(crate) fn at(data: &Path) -> Self {
        Self { data: data.to_owned(), bundle: BUNDLE.into(), _room: None }
    }

    /// What a server of this house is started with.
    pub(crate) fn command(&self) -> Vec<String> {
        let (data, bundle) = (self.data.to_str().unwrap(), self.bundle.to_str().unwrap());
        // Many write with one token here, as quickly as they can.
        let quick = ["--requests-per-second", "1000000", "--private-host", "127.0.0.1"];
        let serve = [REMIT, "serve", "--json", "--listen", "127.0.0.1:0", "--bundle", bundle, "--data", data];
        serve.into_iter().chain(quick).map(ToOwned::to_owned).collect()
    }

    pub(crate) fn serve(&self) -> Served {
        let command = self.command();
        Served::start(Command::new(&command[0]).args(&command[1..]))
    }

    /// What `remit ledger verify` says, and whether it is content.
    pub(crate) fn verify(&self, more: &[&str]) -> (bool, String) {
        let told =
            Command::new(REMIT).args(["--json", "ledger", "verify"]).args(more).arg(&self.data).output().unwrap();
        let said = [told.stdout, told.stderr].concat();
        (told.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    pub(crate) fn verifies(&self) {
        let (good, said) = self.verify(&[]);
        assert!(good, "{said}");
    }
}

/// Trained models, for a directory that a test makes by other means.
pub(crate) fn models() -> &'static Path {
    &MODELS
}

/// A server that listens.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) address: String,
    /// The first administrator's token, from the directory's first server.
    pub(crate) token: Option<String>,
    log: Option<std::thread::JoinHandle<String>>,
}

impl Served {
    /// Runs what starts a server, and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::try_start(command).unwrap_or_else(|log| panic!("`remit serve` did not start: {log}"))
    }

    /// The same, or what it said instead.
    pub(crate) fn try_start(command: &mut Command) -> Result<Self, String> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || std::io::read_to_string(stderr).unwrap());
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            let _ = child.kill();
            child.wait().unwrap();
            return Err(format!("{line}{}", log.join().unwrap()));
        };
        let address = said["address"].as_str().unwrap().to_owned();
        // As the server sees it, which may be in a mount namespace of its own.
        let seen = |file: &str| format!("/proc/{}/root{file}", child.id());
        let token = said["token_file"].as_str().and_then(|file| fs::read_to_string(seen(file)).ok());
        let token = token.map(|token| token.trim().to_owned());
        Ok(Self { child, address, token, log: Some(log) })
    }

    /// A client with this token.
    pub(crate) fn client(&self, token: &str) -> Client {
        Client::new(&format!("http://{}", self.address), token)
    }

    /// A client with the first administrator's token.
    pub(crate) fn admin(&self) -> Client {
        self.client(self.token.as_deref().unwrap())
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops it in order, and gives what it had to say meanwhile.
    pub(crate) fn stop(mut self) -> String {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
        let ended = self.child.wait().unwrap();
        let log = self.log.take().unwrap().join().unwrap();
        assert!(ended.success(), "{ended}: {log}");
        assert!(!log.contains("panicked"), "{log}");
        log
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
