//! Cases put off over real HTTP: each comes back by itself, to whoever has it or to its queue; and messages on cases
//! that have ended.

use crate::{
    hands::OwnClock,
    harness::{Client, Got, Server, epoch, id},
    sample_bundle::{BANK, bank_with},
    staff::{answer, note, offered, presence, staff_client, work},
};
use remit_app::environment::clock::{Clock as _, parse_rfc3339, rfc3339};
use serde_json::{Value, json};
use std::sync::Arc;

const MINUTE: i64 = 60_000;

fn in_minutes(clock: &OwnClock, minutes: i64) -> String {
    rfc3339(clock.now().plus_ms(minutes * MINUTE))
}

fn defer(client: &Client, case: &Value, body: Value) -> Got {
    client.post(&format!("/v1/cases/{}/deferrals", id(case)), &body)
}

fn over(client: &Client, case: &Value, body: Value) -> Got {
    client.post(&format!("/v1/cases/{}/deferrals/end", id(case)), &body)
}

fn say(client: &Client, case: &Value, text: &str) -> Got {
    client.post(&format!("/v1/cases/{}/messages", id(case)), &json!({ "text": text }))
}

fn tell(client: &Client, case: &Value, text: &str) -> Got {
    client.post(&format!("/v1/cases/{}/messages", id(case)), &json!({ "text": text, "epoch": epoch(case) }))
}

/// The case, once `enough` says so.
fn until(client: &Client, case: &Value, enough: impl Fn(&Value) -> bool) -> Value {
    loop {
        let got = client.get(&format!("/v1/cases/{}", id(case))).body;
        if enough(&got) {
            return got;
        }
    }
}

fn kinds(case: &Value) -> Vec<&str> {
    let all = case["deferrals"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|deferral| deferral["kind"].as_str().unwrap()).collect()
}

/// How the deferrals of a case ended, in order.
fn ends(client: &Client, case: &Value) -> Vec<String> {
    let timeline = client.get(&format!("/v1/cases/{}/timeline?limit=200", id(case))).body;
    let items = timeline["items"].as_array().unwrap().iter();
    items.filter_map(|item| Some(item["event"]["end"]["how"].as_str()?.to_owned())).collect()
}

struct Desk {
    server: Server,
    clock: OwnClock,
    lead: Client,
    ana: Client,
}

/// A desk with somebody of the name `ana`, who is there and can have so many chats.
fn desk(bundle: Arc<remit_policy::bundle::Bundle>, chats: u32) -> Desk {
    let clock = OwnClock::new();
    let server = Server::start_under(bundle, &clock);
    let lead = server.client(&["lead", "admin", "integration"]);
    note(&lead, "ana", chats);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    Desk { server, clock, lead, ana }
}

impl Desk {
    /// A case that ana has, and has answered.
    fn held(&self, customer: &str) -> Value {
        let case = self.lead.open(customer, "I want to talk to a human about my transfer");
        let mine = |work: &Value| work["offered"].as_array().unwrap().iter().any(|one| one["id"] == case["id"]);
        let offered = work(&self.ana, "ana", mine);
        let one = offered["offered"].as_array().unwrap().iter().find(|one| one["id"] == case["id"]).unwrap().clone();
        let taken = answer(&self.ana, &one, "accept").body["case"].clone();
        let got = tell(&self.ana, &taken, "Hello, I am looking at it");
        assert_eq!(got.status, 201, "{}", got.body);
        got.body["case"].clone()
    }
}

