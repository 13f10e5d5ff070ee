//! Confirmations by customers, on the chat page and by a link that can be used once, and of several requests at once:
//! each to exactly what was shown, once, and to nothing else.

use super::{
    chat::refused,
    customer::Customer,
    expected::Expected as _,
    harness::{Client, Got, id, verified_served},
    requests::{Bank, CATALOGUE, POLICIES},
    sample_bundle::bank_asking_for,
};
use remit_app::governance::services::Services;
use remit_ledger::checkpoint::Signer;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A bank whose goodwill is paid once the customer says yes to it.
fn bank() -> Bank {
    let catalogue = CATALOGUE.replace("[[\"staff\"], [\"customer\"], ", "[[\"customer\"], ");
    let catalogue = catalogue.replace("count = 3", "count = 100");
    let catalogue = catalogue.replace(
        "template = \"Pay {amount} of goodwill to account {account_id}: {reason}.\"",
        "template = { en = \"Pay {amount} of goodwill to account {account_id}: {reason}.\", de = \"{amount} auf das \
         Konto {account_id}: {reason}.\" }",
    );
    let policies =
        POLICIES.replace("context.confirmed.customer || context.confirmed.staff > 0", "context.confirmed.customer");
    let policies =
        policies.replace("Action::\"request.withdraw\"", "Action::\"request.withdraw\", Action::\"request.link\"");
    let bundle = bank_asking_for(&catalogue, &[("policies/goodwill.cedar", &policies)]);
    Bank::under(bundle, Services::none(), "You charged me twice.")
}

/// The customer of the bank's case, on a chat about it.
fn customer(bank: &Bank) -> Customer {
    let crm = bank.server.client(&["integration"]);
    Customer::start(&crm, &json!({ "customer": "ann", "case": bank.case }))
}

fn listed(requests: &[&Value]) -> Value {
    let one = |request: &&Value| json!({ "request": request["id"], "hash": request["hash"] });
    json!({ "requests": requests.iter().map(one).collect::<Vec<_>>(), "seen_ms": 2_500 })
}

/// What a customer is asked on the page now.
fn asked(customer: &Customer) -> Value {
    customer.get("requests").expect(200)
}

/// The secret of a new link to a request, and to further ones.
fn link(bank: &Bank, request: &Value, with: &[&Value]) -> String {
    let with: Vec<&Value> = with.iter().map(|other| &other["id"]).collect();
    let made = bank.server.client(&["integration"]);
    let made = made.post(&format!("/v1/requests/{}/link", id(request)), &json!({ "with": with })).expect(201);
    made["url"].as_str().unwrap().strip_prefix("/confirm#").unwrap().to_owned()
}

/// Asks without any token or cookie.
fn by_link(bank: &Bank, path: &str, secret: &str, requests: &[&Value]) -> Got {
    let mut body = if requests.is_empty() { json!({}) } else { listed(requests) };
    body["secret"] = json!(secret);
    bank.server.client_with("").post(&format!("/confirm/v1/{path}"), &body)
}

