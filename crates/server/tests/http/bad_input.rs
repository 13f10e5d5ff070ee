//! What bad input gets: a problem of a documented kind that says what to change, and nothing done.

use crate::harness::{Client, Server, id};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// Sends a body and holds the refusal against what is documented.
fn refused(client: &Client, path: &str, body: &[u8], status: u16, kind: &str, names: &str) {
    let got = client.send(path, &[("content-type", "application/json")], body);
    let shown = String::from_utf8_lossy(body.get(..60).unwrap_or(body)).into_owned();
    assert_eq!(got.status, status, "{path} {shown}: {}", got.body);
    assert_eq!(got.body["type"], format!("/problems/{kind}"), "{path} {shown}: {}", got.body);
    assert!(got.body["detail"].as_str().unwrap().contains(names), "{path} {shown}: {}", got.body);
    assert!(got.body["cure"].as_str().is_some_and(|cure| !cure.is_empty()));
    assert_eq!(got.headers["content-type"], "application/problem+json");
    let page = client.get(&format!("/problems/{kind}"));
    assert_eq!(page.status, 200, "the problem's page");
}

#[test]
fn who_may_not_act_is_not_told_which_names_there_are() {
    let server = Server::start();
    let case = server.client(&["integration"]).open("ann", "my card has not arrived");
    let client = server.client(&["auditor"]);
    for (path, body) in [
        ("overrides", json!({ "to": "nobody", "reason": "x" })),
        ("transfer", json!({ "to": "nobody", "epoch": 1 })),
        ("consults", json!({ "queue": "nobody", "question": "x", "epoch": 1 })),
        ("exceptions", json!({ "owner": "nobody", "due_at": "2999-01-01T00:00:00Z", "reason": "x" })),
    ] {
        let refused = client.post(&format!("/v1/cases/{}/{path}", id(&case)), &body);
        assert_eq!(refused.status, 403, "{path}: {}", refused.body);
    }
}

