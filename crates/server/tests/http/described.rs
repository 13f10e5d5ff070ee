//! The interface is what its description says: every answer that any test here gets is held against it.

use crate::{
    harness::{Got, Server},
    recorded::{DECISIONS, EVENTS, decision_of},
};
use jsonschema::Validator;
use remit_domain::{Event, decision::DECISION_VERSION};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, Mutex},
};

pub(crate) static DESCRIPTION: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&remit_server::http::description()).unwrap());
static VALIDATORS: LazyLock<Mutex<BTreeMap<String, Validator>>> = LazyLock::new(Mutex::default);

/// The description's components, where an object has no members but those described.
static COMPONENTS: LazyLock<Value> = LazyLock::new(|| {
    let mut components = DESCRIPTION["components"].clone();
    let parts: Vec<String> = all_parts(&components).iter().map(|name| (*name).to_owned()).collect();
    for (name, schema) in components["schemas"].as_object_mut().unwrap() {
        if schema.get("properties").is_some() && name != "Problem" && !parts.contains(name) {
            schema["additionalProperties"] = json!(false);
        }
    }
    components
});

/// Schemas that others take up by `allOf`.
fn all_parts(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => {
            let own = members.get("allOf").and_then(Value::as_array).into_iter().flatten();
            let own = own.filter_map(|part| part["$ref"].as_str()?.rsplit('/').next());
            own.chain(members.values().flat_map(all_parts)).collect()
        }
        Value::Array(items) => items.iter().flat_map(all_parts).collect(),
        _ => Vec::new(),
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') => {}
            _ => return false,
        }
    }
}

pub(crate) fn resolved(value: &Value) -> &Value {
    value["$ref"].as_str().map_or(value, |at| DESCRIPTION.pointer(&at[1..]).unwrap_or_else(|| panic!("no {at}")))
}

/// Holds an answer against the description of the operation that gave it.
pub(crate) fn hold(method: &str, path: &str, got: &Got) {
    let path = path.split('?').next().unwrap();
    let said = |name: &str| got.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    assert_eq!(said("x-content-type-options"), "nosniff", "{method} {path} {}", got.status);
    // What the description says is no secret, and everything else may be one, or somebody's words.
    let kept = if path == "/v1/openapi.json" { "no-cache" } else { "no-store" };
    assert!(said("cache-control").contains(kept), "{method} {path} {}: {}", got.status, said("cache-control"));
    let paths = DESCRIPTION["paths"].as_object().unwrap();
    // What is written out goes before what has a parameter.
    let item = paths.get(path).or_else(|| paths.iter().find(|(known, _)| matches(known, path)).map(|(_, item)| item));
    let Some(operation) = item.and_then(|item| item.get(method)) else {
        let outside = path.starts_with("/ledger/") || path == "/v1/openapi.json";
        assert!(outside || [404, 405].contains(&got.status), "{method} {path} is not described: {}", got.status);
        return;
    };
    let told = &operation["responses"][got.status.to_string()];
    assert!(!told.is_null(), "{method} {path}: status {} is not described: {}", got.status, got.body);
    let Some(content) = resolved(told).get("content") else {
        assert_eq!(got.body, json!(""), "{method} {path} described without a body");
        return;
    };
    if let Some(types) = told["x-problem-types"].as_array() {
        let named = &got.body["type"];
        assert!(types.contains(named), "{method} {path}: {named} is not declared of it: {}", got.body);
    }
    let sent = got.headers["content-type"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let schema = &content[&sent]["schema"];
    assert!(!schema.is_null(), "{method} {path}: {sent} is not described");
    if !sent.ends_with("json") {
        return;
    }
    let wrong = errors(schema, &got.body);
    assert!(wrong.is_empty(), "{method} {path} {}: {wrong:#?}\n{}", got.status, got.body);
}

/// What is wrong with a value by a schema of the description.
fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let mut validators = VALIDATORS.lock().unwrap();
    let validator = validators.entry(schema.to_string()).or_insert_with(|| {
        let mut whole = schema.as_object().cloned().unwrap_or_else(Map::new);
        whole.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        whole.insert("components".into(), json!({ "schemas": needed_by(schema) }));
        jsonschema::validator_for(&Value::Object(whole)).unwrap()
    });
    validator.iter_errors(value).map(|e| format!("{} at {}", e, e.instance_path())).collect()
}

