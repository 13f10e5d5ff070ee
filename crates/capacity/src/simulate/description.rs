//! A support as people write it down: queues, groups with their shifts by weekday, what is asked about and how often.
//! Minutes throughout, over a week that begins on Monday at midnight.

use super::week::{DAY, WEEK, spans};
use super::{
    draws::TimeDistribution,
    network::{
        AiOutage, AiStage, ArrivalRates, CustomerClass, Network, OnwardTransfer, ReturnShares, ServingOrder, ShiftEnd,
        ShiftStep, SimulatedQueue, StaffGroup,
    },
};
use crate::Uncomputable;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A support as it is written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// How long the intervals are that demand and figures are told in.
    #[serde(default = "half_an_hour")]
    pub interval_minutes: f64,
    /// By how much whole days differ beyond chance: a coefficient of variation.
    #[serde(default)]
    pub daily_variation: f64,
    /// What answers first, where anything does.
    #[serde(default)]
    pub ai: AiDescription,
    /// Where people are waited for.
    pub queue: Vec<QueueDescription>,
    /// Who serves them.
    pub group: Vec<GroupDescription>,
    /// What is asked about.
    pub class: Vec<ClassDescription>,
    /// Shifts that people can be given, of which a plan chooses.
    #[serde(default)]
    pub pattern: Vec<PatternDescription>,
    /// The share of paid time that is not worked.
    #[serde(default)]
    pub shrinkage: f64,
    /// What is done while the AI is gone, in this order.
    #[serde(default)]
    pub retreat: Vec<RetreatDescription>,
}

fn half_an_hour() -> f64 {
    30.0
}

/// What answers first.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AiDescription {
    /// How many it answers at the same time; any number where it is left out.
    pub at_once: Option<u32>,
    /// When it is gone, each week.
    #[serde(default)]
    pub outage: Vec<Span>,
    /// What it costs to have it asked, each time.
    #[serde(default)]
    pub cost: f64,
}

/// A part of some days of the week.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// On which days: `mon`, `mon-fri`, `sat,sun`.
    #[serde(default = "every_day")]
    pub days: String,
    /// From when, as `08:00`.
    #[serde(default = "midnight")]
    pub from: String,
    /// Until when, as `18:30`; on the next day where that is before `from`, and at midnight as `24:00`.
    #[serde(default = "next_midnight")]
    pub to: String,
}

fn every_day() -> String {
    "mon-sun".to_owned()
}

fn midnight() -> String {
    "00:00".to_owned()
}

fn next_midnight() -> String {
    "24:00".to_owned()
}

/// A queue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueDescription {
    /// Its name.
    pub name: String,
    /// Within how many minutes somebody should be served.
    pub within_minutes: f64,
    /// The share of all who come that is to be served so soon, where anything is promised.
    pub served: Option<f64>,
}

/// People who serve the same queues.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupDescription {
    /// Its name.
    pub name: String,
    /// The queues that they serve.
    pub queues: Vec<String>,
    /// Whether they serve the first of these queues first, or whoever has waited longest.
    #[serde(default)]
    pub order: OrderDescription,
    /// What their time with a customer is of what the class says.
    #[serde(default = "one")]
    pub pace: f64,
    /// The languages that they speak, by tag with a level from 1 to 5, and the skills that they have: every one as
    /// well as can be, where it is left out. Routing by a bundle alone looks at them.
    pub languages: Option<BTreeMap<String, u8>>,
    /// See there.
    pub skills: Option<BTreeMap<String, u8>>,
    /// Whether those whom they serve when a shift ends go back to their queue, rather than being served to the end.
    #[serde(default)]
    pub hands_back: bool,
    /// When how many are at work. Shifts that overlap add up.
    #[serde(default)]
    pub shift: Vec<ShiftDescription>,
    /// How busy they may be: the share of their time that they serve.
    pub occupancy: Option<f64>,
    /// What an hour of one of them costs.
    #[serde(default)]
    pub cost_an_hour: f64,
}

fn one() -> f64 {
    1.0
}

/// Whom a group serves first.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderDescription {
    /// Whoever waits in the first of its queues.
    #[default]
    Queues,
    /// Who has waited longest.
    Longest,
}

/// So many at work for a part of some days.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftDescription {
    /// On which days: `mon`, `mon-fri`, `sat,sun`.
    #[serde(default = "every_day")]
    pub days: String,
    /// From when.
    #[serde(default = "midnight")]
    pub from: String,
    /// Until when.
    #[serde(default = "next_midnight")]
    pub to: String,
    /// How many.
    pub people: u32,
    /// When some of them are away.
    #[serde(default, rename = "break")]
    pub breaks: Vec<BreakDescription>,
}

/// A break within a shift.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BreakDescription {
    /// From when.
    pub from: String,
    /// Until when.
    pub to: String,
    /// How many are away: everybody of the shift where it is left out.
    pub people: Option<u32>,
}

