//! What another level takes: people for the busiest hour by formulas, and how it goes with them by simulation.

use crate::{
    Uncomputable,
    queue::{Level, LevelBase, Queue, Target, staffing},
    simulate::{
        AiStage, ArrivalRates, CountedWindow, CustomerClass, DescribedRouting, MeanEstimate, Network, Replications,
        ReturnShares, ServingOrder, ShiftEnd, ShiftStep, SimulatedQueue, StaffGroup, TimeDistribution, replicate,
    },
};

/// Runs that are played, and the part of each that is counted, in minutes.
const RUNS: usize = 20;
const FROM: f64 = 120.0;
const TO: f64 = 600.0;
/// Customers of a run at most: what has more is told by formulas alone.
const CUSTOMERS_MAX: f64 = 200_000.0;

/// What comes to people in the busiest hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HourLoad {
    /// Cases a minute.
    pub arrivals: f64,
    /// How long people take with one, in minutes.
    pub handling: f64,
}

/// What is promised of a queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WaitPromise {
    /// Within how many minutes somebody is served.
    pub within: f64,
    /// Of which share.
    pub share: f64,
}

/// How many people the busiest hour takes, and the share that is served within the promise with them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StaffingEffect {
    /// The fewest that keep the promise at the level of before.
    pub people: u32,
    /// The fewest that keep it at the new one.
    pub proposed: u32,
    /// At the level of before, with those of before.
    pub before: MeanEstimate,
    /// At the new one, with those of before.
    pub unchanged: MeanEstimate,
    /// At the new one, with those proposed.
    pub changed: MeanEstimate,
}

/// What a queue's busiest hour takes before and after. Each run is of ten such hours, of which the first two fill the
/// queue; the same seed gives the same numbers.
///
/// # Errors
/// When a load is none, or no number of people keeps the promise.
pub fn staffing_effect(
    before: HourLoad,
    after: HourLoad,
    promise: WaitPromise,
    seed: u64,
    threads: usize,
) -> Result<StaffingEffect, Uncomputable> {
    let level = Level { share: promise.share, within: promise.within, base: LevelBase::All };
    let target = Target { level: Some(level), ..Target::default() };
    let fewest = |load: HourLoad| {
        if load.arrivals * TO > CUSTOMERS_MAX {
            return Err(Uncomputable::Impossible(format!(
                "{:.0} cases a minute are more than are played",
                load.arrivals
            )));
        }
        Ok(staffing(&Queue::of_times(load.arrivals, load.handling, None)?, &target)?.servers)
    };
    let (people, proposed) = (fewest(before)?, fewest(after)?);
    let played = |load: HourLoad, people: u32| {
        let network = of(load, people, promise.within);
        let window = CountedWindow { from: FROM, to: TO, by_slot: false };
        let asked = Replications { count: RUNS, window, seed, threads };
        let simulated = replicate(&network, &asked, || DescribedRouting::of(&network))?;
        let level = |run: &crate::simulate::RunTally| {
            let queue = run.queues.first();
            queue.filter(|queue| queue.offered > 0).map_or(1.0, |queue| {
                // Who still waits at the end was not served in time, or not yet.
                queue.within as f64 / (queue.offered + run.unfinished) as f64
            })
        };
        Ok::<_, Uncomputable>(simulated.estimate(level))
    };
    Ok(StaffingEffect {
        people,
        proposed,
        before: played(before, people)?,
        unchanged: played(after, people)?,
        changed: played(after, proposed)?,
    })
}

/// A queue to which so many come, with so many at work.
fn of(load: HourLoad, people: u32, within: f64) -> Network {
    Network {
        arrivals: ArrivalRates::constant(vec![load.arrivals]),
        classes: vec![CustomerClass {
            ai_first: false,
            contained: 0.0,
            ai_time: TimeDistribution::Constant(0.0),
            queue: 0,
            priority: 0,
            patience: TimeDistribution::Never,
            handling: TimeDistribution::Exponential(load.handling),
            transfer: None,
            returns: ReturnShares::NEVER,
        }],
        ai: AiStage::default(),
        queues: vec![SimulatedQueue { threshold: within }],
        groups: vec![StaffGroup {
            shifts: vec![ShiftStep { from: 0.0, people }],
            period: None,
            queues: vec![0],
            order: ServingOrder::Queues,
            pace: 1.0,
            at_end: ShiftEnd::Finish,
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_come_and_more_people_keep_what_was_promised() {
        let (before, after) = (HourLoad { arrivals: 2.0, handling: 5.0 }, HourLoad { arrivals: 3.0, handling: 5.0 });
        let promise = WaitPromise { within: 3.0, share: 0.9 };
        let effect = staffing_effect(before, after, promise, 1, 2).unwrap();
        assert!(effect.people >= 11 && effect.proposed > effect.people, "{effect:?}");
        assert!(effect.before.mean > 0.85 && effect.changed.mean > 0.85, "{effect:?}");
        assert!(effect.unchanged.mean < 0.5 && effect.unchanged.half_width.is_finite(), "{effect:?}");
        assert_eq!(staffing_effect(before, after, promise, 1, 1).unwrap(), effect);
        let none = HourLoad { arrivals: 0.0, handling: 5.0 };
        assert!(staffing_effect(before, none, promise, 1, 1).is_err());
    }
}
