//! A small bank: customers with accounts and cards, and what was taken from accounts.

mod account;
mod action;
mod acts;
mod card;
mod customer;
mod facts;
mod seed;
mod shown;
mod taken;
mod transfer;

pub(crate) use action::{Action, NAMES};
pub(crate) use acts::act;
pub(crate) use facts::facts;
pub(crate) use seed::fill;
pub(crate) use shown::shown;
