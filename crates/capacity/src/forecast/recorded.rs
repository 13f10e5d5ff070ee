//! What came, by the slots of weeks that begin on Monday.

use super::{
    days::WEEK,
    history::{DemandHistory, add, at_of},
};
use jiff::{ToSpan as _, civil::Date};

/// What an intent of a queue had.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedDemand {
    /// What was asked about.
    pub intent: String,
    /// The queue that has what the AI does not keep.
    pub queue: String,
    /// Cases by slot, from the first Monday's midnight to the last Sunday's. Of an hour that comes twice both are
    /// together, and one that is left out has nothing.
    pub arrived: Vec<f64>,
    /// The share of them that the AI kept; none where it is not known.
    pub ai_share: Option<f64>,
    /// Mean seconds that people took for each of the others; none where it is not known.
    pub handling_seconds: Option<f64>,
}

impl DemandHistory {
    /// How many minutes its slots have.
    #[must_use]
    pub fn interval_minutes(&self) -> u32 {
        self.clock.minutes()
    }

    /// The Monday with which the week of its first day begins, and what each intent had from then on.
    #[must_use]
    pub fn by_week(&self) -> Option<(Date, Vec<RecordedDemand>)> {
        let first = self.days.first()?;
        let monday = first.date.checked_sub(i64::try_from(first.weekday).ok()?.days()).ok()?;
        let a_day = self.clock.slots_a_day();
        let whole = (first.weekday + self.days.len()).div_ceil(WEEK) * WEEK * a_day;
        let of = |series: &super::IntentSeries| {
            let mut arrived = vec![0.0; whole];
            for (number, day) in self.days.iter().enumerate() {
                for (slot, clock_slot) in self.slots_of(number).zip(&day.clock_slots) {
                    let place = (first.weekday + number) * a_day + (*clock_slot).min(a_day.saturating_sub(1));
                    add(&mut arrived, place, at_of(&series.arrived, slot));
                }
            }
            let (kept, of) = (series.kept.iter().sum::<f64>(), series.kept_of.iter().sum::<f64>());
            let (seconds, cases) =
                series.handled.iter().fold((0.0, 0.0), |(seconds, cases), (more, of)| (seconds + more, cases + of));
            RecordedDemand {
                intent: series.intent.clone(),
                queue: self.queues.get(series.queue).cloned().unwrap_or_default(),
                arrived,
                ai_share: (of > 0.0).then(|| (kept / of).clamp(0.0, 1.0)),
                handling_seconds: (cases > 0.0 && seconds > 0.0).then(|| seconds / cases),
            }
        };
        Some((monday, self.series.iter().map(of).collect()))
    }
}
