//! The schema of text that matches a pattern.

use utoipa::openapi::{
    RefOr,
    schema::{ObjectBuilder, Schema, Type},
};

/// Text that matches a pattern.
pub(crate) fn text(pattern: &str, says: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
    RefOr::T(text.description(Some(says)).into())
}