#[test]
fn a_customer_reads_on_the_page_what_will_be_done_and_says_yes_to_exactly_that_once() {
    let bank = bank();
    let customer = customer(&bank);
    assert_eq!(asked(&customer), json!({ "requests": [] }));
    let request = bank.ask(&bank.ana, 1_250);
    assert_eq!(request["wanted"], json!(["customer"]), "{request}");
    let page = asked(&customer);
    let one = &page["requests"][0];
    assert_eq!(one["text"], "Pay 12.50 GBP of goodwill to account acc-1002-1: delay.", "{page}");
    assert_eq!((&one["request"], &one["hash"], &one["due_at"]), (&request["id"], &request["hash"], &request["due_at"]));
    assert_eq!(one["asked_by"], "Asked for by Ana, who works here.");
    assert!(one["until"].as_str().unwrap().starts_with("You can answer until "), "{page}");
    assert_eq!((&page["texts"]["yes"], &page["texts"]["no"]), (&json!("Yes, do it"), &json!("No")));
    assert_eq!(customer.status()["asked"], json!([request["id"]]));

    // Neither the hash of another request nor the page of another customer is a yes to it.
    let other = bank.ask(&bank.ana, 900);
    let wrong = json!({ "requests": [{ "request": request["id"], "hash": other["hash"] }] });
    refused(&customer.post("requests/confirm", &wrong), 422, "invalid", "the hash is not that of this request");
    let crm = bank.server.client(&["integration"]);
    let stranger = Customer::of(&crm, "bob");
    stranger.say("Hello, what does a card cost?");
    assert_eq!(asked(&stranger), json!({ "requests": [] }));
    refused(&stranger.post("requests/confirm", &listed(&[&request])), 404, "not_found", "no such request");
    // Neither is the chat of another case of the same customer.
    let elsewhere = Customer::of(&crm, "ann");
    elsewhere.say("And what does a card cost?");
    refused(&elsewhere.post("requests/confirm", &listed(&[&request])), 404, "not_found", "no such request");
    assert_eq!(bank.paid(), 0);

    // What a phone sends twice counts once.
    bank.clock.forward_ms(2_500);
    let body = listed(&[&request]).to_string();
    let twice: Vec<u16> = (0..2)
        .map(|_| customer.send("requests/confirm", &[("idempotency-key", "yes")], body.as_bytes()).status)
        .collect();
    assert_eq!(twice, [204, 204]);
    let done = bank.until(&request, "done");
    let given = &done["confirmations"][0];
    assert_eq!((&given["by"], &given["via"], &given["seen_ms"]), (&json!("customer"), &json!("chat"), &json!(2_500)));
    assert_eq!((done["confirmations"].as_array().unwrap().len(), bank.paid()), (1, 1_250));
    refused(&customer.post("requests/confirm", &listed(&[&request])), 409, "conflict", "the request is done");

    // A no is one press too; what became of both is told, in order, and follows the stream.
    customer.post("requests/decline", &listed(&[&other])).expect(204);
    let told = customer
        .follow("0", |_, data| data["text"].as_str().is_some_and(|text| text.starts_with("This will not be done")));
    let told: Vec<&str> =
        told.iter().filter_map(|(kind, data)| (kind == "message").then(|| data["text"].as_str())?).collect();
    let shown = "Pay 12.50 GBP of goodwill to account acc-1002-1: delay.";
    let reference = done["effect"]["reference"].as_str().unwrap();
    let agreed = format!("You said yes. We are on it now: {shown}");
    let effect = format!("Done: {shown} The reference is {reference}.");
    let at = |text: &str| told.iter().position(|told| *told == text).unwrap_or_else(|| panic!("{text}: {told:?}"));
    assert!(at(&agreed) < at(&effect), "{told:?}");
    assert_eq!((&asked(&customer)["requests"], bank.paid()), (&json!([]), 1_250));
}

#[test]
fn a_chat_that_a_person_started_answers_nothing() {
    let bank = bank();
    let request = bank.ask(&bank.ana, 1_250);
    for roles in [&["admin"][..], &["admin", "integration"]] {
        let start = json!({ "customer": "ann", "case": bank.case });
        let theirs = Customer::start(&bank.server.client(roles), &start);
        assert_eq!(asked(&theirs)["requests"], json!([]));
        for answer in ["requests/confirm", "requests/decline"] {
            let detail = "the chat was started with a token of a person who works here";
            refused(&theirs.post(answer, &listed(&[&request])), 403, "forbidden", detail);
        }
    }
    assert_eq!(bank.ana.get(&format!("/v1/requests/{}", id(&request))).expect(200)["state"], "waiting");
}

