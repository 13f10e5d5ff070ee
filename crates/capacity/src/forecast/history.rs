//! What came, slot by slot, by intent and queue: the record that a forecast learns from.
//!
//! A file has no row for what did not come, or it was not recorded. So: where a slot has a row of any intent, an intent
//! without one had nothing. A slot of a week that never has a row is closed. Empty slots one after the other are a
//! **gap** where the mean of all weeks has more than 12 cases in them, since by chance nothing comes in fewer than one
//! of 100,000 such runs, and all of them are where the file states zeros itself; else nothing came. On a holiday an
//! empty slot is taken for closed.

use super::days::{LocalDay, SlotClock, WEEK};
use crate::Uncomputable;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Cases expected in empty slots from which on these are a gap: e⁻¹² is below 1 in 100,000.
const GAP_EXPECTED: f64 = 12.0;
/// Slots times intents at most.
const CELLS_MAX: usize = 20_000_000;
/// Days at most: three years.
const DAYS_MAX: usize = 1_100;
/// Cases of one row at most.
const COUNT_MAX: f64 = 1e9;

/// One row: what an intent of a queue had in a slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// When it begins, in seconds since 1970.
    pub second: i64,
    /// What was asked about.
    pub intent: String,
    /// The queue that has what the AI does not keep.
    pub queue: String,
    /// Cases that came.
    pub arrived: f64,
    /// Those of them that the AI kept, where it is known.
    pub kept: Option<f64>,
    /// Mean seconds that people took for each of the others, where it is known.
    pub handling_seconds: Option<f64>,
    /// Those of them whose customer came back about the same, where it is known.
    pub recontacts: Option<f64>,
    /// Those of them who gave up waiting, where it is known.
    pub abandoned: Option<f64>,
}

/// What of the time is known besides what came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KnownTimes {
    /// Days that are unlike their weekday, past and to come.
    pub holidays: BTreeSet<Date>,
    /// When the AI was out, from a second until before another.
    pub outages: Vec<(i64, i64)>,
}

/// One intent of one queue.
#[derive(Debug, Clone)]
pub struct IntentSeries {
    /// What is asked about.
    pub intent: String,
    /// Which of the queues.
    pub queue: usize,
    /// Cases of each slot.
    pub(super) arrived: Vec<f64>,
    /// Those that the AI kept.
    pub(super) kept: Vec<f64>,
    /// Those of which it is known whether.
    pub(super) kept_of: Vec<f64>,
    /// Each day: seconds of people, and of how many cases.
    pub(super) handled: Vec<(f64, f64)>,
}

/// Counts of a day beside what they are of: those whose customers came back, and those who gave up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DayCounts {
    pub(super) recontacts: (f64, f64),
    pub(super) abandoned: (f64, f64),
}

/// The record.
#[derive(Debug, Clone)]
pub struct DemandHistory {
    pub(super) clock: SlotClock,
    pub(super) days: Vec<LocalDay>,
    /// The first slot of each day, and one more than the last.
    pub(super) bounds: Vec<usize>,
    pub(super) queues: Vec<String>,
    pub(super) series: Vec<IntentSeries>,
    pub(super) counts: Vec<DayCounts>,
    /// Slots of which nothing is known.
    pub(super) gap: Vec<bool>,
    /// Slots in which the AI was out.
    pub(super) outage: Vec<bool>,
    pub(super) known: KnownTimes,
    notes: Vec<String>,
}

