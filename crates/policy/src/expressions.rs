//! What one expression of a policy's condition reads, in Cedar's JSON form: an attribute, whether it is there, and the
//! literals that it is compared with.

use crate::attributes::{CUSTOMER, FIELDS};
use cedar_policy::Policy;
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Literals that a text, or the members of a list, are compared with.
pub(crate) type Texts = BTreeSet<SmolStr>;

/// Longer paths are left as they are, and are taken for a look at all of what they begin with.
const PATH_MAX: usize = 8;

/// A policy in Cedar's JSON form, in which `has` with a path asks for one attribute after the other. Cedar keeps the
/// path as a list, `context has fields.due` as `["fields", "due"]`, which nobody who looks for an attribute's name
/// would find.
pub(crate) fn in_json(policy: &Policy) -> Option<Json> {
    let mut policy = policy.to_json().ok()?;
    let mut open = vec![policy.get_mut("conditions")?];
    while let Some(json) = open.pop() {
        if let Some(apart) = json.get("has").and_then(one_by_one) {
            *json = apart;
        }
        match json {
            Json::Object(members) => open.extend(members.values_mut()),
            Json::Array(items) => open.extend(items),
            _ => {}
        }
    }
    Some(policy)
}

/// `a has b.c` as `a has b && a.b has c`; nothing where it asks for one name, or for too many.
fn one_by_one(has: &Json) -> Option<Json> {
    let (left, path) = (has.get("left")?, has.get("attr")?.as_array()?);
    let (last, before) = path.split_last().filter(|_| path.len() <= PATH_MAX)?;
    let mut of = left.clone();
    let mut all = None;
    let mut ask = |of: &Json, name: &Json| {
        let one = json!({ "has": { "left": of, "attr": name } });
        all = Some(match all.take() {
            Some(all) => json!({ "&&": { "left": all, "right": one } }),
            None => one,
        });
    };
    for name in before {
        ask(&of, name);
        of = json!({ ".": { "left": of, "attr": name } });
    }
    ask(&of, last);
    all
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> Json {
        let policy = format!("permit(principal, action, resource) when {{ {text} }};");
        let policy = in_json(&Policy::parse(None, &policy).unwrap()).unwrap();
        policy.pointer("/conditions/0/body").unwrap().clone()
    }

    #[test]
    fn a_path_is_asked_for_name_by_name() {
        let apart = |long: &str, apart: &str| assert_eq!(condition(long), condition(apart));
        apart("context has a.b", "context has a && context.a has b");
        apart("!(context.x has a.b.c)", "!(context.x has a && context.x.a has b && context.x.a.b has c)");
        apart("{ a: context has b.c }.a", "{ a: context has b && context.b has c }.a");
        let long = (0..=PATH_MAX).map(|at| format!("a{at}")).collect::<Vec<_>>().join(".");
        assert!(condition(&format!("context has {long}")).pointer("/has/attr").unwrap().is_array());
    }
}