#[test]
fn a_snooze_ends_at_its_moment_with_the_customer_and_with_another_case() {
    let desk = desk(Arc::clone(&BANK), 5);
    let (lead, ana) = (&desk.lead, &desk.ana);
    let case = desk.held("carol");
    let epoch = epoch(&case);
    let snooze = |minutes| json!({ "kind": "snooze", "until": in_minutes(&desk.clock, minutes), "epoch": epoch });
    let got = defer(ana, &case, snooze(60));
    assert_eq!((got.status, &got.body["case"]["put_off"]), (201, &json!(true)), "{}", got.body);
    assert_eq!(got.body["case"]["deferrals"][0]["owner"], "ana");
    // What the customer writes wakes it.
    let woken = say(lead, &case, "Are you there?").body["case"].clone();
    assert_eq!((kinds(&woken).len(), &woken["put_off"]), (0, &Value::Null), "{woken}");
    assert_eq!(tell(ana, &woken, "I am").status, 201);
    // The moment does too, and it is still theirs.
    assert_eq!(defer(ana, &case, snooze(60)).status, 201);
    desk.clock.forward_ms(61 * MINUTE);
    let back = until(lead, &case, |case| kinds(case).is_empty());
    assert_eq!(back["holder"]["staff"], "ana");
    // And the end of another case, which knows who waits for it.
    let other = desk.held("dora");
    let mut after = snooze(600);
    after["after"] = other["id"].clone();
    assert_eq!(defer(ana, &case, after).status, 201);
    until(lead, &other, |other| other["awaited_by"] == json!([case["id"]]));
    let resolve = json!({ "epoch": crate::harness::epoch(&other) });
    assert_eq!(ana.post(&format!("/v1/cases/{}/resolve", id(&other)), &resolve).status, 200);
    until(lead, &case, |case| kinds(case).is_empty());
    assert_eq!(ends(lead, &case), ["customer", "due", "case_ended"]);
}

#[test]
fn a_case_comes_back_whenever_the_one_it_waits_for_ends() {
    let desk = desk(Arc::clone(&BANK), 5);
    let (lead, ana) = (&desk.lead, &desk.ana);
    for round in 0..8 {
        let (case, other) = (desk.held(&format!("waits-{round}")), desk.held(&format!("ends-{round}")));
        let body = json!({
            "kind": "snooze", "until": in_minutes(&desk.clock, 600), "epoch": epoch(&case), "after": other["id"],
        });
        let resolve = json!({ "epoch": epoch(&other) });
        let deferred = std::thread::scope(|scope| {
            let ending = scope.spawn(|| ana.post(&format!("/v1/cases/{}/resolve", id(&other)), &resolve).status);
            let deferred = defer(ana, &case, body.clone());
            assert_eq!(ending.join().unwrap(), 200);
            deferred
        });
        // Put off before the other one ended, or refused since it has.
        assert!([201, 409].contains(&deferred.status), "{}", deferred.body);
        until(lead, &case, |case| kinds(case).is_empty());
        let came_back: &[&str] = if deferred.status == 201 { &["case_ended"] } else { &[] };
        assert_eq!(ends(lead, &case), came_back);
        let over = json!({ "epoch": epoch(&case) });
        assert_eq!(ana.post(&format!("/v1/cases/{}/resolve", id(&case)), &over).status, 200);
    }
}

