//! The JSON schemas of what comes from the domain, which knows nothing of interfaces.

use remit_domain::case::{Channel, Requester, Status};
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, Type};

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}

pub(super) fn channel() -> Object {
    names(Channel::ALL.map(Channel::as_str))
}

pub(super) fn requester() -> Object {
    names(Requester::ALL.map(Requester::as_str))
}

pub(super) fn status() -> Object {
    names(Status::ALL.map(Status::as_str))
}

/// What a holder's message commits to.
pub(super) fn marks() -> Array {
    ArrayBuilder::new().items(names(["promise", "refusal"])).build()
}

/// What a reading may be.
pub(super) fn reading() -> Schema {
    let of = |kind| ObjectBuilder::new().schema_type(kind);
    OneOfBuilder::new().item(of(Type::Boolean)).item(of(Type::Integer)).item(of(Type::String)).build().into()
}
