//! `remit capacity forecast`: what comes in the weeks ahead.

use anyhow::Context as _;
use clap::Args;
use remit_capacity::{
    Basis,
    forecast::{
        self, DemandForecast, DemandHistory, Errors, ForecastTerms, Interval, KnownTimes, QueueAhead, SlotAhead,
        SlotClock, read_history, read_holidays, read_outages,
    },
};
use remit_command::{
    shown::{self, counted, many, say},
    support,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Slots of a day that are told.
const PEAKS: usize = 2;
/// Intents that are told.
const INTENTS: usize = 10;
/// Bytes of a file at most.
const FILE_MAX: u64 = 2_000_000_000;

/// Say what comes in the weeks ahead: cases, what the AI keeps of them, and how long people take for the rest.
///
/// The file has comma-separated values, sorted by `start`, a row for what an intent of a queue had in a slot: `start`
/// (RFC 3339, or the time by the clock of --zone), `arrived`, and where they are known `intent`, `queue`, `kept_by_ai`,
/// `handling_seconds` (the mean of those that people handled), `recontacts` and `abandoned`. What had nothing needs no
/// row. It must go back 5 weeks, and 2 more for each further week ahead.
///
/// Intervals are calibrated on weeks that were forecast again from the days before them; how wrong those were is told,
/// beside what the week before and the mean of four weeks would have been.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  The week after the last day on record:
    remit capacity forecast history.csv --zone Europe/Berlin
  Two weeks in quarter-hours, with holidays, as a drawing too:
    remit capacity forecast history.csv --weeks 2 --interval 15 --holidays holidays.csv --svg ahead.svg

holidays.csv has a column date (2026-12-25), past and to come; outages.csv has start and end.")]
pub(crate) struct Forecast {
    /// The record.
    history: PathBuf,
    /// Weeks ahead.
    #[arg(long, default_value_t = 1)]
    weeks: usize,
    /// The time zone by whose clock days and slots are cut, and times without their distance from UTC are read.
    #[arg(long, default_value = "UTC")]
    zone: String,
    /// A file of holidays, past and to come.
    #[arg(long, value_name = "FILE")]
    holidays: Option<PathBuf>,
    /// A file of outages of the AI, from which neither demand nor its share is learned.
    #[arg(long, value_name = "FILE")]
    outages: Option<PathBuf>,
    /// Minutes of a slot: 15, 30 or 60.
    #[arg(long, default_value_t = 30)]
    interval: u32,
    /// The share of what comes that intervals are to hold.
    #[arg(long, default_value_t = 0.9)]
    level: f64,
    /// What the weeks ahead are played by; the same seed gives the same numbers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often they are played.
    #[arg(long, default_value_t = 200)]
    paths: usize,
    /// Draw them into this file, which must not be there yet.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Forecast {
    pub(super) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let made = self.made()?;
        if let Some(path) = &self.svg {
            let open = fs::OpenOptions::new().write(true).create_new(true).open(path);
            let mut file = open.with_context(|| format!("{} cannot be made", path.display()))?;
            std::io::Write::write_all(&mut file, forecast::chart(&made).as_bytes())
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        if json {
            shown::json(&serde_json::to_value(&made)?);
        } else {
            print(&made);
        }
        Ok(true)
    }

    fn made(&self) -> anyhow::Result<DemandForecast> {
        let clock = SlotClock::new(&self.zone, self.interval)?;
        let threads = support::threads();
        let (weeks, level, seed, paths) = (self.weeks, self.level, self.seed, self.paths);
        let asked = ForecastTerms { weeks, level, seed, paths, threads };
        ahead(&self.history, clock, (self.holidays.as_deref(), self.outages.as_deref()), &asked)
    }
}

/// What comes after a record in a file, with the files of holidays and of outages that are named.
pub(super) fn ahead(
    record: &Path,
    clock: SlotClock,
    (holidays, outages): (Option<&Path>, Option<&Path>),
    asked: &ForecastTerms,
) -> anyhow::Result<DemandForecast> {
    let mut known = KnownTimes::default();
    if let Some(path) = holidays {
        read_holidays(&text(path)?, &mut known).with_context(|| path.display().to_string())?;
    }
    if let Some(path) = outages {
        read_outages(&text(path)?, &clock, &mut known).with_context(|| path.display().to_string())?;
    }
    let of = || record.display().to_string();
    let history = read_history(&text(record)?, clock, known).with_context(of)?;
    forecast::forecast(&history, asked).with_context(of)
}

/// A record, cut into slots of so many minutes.
pub(super) fn recorded(record: &Path, zone: &str, minutes: f64) -> anyhow::Result<DemandHistory> {
    let clock = SlotClock::new(zone, if minutes.fract() == 0.0 { minutes as u32 } else { 0 })?;
    read_history(&text(record)?, clock, KnownTimes::default()).with_context(|| record.display().to_string())
}

fn text(path: &Path) -> anyhow::Result<String> {
    let cannot = || format!("{} cannot be read", path.display());
    let size = fs::metadata(path).with_context(cannot)?.len();
    anyhow::ensure!(size <= FILE_MAX, "{} has more than 2 GB; leave older weeks out", path.display());
    String::from_utf8(fs::read(path).with_context(cannot)?).with_context(|| format!("{} is no text", path.display()))
}

/// A count, with its interval.
fn cases(of: &Interval) -> String {
    format!("{} ({} to {})", many(of.mean.round() as u64), many(of.low.round() as u64), many(of.high.round() as u64))
}

/// A share as percent, with its interval.
fn percent(of: &Interval) -> String {
    format!("{:.0} % ({:.0} to {:.0})", of.mean * 100.0, of.low * 100.0, of.high * 100.0)
}

fn print(made: &DemandForecast) {
    say!("learned from {} to {}, by the clock of {}", made.learned_from, made.learned_to, made.zone);
    made.notes.iter().for_each(|note| say!("  {note}"));
    say!();
    say!("ahead, each number with its interval of {:.0} %", made.level * 100.0);
    say!("{:<15} {:>26} {:>26} {:>18} {:>20}", "day", "cases", "left to people", "kept by AI", "handling seconds");
    for day in &made.all.days {
        let date = if day.is_holiday { format!("{} holiday", day.date) } else { day.date.clone() };
        if day.arrived.mean <= 0.0 {
            say!("{date:<18} {:>23}", "closed");
            continue;
        }
        say!(
            "{date:<18} {:>23} {:>26} {:>18} {:>20}",
            cases(&day.arrived),
            cases(&day.left),
            percent(&day.ai_share),
            cases(&day.handling_seconds)
        );
    }
    print_peaks(&made.all, made.interval_minutes);
    print_parts(made);
    print_evaluation(made);
    print_moved(made);
    say!();
    say!("what it rests on");
    for parameter in &made.parameters {
        let (name, value) = (parameter.name, parameter.value);
        match &parameter.basis {
            Basis::Given => say!("  given: {name} {value:.4}"),
            Basis::Measured { low, high, .. } => say!("  measured: {name} {value:.4} ({low:.4} to {high:.4})"),
            Basis::Assumed { why } => say!("  assumed: {name} {value:.4}: {why}"),
        }
    }
    made.measured.iter().for_each(|number| say!("  measured: {} {:.4}", number.name, number.value));
}

fn print_peaks(all: &QueueAhead, minutes: u32) {
    say!();
    say!("busiest slots of {minutes} minutes");
    for day in &all.days {
        let of_day = |slot: &&SlotAhead| slot.begins.starts_with(&day.date) && slot.arrived.mean > 0.0;
        let mut slots: Vec<&SlotAhead> = all.slots.iter().filter(of_day).collect();
        slots.sort_by(|a, b| b.erlangs.mean.total_cmp(&a.erlangs.mean).then(b.arrived.mean.total_cmp(&a.arrived.mean)));
        for slot in slots.iter().take(PEAKS) {
            let Interval { mean, low, high } = slot.erlangs;
            say!(
                "  {}  {} cases, {} left to people: {mean:.1} erlangs ({low:.1} to {high:.1})",
                slot.begins,
                cases(&slot.arrived),
                cases(&slot.left)
            );
        }
    }
}

fn print_parts(made: &DemandForecast) {
    say!();
    say!("by queue");
    for queue in &made.queues {
        let sum = |of: &dyn Fn(&SlotAhead) -> f64| many(queue.slots.iter().map(of).sum::<f64>().round() as u64);
        let name = queue.queue.as_deref().unwrap_or_default();
        say!("  {name}: {} cases, {} left to people", sum(&|slot| slot.arrived.mean), sum(&|slot| slot.left.mean));
    }
    let mut intents: Vec<(f64, usize)> = (made.intents.iter().enumerate())
        .map(|(at, intent)| (intent.arrived.iter().map(|slot| slot.mean).sum(), at))
        .collect();
    intents.sort_by(|a, b| b.0.total_cmp(&a.0));
    say!("by intent");
    for (cases, at) in intents.iter().take(INTENTS) {
        let Some(intent) = made.intents.get(*at) else { continue };
        say!(
            "  {} ({}): {} cases, {:.0} % kept by AI, {:.0} seconds for each of the rest",
            intent.intent,
            intent.queue,
            many(cases.round() as u64),
            intent.ai_share * 100.0,
            intent.handling_seconds
        );
    }
    if intents.len() > INTENTS {
        say!("  and {} more; --json has all, slot by slot", intents.len() - INTENTS);
    }
}

fn print_evaluation(made: &DemandForecast) {
    let evaluation = &made.evaluation;
    say!();
    say!(
        "how wrong it was in {} that it had not learned from (WAPE, by slot, a week ahead)",
        counted(evaluation.weeks, "week", "weeks")
    );
    let line = |name: &str, errors: &Errors| {
        say!(
            "  {name}: {:.3}; the week before {:.3}, the mean of four weeks {:.3}",
            errors.wape,
            errors.last_week,
            errors.four_week_mean
        );
    };
    line("all", &evaluation.all);
    evaluation.queues.iter().for_each(|(name, errors)| line(name, errors));
    line("intents", &evaluation.intents);
    say!("of what came, within intervals of {:.0} % that were made before", made.level * 100.0);
    for coverage in evaluation.coverage.iter().filter(|coverage| coverage.count > 0) {
        say!("  {}: {:.1} % of {}", coverage.of, coverage.within * 100.0, many(coverage.count));
    }
}

fn print_moved(made: &DemandForecast) {
    say!();
    if made.moved.is_empty() {
        say!("nothing moved away from the four weeks that it is compared with");
    }
    for moved in &made.moved {
        let direction = if moved.is_up { "up" } else { "down" };
        say!(
            "{} went {direction}, most likely on {}: {:.3} before, {:.3} since; sure on {}: by chance once in {} days",
            moved.what,
            moved.since,
            moved.before,
            moved.after,
            moved.found,
            many(moved.once_in_days.round() as u64)
        );
    }
}
