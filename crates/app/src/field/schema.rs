//! The JSON schemas of values of fields.

use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, Type};

/// What a field's value may be.
pub(crate) fn value() -> Schema {
    let of = |kind| ObjectBuilder::new().schema_type(kind);
    let names = ArrayBuilder::new().items(of(Type::String));
    let values = OneOfBuilder::new().item(of(Type::Boolean)).item(of(Type::Integer)).item(of(Type::String)).item(names);
    values.item(of(Type::Null)).build().into()
}

/// Values by the names of fields.
pub(crate) fn values() -> Object {
    ObjectBuilder::new().additional_properties(Some(value())).build()
}
