//! `remit serve`: the interface over a data directory.

use super::{limits::LimitArgs, reload, sign_in::SignInArgs};
use crate::{log_format::LogFormat, service_manager};
use anyhow::Context;
use clap::Args;
use remit_app::environment::block_on::block_on;
use remit_app::{
    Parts, Settings, Succession,
    boot::BootError,
    bundle::{Moves, PlanError, rehome},
    directory::FIRST_TOKEN,
    environment::entropy::Entropy,
    succession::Making,
    token,
};
use remit_command::{
    open::{Governed, govern, short},
    shown::{self, say},
};
use remit_policy::address::Address;
use remit_responders::reach::PrivateHosts;
use remit_server::{connections, serve};
use remit_store::Views as _;
use std::{
    io::{IsTerminal as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Semaphore;

/// Loads of the bundle's directory at once: one under way, and one that waits and loads what is there by then.
const RELOADS: usize = 2;

/// How long threads that only wait for others are waited for once the server has stopped.
const LAST: Duration = Duration::from_secs(1);

/// Remit's own version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Serve the interface over a data directory until interrupted.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// A file that says what these flags say, under the same names: `listen = "0.0.0.0:7171"`. Flags and variables of
    /// the environment count before it.
    #[arg(long, env = "REMIT_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory; made if it is not there.
    #[arg(long, env = "REMIT_DATA", default_value = "remit-data")]
    data: PathBuf,
    /// The bundle of a new data directory, and of a start after the bundle changed; what `policy activate` or a
    /// rollback put in force since it was loaded last goes on. `bundles/bank` is a sample, and `remit init` makes one.
    #[arg(long, env = "REMIT_BUNDLE")]
    bundle: Option<PathBuf>,
    /// Where goes what a responder had that the bundle does not have any more: its open cases, questions and staff. May
    /// be repeated.
    #[arg(long = "move", value_name = "OLD=NEW")]
    moves: Vec<String>,
    /// The address to listen at: an IP address and a port.
    #[arg(long, env = "REMIT_LISTEN", default_value = "127.0.0.1:7171")]
    listen: SocketAddr,
    /// Let webhooks go to other machines over HTTP without TLS, as in a network of your own: whoever listens there
    /// reads them.
    #[arg(
        long,
        env = "REMIT_WEBHOOKS_IN_THE_CLEAR",
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    webhooks_in_the_clear: bool,
    /// A host without a public address, as `hooks.internal` or `10.1.2.3`, to which webhooks may go all the same, and
    /// at which delegates may have their keys. Others are refused once their names are looked up, so that nobody has
    /// this server knock at doors of this network. May be given several times.
    #[arg(long, env = "REMIT_PRIVATE_HOST", value_name = "HOST", value_delimiter = ',', value_parser = host)]
    private_host: Vec<String>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Where browsers find this server, as `https://support.example`: links lead there, and what its pages write is
    /// taken as their own even where a proxy changes `Host`. May be given several times; links name the first.
    #[arg(long, env = "REMIT_PUBLIC_URL", value_name = "URL", value_delimiter = ',', value_parser = public)]
    public_url: Vec<Address>,
    /// Where your customers sign in whom a delegate has asked: their browser comes there with `authorization=…`, which
    /// your program hands on with who they are (docs/delegates.md). Without it, delegates are let in by links alone.
    #[arg(long, env = "REMIT_CUSTOMER_SIGN_IN", value_name = "URL", value_parser = sign_in)]
    customer_sign_in: Option<String>,
    #[command(flatten)]
    sign_in: SignInArgs,
    /// How the log is written.
    #[arg(long, env = "REMIT_LOG_FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,
}

/// An address at which browsers find a server.
fn public(text: &str) -> Result<Address, String> {
    let address = Address::parse(text).map_err(|why| why.to_string())?;
    if !address.is_bare() {
        return Err("must end with the host or port: pages are at the top of it, at /chat".to_owned());
    }
    if !address.is_https() && !address.is_loopback() {
        return Err("must be https://…: elsewhere browsers do not keep the cookies of chats".to_owned());
    }
    Ok(address)
}

/// A host as it stands in an address.
fn host(text: &str) -> Result<String, String> {
    Address::parse(&format!("https://{text}/"))
        .ok()
        .filter(|address| address.origin() == format!("https://{}", text.to_ascii_lowercase()) && !text.contains('/'))
        .map(|_| text.to_owned())
        .ok_or("must be a host alone, as hooks.internal, 10.1.2.3 or [fd00::1]: no scheme, no port, no path".to_owned())
}

/// An address at which customers sign in.
fn sign_in(text: &str) -> Result<String, String> {
    let address = Address::parse(text).map_err(|why| why.to_string())?;
    if !address.is_private() {
        return Err("must be https://…: customers sign in there".to_owned());
    }
    Ok(text.to_owned())
}

impl Serve {
    /// How the log is written.
    pub(crate) fn log_format(&self) -> LogFormat {
        self.log_format
    }

    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let moves = Moves::parse(&self.moves)?;
        let runtime = serve::runtime()?;
        // Before anything is made or opened: where another one serves already, nothing happens.
        let listener = runtime.block_on(async { connections::listen(self.listen) });
        let listener = listener.with_context(|| format!("cannot listen at {}", self.listen))?;
        let Some(Governed { app, before }) = told(self.open(moves), json)? else { return Ok(false) };
        let first = FirstToken::make(&app, &self.data)?;
        let app = Arc::new(app);
        let served = runtime.block_on(async {
            let mut signals = Signals::listen()?;
            rehome::rehome(&app, &mut progress).await?;
            let making = Making::at(Some(self.data.clone()));
            let succession = Arc::new(Succession::new(app, making));
            let running = serve::start_at(Arc::clone(&succession), listener)?;
            let address = running.address;
            let of = move |parts: &Parts| Started::of(address, parts, before.clone());
            of(&succession.current()).tell(json, self.log_format, first.as_ref());
            let manager = service_manager::serves(&succession, move |parts| of(parts).to_string());
            let reloads = Arc::new(Semaphore::new(RELOADS));
            while signals.stop_or_reload().await {
                if let Ok(turn) = Arc::clone(&reloads).try_acquire_owned() {
                    let reload = reload::reload(Arc::clone(&succession), self.bundle.clone());
                    tokio::spawn(async move {
                        reload.await;
                        drop(turn);
                    });
                }
            }
            manager.stops();
            tokio::select! {
                stopped = running.stop() => stopped.context("stopping")?,
                () = signals.next() => {
                    shown::note("stopped at once, as a second signal asked for");
                    std::process::exit(1);
                }
            }
            anyhow::Ok(true)
        });
        // What is looked up still, as a name that nobody knows, is waited for no longer.
        runtime.shutdown_timeout(LAST);
        served
    }

    fn open(&self, moves: Moves) -> anyhow::Result<Governed> {
        let new = || {
            anyhow::anyhow!(
                "{} is new: say with --bundle what governs it; `bundles/bank` is a sample bank",
                self.data.display()
            )
        };
        let settings = Settings {
            limits: (&self.limits).into(),
            public: self.public_url.clone(),
            customer_sign_in: self.customer_sign_in.clone(),
            webhooks_in_the_clear: self.webhooks_in_the_clear,
            private_hosts: PrivateHosts::new(self.private_host.iter().cloned()),
            sessions: self.sign_in.times(),
            provider: self.sign_in.provider(!self.public_url.is_empty())?,
        };
        govern(&self.data, self.bundle.as_deref(), moves, settings, &|| Err(new()))
    }
}

