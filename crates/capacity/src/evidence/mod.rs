//! What outcomes and volumes show, whenever one looks: sequential tests, intervals and thresholds with a guarantee.
//!
//! That an AI responder must stop is decided by `breaker` of the crate `domain`, which counts outcomes in whole numbers
//! and computes the same e-process of these counts, so that a decision on record is taken again from them alone. It is
//! [`BadShare`] here that says what else a sequence shows: the change detectors look at its order, which counts do not
//! have. Both are held against the same reference values.

mod binomial;
mod drift;
mod e_process;
mod threshold;

pub use binomial::{at_most, confidence_sequence, lower_bound, upper_bound};
pub use drift::{Alarm, Drift};
pub use e_process::{BadShare, SequentialEvidence, TIMES_TOLERATED};
pub use threshold::{Chosen, Guarantee, LabelledCase, ThresholdCost, UnitCosts, costs, learn_then_test};
