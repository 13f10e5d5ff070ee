//! A small shop: customers with their payment methods, products in variants, orders with their payments.

mod action;
mod acts;
mod facts;
mod order;
mod seed;
mod shown;

pub(crate) use action::{Action, NAMES};
pub(crate) use acts::act;
pub(crate) use facts::facts;
pub(crate) use seed::fill;
pub(crate) use shown::shown;
