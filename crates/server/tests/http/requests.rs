//! Requests for actions: asked for exactly, confirmed by who policy wants a yes of, carried out once by the sandbox,
//! and held against what it says happened.

use super::{
    chat::staff,
    expected::Expected as _,
    hands::OwnClock,
    harness::{Client, Got, Server, id},
    sample_bundle::bank_asking_for,
};
use remit_app::governance::services::Services;
use remit_policy::bundle::Bundle;
use remit_sandbox::{Mischief, On, Planned};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const CATALOGUE: &str = r#"
[[connector]]
name = "back-office"
kind = "sandbox"

[[action]]
name = "pay_goodwill"
title = "Pay a sum as goodwill"
effect = "money"
connector = "back-office"
amount = "facts.amount"
template = "Pay {amount} of goodwill to account {account_id}: {reason}."
deadline_minutes = 30
confirmations = [["staff"], ["customer"], ["customer", "staff"], ["staff", "staff"]]
facts = { account_found = "truth", account_customer = "text", amount = "money" }
recent = ["pay_goodwill"]
[[action.limit]]
by = "action"
window_hours = 24
count = 3
[action.parameters]
type = "object"
additionalProperties = false
required = ["account_id", "amount", "reason"]
[action.parameters.properties.account_id]
type = "string"
maxLength = 40
[action.parameters.properties.reason]
type = "string"
maxLength = 100
[action.parameters.properties.amount]
type = "object"
additionalProperties = false
required = ["minor", "currency"]
properties = { minor = { type = "integer", minimum = 1 }, currency = { type = "string", maxLength = 3 } }
"#;

pub(crate) const POLICIES: &str = r#"
@id("goodwill.may")
@owner("payments-team")
@reason("Goodwill is paid to accounts that there are")
permit (principal, action == Action::"pay_goodwill", resource)
when { context.facts.account_found };

@id("goodwill.asked")
@owner("payments-team")
@reason("Somebody says yes to it")
forbid (principal, action in Action::"request", resource)
unless { context.confirmed.customer || context.confirmed.staff > 0 };

@id("goodwill.large")
@owner("risk")
@reason("More than 50 is looked at by two people")
forbid (principal, action == Action::"pay_goodwill", resource)
when { context.arguments.amount.minor > 5000 && context.confirmed.staff < 2 };

@id("goodwill.most")
@owner("risk")
@reason("Never more than 200")
@requestable("The head of payments pays it by hand")
forbid (principal, action == Action::"pay_goodwill", resource)
when { context.arguments.amount.minor > 20000 };

@id("api.requests")
@owner("platform")
@reason("Requests are asked for, read and answered by those who work here")
permit (
  principal is Token,
  action in [Action::"request.ask", Action::"request.read", Action::"request.confirm", Action::"request.withdraw"],
  resource
);
"#;

pub(crate) fn bundle() -> Arc<Bundle> {
    bank_asking_for(CATALOGUE, &[("policies/goodwill.cedar", POLICIES)])
}

/// A server with the sandbox, two people, and a case.
pub(crate) struct Bank {
    pub(crate) server: Server,
    pub(crate) clock: OwnClock,
    pub(crate) case: String,
    pub(crate) ana: Client,
    pub(crate) ben: Client,
}

impl Bank {
    pub(crate) fn new() -> Self {
        Self::with(Services::none(), "You charged me twice.")
    }

    /// With these AI services, and this said on the case.
    pub(crate) fn with(services: Services, said: &str) -> Self {
        Self::under(bundle(), services, said)
    }

    /// The same under another bundle.
    pub(crate) fn under(bundle: Arc<Bundle>, services: Services, said: &str) -> Self {
        Self::connected(bundle, services, said, &|_| None, || 0)
    }

