//! What callers are shown of a case's field.

use crate::field::schema;
use remit_domain::field::FieldKind;
use remit_policy::bundle::Bundle;
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

/// A field of a case.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldView {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its type: `text`, `number`, `money`, `date_time`, `reference`, `list` or `truth`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its value; `null` where it cannot be read any more.
    #[schema(schema_with = schema::value)]
    pub value: Json,
    /// Of money: the ISO 4217 code of its currency, of which the value counts the minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Who said it: the source of an integration, `staff`, `ai` or `enrichment`.
    pub source: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// The currency of a value of this type; nothing of what is no money.
pub(crate) fn currency(bundle: &Bundle, kind: FieldKind) -> Option<String> {
    (kind == FieldKind::Money).then(|| bundle.currency().0.to_string())
}
