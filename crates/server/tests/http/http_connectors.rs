//! Requests that an HTTP service carries out which knows nothing of Remit: asked as the bundle says, with a token of a
//! real authorization server, and understood as the bundle says.

use super::{
    chat::staff,
    expected::Expected as _,
    hands::OwnClock,
    harness::{Client, Server, id},
    sample_bundle::bank_asking_for,
};
use remit_app::{
    environment::clock::{Clock as _, SystemClock},
    governance::services::Services,
};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

const POLICIES: &str = r#"
@id("refund.may")
@owner("payments-team")
@reason("Charges are refunded to whom they were taken from")
permit (principal, action == Action::"refund_charge", resource)
when { context.facts.owner == "ann" && context.facts.age_days < 60 };

@id("refund.most")
@owner("payments-team")
@reason("Never more than is left of it")
forbid (principal, action == Action::"refund_charge", resource)
when { context.arguments.amount.minor > context.facts.left.minor };

@id("api.requests")
@owner("platform")
@reason("Requests are asked for, read and answered by those who work here")
permit (principal is Token, action in [Action::"request.ask", Action::"request.read"], resource);
"#;

/// What actions are declared beside a service at `url`, where a client asks for tokens as `oauth` says.
fn catalogue(url: &str, oauth: &str) -> String {
    format!(
        r#"
[[connector]]
name = "core"
kind = "http"
url = "{url}/v1/"
deadline_ms = 60000
attempts = 3
settled_seconds = 120
[connector.oauth]
token_url = "{url}/oauth/token"
{oauth}
scope = "refunds"

[[action]]
name = "refund_charge"
title = "Refund a charge"
effect = "money"
connector = "core"
amount = "amount"
template = "Refund {{amount}} of {{charge}}: {{note}}"
facts = {{ owner = "text", left = "money", age_days = "elapsed" }}
[action.parameters]
type = "object"
additionalProperties = false
required = ["charge", "amount"]
[action.parameters.properties]
charge = {{ type = "string", maxLength = 40 }}
note = {{ type = "string", maxLength = 40 }}
[action.parameters.properties.amount]
type = "object"
additionalProperties = false
required = ["minor", "currency"]
properties = {{ minor = {{ type = "integer", minimum = 1 }}, currency = {{ type = "string", maxLength = 3 }} }}
[action.http.facts]
method = "GET"
path = "/charges/{{arguments.charge}}"
not_found = [404]
facts.owner = "/owner/id"
facts.left = {{ minor = "/refundable/value", currency = "/refundable/currency" }}
facts.age_days = {{ days_since = "/taken_at" }}
[action.http.execute]
method = "POST"
path = "/charges/{{arguments.charge}}/refunds"
body.amount = {{ value = "{{arguments.amount.minor}}", currency = "{{arguments.amount.currency}}" }}
body.note = "{{arguments.note}}"
body.case = "{{case}}"
body.by = "{{asked_by}}"
body.tags = ["support", 1, true]
refused = [422]
reference = "/id"
amount = {{ minor = "/amount/value", currency = "/amount/currency" }}
at = "/created"
why = "/error/code"
[action.http.find]
method = "GET"
path = "/refunds"
query = {{ external_id = "{{key}}", limit = 2 }}
list = "/items"
key = "/external_id"
state = {{ at = "/status", done = ["succeeded"], refused = ["failed"] }}
reference = "/id"
amount = {{ minor = "/amount/value", currency = "/amount/currency" }}
at = "/created"
"#
    )
}

/// The service, in a process of its own.
struct Refunds {
    process: Child,
    url: String,
}

impl Refunds {
    fn start() -> Self {
        let python = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers/refunds/bin/python");
        assert!(python.exists(), "{} is not there; `cargo xtask install` installs it", python.display());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/peers/refunds.py");
        let started = Command::new(python).arg(script).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = started.unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        Self { process, url: format!("http://127.0.0.1:{}", told["port"]) }
    }

    fn plan(&self, how: &str) {
        ureq::post(&format!("{}/test/plan/{how}", self.url)).send_empty().unwrap();
    }

    fn told(&self) -> Value {
        let mut answer = ureq::get(&format!("{}/test/seen", self.url)).call().unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// How often something was given back.
    fn done(&self) -> usize {
        self.told()["refunds"].as_array().unwrap().len()
    }
}

impl Drop for Refunds {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Bank {
    refunds: Refunds,
    server: Server,
    clock: OwnClock,
    case: String,
    ana: Client,
}

impl Bank {
    fn new(client: &str, secret: &'static str) -> Self {
        let by = |_: &Refunds| {
            format!("client_id = \"{client}\"\nclient_auth = \"client_secret_{client}\"\nsecret_env = \"CORE_SECRET\"")
        };
        Self::with(by, secret)
    }

