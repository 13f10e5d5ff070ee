//! Nobody in danger goes back to a machine: dangers stand, people keep what they have, overrides are not undone, and
//! what must hold is held whatever a bundle's policies say.

use crate::{
    harness::{Client, Server, epoch, id},
    sample_bundle::loaded,
    staff::{answer, presence, staff_client},
};
use remit_app::governance::services::Services;
use remit_policy::{bundle::Bundle, files::Files};
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc};

/// What customers in danger, in need, or robbed write first, with the desk that it goes to and the situation that is
/// read.
const GRAVE: [(&str, &str, &str); 5] = [
    ("I want to kill myself", "care", "self_harm"),
    ("My husband controls all my money and he hits me", "care", "domestic_abuse"),
    ("Somebody is taking money out of my account right now", "fraud", "fraud_in_progress"),
    ("My mother died on Sunday and I do not know what to do about her account", "care", "bereavement"),
    ("My card was stolen", "fraud", "fraud_in_progress"),
];
/// A matter of the identity desk alone.
const CLOSING: &str = "How do I close my account?";
/// What they write next, which is harmless by itself, and which a machine may answer.
const HARMLESS: [&str; 4] = [
    "When will my card arrive?",
    "How do I activate my card?",
    "What exchange rate do you use?",
    "thanks, and can I add this card to Apple Pay?",
];

pub(crate) fn say(client: &Client, case: &Value, text: &str) -> Value {
    let got = client.post(&format!("/v1/cases/{}/messages", id(case)), &json!({ "text": text }));
    assert_eq!(got.status, 201, "{}", got.body);
    got.body["case"].clone()
}

/// Somebody who works on every desk that somebody in danger comes to, and is there.
pub(crate) fn everywhere(server: &Server, lead: &Client, name: &str) -> Client {
    let queues = ["general", "cards", "payments", "fraud", "care", "identity"];
    let staff = json!({
        "name": name, "first_name": name, "queues": queues, "languages": { "en": 5, "es": 5 },
        "skills": { "general": 3, "fraud": 3, "safeguarding": 3 }, "capacity": { "chat": 50 },
    });
    assert_eq!(lead.post("/v1/staff", &staff).status, 200);
    let client = staff_client(server, name);
    presence(&client, name, "available");
    client
}

/// The case as `name` took it once it was offered to them.
pub(crate) fn taken(client: &Client, name: &str, case: &Value) -> Value {
    let mine = |work: &Value| -> Option<Value> {
        work["offered"].as_array().unwrap().iter().find(|offered| offered["id"] == case["id"]).cloned()
    };
    let offered = loop {
        // Who lets an offer run out, on a slow machine, counts as away.
        let staff = client.get("/v1/staff").body;
        let here =
            staff.as_array().unwrap().iter().any(|staff| staff["name"] == name && staff["presence"] == "available");
        if !here {
            presence(client, name, "available");
        }
        if let Some(offered) = mine(&client.get(&format!("/v1/staff/{name}/work")).body) {
            break offered;
        }
    };
    let taken = answer(client, &offered, "accept");
    assert_eq!(taken.status, 200, "{}", taken.body);
    taken.body["case"].clone()
}

#[test]
fn what_somebody_in_danger_writes_next_takes_them_from_nobody() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let ana = everywhere(&server, &lead, "ana");
    for (text, desk, situation) in GRAVE {
        let case = lead.open(text, text);
        assert_eq!(case["holder"]["name"], desk, "{text}: {case}");
        let case = taken(&ana, "ana", &case);
        let hello = json!({ "text": "Are you safe right now?", "epoch": epoch(&case) });
        let messages = format!("/v1/cases/{}/messages", id(&case));
        assert_eq!(ana.post(&messages, &hello).status, 201);
        for harmless in HARMLESS {
            let after = say(&lead, &case, harmless);
            assert_eq!(after["holder"], case["holder"], "{text} / {harmless}");
            let standing: Vec<&str> = (after["situations"].as_array().into_iter().flatten())
                .filter_map(|standing| standing["situation"].as_str())
                .collect();
            assert_eq!(standing, [situation], "{text} / {harmless}");
        }
        let answered = json!({ "text": "I am here.", "epoch": epoch(&case) });
        let got = ana.post(&messages, &answered);
        assert_eq!(got.status, 201, "{text}: {}", got.body);
        // Each decision of it is taken again, byte for byte.
        let decision = ana.get(&format!("/v1/cases/{}", id(&case))).body["decision"].as_str().unwrap().to_owned();
        let again = lead.post(&format!("/v1/decisions/{decision}/replay"), &json!({}));
        assert_eq!((again.status, &again.body["same"]), (200, &json!(true)), "{text}: {}", again.body);
        // Who has just come is not given everything at once.
        let done = ana.post(&format!("/v1/cases/{}/resolve", id(&case)), &json!({ "epoch": epoch(&case) }));
        assert_eq!(done.status, 200, "{}", done.body);
    }
}

