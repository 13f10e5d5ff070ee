//! Nights: what waits for a desk that is closed, what customers are told of it, and who is offered it and when.

use crate::{
    chat::staff,
    clocks::{TEN, case, decision, until},
    customer::Customer,
    hands::TwoClocks,
    harness::{Client, Server, epoch, id},
    sample_bundle::{BANK, bank_with, loaded},
    staff::{answer, offered, presence, staff_client, work},
};
use remit_app::{case::closing, environment::block_on::block_on, governance::services::Services};
use remit_policy::bundle::Bundle;
use serde_json::{Value, json};
use std::sync::Arc;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// What the bank's desks say that close.
const CALLS_BACK: &str = "calls_back = [\"chat\", \"phone\"]";
const TRANSFER: &str = "I want to talk to a human about my transfer";

/// The sample bank with a general desk, and a fraud desk, that work so each day, but on these holidays; while they are
/// closed, the one collects mails and both call chats back. The desk for identities never closes.
pub(crate) fn bank_working(range: &str, holidays: &[&str]) -> Arc<Bundle> {
    let calls_back = "calls_back = [\"chat\"]";
    bank_with_desks(range, holidays, &format!("{calls_back}\ncollects = [\"email\"]"), calls_back)
}

/// The same, where the general desk and the fraud desk have these keys.
fn bank_with_desks(range: &str, holidays: &[&str], general: &str, fraud: &str) -> Arc<Bundle> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let hours: Vec<String> = days.iter().map(|day| format!("{day} = [\"{range}\"]")).collect();
    let holidays: Vec<String> = holidays.iter().map(|day| format!("\"{day}\"")).collect();
    let calendar = format!(
        "\n[[calendar]]\nname = \"desk\"\ntime_zone = \"Europe/London\"\nholidays = [{}]\n[calendar.hours]\n{}\n",
        holidays.join(", "),
        hours.join("\n")
    );
    bank_with(|toml| {
        let with = |toml: String, queue: &str, was: &str, keys: &str| {
            let name = format!("[[queue]]\nname = \"{queue}\"");
            let (before, after) = toml.split_once(&name).unwrap();
            format!("{before}{name}{}", after.replacen(&format!("calendar = \"{was}\""), keys, 1))
        };
        let toml = toml.replace(CALLS_BACK, "calls_back = []");
        let toml = with(toml, "general", "always", &format!("calendar = \"desk\"\n{general}"));
        let toml = with(toml, "fraud", "always", &format!("calendar = \"desk\"\n{fraud}"));
        with(toml, "identity", "office", "calendar = \"always\"") + &calendar
    })
}

/// The same from eight to six, where transfers are the general desk's, and the fraud desk costs too much for any, so
/// that nobody takes over.
fn bank_of_one_desk() -> Arc<Bundle> {
    let bundle = bank_working("08:00-18:00", &[]);
    let toml = String::from_utf8(bundle.files().get("bundle.toml").unwrap().to_vec()).unwrap();
    let of_payments = "topics = [\"payments\", \"transfers\", \"top_up\", \"cash\"";
    assert!(toml.contains(of_payments));
    let toml = toml.replace(of_payments, "topics = [\"payments\", \"top_up\", \"cash\"");
    let (before, fraud) = toml.split_once("[[queue]]\nname = \"fraud\"").unwrap();
    assert!(fraud.contains("handling_minor = 690"), "{fraud}");
    let fraud = fraud.replacen("handling_minor = 690", "handling_minor = 69000", 1);
    let toml = format!("{before}[[queue]]\nname = \"fraud\"{fraud}");
    loaded(bundle.files().clone().with("bundle.toml", toml.into_bytes()))
}

