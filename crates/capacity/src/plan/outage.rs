//! How many more it takes while the AI is gone.

use super::needs::Needs;
use crate::{
    Uncomputable,
    simulate::{Description, Network},
};

/// What it takes of a group when the AI goes at the worst hour for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutageReserve {
    /// In which interval of the week the AI goes.
    pub interval: usize,
    /// How many are planned then, where fewest are for what comes.
    pub planned: u32,
    /// How many it takes without AI.
    pub needed: u32,
    /// Customers who come to people in a minute then, and how many come without AI.
    pub arrivals: (f64, f64),
}

impl OutageReserve {
    /// How many more it takes.
    #[must_use]
    pub fn more(&self) -> u32 {
        self.needed.saturating_sub(self.planned)
    }
}

/// For each group, the interval in which an AI that is gone for so many intervals takes most people more than are
/// planned.
///
/// # Errors
/// When no number of people is enough.
pub fn outage_reserve(
    description: &Description,
    network: &Network,
    planned: &[Vec<u32>],
    intervals: usize,
) -> Result<Vec<OutageReserve>, Uncomputable> {
    let (with, without) = (Needs::of(description, network, false)?, Needs::of(description, network, true)?);
    let groups = planned.iter().zip(with.groups.iter().zip(&without.groups)).map(|(planned, (with, without))| {
        let of = |at: usize| {
            let people = planned.get(at).copied().unwrap_or(0);
            let (with, without) =
                (with.get(at).copied().unwrap_or_default(), without.get(at).copied().unwrap_or_default());
            OutageReserve {
                interval: at,
                planned: people,
                needed: without.people,
                arrivals: (with.arrivals, without.arrivals),
            }
        };
        let count = planned.len();
        // Who is called in stays until the AI is back: the most of any of its intervals is what it takes.
        let worst = |from: usize| {
            (from..from + intervals.max(1)).map(|at| of(at % count.max(1))).max_by_key(OutageReserve::more)
        };
        let all = (0..count).filter_map(worst);
        all.max_by_key(OutageReserve::more).unwrap_or(of(0))
    });
    Ok(groups.collect())
}
