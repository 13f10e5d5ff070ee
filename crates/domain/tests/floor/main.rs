//! What the floor does and promises, from outside.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

mod promises;
mod setting;
mod stories;
