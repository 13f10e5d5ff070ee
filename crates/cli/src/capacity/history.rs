//! `remit capacity history`: the demand on record, as `remit capacity forecast` reads it.

use crate::commands::case::DataOrServer;
use anyhow::Context as _;
use clap::Args;
use remit_app::{
    capacity::history::AskDemandHistory,
    environment::clock::{parse_rfc3339, rfc3339},
    operation,
};
use remit_capacity::forecast::{Observation, SlotClock, written};
use remit_command::{client::Client, shown};
use remit_domain::id::Timestamp;
use serde_json::{Value, json};

/// Of how many days a server is asked at once.
const DAYS_AT_ONCE: i64 = 7;
const DAY_MS: i64 = 24 * 3_600_000;
/// Days that are told unless it is said from when on: half a year.
const DAYS: i64 = 26 * 7;

/// Print the demand on record as the file that `remit capacity forecast` reads: how many cases came, what AI kept, how
/// long people had the rest in hand, who came back and who gave up, by slot, queue and intent.
///
/// What became of a case is followed for seven days after it came. What had nothing has no row.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  Half a year up to last midnight (UTC), and what comes next week:
    remit capacity history > history.csv
    remit capacity forecast history.csv
  From a data directory that no server has open:
    remit capacity history --data /var/lib/remit --from 2026-01-01T00:00:00Z > history.csv")]
pub(crate) struct History {
    /// From when on, such as 2026-01-31T00:00:00Z; half a year before --to unless told.
    #[arg(long, value_name = "MOMENT")]
    from: Option<String>,
    /// Until before when; last midnight (UTC) unless told.
    #[arg(long, value_name = "MOMENT")]
    to: Option<String>,
    /// Minutes of a slot: 15 or 30.
    #[arg(long, value_name = "MINUTES", default_value_t = 30)]
    slot: u32,
    #[command(flatten)]
    place: DataOrServer,
}

impl History {
    pub(super) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let (from, to, rows) = self.place.with(|client| self.read(client))?;
        if json {
            let (from, to) = (rfc3339(from), rfc3339(to));
            shown::json(&json!({ "from": from, "to": to, "slot": self.slot, "rows": rows }));
            return Ok(true);
        }
        let rows = rows.iter().map(observed).collect::<Option<Vec<_>>>();
        let rows = rows.context("the server's answer has a row that is none")?;
        shown::document(&written(&SlotClock::new("UTC", self.slot)?, &rows))?;
        Ok(true)
    }

    /// The rows, asked for some days at a time.
    fn read(&self, client: &Client) -> anyhow::Result<(Timestamp, Timestamp, Vec<Value>)> {
        let ask = |from: Option<String>, to: Option<String>| {
            client.get_with(operation::GetDemandHistory, &[], &AskDemandHistory { from, to, slot: Some(self.slot) })
        };
        // Until when is the server's to say, by its clock.
        let to = match &self.to {
            Some(to) => moment("--to", to)?,
            None => told(&ask(None, None)?, "to")?,
        };
        let from = self.from.as_deref().map_or(Ok(to.plus_ms(-DAYS * DAY_MS)), |from| moment("--from", from))?;
        anyhow::ensure!(from < to, "--from is not before {}; nothing lies between", rfc3339(to));
        let (mut rows, mut at) = (Vec::new(), from);
        while at < to {
            let next = at.plus_ms(DAYS_AT_ONCE * DAY_MS).min(to);
            let mut part = ask(Some(rfc3339(at)), Some(rfc3339(next)))?;
            let part = part.get_mut("rows").and_then(Value::as_array_mut);
            rows.append(part.context("the server's answer has no `rows`")?);
            at = next;
        }
        if rows.is_empty() {
            let (from, to) = (rfc3339(from), rfc3339(to));
            shown::note(&format!("no case that is on record came from {from} until {to}"));
        }
        Ok((from, to, rows))
    }
}

fn moment(flag: &str, text: &str) -> anyhow::Result<Timestamp> {
    parse_rfc3339(text).with_context(|| format!("{flag} {text} is no moment; write it as 2026-01-31T00:00:00Z"))
}

fn told(answer: &Value, member: &str) -> anyhow::Result<Timestamp> {
    let text = answer.get(member).and_then(Value::as_str).unwrap_or_default();
    parse_rfc3339(text).with_context(|| format!("the server's answer has no `{member}`"))
}

/// A row as forecasts take it.
fn observed(row: &Value) -> Option<Observation> {
    let name = |member: &str| row.get(member).and_then(Value::as_str).map(str::to_owned);
    let count = |member: &str| row.get(member).and_then(Value::as_f64);
    Some(Observation {
        second: parse_rfc3339(&name("start")?)?.0 / 1_000,
        intent: name("intent")?,
        queue: name("queue")?,
        arrived: count("arrived")?,
        kept: count("kept_by_ai"),
        handling_seconds: count("handling_seconds"),
        recontacts: count("recontacts"),
        abandoned: count("abandoned"),
    })
}
