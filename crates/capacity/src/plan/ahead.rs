//! A week that a forecast says, in the place of what a support describes.
//!
//! Of each class what comes, the share that AI keeps and how long people take are the forecast's; patience, priorities,
//! who goes on to other people, shifts and promises stay as they are described. Who comes back is among what was
//! counted as coming, so that nobody is sent back once more.

use crate::{
    Uncomputable,
    forecast::{DemandForecast, IntentAhead, Interval, Path, QueueAhead},
    simulate::{DAYS, Description, Network, ReturnShares, TimeDistribution, minute_of_week},
};
use serde::Serialize;

/// What a forecast gave of a queue for the first week ahead, each with its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QueueWeek {
    /// Its name.
    pub queue: String,
    /// Cases that come.
    pub arrived: Interval,
    /// The share that AI keeps.
    pub ai_share: Interval,
    /// Mean seconds that people take for each of the others; none where nothing is left to them.
    pub handling_seconds: Option<Interval>,
}

/// Puts the first week of a forecast into a network, and says what it gave.
///
/// # Errors
/// When slots are of another length than the description's intervals, or the record has queues and intents that it has
/// no class for.
pub fn with_week_ahead(
    description: &Description,
    network: &mut Network,
    ahead: &DemandForecast,
) -> Result<Vec<QueueWeek>, Uncomputable> {
    if f64::from(ahead.interval_minutes) != description.interval_minutes {
        return Err(Uncomputable::Impossible(format!(
            "the record has slots of {} minutes, and interval_minutes is {}; make both the same",
            ahead.interval_minutes, description.interval_minutes
        )));
    }
    let minutes = f64::from(ahead.interval_minutes);
    let places = places(&ahead.all, minutes, network.arrivals.rates.len())?;
    let classes = classes(description, ahead)?;
    for (number, intents) in &classes {
        for rates in &mut network.arrivals.rates {
            rates.get_mut(*number).into_iter().for_each(|rate| *rate = 0.0);
        }
        let (mut came, mut left, mut seconds) = (0.0, 0.0, 0.0);
        for intent in intents {
            for (place, slot) in places.iter().zip(&intent.arrived) {
                let rate = network.arrivals.rates.get_mut(*place).and_then(|rates| rates.get_mut(*number));
                rate.into_iter().for_each(|rate| *rate += slot.mean / minutes);
                came += slot.mean;
                left += slot.mean * (1.0 - intent.ai_share);
                seconds += slot.mean * (1.0 - intent.ai_share) * intent.handling_seconds;
            }
        }
        let Some(class) = network.classes.get_mut(*number) else { continue };
        class.returns = ReturnShares::NEVER;
        if came > 0.0 {
            class.contained = (1.0 - left / came).clamp(0.0, 1.0);
            class.ai_first = class.contained > 0.0;
        }
        if left > 0.0 && seconds > 0.0 {
            class.handling = lasting(class.handling, seconds / left / 60.0);
        }
    }
    Ok(ahead.queues.iter().enumerate().map(|(at, queue)| week(at, queue, ahead)).collect())
}

/// Where each slot of the first week ahead lies in a week that begins on Monday.
fn places(all: &QueueAhead, minutes: f64, slots: usize) -> Result<Vec<usize>, Uncomputable> {
    let place = |begins: &str| {
        let (date, time) = begins.split_once('T')?;
        let date: jiff::civil::Date = date.parse().ok()?;
        let day = DAYS.get(usize::try_from(date.weekday().to_monday_zero_offset()).ok()?)?;
        let minute = minute_of_week(&format!("{day} {}", time.get(..5)?)).ok()?;
        Some(((minute / minutes) as usize).min(slots.saturating_sub(1)))
    };
    let week = all.days.iter().take(7).map(|day| day.date.as_str()).collect::<Vec<_>>();
    let within = all.slots.iter().take_while(|slot| week.iter().any(|date| slot.begins.starts_with(date)));
    let placed: Option<Vec<usize>> = within.map(|slot| place(&slot.begins)).collect();
    placed.ok_or_else(|| Uncomputable::Impossible("a slot of the forecast begins at no time of a week".to_owned()))
}

