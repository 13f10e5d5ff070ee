//! Behaviour of a whole server that reads as a story: scripts in `scenarios/server`, told over HTTP on a clock that
//! they set, under the sample bank.

use crate::{
    activation::{put_in_force, untested},
    asking::{self, Asking, Scene, connected},
    customer::Customer,
    expected::Expected as _,
    hands::TwoClocks,
    harness::{Client, Server, epoch, id, open_moved_at},
    inbox::{BROKEN, Inbox, Message, OK, taken},
    night::{bank_in_shifts, bank_working},
    preference::bank_and,
    sample_bundle::{BANK, bank_without},
    staff::{answer, presence, work},
};
use remit_app::environment::block_on::block_on;
use remit_app::{
    case::closing,
    environment::clock::{self, Clock as _},
};
use remit_policy::bundle::Bundle;
use remit_stories::check_all;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

const GRAMMAR: &str = "\
at DATE TIME, staff NAME QUEUE [LANGUAGE=LEVEL ...] (who is there), leaves STAFF (is removed), \
accept STAFF CASE, open CASE TEXT, customer CASE TEXT, answer CASE \
TEXT, override CASE RESPONDER, resolve CASE, again CASE (the last request once more, under its key), why CASE, \
link NAME [CASE] (a chat, about a case, all in one browser), \
types NAME TEXT, types-on NAME (until it is too often), reads NAME, \
set-clock MINUTES (back or ahead, while no time passes), pass MINUTES, without QUEUE [OTHER] (a start under a bundle \
that does not have it), takes-out QUEUE [OTHER] (the same in the running server), puts-back (the bundle before), \
bundles (that came into force), compares (the one in force, with the one before), \
under FOLDER (a start under the bank and what that folder of `scenarios` adds), \
works RANGE [HOLIDAY ...] (a start under a bundle whose general desk works so each day, collects mails and calls \
chats back), shifts (a start under a bundle whose general desk works from 08:00 to 18:00, and a late desk after it, \
and neither collects), mails CASE TEXT, told CASE (what the customer was told), shows CASE, offered STAFF, \
subscribe, break, mend (the receiver), \
received CASE, refused CASE";

const MINUTE_MS: i64 = 60_000;

/// A server that is being told of.
struct Story {
    /// None only while it is started anew.
    server: Option<Server>,
    client: Client,
    clocks: TwoClocks,
    /// Cases by name, and how much of each was told.
    cases: BTreeMap<String, (String, u64)>,
    /// The last request: where to, under which key, and what.
    last: Option<(String, String, Value)>,
    /// Customers with a link, all of them in one browser.
    links: BTreeMap<String, Customer>,
    /// Who receives events, with the subscription and its secret.
    receiver: Option<(Inbox, String, String)>,
    asking: Asking,
}

impl Story {
    fn new() -> Self {
        let clocks = TwoClocks::at(1_773_136_800_000);
        let server = Server::start_on_clock(Box::new(clocks.clone()), connected(&BANK));
        let client = server.client(&["admin"]);
        Self {
            server: Some(server),
            client,
            clocks,
            cases: BTreeMap::new(),
            last: None,
            links: BTreeMap::new(),
            receiver: None,
            asking: Asking::default(),
        }
    }