#[test]
fn a_snooze_waits_for_an_event_alone_and_no_longer_than_the_bundle_says() {
    let declared = "\n[[field]]\nname = \"delivered\"\ntype = \"truth\"\npersonal = false\nseen_by = [\"staff\"]\n";
    let bundle = bank_with(|toml| toml.replace("[limits]\n", "[limits]\nsnooze_days = 3\n") + declared);
    let desk = desk(bundle, 5);
    let (lead, ana) = (&desk.lead, &desk.ana);
    let case = desk.held("carol");
    let epoch = epoch(&case);
    let snooze = |client: &Client, more: Value| {
        let mut body = json!({ "kind": "snooze", "epoch": epoch });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        defer(client, &case, body)
    };
    let got = snooze(ana, json!({ "note": "Until they write" }));
    assert_eq!(got.status, 201, "{}", got.body);
    let (since, until_then) = (&got.body["case"]["deferrals"][0]["since"], &got.body["case"]["deferrals"][0]["until"]);
    let ms = |at: &Value| parse_rfc3339(at.as_str().unwrap()).unwrap().0;
    // The clock goes on a little each time that it is asked.
    let (longest, lasts) = (3 * 24 * 60 * MINUTE, ms(until_then) - ms(since));
    assert!((longest - 100..=longest).contains(&lasts), "the bundle's longest: {lasts}");
    let read = lead.get(&format!("/v1/cases/{}", id(&case))).body;
    assert_eq!(read["deferrals"][0]["note"], "Until they write", "{read}");
    assert_eq!(kinds(&say(lead, &case, "Are you there?").body["case"]).len(), 0);
    assert_eq!(tell(ana, &case, "I am").status, 201);
    // Somebody else's system says that it happened.
    assert_eq!(snooze(ana, json!({ "field": "delivered" })).status, 201);
    let set = json!({ "fields": { "delivered": true } });
    let set = lead.post(&format!("/v1/cases/{}/fields", id(&case)), &set);
    assert_eq!((set.status, kinds(&set.body["case"]).len()), (200, 0), "{}", set.body);
    // Nobody says so: it comes back at the latest then.
    assert_eq!(snooze(ana, json!({ "field": "delivered" })).status, 201);
    desk.clock.forward_ms(3 * 24 * 60 * MINUTE - MINUTE);
    let lead = &desk.server.client(&["lead", "admin"]);
    assert_eq!(kinds(&lead.get(&format!("/v1/cases/{}", id(&case))).body), ["snooze"]);
    desk.clock.forward_ms(2 * MINUTE);
    let lead = &desk.server.client(&["lead", "admin"]);
    until(lead, &case, |case| kinds(case).is_empty());
    assert_eq!(ends(lead, &case), ["customer", "field_set", "due"]);
}

#[test]
fn what_comes_back_and_nobody_takes_up_is_somebodys_exception() {
    let desk = desk(Arc::clone(&BANK), 5);
    let case = desk.held("carol");
    let follow = json!({ "kind": "follow_up", "until": in_minutes(&desk.clock, 60), "epoch": epoch(&case) });
    assert_eq!(defer(&desk.ana, &case, follow).status, 201);
    // What people are to look at on a day goes to no machine meanwhile.
    let path = format!("/v1/cases/{}/handoffs", id(&case));
    let got = desk.ana.post(&path, &json!({ "epoch": epoch(&case), "reason": "return_to_ai" }));
    assert_eq!(got.status, 409, "{}", got.body);
    assert!(got.body["detail"].as_str().unwrap().contains("follow-up"), "{}", got.body);
    // Who was to look at it works here no more, and nobody else is there.
    assert_eq!(desk.lead.delete("/v1/staff/ana").status, 204);
    let left = until(&desk.lead, &case, |case| case["holder"]["staff"].is_null());
    assert_eq!((kinds(&left), &left["deferrals"][0]["owner"]), (vec!["follow_up"], &left["holder"]["name"]), "{left}");
    desk.clock.forward_ms(61 * MINUTE);
    until(&desk.lead, &case, |case| kinds(case).is_empty());
    desk.clock.forward_ms(24 * 60 * MINUTE);
    let lead = desk.server.client(&["lead", "admin"]);
    let missed = until(&lead, &case, |case| !case["exceptions"].is_null());
    let (kind, owner) = (&missed["exceptions"][0]["kind"], &missed["exceptions"][0]["owner"]);
    assert_eq!((kind, owner), (&json!("deferral_missed"), &missed["accountable"]), "{missed}");
    assert_eq!(missed["status"], "open");
}

#[test]
fn a_snooze_does_not_outlive_a_promise() {
    let desk = desk(Arc::clone(&BANK), 5);
    let case = desk.held("carol");
    assert_eq!(say(&desk.lead, &case, "Please hurry").status, 201);
    let until_late = in_minutes(&desk.clock, 20_000);
    let snooze = json!({ "kind": "snooze", "until": until_late, "epoch": epoch(&case) });
    assert_eq!(defer(&desk.ana, &case, snooze).status, 201);
    desk.clock.forward_ms(8 * 60 * MINUTE);
    until(&desk.lead, &case, |case| kinds(case).is_empty());
    assert_eq!(ends(&desk.lead, &case), ["promise"]);
}

