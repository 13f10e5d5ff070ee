//! How carrying a request out ended, and whether that is what was asked for.

use super::value::Money;
use crate::id::Timestamp;
use serde::{Deserialize, Serialize};

/// What a connector says that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// By what the back office knows it.
    pub reference: String,
    /// How much was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// When, as the back office says; nothing where it does not say so, or so that nobody can read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Whether what happened is what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// It is.
    Agrees,
    /// It is something else.
    Differs,
    /// Nothing is said that it could be held against.
    Unknown,
}

impl Agreement {
    /// Whether `stated` is what was asked for, which moves `asked`.
    pub fn of(asked: Option<&Money>, stated: Option<&Money>) -> Self {
        match (asked, stated) {
            (asked, Some(stated)) if asked == Some(stated) => Self::Agrees,
            (None, None) => Self::Agrees,
            (Some(_), None) => Self::Unknown,
            _ => Self::Differs,
        }
    }
}

/// How carrying a request out ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = RequestEffect))]
#[serde(tag = "how", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// It was done.
    Done {
        /// What the connector says.
        statement: Statement,
        /// Whether that is what was asked for.
        agrees: Agreement,
    },
    /// It was refused, and nothing happened.
    Failed {
        /// Why, as a word of the connector's.
        why: String,
    },
    /// No answer, or one that says nothing.
    Unknown {
        /// In what way.
        why: String,
        /// Whether the connector answered all the same, so that it ought to know of it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        answered: bool,
    },
}

impl Effect {
    /// Of which nothing is known, since there was no answer.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into(), answered: false }
    }
}

/// What is held back of a limit until it is known what became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// Names the reservation.
    pub id: String,
    /// How much.
    pub amount: u64,
    /// On which counter; not in records of an earlier version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<LimitCounter>,
}

/// The counter of a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LimitCounter {
    /// Whose limit it is: a customer's, a member of staff's, a responder's, or that of all together.
    pub scope: String,
    /// Of which action, whether it counts times or minor units, and which of the action's limits it is.
    pub key: String,
    /// When its window begins.
    pub window: Timestamp,
}
