//! `remit sandbox`: the back office that comes with Remit, beside a server that uses it.

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use remit_app::environment::{
    clock::{Clock as _, SystemClock, parse_rfc3339},
    sandbox::SANDBOX,
};
use remit_command::shown;
use remit_domain::{
    id::Timestamp,
    request::{Money, request_of, short_key},
};
use remit_sandbox::{Sandbox, Statement as Stated};
use remit_statements::{StatedEntry, camt053};
use std::path::PathBuf;

/// Look at the sandbox back office.
#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Print what the sandbox did as a statement file, such as `remit reconcile` reads.
    Statement(Statement),
}

/// Print what the sandbox did as a statement file, such as `remit reconcile` reads.
///
/// A server may use the data directory meanwhile: nothing of it is written. A statement of comma-separated values has
/// everything that was done; camt.053 is a bank's, and has what moved money, with the short keys that fit into a
/// payment.
#[derive(Debug, Args)]
pub(crate) struct Statement {
    /// The data directory.
    #[arg(long, default_value = "remit-data")]
    data: PathBuf,
    /// From when on, such as `2026-01-31T00:00:00Z`; from the first thing that was done unless told.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    from: Option<Timestamp>,
    /// Until before when; until now unless told.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    to: Option<Timestamp>,
    /// In which form.
    #[arg(long, value_enum, default_value_t = Form::Csv)]
    format: Form,
}

/// In which form a statement is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// Comma-separated values.
    Csv,
    /// camt.053 of ISO 20022.
    Camt053,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    parse_rfc3339(text).ok_or_else(|| "is no moment; write it as 2026-01-31T00:00:00Z".to_owned())
}

impl SandboxCommand {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::Statement(statement) => statement.run(json),
        }
    }
}

impl Statement {
    fn run(&self, json: bool) -> anyhow::Result<bool> {
        let path = self.data.join(SANDBOX);
        let none = || {
            let server = "a server whose bundle has a connector with `kind = \"sandbox\"` makes one once it is used";
            format!("{} is no sandbox that can be read; {server}", path.display())
        };
        let sandbox = Sandbox::open_to_read(&path).with_context(none)?;
        let now = SystemClock.now();
        let (from, to) = (self.from.unwrap_or(Timestamp(i64::MIN)), self.to.unwrap_or(now));
        let done = sandbox.statements(from.0, to.0)?;
        if json {
            shown::json(&serde_json::to_value(&done)?);
            return Ok(true);
        }
        match self.format {
            Form::Csv => shown::document(&sandbox.statement_file(from.0, to.0)?)?,
            Form::Camt053 => {
                let entries: Vec<StatedEntry> = done.iter().map(entry).collect();
                let first = self.from.or(entries.first().map(|entry| entry.from)).unwrap_or(to);
                shown::document(&camt053(&entries, (first, to), now))?;
            }
        }
        Ok(true)
    }
}

/// What the sandbox says of one thing that it did, as a bank tells it.
fn entry(stated: &Stated) -> StatedEntry {
    let key = request_of(&stated.key).map_or_else(|| stated.key.clone(), |request| short_key(request).to_string());
    let amount = stated.amount.as_ref();
    StatedEntry {
        reference: Some(stated.reference.clone()),
        key: Some(key),
        amount: amount.map(|amount| Money { minor: amount.minor, currency: amount.currency.clone() }),
        from: Timestamp(stated.at_ms),
        to: Timestamp(stated.at_ms.saturating_add(1)),
        takes_back: false,
    }
}
