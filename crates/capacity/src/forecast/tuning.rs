//! Which memories forecast best: those with the least absolute error on weeks that were not learned from.
//!
//! One number after the other is tried, twice over, which takes 30 fits of a queue for each origin instead of the 500
//! that every combination would. A memory other than the one it begins with must be better by a margin, so that chance
//! does not choose.

use super::{
    days::WEEK,
    history::at_of,
    intents,
    profile::{self, Memory},
    record::{LEARNED_MIN, Record},
};

const LEVELS: [f64; 6] = [0.05, 0.1, 0.15, 0.2, 0.3, 0.45];
const PROFILES: [f64; 3] = [1.0, 0.9, 0.75];
const SMOOTHED: [usize; 3] = [0, 1, 2];
const DRAWN: [f64; 4] = [0.0, 0.3, 0.6, 0.9];
const SHARES: [f64; 4] = [0.02, 0.05, 0.1, 0.2];
/// Days between origins, and how far back they go.
const STEP: usize = 3;
const BACK: usize = 8 * WEEK;
/// Days learned from at least, for an origin to count.
const FIRST: usize = 2 * WEEK;
/// By which share an error must be less.
const MARGIN: f64 = 0.998;

/// The memory for forecasts from a day on.
pub(super) fn chosen(record: &Record<'_>, until: usize) -> Memory {
    let mut memory = Memory::DEFAULT;
    if until < LEARNED_MIN {
        return memory;
    }
    let mut best = error(record, until, &memory);
    let mut attempt = |memory: &mut Memory, other: Memory| {
        if other != *memory {
            let error = error(record, until, &other);
            if error < best * MARGIN {
                (best, *memory) = (error, other);
            }
        }
    };
    for _ in 0..2 {
        for level in LEVELS {
            let other = Memory { level, ..memory };
            attempt(&mut memory, other);
        }
        for smoothed in SMOOTHED {
            let other = Memory { smoothed, ..memory };
            attempt(&mut memory, other);
        }
        for drawn in DRAWN {
            let other = Memory { drawn, ..memory };
            attempt(&mut memory, other);
        }
        for profile in PROFILES {
            let other = Memory { profile, ..memory };
            attempt(&mut memory, other);
        }
    }
    if record.history.series.len() > record.queues.len() {
        let mut best = shares_error(record, until, &memory);
        for shares in SHARES {
            let other = Memory { shares, ..memory };
            let error = shares_error(record, until, &other);
            if error < best * MARGIN {
                (best, memory) = (error, other);
            }
        }
    }
    memory
}

fn origins(until: usize, step: usize) -> impl Iterator<Item = usize> {
    let last = until.saturating_sub(WEEK);
    let first = until.saturating_sub(BACK).max(FIRST);
    (first..=last).rev().step_by(step)
}

/// Absolute error of queues over the weeks after each origin.
fn error(record: &Record<'_>, until: usize, memory: &Memory) -> f64 {
    let (axis, mut sum) = (&record.axis, 0.0);
    for origin in origins(until, STEP) {
        for queue in &record.queues {
            let fit = profile::fit(queue, axis, origin, memory);
            for day in origin..origin + WEEK {
                for (at, cell) in axis.learned_of(day) {
                    sum += (at_of(&queue.arrived, at) - fit.mean(cell, axis.a_day, false)).abs();
                }
            }
        }
    }
    sum
}

/// Absolute error of what intents have of their queue over the week after each of some origins.
fn shares_error(record: &Record<'_>, until: usize, memory: &Memory) -> f64 {
    let (axis, mut sum) = (&record.axis, 0.0);
    for origin in origins(until, 2 * WEEK) {
        let fits: Vec<_> = record.queues.iter().map(|queue| profile::fit(queue, axis, origin, memory)).collect();
        let intents = intents::fit(record.history, axis, &fits, origin, memory);
        for day in origin..origin + WEEK {
            let mut of = vec![0.0; record.queues.len()];
            for (queue, of) in record.queues.iter().zip(&mut of) {
                *of = axis.learned_of(day).map(|(at, _)| at_of(&queue.arrived, at)).sum();
            }
            for (series, share) in record.history.series.iter().zip(&intents.shares) {
                let came: f64 = axis.learned_of(day).map(|(at, _)| at_of(&series.arrived, at)).sum();
                sum += (came - share * at_of(&of, series.queue)).abs();
            }
        }
    }
    sum
}
