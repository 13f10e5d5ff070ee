//! What one expression of a policy's condition reads, in Cedar's JSON form: an attribute, whether it is there, and the
//! literals that it is compared with.

use crate::attributes::{CUSTOMER, FIELDS};
use serde_json::{Map, Value as Json};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Literals that a text, or the members of a list, are compared with.
pub(crate) type Texts = BTreeSet<SmolStr>;

/// The variable and the attribute of it that this expression in Cedar's JSON form is; one of a record in the context by
/// the record's name too.
pub(crate) fn attribute(expression: &Map<String, Json>) -> Option<(&str, String)> {
    let access = expression.get(".")?;
    let (left, name) = (access.get("left")?, access.get("attr")?.as_str()?);
    match left.get("Var") {
        Some(variable) => Some((variable.as_str()?, name.to_owned())),
        None => Some(("context", format!("{}.{name}", record(left)?))),
    }
}

/// The record of fields or facts that this expression is.
fn record(expression: &Json) -> Option<&str> {
    let access = expression.get(".")?;
    (access.pointer("/left/Var")?.as_str()? == "context").then_some(())?;
    access.get("attr")?.as_str().filter(|name| [FIELDS, CUSTOMER].contains(name))
}

/// The attribute of such a record that this expression asks for, whether it is there.
pub(crate) fn asked_for(expression: &Map<String, Json>) -> Option<String> {
    let has = expression.get("has")?;
    Some(format!("{}.{}", record(has.get("left")?)?, has.get("attr")?.as_str()?))
}

/// The attribute of such a record, and the texts that it, or what is in it, is compared with.
pub(crate) fn named_texts(expression: &Map<String, Json>) -> Option<(String, Texts)> {
    let of = |side: &Json| {
        let (variable, name) = attribute(side.as_object()?)?;
        (variable == "context" && name.contains('.')).then_some(name)
    };
    let literal = |side: &Json| side.get("Value").and_then(Json::as_str).map(SmolStr::from);
    let one = |side: &Json| literal(side).map(|text| Texts::from([text]));
    let set = |side: &Json| side.get("Set")?.as_array()?.iter().map(literal).collect::<Option<Texts>>();
    let sides = |operators: &[&str]| {
        let sides = operators.iter().find_map(|operator| expression.get(*operator))?;
        Some((sides.get("left")?, sides.get("right")?))
    };
    if let Some((left, right)) = sides(&["==", "!="]) {
        let here = || Some((of(left)?, one(right)?));
        return here().or_else(|| Some((of(right)?, one(left)?)));
    }
    if let Some((left, right)) = sides(&["contains"]) {
        let here = || Some((of(left)?, one(right)?));
        return here().or_else(|| Some((of(right)?, set(left)?)));
    }
    let (left, right) = sides(&["containsAny", "containsAll"])?;
    Some((of(left)?, set(right)?))
}

/// The same and the whole number that it is compared with, whichever side each is on.
pub(crate) fn comparison(expression: &Map<String, Json>) -> Option<(&str, String, i64)> {
    let sides = ["<", "<=", ">", ">=", "==", "!="].into_iter().find_map(|sign| expression.get(sign))?;
    let (left, right) = (sides.get("left")?, sides.get("right")?);
    let literal = |side: &Json| side.get("Value").and_then(Json::as_i64);
    let (read, literal) = match (literal(left), literal(right)) {
        (None, Some(literal)) => (left, literal),
        (Some(literal), None) => (right, literal),
        _ => return None,
    };
    let (variable, attribute) = attribute(read.as_object()?)?;
    matches!(variable, "context" | "principal").then_some((variable, attribute, literal))
}
