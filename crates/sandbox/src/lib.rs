//! The sandbox back office: a small shop and a small bank on a database of their own, in which actions are carried out.
//!
//! It stands for the systems of an organisation that move money and change accounts. It knows nothing of policy: it
//! says what is true of a request ([`Sandbox::facts`]), carries a request out once ([`Sandbox::execute`]), and says
//! what it did ([`Sandbox::find`], [`Sandbox::statements`]). It refuses what its own books need, such as an order that
//! is not there, and nothing else: whether a delivered order may be cancelled is for policy to say.
//!
//! Money is whole minor units. The time is given by who calls, so that whatever is done here can be done again.

mod ask;
mod bank;
mod database;
mod effects;
mod facts;
mod failure;
mod mischief;
mod money;
mod sandbox;
mod shop;
mod shown;
mod statement;
mod work;

pub use ask::Ask;
pub use failure::{Failure, Refusal};
pub use mischief::{Mischief, On, Planned};
pub use money::Money;
pub use sandbox::Sandbox;
pub use shown::{Cell, Customer, Table};
pub use statement::Statement;

/// Hours since something that never happened: more than any rule looks back.
pub const NEVER_HOURS: i64 = 1_000_000;

#[cfg(test)]
mod tests;