    /// The same with these secrets, at this second of the services' own clock.
    pub(crate) fn connected(
        bundle: Arc<Bundle>,
        services: Services,
        said: &str,
        secrets: &(impl Fn(&str) -> Option<String> + Clone + Send + Sync + 'static),
        second: fn() -> i64,
    ) -> Self {
        let clock = OwnClock::new();
        let services = services.connected(&bundle, secrets, second).unwrap();
        let server = Server::start_under_clock(bundle, Box::new(clock.clone()), services);
        let open = json!({ "customer": "ann", "text": said, "channel": "web" });
        let opened = server.client(&["integration"]).post("/v1/cases", &open).expect(201);
        let lead = server.client(&["lead"]);
        let (ana, ben) = (staff(&server, &lead, "ana", "Ana"), staff(&server, &lead, "ben", "Ben"));
        Self { case: id(&opened["case"]), server, clock, ana, ben }
    }

    pub(crate) fn plan(&self, mischief: Mischief) {
        self.plan_for(mischief, 1);
    }

    /// The same for so many times.
    pub(crate) fn plan_for(&self, mischief: Mischief, times: u32) {
        let environment = &self.server.app.environment;
        let sandbox = environment.sandbox.open(environment.now()).unwrap();
        sandbox.plan(&Planned { on: On::Action("pay_goodwill".to_owned()), mischief, times }).unwrap();
    }

    /// How much went to the account since the start.
    pub(crate) fn paid(&self) -> i64 {
        let environment = &self.server.app.environment;
        let sandbox = environment.sandbox.open(environment.now()).unwrap();
        let effects = sandbox.effects(100).unwrap();
        let amounts = effects.iter().filter_map(|statement| Some(statement.amount.as_ref()?.minor));
        amounts.sum()
    }

    pub(crate) fn of(&self, minor: i64) -> Value {
        let amount = json!({ "minor": minor, "currency": "GBP" });
        let arguments = json!({ "account_id": "acc-1002-1", "amount": amount, "reason": "delay" });
        json!({ "action": "pay_goodwill", "arguments": arguments })
    }

    pub(crate) fn ask(&self, by: &Client, minor: i64) -> Value {
        by.post(&format!("/v1/cases/{}/requests", self.case), &self.of(minor)).expect(201)
    }

    /// The request once it is in this state.
    pub(crate) fn until(&self, request: &Value, state: &str) -> Value {
        let path = format!("/v1/requests/{}", request["id"].as_str().unwrap());
        loop {
            let now = self.ana.get(&path).expect(200);
            if now["state"] == state {
                return now;
            }
            std::thread::yield_now();
        }
    }

    pub(crate) fn answer(&self, by: &Client, request: &Value, with: &str) -> Got {
        let path = format!("/v1/requests/{}/{with}", request["id"].as_str().unwrap());
        self.clock.forward_ms(4_000);
        by.post(&path, &json!({ "hash": request["hash"], "seen_ms": 4_000 }))
    }

    /// What is told of the decision that a request rests on, which is the same when it is taken again.
    fn taken_again(&self, request: &Value, answer: &str) -> Value {
        let lead = self.server.client(&["lead"]);
        let path = format!("/v1/decisions/{}", request["decision"].as_str().unwrap());
        let again = lead.post(&format!("{path}/replay"), &json!({})).expect(200);
        assert_eq!((&again["same"], &again["difference"]), (&json!(true), &Value::Null), "{again}");
        let told = lead.get(&path).expect(200)["explanation"].take();
        assert_eq!(told["summary"], format!("`pay_goodwill` as it was asked for {answer}."), "{told}");
        told
    }

    pub(crate) fn exceptions(&self) -> usize {
        let lead = self.server.client(&["lead"]);
        lead.get("/v1/exceptions?state=open").expect(200)["items"].as_array().unwrap().len()
    }
}

#[test]
fn a_request_waits_for_a_yes_is_carried_out_once_and_seen_to_have_happened() {
    let bank = Bank::new();
    let asked = bank.ask(&bank.ana, 1_250);
    assert_eq!((&asked["state"], &asked["wanted"]), (&json!("waiting"), &json!(["staff"])), "{asked}");
    assert_eq!(asked["shown"], "Pay 12.50 GBP of goodwill to account acc-1002-1: delay.");
    assert_eq!(asked["verdict"]["until"][0]["id"], "goodwill.asked");
    assert_eq!(asked["verdict"]["facts"]["account_found"], true);
    // Who asked does not confirm, nobody confirms another request with it, and no program confirms at all.
    bank.answer(&bank.ana, &asked, "confirm").expect(403);
    bank.answer(&bank.server.client(&["admin"]), &asked, "confirm").expect(403);
    let other = bank.ask(&bank.ana, 1_250);
    let path = format!("/v1/requests/{}/confirm", other["id"].as_str().unwrap());
    bank.ben.post(&path, &json!({ "hash": asked["hash"] })).expect(422);
    assert_eq!(bank.paid(), 0);
    let confirmed = bank.answer(&bank.ben, &asked, "confirm").expect(200);
    assert_eq!(confirmed["confirmations"][0]["staff"], "ben");
    assert_eq!(confirmed["confirmations"][0]["seen_ms"], 4_000);
    let done = bank.until(&asked, "done");
    assert_eq!((&done["effect"]["how"], &done["effect"]["agrees"]), (&json!("done"), &json!("agrees")), "{done}");
    assert_eq!((bank.paid(), bank.exceptions()), (1_250, 0));
    bank.taken_again(&asked, "may be carried out once it is confirmed by staff");
    bank.taken_again(&done, "may be carried out");
    // A yes counts once.
    bank.answer(&bank.ben, &asked, "confirm").expect(409);
    assert_eq!(bank.paid(), 1_250);
    bank.answer(&bank.ben, &other, "decline").expect(200);
    assert_eq!(bank.until(&other, "declined")["state"], "declined");
    let listed = bank.ana.get(&format!("/v1/cases/{}/requests", bank.case)).expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
}

#[test]
fn two_people_look_at_a_large_one_and_nobody_at_one_that_is_denied() {
    let bank = Bank::new();
    let asked = bank.ask(&bank.server.client(&["integration"]), 6_000);
    assert_eq!(asked["wanted"], json!(["staff", "staff"]), "{asked}");
    bank.answer(&bank.ana, &asked, "confirm").expect(200);
    bank.answer(&bank.ana, &asked, "confirm").expect(409);
    assert_eq!(bank.paid(), 0);
    // Whoever said yes may think better of it.
    let other = bank.ask(&bank.server.client(&["integration"]), 6_000);
    bank.answer(&bank.ana, &other, "confirm").expect(200);
    assert_eq!(bank.answer(&bank.ana, &other, "decline").expect(200)["state"], "declined");
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    bank.until(&asked, "done");
    assert_eq!(bank.paid(), 6_000);
    let preview = format!("/v1/cases/{}/requests/preview", bank.case);
    let denied = bank.ana.post(&preview, &bank.of(25_000)).expect(200);
    assert_eq!((&denied["state"], &denied["verdict"]["answer"]), (&json!("declined"), &json!("deny")), "{denied}");
    let requestable = &denied["verdict"]["requestable"][0];
    assert_eq!(requestable["what"], "The head of payments pays it by hand");
    assert_eq!(requestable["owner"], "risk");
    let denied = bank.ask(&bank.ana, 25_000);
    assert_eq!(denied["state"], "declined");
    let told = bank.taken_again(&denied, "may not be carried out");
    let would =
        "The head of payments pays it by hand (rule `goodwill.most` of risk (Risk and compliance, Ruth Adeyemi)).";
    assert_eq!(told["would_change"], json!([would]), "{told}");
    assert_eq!(bank.paid(), 6_000);
    let listed = bank.ana.get(&format!("/v1/cases/{}/requests", bank.case)).expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 3, "what was previewed is not on record");
}

