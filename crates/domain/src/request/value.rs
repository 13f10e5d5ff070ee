//! What policies see of a request's arguments and of facts about it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An amount of money in minor units of a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// How many minor units: cents, not dollars.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// One value, of a type that policies can compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum Term {
    /// Yes or no.
    Truth(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// Several texts, in their order.
    Texts(Vec<String>),
    /// An amount.
    Money(Money),
}

/// Values by name.
pub type Names = BTreeMap<String, Term>;
