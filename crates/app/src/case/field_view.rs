//! What callers are shown of a case's field.

use crate::case::schema;
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
    /// Who said it: the source of an integration, `staff`, `ai` or `enrichment`.
    pub source: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}
