//! A server with the sample bank on a data directory of its own, and a client.

use crate::{
    asking::connected,
    hands::{Morning, OwnClock},
    sample_bundle::BANK,
};
use remit_app::environment::block_on::block_on;
use remit_app::{
    Parts, Settings, Succession, boot,
    bundle::Moves,
    directory::KEYS,
    environment::{clock::Clock, limits::Limits},
    evidence::view_check::ViewCheck,
    governance::services::Services,
    pipeline::stored,
    succession::Making,
    token,
    vault::keys::Keys,
};
use remit_domain::id::Timestamp;
use remit_ledger::{
    checkpoint::{Signer, Verifier},
    verify::{Problem, Report},
};
use remit_policy::bundle::Bundle;
use remit_responders::reach::PrivateHosts;
use remit_server::serve::{self, Running};
use remit_store::{Journal, Verification as _, Views as _, sqlite::UnopenedDirectory};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, mpsc},
    time::Duration,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Trained once, copied into every data directory.
static MODEL: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    remit_app::governance::reader::open(Some(directory.path()), &BANK, &mut |_| {}).unwrap();
    directory
});

/// What `remit ledger verify` finds in a data directory, in which AI services may not have been asked.
pub(crate) fn verified(data: &Path, key: &Verifier) -> Report {
    verified_by(data, key, ViewCheck::unserved)
}

/// The same of one that was served as servers do.
pub(crate) fn verified_served(data: &Path, key: &Verifier) -> Report {
    verified_by(data, key, |kept| kept)
}

fn verified_by(data: &Path, key: &Verifier, with: impl Fn(ViewCheck) -> ViewCheck) -> Report {
    let mut kept = match Keys::read(&data.join(KEYS)) {
        Ok(keys) => ViewCheck::with(keys),
        Err(error) => ViewCheck::without(error.to_string()),
    };
    kept = with(kept);
    block_on(UnopenedDirectory::at(data).verify(key, None, &mut kept, &mut |_, _| {})).unwrap()
}

/// Holds, whatever a test did, what is kept of each case in a data directory against its records once it is dropped,
/// each record against what the interface's description says of its kind, and what the server has in memory against
/// memory that is made anew from what is stored.
struct Accounted {
    data: PathBuf,
    /// Whose records are held against the description.
    app: Arc<Parts>,
    /// Nothing once it was stopped, since what was under way then is followed by nobody.
    memory: Option<Arc<Succession>>,
    /// Whether the test left what is stored as it was written.
    is_untouched: bool,
}

/// How often memory may be found otherwise than what is stored, while nothing is committed, before that counts.
const LOOKS: usize = 2_000;

/// Holds memory against what is stored. What was just committed is followed before long.
fn memory_is_in_step(app: &Parts) {
    let (mut before, mut looks) = (u64::MAX, 0);
    while looks < LOOKS {
        let different = block_on(stored::differences(app)).unwrap();
        if different.is_empty() {
            return;
        }
        let newest = block_on(Journal::last_seq(app.journal.store())).unwrap();
        looks = if newest == before { looks + 1 } else { 0 };
        before = newest;
        assert!(looks < LOOKS, "memory is otherwise than what is stored: {different:#?}");
        std::thread::yield_now();
    }
}

impl Drop for Accounted {
    fn drop(&mut self) {
        if std::thread::panicking() || !self.is_untouched {
            return;
        }
        if let Some(app) = self.memory.take() {
            memory_is_in_step(&app.current());
        }
        // Any key: what is signed, and whether all of it is by now, is not asked here.
        let verifier = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
        let report = verified(&self.data, &verifier);
        let beside = |problem: &&Problem| match problem {
            Problem::Case { .. } => true,
            Problem::Kept { what, .. } => what != "file",
            _ => false,
        };
        let wrong: Vec<_> = report.problems.iter().filter(beside).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
        for row in block_on(Journal::feed(self.app.journal.store(), 0, usize::MAX)).unwrap() {
            crate::described::hold_event(&serde_json::from_slice(&row.body).unwrap());
            crate::recorded::keep(&row.body);
        }
    }
}

