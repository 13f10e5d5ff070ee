//! What must hold of the forecast of any record.

use super::world::World;
use proptest::prelude::*;
use remit_capacity::forecast::{
    DemandForecast, DemandHistory, ForecastTerms, Interval, KnownTimes, Observation, QueueAhead, SlotClock, forecast,
};

/// A record of hours: what came is any count or nothing, some rows are left out, and intents may begin and end.
fn records() -> impl Strategy<Value = (Vec<Observation>, KnownTimes)> {
    let row = (0u64..4, prop_oneof![3 => 0u64..6, 2 => 0u64..300, 1 => Just(1_000_000u64)], 0.0..1.0f64, 0.01..1e6f64);
    let weeks = 5usize..7;
    (weeks, proptest::collection::vec(row, 600), 0usize..3, 0usize..60, any::<bool>()).prop_map(
        |(weeks, cells, holidays, first, knows_kept)| {
            let clock = SlotClock::new("Europe/Berlin", 60).unwrap();
            let days = clock.days(jiff::civil::date(2026, 10, 1), weeks * 7).unwrap();
            let mut rows = Vec::new();
            for (number, day) in days.iter().enumerate() {
                for place in 0..day.clock_slots.len() {
                    let (intent, arrived, share, seconds) = cells[(first + number * 24 + place) % cells.len()];
                    if intent == 3 && number % 5 != 0 {
                        continue;
                    }
                    let kept = (arrived as f64 * share).floor();
                    rows.push(Observation {
                        second: day.begins + place as i64 * 3_600,
                        intent: format!("i{intent}"),
                        queue: format!("q{}", intent % 2),
                        arrived: arrived as f64,
                        kept: knows_kept.then_some(kept),
                        handling_seconds: (arrived as f64 > kept).then_some(seconds),
                        recontacts: None,
                        abandoned: None,
                    });
                }
            }
            let holidays = days.iter().step_by(9).take(holidays).map(|day| day.date).collect();
            let outages = vec![(days[3].begins, days[3].begins + 7_200)];
            (rows, KnownTimes { holidays, outages })
        },
    )
}

fn is_good(interval: &Interval) -> bool {
    let Interval { mean, low, high } = interval;
    [mean, low, high].iter().all(|value| value.is_finite() && **value >= 0.0) && low <= high
}

fn queues(made: &DemandForecast) -> impl Iterator<Item = &QueueAhead> {
    std::iter::once(&made.all).chain(&made.queues)
}

fn intervals(made: &DemandForecast) -> Vec<Interval> {
    let mut all = Vec::new();
    for queue in queues(made) {
        all.extend(queue.slots.iter().flat_map(|slot| [slot.arrived, slot.left, slot.erlangs]));
        all.extend(queue.days.iter().flat_map(|day| [day.arrived, day.left, day.ai_share, day.handling_seconds]));
    }
    all.extend(made.intents.iter().flat_map(|intent| intent.arrived.iter().copied()));
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_record_has_a_forecast_that_adds_up_or_is_refused_in_words((rows, known) in records()) {
        let clock = SlotClock::new("Europe/Berlin", 60).unwrap();
        let history = DemandHistory::new(clock, &rows, known).unwrap();
        let asked = ForecastTerms { paths: 8, ..ForecastTerms::default() };
        let made = match forecast(&history, &asked) {
            Ok(made) => made,
            Err(refused) => {
                prop_assert!(refused.to_string().len() > 30);
                return Ok(());
            }
        };
        for interval in intervals(&made) {
            prop_assert!(is_good(&interval), "{interval:?}");
        }
        for slot in queues(&made).flat_map(|queue| &queue.slots) {
            prop_assert!(slot.left.mean <= slot.arrived.mean * (1.0 + 1e-9) && slot.handling_seconds.is_finite());
        }
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * (1.0 + a.abs());
        for (at, slot) in made.all.slots.iter().enumerate() {
            let of_queues: f64 = made.queues.iter().map(|queue| queue.slots[at].arrived.mean).sum();
            let of_intents: f64 = made.intents.iter().map(|intent| intent.arrived[at].mean).sum();
            prop_assert!(near(slot.arrived.mean, of_queues) && near(of_queues, of_intents));
        }
        for path in &made.paths {
            for ((arrived, left), seconds) in path.arrived.iter().zip(&path.left).zip(&path.seconds) {
                prop_assert!(left <= arrived && seconds.is_finite() && (*seconds > 0.0) == (*left > 0.0));
            }
        }
        let wide = forecast(&history, &ForecastTerms { level: 0.97, ..asked }).unwrap();
        let narrow = forecast(&history, &ForecastTerms { level: 0.6, ..asked }).unwrap();
        for ((narrow, middle), wide) in intervals(&narrow).iter().zip(intervals(&made)).zip(intervals(&wide)) {
            prop_assert!(wide.low <= middle.low && middle.low <= narrow.low, "{narrow:?} {middle:?} {wide:?}");
            prop_assert!(wide.high >= middle.high && middle.high >= narrow.high, "{narrow:?} {middle:?} {wide:?}");
        }
    }

    #[test]
    fn any_file_is_read_or_refused(text in "(start|arrived|intent|,|\n|2026-03-30T09:30|5|-1|\"|é|\u{0}){0,60}") {
        let read = remit_capacity::forecast::read_history(&text, World::clock(), KnownTimes::default());
        if let Err(error) = read {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
