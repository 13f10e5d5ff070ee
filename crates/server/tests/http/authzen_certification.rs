//! The certification scenario of the Authorization API 1.0 (openid/authzen,
//! `certification/authorization-api-1_0-scenario.md`), case by case, in its four levels: Basic, Batch, Search and
//! Discovery. Its fixture is a bundle like any other.

use crate::{
    authzen_interop::{found, serving},
    delegate::ISSUER,
    expected::Expected as _,
    harness::{Client, Got, Server, open_set, settings},
    sample_bundle::BANK,
};
use remit_app::{Settings, governance::services::Services};
use remit_policy::address::Address;
use serde_json::{Value, json};
use std::sync::Arc;

const SCHEMA: &str = r#"
entity user enum ["alice", "bob"];
entity record enum ["record-1", "record-2"];
action "read", "write", "delete" appliesTo {
  principal: user, resource: record,
  context: { subject: { role?: String }, resource: { status?: String }, action: { soft?: Bool } },
};
"#;

const POLICIES: &str = r#"
@id("record.read")
@owner("platform")
@reason("Everybody reads the first record")
permit (principal is user, action == Action::"read", resource == record::"record-1");

@id("record.write")
@owner("platform")
@reason("Alice writes on the first record")
permit (principal == user::"alice", action == Action::"write", resource == record::"record-1");

@id("record.archived")
@owner("platform")
@reason("What is archived is written on by those who administer, as Bob does")
forbid (principal is user, action == Action::"write", resource is record)
when { context.resource has status && context.resource.status == "archived" }
unless { principal == user::"bob" || (context.subject has role && context.subject.role == "admin") };

@id("record.admin")
@owner("platform")
@reason("Those who administer write on what is archived, as the second record is")
permit (principal is user, action == Action::"write", resource is record)
when {
  (principal == user::"bob" || (context.subject has role && context.subject.role == "admin")) &&
  (resource == record::"record-2" || (context.resource has status && context.resource.status == "archived"))
};

@id("record.delete")
@owner("platform")
@reason("Alice deletes what can be brought back")
permit (principal == user::"alice", action == Action::"delete", resource is record)
when { context.action has soft && context.action.soft };
"#;

const ONE: &str = "/access/v1/evaluation";
const SEVERAL: &str = "/access/v1/evaluations";

struct Harness {
    _server: Server,
    client: Client,
}

impl Harness {
    fn new() -> Self {
        let server = serving(SCHEMA, POLICIES);
        Self { client: server.client(&["admin"]), _server: server }
    }

    fn decision(&self, asked: &Value) -> bool {
        let got = self.client.post(ONE, asked).expect(200);
        got["decision"].as_bool().unwrap_or_else(|| panic!("{asked}: {got}"))
    }

    fn decisions(&self, asked: &Value) -> Vec<bool> {
        let got = self.client.post(SEVERAL, asked).expect(200);
        assert!(got.get("decision").is_none(), "{got}");
        let each = |answer: &Value| answer["decision"].as_bool().unwrap_or_else(|| panic!("{asked}: {answer}"));
        got["evaluations"].as_array().unwrap_or_else(|| panic!("{asked}: {got}")).iter().map(each).collect()
    }

    fn bad(&self, path: &str, asked: &Value) {
        self.refused(path, asked.to_string().as_bytes());
    }

    fn refused(&self, path: &str, body: &[u8]) {
        let got = self.client.send(path, &[("content-type", "application/json")], body);
        assert_eq!((got.status, &got.body["type"]), (400, &json!("/problems/bad_request")), "{}", got.body);
        assert!(got.body["detail"].as_str().is_some_and(|words| !words.is_empty()), "{}", got.body);
    }
}

fn asked(subject: &str, action: &str, resource: &str) -> Value {
    json!({ "subject": user(subject), "action": { "name": action }, "resource": record(resource) })
}

fn user(id: &str) -> Value {
    json!({ "type": "user", "id": id })
}

fn record(id: &str) -> Value {
    json!({ "type": "record", "id": id })
}

fn with(mut entity: Value, properties: &Value) -> Value {
    entity["properties"] = properties.clone();
    entity
}

