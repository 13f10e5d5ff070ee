//! Acts of authority are on record: who made and revoked tokens, noted staff, started chats and subscribed to events.

use crate::{
    harness::{Client, Server, verified},
    sample_bundle::bank_with,
    staff::presence,
};
use remit_app::environment::block_on::block_on;
use remit_app::{environment::entropy::Entropy, governance::services::Services, token};
use remit_domain::{Event, id::Timestamp};
use remit_ledger::checkpoint::Signer;
use remit_store::{
    Commit, Journal as _, RecordRow, TokenChange,
    sqlite::{Options, SqliteStore},
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A token, a member of staff, a chat and a subscription, made by `client`.
pub(crate) fn something_of_each(server: &Server, client: &Client) {
    let staff = json!({
        "name": "ana", "first_name": "Anastasia", "queues": ["fraud"], "languages": { "en": 5 },
        "skills": { "fraud": 3 }, "capacity": { "chat": 1 },
    });
    assert_eq!(client.post("/v1/staff", &staff).status, 200);
    presence(client, "ana", "available");
    let lead = server.client(&["lead", "admin", "integration"]);
    assert_eq!(lead.post("/v1/chats", &json!({ "customer": "gwen" })).status, 201);
    let wish = json!({ "name": "crm", "url": "https://crm.example/hooks/SECRETPATH", "kinds": ["case_opened"] });
    assert_eq!(lead.post("/v1/subscriptions", &wish).status, 201);
}

/// The events of these kinds, oldest first, as they are fed to those who listen.
fn events(server: &Server, kinds: &[&str]) -> Vec<Value> {
    let feed = block_on(server.app.journal.store().feed(0, 10_000)).unwrap();
    let of = feed.into_iter().filter(|row| kinds.contains(&row.kind.as_str()));
    let told = |row: RecordRow| {
        let event: Value = serde_json::from_slice(&row.body).unwrap();
        json!({ "kind": row.kind, "stream": row.stream, "actor": row.actor, "event": event })
    };
    of.map(told).collect()
}

#[test]
fn who_gave_and_took_what_right_is_in_the_ledger_with_no_secret_and_no_name() {
    let server = Server::start();
    let admin = server.client(&["admin", "lead", "integration", "staff"]);
    let new = json!({ "name": "Night watch", "roles": ["auditor"], "days": 1 });
    let made = admin.post("/v1/tokens", &new);
    assert_eq!(made.status, 201, "{}", made.body);
    let token = made.body["id"].as_str().unwrap().to_owned();
    something_of_each(&server, &admin);
    let away = json!({ "presence": "away", "reason": "at the dentist" });
    assert_eq!(admin.post("/v1/staff/ana/presence", &away).status, 200);
    assert_eq!(admin.delete(&format!("/v1/tokens/{token}")).status, 204);
    let subscription = admin.get("/v1/subscriptions").body[0]["id"].as_str().unwrap().to_owned();
    let act = |what: &str| admin.post(&format!("/v1/subscriptions/{subscription}/{what}"), &json!({}));
    for what in ["pause", "resume", "rotate"] {
        assert_eq!(act(what).status, 200, "{what}");
    }
    assert_eq!(admin.delete(&format!("/v1/subscriptions/{subscription}")).status, 204);
    let all = Event::GOVERNANCE;
    let told = events(&server, all);
    let kinds: Vec<&str> = told.iter().filter_map(|item| item["kind"].as_str()).collect();
    let changed = "subscription_changed";
    assert_eq!(
        kinds,
        [
            // The test's own token first, made at the command line.
            "token_made",
            "token_made",
            "staff_noted",
            "presence_set",
            "token_made",
            "chat_started",
            "subscription_made",
            "presence_set",
            "token_revoked",
            changed,
            changed,
            changed,
            "subscription_deleted",
        ]
    );
    let [own, granted] = [&told[0], &told[1]].map(|item| &item["event"]);
    assert_eq!((&own["by"], &granted["by"]), (&json!("command line"), &own["grant"]["token"]));
    assert_eq!((&granted["grant"]["token"], &granted["grant"]["roles"]), (&json!(token), &json!(["auditor"])));
    assert_eq!((&told[8]["event"]["token"], &told[8]["stream"]), (&json!(token), &json!(format!("token/{token}"))));
    assert_eq!((&told[2]["stream"], &told[7]["event"]["presence"]), (&json!("staff/ana"), &json!("away")));
    assert_eq!(told[6]["event"]["terms"]["origin"], "https://crm.example");
    assert_eq!(told[10]["event"]["change"], json!({ "kind": "resumed" }));
    // For ever there is what can be forgotten of nobody: no name, no secret, no word.
    let text = serde_json::to_string(&told).unwrap();
    for secret in ["Night watch", "Anastasia", "SECRETPATH", "dentist", "remit_", "whsec_", "gwen"] {
        assert!(!text.contains(secret), "{secret} is on record");
    }
    // Who may not, leaves no record.
    let before = events(&server, all).len();
    let auditor = server.client(&["auditor"]);
    assert_eq!(auditor.post("/v1/tokens", &new).status, 403);
    assert_eq!(admin.delete("/v1/tokens/tok_x").status, 404);
    assert_eq!(events(&server, all).len(), before + 1, "the auditor's own token, and nothing else");
}

#[test]
fn what_an_earlier_version_made_is_put_on_record_once_and_what_is_slipped_in_beside_it_is_not() {
    let data = tempfile::tempdir().unwrap();
    let key = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    // As an earlier version left it: a token, and no record of any.
    let now = Timestamp(crate::clocks::TEN);
    let new = serde_json::from_value(json!({ "name": "of old", "roles": ["admin"] })).unwrap();
    let (row, secret) = token::prepare(&Entropy::default(), now, new).unwrap();
    let (id, store) = (row.id.clone(), SqliteStore::open(data.path(), Options::default()).unwrap());
    let commit = Commit { tokens: vec![TokenChange::Add(Box::new(row))], ..Commit::default() };
    tokio::runtime::Runtime::new().unwrap().block_on(store.commit(commit, remit_store::InFlight::default())).unwrap();
    drop(store);
    let unlooked = |data: &TempDir| {
        verified(data.path(), &key).not_looked_at.iter().any(|not| not.what.starts_with("tokens, staff"))
    };
    assert!(unlooked(&data));
    let made = |server: &Server| {
        let made = events(server, &["token_made"]);
        made.iter().map(|made| (made["stream"].clone(), made["event"]["by"].clone())).collect::<Vec<_>>()
    };
    let start = |data| Server::start_on(data, bank_with(|toml| toml), Services::none());
    let server = start(data);
    let earlier = (json!(format!("token/{id}")), json!("an earlier version"));
    assert_eq!(made(&server), std::slice::from_ref(&earlier));
    assert_eq!(server.client_with(&secret).get("/v1/tokens").status, 200, "it is what it was");
    let data = server.stop();
    assert!(!unlooked(&data));
    // What somebody slips in is named, and no start puts it on record, whatever they take away with it.
    let raw = rusqlite::Connection::open(data.path().join("remit.db")).unwrap();
    raw.execute_batch(
        "DELETE FROM items WHERE kind = 'governance'; INSERT INTO tokens SELECT 'tok_0000000000000000', zeroblob(32), \
         name, roles, responder, source, created_ms, expires_ms, staff FROM tokens",
    )
    .unwrap();
    let mut server = start(data);
    assert_eq!(made(&server), [earlier]);
    server.is_tampered_with();
    let data = server.stop();
    let found = |what: &str| verified(data.path(), &key).problems.iter().any(|found| found.to_string().contains(what));
    assert!(found("no record says that there is one"));
    raw.execute_batch("DELETE FROM tokens WHERE id = 'tok_0000000000000000'").unwrap();
    assert!(!found("no record says that there is one"));
}