    fn line(&mut self, line: &str) -> Result<Vec<String>, String> {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
        let unclear = || format!("`{line}` means nothing; write one of: {GRAMMAR}, {}", asking::GRAMMAR);
        let mut told = Vec::new();
        match verb {
            "at" => self.set(name, text).ok_or_else(unclear)?,
            "works" => told.push(self.start_with_hours(name, text)),
            "shifts" => self.start_under_bundle(bank_in_shifts()),
            "told" => told.extend(self.told(name)),
            "shows" => told.push(self.shows(name)),
            "offered" => {
                let work = self.client.get(&format!("/v1/staff/{name}/work")).body;
                told.push(format!("{name} is offered {} cases", work["offered"].as_array().map_or(0, Vec::len)));
            }
            "open" | "mails" => {
                let channel = if verb == "open" { "chat" } else { "email" };
                let body = json!({ "customer": name, "text": text, "channel": channel });
                let got = self.client.post("/v1/cases", &body);
                let case = got.body["case"].clone();
                self.cases.insert(name.to_owned(), (id(&case), 0));
            }
            "link" => {
                let about = self.cases.get(text).map(|(case, _)| case.clone());
                let start = json!({ "customer": name, "case": about });
                let program = self.server.as_ref().ok_or_else(unclear)?.client(&["integration"]);
                self.links.insert(name.to_owned(), Customer::start(&program, &start));
            }
            "types" => told.push(self.types(name, text).ok_or_else(unclear)?),
            "types-on" => {
                while self.types(name, "And now?").ok_or_else(unclear)? == "said" {}
                told.push("what is typed is too often".to_owned());
            }
            "reads" => {
                let customer = self.links.get(name).ok_or_else(unclear)?;
                let line =
                    |message: &Value| Some(format!("{}: {}", message["author"].as_str()?, message["text"].as_str()?));
                told.extend(customer.said().iter().filter_map(line));
            }
            "set-clock" => self.clocks.set_by(name.parse::<i64>().map_err(|_| unclear())? * MINUTE_MS),
            "pass" => self.clocks.pass(name.parse::<i64>().map_err(|_| unclear())? * MINUTE_MS),
            "without" => {
                let lines = self.start_without(name, text);
                told.extend(lines.lines().filter(|line| !line.is_empty()).map(str::to_owned));
            }
            "under" => self.start_under(name),
            "takes-out" | "puts-back" => {
                let got = if verb == "puts-back" {
                    self.client.post("/v1/bundles/rollback", &json!({ "reason": "the story wants it" }))
                } else {
                    let moves = if text.is_empty() { String::new() } else { format!("&moves={name}%3D{text}") };
                    let without = untested(&bank_without(name));
                    put_in_force(&self.client, &without, &format!("reason=the%20story%20wants%20it{moves}"))
                };
                told.push(match got.body["in_force"].as_bool() {
                    Some(_) => "another bundle is in force, and nobody was refused anything".to_owned(),
                    None => format!("refused: {}", got.body["detail"].as_str().ok_or_else(unclear)?),
                });
                if got.status == 200 {
                    let gone = |story: &Self, of: &String| story.case(of)["holder"]["name"] == name;
                    while verb == "takes-out" && self.cases.keys().any(|of| gone(self, of)) {
                        std::thread::yield_now();
                    }
                }
            }
            "bundles" => told = self.bundles().iter().map(listed).collect(),
            "compares" => told = self.compares().ok_or_else(unclear)?,
            "staff" => self.staff(name, text).ok_or_else(unclear)?,
            "leaves" => {
                let got = self.client.delete(&format!("/v1/staff/{name}"));
                assert_eq!(got.status, 204, "{}", got.body);
                let history = self.client.get(&format!("/v1/streams/staff/{name}/timeline")).body;
                let last = history["items"].as_array().and_then(|items| items.last()).ok_or_else(unclear)?;
                told.push(format!("{name}: {}", last["event"]["type"].as_str().unwrap_or_default().replace('_', " ")));
            }
            "accept" => self.accept(name, text),
            "why" => told = self.why(name),
            "subscribe" => {
                let inbox = Inbox::start();
                let wish = json!({ "name": "crm", "url": inbox.url(), "after": 0 });
                let got = self.client.post("/v1/subscriptions", &wish).body;
                self.receiver = Some((inbox, id(&got), got["secret"].as_str().unwrap_or_default().to_owned()));
            }
            "break" | "mend" => {
                let (inbox, subscription, _) = self.receiver.as_ref().ok_or_else(unclear)?;
                let broken = verb == "break";
                inbox.answer(move |_| if broken { BROKEN } else { OK });
                if !broken {
                    self.client.post(&format!("/v1/subscriptions/{subscription}/resume"), &json!({}));
                }
            }
            "received" => told = self.received(name).ok_or_else(unclear)?,
            "refused" => {
                let (inbox, ..) = self.receiver.as_ref().ok_or_else(unclear)?;
                let case = self.cases.get(name).ok_or_else(unclear)?.0.clone();
                inbox.wait(|arrived| arrived.iter().any(|m| m.case() == case && m.answered == BROKEN));
                told.push("the receiver refused what came".to_owned());
            }
            "again" => {
                let (path, key, body) = self.last.clone().ok_or_else(unclear)?;
                let got = self.client.post_once(&path, &key, &body);
                let repeated = got.headers.contains_key("idempotency-replayed");
                told.push(format!("answered {}{}", got.status, if repeated { ", as before" } else { "" }));
            }
            "customer" | "answer" | "override" | "resolve" => {
                let case = self.case(name);
                let path = |end: &str| format!("/v1/cases/{}/{end}", id(&case));
                let (path, body) = match verb {
                    "customer" => (path("messages"), json!({ "text": text })),
                    "answer" => (path("messages"), json!({ "text": text, "epoch": epoch(&case) })),
                    "override" => (path("overrides"), json!({ "to": text, "reason": "the story wants it" })),
                    _ => (path("resolve"), json!({ "epoch": epoch(&case) })),
                };
                let key = format!("story-{line}");
                let got = self.client.post_once(&path, &key, &body);
                if got.status >= 300 {
                    told.push(format!("refused: {}", got.body["title"].as_str().unwrap_or_default()));
                }
                self.last = Some((path, key, body));
            }
            _ => {
                let server = self.server.as_ref().ok_or_else(unclear)?;
                let (client, clocks) = (&self.client, &self.clocks);
                let scene = Scene { server, client, clocks, cases: &self.cases, links: &self.links };
                told.extend(self.asking.line(&scene, line).ok_or_else(unclear)?);
                // What follows beside it belongs to this line, and not to the next.
                self.asking.wait_for_what_follows(&scene);
            }
        }
        let names: Vec<String> = self.cases.keys().cloned().collect();
        for name in names {
            self.news(&name, &mut told);
        }
        Ok(told)
    }