/// The classes that the record has, each with the intents that are its.
fn classes<'a>(
    description: &Description,
    ahead: &'a DemandForecast,
) -> Result<Vec<(usize, Vec<&'a IntentAhead>)>, Uncomputable> {
    let mut classes: Vec<(usize, Vec<&IntentAhead>)> = Vec::new();
    for intent in &ahead.intents {
        let number = class_of(description, &intent.intent, &intent.queue)?;
        match classes.iter_mut().find(|(known, _)| *known == number) {
            Some((_, intents)) => intents.push(intent),
            None => classes.push((number, vec![intent])),
        }
    }
    Ok(classes)
}

/// The class that an intent of a queue is of: the one of the queue that is called as it is, or the only one.
pub(super) fn class_of(description: &Description, intent: &str, queue: &str) -> Result<usize, Uncomputable> {
    let of_queue = || description.class.iter().enumerate().filter(|(_, class)| class.queue == queue);
    let named = of_queue().find(|(_, class)| class.name == intent);
    let only = of_queue().next().filter(|_| of_queue().count() == 1);
    named.or(only).map(|(number, _)| number).ok_or_else(|| {
        let names: Vec<&str> = of_queue().map(|(_, class)| class.name.as_str()).collect();
        Uncomputable::Impossible(if names.is_empty() {
            format!(
                "the record has the queue `{queue}`, which no class waits in; describe one, or leave it out of the \
                 record"
            )
        } else {
            format!(
                "the record has the intent `{intent}` in the queue `{queue}`, whose classes are {}; call classes as \
                 intents are called, or describe one class for the queue",
                names.join(", ")
            )
        })
    })
}

/// A time as it scatters, with another mean in minutes.
pub(super) fn lasting(time: TimeDistribution, mean: f64) -> TimeDistribution {
    match time {
        TimeDistribution::Exponential(_) => TimeDistribution::Exponential(mean),
        TimeDistribution::LogNormal(_, variation) => TimeDistribution::LogNormal(mean, variation),
        TimeDistribution::Gamma(_, variation) => TimeDistribution::Gamma(mean, variation),
        TimeDistribution::Constant(_) => TimeDistribution::Constant(mean),
        TimeDistribution::Never => TimeDistribution::Never,
    }
}

/// What a queue has in the first week, by the paths.
fn week(at: usize, queue: &QueueAhead, ahead: &DemandForecast) -> QueueWeek {
    let slots = slots_of_week(queue);
    let whole = ahead.all.slots.len();
    let sum = |values: &[f32]| -> f64 {
        values.get(at * whole..at * whole + slots).unwrap_or_default().iter().map(|value| f64::from(*value)).sum()
    };
    let (mut came, mut left, mut seconds) = (0.0, 0.0, 0.0);
    for slot in queue.slots.iter().take(slots) {
        came += slot.arrived.mean;
        left += slot.left.mean;
        seconds += slot.left.mean * slot.handling_seconds;
    }
    let interval = |mean: f64, of: &dyn Fn(&Path) -> f64| {
        let mut values: Vec<f64> = ahead.paths.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let end = |share: f64| {
            let last = values.len().saturating_sub(1) as f64;
            values.get((share * last).round() as usize).copied().unwrap_or(mean)
        };
        let outside = (1.0 - ahead.level) / 2.0;
        Interval { mean, low: end(outside), high: end(1.0 - outside) }
    };
    let share = |came: f64, left: f64| if came > 0.0 { 1.0 - left / came } else { 0.0 };
    let each = |left: f64, seconds: f64| if left > 0.0 { seconds / left } else { 0.0 };
    QueueWeek {
        queue: queue.queue.clone().unwrap_or_default(),
        arrived: interval(came, &|path| sum(&path.arrived)),
        ai_share: interval(share(came, left), &|path| share(sum(&path.arrived), sum(&path.left))),
        handling_seconds: (left > 0.0 && seconds > 0.0)
            .then(|| interval(each(left, seconds), &|path| each(sum(&path.left), sum(&path.seconds)))),
    }
}

