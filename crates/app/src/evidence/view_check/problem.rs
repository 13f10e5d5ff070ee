//! What is told of something that is kept otherwise than its records say.

use remit_ledger::verify::Problem;

/// Something kept, by kind and name, and in what way it is otherwise.
pub(super) fn kept(what: &str, which: &str, how: &str) -> Problem {
    Problem::Kept { what: what.to_owned(), which: which.to_owned(), how: how.to_owned() }
}
