//! What stories say of requests for actions: who asks for what, who says yes or no to it, and what becomes of it, under
//! the sample bank's catalogue and its sandbox.

use crate::{
    customer::Customer,
    endpoint::{SECRET, second},
    expected::{Expected as _, put},
    hands::TwoClocks,
    harness::{Client, Got, Server, epoch, id},
    sample_bundle::BANK,
    staff::staff_client,
};
use remit_app::{environment::clock::Clock as _, governance::services::Services};
use remit_domain::{decision::ResponderKind, request::Money};
use remit_policy::{action::money_in_words, bundle::Bundle};
use remit_sandbox::{Mischief, On, Planned};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const GRAMMAR: &str = "\
knows CASE ACCOUNT (core banking says whose account its customer has), \
asks REQUEST CASE BY ACTION ARGUMENTS (as staff, as an AI responder, or as `crm`), \
foresees CASE BY ACTION ARGUMENTS (what would be answered), \
confirms REQUEST BY [OTHER] (by the hash of that one; BY is `customer`, on the chat page, `link`, or staff), \
declines REQUEST BY [OTHER], withdraws REQUEST BY, \
confirms-all BY REQUEST[=OTHER] ... (in one list, each by its hash, or by that of another one), \
links REQUEST [OTHER] (a link for the customer, also to that one), hears CASE (what its customer is told of requests), \
becomes REQUEST STATE (once it is so, everything that happened to it), \
owned CASE (once somebody has to look at it), \
seeks REQUEST (time passes, until it is known what became of it or somebody has to look), \
mischief ACTION KIND [BY] (what core banking does wrong with the next such request), \
books (what core banking did)";

/// States after which nothing more becomes of a request.
const ENDS: [&str; 5] = ["declined", "expired", "withdrawn", "done", "failed"];

/// The connectors of a bundle: its sandbox, and webhooks signed with the tests' secret.
pub(crate) fn connected(bundle: &Bundle) -> Services {
    Services::none().connected(bundle, &|_| Some(SECRET.to_owned()), second).unwrap()
}

/// Where a story is told.
pub(crate) struct Scene<'a> {
    pub(crate) server: &'a Server,
    pub(crate) client: &'a Client,
    pub(crate) clocks: &'a TwoClocks,
    /// Cases by name.
    pub(crate) cases: &'a BTreeMap<String, (String, u64)>,
    /// Customers with a link, by the name of their case.
    pub(crate) links: &'a BTreeMap<String, Customer>,
}

/// Requests by name: as each was told when it was asked for, on which case, and how much of it was told.
#[derive(Default)]
pub(crate) struct Asking {
    requests: BTreeMap<String, Request>,
    /// Secrets of links, by the request that they were made for.
    links: BTreeMap<String, String>,
}

struct Request {
    view: Value,
    case: String,
    seen: u64,
}

