//! What is denied because it wants somebody's yes, asked for in the form of the AuthZEN Access Request and Approval
//! Profile (Draft 1): bound to just what was denied, confirmed by who has to, and evaluated once more.

use crate::{
    asking::connected,
    changed_rows::found,
    chat::staff,
    delegate::ISSUER,
    expected::Expected as _,
    hands::OwnClock,
    harness::{Client, Got, Server, id, open_at, settings},
    requests::bundle,
};
use remit_app::Settings;
use remit_policy::address::Address;
use serde_json::{Value, json};

const EVALUATION: &str = "/access/v1/evaluation";
const REQUESTS: &str = "/access/v1/requests";
const ERROR: &str = "urn:openid:authzen:access-request:error:";
const MINUTE_MS: i64 = 60_000;

/// A server that knows where it is found, a program that enforces its decisions, and somebody who says yes.
struct Shop {
    server: Server,
    clock: OwnClock,
    case: String,
    ana: Client,
    program: Client,
    id: String,
}

impl Shop {
    fn open() -> Self {
        let (data, clock) = (tempfile::tempdir().unwrap(), OwnClock::new());
        let settings = Settings { public: vec![Address::parse(ISSUER).unwrap()], ..settings() };
        let services = connected(&bundle());
        let app = open_at(data.path(), bundle(), services, settings, Box::new(clock.clone()));
        let server = Server::serve(app, data);
        let new = json!({ "name": "shop", "roles": ["integration"], "days": 30 });
        let made = server.client(&["admin"]).post("/v1/tokens", &new).expect(201);
        let program = server.client_with(made["token"].as_str().unwrap());
        let case = id(&program.open("ann", "You charged me twice."));
        let ana = staff(&server, &server.client(&["lead"]), "ana", "Ana");
        Self { case, ana, program, id: id(&made), clock, server }
    }

    /// What the program would do.
    fn goodwill(&self, minor: i64) -> Value {
        let amount = json!({ "minor": minor, "currency": "GBP" });
        let arguments = json!({ "account_id": "acc-1002-1", "amount": amount, "reason": "delay" });
        json!({
            "subject": { "type": "integration", "id": self.id },
            "action": { "name": "pay_goodwill", "properties": arguments },
            "resource": { "type": "case", "id": self.case },
        })
    }

    fn evaluated(&self, asked: &Value) -> Value {
        self.program.post(EVALUATION, asked).expect(200)
    }

    /// The evaluation with an approval.
    fn with(&self, minor: i64, approval: &Value) -> Value {
        let mut asked = self.goodwill(minor);
        asked["context"] = json!({ "approval": approval });
        self.evaluated(&asked)
    }

    /// What follows from a denial.
    fn following(&self, minor: i64) -> Value {
        let denied = self.evaluated(&self.goodwill(minor));
        assert_eq!((&denied["decision"], &denied["context"]["needs"]), (&json!(false), &json!(["staff"])), "{denied}");
        let mut follows = self.goodwill(minor);
        follows["denial"] = json!({
            "evaluation_id": denied["context"]["evaluation_id"],
            "expires_at": denied["context"]["access_request"]["expires_at"],
        });
        follows
    }

    fn submitted(&self, minor: i64) -> Value {
        let task = self.program.post(REQUESTS, &self.following(minor)).expect(201);
        assert_eq!(task["task"]["status"], "pending", "{task}");
        task["task"].clone()
    }

    fn status(&self, task: &Value) -> Value {
        let at = task["status_endpoint"].as_str().unwrap().strip_prefix(ISSUER).unwrap();
        self.program.get(at).expect(200)
    }

    /// Somebody who works here answers.
    fn answers(&self, task: &Value, how: &str) {
        let path = format!("/v1/requests/{}", id(task));
        let request = self.ana.get(&path).expect(200);
        self.clock.forward_ms(4_000);
        self.ana.post(&format!("{path}/{how}"), &json!({ "hash": request["hash"], "seen_ms": 4_000 })).expect(200);
    }

    fn until(&self, task: &Value, status: &str) -> Value {
        loop {
            let now = self.status(task);
            if now["task"]["status"] == status {
                return now;
            }
            std::thread::yield_now();
        }
    }
}

fn refused(got: &Got, status: u16, error: &str) {
    assert_eq!((got.status, &got.body["type"]), (status, &json!(format!("{ERROR}{error}"))), "{}", got.body);
}

