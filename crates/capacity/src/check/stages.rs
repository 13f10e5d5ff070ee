//! Files about an AI with people after it.

use super::{
    comparison::Comparison,
    report::EXACT,
    rows::{each, of},
    table::{Row, Table},
};
use crate::{
    flow::{Ai, Demand, Flow, Returns, Steady, Tier},
    queue::Performance,
    simulate::{
        AiStage, ArrivalRates, CountedWindow, CustomerClass, DescribedRouting, MeanEstimate, Network, OnwardTransfer,
        QueueTally, Replications, ReturnShares, RunTally, ServingOrder, ShiftEnd, ShiftStep, Simulated, SimulatedQueue,
        StaffGroup, TimeDistribution, replicate,
    },
};
use std::{cell::OnceCell, collections::BTreeMap};

/// The form of the cases.
pub(super) const CASES: &str = "multistage_cases";

/// A case.
#[derive(Debug)]
pub(super) struct SettledCase {
    steady: Steady,
    /// T of `P(W > T)`.
    time: f64,
    /// How it is simulated, where formulas are not exact, and what came of it once it was.
    network: Option<Network>,
    rate: f64,
    simulated: OnceCell<Option<Simulated>>,
}

/// Runs of a case that no formula is exact of, and about how many customers come in one.
const RUNS: usize = 8;
const CUSTOMERS: f64 = 20_000.0;
const SEED: u64 = 20_261_130;

/// Cases by their name, with what is wrong with those that cannot be computed.
pub(super) type Cases = BTreeMap<String, Result<SettledCase, String>>;

/// The cases of every such table.
pub(super) fn cases<'a>(tables: impl Iterator<Item = &'a Table>) -> Cases {
    tables.flat_map(Table::rows).map(|row| (row.text("id").to_owned(), case(row))).collect()
}

fn case(row: Row<'_>) -> Result<SettledCase, String> {
    let concurrency = row.small("c")?;
    let ai = Ai {
        containment: row.number("p")?,
        handling: row.number("ai")?,
        concurrency: (concurrency > 0).then_some(concurrency),
    };
    let abandonment = row.number("th")?;
    let second = row.optional("n2")?.unwrap_or(0.0) > 0.0;
    let onward = if second { row.optional("x")?.unwrap_or(0.0) } else { 0.0 };
    let first = Tier { servers: row.small("n")?, handling: row.number("h")?, abandonment, onward };
    let mut tiers = vec![first];
    if second {
        tiers.push(Tier { servers: row.small("n2")?, handling: row.number("h2")?, onward: 0.0, ..first });
    }
    let returns = Returns { contained: row.number("rA")?, resolved: row.number("rH")?, gave_up: row.number("rab")? };
    // Queues of exponential times are exact where nobody gives up, whoever comes back; and where nobody comes back, up
    // to the first tier that customers give up at.
    let nobody_back = returns == Returns::default();
    let plain = row.text("hd").is_empty() && (row.text("aid").is_empty() || concurrency == 0);
    let is_exact = plain && (abandonment == 0.0 || nobody_back && !second);
    let rate = row.number("lam")?;
    let time = row.number("T")?;
    let network = if is_exact { None } else { Some(network(row, (&ai, &tiers, &returns), rate, time)?) };
    let flow = Flow::new(ai, tiers, returns).map_err(of(row))?;
    let steady = flow.settle(rate).map_err(of(row))?;
    Ok(SettledCase { steady, time, network, rate, simulated: OnceCell::new() })
}

impl SettledCase {
    /// What comes of it when it is played, where it has to be.
    fn simulated(&self) -> Option<&Simulated> {
        let network = self.network.as_ref()?;
        let to = CUSTOMERS / self.rate;
        let asked = Replications {
            count: RUNS,
            window: CountedWindow { from: to / 10.0, to, by_slot: false },
            seed: SEED,
            threads: RUNS,
        };
        let play = || replicate(network, &asked, || DescribedRouting::of(network)).ok();
        self.simulated.get_or_init(play).as_ref()
    }
}

