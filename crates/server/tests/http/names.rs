//! Names that people are shown, and who is behind the pseudonyms of the ledger.

use crate::harness::{Server, id};
use remit_app::environment::block_on::block_on;
use remit_store::Journal as _;
use serde_json::{Value, json};

#[test]
fn a_name_that_does_not_show_itself_is_refused_with_what_to_change() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    let staff = |first: &str| {
        let (languages, capacity) = (json!({ "en": 5 }), json!({ "chat": 2 }));
        json!({ "name": "ana", "first_name": first, "queues": [], "languages": languages, "capacity": capacity })
    };
    let subscription = |name: &str| json!({ "name": name, "url": "https://example.org/x" });
    let token = |name: &str| json!({ "name": name, "roles": ["auditor"] });
    let body = |path: &str, name: &str| match path {
        "/v1/staff" => staff(name),
        "/v1/subscriptions" => subscription(name),
        _ => token(name),
    };
    for (path, field) in [("/v1/staff", "first_name"), ("/v1/subscriptions", "name"), ("/v1/tokens", "name")] {
        for (name, says) in [
            ("Ada\u{1b}[2J", "U+001B"),
            ("Ada\n2026-01-01 #100 by first admin", "U+000A"),
            ("Ada\u{202e}", "U+202E"),
            ("A\u{200b}da", "U+200B"),
            ("Ada\u{2028}", "U+2028"),
            (" Ada", "take it away"),
            ("", "is empty"),
            (&"x".repeat(65), "at most 64"),
        ] {
            let refused = admin.post(path, &body(path, name));
            let detail = refused.body["detail"].as_str().unwrap_or_default();
            assert!(refused.status == 400 || refused.status == 422, "{path} {name:?}: {}", refused.body);
            assert!(detail.contains(says) && detail.contains(field), "{path} {name:?}: {}", refused.body);
        }
    }
    assert_eq!(admin.post("/v1/staff", &staff("Zoë")).status, 200);
    // What Remit and customers are called in records nobody else is called.
    for own in ["remit", "Remit", "customer", "tok_0123456789abcdef"] {
        let refused = admin.post("/v1/tokens", &token(own));
        assert!(refused.status >= 400 && refused.body["detail"].as_str().unwrap().contains("tok_"), "{}", refused.body);
    }
    let away = json!({ "presence": "away", "reason": "lunch\u{1b}[2J" });
    assert_eq!(admin.post("/v1/staff/ana/presence", &away).status / 100, 4);
}

#[test]
fn the_ledger_holds_pseudonyms_and_the_names_behind_them_can_be_forgotten() {
    const NAME: &str = "Anna Katharina Smith";
    let server = Server::start();
    let admin = server.client(&["admin"]);
    let made = admin.post("/v1/tokens", &json!({ "name": NAME, "roles": ["lead", "admin"] })).body;
    let (anna, token) = (server.client_with(made["token"].as_str().unwrap()), made["id"].as_str().unwrap().to_owned());
    let case = id(&admin.open("ann", "my card has not arrived"));
    let at = format!("/v1/cases/{case}");
    let raise = json!({ "owner": "risk", "due_at": "2099-01-01T00:00:00Z", "reason": "look" });
    let raised = anna.post(&format!("{at}/exceptions"), &raise);
    assert_eq!(raised.status, 201, "{}", raised.body);
    let exception = raised.body["case"]["exceptions"][0]["id"].as_str().unwrap().to_owned();
    let taken = anna.post(&format!("/v1/exceptions/{exception}/own"), &json!({}));
    let to = if raised.body["case"]["holder"]["name"] == "general" { "cards" } else { "general" };
    let moved = anna.post(&format!("{at}/overrides"), &json!({ "to": to, "reason": "because" }));
    assert_eq!((taken.status, moved.status), (200, 201), "{} {}", taken.body, moved.body);
    // Wherever a case is shown, so is who it was.
    let shown = |name: &str| {
        let client = server.client(&["admin"]);
        let taken_by = |case: &Value| case["exceptions"][0]["taken_by"] == name;
        assert!(taken_by(&client.get(&at).body), "{}", client.get(&at).body);
        assert!(taken_by(&client.get("/v1/cases").body["items"][0]));
        assert!(taken_by(&client.get(&format!("{at}/context")).body["case"]));
        assert_eq!(client.get("/v1/exceptions").body["items"][0]["taken_by"], name);
        assert_eq!(client.get("/v1/overrides").body["items"][0]["by"], name);
        assert_eq!(client.get(&format!("{at}/context")).body["notes"][0]["by"], name);
        let timeline = client.get(&format!("{at}/timeline")).body;
        let by = |kind: &str| {
            let mut items = timeline["items"].as_array().unwrap().iter();
            items.find(|item| item["event"]["type"] == kind).unwrap()["by"].clone()
        };
        assert_eq!((by("exception_raised"), by("exception_taken")), (json!(name), json!(name)));
    };
    shown(NAME);
    assert!(taken.body["case"]["exceptions"][0]["taken_by"] == NAME, "{}", taken.body);
    // What is recorded, and published, says nothing of it.
    let records = block_on(server.app.journal.store().feed(0, 1_000)).unwrap();
    let by_anna = records.iter().filter(|record| record.actor == token).count();
    assert!(by_anna >= 3, "{by_anna}");
    for record in &records {
        let said = format!("{} {}", record.actor, String::from_utf8_lossy(&record.body));
        assert!(!said.contains("Anna"), "{said}");
    }
    // A name outlives its token, until it is forgotten.
    let forget = format!("/v1/tokens/{token}/name");
    assert_eq!(admin.delete(&forget).status, 404);
    assert_eq!(admin.delete(&format!("/v1/tokens/{token}")).status, 204);
    shown(NAME);
    assert_eq!(server.client(&["lead"]).delete(&forget).status, 403);
    assert_eq!((admin.delete(&forget).status, admin.delete(&forget).status), (204, 404));
    shown(&token);
    let records = block_on(server.app.journal.store().feed(0, 10_000)).unwrap();
    let forgotten: Vec<_> = records.iter().filter(|record| record.kind == "token_name_forgotten").collect();
    assert_eq!(forgotten.len(), 1, "it is on record, once");
    assert_eq!(forgotten[0].stream, format!("token/{token}"));
}
