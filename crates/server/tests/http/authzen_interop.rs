//! The interoperability material of the OpenID AuthZEN working group, against a server whose bundle has entity types
//! and actions beside Remit's: the decisions of its Todo scenario (openid/authzen,
//! `interop/authzen-todo-backend/test/decisions-authorization-api-1_0-02.json`, MIT) and the results of its search
//! scenario (`interop/authzen-search-demo/test`). Each table here holds what is published there.

use crate::{
    expected::Expected as _,
    harness::{Client, Server},
    sample_bundle::{BANK, bank_and},
};
use remit_app::governance::services::Services;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A server of the sample bank with more in its schema and its policies.
pub(crate) fn serving(schema: &str, policies: &str) -> Server {
    let own = String::from_utf8(BANK.files().get("schema.cedarschema").unwrap().to_vec()).unwrap();
    let files = [("schema.cedarschema", &*(own + schema)), ("policies/other-systems.cedar", policies)];
    Server::start_with(bank_and("", &files), Services::none())
}

/// A policy with what every policy of a bundle says of itself.
fn policy(id: &str, text: &str) -> String {
    format!("@id(\"{id}\")\n@owner(\"platform\")\n@reason(\"The scenario says so\")\n{text}\n\n")
}

/// Each user of the Todo scenario: what tells them apart in their identifier, their address, and whether they edit.
const USERS: [(&str, &str, bool); 5] = [
    ("DA", "rick@the-citadel.com", true),
    ("DE", "morty@the-citadel.com", true),
    ("DI", "summer@the-smiths.com", true),
    ("DM", "beth@the-smiths.com", false),
    ("DQ", "jerry@the-smiths.com", false),
];

fn user(apart: &str) -> String {
    format!("CiRmZ{apart}2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs")
}

const TODO_SCHEMA: &str = r#"
entity user;
entity todo;
action "can_read_user" appliesTo { principal: user, resource: user };
action "can_read_todos", "can_create_todo" appliesTo { principal: user, resource: todo };
action "can_update_todo", "can_delete_todo" appliesTo {
  principal: user, resource: todo, context: { resource: { ownerID: String } },
};
"#;

/// Whoever views, edits, administers or is an evil genius.
fn todo_policies() -> String {
    let list = |users: &mut dyn Iterator<Item = &(&str, &str, bool)>| {
        users.map(|(apart, ..)| format!("user::\"{}\"", user(apart))).collect::<Vec<_>>().join(", ")
    };
    let everybody = list(&mut USERS.iter());
    let editors = list(&mut USERS.iter().filter(|(.., edits)| *edits));
    let own: Vec<String> = USERS
        .iter()
        .map(|(apart, mail, _)| {
            format!("(principal == user::\"{}\" && context.resource.ownerID == \"{mail}\")", user(apart))
        })
        .collect();
    let rick = user("DA");
    [
        policy("todo.view", &format!(
            "permit (principal is user, action in [Action::\"can_read_user\", Action::\"can_read_todos\"], resource)\n\
             when {{ [{everybody}].contains(principal) }};"
        )),
        policy("todo.create", &format!(
            "permit (principal is user, action == Action::\"can_create_todo\", resource is todo)\n\
             when {{ [{editors}].contains(principal) }};"
        )),
        policy("todo.own", &format!(
            "permit (principal is user, action in [Action::\"can_update_todo\", Action::\"can_delete_todo\"], \
             resource)\n\
             when {{ [{editors}].contains(principal) && ({}) }};",
            own.join(" || ")
        )),
        policy("todo.admin", &format!(
            "permit (principal == user::\"{rick}\", action == Action::\"can_delete_todo\", resource is todo);"
        )),
        policy("todo.evil-genius", &format!(
            "permit (principal == user::\"{rick}\", action == Action::\"can_update_todo\", resource is todo);"
        )),
    ]
    .concat()
}

/// What each user may: read somebody, read all, create, update one of Rick's and one of their own (of Rick one of
/// Morty's), and delete the same.
const TODO_DECISIONS: [(&str, [bool; 7]); 5] = [
    ("DA", [true, true, true, true, true, true, true]),
    ("DE", [true, true, true, false, true, false, true]),
    ("DI", [true, true, true, false, true, false, true]),
    ("DM", [true, true, false, false, false, false, false]),
    ("DQ", [true, true, false, false, false, false, false]),
];

fn todo(owner: &str) -> Value {
    let number = USERS.iter().position(|(_, mail, _)| *mail == owner).unwrap();
    // Rick's ends with 2, Morty's with 1, and those of the others with 3 to 5.
    let last = [2, 1, 3, 4, 5][number];
    json!({ "type": "todo", "id": format!("7240d0db-8ff0-41ec-98b2-34a096273b9{last}"),
            "properties": { "ownerID": owner } })
}

