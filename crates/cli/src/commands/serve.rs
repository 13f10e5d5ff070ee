//! `remit serve`: the interface over a data directory.

use super::load;
use anyhow::Context;
use clap::Args;
use remit_policy::bundle::Bundle;
use remit_server::{
    app::{App, Start, token},
    serve,
};
use remit_signals::{examples, intent, intent::IntentModel};
use remit_store::{Store, sqlite::Options};
use std::{
    fs,
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
}

impl Serve {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let app = open(&self.data, &self.bundle)?;
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async {
            let first = first_token(&app, "admin")?;
            let running = serve::start(Arc::new(app), self.listen)
                .await
                .with_context(|| format!("cannot listen at {}", self.listen))?;
            if json {
                println!("{}", serde_json::json!({ "address": running.address.to_string(), "token": first }));
            } else {
                println!("remit serves at http://{}", running.address);
                if let Some(token) = first {
                    println!("first admin token, shown this once: {token}");
                }
            }
            tokio::signal::ctrl_c().await?;
            running.stop().await?;
            anyhow::Ok(true)
        })
    }
}

/// Opens a data directory under a bundle, training the classifier where it has not been trained before.
pub(crate) fn open(data: &Path, bundle: &Path) -> anyhow::Result<App> {
    let bundle = Arc::new(load(bundle)?);
    let intents = classifier(data, &bundle)?;
    let digest = bundle.digest().to_string();
    let bytes = bundle.files().to_bytes();
    let app = App::start(Start { data, bundle, intents, store: Options::default() })?;
    app.store().activate_bundle(&digest, &bytes, app.now().0)?;
    Ok(app)
}

/// The classifier of a bundle's examples, kept in the data directory under their digest.
fn classifier(data: &Path, bundle: &Bundle) -> anyhow::Result<IntentModel> {
    let csv = bundle.files().get("intents.csv").unwrap_or_default();
    let named = remit_policy::files::Files::new([("intents.csv".to_owned(), csv.to_vec())]).digest();
    let path = data.join("models").join(format!("intents-{named}.bin"));
    if let Ok(bytes) = fs::read(&path)
        && let Ok(model) = IntentModel::from_bytes(&bytes)
    {
        return Ok(model);
    }
    eprintln!("training the intent classifier on the bundle's examples, once …");
    let model = intent::train(&examples::parse_csv(csv)?, &mut |_, _| {})?;
    fs::create_dir_all(data.join("models"))?;
    let aside = path.with_extension("new");
    fs::write(&aside, model.to_bytes())?;
    fs::rename(&aside, &path)?;
    Ok(model)
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
        days: 90,
    };
    let made = token::make(app.store(), &remit_server::entropy::Entropy::default(), app.now(), new)?;
    Ok(Some(made.token))
}
