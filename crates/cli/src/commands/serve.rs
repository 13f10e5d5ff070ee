//! `remit serve`: the interface over a data directory.

use super::{limits::LimitArgs, load};
use crate::shown::{self, say};
use anyhow::Context;
use clap::Args;
use remit_policy::{address::Address, bundle::Bundle};
use remit_server::{
    app::{App, services::Services, token},
    boot,
    clock::{Clock, SystemClock},
    connections,
    directory::FIRST_TOKEN,
    entropy::Entropy,
    serve,
};
use remit_store::Store;
use std::{
    io::{IsTerminal as _, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Serve the interface over a data directory until interrupted.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The data directory; made if it is not there.
    #[arg(long, default_value = "remit-data")]
    data: PathBuf,
    /// The bundle that governs.
    #[arg(long, default_value = "bundles/bank")]
    bundle: PathBuf,
    /// The address to listen at.
    #[arg(long, default_value = "127.0.0.1:7171")]
    listen: SocketAddr,
    /// Let webhooks go to other machines over HTTP without TLS, as in a network of your own: whoever listens there
    /// reads them.
    #[arg(long)]
    webhooks_in_the_clear: bool,
    #[command(flatten)]
    limits: LimitArgs,
    /// Where browsers find this server, as `https://support.example`: links lead there, and what its pages write is taken
    /// as their own even where a proxy changes `Host`. May be given several times; links name the first.
    #[arg(long, value_name = "URL", value_parser = public)]
    public_url: Vec<Address>,
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

impl Serve {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let runtime = serve::runtime()?;
        // Before anything is made or opened: where another one serves already, nothing happens.
        let listener = runtime.block_on(async { connections::listen(self.listen) });
        let listener = listener.with_context(|| format!("cannot listen at {}", self.listen))?;
        let mut app = open(&self.data, &self.bundle)?.within((&self.limits).into());
        app = app.found_at(&self.public_url);
        if self.webhooks_in_the_clear {
            app = app.allowing_webhooks_in_the_clear();
        }
        let first = FirstToken::make(&app, &self.data)?;
        runtime.block_on(async {
            let mut signals = Signals::listen()?;
            let running = serve::start_at(Arc::new(app), listener)?;
            if json {
                let mut said = serde_json::json!({ "address": running.address.to_string() });
                first.iter().for_each(|first| first.note(&mut said));
                shown::json(&said);
            } else {
                say!("remit serves at http://{}", running.address);
                first.iter().for_each(|first| say!("{first}"));
            }
            signals.next().await;
            tokio::select! {
                stopped = running.stop() => stopped.context("stopping")?,
                () = signals.next() => {
                    shown::note("stopped at once, as a second signal asked for");
                    std::process::exit(1);
                }
            }
            anyhow::Ok(true)
        })
    }
}

/// What asks the process to stop.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one: from a terminal, or from whoever runs the process.
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
    fn make(app: &App, data: &Path) -> anyhow::Result<Option<Self>> {
        if !app.store().tokens()?.is_empty() {
            return Ok(None);
        }
        let (row, token) = token::prepare(&Entropy::default(), app.now(), first_of("admin"))?;
        let first = if std::io::stdout().is_terminal() {
            Self::Shown(token)
        } else {
            let path = data.join(FIRST_TOKEN);
            keep(&path, &token).with_context(|| format!("the first token cannot be kept in {}", path.display()))?;
            Self::Kept(path)
        };
        app.store().add_token(&row)?;
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

/// Opens a data directory under the bundle at this path.
pub(crate) fn open(data: &Path, bundle: &Path) -> anyhow::Result<App> {
    let bundle = Arc::new(load(bundle)?);
    let services = services(&bundle)?;
    open_on(data, bundle, Box::new(SystemClock), services)
}

/// Opens a data directory under a bundle, on time told by `clock`, with these AI services.
pub(crate) fn open_on(
    data: &Path,
    bundle: Arc<Bundle>,
    clock: Box<dyn Clock>,
    services: Services,
) -> anyhow::Result<App> {
    Ok(boot::open(data, bundle, clock, services, &mut |step| shown::note(step))?)
}

/// The AI services of a bundle, with secrets from the environment.
pub(crate) fn services(bundle: &Bundle) -> anyhow::Result<Services> {
    Ok(Services::of(bundle, &|name| std::env::var(name).ok(), seconds)?)
}

/// The time in seconds since 1970.
fn seconds() -> i64 {
    SystemClock.now().0 / 1_000
}

/// The token that a data directory begins with.
fn first_of(role: &str) -> token::NewToken {
    token::NewToken {
        name: format!("first {role}"),
        roles: vec![role.to_owned()],
        responder: None,
        source: Some("crm".into()),
        staff: None,
        days: 90,
    }
}
