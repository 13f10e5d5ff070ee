//! What is asked for with an action: a JSON Schema that arguments are held against, and the parameters that policies
//! see as typed values.

use super::{closed, template::money};
use crate::manifest::TermKind;
use jsonschema::Validator;
use remit_domain::request::{Names, Term, is_currency};
use serde_json::{Map, Value as Json};
use std::{fmt, sync::Arc};

/// Bytes of an action's arguments, at most, as JSON.
pub const ARGUMENTS_MAX: usize = 16 * 1024;
/// How deep arguments may be nested.
const DEPTH_MAX: usize = 16;
/// Most parameters of one action.
const PARAMETERS_MAX: usize = 64;
/// Whole numbers that every reader of JSON reads alike (RFC 7493, section 2.2).
pub(crate) const WHOLE_MAX: i64 = 9_007_199_254_740_991;

/// The parameters of an action.
#[derive(Clone)]
pub struct Parameters {
    validator: Arc<Validator>,
    of: Vec<Parameter>,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// As what policies see it; nothing where they do not.
    pub(crate) seen_as: Option<TermKind>,
    pub(crate) required: bool,
}

/// Why arguments are none of an action's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// They do not fit its parameters.
    #[error("`{at}` {why}")]
    Unfit {
        /// Which member, as a JSON pointer.
        at: String,
        /// What would fit.
        why: String,
    },
    /// They are too long.
    #[error("the arguments have {0} bytes; at most {ARGUMENTS_MAX} are taken")]
    TooLong(usize),
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters").field("of", &self.of).finish_non_exhaustive()
    }
}

impl Parameters {
    /// Reads them from a JSON Schema, or says what is wrong with it.
    pub(crate) fn read(schema: &Json, personal: &[String]) -> Result<Self, Vec<String>> {
        let mut wrong = Vec::new();
        if schema.get("type").and_then(Json::as_str) != Some("object") {
            wrong.push("the parameters must be an object: write `type = \"object\"`".to_owned());
        }
        closed::mistakes(schema, "parameters", &mut wrong);
        let empty = Map::new();
        let properties = schema.get("properties").and_then(Json::as_object).unwrap_or(&empty);
        if properties.len() > PARAMETERS_MAX {
            wrong.push(format!("{} parameters are too many; at most {PARAMETERS_MAX} are taken", properties.len()));
        }
        for name in properties.keys().filter(|name| !is_attribute(name)) {
            wrong.push(format!("a parameter cannot be called {name:?}: use a letter, then up to 63 of a-z 0-9 _"));
        }
        for name in personal.iter().filter(|name| !properties.contains_key(*name)) {
            wrong.push(format!("`personal` names `{name}`, which is no parameter"));
        }
        let required: Vec<&str> =
            schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
        let validator = jsonschema::draft202012::new(schema);
        if let Err(error) = &validator {
            wrong.push(format!("the parameters are no JSON Schema: {error}"));
        }
        let of = properties.iter().map(|(name, property)| Parameter {
            name: name.clone(),
            seen_as: if personal.contains(name) { None } else { kind(property) },
            required: required.contains(&&**name),
        });
        let of = of.collect();
        match validator {
            Ok(validator) if wrong.is_empty() => Ok(Self { validator: Arc::new(validator), of }),
            _ => Err(wrong),
        }
    }

    /// Their names, in order.
    pub fn names(&self) -> Vec<&str> {
        self.of.iter().map(|parameter| &*parameter.name).collect()
    }

    pub(crate) fn of(&self) -> &[Parameter] {
        &self.of
    }

    /// Holds arguments against the schema.
    ///
    /// # Errors
    /// With the first thing that does not fit.
    pub fn check(&self, arguments: &Map<String, Json>) -> Result<(), ArgumentError> {
        let unfit = |at: String, why: String| Err(ArgumentError::Unfit { at, why });
        let arguments = Json::Object(arguments.clone());
        let bytes = serde_json::to_vec(&arguments).map_or(usize::MAX, |json| json.len());
        if bytes > ARGUMENTS_MAX {
            return Err(ArgumentError::TooLong(bytes));
        }
        if let Some(at) = fraction(&arguments, String::new(), 0) {
            let why = "must hold whole numbers below 2^53, nested at most 16 deep; write money in minor units";
            return unfit(at, why.to_owned());
        }
        if let Some(at) = foreign(&arguments, String::new()) {
            return unfit(at, "must be the code of a currency by ISO 4217, as `EUR`".to_owned());
        }
        match self.validator.iter_errors(&arguments).next() {
            Some(error) => {
                let at = error.instance_path().to_string();
                // What was sent may be personal; what would fit is the bundle's.
                unfit(if at.is_empty() { "/".to_owned() } else { at }, error.masked().to_string())
            }
            None => Ok(()),
        }
    }

