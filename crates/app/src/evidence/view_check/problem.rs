//! What is told of something that is kept and follows from no record.

use remit_ledger::verify::Problem;

/// That `what` is kept under `which`, and `how` it differs.
pub(super) fn kept(what: &str, which: &str, how: &str) -> Problem {
    Problem::Kept { what: what.to_owned(), which: which.to_owned(), how: how.to_owned() }
}
