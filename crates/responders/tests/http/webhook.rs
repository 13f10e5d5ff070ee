//! Signed webhooks: both directions, forged replies, and answers that come later.

use crate::endpoint::{Endpoint, Request, http, limits, turn, write};
use remit_responders::{
    Failure, Said, Service, Turn, WebhookService, YieldReason,
    signature::{SigningSecret, sign, verify},
    webhook::WebhookConfig,
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const NOW: i64 = 1_614_265_330;

fn secret(text: &str) -> SigningSecret {
    SigningSecret::parse(text).unwrap()
}

fn webhook(url: &str) -> Service {
    let config = WebhookConfig { url: format!("{url}/turns"), secret: secret(SECRET), limits: limits(), now: || NOW };
    assert!(!format!("{config:?}").contains(&SECRET[6..]));
    Service::Webhook(WebhookService::new(config).unwrap())
}

/// A reply signed with a secret, for an id, at a time; `body` is what is signed.
fn signed(status: &str, key: &str, id: &str, at: i64, body: &str) -> Vec<u8> {
    sent(status, key, id, at, body, body)
}

fn sent(status: &str, key: &str, id: &str, at: i64, signed: &str, body: &str) -> Vec<u8> {
    let signature = sign(&secret(key), id, at, signed.as_bytes());
    let headers = format!("webhook-id: {id}\r\nwebhook-timestamp: {at}\r\nwebhook-signature: {signature}\r\n");
    http(status, &headers, body)
}

fn check_request(request: &Request) {
    let at = request.header("webhook-timestamp").unwrap().parse().unwrap();
    let (id, signature) = (request.header("webhook-id").unwrap(), request.header("webhook-signature").unwrap());
    assert_eq!(verify(&secret(SECRET), id, at, &request.body, signature, NOW), Ok(()));
    assert_eq!(serde_json::from_slice::<Turn>(&request.body).unwrap(), turn());
    assert!(request.head.starts_with("POST /turns HTTP/1.1\r\n"));
}

#[tokio::test]
async fn both_sides_sign_and_are_believed() {
    let act = Said::Act { action: "refund".to_owned(), arguments: serde_json::Map::new() };
    for (status, reply, wanted) in [
        (
            "200 OK",
            r#"{"say":"answer","text":"Yes.","sources":["a"]}"#,
            Said::Answer { text: "Yes.".to_owned(), sources: vec!["a".to_owned()] },
        ),
        ("200 OK", r#"{"say":"act","action":"refund","arguments":{}}"#, act),
        (
            "201 Created",
            r#"{"say":"yield","reason":"unsure"}"#,
            Said::Yield { reason: YieldReason::Unsure, note: None },
        ),
        ("202 Accepted", "", Said::Later),
        ("202 Accepted", "whatever", Said::Later),
    ] {
        let endpoint = Endpoint::writing(vec![signed(status, SECRET, "turn_1", NOW + 60, reply)]).await;
        assert_eq!(webhook(&endpoint.url).turn(&turn()).await, Ok(wanted));
        check_request(&endpoint.requests()[0]);
    }
}

#[tokio::test]
async fn a_reply_that_is_not_surely_from_the_endpoint_is_refused() {
    let good = r#"{"say":"answer","text":"Yes."}"#;
    let bad = r#"{"say":"answer","text":"No. "}"#;
    let at = NOW.to_string();
    let only = |headers: &str| http("200 OK", headers, good);
    for (what, reply) in [
        ("unsigned", only("")),
        ("without a signature", only(&format!("webhook-id: turn_1\r\nwebhook-timestamp: {at}\r\n"))),
        (
            "with an empty one",
            only(&format!("webhook-id: turn_1\r\nwebhook-timestamp: {at}\r\nwebhook-signature: \r\n")),
        ),
        ("changed", sent("200 OK", SECRET, "turn_1", NOW, good, bad)),
        ("signed by another", signed("200 OK", OTHER, "turn_1", NOW, good)),
        ("to another turn", signed("200 OK", SECRET, "turn_2", NOW, good)),
        ("that names another turn", {
            let signature = sign(&secret(SECRET), "turn_1", NOW, good.as_bytes());
            only(&format!("webhook-id: turn_2\r\nwebhook-timestamp: {at}\r\nwebhook-signature: {signature}\r\n"))
        }),
        ("old", signed("200 OK", SECRET, "turn_1", NOW - 301, good)),
        ("from the future", signed("200 OK", SECRET, "turn_1", NOW + 301, good)),
        ("later, unsigned", http("202 Accepted", "", "")),
        ("of another form", signed("200 OK", SECRET, "turn_1", NOW, r#"{"say":"answer","text":"Yes.","x":1}"#)),
    ] {
        let endpoint = Endpoint::writing(vec![reply]).await;
        let outcome = webhook(&endpoint.url).turn(&turn()).await;
        assert!(matches!(outcome, Err(Failure::Malformed(_))), "{what}: {outcome:?}");
        assert_eq!(endpoint.requests().len(), 1, "{what}: asked again");
    }
}

#[tokio::test]
async fn the_request_sent_back_is_no_reply() {
    let endpoint = Endpoint::new(|_, request, stream| async move {
        let header = |name| format!("{name}: {}\r\n", request.header(name).unwrap());
        let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header).concat();
        write(stream, vec![http("200 OK", &headers, &String::from_utf8_lossy(&request.body))]).await;
    });
    let outcome = webhook(&endpoint.await.url).turn(&turn()).await;
    assert!(matches!(outcome, Err(Failure::Malformed(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_repetition_has_the_same_id() {
    let endpoint = Endpoint::new(|number, _, stream| {
        let status = if number == 0 { "502 Bad Gateway" } else { "202 Accepted" };
        write(stream, vec![signed(status, SECRET, "turn_1", NOW, "")])
    });
    let endpoint = endpoint.await;
    assert_eq!(webhook(&endpoint.url).turn(&turn()).await, Ok(Said::Later));
    let requests = endpoint.requests();
    assert_eq!(requests.len(), 2);
    requests.iter().for_each(check_request);
}

#[tokio::test]
async fn an_id_that_could_be_taken_for_a_time_is_not_sent() {
    let endpoint = Endpoint::writing(Vec::new()).await;
    for id in ["", "turn.1", "turn\n1"] {
        let outcome = webhook(&endpoint.url).turn(&Turn { turn_id: id.to_owned(), ..turn() }).await;
        assert!(matches!(outcome, Err(Failure::Unsendable(_))), "{outcome:?}");
    }
    assert!(endpoint.requests().is_empty());
}
