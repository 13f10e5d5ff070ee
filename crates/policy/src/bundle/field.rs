//! A field of cases or a fact of customers as the bundle declares it, and whether a value fits it.

use jiff::{SignedDuration, Timestamp, civil, fmt::temporal::Pieces};
use remit_domain::{
    field::{FieldKind, FieldValue},
    id::FieldName,
    signal::Value,
    text::is_hidden,
};
use serde_json::Value as Json;
use smol_str::SmolStr;

/// The Unix epoch by the clock in UTC.
const EPOCH: civil::DateTime = civil::datetime(1970, 1, 1, 0, 0, 0, 0);

/// A field of cases, or a fact of customers.
#[derive(Debug, Clone)]
pub struct FieldSpec {
    /// Its name.
    pub name: FieldName,
    /// What people call it.
    pub title: String,
    /// What kind of value it has.
    pub kind: FieldKind,
    /// Whether it is sealed under the customer's key.
    pub personal: bool,
    /// Whether people who may read the case see it.
    pub seen_by_staff: bool,
    /// Whether an AI responder that has the case is given it.
    pub seen_by_ai: bool,
    /// Whether policies see it.
    pub seen_by_policies: bool,
    /// Whether it is a date by which the case should be served.
    pub is_due: bool,
    /// Whether cases are found by its exact value.
    pub is_found: bool,
    /// Whether a case that follows one which has ended has its value.
    pub is_carried: bool,
    /// The sources that may set it; any where there is none.
    pub sources: Vec<String>,
    /// The value where none is set.
    pub default: Option<Value>,
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) max_length: usize,
    pub(super) max_items: usize,
    pub(crate) values: Vec<String>,
}

/// Why a value does not fit a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` takes {takes}")]
pub struct FieldError {
    /// The field.
    pub name: String,
    /// What it takes.
    pub takes: String,
}

impl FieldSpec {
    /// Whether this source may set it.
    pub fn is_set_by(&self, source: &str) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|named| named == source)
    }

    /// Reads a value as interfaces and tests write it: a date-time as RFC 3339, money in minor units.
    ///
    /// # Errors
    /// When it does not fit; the error says what would, and nothing of the value.
    pub fn read(&self, json: &Json) -> Result<FieldValue, FieldError> {
        let value = match (self.kind, json) {
            (FieldKind::Text | FieldKind::Reference, Json::String(text)) => self.text(text).map(Value::Name),
            (FieldKind::Number | FieldKind::Money, Json::Number(number)) => {
                number.as_i64().filter(|number| (self.min..=self.max).contains(number)).map(Value::Long)
            }
            (FieldKind::DateTime, Json::String(text)) => moment(text).map(Value::Long),
            (FieldKind::List, Json::Array(items)) if items.len() <= self.max_items => {
                let names = items.iter().map(|item| self.text(item.as_str()?)).collect::<Option<Vec<_>>>();
                names.map(|mut names| {
                    names.sort_unstable();
                    names.dedup();
                    Value::List(names)
                })
            }
            (FieldKind::Truth, Json::Bool(truth)) => Some(Value::Bool(*truth)),
            _ => None,
        };
        let value = value.ok_or_else(|| FieldError { name: self.name.to_string(), takes: self.takes() })?;
        Ok(FieldValue { kind: self.kind, value })
    }

    /// A text within bounds, without what nobody sees around it.
    pub(super) fn text(&self, text: &str) -> Option<SmolStr> {
        let text = text.trim();
        // Two references that look the same are the same.
        let plain =
            |c: char| !c.is_control() && (self.kind != FieldKind::Reference || !(c.is_whitespace() || is_hidden(c)));
        let fits = !text.is_empty() && text.chars().count() <= self.max_length && text.chars().all(plain);
        let listed = self.values.is_empty() || self.values.iter().any(|value| value == text);
        (fits && listed).then(|| text.into())
    }

    fn takes(&self) -> String {
        let name = || match self.values.as_slice() {
            [] => format!("1 to {} characters", self.max_length),
            values => {
                let some: Vec<&str> = values.iter().take(12).map(String::as_str).collect();
                format!("one of {}{}", some.join(", "), if values.len() > 12 { ", …" } else { "" })
            }
        };
        match self.kind {
            FieldKind::Text => format!("a text: {}", name()),
            FieldKind::Reference => format!("a reference: {}, none of them white space or invisible", name()),
            FieldKind::Number => format!("a whole number from {} to {}", self.min, self.max),
            FieldKind::Money => format!("an amount in minor units, a whole number from {} to {}", self.min, self.max),
            FieldKind::DateTime => "a moment as RFC 3339, such as `2026-12-24T18:30:00Z`".to_owned(),
            FieldKind::List => format!("a list of up to {} names, each of {}", self.max_items, name()),
            FieldKind::Truth => "true or false".to_owned(),
        }
    }
}

/// Milliseconds since the Unix epoch of a moment in RFC 3339. The last hours of the year 9999, which mean that
/// something never ends, are beyond the range of time stamps, which leaves room for every zone.
fn moment(text: &str) -> Option<i64> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_millisecond());
    }
    let pieces = Pieces::parse(text).ok()?;
    let (at, offset) = (pieces.date().to_datetime(pieces.time()?), pieces.to_numeric_offset()?);
    let since = at.duration_since(EPOCH) - SignedDuration::from_secs(offset.seconds().into());
    let ms = i64::try_from(since.as_millis()).ok()?;
    told(ms).is_some().then_some(ms)
}

/// Such a moment in RFC 3339, in UTC; none beyond the year 9999.
fn told(ms: i64) -> Option<String> {
    let plain = |ms| EPOCH.checked_add(SignedDuration::from_millis(ms)).ok().map(|at| format!("{at}Z"));
    Timestamp::from_millisecond(ms).map_or_else(|_| plain(ms), |at| Some(at.to_string()))
}

/// A value as interfaces write it.
pub fn shown(held: &FieldValue) -> Json {
    match (held.kind, &held.value) {
        (FieldKind::DateTime, Value::Long(ms)) => told(*ms).map_or(Json::from(*ms), Json::from),
        (_, Value::Bool(truth)) => (*truth).into(),
        (_, Value::Long(number)) => (*number).into(),
        (_, Value::Name(text)) => text.as_str().into(),
        (_, Value::List(names)) => names.iter().map(|name| name.as_str()).collect(),
    }
}
