//! How many people each interval of the week takes by itself.
//!
//! Each interval is taken as if it went on for ever (the stationary independent period by period approach; Green,
//! Kolesar and Soares, "Improving the SIPP approach for staffing service systems that have cyclic demands", 2001).
//! What is carried over from one interval to the next is the simulator's to see.

use crate::{
    Uncomputable,
    queue::{Level, LevelBase, Queue, Target, staffing},
    simulate::{Description, Network},
};

/// What an interval takes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct IntervalNeed {
    /// Customers who come to people in a minute.
    pub arrivals: f64,
    /// How long people take with one, in minutes.
    pub handling: f64,
    /// How many it takes.
    pub people: u32,
}

/// What each interval of the week takes of each group.
#[derive(Debug, Clone, PartialEq)]
pub struct Needs {
    /// By group, then by interval.
    pub groups: Vec<Vec<IntervalNeed>>,
}

/// What comes to a queue, summed over classes.
#[derive(Debug, Clone, Copy, Default)]
struct Load {
    arrivals: f64,
    work: f64,
    /// The sum of patience, and of those whom it is the patience of.
    patience: f64,
    patient: f64,
}

impl Needs {
    /// What a support takes. Where `ai_gone`, everything comes to people at once.
    ///
    /// # Errors
    /// When nothing is promised, a queue is served by none or several groups, or no number of people is enough.
    pub fn of(description: &Description, network: &Network, ai_gone: bool) -> Result<Self, Uncomputable> {
        let groups = network.groups.iter().zip(&description.group).map(|(group, described)| {
            let promises = promises(description, &group.queues, described.occupancy, &described.name)?;
            let interval = |rates: &Vec<f64>| {
                let load = load(network, &group.queues, rates, ai_gone);
                if load.arrivals <= 0.0 {
                    return Ok(IntervalNeed::default());
                }
                let handling = load.work / load.arrivals * group.pace;
                let patience = (load.patient > 0.0).then(|| load.patience / load.patient);
                let queue = Queue::of_times(load.arrivals, handling, patience)?;
                let each = promises.iter().map(|target| Ok(staffing(&queue, target)?.servers));
                let people = each.collect::<Result<Vec<_>, Uncomputable>>()?.into_iter().max().unwrap_or(0);
                Ok(IntervalNeed { arrivals: load.arrivals, handling, people })
            };
            network.arrivals.rates.iter().map(interval).collect()
        });
        let groups = groups.collect::<Result<_, Uncomputable>>()?;
        let orphan = (0..)
            .zip(&description.queue)
            .find(|(at, _)| network.groups.iter().filter(|group| group.queues.contains(at)).count() != 1);
        if let Some((_, queue)) = orphan {
            let what = format!("queue `{}` is planned for one group; name it in the queues of just one", queue.name);
            return Err(Uncomputable::Impossible(what));
        }
        Ok(Self { groups })
    }
}

/// What is promised in the queues of a group.
fn promises(
    description: &Description,
    queues: &[usize],
    occupancy: Option<f64>,
    group: &str,
) -> Result<Vec<Target>, Uncomputable> {
    let of = |at: &usize| {
        let queue = description.queue.get(*at)?;
        let level = Level { share: queue.served?, within: queue.within_minutes, base: LevelBase::All };
        Some(Target { level: Some(level), occupancy, ..Target::default() })
    };
    let mut promises: Vec<Target> = queues.iter().filter_map(of).collect();
    if promises.is_empty() && occupancy.is_some() {
        promises.push(Target { occupancy, ..Target::default() });
    }
    if promises.is_empty() {
        let what = format!(
            "nothing is promised that group `{group}` could keep; give one of its queues `served`, the share that is \
             to be served within its `within_minutes`, or the group an `occupancy`"
        );
        return Err(Uncomputable::TooLittle(what));
    }
    Ok(promises)
}

/// What comes to some queues at these rates, with those who come back.
fn load(network: &Network, queues: &[usize], rates: &[f64], ai_gone: bool) -> Load {
    let mut load = Load::default();
    for (class, rate) in network.classes.iter().zip(rates) {
        let kept = if class.ai_first && !ai_gone { class.contained } else { 0.0 };
        // Those who give up and come back are few where promises are kept, and are left to the simulator.
        let back = kept * class.returns.after_ai + (1.0 - kept) * class.returns.after_people;
        let to_people = rate / (1.0 - back.min(0.999)) * (1.0 - kept);
        let mut add = |arrivals: f64, minutes: f64| {
            load.arrivals += arrivals;
            load.work += arrivals * minutes;
            if class.patience.mean().is_finite() {
                load.patience += arrivals * class.patience.mean();
                load.patient += arrivals;
            }
        };
        if queues.contains(&class.queue) {
            add(to_people, class.handling.mean());
        }
        if let Some(transfer) = class.transfer.filter(|transfer| queues.contains(&transfer.queue)) {
            add(to_people * transfer.share, transfer.handling.mean());
        }
    }
    load
}