impl DemandHistory {
    /// The record of rows in order of time.
    ///
    /// # Errors
    /// When there is none, one has a number out of bounds, or there are more than fit.
    pub fn new(clock: SlotClock, rows: &[Observation], known: KnownTimes) -> Result<Self, Uncomputable> {
        let too_little = || Uncomputable::TooLittle("there is no row: nothing to learn from".to_owned());
        let (first, last) = (rows.first().ok_or_else(too_little)?, rows.last().ok_or_else(too_little)?);
        if !rows.is_sorted_by_key(|row| row.second) {
            return Err(Uncomputable::Impossible("rows are not in order of time; sort them by it".to_owned()));
        }
        let (from, to) = (clock.date(first.second)?, clock.date(last.second)?);
        let count = usize::try_from(from.until(to).map_or(0, |span| span.get_days())).unwrap_or_default() + 1;
        if count > DAYS_MAX {
            return Err(Uncomputable::Impossible(format!(
                "the rows go over {count} days, from {from} to {to}, and {DAYS_MAX} are the most; leave older ones \
                 out, and look for a wrong year"
            )));
        }
        let days = clock.days(from, count)?;
        let mut bounds = vec![0];
        bounds.extend(days.iter().scan(0, |sum, day| {
            *sum += day.clock_slots.len();
            Some(*sum)
        }));
        let slots = bounds.last().copied().unwrap_or_default();
        let named: BTreeSet<(&str, &str)> = rows.iter().map(|row| (row.queue.as_str(), row.intent.as_str())).collect();
        if named.len().saturating_mul(slots) > CELLS_MAX {
            return Err(Uncomputable::Impossible(format!(
                "{} intents over {slots} slots are more than {CELLS_MAX} numbers; leave older weeks out, or take \
                 longer slots",
                named.len()
            )));
        }
        let queues: Vec<String> =
            named.iter().map(|(queue, _)| (*queue).to_owned()).collect::<BTreeSet<_>>().into_iter().collect();
        let empty = |(queue, intent): &(&str, &str)| IntentSeries {
            intent: (*intent).to_owned(),
            queue: queues.binary_search_by(|one| one.as_str().cmp(queue)).unwrap_or_default(),
            arrived: vec![0.0; slots],
            kept: vec![0.0; slots],
            kept_of: vec![0.0; slots],
            handled: vec![(0.0, 0.0); count],
        };
        let series = named.iter().map(empty).collect();
        let places: BTreeMap<(&str, &str), usize> = named.iter().enumerate().map(|(at, name)| (*name, at)).collect();
        let flags = vec![false; slots];
        let mut history = Self {
            clock,
            days,
            bounds,
            queues,
            series,
            counts: vec![DayCounts::default(); count],
            gap: flags.clone(),
            outage: flags.clone(),
            known,
            notes: Vec::new(),
        };
        let mut seen = flags;
        let mut day = 0;
        for row in rows {
            while history.days.get(day + 1).is_some_and(|next| next.begins <= row.second) {
                day += 1;
            }
            history.take(row, day, places.get(&(row.queue.as_str(), row.intent.as_str())), &mut seen)?;
        }
        history.mark_outages();
        history.mark_gaps(&seen, rows.iter().any(|row| row.arrived == 0.0));
        Ok(history)
    }