/// How long a test may wait for what never comes, before it is named and all of them end.
const HANGS_AFTER: Duration = Duration::from_secs(15 * 60);

/// Ends the tests, naming this one, where it hangs: waiting has no other end, since no test depends on the speed of a
/// machine.
struct Watchdog(#[expect(dead_code, reason = "dropped with the server, which ends the watch")] mpsc::Sender<()>);

impl Watchdog {
    fn start() -> Self {
        let (alive, ended) = mpsc::channel();
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        std::thread::spawn(move || {
            if ended.recv_timeout(HANGS_AFTER) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("{test} hangs: its server still runs after {} minutes", HANGS_AFTER.as_secs() / 60);
                std::process::exit(101);
            }
        });
        Self(alive)
    }
}

/// A running server. Its data directory outlives it only as long as this value.
pub(crate) struct Server {
    _watchdog: Watchdog,
    accounted: Accounted,
    runtime: Runtime,
    running: Option<Running>,
    pub(crate) app: Arc<Parts>,
    pub(crate) url: String,
    pub(crate) data: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) headers: ureq::http::HeaderMap,
}

/// One caller.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) agent: ureq::Agent,
    pub(crate) url: String,
    pub(crate) token: String,
}

pub(crate) fn open(data: &Path) -> Parts {
    open_with(data, Arc::clone(&BANK), Services::none())
}

/// Opens a data directory under a bundle, with AI services that answer by themselves.
pub(crate) fn open_with(data: &Path, bundle: Arc<Bundle>, services: Services) -> Parts {
    open_set(data, bundle, services, settings())
}

/// The same, run as whoever starts it says.
pub(crate) fn open_set(data: &Path, bundle: Arc<Bundle>, services: Services, settings: Settings) -> Parts {
    open_at(data, bundle, services, settings, Box::new(Morning))
}

pub(crate) fn open_at(
    data: &Path,
    bundle: Arc<Bundle>,
    services: Services,
    settings: Settings,
    clock: Box<dyn Clock>,
) -> Parts {
    let models = data.join("models");
    std::fs::create_dir_all(&models).unwrap();
    for file in std::fs::read_dir(MODEL.path().join("models")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), models.join(file.file_name())).unwrap();
    }
    let told = &mut |step: &str| assert!(!step.starts_with("training the intent"), "{step}");
    boot::open(data, bundle, clock, services, settings, told).unwrap()
}

/// Opens a data directory under another bundle, with where goes what is gone.
pub(crate) fn open_moved(data: &Path, bundle: &Arc<Bundle>, moves: &[&str]) -> Result<Parts, boot::BootError> {
    open_moved_at(data, bundle, moves, Box::new(Morning))
}

/// The same, on a clock of the test's own.
pub(crate) fn open_moved_at(
    data: &Path,
    bundle: &Arc<Bundle>,
    moves: &[&str],
    clock: Box<dyn Clock>,
) -> Result<Parts, boot::BootError> {
    let moves = Moves::parse(&moves.iter().map(|given| (*given).to_owned()).collect::<Vec<_>>()).unwrap();
    let (bundle, services, settings) = (Arc::clone(bundle), connected(bundle), settings());
    let (by, reason, from_directory) = ("the tests", None, false);
    let governing = boot::Governing { bundle, clock, services, settings, moves, by, reason, from_directory };
    boot::OpenDirectory::open(data, &mut |_| {})?.start(governing, &mut |step| panic!("{step}"))
}

/// How servers of tests are run: their peers are on this machine.
pub(crate) fn settings() -> Settings {
    Settings { private_hosts: PrivateHosts::new(["127.0.0.1".to_owned()]), ..Settings::default() }
}

