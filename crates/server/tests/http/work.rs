//! What people do with a case beside answering it, over real HTTP; and what becomes of cases.

use crate::{
    activation::{put_in_force, without_tests},
    endpoint::{Ai, MANY_AT_ONCE, settled},
    harness::{Client, Server, epoch, id},
    sample_bundle::{BANK, bank_of_acts, bank_with},
    staff::{answer, note, presence, staff_client, work},
};
use remit_app::governance::services::Services;
use serde_json::{Value, json};

/// A case that a member of staff has taken, and its view then.
fn taken(lead: &Client, staff: &Client, name: &str, customer: &str, text: &str) -> Value {
    let case = lead.open(customer, text);
    let mine = |work: &Value| work["offered"].as_array().unwrap().iter().any(|offered| offered["id"] == case["id"]);
    let offers = work(staff, name, mine);
    let offer = offers["offered"].as_array().unwrap().iter().find(|offered| offered["id"] == case["id"]).unwrap();
    let got = answer(staff, offer, "accept");
    assert_eq!(got.status, 200, "{}", got.body);
    got.body["case"].clone()
}

/// The case once `enough` says so of it.
fn case_when(client: &Client, case: &Value, enough: impl Fn(&Value) -> bool) -> Value {
    loop {
        let now = client.get(&format!("/v1/cases/{}", id(case))).body;
        if enough(&now) {
            return now;
        }
    }
}

/// The server, a lead, and Ana and Ben of every common desk, available.
fn floor() -> (Server, Client, Client, Client) {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    for name in ["ana", "ben"] {
        note(&lead, name, 4);
    }
    let (ana, ben) = (staff_client(&server, "ana"), staff_client(&server, "ben"));
    presence(&ana, "ana", "available");
    (server, lead, ana, ben)
}

fn post(client: &Client, case: &Value, what: &str, body: &Value) -> Value {
    let got = client.post(&format!("/v1/cases/{}/{what}", id(case)), body);
    assert!(got.status < 300, "{what}: {}", got.body);
    got.body["case"].clone()
}

#[test]
fn who_repeats_a_request_is_told_its_first_answer_also_where_it_ended_what_they_may_do() {
    let (_server, lead, ana, _ben) = floor();
    let twice = |path: &str, key: &str, body: &Value| {
        let first = ana.post_once(path, key, body);
        assert!(first.status < 300, "{path}: {}", first.body);
        let again = ana.post_once(path, key, body);
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
        assert_eq!(again.headers["idempotency-replayed"], "true", "{path}");
        first.body
    };
    let offered = |case: &Value| {
        let mine = |work: &Value| work["offered"].as_array().unwrap().iter().any(|offer| offer["id"] == case["id"]);
        let work = work(&ana, "ana", mine);
        let offers = work["offered"].as_array().unwrap();
        offers.iter().find(|offer| offer["id"] == case["id"]).unwrap().clone()
    };
    let opened = |customer: &str| lead.open(customer, "I want to talk to a human about my card that has not arrived");
    // Accepted, given to another queue, and asked for again from there.
    let offer = offered(&opened("carol"));
    let on = |case: &Value, what: &str| format!("/v1/cases/{}/{what}", id(case));
    let answered = |offer: &Value, answer: &str| json!({ "offer": offer["offer"]["id"], "answer": answer });
    let accept = answered(&offer, "accept");
    let case = twice(&on(&offer, "offer"), "accept", &accept)["case"].clone();
    let transfer = json!({ "epoch": epoch(&case), "to": "fraud", "note": "sent by tracked post" });
    twice(&on(&case, "transfer"), "transfer", &transfer);
    let again = ana.post_once(&on(&offer, "offer"), "accept", &accept);
    assert_eq!((again.status, &again.headers["idempotency-replayed"]), (200, &"true".parse().unwrap()));
    // The same key with another wish is not the first one's answer, and without a key it is refused.
    let other = json!({ "epoch": epoch(&case), "to": "payments" });
    assert_eq!(
        ana.post_once(&on(&case, "transfer"), "transfer", &other).body["type"],
        "/problems/idempotency_key_reused"
    );
    assert_eq!(ana.post(&on(&case, "transfer"), &transfer).body["type"], "/problems/lease_lost");
    // Declined there, and another one resolved.
    let offer = offered(&case);
    twice(&on(&offer, "offer"), "decline", &answered(&offer, "busy"));
    presence(&ana, "ana", "available");
    let offer = offered(&opened("emil"));
    let case = answer(&ana, &offer, "accept").body["case"].clone();
    twice(&on(&case, "messages"), "say", &json!({ "text": "It is on its way.", "epoch": epoch(&case) }));
    twice(&on(&case, "resolve"), "resolve", &json!({ "epoch": epoch(&case) }));
}

