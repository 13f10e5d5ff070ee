//! Requests that the interface's description allows, made from it: the least that an operation takes, and each thing
//! more that it may be asked.

use crate::described::resolved;
use serde_json::{Map, Value, json};

/// What goes with an operation's address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// The query with its `?`; empty if nothing is asked so.
    pub(crate) query: String,
    /// The body, as JSON; none where the operation takes none, or takes a file.
    pub(crate) body: Option<Value>,
    /// Whether the body is a file.
    pub(crate) file: bool,
}

/// The least request of an operation, and it with each optional parameter and member, and with each of their
/// alternatives, one at a time.
pub(crate) fn requests(operation: &Value) -> Vec<Asked> {
    let content = &operation["requestBody"]["content"];
    let file = content.get("application/octet-stream").is_some();
    let bodies: Vec<Option<Value>> = match content.get("application/json") {
        Some(json) => values(&json["schema"]).into_iter().map(Some).collect(),
        None => vec![None],
    };
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let (needed, more): (Vec<&Value>, Vec<&Value>) =
        parameters.filter(|parameter| parameter["in"] == "query").partition(|one| one["required"] == true);
    let pair = |parameter: &Value, value: &Value| format!("{}={}", parameter["name"].as_str().unwrap(), plain(value));
    let least: Vec<String> = needed.iter().map(|one| pair(one, &least(one["name"].as_str(), &one["schema"]))).collect();
    let query = |with: Option<String>| {
        let all: Vec<String> = least.iter().cloned().chain(with).collect();
        if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
    };
    let asked = |body: Option<Value>, with| Asked { query: query(with), body, file };
    let first = bodies[0].clone();
    let mut all: Vec<Asked> = bodies.into_iter().map(|body| asked(body, None)).collect();
    for one in more {
        let each = alternatives(one["name"].as_str(), &one["schema"]);
        all.extend(each.iter().map(|value| asked(first.clone(), Some(pair(one, value)))));
    }
    all
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// The least value of a schema, and it with each optional member and each alternative of a member, one at a time.
fn values(schema: &Value) -> Vec<Value> {
    let schema = resolved(schema);
    let least = least(None, schema);
    let mut all = vec![least.clone()];
    for (name, member) in members(schema) {
        for value in alternatives(Some(&name), &member) {
            let mut more = least.clone();
            more[&name] = value;
            all.push(more);
        }
    }
    all
}

/// The members of an object, those of its parts included.
fn members(schema: &Value) -> Map<String, Value> {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let own = schema["properties"].as_object().cloned().unwrap_or_default();
    own.into_iter().chain(parts.flat_map(|part| members(resolved(part)))).collect()
}

fn required(schema: &Value) -> Vec<String> {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let own = schema["required"].as_array().into_iter().flatten();
    let own = own.map(|name| name.as_str().unwrap().to_owned());
    own.chain(parts.flat_map(|part| required(resolved(part)))).collect()
}

/// One value of each kind that a schema allows, but for null.
fn alternatives(name: Option<&str>, schema: &Value) -> Vec<Value> {
    let schema = resolved(schema);
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().filter(|value| !value.is_null()).cloned().collect();
    }
    let of = ["oneOf", "anyOf"].into_iter().find_map(|key| schema[key].as_array());
    let Some(of) = of else {
        return if is(schema, "boolean") { vec![json!(true), json!(false)] } else { vec![least(name, schema)] };
    };
    of.iter().filter(|one| one["type"] != "null").flat_map(|one| alternatives(name, one)).collect()
}

fn is(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!(kind)))
}

/// The least value of a schema that a server reads; `name` is what it is a member as.
fn least(name: Option<&str>, schema: &Value) -> Value {
    let schema = resolved(schema);
    match name.and_then(named) {
        Some(known) if is(schema, "array") => return json!([known]),
        Some(known) if is(schema, "string") => return json!(known),
        _ => {}
    }
    if ["enum", "oneOf", "anyOf"].into_iter().any(|key| schema.get(key).is_some()) {
        return alternatives(name, schema)[0].clone();
    }
    if let Some(only) = schema.get("const") {
        return only.clone();
    }
    match schema["type"].as_array().map_or(&schema["type"], |kinds| &kinds[0]).as_str() {
        Some("string") if schema["format"] == "date-time" => json!("2026-03-17T10:00:00Z"),
        Some("string") => json!("a"),
        Some("integer" | "number") => json!(schema["minimum"].as_i64().unwrap_or(0).max(1)),
        Some("boolean") => json!(true),
        Some("array") => json!([least(None, &schema["items"])]),
        _ => {
            let (members, required) = (members(schema), required(schema));
            let least = required.into_iter().map(|name| (name.clone(), least(Some(&name), &members[&name])));
            Value::Object(least.collect())
        }
    }
}

/// What stands for members and parameters of which the description says in words what they can be, and which are read
/// before policy is asked.
fn named(name: &str) -> Option<&'static str> {
    Some(match name {
        "case" | "into" => "cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC",
        "action" => "dec_01KAS5W2Z8M4Q6B1J0T3V7X9YC",
        "after" => "1",
        "status" | "state" => "open",
        "disposition" => "answered",
        "consult" => "con_01KAS5W2Z8M4Q6B1J0T3V7X9YC",
        "offer" => "ofr_01KAS5W2Z8M4Q6B1J0T3V7X9YC",
        "url" => "https://crm.example/events",
        "roles" => "auditor",
        _ => return None,
    })
}
