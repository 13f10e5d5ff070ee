//! What a case is about beside words: values of the fields that the bundle declares, as they stand on record.

use crate::{
    id::{CustomerId, FieldName, Timestamp},
    signal::Value,
    vocabulary::Words,
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What kind of value a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Words or a name.
    Text,
    /// A whole number.
    Number,
    /// An amount in minor units of the bundle's currency.
    Money,
    /// A moment, in milliseconds since the Unix epoch.
    #[serde(alias = "date-time")]
    DateTime,
    /// The identifier of something in another system.
    Reference,
    /// Names, each once.
    List,
    /// Yes or no.
    Truth,
}

impl FieldKind {
    /// The name used in bundles and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Money => "money",
            Self::DateTime => "date_time",
            Self::Reference => "reference",
            Self::List => "list",
            Self::Truth => "truth",
        }
    }
}

/// A value with its kind, so that it can be read without the bundle that declared it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FieldValue {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// The value.
    #[cfg_attr(feature = "schema", schema(schema_with = crate::schema::value))]
    pub value: Value,
}

/// A value as it is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// Nothing personal: it stands on record as it is.
    Plain(FieldValue),
    /// Personal: the commitment to the values that were set with it, which are sealed apart under the customer's key
    /// as JSON by field, and can be erased.
    Sealed(Words),
}

/// A field of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its value.
    pub held: Held,
    /// Who said it: the source of an integration, `staff`, `ai` or `enrichment`.
    pub source: SmolStr,
    /// When.
    pub at: Timestamp,
}

/// Values of a case's fields that are to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetFields {
    /// By field.
    pub fields: BTreeMap<FieldName, Held>,
    /// Fields that are to be taken away, none of which is among them.
    pub taken_away: Vec<FieldName>,
    /// Who says so.
    pub source: SmolStr,
    /// Whether policies look at any of them, so that an open case is decided anew.
    pub decides: bool,
}

/// Why what was asked before the first decision told nothing, or not all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Untold {
    /// It was not told in time.
    Timeout,
    /// The service could not be reached, or answered with an error.
    Unreachable,
    /// Nothing that it told could be used.
    Unusable,
    /// It answered, and knows nothing of what was asked.
    NothingKnown,
    /// Some of what it told does not fit, and the rest is used.
    Partial,
    /// The service is left alone for a while, since it told nothing several times in a row.
    LeftAlone,
}

impl Untold {
    /// The name used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Unusable => "unusable",
            Self::NothingKnown => "nothing_known",
            Self::Partial => "partial",
            Self::LeftAlone => "left_alone",
        }
    }
}

/// What is known of a customer, said anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FactsSet {
    /// Of whom.
    pub customer: CustomerId,
    /// All that is known from then on, by commitment.
    pub facts: Words,
    /// Facts that were set.
    pub set: Vec<FieldName>,
    /// Facts that were taken away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken_away: Vec<FieldName>,
    /// Who said so: the source of an integration, `staff` or `enrichment`.
    pub source: String,
    /// Who set them, by the identifier of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}