#[test]
fn every_malformed_body_is_refused_and_does_nothing() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let case = client.open("ann", "my card has not arrived");
    let before = client.get("/readyz").body["records"].clone();
    let at = |rest: &str| format!("/v1/cases/{}/{rest}", id(&case));
    let open = |change: &dyn Fn(&mut Value)| {
        let mut body = json!({ "customer": "ann", "text": "hello", "channel": "chat" });
        change(&mut body);
        body.to_string().into_bytes()
    };
    let deep = [b"{\"text\":".as_slice(), &b"[".repeat(100_000)].concat();
    let rows: Vec<(String, Vec<u8>, u16, &str, &str)> = vec![
        ("/v1/cases".into(), b"".to_vec(), 400, "malformed", "EOF"),
        ("/v1/cases".into(), b"{\"customer\": \"ann\",".to_vec(), 400, "malformed", "line 1"),
        ("/v1/cases".into(), b"{\"customer\": \"\xff\xfe\"}".to_vec(), 400, "malformed", "byte 14"),
        ("/v1/cases".into(), deep, 422, "invalid", "expected a string"),
        ("/v1/cases".into(), b"[]".to_vec(), 422, "invalid", "names each member"),
        ("/v1/cases".into(), b" [\"ann\", \"hello\"]".to_vec(), 422, "invalid", "names each member"),
        ("/v1/cases".into(), b"null".to_vec(), 422, "invalid", ""),
        ("/v1/cases".into(), open(&|b| b["texts"] = json!("x")), 422, "invalid", "unknown field `texts`"),
        ("/v1/cases".into(), open(&|b| b["text"] = json!("")), 422, "invalid", "`text`"),
        ("/v1/cases".into(), open(&|b| b["text"] = json!(" \n\t ")), 422, "invalid", "`text`"),
        ("/v1/cases".into(), open(&|b| b["text"] = json!("x".repeat(32_769))), 422, "invalid", "32768"),
        ("/v1/cases".into(), open(&|b| b["text"] = json!(7)), 422, "invalid", "expected a string"),
        ("/v1/cases".into(), open(&|b| b["customer"] = json!("y".repeat(257))), 422, "invalid", "`customer`"),
        ("/v1/cases".into(), open(&|b| b["channel"] = json!("pigeon")), 422, "invalid", "pigeon"),
        ("/v1/cases".into(), open(&|b| b["requester"] = json!("root")), 422, "invalid", "root"),
        ("/v1/cases".into(), open(&|b| b["signals"] = json!([{ "name": "nope", "value": 1 }])), 422, "invalid", "nope"),
        (
            "/v1/cases".into(),
            open(&|b| b["signals"] = json!([{ "name": "account_frozen", "value": 3 }])),
            422,
            "invalid",
            "account_frozen",
        ),
        (
            "/v1/cases".into(),
            open(&|b| b["signals"] = json!([{ "name": "customer_tier", "value": "emperor" }])),
            422,
            "invalid",
            "customer_tier",
        ),
        (
            "/v1/cases".into(),
            open(&|b| b["signals"] = json!(vec![json!({ "name": "account_frozen", "value": true }); 65])),
            422,
            "invalid",
            "64",
        ),
        ("/v1/cases".into(), vec![b' '; 10 << 20], 413, "too_large", "262144"),
        (at("fields"), b"{\"fields\":{\"a\":1,\"b\":2,\"a\":3}}".to_vec(), 422, "invalid", "\"a\" is named twice"),
        (
            "/v1/cases".into(),
            b"{\"customer\":\"c\",\"text\":\"x\",\"channel\":\"web\",\"fields\":{\"a\":1,\"a\":1}}".to_vec(),
            422,
            "invalid",
            "\"a\" is named twice",
        ),
        (
            "/v1/chats".into(),
            b"{\"customer\":\"c\",\"facts\":{\"a\":1,\"a\":1}}".to_vec(),
            422,
            "invalid",
            "\"a\" is named twice",
        ),
        (at("messages"), b"{\"text\":\"x\",\"epoch\":-1}".to_vec(), 422, "invalid", "epoch"),
        (at("messages"), b"{\"text\":\"x\",\"epoch\":1e99}".to_vec(), 422, "invalid", ""),
        (at("messages"), b"{\"text\":\"x\",\"epoch\":99999999999999999999999}".to_vec(), 422, "invalid", ""),
        (
            at("messages"),
            b"{\"text\":\"x\",\"epoch\":18446744073709551615}".to_vec(),
            409,
            "lease_lost",
            "18446744073709551615",
        ),
        (at("handoffs"), b"{\"epoch\":1,\"reason\":\"bored\"}".to_vec(), 422, "invalid", "bored"),
        (at("signals"), b"{\"signals\":[]}".to_vec(), 422, "invalid", "at least one"),
        (
            at("overrides"),
            b"{\"to\":\"nobody\",\"reason\":\"x\"}".to_vec(),
            422,
            "invalid",
            "`nobody`; it has everyday-ai",
        ),
        (at("overrides"), b"{\"to\":\"No One!\",\"reason\":\"x\"}".to_vec(), 422, "invalid", "`to`"),
        (at("overrides"), b"{\"to\":\"general\",\"reason\":\"\"}".to_vec(), 422, "invalid", "`reason`"),
        (
            at("exceptions"),
            b"{\"owner\":\"nobody\",\"due_at\":\"2027-01-01T00:00:00Z\",\"reason\":\"x\"}".to_vec(),
            422,
            "invalid",
            "nobody",
        ),
        (
            at("exceptions"),
            b"{\"owner\":\"head-of-support\",\"due_at\":\"tomorrow\",\"reason\":\"x\"}".to_vec(),
            422,
            "invalid",
            "due_at",
        ),
        (at("reopen"), b"{\"reason\":\"x\"}".to_vec(), 409, "conflict", "open"),
        ("/v1/cases/cas_nope/messages".into(), b"{\"text\":\"x\"}".to_vec(), 404, "not_found", ""),
        (
            "/v1/cases/cas_01ARZ3NDEKTSV4RRFFQ69G5FAV/messages".into(),
            b"{\"text\":\"x\"}".to_vec(),
            404,
            "not_found",
            "cas_01ARZ3",
        ),
        (
            "/v1/exceptions/exc_01ARZ3NDEKTSV4RRFFQ69G5FAV/resolve".into(),
            b"{\"reason\":\"x\"}".to_vec(),
            404,
            "not_found",
            "",
        ),
        ("/v1/decisions/dec_01ARZ3NDEKTSV4RRFFQ69G5FAV/replay".into(), b"".to_vec(), 404, "not_found", ""),
        ("/v1/customers/erase".into(), b"{\"customer\":\"nobody\"}".to_vec(), 404, "not_found", ""),
        ("/v1/tokens".into(), b"{\"name\":\"x\",\"roles\":[\"king\"],\"days\":1}".to_vec(), 422, "invalid", "king"),
        ("/v1/tokens".into(), b"{\"name\":\"x\",\"roles\":[\"lead\"],\"days\":9999}".to_vec(), 422, "invalid", "days"),
    ];
    for (path, body, status, kind, names) in rows {
        refused(&client, &path, &body, status, kind, names);
    }
    assert_eq!(client.get("/readyz").body["records"], before, "nothing was recorded");
}

