//! Days of queues, counted from the record as it grows: each record is read once, some at a time on the threads for
//! long reads.

use super::{
    demand::{Counted, DemandFold, NO_QUEUE, TooMuch},
    place::before,
};
use crate::{Caller, Environment, Journal, Parts, access::reading, caller::principal::Job, refused::Refused};
use remit_capacity::{evidence::LabelledCase, rebaseline::DayCount};
use remit_domain::id::Timestamp;
use remit_store::Journal as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const HOUR_MS: i64 = 3_600_000;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
/// Days that are looked at.
const DAYS_MAX: i64 = 120;
/// Records that are read at once, and how often on one turn.
const AT_ONCE: usize = 512;
const PAGES: usize = 16;
/// By how much the clock may have been set back while records were made.
const SET_BACK_MS: i64 = HOUR_MS;

/// A day of a queue, and in which of its hours how many were left to people.
#[derive(Debug, Clone, Copy, Default)]
struct QueueDay {
    count: DayCount,
    left: [f64; 24],
}

/// The day that it is (UTC), in days since 1970.
pub fn today(environment: &Environment) -> i64 {
    environment.now().0.div_euclid(DAY_MS)
}

/// What of the record was counted so far. A process that starts begins anew.
#[derive(Debug, Default)]
pub struct DemandWatch {
    fold: Option<Reading>,
    days: BTreeMap<String, BTreeMap<i64, QueueDay>>,
    /// Days on which anything came.
    recorded: BTreeSet<i64>,
}

/// How far the record is read.
#[derive(Debug)]
struct Reading {
    at: u64,
    fold: DemandFold,
}

/// The hour of a week in which most is left to people.
#[derive(Debug, Clone, Copy)]
pub(super) struct BusiestHour {
    /// Hours since Monday at midnight.
    pub(super) hour: u32,
    /// How many, in the mean.
    pub(super) left: f64,
    /// How long people take with each of the others, in minutes, in the mean of all that time.
    pub(super) handling: Option<f64>,
}

impl DemandWatch {
    /// Reads what is new in the record, up to the beginning of a day.
    pub(super) async fn read_on(&mut self, parts: &Arc<Parts>, today: i64) -> Result<(), Refused> {
        let caller = Arc::new(Caller::system(Job::Capacity));
        let first = Timestamp((today - DAYS_MAX) * DAY_MS);
        let mut reading = match self.fold.take() {
            Some(reading) => reading,
            None => Reading {
                at: before(&parts.journal, first.plus_ms(-SET_BACK_MS)).await?,
                fold: DemandFold::new(first, Timestamp(i64::MAX), HOUR_MS).of_queues(),
            },
        };
        let newest = parts.journal.store.last_seq().await.map_err(Refused::internal)?;
        while reading.at < newest {
            let turn = async move |parts: &Parts, _: &Caller| some_of(&parts.journal, reading).await;
            reading = reading::read(parts, &caller, turn).await?;
        }
        reading.fold.forget_before(first);
        self.count(&reading.fold, today);
        self.fold = Some(reading);
        Ok(())
    }

    fn count(&mut self, fold: &DemandFold, today: i64) {
        self.days.clear();
        self.recorded.clear();
        for ((slot, queue), counted) in fold.by_queue() {
            let (day, hour) = (slot.div_euclid(DAY_MS), slot.rem_euclid(DAY_MS) / HOUR_MS);
            if day >= today {
                continue;
            }
            self.recorded.insert(day);
            if queue == NO_QUEUE {
                continue;
            }
            let of = self.days.entry(queue.to_owned()).or_default().entry(day).or_default();
            let Counted { arrived, kept_by_ai, handled_ms, recontacts, abandoned } = counted;
            let count = &mut of.count;
            count.day = day;
            count.arrived += arrived as f64;
            count.kept += kept_by_ai as f64;
            count.handled_seconds += handled_ms as f64 / 1_000.0;
            count.recontacts += recontacts as f64;
            count.abandoned += abandoned as f64;
            let hour = usize::try_from(hour).ok().and_then(|hour| of.left.get_mut(hour));
            hour.into_iter().for_each(|left| *left += (arrived - kept_by_ai) as f64);
        }
    }

    /// The queues that anything came to.
    pub(super) fn queues(&self) -> Vec<String> {
        self.days.keys().cloned().collect()
    }

    /// The days of a queue from one until before another. A day on which nothing at all is on record is a gap; the
    /// first one is not whole.
    pub(super) fn of(&self, queue: &str, from: i64, until: i64) -> Vec<DayCount> {
        let (days, first) = (self.days.get(queue), self.recorded.first().copied().unwrap_or(i64::MAX));
        let day = |day: &i64| {
            let known = days.and_then(|days| days.get(day));
            known.map_or(DayCount { day: *day, ..DayCount::default() }, |known| known.count)
        };
        self.recorded.range(from.min(until)..until).filter(|day| **day > first).map(day).collect()
    }

    /// The busiest hour of a week in a queue, by the days from one until before another.
    pub(super) fn busiest(&self, queue: &str, from: i64, until: i64) -> Option<BusiestHour> {
        let mut weeks: BTreeMap<(i64, usize), (f64, f64)> = BTreeMap::new();
        let (mut seconds, mut of) = (0.0, 0.0);
        let days = self.days.get(queue)?;
        for day in self.recorded.range(from.min(until)..until) {
            let known = days.get(day).copied().unwrap_or_default();
            (seconds, of) = (seconds + known.count.handled_seconds, of + known.count.left());
            for (hour, left) in known.left.iter().enumerate() {
                // The first of January 1970 was a Thursday.
                let (sum, count) = weeks.entry(((day + 3).rem_euclid(7), hour)).or_default();
                (*sum, *count) = (*sum + left, *count + 1.0);
            }
        }
        let mean = |(sum, count): &(f64, f64)| sum / count;
        let ((weekday, hour), of_hour) = weeks.iter().max_by(|one, other| mean(one.1).total_cmp(&mean(other.1)))?;
        let hour = u32::try_from(weekday * 24).ok()? + u32::try_from(*hour).ok()?;
        let handling = (seconds > 0.0 && of > 0.0).then(|| seconds / of / 60.0);
        Some(BusiestHour { hour, left: mean(of_hour), handling })
    }

    /// Cases of a queue that AI kept, with how sure it was and whether their customers came back.
    pub(super) fn labelled(&self, queue: &str) -> Vec<LabelledCase> {
        self.fold.as_ref().map(|reading| reading.fold.labelled(queue)).unwrap_or_default()
    }
}

/// Reads some pages.
async fn some_of(journal: &Journal, mut reading: Reading) -> Result<Reading, Refused> {
    for _ in 0..PAGES {
        let rows = journal.store.feed(reading.at, AT_ONCE).await.map_err(Refused::internal)?;
        let Some(last) = rows.last().map(|row| row.seq) else { break };
        for row in &rows {
            reading.fold.take(row).map_err(|why: TooMuch| Refused::internal(why))?;
        }
        reading.at = last;
    }
    Ok(reading)
}
