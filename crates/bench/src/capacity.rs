//! The simulator beside ciw and simpy, in turns: a queue whose customers give up, and AI with people after it and those
//! who come back. Rates are of one thread; what was simulated is held against what is exact.

use crate::{
    meter,
    options::{Bench, TURNS},
    python::{PROGRAMS, Python, Talk},
    ratio::{Goal, Ratio},
};
use remit_app::simulation::{BundleRouting, Simulation};
use remit_capacity::{
    Uncomputable, plan,
    queue::Queue,
    simulate::{
        self, AiStage, ArrivalRates, CountedWindow, CustomerClass, DescribedRouting, Network, Replications,
        ReturnShares, RunTally, ServingOrder, ShiftEnd, ShiftStep, SimulatedQueue, StaffGroup, TimeDistribution, WEEK,
        replicate,
    },
};
use remit_command::{open, support};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};

/// How many times as many customers a second as ciw, and as simpy, in a queue of 50 whose customers give up.
const OF_CIW: Goal = Goal::AtLeast(150.0);
const OF_SIMPY: Goal = Goal::AtLeast(80.0);
/// At how many people these are held.
const HELD_AT: u32 = 50;
/// How many times as many visits a second as ciw where AI comes first.
const OF_CIW_NETWORK: Goal = Goal::AtLeast(100.0);
/// Customers of a turn, of ours and of the others'.
const OWN: f64 = 4e6;
const THEIRS: f64 = 20e3;
/// By how much what is simulated may differ from what is exact, of it.
const APART: f64 = 0.05;
const SEED: u64 = 20_261_130;
/// Weeks of a run of the sample bank, after one that fills it, of a year, and how long that may take.
const WEEKS: u32 = 4;
const YEAR: u32 = 52;
const YEAR_SECONDS: f64 = 60.0;

/// What a simulator came to.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Simulated {
    seconds: f64,
    customers: f64,
    wait: f64,
    gave_up: f64,
}

impl Simulated {
    fn rate(&self) -> f64 {
        self.customers / self.seconds
    }
}

/// A queue in which everybody takes a minute and waits two.
fn queue(servers: u32) -> Network {
    Network {
        arrivals: ArrivalRates::constant(vec![0.95 * f64::from(servers)]),
        classes: vec![CustomerClass {
            ai_first: false,
            contained: 0.0,
            ai_time: TimeDistribution::Constant(0.0),
            queue: 0,
            priority: 0,
            patience: TimeDistribution::Exponential(2.0),
            handling: TimeDistribution::Exponential(1.0),
            transfer: None,
            returns: ReturnShares::NEVER,
        }],
        ai: AiStage::default(),
        queues: vec![SimulatedQueue { threshold: 0.2 }],
        groups: vec![people(servers)],
    }
}

fn people(servers: u32) -> StaffGroup {
    StaffGroup {
        shifts: vec![ShiftStep { from: 0.0, people: servers }],
        period: None,
        queues: vec![0],
        order: ServingOrder::Queues,
        pace: 1.0,
        at_end: ShiftEnd::Finish,
    }
}

/// AI that keeps 60 %, 22 people after it, and those who come back: the first of the reference cases.
fn ai_and_people() -> Network {
    let servers = 22;
    let mut network = queue(servers);
    network.arrivals = ArrivalRates::constant(vec![5.0]);
    network.classes = network
        .classes
        .into_iter()
        .map(|class| CustomerClass {
            ai_first: true,
            contained: 0.6,
            ai_time: TimeDistribution::Exponential(2.0),
            handling: TimeDistribution::Exponential(8.0),
            patience: TimeDistribution::Exponential(5.0),
            returns: ReturnShares {
                after_ai: 0.15,
                after_people: 0.08,
                after_giving_up: 0.0,
                delay: TimeDistribution::Exponential(60.0),
            },
            ..class
        })
        .collect();
    network
}

fn simulated(network: &Network, customers: f64, turn: u32) -> anyhow::Result<Simulated> {
    let rate: f64 = network.arrivals.rates.iter().flatten().sum();
    let window = CountedWindow { from: 0.0, to: customers / rate, by_slot: false };
    let begun = meter::now();
    let tally = simulate::run(network, &mut DescribedRouting::of(network), window, SEED + u64::from(turn));
    let tally = tally.map_err(|why| anyhow::anyhow!("{why}"))?;
    let seconds = begun.elapsed().as_secs_f64();
    let queue = tally.queues.first().copied().unwrap_or_default();
    Ok(Simulated { seconds, customers: tally.visits as f64, wait: queue.mean_wait(), gave_up: queue.gives_up() })
}

