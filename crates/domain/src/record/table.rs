//! How readings and candidates are written on record: as tables, whose columns are named once.
//!
//! A decision's record has some two dozen readings and a dozen candidates of twenty properties each. As objects, most
//! of its bytes are the names of those properties, over and over, and each byte is hashed, packed, written, kept and
//! sent. `{"columns": [names], "rows": [[values], …]}` says the same in half of them. What was recorded as objects, by
//! version 1 of the record, is read as before.

use crate::{
    cost::Cost,
    decision::{Candidate, CandidateFacts, LocalTime, ResponderKind, Verdict},
    id::{OwnerId, PolicyId, ResponderId, SignalName, Timestamp},
    signal::{Reading, Value},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
    ser::{SerializeStruct, SerializeTuple},
};
use smol_str::SmolStr;
use std::{fmt, marker::PhantomData};

/// Declares a row: how it is written from `$of`, and what is read of it.
macro_rules! row {
    ($written:ident of $of:ty, read as $read:ident: $($column:ident: $type:ty = $($path:ident).+),+ $(,)?) => {
        struct $written<'a>($of);

        impl Serialize for $written<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut row = serializer.serialize_tuple($read::COLUMNS.len())?;
                self.cells(&mut row)?;
                row.end()
            }
        }

        impl $written<'_> {
            fn cells<T: SerializeTuple>(&self, row: &mut T) -> Result<(), T::Error> {
                $(row.serialize_element(&self.0.$($path).+)?;)+
                Ok(())
            }
        }

        struct $read { $($column: $type),+ }

        impl $read {
            const COLUMNS: &[&str] = &[$(stringify!($column)),+];

            /// The cells of a row, and what comes after them.
            fn of<'de, A: SeqAccess<'de>>(cells: &mut A) -> Result<Self, A::Error> {
                let missing = |column| A::Error::missing_field(column);
                $(let $column = cells.next_element()?.ok_or_else(|| missing(stringify!($column)))?;)+
                Ok(Self { $($column),+ })
            }
        }

        #[cfg(feature = "schema")]
        impl $read {
            /// The columns, each with the schema of what it holds.
            fn columns() -> Vec<(&'static str, utoipa::openapi::schema::Schema)> {
                vec![$((stringify!($column), <$type as crate::schema::Cell>::schema())),+]
            }
        }

        impl<'de> Deserialize<'de> for $read {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Cells;
                impl<'de> Visitor<'de> for Cells {
                    type Value = $read;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "a row of {} values", $read::COLUMNS.len())
                    }
                    fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<$read, A::Error> {
                        $read::of(&mut cells)
                    }
                }
                deserializer.deserialize_tuple(Self::COLUMNS.len(), Cells)
            }
        }
    };
}

row! { CandidateRow of &'a Candidate, read as CandidateCells:
    responder: ResponderId = facts.responder,
    kind: ResponderKind = facts.kind,
    accountable: OwnerId = facts.accountable,
    open: bool = facts.open,
    depth: i64 = facts.depth,
    expected_wait_ms: i64 = facts.expected_wait_ms,
    sla_risk_bp: i64 = facts.sla_risk_bp,
    yielded: bool = facts.yielded,
    stopped: bool = facts.stopped,
    resolved: i64 = facts.resolved,
    failed: i64 = facts.failed,
    prior_bp: i64 = facts.prior_bp,
    prior_weight: i64 = facts.prior_weight,
    allow: bool = verdict.allow,
    policies: Vec<PolicyId> = verdict.policies,
    errors: Vec<PolicyId> = verdict.errors,
    handling_minor: i64 = cost.handling_minor,
    delay_minor: i64 = cost.delay_minor,
    failure_minor: i64 = cost.failure_minor,
    total_minor: i64 = cost.total_minor,
    resolves_bp: i64 = cost.resolves_bp,
    value_percent: i64 = cost.value_percent,
}

impl From<CandidateCells> for Candidate {
    fn from(cells: CandidateCells) -> Self {
        Self {
            facts: CandidateFacts {
                responder: cells.responder,
                kind: cells.kind,
                accountable: cells.accountable,
                open: cells.open,
                depth: cells.depth,
                expected_wait_ms: cells.expected_wait_ms,
                sla_risk_bp: cells.sla_risk_bp,
                yielded: cells.yielded,
                stopped: cells.stopped,
                // What handling costs is a fact and a term of the cost alike.
                handling_minor: cells.handling_minor,
                resolved: cells.resolved,
                failed: cells.failed,
                prior_bp: cells.prior_bp,
                prior_weight: cells.prior_weight,
                local: None,
                had_before: false,
                served_before: false,
                language_level: None,
                due_risk_bp: 0,
            },
            verdict: Verdict { allow: cells.allow, policies: cells.policies, errors: cells.errors },
            cost: Cost {
                handling_minor: cells.handling_minor,
                delay_minor: cells.delay_minor,
                failure_minor: cells.failure_minor,
                total_minor: cells.total_minor,
                resolves_bp: cells.resolves_bp,
                value_percent: cells.value_percent,
                due_minor: 0,
                preference_minor: 0,
            },
            considered: Vec::new(),
        }
    }
}

