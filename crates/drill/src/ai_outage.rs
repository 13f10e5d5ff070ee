//! The AI goes at an hour that is told: what becomes of those who ask then, and what each step of the retreat does
//! about it, played on the simulator.

use anyhow::Context as _;
use clap::Args;
use remit_capacity::{
    plan,
    simulate::{
        AiOutage, CountedWindow, DescribedRouting, Description, Network, QueueTally, Replications, RetreatDescription,
        WEEK, minute_of_week, moment_of_week, replicate,
    },
};
use remit_command::{
    shown::{self, many, say},
    support,
};
use serde_json::{Value, json};
use std::path::PathBuf;

/// How an AI is played that is gone.
#[derive(Debug, Args)]
pub struct AiOutageDrill {
    /// The file that describes the support, as for `remit capacity simulate`
    #[arg(value_name = "FILE")]
    support: PathBuf,
    /// When the AI goes
    #[arg(long, default_value = "mon 10:00", value_name = "DAY TIME")]
    at: String,
    /// For how many minutes it is gone
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(5..=1_440))]
    minutes: u32,
    /// Weeks that are played of each step
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    weeks: u32,
    /// Makes another chance; the same one makes the same figures
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What a step came to.
struct Step {
    name: String,
    says: Option<String>,
    /// Of each queue: those who came while the AI was gone.
    gone: Vec<QueueTally>,
    /// Minutes after the AI was back until as many are served in time as without an outage; none where that is not
    /// within the week.
    recovered: Vec<Option<f64>>,
}

impl AiOutageDrill {
    /// Plays it; says whether, with every step of the retreat, each promise was kept while the AI was gone.
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let description = support::described(&self.support)?;
        let shown = self.support.display().to_string();
        let network = description.network(2).with_context(|| shown.clone())?;
        anyhow::ensure!(
            description.class.iter().any(|class| class.contained.is_some()),
            "{shown}: no AI is asked anything; give a class the share `contained` that it keeps"
        );
        let from = minute_of_week(&self.at).with_context(|| format!("--at {}", self.at))?;
        let network =
            plan::with_people(&description, &network, self.seed, support::threads()).with_context(|| shown.clone())?;
        let (steps, promised) = self.played(&description, &network, from).with_context(|| shown.clone())?;
        let held = steps.last().is_some_and(|last| kept(&description, last, &promised));
        if json {
            shown::json(&self.as_json(&description, &steps, &promised, held));
        } else {
            self.print(&description, &steps, from, held);
        }
        Ok(held)
    }

    /// The outage without a retreat, and with one step more each time; and how it is without an outage.
    fn played(
        &self,
        description: &Description,
        network: &Network,
        from: f64,
    ) -> anyhow::Result<(Vec<Step>, Vec<QueueTally>)> {
        let to = from + f64::from(self.minutes);
        // The counted week comes after one that fills it.
        let (begins, ends) = (WEEK + from, WEEK + to);
        let without = self.by_slot(network)?;
        let promised = within(description, &without, from, to);
        let mut network = network.clone();
        network.ai.outages.push(AiOutage { from: begins, to: ends });
        let mut steps = vec![self.step(description, "no retreat".to_owned(), None, &network, &without, (from, to))?];
        for retreat in &description.retreat {
            add(description, &mut network, retreat, from, to)?;
            steps.push(self.step(
                description,
                retreat.name.clone(),
                retreat.says.clone(),
                &network,
                &without,
                (from, to),
            )?);
        }
        Ok((steps, promised))
    }

    fn step(
        &self,
        description: &Description,
        name: String,
        says: Option<String>,
        network: &Network,
        without: &[QueueTally],
        (from, to): (f64, f64),
    ) -> anyhow::Result<Step> {
        let by_slot = self.by_slot(network)?;
        let gone = within(description, &by_slot, from, to);
        let slots = (WEEK / description.interval_minutes) as usize;
        let back = (to / description.interval_minutes).ceil() as usize;
        let recovered = (0..description.queue.len()).map(|queue| {
            let over = |of: &[QueueTally], from: usize| {
                let mut sum = QueueTally::default();
                (from..from + TOGETHER)
                    .filter_map(|slot| of.get(queue * slots + slot))
                    .for_each(|slot| sum.merge(slot));
                sum
            };
            let as_before = |slot: &usize| {
                let (is, was) = (over(&by_slot, *slot), over(without, *slot));
                is.offered == 0 || is.service_level() >= was.service_level() - NEAR
            };
            let first = (back..slots - TOGETHER).find(as_before)?;
            Some((first as f64 * description.interval_minutes - to).max(0.0))
        });
        Ok(Step { name, says, gone, recovered: recovered.collect() })
    }

    /// What came of each queue in each slot of the week, over all runs.
    fn by_slot(&self, network: &Network) -> anyhow::Result<Vec<QueueTally>> {
        let asked = Replications {
            count: self.weeks as usize,
            window: CountedWindow { from: WEEK, to: 2.0 * WEEK, by_slot: true },
            seed: self.seed,
            threads: support::threads(),
        };
        let simulated = replicate(network, &asked, || DescribedRouting::of(network))?;
        let slots = simulated.runs.first().map_or(0, |run| run.by_slot.len());
        let mut sum = vec![QueueTally::default(); slots];
        for run in &simulated.runs {
            sum.iter_mut().zip(&run.by_slot).for_each(|(sum, of)| sum.merge(of));
        }
        Ok(sum)
    }

    fn as_json(&self, description: &Description, steps: &[Step], promised: &[QueueTally], held: bool) -> Value {
        let tally = |tally: &QueueTally| {
            json!({
                "offered": tally.offered as f64 / f64::from(self.weeks), "level": tally.service_level(),
                "gives_up": tally.gives_up(), "mean_wait_min": tally.mean_wait(),
            })
        };
        let steps: Vec<Value> = steps
            .iter()
            .map(|step| {
                let came = description.queue.iter().zip(step.gone.iter().zip(&step.recovered));
                let queues = came.map(|(queue, (gone, recovered))| {
                json!({ "name": queue.name, "while_gone": tally(gone), "recovered_after_min": recovered })
            });
                json!({ "step": step.name, "customers_hear": step.says, "queues": queues.collect::<Vec<_>>() })
            })
            .collect();
        let without = description
            .queue
            .iter()
            .zip(promised)
            .map(|(queue, of)| json!({ "name": queue.name, "at_that_time": tally(of) }));
        json!({
            "at": self.at, "minutes": self.minutes, "weeks": self.weeks, "without_outage": without.collect::<Vec<_>>(),
            "steps": steps, "held": held,
        })
    }

    fn print(&self, description: &Description, steps: &[Step], from: f64, held: bool) {
        say!(
            "the AI is gone from {} on for {} minutes; {} weeks of each step",
            moment_of_week(from),
            self.minutes,
            self.weeks
        );
        for (number, step) in steps.iter().enumerate() {
            say!();
            say!("{number}. {}", step.name);
            if let Some(says) = &step.says {
                say!("   customers hear: {says}");
            }
            for ((queue, gone), recovered) in description.queue.iter().zip(&step.gone).zip(&step.recovered) {
                if gone.offered == 0 {
                    continue;
                }
                let recovered = match recovered {
                    Some(0.0) => "as before once the AI is back".to_owned(),
                    Some(minutes) => format!("as before {minutes:.0} min after the AI is back"),
                    None => "not as before within the week".to_owned(),
                };
                say!(
                    "   {}: {} come, {:.1} % served within {:.0} min, {:.1} % give up, mean wait {:.1} min; \
                     {recovered}",
                    queue.name,
                    many((gone.offered as f64 / f64::from(self.weeks)).round()),
                    gone.service_level() * 100.0,
                    queue.within_minutes,
                    gone.gives_up() * 100.0,
                    gone.mean_wait()
                );
            }
        }
        say!();
        if held {
            say!("with every step, promises are kept while the AI is gone");
        } else {
            say!(
                "promises are not kept while the AI is gone: `remit capacity plan` says how many more it takes; a \
                 [[retreat]] of the file has them called in, with `group`, `people` and `after_minutes`"
            );
        }
    }
}