#[test]
fn a_transfer_goes_where_policy_permits_with_all_that_was_promised_and_is_announced_in_the_same_commit() {
    let (_server, lead, ana, ben) = floor();
    let case = taken(&lead, &ana, "ana", "carol", "I want to talk to a human about my card that has not arrived");
    let say = |text: &str, marks: Value| json!({ "text": text, "epoch": epoch(&case), "marks": marks });
    post(&ana, &case, "messages", &say("A new card is with you by Friday.", json!(["promise"])));
    post(&ana, &case, "messages", &say("We cannot deliver it to a neighbour.", json!(["refusal"])));
    // Somebody else, a queue that there is not, and one that policy forbids.
    let wish = |to: &str| json!({ "epoch": epoch(&case), "to": to, "note": "sent by tracked post" });
    let transfer = format!("/v1/cases/{}/transfer", id(&case));
    assert_eq!(ben.post(&transfer, &wish("payments")).status, 403);
    assert_eq!(ana.post(&transfer, &wish("nowhere")).status, 422);
    let forbidden = ana.post(&transfer, &wish("complaints"));
    assert_eq!((forbidden.status, &forbidden.body["type"]), (403, &json!("/problems/forbidden")), "{}", forbidden.body);
    let moved = ana.post(&transfer, &wish("fraud"));
    assert_eq!((moved.status, &moved.body["case"]["holder"]["name"]), (201, &json!("fraud")), "{}", moved.body);
    assert_eq!(moved.body["decision"]["outcome"], "assign");
    // The handoff, its announcement and the package are one event.
    let events = lead.get(&format!("/v1/cases/{}/timeline?limit=200", id(&case))).body;
    let handoff = &events["items"].as_array().unwrap().iter().rev().find(|item| item["event"]["handoff"].is_object());
    let handoff = &handoff.unwrap()["event"]["handoff"];
    assert_eq!(handoff["announced"]["kind"], "waiting", "{handoff}");
    let package = &handoff["package"];
    assert_eq!((&package["promised"].as_array().unwrap().len(), &package["told"]["kind"]), (&1, &json!("person")));
    let messages = lead.get(&format!("/v1/cases/{}/messages?limit=200", id(&case))).body;
    let last = messages["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["author"], "remit");
    assert!(last["text"].as_str().unwrap().contains("A person of our Fraud desk will answer"), "{last}");
    // What the next one reads.
    let context = lead.get(&format!("/v1/cases/{}/context", id(&case))).body;
    let summary = context["summary"].as_str().unwrap();
    for part in
        ["Promised to the customer: \"A new card", "Refused to the customer: \"We cannot", "The customer was told"]
    {
        assert!(summary.contains(part), "{part} is missing in {summary}");
    }
    assert_eq!(context["notes"][0]["text"], "sent by tracked post");
    assert!(context["told"].as_array().unwrap().iter().any(|told| told == "ana is with you now."), "{context}");
    assert!(context["decisions"].as_array().unwrap().len() >= 3);
    let decision = moved.body["decision"]["id"].as_str().unwrap();
    let again = lead.post(&format!("/v1/decisions/{decision}/replay"), &json!({}));
    assert_eq!(again.body["same"], true, "{}", again.body);
    let told = lead.get(&format!("/v1/decisions/{decision}")).body;
    assert!(told["explanation"]["because"].as_str().unwrap().contains("chose `fraud`"), "{told}");
}

#[test]
fn a_note_with_a_case_that_stays_where_it_was_is_left_with_it_for_whoever_has_it_next() {
    let (_server, lead, ana, _ben) = floor();
    let case = taken(&lead, &ana, "ana", "carol", "I want to talk to a human about my card that has not arrived");
    let wish = json!({ "epoch": epoch(&case), "reason": "return_to_ai", "note": "the new card is already printed" });
    let got = ana.post(&format!("/v1/cases/{}/handoffs", id(&case)), &wish);
    assert_eq!((got.status, &got.body["decision"]["outcome"]), (201, &json!("keep")), "{}", got.body);
    let events = lead.get(&format!("/v1/cases/{}/timeline?limit=200", id(&case))).body;
    let last = events["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["event"]["type"], "note_left", "{last}");
    assert!(last.to_string().contains("the new card is already printed"), "{last}");
    post(&ana, &case, "transfer", &json!({ "epoch": epoch(&case), "to": "fraud", "note": "sent by tracked post" }));
    let context = lead.get(&format!("/v1/cases/{}/context", id(&case))).body;
    let notes: Vec<&Value> = context["notes"].as_array().unwrap().iter().map(|note| &note["text"]).collect();
    assert_eq!(notes, ["the new card is already printed", "sent by tracked post"]);
}

#[test]
fn advice_is_asked_for_and_given_while_the_case_stays() {
    let (server, lead, ana, ben) = floor();
    let case = taken(&lead, &ana, "ana", "carol", "Give me a human please, my transfer is stuck");
    let ask = json!({ "epoch": epoch(&case), "queue": "payments", "question": "Can this still be recalled?" });
    assert_eq!(ben.post(&format!("/v1/cases/{}/consults", id(&case)), &ask).status, 403, "it is not theirs");
    let wrong = json!({ "epoch": epoch(&case), "queue": "cards-ai", "question": "You?" });
    assert_eq!(ana.post(&format!("/v1/cases/{}/consults", id(&case)), &wrong).body["field"], "queue");
    let asked = post(&ana, &case, "consults", &ask);
    assert_eq!(asked["holder"], case["holder"]);
    let open = ben.get("/v1/consults?queue=payments").body;
    assert_eq!(
        (&open[0]["question"], &open[0]["by"]),
        (&json!("Can this still be recalled?"), &json!("ana")),
        "{open}"
    );
    assert_eq!(ben.get("/v1/consults?queue=care").body, json!([]));
    let advice = json!({ "consult": open[0]["id"], "answer": "Yes, until six tonight." });
    // Who does not work in the queue gives no advice for it.
    let care = json!({
        "name": "cleo", "first_name": "Cleo", "queues": ["care"], "languages": { "en": 5 }, "capacity": { "chat": 1 },
    });
    assert_eq!(lead.post("/v1/staff", &care).status, 200);
    let cleo = staff_client(&server, "cleo");
    assert_eq!(cleo.post(&format!("/v1/cases/{}/advice", id(&case)), &advice).status, 403);
    assert_eq!(cleo.get("/v1/consults").body[0]["question"], open[0]["question"], "they may read the case");
    // Where staff read their own cases alone, a question is read in the queue that was asked, and nowhere else.
    let own = "@id(\"own-cases\")\n@owner(\"head-of-support\")\n@reason(\"Staff read their own cases\")\n\
               forbid (principal is Token, action == Action::\"case.read\", resource is Case)\n\
               when { principal has staff && !(resource has staff && resource.staff == principal.staff) };\n";
    let files = BANK.files().clone().with("policies/own.cedar", own.into());
    let strict = without_tests(&files);
    assert_eq!(put_in_force(&lead, &strict, "reason=closer").status, 200);
    assert_eq!(cleo.get(&format!("/v1/cases/{}", id(&case))).status, 403);
    assert_eq!(cleo.get("/v1/consults").body, json!([]));
    assert_eq!(ben.get("/v1/consults").body[0]["question"], open[0]["question"]);
    let answered = post(&ben, &case, "advice", &advice);
    assert_eq!((answered.get("consults"), &answered["holder"]), (None, &case["holder"]));
    assert_eq!(ben.get("/v1/consults").body, json!([]));
    assert_eq!(ben.post(&format!("/v1/cases/{}/advice", id(&case)), &advice).status, 404, "once is enough");
    let context = ana.get(&format!("/v1/cases/{}/context", id(&case))).body;
    assert_eq!(context["notes"][0], json!({ "by": "ben", "text": "Yes, until six tonight." }));
}

#[test]
fn a_duplicate_ends_in_the_case_that_goes_on() {
    let (_server, lead, ana, ben) = floor();
    presence(&ben, "ben", "busy");
    let first = taken(&lead, &ana, "ana", "carol", "I want to talk to a human about my card");
    presence(&ana, "ana", "busy");
    presence(&ben, "ben", "available");
    let second = taken(&lead, &ben, "ben", "carol", "A human please, it is about my card again");
    let other = lead.open("dora", "I want to talk to a human about my card");
    let into = |case: &Value| json!({ "epoch": epoch(&second), "into": id(case) });
    let merge = format!("/v1/cases/{}/merge", id(&second));
    assert_eq!(ben.post(&merge, &into(&other)).body["field"], "into", "another customer's");
    assert_eq!(ben.post(&merge, &into(&second)).body["field"], "into", "itself");
    assert_eq!(ben.post(&merge, &json!({ "epoch": 99, "into": id(&first) })).body["type"], "/problems/lease_lost");
    let ended = post(&ben, &second, "merge", &into(&first));
    assert_eq!((&ended["status"], &ended["merged_into"]), (&json!("resolved"), &first["id"]));
    let first = case_when(&lead, &first, |case| case["absorbed"][0] == second["id"]);
    assert_eq!(first["status"], "open");
    for (what, body) in [("messages", json!({ "text": "hello?" })), ("reopen", json!({ "reason": "not solved" }))] {
        let got = lead.post(&format!("/v1/cases/{}/{what}", id(&second)), &body);
        assert_eq!((got.status, &got.body["into"]), (409, &first["id"]), "{}", got.body);
    }
}

#[test]
fn what_an_ai_asks_for_is_asked_of_policy_and_a_person_carries_it_out() {
    let ai = Ai::start(|turn| {
        let action = if turn["messages"][0]["text"].as_str().unwrap().contains("new card") {
            "book_a_visit"
        } else {
            "write_off"
        };
        json!({ "say": "act", "action": action, "arguments": { "card": "…4711" } })
    });
    ai.set_open(true);
    let server = Server::start_with(bank_of_acts(), ai.services(MANY_AT_ONCE));
    let lead = server.client(&["lead", "admin"]);
    note(&lead, "ana", 4);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    for (text, action, may) in
        [("When will my new card arrive?", "book_a_visit", true), ("When will my card arrive?", "write_off", false)]
    {
        let case = lead.open(&format!("customer {may}"), text);
        let held_by = case["holder"]["name"].clone();
        settled(&server, &lead);
        let events = lead.get(&format!("/v1/cases/{}/timeline?limit=200", id(&case))).body;
        let asked = events["items"].as_array().unwrap().iter().find(|item| item["event"]["type"] == "action_asked");
        let asked = asked.unwrap_or_else(|| panic!("{held_by}: {events}"));
        let record = &asked["event"]["decision"];
        assert_eq!((&record["action"], &record["owner"]), (&json!(action), &json!("risk")), "{record}");
        assert_eq!(record["principal"]["responder"], held_by);
        assert_eq!((&record["verdict"]["allow"], &asked["words"]), (&json!(may), &json!("{\"card\":\"…4711\"}")));
        // It is explained and taken again like any decision.
        let decision = record["id"].as_str().unwrap();
        let told = lead.get(&format!("/v1/decisions/{decision}")).body;
        let says = if may { "may have" } else { "may not have" };
        assert!(told["explanation"]["summary"].as_str().unwrap().contains(says), "{told}");
        let again = lead.post(&format!("/v1/decisions/{decision}/replay"), &json!({}));
        assert_eq!(again.body["same"], true, "{}", again.body);
        let now = lead.get(&format!("/v1/cases/{}", id(&case))).body;
        assert_ne!(now["holder"]["name"], held_by, "it carries nothing out itself");
        assert_eq!(now.get("actions").is_some(), may, "{now}");
        if !may {
            continue;
        }
        // The case goes to another AI responder or to people; either way the action waits for a person.
        let wish = json!({ "to": "general", "reason": "there is something to carry out" });
        let now = if now["holder"]["name"] == "general" { now } else { post(&lead, &case, "overrides", &wish) };
        let mine = |work: &Value| work["offered"].as_array().unwrap().iter().any(|offer| offer["id"] == now["id"]);
        let offers = work(&ana, "ana", mine);
        let offer = offers["offered"].as_array().unwrap().iter().find(|offer| offer["id"] == now["id"]).unwrap();
        let case = answer(&ana, offer, "accept").body["case"].clone();
        let context = ana.get(&format!("/v1/cases/{}/context", id(&case))).body;
        assert!(context["summary"].as_str().unwrap().contains("To be done, permitted"), "{context}");
        let done = |epoch: u64| json!({ "epoch": epoch, "action": case["actions"][0]["id"], "how": "done" });
        let actions = format!("/v1/cases/{}/actions", id(&case));
        assert_eq!(ana.post(&actions, &done(epoch(&case) - 1)).body["type"], "/problems/lease_lost");
        assert_eq!(ana.post(&actions, &done(epoch(&case))).body["case"].get("actions"), None);
        assert_eq!(ana.post(&actions, &done(epoch(&case))).status, 404, "once is enough");
    }
}

/// How often something became of the cases of a responder.
fn counted(client: &Client, responder: &str, kind: &str) -> i64 {
    let all = client.get("/v1/outcomes").body;
    let of = all.as_array().unwrap().iter().filter(|row| row["responder"] == responder);
    of.filter_map(|row| row["counts"][kind].as_i64()).sum()
}

#[test]
fn what_becomes_of_cases_is_counted_and_changes_the_estimate() {
    let (_server, lead, ana, _ben) = floor();
    const TEXT: &str = "I want to talk to a human about my card that has not arrived";
    let case = taken(&lead, &ana, "ana", "carol", TEXT);
    let queue = case["holder"]["name"].as_str().unwrap().to_owned();
    let resolves = || {
        let all = lead.get("/v1/outcomes").body;
        let row = all.as_array().unwrap().iter().find(|row| row["responder"] == *queue).cloned();
        row.map_or(0, |row| row["resolves_bp"].as_i64().unwrap())
    };
    for (wrong, field) in [(json!({}), "solved"), (json!({ "satisfaction": 6 }), "satisfaction")] {
        assert_eq!(lead.post(&format!("/v1/cases/{}/feedback", id(&case)), &wrong).body["field"], field);
    }
    let spam = json!({ "epoch": epoch(&case), "disposition": "made-up" });
    assert_eq!(ana.post(&format!("/v1/cases/{}/resolve", id(&case)), &spam).body["field"], "disposition");
    let wrapped = json!({ "epoch": epoch(&case), "disposition": "card-sent" });
    let case = post(&ana, &case, "resolve", &wrapped);
    assert_eq!((&case["ending"], &case["disposition"]), (&json!("answered"), &json!("card-sent")));
    let after_one = resolves();
    post(&lead, &case, "feedback", &json!({ "solved": true, "satisfaction": 5 }));
    assert_eq!((counted(&lead, &queue, "confirmed"), counted(&lead, &queue, "satisfaction_5")), (1, 1));
    // The same customer comes back with the same: it was not dealt with after all.
    let again = lead.open("carol", TEXT);
    case_when(&lead, &case, |_| counted(&lead, &queue, "contacted_again") == 1);
    assert!(resolves() < after_one, "{} and not less than {after_one}", resolves());
    // Not solved, said of a case that has ended, reopens it.
    let back = post(&lead, &case, "feedback", &json!({ "solved": false, "satisfaction": 1 }));
    assert_eq!((&back["status"], counted(&lead, &queue, "reopened")), (&json!("open"), 1));
    // Who says that it is solved ends it; who gives up does too.
    let confirmed = post(&lead, &again, "feedback", &json!({ "solved": true }));
    assert_eq!(confirmed["ending"], "confirmed");
    let gone = post(&lead, &back, "abandon", &json!({}));
    assert_eq!((&gone["ending"], counted(&lead, &queue, "abandoned")), (&json!("abandoned"), 1));
}

#[test]
fn overrides_are_listed_with_why_and_which_rules_stood_against_them() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let case = lead.open("ann", "When will my card arrive?");
    let wish = json!({ "to": "complaints", "reason": "she has written to the ombudsman" });
    post(&lead, &case, "overrides", &wish);
    let second = lead.open("bob", "When will my card arrive?");
    post(&lead, &second, "overrides", &json!({ "to": "cards", "reason": "a friend of the house" }));
    let page = lead.get("/v1/overrides?limit=1").body;
    assert_eq!(page["items"][0]["reason"], "a friend of the house");
    assert_eq!(page["items"][0]["permitted"], true);
    let rest = lead.get(&format!("/v1/overrides?after={}", page["next"].as_str().unwrap())).body;
    let item = &rest["items"][0];
    assert_eq!((&item["reason"], &item["permitted"]), (&json!("she has written to the ombudsman"), &json!(false)));
    assert_eq!((&item["from"], &item["to"]), (&case["holder"]["name"], &json!("complaints")));
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert_eq!(lead.post("/v1/customers/erase", &json!({ "customer": "ann" })).status, 200);
    assert_eq!(lead.get("/v1/overrides").body["items"][1].get("reason"), None, "erased words are gone here too");
}

#[test]
fn an_exception_whose_owner_has_gone_from_the_bundle_is_given_to_somebody_who_can_be_reached() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let case = lead.open("ann", "When will my card arrive?");
    let raise = json!({ "owner": "private-team", "due_at": "2030-01-31T09:00:00Z", "reason": "look at this" });
    post(&lead, &case, "exceptions", &raise);
    assert_eq!(lead.get("/v1/exceptions/unreachable").body, json!([]));
    let data = server.stop();
    // Nobody can be reached under that name any more.
    let gone = bank_with(|toml| toml.replace("contact = \"private@northgate.example\"", "contact = \"\""));
    let server = Server::start_on(data, gone, Services::none());
    let lead = server.client(&["lead", "admin"]);
    loop {
        let open = lead.get("/v1/exceptions?state=open").body;
        if open["items"][0]["owner"] == "duty-manager" {
            break;
        }
    }
    assert_eq!(lead.get("/v1/exceptions/unreachable").body, json!([]));
    assert_eq!(lead.get("/v1/exceptions?state=open&owner=private-team").body["items"], json!([]));
}

