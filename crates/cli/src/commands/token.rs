//! `remit token`: API tokens.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use remit_app::{
    Parts, bundle, directory,
    environment::{
        block_on::block_on,
        clock::{Clock, SystemClock},
        entropy::Entropy,
    },
    migration::Migration,
    operation, token,
};
use remit_command::{
    client::Server,
    shown::{self, say},
};
use remit_policy::bundle::Bundle;
use remit_store::{
    Evidence,
    sqlite::{Options, SqliteStore},
};
use std::path::PathBuf;

/// API tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token. The secret is shown once.
    Create(Create),
}

/// Make a token, in a data directory that no server has open, or through a running server.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What it may do: admin, integration, responder, staff, lead or auditor; may be repeated.
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
    /// Who or what will use it.
    #[arg(long, default_value = "token")]
    name: String,
    /// The responder on whose behalf it writes.
    #[arg(long)]
    responder: Option<String>,
    /// The source under which it says things; several where it is named more than once.
    #[arg(long)]
    source: Vec<String>,
    /// The member of staff who uses it, for the role `staff`.
    #[arg(long)]
    staff: Option<String>,
    /// For how many days it is valid.
    #[arg(long, default_value_t = 90)]
    days: u16,
    /// The data directory, where no server is running on it.
    #[arg(long)]
    data: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

impl Token {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let Self::Create(create) = self;
        let new = token::NewToken {
            name: create.name.clone(),
            roles: create.roles.clone(),
            responder: create.responder.clone(),
            source: create.source.first().cloned(),
            sources: create.source.iter().skip(1).cloned().collect(),
            staff: create.staff.clone(),
            days: create.days,
        };
        let made = match &create.data {
            Some(data) => {
                anyhow::ensure!(
                    directory::is_there(data)?,
                    "{} is no data directory; `remit serve --data {0}` makes one, with a first token",
                    data.display()
                );
                let mut migration = Migration::default();
                let mut told = |step| migration.tell(step, &mut |line| shown::note(line));
                let store = SqliteStore::open_telling(data, Options::default(), &mut told)?;
                block_on(token::check(&store, &in_force(&store)?, &new))?;
                serde_json::to_value(token::make(&store, &Entropy::default(), SystemClock.now(), new)?)?
            }
            None => create.server.client()?.post(operation::MakeToken, &[], &serde_json::to_value(new)?)?,
        };
        if json {
            shown::json(&made);
        } else {
            say!("{}", made.get("token").and_then(|token| token.as_str()).unwrap_or_default());
        }
        Ok(true)
    }
}

/// The bundle that came into force last in a data directory.
fn in_force(store: &impl Evidence) -> anyhow::Result<Bundle> {
    let in_force =
        block_on(bundle::in_force(store))?.context("no bundle is in force in it yet; start the server once")?;
    in_force.recorded().context("the bundle in force cannot be read; start the server with one that can")
}

/// A token for this process, valid for a day.
pub(crate) fn fresh(app: &Parts, name: &str) -> anyhow::Result<String> {
    let new = token::NewToken {
        name: name.to_owned(),
        roles: vec!["admin".into()],
        responder: None,
        source: Some(app.governance.bundle.usual_source().to_owned()),
        sources: Vec::new(),
        staff: None,
        days: 1,
    };
    Ok(token::make(app.journal.store(), &Entropy::default(), app.environment.now(), new)?.token)
}
