//! What cases are about and who customers are, as stories: scripts in `scenarios/about`, told over HTTP under the
//! sample bank with fields, facts, and a service that is asked before a case is decided first.

use super::{
    customer::Customer,
    endpoint::{Ai, SECRET, second},
    expected::{Expected as _, put},
    hands::TwoClocks,
    harness::{Client, Server, epoch, id},
    sample_bundle::bank_and,
};
use remit_app::{environment::clock::Clock as _, governance::services::Services};
use remit_policy::bundle::Bundle;
use remit_stories::check_all;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

const GRAMMAR: &str = "\
open CASE FIELDS TEXT (as the shop), sets CASE FIELDS, staff-sets CASE FIELDS, knows CUSTOMER FACTS (the crm says so), \
hours N (pass, and what is due by then is looked at), ends CASE, \
writes CASE TEXT (its customer; of a case that follows it is told as CASE), \
site CUSTOMER FACTS (the site's own server starts a chat), types CUSTOMER TEXT (in it), \
hub SOURCE CASE FIELDS (a token of the sources core-banking and crm), shows CASE, \
finds FIELD VALUE, erase CUSTOMER, again CASE (its last decision is taken again), \
crm-tells JSON (when it is asked), crm-is-silent, crm-speaks";

const HOUR_MS: i64 = 3_600_000;

const DECLARED: &str = r#"
[[field]]
name = "order"
type = "reference"
seen_by = ["staff", "ai"]
[[field]]
name = "amount"
type = "money"
min = 0
personal = false
seen_by = ["staff", "policies"]
[[field]]
name = "departure"
type = "date_time"
personal = false
seen_by = ["staff", "policies"]
[[field]]
name = "note"
type = "text"
carried = false
[[fact]]
name = "tier"
type = "text"
values = ["standard", "private"]
seen_by = ["staff", "policies"]
[[fact]]
name = "name"
type = "text"
[reopen]
within_days = 2
else = "link"
[enrichment]
url = "URL"
secret_env = "CRM_SECRET"
deadline_ms = 5000
facts = ["tier", "name"]
fields = ["amount"]
outages = 2
pause_seconds = 60
"#;

