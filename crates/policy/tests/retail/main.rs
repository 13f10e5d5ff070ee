//! The sample shop's policy held against the data that its rules were written for: what is recorded as right is
//! allowed, and what breaks a rule is refused by the rule that names it. Facts come from the sandbox, filled with the
//! real database; nothing of policy is known here beside the names of its rules.
//!
//! `REMIT_RETAIL_TASKS` and `REMIT_RETAIL_DB` name other tasks and another database of the same form.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod data;
mod judge;
mod replay;
mod violations;
