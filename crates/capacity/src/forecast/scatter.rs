//! What paths scatter by, from how held-out weeks scattered around what was forecast of them.

use super::{
    band::HeldOut,
    paths::Scatter,
    record::Record,
    rolling::HeldOuts,
    spread::{Spread, split},
};
use std::collections::BTreeMap;

/// What is assumed where no week could be forecast again.
const ASSUMED: Spread = Spread { week: 0.08, day: 0.08 };

/// What paths of so many weeks scatter by.
pub(super) fn scatter(record: &Record<'_>, held: &HeldOuts, weeks: usize) -> Scatter {
    let all = held.days.first().map_or(ASSUMED, |days| of_days(days, 0));
    let by_week = |days: &Vec<HeldOut>| -> Vec<Spread> { (0..weeks).map(|week| of_days(days, week)).collect() };
    let queues: Vec<Vec<Spread>> = held.days.iter().skip(1).map(by_week).collect();
    let volumes: Vec<f64> = held.days.iter().skip(1).map(|days| days.iter().map(|day| day.mean).sum()).collect();
    let whole: f64 = volumes.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let (mut apart, mut together) = (0.0, 0.0);
    for (weeks, volume) in queues.iter().zip(&volumes) {
        let spread = weeks.first().copied().unwrap_or(ASSUMED);
        let of_all = (spread.week.powi(2) + spread.day.powi(2)).sqrt() * volume / whole;
        apart += of_all * of_all;
        together += of_all;
    }
    let (variance, most) = (all.week.powi(2) + all.day.powi(2), together * together);
    let together = if most > apart + 1e-12 { ((variance - apart) / (most - apart)).clamp(0.0, 1.0) } else { 1.0 };
    let slot = held.arrived.first().map_or(0.0, |slots| beyond(slots));
    let mut intent = Vec::new();
    for slots in &held.intents {
        intent.push((beyond(slots), slots.iter().map(|slot| slot.mean).sum::<f64>()));
    }
    let weight: f64 = intent.iter().map(|(_, weight)| weight).sum();
    let mean: f64 = intent.iter().map(|(variance, weight)| variance * weight).sum::<f64>() / weight.max(1e-9);
    let mut outages: Vec<usize> = Vec::new();
    let mut before = false;
    for out in &record.history.outage {
        match (out, before) {
            (true, false) => outages.push(1),
            (true, true) => outages.iter_mut().next_back().into_iter().for_each(|length| *length += 1),
            _ => {}
        }
        before = *out;
    }
    let weeks = record.history.day_count() as f64 / super::days::WEEK as f64;
    Scatter {
        queues,
        together,
        slot: slot.sqrt().min(2.0),
        intent: (mean - slot).clamp(0.0, 4.0),
        outages_a_week: outages.len() as f64 / weeks.max(1.0),
        outage_slots: outages,
    }
}

/// The spread of days and weeks, so many weeks ahead.
fn of_days(days: &[HeldOut], week: usize) -> Spread {
    let mut forecasts: BTreeMap<usize, Vec<(f64, f64)>> = BTreeMap::new();
    for day in days.iter().filter(|day| day.mean > 1.0 && day.extra == 0.0 && day.week() == week) {
        let error = ((day.came + 0.5) / (day.mean + 0.5)).ln();
        forecasts.entry(day.origin).or_default().push((error, 1.0 / day.mean));
    }
    if forecasts.is_empty() {
        return ASSUMED;
    }
    split(&forecasts.into_values().collect::<Vec<_>>())
}

/// The relative variance of slots beside that of their day and beyond counting.
fn beyond(slots: &[HeldOut]) -> f64 {
    let mut days: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
    for slot in slots.iter().filter(|slot| slot.week() == 0) {
        let day = days.entry((slot.origin, slot.day)).or_default();
        *day = (day.0 + slot.mean, day.1 + slot.came);
    }
    let (mut variance, mut squares) = (0.0, 0.0);
    for slot in slots.iter().filter(|slot| slot.week() == 0) {
        let Some((mean, came)) = days.get(&(slot.origin, slot.day)).filter(|(mean, _)| *mean > 0.0) else { continue };
        let of_day = slot.mean * came / mean;
        // The day's own count is in it, which takes the slot's share of its day off the variance.
        let left = (1.0 - slot.mean / mean).max(0.5);
        variance += (slot.came - of_day).powi(2) / left - of_day;
        squares += of_day * of_day;
    }
    if squares > 0.0 { (variance / squares).clamp(0.0, 4.0) } else { 0.0 }
}
