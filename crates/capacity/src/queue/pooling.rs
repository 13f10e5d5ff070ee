//! One pool of people beside several who share nothing.

use super::{
    performance::Queue,
    staffing::{Staffing, Target, staffing},
};
use crate::uncomputable::Uncomputable;

/// What the same target takes of separate queues, and of one queue of all.
#[derive(Debug, Clone)]
pub struct Pooling {
    /// What each takes for itself.
    pub separate: Vec<Staffing>,
    /// What all take together.
    pub pooled: Staffing,
    /// People whom the pool saves, as they are at work.
    pub saves: i64,
}

/// Staffs queues for themselves and as one.
///
/// The pool's mean handling time is that of its customers, each kind as often as it comes, and so is how fast they
/// give up: a mixture of exponential times is taken for one of the same mean. That everybody in the pool can serve
/// every kind, and no slower, is assumed.
///
/// # Errors
/// When there is no queue, or one of them cannot reach the target.
pub fn pooling(queues: &[Queue], target: &Target) -> Result<Pooling, Uncomputable> {
    let whole: f64 = queues.iter().map(|queue| queue.arrivals()).sum();
    if queues.is_empty() {
        return Err(Uncomputable::TooLittle("there is nothing to pool; give a queue or more".to_owned()));
    }
    let separate: Vec<Staffing> = queues.iter().map(|queue| staffing(queue, target)).collect::<Result<_, _>>()?;
    let handling: f64 = queues.iter().map(|queue| queue.arrivals() / whole / queue.service()).sum();
    let abandonment: f64 = queues.iter().map(|queue| queue.arrivals() / whole * queue.abandonment()).sum();
    let pooled = staffing(&Queue::new(whole, 1.0 / handling, abandonment)?, target)?;
    let apart: i64 = separate.iter().map(|one| i64::from(one.servers)).sum();
    let saves = apart - i64::from(pooled.servers);
    Ok(Pooling { separate, pooled, saves })
}
