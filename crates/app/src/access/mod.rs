//! Who calls, and what they may.

pub mod auth;
pub mod authority;
pub mod caller;
pub mod principal;
pub mod reading;
pub mod token;
pub(crate) mod token_id;
pub mod usage;
pub mod who;