/// A case as it is played.
fn network(
    row: Row<'_>,
    (ai, tiers, returns): (&Ai, &[Tier], &Returns),
    rate: f64,
    time: f64,
) -> Result<Network, String> {
    let is_about = "it is empty for exponential times, `det`, `ln` or `ga` with the coefficient of variation";
    let distribution = |column: &str, mean: f64| {
        let text = row.text(column);
        let variation = |digits: &str| {
            let number = digits.parse::<f64>().ok();
            number.ok_or_else(|| format!("{}: `{text}` in column `{column}`; {is_about}", row.name()))
        };
        match (text, text.get(..2)) {
            ("", _) => Ok(TimeDistribution::Exponential(mean)),
            ("det", _) => Ok(TimeDistribution::Constant(mean)),
            (_, Some("ln")) => Ok(TimeDistribution::LogNormal(mean, variation(text.get(2..).unwrap_or_default())?)),
            (_, Some("ga")) => Ok(TimeDistribution::Gamma(mean, variation(text.get(2..).unwrap_or_default())?)),
            _ => Err(format!("{}: `{text}` in column `{column}`; {is_about}", row.name())),
        }
    };
    let first = tiers.first().ok_or_else(|| format!("{}: there are no people", row.name()))?;
    let patience = if first.abandonment > 0.0 {
        TimeDistribution::Exponential(1.0 / first.abandonment)
    } else {
        TimeDistribution::Never
    };
    let transfer = tiers.get(1).map(|second| {
        Ok::<_, String>(OnwardTransfer {
            share: first.onward,
            queue: 1,
            handling: distribution("hd", second.handling)?,
        })
    });
    let class = CustomerClass {
        ai_first: true,
        contained: ai.containment,
        ai_time: distribution("aid", ai.handling)?,
        queue: 0,
        priority: 0,
        patience,
        handling: distribution("hd", first.handling)?,
        transfer: transfer.transpose()?,
        returns: ReturnShares {
            after_ai: returns.contained,
            after_people: returns.resolved,
            after_giving_up: returns.gave_up,
            delay: TimeDistribution::Exponential(row.number("orb")?),
        },
    };
    let group = |(queue, tier): (usize, &Tier)| StaffGroup {
        shifts: vec![ShiftStep { from: 0.0, people: tier.servers }],
        period: None,
        queues: vec![queue],
        order: ServingOrder::Queues,
        pace: 1.0,
        at_end: ShiftEnd::Finish,
    };
    Ok(Network {
        arrivals: ArrivalRates::constant(vec![rate]),
        classes: vec![class],
        ai: AiStage { at_once: ai.concurrency, outages: Vec::new() },
        queues: vec![SimulatedQueue { threshold: time }; tiers.len()],
        groups: tiers.iter().enumerate().map(group).collect(),
    })
}

/// What a case came to in a metric when it was played; none where it is not known.
fn played(simulated: &Simulated, name: &str) -> Option<MeanEstimate> {
    let (stage, what) = name.split_once('_')?;
    let tier = match stage {
        "ai" => {
            return match what {
                "rate" => Some(simulated.estimate(|run| run.ai_visits as f64 / run.length)),
                "wait" => Some(simulated.estimate(|run| run.ai_wait / run.ai_visits.max(1) as f64)),
                _ => None,
            };
        }
        "h" | "h1" => 0,
        "h2" | "l2" | "L2" => 1,
        _ => return None,
    };
    let queue =
        |figure: fn(&QueueTally) -> f64| Some(simulated.estimate(move |run| run.queues.get(tier).map_or(0.0, figure)));
    match what {
        "rate" => {
            let offered = move |run: &RunTally| run.queues.get(tier).map_or(0, |queue| queue.offered);
            Some(simulated.estimate(move |run| offered(run) as f64 / run.length))
        }
        "pw" => queue(QueueTally::waits),
        "pab" => queue(QueueTally::gives_up),
        "ew" => queue(QueueTally::mean_wait),
        "pwT" => queue(QueueTally::waits_beyond),
        "occ" => Some(simulated.estimate(move |run| {
            let of = |times: &[f64]| times.get(tier).copied().unwrap_or(0.0);
            of(&run.busy) / of(&run.at_work)
        })),
        _ => None,
    }
}

/// The cases themselves hold nothing that is computed.
pub(super) fn held_cases(table: &Table, cases: &Cases, comparison: &mut Comparison) {
    comparison.note("what is computed of these cases stands in files of the form multistage".to_owned());
    each(table, comparison, |row, _| match cases.get(row.text("id")) {
        Some(Err(fault)) => Err(fault.clone()),
        _ => Ok(()),
    });
}

