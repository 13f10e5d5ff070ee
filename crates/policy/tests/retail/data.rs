//! The database, and the tasks with the actions that are recorded of them as right.

use serde_json::{Map, Value};
use std::{env, fs, path::Path};

/// Tasks and a database of the same form, in place of the sample's.
const TASKS: &str = "REMIT_RETAIL_TASKS";
const DATABASE: &str = "REMIT_RETAIL_DB";
/// How the names of actions begin that change something.
const CHANGES: [&str; 4] = ["cancel_", "modify_", "return_", "exchange_"];

/// An action that is recorded as right, and for whom.
pub(crate) struct Recorded {
    pub(crate) task: String,
    pub(crate) customer: String,
    pub(crate) action: String,
    pub(crate) arguments: Map<String, Value>,
}

fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/shop/source").join(name);
    fs::read_to_string(path).unwrap()
}

fn told_by(variable: &str) -> Option<String> {
    let path = env::var(variable).ok()?;
    Some(fs::read_to_string(&path).unwrap_or_else(|error| panic!("{variable} names {path:?}: {error}")))
}

/// The text of the database.
pub(crate) fn database() -> String {
    told_by(DATABASE).unwrap_or_else(|| source("database.json"))
}

/// Whether other tasks are replayed than the sample's.
pub(crate) fn is_other() -> bool {
    env::var(TASKS).is_ok()
}

/// The actions, task by task.
pub(crate) fn recorded(database: &Value) -> Vec<Recorded> {
    match told_by(TASKS) {
        Some(tasks) => {
            let tasks: Vec<Value> = serde_json::from_str(&tasks).unwrap_or_else(|error| panic!("{TASKS}: {error}"));
            tasks.iter().flat_map(|task| of_task(task, database)).collect()
        }
        None => source("actions.jsonl").lines().map(of_line).collect(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn of_line(line: &str) -> Recorded {
    let line: Value = serde_json::from_str(line).unwrap();
    Recorded {
        task: text(&line["task"]),
        customer: text(&line["customer"]),
        action: text(&line["action"]),
        arguments: line["arguments"].as_object().unwrap().clone(),
    }
}

/// The actions of a task that change something.
fn of_task(task: &Value, database: &Value) -> Vec<Recorded> {
    let actions = task.pointer("/evaluation_criteria/actions").and_then(Value::as_array);
    let actions: Vec<&Value> = actions.into_iter().flatten().collect();
    let customer = customer(task, &actions, database).unwrap_or_default();
    let changes = actions.into_iter().filter(|action| {
        let name = action["name"].as_str().unwrap_or_default();
        CHANGES.iter().any(|begins| name.starts_with(begins))
    });
    let recorded = changes.map(|action| Recorded {
        task: text(&task["id"]),
        customer: customer.clone(),
        action: text(&action["name"]),
        arguments: action["arguments"].as_object().cloned().unwrap_or_default(),
    });
    recorded.collect()
}

/// Whose task it is: whom the recorded actions look up, else who is told of in what the customer knows. Whose the
/// orders are does not count, for that is what is judged; it is the last resort alone.
fn customer(task: &Value, actions: &[&Value], database: &Value) -> Option<String> {
    let users = database["users"].as_object()?;
    let named = |user: &Value, arguments: &Value| {
        let is = |key: &str, value: &Value| arguments.get(key).is_some_and(|given| given == value);
        let by_name = is("first_name", &user["name"]["first_name"]) && is("last_name", &user["name"]["last_name"]);
        is("email", &user["email"]) || by_name && is("zip", &user["address"]["zip"])
    };
    let looked_up = actions.iter().find_map(|action| match action["name"].as_str()? {
        "get_user_details" => action["arguments"]["user_id"].as_str().map(ToOwned::to_owned),
        "find_user_id_by_email" | "find_user_id_by_name_zip" => {
            users.iter().find(|(_, user)| named(user, &action["arguments"])).map(|(id, _)| id.clone())
        }
        _ => None,
    });
    let known = task.pointer("/user_scenario/instructions").map(text_of_all).unwrap_or_default();
    let told = || {
        let is_told = |(id, user): &(&String, &Value)| {
            let name = format!("{} {}", text(&user["name"]["first_name"]), text(&user["name"]["last_name"]));
            let by_name = known.contains(&name) && known.contains(&text(&user["address"]["zip"]));
            known.contains(id.as_str()) || known.contains(&text(&user["email"])) || by_name
        };
        users.iter().find(is_told).map(|(id, _)| id.clone())
    };
    let owner = || {
        let of_order = |action: &&Value| {
            let order = action["arguments"]["order_id"].as_str()?;
            Some(database["orders"].get(order)?["user_id"].as_str()?.to_owned())
        };
        actions.iter().find_map(of_order)
    };
    looked_up.filter(|id| users.contains_key(id)).or_else(told).or_else(owner)
}

/// All texts within a value, whatever its form.
fn text_of_all(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text_of_all).collect::<Vec<_>>().join("\n"),
        Value::Object(members) => members.values().map(text_of_all).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}