#[test]
fn nobody_had_a_request_before_them_for_longer_than_it_is_there() {
    let bank = bank();
    let asked_at = bank.server.app.environment.now();
    let request = bank.ask(&bank.ana, 1_250);
    bank.clock.forward_ms(1_000);
    let mut said = listed(&[&request]);
    said["seen_ms"] = json!(3_600_000);
    customer(&bank).post("requests/confirm", &said).expect(204);
    let seen = bank.until(&request, "done")["confirmations"][0]["seen_ms"].as_i64().unwrap();
    let there = bank.server.app.environment.now().0 - asked_at.0;
    assert!((1_000..=there).contains(&seen), "{seen} of {there}");
}

#[test]
fn a_request_whose_time_is_over_takes_no_yes_and_its_customer_is_told() {
    let bank = bank();
    let customer = customer(&bank);
    let request = bank.ask(&bank.ana, 500);
    let secret = link(&bank, &request, &[]);
    bank.clock.forward_ms(31 * 60_000);
    let late = customer.post("requests/confirm", &listed(&[&request]));
    refused(&late, 409, "conflict", "");
    refused(&by_link(&bank, "requests", &secret, &[]), 410, "link_ended", "its time is over");
    refused(&by_link(&bank, "confirm", &secret, &[&request]), 410, "link_ended", "its time is over");
    bank.until(&request, "expired");
    let told = customer.follow("0", |_, data| {
        data["text"].as_str().is_some_and(|text| text.starts_with("Nobody said yes to this in time"))
    });
    assert!(!told.is_empty());
    assert_eq!(bank.paid(), 0);
}

#[test]
fn a_link_is_read_as_often_as_one_likes_answers_once_and_is_kept_nowhere() {
    let bank = bank();
    let request = bank.ask(&bank.ana, 700);
    let before = link(&bank, &request, &[]);
    let secret = link(&bank, &request, &[]);
    // Another one takes its place.
    refused(&by_link(&bank, "requests", &before, &[]), 410, "link_ended", "another one took its place");
    refused(&by_link(&bank, "confirm", &before, &[&request]), 410, "link_ended", "another one took its place");
    // Opening it, by whoever looks at mails before people do, changes nothing.
    let seen = bank.ana.get(&format!("/v1/requests/{}", id(&request))).expect(200);
    let page = by_link(&bank, "requests", &secret, &[]).expect(200);
    assert_eq!(page, by_link(&bank, "requests", &secret, &[]).expect(200));
    assert_eq!(page["requests"][0]["text"], "Pay 7.00 GBP of goodwill to account acc-1002-1: delay.");
    assert_eq!((&page["expires_at"], &page["requests"][0]["became"]), (&request["due_at"], &Value::Null), "{page}");
    for path in ["/confirm", "/confirm/page.js", "/confirm/page.css"] {
        let agent = &bank.ana.agent;
        assert_eq!(agent.get(format!("{}{path}", bank.server.url)).call().unwrap().status(), 200);
    }
    assert_eq!(seen, bank.ana.get(&format!("/v1/requests/{}", id(&request))).expect(200));
    // A secret that nobody was given is none, and neither is that of another request.
    for wrong in
        ["", "remit_confirm_", "remit_chat_x", &secret[..secret.len() - 1], &secret.replace(&id(&request), "req_1")]
    {
        refused(&by_link(&bank, "requests", wrong, &[]), 410, "link_ended", "there is no such link");
    }
    let other = bank.ask(&bank.ana, 800);
    let wrong = by_link(&bank, "confirm", &secret, &[&other]);
    refused(&wrong, 422, "invalid", "must be those that the link shows");
    let wrong = by_link(&bank, "confirm", &secret, &[&json!({ "id": request["id"], "hash": other["hash"] })]);
    refused(&wrong, 422, "invalid", "the hash is not that of this request");
    assert_eq!(bank.paid(), 0);

    by_link(&bank, "confirm", &secret, &[&request]).expect(204);
    let done = bank.until(&request, "done");
    assert_eq!(
        (&done["confirmations"][0]["via"], &done["confirmations"][0]["by"]),
        (&json!("link"), &json!("customer"))
    );
    refused(&by_link(&bank, "confirm", &secret, &[&request]), 409, "conflict", "the request is done");
    refused(&by_link(&bank, "decline", &secret, &[&request]), 409, "conflict", "the request is done");
    let page = by_link(&bank, "requests", &secret, &[]).expect(200);
    assert!(page["requests"][0]["became"].as_str().unwrap().starts_with("Done: Pay 7.00 GBP"), "{page}");
    assert_eq!(bank.paid(), 700);
    // No link is made to what waits for nobody, or not for the customer.
    let mails = bank.server.client(&["integration"]);
    mails.post(&format!("/v1/requests/{}/link", id(&request)), &json!({})).expect(409);
    // That links were made is on record, and their secrets are nowhere.
    let history = bank.server.client(&["admin"]).get(&format!("/v1/streams/request/{}/timeline", id(&request)));
    let kinds = history.expect(200).to_string();
    assert_eq!(kinds.matches("\"linked\"").count(), 2, "{kinds}");
    let hidden = secret.rsplit_once(&format!("{}_", id(&request))).unwrap().1.to_owned();
    assert!(!kinds.contains(&hidden));
    let data = bank.server.stop();
    let verifier = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    assert!(
        verified_served(data.path(), &verifier)
            .problems
            .iter()
            .all(|problem| !format!("{problem:?}").contains("request"))
    );
    for file in std::fs::read_dir(data.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        assert!(!bytes.windows(hidden.len()).any(|part| part == hidden.as_bytes()), "{}", path.display());
    }
}