const POLICIES: &str = r#"
@id("about.amount") @owner("head-of-support") @reason("Large amounts are for people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.fields has amount && context.fields.amount > 50000 };
@id("about.soon") @owner("head-of-support") @reason("What is soon is for people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.fields has departure_in_hours && context.fields.departure_in_hours < 3 };
@id("about.tier") @owner("head-of-support") @reason("Private customers talk to people, while that is known for sure")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.customer has tier && context.customer.tier == "private" && context.customer.tier_age_hours < 48 };
"#;

pub(crate) fn under(service: &Ai) -> (Arc<Bundle>, Services) {
    let bundle = bank_and(&DECLARED.replace("URL", &service.url()), &[("policies/about.cedar", POLICIES)]);
    let services = Services::none().enriched(&bundle, &|_| Some(SECRET.to_owned()), second).unwrap();
    (bundle, services)
}

/// A server that is being told of.
struct Story {
    server: Server,
    clocks: TwoClocks,
    crm: Ai,
    tells: Arc<Mutex<Value>>,
    /// Cases by name, and how much of each was told.
    cases: BTreeMap<String, (String, u64)>,
    /// Chats by the customer's name.
    chats: BTreeMap<String, Customer>,
}

impl Story {
    fn new() -> Self {
        let tells = Arc::new(Mutex::new(json!({})));
        let told = Arc::clone(&tells);
        let crm = Ai::start(move |_| told.lock().unwrap().clone());
        crm.set_open(true);
        let clocks = TwoClocks::at(1_773_136_800_000);
        let (bundle, services) = under(&crm);
        let server = Server::start_under_clock(bundle, Box::new(clocks.clone()), services);
        Self { server, clocks, crm, tells, cases: BTreeMap::new(), chats: BTreeMap::new() }
    }

    fn as_source(&self, source: &str) -> Client {
        self.server.client_as(&["integration"], None, Some(source))
    }

    fn line(&mut self, line: &str) -> Result<Vec<String>, String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let unclear = || format!("`{line}` means nothing; write one of: {GRAMMAR}");
        let mut told = Vec::new();
        match verb {
            "open" => {
                let mut read = serde_json::Deserializer::from_str(text).into_iter::<Value>();
                let fields = read.next().and_then(Result::ok).ok_or_else(unclear)?;
                let text = text.get(read.byte_offset()..).unwrap_or_default().trim();
                let open = json!({ "customer": name, "text": text, "channel": "chat", "fields": fields });
                let case = self.as_source("shop").post("/v1/cases", &open).expect(201);
                self.cases.insert(name.to_owned(), (id(&case["case"]), 0));
                self.news(name, &mut told);
            }
            "sets" | "staff-sets" => {
                let fields: Value = serde_json::from_str(text).map_err(|_| unclear())?;
                let case = self.cases.get(name).ok_or_else(unclear)?.0.clone();
                let who = match verb {
                    "sets" => self.as_source("shop"),
                    _ => self.server.client_as(&["lead"], Some("cards"), None),
                };
                let got = who.post(&format!("/v1/cases/{case}/fields"), &json!({ "fields": fields }));
                if got.status == 200 {
                    self.news(name, &mut told);
                } else {
                    told.push(format!("refused: {}", got.body["detail"].as_str().unwrap_or_default()));
                }
            }
            "knows" => {
                let facts: Value = serde_json::from_str(text).map_err(|_| unclear())?;
                let path = format!("/v1/customers/{name}/facts");
                put(&self.as_source("crm"), &path, &json!({ "facts": facts })).expect(200);
            }
            "hours" => {
                self.clocks.pass(name.parse::<i64>().map_err(|_| unclear())? * HOUR_MS);
                self.server.wait_for_due("timer", self.clocks.now());
            }
            "site" => {
                let facts: Value = serde_json::from_str(text).map_err(|_| unclear())?;
                let chat = json!({ "customer": name, "facts": facts });
                let customer = Customer::start(&self.as_source("crm"), &chat);
                self.chats.insert(name.to_owned(), customer);
            }
            "types" => {
                self.chats.get(name).ok_or_else(unclear)?.say(text);
                let newest = self.server.client(&["lead"]).get("/v1/cases").expect(200)["items"][0].clone();
                self.cases.entry(name.to_owned()).or_insert((id(&newest), 0));
                self.news(name, &mut told);
            }
            "hub" => {
                let (case, fields) = text.split_once(' ').ok_or_else(unclear)?;
                let fields: Value = serde_json::from_str(fields).map_err(|_| unclear())?;
                let wish = json!({ "name": "hub", "roles": ["integration"], "sources": ["core-banking", "crm"] });
                let made = self.server.client(&["admin"]).post("/v1/tokens", &wish).expect(201);
                let hub = self.server.client_with(made["token"].as_str().unwrap());
                let path = format!("/v1/cases/{}/fields", self.cases.get(case).ok_or_else(unclear)?.0);
                let got = hub.post(&path, &json!({ "fields": fields, "source": name }));
                if got.status != 200 {
                    told.push(format!("refused: {}", got.body["detail"].as_str().unwrap_or_default()));
                }
                let case = case.to_owned();
                self.news(&case, &mut told);
            }
            "ends" => {
                let at = format!("/v1/cases/{}", self.cases.get(name).ok_or_else(unclear)?.0);
                let lead = self.server.client(&["lead", "admin"]);
                let case = lead.get(&at).expect(200);
                let holder = self.server.client_as(&["lead"], case["holder"]["name"].as_str(), None);
                holder.post(&format!("{at}/resolve"), &json!({ "epoch": epoch(&case) })).expect(200);
                self.news(name, &mut told);
            }
            "writes" => {
                let case = self.cases.get(name).ok_or_else(unclear)?.0.clone();
                let path = format!("/v1/cases/{case}/messages");
                let answer = self.as_source("shop").post(&path, &json!({ "text": text })).expect(201);
                if id(&answer["case"]) != case {
                    told.push("another case follows it".to_owned());
                    self.cases.insert(name.to_owned(), (id(&answer["case"]), 0));
                }
                self.news(name, &mut told);
            }
            "shows" => {
                let case = self.cases.get(name).ok_or_else(unclear)?.0.clone();
                let staff = self.server.client_as(&["staff"], Some("cards"), None);
                let case = staff.get(&format!("/v1/cases/{case}")).expect(200);
                let all = |of: &str| case[of].as_array().cloned().unwrap_or_default();
                let line = |what: &str, field: &Value| {
                    let text = |key: &str| field[key].as_str().unwrap_or_default().to_owned();
                    format!("{what} {} = {}, from {}", text("name"), field["value"], text("source"))
                };
                told.extend(all("fields").iter().map(|field| line("field", field)));
                told.extend(all("customer_facts").iter().map(|fact| line("fact", fact)));
            }
            "finds" => {
                let page = self.server.client(&["lead"]).get(&format!("/v1/cases?field.{name}={text}")).expect(200);
                let ids: Vec<String> = page["items"].as_array().unwrap().iter().map(id).collect();
                let named = self.cases.iter().filter(|(_, (case, _))| ids.contains(case)).map(|(name, _)| name.clone());
                told.push(format!("found: {}", named.collect::<Vec<_>>().join(", ")));
            }
            "erase" => {
                let erase = json!({ "customer": name });
                self.server.client(&["admin"]).post("/v1/customers/erase", &erase).expect(200);
            }
            "again" => {
                let auditor = self.server.client(&["auditor"]);
                let case = self.cases.get(name).ok_or_else(unclear)?.0.clone();
                let decision = auditor.get(&format!("/v1/cases/{case}")).expect(200)["decision"].clone();
                let path = format!("/v1/decisions/{}", decision.as_str().unwrap());
                let signals = auditor.get(&path).expect(200)["decision"]["signals"].clone();
                let about = signals.as_object().unwrap().iter().filter(|(name, _)| name.contains('.'));
                told.extend(about.map(|(name, reading)| format!("on record: {name} = {}", reading["value"])));
                let again = auditor.post(&format!("{path}/replay"), &json!({})).expect(200);
                told.push(if again["same"] == true { "it comes out the same" } else { "it differs" }.to_owned());
            }
            "crm-tells" => *self.tells.lock().unwrap() = serde_json::from_str(rest).map_err(|_| unclear())?,
            "crm-is-silent" => self.crm.set_open(false),
            "crm-speaks" => self.crm.set_open(true),
            _ => return Err(unclear()),
        }
        Ok(told)
    }

    /// What happened to a case since it was last told of.
    fn news(&mut self, name: &str, told: &mut Vec<String>) {
        let (case, seen) = self.cases.get(name).cloned().unwrap();
        let auditor = self.server.client(&["auditor"]);
        let items = auditor.get(&format!("/v1/cases/{case}/timeline?after={seen}&limit=200")).expect(200);
        let mut last = seen;
        for item in items["items"].as_array().unwrap() {
            last = item["seq"].as_u64().unwrap();
            let event = &item["event"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            told.push(match event["type"].as_str().unwrap() {
                "signals_measured" => continue,
                "fields_set" => {
                    let held = |(name, held): (&String, &Value)| match held.get("plain") {
                        Some(plain) => format!("{name} = {}", plain["value"]),
                        None => format!("{name}, sealed"),
                    };
                    let mut all: Vec<String> = event["fields"].as_object().unwrap().iter().map(held).collect();
                    let gone = event["taken_away"].as_array().cloned().unwrap_or_default();
                    all.extend(gone.iter().map(|name| format!("{} no more", text(name))));
                    format!("{} set {}", text(&event["source"]), all.join("; "))
                }
                "enrichment_missed" => {
                    let left_out = event["left_out"].as_array().cloned().unwrap_or_default();
                    let left_out: Vec<String> = left_out.iter().map(text).collect();
                    let which = if left_out.is_empty() { String::new() } else { format!(": {}", left_out.join(", ")) };
                    format!("decided without what was asked ({}{which})", text(&event["why"]))
                }
                "decision_made" => {
                    let decision = text(&event["decision"]["id"]);
                    text(&auditor.get(&format!("/v1/decisions/{decision}")).expect(200)["explanation"]["summary"])
                }
                kind => kind.replace('_', " "),
            });
        }
        self.cases.insert(name.to_owned(), (case, last));
    }
}

#[test]
fn every_story_of_fields_and_facts_is_told_as_it_is_written() {
    check_all("about", || {
        let mut story = Story::new();
        Box::new(move |line| story.line(line))
    });
}

#[test]
fn a_service_that_is_asked_is_told_what_is_wanted_and_no_words() {
    let crm = Ai::start(|_| json!({ "facts": { "tier": "private" } }));
    crm.set_open(true);
    let (bundle, services) = under(&crm);
    let server = Server::start_with(bundle, services);
    let shop = server.client_as(&["integration"], None, Some("shop"));
    let text = "My new card has not arrived yet, when will it come?";
    let open = json!({ "customer": "ann", "text": text, "channel": "email", "fields": { "order": "W1" } });
    let case = shop.post("/v1/cases", &open).expect(201);
    assert_ne!(case["case"]["holder"]["name"], "cards-ai", "what it told decides the first time already");
    // Nobody is told anything of a request that is refused.
    for part in [json!({ "fields": { "amount": -1 } }), json!({ "signals": [{ "name": "nope", "value": 1 }] })] {
        let mut refused = open.clone();
        refused.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        shop.post("/v1/cases", &refused).expect(422);
    }
    let asked = crm.turns();
    assert_eq!(asked.len(), 1);
    let pseudonym = case["case"]["customer"].clone();
    let wanted = json!({
        "customer": "ann", "pseudonym": pseudonym, "channel": "email", "fields": { "order": "W1" },
        "wants_facts": ["tier", "name"], "wants_fields": ["amount"],
    });
    assert_eq!(asked[0], wanted);
    let metrics = server.client(&["auditor"]).get("/metrics").body.to_string();
    assert!(metrics.contains("remit_enrichments_total{outcome=\\\"told\\\"} 1"), "{metrics}");
}