/// By how much the share that is served in time may differ from what it is without an outage to be as before.
const NEAR: f64 = 0.02;

/// Intervals that are looked at together for that, since few come in one.
const TOGETHER: usize = 4;

/// Whether each promise is kept while the AI is gone, or is kept as it is at that hour anyway.
fn kept(description: &Description, step: &Step, promised: &[QueueTally]) -> bool {
    let mut queues = description.queue.iter().zip(step.gone.iter().zip(promised));
    queues.all(|(queue, (gone, promised))| {
        let Some(served) = queue.served else { return true };
        gone.offered == 0 || gone.service_level() >= served.min(promised.service_level() - NEAR)
    })
}

/// What came of each queue from one minute of the week to another.
fn within(description: &Description, by_slot: &[QueueTally], from: f64, to: f64) -> Vec<QueueTally> {
    let slots = (WEEK / description.interval_minutes) as usize;
    let first = (from / description.interval_minutes) as usize;
    let count = ((to - from) / description.interval_minutes).ceil().max(1.0) as usize;
    let of = |queue: usize| {
        let mut sum = QueueTally::default();
        for slot in first..first + count {
            if let Some(of) = by_slot.get(queue * slots + slot % slots) {
                sum.merge(of);
            }
        }
        sum
    };
    (0..description.queue.len()).map(of).collect()
}

/// A step of the retreat from `after_minutes` on until the AI is back and what waits is worked off.
fn add(
    description: &Description,
    network: &mut Network,
    retreat: &RetreatDescription,
    from: f64,
    to: f64,
) -> anyhow::Result<()> {
    let Some(name) = &retreat.group else { return Ok(()) };
    let at = description.group.iter().position(|group| &group.name == name);
    let at =
        at.with_context(|| format!("the retreat `{}` names the group `{name}`, which is not there", retreat.name))?;
    let group = network.groups.get_mut(at).context("no such group")?;
    *group = group.with_more(from + retreat.after_minutes, to + retreat.stays_minutes, retreat.people);
    Ok(())
}
