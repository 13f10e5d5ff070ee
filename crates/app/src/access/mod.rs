//! What who calls may: by policy, by bounds of use; and the names behind pseudonyms.

pub mod auth;
pub mod reading;
pub mod usage;
pub mod who;