pub(crate) fn run(_: &Bench) -> anyhow::Result<bool> {
    let mut program = Python::simulators()?.command("python");
    program.arg(format!("{PROGRAMS}/simulators.py"));
    let mut others = Talk::with(program)?;
    let versions: Value = others.hear()?;
    let version = |of: &str| versions.get(of).and_then(Value::as_str).unwrap_or("of unknown version").to_owned();
    println!("\nsimulated queues, one thread, in turns with ciw {} and simpy {}", version("ciw"), version("simpy"));
    println!("  M/M/n+M at 0.95 n an hour     customers/s        ciw      simpy   ratio to ciw, and to simpy [95 %]");
    let mut met = true;
    for servers in [10, HELD_AT, 200] {
        let network = queue(servers);
        let asked = |by: &str, turn: u32| {
            json!({
                "by": by, "arrivals": 0.95 * f64::from(servers), "handling": 1, "patience": 2, "servers": servers,
                "customers": THEIRS, "seed": turn,
            })
        };
        let mut columns: [Vec<f64>; 3] = Default::default();
        let [own, ciw, simpy] = &mut columns;
        let mut last = None;
        for turn in 0..TURNS {
            let of = simulated(&network, OWN, turn)?;
            own.push(of.rate());
            last = Some(of);
            ciw.push(others.ask::<Simulated>(&asked("ciw", turn))?.rate());
            simpy.push(others.ask::<Simulated>(&asked("simpy", turn))?.rate());
        }
        let (to_ciw, to_simpy) = (Ratio::of(own, ciw), Ratio::of(own, simpy));
        let told = if servers == HELD_AT {
            met &= OF_CIW.met(to_ciw) && OF_SIMPY.met(to_simpy);
            format!("{} and {}", OF_CIW.told(to_ciw), OF_SIMPY.told(to_simpy))
        } else {
            String::new()
        };
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
        println!(
            "  n = {servers:4} {:32.0} {:10.0} {:10.0}   {to_ciw}, {to_simpy} {told}",
            mean(own),
            mean(ciw),
            mean(simpy)
        );
        let queue = Queue::new(0.95 * f64::from(servers), 1.0, 0.5).map_err(|why| anyhow::anyhow!("{why}"))?;
        let exact = queue.with(servers).map_err(|why| anyhow::anyhow!("{why}"))?;
        if let Some(last) = last {
            met &= holds("mean wait", last.wait, exact.mean_wait())
                & holds("share that gives up", last.gave_up, exact.gives_up());
        }
    }
    let network = ai_and_people();
    let (mut own, mut ciw) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        own.push(simulated(&network, OWN / 2.0, turn)?.rate());
        let asked = json!({
            "by": "ciw network", "arrivals": 5, "ai": 2, "kept": 0.6, "after_ai": 0.15, "after_people": 0.08,
            "handling": 8, "patience": 5, "delay": 60, "servers": 22, "customers": THEIRS / 2.0, "seed": turn,
        });
        ciw.push(others.ask::<Simulated>(&asked)?.rate());
    }
    let ratio = Ratio::of(&own, &ciw);
    met &= OF_CIW_NETWORK.met(ratio);
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len().max(1) as f64;
    println!(
        "  AI, 22 people, those who come back: {:.0} visits/s, ciw {:.0}, ratio {ratio} {} (no policy is asked)",
        mean(&own),
        mean(&ciw),
        OF_CIW_NETWORK.told(ratio)
    );
    met &= bank(mean(&ciw))?;
    println!(
        "  goals at n = {HELD_AT}: {OF_CIW} times ciw, {OF_SIMPY} times simpy; {OF_CIW_NETWORK} times ciw with AI"
    );
    println!("  most memory held: {} MiB", meter::peak_mib());
    Ok(met)
}

/// The sample bank: its visits decided by its bundle on one thread beside ciw's rate for a network without any policy,
/// and a year of it on all threads, with and without.
fn bank(ciw: f64) -> anyhow::Result<bool> {
    let description = support::described(Path::new("bundles/bank-traffic/support.toml"))?;
    let bundle = Arc::new(open::load(Path::new("bundles/bank"))?);
    let threads = support::threads();
    let words = |why: Uncomputable| anyhow::anyhow!("{why}");
    let network = description.network(WEEKS + 1).map_err(words)?;
    let network = plan::with_people(&description, &network, SEED, threads).map_err(words)?;
    let simulation = Simulation::new(bundle, &description, &network, "2026-01-05")?;
    let week = CountedWindow { from: 0.0, to: WEEK, by_slot: false };
    let mut decided = Vec::new();
    for turn in 0..TURNS {
        let begun = meter::now();
        let tally = simulate::run(&network, &mut BundleRouting::of(&simulation), week, SEED + u64::from(turn))
            .map_err(words)?;
        decided.push(tally.visits as f64 / begun.elapsed().as_secs_f64());
    }
    let ratio = Ratio::of(&decided, &vec![ciw; decided.len()]);
    println!(
        "  the sample bank, decided by its bundle: {:.0} visits/s, ratio to ciw's network {ratio} {}",
        decided.iter().sum::<f64>() / decided.len().max(1) as f64,
        OF_CIW_NETWORK.told(ratio)
    );
    let asked = Replications {
        count: (YEAR / WEEKS) as usize,
        window: CountedWindow { from: WEEK, to: f64::from(WEEKS + 1) * WEEK, by_slot: false },
        seed: SEED,
        threads,
    };
    let wait = |run: &RunTally| {
        let all = run.queues.iter().fold((0.0, 0), |(wait, of), queue| (wait + queue.wait, of + queue.offered));
        all.0 / (all.1.max(1)) as f64
    };
    let mut met = OF_CIW_NETWORK.met(ratio);
    for by_bundle in [false, true] {
        let begun = meter::now();
        let simulated = match by_bundle {
            false => replicate(&network, &asked, || DescribedRouting::of(&network)),
            true => replicate(&network, &asked, || BundleRouting::of(&simulation)),
        };
        let simulated = simulated.map_err(words)?;
        let seconds = begun.elapsed().as_secs_f64();
        let visits: u64 = simulated.runs.iter().map(|run| run.visits).sum();
        let mean = simulated.estimate(wait);
        let within = 100.0 * mean.half_width / mean.mean;
        println!(
            "  a year of it{}: {visits} visits in {seconds:.1} s on {threads} threads, wait {:.3} min ± {within:.1} %",
            if by_bundle { ", decided by its bundle" } else { "" },
            mean.mean,
        );
        met &= seconds <= YEAR_SECONDS;
    }
    Ok(met)
}

/// Whether what was simulated is near what is exact; says so where it is not.
fn holds(what: &str, simulated: f64, exact: f64) -> bool {
    let holds = (simulated / exact - 1.0).abs() <= APART;
    if !holds {
        println!("    the {what} came to {simulated:.5}, and is {exact:.5}");
    }
    holds
}
