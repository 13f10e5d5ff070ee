//! Pages in a real browser, as somebody with a phone and a keyboard meets them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod chat;
mod confirm;
mod consent;
mod delegations;
mod passkeys;
mod serving;
mod sign_in;