fn within(limits: Limits) -> Settings {
    Settings { limits, ..settings() }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(Arc::clone(&BANK), Services::none())
    }

    /// A server under a bundle, with AI services that answer by themselves.
    pub(crate) fn start_with(bundle: Arc<Bundle>, services: Services) -> Self {
        Self::start_on(tempfile::tempdir().unwrap(), bundle, services)
    }

    /// A server on a data directory that may have been used before.
    pub(crate) fn start_on(data: TempDir, bundle: Arc<Bundle>, services: Services) -> Self {
        Self::serve(open_with(data.path(), bundle, services), data)
    }

    /// A server of the sample bank on time that the test sets.
    pub(crate) fn start_at(data: TempDir, clock: &OwnClock) -> Self {
        Self::resume(data, Box::new(clock.clone()))
    }

    /// A server under a bundle on time that the test sets.
    pub(crate) fn start_under(bundle: Arc<Bundle>, clock: &OwnClock) -> Self {
        let (data, clock) = (tempfile::tempdir().unwrap(), Box::new(clock.clone()));
        Self::serve(open_at(data.path(), bundle, Services::none(), settings(), clock), data)
    }

    /// A server with the sample bank on a clock of the test's own.
    pub(crate) fn start_on_clock(clock: Box<dyn Clock>, services: Services) -> Self {
        Self::start_under_clock(Arc::clone(&BANK), clock, services)
    }

    /// A server under a bundle on a clock of the test's own.
    pub(crate) fn start_under_clock(bundle: Arc<Bundle>, clock: Box<dyn Clock>, services: Services) -> Self {
        Self::resume_under_clock((tempfile::tempdir().unwrap(), bundle), clock, services)
    }

    /// The same, on a data directory that was used before.
    pub(crate) fn resume_under_clock(
        (data, bundle): (TempDir, Arc<Bundle>),
        clock: Box<dyn Clock>,
        services: Services,
    ) -> Self {
        // Where time stands still, what was asked a while ago counts for ever: who waits would be too often.
        let limits = Limits { requests_a_second: u32::MAX / 4, ..Limits::default() };
        Self::serve(open_at(data.path(), bundle, services, within(limits), clock), data)
    }

    /// A server with the sample bank within other limits, on a clock of the test's own.
    pub(crate) fn start_within(limits: Limits, clock: Box<dyn Clock>) -> Self {
        let data = tempfile::tempdir().unwrap();
        Self::serve(open_at(data.path(), Arc::clone(&BANK), Services::none(), within(limits), clock), data)
    }

    /// A server of the sample bank on a data directory that was used before, on a clock of the test's own.
    pub(crate) fn resume(data: TempDir, clock: Box<dyn Clock>) -> Self {
        Self::serve(open_at(data.path(), Arc::clone(&BANK), Services::none(), settings(), clock), data)
    }

    pub(crate) fn serve(app: Parts, data: TempDir) -> Self {
        let app = Arc::new(app);
        let runtime = Runtime::new().unwrap();
        let making = Making { data: Some(data.path().to_owned()), services: Box::new(|next, _| Ok(connected(next))) };
        let succession = Arc::new(Succession::new(Arc::clone(&app), making));
        let running = runtime.block_on(serve::start_with(succession, ([127, 0, 0, 1], 0).into())).unwrap();
        let url = format!("http://{}", running.address);
        let (data_path, memory) = (data.path().to_owned(), Some(Arc::clone(&running.succession)));
        let accounted = Accounted { data: data_path, app: Arc::clone(&app), memory, is_untouched: true };
        Self { _watchdog: Watchdog::start(), accounted, runtime, running: Some(running), app, url, data }
    }

    /// Turns of AI responders that are not taken yet.
    pub(crate) fn turns_left(&self) -> usize {
        block_on(self.app.journal.store().due("turn", i64::MAX, 1)).unwrap().len()
    }

    /// The use cases under whichever bundle is in force.
    pub(crate) fn succession(&self) -> &Succession {
        &self.running.as_ref().unwrap().succession
    }

    /// What comes of something that runs beside the server's own tasks.
    pub(crate) fn wait_for<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// A client with a token of these roles.
    pub(crate) fn client(&self, roles: &[&str]) -> Client {
        self.client_as(roles, None, Some("crm"))
    }

    pub(crate) fn client_as(&self, roles: &[&str], responder: Option<&str>, source: Option<&str>) -> Client {
        let new = token::NewToken {
            name: "test".into(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            responder: responder.map(ToOwned::to_owned),
            source: source.map(ToOwned::to_owned),
            sources: Vec::new(),
            staff: None,
            days: 1,
        };
        let made = token::make(&self.succession().current(), new).unwrap();
        self.client_with(&made.token)
    }

    pub(crate) fn client_with(&self, token: &str) -> Client {
        // A server may close a connection after a refusal whose body it did not read, just as the next request begins.
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0).build();
        Client { agent: config.into(), url: self.url.clone(), token: token.to_owned() }
    }

    /// The test has changed what is stored, so that it is not held against the records in the end.
    pub(crate) fn is_tampered_with(&mut self) {
        self.accounted.is_untouched = false;
    }

    /// When the next row of this kind is due.
    pub(crate) fn next_due(&self, kind: &str) -> Option<i64> {
        block_on(self.app.journal.store().next_due(kind)).unwrap()
    }

    /// Waits until whatever of a kind was due by a moment was done.
    pub(crate) fn wait_for_due(&self, kind: &str, by: Timestamp) {
        while self.next_due(kind).is_some_and(|due| due <= by.0) {
            std::thread::yield_now();
        }
    }

    /// Stops the server in order and gives its data directory.
    pub(crate) fn stop(mut self) -> TempDir {
        let memory = self.accounted.memory.take();
        if self.accounted.is_untouched
            && let Some(app) = memory
        {
            memory_is_in_step(&app.current());
        }
        let running = self.running.take().unwrap();
        self.runtime.block_on(running.stop()).unwrap();
        let Self { data, app, runtime, .. } = self;
        drop(runtime);
        drop(app);
        data
    }
}