/// The same question with something else in it.
fn but(mut asked: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut asked);
    asked
}

fn archived() -> Value {
    with(record("record-2"), &json!({ "status": "archived" }))
}

fn admin() -> Value {
    with(user("bob"), &json!({ "role": "admin" }))
}

#[test]
fn basic() {
    let pdp = Harness::new();
    let context = json!({ "time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1" });
    let delete = |soft: bool| json!({ "name": "delete", "properties": { "soft": soft } });
    let more = json!({
        "subject": with(user("alice"), &json!({ "department": "Sales", "role": "manager" })),
        "action": { "name": "read", "properties": { "method": "GET" } },
        "resource": with(record("record-1"), &json!({ "status": "active", "owner": "bob" })),
    });
    for (asked, expected) in [
        (asked("alice", "read", "record-1"), true),
        (asked("alice", "write", "record-1"), true),
        (asked("bob", "read", "record-1"), true),
        (asked("bob", "write", "record-1"), false),
        (but(asked("alice", "read", "record-1"), |asked| asked["context"] = context), true),
        (but(asked("alice", "write", "record-2"), |asked| asked["resource"] = archived()), false),
        (
            but(asked("bob", "write", "record-2"), |asked| {
                asked["subject"] = admin();
                asked["resource"] = archived();
            }),
            true,
        ),
        (but(asked("alice", "delete", "record-1"), |asked| asked["action"] = delete(true)), true),
        (but(asked("alice", "delete", "record-1"), |asked| asked["action"] = delete(false)), false),
        (more, true),
        (
            but(asked("alice", "read", "record-1"), |asked| {
                asked["foo"] = json!("bar");
                asked["futureField"] = json!({ "nested": true });
            }),
            true,
        ),
    ] {
        // However often it is asked.
        for _ in 0..3 {
            assert_eq!(pdp.decision(&asked), expected, "{asked}");
        }
    }
    // Each member that must be there, and each that must be of a type.
    let usual = || asked("alice", "read", "record-1");
    for member in [
        "/subject",
        "/action",
        "/resource",
        "/subject/type",
        "/subject/id",
        "/action/name",
        "/resource/type",
        "/resource/id",
    ] {
        let (of, name) = member.rsplit_once('/').unwrap();
        pdp.bad(
            ONE,
            &but(usual(), |asked| {
                asked.pointer_mut(of).unwrap().as_object_mut().unwrap().remove(name).unwrap();
            }),
        );
        pdp.bad(ONE, &but(usual(), |asked| *asked.pointer_mut(member).unwrap() = json!(123)));
    }
    pdp.bad(ONE, &but(usual(), |asked| asked["subject"] = json!("alice")));
    for body in ["", "{", "[]", "null", "{\"subject\":", "{\"subject\":{},\"subject\":{}}", "\u{feff}{}"] {
        pdp.refused(ONE, body.as_bytes());
        pdp.refused(SEVERAL, body.as_bytes());
    }
    pdp.refused(ONE, b"{\"subject\": \"\xff\"}");
    let got = pdp.client.send(ONE, &[("content-type", "text/plain")], usual().to_string().as_bytes());
    assert_eq!((got.status, &got.body["type"]), (400, &json!("/problems/bad_request")), "{}", got.body);
}

