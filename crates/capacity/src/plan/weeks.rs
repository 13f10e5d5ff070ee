//! Weeks played with what is planned, and more planned where promises are not kept often enough.

use super::{
    cover::{Cover, cover},
    needs::Needs,
};
use crate::{
    Uncomputable,
    simulate::{
        CountedWindow, DescribedRouting, Description, MeanEstimate, Network, QueueTally, Replications, ShiftStep,
        Simulated, WEEK, replicate,
    },
};

/// In which share of weeks a plan keeps promises that is made by the way, and how many are played for it.
const SURELY: f64 = 0.9;
const WEEKS: usize = 20;
/// Rounds in which more people are planned, at most.
const ROUNDS: usize = 24;
/// Of the intervals in which most are missing, one in so many gets one more in a round.
const PART: usize = 12;

/// How surely a promise is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedPromise {
    /// The queue's number.
    pub queue: usize,
    /// The share of weeks in which it was kept.
    pub kept: f64,
    /// The share that was served in time, over all weeks.
    pub level: MeanEstimate,
    /// The share that gave up.
    pub gives_up: MeanEstimate,
}

/// People for each interval of the week.
#[derive(Debug, Clone, PartialEq)]
pub struct WeekPlan {
    /// What formulas say that each interval takes.
    pub needs: Needs,
    /// How many are planned, by group and interval.
    pub people: Vec<Vec<u32>>,
    /// The shifts by which they come, where patterns are given.
    pub covers: Vec<Cover>,
    /// How surely promises are kept.
    pub promises: Vec<PlannedPromise>,
    /// The weeks that were played with it.
    pub simulated: Simulated,
    /// Whether promises are kept as surely as was asked for.
    pub reached: bool,
    /// How often more were planned than formulas say.
    pub rounds: usize,
}

/// Plans a week so that each promise is kept in so large a share of weeks, by `weeks` weeks that are played.
///
/// # Errors
/// When nothing is promised, or shifts can't cover what is needed.
pub fn planned(
    description: &Description,
    network: &Network,
    surely: f64,
    weeks: usize,
    seed: u64,
    threads: usize,
) -> Result<WeekPlan, Uncomputable> {
    let needs = Needs::of(description, network, false)?;
    let mut wanted: Vec<Vec<u32>> =
        needs.groups.iter().map(|group| group.iter().map(|need| need.people).collect()).collect();
    let asked = Replications {
        count: weeks,
        window: CountedWindow { from: WEEK, to: 2.0 * WEEK, by_slot: true },
        seed,
        threads,
    };
    let mut rounds = 0;
    loop {
        let covers = covers(description, &wanted)?;
        let people =
            if covers.is_empty() { wanted.clone() } else { covers.iter().map(|cover| cover.people.clone()).collect() };
        let staffed = staffed(network, &people);
        let simulated = replicate(&staffed, &asked, || DescribedRouting::of(&staffed))?;
        let promises = promises(description, &simulated);
        let short: Vec<usize> =
            promises.iter().filter(|promise| promise.kept < surely).map(|promise| promise.queue).collect();
        if short.is_empty() || rounds == ROUNDS {
            let reached = short.is_empty();
            return Ok(WeekPlan { needs, people, covers, promises, simulated, reached, rounds });
        }
        rounds += 1;
        for (group, (wanted, people)) in network.groups.iter().zip(wanted.iter_mut().zip(&people)) {
            let queues: Vec<usize> = group.queues.iter().copied().filter(|queue| short.contains(queue)).collect();
            if !queues.is_empty() {
                one_more(&simulated, &queues, wanted, people);
            }
        }
    }
}

/// The network with the shifts that are described, or with those of a plan where none are.
///
/// # Errors
/// As [`planned`].
pub fn with_people(
    description: &Description,
    network: &Network,
    seed: u64,
    threads: usize,
) -> Result<Network, Uncomputable> {
    if description.group.iter().any(|group| !group.shift.is_empty()) {
        return Ok(network.clone());
    }
    let plan = planned(description, network, SURELY, WEEKS, seed, threads)?;
    Ok(staffed(network, &plan.people))
}

/// The shifts of each group; none where no patterns are given.
fn covers(description: &Description, wanted: &[Vec<u32>]) -> Result<Vec<Cover>, Uncomputable> {
    if description.pattern.is_empty() {
        return Ok(Vec::new());
    }
    description.group.iter().zip(wanted).map(|(group, wanted)| cover(description, &group.name, wanted)).collect()
}

/// The network with so many at work in each interval.
pub fn staffed(network: &Network, people: &[Vec<u32>]) -> Network {
    let slot = network.arrivals.slot;
    let mut staffed = network.clone();
    for (group, people) in staffed.groups.iter_mut().zip(people) {
        group.period = Some(WEEK);
        group.shifts = (0u32..)
            .zip(people)
            .map(|(at, people)| ShiftStep { from: f64::from(at) * slot, people: *people })
            .collect();
        group.shifts.dedup_by(|next, one| next.people == one.people);
    }
    staffed
}

/// How surely each queue's promise was kept.
fn promises(description: &Description, simulated: &Simulated) -> Vec<PlannedPromise> {
    let of = |(queue, described): (usize, &crate::simulate::QueueDescription)| {
        let served = described.served?;
        let figure =
            |figure: fn(&QueueTally) -> f64| simulated.estimate(move |run| run.queues.get(queue).map_or(0.0, figure));
        let weeks = simulated.runs.len().max(1) as f64;
        let kept = simulated.runs.iter().filter(|run| {
            run.queues.get(queue).is_none_or(|tally| tally.offered == 0 || tally.service_level() >= served)
        });
        Some(PlannedPromise {
            queue,
            kept: kept.count() as f64 / weeks,
            level: figure(QueueTally::service_level),
            gives_up: figure(QueueTally::gives_up),
        })
    };
    description.queue.iter().enumerate().filter_map(of).collect()
}

/// Wants one more in the intervals in which most are not served in time.
fn one_more(simulated: &Simulated, queues: &[usize], wanted: &mut [u32], people: &[u32]) {
    let intervals = wanted.len();
    let mut late = vec![0u64; intervals];
    for run in &simulated.runs {
        for queue in queues {
            let Some(slots) = run.by_slot.get(queue * intervals..(queue + 1) * intervals) else { continue };
            for (late, slot) in late.iter_mut().zip(slots) {
                *late += slot.offered - slot.within;
            }
        }
    }
    let mut order: Vec<usize> = (0..intervals).collect();
    order.sort_by_key(|at| std::cmp::Reverse(late.get(*at).copied().unwrap_or(0)));
    let staffed = people.iter().filter(|people| **people > 0).count();
    for at in order.into_iter().take((staffed / PART).max(1)) {
        if let (Some(wanted), Some(people)) = (wanted.get_mut(at), people.get(at)) {
            *wanted = (*wanted).max(*people) + 1;
        }
    }
}
