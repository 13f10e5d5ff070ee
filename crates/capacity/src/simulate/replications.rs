//! Runs that differ by chance alone, on several threads, and what lies in them together.

use super::{network::Network, routing::Routing, run::run, tally::RunTally, window::CountedWindow};
use crate::{Uncomputable, special::student};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

/// How a network is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replications {
    /// How often.
    pub count: usize,
    /// What is counted of each.
    pub window: CountedWindow,
    /// Of the first; each has its own.
    pub seed: u64,
    /// On how many threads at most.
    pub threads: usize,
}

/// What came of them, each by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// In the order of their seeds.
    pub runs: Vec<RunTally>,
}

/// A mean with half the width of its interval at 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanEstimate {
    /// The mean of the runs.
    pub mean: f64,
    /// Student's t, on the means of runs.
    pub half_width: f64,
}

/// The confidence of intervals, less which both sides together lie outside.
const OUTSIDE: f64 = 0.05;

impl MeanEstimate {
    /// The mean of values that are independent of one another. Of a single one there is no interval.
    fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count.max(1.0);
        if values.len() < 2 {
            return Self { mean, half_width: f64::INFINITY };
        }
        let apart: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let free = count - 1.0;
        Self { mean, half_width: student(free, OUTSIDE) * (apart / free / count).sqrt() }
    }
}

/// Runs a network several times. `routing` makes what decides where visits of a run begin.
///
/// # Errors
/// When the network is out of bounds.
pub fn replicate<R: Routing>(
    network: &Network,
    asked: &Replications,
    routing: impl Fn() -> R + Sync,
) -> Result<Simulated, Uncomputable> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(vec![None; asked.count]);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= asked.count {
                break;
            }
            let seed = asked.seed.wrapping_add((number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let ran = run(network, &mut routing(), asked.window, seed);
            if let Some(place) = done.lock().unwrap_or_else(PoisonError::into_inner).get_mut(number) {
                *place = Some(ran);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..asked.threads.clamp(1, asked.count.max(1)) {
            scope.spawn(work);
        }
        work();
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let runs = done.into_iter().flatten().collect::<Result<Vec<_>, _>>()?;
    Ok(Simulated { runs })
}

impl Simulated {
    /// What a figure is over the runs.
    #[must_use]
    pub fn estimate(&self, figure: impl Fn(&RunTally) -> f64) -> MeanEstimate {
        MeanEstimate::of(&self.runs.iter().map(figure).collect::<Vec<_>>())
    }

    /// How much more a figure is of another one: of runs with the same seed, which met the same customers.
    #[must_use]
    pub fn difference(&self, other: &Self, figure: impl Fn(&RunTally) -> f64) -> MeanEstimate {
        let pairs = self.runs.iter().zip(&other.runs);
        MeanEstimate::of(&pairs.map(|(one, other)| figure(other) - figure(one)).collect::<Vec<_>>())
    }
}