#[test]
fn what_is_no_longer_what_was_confirmed_is_void_and_says_so() {
    let bank = Bank::new();
    let asked = bank.ask(&bank.ana, 1_000);
    // Somebody else has the case before the yes comes.
    let lead = bank.server.client(&["lead"]);
    let given = json!({ "to": "complaints", "reason": "They know it" });
    lead.post(&format!("/v1/cases/{}/overrides", bank.case), &given).expect(201);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    let void = bank.until(&asked, "withdrawn");
    assert_eq!(void["void"], "holder", "{void}");
    assert_eq!(bank.paid(), 0);
    // Whoever asked may ask for nothing any more, and who is still here may.
    let admin = bank.server.client(&["admin"]);
    let program = admin.post("/v1/tokens", &json!({ "name": "shop", "roles": ["integration"] })).expect(201);
    let asked = bank.ask(&bank.server.client_with(program["token"].as_str().unwrap()), 1_000);
    let here = bank.ask(&bank.ana, 1_000);
    admin.delete(&format!("/v1/tokens/{}", program["id"].as_str().unwrap())).expect(204);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    assert_eq!(bank.until(&asked, "withdrawn")["void"], "asker");
    let eve = staff(&bank.server, &lead, "eve", "Eve");
    let asked = bank.ask(&eve, 1_000);
    let tokens = admin.get("/v1/tokens").expect(200);
    let of_eve = tokens.as_array().unwrap().iter().find(|token| token["staff"] == "eve").unwrap();
    admin.delete(&format!("/v1/tokens/{}", of_eve["id"].as_str().unwrap())).expect(204);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    assert_eq!(bank.until(&asked, "withdrawn")["void"], "asker");
    bank.answer(&bank.ben, &here, "decline").expect(200);
    assert_eq!(bank.paid(), 0);
    let again = bank.ask(&bank.ana, 1_000);
    lead.post(&format!("/v1/cases/{}/resolve", bank.case), &json!({ "reason": "Done" }));
    bank.clock.forward_ms(31 * 60_000);
    let late = bank.answer(&bank.ben, &again, "confirm");
    assert!([409].contains(&late.status), "{}", late.body);
    bank.until(&again, "expired");
    assert_eq!(bank.paid(), 0);
}