impl Asking {
    /// What a line of a story leads to; nothing where it says nothing of requests.
    pub(crate) fn line(&mut self, scene: &Scene<'_>, line: &str) -> Option<Vec<String>> {
        let mut words = line.splitn(6, ' ');
        let mut next = || words.next();
        Some(match next()? {
            "knows" => {
                let customer = next()?;
                let core = scene.server.client_as(&["integration"], None, Some("core-banking"));
                let facts = json!({ "facts": { "account": next()? } });
                put(&core, &format!("/v1/customers/{customer}/facts"), &facts).expect(200);
                Vec::new()
            }
            "asks" => {
                let (name, case) = (next()?, next()?);
                let got = ask(scene, case, next()?, "requests", next()?, next()?)?;
                let mut told = vec![answered(name, &got)];
                if got.status == 201 {
                    told.extend(got.body["shown"].as_str().map(|shown| format!("to be read: {shown}")));
                    let request = Request { view: got.body, case: case.to_owned(), seen: 0 };
                    self.requests.insert(name.to_owned(), request);
                }
                told
            }
            "foresees" => {
                let got = ask(scene, next()?, next()?, "requests/preview", next()?, next()?)?;
                vec![answered("it", &got)]
            }
            "withdraws" => {
                let (name, by) = (next()?, scene.client_of(next()?));
                let path = format!("/v1/requests/{}/withdraw", id(&self.requests.get(name)?.view));
                vec![answered(name, &by.post(&path, &json!({})))]
            }
            verb @ ("confirms" | "declines") => {
                let (name, by) = (next()?, next()?);
                let of = next().map_or_else(|| name.to_owned(), ToOwned::to_owned);
                vec![self.answer(scene, verb.trim_end_matches('s'), by, &[(name.to_owned(), of)])?]
            }
            "confirms-all" => {
                let (_, rest) = line.split_once(' ')?;
                let (by, names) = rest.split_once(' ')?;
                let pair = |name: &str| {
                    let (name, of) = name.split_once('=').unwrap_or((name, name));
                    (name.to_owned(), of.to_owned())
                };
                let listed: Vec<_> = names.split(' ').map(pair).collect();
                vec![self.answer(scene, "confirm", by, &listed)?]
            }
            "links" => {
                let name = next()?;
                let with = next().and_then(|other| Some(id(&self.requests.get(other)?.view)));
                let path = format!("/v1/requests/{}/link", id(&self.requests.get(name)?.view));
                let got = scene.client_of("crm").post(&path, &json!({ "with": with.into_iter().collect::<Vec<_>>() }));
                if let Some(secret) = got.body["url"].as_str().and_then(|url| url.strip_prefix("/confirm#")) {
                    self.links.insert(name.to_owned(), secret.to_owned());
                }
                match got.status {
                    201 => vec![format!("{name} can be answered by a link until {}", minute(&got.body["expires_at"])?)],
                    _ => vec![refused(&got)],
                }
            }
            "hears" => {
                let told = scene.links.get(next()?)?.conversation()["messages"].clone();
                let of_request = |one: &&Value| one["id"].as_str().is_some_and(|id| id.starts_with("request-"));
                let told = told.as_array()?.iter().filter(of_request);
                told.map(|one| Some(format!("told: {}", one["text"].as_str()?))).collect::<Option<_>>()?
            }
            "becomes" => {
                let (name, state) = (next()?, next()?);
                self.becomes(scene.client, name, state)?
            }
            "seeks" => {
                scene.seek(self.requests.get(next()?)?);
                Vec::new()
            }
            "owned" => {
                let (case, _) = scene.cases.get(next()?)?;
                while !scene.is_owned(case) {
                    std::thread::yield_now();
                }
                Vec::new()
            }
            "mischief" => {
                let on = On::Action(next()?.to_owned());
                let mut kind = json!({ "kind": next()? });
                if let Some(by) = next() {
                    kind["by"] = json!(by.parse::<i64>().ok()?);
                }
                let mischief: Mischief = serde_json::from_value(kind).ok()?;
                // Who is mute is so whenever it is asked.
                let times = if mischief == Mischief::Mute { 1_000 } else { 1 };
                scene.sandbox().plan(&Planned { on, mischief, times }).unwrap();
                Vec::new()
            }
            "books" => {
                let done = scene.sandbox().effects(100).unwrap();
                let line = |stated: &remit_sandbox::Statement| {
                    let moved = stated.amount.as_ref().map(|amount| of(amount.minor, &amount.currency));
                    format!("core banking did {} ({})", stated.action, moved.unwrap_or_else(|| "no money".to_owned()))
                };
                match done.is_empty() {
                    true => vec!["core banking did nothing".to_owned()],
                    false => done.iter().map(line).collect(),
                }
            }
            _ => return None,
        })
    }

    /// Waits until whatever can be done by now about requests was: carried out, told, and looked at.
    pub(crate) fn wait_for_what_follows(&self, scene: &Scene<'_>) {
        let now = scene.clocks.now();
        scene.server.wait_for_due("execution", now);
        for request in self.requests.values() {
            let path = format!("/v1/requests/{}", id(&request.view));
            while scene.client.get(&path).body["state"] == "executing" {
                std::thread::yield_now();
            }
        }
        for kind in ["execution", "timer"] {
            scene.server.wait_for_due(kind, now);
        }
    }