    fn with(oauth: impl FnOnce(&Refunds) -> String, secret: &'static str) -> Self {
        let refunds = Refunds::start();
        let catalogue = catalogue(&refunds.url, &oauth(&refunds));
        let bundle = bank_asking_for(&catalogue, &[("policies/refunds.cedar", POLICIES)]);
        let clock = OwnClock::new();
        let secret = |name: &str| (name == "CORE_SECRET").then(|| secret.to_owned());
        let services = Services::none().connected(&bundle, &secret, || SystemClock.now().0 / 1_000).unwrap();
        let server = Server::start_under_clock(bundle, Box::new(clock.clone()), services);
        let ana = staff(&server, &server.client(&["lead"]), "ana", "Ana");
        Self { case: Self::open(&server), refunds, server, clock, ana }
    }

    fn of(charge: &str, minor: i64) -> Value {
        let amount = json!({ "minor": minor, "currency": "GBP" });
        json!({ "action": "refund_charge", "arguments": { "charge": charge, "amount": amount } })
    }

    fn ask(&self, charge: &str, minor: i64) -> Value {
        self.ask_on(&self.case, charge, minor)
    }

    fn ask_on(&self, case: &str, charge: &str, minor: i64) -> Value {
        self.ana.post(&format!("/v1/cases/{case}/requests"), &Self::of(charge, minor)).expect(201)
    }

    fn open(server: &Server) -> String {
        let open = json!({ "customer": "ann", "text": "You charged me twice.", "channel": "web" });
        id(&server.client(&["integration"]).post("/v1/cases", &open).expect(201)["case"])
    }

    /// The request once it is in this state.
    fn until(&self, request: &Value, state: &str) -> Value {
        let path = format!("/v1/requests/{}", request["id"].as_str().unwrap());
        loop {
            let now = self.ana.get(&path).expect(200);
            if now["state"] == state {
                return now;
            }
            std::thread::yield_now();
        }
    }

