//! `remit staff`: who works here, and may sign in with a browser.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use remit_app::{
    boot::OpenDirectory,
    directory,
    environment::clock::{Clock as _, SystemClock},
    operation,
    sign_in::{account::InviteStaff, password::LONGEST},
};
use remit_command::{
    client::Server,
    shown::{self, say},
};
use serde_json::Value;
use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _},
    path::PathBuf,
};

/// People who work here, and sign in with a browser.
#[derive(Debug, Subcommand)]
pub(crate) enum Staff {
    /// Make the link by which somebody chooses a password, through a running server.
    Invite(Invite),
    /// Set somebody's password, in a data directory that no server has open: for whoever is let in first. It is read
    /// from the standard input, one line.
    Password(Password),
    /// List somebody's passkeys, through a running server.
    Passkeys(Passkeys),
    /// Remove somebody's passkey, as where a device is lost, through a running server. The sessions that it began end.
    RemovePasskey(RemovePasskey),
}

/// Make the link by which somebody chooses a password.
#[derive(Debug, Args)]
pub(crate) struct Invite {
    /// Their name in records: a letter, then up to 63 of `a-z 0-9 _ - .`.
    name: String,
    /// What they may do from then on: admin, staff, lead or auditor; may be repeated. For `staff`, they must be noted
    /// as staff.
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
    /// For how many hours the link is valid.
    #[arg(long, default_value_t = 24)]
    hours: u16,
    #[command(flatten)]
    server: Server,
}

/// Set somebody's password.
#[derive(Debug, Args)]
pub(crate) struct Password {
    /// Their name in records: a letter, then up to 63 of `a-z 0-9 _ - .`.
    name: String,
    /// What they may do from then on: admin, staff, lead or auditor; may be repeated. For `staff`, they must be noted
    /// as staff.
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
    /// The data directory.
    #[arg(long)]
    data: PathBuf,
}

/// List somebody's passkeys.
#[derive(Debug, Args)]
pub(crate) struct Passkeys {
    /// Their name in records.
    name: String,
    #[command(flatten)]
    server: Server,
}

/// Remove somebody's passkey.
#[derive(Debug, Args)]
pub(crate) struct RemovePasskey {
    /// Their name in records.
    name: String,
    /// The passkey's identifier, as `remit staff passkeys` lists it.
    passkey: String,
    #[command(flatten)]
    server: Server,
}

impl Staff {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::Invite(invite) => invite.run(json),
            Self::Password(password) => password.run(json),
            Self::Passkeys(passkeys) => passkeys.run(json),
            Self::RemovePasskey(remove) => remove.run(json),
        }
    }
}

impl Invite {
    fn run(&self, json: bool) -> anyhow::Result<bool> {
        let Self { name, roles, hours, server } = self;
        let body = serde_json::to_value(InviteStaff { roles: roles.clone(), hours: *hours })?;
        let made = server.client()?.post(operation::InviteStaff, &[name], &body)?;
        if json {
            shown::json(&made);
        } else {
            say!("{}", made.get("url").and_then(|url| url.as_str()).unwrap_or_default());
        }
        Ok(true)
    }
}

impl Password {
    fn run(&self, json: bool) -> anyhow::Result<bool> {
        let Self { name, roles, data } = self;
        anyhow::ensure!(
            directory::is_there(data)?,
            "{} is no data directory; `remit serve --data {0}` makes one",
            data.display()
        );
        let opened = OpenDirectory::open(data, &mut |line| shown::note(line))?;
        if io::stdin().is_terminal() {
            shown::note("the password, and enter; it is shown as you write it");
        }
        let mut password = String::new();
        let mut input = io::stdin().lock().take(LONGEST as u64 + 2);
        input.read_line(&mut password).context("the password cannot be read")?;
        let password = password.trim_end_matches(['\r', '\n']);
        opened.set_password(SystemClock.now(), name, roles.clone(), password)?;
        if json {
            shown::json(&serde_json::json!({ "name": name, "roles": roles }));
        } else {
            say!("the password of {name} is set; they sign in at /sign-in");
        }
        Ok(true)
    }
}

impl Passkeys {
    fn run(&self, json: bool) -> anyhow::Result<bool> {
        let listed = self.server.client()?.get(operation::ListPasskeys, &[&self.name])?;
        if json {
            shown::json(&listed);
            return Ok(true);
        }
        let passkeys = listed.as_array().map(Vec::as_slice).unwrap_or_default();
        if passkeys.is_empty() {
            say!("{} has no passkeys", self.name);
        }
        for passkey in passkeys {
            let text = |member: &str| passkey.get(member).and_then(Value::as_str).unwrap_or_default();
            let used = passkey.get("used_at").and_then(Value::as_str);
            let used = used.map_or_else(|| "not used yet".to_owned(), |at| format!("last used {at}"));
            let is_doubted = passkey.get("doubted").and_then(Value::as_bool).unwrap_or_default();
            let doubted = if is_doubted { ", signs nobody in: somebody may have a copy" } else { "" };
            say!("{}  {}, added {}, {used}{doubted}", text("id"), text("name"), text("made_at"));
        }
        Ok(true)
    }
}

impl RemovePasskey {
    fn run(&self, json: bool) -> anyhow::Result<bool> {
        let Self { name, passkey, server } = self;
        server.client()?.delete(operation::RemovePasskey, &[name, passkey])?;
        if json {
            shown::json(&serde_json::json!({ "name": name, "passkey": passkey }));
        } else {
            say!("the passkey {passkey} of {name} signs nobody in any more");
        }
        Ok(true)
    }
}