#[test]
fn the_published_decisions_of_the_todo_scenario() {
    let server = serving(TODO_SCHEMA, &todo_policies());
    let gateway = server.client(&["integration"]);
    let rick = "rick@the-citadel.com";
    for ((apart, mail, _), (_, expected)) in USERS.iter().zip(TODO_DECISIONS) {
        let subject = json!({ "type": "user", "id": user(apart) });
        let own = if *apart == "DA" { "morty@the-citadel.com" } else { mail };
        let any = json!({ "type": "todo", "id": "todo-1" });
        let person = |id: &str| json!({ "type": "user", "id": id });
        let asked = [
            ("can_read_user", person("beth@the-smiths.com"), expected[0]),
            ("can_read_user", person(mail), expected[0]),
            ("can_read_todos", any.clone(), expected[1]),
            ("can_create_todo", any, expected[2]),
            ("can_update_todo", todo(rick), expected[3]),
            ("can_update_todo", todo(own), expected[4]),
            ("can_delete_todo", todo(rick), expected[5]),
            ("can_delete_todo", todo(own), expected[6]),
        ];
        for (action, resource, expected) in &asked {
            let asked = json!({ "subject": subject, "action": { "name": action }, "resource": resource });
            let got = gateway.post("/access/v1/evaluation", &asked).expect(200);
            assert_eq!(got["decision"], *expected, "{asked}: {got}");
        }
        // The same in one request, as the scenario's application asks for what it shows.
        let evaluations: Vec<Value> = asked
            .iter()
            .map(|(action, resource, _)| json!({ "action": { "name": action }, "resource": resource }))
            .collect();
        let all = json!({ "subject": subject, "resource": {}, "context": {}, "evaluations": evaluations });
        let got = gateway.post("/access/v1/evaluations", &all).expect(200);
        let decisions: Vec<&Value> =
            got["evaluations"].as_array().unwrap().iter().map(|answer| &answer["decision"]).collect();
        assert_eq!(decisions, asked.iter().map(|(.., expected)| expected).collect::<Vec<_>>(), "{got}");
    }
    // Somebody who is in no role may nothing, and a todo of nobody is a question that is not whole.
    let stranger = json!({ "type": "user", "id": "stranger" });
    let asked = json!({ "subject": stranger, "action": { "name": "can_delete_todo" }, "resource": todo(rick) });
    let got = gateway.post("/access/v1/evaluation", &asked).expect(200);
    assert_eq!((&got["decision"], &got["context"]["reason"]), (&json!(false), &json!("no policy permits it")));
    let of_nobody = json!({ "subject": stranger, "action": { "name": "can_delete_todo" },
                            "resource": { "type": "todo", "id": "1" } });
    let got = gateway.post("/access/v1/evaluation", &of_nobody).expect(400);
    assert!(got["detail"].as_str().unwrap().starts_with("`resource.properties.ownerID` is missing"), "{got}");
}

/// Users of the search scenario, with role and department.
const PEOPLE: [(&str, &str, &str); 6] = [
    ("alice", "manager", "Sales"),
    ("bob", "employee", "Legal"),
    ("carol", "contractor", "Legal"),
    ("dan", "manager", "Finance"),
    ("erin", "employee", "Finance"),
    ("felix", "contractor", "Accounting"),
];

/// Departments of its records from 101 on; each in turn is owned by the next user.
const DEPARTMENTS: [&str; 20] = [
    "Legal",
    "Legal",
    "Legal",
    "Accounting",
    "Legal",
    "Accounting",
    "Sales",
    "Legal",
    "Accounting",
    "Sales",
    "Accounting",
    "Legal",
    "Sales",
    "Accounting",
    "Finance",
    "Legal",
    "Legal",
    "Accounting",
    "Legal",
    "Accounting",
];

/// The records that each may view, edit and delete, by their last two digits.
const MAY: [(&str, &str, &str, &str); 6] = [
    ("alice", "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20", "01 07 10 13 19", "01 07 13 19"),
    ("bob", "01 02 03 05 08 12 14 16 17 19 20", "02 08 14 20", "02 08 14 20"),
    ("carol", "01 02 03 05 08 09 12 15 16 17 19", "03 09 15", "03 09 15"),
    ("dan", "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20", "04 10 15 16", "04 10 16"),
    ("erin", "05 11 15 17", "05 11 17", "05 11 17"),
    ("felix", "04 06 09 11 12 14 18 20", "06 12 18", "06 12 18"),
];

