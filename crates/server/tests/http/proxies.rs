//! What proxies and caches between a browser and the server are told, and what they cannot spoil.

use crate::{
    chat::refused,
    customer::Customer,
    harness::{Server, open_set, settings},
    sample_bundle::bank_with,
};
use remit_app::{Settings, governance::services::Services};
use remit_policy::address::Address;
use serde_json::json;
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

/// The head of the answer to a request and the first line of its body, as they arrive over HTTP of this version.
fn begins(server: &Server, version: &str, path: &str, header: &str) -> (String, String) {
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/{version}\r\nhost: remit\r\n{header}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let head = lines.by_ref().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    let body = lines.find(|line| !line.chars().all(|c| c.is_ascii_hexdigit())).unwrap();
    (head.to_ascii_lowercase(), body)
}

#[test]
fn a_stream_begins_at_once_and_tells_proxies_to_hold_nothing_back() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let ann = Customer::of(&client, "ann");
    let (token, cookie) = (format!("authorization: Bearer {}", client.token), format!("cookie: {}", ann.cookie()));
    for (path, header) in [("/v1/events".to_owned(), token), (format!("/chat/v1/{}/events", ann.chat), cookie)] {
        for version in ["1.0", "1.1"] {
            let (head, first) = begins(&server, version, &path, &header);
            for line in [
                "content-type: text/event-stream",
                "x-accel-buffering: no",
                "cache-control: private, no-store, no-transform",
                "x-content-type-options: nosniff",
            ] {
                assert!(head.lines().any(|told| told == line), "{path} {version} lacks {line}:\n{head}");
            }
            assert_eq!(first, ":", "{path} {version}");
        }
    }
}

#[test]
fn a_server_that_knows_where_it_is_goes_by_that_and_links_there() {
    let data = tempfile::tempdir().unwrap();
    let known = ["https://Support.example:443/", "https://help.example:8443"].map(|text| Address::parse(text).unwrap());
    let settings = Settings { public: known.to_vec(), ..settings() };
    let app = open_set(data.path(), bank_with(|toml| toml), Services::none(), settings);
    let server = Server::serve(app, data);
    let client = server.client(&["admin"]);
    let started = client.post("/v1/chats", &json!({ "customer": "ann" }));
    let secret = started.body["url"].as_str().unwrap().strip_prefix("https://support.example/chat#").unwrap();
    let ann = Customer::with(&client, started.body["id"].as_str().unwrap(), secret);
    let say = |key: &str, origin: &str, host: &str| {
        let headers = [("origin", origin), ("host", host), ("idempotency-key", key)];
        ann.send("messages", &headers, br#"{"text":"hello"}"#)
    };
    // A proxy changed `Host`, and the browser says only which page asks.
    assert_eq!(say("a", "https://support.example", "127.0.0.1:7171").status, 204);
    assert_eq!(say("b", "https://help.example:8443", "127.0.0.1:7171").status, 204);
    for (key, origin) in [
        ("c", "http://support.example"),
        ("d", "https://support.example:8443"),
        ("e", "https://support.example.evil.example"),
        ("f", "https://help.example"),
        ("g", "null"),
    ] {
        let got = say(key, origin, "127.0.0.1:7171");
        refused(&got, 403, "cross_site", "than https://support.example, https://help.example:8443");
    }
    // What `Host` says counts no more: whoever makes it up is not let in.
    refused(&say("h", "https://evil.example", "evil.example"), 403, "cross_site", "another site");
    let browser = [("sec-fetch-site", "same-origin"), ("origin", "https://old.example"), ("idempotency-key", "i")];
    assert_eq!(ann.send("messages", &browser, br#"{"text":"hello"}"#).status, 204, "the browser's word counts first");
}

#[test]
fn who_does_not_say_where_the_server_is_learns_how_to() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let ann = Customer::of(&client, "ann");
    let say = |key: &str, origin: &str, host: &str| {
        let headers = [("origin", origin), ("host", host), ("idempotency-key", key)];
        ann.send("messages", &headers, br#"{"text":"hello"}"#)
    };
    assert_eq!(say("a", "https://support.example", "support.example").status, 204);
    refused(&say("b", "https://support.example", "127.0.0.1:7171"), 403, "cross_site", "--public-url");
}