/// A step of what is done while the AI is gone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetreatDescription {
    /// What is done.
    pub name: String,
    /// Who are more then.
    pub group: Option<String>,
    /// By how many.
    #[serde(default)]
    pub people: u32,
    /// After how long they are there.
    #[serde(default)]
    pub after_minutes: f64,
    /// How long they stay once the AI is back.
    #[serde(default = "an_hour")]
    pub stays_minutes: f64,
    /// What customers hear from then on.
    pub says: Option<String>,
}

fn an_hour() -> f64 {
    60.0
}

/// A shift that people can be given, on each of its days by itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternDescription {
    /// Its name.
    pub name: String,
    /// Who can be given it: everybody where it is left out.
    pub group: Option<String>,
    /// On which days: `mon`, `mon-fri`, `sat,sun`.
    #[serde(default = "every_day")]
    pub days: String,
    /// From when.
    pub from: String,
    /// Until when.
    pub to: String,
    /// When whoever has it is away.
    #[serde(default, rename = "break")]
    pub breaks: Vec<PauseDescription>,
}

/// A part of a shift in which whoever has it does not work.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseDescription {
    /// From when.
    pub from: String,
    /// Until when.
    pub to: String,
    /// How long it is, at any time between both that a plan chooses; all of it where it is left out.
    pub minutes: Option<f64>,
}

/// Customers who ask about the same thing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassDescription {
    /// Its name.
    pub name: String,
    /// Where they wait for people.
    pub queue: String,
    /// Who goes before whom there: 0 first.
    #[serde(default)]
    pub priority: usize,
    /// The share that AI keeps to the end; no AI is asked where it is left out.
    pub contained: Option<f64>,
    /// How long AI takes with one.
    #[serde(default)]
    pub ai_minutes: f64,
    /// How long people take with one.
    pub handling: TimeDescription,
    /// How long they wait before they give up, in the mean of an exponential patience; for ever where it is left out.
    pub patience_minutes: Option<f64>,
    /// What goes on to other people after that.
    pub transfer: Option<TransferDescription>,
    /// Who comes back.
    pub returns: Option<ReturnsDescription>,
    /// How often they ask.
    pub demand: Vec<DemandDescription>,
    /// Over which channel they ask. Routing by a bundle alone looks at it, and at signals.
    #[serde(default = "chat")]
    pub channel: String,
    /// What a bundle's signals are of what they ask.
    #[serde(default)]
    pub signals: BTreeMap<String, SignalDescription>,
}

fn chat() -> String {
    "chat".to_owned()
}

/// What a signal is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum SignalDescription {
    /// True or false.
    Bool(bool),
    /// A number.
    Long(i64),
    /// A name of its vocabulary.
    Name(String),
    /// One of these, each as often.
    OneOf(Vec<String>),
}

/// How long something takes.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeDescription {
    /// The mean.
    pub minutes: f64,
    /// The coefficient of variation of a lognormal; exponential where it is left out, always as long where it is 0.
    pub variation: Option<f64>,
}

impl TimeDescription {
    fn duration(self) -> TimeDistribution {
        match self.variation {
            None => TimeDistribution::Exponential(self.minutes),
            Some(0.0) => TimeDistribution::Constant(self.minutes),
            Some(variation) => TimeDistribution::LogNormal(self.minutes, variation),
        }
    }
}

/// A part that goes on to other people.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferDescription {
    /// Which share.
    pub share: f64,
    /// To which queue.
    pub queue: String,
    /// How long people take with one there.
    pub handling: TimeDescription,
}

/// Who comes back.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnsDescription {
    /// The share of those whom AI kept.
    #[serde(default)]
    pub after_ai: f64,
    /// The share of those whom people served.
    #[serde(default)]
    pub after_people: f64,
    /// The share of those who gave up.
    #[serde(default)]
    pub after_giving_up: f64,
    /// After how long, in the mean of an exponential delay.
    pub delay_minutes: f64,
}

/// So many an hour for a part of some days. What overlaps adds up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemandDescription {
    /// On which days: `mon`, `mon-fri`, `sat,sun`.
    #[serde(default = "every_day")]
    pub days: String,
    /// From when.
    #[serde(default = "midnight")]
    pub from: String,
    /// Until when.
    #[serde(default = "next_midnight")]
    pub to: String,
    /// How many an hour.
    pub an_hour: f64,
}