/// A server that serves, as it is told.
struct Started {
    address: SocketAddr,
    /// Of the bundle in force, as its digest and that of the one before.
    name: String,
    digest: String,
    before: Option<String>,
}

impl Started {
    /// Under the bundle in force now, where `before` was in force when the server last stopped.
    fn of(address: SocketAddr, parts: &Parts, before: Option<String>) -> Self {
        let (name, digest) = (parts.governance.bundle.name().to_owned(), parts.governance.bundle.digest().to_string());
        Self { address, name, digest, before }
    }

    fn tell(&self, json: bool, log: LogFormat, first: Option<&FirstToken>) {
        let Self { address, name, digest, before } = self;
        if json {
            let bundle = serde_json::json!({ "name": name, "digest": digest, "before": before });
            let mut said = serde_json::json!({ "version": VERSION, "address": address.to_string(), "bundle": bundle });
            first.into_iter().for_each(|first| first.note(&mut said));
            shown::json(&said);
        }
        if log == LogFormat::Json {
            let address = format!("http://{address}");
            tracing::info!(version = VERSION, address, bundle = name, digest, before, "remit serves");
            match first {
                // A secret stands in no log.
                Some(FirstToken::Shown(_)) | None => {}
                Some(kept) => shown::note(&kept.to_string()),
            }
        } else if !json {
            say!("{self}");
            first.into_iter().for_each(|first| say!("{first}"));
        }
        if let (LogFormat::Json, false, Some(shown @ FirstToken::Shown(_))) = (log, json, first) {
            say!("{shown}");
        }
    }
}