#[test]
fn a_request_is_answered_under_the_name_that_who_asks_gives_it() {
    let pdp = Harness::new();
    let body = asked("alice", "read", "record-1").to_string();
    let named = |path: &str, body: &str| -> Got {
        let headers = [("content-type", "application/json"), ("x-request-id", "bfe9eb29-ab87 \"mine\"")];
        pdp.client.send(path, &headers, body.as_bytes())
    };
    for (path, body, status) in
        [(ONE, &*body, 200), (SEVERAL, &*body, 200), (ONE, "{", 400), ("/access/v1/search/action", "{}", 400)]
    {
        let got = named(path, body);
        assert_eq!(got.status, status, "{}", got.body);
        assert_eq!(got.headers["x-request-id"].as_bytes(), b"bfe9eb29-ab87 \"mine\"");
    }
    let unknown = Client { token: "nonsense".to_owned(), ..pdp.client.clone() };
    let headers = [("content-type", "application/json"), ("x-request-id", "mine")];
    let got = unknown.send(ONE, &headers, body.as_bytes());
    assert_eq!((got.status, got.headers["x-request-id"].to_str().unwrap()), (401, "mine"));
    assert_eq!(got.headers["www-authenticate"], "Bearer");
    // Where they give none, and where the interface is Remit's own, Remit names it.
    let own = pdp.client.post(ONE, &asked("alice", "read", "record-1"));
    assert_eq!(own.headers["x-request-id"].to_str().unwrap().len(), 16);
    let headers = [("content-type", "application/json"), ("x-request-id", "mine")];
    let own = pdp.client.send("/v1/cases", &headers, b"{}");
    assert_ne!(own.headers["x-request-id"], "mine");
}

#[test]
fn batch() {
    let pdp = Harness::new();
    let active = || with(record("record-1"), &json!({ "status": "active" }));
    let (alice, read, write) = (user("alice"), json!({ "name": "read" }), json!({ "name": "write" }));
    let time = json!({ "time": "2025-06-27T18:03-07:00" });
    let other_time = json!({ "time": "2025-06-27T19:00-07:00", "source": "batch-override" });
    for (asked, expected) in [
        (
            json!({ "subject": alice, "action": read,
                 "evaluations": [{ "resource": record("record-1") }, { "resource": record("record-2") }] }),
            vec![true, false],
        ),
        (
            json!({ "subject": user("bob"), "resource": record("record-1"),
                 "evaluations": [{ "action": read }, { "action": write }] }),
            vec![true, false],
        ),
        (
            json!({ "subject": alice, "action": write,
                 "evaluations": [{ "resource": active() }, { "resource": archived() }] }),
            vec![true, false],
        ),
        (
            json!({ "action": write, "resource": archived(),
                 "evaluations": [{ "subject": alice }, { "subject": admin() }] }),
            vec![false, true],
        ),
        (
            json!({ "evaluations": [asked("alice", "read", "record-1"), asked("bob", "write", "record-1")] }),
            vec![true, false],
        ),
        (
            json!({ "subject": alice, "action": read, "context": time, "evaluations": [
                 { "resource": record("record-1") }, { "resource": record("record-2"), "context": other_time }] }),
            vec![true, false],
        ),
        (
            json!({ "subject": alice, "action": write, "resource": active(),
                 "evaluations": [{}, { "resource": archived() }] }),
            vec![true, false],
        ),
    ] {
        assert_eq!(pdp.decisions(&asked), expected, "{asked}");
    }
    // One that is not whole is answered beside the others, with why.
    let lacking = json!({
        "subject": alice, "action": read, "options": { "evaluations_semantic": "execute_all", "another": "value" },
        "evaluations": [{ "resource": record("record-1") }, {}, "nonsense", { "resource": record("record-1") }],
    });
    assert_eq!(pdp.decisions(&lacking), [true, false, false, true]);
    let told = pdp.client.post(SEVERAL, &lacking).expect(200);
    let error = |nth: usize| told["evaluations"][nth]["context"]["error"].clone();
    assert_eq!(error(1), json!({ "kind": "bad_request", "message": "`resource` is missing" }));
    assert_eq!(error(2)["message"], "`evaluations.2` must be an object");
    // Without evaluations it is the one that stands there.
    for evaluations in [json!(null), json!([])] {
        let one = but(asked("alice", "read", "record-1"), |asked| {
            if !evaluations.is_null() {
                asked["evaluations"] = evaluations;
            }
        });
        let got = pdp.client.post(SEVERAL, &one).expect(200);
        assert_eq!((&got["decision"], got.get("evaluations")), (&json!(true), None), "{got}");
    }
    // Where it ends, nothing after it is answered.
    let semantic = |semantic: &str, resources: &[&str]| {
        let evaluations: Vec<Value> = resources.iter().map(|id| json!({ "resource": record(id) })).collect();
        let options = json!({ "evaluations_semantic": semantic });
        pdp.decisions(&json!({ "subject": alice, "action": read, "options": options, "evaluations": evaluations }))
    };
    let (yes, no, unknown) = ("record-1", "record-2", "record-3");
    assert_eq!(semantic("execute_all", &[no, yes, unknown, yes]), [false, true, false, true]);
    assert_eq!(semantic("deny_on_first_deny", &[yes, no, yes]), [true, false]);
    assert_eq!(semantic("deny_on_first_deny", &[yes, yes]), [true, true]);
    assert_eq!(semantic("permit_on_first_permit", &[no, unknown, yes, no]), [false, false, true]);
    assert_eq!(semantic("permit_on_first_permit", &[no, no]), [false, false]);
    // What is wrong with the whole is told of the whole.
    let usual = json!({ "subject": alice, "action": read, "evaluations": [{ "resource": record("record-1") }] });
    pdp.bad(SEVERAL, &but(usual.clone(), |asked| asked["subject"] = json!("alice")));
    pdp.bad(SEVERAL, &but(usual.clone(), |asked| asked["evaluations"] = json!({})));
    pdp.bad(SEVERAL, &but(usual.clone(), |asked| asked["options"] = json!({ "evaluations_semantic": "some" })));
    pdp.bad(SEVERAL, &but(usual.clone(), |asked| asked["options"] = json!([])));
    pdp.bad(SEVERAL, &json!({ "action": read, "resource": record("record-1") }));
    let many = |count: usize| {
        but(usual.clone(), |asked| {
            asked["evaluations"] = json!(vec![json!({ "resource": record("record-1") }); count]);
        })
    };
    assert_eq!(pdp.decisions(&many(100)), [true; 100]);
    pdp.bad(SEVERAL, &many(101));
}