/// The name of the last column of candidates, where any of them has more to say than every record did before there was
/// such a column.
const MORE: &str = "more";

/// What only some candidates have.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
struct More {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(inline))]
    local: Option<LocalTime>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    had_before: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    served_before: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    language_level: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_risk_bp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_minor: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preference_minor: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = Vec<String>))]
    considered: Vec<PolicyId>,
}

impl More {
    fn of(candidate: &Candidate) -> Self {
        let Candidate { facts, cost, considered, .. } = candidate;
        Self {
            local: facts.local,
            had_before: facts.had_before,
            served_before: facts.served_before,
            language_level: facts.language_level,
            due_risk_bp: Some(facts.due_risk_bp).filter(|risk| *risk != 0),
            due_minor: Some(cost.due_minor).filter(|minor| *minor != 0),
            preference_minor: Some(cost.preference_minor).filter(|minor| *minor != 0),
            considered: considered.clone(),
        }
    }

    /// `candidate` with it.
    fn with(self, candidate: &mut Candidate) {
        let facts = &mut candidate.facts;
        (facts.local, facts.had_before, facts.served_before) = (self.local, self.had_before, self.served_before);
        (facts.language_level, facts.due_risk_bp) = (self.language_level, self.due_risk_bp.unwrap_or_default());
        candidate.cost.due_minor = self.due_minor.unwrap_or_default();
        candidate.cost.preference_minor = self.preference_minor.unwrap_or_default();
        candidate.considered = self.considered;
    }
}

/// A row of a table of which the last column is [`MORE`].
struct WideRow<'a>(&'a Candidate);

impl Serialize for WideRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_tuple(CandidateCells::COLUMNS.len() + 1)?;
        CandidateRow(self.0).cells(&mut row)?;
        row.serialize_element(&More::of(self.0))?;
        row.end()
    }
}

struct WideCells(Candidate);

impl<'de> Deserialize<'de> for WideCells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Cells;
        impl<'de> Visitor<'de> for Cells {
            type Value = WideCells;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row that ends with what only some candidates have")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<WideCells, A::Error> {
                let mut candidate = Candidate::from(CandidateCells::of(&mut cells)?);
                let more: More = cells.next_element()?.ok_or_else(|| A::Error::missing_field(MORE))?;
                more.with(&mut candidate);
                Ok(WideCells(candidate))
            }
        }
        deserializer.deserialize_tuple(CandidateCells::COLUMNS.len() + 1, Cells)
    }
}

fn wide_columns() -> Vec<&'static str> {
    CandidateCells::COLUMNS.iter().copied().chain([MORE]).collect()
}

struct Named<'a> {
    signal: &'a SignalName,
    reading: &'a Reading,
}

row! { ReadingRow of Named<'a>, read as ReadingCells:
    signal: SignalName = signal,
    value: Value = reading.value,
    source: SmolStr = reading.source,
    at: Timestamp = reading.at,
    because: Vec<String> = reading.because,
}

impl From<ReadingCells> for (SignalName, Reading) {
    fn from(cells: ReadingCells) -> Self {
        let ReadingCells { signal, value, source, at, because } = cells;
        (signal, Reading { value, source, at, because })
    }
}

/// The columns of readings, each with the schema of what it holds.
#[cfg(feature = "schema")]
pub(crate) fn reading_columns() -> Vec<(&'static str, utoipa::openapi::schema::Schema)> {
    ReadingCells::columns()
}

/// The same of candidates.
#[cfg(feature = "schema")]
pub(crate) fn candidate_columns() -> Vec<(&'static str, utoipa::openapi::schema::Schema)> {
    CandidateCells::columns()
}

/// The column of candidates that tables have which need it.
#[cfg(feature = "schema")]
pub(crate) fn more_of_candidates() -> (&'static str, utoipa::openapi::schema::Schema) {
    (MORE, crate::schema::inline(<More as utoipa::PartialSchema>::schema()))
}

/// Writes a table.
fn write<S: Serializer, I: Iterator<Item: Serialize>>(
    serializer: S,
    columns: &[&'static str],
    rows: impl Fn() -> I,
) -> Result<S::Ok, S::Error> {
    struct Rows<F>(F);
    impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Rows<F> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq((self.0)())
        }
    }
    let mut table = serializer.serialize_struct("Table", 2)?;
    table.serialize_field("columns", columns)?;
    table.serialize_field("rows", &Rows(rows))?;
    table.end()
}

