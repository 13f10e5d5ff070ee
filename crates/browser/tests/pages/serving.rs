//! What pages are held against: a server with the sample bank on the machine's clock, and nginx before one.

use remit_app::{
    Parts, Settings, boot,
    environment::clock::SystemClock,
    governance::{model_cache::ModelCache, services::Services},
    token,
};
use remit_browser::{Browser, TOO_FAINT};
use remit_policy::{bundle::Bundle, files::Files};
use remit_server::serve::{self, Running};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};
use tokio::runtime::Runtime;

/// A server with the sample bank, on the machine's clock: what a browser meets.
pub(crate) struct Server {
    runtime: Runtime,
    running: Running,
    pub(crate) app: Arc<Parts>,
    pub(crate) address: SocketAddr,
}

fn seconds() -> i64 {
    use remit_app::environment::clock::Clock as _;
    SystemClock.now().0 / 1_000
}

static BANK: LazyLock<Arc<Bundle>> = LazyLock::new(|| {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    Arc::new(Bundle::load(Files::read(&root).unwrap()).unwrap_or_else(|findings| panic!("{findings:#?}")))
});
/// Trained once, copied into every data directory.
static MODEL: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    remit_app::governance::reader::open(Some(directory.path()), &BANK, &mut |_| {}).unwrap();
    directory
});

/// The sample bank over a data directory.
pub(crate) fn open(data: &Path, settings: Settings) -> Parts {
    let models = data.join("models");
    std::fs::create_dir_all(&models).unwrap();
    for file in std::fs::read_dir(MODEL.path().join("models")).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), models.join(file.file_name())).unwrap();
    }
    let services = Services::of(&BANK, &ModelCache::of(None), &|_| None, seconds).unwrap();
    boot::open(data, Arc::clone(&BANK), Box::new(SystemClock), services, settings, &mut |step| panic!("{step}"))
        .unwrap()
}

impl Server {
    pub(crate) fn start(data: &Path, address: SocketAddr) -> Self {
        Self::serve(open(data, Settings::default()), address)
    }

    pub(crate) fn serve(app: Parts, address: SocketAddr) -> Self {
        let (app, runtime) = (Arc::new(app), Runtime::new().unwrap());
        let running = runtime.block_on(serve::start(Arc::clone(&app), address)).unwrap();
        let address = running.address;
        Self { runtime, running, app, address }
    }

    pub(crate) fn stop(self) {
        self.runtime.block_on(self.running.stop()).unwrap();
    }

    /// A client with a token of this role, used by this member of staff.
    pub(crate) fn client(&self, role: &str, staff: Option<&str>) -> Client {
        self.client_of(role, staff, None)
    }

    /// The same, which speaks for a source.
    pub(crate) fn client_of(&self, role: &str, staff: Option<&str>, source: Option<&str>) -> Client {
        let new = token::NewToken {
            name: role.into(),
            roles: vec![role.into()],
            responder: None,
            source: source.map(ToOwned::to_owned),
            sources: Vec::new(),
            staff: staff.map(ToOwned::to_owned),
            days: 1,
        };
        let made = token::make(&self.app, new).unwrap();
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0).build();
        Client { agent: config.into(), url: format!("http://{}", self.address), token: made.token }
    }
}

/// One caller.
pub(crate) struct Client {
    pub(crate) agent: ureq::Agent,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Client {
    fn read(mut answer: ureq::http::Response<ureq::Body>) -> Value {
        let text = answer.body_mut().read_to_string().unwrap();
        assert!(answer.status().is_success(), "{text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        Self::read(request.header("authorization", format!("Bearer {}", self.token)).send(body.to_string()).unwrap())
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.put(format!("{}{path}", self.url)).header("content-type", "application/json");
        Self::read(request.header("authorization", format!("Bearer {}", self.token)).send(body.to_string()).unwrap())
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let request = self.agent.get(format!("{}{path}", self.url));
        Self::read(request.header("authorization", format!("Bearer {}", self.token)).call().unwrap())
    }
}

/// Takes the next case that is offered to `name`, and gives it.
pub(crate) fn take(client: &Client, name: &str) -> Value {
    let offered = loop {
        let work = client.get(&format!("/v1/staff/{name}/work"));
        if let Some(case) = work["offered"].get(0) {
            break case.clone();
        }
    };
    let offer = json!({ "offer": offered["offer"]["id"], "answer": "accept" });
    client.post(&format!("/v1/cases/{}/offer", offered["id"].as_str().unwrap()), &offer)["case"].clone()
}

/// Holds everything that can be read on a page to its contrast, in light and in dark.
pub(crate) fn readable(browser: &Browser, when: &str) {
    for scheme in ["light", "dark"] {
        browser.prefer(scheme).unwrap();
        assert_eq!(browser.value(TOO_FAINT).unwrap(), json!([]), "{when}, {scheme}");
    }
    browser.prefer("light").unwrap();
}

/// nginx before a server, as it is when nobody tells it more than where the server is.
pub(crate) struct Nginx {
    room: tempfile::TempDir,
    pub(crate) url: String,
}

impl Nginx {
    /// A port that is free.
    pub(crate) fn port() -> u16 {
        std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
    }

    pub(crate) fn start(port: u16, server: SocketAddr) -> Self {
        let room = tempfile::tempdir().unwrap();
        let at = |name: &str| room.path().join(name).display().to_string();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|kind| format!("{kind}_temp_path {};", at(kind))).join(" ");
        let text = format!(
            "pid {}; error_log {}; worker_processes 1; events {{}}
             http {{ access_log off; {temporary}
               server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://{server}; }} }} }}",
            at("pid"),
            at("log")
        );
        std::fs::write(at("conf"), text).unwrap();
        let nginx = Self { room, url: format!("http://localhost:{port}") };
        nginx.tell(&[]);
        nginx
    }

    /// Starts it, which ends once it listens, or tells the one that runs.
    fn tell(&self, more: &[&str]) {
        let conf = self.room.path().join("conf");
        let told = std::process::Command::new("nginx").args(["-e", "stderr", "-c"]).arg(conf).args(more).status();
        let cure = "run `cargo xtask test`, which installs it, or install Debian's `nginx-light`";
        assert!(told.is_ok_and(|status| status.success()), "nginx does not run: {cure}");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.tell(&["-s", "stop"]);
    }
}