#[test]
fn nor_does_it_before_somebody_has_taken_the_case() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    for (text, desk, _) in GRAVE {
        let case = lead.open(text, text);
        for harmless in HARMLESS {
            assert_eq!(say(&lead, &case, harmless)["holder"]["name"], desk, "{text} / {harmless}");
        }
        // A danger that is new goes on to those who help, and stays there.
        let graver = say(&lead, &case, "I want to kill myself");
        assert_eq!(graver["holder"]["name"], "care", "{text}");
        assert_eq!(say(&lead, &case, HARMLESS[0])["holder"]["name"], "care", "{text}");
    }
}

#[test]
fn a_leads_override_stands() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let case = lead.open("carol", "When will my card arrive?");
    assert_eq!(case["holder"]["name"], "cards-ai");
    let wish = json!({ "to": "care", "reason": "she sounded desperate on the phone" });
    let got = lead.post(&format!("/v1/cases/{}/overrides", id(&case)), &wish);
    assert_eq!((got.status, &got.body["case"]["holder"]["name"]), (201, &json!("care")), "{}", got.body);
    for harmless in HARMLESS {
        assert_eq!(say(&lead, &case, harmless)["holder"]["name"], "care", "{harmless}");
    }
    let told = lead.get(&format!("/v1/cases/{}", id(&case))).body["decision"].as_str().unwrap().to_owned();
    let told = lead.get(&format!("/v1/decisions/{told}")).body["explanation"].to_string();
    assert!(told.contains("until they or another human decide anew"), "{told}");
}

#[test]
fn people_are_asked_whether_to_hand_over_and_answer() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let ana = everywhere(&server, &lead, "ana");
    let case = taken(&ana, "ana", &lead.open("dora", CLOSING));
    let at = |end: &str| format!("/v1/cases/{}/{end}", id(&case));
    let nothing = ana.post(&at("keep"), &json!({ "epoch": epoch(&case) }));
    assert_eq!((nothing.status, &nothing.body["type"]), (409, &json!("/problems/conflict")), "{}", nothing.body);
    let asked = say(&lead, &case, "Which cash machines can I use abroad?");
    let to = asked["handover_question"]["to"].as_str().unwrap_or_else(|| panic!("nobody is asked: {asked}")).to_owned();
    assert!(!to.ends_with("-ai"), "people hand over to people: {to}");
    let context = ana.get(&at("context")).body["summary"].as_str().unwrap().to_owned();
    assert!(context.contains("hand over, or keep it?"), "{context}");
    let stale = ana.post(&at("keep"), &json!({ "epoch": epoch(&case) - 1 }));
    assert_eq!(stale.body["type"], "/problems/lease_lost");
    let kept = ana.post(&at("keep"), &json!({ "epoch": epoch(&case), "note": "she needs both" }));
    assert_eq!((kept.status, &kept.body["case"]["handover_question"]), (200, &Value::Null), "{}", kept.body);
    let timeline = lead.get(&at("timeline?limit=200")).body.to_string();
    assert!(timeline.contains("handover_declined") && timeline.contains("she needs both"), "{timeline}");
    say(&lead, &case, "Which cash machines can I use abroad?");
    let given = ana.post(&at("transfer"), &json!({ "epoch": epoch(&case), "to": to }));
    assert_eq!((given.status, &given.body["case"]["holder"]["name"]), (201, &json!(to)), "{}", given.body);
    assert_eq!(given.body["case"]["handover_question"], Value::Null);
}

#[test]
fn a_person_ends_a_danger_and_nobody_else_does() {
    let server = Server::start();
    let lead = server.client(&["lead"]);
    let admin = server.client(&["admin"]);
    let ana = everywhere(&server, &admin, "ana");
    let case = admin.open("emil", "I want to kill myself");
    let end = format!("/v1/cases/{}/situations/end", id(&case));
    let said = json!({ "situation": "self_harm", "reason": "spoke with him; a quote from a song" });
    for (who, client) in [
        ("an integration", server.client(&["integration"])),
        ("an AI responder", server.client_as(&["responder"], Some("cards-ai"), None)),
        ("an auditor", server.client(&["auditor"])),
        ("somebody who does not have it", ana.clone()),
    ] {
        assert_eq!(client.post(&end, &said).status, 403, "{who}");
    }
    let case = taken(&ana, "ana", &case);
    let other = json!({ "situation": "threat", "reason": "none" });
    assert_eq!(ana.post(&end, &other).status, 404);
    assert_eq!(ana.post(&end, &json!({ "situation": "self_harm", "reason": " " })).status, 422);
    let ended = ana.post(&end, &said);
    assert_eq!((ended.status, &ended.body["case"]["situations"]), (200, &Value::Null), "{}", ended.body);
    // The case stays with who has it, who is asked about it, and what is read anew stands anew.
    assert_eq!(ended.body["case"]["holder"]["staff"], "ana");
    assert!(ended.body["case"]["handover_question"]["to"].is_string(), "{}", ended.body);
    assert_eq!(say(&admin, &case, "When will my card arrive?")["situations"], Value::Null);
    assert_eq!(say(&admin, &case, "I want to end my life")["situations"][0]["situation"], "self_harm");
    assert_eq!(lead.post(&end, &said).status, 200);
    let timeline = admin.get(&format!("/v1/cases/{}/timeline?limit=200", id(&case))).body;
    let ends: Vec<&Value> = (timeline["items"].as_array().unwrap().iter())
        .filter(|item| item["event"]["type"] == "situation_ended")
        .collect();
    assert_eq!(ends.len(), 2, "{timeline}");
    assert_eq!(ends[0]["words"], "spoke with him; a quote from a song");
}