    /// Answers requests, each by the hash of one that may be another.
    fn answer(&self, scene: &Scene<'_>, verb: &str, by: &str, listed: &[(String, String)]) -> Option<String> {
        let first = self.requests.get(&listed.first()?.0)?;
        let one = |(name, of): &(String, String)| {
            let (request, of) = (self.requests.get(name)?, self.requests.get(of)?);
            Some(json!({ "request": request.view["id"], "hash": of.view["hash"] }))
        };
        let requests: Vec<Value> = listed.iter().map(one).collect::<Option<_>>()?;
        scene.clocks.pass(4_000);
        let mut body = json!({ "requests": requests, "seen_ms": 4_000 });
        let got = match by {
            "customer" => scene.links.get(&first.case)?.post(&format!("requests/{verb}"), &body),
            "link" => {
                body["secret"] = json!(self.links.get(&listed.first()?.0)?);
                scene.client.post(&format!("/confirm/v1/{verb}"), &body)
            }
            _ if listed.len() > 1 => scene.client_of(by).post("/v1/requests/confirm", &body),
            _ => {
                let path = format!("/v1/requests/{}/{verb}", id(&first.view));
                scene.client_of(by).post(&path, &json!({ "hash": requests.first()?["hash"], "seen_ms": 4_000 }))
            }
        };
        let names: Vec<&str> = listed.iter().map(|(name, _)| name.as_str()).collect();
        if got.status == 200 && listed.len() > 1 {
            return Some(format!("{} are confirmed", names.join(" and ")));
        }
        Some(answered(&names.join(" and "), &got))
    }

    /// What happened to a request since it was last told of, once it is in a state.
    fn becomes(&mut self, client: &Client, name: &str, state: &str) -> Option<Vec<String>> {
        let request = self.requests.get_mut(name)?;
        let id = id(&request.view);
        loop {
            let now = client.get(&format!("/v1/requests/{id}")).expect(200)["state"].clone();
            if now == *state || ENDS.iter().any(|end| now == *end) {
                break;
            }
            std::thread::yield_now();
        }
        let path = format!("/v1/streams/request/{id}/timeline?after={}", request.seen);
        let mut told = Vec::new();
        for item in client.get(&path).expect(200)["items"].as_array()? {
            request.seen = item["seq"].as_u64()?;
            told.push(format!("{} {name}: {}", minute(&item["at"])?, happened(&item["event"])?));
        }
        if ENDS.contains(&state) && request.view["state"] != "declined" {
            told.extend(heard(client, &request.view["case"], &id)?);
        }
        Some(told)
    }
}

impl Scene<'_> {
    /// Whether somebody has to look at a case.
    fn is_owned(&self, case: &str) -> bool {
        let open = self.client.get("/v1/exceptions?state=open").expect(200)["items"].clone();
        open.as_array().is_some_and(|open| open.iter().any(|one| one["case"] == *case))
    }

    /// Has time pass from one moment at which a connector is asked to the next.
    fn seek(&self, request: &Request) {
        let (id, case) = (id(&request.view), request.view["case"].as_str().unwrap());
        let ended = || {
            let state = self.client.get(&format!("/v1/requests/{id}")).expect(200)["state"].clone();
            ENDS.iter().any(|end| state == *end)
        };
        // All its questions take about a minute; with this no minute ends about when the last one is answered.
        self.clocks.pass(20_000);
        // Once it was asked for the last time, somebody is told at that moment.
        let connectors = BANK.connectors().iter().map(|connector| connector.attempts);
        let most = usize::try_from(connectors.max().unwrap()).unwrap();
        let asked = || {
            let told = self.client.get(&format!("/v1/streams/request/{id}/timeline")).expect(200).to_string();
            told.matches("\"asked_again\"").count()
        };
        while !ended() && !self.is_owned(case) {
            if asked() >= most {
                std::thread::yield_now();
                continue;
            }
            let due = self.server.next_due("execution");
            let left = due.map_or(0, |due| due - self.clocks.now().0);
            self.clocks.pass(left.max(0));
        }
    }

    fn sandbox(&self) -> std::sync::Arc<remit_sandbox::Sandbox> {
        let environment = &self.server.app.environment;
        environment.sandbox.open(environment.now()).unwrap()
    }

    /// Who is called so: an AI responder of the bank, the crm, or a member of staff.
    fn client_of(&self, by: &str) -> Client {
        let is_ai = BANK.candidates().iter().any(|one| one.responder.as_str() == by && one.kind == ResponderKind::Ai);
        match by {
            "crm" => self.server.client(&["integration"]),
            _ if is_ai => self.server.client_as(&["responder"], Some(by), None),
            _ => staff_client(self.server, by),
        }
    }
}

fn ask(scene: &Scene<'_>, case: &str, by: &str, path: &str, action: &str, arguments: &str) -> Option<Got> {
    let (case, _) = scene.cases.get(case)?;
    let arguments: Value = serde_json::from_str(arguments).ok()?;
    let epoch = epoch(&scene.client.get(&format!("/v1/cases/{case}")).expect(200));
    let mut asked = json!({ "action": action, "arguments": arguments });
    if by != "crm" {
        asked["epoch"] = json!(epoch);
    }
    Some(scene.client_of(by).post(&format!("/v1/cases/{case}/{path}"), &asked))
}

