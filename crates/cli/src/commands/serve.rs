//! `remit serve`: the interface over a data directory.

use super::{limits::LimitArgs, load};
use crate::shown::{self, say};
use anyhow::Context;
use clap::Args;
use remit_policy::bundle::Bundle;
use remit_server::{
    app::{App, services::Services, token},
    boot,
    clock::{Clock, SystemClock},
    serve,
};
use remit_store::Store;
use std::{
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
}

impl Serve {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let mut app = open(&self.data, &self.bundle)?.within((&self.limits).into());
        if self.webhooks_in_the_clear {
            app = app.allowing_webhooks_in_the_clear();
        }
        let runtime = serve::runtime()?;
        runtime.block_on(async {
            let first = first_token(&app, "admin")?;
            let running = serve::start(Arc::new(app), self.listen)
                .await
                .with_context(|| format!("cannot listen at {}", self.listen))?;
            if json {
                shown::json(&serde_json::json!({ "address": running.address.to_string(), "token": first }));
            } else {
                say!("remit serves at http://{}", running.address);
                if let Some(token) = first {
                    say!("first admin token, shown this once: {token}");
                }
            }
            tokio::signal::ctrl_c().await?;
            running.stop().await?;
            anyhow::Ok(true)
        })
    }
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

/// A token of this role, if the store has none at all.
pub(crate) fn first_token(app: &App, role: &str) -> anyhow::Result<Option<String>> {
    if !app.store().tokens()?.is_empty() {
        return Ok(None);
    }
    let new = token::NewToken {
        name: format!("first {role}"),
        roles: vec![role.to_owned()],
        responder: None,
        source: Some("crm".into()),
        staff: None,
        days: 90,
    };
    let made = token::make(app.store(), &remit_server::entropy::Entropy::default(), app.now(), new)?;
    Ok(Some(made.token))
}
