//! Delegates, customers' own AI agents, and what customers grant them: registered, asked for, granted and ended;
//! tokens given out for what was granted, and whom they stand for, looked up at each call.

pub mod ask;
pub mod authorize;
pub mod backchannel;
mod claims;
pub mod code;
pub mod consent;
pub mod delegate;
pub mod exchange;
pub mod issuer;
pub mod own;
pub mod represent;
pub mod revoke;
pub mod token;
pub mod view;
mod words;