impl Description {
    /// The network over so many weeks.
    ///
    /// # Errors
    /// When something named is not there, or is no day or no time.
    pub fn network(&self, weeks: u32) -> Result<Network, Uncomputable> {
        let slots = WEEK / self.interval_minutes;
        if !(self.interval_minutes >= 1.0 && slots.fract() == 0.0 && (DAY / self.interval_minutes).fract() == 0.0) {
            let what =
                format!("interval_minutes is {}; it must divide a day, as 15, 30 and 60 do", self.interval_minutes);
            return Err(Uncomputable::Impossible(what));
        }
        let slots = slots as usize;
        let queue = |name: &str, whose: &str| {
            let at = self.queue.iter().position(|queue| queue.name == name);
            at.ok_or_else(|| {
                let names: Vec<&str> = self.queue.iter().map(|queue| queue.name.as_str()).collect();
                let what =
                    format!("{whose} names the queue `{name}`, which is not there; there are {}", names.join(", "));
                Uncomputable::Impossible(what)
            })
        };
        let mut rates = vec![vec![0.0; self.class.len()]; slots];
        let mut classes = Vec::new();
        for (number, class) in self.class.iter().enumerate() {
            for demand in &class.demand {
                let whose = format!("the demand of class `{}`", class.name);
                for (from, to) in spans(&demand.days, &demand.from, &demand.to, &whose)? {
                    for (slot, rates) in rates.iter_mut().enumerate() {
                        let begins = slot as f64 * self.interval_minutes;
                        let overlap = to.min(begins + self.interval_minutes) - from.max(begins);
                        if let Some(rate) = rates.get_mut(number).filter(|_| overlap > 0.0) {
                            *rate += demand.an_hour / 60.0 * overlap / self.interval_minutes;
                        }
                    }
                }
            }
            let whose = format!("class `{}`", class.name);
            let transfer = class.transfer.as_ref().map(|transfer| {
                let queue = queue(&transfer.queue, &whose)?;
                Ok::<_, Uncomputable>(OnwardTransfer {
                    share: transfer.share,
                    queue,
                    handling: transfer.handling.duration(),
                })
            });
            let returns = class.returns.map_or(ReturnShares::NEVER, |returns| ReturnShares {
                after_ai: returns.after_ai,
                after_people: returns.after_people,
                after_giving_up: returns.after_giving_up,
                delay: TimeDistribution::Exponential(returns.delay_minutes),
            });
            classes.push(CustomerClass {
                ai_first: class.contained.is_some(),
                contained: class.contained.unwrap_or(0.0),
                ai_time: TimeDistribution::Exponential(class.ai_minutes),
                queue: queue(&class.queue, &whose)?,
                priority: class.priority,
                patience: class.patience_minutes.map_or(TimeDistribution::Never, TimeDistribution::Exponential),
                handling: class.handling.duration(),
                transfer: transfer.transpose()?,
                returns,
            });
        }
        let mut outages = Vec::new();
        for span in &self.ai.outage {
            for (from, to) in spans(&span.days, &span.from, &span.to, "an outage of the AI")? {
                let week = |week: u32| f64::from(week) * WEEK;
                outages.extend((0..weeks).map(|at| AiOutage { from: week(at) + from, to: week(at) + to }));
            }
        }
        let groups = self.group.iter().map(|group| {
            let whose = format!("group `{}`", group.name);
            let queues = group.queues.iter().map(|name| queue(name, &whose)).collect::<Result<_, _>>()?;
            let order = match group.order {
                OrderDescription::Queues => ServingOrder::Queues,
                OrderDescription::Longest => ServingOrder::Longest,
            };
            let at_end = if group.hands_back { ShiftEnd::HandBack } else { ShiftEnd::Finish };
            Ok(StaffGroup { shifts: group.steps()?, period: Some(WEEK), queues, order, pace: group.pace, at_end })
        });
        Ok(Network {
            arrivals: ArrivalRates {
                slot: self.interval_minutes,
                rates,
                daily_variation: self.daily_variation,
                slots_a_day: (DAY / self.interval_minutes) as usize,
                is_counted: false,
            },
            classes,
            ai: AiStage { at_once: self.ai.at_once, outages },
            queues: self.queue.iter().map(|queue| SimulatedQueue { threshold: queue.within_minutes }).collect(),
            groups: groups.collect::<Result<_, Uncomputable>>()?,
        })
    }
}

impl GroupDescription {
    /// How many are at work, whenever that changes.
    fn steps(&self) -> Result<Vec<ShiftStep>, Uncomputable> {
        let whose = format!("a shift of group `{}`", self.name);
        let mut changes: Vec<(f64, i64)> = vec![(0.0, 0)];
        for shift in &self.shift {
            for (from, to) in spans(&shift.days, &shift.from, &shift.to, &whose)? {
                changes.extend([(from, i64::from(shift.people)), (to, -i64::from(shift.people))]);
            }
            for pause in &shift.breaks {
                let away = i64::from(pause.people.unwrap_or(shift.people));
                if away > i64::from(shift.people) {
                    let what = format!("{whose} has {} people, and {away} in a break", shift.people);
                    return Err(Uncomputable::Impossible(what));
                }
                for (from, to) in spans(&shift.days, &pause.from, &pause.to, &whose)? {
                    changes.extend([(from, -away), (to, away)]);
                }
            }
        }
        changes.retain(|(at, _)| *at < WEEK);
        changes.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (mut steps, mut people) = (Vec::<ShiftStep>::new(), 0);
        for (at, change) in changes {
            people += change;
            let now = u32::try_from(people.max(0)).unwrap_or(u32::MAX);
            match steps.last_mut() {
                Some(last) if last.from >= at => last.people = now,
                _ => steps.push(ShiftStep { from: at, people: now }),
            }
        }
        Ok(steps)
    }
}