#[test]
fn a_case_that_comes_back_to_who_has_left_goes_to_its_queue() {
    let desk = desk(Arc::clone(&BANK), 5);
    let case = desk.held("carol");
    let snooze = json!({ "kind": "snooze", "until": in_minutes(&desk.clock, 60), "epoch": epoch(&case) });
    assert_eq!(defer(&desk.ana, &case, snooze).status, 201);
    presence(&desk.ana, "ana", "offline");
    assert_eq!(work(&desk.ana, "ana", |_| true)["held"][0]["id"], case["id"], "it is theirs until then");
    desk.clock.forward_ms(61 * MINUTE);
    let back = until(&desk.lead, &case, |case| case["holder"]["staff"].is_null());
    assert_eq!((kinds(&back).len(), epoch(&back)), (0, epoch(&case) + 1));
}

#[test]
fn a_callback_is_offered_at_its_moment_and_a_missed_one_is_an_exception() {
    let desk = desk(Arc::clone(&BANK), 1);
    let (lead, ana) = (&desk.lead, &desk.ana);
    presence(ana, "ana", "busy");
    let case = lead.open("carol", "I want to talk to a human about my transfer");
    let at = in_minutes(&desk.clock, 90);
    let agreed = defer(lead, &case, json!({ "kind": "callback", "until": at }));
    assert_eq!((agreed.status, &agreed.body["case"]["put_off"]), (201, &json!(true)), "{}", agreed.body);
    assert_eq!(agreed.body["case"]["waiting_since"], Value::Null, "nobody waits who is to be called later");
    let messages = lead.get(&format!("/v1/cases/{}/messages", id(&case))).body;
    let told = messages["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(told["author"], "remit");
    assert!(told["text"].as_str().unwrap().starts_with("We will call you on Tuesday 10 March"), "{told}");
    // Whoever is there takes others first.
    presence(ana, "ana", "available");
    let other = lead.open("dora", "I want to talk to a human");
    let first = work(ana, "ana", |work| offered(work) == 1)["offered"][0].clone();
    assert_eq!(first["id"], other["id"]);
    let taken = answer(ana, &first, "accept").body["case"].clone();
    let resolve = json!({ "epoch": epoch(&taken) });
    assert_eq!(ana.post(&format!("/v1/cases/{}/resolve", id(&taken)), &resolve).status, 200);
    assert_eq!(offered(&work(ana, "ana", |_| true)), 0);
    desk.clock.forward_ms(91 * MINUTE);
    let due = work(ana, "ana", |work| offered(work) == 1)["offered"][0].clone();
    assert_eq!((&due["id"], &due["deferrals"][0]["due"]), (&case["id"], &json!(true)), "{due}");
    let held = answer(ana, &due, "accept").body["case"].clone();
    // Nobody calls: from then on somebody has to see to it.
    desk.clock.forward_ms(16 * MINUTE);
    let missed = until(lead, &case, |case| kinds(case).is_empty());
    let exceptions = missed["exceptions"].as_array().unwrap();
    assert!(exceptions.iter().any(|one| one["kind"] == "callback_missed"), "{missed}");
    // Another one is kept by a person's word.
    let again = json!({ "kind": "callback", "until": in_minutes(&desk.clock, 10), "epoch": epoch(&held) });
    assert_eq!(defer(ana, &held, again).status, 201);
    let kept = json!({ "kind": "callback", "how": "kept", "epoch": epoch(&held) });
    let got = over(ana, &held, kept.clone());
    assert_eq!((got.status, &got.body["case"]["waiting_since"]), (200, &Value::Null), "{}", got.body);
    assert_eq!(over(ana, &held, kept).status, 404);
    assert_eq!(ends(lead, &case), ["missed", "kept"]);
}

#[test]
fn while_others_are_waited_for_no_silence_ends_the_case() {
    let desk = desk(Arc::clone(&BANK), 5);
    let (lead, ana) = (&desk.lead, &desk.ana);
    let case = desk.held("carol");
    let wait = json!({
        "kind": "third_party", "party": "courier", "until": in_minutes(&desk.clock, 6 * 24 * 60),
        "epoch": epoch(&case), "note": "They look for the parcel",
    });
    let got = defer(ana, &case, wait);
    assert_eq!((got.status, &got.body["case"]["deferrals"][0]["party"]), (201, &json!("courier")), "{}", got.body);
    let follow = json!({
        "kind": "follow_up", "until": in_minutes(&desk.clock, 7 * 24 * 60), "epoch": epoch(&case),
    });
    assert_eq!(defer(ana, &case, follow).status, 201);
    // The silence of a customer would have ended it after two days.
    desk.clock.forward_ms(5 * 24 * 60 * MINUTE);
    let lead_again = desk.server.client(&["lead", "admin"]);
    lead_again.open("somebody", "When will my card arrive?");
    desk.clock.forward_ms(24 * 60 * MINUTE + MINUTE);
    let lead_again = desk.server.client(&["lead", "admin"]);
    let back = until(&lead_again, &case, |case| kinds(case) == ["follow_up"]);
    assert_eq!((&back["status"], &back["put_off"]), (&json!("open"), &Value::Null));
    desk.clock.forward_ms(24 * 60 * MINUTE);
    let lead_again = desk.server.client(&["lead", "admin"]);
    let back = until(&lead_again, &case, |case| kinds(case).is_empty());
    assert_eq!(back["status"], "open");
    desk.clock.forward_ms(3 * 24 * 60 * MINUTE);
    let lead_again = desk.server.client(&["lead", "admin"]);
    let ended = until(&lead_again, &case, |case| case["status"] == "resolved");
    assert_eq!(ended["ending"], "silent");
    drop(lead.clone());
}

#[test]
fn what_is_asked_for_is_checked() {
    let desk = desk(Arc::clone(&BANK), 5);
    let (lead, ana) = (&desk.lead, &desk.ana);
    let case = desk.held("carol");
    let (epoch, until) = (epoch(&case), in_minutes(&desk.clock, 60));
    for (body, status, says) in [
        (json!({ "kind": "follow_up", "epoch": epoch }), 422, "a `snooze` alone can do without"),
        (json!({ "kind": "snooze", "epoch": epoch, "field": "delivered" }), 422, "declares no field"),
        (json!({ "kind": "follow_up", "until": until, "epoch": epoch, "field": "delivered" }), 422, "is of a `snooze`"),
        (json!({ "kind": "snooze", "until": "tomorrow", "epoch": epoch }), 422, "no moment"),
        (json!({ "kind": "snooze", "until": in_minutes(&desk.clock, -1), "epoch": epoch }), 422, "is over"),
        (
            json!({ "kind": "snooze", "until": in_minutes(&desk.clock, 600_000), "epoch": epoch }),
            422,
            "more than a year",
        ),
        (json!({ "kind": "snooze", "until": until }), 422, "send the lease"),
        (json!({ "kind": "third_party", "until": until, "epoch": epoch }), 422, "name who is waited for"),
        (json!({ "kind": "third_party", "until": until, "epoch": epoch, "party": "Mr Brown" }), 422, "third party"),
        (json!({ "kind": "callback", "until": until, "epoch": epoch, "party": "courier" }), 422, "third_party"),
        (json!({ "kind": "follow_up", "until": until, "epoch": epoch, "after": case["id"] }), 422, "is of a `snooze`"),
        (json!({ "kind": "snooze", "until": until, "epoch": epoch, "after": case["id"] }), 422, "its own end"),
        (json!({ "kind": "snooze", "until": until, "epoch": epoch - 1 }), 409, "no longer current"),
        (json!({ "kind": "nap", "until": until, "epoch": epoch }), 422, "unknown variant"),
    ] {
        let got = defer(ana, &case, body);
        assert_eq!(got.status, status, "{}", got.body);
        assert!(got.body["detail"].as_str().unwrap().contains(says), "{says}: {}", got.body);
    }
    let kept = json!({ "kind": "callback", "how": "kept" });
    assert_eq!(over(lead, &case, kept).status, 422);
    // A machine that has a case is not put off by anybody.
    let with_ai = lead.open("dora", "When will my card arrive?");
    let got = defer(lead, &with_ai, json!({ "kind": "callback", "until": until }));
    assert_eq!(got.status, 409, "{}", got.body);
    assert!(got.body["detail"].as_str().unwrap().contains("only what people have"), "{}", got.body);
}

#[test]
fn a_message_after_the_end_reopens_the_case_or_opens_a_linked_one() {
    let reopen = "\n[reopen]\nwithin_days = 2\nelse = \"link\"\n";
    let desk = desk(bank_with(|toml| toml + reopen), 5);
    let (lead, ana) = (&desk.lead, &desk.ana);
    let case = desk.held("carol");
    let resolve = |case: &Value| ana.post(&format!("/v1/cases/{}/resolve", id(case)), &json!({ "epoch": epoch(case) }));
    assert_eq!(resolve(&case).status, 200);
    let back = say(lead, &case, "It still does not work");
    assert_eq!((back.status, &back.body["case"]["status"]), (201, &json!("open")), "{}", back.body);
    assert_eq!((&back.body["case"]["id"], &back.body["decision"]["point"]), (&case["id"], &json!("route")));
    let mine = work(ana, "ana", |work| offered(work) == 1)["offered"][0].clone();
    let taken = answer(ana, &mine, "accept").body["case"].clone();
    assert_eq!(resolve(&taken).status, 200);
    // Later it opens another one.
    desk.clock.forward_ms(3 * 24 * 60 * MINUTE);
    let lead = desk.server.client(&["lead", "admin", "integration"]);
    let body = json!({ "text": "I want to talk to a human again about that transfer" });
    let path = format!("/v1/cases/{}/messages", id(&case));
    let next = lead.post_once(&path, "once", &body);
    assert_eq!((next.status, &next.body["case"]["follows"]), (201, &case["id"]), "{}", next.body);
    assert_ne!(next.body["case"]["id"], case["id"]);
    assert_eq!(lead.post_once(&path, "once", &body).body["case"]["id"], next.body["case"]["id"]);
    let former = until(&lead, &case, |case| !case["followed_by"].is_null());
    assert_eq!((&former["status"], &former["followed_by"]), (&json!("resolved"), &json!([next.body["case"]["id"]])));
    let outcomes = lead.get("/v1/outcomes").body;
    let again = outcomes.as_array().unwrap().iter().any(|one| one.to_string().contains("contacted_again"));
    assert!(again, "{outcomes}");
}

#[test]
fn without_a_word_of_the_bundle_a_message_after_the_end_is_refused() {
    let desk = desk(Arc::clone(&BANK), 5);
    let case = desk.held("carol");
    let resolve = json!({ "epoch": epoch(&case) });
    assert_eq!(desk.ana.post(&format!("/v1/cases/{}/resolve", id(&case)), &resolve).status, 200);
    let got = say(&desk.lead, &case, "It still does not work");
    assert_eq!(got.status, 409, "{}", got.body);
}

#[test]
fn a_case_whose_words_were_erased_is_not_put_off() {
    let desk = desk(Arc::clone(&BANK), 5);
    let case = desk.held("erin");
    assert_eq!(desk.lead.post("/v1/customers/erase", &json!({ "customer": "erin" })).status, 200);
    until(&desk.lead, &case, |case| !case["erased"].is_null());
    let callback = json!({ "kind": "callback", "until": in_minutes(&desk.clock, 60) });
    let snooze = json!({ "kind": "snooze", "until": in_minutes(&desk.clock, 60), "epoch": epoch(&case) });
    for got in [defer(&desk.lead, &case, callback), defer(&desk.ana, &case, snooze)] {
        assert_eq!((got.status, &got.body["type"]), (410, &json!("/problems/erased")), "{}", got.body);
    }
}