    fn take(
        &mut self,
        row: &Observation,
        day: usize,
        place: Option<&usize>,
        seen: &mut [bool],
    ) -> Result<(), Uncomputable> {
        let count = |what: &'static str, value: f64, most: f64| {
            let cure = "it must be a number from 0 on, and no more than the cases it is of (1e9 at most)";
            let is_good = value.is_finite() && (0.0..=most).contains(&value);
            if is_good { Ok(value) } else { Err(Uncomputable::Input { what, value, cure }) }
        };
        let arrived = count("how many came", row.arrived, COUNT_MAX)?;
        let kept = row.kept.map(|kept| count("what the AI kept", kept, arrived)).transpose()?;
        let left = arrived - kept.unwrap_or(0.0);
        let begins = self.days.get(day).map_or(row.second, |day| day.begins);
        let within = usize::try_from((row.second - begins) / self.clock.seconds()).unwrap_or_default();
        let at = self.bounds.get(day).copied().unwrap_or_default() + within;
        if let Some(seen) = seen.get_mut(at) {
            *seen = true;
        }
        let Some(series) = place.and_then(|place| self.series.get_mut(*place)) else { return Ok(()) };
        add(&mut series.arrived, at, arrived);
        if let Some(kept) = kept {
            add(&mut series.kept, at, kept);
            add(&mut series.kept_of, at, arrived);
        }
        if let Some(seconds) = row.handling_seconds {
            if !(seconds.is_finite() && seconds > 0.0 && seconds <= 1e6) {
                let cure = "it must be above 0 and at most 1,000,000; leave it empty where people handled none";
                return Err(Uncomputable::Input { what: "the handling time in seconds", value: seconds, cure });
            }
            if let Some((sum, of)) = series.handled.get_mut(day) {
                *sum += seconds * left;
                *of += left;
            }
        }
        if let Some(counts) = self.counts.get_mut(day) {
            if let Some(recontacts) = row.recontacts {
                counts.recontacts.0 += count("recontacts", recontacts, arrived)?;
                counts.recontacts.1 += arrived;
            }
            if let Some(abandoned) = row.abandoned {
                counts.abandoned.0 += count("those who gave up", abandoned, left)?;
                counts.abandoned.1 += left;
            }
        }
        Ok(())
    }

    fn mark_outages(&mut self) {
        let slot = self.clock.seconds();
        for (day, from) in self.days.iter().zip(&self.bounds) {
            for (place, _) in day.clock_slots.iter().enumerate() {
                let begins = day.begins + place as i64 * slot;
                let is_out = self.known.outages.iter().any(|(out, back)| *out < begins + slot && *back > begins);
                if let (true, Some(outage)) = (is_out, self.outage.get_mut(from + place)) {
                    *outage = true;
                }
            }
        }
    }

    fn mark_gaps(&mut self, seen: &[bool], states_zeros: bool) {
        let cells = WEEK * self.clock.slots_a_day();
        let total: Vec<f64> =
            (0..seen.len()).map(|at| self.series.iter().map(|one| at_of(&one.arrived, at)).sum()).collect();
        let (mut sum, mut weeks) = (vec![0.0; cells], vec![0.0; cells]);
        for (at, (day, cell)) in self.places().enumerate() {
            if !self.is_holiday(day) {
                add(&mut sum, cell, at_of(&total, at));
                add(&mut weeks, cell, 1.0);
            }
        }
        let (mut run, mut expected) = (Vec::new(), 0.0);
        let mut gaps = Vec::new();
        let mut close = |run: &mut Vec<usize>, expected: &mut f64| {
            if *expected > GAP_EXPECTED || (states_zeros && *expected > 0.0) {
                gaps.append(run);
            }
            run.clear();
            *expected = 0.0;
        };
        for (at, (day, cell)) in self.places().enumerate() {
            if seen.get(at) == Some(&true) || self.is_holiday(day) {
                close(&mut run, &mut expected);
                continue;
            }
            let mean = at_of(&sum, cell) / at_of(&weeks, cell).max(1.0);
            if mean > 0.0 {
                expected += mean;
                run.push(at);
            }
        }
        close(&mut run, &mut expected);
        for at in gaps {
            if let Some(gap) = self.gap.get_mut(at) {
                *gap = true;
            }
        }
        let closed = sum.iter().zip(&weeks).filter(|(sum, weeks)| **sum == 0.0 && **weeks > 0.0).count();
        if closed > 0 {
            self.notes.push(format!("{closed} of the {cells} slots of a week never had a case: taken for closed"));
        }
        let gaps = self.gap.iter().filter(|gap| **gap).count();
        if gaps > 0 {
            self.notes.push(format!("{gaps} slots without any row are gaps, and nothing is learned of them"));
        }
        let outages = self.outage.iter().filter(|out| **out).count();
        if outages > 0 {
            self.notes.push(format!("{outages} slots lie in outages of the AI, and demand is not learned of them"));
        }
    }

    /// The day of each slot and which slot of a week it is, in order.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        let a_day = self.clock.slots_a_day();
        self.days
            .iter()
            .enumerate()
            .flat_map(move |(number, day)| day.clock_slots.iter().map(move |slot| (number, day.weekday * a_day + slot)))
    }

    /// The slots of a day.
    pub(super) fn slots_of(&self, day: usize) -> std::ops::Range<usize> {
        let bound = |day: usize| self.bounds.get(day).copied().unwrap_or_default();
        bound(day)..bound(day + 1)
    }

    pub(super) fn is_holiday(&self, day: usize) -> bool {
        self.days.get(day).is_some_and(|day| self.known.holidays.contains(&day.date))
    }

    /// Whether a slot is learned from.
    pub(super) fn is_learned(&self, at: usize) -> bool {
        self.gap.get(at) == Some(&false) && self.outage.get(at) == Some(&false)
    }

    /// The names of the queues.
    pub fn queues(&self) -> &[String] {
        &self.queues
    }

    /// The intents.
    pub fn series(&self) -> &[IntentSeries] {
        &self.series
    }

    /// How many days it goes over.
    pub fn day_count(&self) -> usize {
        self.days.len()
    }

    /// The first day and the last.
    pub fn dates(&self) -> Option<(Date, Date)> {
        Some((self.days.first()?.date, self.days.last()?.date))
    }

    /// What was found of it: closed slots, gaps, outages.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How many slots are gaps.
    pub fn gaps(&self) -> usize {
        self.gap.iter().filter(|gap| **gap).count()
    }
}

/// A number of a list, or 0 beyond it.
pub(super) fn at_of(values: &[f64], at: usize) -> f64 {
    values.get(at).copied().unwrap_or_default()
}

/// Adds to a number of a list.
pub(super) fn add(values: &mut [f64], at: usize, more: f64) {
    if let Some(value) = values.get_mut(at) {
        *value += more;
    }
}