fn search_schema() -> String {
    let quoted = |names: Vec<String>| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let people = quoted(PEOPLE.iter().map(|(name, ..)| (*name).to_owned()).collect());
    let records = quoted((101..=120).map(|number| number.to_string()).collect());
    format!(
        "\nentity user enum [{people}];\nentity record enum [{records}];\n\
         action \"view\", \"edit\", \"delete\" appliesTo {{ principal: user, resource: record }};\n"
    )
}

/// Who owns records may do all to them, who is in their department may view them, and managers view all and edit those
/// of their department.
fn search_policies() -> String {
    let records = |of: &dyn Fn(usize) -> bool| {
        let records = (0..20).filter(|nth| of(*nth)).map(|nth| format!("record::\"{}\"", nth + 101));
        records.collect::<Vec<_>>().join(", ")
    };
    let mut all = String::new();
    for (nth, (name, role, department)) in PEOPLE.iter().enumerate() {
        let owned = records(&|record| record % PEOPLE.len() == nth);
        let near = records(&|record| DEPARTMENTS[record] == *department);
        let permit = |action: &str, which: &str| {
            format!(
                "permit (principal == user::\"{name}\", action in [{action}], resource is record)\n\
                 when {{ [{which}].contains(resource) }};"
            )
        };
        let every = "Action::\"view\", Action::\"edit\", Action::\"delete\"";
        write!(all, "{}", policy(&format!("record.own.{name}"), &permit(every, &owned))).unwrap();
        let here = if *role == "manager" { "Action::\"view\", Action::\"edit\"" } else { "Action::\"view\"" };
        write!(all, "{}", policy(&format!("record.near.{name}"), &permit(here, &near))).unwrap();
        if *role == "manager" {
            let view =
                format!("permit (principal == user::\"{name}\", action == Action::\"view\", resource is record);");
            write!(all, "{}", policy(&format!("record.all.{name}"), &view)).unwrap();
        }
    }
    all
}

/// All results of a search, a part at a time.
pub(crate) fn found(client: &Client, what: &str, asked: &Value, limit: usize) -> Vec<String> {
    let mut asked = asked.clone();
    asked["page"] = json!({ "limit": limit });
    let mut all = Vec::new();
    loop {
        let got = client.post(&format!("/access/v1/search/{what}"), &asked).expect(200);
        let results = got["results"].as_array().unwrap();
        assert!(results.len() <= limit && got["page"]["count"] == results.len(), "{got}");
        let name = |one: &Value| one.get("id").or(one.get("name")).and_then(Value::as_str).unwrap().to_owned();
        all.extend(results.iter().map(name));
        match got["page"]["next_token"].as_str().unwrap() {
            "" => return all,
            token => asked["page"] = json!({ "token": token }),
        }
    }
}

#[test]
fn the_published_results_of_the_search_scenario() {
    let server = serving(&search_schema(), &search_policies());
    let gateway = server.client(&["admin"]);
    let may = |name: &str, action: &str, record: usize| {
        let (_, view, edit, delete) = MAY.iter().find(|(known, ..)| *known == name).unwrap();
        let which = match action {
            "view" => view,
            "edit" => edit,
            _ => delete,
        };
        which.split(' ').any(|digits| format!("1{digits}") == record.to_string())
    };
    let subject = |name: &str| json!({ "type": "user", "id": name });
    let resource = |record: usize| json!({ "type": "record", "id": record.to_string() });
    let actions = ["delete", "edit", "view"];
    for (name, ..) in PEOPLE {
        for action in actions {
            let asked = json!({ "subject": subject(name), "action": { "name": action },
                                "resource": { "type": "record" } });
            let expected: Vec<String> =
                (101..=120).filter(|record| may(name, action, *record)).map(|record| record.to_string()).collect();
            assert_eq!(found(&gateway, "resource", &asked, 7), expected, "{asked}");
        }
        for record in 101..=120 {
            let asked = json!({ "subject": subject(name), "resource": resource(record) });
            let expected: Vec<&str> = actions.into_iter().filter(|action| may(name, action, record)).collect();
            assert_eq!(found(&gateway, "action", &asked, 50), expected, "{asked}");
        }
    }
    for record in 101..=120 {
        for action in actions {
            let asked = json!({ "subject": { "type": "user" }, "action": { "name": action },
                                "resource": resource(record) });
            let names = PEOPLE.iter().map(|(name, ..)| *name);
            let expected: Vec<&str> = names.filter(|name| may(name, action, record)).collect();
            assert_eq!(found(&gateway, "subject", &asked, 2), expected, "{asked}");
        }
    }
}
