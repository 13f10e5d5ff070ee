//! The use cases of Remit: who calls, what policy permits them, what is decided, committed and told.
//!
//! Interfaces translate requests and what comes of them; only what is here acts. Nothing here knows how it is asked or
//! answered: no addresses, headers or status codes. Time comes from `environment::clock`, randomness from
//! `environment::entropy`, and from nowhere else.

pub mod access;
pub mod agent;
pub mod ai;
pub mod authzen;
pub mod boot;
pub mod bounds;
pub mod bundle;
pub mod caller;
pub mod capacity;
pub mod case;
pub mod chat;
pub mod customer;
pub mod delegated;
pub mod delegation;
mod digest;
pub mod directory;
pub mod environment;
pub mod evidence;
pub mod field;
pub mod governance;
pub mod input;
pub mod issuer;
pub mod journal;
pub mod live;
pub mod migration;
pub mod operation;
pub mod parts;
pub mod pipeline;
pub mod reconciliation;
pub mod refused;
pub mod request;
pub mod settings;
pub mod sign_in;
pub mod signature;
pub mod simulation;
pub mod staff;
pub mod start;
pub mod start_error;
pub mod succession;
pub mod token;
pub mod vault;
pub mod webhook;

pub use caller::Caller;
pub use environment::Environment;
pub use governance::Governance;
pub(crate) use journal::ATTEMPTS;
pub use journal::Journal;
pub use live::Live;
pub use parts::Parts;
pub use pipeline::repeat::{Done, Kept, Repeat};
pub(crate) use refused::refused;
pub use settings::Settings;
pub use start::Start;
pub use start_error::StartError;
pub use succession::Succession;
pub use vault::Vault;
