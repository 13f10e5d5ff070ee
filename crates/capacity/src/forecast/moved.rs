//! What no longer follows its baseline: since when, and how sure that is.
//!
//! A baseline is learned from four weeks: the mean, for volumes by weekday, and how days scatter around it beyond
//! chance. From there on the days are watched by [`Drift`], which may be looked at every day. After an alarm the
//! baseline is learned anew from the days since the change, and watched on. Holidays, days with gaps and days with
//! outages of the AI are not looked at.

use super::{
    baseline::{BASELINE, DayBaseline, Nature, Watched},
    record::Record,
};
use crate::{Uncomputable, evidence::Drift};
use serde::Serialize;

/// Something that moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftFound {
    /// What.
    pub what: &'static str,
    /// Whether it went up.
    pub is_up: bool,
    /// Its first day at the new level, most likely.
    pub since: String,
    /// The day after which it was sure.
    pub found: String,
    /// Without a change, evidence as strong comes once in so many days in the mean, at most.
    pub once_in_days: f64,
    /// What it was before: a day's mean, or a share.
    pub before: f64,
    /// What it has been since, over four weeks at most.
    pub after: f64,
}

/// Everything that moved, in order of when.
pub(super) fn moved(record: &Record<'_>) -> Result<Vec<DriftFound>, Uncomputable> {
    let history = record.history;
    let whole: Vec<usize> = (0..history.day_count())
        .filter(|day| !history.is_holiday(*day) && history.slots_of(*day).all(|at| history.is_learned(at)))
        .collect();
    let watch = |(what, nature): (&'static str, Nature), counted: &dyn Fn(usize) -> (f64, f64)| {
        let days = whole.iter().filter_map(|day| {
            let ((counted, of), weekday) = (counted(*day), history.days.get(*day)?.weekday);
            (of > 0.0).then_some(Watched { day: *day, weekday, counted, of })
        });
        watched(record, what, nature, &days.collect::<Vec<_>>())
    };
    let counts = |day: usize| history.counts.get(day).copied().unwrap_or_default();
    let handled = |day: usize| {
        let each = history.series.iter().filter_map(|series| series.handled.get(day));
        each.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    };
    let came = |day: usize| (history.slots_of(day).map(|at| record.came(at)).sum(), 1.0);
    let nature = |what, is_count, by_weekday| (what, Nature { is_count, by_weekday });
    let mut all = watch(nature("volume", true, true), &came)?;
    all.extend(watch(nature("share kept by AI", true, false), &|day| record.shares.of_day(day))?);
    all.extend(watch(nature("handling time", false, false), &handled)?);
    all.extend(watch(nature("recontacts", true, false), &|day| counts(day).recontacts)?);
    all.extend(watch(nature("abandonment", true, false), &|day| counts(day).abandoned)?);
    all.sort_by(|a, b| a.since.cmp(&b.since));
    Ok(all)
}

fn watched(
    record: &Record<'_>,
    what: &'static str,
    nature: Nature,
    days: &[Watched],
) -> Result<Vec<DriftFound>, Uncomputable> {
    let mut all = Vec::new();
    let mut rest = days;
    while let Some((learned, after)) = rest.split_at_checked(BASELINE) {
        let Some(baseline) = DayBaseline::new(nature, learned) else { return Ok(all) };
        let mut drift = Drift::new(baseline.spread, Drift::SHIFT, Drift::ALARM_DAYS)?;
        let mut found = None;
        let mut seen = Vec::new();
        for day in after {
            let (counted, expected) = baseline.expected(nature, day);
            if expected < 0.5 {
                continue;
            }
            seen.push(day.day);
            if let Some(alarm) = drift.observe(counted, expected)? {
                found = Some((alarm, day.day));
                break;
            }
        }
        let Some((alarm, found)) = found else { return Ok(all) };
        let first = usize::try_from(alarm.since_day).unwrap_or(1).saturating_sub(1);
        let since = seen.get(first).copied().unwrap_or(found);
        let now: Vec<Watched> = after.iter().filter(|day| day.day >= since).copied().collect();
        let (mut came, mut expected) = (0.0, 0.0);
        for day in now.iter().take(BASELINE) {
            let (counted, usual) = baseline.expected(nature, day);
            (came, expected) = (came + counted, expected + usual);
        }
        let date = |day: usize| record.history.days.get(day).map(|day| day.date.to_string());
        if let (Some(since), Some(found)) = (date(since), date(found)) {
            all.push(DriftFound {
                what,
                is_up: alarm.is_up,
                since,
                found,
                once_in_days: alarm.evidence.exp().min(1e12),
                before: baseline.rate,
                after: baseline.rate * came / expected.max(f64::MIN_POSITIVE),
            });
        }
        rest = after.get(after.len() - now.len()..).unwrap_or_default();
    }
    Ok(all)
}
