//! A floor that follows a record, beside the record: what is committed is followed late and in any order, and the
//! record decides. Stories of what happens at once, and random interleavings.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod random;
mod record;
mod stories;