/// The sample bank with a general desk and a fraud desk that work so each day, and collect nothing; a late desk works
/// the rest of it, but not on dangers. The desk for identities works as the general desk does, and collects mails.
pub(crate) fn bank_in_shifts() -> Arc<Bundle> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let calendar = |name: &str, range: &str| {
        let hours: Vec<String> = days.iter().map(|day| format!("{day} = [\"{range}\"]")).collect();
        let zone = "time_zone = \"Europe/London\"";
        format!("\n[[calendar]]\nname = \"{name}\"\n{zone}\n[calendar.hours]\n{}\n", hours.join("\n"))
    };
    let manifest = String::from_utf8(BANK.files().get("bundle.toml").unwrap().to_vec()).unwrap();
    let with = |toml: String, queue: &str, was: &str, keys: &str| {
        let name = format!("[[queue]]\nname = \"{queue}\"");
        let (before, after) = toml.split_once(&name).unwrap();
        format!("{before}{name}{}", after.replacen(&format!("calendar = \"{was}\""), keys, 1))
    };
    let manifest = manifest.replace(CALLS_BACK, "calls_back = []");
    let closes = "calendar = \"day\"\ncalls_back = []";
    let toml = with(manifest, "general", "always", closes);
    let toml = with(toml, "fraud", "always", closes);
    let toml = with(toml, "identity", "office", "calendar = \"day\"\ncollects = [\"email\"]");
    // Transfers are the general desk's.
    let toml = toml.replace(
        "topics = [\"payments\", \"transfers\", \"top_up\", \"cash\"",
        "topics = [\"payments\", \"top_up\", \"cash\"",
    );
    let (_, general) = toml.split_once("[[queue]]\nname = \"general\"").unwrap();
    let general = general.split_once("\n\n").unwrap().0.replace("calendar = \"day\"", "calendar = \"late\"");
    let late = format!("\n[[queue]]\nname = \"late\"{}\n", general.replace("General desk", "Late desk"));
    let policy = "@id(\"queue.late\")\n@owner(\"everyday-team\")\n@reason(\"The late desk takes what is no danger\")\n\
                  permit (principal == Queue::\"late\", action == Action::\"handle\", resource)\n\
                  when { context.situation == Situation::\"none\" };\n";
    let files = BANK.files().clone().with("policies/late.cedar", policy.into());
    let toml = toml + &late + &calendar("day", "08:00-18:00") + &calendar("late", "18:00-08:00");
    let files = files.with("bundle.toml", toml.into_bytes());
    loaded(files)
}