#[test]
fn what_wants_a_yes_is_asked_for_confirmed_carried_out_once_and_evaluated_once_more() {
    let shop = Shop::open();
    let follows = shop.following(1_250);
    let again = || shop.program.post_once(REQUESTS, "once", &follows).expect(201);
    let (first, second) = (again(), again());
    assert_eq!(first, second);
    let task = &first["task"];
    assert_eq!(task["status"], "pending");
    refused(&shop.program.post_once(REQUESTS, "once", &shop.following(1_300)), 409, "duplicate_request");
    assert!(first.get("result").is_none(), "{first}");
    // What was denied once is asked for once.
    refused(&shop.program.post(REQUESTS, &follows), 400, "invalid_denial_binding");

    // Before somebody said yes it counts for nothing.
    let approval = json!({ "id": task["id"] });
    let pending = shop.with(1_250, &approval);
    assert_eq!((&pending["decision"], &pending["context"]["reason"]), (&json!(false), &json!("grant_pending")));
    assert_eq!((&pending["context"]["next_action"], &pending["context"]["retry_after"]), (&json!("retry"), &json!(5)));

    shop.answers(task, "confirm");
    let done = shop.until(task, "approved");
    assert_eq!(done["result"]["mode"], "reevaluate", "{done}");
    let approval = &done["result"]["approval"];
    let allowed = shop.with(1_250, approval);
    assert_eq!((&allowed["decision"], &allowed["context"]["approval"]), (&json!(true), approval), "{allowed}");
    // Nobody else is let do it by it, and nothing else is.
    let mut others = shop.goodwill(1_250);
    others["context"] = json!({ "approval": approval });
    let stranger = shop.server.client(&["integration"]).post(EVALUATION, &others).expect(200);
    assert_eq!(stranger["context"]["reason"], "approval_unverifiable", "{stranger}");
    others["subject"] = json!({ "type": "staff", "id": "ana" });
    assert_eq!(shop.evaluated(&others)["decision"], false);
    let wider = shop.with(1_251, approval);
    assert_eq!((&wider["decision"], &wider["context"]["reason"]), (&json!(false), &json!("out_of_scope")), "{wider}");
    assert_eq!(wider["context"]["next_action"], "request");
    assert!(wider["context"]["access_request"]["expires_at"].is_string(), "{wider}");
    let unknown = shop.with(1_250, &json!({ "id": "req_01KKBK0TF82Z5S8TC0Z2V1A000" }));
    assert_eq!(unknown["context"]["next_action"], "none", "{unknown}");

    // It counts for as long as it says.
    shop.clock.forward_ms(20 * 24 * 60 * MINUTE_MS);
    assert_eq!(again(), first, "whoever sends it once more under its key is answered as before");
    let over = shop.with(1_250, approval);
    assert_eq!((&over["decision"], &over["context"]["reason"]), (&json!(false), &json!("approval_expired")), "{over}");
    assert_eq!(found(shop.server.stop().path()), Vec::<String>::new());
}

#[test]
fn what_does_not_follow_from_a_denial_is_asked_of_nobody() {
    let shop = Shop::open();
    let follows = shop.following(1_250);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut sent = follows.clone();
        change(&mut sent);
        shop.program.post(REQUESTS, &sent)
    };
    for unbound in [
        changed(&|sent| sent["action"]["properties"]["amount"]["minor"] = json!(1_251)),
        changed(&|sent| sent["action"]["name"] = json!("refund_charge")),
        changed(&|sent| sent["resource"]["id"] = json!("cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC")),
        changed(&|sent| sent["subject"] = json!({ "type": "staff", "id": "ana" })),
        changed(&|sent| sent["denial"]["evaluation_id"] = json!("e30.AAAA")),
        changed(&|sent| sent["denial"]["evaluation_id"] = Value::Null),
        changed(&|sent| sent["denial"]["expires_at"] = json!("2036-03-17T10:00:00Z")),
        changed(&|sent| sent["denial"]["evaluation_id"] = shop.following(900)["denial"]["evaluation_id"].clone()),
        shop.server.client(&["integration"]).post(REQUESTS, &follows),
    ] {
        refused(&unbound, 400, "invalid_denial_binding");
    }
    let twice = follows.to_string().replacen("\"minor\":1250", "\"minor\":1,\"minor\":1250", 1);
    for wrong in [
        changed(&|sent| drop(sent.as_object_mut().unwrap().remove("subject"))),
        changed(&|sent| drop(sent.as_object_mut().unwrap().remove("denial"))),
        changed(&|sent| sent["items"] = json!([])),
        changed(&|sent| sent["resource"] = json!("case")),
        shop.program.send(REQUESTS, &[("content-type", "application/json")], twice.as_bytes()),
    ] {
        assert!([400, 422].contains(&wrong.status), "{} {}", wrong.status, wrong.body);
    }
    shop.clock.forward_ms(10 * MINUTE_MS);
    refused(&changed(&|_| {}), 410, "expired_denial");
    // Whoever asks about somebody else asks for nothing for them; nor is what is denied for good asked for.
    let admin = shop.server.client(&["admin"]);
    let about = admin.post(EVALUATION, &shop.goodwill(1_250)).expect(200);
    assert!(
        about["context"].get("access_request").is_none() && about["context"]["needs"] == json!(["staff"]),
        "{about}"
    );
    let denied = shop.evaluated(&shop.goodwill(25_000));
    assert!(denied["context"].get("access_request").is_none() && denied["decision"] == false, "{denied}");
    let listed = admin.get(&format!("/v1/cases/{}/requests", shop.case)).expect(200);
    assert_eq!(listed["items"], json!([]));
}

#[test]
fn what_is_taken_back_or_declined_is_not_approved() {
    let shop = Shop::open();
    let task = shop.submitted(1_250);
    let cancel = task["links"]["cancel"].as_str().unwrap().strip_prefix(ISSUER).unwrap();
    let why = json!({ "reason": "no_longer_needed", "comment": "the customer called" });
    let stranger = shop.server.client(&["integration"]).post(cancel, &why);
    assert_eq!(stranger.status, 403, "{}", stranger.body);
    assert_eq!(shop.program.post(cancel, &why).expect(200)["task"]["status"], "cancelled");
    refused(&shop.program.post(cancel, &json!({})), 409, "invalid_task_state");
    assert_eq!(shop.with(1_250, &json!({ "id": task["id"] }))["context"]["reason"], "policy_denied");
    refused(&shop.program.get(&format!("{REQUESTS}/req_01KKBK0TF82Z5S8TC0Z2V1A000")), 404, "unknown_task");

    let task = shop.submitted(1_300);
    shop.answers(&task, "decline");
    let denied = shop.status(&task);
    assert_eq!((&denied["task"]["status"], denied.get("result")), (&json!("denied"), None), "{denied}");
    let after = shop.with(1_300, &json!({ "id": task["id"] }));
    assert_eq!((&after["decision"], &after["context"]["next_action"]), (&json!(false), &json!("none")), "{after}");
}
