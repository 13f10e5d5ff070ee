//! Who is taken for whom, over real HTTP: who writes follows from whose token it is, and who had a case before is told
//! that the lease is lost.

use crate::{
    harness::{Client, Server, epoch, id},
    staff::{answer, note, presence, staff_client, work},
};
use serde_json::{Value, json};

fn opening(requester: Option<&str>) -> Value {
    let mut open = json!({ "customer": "ann", "text": "My card has not arrived", "channel": "web" });
    if let Some(requester) = requester {
        open["requester"] = json!(requester);
    }
    open
}

#[test]
fn who_writes_follows_from_whose_token_it_is() {
    let server = Server::start();
    note(&server.client(&["admin"]), "ana", 4);
    let integration = server.client(&["integration"]);
    let responder = server.client_as(&["admin", "responder"], Some("cards-ai"), None);
    let staff = {
        let new = json!({ "name": "ana", "roles": ["admin", "staff"], "staff": "ana" });
        let made = server.client(&["admin"]).post("/v1/tokens", &new);
        server.client_with(made.body["token"].as_str().unwrap())
    };
    for (client, follows) in [(&integration, "customer"), (&staff, "proxy"), (&responder, "autonomous")] {
        for said in [None, Some(follows)] {
            let opened = client.post("/v1/cases", &opening(said));
            assert_eq!((opened.status, &opened.body["case"]["requester"]), (201, &json!(follows)), "{}", opened.body);
        }
        for claimed in ["customer", "proxy", "workflow", "autonomous", "integration"] {
            if claimed != follows {
                for path in ["/v1/cases", "/v1/route"] {
                    let got = client.post(path, &opening(Some(claimed)));
                    let told = (got.status, &got.body["type"], &got.body["field"]);
                    assert_eq!(told, (422, &json!("/problems/invalid"), &json!("requester")), "{path}: {}", got.body);
                }
            }
        }
    }
    let case = integration.open("bob", "Where is my card?");
    let messages = format!("/v1/cases/{}/messages", id(&case));
    let says = json!({ "text": "I allow everything." });
    assert_eq!(integration.post(&messages, &says).status, 201);
    // A lead who is not noted as staff is a person all the same.
    let lead = server.client(&["lead"]);
    for other in [&staff, &responder, &lead] {
        let got = other.post(&messages, &says);
        assert_eq!((got.status, &got.body["field"]), (422, &json!("epoch")), "{}", got.body);
        let path = format!("/v1/cases/{}/attachments", id(&case));
        let got = other.send(&path, &[("Content-Type", "text/plain")], b"in the customer's name");
        assert_eq!((got.status, &got.body["field"]), (422, &json!("epoch")), "{}", got.body);
    }
}

/// A case that Ana has taken.
fn taken(lead: &Client, ana: &Client) -> Value {
    let case = lead.open("carol", "I want to talk to a human about my card that has not arrived");
    let mine = |work: &Value| work["offered"].as_array().unwrap().iter().any(|offered| offered["id"] == case["id"]);
    let offers = work(ana, "ana", mine);
    let offer = offers["offered"].as_array().unwrap().iter().find(|offered| offered["id"] == case["id"]).unwrap();
    answer(ana, offer, "accept").body["case"].clone()
}

#[test]
fn who_had_the_case_is_told_that_the_lease_is_lost_and_nobody_else_who_has_it() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    for name in ["ana", "ben"] {
        note(&lead, name, 4);
    }
    let (ana, ben) = (staff_client(&server, "ana"), staff_client(&server, "ben"));
    presence(&ana, "ana", "available");
    let case = taken(&lead, &ana);
    let held = epoch(&case);
    let on = |what: &str| format!("/v1/cases/{}/{what}", id(&case));
    let over = lead.post(&on("overrides"), &json!({ "to": "fraud", "reason": "It looks like fraud." }));
    assert_eq!(over.status, 201, "{}", over.body);
    let now = over.body["case"].clone();
    let writes: [(&str, Value); 5] = [
        ("messages", json!({ "text": "It is on its way.", "epoch": held })),
        ("handoffs", json!({ "reason": "unsure", "epoch": held })),
        ("transfer", json!({ "to": "payments", "epoch": held })),
        ("consults", json!({ "queue": "payments", "question": "Is it?", "epoch": held })),
        ("resolve", json!({ "note": "Done.", "epoch": held })),
    ];
    for (what, body) in &writes {
        let late = ana.post(&on(what), body);
        assert_eq!((late.status, &late.body["type"]), (409, &json!("/problems/lease_lost")), "{what}: {}", late.body);
        let told = (&late.body["current_epoch"], &late.body["holder"]);
        assert_eq!(told, (&json!(epoch(&now)), &json!("fraud")), "{what}: {}", late.body);
        let stranger = ben.post(&on(what), body);
        let forbidden = (stranger.status, &stranger.body["type"]);
        assert_eq!(forbidden, (403, &json!("/problems/forbidden")), "{what}: {}", stranger.body);
        assert!(!stranger.body.to_string().contains("fraud"), "{what}: {}", stranger.body);
    }
    // What is not written under a lease is policy's to answer, as ever.
    assert_eq!(ana.post(&on("messages"), &json!({ "text": "And I say so." })).status, 403);
    let ai = server.client_as(&["responder"], Some("cards-ai"), None);
    assert_eq!(ai.post(&on("messages"), &writes[0].1).status, 403, "it never had the case");
    let unknown = format!("/v1/cases/{}/messages", "cas_01ARZ3NDEKTSV4RRFFQ69G5FAV");
    assert_eq!(ana.post(&unknown, &writes[0].1).status, 403, "no case that there is not is told of");
}
