//! `remit reconcile`: a back office's own statement held against what is on record of requests.

use super::json::text;
use anyhow::Context as _;
use clap::Args;
use remit_app::{operation, reconciliation::run};
use remit_command::{
    client::Server,
    shown::{self, counted, many, say},
};
use remit_domain::request::Money;
use remit_policy::action::money_in_words;
use serde_json::Value;
use std::{fs, path::PathBuf};

/// Hold a back office's statement against what is on record of requests.
///
/// The file is one of comma-separated values with the columns time (RFC 3339), key, amount_minor and currency, and
/// reference if there is one; or camt.053, a bank's statement in XML. What does not agree is put on record with an
/// owner, and becomes an exception on the case where that is known, once: the same file sent again raises nothing anew.
/// So that a job can do this each day, the command exits with 1 where anything does not agree.
#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    /// The statement.
    file: PathBuf,
    /// The connector whose statement it is, by its name in the bundle.
    #[arg(long)]
    connector: String,
    /// From when on, such as `2026-01-31T00:00:00Z`; the file's own beginning unless told.
    #[arg(long, value_name = "MOMENT")]
    from: Option<String>,
    /// Until before when; the file's own end unless told. What was carried out before it and is not in the file does
    /// not agree: leave the bank the time that it takes to book.
    #[arg(long, value_name = "MOMENT")]
    to: Option<String>,
    #[command(flatten)]
    server: Server,
}

impl Reconcile {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let file = fs::read(&self.file).with_context(|| format!("{} cannot be read", self.file.display()))?;
        let asked = run::Reconcile { connector: self.connector.clone(), from: self.from.clone(), to: self.to.clone() };
        let begins = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&file).trim_ascii_start();
        let sent_as = if begins.starts_with(b"<") { "application/xml" } else { "text/csv" };
        let done = self.server.client()?.post_file(operation::Reconcile, &asked, sent_as, &file)?;
        if json {
            shown::json(&done);
        } else {
            print(&done);
        }
        Ok(count(&done, "discrepancies") == 0)
    }
}

fn count(done: &Value, what: &str) -> u64 {
    done.pointer(&format!("/counts/{what}")).and_then(Value::as_u64).unwrap_or_default()
}

fn print(done: &Value) {
    say!("reconciliation {} with {}", text(done, "/id"), text(done, "/connector"));
    say!("  from {} until before {}", text(done, "/from"), text(done, "/to"));
    let entries = counted(count(done, "entries"), "entry", "entries");
    say!("  {entries}, {} passed over", many(count(done, "passed_over")));
    say!("  {} agree, {} settled", many(count(done, "agree")), many(count(done, "settled")));
    say!("  {} that do not agree, {} of them new", many(count(done, "discrepancies")), many(count(done, "new")));
    for one in done.get("discrepancies").and_then(Value::as_array).into_iter().flatten() {
        let money = |at: &str| {
            let money = one.get(at).and_then(|money| serde_json::from_value::<Money>(money.clone()).ok());
            money.map_or_else(|| "-".to_owned(), |money| money_in_words(&money))
        };
        let of = one.get("request").or_else(|| one.get("reference")).and_then(Value::as_str).unwrap_or("-");
        let known = if one.get("since").is_some() { ", known" } else { "" };
        say!(
            "    {} {of}: {} in the statement, {} on record; {}{known}",
            text(one, "/kind"),
            money("stated"),
            money("recorded"),
            text(one, "/owner")
        );
    }
}