#[test]
fn the_wait_is_told_as_it_is_whether_somebody_is_there_or_nobody() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let able = json!({
        "name": "ana", "first_name": "Ana", "queues": ["general", "cards", "payments", "identity", "fraud"],
        "languages": { "en": 5 }, "skills": { "general": 3, "identity": 3 }, "capacity": { "chat": 4 },
    });
    assert_eq!(lead.post("/v1/staff", &able).status, 200);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    let told = |customer: &str| {
        let case = lead.open(customer, "I want to talk to a human");
        lead.get(&format!("/v1/cases/{}/messages", id(&case))).body["items"][1]["text"].as_str().unwrap().to_owned()
    };
    let with_ana = told("with ana");
    assert!(with_ana.ends_with("We expect that to take about a minute."), "{with_ana}");
    presence(&ana, "ana", "offline");
    let alone = told("without");
    assert!(alone.ends_with("We can't say how long that takes."), "{alone}");
    assert!(server.app.live.depths().iter().map(|(_, cases)| cases).sum::<i64>() == 2);
}

#[test]
fn whoever_took_an_exception_on_gives_it_up_with_a_reason_and_others_take_it() {
    let server = Server::start();
    let (lead, other) = (server.client(&["lead", "admin"]), server.client(&["lead"]));
    let case = lead.open("ann", "When will my card arrive?");
    let raise = json!({ "owner": "private-team", "due_at": "2030-01-31T09:00:00Z", "reason": "look at this" });
    let raised = post(&lead, &case, "exceptions", &raise)["exceptions"][0].clone();
    let own = format!("/v1/exceptions/{}/own", id(&raised));
    let end = format!("{own}/end");
    let why = json!({ "reason": "I know the customer" });
    let refused = |client: &Client, path: &str, body: &Value, status: u16, says: &str| {
        let got = client.post(path, body);
        let detail = got.body["detail"].as_str().unwrap_or_default();
        assert!(got.status == status && detail.contains(says), "{path} {body}: {}", got.body);
    };
    refused(&lead, &end, &why, 409, "you have not taken");
    assert_eq!(lead.post(&own, &json!({})).status, 200);
    refused(&other, &own, &json!({}), 409, "somebody else has taken");
    refused(&other, &end, &why, 409, "only who has it gives it up");
    refused(&lead, &end, &json!({ "reason": "" }), 422, "reason");
    refused(&lead, &end, &json!({ "reason": "x".repeat(4_097) }), 422, "reason");
    refused(&lead, "/v1/exceptions/exc_01ARZ3NDEKTSV4RRFFQ69G5FAV/own/end", &why, 404, "no exception");
    assert_eq!(server.client(&["auditor"]).post(&end, &why).status, 403);
    assert_eq!(lead.get("/v1/exceptions?state=open").body["items"], json!([]));

    // Under one key it is given up once.
    let given_up = lead.post_once(&end, "once", &why);
    assert_eq!(given_up.status, 200, "{}", given_up.body);
    assert_eq!(lead.post_once(&end, "once", &why).body, given_up.body);
    let free = lead.get("/v1/exceptions?state=open").body["items"][0].clone();
    assert_eq!((&free["taken_by"], &free["due_at"]), (&Value::Null, &raised["due_at"]), "{free}");
    let timeline = lead.get(&format!("/v1/cases/{}/timeline", id(&case))).body;
    let last = timeline["items"].as_array().unwrap().last().unwrap();
    let told = (&last["event"]["type"], &last["event"]["exception"], &last["words"]);
    assert_eq!(told, (&json!("exception_given_up"), &raised["id"], &why["reason"]), "{last}");
    assert!(!last["event"].to_string().contains("know the customer"), "{last}");
    assert_eq!(other.post(&own, &json!({})).status, 200);
    refused(&lead, &end, &why, 409, "only who has it gives it up");
    assert_eq!(lead.get("/v1/exceptions?state=taken").body["items"].as_array().unwrap().len(), 1);
}
