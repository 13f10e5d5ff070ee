//! The event stream, live and resumed.

use crate::harness::{Client, Server};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};

/// The next `count` events of a stream, with their ids.
fn take(client: &Client, after: Option<&str>, header: Option<&str>, count: usize) -> Vec<(u64, Value)> {
    let query = after.map_or_else(String::new, |after| format!("?after={after}"));
    let mut request = client.agent.get(format!("{}/v1/events{query}", client.url));
    request = request.header("authorization", format!("Bearer {}", client.token));
    if let Some(id) = header {
        request = request.header("last-event-id", id);
    }
    let response = request.call().unwrap();
    assert_eq!(response.status(), 200);
    let lines = BufReader::new(response.into_body().into_reader()).lines();
    let (mut id, mut events) = (0, Vec::new());
    for line in lines {
        let line = line.unwrap();
        if let Some(text) = line.strip_prefix("id: ") {
            id = text.parse().unwrap();
        } else if let Some(text) = line.strip_prefix("data: ") {
            let event = serde_json::from_str(text).unwrap();
            crate::described::hold_as("FeedItem", &event);
            events.push((id, event));
        }
        if events.len() == count {
            break;
        }
    }
    events
}

#[test]
fn a_stream_tells_everything_once_and_resumes_where_it_ended() {
    let server = Server::start();
    let client = server.client(&["integration", "lead"]);
    for n in 0..3 {
        client.open(&format!("c{n}"), "my card has not arrived");
    }
    let total = usize::try_from(client.get("/readyz").body["records"].as_u64().unwrap()).unwrap();
    let whole = take(&client, Some("0"), None, total);
    let ids: Vec<u64> = whole.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, (1..=total as u64).collect::<Vec<_>>());
    let rest = take(&client, None, Some("4"), total - 4);
    assert_eq!(rest, whole[4..]);
    // The header is where the stream broke off, so it comes before the parameter.
    assert_eq!(take(&client, Some("0"), Some("4"), 1), whole[4..5]);
}

#[test]
fn a_position_that_only_another_ledger_can_have_told_is_refused() {
    let server = Server::start();
    let client = server.client(&["integration", "lead"]);
    client.open("ann", "my card has not arrived");
    let newest = client.get("/readyz").body["records"].as_u64().unwrap();
    let refused = client.get(&format!("/v1/events?after={}", newest + 1));
    assert_eq!(refused.status, 422, "{}", refused.body);
    let told = refused.body["detail"].as_str().unwrap();
    assert!(told.contains(&format!("the newest position in the ledger is {newest}")), "{told}");
}

#[test]
fn what_happens_while_one_listens_arrives() {
    let server = Server::start();
    let client = server.client(&["integration", "lead"]);
    client.open("ann", "my card has not arrived");
    let seen = client.get("/readyz").body["records"].as_u64().unwrap();
    let opened = std::thread::scope(|scope| {
        let listener = scope.spawn(|| take(&client, Some(&seen.to_string()), None, 1));
        let case = client.open("bob", "my card has not arrived");
        let heard = listener.join().unwrap();
        assert_eq!(heard[0].0, seen + 1);
        (heard[0].1["case"].clone(), case["id"].clone())
    });
    assert_eq!(opened.0, opened.1);
}

#[test]
fn who_may_not_read_events_hears_none() {
    let server = Server::start();
    assert_eq!(server.client(&["staff"]).get("/v1/events").status, 403);
}

#[test]
fn a_revoked_token_hears_no_more() {
    let server = Server::start();
    let (admin, client) = (server.client(&["admin"]), server.client(&["lead"]));
    let seen = client.get("/readyz").body["records"].as_u64().unwrap().to_string();
    let request = client.agent.get(format!("{}/v1/events?after={seen}", client.url));
    let response = request.header("authorization", format!("Bearer {}", client.token)).call().unwrap();
    assert_eq!(response.status(), 200);
    let token = admin.get("/v1/tokens").body;
    let token = token.as_array().unwrap().iter().find(|token| token["roles"] == json!(["lead"])).unwrap();
    assert_eq!(admin.delete(&format!("/v1/tokens/{}", token["id"].as_str().unwrap())).status, 204);
    admin.open("ann", "my card has not arrived");
    // The stream ends by itself, with nothing of what happened after.
    let text: String = BufReader::new(response.into_body().into_reader()).lines().map(Result::unwrap).collect();
    assert!(!text.contains("case_opened"), "{text}");
    assert_eq!(client.get("/v1/events").status, 401);
}