#[test]
fn what_nobody_answered_about_is_asked_for_and_never_done_again() {
    let bank = Bank::new();
    bank.plan(Mischief::SilentAfter);
    let asked = bank.ask(&bank.ana, 700);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    bank.until(&asked, "unknown");
    assert_eq!(bank.paid(), 700);
    // It may have been done: what looks back at it takes it for that.
    let meanwhile = bank.ask(&bank.ana, 100);
    let path = format!("/v1/decisions/{}", meanwhile["decision"].as_str().unwrap());
    let decision = bank.server.client(&["lead"]).get(&path).expect(200)["decision"].take();
    assert_eq!(decision["recent"], json!({ "pay_goodwill": 0 }), "{decision}");
    bank.clock.forward_ms(10_000);
    assert_eq!(bank.until(&asked, "done")["effect"]["agrees"], "agrees");
    assert_eq!((bank.paid(), bank.exceptions()), (700, 0));

    bank.plan(Mischief::SilentBefore);
    let asked = bank.ask(&bank.ana, 900);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    bank.until(&asked, "unknown");
    bank.clock.forward_ms(10_000);
    bank.until(&asked, "failed");
    assert_eq!((bank.paid(), bank.exceptions()), (700, 0));
}

#[test]
fn a_connector_that_lies_is_told_to_somebody() {
    let bank = Bank::new();
    bank.plan(Mischief::OtherAmount { by: 5 });
    let asked = bank.ask(&bank.ana, 700);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    let done = bank.until(&asked, "done");
    assert_eq!(done["effect"]["agrees"], "differs", "{done}");
    while bank.exceptions() == 0 {
        std::thread::yield_now();
    }
    assert_eq!(bank.paid(), 705);
}