impl std::fmt::Display for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { address, name, digest, before } = self;
        let before = instead_of(before.as_deref(), digest);
        write!(f, "remit {VERSION} serves at http://{address} under {name}, bundle {}{before}", short(digest))
    }
}

/// What asks the process to stop, or to load its bundle anew.
struct Signals {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let [hangup, interrupt, terminate] =
            [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()].map(signal);
        Ok(Self { hangup: hangup?, interrupt: interrupt?, terminate: terminate? })
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one; says whether it asks to load the bundle anew.
    #[cfg(unix)]
    async fn stop_or_reload(&mut self) -> bool {
        tokio::select! {
            _ = self.hangup.recv() => true,
            _ = self.interrupt.recv() => false,
            _ = self.terminate.recv() => false,
        }
    }

    #[cfg(not(unix))]
    async fn stop_or_reload(&mut self) -> bool {
        self.next().await;
        false
    }

    /// Waits for the next one that asks to stop: from a terminal, or from whoever runs the process.
    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// The first token of a data directory: on the terminal, or in a file for its owner alone. What a server prints
/// elsewhere is kept in logs.
enum FirstToken {
    Shown(String),
    Kept(PathBuf),
}

impl FirstToken {
    /// Makes one, if the store has no token at all. It is kept before it is valid, so that none is lost.
    fn make(app: &Parts, data: &Path) -> anyhow::Result<Option<Self>> {
        if !block_on(app.journal.store().tokens())?.is_empty() {
            return Ok(None);
        }
        let (row, token) = token::prepare(
            &Entropy::default(),
            app.environment.now(),
            first_of("admin", app.governance.bundle.usual_source()),
        )?;
        let first = if std::io::stdout().is_terminal() {
            Self::Shown(token)
        } else {
            let path = data.join(FIRST_TOKEN);
            keep(&path, &token).with_context(|| format!("the first token cannot be kept in {}", path.display()))?;
            Self::Kept(path)
        };
        token::add(app, row)?;
        Ok(Some(first))
    }

    fn note(&self, said: &mut serde_json::Value) {
        match self {
            Self::Shown(token) => said["token"] = token.as_str().into(),
            Self::Kept(path) => said["token_file"] = path.display().to_string().into(),
        }
    }
}

impl std::fmt::Display for FirstToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shown(token) => write!(f, "first admin token, shown this once: {token}"),
            Self::Kept(path) => {
                write!(f, "the first admin token is in {}; move it to where you keep secrets", path.display())
            }
        }
    }
}

/// Writes a secret to a file of its own, for its owner alone.
fn keep(path: &Path, secret: &str) -> std::io::Result<()> {
    // One that is left from a start that was broken off was never valid.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{secret}")?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), |directory| std::fs::File::open(directory)?.sync_all())
}

fn instead_of(before: Option<&str>, digest: &str) -> String {
    let before = before.filter(|before| *before != digest);
    before.map_or_else(String::new, |before| format!(" in the place of {}", short(before)))
}

/// Tells now and then how many of how many cases are moved.
fn progress(done: u64, all: u64) {
    if all > 0 && (done.is_multiple_of(10_000) || done == all) {
        shown::note(&format!("{done} of {all} open cases are decided anew"));
    }
}

/// What came of opening; what would be lost by it is told, and is no error.
fn told(opened: anyhow::Result<Governed>, json: bool) -> anyhow::Result<Option<Governed>> {
    let error = match opened {
        Ok(governed) => return Ok(Some(governed)),
        Err(error) => error,
    };
    match error.downcast_ref::<BootError>() {
        Some(BootError::Plan(PlanError::Lost(lost))) => {
            if json {
                shown::json(&serde_json::json!({ "refused": "lost", "survey": lost.survey }));
            } else {
                shown::failed(&error);
            }
            Ok(None)
        }
        _ => Err(error),
    }
}

/// The token that a data directory begins with; it posts as `source`.
fn first_of(role: &str, source: &str) -> token::NewToken {
    token::NewToken {
        name: format!("first {role}"),
        roles: vec![role.to_owned()],
        responder: None,
        source: Some(source.to_owned()),
        sources: Vec::new(),
        staff: None,
        days: 90,
    }
}
