//! The server on which a drill is played, with those who take part in it but for the delegate.

use anyhow::Context as _;
use remit_app::{
    Parts, Settings,
    bundle::Moves,
    environment::clock::SystemClock,
    token::{self, NewToken},
};
use remit_command::{client::Client, key_holder::KeyHolder, open};
use remit_oauth::client::ClientKey;
use remit_policy::address::Address;
use remit_server::serve::{self, Running};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Where the server says that it is found: nobody else is asked.
pub(crate) const ISSUER: &str = "https://drill.example";

/// A server, and clients of it with the organisation's tokens.
pub(crate) struct Desk {
    pub(crate) app: Arc<Parts>,
    pub(crate) admin: Client,
    /// The program that customers are asked by.
    pub(crate) crm: Client,
    /// The source of what is known of customers.
    pub(crate) source: Client,
    /// Where its data is.
    pub(crate) data: PathBuf,
    running: Running,
    runtime: Runtime,
    /// Removed with it.
    temporary: Option<TempDir>,
}

impl Desk {
    /// Opens it under a bundle.
    pub(crate) fn open(data: Option<&Path>, bundle: Option<&Path>, source: &str) -> anyhow::Result<Self> {
        let temporary = data.is_none().then(tempfile::tempdir).transpose().context("no directory for the drill")?;
        let data = data.or(temporary.as_ref().map(TempDir::path)).map(Path::to_owned).context("no directory")?;
        let open::Found { opened, bundle: found, .. } = open::opened(&data, bundle, &open::sample)?;
        let found = Arc::new(found);
        let services = open::services(&found, Some(&data))?;
        let (services, _) = services.without_enrichment();
        let public = Address::parse(ISSUER).map_err(|why| anyhow::anyhow!("{ISSUER} {why}"))?;
        let settings = Settings { public: vec![public], ..Settings::default() };
        let app = open::start(opened, Arc::clone(&found), Box::new(SystemClock), services, settings, Moves::default())?;
        if let Some(path) = bundle {
            open::fill_sandbox(&app, path)?;
        }
        let client = |role: &str, source: Option<&str>| {
            let new = NewToken {
                name: format!("drill {role}"),
                roles: vec![role.to_owned()],
                responder: None,
                source: source.map(ToOwned::to_owned),
                sources: Vec::new(),
                staff: None,
                days: 1,
            };
            anyhow::Ok(token::make(&app, new)?.token)
        };
        let tokens = [client("admin", None)?, client("integration", None)?, client("integration", Some(source))?];
        let runtime = serve::runtime()?;
        let app = Arc::new(app);
        let running = runtime.block_on(serve::start(Arc::clone(&app), ([127, 0, 0, 1], 0).into()))?;
        let url = format!("http://{}", running.address);
        let [admin, crm, source] = tokens.map(|token| Client::new(&url, &token));
        Ok(Self { app, admin, crm, source, data, running, runtime, temporary })
    }

    /// Whether its data is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.temporary.is_none()
    }

    /// A pair of keys that nobody has.
    pub(crate) fn fresh_key(&self) -> anyhow::Result<ClientKey> {
        Ok(ClientKey::ed25519(&self.app.environment.entropy.bytes()?)?)
    }

    /// A delegate that the organisation registers, which has its key.
    pub(crate) fn registered(&self) -> anyhow::Result<KeyHolder> {
        KeyHolder::registered(&self.admin, ISSUER, self.fresh_key()?)
    }

    /// The currency of its bundle.
    pub(crate) fn currency(&self) -> String {
        self.app.governance.bundle.currency().0.to_string()
    }

    /// Ends it in order, so that the last checkpoint is signed.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        self.runtime.block_on(self.running.stop())?;
        Ok(())
    }
}