/// How many slots the first seven days have.
fn slots_of_week(queue: &QueueAhead) -> usize {
    let of_week = |begins: &str| queue.days.iter().take(7).any(|day| begins.starts_with(&day.date));
    queue.slots.iter().take_while(|slot| of_week(&slot.begins)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{ForecastTerms, KnownTimes, SlotClock, forecast, read_history};
    use std::fmt::Write as _;

    const SUPPORT: &str = r#"
        interval_minutes = 60
        [[queue]]
        name = "desk"
        within_minutes = 5
        served = 0.8
        [[queue]]
        name = "loans"
        within_minutes = 5
        served = 0.8
        [[group]]
        name = "people"
        queues = ["desk", "loans"]
        [[class]]
        name = "anything"
        queue = "desk"
        contained = 0.9
        handling = { minutes = 30, variation = 0.5 }
        returns = { after_people = 0.5, delay_minutes = 60 }
        [[class.demand]]
        an_hour = 1000
        [[class]]
        name = "loans"
        queue = "loans"
        handling = { minutes = 7 }
        [[class.demand]]
        an_hour = 3
    "#;

    /// Six weeks from Monday on: two intents of one desk from 8 to 18, of which AI keeps a quarter; more on Mondays.
    fn record() -> DemandForecast {
        let mut text = String::from("start,intent,queue,arrived,kept_by_ai,handling_seconds\n");
        for day in 0..42 {
            let date = jiff::civil::date(2026, 2, 2).checked_add(jiff::Span::new().days(day)).unwrap();
            for hour in 8..18 {
                for (intent, usual) in [("cards", 40), ("letters", 20)] {
                    let came = usual + (day * 5 + hour * 3) % 3 * 4 + if day % 7 == 0 { 20 } else { 0 };
                    writeln!(text, "{date}T{hour:02}:00,{intent},desk,{came},{},300", came / 4).unwrap();
                }
            }
        }
        let clock = SlotClock::new("UTC", 60).unwrap();
        let history = read_history(&text, clock, KnownTimes::default()).unwrap();
        forecast(&history, &ForecastTerms { paths: 40, ..ForecastTerms::default() }).unwrap()
    }

    #[test]
    fn what_the_record_has_is_taken_from_it_and_the_rest_stays_as_it_is_described() {
        let description: Description = toml::from_str(SUPPORT).unwrap();
        let mut network = description.network(1).unwrap();
        let ahead = record();
        let weeks = with_week_ahead(&description, &mut network, &ahead).unwrap();
        let rate = |slot: usize, class: usize| network.arrivals.rates[slot][class];
        // Monday at 9, Tuesday at 9, and a night.
        let (monday, tuesday) = (rate(9, 0) * 60.0, rate(33, 0) * 60.0);
        assert!((90.0..130.0).contains(&monday) && (58.0..80.0).contains(&tuesday), "{monday} {tuesday}");
        assert_eq!(rate(3, 0), 0.0);
        let [desk, loans] = network.classes.as_slice() else { panic!("two classes") };
        assert!((desk.contained - 0.25).abs() < 0.03 && desk.ai_first, "{}", desk.contained);
        let TimeDistribution::LogNormal(minutes, variation) = desk.handling else { panic!("{:?}", desk.handling) };
        assert!((minutes - 5.0).abs() < 0.3 && variation == 0.5, "{minutes}");
        assert_eq!(desk.returns, ReturnShares::NEVER);
        // Of loans the record has nothing.
        assert_eq!((loans.handling, rate(9, 1)), (TimeDistribution::Exponential(7.0), 3.0 / 60.0));
        let [week] = weeks.as_slice() else { panic!("{weeks:?}") };
        let total: f64 = network.arrivals.rates.iter().map(|rates| rates[0] * 60.0).sum();
        assert!((week.arrived.mean - total).abs() < 1e-6 * total, "{week:?}");
        assert!(week.arrived.low < week.arrived.mean && week.arrived.mean < week.arrived.high, "{week:?}");
        assert!(week.ai_share.low <= week.ai_share.mean && week.ai_share.mean <= week.ai_share.high, "{week:?}");
    }

    #[test]
    fn what_has_no_place_is_refused_with_what_to_do() {
        let ahead = record();
        for (from, to, says) in [
            ("interval_minutes = 60", "interval_minutes = 30", "slots of 60 minutes"),
            ("queue = \"desk\"\n        contained", "queue = \"loans\"\n        contained", "no class waits in"),
            (
                "name = \"loans\"\n        queue = \"loans\"\n        handling",
                "name = \"loans\"\n        queue = \"desk\"\n        handling",
                "whose classes are anything, loans",
            ),
        ] {
            assert!(SUPPORT.contains(from), "{from}");
            let description: Description = toml::from_str(&SUPPORT.replace(from, to)).unwrap();
            let mut network = description.network(1).unwrap();
            let why = with_week_ahead(&description, &mut network, &ahead).unwrap_err().to_string();
            assert!(why.contains(says), "{why}");
        }
    }
}