#[test]
fn a_link_ends_with_what_it_shows() {
    let bank = bank();
    let (taken_back, erased) = (bank.ask(&bank.ana, 100), bank.ask(&bank.ana, 200));
    let (first, second) = (link(&bank, &taken_back, &[]), link(&bank, &erased, &[]));
    bank.ana.post(&format!("/v1/requests/{}/withdraw", id(&taken_back)), &json!({})).expect(200);
    refused(&by_link(&bank, "confirm", &first, &[&taken_back]), 409, "conflict", "the request is withdrawn");
    let page = by_link(&bank, "requests", &first, &[]).expect(200);
    assert!(page["requests"][0]["became"].as_str().unwrap().starts_with("This was taken back"), "{page}");
    bank.server.client(&["admin"]).post("/v1/customers/erase", &json!({ "customer": "ann" })).expect(200);
    refused(&by_link(&bank, "requests", &second, &[]), 410, "link_ended", "there is no such link");
    refused(&by_link(&bank, "confirm", &second, &[&erased]), 410, "link_ended", "there is no such link");
    let mails = bank.server.client(&["integration"]);
    bank.until(&erased, "withdrawn");
    mails.post(&format!("/v1/requests/{}/link", id(&erased)), &json!({})).expect(409);
    assert_eq!(bank.paid(), 0);
}

/// Who has a link can answer by it.
#[test]
fn a_link_is_made_for_neither_who_works_here_nor_who_asked() {
    let bank = bank();
    let (shop, mails) = (bank.server.client(&["integration"]), bank.server.client(&["integration"]));
    let (of_ana, of_shop) = (bank.ask(&bank.ana, 100), bank.ask(&shop, 200));
    let link = |by: &Client, request: &Value| by.post(&format!("/v1/requests/{}/link", id(request)), &json!({}));
    refused(&link(&bank.ana, &of_ana), 403, "forbidden", "people who work here never see it");
    refused(&link(&bank.ben, &of_ana), 403, "forbidden", "people who work here never see it");
    refused(&link(&shop, &of_shop), 403, "forbidden", "who asked for it cannot confirm it");
    link(&mails, &of_shop).expect(201);
    link(&shop, &of_ana).expect(201);
}

/// The lists and numbers that are on record with the confirmations of a request.
fn batches(request: &Value) -> Vec<Value> {
    request["confirmations"].as_array().unwrap().iter().map(|given| given["batch"].clone()).collect()
}

