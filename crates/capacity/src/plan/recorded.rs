//! Traffic as it was recorded, in the place of what a support describes.

use super::ahead::{class_of, lasting};
use crate::{
    Uncomputable,
    forecast::DemandHistory,
    simulate::{DAYS, Description, Network, ReturnShares},
};

/// What of a record is played.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedWeeks {
    /// The Monday with which they begin.
    pub monday: String,
    /// How many there are.
    pub weeks: u32,
    /// Cases in them.
    pub cases: f64,
    /// Slots of which nothing is known, in which nothing comes.
    pub gaps: usize,
}

/// Has as many come in each slot as came by the record, at moments in it that chance chooses; AI's share and handling
/// times are its means where it has them, and the rest stays as it is described. Who came back is among those who came,
/// and is not sent back once more.
///
/// # Errors
/// When slots are of another length than the description's intervals, or the record has queues and intents that it has
/// no class for.
pub fn with_record(
    description: &Description,
    network: &mut Network,
    history: &DemandHistory,
) -> Result<RecordedWeeks, Uncomputable> {
    let minutes = description.interval_minutes;
    let (monday, demand) = history
        .by_week()
        .ok_or_else(|| Uncomputable::TooLittle("the record has no day: nothing to play".to_owned()))?;
    let slots = demand.iter().map(|one| one.arrived.len()).max().unwrap_or(0);
    let a_week = DAYS.len() * network.arrivals.slots_a_day;
    let is = history.interval_minutes();
    if f64::from(is) != minutes || slots == 0 || slots % a_week != 0 {
        let what =
            format!("the record has slots of {is} minutes, and interval_minutes is {minutes}; make both the same");
        return Err(Uncomputable::Impossible(what));
    }
    let none = vec![0.0; network.classes.len()];
    (network.arrivals.rates, network.arrivals.daily_variation) = (vec![none; slots], 0.0);
    network.arrivals.is_counted = true;
    let mut of_class = vec![Sums::default(); network.classes.len()];
    for one in &demand {
        let number = class_of(description, &one.intent, &one.queue)?;
        for (rates, came) in network.arrivals.rates.iter_mut().zip(&one.arrived) {
            rates.get_mut(number).into_iter().for_each(|rate| *rate += came / minutes);
        }
        let came: f64 = one.arrived.iter().sum();
        let Some(sums) = of_class.get_mut(number) else { continue };
        sums.came += came;
        let kept = one.ai_share.unwrap_or(0.0) * came;
        sums.known += if one.ai_share.is_some() { came } else { 0.0 };
        sums.kept += kept;
        if let Some(seconds) = one.handling_seconds {
            sums.left += came - kept;
            sums.seconds += seconds * (came - kept);
        }
    }
    for (class, sums) in network.classes.iter_mut().zip(&of_class) {
        class.returns = ReturnShares::NEVER;
        if sums.known > 0.0 {
            class.contained = (sums.kept / sums.known).clamp(0.0, 1.0);
            class.ai_first = class.contained > 0.0;
        }
        if sums.left > 0.0 {
            class.handling = lasting(class.handling, sums.seconds / sums.left / 60.0);
        }
    }
    Ok(RecordedWeeks {
        monday: monday.to_string(),
        weeks: u32::try_from(slots / a_week).unwrap_or(u32::MAX),
        cases: of_class.iter().map(|sums| sums.came).sum(),
        gaps: history.gaps(),
    })
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    came: f64,
    /// Those of which it is known whether AI kept them.
    known: f64,
    kept: f64,
    /// Those left to people whose handling time is known, and how long they took.
    left: f64,
    seconds: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        forecast::{KnownTimes, SlotClock, read_history},
        simulate::{CountedWindow, DescribedRouting, WEEK, run},
    };
    use std::fmt::Write as _;

    const SUPPORT: &str = r#"
        interval_minutes = 60
        [[queue]]
        name = "desk"
        within_minutes = 5
        [[group]]
        name = "people"
        queues = ["desk"]
        [[group.shift]]
        people = 4
        [[class]]
        name = "anything"
        queue = "desk"
        contained = 0.9
        handling = { minutes = 30, variation = 0.5 }
        returns = { after_people = 0.5, delay_minutes = 60 }
        [[class.demand]]
        an_hour = 1000
    "#;

    #[test]
    fn as_many_come_as_came_in_each_slot_and_nobody_twice() {
        // Ten days from a Wednesday on.
        let mut text = String::from("start,intent,queue,arrived,kept_by_ai,handling_seconds\n");
        let mut came = 0_u32;
        for day in 4..14 {
            for hour in [9, 10, 17] {
                let many = 2 + day * 3 % 7 + hour % 5;
                came += many;
                writeln!(text, "2026-02-{day:02}T{hour:02}:00,cards,desk,{many},{},300", many / 2).unwrap();
            }
        }
        let history = read_history(&text, SlotClock::new("UTC", 60).unwrap(), KnownTimes::default()).unwrap();
        let description: Description = toml::from_str(SUPPORT).unwrap();
        let mut network = description.network(2).unwrap();
        let recorded = with_record(&description, &mut network, &history).unwrap();
        assert_eq!((recorded.monday.as_str(), recorded.weeks, recorded.cases), ("2026-02-02", 2, f64::from(came)));
        let window = CountedWindow { from: 0.0, to: 2.0 * WEEK, by_slot: true };
        let tally = |seed| run(&network, &mut DescribedRouting::of(&network), window, seed).unwrap();
        let (one, other) = (tally(1), tally(2));
        assert_eq!(
            (one.asked, one.visits),
            (u64::from(came), u64::from(came)),
            "whatever the seed, and nobody comes back"
        );
        assert_eq!(other.asked, u64::from(came));
        assert_ne!(one, other, "when in the slot, and for how long, is chance");
        assert!((network.classes[0].contained - 0.42).abs() < 0.1 && network.classes[0].ai_first);
        let wednesday = 2 * 24 + 9;
        assert_eq!(network.arrivals.rates[wednesday][0] * 60.0, f64::from(2 + 4 * 3 % 7 + 9 % 5));
        let other: Description = toml::from_str(&SUPPORT.replace("= 60\n", "= 30\n")).unwrap();
        let why = with_record(&other, &mut other.network(1).unwrap(), &history).unwrap_err().to_string();
        assert!(why.contains("make both the same"), "{why}");
    }
}