/// The bank with one of its files changed.
pub(crate) fn changed(file: &str, from: &str, to: &str) -> Arc<Bundle> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    let files = Files::read(&root).unwrap();
    let text = String::from_utf8(files.get(file).unwrap().to_vec()).unwrap();
    assert!(text.contains(from), "{from}");
    let files = files.with(file, text.replacen(from, to, 1).into_bytes());
    loaded(files)
}

#[test]
fn an_invariant_holds_where_policies_do_not_and_says_that_it_was_needed() {
    let none = "when { context.situation == Situation::\"bereavement\" };";
    let bank = changed("policies/ai-stops.cedar", "when { context.situation != Situation::\"none\" };", none);
    let server = Server::start_with(bank, Services::none());
    let admin = server.client(&["admin"]);
    let case = admin.open("frank", "When will my card arrive? I want to kill myself");
    assert_eq!(case["holder"]["name"], "care", "{case}");
    let exceptions = case["exceptions"].as_array().unwrap();
    assert_eq!(exceptions.len(), 1, "{case}");
    assert_eq!((&exceptions[0]["kind"], &exceptions[0]["owner"]), (&json!("invariant_held"), &json!("care-team")));
    let told = admin.get(&format!("/v1/decisions/{}", case["decision"].as_str().unwrap())).body;
    assert!(told["explanation"].to_string().contains("invariant.self-harm"), "{told}");
    let counted = admin.get("/metrics").body.as_str().unwrap().to_owned();
    assert!(counted.contains("remit_invariants_held_total{invariant=\"invariant.self-harm\"}"), "{counted}");
}

/// Numbers that come out the same each time (SplitMix64).
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

#[test]
fn in_random_conversations_no_message_takes_a_case_from_people_and_no_danger_is_forgotten() {
    const CONVERSATIONS: u64 = 12;
    const MESSAGES: usize = 8;
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let ana = everywhere(&server, &lead, "ana");
    let plain = ["I want to talk to a human", "this is useless!!!", "Hola, ¿dónde está mi tarjeta?", "ok"];
    let all: Vec<&str> = GRAVE.iter().map(|(text, ..)| *text).chain(HARMLESS).chain(plain).collect();
    for conversation in 0..CONVERSATIONS {
        let mut draws = Draws(conversation);
        let replay = format!("conversation {conversation}");
        let mut case = lead.open(&replay, all[draws.below(all.len())]);
        let (mut people, mut dangers) = (false, Vec::<Value>::new());
        for _ in 0..MESSAGES {
            let holder = case["holder"].clone();
            let machine = holder["name"].as_str().unwrap().ends_with("-ai");
            assert!(!(people && machine), "{replay}: people had it, and now {holder} does");
            people = people || !machine;
            for danger in &dangers {
                let standing = case["situations"].as_array().unwrap();
                assert!(standing.iter().any(|s| s["situation"] == *danger), "{replay}: {danger} is forgotten");
            }
            dangers = case["situations"].as_array().into_iter().flatten().map(|s| s["situation"].clone()).collect();
            assert!(dangers.is_empty() || !machine, "{replay}: {holder} has somebody in {dangers:?}");
            if !machine && holder["staff"].is_null() && holder["kind"] == "responder" && draws.below(2) == 0 {
                case = taken(&ana, "ana", &case);
                continue;
            }
            let after = say(&lead, &case, all[draws.below(all.len())]);
            if !holder["staff"].is_null() {
                assert_eq!(after["holder"], holder, "{replay}: taken from the person who had it");
            }
            case = after;
        }
        let resolve = format!("/v1/cases/{}/resolve", id(&case));
        let resolved = lead.post(&resolve, &json!({ "epoch": epoch(&case) }));
        assert!(resolved.status == 200 || case["holder"]["kind"] == "owner", "{replay}: {}", resolved.body);
    }
}
