//! What operations take and give: as which type, and the schemas of these.

use crate::case::query::Page;
use serde_json::{Value, json};
use std::{collections::BTreeMap, marker::PhantomData};
use utoipa::{
    ToSchema,
    openapi::{
        Ref, RefOr,
        schema::{ArrayBuilder, ObjectBuilder, Schema as Described, Type},
    },
};

type Parts = Vec<(String, RefOr<Described>)>;

/// A type's schema.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    itself: fn() -> RefOr<Described>,
    parts: fn(&mut Parts),
}

/// What is taken or given.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// Nothing.
    Nothing,
    /// A value, as JSON.
    Value(Schema),
    /// A value of one type or another, as JSON.
    Either(Schema, Schema),
    /// A file of one of the kinds that messages have.
    File,
    /// The same, with values beside it.
    FileWith(Schema),
    /// Text of this kind.
    Text(TextForm),
    /// Bytes of a form of their own.
    Bytes,
    /// Values, one after the other as they come, as JSON.
    Stream(Schema),
}

/// Nothing.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

/// A file of one of the kinds that messages have.
#[derive(Debug, Clone, Copy)]
pub struct MessageFile;

/// A file, with values beside it.
#[derive(Debug, Clone, Copy)]
pub struct FileWith<T>(PhantomData<T>);

/// A value of one type or another.
#[derive(Debug, Clone, Copy)]
pub struct Either<T, U>(PhantomData<(T, U)>);

/// A list of values.
#[derive(Debug, Clone, Copy)]
pub struct List<T>(PhantomData<T>);

/// Values as they come.
#[derive(Debug, Clone, Copy)]
pub struct ValueStream<T>(PhantomData<T>);

/// Bytes of a form of their own.
#[derive(Debug, Clone, Copy)]
pub struct Bytes;

/// Text of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Text<K>(PhantomData<K>);

/// A kind of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// Plain text.
    Plain,
    /// A page.
    Html,
    /// A page's style.
    Css,
    /// A page's script.
    Script,
    /// A document of JSON.
    Json,
    /// Metrics in the OpenMetrics text format.
    OpenMetrics,
    /// Comma-separated values.
    Csv,
}

/// The type of a kind of text.
pub trait TextKind {
    /// The kind.
    const FORM: TextForm;
}

macro_rules! text_kinds {
    ($($kind:ident),*) => {
        $(
            #[doc = concat!("Text of the kind [`TextForm::", stringify!($kind), "`].")]
            #[derive(Debug, Clone, Copy)]
            pub struct $kind;

            impl TextKind for $kind {
                const FORM: TextForm = TextForm::$kind;
            }
        )*
    };
}

text_kinds!(Plain, Html, Css, Script, Json, OpenMetrics, Csv);

/// What can be given with an operation.
pub trait Taken {
    /// The type in which the values come; the unit where there are none.
    type Value;
    /// As what it comes.
    const FORM: Form;
}

/// What an operation can answer with.
pub trait Given {
    /// As what it comes.
    const FORM: Form;
}

impl<T: ToSchema> Taken for T {
    type Value = T;
    const FORM: Form = Form::Value(Schema::of::<T>());
}

impl Taken for Nothing {
    type Value = ();
    const FORM: Form = Form::Nothing;
}

impl Taken for MessageFile {
    type Value = ();
    const FORM: Form = Form::File;
}

impl<T: ToSchema> Taken for FileWith<T> {
    type Value = T;
    const FORM: Form = Form::FileWith(Schema::of::<T>());
}

impl<T: ToSchema> Given for T {
    const FORM: Form = Form::Value(Schema::of::<T>());
}

impl Given for Nothing {
    const FORM: Form = Form::Nothing;
}

impl<T: ToSchema, U: ToSchema> Given for Either<T, U> {
    const FORM: Form = Form::Either(Schema::of::<T>(), Schema::of::<U>());
}

impl<T: ToSchema> Given for List<T> {
    const FORM: Form = Form::Value(Schema { itself: list_of::<T>, parts: parts_of::<T> });
}

impl<T: ToSchema> Given for Page<T> {
    const FORM: Form = Form::Value(Schema { itself: page_of::<T>, parts: page_parts_of::<T> });
}

impl Given for MessageFile {
    const FORM: Form = Form::File;
}

impl Given for Bytes {
    const FORM: Form = Form::Bytes;
}

impl<K: TextKind> Given for Text<K> {
    const FORM: Form = Form::Text(K::FORM);
}

impl<T: ToSchema> Given for ValueStream<T> {
    const FORM: Form = Form::Stream(Schema::of::<T>());
}

fn reference_to<T: ToSchema>() -> RefOr<Described> {
    Ref::from_schema_name(T::name()).into()
}

fn parts_of<T: ToSchema>(parts: &mut Parts) {
    parts.push((T::name().into_owned(), T::schema()));
    T::schemas(parts);
}

fn list_of<T: ToSchema>() -> RefOr<Described> {
    ArrayBuilder::new().items(reference_to::<T>()).into()
}

fn page_name<T: ToSchema>() -> String {
    format!("PageOf{}", T::name())
}

fn page_of<T: ToSchema>() -> RefOr<Described> {
    Ref::from_schema_name(page_name::<T>()).into()
}

fn page_parts_of<T: ToSchema>(parts: &mut Parts) {
    let items = ArrayBuilder::new().items(reference_to::<T>()).description(Some("The items."));
    let next = "Where the next page begins: send it as `after`. Nothing when this is the last page.";
    let next = ObjectBuilder::new().schema_type(Type::String).description(Some(next));
    let page = ObjectBuilder::new().description(Some("One page of a list."));
    let page = page.property("items", items).property("next", next).required("items");
    parts.push((page_name::<T>(), page.into()));
    parts_of::<T>(parts);
}

impl Schema {
    /// The schema of `T`.
    pub const fn of<T: ToSchema>() -> Self {
        Self { itself: reference_to::<T>, parts: parts_of::<T> }
    }

    /// The schema, in which others are named.
    pub fn itself(&self) -> RefOr<Described> {
        (self.itself)()
    }

    /// Those that it names, by name, and those that these name.
    pub fn parts(&self) -> BTreeMap<String, RefOr<Described>> {
        let mut parts = Parts::new();
        (self.parts)(&mut parts);
        parts.into_iter().collect()
    }

    /// The schema as JSON that stands by itself: an object's own, with what it names under `components`.
    fn to_json(self) -> Value {
        let parts = json!(self.parts());
        let itself = json!(self.itself());
        let named = itself.get("$ref").and_then(Value::as_str).and_then(|at| parts.get(at.rsplit('/').next()?));
        let mut whole = named.cloned().unwrap_or(itself);
        if let Some(whole) = whole.as_object_mut() {
            whole.insert("components".to_owned(), json!({ "schemas": parts }));
        }
        whole
    }
}

impl Form {
    /// The schemas of all values in it.
    pub fn schemas(self) -> impl Iterator<Item = Schema> {
        let (one, other) = match self {
            Self::Nothing | Self::File | Self::Text(_) | Self::Bytes => (None, None),
            Self::Value(one) | Self::FileWith(one) | Self::Stream(one) => (Some(one), None),
            Self::Either(one, other) => (Some(one), Some(other)),
        };
        one.into_iter().chain(other)
    }

    /// The JSON schema of the values in it, which stands by itself; none where there are none.
    pub fn json_schema(self) -> Option<Value> {
        match self {
            Self::Either(one, other) => Some(json!({ "oneOf": [one.to_json(), other.to_json()] })),
            _ => self.schemas().next().map(Schema::to_json),
        }
    }
}
