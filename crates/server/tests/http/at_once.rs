//! Two who do at once what only one of them can: whoever is faster, what is then on record is whole.

use crate::{
    customer::Customer,
    danger::taken,
    danger_moves::{DANGER, on},
    harness::{Client, Got, Server, epoch, id},
    staff::note,
};
use serde_json::json;
use std::thread;

/// Pairs that are tried, so that each is the faster one sometimes.
const TIMES: usize = 12;

/// What both come to, begun at the same time.
fn both(one: impl FnOnce() -> Got + Send, other: impl FnOnce() -> Got + Send) -> (Got, Got) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        (one(), other.join().unwrap())
    })
}

#[test]
fn of_two_cases_that_end_in_each_other_one_goes_on() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let cara = on(&server, &lead, "cara", &["care"]);
    for turn in 0..TIMES {
        let customer = format!("ann {turn}");
        let [one, other] = [(), ()].map(|()| taken(&cara, "cara", &lead.open(&customer, DANGER)));
        let merge = |case: &serde_json::Value, into: &serde_json::Value| {
            cara.post(&format!("/v1/cases/{}/merge", id(case)), &json!({ "epoch": epoch(case), "into": into["id"] }))
        };
        let (first, second) = both(|| merge(&one, &other), || merge(&other, &one));
        let statuses = [first.status, second.status];
        assert!(statuses.contains(&200) && statuses.contains(&409), "{} {}", first.body, second.body);
        let goes_on = if first.status == 200 { &other } else { &one };
        let goes_on = loop {
            let now = lead.get(&format!("/v1/cases/{}", id(goes_on))).body;
            if now["absorbed"].is_array() {
                break now;
            }
        };
        assert_eq!((&goes_on["status"], &goes_on["holder"]["staff"]), (&json!("open"), &json!("cara")), "{goes_on}");
        let resolve = json!({ "epoch": epoch(&goes_on) });
        assert_eq!(cara.post(&format!("/v1/cases/{}/resolve", id(&goes_on)), &resolve).status, 200);
    }
}

#[test]
fn no_token_outlives_the_member_of_staff_whom_it_was_made_for() {
    let server = Server::start();
    let admin = server.client(&["admin", "lead"]);
    let work = |token: &Got| match token.body["token"].as_str() {
        Some(secret) => server.client_with(secret).get("/v1/cases").status,
        None => 401,
    };
    for turn in 0..TIMES {
        let name = format!("ana-{turn}");
        note(&admin, &name, 1);
        let token = json!({ "name": "ana", "roles": ["staff"], "staff": name, "days": 1 });
        let (removed, made) = both(|| admin.delete(&format!("/v1/staff/{name}")), || admin.post("/v1/tokens", &token));
        assert_eq!(removed.status, 204, "{}", removed.body);
        assert!([201, 422].contains(&made.status), "{}", made.body);
        assert_eq!(work(&made), 401, "turn {turn}");
    }
}

#[test]
fn who_is_removed_while_their_tokens_are_revoked_is_gone() {
    let server = Server::start();
    let admin = server.client(&["admin", "lead"]);
    for turn in 0..TIMES {
        let name = format!("ana-{turn}");
        note(&admin, &name, 1);
        let token = json!({ "name": "ana", "roles": ["staff"], "staff": name, "days": 1 });
        let tokens: Vec<String> =
            (0..3).map(|_| admin.post("/v1/tokens", &token).body["id"].as_str().unwrap().to_owned()).collect();
        let revoke =
            |admin: &Client| tokens.iter().map(|id| admin.delete(&format!("/v1/tokens/{id}"))).next_back().unwrap();
        let (removed, revoked) = both(|| admin.delete(&format!("/v1/staff/{name}")), || revoke(&admin));
        assert_eq!(removed.status, 204, "{}", removed.body);
        assert!([204, 404].contains(&revoked.status), "{}", revoked.body);
        assert_eq!(admin.delete(&format!("/v1/staff/{name}")).status, 404);
    }
}

#[test]
fn a_chat_ends_with_the_erasure_of_its_customer_or_starts_after_it() {
    let server = Server::start();
    let admin = server.client(&["admin", "lead", "integration"]);
    for turn in 0..TIMES {
        let customer = format!("ann-{turn}");
        let case = admin.open(&customer, "When will my card arrive?");
        let with_case = json!({ "customer": customer, "case": case["id"] });
        let (erased, started) = both(
            || admin.post("/v1/customers/erase", &json!({ "customer": customer })),
            || admin.post("/v1/chats", &with_case),
        );
        assert_eq!(erased.status, 200, "{}", erased.body);
        // It had started, and has ended; or there was nothing to go on with.
        match started.status {
            201 => {
                let url = started.body["url"].as_str().unwrap();
                let secret = url.split_once('#').unwrap().1.to_owned();
                let chat = started.body["id"].as_str().unwrap();
                assert_eq!(Customer::with(&admin, chat, &secret).enter(&secret, &[]).status, 401, "turn {turn}");
            }
            _ => assert_eq!((started.status, &started.body["type"]), (410, &json!("/problems/erased"))),
        }
        let again = admin.post("/v1/chats", &with_case);
        assert_eq!(again.status, 410, "its words are erased: {}", again.body);
    }
}