/// What a case comes to in a metric; none where it is not known.
fn metric(case: &SettledCase, name: &str) -> Option<f64> {
    let (stage, what) = name.split_once('_')?;
    let tier = match stage {
        "ai" => {
            return match what {
                "rate" => Some(case.steady.ai_rate),
                "wait" => Some(case.steady.ai_wait),
                _ => None,
            };
        }
        "h" | "h1" => 0,
        "h2" | "l2" | "L2" => 1,
        _ => return None,
    };
    let how: &Performance = case.steady.tiers.get(tier)?;
    match what {
        "rate" => Some(how.queue().arrivals()),
        "pw" => Some(how.waits()),
        "pab" => Some(how.gives_up()),
        "ew" => Some(how.mean_wait()),
        "pwT" => Some(how.wait_exceeds(case.time)),
        "occ" => Some(how.occupancy()),
        _ => None,
    }
}

pub(super) fn multistage(table: &Table, cases: &Cases, comparison: &mut Comparison) {
    each(table, comparison, |row, comparison| {
        let (name, what) = (row.text("case"), row.text("metric"));
        let case = match cases.get(name) {
            Some(Ok(case)) => case,
            Some(Err(_)) => return Err(format!("{}: its case cannot be computed", row.name())),
            None => {
                let said = "is in no file of the form multistage_cases; put that file beside this one";
                return Err(format!("{}: the case `{name}` {said}", row.name()));
            }
        };
        let Some(got) = metric(case, what) else {
            comparison.note(format!("the metric `{what}` is not known, and is not compared"));
            return Ok(());
        };
        comparison.exact(row, "fixed_point_or_exact", got);
        let simulated = [("ciw_mean", "ciw_hw95"), ("minides_mean", "minides_hw95")];
        for (middle, half) in simulated {
            match case.simulated() {
                None if case.network.is_none() => comparison.interval(row, (middle, half), 0.0, got),
                None => comparison.fault(format!("{}: its case cannot be played", row.name())),
                Some(simulated) => {
                    if let Some(played) = played(simulated, what).filter(|_| !row.text(middle).is_empty()) {
                        comparison.both(row, (middle, half), played);
                    }
                }
            }
        }
        verdicts(row, comparison, got)
    });
}

/// What the file says of its own columns.
fn verdicts(row: Row<'_>, comparison: &mut Comparison, got: f64) -> Result<(), String> {
    let of = |column: &str| row.optional(column);
    let (ciw, ciw_half) = (of("ciw_mean")?, of("ciw_hw95")?);
    let (minides, minides_half) = (of("minides_mean")?, of("minides_hw95")?);
    let inside = |middle: f64, half: f64| f64::from((got - middle).abs() <= half + EXACT * middle.abs());
    if let (Some(middle), Some(half)) = (ciw, ciw_half) {
        comparison.exact_if_there(row, "inside_ci", inside(middle, half));
    }
    if let (Some(middle), Some(half)) = (minides, minides_half) {
        comparison.exact_if_there(row, "minides_inside", inside(middle, half));
    }
    if let (Some(ciw), Some(one), Some(minides), Some(other)) = (ciw, ciw_half, minides, minides_half) {
        let agree = f64::from((ciw - minides).abs() <= one.hypot(other));
        comparison.exact_if_there(row, "ciw_vs_minides_ok", agree);
    }
    Ok(())
}

pub(super) fn demand(table: &Table, _: &Cases, comparison: &mut Comparison) {
    each(table, comparison, |row, comparison| {
        let ai = Ai { containment: row.number("containment_p")?, handling: row.number("t_ai")?, concurrency: None };
        let tier = Tier {
            servers: row.small("servers")?,
            handling: 1.0 / row.number("mu")?,
            abandonment: row.number("theta")?,
            onward: 0.0,
        };
        let returns =
            Returns { contained: row.number("r_ai")?, resolved: row.number("r_h")?, gave_up: row.number("r_ab")? };
        let flow = Flow::new(ai, vec![tier], returns).map_err(of(row))?;
        let demand = Demand {
            reference_rate: row.number("lam0")?,
            reference_effort: row.number("E0")?,
            elasticity: row.number("elasticity")?,
            ai_effort: row.number("t_ai")?,
            person_effort: row.number("t_h")?,
            wait_weight: row.number("k_wait")?,
        };
        let settled = demand.settle(&flow).map_err(of(row))?;
        comparison.exact(row, "D_external", settled.steady.external);
        comparison.exact(row, "ai_rate", settled.steady.ai_rate);
        comparison.exact(row, "effort", settled.effort);
        let people = settled.steady.tiers.first();
        let people = people.ok_or_else(|| format!("{}: nobody comes to people", row.name()))?;
        comparison.exact(row, "human_rate", people.queue().arrivals());
        comparison.exact(row, "human_offered_erl", people.queue().offered());
        comparison.exact(row, "p_abandon", people.gives_up());
        comparison.exact(row, "mean_wait", people.mean_wait());
        Ok(())
    });
}
