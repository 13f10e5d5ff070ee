//! `remit token`: API tokens.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use remit_app::{
    Parts,
    boot::OpenDirectory,
    directory,
    environment::clock::{Clock, SystemClock},
    operation, token,
};
use remit_command::{
    client::Server,
    shown::{self, say},
};
use std::path::PathBuf;

/// What is told where the bundle in force cannot be read.
const UNREADABLE: &str = "the bundle in force cannot be read; start the server with one that can";

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
                let opened = OpenDirectory::open(data, &mut |line| shown::note(line))?;
                let in_force = opened.in_force()?.context("no bundle is in force in it yet; start the server once")?;
                let bundle = in_force.recorded().context(UNREADABLE)?;
                serde_json::to_value(opened.make_token(&bundle, SystemClock.now(), new)?)?
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
    Ok(token::make(app, new)?.token)
}
