//! What a schema of parameters may hold: what every validator judges alike, and nothing by which more could be asked
//! for than who confirms it is shown.

use remit_domain::request::is_currency;
use serde_json::{Map, Value as Json};

/// How deep a schema may be nested.
const DEPTH_MAX: usize = 16;
/// What may stand in every schema.
const ANYWHERE: [&str; 8] = ["$comment", "const", "default", "description", "enum", "examples", "title", "type"];
/// What may stand in one of a kind beside that.
const OF_KINDS: [(&str, &[&str]); 4] = [
    ("object", &["additionalProperties", "properties", "required"]),
    ("array", &["items", "maxItems", "minItems", "uniqueItems"]),
    ("string", &["maxLength", "minLength", "pattern"]),
    ("integer", &["exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"]),
];
/// Bounds, from the least to the most.
const BOUNDS: [(&str, &str); 4] = [
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
];
/// The members of money.
const MINOR: &str = "minor";
const CURRENCY: &str = "currency";

/// What is wrong with a schema of parameters, as told to its author.
pub(super) fn mistakes(schema: &Json, at: &str, wrong: &mut Vec<String>) {
    Reading { wrong }.value(schema, at, 0);
}

struct Reading<'w> {
    wrong: &'w mut Vec<String>,
}

impl Reading<'_> {
    fn wrong(&mut self, at: &str, what: impl std::fmt::Display) {
        self.wrong.push(format!("{at}: {what}"));
    }

    fn value(&mut self, schema: &Json, at: &str, depth: usize) {
        if depth > DEPTH_MAX {
            return self.wrong(at, format_args!("the schema is nested too deep; at most {DEPTH_MAX} levels are read"));
        }
        let Some(members) = schema.as_object() else {
            return self.wrong(at, "a schema is an object here, which says of what type a value is");
        };
        let kinds = kinds(members);
        self.keywords(members, &kinds, at);
        if kinds.is_empty() && !members.contains_key("enum") && !members.contains_key("const") {
            self.wrong(
                at,
                "nothing says of what type it is, so that anything fits; write `type`, or list what it is in `enum`",
            );
        }
        if kinds.contains(&"number") {
            self.wrong(at, "`number` has fractions; write `integer`, and money in minor units");
        }
        if kinds.len() > 1 && kinds.iter().any(|kind| ["object", "array"].contains(kind)) {
            self.wrong(at, "an object or a list is nothing else besides; write one type");
        }
        let mut listed = members.get("enum").and_then(Json::as_array).into_iter().flatten().chain(members.get("const"));
        let is_exact = |value: &Json| value.is_string() || value.is_boolean() || value.as_i64().is_some();
        if !listed.all(is_exact) {
            self.wrong(
                at,
                "`enum` and `const` list texts, whole numbers and truths; declare what has parts by its parts",
            );
        }
        if members.get("enum").is_some_and(|listed| listed.as_array().is_none_or(Vec::is_empty)) {
            self.wrong(at, "`enum` lists nothing, so that nothing fits; list what it may be");
        }
        self.bounds(members, at);
        if let Some(multiple) = members.get("multipleOf")
            && multiple.as_u64().is_none()
        {
            let message = "validators judge a `multipleOf` with a fraction differently; count in minor units instead";
            self.wrong(at, message);
        }
        if kinds.contains(&"object") {
            self.object(members, at, depth);
        }
        if kinds.contains(&"array") {
            match members.get("items") {
                Some(items) => self.value(items, &format!("{at}.items"), depth + 1),
                None => self.wrong(at, "nothing says what the list holds; write `items`"),
            }
        }
    }

    /// Bounds are whole numbers, and what they bound can be there.
    fn bounds(&mut self, members: &Map<String, Json>, at: &str) {
        for name in BOUNDS.iter().flat_map(|(least, most)| [least, most]) {
            if members.get(*name).is_some_and(|bound| bound.as_i64().is_none()) {
                self.wrong(at, format_args!("`{name}` must be a whole number"));
            }
        }
        for (least, most) in BOUNDS {
            let bound = |name: &str| members.get(name).and_then(Json::as_i64);
            if let (Some(low), Some(high)) = (bound(least), bound(most))
                && low > high
            {
                self.wrong(at, format_args!("`{least}` is above `{most}`, so that nothing fits"));
            }
        }
    }

    /// Only what is known to leave nothing open may stand in it.
    fn keywords(&mut self, members: &Map<String, Json>, kinds: &[&str], at: &str) {
        for key in members.keys() {
            let of_kind = OF_KINDS.iter().find(|(_, keys)| keys.contains(&&**key));
            match (of_kind, &**key) {
                (Some((kind, _)), _) if kinds.contains(kind) => {}
                (Some((kind, _)), _) => self.wrong(at, format_args!("`{key}` is of type `{kind}`, which it is not")),
                (None, known) if ANYWHERE.contains(&known) => {}
                (None, "format") => {
                    self.wrong(at, "`format` is checked by some validators and by others not; write `pattern`");
                }
                (None, "$ref" | "$dynamicRef") => {
                    self.wrong(at, format_args!("`{key}` leaves the bundle or hides what is asked for; write it here"));
                }
                (None, _) => self.wrong(
                    at,
                    format_args!(
                        "`{key}` is not taken: it is misspelt, or lets through what who confirms is not shown; write \
                         each parameter out"
                    ),
                ),
            }
        }
    }

    fn object(&mut self, members: &Map<String, Json>, at: &str, depth: usize) {
        if members.get("additionalProperties") != Some(&Json::Bool(false)) {
            self.wrong(at, "what is not declared must be refused: write `additionalProperties = false`");
        }
        let empty = Map::new();
        let properties = members.get("properties").and_then(Json::as_object).unwrap_or(&empty);
        let required = members.get("required").and_then(Json::as_array).into_iter().flatten();
        let required: Vec<&str> = required.filter_map(Json::as_str).collect();
        for name in required.iter().filter(|name| !properties.contains_key(**name)) {
            self.wrong(at, format_args!("`required` names `{name}`, which is not declared"));
        }
        if let Some(minor) = properties.get(MINOR) {
            self.money(minor, properties, &required, at);
        }
        for (name, property) in properties {
            self.value(property, &format!("{at}.{name}"), depth + 1);
        }
    }

    /// Whoever counts in minor units says of what: an amount is of one form alone, so that policies and limits see it.
    fn money(&mut self, minor: &Json, properties: &Map<String, Json>, required: &[&str], at: &str) {
        let whole = minor.get("type").and_then(Json::as_str) == Some("integer");
        let currency = properties.get(CURRENCY);
        let codes = currency.map(codes).unwrap_or_default();
        let is_text = currency.is_some_and(|currency| currency["type"] == "string" || !codes.is_empty());
        let is_exact = properties.len() == 2 && [MINOR, CURRENCY].iter().all(|name| required.contains(name));
        // A number may be called so where it is no part of an amount.
        if !(is_exact && whole && is_text) && (currency.is_some() || !whole) {
            let message = "money is exactly `minor`, of type `integer`, and `currency`, a text, both in `required`";
            self.wrong(at, message);
        }
        for code in codes.iter().filter(|code| !is_currency(code)) {
            self.wrong(at, format_args!("`{code}` is no currency of ISO 4217"));
        }
    }
}

/// The texts that a schema lists.
fn codes(schema: &Json) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Json::as_array).into_iter().flatten().chain(schema.get("const"));
    listed.filter_map(Json::as_str).collect()
}

/// The types that a schema names.
fn kinds(members: &Map<String, Json>) -> Vec<&str> {
    match members.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(some)) => some.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}