    /// What policies see of arguments that fit.
    pub fn seen(&self, arguments: &Map<String, Json>) -> Names {
        let seen = self.of.iter().filter_map(|parameter| {
            let value = term(parameter.seen_as?, arguments.get(&parameter.name)?)?;
            Some((parameter.name.clone(), value))
        });
        seen.collect()
    }
}

/// A value of a kind, if it is one.
pub fn term(kind: TermKind, value: &Json) -> Option<Term> {
    Some(match kind {
        TermKind::Truth => Term::Truth(value.as_bool()?),
        TermKind::Number | TermKind::Elapsed => Term::Number(value.as_i64()?),
        TermKind::Text => Term::Text(value.as_str()?.to_owned()),
        TermKind::Texts => {
            let texts = value.as_array()?.iter().map(|text| text.as_str().map(ToOwned::to_owned));
            Term::Texts(texts.collect::<Option<_>>()?)
        }
        TermKind::Money => Term::Money(money(value.as_object()?)?),
    })
}

/// Where a number is that is not whole, or not read alike by all, or something is nested too deep.
fn fraction(value: &Json, at: String, depth: usize) -> Option<String> {
    if depth > DEPTH_MAX {
        return Some(at);
    }
    match value {
        Json::Number(number) => {
            let whole = number.as_i64().is_some_and(|number| number.abs() <= WHOLE_MAX);
            (!whole).then_some(at)
        }
        Json::Array(values) => {
            values.iter().enumerate().find_map(|(nth, value)| fraction(value, format!("{at}/{nth}"), depth + 1))
        }
        Json::Object(members) => {
            members.iter().find_map(|(name, value)| fraction(value, format!("{at}/{name}"), depth + 1))
        }
        _ => None,
    }
}

/// Where money is in a currency that there is not: each spelling of one would be counted, and shown, by itself. It is
/// nested no deeper than is read.
fn foreign(value: &Json, at: String) -> Option<String> {
    match value {
        Json::Array(values) => values.iter().enumerate().find_map(|(nth, value)| foreign(value, format!("{at}/{nth}"))),
        Json::Object(members) => match (members.get("minor"), members.get("currency")) {
            (Some(Json::Number(_)), Some(Json::String(currency))) if members.len() == 2 => {
                (!is_currency(currency)).then(|| format!("{at}/currency"))
            }
            _ => members.iter().find_map(|(name, value)| foreign(value, format!("{at}/{name}"))),
        },
        _ => None,
    }
}

/// As what policies see a property; nothing where they have no type for it.
fn kind(property: &Json) -> Option<TermKind> {
    let listed = |value: &Json| value.get("enum").and_then(Json::as_array).cloned();
    match property.get("type").and_then(Json::as_str) {
        Some("boolean") => Some(TermKind::Truth),
        Some("integer") => Some(TermKind::Number),
        Some("string") => Some(TermKind::Text),
        Some("array") => {
            let items = property.get("items")?;
            (kind(items) == Some(TermKind::Text)).then_some(TermKind::Texts)
        }
        Some("object") => {
            let members = property.get("properties")?.as_object()?;
            let of = |name: &str| members.get(name).and_then(kind);
            let is_money =
                members.len() == 2 && of("minor") == Some(TermKind::Number) && of("currency") == Some(TermKind::Text);
            is_money.then_some(TermKind::Money)
        }
        Some(_) => None,
        None => {
            let texts = |values: Vec<Json>| !values.is_empty() && values.iter().all(Json::is_string);
            listed(property).filter(|values| texts(values.clone())).map(|_| TermKind::Text)
        }
    }
}

/// Whether it can be the name of an attribute in Cedar and stand in a template.
pub(crate) fn is_attribute(name: &str) -> bool {
    let mut bytes = name.bytes();
    let letter = bytes.next().is_some_and(|first| first.is_ascii_lowercase());
    letter && name.len() <= 64 && bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