/// Why something is refused. Identifiers are other ones each time.
fn refused(got: &Got) -> String {
    let detail = got.body["detail"].as_str().unwrap_or_default();
    let word = |word: &str| if word.starts_with("req_") { "one of them:".to_owned() } else { word.to_owned() };
    format!("refused: {}", detail.split(' ').map(word).collect::<Vec<_>>().join(" "))
}

/// A moment as far as its minute.
fn minute(at: &Value) -> Option<String> {
    Some(at.as_str()?.get(..16)?.replace('T', " "))
}

/// What the customer is told of how a request ended, once its case knows of it.
fn heard(client: &Client, case: &Value, request: &str) -> Option<Option<String>> {
    let path = format!("/v1/cases/{}/timeline?limit=200", case.as_str()?);
    loop {
        let items = client.get(&path).expect(200)["items"].clone();
        let is_its = |item: &&Value| item["event"]["type"] == "request_ended" && item["event"]["request"] == *request;
        if let Some(ended) = items.as_array()?.iter().find(is_its) {
            return Some(ended["told"].as_str().map(|told| format!("the customer is told: {told}")));
        }
        std::thread::yield_now();
    }
}

/// How a request stands by an answer, or why it is refused.
fn answered(name: &str, got: &Got) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if got.status >= 300 {
        return refused(got);
    }
    if got.status == 204 {
        return format!("{name} is answered");
    }
    let because = |which: &str| {
        let policies = got.body["verdict"][which].as_array().cloned().unwrap_or_default();
        policies.iter().map(|policy| text(&policy["reason"])).collect::<Vec<_>>().join("; ")
    };
    let wanted: Vec<String> = got.body["wanted"].as_array().into_iter().flatten().map(text).collect();
    match text(&got.body["state"]).as_str() {
        "waiting" => format!("{name} waits for a yes of {}", wanted.join(" and ")),
        "declined" if got.body["verdict"]["answer"] == "deny" => format!("{name} is denied: {}", because("policies")),
        state => format!("{name} is {state}"),
    }
}

/// An event of a request's stream, in words.
fn happened(event: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if event["type"] == "request_asked" {
        let principal = &event["decision"]["principal"];
        let named = ["staff", "customer"].map(|kind| text(&principal[kind]));
        let name = named.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        let name = if principal["kind"] == "responder" { text(&principal["facts"]["responder"]) } else { name };
        return Some(format!(
            "{} is asked for by {} {name}",
            text(&event["decision"]["action"]),
            text(&principal["kind"])
        ));
    }
    let change = &event["change"];
    let given = &change["confirmation"];
    let who = match given["by"]["kind"].as_str() {
        Some("staff") => format!("{}, who has {} open cases", text(&given["by"]["staff"]), given["by"]["cases"]),
        _ => "the customer".to_owned(),
    };
    let seen = given["seen_ms"].as_i64().map_or("a time that is not known".to_owned(), |ms| format!("{ms} ms"));
    let others = given["batch"]["count"].as_u64().map_or_else(String::new, |count| format!(", as one of {count}"));
    let over = format!("{who}, over {}, having seen it for {seen}{others}", text(&given["via"]));
    let effect = &change["effect"];
    Some(match change["kind"].as_str()? {
        "confirmed" => format!("yes by {over}"),
        "declined" => format!("no by {over}"),
        "linked" => "a link was made by which the customer can answer it".to_owned(),
        "voided" => format!("void, since something changed: {}", text(&change["changed"])),
        "executing" => "policy still permits it, and core banking is asked".to_owned(),
        "carried_out" => match effect["how"].as_str()? {
            "done" => {
                let amount = &effect["statement"]["amount"];
                let moved = amount["minor"].as_i64().map(|minor| of(minor, amount["currency"].as_str().unwrap()));
                let moved = moved.unwrap_or_else(|| "no money".to_owned());
                format!("done: core banking says that it moved {moved}, which {}", text(&effect["agrees"]))
            }
            how => format!("{how}: {}", text(&effect["why"])),
        },
        kind => kind.replace('_', " "),
    })
}

fn of(minor: i64, currency: &str) -> String {
    money_in_words(&Money { minor, currency: currency.to_owned() })
}