#[test]
fn several_are_confirmed_all_or_none_and_never_more_than_was_shown() {
    let bank = bank();
    let customer = customer(&bank);
    let (one, two) = (bank.ask(&bank.ana, 100), bank.ask(&bank.ana, 200));
    let page = asked(&customer);
    assert_eq!(page["requests"].as_array().unwrap().len(), 2);
    assert_eq!(page["texts"]["yes_all"], "Yes, do all 2");
    // What joins later is in no list that was shown before.
    let later = bank.ask(&bank.ana, 400);
    // One that is not as it was shown refuses all, by name.
    let mut stale = listed(&[&one, &two]);
    stale["requests"][1]["hash"] = later["hash"].clone();
    let got = customer.post("requests/confirm", &stale);
    refused(&got, 422, "invalid", two["id"].as_str().unwrap());
    assert_eq!(got.body["request"], two["id"], "{}", got.body);
    let twice = listed(&[&one, &one]);
    refused(&customer.post("requests/confirm", &twice), 422, "invalid", "twice");
    refused(&customer.post("requests/confirm", &json!({ "requests": [] })), 422, "invalid", "1 to 50");
    let many = json!({ "requests": vec![json!({ "request": one["id"], "hash": one["hash"] }); 51] });
    refused(&customer.post("requests/confirm", &many), 422, "invalid", "1 to 50");
    for request in [&one, &two, &later] {
        assert_eq!(bank.until(request, "waiting")["confirmations"], json!([]));
    }

    customer.post("requests/confirm", &listed(&[&one, &two])).expect(204);
    let done = [bank.until(&one, "done"), bank.until(&two, "done")];
    assert_eq!((bank.until(&later, "waiting")["wanted"].clone(), bank.paid()), (json!(["customer"]), 300));
    let batch = batches(&done[0]);
    assert_eq!(batch[0]["count"], 2, "{}", done[0]);
    assert_eq!(batch, batches(&done[1]));
    // One that is confirmed refuses the whole list.
    let got = customer.post("requests/confirm", &listed(&[&later, &one]));
    refused(&got, 409, "conflict", one["id"].as_str().unwrap());
    bank.until(&later, "waiting");

    // A link shows several too, and is answered whole.
    let another = bank.ask(&bank.ana, 800);
    let secret = link(&bank, &later, &[&another]);
    assert_eq!(by_link(&bank, "requests", &secret, &[]).expect(200)["requests"].as_array().unwrap().len(), 2);
    refused(&by_link(&bank, "confirm", &secret, &[&later]), 422, "invalid", "all of them");
    by_link(&bank, "decline", &secret, &[&later, &another]).expect(204);
    assert_eq!((&bank.until(&later, "declined")["state"], bank.paid()), (&json!("declined"), 300));
    bank.until(&another, "declined");
}

#[test]
fn staff_confirm_several_of_one_case_and_none_of_their_own() {
    let bank = Bank::new();
    let (one, two) = (bank.ask(&bank.ana, 100), bank.ask(&bank.ana, 200));
    let own = bank.ask(&bank.ben, 400);
    let confirm = |by: &Client, requests: &[&Value]| by.post("/v1/requests/confirm", &listed(requests));
    refused(&confirm(&bank.ben, &[&one, &own]), 403, "forbidden", own["id"].as_str().unwrap());
    bank.until(&one, "waiting");
    let opened = json!({ "customer": "bob", "text": "You charged me twice.", "channel": "web" });
    let other = bank.server.client(&["integration"]).post("/v1/cases", &opened).expect(201)["case"].clone();
    let withdrawn = bank.ana.post(&format!("/v1/requests/{}/withdraw", id(&own)), &json!({}));
    withdrawn.expect(200);
    let foreign = bank.ana.post(&format!("/v1/cases/{}/requests", id(&other)), &bank.of(500)).expect(201);
    refused(&confirm(&bank.ben, &[&one, &foreign]), 422, "invalid", "of another case");
    let both = confirm(&bank.ben, &[&one, &two]).expect(200);
    let states: Vec<&Value> = both["requests"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["confirmed", "confirmed"], "{both}");
    let given = &bank.until(&two, "done")["confirmations"][0];
    assert_eq!((&given["staff"], &given["via"], &given["batch"]["count"]), (&json!("ben"), &json!("api"), &json!(2)));
    bank.until(&one, "done");
    assert_eq!(bank.paid(), 300);
}