/// The components that a schema names, and those that these name.
fn needed_by(schema: &Value) -> Map<String, Value> {
    let (mut needed, mut left) = (Map::new(), vec![schema]);
    while let Some(value) = left.pop() {
        if let Some(name) = value["$ref"].as_str().and_then(|at| at.strip_prefix("#/components/schemas/"))
            && !needed.contains_key(name)
        {
            let component = &COMPONENTS["schemas"][name];
            needed.insert(name.to_owned(), component.clone());
            left.push(component);
        }
        match value {
            Value::Object(members) => left.extend(members.values()),
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    needed
}

/// Holds a value against the schema of this name.
pub(crate) fn hold_as(name: &str, value: &Value) {
    let wrong = errors(&json!({ "$ref": format!("#/components/schemas/{name}") }), value);
    assert!(wrong.is_empty(), "no {name}: {wrong:#?}\n{value}");
}

/// Holds an event against the schema of its kind.
pub(crate) fn hold_event(event: &Value) {
    let kinds = &COMPONENTS["schemas"]["Event"]["discriminator"];
    let (kind, mapping) = (&event[kinds["propertyName"].as_str().unwrap()], &kinds["mapping"]);
    let of = mapping[kind.as_str().unwrap()].as_str().unwrap_or_else(|| panic!("no kind of event: {event}"));
    hold_as(of.rsplit('/').next().unwrap(), event);
}

#[test]
fn what_earlier_versions_recorded_is_what_the_description_says() {
    let files = |folder: &str| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let decisions = files(DECISIONS).map(|version| version.join("decisions.jsonl")).filter(|file| file.exists());
    let (mut versions, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    for file in decisions.chain(files(EVENTS)) {
        for record in std::fs::read_to_string(file).unwrap().lines() {
            let event: Value = serde_json::from_str(record).unwrap();
            versions.extend(decision_of(&event).and_then(|decision| decision["v"].as_u64()));
            kinds.insert(event["type"].as_str().unwrap().to_owned());
            hold_event(&event);
            hold_as("Event", &event);
        }
    }
    assert_eq!(versions, (1..=u64::from(DECISION_VERSION)).collect());
    assert!(Event::KINDS.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}

#[test]
fn an_event_that_is_not_as_its_kind_says_is_told() {
    let told = |event: &Value| errors(&json!({ "$ref": "#/components/schemas/TokenRevokedEvent" }), event);
    let event = json!({ "type": "token_revoked", "token": "tok_1", "by": "tok_2", "at": 5 });
    assert_eq!(told(&event), Vec::<String>::new());
    let changes: [fn(&mut Value); 4] = [
        |event| event["type"] = json!("token_made"),
        |event| event["at"] = json!("five"),
        |event| event["more"] = json!(1),
        |event| drop(event.as_object_mut().unwrap().remove("token")),
    ];
    for change in changes {
        let mut event = event.clone();
        change(&mut event);
        assert_eq!(told(&event).len(), 1, "{event}");
    }
    let unknown = |value: &Value| value["schemas"].as_object().unwrap().values().any(|schema| *schema == json!({}));
    assert!(!unknown(&COMPONENTS), "a schema that says nothing");
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_says_what_it_does() {
    let mut at = vec![&*DESCRIPTION];
    while let Some(value) = at.pop() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(_)) = members.get("$ref") {
                    assert!(resolved(value).is_object(), "{value}");
                }
                at.extend(members.values());
            }
            Value::Array(items) => at.extend(items),
            _ => {}
        }
    }
    assert_eq!(DESCRIPTION["openapi"], "3.1.0");
    let tags: Vec<&Value> = DESCRIPTION["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut names = Vec::new();
    for (path, item) in DESCRIPTION["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 10), "{method} {path}");
            assert!(tags.contains(&&operation["tags"][0]), "{method} {path}");
            names.push(operation["operationId"].as_str().unwrap());
        }
    }
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(all >= 28, "{all}");
}

#[test]
fn what_is_described_is_served_and_asks_for_a_token_where_it_says_so() {
    let server = Server::start();
    let (nobody, admin) = (server.client_with("nonsense"), server.client(&["admin"]));
    assert_eq!(admin.get("/v1/openapi.json").body, *DESCRIPTION);
    for (template, item) in DESCRIPTION["paths"].as_object().unwrap() {
        let path = template
            .replace("{slug}", "invalid")
            .replace("{name}", "ana")
            .replace("{seq}", "1")
            .replace("{attachment}", "none")
            .replace("{chat}", "chat_0123456789abcdef")
            .replace("{id}", "cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC");
        for (method, operation) in item.as_object().unwrap() {
            let got = match method.as_str() {
                "get" => nobody.get(&path),
                "delete" => nobody.delete(&path),
                "put" => crate::expected::put(&nobody, &path, &json!({})),
                _ => nobody.post(&path, &json!({})),
            };
            let open = operation["security"] == json!([{}]);
            let is_as_said = match (open, method.as_str()) {
                (true, "get") => got.status == 200,
                // What it is asked with is not there, which is told whoever asks.
                (true, _) => got.body["type"] != "/problems/unauthenticated",
                (false, _) => got.status == 401,
            };
            assert!(is_as_said, "{method} {path}: {}", got.body);
        }
    }
}

/// The description as it was when somebody last looked at it, so that a change of the interface is seen in review.
#[test]
fn the_description_on_file_is_the_one_served() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let now = remit_server::http::description() + "\n";
    if std::env::var_os("REMIT_BLESS").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let cure = "run `REMIT_BLESS=1 cargo test --package remit-server described` and look at what changed";
    assert!(std::fs::read_to_string(&file).is_ok_and(|known| known == now), "docs/openapi.json is not current; {cure}");
}
