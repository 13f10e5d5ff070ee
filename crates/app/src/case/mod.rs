//! What can be done to a case, and what is read of it.

pub mod action;
pub mod announce;
pub mod attachment;
pub mod automatic;
pub mod bounds;
pub mod consult;
pub mod counted;
pub mod end;
pub mod exception;
pub mod feedback;
pub mod fields;
pub mod hand_over;
pub mod keep;
pub mod merge;
pub mod open;
pub mod override_log;
pub mod query;
pub mod request;
pub mod schema;
pub mod situation;
pub mod timer;
pub mod transfer;
pub mod view;
pub mod waiting;
pub mod write;
