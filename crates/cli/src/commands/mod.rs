//! The subcommands, one file each.

pub(crate) mod bundles;
pub(crate) mod calendar;
pub(crate) mod case;
pub(crate) mod health;
mod history;
pub(crate) mod init;
mod json;
pub(crate) mod knowledge;
pub(crate) mod ledger;
pub(crate) mod levels;
mod limits;
mod people;
pub(crate) mod policy;
pub(crate) mod reconcile;
mod reload;
pub(crate) mod replay;
pub(crate) mod request;
pub(crate) mod responder;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod sign_in;
pub(crate) mod signals;
pub(crate) mod staff;
pub(crate) mod stream;
pub(crate) mod token;
pub(crate) mod trace;

pub(crate) use remit_command::open::load;