#[test]
fn who_chats_at_night_is_called_back_and_a_restart_forgets_no_night() {
    let clocks = TwoClocks::at(TEN + 13 * HOUR_MS);
    let bundle = bank_working("08:00-18:00", &[]);
    let server = Server::start_under_clock(Arc::clone(&bundle), Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    staff(&server, &lead, "ana", "Ana");
    let ann = Customer::of(&lead, "ann");
    ann.say(TRANSFER);
    let status = ann.status();
    let promise = "Nobody is here right now. Our General desk will get back to you once we open again, on Wednesday 11 \
                   March, 08:00 (GMT).";
    assert_eq!((&status["state"], &status["text"]), (&json!("waiting"), &json!(promise)), "{status}");
    let opens = json!("2026-03-11T08:00:00.000Z");
    assert_eq!((&status["callback_at"], &status["due_at"]), (&opens, &Value::Null), "{status}");
    let messages = ann.conversation()["messages"].clone();
    let told = messages.as_array().unwrap().iter().filter(|message| message["author"] == "remit");
    let told: Vec<&Value> = told.map(|message| &message["text"]).collect();
    assert_eq!(told, [&json!(promise)], "it is told once: {messages}");
    // What shows the case or the queue shows the same: it is put off until the call, which is a promise like any.
    let case = lead.get("/v1/cases").body["items"][0].clone();
    assert_eq!(
        (&case["opens_at"], &case["put_off"], &case["time_zone"]),
        (&opens, &json!(true), &json!("Europe/London"))
    );
    let call = &case["deferrals"][0];
    assert_eq!((&call["kind"], &call["until"], &call["decision"]), (&json!("callback"), &opens, &case["decision"]));
    assert_eq!((&call["call_by"], &call["owner"]), (&json!("2026-03-11T08:15:00.000Z"), &json!("general")), "{case}");
    assert_eq!(case["due_at"], call["call_by"], "it is due by when the customer is called");
    let queues = lead.get("/v1/queues").body;
    let general = queues.as_array().unwrap().iter().find(|queue| queue["name"] == "general").unwrap();
    assert_eq!((&general["open"], &general["opens_at"]), (&json!(false), &opens), "{general}");
    // Who comes now is promised a reply within the time that is promised, once it opens.
    assert_eq!(
        (&general["due_at"], &general["time_zone"]),
        (&json!("2026-03-11T10:00:00.000Z"), &json!("Europe/London")),
        "{general}"
    );
    // The decision rests on it, and can be taken again.
    let id_of = case["decision"].as_str().unwrap();
    let decision = lead.get(&format!("/v1/decisions/{id_of}")).body;
    let collects = &decision["decision"]["collecting"]["general"];
    assert_eq!(collects, &json!({ "opens": TEN + 22 * HOUR_MS, "calls_back": true }), "{decision}");
    let promises = "promises to call the customer back once it opens, at 2026-03-11 08:00:00 Europe/London.";
    assert!(decision["explanation"]["chosen"].to_string().contains(promises), "{decision}");
    let replay = lead.post(&format!("/v1/decisions/{id_of}/replay"), &json!({})).body;
    assert_eq!(replay["same"], true, "{replay}");

    // Ana works at night, elsewhere: what waits for the morning is not offered to her, also after a restart.
    let data = server.stop();
    let server = Server::resume_under_clock((data, bundle), Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let at_night = lead.open("bob", "I want to talk to a human, my identity cannot be verified");
    let ana = staff_client(&server, "ana");
    let first = work(&ana, "ana", |work| offered(work) > 0);
    let ids = |work: &Value| work["offered"].as_array().unwrap().iter().map(id).collect::<Vec<_>>();
    assert_eq!(ids(&first), [id(&at_night)]);
    assert_eq!(answer(&ana, &first["offered"][0], "accept").status, 200);
    clocks.pass(9 * HOUR_MS + 60_000);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    work(&ana, "ana", |work| ids(work).contains(&id(&case)));
    // Nobody calls.
    clocks.pass(15 * 60_000);
    let missed = loop {
        let now = server.client(&["lead", "admin"]).get(&format!("/v1/cases/{}", id(&case))).body;
        if now["deferrals"].is_null() {
            break now;
        }
    };
    let exceptions = missed["exceptions"].as_array().unwrap();
    assert!(exceptions.iter().any(|one| one["kind"] == "callback_missed"), "{missed}");
    assert!(!missed["waiting_since"].is_null(), "who was to be called waits: {missed}");
}

#[test]
fn who_calls_at_night_is_promised_a_call_where_the_bundle_says_nothing_of_it() {
    let clocks = TwoClocks::at(TEN + 13 * HOUR_MS);
    // Who may have it are desks that are closed, and neither collect nor call anybody back in so many words.
    let bundle = bank_with_desks("08:00-18:00", &[], "", "");
    let server = Server::start_under_clock(bundle, Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let call = json!({ "customer": "ann", "channel": "phone", "text": TRANSFER });
    let opened = lead.post("/v1/cases", &call).body;
    let opens = json!("2026-03-11T08:00:00.000Z");
    let promised = &opened["case"];
    assert_eq!((&promised["holder"]["name"], &promised["opens_at"]), (&json!("general"), &opens), "{opened}");
    let (kind, until) = (&promised["deferrals"][0]["kind"], &promised["deferrals"][0]["until"]);
    assert_eq!((kind, until, &promised["exceptions"]), (&json!("callback"), &opens, &Value::Null), "{opened}");
    // By when they are called is when the promise is kept.
    let call_by = json!("2026-03-11T08:15:00.000Z");
    assert_eq!((&promised["due_at"], &promised["deferrals"][0]["owner"]), (&call_by, &json!("general")), "{opened}");
    let mail = json!({ "customer": "ben", "channel": "email", "text": TRANSFER });
    assert_eq!(lead.post("/v1/cases", &mail).body["case"]["exceptions"][0]["kind"], "no_responder");
    // Where the bundle says that nobody is to be called, it is an exception at once.
    let bundle = bank_with_desks("08:00-18:00", &[], "calls_back = []", "calls_back = []");
    let server = Server::start_under_clock(bundle, Box::new(clocks), Services::none());
    let opened = server.client(&["lead", "admin"]).post("/v1/cases", &call).body;
    assert_eq!(opened["case"]["exceptions"][0]["kind"], "no_responder", "{opened}");
}

#[test]
fn who_was_promised_a_call_picks_another_time_and_nobody_picks_a_night() {
    let clocks = TwoClocks::at(TEN + 13 * HOUR_MS);
    let bundle = bank_working("08:00-18:00", &[]);
    let server = Server::start_under_clock(bundle, Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ann = Customer::of(&lead, "ann");
    assert_eq!(ann.get("callback").status, 409, "nothing was said");
    ann.say("How do I change my PIN?");
    assert_eq!((ann.get("callback").status, &ann.status()["callback"]), (409, &Value::Null), "an AI calls nobody");
    ann.say(TRANSFER);
    assert_eq!(ann.status()["callback"], "Change the call");
    let times = ann.get("callback");
    assert_eq!(times.status, 200, "{}", times.body);
    assert_eq!(
        (&times.body["at"], &times.body["time_zone"]),
        (&json!("2026-03-11T08:00:00.000Z"), &json!("Europe/London"))
    );
    let days = times.body["days"].as_array().unwrap();
    let first = &days[0];
    assert_eq!(
        (days.len(), &first["title"], &first["times"][0]["title"]),
        (7, &json!("Wednesday 11 March"), &json!("08:00"))
    );
    assert_eq!(first["times"].as_array().unwrap().len(), 20, "each half hour from 08:00 to 17:30");
    for (at, says) in [
        ("2026-03-11T03:00:00Z", "General desk is closed then; it opens at 2026-03-11T08:00:00.000Z"),
        ("2026-03-10T11:00:00Z", "is over"),
        ("2026-06-11T11:00:00Z", "more than two months"),
        ("tomorrow", "no moment"),
    ] {
        let got = ann.post("callback", &json!({ "at": at }));
        assert!(got.status == 422 && got.body["detail"].as_str().unwrap().contains(says), "{at}: {}", got.body);
    }
    // Any moment in opening hours will do, by the clock there or another.
    let picked = ann.post("callback", &json!({ "at": "2026-03-12T16:20:00+01:00" }));
    assert_eq!(picked.status, 204, "{}", picked.body);
    let status = ann.status();
    let (at, text) = (json!("2026-03-12T15:20:00.000Z"), json!("We will call you on Thursday 12 March, 15:20 (GMT)."));
    assert_eq!((&status["callback_at"], &status["text"], &status["by"]), (&at, &text, &Value::Null), "{status}");
    let messages = ann.conversation()["messages"].clone();
    assert_eq!(messages.as_array().unwrap().last().unwrap()["text"], text, "{messages}");
    let case = lead.get("/v1/cases").body["items"][0].clone();
    let calls = case["deferrals"].as_array().unwrap();
    assert_eq!((calls.len(), &calls[0]["until"], &calls[0]["decision"]), (1, &at, &Value::Null), "{case}");
    // Who takes it back waits again, as before.
    assert_eq!(ann.post("callback/end", &json!({})).status, 204);
    let case = lead.get(&format!("/v1/cases/{}", id(&case))).body;
    assert!(case["deferrals"].is_null() && !case["waiting_since"].is_null(), "{case}");
    assert_eq!((ann.post("callback/end", &json!({})).status, &ann.status()["callback"]), (404, &json!("Call me back")));
}

#[test]
fn who_is_there_by_day_can_be_asked_to_call_and_nobody_in_danger_waits_for_one() {
    let clocks = TwoClocks::at(TEN);
    let bundle = bank_working("08:00-18:00", &[]);
    let server = Server::start_under_clock(bundle, Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    staff(&server, &lead, "ana", "Ana");
    let ana = staff_client(&server, "ana");
    let ann = Customer::of(&lead, "ann");
    ann.say(TRANSFER);
    // What is just offered to somebody is taken back: they would be asked for nothing.
    work(&ana, "ana", |work| offered(work) == 1);
    let times = ann.get("callback").body;
    let first = times["days"][0]["times"][0].clone();
    assert_eq!(first["title"], "10:30", "half an hour from now at the least: {times}");
    let (key, body) = (ann.key(), json!({ "at": first["at"] }).to_string());
    for _ in 0..2 {
        let asked = ann.send("callback", &[("idempotency-key", &key)], body.as_bytes());
        assert_eq!(asked.status, 204, "{}", asked.body);
    }
    work(&ana, "ana", |work| offered(work) == 0);
    assert_eq!(ann.status()["callback_at"], first["at"]);
    clocks.pass(31 * 60_000);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    let due = work(&ana, "ana", |work| offered(work) == 1)["offered"][0].clone();
    assert_eq!(due["deferrals"][0]["due"], true, "{due}");
    let late = ann.post("callback", &json!({ "at": "2026-03-12T11:00:00Z" }));
    assert!(late.status == 409 && late.body["detail"].as_str().unwrap().contains("has come"), "{}", late.body);
    // A danger waits for nobody.
    let eve = Customer::of(&lead, "eve");
    eve.say("My husband controls all my money and he hits me");
    let got = eve.post("callback", &json!({ "at": "2026-03-12T11:00:00Z" }));
    assert!(got.status == 409 && got.body["detail"].as_str().unwrap().contains("danger"), "{}", got.body);
    assert_eq!(eve.status()["callback"], Value::Null);
}

/// Somebody who works in a queue and is there, with room for so many chats.
fn at_work(server: &Server, lead: &Client, name: &str, queue: &str, chats: u32) -> Client {
    let staff = json!({
        "name": name, "first_name": name, "queues": [queue], "languages": { "en": 5 },
        "skills": { "general": 3 }, "capacity": { "chat": chats, "email": 1 },
    });
    assert_eq!(lead.post("/v1/staff", &staff).status, 200);
    let client = staff_client(server, name);
    presence(&client, name, "available");
    client
}

#[test]
fn what_nobody_took_leaves_a_desk_that_closes_also_while_the_server_is_down() {
    let clocks = TwoClocks::at(TEN + 8 * HOUR_MS - MINUTE_MS);
    let bundle = bank_in_shifts();
    let server = Server::start_under_clock(Arc::clone(&bundle), Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ana = at_work(&server, &lead, "ana", "general", 1);
    let taken = lead.open("kim", TRANSFER);
    let mine = work(&ana, "ana", |work| offered(work) == 1);
    assert_eq!(answer(&ana, &mine["offered"][0], "accept").status, 200);
    let waits = lead.open("ann", TRANSFER);
    let danger = lead.open("eve", "I want to talk to a human, somebody is stealing money from my account right now");
    let unverified = "I want to talk to a human, my identity cannot be verified";
    let mail = json!({ "customer": "bob", "channel": "email", "text": unverified });
    let mail = lead.post("/v1/cases", &mail).body["case"].clone();
    let holders = |lead: &Client| {
        [&taken, &waits, &danger, &mail].map(|opened| case(lead, opened)["holder"]["name"].as_str().unwrap().to_owned())
    };
    assert_eq!(holders(&lead), ["general", "general", "fraud", "identity"]);
    let data = server.stop();
    clocks.pass(2 * MINUTE_MS);
    let server = Server::resume_under_clock((data, bundle), Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    // Nobody writes, and who works late gets what waited.
    let nia = at_work(&server, &lead, "nia", "late", 5);
    let hers = work(&nia, "nia", |work| offered(work) == 1);
    assert_eq!(id(&hers["offered"][0]), id(&waits));
    until(|| case(&lead, &danger), |case| case["holder"]["name"] == "duty-manager");
    assert_eq!(holders(&lead), ["general", "late", "duty-manager", "identity"]);
    for (opened, kind) in [(&waits, "assign"), (&danger, "exception")] {
        let made = decision(&lead, &case(&lead, opened))["decision"].clone();
        assert_eq!(
            (&made["trigger"]["kind"], &made["outcome"]["kind"]),
            (&json!("queue_closed"), &json!(kind)),
            "{made}"
        );
        let replay = lead.post(&format!("/v1/decisions/{}/replay", made["id"].as_str().unwrap()), &json!({})).body;
        assert_eq!(replay["same"], true, "{replay}");
    }
    let held = case(&lead, &taken);
    assert_eq!(
        (&held["holder"]["staff"], epoch(&held)),
        (&json!("ana"), epoch(&taken) + 1),
        "people keep what they have"
    );
    let stays = until(|| case(&lead, &mail), |case| epoch(case) > epoch(&mail));
    assert_eq!(epoch(&stays), epoch(&mail) + 1, "what is collected stays, and its customer is told when it opens");
    let told = decision(&lead, &stays)["decision"].clone();
    assert_eq!(told["collecting"]["identity"]["opens"], TEN + 22 * HOUR_MS, "{told}");
    // In the morning it goes on where the desk that has it closes.
    presence(&nia, "nia", "offline");
    until(|| case(&lead, &waits), |case| case["offer"].is_null());
    clocks.pass(14 * HOUR_MS);
    let lead = server.client(&["lead", "admin"]);
    until(|| case(&lead, &waits), |case| case["holder"]["name"] == "general");
    assert_eq!(case(&lead, &waits)["handoffs"], 0, "that shifts end is nobody's handoff");
}

#[test]
fn who_waits_as_their_desk_closes_is_told_once_when_it_opens_and_who_chats_is_called_then() {
    let clocks = TwoClocks::at(TEN + 8 * HOUR_MS - MINUTE_MS);
    let bundle = bank_of_one_desk();
    let server = Server::start_under_clock(Arc::clone(&bundle), Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ana = at_work(&server, &lead, "ana", "general", 1);
    let ann = Customer::of(&lead, "ann");
    ann.say(TRANSFER);
    let mail = json!({ "customer": "bob", "channel": "email", "text": TRANSFER });
    let mail = lead.post("/v1/cases", &mail).body["case"].clone();
    let chat = lead.get("/v1/cases").body["items"].as_array().unwrap().iter().find(|one| id(one) != id(&mail)).cloned();
    let chat = chat.unwrap();
    presence(&ana, "ana", "offline");
    until(|| case(&lead, &chat), |case| case["offer"].is_null());
    assert!(case(&lead, &chat)["deferrals"].is_null() && ann.status()["callback_at"].is_null(), "{}", ann.status());
    clocks.pass(2 * MINUTE_MS);
    let lead = server.client(&["lead", "admin"]);
    // As who comes now: nobody else may have it, so that the one is called back, and the other told when it opens.
    let opens = json!("2026-03-11T08:00:00.000Z");
    let called = until(|| case(&lead, &chat), |case| case["deferrals"][0]["kind"] == "callback");
    assert_eq!((&called["deferrals"][0]["until"], &called["holder"]["name"]), (&opens, &json!("general")), "{called}");
    let promise = "Nobody is here right now. Our General desk will get back to you once we open again, on Wednesday 11 \
                   March, 08:00 (GMT).";
    let told = |customer: &Customer| {
        let messages = customer.conversation()["messages"].clone();
        messages.as_array().unwrap().iter().filter(|message| message["text"] == promise).count()
    };
    assert_eq!((&ann.status()["text"], told(&ann)), (&json!(promise), 1), "{}", ann.status());
    let waits = until(|| case(&lead, &mail), |case| case["opens_at"] == opens && epoch(case) > epoch(&mail));
    assert_eq!((&waits["deferrals"], &waits["holder"]["name"]), (&Value::Null, &json!("general")), "{waits}");
    for (kept, announced) in [(&called, "call_back"), (&waits, "waiting")] {
        let events = lead.get(&format!("/v1/cases/{}/timeline", id(kept))).body["items"].clone();
        let told = events.as_array().unwrap().iter().filter(|item| {
            item["event"]["decision"]["trigger"]["kind"] == "queue_closed"
                && item["event"]["handoff"]["announced"]["kind"] == announced
        });
        assert_eq!(told.count(), 1, "{events}");
        let made = decision(&lead, kept)["decision"].clone();
        let replay = lead.post(&format!("/v1/decisions/{}/replay", made["id"].as_str().unwrap()), &json!({})).body;
        assert_eq!((&replay["same"], &kept["handoffs"]), (&json!(true), &json!(0)), "{replay}");
    }
    // It is told once, however often it is looked at, and when the server starts again.
    block_on(closing::look_through(&server.app)).unwrap();
    let data = server.stop();
    clocks.pass(HOUR_MS);
    let server = Server::resume_under_clock((data, bundle), Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    block_on(closing::look_through(&server.app)).unwrap();
    assert_eq!([epoch(&case(&lead, &called)), epoch(&case(&lead, &waits))], [epoch(&called), epoch(&waits)]);
    // Who works late still may take what came by day, and nobody is asked for a call that is promised for the morning.
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    let late = work(&ana, "ana", |work| offered(work) == 1);
    assert_eq!(id(&late["offered"][0]), id(&waits));
}

#[test]
fn a_wait_that_is_told_and_weighed_goes_on_after_the_night() {
    let clocks = TwoClocks::at(TEN + 8 * HOUR_MS - 5 * MINUTE_MS);
    let bundle = bank_of_one_desk();
    let server = Server::start_under_clock(bundle, Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ana = at_work(&server, &lead, "ana", "general", 1);
    let first = lead.open("kim", TRANSFER);
    let mine = work(&ana, "ana", |work| offered(work) == 1);
    assert_eq!(answer(&ana, &mine["offered"][0], "accept").status, 200);
    for name in ["ann", "bea", "cal", "eve", "fay", "gus"] {
        lead.open(name, TRANSFER);
    }
    // How long others wait is looked up again a moment later.
    clocks.pass(10_000);
    let last = lead.open("dan", TRANSFER);
    let made = decision(&lead, &last)["decision"].clone();
    let facts = made["candidates"].as_array().unwrap().iter().find(|one| one["responder"] == "general");
    let weighed = facts.unwrap()["expected_wait_ms"].as_i64().unwrap();
    let events = lead.get(&format!("/v1/cases/{}/timeline", id(&last))).body["items"].clone();
    let told = events.as_array().unwrap().iter().find_map(|item| item["event"]["handoff"]["announced"].as_object());
    let told = told.unwrap()["expected_wait_ms"].as_i64().unwrap();
    let queues = lead.get("/v1/queues").body;
    let general = queues.as_array().unwrap().iter().find(|queue| queue["name"] == "general").unwrap();
    // Five minutes are left, and others come first: it is their turn in the morning.
    for (wait, of) in [(weighed, "weighed"), (told, "told"), (general["expected_wait_ms"].as_i64().unwrap(), "listed")]
    {
        assert!((14 * HOUR_MS..20 * HOUR_MS).contains(&wait), "{of}: {wait}, {first}");
    }
}

#[test]
fn who_is_offered_a_case_when_their_desk_closes_may_take_it_and_what_they_give_back_goes_on() {
    let clocks = TwoClocks::at(TEN + 8 * HOUR_MS - MINUTE_MS - 5_000);
    let bundle = bank_in_shifts();
    let server = Server::start_under_clock(bundle, Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ana = at_work(&server, &lead, "ana", "general", 2);
    // Who just came is asked for one case, and for two a minute later.
    clocks.pass(MINUTE_MS);
    let (first, second) = (lead.open("ann", TRANSFER), lead.open("kim", TRANSFER));
    let offers = work(&ana, "ana", |work| offered(work) == 2)["offered"].clone();
    let of = |opened: &Value| offers.as_array().unwrap().iter().find(|offer| id(offer) == id(opened)).unwrap().clone();
    clocks.pass(10_000);
    block_on(closing::look_through(&server.app)).unwrap();
    assert_eq!(case(&lead, &first)["holder"]["name"], "general");
    assert_eq!(answer(&ana, &of(&first), "accept").status, 200, "they were asked before the desk closed");
    // What is declined, and what is given back, goes to who is there.
    assert_eq!(answer(&ana, &of(&second), "busy").status, 200);
    until(|| case(&lead, &second), |case| case["holder"]["name"] == "late");
    let mine = case(&lead, &first);
    presence(&ana, "ana", "busy");
    let wish = json!({ "epoch": epoch(&mine), "reason": "return_to_queue" });
    let back = ana.post(&format!("/v1/cases/{}/handoffs", id(&first)), &wish);
    assert_eq!(back.status, 201, "{}", back.body);
    until(|| case(&lead, &first), |case| case["holder"]["name"] == "late");
}
