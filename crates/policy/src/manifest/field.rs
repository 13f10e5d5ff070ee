//! `[[field]]` and `[[fact]]`: what a case is about, and what is known of a customer, as values with a type.

use remit_domain::field::FieldKind;
use serde::Deserialize;

/// A field of cases, or a fact of customers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name, also in policies: `context.fields.NAME`, or `context.customer.NAME`.
    pub name: String,
    /// What people call it; its name where it is not named.
    pub title: Option<String>,
    /// Its type: `text`, `number`, `money`, `date_time`, `reference`, `list` or `truth`.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Who may see it; staff alone where it is not named.
    #[serde(default = "Field::staff")]
    pub seen_by: Vec<SeenBy>,
    /// Whether it is kept sealed under the customer's key, and erased with the customer.
    #[serde(default = "Field::yes")]
    pub personal: bool,
    /// For `number` and `money`: the least value.
    pub min: Option<i64>,
    /// For `number` and `money`: the greatest value.
    pub max: Option<i64>,
    /// For `text` and `reference`, and for each name of a `list`: the most characters.
    pub max_length: Option<u32>,
    /// For `list`: the most names.
    pub max_items: Option<u32>,
    /// For `text` and `list`: the only values that there are.
    pub values: Option<Vec<String>>,
    /// The value where none is set, which policies see; without it they must ask whether it is there.
    pub default: Option<toml::Value>,
    /// The sources that may set it; whoever may set fields where it is not named.
    pub sources: Option<Vec<String>>,
    /// For `date_time`: whether it is a date by which the case should be served, such as a departure; then it is not
    /// personal.
    #[serde(default)]
    pub due: bool,
    /// Whether cases are found by its exact value; those of the type `reference` are where it is not named.
    pub find: Option<bool>,
    /// Whether a case that follows one which has ended has its value; it does where it is not named.
    pub carried: Option<bool>,
}

impl Field {
    fn staff() -> Vec<SeenBy> {
        vec![SeenBy::Staff]
    }

    fn yes() -> bool {
        true
    }
}

/// Who may see a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeenBy {
    /// People who may read the case.
    Staff,
    /// AI responders that have the case.
    Ai,
    /// Policies.
    Policies,
    /// Nobody: it is kept, and cases are found by it.
    Nobody,
}