    /// Starts the server anew under a bundle without this queue, whose cases go to the other one.
    fn start_without(&mut self, queue: &str, other: &str) -> String {
        let server = self.server.take().unwrap();
        let token = self.client.token.clone();
        let data = server.stop();
        let moves = (!other.is_empty()).then(|| format!("{queue}={other}"));
        let moves: Vec<&str> = moves.iter().map(String::as_str).collect();
        let clock = || Box::new(self.clocks.clone());
        let (started, told) = match open_moved_at(data.path(), &bank_without(queue), &moves, clock()) {
            Ok(app) => (Server::serve(app, data), format!("started without the queue `{queue}`")),
            Err(error) => (Server::resume(data, clock()), format!("refused: {error}")),
        };
        self.client = started.client_with(&token);
        self.server = Some(started);
        told
    }

    /// Starts another server, under a bundle whose general desk works so each day, but on these holidays; while it is
    /// closed, it collects mails and calls chats back.
    fn start_with_hours(&mut self, range: &str, holidays: &str) -> String {
        let holidays: Vec<&str> = holidays.split_whitespace().collect();
        self.start_under_bundle(bank_working(range, &holidays));
        format!("the general desk works {range}, but on {} holidays", holidays.len())
    }

    fn start_under_bundle(&mut self, bundle: Arc<Bundle>) {
        let started = Server::start_under_clock(Arc::clone(&bundle), Box::new(self.clocks.clone()), connected(&bundle));
        self.client = started.client(&["admin"]);
        self.server = Some(started);
    }

    /// What the customer was told of a case.
    fn told(&self, name: &str) -> Vec<String> {
        let messages = self.client.get(&format!("/v1/cases/{}/messages", id(&self.case(name)))).body;
        let told = messages["items"].as_array().unwrap().iter().filter(|message| message["author"] == "remit");
        told.map(|message| format!("{name} is told: {}", message["text"].as_str().unwrap())).collect()
    }

    /// By when something is promised of a case or its customer is called, and when the queue that has it opens.
    fn shows(&self, name: &str) -> String {
        let case = self.case(name);
        let moment = |at: &Value| at.as_str().and_then(|at| at.get(..16)).unwrap_or("-").replace('T', " ");
        let call = case["deferrals"].as_array().and_then(|all| all.iter().find(|one| one["kind"] == "callback"));
        let what = match call {
            Some(call) => {
                format!("called at {}, or by {} at the latest", moment(&call["until"]), moment(&call["call_by"]))
            }
            None => format!("due by {}", moment(&case["due_at"])),
        };
        format!("{name} is {what}, and the queue opens at {}", moment(&case["opens_at"]))
    }

