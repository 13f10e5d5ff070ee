//! The forecast of a support's week: 77 intents over 8 weeks of half-hours.

use crate::meter;
use remit_capacity::forecast::{DemandHistory, ForecastTerms, KnownTimes, Observation, SlotClock, forecast};
use std::hint::black_box;

const INTENTS: usize = 77;
const QUEUES: usize = 3;
const WEEKS: i64 = 8;
/// Cases of a day.
const A_DAY: f64 = 25_000.0;
/// Monday, 2 March 2026, in UTC.
const BEGINS: i64 = 1_772_409_600;
/// What it may take, in seconds.
const SECONDS: f64 = 2.0;
const TIMES: u32 = 3;

/// Numbers that look random and are the same in each run, from 0 to 1.
fn mixed(n: u64) -> f64 {
    let x = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x >> 11) as f64 / (1u64 << 53) as f64
}

/// A record: two humps a day, working days above others, intents as frequent as 1/rank.
fn rows() -> Vec<Observation> {
    let ranks: f64 = (1..=INTENTS).map(|rank| 1.0 / rank as f64).sum();
    let mut rows = Vec::new();
    for slot in 0..WEEKS * 7 * 48 {
        let (day, hour) = (slot / 48, (slot % 48) as f64 / 2.0);
        let hump = |middle: f64| (-(hour - middle).powi(2) / 9.0).exp();
        let usual = if day % 7 < 5 { 1.1 } else { 0.5 };
        let shape = (0.2 + 1.9 * hump(10.0) + 1.5 * hump(15.5)) * usual * (0.85 + 0.3 * mixed(day as u64));
        for intent in 0..INTENTS {
            let chance = mixed(slot as u64 * 1_000 + intent as u64);
            let mean = A_DAY / 48.0 * shape / (intent + 1) as f64 / ranks;
            let arrived = (mean + (mean.sqrt() + 0.1 * mean) * 3.4 * (chance - 0.5)).max(0.0).round();
            if arrived == 0.0 {
                continue;
            }
            let kept = (arrived * (0.3 + 0.4 * mixed(intent as u64))).floor();
            rows.push(Observation {
                second: BEGINS + slot * 1_800,
                intent: format!("intent {intent}"),
                queue: format!("queue {}", intent % QUEUES),
                arrived,
                kept: Some(kept),
                handling_seconds: (kept < arrived).then_some(240.0 + 120.0 * chance),
                recontacts: None,
                abandoned: None,
            });
        }
    }
    rows
}

pub(crate) fn run() -> anyhow::Result<bool> {
    let rows = rows();
    println!("forecast: {INTENTS} intents, {WEEKS} weeks of half-hours, {} rows, one week ahead", rows.len());
    let threads = meter::processors().min(2);
    let before = meter::resident_mib();
    let (mut took, mut wape) = (Vec::new(), 0.0);
    for _ in 0..TIMES {
        let begun = meter::now();
        let history = DemandHistory::new(SlotClock::new("UTC", 30)?, &rows, KnownTimes::default())?;
        let made = black_box(forecast(&history, &ForecastTerms { threads, ..ForecastTerms::default() })?);
        took.push(begun.elapsed().as_secs_f64());
        wape = made.evaluation.all.wape;
    }
    let median = meter::percentile(&mut took, 0.5);
    println!(
        "  {median:.2} s with {} paths on {threads} threads (goal {SECONDS} s); WAPE {wape:.3}; memory {} MiB before, \
         {} at most",
        ForecastTerms::default().paths,
        before,
        meter::peak_mib()
    );
    Ok(median <= SECONDS)
}