#[test]
fn of_a_yes_on_the_chat_a_yes_by_link_and_a_no_at_once_one_counts() {
    let bank = bank();
    let customer = customer(&bank);
    let mut outcomes = BTreeSet::new();
    let (mut yeses, keys) = (0, (0..6).map(|nth| format!("race-{nth}")).collect::<Vec<_>>());
    for key in &keys {
        let request = bank.ask(&bank.ana, 100);
        let secret = link(&bank, &request, &[]);
        let body = listed(&[&request]);
        let (chat, cookie, url) = (customer.chat.clone(), customer.cookie(), customer.url.clone());
        let agent = customer.agent.clone();
        let told: Vec<u16> = std::thread::scope(|scope| {
            let on_chat = scope.spawn(|| {
                let post = agent.post(format!("{url}/chat/v1/{chat}/requests/confirm"));
                let post = post.header("content-type", "application/json").header("idempotency-key", key);
                post.header("cookie", &cookie).send(body.to_string().as_bytes()).unwrap().status().as_u16()
            });
            let on_link = scope.spawn(|| by_link(&bank, "confirm", &secret, &[&request]).status);
            let no = scope.spawn(|| bank.answer(&bank.ben, &request, "decline").status);
            [on_chat, on_link, no].into_iter().map(|told| told.join().unwrap()).collect()
        });
        let won = told.iter().filter(|status| **status < 300).count();
        assert_eq!(won, 1, "{told:?}");
        assert!(told.iter().all(|status| [200, 204, 409].contains(status)), "{told:?}");
        let is_yes = told[2] != 200;
        let ended = bank.until(&request, if is_yes { "done" } else { "declined" });
        assert_eq!(ended["confirmations"].as_array().unwrap().len(), usize::from(is_yes), "{ended}");
        yeses += i64::from(is_yes);
        outcomes.insert(told);
    }
    assert_eq!(bank.paid(), 100 * yeses, "{outcomes:?}");
}

#[test]
fn a_customer_who_writes_german_reads_and_is_told_in_german() {
    let bank = bank();
    let crm = bank.server.client(&["integration"]);
    let customer = Customer::of(&crm, "ute");
    customer.say("Guten Tag, mir wurde eine Gebühr abgebucht, die ich nicht kenne. Können Sie mir bitte helfen?");
    let case = crm.get("/v1/cases?limit=1").expect(200)["items"][0].clone();
    let request = bank.ana.post(&format!("/v1/cases/{}/requests", id(&case)), &bank.of(300)).expect(201);
    let page = asked(&customer);
    assert_eq!(page["requests"][0]["text"], "3.00 GBP auf das Konto acc-1002-1: delay.", "{page}");
    customer.post("requests/decline", &listed(&[&request])).expect(204);
}

#[test]
fn a_link_of_which_one_was_answered_elsewhere_offers_the_others() {
    let bank = bank();
    let customer = customer(&bank);
    let [first, second, third] = [100, 200, 300].map(|minor| bank.ask(&bank.ana, minor));
    let secret = link(&bank, &first, &[&second, &third]);
    customer.post("requests/decline", &listed(&[&second])).expect(204);
    let page = by_link(&bank, "requests", &secret, &[]).expect(200);
    let became = |nth: usize| page["requests"][nth]["became"].as_str();
    assert_eq!((became(0), became(2)), (None, None), "{page}");
    assert!(became(1).unwrap().starts_with("This will not be done"), "{page}");
    assert_eq!(page["texts"]["yes_all"], "Yes, do all 2");
    // Who has not looked at it since is told which one it is; nothing less than what is shown is answered.
    let all = by_link(&bank, "confirm", &secret, &[&first, &second, &third]);
    refused(&all, 409, "conflict", &format!("{}: the request is declined", id(&second)));
    refused(&by_link(&bank, "confirm", &secret, &[&first]), 422, "invalid", "that still wait");
    assert_eq!(bank.paid(), 0);
    by_link(&bank, "confirm", &secret, &[&first, &third]).expect(204);
    let done = [&first, &third].map(|request| until_done(&bank, request));
    assert_eq!((&done[0]["confirmations"][0]["batch"]["count"], bank.paid()), (&json!(2), 400));
    refused(&by_link(&bank, "confirm", &secret, &[&first, &second, &third]), 409, "conflict", "the request is");
}