impl Client {
    pub(crate) fn get(&self, path: &str) -> Got {
        let request = self.agent.get(format!("{}{path}", self.url));
        got("get", path, request.header("authorization", format!("Bearer {}", self.token)).call().unwrap())
    }

    pub(crate) fn delete(&self, path: &str) -> Got {
        let request = self.agent.delete(format!("{}{path}", self.url));
        got("delete", path, request.header("authorization", format!("Bearer {}", self.token)).call().unwrap())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Got {
        self.send(path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    pub(crate) fn post_once(&self, path: &str, key: &str, body: &Value) -> Got {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        self.send(path, &headers, body.to_string().as_bytes())
    }

    pub(crate) fn send(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Got {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        request = request.header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        got("post", path, request.send(body).unwrap())
    }

    /// Opens a case with this text, and gives its view.
    pub(crate) fn open(&self, customer: &str, text: &str) -> Value {
        let got = self.post("/v1/cases", &json!({ "customer": customer, "text": text, "channel": "chat" }));
        assert_eq!(got.status, 201, "{}", got.body);
        got.body["case"].clone()
    }
}

/// Reads an answer whole, and holds it against the interface's description.
pub(crate) fn got(method: &str, path: &str, mut response: ureq::http::Response<ureq::Body>) -> Got {
    let bytes = response.body_mut().with_config().limit(32 << 20).read_to_vec().unwrap();
    let body =
        serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    let got = Got { status: response.status().as_u16(), body, headers: response.headers().clone() };
    crate::described::hold(method, path, &got);
    got
}

pub(crate) fn id(case: &Value) -> String {
    case["id"].as_str().unwrap().to_owned()
}

pub(crate) fn epoch(case: &Value) -> u64 {
    case["holder"]["epoch"].as_u64().unwrap()
}
