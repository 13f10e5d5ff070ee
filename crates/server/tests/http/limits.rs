//! What one caller can take of the server: requests in time, event streams, connections.

use crate::{
    hands::Hands,
    harness::{Client, Server},
};
use remit_app::environment::limits::Limits;
use serde_json::Value;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

const MORNING: i64 = 1_773_136_800_000;

fn limited(limits: Limits) -> (Server, Hands) {
    let clock = Hands::at(MORNING);
    (Server::start_within(limits, Box::new(clock.clone())), clock)
}

#[test]
fn a_token_that_asks_too_often_is_told_when_to_come_again_and_others_do_not_feel_it() {
    let (server, clock) = limited(Limits { requests_a_second: 10, ..Limits::default() });
    let (hasty, calm) = (server.client(&["lead"]), server.client(&["lead", "auditor"]));
    let statuses: Vec<u16> = (0..22).map(|_| hasty.get("/v1/queues").status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 20, "{statuses:?}");
    let refused = hasty.get("/v1/cases");
    assert_eq!((refused.status, refused.body["type"].as_str().unwrap()), (429, "/problems/rate_limited"));
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(calm.get("/v1/cases").status, 200);
    clock.pass(100);
    assert_eq!(hasty.get("/v1/cases").status, 200);
    assert_eq!(hasty.get("/v1/cases").status, 429);
    // A token that is revoked has all looked up anew, and what was used stays used.
    let admin = server.client(&["admin"]);
    let tokens = admin.get("/v1/tokens").body;
    let of_calm = tokens.as_array().unwrap().iter().find(|token| token["roles"].as_array().unwrap().len() == 2);
    let of_calm = of_calm.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.delete(&format!("/v1/tokens/{of_calm}")).status, 204);
    assert_eq!(hasty.get("/v1/cases").status, 429);
}

/// Sends a request on a connection of its own, and reads the answer's head.
fn ask(client: &Client, path: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(client.url.trim_start_matches("http://")).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n\r\n", client.token);
    // A server that has no room may have said so and closed before this is written.
    let _ = stream.write_all(head.as_bytes());
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    (stream, String::from_utf8(head).unwrap())
}

fn is(head: &str, status: u16) -> bool {
    head.starts_with(&format!("HTTP/1.1 {status} "))
}

#[test]
fn event_streams_are_bounded_for_each_token_and_for_all() {
    let (server, _) = limited(Limits { streams_each: 2, streams: 3, ..Limits::default() });
    let (one, other) = (server.client(&["lead"]), server.client(&["lead"]));
    let open = |client: &Client| {
        let (stream, head) = ask(client, "/v1/events?after=0");
        assert!(is(&head, 200), "{head}");
        stream
    };
    let mut held = vec![open(&one), open(&one)];
    let refused = one.get("/v1/events");
    assert_eq!((refused.status, refused.body["type"].as_str().unwrap()), (429, "/problems/rate_limited"));
    held.push(open(&other));
    let refused = other.get("/v1/events");
    assert_eq!((refused.status, refused.body["type"].as_str().unwrap()), (503, "/problems/busy"));
    assert_eq!(refused.headers["retry-after"], "1");
    // Who follows no more makes room for others. The server hears of it when it writes next.
    held.clear();
    let again = (0..1_000).any(|_| {
        server.client(&["integration"]).open("ann", "my card has not arrived");
        other.get("/v1/queues").status == 200 && is(&ask(&other, "/v1/events?after=0").1, 200)
    });
    assert!(again, "the places of those who went stay taken");
}

#[test]
fn idle_connections_make_room_and_where_none_is_idle_one_is_refused() {
    let (server, _) = limited(Limits { connections: 32, ..Limits::default() });
    let client = server.client(&["lead"]);
    // One in sixteen is kept for other addresses.
    let mut idle: Vec<TcpStream> = (0..30).map(|_| ask(&client, "/v1/queues").0).collect();
    assert_eq!(client.get("/v1/queues").status, 200);
    let mut rest = Vec::new();
    idle[0].read_to_end(&mut rest).unwrap();
    assert!(is(&ask(&client, "/v1/queues").1, 200), "the connection that was idle for longest was closed for another");
    drop(idle);
    // Connections that carry something are not closed for others.
    let mut held = Vec::new();
    for _ in 0..30 {
        let (stream, head) = ask(&client, "/v1/events");
        assert!(is(&head, 200), "{head}");
        held.push(stream);
    }
    let (mut stream, head) = ask(&client, "/v1/queues");
    assert!(is(&head, 503), "{head}");
    let mut body = String::new();
    let _ = stream.read_to_string(&mut body);
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(told["type"], "/problems/busy");
}

#[test]
fn many_who_connect_at_once_are_all_answered() {
    let server = Server::start();
    let client = server.client(&["lead"]);
    let address = client.url.trim_start_matches("http://").to_owned();
    let mut streams: Vec<TcpStream> = (0..400).map(|_| TcpStream::connect(&address).unwrap()).collect();
    for stream in &mut streams {
        let head = format!(
            "GET /v1/cases?status=resolved&accountable=nobody HTTP/1.1\r\nhost: test\r\n\
             connection: close\r\nauthorization: Bearer {}\r\n\r\n",
            client.token
        );
        stream.write_all(head.as_bytes()).unwrap();
    }
    let answers = streams.iter_mut().map(|stream| {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    // More than 64 reads of one caller do not wait at once: those are told to come again.
    let (read, later): (Vec<_>, Vec<_>) = answers.partition(|answer| is(answer, 200));
    assert!(read.len() >= 64, "{} were answered", read.len());
    assert!(later.iter().all(|answer| is(answer, 503) && answer.contains("retry-after: 1")));
}
