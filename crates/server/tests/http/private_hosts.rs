//! Nobody has the server knock at doors of its own network: where webhooks may go, and where not.

use crate::{
    harness::{Client, Server, id, open_set, settings},
    inbox::Inbox,
    sample_bundle::BANK,
};
use remit_app::{Settings, governance::services::Services};
use remit_responders::reach::PrivateHosts;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;

/// A server on which nobody named hosts without public addresses.
fn guarded(data: TempDir) -> Server {
    of(data, Settings::default())
}

fn of(data: TempDir, settings: Settings) -> Server {
    Server::serve(open_set(data.path(), Arc::clone(&BANK), Services::none(), settings), data)
}

fn subscribe(client: &Client, url: &str) -> Value {
    let got = client.post("/v1/subscriptions", &json!({ "name": "crm", "url": url, "after": 0 }));
    assert_eq!(got.status, 201, "{url}: {}", got.body);
    got.body
}

/// What comes of a test message.
fn tested(client: &Client, subscription: &Value) -> Value {
    let got = client.post(&format!("/v1/subscriptions/{}/test", id(subscription)), &json!({}));
    assert_eq!(got.status, 200, "{}", got.body);
    got.body
}

#[test]
fn a_host_that_is_no_public_address_is_refused_when_a_subscription_is_made() {
    let server = guarded(tempfile::tempdir().unwrap());
    let client = server.client(&["admin"]);
    for host in [
        "127.0.0.1:8080",
        "10.0.0.7",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "[::1]:80",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::a00:1]",
        "[fd00::1]",
        "[fe80::1]",
        "[::]",
        "[2002:7f00:1::]",
    ] {
        let got = client.post("/v1/subscriptions", &json!({ "name": "crm", "url": format!("https://{host}/") }));
        assert_eq!((got.status, &got.body["field"]), (422, &json!("url")), "{host}: {}", got.body);
        assert!(got.body.to_string().contains("--private-host"), "{host}: {}", got.body);
    }
    assert_eq!(client.get("/v1/subscriptions").body, json!([]), "nothing was made");
}

#[test]
fn a_name_is_held_to_what_it_leads_to_when_it_is_connected_to() {
    let (server, inbox) = (guarded(tempfile::tempdir().unwrap()), Inbox::start());
    let client = server.client(&["admin"]);
    let address = inbox.url().replace("127.0.0.1", "localhost");
    let subscription = subscribe(&client, &address);
    let came = tested(&client, &subscription);
    assert_eq!(came["delivered"], false, "{came}");
    assert!(came["failure"].as_str().unwrap().contains("--private-host"), "{came}");
    // It is tried again, and says why nothing comes through.
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    let stands = loop {
        let stands = client.get(&path).body;
        if stands["state"] == "failing" {
            break stands;
        }
    };
    assert!(stands["last_failure"]["failure"].as_str().unwrap().contains("private network"), "{stands}");
    assert!(inbox.wait(|_| true).is_empty(), "it knocked");
    let data = server.stop();
    let named = Settings { private_hosts: PrivateHosts::new(["localhost".to_owned()]), ..Settings::default() };
    let server = of(data, named);
    let client = server.client(&["admin"]);
    assert_eq!(tested(&client, &subscription)["delivered"], true);
    inbox.wait(|arrived| arrived.iter().any(|message| message.json()["type"] == "remit.test.v1"));
    // By another name it is another host.
    let got = client.post("/v1/subscriptions", &json!({ "name": "crm", "url": inbox.url() }));
    assert_eq!(got.status, 422, "{}", got.body);
}

#[test]
fn what_was_made_before_says_why_nothing_is_sent_once_its_host_is_not_named_any_more() {
    let inbox = Inbox::start();
    let server = of(tempfile::tempdir().unwrap(), settings());
    let subscription = subscribe(&server.client(&["admin"]), &inbox.url());
    assert_eq!(tested(&server.client(&["admin"]), &subscription)["delivered"], true);
    let server = guarded(server.stop());
    let client = server.client(&["admin"]);
    inbox.forget();
    let got = client.post(&format!("/v1/subscriptions/{}/test", id(&subscription)), &json!({}));
    assert!(got.body.to_string().contains("--private-host"), "{}", got.body);
    client.open("ann", "My card was declined.");
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    let stands = loop {
        let stands = client.get(&path).body;
        if stands["state"] == "failing" {
            break stands;
        }
    };
    assert!(stands["last_failure"]["failure"].as_str().unwrap().contains("--private-host"), "{stands}");
    let arrived = inbox.wait(|_| true);
    assert!(arrived.is_empty(), "{arrived:?}");
}