#[test]
fn search() {
    let pdp = Harness::new();
    let context = json!({ "time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1" });
    let read = json!({ "name": "read" });
    let subjects = json!({ "subject": { "type": "user" }, "action": read, "resource": record("record-1") });
    let resources = json!({ "subject": user("alice"), "action": read, "resource": { "type": "record" } });
    let actions = json!({ "subject": user("alice"), "resource": record("record-1") });
    for (what, asked, expected) in [
        ("subject", &subjects, vec!["alice", "bob"]),
        ("resource", &resources, vec!["record-1"]),
        ("action", &actions, vec!["read", "write"]),
    ] {
        assert_eq!(found(&pdp.client, what, asked, 50), expected);
        assert_eq!(
            found(&pdp.client, what, &but(asked.clone(), |asked| asked["context"] = context.clone()), 1),
            expected
        );
    }
    // Which of those that are searched for is named counts for nothing.
    assert_eq!(
        found(&pdp.client, "subject", &but(subjects.clone(), |asked| asked["subject"] = user("alice")), 50),
        ["alice", "bob"]
    );
    let named = but(resources.clone(), |asked| asked["resource"] = record("record-2"));
    assert_eq!(found(&pdp.client, "resource", &named, 50), ["record-1"]);
    // By properties.
    let write = json!({ "name": "write" });
    let may = json!({ "subject": { "type": "user" }, "action": write, "resource": archived() });
    assert_eq!(found(&pdp.client, "subject", &may, 50), ["bob"]);
    let may = json!({ "subject": admin(), "action": write, "resource": { "type": "record" } });
    assert_eq!(found(&pdp.client, "resource", &may, 50), ["record-2"]);
    assert_eq!(found(&pdp.client, "action", &json!({ "subject": admin(), "resource": archived() }), 50), ["write"]);
    // What is not known is found nowhere.
    let spaceship = json!({ "type": "spaceship" });
    let other = |id: &str| json!({ "type": "spaceship", "id": id });
    for (what, asked) in [
        ("action", json!({ "subject": user("nonexistent-user"), "resource": record("record-1") })),
        ("action", json!({ "subject": other("1"), "resource": record("record-1") })),
        ("action", json!({ "subject": user("alice"), "resource": other("1") })),
        ("subject", but(subjects.clone(), |asked| asked["subject"] = spaceship.clone())),
        ("subject", but(subjects.clone(), |asked| asked["resource"] = record("record-3"))),
        ("subject", but(subjects.clone(), |asked| asked["resource"] = other("1"))),
        ("subject", but(subjects.clone(), |asked| asked["action"] = json!({ "name": "fly" }))),
        ("resource", but(resources.clone(), |asked| asked["subject"] = user("nonexistent-user"))),
        ("resource", but(resources.clone(), |asked| asked["subject"] = other("1"))),
        ("resource", but(resources.clone(), |asked| asked["resource"] = spaceship.clone())),
    ] {
        assert_eq!(found(&pdp.client, what, &asked, 50), Vec::<String>::new(), "{what} {asked}");
    }
    // Each that is not searched for must be whole.
    let lacking = |asked: &Value, member: &str| {
        but(asked.clone(), |asked| {
            asked.as_object_mut().unwrap().remove(member);
        })
    };
    let open = json!({ "subject": { "type": "user" }, "action": read, "resource": { "type": "record" } });
    for (what, asked) in [
        ("subject", lacking(&subjects, "action")),
        ("subject", lacking(&subjects, "subject")),
        ("resource", lacking(&resources, "subject")),
        ("resource", lacking(&resources, "resource")),
        ("action", lacking(&actions, "resource")),
        ("subject", open.clone()),
        ("resource", open),
        ("action", json!({ "subject": { "type": "user" }, "resource": record("record-1") })),
        ("subject", but(subjects.clone(), |asked| asked["page"] = json!([]))),
        ("subject", but(subjects.clone(), |asked| asked["page"] = json!({ "limit": -1 }))),
        ("subject", but(subjects.clone(), |asked| asked["page"] = json!({ "limit": "1" }))),
        ("subject", but(subjects.clone(), |asked| asked["page"] = json!({ "token": "forged" }))),
    ] {
        pdp.bad(&format!("/access/v1/search/{what}"), &asked);
    }
    // A page's token is of its search alone.
    let first = but(subjects.clone(), |asked| asked["page"] = json!({ "limit": 1 }));
    let page = pdp.client.post("/access/v1/search/subject", &first).expect(200)["page"].take();
    let token = &page["next_token"];
    assert!(page["count"] == 1 && !token.as_str().unwrap().is_empty(), "{page}");
    pdp.bad("/access/v1/search/subject", &but(may_write(&subjects), |asked| asked["page"] = json!({ "token": token })));
    pdp.bad("/access/v1/search/subject", &but(subjects, |asked| asked["page"] = json!({ "token": token, "limit": 2 })));
}