/// The request once it is done, while time passes, since another one of the customer may be carried out before it.
fn until_done(bank: &Bank, request: &Value) -> Value {
    loop {
        let now = bank.ana.get(&format!("/v1/requests/{}", id(request))).expect(200);
        if now["state"] == "done" {
            return now;
        }
        bank.clock.forward_ms(10);
    }
}

#[test]
fn more_requests_than_a_page_shows_are_told_and_shown_once_the_others_are_answered() {
    let bank = bank();
    let customer = customer(&bank);
    let requests: Vec<Value> = (0..52).map(|_| bank.ask(&bank.ana, 100)).collect();
    let shown = asked(&customer);
    let ids = |page: &Value| -> Vec<String> {
        page["requests"].as_array().unwrap().iter().map(|one| one["request"].as_str().unwrap().to_owned()).collect()
    };
    let oldest: Vec<String> = requests.iter().take(50).map(id).collect();
    assert_eq!((ids(&shown), &shown["more"]), (oldest, &json!(2)));
    let more = "2 more wait for your answer. You see them here once you have answered these.";
    assert_eq!(shown["texts"]["more"], more);
    let first: Vec<&Value> = requests.iter().take(50).collect();
    customer.post("requests/decline", &listed(&first)).expect(204);
    let rest = asked(&customer);
    assert_eq!((ids(&rest), &rest["more"]), (requests.iter().skip(50).map(id).collect(), &Value::Null));
    assert_eq!(customer.status()["asked"], json!(ids(&rest)));
}

#[test]
fn what_a_list_names_that_is_no_request_is_said_with_its_place() {
    let bank = bank();
    let request = bank.ask(&bank.ana, 100);
    let made = bank.server.client(&["integration"]);
    let path = format!("/v1/requests/{}/link", id(&request));
    refused(&made.post(&path, &json!({ "with": ["zz"] })), 422, "invalid", "`with[0]`: `zz` is not");
    let list = json!({ "requests": [{ "request": "zz", "hash": request["hash"] }] });
    refused(&bank.ben.post("/v1/requests/confirm", &list), 422, "invalid", "`requests[0].request`: `zz` is not");
}

#[test]
fn whoever_asks_answers_as_the_customer_neither_over_a_chat_nor_by_a_link_of_theirs() {
    let bank = bank();
    let crm = bank.server.client(&["integration"]);
    let request = bank.ask(&crm, 700);
    let own = Customer::start(&crm, &json!({ "customer": "ann", "case": bank.case }));
    for answer in ["confirm", "decline"] {
        let said = own.post(&format!("requests/{answer}"), &listed(&[&request]));
        refused(&said, 403, "forbidden", "who asked for it cannot confirm it");
    }
    let link = format!("/v1/requests/{}/link", id(&request));
    refused(&crm.post(&link, &json!({})), 403, "forbidden", "who asked for it cannot confirm it");
    let admin = bank.server.client(&["admin"]);
    refused(&admin.post(&link, &json!({})), 403, "forbidden", "people who work here never see it");
    assert_eq!(bank.paid(), 0);
    customer(&bank).post("requests/confirm", &listed(&[&request])).expect(204);
    bank.until(&request, "done");
}
