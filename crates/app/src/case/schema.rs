//! The JSON schemas of what comes from the domain, which knows nothing of interfaces.

use remit_domain::case::{Channel, Requester, Status};
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, Type};

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}

pub(crate) fn channel() -> Object {
    names(Channel::ALL.map(Channel::as_str))
}

pub(crate) fn requester() -> Object {
    names(Requester::ALL.map(Requester::as_str))
}

pub(crate) fn status() -> Object {
    names(Status::ALL.map(Status::as_str))
}

/// What a holder's message commits to.
pub(crate) fn marks() -> Array {
    ArrayBuilder::new().items(names(["promise", "refusal"])).build()
}

/// What a reading may be.
pub(crate) fn reading() -> Schema {
    let of = |kind| ObjectBuilder::new().schema_type(kind);
    OneOfBuilder::new().item(of(Type::Boolean)).item(of(Type::Integer)).item(of(Type::String)).build().into()
}
