//! `remit calendar`: when a queue is open, day by day.

use super::{bundles, case::DataOrServer};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use remit_app::{
    directory,
    environment::clock::{Clock as _, SystemClock, parse_rfc3339, rfc3339},
};
use remit_command::{
    open,
    shown::{self, say},
};
use remit_domain::id::{ResponderId, Timestamp};
use remit_policy::bundle::{Bundle, Day, QueueSpec};
use serde_json::{Value, json};
use std::path::PathBuf;

/// See when a queue is open.
#[derive(Debug, Subcommand)]
pub(crate) enum Calendar {
    /// Print the opening times of a queue, day by day, by the clock there and in UTC.
    Show(Show),
}

/// Which queue, under which bundle, and from when on.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The queue.
    queue: String,
    /// The bundle's directory; where none is named, the bundle in force is asked.
    #[arg(long, conflicts_with = "data")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    place: DataOrServer,
    /// The first day, such as `2026-12-24`, or a moment on it with its offset; today, where it is not named.
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// How many days.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
}

impl Calendar {
    pub(crate) fn run(&self, as_json: bool) -> anyhow::Result<bool> {
        let Self::Show(show) = self;
        show.run(as_json)
    }
}

impl Show {
    fn run(&self, as_json: bool) -> anyhow::Result<bool> {
        let bundle = self.asked()?;
        let named = ResponderId::new(&self.queue).ok().and_then(|id| bundle.candidate(&id));
        let queue = named.and_then(|spec| spec.queue.as_ref()).with_context(|| {
            let queues = bundle.candidates().iter().filter(|spec| spec.queue.is_some());
            let queues: Vec<&str> = queues.map(|spec| spec.responder.as_str()).collect();
            format!("the bundle has no queue `{}`; it has {}", self.queue, queues.join(", "))
        })?;
        let first = match &self.from {
            Some(from) => match parse_rfc3339(from) {
                Some(at) => date(queue, at)?,
                None => from.clone(),
            },
            None => date(queue, SystemClock.now())?,
        };
        let days = queue.days(&first, usize::from(self.days)).map_err(anyhow::Error::msg)?;
        anyhow::ensure!(
            !days.is_empty(),
            "no moment of {first} and later can be told: the calendar ends with the year 9999"
        );
        let told: Vec<Value> = days.iter().map(|day| tell(queue, day)).collect();
        if as_json {
            shown::json(&json!({ "queue": self.queue, "time_zone": queue.zone(), "days": told }));
            return Ok(true);
        }
        say!("{}, by the clock of {}", self.queue, queue.zone());
        told.iter().for_each(print);
        if told.len() < usize::from(self.days) {
            say!("no moment of the days after these can be told: the calendar ends with the year 9999");
        }
        Ok(true)
    }

    fn asked(&self) -> anyhow::Result<Bundle> {
        if let Some(bundle) = &self.bundle {
            return open::load(bundle);
        }
        if let Some(data) = self.place.data() {
            anyhow::ensure!(directory::is_there(data)?, "{} is no data directory", data.display());
            let none = || anyhow::anyhow!("no bundle is in force in {}", data.display());
            return Ok(open::opened(data, None, &|| Err(none()))?.bundle);
        }
        let client = self.place.client().context("name the bundle's directory with --bundle, or a data directory")?;
        let files = bundles::in_force(&client)?;
        Bundle::load_kept(files).map_err(|error| anyhow::anyhow!("the bundle in force cannot be read: {error}"))
    }
}

fn date(queue: &QueueSpec, at: Timestamp) -> anyhow::Result<String> {
    Ok(queue.wall_time(at).context("there is no such moment")?.date)
}

/// A day as it is told in JSON.
fn tell(queue: &QueueSpec, day: &Day) -> Value {
    let openings = day.openings.iter().map(|opening| {
        let (opens, closes) = (Timestamp(opening.opens_ms), Timestamp(opening.closes_ms));
        let (from, to) = (queue.wall_time(opens), queue.wall_time(closes));
        let time =
            |at: &Option<remit_policy::bundle::WallTime>| at.as_ref().map(|at| format!("{} {}", at.time, at.zone));
        json!({
            "opens": time(&from), "closes": time(&to), "opens_at": rfc3339(opens), "closes_at": rfc3339(closes),
            "minutes": closes.since(opens) / 60_000,
        })
    });
    json!({
        "date": day.date, "weekday": day.weekday, "differs": day.differs, "openings": openings.collect::<Vec<_>>(),
    })
}

/// Prints a day: a line for each opening, or that it is closed.
fn print(day: &Value) {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let differs = text(day, "differs");
    let note = if differs.is_empty() { String::new() } else { format!(" ({differs})") };
    let (date, weekday) = (text(day, "date"), text(day, "weekday"));
    let openings = day.get("openings").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if openings.is_empty() {
        say!("{date}  {weekday:<9}  closed{note}");
    }
    for one in openings {
        let minutes = one.get("minutes").and_then(Value::as_i64).unwrap_or_default();
        say!(
            "{date}  {weekday:<9}  {} to {}  {} to {}  {} h {:02} min{note}",
            text(one, "opens"),
            text(one, "closes"),
            text(one, "opens_at"),
            text(one, "closes_at"),
            minutes / 60,
            minutes % 60
        );
    }
}