fn may_write(asked: &Value) -> Value {
    but(asked.clone(), |asked| asked["action"]["name"] = json!("write"))
}

#[test]
fn discovery() {
    let settings = Settings { public: vec![Address::parse(ISSUER).unwrap()], ..settings() };
    let data = tempfile::tempdir().unwrap();
    let app = open_set(data.path(), Arc::clone(&BANK), Services::none(), settings);
    let server = Server::serve(app, data);
    let ask = |server: &Server| {
        let client = server.client_with("");
        client.agent.get(format!("{}/.well-known/authzen-configuration", client.url)).call().unwrap()
    };
    let mut answer = ask(&server);
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    let said: Value = serde_json::from_slice(&answer.body_mut().read_to_vec().unwrap()).unwrap();
    let at = |path: &str| format!("{ISSUER}/access/v1/{path}");
    let expected = json!({
        "policy_decision_point": ISSUER,
        "access_evaluation_endpoint": at("evaluation"),
        "access_evaluations_endpoint": at("evaluations"),
        "search_subject_endpoint": at("search/subject"),
        "search_resource_endpoint": at("search/resource"),
        "search_action_endpoint": at("search/action"),
        "access_request_endpoint": at("requests"),
        "capabilities": ["urn:openid:authzen:capability:access-request"],
    });
    assert_eq!(said, expected);
    // Who does not know where it is found says so.
    assert_eq!(ask(&Server::start()).status().as_u16(), 404);
}
