//! `remit capacity simulate`: a support played event by event.

use super::amounts::{percent, time};
use anyhow::Context as _;
use clap::Args;
use remit_app::simulation::{BundleRouting, Simulation, SimulationCounts};
use remit_capacity::plan::{self, RecordedWeeks};
use remit_capacity::simulate::{
    CountedWindow, DescribedRouting, Description, MeanEstimate, QueueTally, Replications, RunTally, Simulated, WEEK,
    moment_of_week, replicate,
};
use remit_command::{
    open,
    shown::{self, many, say},
    support,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Intervals of the week that are told as the worst.
const WORST: usize = 5;
/// Of how few customers over all runs an interval is told none the less.
const FEW: u64 = 50;

/// A day of the first week, where none is said.
const FIRST_WEEK: &str = "2026-01-05";

/// Play a support event by event: customers who ask, AI that keeps some of it, queues, shifts, patience, outages, and
/// those who come back.
///
/// What formulas take for constant may change by the minute here, and what they take for so (that people all serve
/// alike, that nobody comes back at a bad moment) needs not be so. Everything is told with the interval in which it
/// lies at 95 %. Two supports that are played beside one another meet the same customers, so that what differs between
/// them is what was changed.
#[derive(Debug, Args)]
#[command(after_help = "A support is described in TOML, in minutes, over a week that begins on Monday:

    [[queue]]
    name = \"payments\"
    within_minutes = 3
    [[group]]
    name = \"desk\"
    queues = [\"payments\"]
    [[group.shift]]
    days = \"mon-fri\"
    from = \"08:00\"
    to = \"18:00\"
    people = 9
    break = [{ from = \"12:00\", to = \"12:30\", people = 4 }]
    [[class]]
    name = \"charges\"
    queue = \"payments\"
    contained = 0.6        # what AI keeps; no AI is asked without it
    ai_minutes = 1.5
    handling = { minutes = 8, variation = 1.2 }
    patience_minutes = 5
    returns = { after_ai = 0.15, after_people = 0.08, after_giving_up = 0.5, delay_minutes = 60 }
    [[class.demand]]
    days = \"mon-fri\"
    from = \"08:00\"
    to = \"18:00\"
    an_hour = 120
    [class.signals]        # what a bundle decides by, with --bundle
    intent = [\"transaction_charged_twice\", \"request_refund\"]
    customer_tier = \"standard\"
    [[ai.outage]]
    days = \"tue\"
    from = \"10:00\"
    to = \"12:00\"

Examples:
  How a week goes:
    remit capacity simulate support.toml
  What an outage of the AI, or two more people, change:
    remit capacity simulate support.toml --beside changed.toml
  The same with every visit decided by a bundle, by what its classes have as signals:
    remit capacity simulate support.toml --bundle bundle
  The same of what was recorded (`remit capacity history`):
    remit capacity simulate support.toml --history history.csv --bundle bundle
  What another bundle would change, of the same customers:
    remit capacity simulate support.toml --bundle bundle --beside-bundle candidate")]
pub(crate) struct Simulate {
    /// The file that describes the support.
    #[arg(value_name = "FILE")]
    support: PathBuf,
    /// Another one, which meets the same customers: what differs is told.
    #[arg(long, value_name = "FILE")]
    beside: Option<PathBuf>,
    /// The bundle that decides: every visit is a case that it decides as it would on a server, and the floor gives
    /// waiting cases to people. Without it visits go where the file says.
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// Another bundle, which is tried on the same customers: what differs is told.
    #[arg(long, value_name = "DIR", requires = "bundle", conflicts_with = "beside")]
    beside_bundle: Option<PathBuf>,
    /// A record as `remit capacity history` prints it: as many come in each slot as came then, and AI's share and
    /// handling times are its means, in the place of what the file says.
    #[arg(long, value_name = "FILE", conflicts_with = "weeks")]
    history: Option<PathBuf>,
    /// The time zone by whose clock that record's days are cut.
    #[arg(long, default_value = "UTC", requires = "history")]
    zone: String,
    /// A day of the first week, for opening hours and holidays of the bundle: 2026-01-05, or the first of the record.
    #[arg(long, value_name = "DATE", requires = "bundle")]
    from: Option<String>,
    /// Weeks that are counted in each run, after one that fills it.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=520))]
    weeks: u32,
    /// Runs, which differ by chance alone.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    runs: u32,
    /// Makes another chance; the same one makes the same figures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// A support and what came of it.
struct Played {
    description: Description,
    simulated: Simulated,
    decided: Option<Decided>,
    /// What was recorded of it, where that was played.
    recorded: Option<RecordedWeeks>,
}

/// By which bundle it was decided, and what it came to.
struct Decided {
    bundle: PathBuf,
    digest: String,
    counts: SimulationCounts,
}

impl Simulate {
    pub(super) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let description = support::described(&self.support)?;
        let other = self.beside.as_deref().map(support::described).transpose()?;
        if let Some(other) = &other {
            alike(&description, other)?;
        }
        let bundle = self.bundle.as_deref();
        let beside = match (other, &self.beside_bundle) {
            (Some(other), _) => Some((self.beside.as_deref().unwrap_or(&self.support), other, bundle)),
            (None, Some(bundle)) => Some((&*self.support, description.clone(), Some(&**bundle))),
            (None, None) => None,
        };
        let played = self.played(&self.support, description, bundle)?;
        let beside = beside.map(|(path, description, bundle)| self.played(path, description, bundle)).transpose()?;
        if json {
            let told = |played: &Played| self.as_json(played);
            shown::json(&json!({
                "weeks": self.weeks, "runs": self.runs, "seed": self.seed, "confidence": 0.95,
                "support": told(&played), "beside": beside.as_ref().map(told),
            }));
            return Ok(true);
        }
        self.print(&played);
        if let Some(beside) = &beside {
            say!();
            self.print(beside);
            say!();
            print_differences(&played, beside);
        }
        Ok(true)
    }

    fn played(&self, path: &Path, description: Description, bundle: Option<&Path>) -> anyhow::Result<Played> {
        let network = description.network(self.weeks + 1).with_context(|| path.display().to_string())?;
        let threads = support::threads();
        let network = plan::with_people(&description, &network, self.seed, threads);
        let network = network.with_context(|| path.display().to_string())?;
        let mut network = network;
        let recorded = self.history.as_deref().map(|record| {
            let history = super::forecast::recorded(record, &self.zone, description.interval_minutes)?;
            plan::with_record(&description, &mut network, &history)
                .with_context(|| format!("{} and {} do not agree", path.display(), record.display()))
        });
        let recorded = recorded.transpose()?;
        let from = recorded.as_ref().map_or(FIRST_WEEK, |recorded| &recorded.monday);
        let from = self.from.as_deref().unwrap_or(from);
        let window = match &recorded {
            Some(recorded) => CountedWindow { from: 0.0, to: f64::from(recorded.weeks) * WEEK, by_slot: true },
            None => CountedWindow { from: WEEK, to: f64::from(self.weeks + 1) * WEEK, by_slot: true },
        };
        let asked = Replications { count: self.runs as usize, window, seed: self.seed, threads };
        let (simulated, decided) = match bundle {
            None => (replicate(&network, &asked, || DescribedRouting::of(&network)), None),
            Some(directory) => {
                let bundle = open::load(directory)?;
                let digest = bundle.digest().to_string();
                let simulation = Simulation::new(Arc::new(bundle), &description, &network, from)
                    .with_context(|| format!("{} under {}", path.display(), directory.display()))?;
                let simulated = replicate(&network, &asked, || BundleRouting::of(&simulation));
                (simulated, Some(Decided { bundle: directory.to_owned(), digest, counts: simulation.counts() }))
            }
        };
        let simulated = simulated.with_context(|| path.display().to_string())?;
        anyhow::ensure!(
            simulated.runs.iter().any(|run| run.asked > 0),
            "{}: nobody asks for anything; give a class demand with an_hour above 0",
            path.display()
        );
        Ok(Played { description, simulated, decided, recorded })
    }

    fn as_json(&self, played: &Played) -> Value {
        let Played { description, simulated, decided, recorded } = played;
        let weeks = weeks(simulated);
        let queues: Vec<Value> = (0..)
            .zip(&description.queue)
            .map(|(at, queue)| {
                let of = |figure: fn(&QueueTally) -> f64| {
                    estimate(simulated, move |run| queue_of(run, at).map_or(0.0, figure))
                };
                let offered = simulated.estimate(|run| a_week(run, queue_of(run, at).map_or(0, |queue| queue.offered)));
                json!({
                    "name": queue.name, "within_min": queue.within_minutes,
                    "offered_a_week": told(offered),
                    "level": of(QueueTally::service_level), "gives_up": of(QueueTally::gives_up),
                    "waits": of(QueueTally::waits), "mean_wait_min": of(QueueTally::mean_wait),
                    "wait_90_min": quantile(simulated, at, 0.9), "wait_99_min": quantile(simulated, at, 0.99),
                })
            })
            .collect();
        let groups: Vec<Value> = (0..)
            .zip(&description.group)
            .map(|(at, group)| {
                json!({
                    "name": group.name, "occupancy": told(simulated.estimate(|run| occupancy(run, at))),
                    "hours_a_week": told(simulated.estimate(|run| hours(run, at))),
                })
            })
            .collect();
        let each_a_week = |counts: &BTreeMap<String, u64>| {
            let each = counts.iter().map(|(name, count)| (name.clone(), json!(*count as f64 / weeks)));
            Value::Object(each.collect())
        };
        let decided = decided.as_ref().map(|decided| {
            let counts = &decided.counts;
            let stopped = counts
                .stopped
                .iter()
                .map(|((responder, intent), runs)| json!({ "responder": responder, "intent": intent, "runs": runs }));
            json!({
                "bundle": decided.digest, "decisions_a_week": counts.decisions as f64 / weeks,
                "elsewhere_a_week": each_a_week(&counts.elsewhere), "refused_a_week": each_a_week(&counts.refused),
                "stopped": stopped.collect::<Vec<_>>(),
            })
        });
        json!({
            "queues": queues, "groups": groups, "decided": decided,
            "recorded": recorded.as_ref().map(|recorded| json!({
                "monday": recorded.monday, "weeks": recorded.weeks, "cases": recorded.cases,
                "slots_unknown": recorded.gaps,
            })),
            "asked_a_week": told(simulated.estimate(|run| a_week(run, run.asked))),
            "visits_a_week": told(simulated.estimate(|run| a_week(run, run.visits))),
            "ai_keeps": told(simulated.estimate(kept)),
            "unfinished": simulated.runs.iter().map(|run| run.unfinished).sum::<u64>(),
        })
    }

    fn print(&self, played: &Played) {
        let Played { description, simulated, decided, recorded } = played;
        let asked = simulated.estimate(|run| a_week(run, run.asked));
        let visits = simulated.estimate(|run| a_week(run, run.visits));
        say!(
            "{} customers a week, {} visits with those who come back; {} runs of {} weeks, intervals at 95 %",
            many(asked.mean.round()),
            number(visits),
            self.runs,
            recorded.as_ref().map_or(self.weeks, |recorded| recorded.weeks)
        );
        if let Some(RecordedWeeks { monday, cases, gaps, .. }) = recorded {
            say!("what was recorded from {monday} on: {} cases", many(*cases as u64));
            if *gaps > 0 {
                say!("  of {gaps} slots nothing is known: nobody comes in them");
            }
        }
        if let Some(decided) = decided {
            decided.print(weeks(simulated));
        }
        if description.group.iter().all(|group| group.shift.is_empty()) {
            say!("no shifts are described: people are those of a plan (`remit capacity plan`)");
        }
        if description.class.iter().any(|class| class.contained.is_some()) {
            say!("AI keeps {} of what it is asked", shares(simulated.estimate(kept)));
        }
        say!();
        say!(
            "  {:16} {:>15} {:>8} {:>17} {:>17} {:>17} {:>10}",
            "queue",
            "a week",
            "within",
            "served in time",
            "gives up",
            "mean wait",
            "90 % wait"
        );
        for (at, queue) in (0..).zip(&description.queue) {
            let of =
                |figure: fn(&QueueTally) -> f64| simulated.estimate(move |run| queue_of(run, at).map_or(0.0, figure));
            let offered = simulated.estimate(|run| a_week(run, queue_of(run, at).map_or(0, |queue| queue.offered)));
            say!(
                "  {:16} {:>15} {:>8} {:>17} {:>17} {:>17} {:>10}",
                queue.name,
                number(offered),
                time(queue.within_minutes),
                shares(of(QueueTally::service_level)),
                shares(of(QueueTally::gives_up)),
                minutes(of(QueueTally::mean_wait)),
                quantile(simulated, at, 0.9).map_or_else(|| "-".to_owned(), |wait| format!("≤ {}", time(wait))),
            );
        }
        say!();
        for (at, group) in (0..).zip(&description.group) {
            let (hours, busy) =
                (simulated.estimate(|run| hours(run, at)), simulated.estimate(|run| occupancy(run, at)));
            say!("  {}: {:.0} hours at work a week, busy for {} of them", group.name, hours.mean, shares(busy));
        }
        print_worst(played);
        let unfinished: u64 = simulated.runs.iter().map(|run| run.unfinished).sum();
        let all: u64 = simulated.runs.iter().map(|run| run.visits).sum();
        if unfinished * 100 > all {
            say!();
            say!(
                "  {} still wait at the end of the runs, and more with each week: there are too few people",
                many(unfinished)
            );
        }
    }
}

impl Decided {
    fn print(&self, weeks: f64) {
        let a_week = |count: u64| many((count as f64 / weeks).ceil());
        let Self { bundle, digest, counts } = self;
        let digest = digest.get(..12).unwrap_or(digest);
        say!("decided by {} ({digest}): {} decisions a week", bundle.display(), a_week(counts.decisions));
        for (whom, count) in &counts.elsewhere {
            say!("  {} a week go to {whom}, whom nobody simulates", a_week(*count));
        }
        for ((responder, intent), runs) in &counts.stopped {
            say!("  {responder} is stopped for {intent} in {runs} of the runs, as it fails too often");
        }
        for (reason, count) in &counts.refused {
            say!("  {} commands a week are refused: {reason}", a_week(*count));
        }
    }
}

/// Both have the same classes with the same demand, else they do not meet the same customers.
fn alike(one: &Description, other: &Description) -> anyhow::Result<()> {
    let names = |of: &Description| of.class.iter().map(|class| class.name.clone()).collect::<Vec<_>>();
    anyhow::ensure!(
        names(one) == names(other),
        "both describe the same classes in the same order, so that they meet the same customers: {} and {}",
        names(one).join(", "),
        names(other).join(", ")
    );
    let queues = |of: &Description| of.queue.iter().map(|queue| queue.name.clone()).collect::<Vec<_>>();
    anyhow::ensure!(
        queues(one) == queues(other),
        "both describe the same queues in the same order, so that they can be compared: {} and {}",
        queues(one).join(", "),
        queues(other).join(", ")
    );
    Ok(())
}

fn print_differences(one: &Played, other: &Played) {
    say!("what the second changes, of the same customers (95 %; * where it is not chance)");
    say!();
    for (at, queue) in (0..).zip(&one.description.queue) {
        let differs = |figure: fn(&QueueTally) -> f64| {
            let of = |run: &RunTally| queue_of(run, at).map_or(0.0, figure);
            one.simulated.difference(&other.simulated, of)
        };
        let mark = |change: MeanEstimate| if change.mean.abs() > change.half_width { "*" } else { " " };
        let level = differs(QueueTally::service_level);
        let gives_up = differs(QueueTally::gives_up);
        let wait = differs(QueueTally::mean_wait);
        say!(
            "  {:16} served in time {:+.1} ± {:.1} points{}  gives up {:+.1} ± {:.1} points{}  mean wait {:+.2} \
             ± {:.2} min{}",
            queue.name,
            level.mean * 100.0,
            level.half_width * 100.0,
            mark(level),
            gives_up.mean * 100.0,
            gives_up.half_width * 100.0,
            mark(gives_up),
            wait.mean,
            wait.half_width,
            mark(wait),
        );
    }
}

/// The intervals of the week in which fewest are served in time.
fn print_worst(played: &Played) {
    let Played { description, simulated, .. } = played;
    let slots = (WEEK / description.interval_minutes) as usize;
    let all = simulated.runs.first().map_or(0, |run| run.by_slot.len()) / description.queue.len().max(1);
    let mut by_slot = vec![QueueTally::default(); slots * description.queue.len()];
    for run in &simulated.runs {
        for (at, of) in run.by_slot.iter().enumerate() {
            // Of a record each of its weeks has slots of its own.
            let place = at / all.max(1) * slots + at % all.max(1) % slots.max(1);
            if let Some(sum) = by_slot.get_mut(place) {
                sum.merge(of);
            }
        }
    }
    let mut worst: Vec<(usize, &QueueTally)> = by_slot.iter().enumerate().filter(|(_, of)| of.offered >= FEW).collect();
    worst.sort_by(|one, other| one.1.service_level().total_cmp(&other.1.service_level()));
    if worst.is_empty() {
        return;
    }
    say!();
    say!("  where fewest are served in time:");
    for (at, of) in worst.into_iter().take(WORST) {
        let Some(queue) = description.queue.get(at / slots.max(1)) else { continue };
        let begins = (at % slots.max(1)) as f64 * description.interval_minutes;
        say!(
            "    {} {:16} {} of {} a week within {}, {} give up",
            moment_of_week(begins),
            queue.name,
            percent(of.service_level()),
            many((of.offered as f64 / weeks(simulated)).ceil()),
            time(queue.within_minutes),
            percent(of.gives_up()),
        );
    }
}

fn weeks(simulated: &Simulated) -> f64 {
    simulated.runs.iter().map(|run| run.length / WEEK).sum()
}

pub(super) fn queue_of(run: &RunTally, at: usize) -> Option<&QueueTally> {
    run.queues.get(at)
}

pub(super) fn a_week(run: &RunTally, count: u64) -> f64 {
    count as f64 * WEEK / run.length
}

pub(super) fn kept(run: &RunTally) -> f64 {
    if run.ai_visits == 0 { 0.0 } else { run.ai_kept as f64 / run.ai_visits as f64 }
}

pub(super) fn occupancy(run: &RunTally, at: usize) -> f64 {
    let of = |times: &[f64]| times.get(at).copied().unwrap_or(0.0);
    if of(&run.at_work) > 0.0 { of(&run.busy) / of(&run.at_work) } else { 0.0 }
}

fn hours(run: &RunTally, at: usize) -> f64 {
    run.at_work.get(at).copied().unwrap_or(0.0) / 60.0 * WEEK / run.length
}

/// The wait that so large a share of all runs does not exceed.
fn quantile(simulated: &Simulated, at: usize, share: f64) -> Option<f64> {
    let mut all = remit_capacity::simulate::Histogram::default();
    simulated.runs.iter().filter_map(|run| run.waits.get(at)).for_each(|waits| all.merge(waits));
    all.quantile(share)
}

fn estimate(simulated: &Simulated, figure: impl Fn(&RunTally) -> f64) -> Value {
    told(simulated.estimate(figure))
}

/// A figure with its interval, as JSON.
pub(super) fn told(estimate: MeanEstimate) -> Value {
    json!({ "mean": estimate.mean, "half_width": estimate.half_width })
}

fn number(estimate: MeanEstimate) -> String {
    format!("{} ± {}", many(estimate.mean.round()), many(estimate.half_width.ceil()))
}

pub(super) fn shares(estimate: MeanEstimate) -> String {
    format!("{} ± {:.1}", percent(estimate.mean), estimate.half_width * 100.0)
}

fn minutes(estimate: MeanEstimate) -> String {
    format!("{} ± {}", time(estimate.mean), time(estimate.half_width))
}
