//! Who may do what: tokens, roles and policy.

use crate::harness::{Server, epoch, id};
use remit_app::{environment::entropy::Entropy, token};
use serde_json::json;

#[test]
fn without_a_valid_token_nothing_is_told() {
    let server = Server::start();
    for token in ["", "remit_", "remit_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "nonsense", &"remit_x".repeat(90)]
    {
        let got = server.client_with(token).get("/v1/cases");
        assert_eq!(
            (got.status, &got.body["type"]),
            (401, &json!("/problems/unauthenticated")),
            "{token}: {}",
            got.body
        );
        assert_eq!(got.headers["www-authenticate"], "Bearer");
    }
}

#[test]
fn roles_may_what_the_bundle_permits_and_refusals_name_no_secret() {
    let server = Server::start();
    let integration = server.client(&["integration"]);
    let case = integration.open("ann", "my card has not arrived");
    let at = format!("/v1/cases/{}", id(&case));
    let to = if case["holder"]["name"] == "general" { "cards" } else { "general" };
    let body = json!({ "to": to, "reason": "because" });
    let refused = integration.post(&format!("{at}/overrides"), &body);
    assert_eq!((refused.status, &refused.body["type"]), (403, &json!("/problems/forbidden")), "{}", refused.body);
    assert!(!refused.body.to_string().contains(&integration.token));
    assert_eq!(server.client(&["lead"]).post(&format!("{at}/overrides"), &body).status, 201);
    for (role, path, status) in [
        ("auditor", "/v1/cases", 200),
        ("auditor", "/ledger/key", 200),
        ("auditor", "/v1/tokens", 403),
        ("staff", "/metrics", 403),
        ("lead", "/metrics", 200),
        ("responder", "/v1/cases", 403),
    ] {
        assert_eq!(server.client(&[role]).get(path).status, status, "{role} {path}");
    }
    let erase = json!({ "customer": "ann" });
    assert_eq!(server.client(&["lead"]).post("/v1/customers/erase", &erase).status, 403);
}

#[test]
fn a_responder_writes_only_on_cases_that_it_holds() {
    let server = Server::start();
    let case = server.client(&["integration"]).open("ann", "my card has not arrived yet, where is it?");
    let holder = case["holder"]["name"].as_str().unwrap();
    let at = format!("/v1/cases/{}/messages", id(&case));
    let answer = json!({ "text": "It is on its way.", "epoch": epoch(&case) });
    let other = if holder == "general" { "cards" } else { "general" };
    let stranger = server.client_as(&["responder"], Some(other), None);
    assert_eq!(stranger.post(&at, &answer).status, 403);
    let own = server.client_as(&["responder"], Some(holder), None);
    assert_eq!(own.post(&at, &answer).status, 201);
}

#[test]
fn a_secret_is_answered_once_so_making_one_cannot_be_repeated() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    let refused = admin.post_once("/v1/tokens", "key-1", &json!({ "name": "crm", "roles": ["integration"] }));
    assert_eq!((refused.status, &refused.body["field"]), (422, &json!("Idempotency-Key")), "{}", refused.body);
    let known = admin.get("/v1/tokens").body;
    assert_eq!(known.as_array().unwrap().len(), 1, "{known}");
}

#[test]
fn nobody_posts_readings_under_a_name_that_looks_like_remits_own() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    let make = |source: &str| {
        admin.post("/v1/tokens", &json!({ "name": "crm", "roles": ["integration"], "source": source, "days": 1 }))
    };
    for source in ["remit", "rem1t", "re-mit", "default", "Remit", "remit ", "r\u{435}mit", ""] {
        let got = make(source);
        assert_eq!((got.status, &got.body["field"]), (422, &json!("source")), "{source}: {}", got.body);
        // Nor where it is not asked of a bundle.
        let new = json!({ "name": "crm", "roles": ["integration"], "source": source, "days": 1 });
        let made =
            token::prepare(&Entropy::default(), server.app.environment.now(), serde_json::from_value(new).unwrap());
        assert!(made.unwrap_err().detail.starts_with("`source`: "), "{source}");
    }
    assert_eq!(make("core-banking").status, 201);
}

#[test]
fn tokens_are_made_listed_without_their_secret_and_revoked() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    let made = admin.post("/v1/tokens", &json!({ "name": "helpdesk", "roles": ["integration"], "days": 7 }));
    assert_eq!(made.status, 201, "{}", made.body);
    let (secret, name) = (made.body["token"].as_str().unwrap(), made.body["id"].as_str().unwrap());
    let client = server.client_with(secret);
    assert_eq!(client.get("/v1/cases").status, 200);
    let listed = admin.get("/v1/tokens").body.to_string();
    assert!(listed.contains(name) && !listed.contains(secret), "{listed}");
    let secret_bytes = secret.as_bytes();
    for file in ["remit.db", "remit.db-wal"] {
        let bytes = std::fs::read(server.data.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(secret_bytes.len()).any(|w| w == secret_bytes), "{file} holds the secret");
    }
    assert_eq!(admin.delete(&format!("/v1/tokens/{name}")).status, 204);
    assert_eq!(client.get("/v1/cases").status, 401);
    assert_eq!(admin.delete(&format!("/v1/tokens/{name}")).status, 404);
}

#[test]
fn a_token_has_each_role_once_and_what_its_roles_are_for() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    let noted = json!({ "name": "ana", "first_name": "Ana", "queues": ["general"], "languages": {}, "skills": {},
        "capacity": { "chat": 1 } });
    assert_eq!(admin.post("/v1/staff", &noted).status, 200);
    let token = |more: serde_json::Value| {
        let mut new = json!({ "name": "x", "days": 1 });
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        admin.post("/v1/tokens", &new)
    };
    for (new, field, cure) in [
        (json!({ "roles": ["lead", "lead"] }), "roles", "name each role once"),
        (json!({ "roles": ["staff"] }), "staff", "name the member of staff"),
        (json!({ "roles": ["responder"] }), "responder", "name the responder"),
        (json!({ "roles": ["staff"], "staff": "ana", "responder": "cards-ai" }), "responder", "leave it out"),
    ] {
        let refused = token(new);
        assert_eq!((refused.status, &refused.body["field"]), (422, &json!(field)), "{}", refused.body);
        assert!(refused.body["detail"].as_str().unwrap().contains(cure), "{}", refused.body);
    }
    for new in [
        json!({ "roles": ["staff"], "staff": "ana" }),
        json!({ "roles": ["staff", "lead"], "staff": "ana", "responder": "general" }),
        json!({ "roles": ["responder"], "responder": "cards-ai" }),
    ] {
        let made = token(new);
        assert_eq!(made.status, 201, "{}", made.body);
    }
}