    fn exceptions(&self) -> Vec<Value> {
        let lead = self.server.client(&["lead"]);
        lead.get("/v1/exceptions?state=open").expect(200)["items"].as_array().unwrap().clone()
    }
}

const SECRET: &str = "s3cret-of-the-client";

#[test]
fn an_http_service_is_asked_as_the_bundle_says() {
    let bank = Bank::new("basic", SECRET);
    let asked = bank.ask("ch 1?x=", 1_250);
    let facts = &asked["verdict"]["facts"];
    let left = json!({ "minor": 100_000, "currency": "GBP" });
    assert_eq!((&facts["owner"], &facts["left"]), (&json!("ann"), &left), "{asked}");
    let done = bank.until(&asked, "done");
    let effect = &done["effect"];
    assert_eq!((&effect["reference"], &effect["agrees"]), (&json!("re_1"), &json!("agrees")), "{done}");
    assert_eq!(effect["at"], "2026-03-10T10:00:00.000Z");
    let told = bank.refunds.told();
    let id = asked["id"].as_str().unwrap();
    let body = json!({
        "amount": { "value": 1_250, "currency": "GBP" },
        "case": bank.case,
        "by": "staff:ana",
        "tags": ["support", 1, true],
    });
    // What is not said is left out, types are kept, and the value stays in its segment of the path.
    let wanted = json!([{ "charge": "ch 1?x=", "key": format!("remit-{id}"), "body": body }]);
    assert_eq!(told["seen"], wanted);
    // More than is left is denied by what the service told, and what would be another address is not asked.
    let denied = bank.ask("ch 1", 100_001);
    assert_eq!((&denied["state"], bank.refunds.done()), (&json!("declined"), 1), "{denied}");
    let path = format!("/v1/cases/{}/requests", bank.case);
    bank.ana.post(&path, &Bank::of("../refunds", 5)).expect(422);
    assert_eq!(bank.ask("none", 5)["state"], "declined", "nothing is known of it");
    // Many ask at once, each on a case of its own, with one token.
    std::thread::scope(|scope| {
        let ask = || bank.ask_on(&Bank::open(&bank.server), "ch-2", 10);
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        for asked in asking {
            bank.until(&asked.join().unwrap(), "done");
        }
    });
    let told = bank.refunds.told();
    assert_eq!((&told["tokens"], told["refunds"].as_array().unwrap().len()), (&json!(1), 9));
    // A token that is taken no more is replaced once, and nothing is done twice.
    bank.refunds.plan("revoke");
    bank.until(&bank.ask("ch-3", 10), "done");
    let told = bank.refunds.told();
    assert_eq!((&told["tokens"], told["refunds"].as_array().unwrap().len()), (&json!(2), 10));
    assert!(bank.exceptions().is_empty());
}

#[test]
fn what_an_http_service_does_not_say_is_found_out_and_never_done_twice() {
    let bank = Bank::new("post", SECRET);
    for (number, how) in ["silent_after", "no_json", "huge"].into_iter().enumerate() {
        bank.refunds.plan(how);
        let asked = bank.ask("ch-1", 700);
        bank.until(&asked, "unknown");
        bank.clock.forward_ms(70_000);
        assert_eq!(bank.until(&asked, "done")["effect"]["agrees"], "agrees", "{how}");
        assert_eq!(bank.refunds.done(), number + 1, "{how}");
    }
    for how in ["silent_before", "broken"] {
        bank.refunds.plan(how);
        let asked = bank.ask("ch-1", 700);
        bank.until(&asked, "unknown");
        // It may begin with it for two minutes, and is not believed that it never will.
        bank.clock.forward_ms(70_000);
        let path = format!("/v1/requests/{}", asked["id"].as_str().unwrap());
        assert_eq!(bank.ana.get(&path).expect(200)["state"], "unknown");
        bank.clock.forward_ms(120_000);
        bank.until(&asked, "failed");
        assert_eq!(bank.refunds.done(), 3, "{how}");
    }
    // What says that it did something else, and knows of nothing then, is somebody's to look at.
    bank.refunds.plan("other_key");
    let asked = bank.ask("ch-1", 700);
    bank.until(&asked, "unknown");
    bank.clock.forward_ms(190_000);
    while bank.exceptions().is_empty() {
        std::thread::yield_now();
    }
    assert_eq!((bank.until(&asked, "unknown")["effect"]["how"].as_str(), bank.refunds.done()), (Some("unknown"), 3));
    let before = bank.exceptions().len();
    bank.refunds.plan("refuse");
    let refused = bank.until(&bank.ask("ch-1", 700), "failed");
    assert_eq!(refused["effect"]["why"], "charge_disputed");
    assert_eq!(bank.exceptions().len(), before);
    bank.refunds.plan("other_amount");
    let lies = bank.until(&bank.ask("ch-1", 700), "done");
    assert_eq!(lies["effect"]["agrees"], "differs");
    while bank.exceptions().len() == before {
        std::thread::yield_now();
    }
    assert_eq!(bank.refunds.told()["tokens"], 1);
}

#[test]
fn without_a_token_nothing_is_asked() {
    let bank = Bank::new("basic", "another secret: not right, and shown nowhere");
    let path = format!("/v1/cases/{}/requests", bank.case);
    let refused = bank.ana.post(&path, &Bank::of("ch-1", 700));
    assert!(!refused.body.to_string().contains("another secret"), "{}", refused.body);
    refused.expect(503);
    assert_eq!(bank.refunds.told()["seen"], json!([]));
}

#[test]
fn who_asks_for_tokens_shows_it_by_a_key_and_sends_no_secret() {
    let keys = tempfile::tempdir().unwrap();
    let file = keys.path().join("remit.pem");
    let by_key = |refunds: &Refunds| {
        let mut key = ureq::get(&format!("{}/test/key", refunds.url)).call().unwrap();
        std::fs::write(&file, key.body_mut().read_to_string().unwrap()).unwrap();
        format!("client_id = \"key\"\nclient_auth = \"private_key_jwt\"\nkey_file = \"{}\"", file.display())
    };
    let bank = Bank::with(by_key, "");
    let asked = bank.ask("ch_1", 1_250);
    bank.until(&asked, "done");
    let told = bank.refunds.told();
    assert_eq!((&told["tokens"], &told["jtis"]), (&json!(1), &json!(1)), "{told}");
    // Another token is asked for with another text.
    bank.refunds.plan("revoke");
    bank.until(&bank.ask("ch_2", 300), "done");
    assert_eq!((bank.refunds.told()["jtis"].clone(), bank.refunds.done()), (json!(2), 2));
}
