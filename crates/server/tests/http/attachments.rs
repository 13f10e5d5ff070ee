//! Files on cases, for integrations and holders: bounded, of known kinds, sealed, and gone when their customer is.

use crate::harness::{Client, Got, Server, epoch, id};
use serde_json::{Value, json};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";

fn attach(client: &Client, case: &Value, query: &str, media_type: &str, bytes: &[u8]) -> Got {
    let path = format!("/v1/cases/{}/attachments{query}", id(case));
    client.send(&path, &[("content-type", media_type)], bytes)
}

fn problem(got: &Got, status: u16, kind: &str, says: &str) {
    assert_eq!((got.status, &got.body["type"]), (status, &json!(format!("/problems/{kind}"))), "{}", got.body);
    assert!(got.body["detail"].as_str().unwrap().contains(says), "{}", got.body);
}

fn messages(client: &Client, case: &Value) -> Vec<Value> {
    let got = client.get(&format!("/v1/cases/{}/messages", id(case)));
    // What is told of who has the case is no message of anybody's.
    got.body["items"].as_array().unwrap().iter().filter(|message| message["author"] != "remit").cloned().collect()
}

#[test]
fn a_file_is_sealed_committed_to_read_again_and_erased() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let case = client.open("ann", "my card has not arrived");
    let added = attach(&client, &case, "", "image/png", PNG);
    assert_eq!((added.status, &added.body["decision"]["point"]), (201, &json!("retain")), "{}", added.body);
    let message = messages(&client, &case)[1].clone();
    assert_eq!((&message["author"], &message["text"]), (&json!("requester"), &json!("")));
    let file = &message["attachments"][0];
    assert_eq!((&file["media_type"], &file["bytes"]), (&json!("image/png"), &json!(PNG.len())));
    let path = format!("/v1/cases/{}/attachments/{}", id(&case), file["id"].as_str().unwrap());
    let request = client.agent.get(format!("{}{path}", client.url));
    let mut answer = request.header("authorization", format!("Bearer {}", client.token)).call().unwrap();
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-disposition", "attachment; filename=\"attachment.png\""),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
    ] {
        assert_eq!(answer.headers()[name], value);
    }
    assert_eq!(answer.body_mut().read_to_vec().unwrap(), PNG);
    // The record has a commitment; the file itself lies nowhere in the clear.
    let timeline = client.get(&format!("/v1/cases/{}/timeline", id(&case))).body.to_string();
    assert!(timeline.contains(file["id"].as_str().unwrap()) && !timeline.contains("picture"));
    for name in ["remit.db", "remit.db-wal"] {
        let bytes = std::fs::read(server.data.path().join(name)).unwrap();
        assert!(!bytes.windows(15).any(|part| part == b"much of a pictu"), "{name}");
    }
    // Another case's address does not lead to it.
    let other = client.open("ann", "my card has still not arrived");
    let wrong = path.replace(&id(&case), &id(&other));
    problem(&client.get(&wrong), 404, "not_found", "no such file");
    let erased = client.post("/v1/customers/erase", &json!({ "customer": "ann" }));
    assert_eq!(erased.status, 200);
    problem(&client.get(&path), 410, "erased", "no such file");
    assert_eq!(messages(&client, &case)[1]["text"], Value::Null);
    problem(&attach(&client, &case, "", "image/png", PNG), 410, "erased", "erased");
}

#[test]
fn a_holder_adds_files_under_their_lease_and_nobody_else_does() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let case = client.open("ann", "my card has not arrived");
    let holder = case["holder"]["name"].as_str().unwrap();
    let (ai, other) = (
        server.client_as(&["responder"], Some(holder), None),
        server.client_as(&["responder"], Some("payments-ai"), None),
    );
    let query = format!("?epoch={}", epoch(&case));
    assert_eq!(attach(&ai, &case, &query, "text/plain", b"steps to take").status, 201);
    assert_eq!(messages(&client, &case)[1]["author"], holder);
    assert_eq!(attach(&other, &case, &query, "text/plain", b"steps").status, 403);
    assert_eq!(attach(&ai, &case, "", "text/plain", b"in the customer's name").status, 403);
    let stale = format!("?epoch={}", epoch(&case) + 1);
    problem(&attach(&ai, &case, &stale, "text/plain", b"steps"), 409, "lease_lost", "no longer current");
    assert_eq!(messages(&client, &case).len(), 2);
}

#[test]
fn what_is_too_large_too_many_or_not_what_it_says_is_refused() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let case = client.open("ann", "my card has not arrived");
    let refused = |media_type: &str, bytes: &[u8], status: u16, kind: &str, says: &str| {
        problem(&attach(&client, &case, "", media_type, bytes), status, kind, says);
    };
    refused("image/png", b"GIF89a", 415, "media_type", "`image/gif`");
    refused("image/png", b"<html>", 415, "media_type", "`text/plain`");
    refused("text/html", b"<html>", 415, "media_type", "what is taken is image/png");
    refused("image/svg+xml", b"<svg/>", 415, "media_type", "what is taken");
    refused("application/pdf", b"MZ\x90\0", 415, "media_type", "it is not one");
    refused("image/png", b"", 422, "invalid", "empty");
    let large = [PNG, &vec![0; 5 << 20]].concat();
    refused("image/png", &large, 413, "too_large", "5242880");
    problem(&attach(&client, &case, "?epoch=x", "image/png", PNG), 422, "invalid", "query");
    assert_eq!(messages(&client, &case).len(), 1, "nothing was added");
    // Four of the largest fill a case.
    for _ in 0..4 {
        assert_eq!(attach(&client, &case, "", "image/png", &large[..5 << 20]).status, 201);
    }
    refused("image/png", PNG, 409, "conflict", "20971520");
    let second = client.open("ann", "my card has not arrived");
    for _ in 0..10 {
        assert_eq!(attach(&client, &second, "", "image/png", PNG).status, 201);
    }
    problem(&attach(&client, &second, "", "image/png", PNG), 409, "conflict", "10 files");
    // The same file under the same key is added once.
    let third = client.open("bob", "my card has not arrived");
    let path = format!("/v1/cases/{}/attachments", id(&third));
    let headers = [("content-type", "image/png"), ("idempotency-key", "once")];
    assert_eq!(client.send(&path, &headers, PNG).status, 201);
    assert_eq!(client.send(&path, &headers, PNG).headers["idempotency-replayed"], "true");
    assert_eq!(messages(&client, &third).len(), 2);
}

#[test]
fn a_key_is_for_one_query_as_for_one_body() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let case = client.open("ann", "my card has not arrived");
    let holder = server.client_as(&["responder"], case["holder"]["name"].as_str(), None);
    let attach = |query: &str| {
        let path = format!("/v1/cases/{}/attachments{query}", id(&case));
        holder.send(&path, &[("content-type", "text/plain"), ("idempotency-key", "once")], b"steps to take")
    };
    let query = format!("?epoch={}", epoch(&case));
    assert_eq!(attach(&query).status, 201);
    for query in ["?epoch=999", &format!("{query}&")] {
        problem(&attach(query), 409, "idempotency_key_reused", "another request");
    }
    assert_eq!(attach(&query).headers["idempotency-replayed"], "true");
    assert_eq!(messages(&client, &case).len(), 2);
}