/// The rows of a table of which `columns` was read already.
fn rows<'de, A: MapAccess<'de>, R: Deserialize<'de>>(
    mut table: A,
    (found, known): (&[String], &[&str]),
) -> Result<Vec<R>, A::Error> {
    if found != known {
        return Err(A::Error::custom(format!("a table of the columns {found:?}, where {known:?} are known")));
    }
    match table.next_entry::<String, Vec<R>>()? {
        Some((name, rows)) if name == "rows" => match table.next_key::<String>()? {
            None => Ok(rows),
            Some(more) => Err(A::Error::custom(format!("`{more}` in a table"))),
        },
        _ => Err(A::Error::missing_field("rows")),
    }
}

/// The candidates of a decision.
pub(crate) mod candidates {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(candidates: &[Candidate], serializer: S) -> Result<S::Ok, S::Error> {
        let none = More::default();
        match candidates.iter().any(|candidate| More::of(candidate) != none) {
            true => write(serializer, &wide_columns(), || candidates.iter().map(WideRow)),
            false => write(serializer, CandidateCells::COLUMNS, || candidates.iter().map(CandidateRow)),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Candidate>, D::Error> {
        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = Vec<Candidate>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table or a list of candidates")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Self::Value, A::Error> {
                let (_, columns) =
                    table.next_entry::<Head, Vec<String>>()?.ok_or_else(|| A::Error::missing_field("columns"))?;
                if columns.last().is_some_and(|last| last == MORE) {
                    let rows = rows::<_, WideCells>(table, (&columns, &wide_columns()))?;
                    return Ok(rows.into_iter().map(|WideCells(candidate)| candidate).collect());
                }
                let rows = rows::<_, CandidateCells>(table, (&columns, CandidateCells::COLUMNS))?;
                Ok(rows.into_iter().map(Candidate::from).collect())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                std::iter::from_fn(|| list.next_element().transpose()).collect()
            }
        }
        deserializer.deserialize_any(Forms)
    }

    /// The name of what comes first in a table.
    #[derive(Deserialize)]
    enum Head {
        #[serde(rename = "columns")]
        Columns,
    }
}

/// Readings, by signal.
pub(crate) mod readings {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        readings: &[(SignalName, Reading)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        of(serializer, || readings.iter().map(|(signal, reading)| (signal, reading)))
    }

    /// Writes the readings that `each` gives.
    pub(crate) fn of<'a, S: Serializer, I: Iterator<Item = (&'a SignalName, &'a Reading)>>(
        serializer: S,
        each: impl Fn() -> I,
    ) -> Result<S::Ok, S::Error> {
        let row = |(signal, reading)| ReadingRow(Named { signal, reading });
        write(serializer, ReadingCells::COLUMNS, || each().map(row))
    }

    /// Reads them into whatever collects readings by signal.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>, R: FromIterator<(SignalName, Reading)>>(
        deserializer: D,
    ) -> Result<R, D::Error> {
        struct Forms<R>(PhantomData<R>);
        impl<'de, R: FromIterator<(SignalName, Reading)>> Visitor<'de> for Forms<R> {
            type Value = R;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table, a map or a list of readings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<R, A::Error> {
                let mut found = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    // A signal may be named like a table's first member, but never holds names.
                    let readings = match map.next_value()? {
                        First::Columns(columns) if name == "columns" && found.is_empty() => {
                            let rows = rows::<_, ReadingCells>(map, (&columns, ReadingCells::COLUMNS))?;
                            return Ok(rows.into_iter().map(From::from).collect());
                        }
                        First::Columns(_) => return Err(A::Error::custom("names where a reading belongs")),
                        First::One(reading) => vec![reading],
                        First::Several(readings) => readings,
                    };
                    let signal = SignalName::new(&name).map_err(A::Error::custom)?;
                    found.extend(readings.into_iter().map(|reading| (signal.clone(), reading)));
                }
                Ok(found.into_iter().collect())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<R, A::Error> {
                std::iter::from_fn(|| list.next_element().transpose()).collect()
            }
        }
        deserializer.deserialize_any(Forms(PhantomData))
    }

    /// What a map of readings holds under its first name: a table's columns, or what version 1 has for a signal.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum First {
        One(Reading),
        Several(Vec<Reading>),
        Columns(Vec<String>),
    }
}

/// The readings that count, one for each signal.
pub(crate) mod signals {
    use super::*;
    use crate::signal::Signals;

    pub(crate) use super::readings::deserialize;

    pub(crate) fn serialize<S: Serializer>(signals: &Signals, serializer: S) -> Result<S::Ok, S::Error> {
        readings::of(serializer, || signals.iter())
    }
}
