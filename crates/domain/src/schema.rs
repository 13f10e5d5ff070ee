//! The schemas of what is recorded, in OpenAPI's form of JSON Schema: of events and decisions of every version that is
//! still read. Only with the feature `schema`; what has no form of its own on record derives its schema itself.

mod text;

pub(crate) use text::text;

use crate::{
    decision::{Candidate, Decision, ResponderKind},
    event::Event,
    id::{CustomerId, Digest, OwnerId, PolicyId, ResponderId, SignalName, Timestamp},
    record::table,
    signal::{Reading, Signals, Value},
};
use smol_str::SmolStr;
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr,
        schema::{
            AdditionalProperties, ArrayBuilder, Discriminator, KnownFormat, Object, ObjectBuilder, OneOfBuilder,
            Schema, SchemaFormat, SchemaType, Type,
        },
    },
};

type Parts = Vec<(String, RefOr<Schema>)>;

/// The property by which kinds of events are told apart.
const KIND: &str = "type";
const READING_TABLE: &str = "ReadingTable";
const CANDIDATE_TABLE: &str = "CandidateTable";

/// An event as it is recorded: of one of the kinds, each with a schema of its own.
#[derive(Debug)]
pub struct RecordedEvent;

/// A decision as it is recorded in an event: readings and candidates are tables, and in version 1 of the record they
/// are objects.
#[derive(Debug)]
pub struct RecordedDecision;

/// The name under which an event of a kind has its schema.
fn name_of(kind: &str) -> String {
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    format!("{}Event", kind.split('_').map(capital).collect::<String>())
}

fn to(name: &str) -> Ref {
    Ref::from_schema_name(name)
}

impl PartialSchema for RecordedEvent {
    fn schema() -> RefOr<Schema> {
        let mapping = Event::KINDS.iter().map(|kind| ((*kind).to_owned(), to(&name_of(kind)).ref_location));
        let kinds = Event::KINDS.iter().fold(OneOfBuilder::new(), |of, kind| of.item(to(&name_of(kind))));
        let says = "Something that happened, as it is recorded. Readings and candidates are tables: `columns` names \
                    what each of the `rows` holds.";
        let kinds = kinds.description(Some(says));
        RefOr::T(kinds.discriminator(Some(Discriminator::with_mapping(KIND, mapping))).into())
    }
}

impl ToSchema for RecordedEvent {
    fn name() -> Cow<'static, str> {
        "Event".into()
    }

    fn schemas(parts: &mut Parts) {
        Event::schemas(parts);
        RecordedDecision::schemas(parts);
        let RefOr::T(Schema::OneOf(kinds)) = Event::schema() else { return };
        parts.extend(kinds.items.into_iter().zip(Event::KINDS).map(|(schema, kind)| (name_of(kind), schema)));
    }
}

impl PartialSchema for RecordedDecision {
    fn schema() -> RefOr<Schema> {
        let mut schema = Decision::schema();
        if let RefOr::T(Schema::Object(decision)) = &mut schema {
            decision.properties.insert("signals".to_owned(), signals());
            decision.properties.insert("candidates".to_owned(), candidates());
        }
        schema
    }
}

impl ToSchema for RecordedDecision {
    fn schemas(parts: &mut Parts) {
        Decision::schemas(parts);
        let reading = table(&table::reading_columns(), None, "Readings, one in each row.");
        let more = Some(table::more_of_candidates());
        let candidate = table(&table::candidate_columns(), more, "Everyone considered, one in each row.");
        parts.extend([(READING_TABLE.to_owned(), reading.into()), (CANDIDATE_TABLE.to_owned(), candidate.into())]);
        parts.push((Reading::name().into(), Reading::schema()));
        parts.push((Candidate::name().into(), Candidate::schema()));
        Reading::schemas(parts);
        Candidate::schemas(parts);
    }
}

/// What stands in a table: its schema, whole.
pub(crate) trait Cell {
    /// The schema.
    fn schema() -> Schema;
}

macro_rules! cells {
    ($($cell:ty),+) => {
        $(impl Cell for $cell {
            fn schema() -> Schema {
                inline(<$cell as PartialSchema>::schema())
            }
        })+
    };
}

cells!(ResponderId, ResponderKind, OwnerId, SignalName, PolicyId, Timestamp, Value, String, bool, i64);

impl Cell for SmolStr {
    fn schema() -> Schema {
        <String as Cell>::schema()
    }
}

impl<T: Cell> Cell for Vec<T> {
    fn schema() -> Schema {
        ArrayBuilder::new().items(RefOr::T(T::schema())).into()
    }
}

/// A schema that names no other; one that does says nothing here.
pub(crate) fn inline(schema: RefOr<Schema>) -> Schema {
    match schema {
        RefOr::T(schema) => schema,
        RefOr::Ref(_) => Schema::default(),
    }
}