#[test]
fn addresses_methods_headers_and_parameters_are_checked() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let problem = |got: crate::harness::Got, status: u16, kind: &str| {
        assert_eq!((got.status, &got.body["type"]), (status, &json!(format!("/problems/{kind}"))), "{}", got.body);
    };
    problem(client.get("/v1/nothing"), 404, "not_found");
    problem(client.get("/v1/cases/xyz"), 404, "not_found");
    problem(client.get("/v1/cases/%ff%fe"), 404, "not_found");
    // What to do fits what was not found.
    let rolled_back = client.post("/v1/bundles/rollback", &json!({ "reason": "x" }));
    for (got, cure) in [
        (client.get("/v1/nothing"), "/v1/openapi.json"),
        (client.get("/v1/cases/xyz"), "listed at the address before it"),
        (client.get("/v1/customers/nobody/facts"), "facts are to be noted first"),
        (client.delete("/v1/staff/nobody"), "list of staff"),
        (rolled_back, "Nothing can be rolled back to"),
    ] {
        assert_eq!(got.status, 404, "{}", got.body);
        assert!(got.body["cure"].as_str().unwrap().contains(cure), "{}", got.body);
    }
    problem(client.delete("/v1/cases"), 405, "method_not_allowed");
    for query in ["limit=0", "limit=201", "limit=-1", "limit=x", "status=lost", "colour=red", "after=cas_x"] {
        problem(client.get(&format!("/v1/cases?{query}")), 422, "invalid");
    }
    // A place that no page tells is none at which a list is at its end.
    let case = client.open("ann", "my card has not arrived");
    let lists = [format!("/v1/cases/{}/requests", id(&case)), format!("/v1/cases/{}/messages", id(&case))];
    let lists = lists.iter().map(String::as_str).chain([
        "/v1/cases",
        "/v1/exceptions",
        "/v1/overrides",
        "/v1/reconciliations",
        "/v1/bundles",
    ]);
    for list in lists {
        let got = client.get(&format!("{list}?after=zzz"));
        assert_eq!((got.status, &got.body["field"]), (422, &json!("after")), "{list}: {}", got.body);
    }
    problem(client.get("/v1/events?after=minus-one"), 422, "invalid");
    problem(client.send("/v1/cases", &[("content-type", "text/plain")], b"{}"), 415, "media_type");
    problem(client.send("/v1/cases", &[], b"{}"), 415, "media_type");
    for key in ["", &"k".repeat(256), "a b\u{e9}"] {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        problem(
            client.send("/v1/cases", &headers, b"{\"customer\":\"a\",\"text\":\"b\",\"channel\":\"chat\"}"),
            422,
            "invalid",
        );
    }
}

#[test]
fn bytes_that_are_not_http_do_no_harm() {
    let server = Server::start();
    let address = server.url.strip_prefix("http://").unwrap();
    for bytes in [
        b"\0\x01\x02garbage\r\n\r\n".to_vec(),
        b"POST /v1/cases HTTP/1.1\r\nhost: x\r\ncontent-length: banana\r\n\r\n".to_vec(),
        b"POST /v1/cases HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde".to_vec(),
        [b"GET / HTTP/1.1\r\nx: ".as_slice(), &b"a".repeat(1 << 20), b"\r\n\r\n"].concat(),
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        // The server may close before it has read everything.
        let _ = stream.write_all(&bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
    assert_eq!(server.client(&["lead"]).get("/readyz").status, 200);
}