#[test]
fn a_limit_is_never_overdrawn_however_many_ask_at_once() {
    let bank = Bank::new();
    let path = format!("/v1/cases/{}/requests", bank.case);
    let told: Vec<u16> = std::thread::scope(|scope| {
        let ask = |_| scope.spawn(|| bank.ana.post(&path, &bank.of(100)).status);
        let asking: Vec<_> = (0..100).map(ask).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    let count = |status: u16| told.iter().filter(|told| **told == status).count();
    assert_eq!((count(201), count(201) + count(409)), (3, 100), "{told:?}");
    // What is declined is given back.
    let listed = bank.ana.get(&path).expect(200);
    bank.answer(&bank.ben, &listed["items"][0], "decline").expect(200);
    bank.ask(&bank.ana, 100);
    let refused = bank.ana.post(&path, &bank.of(100)).expect(409);
    let limit = "a limit of `pay_goodwill` is reached: 3 times for all together in 24 hours; 0 are left until ";
    assert!(refused["detail"].as_str().unwrap().starts_with(limit), "{refused}");
}

/// Otherwise two that are confirmed at once would each be permitted by what the other one has not done yet.
#[test]
fn one_is_carried_out_after_the_other_so_that_policy_sees_what_the_first_one_did() {
    let daily = r#"
@id("goodwill.daily")
@owner("risk")
@reason("Once in a day")
forbid (principal, action == Action::"pay_goodwill", resource)
when { context.recent.pay_goodwill_hours_ago < 24 };
"#;
    let policies = [("policies/goodwill.cedar", POLICIES), ("policies/daily.cedar", daily)];
    let bank = Bank::under(bank_asking_for(CATALOGUE, &policies), Services::none(), "You charged me twice.");
    let asked = [bank.ask(&bank.ana, 100), bank.ask(&bank.ana, 100)];
    let listed = asked.each_ref().map(|asked| json!({ "request": asked["id"], "hash": asked["hash"] }));
    bank.ben.post("/v1/requests/confirm", &json!({ "requests": listed })).expect(200);
    let ended = |asked: &Value| loop {
        let now = bank.ana.get(&format!("/v1/requests/{}", id(asked))).expect(200);
        if ["done", "withdrawn"].contains(&now["state"].as_str().unwrap()) {
            break (now["state"].clone(), now["void"].clone());
        }
        bank.clock.forward_ms(10);
    };
    let mut ended = asked.each_ref().map(ended);
    ended.sort_by_key(|(state, _)| state.to_string());
    assert_eq!(ended, [(json!("done"), Value::Null), (json!("withdrawn"), json!("verdict"))]);
    assert_eq!(bank.paid(), 100);
}

/// What policy denies may be somebody else's.
#[test]
fn who_works_not_here_is_told_nothing_of_what_is_denied() {
    let bank = Bank::new();
    let preview = format!("/v1/cases/{}/requests/preview", bank.case);
    let told = bank.server.client(&["integration"]).post(&preview, &bank.of(25_000)).expect(200);
    assert_eq!((&told["verdict"]["answer"], &told["verdict"]["facts"]), (&json!("deny"), &json!({})), "{told}");
    assert!(told.get("shown").is_none() && told.get("amount").is_none(), "{told}");
    assert_eq!(bank.ana.post(&preview, &bank.of(25_000)).expect(200)["verdict"]["facts"]["account_found"], true);
}

#[test]
fn arguments_in_which_a_member_is_named_twice_are_refused() {
    let bank = Bank::new();
    let amount = r#"{"minor":500,"minor":900,"currency":"GBP"}"#;
    let arguments = format!(r#"{{"account_id":"acc-1002-1","reason":"delay","amount":{amount}}}"#);
    let body = format!(r#"{{"action":"pay_goodwill","arguments":{arguments}}}"#);
    let path = format!("/v1/cases/{}/requests", bank.case);
    let refused = bank.ana.send(&path, &[("content-type", "application/json")], body.as_bytes());
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body["detail"].as_str().unwrap().contains("\"minor\" is named twice"), "{}", refused.body);
}