/// A list of just these, in order.
fn tuple(members: Vec<Schema>) -> ArrayBuilder {
    let count = members.len();
    list(members, count)
}

/// A list of these in order, of which as many as `least` are always there.
fn list(members: Vec<Schema>, least: usize) -> ArrayBuilder {
    let (count, any) = (members.len(), ObjectBuilder::new().schema_type(SchemaType::AnyValue));
    // Its end is said as a number: programs that make clients do not know `"items": false`.
    ArrayBuilder::new().prefix_items(members).items(any).min_items(Some(least)).max_items(Some(count))
}

/// A table whose columns are these, and one more where that is needed.
fn table(columns: &[(&'static str, Schema)], more: Option<(&'static str, Schema)>, says: &str) -> Object {
    let least = columns.len();
    let columns: Vec<_> = columns.iter().cloned().chain(more).collect();
    let names = columns.iter().map(|(name, _)| *name);
    let name = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    let row = list(columns.iter().map(|(_, cell)| cell.clone()).collect(), least);
    let row = row.description(Some("A value for each column, in order."));
    let names = ArrayBuilder::new().items(name).description(Some("What each row holds, in order."));
    ObjectBuilder::new()
        .description(Some(says))
        .property("columns", names.min_items(Some(least)).max_items(Some(columns.len())))
        .property("rows", ArrayBuilder::new().items(row))
        .required("columns")
        .required("rows")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .build()
}

/// Readings as an event has them: a table, and before version 2 of the record a list.
pub(crate) fn readings() -> RefOr<Schema> {
    let reading = inline(Reading::schema());
    let signal = Schema::from(ObjectBuilder::new().schema_type(Type::String));
    let pair = tuple(vec![signal, reading]);
    let says = "The readings, by signal; in old records a list of them.";
    RefOr::T(
        OneOfBuilder::new()
            .item(to(READING_TABLE))
            .item(ArrayBuilder::new().items(pair))
            .description(Some(says))
            .into(),
    )
}

fn signals() -> RefOr<Schema> {
    let says = "The readings that counted; in old records by the names of their signals.";
    RefOr::T(OneOfBuilder::new().item(to(READING_TABLE)).item(Signals::schema()).description(Some(says)).into())
}

fn candidates() -> RefOr<Schema> {
    let says = "Everyone considered, in the bundle's order; in old records as a list.";
    let list = ArrayBuilder::new().items(to(&Candidate::name()));
    RefOr::T(OneOfBuilder::new().item(to(CANDIDATE_TABLE)).item(list).description(Some(says)).into())
}

impl PartialSchema for Signals {
    fn schema() -> RefOr<Schema> {
        let readings = ObjectBuilder::new().additional_properties(Some(RefOr::<Schema>::Ref(to(&Reading::name()))));
        RefOr::T(readings.description(Some("Readings by the names of their signals.")).into())
    }
}

impl ToSchema for Signals {
    fn schemas(parts: &mut Parts) {
        parts.push((Reading::name().into(), Reading::schema()));
        Reading::schemas(parts);
    }
}

impl PartialSchema for Value {
    fn schema() -> RefOr<Schema> {
        let of = |kind| ObjectBuilder::new().schema_type(kind);
        let number = of(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        let says = "Yes or no, a whole number in the unit that the signal's name ends with, or one name of a closed \
                    vocabulary; of a field, its text or a list of names.";
        let values = OneOfBuilder::new().item(of(Type::Boolean)).item(number).item(of(Type::String));
        let values = values.item(ArrayBuilder::new().items(of(Type::String)));
        RefOr::T(values.description(Some(says)).into())
    }
}

impl ToSchema for Value {
    fn name() -> Cow<'static, str> {
        "SignalValue".into()
    }
}

/// The schema of a value, whose name a derived one takes for that of any JSON.
pub(crate) fn value() -> RefOr<Schema> {
    <Value as PartialSchema>::schema()
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        let moment = ObjectBuilder::new().schema_type(Type::Integer);
        let moment = moment.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        RefOr::T(moment.description(Some("A moment, in milliseconds since the Unix epoch.")).into())
    }
}

impl ToSchema for Timestamp {}

impl PartialSchema for CustomerId {
    fn schema() -> RefOr<Schema> {
        text("^cus_[0-9a-f]{32}$", "The pseudonym under which a customer appears in records.")
    }
}

impl ToSchema for CustomerId {}

impl PartialSchema for Digest {
    fn schema() -> RefOr<Schema> {
        text("^[0-9a-f]{64}$", "A SHA-256 digest in hexadecimal.")
    }
}

impl ToSchema for Digest {}

/// The names of all kinds of events.
pub fn kind() -> RefOr<Schema> {
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Event::KINDS.iter().copied()));
    RefOr::T(kind.description(Some("The kind of event.")).into())
}