    /// Starts the server anew under the bank and what a folder adds to it.
    fn start_under(&mut self, folder: &str) {
        let server = self.server.take().unwrap();
        let token = self.client.token.clone();
        let data = server.stop();
        let opened = open_moved_at(data.path(), &bank_and(folder), &[], Box::new(self.clocks.clone()));
        let started = Server::serve(opened.unwrap_or_else(|error| panic!("{error}")), data);
        self.client = started.client_with(&token);
        self.server = Some(started);
    }

    /// A customer types in the tab of their chat, in a browser that has the cookies of all.
    fn types(&self, name: &str, text: &str) -> Option<String> {
        let cookies: Vec<String> = self.links.values().map(Customer::cookie).collect();
        let customer = self.links.get(name)?;
        let key = customer.key();
        let headers = [("cookie", &*cookies.join("; ")), ("idempotency-key", &key)];
        let got = customer.send("messages", &headers, json!({ "text": text }).to_string().as_bytes());
        Some(if got.status == 204 { "said".to_owned() } else { got.body["title"].as_str()?.to_owned() })
    }

    /// The bundles that came into force, oldest first.
    fn bundles(&self) -> Vec<Value> {
        self.client.get("/v1/bundles").body["items"].as_array().unwrap().clone()
    }

    /// What is otherwise in the bundle in force than in the one before.
    fn compares(&self) -> Option<Vec<String>> {
        let newest = self.bundles().pop()?;
        let path = format!("/v1/bundles/{}/compare/{}", newest["digest"].as_str()?, newest["from"].as_str()?);
        let differs = self.client.get(&path).expect(200)["differs"].clone();
        let told = |one: &Value| {
            let name = one["name"].as_str().map_or_else(String::new, |name| format!(" {name}"));
            Some(format!("{}{name}: {}", one["section"].as_str()?, one["how"].as_str()?))
        };
        differs.as_array()?.iter().map(told).collect()
    }

    /// Somebody works in a queue, and is there.
    fn staff(&self, name: &str, text: &str) -> Option<()> {
        let mut words = text.split(' ');
        let queue = words.next()?;
        let mut languages = json!({ "en": 5 });
        for word in words {
            let (language, level) = word.split_once('=')?;
            languages[language] = json!(level.parse::<u8>().ok()?);
        }
        let staff = json!({
            "name": name, "first_name": name, "queues": [queue], "languages": languages,
            "skills": { "safeguarding": 3, "fraud": 3 }, "capacity": { "chat": 5, "email": 5 },
        });
        assert_eq!(self.client.post("/v1/staff", &staff).status, 200);
        presence(&self.client, name, "available");
        Some(())
    }

    /// They accept a case, once it is offered to them.
    fn accept(&self, name: &str, case: &str) {
        let id = id(&self.case(case));
        let mine =
            |work: &Value| work["offered"].as_array().unwrap().iter().find(|offered| offered["id"] == *id).cloned();
        let offered = mine(&work(&self.client, name, |work| mine(work).is_some())).unwrap();
        assert_eq!(answer(&self.client, &offered, "accept").status, 200);
    }

    /// Sets the clock, and waits until what is due by then was looked at.
    fn set(&mut self, date: &str, time: &str) -> Option<()> {
        let moment = clock::parse_rfc3339(&format!("{date}T{time}:00Z"))?;
        self.clocks.pass(moment.since(self.clocks.now()));
        // A token lasts a day.
        let server = self.server.as_ref()?;
        self.client = server.client(&["admin"]);
        // What waits in a desk that closed leaves it, whether the server has noticed yet or not.
        block_on(closing::look_through(&server.app)).unwrap();
        // What happens makes the server look at what is due; time that jumps does not.
        self.client.open("somebody else", "When will my card arrive?");
        server.wait_for_due("timer", moment);
        Some(())
    }

    fn case(&self, name: &str) -> Value {
        let (case, _) = self.cases.get(name).unwrap_or_else(|| panic!("no case is called `{name}`"));
        self.client.get(&format!("/v1/cases/{case}")).body
    }

    fn decision(&self, decision: &Value) -> Value {
        self.client.get(&format!("/v1/decisions/{}", decision.as_str().unwrap())).body["explanation"].clone()
    }

    fn why(&self, name: &str) -> Vec<String> {
        let told = self.decision(&self.case(name)["decision"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = |name: &str| told[name].as_array().cloned().unwrap_or_default();
        let mut lines = vec![text(&told["summary"]), text(&told["because"])];
        lines.extend(all("chosen").iter().map(|line| format!("  for it: {}", text(line))));
        lines.extend(
            all("others")
                .iter()
                .map(|other| format!("  not {}: {}", text(&other["responder"]), text(&other["reason"]))),
        );
        lines.extend(all("would_change").iter().map(|line| format!("  else: {}", text(line))));
        lines
    }

    /// What the receiver took of a case, once it has all of it.
    fn received(&self, name: &str) -> Option<Vec<String>> {
        let (inbox, _, secret) = self.receiver.as_ref()?;
        let (case, seen) = self.cases.get(name)?;
        let mine = |arrived: &[Message]| -> Vec<Message> {
            taken(arrived).filter(|message| message.case() == *case).cloned().collect()
        };
        let all = inbox.wait(|arrived| mine(arrived).iter().any(|message| message.seq() == *seen));
        let told = |message: Message| {
            let data = message.json();
            let signed = if message.signed_by(secret) == 1 { "signed" } else { "not signed" };
            format!("received {}, {signed}", data["type"].as_str().unwrap_or_default())
        };
        Some(mine(&all).into_iter().map(told).collect())
    }

    /// What happened to a case since it was last told of.
    fn news(&mut self, name: &str, told: &mut Vec<String>) {
        let (case, seen) = self.cases.get(name).cloned().unwrap();
        let items = self.client.get(&format!("/v1/cases/{case}/timeline?after={seen}&limit=200")).body;
        let mut last = seen;
        for item in items["items"].as_array().unwrap() {
            last = item["seq"].as_u64().unwrap();
            let event = &item["event"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let what = match event["type"].as_str().unwrap() {
                // Who is offered what, and when, is for the stories of a floor; how a request ended is told with what
                // becomes of it.
                "signals_measured" | "offer_made" | "request_ended" => continue,
                "decision_made" => text(&self.decision(&event["decision"]["id"])["summary"]),
                "exception_raised" => {
                    let exception = &event["exception"];
                    format!("exception {} for {}", text(&exception["kind"]), text(&exception["owner"]))
                }
                "message_added" if event["message"]["author"]["kind"] == "requester" => "the customer wrote".to_owned(),
                "message_added" => "an answer was given".to_owned(),
                "situation_noted" => format!("{} stands from now on", text(&event["noted"]["situation"])),
                "situation_ended" => format!("{} stands no more", text(&event["situation"])),
                kind => kind.replace('_', " "),
            };
            told.push(format!("{} {name}: {what}", item["at"].as_str().unwrap().get(..16).unwrap().replace('T', " ")));
        }
        self.cases.insert(name.to_owned(), (case, last));
    }
}

/// A bundle that came into force, with who had it and why.
fn listed(bundle: &Value) -> String {
    let text = |key: &str| bundle[key].as_str().unwrap_or_default();
    let why = if text("reason").is_empty() { String::new() } else { format!(": {}", text("reason")) };
    let changed = |key: &str| bundle["changed"][key].as_u64().unwrap_or(0);
    let responders = format!("{} responders new, {} gone", changed("responders_new"), changed("responders_gone"));
    let until = if bundle["in_force"] == true { ", which is in force" } else { "" };
    format!("{} by {}{why} ({responders}){until}", text("name"), text("by"))
}

#[test]
fn every_story_of_a_server_is_told_as_it_is_written() {
    check_all("server", || {
        let mut story = Story::new();
        Box::new(move |line| story.line(line))
    });
}
