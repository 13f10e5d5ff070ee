//! Delegates whose keys are at an address of their own, and those that are called by the address of a document.

use crate::{
    authorizations::{VERIFIER, code, query, redeemed, sent},
    changed_rows::found,
    delegate::{BACK, Delegate, Desk, usual},
    expected::{Expected as _, put},
    harness::{Client, Got, Server, open_set},
    sample_bundle::BANK,
};
use remit_app::{Settings, governance::services::Services};
use remit_oauth::client::ClientKey;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
};
use tempfile::TempDir;

/// How long what was read counts, and what passes between two attempts, in milliseconds.
const FRESH_MS: i64 = 300_000;
const AGAIN_MS: i64 = 10_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// A delegate's own server, at which its keys are.
pub(crate) struct Host {
    address: SocketAddr,
    state: Arc<Mutex<HostState>>,
}

#[derive(Default)]
struct HostState {
    /// What is answered at each path: a status line and a body.
    pages: BTreeMap<String, (&'static str, String)>,
    asked: Vec<String>,
}

impl Host {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(HostState::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(&stream, &shared);
            }
        });
        Self { address, state }
    }

    fn state(&self) -> MutexGuard<'_, HostState> {
        self.state.lock().unwrap()
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What stands at a path from now on.
    pub(crate) fn put(&self, path: &str, body: &Value) -> String {
        self.answers(path, "200 OK", body.to_string())
    }

    pub(crate) fn answers(&self, path: &str, status: &'static str, body: String) -> String {
        self.state().pages.insert(path.to_owned(), (status, body));
        self.at(path)
    }

    pub(crate) fn put_keys(&self, keys: &[&ClientKey]) -> String {
        self.put("/keys", &json!({ "keys": keys.iter().map(|key| key.public().to_json()).collect::<Vec<_>>() }))
    }

    /// Has a delegate registered that is called by the address of a document here.
    pub(crate) fn is_called_by_document(&self, desk: &Desk) {
        let (keys, at) = (self.put_keys(&[&key(1)]), self.at("/client.json"));
        let document = json!({ "client_id": at, "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": keys });
        self.put("/client.json", &document);
        let owner = format!("http://{}", self.address);
        let registered = register(&desk.admin, &json!({ "client_id_document": at, "owner": owner }));
        assert_eq!(registered.status, 201, "{}", registered.body);
    }

    /// How often something was asked for so far.
    pub(crate) fn asked(&self) -> usize {
        self.state().asked.len()
    }
}

fn answer(mut stream: &TcpStream, state: &Mutex<HostState>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while reader.read_line(&mut line)? > 2 {}
    let (status, body) = {
        let mut state = state.lock().unwrap();
        let page = state.pages.get(&path).cloned().unwrap_or(("404 Not Found", String::new()));
        state.asked.push(path);
        page
    };
    let location = if status.starts_with('3') { "location: /keys\r\n" } else { "" };
    let head = format!("HTTP/1.1 {status}\r\n{location}connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes())
}

fn key(seed: u8) -> ClientKey {
    ClientKey::ed25519(&[seed; 32]).unwrap()
}

/// Registers a delegate by what is said of its keys.
fn register(admin: &Client, by: &Value) -> Got {
    let mut new = json!({ "name": "Muse", "class": "autonomous", "owner": "https://muse.example" });
    new.as_object_mut().unwrap().extend(by.as_object().unwrap().clone());
    admin.post("/v1/delegates", &new)
}

/// A delegate of Ann's that is called so and has this key.
fn played(desk: &Desk, registered: &Got, client: &str, key: ClientKey) -> (Delegate, String) {
    assert_eq!(registered.status, 201, "{}", registered.body);
    let (agent, url) = (desk.admin.agent.clone(), desk.admin.url.clone());
    let now_ms = desk.server.app.environment.now().0;
    let mut muse = Delegate {
        agent,
        url,
        id: registered.body["id"].as_str().unwrap().to_owned(),
        key,
        nonce: String::new(),
        token: String::new(),
        now_ms,
    };
    let delegation = muse.granted_by(&desk.crm, "ann", &usual());
    client.clone_into(&mut muse.id);
    (muse, delegation)
}

/// Asks for a token for a delegation, with the time as it is.
fn token(desk: &Desk, muse: &mut Delegate, delegation: &str) -> Got {
    muse.now_ms = desk.server.app.environment.now().0;
    muse.ask_for(&json!([{ "type": "support_delegation", "identifier": delegation }]), &[])
}

fn refused(got: &Got, says: &str) {
    assert_eq!((got.status, &got.body["error"]), (401, &json!("invalid_client")), "{}", got.body);
    assert!(got.body["error_description"].as_str().unwrap().contains(says), "{}", got.body);
}

/// What verification finds in a data directory.
fn verified(data: &TempDir) -> Vec<String> {
    found(data.path())
}

/// How often a change of this kind is on record of a delegate.
fn told(desk: &Desk, id: &str, kind: &str) -> usize {
    let admin = desk.server.client(&["admin"]);
    let timeline = admin.get(&format!("/v1/streams/delegate/{id}/timeline")).expect(200).to_string();
    assert!(timeline.contains("delegate_registered"), "{timeline}");
    timeline.matches(&format!("\"kind\":\"{kind}\"")).count()
}

#[test]
fn a_key_is_taken_once_it_stands_at_the_address_and_not_any_more_once_it_does_not() {
    let (desk, host) = (Desk::open(), Host::start());
    let at = host.put_keys(&[&key(1)]);
    let registered = register(&desk.admin, &json!({ "jwks_uri": at, "redirect_uris": [BACK] }));
    let id = registered.body["id"].as_str().unwrap().to_owned();
    assert_eq!(registered.body["jwks_uri"], json!(at));
    assert_eq!(registered.body["keys"], json!([key(1).public().thumbprint()]));
    let (mut muse, delegation) = played(&desk, &registered, &id, key(1));
    assert_eq!(token(&desk, &mut muse, &delegation).status, 200);
    let read = host.asked();
    assert_eq!(token(&desk, &mut muse, &delegation).status, 200);
    assert_eq!(host.asked(), read, "what was read just now counts");

    // Another key beside it counts from the first text that it signs.
    host.put_keys(&[&key(1), &key(2)]);
    desk.clock.forward_ms(AGAIN_MS);
    muse.key = key(2);
    assert_eq!(token(&desk, &mut muse, &delegation).status, 200);
    assert_eq!(host.asked(), read + 1);
    muse.key = key(1);
    let got = token(&desk, &mut muse, &delegation);
    muse.token = got.body["access_token"].as_str().unwrap().to_owned();

    // The one that is taken away counts no more once it is read again; what it was given before lives on.
    host.put_keys(&[&key(2)]);
    desk.clock.forward_ms(FRESH_MS - 60_000);
    muse.now_ms = desk.server.app.environment.now().0;
    // The first time it has no nonce that counts any more.
    muse.get("/delegate/v1/cases");
    assert_eq!(muse.get("/delegate/v1/cases").status, 200);
    desk.clock.forward_ms(60_000);
    refused(&token(&desk, &mut muse, &delegation), "no key of the client fits");
    muse.key = key(2);
    assert_eq!(token(&desk, &mut muse, &delegation).status, 200);

    // Both are on record.
    assert_eq!(told(&desk, &id, "refreshed"), 2);
    // By hand they are not changed.
    let by_hand = json!({ "jwks": { "keys": [key(3).public().to_json()] } });
    let got = put(&desk.admin, &format!("/v1/delegates/{id}/keys"), &by_hand);
    assert_eq!((got.status, &got.body["field"]), (422, &json!("jwks")), "{}", got.body);
    assert_eq!(verified(&desk.server.stop()), Vec::<String>::new());
}

#[test]
fn who_signs_by_unknown_keys_has_nobody_asked_more_often() {
    let (desk, host) = (Desk::open(), Host::start());
    let at = host.put_keys(&[&key(1)]);
    let registered = register(&desk.admin, &json!({ "jwks_uri": at }));
    let id = registered.body["id"].as_str().unwrap().to_owned();
    let (mut muse, delegation) = played(&desk, &registered, &id, key(1));
    assert_eq!(token(&desk, &mut muse, &delegation).status, 200);
    let read = host.asked();
    muse.key = key(9);
    for _ in 0..30 {
        refused(&token(&desk, &mut muse, &delegation), "no key of the client fits");
    }
    assert!(host.asked() <= read + 1, "asked {} times", host.asked() - read);
}

#[test]
fn keys_that_cannot_be_read_go_on_to_count_for_a_day_also_after_a_start() {
    let (desk, host) = (Desk::open(), Host::start());
    let at = host.put_keys(&[&key(1)]);
    let registered = register(&desk.admin, &json!({ "jwks_uri": at }));
    let id = registered.body["id"].as_str().unwrap().to_owned();
    let (mut muse, delegation) = played(&desk, &registered, &id, key(1));
    assert_eq!(token(&desk, &mut muse, &delegation).status, 200);
    for status in ["500 Internal Server Error", "503 Service Unavailable", "429 Too Many Requests"] {
        host.answers("/keys", status, String::new());
        desk.clock.forward_ms(FRESH_MS);
        assert_eq!(token(&desk, &mut muse, &delegation).status, 200, "{status}");
    }
    assert_eq!(told(&desk, &id, "unread"), 1, "since when is said once");
    desk.clock.forward_ms(DAY_MS);
    // Whoever waits for another one that reads is told the same.
    let answers: Vec<Got> = std::thread::scope(|scope| {
        let ask = || {
            let mut muse = muse.clone();
            scope.spawn({
                let (desk, delegation) = (&desk, &delegation);
                move || token(desk, &mut muse, delegation)
            })
        };
        let asking: Vec<_> = (0..8).map(|_| ask()).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    answers.iter().for_each(|got| refused(got, "could not be read at their address for a day"));
    host.put_keys(&[&key(1)]);
    desk.clock.forward_ms(AGAIN_MS);
    assert_eq!(token(&desk, &mut muse, &delegation).status, 200);
    assert_eq!(told(&desk, &id, "refreshed"), 1, "that it can be read again");
    assert_eq!(verified(&desk.server.stop()), Vec::<String>::new());
}

#[test]
fn a_delegate_whose_address_says_that_there_is_no_key_has_none() {
    let (desk, host) = (Desk::open(), Host::start());
    let at = host.put_keys(&[&key(1)]);
    let registered = register(&desk.admin, &json!({ "jwks_uri": at }));
    let id = registered.body["id"].as_str().unwrap().to_owned();
    let (mut muse, delegation) = played(&desk, &registered, &id, key(1));
    for (status, body) in [
        ("200 OK", json!({ "keys": [] }).to_string()),
        ("200 OK", json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB" }] }).to_string()),
        ("200 OK", "<html>".to_owned()),
        ("200 OK", json!({ "keys": [], "more": "x".repeat(70_000) }).to_string()),
        ("302 Found", String::new()),
        ("404 Not Found", String::new()),
        ("410 Gone", String::new()),
    ] {
        host.put_keys(&[&key(1)]);
        desk.clock.forward_ms(AGAIN_MS);
        assert_eq!(token(&desk, &mut muse, &delegation).status, 200, "it has its key again");
        host.answers("/keys", status, body);
        desk.clock.forward_ms(FRESH_MS);
        refused(&token(&desk, &mut muse, &delegation), "no key of the client fits");
    }
    assert_eq!(verified(&desk.server.stop()), Vec::<String>::new());
}

#[test]
fn a_delegate_is_called_by_the_address_of_its_document() {
    let (desk, host) = (Desk::open(), Host::start());
    let at = host.at("/client.json");
    let document = |back: &str| {
        json!({ "client_id": at, "client_name": "Muse", "token_endpoint_auth_method": "private_key_jwt",
            "redirect_uris": [back], "jwks_uri": host.at("/keys") })
    };
    host.put_keys(&[&key(1)]);
    host.put("/client.json", &document(BACK));
    let owner = format!("http://{}", host.address);
    let new = json!({ "client_id_document": at, "owner": owner });
    let registered = register(&desk.admin, &new);
    assert_eq!(registered.body["client_id_document"], json!(at), "{}", registered.body);
    assert_eq!(registered.body["redirect_uris"], json!([BACK]));
    let id = registered.body["id"].as_str().unwrap().to_owned();
    let again = register(&desk.admin, &new);
    assert_eq!((again.status, &again.body["field"]), (422, &json!("client_id_document")), "{}", again.body);

    // It is called by the address wherever a client is named, and by its identifier as well.
    let (mut muse, delegation) = played(&desk, &registered, &at, key(1));
    assert_eq!(token(&desk, &mut muse, &delegation).status, 200);
    id.clone_into(&mut muse.id);
    assert_eq!(token(&desk, &mut muse, &delegation).status, 200);
    at.clone_into(&mut muse.id);
    let brought = code(&desk, &query(&muse, &[]));
    muse.now_ms = desk.server.app.environment.now().0;
    let redeemed = redeemed(&mut muse, &brought, BACK, VERIFIER);
    assert_eq!(redeemed.status, 200, "{}", redeemed.body);
    muse.token = redeemed.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(muse.get("/delegate/v1/cases").status, 200);

    // Where browsers are sent back to follows the document, once it is read again.
    let other = "https://muse.example/other";
    host.put("/client.json", &document(other));
    let to_other = query(&muse, &[("redirect_uri", other)]);
    assert_eq!(sent(&desk.crm, &to_other).status, 422);
    desk.clock.forward_ms(FRESH_MS);
    assert_eq!(sent(&desk.crm, &to_other).status, 303);
    assert_eq!(sent(&desk.crm, &query(&muse, &[])).status, 422, "what it said before counts no more");

    // Nobody else is called by an address, whatever stands there.
    muse.id = host.put("/other.json", &document(BACK));
    refused(&token(&desk, &mut muse, &delegation), "no such delegate");
    let read = host.asked();
    assert_eq!(sent(&desk.crm, &query(&muse, &[])).status, 422);
    assert_eq!(host.asked(), read, "an address of nobody's was read");
    assert_eq!(verified(&desk.server.stop()), Vec::<String>::new());
}

#[test]
fn a_document_that_is_another_clients_or_shares_a_secret_is_refused() {
    let (desk, host) = (Desk::open(), Host::start());
    host.put_keys(&[&key(1)]);
    let (at, owner) = (host.at("/client.json"), format!("http://{}", host.address));
    let good = json!({ "client_id": at, "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": host.at("/keys"), "redirect_uris": [BACK] });
    let check = |changed: Value, says: &str| {
        let mut document = good.clone();
        document.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        host.put("/client.json", &document);
        let got = register(&desk.admin, &json!({ "client_id_document": at, "owner": owner }));
        assert_eq!((got.status, &got.body["field"]), (422, &json!("client_id_document")), "{changed}: {}", got.body);
        assert!(got.body["detail"].as_str().unwrap().contains(says), "{changed}: {}", got.body);
    };
    check(json!({ "client_id": "https://muse.example/client.json" }), "client_id");
    check(json!({ "client_secret": "s3cret" }), "client_secret");
    check(json!({ "token_endpoint_auth_method": "none" }), "private_key_jwt");
    check(json!({ "token_endpoint_auth_method": "client_secret_basic" }), "private_key_jwt");
    check(json!({ "jwks": { "keys": [] } }), "either jwks or jwks_uri");
    check(json!({ "jwks_uri": "https://192.168.0.1/keys" }), "--private-host");
    check(json!({ "jwks_uri": host.at("/nothing") }), "404");
    check(json!({ "redirect_uris": ["http://muse.example/back"] }), "https");
    check(json!({ "redirect_uris": ["https://muse.example/?code=1"] }), "code");
    check(json!({ "redirect_uris": vec![BACK; 9] }), "at most 8");
    check(json!({ "more": "x".repeat(20_000) }), "longer than 16384 bytes");
    let elsewhere = register(&desk.admin, &json!({ "client_id_document": at }));
    assert_eq!((elsewhere.status, &elsewhere.body["field"]), (422, &json!("client_id_document")));
    assert!(elsewhere.body["detail"].as_str().unwrap().contains("origin of the owner"), "{}", elsewhere.body);
}

#[test]
fn what_is_no_address_of_keys_is_refused_when_a_delegate_is_registered() {
    let (desk, host) = (Desk::open(), Host::start());
    host.put_keys(&[&key(1)]);
    let check = |by: Value, field: &str, says: &str| {
        let got = register(&desk.admin, &by);
        assert_eq!((got.status, &got.body["field"]), (422, &json!(field)), "{by}: {}", got.body);
        assert!(got.body["detail"].as_str().unwrap().contains(says), "{by}: {}", got.body);
    };
    let jwks = json!({ "keys": [key(1).public().to_json()] });
    check(json!({}), "jwks", "one of them alone");
    check(json!({ "jwks": jwks, "jwks_uri": host.at("/keys") }), "jwks", "one of them alone");
    check(json!({ "jwks_uri": "http://muse.example/keys" }), "jwks_uri", "https://");
    check(json!({ "jwks_uri": "https://me:secret@muse.example/keys" }), "jwks_uri", "password");
    check(json!({ "jwks_uri": "https://10.1.2.3/keys" }), "jwks_uri", "--private-host");
    check(json!({ "jwks_uri": "https://[::1]/keys" }), "jwks_uri", "--private-host");
    check(json!({ "jwks_uri": "file:///etc/passwd" }), "jwks_uri", "https://");
    check(json!({ "jwks_uri": host.at("/nothing") }), "jwks_uri", "404");
    check(json!({ "jwks_uri": host.answers("/moved", "302 Found", String::new()) }), "jwks_uri", "302");
    check(json!({ "jwks_uri": host.answers("/html", "200 OK", "<html>".to_owned()) }), "jwks_uri", "not JSON");
    check(json!({ "jwks_uri": host.put("/none", &json!({ "keys": [] })) }), "jwks_uri", "holds no key");
    let private = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "x": "A".repeat(43), "d": "A".repeat(43) }] });
    check(json!({ "jwks_uri": host.put("/private", &private) }), "jwks_uri", "holds no key");
    let long = json!({ "keys": [], "more": "x".repeat(70_000) });
    check(json!({ "jwks_uri": host.put("/long", &long) }), "jwks_uri", "longer than 65536 bytes");
    check(json!({ "client_id_document": "https://muse.example" }), "client_id_document", "path");
    check(json!({ "client_id_document": "https://muse.example/a/../b" }), "client_id_document", "path");
    let both = json!({ "client_id_document": "https://muse.example/client.json", "redirect_uris": [BACK] });
    check(both, "redirect_uris", "leave it out");
    assert_eq!(desk.admin.get("/v1/delegates").body, json!([]), "nobody was registered");
}

#[test]
fn nobody_has_the_server_read_keys_within_its_own_network() {
    let host = Host::start();
    host.put_keys(&[&key(1)]);
    let data = tempfile::tempdir().unwrap();
    let app = open_set(data.path(), Arc::clone(&BANK), Services::none(), Settings::default());
    let server = Server::serve(app, data);
    let admin = server.client(&["admin"]);
    for at in [host.at("/keys"), host.at("/keys").replace("127.0.0.1", "localhost")] {
        let got = register(&admin, &json!({ "jwks_uri": at }));
        assert_eq!((got.status, &got.body["field"]), (422, &json!("jwks_uri")), "{at}: {}", got.body);
        assert!(got.body["detail"].as_str().unwrap().contains("--private-host"), "{at}: {}", got.body);
    }
    assert_eq!(host.asked(), 0, "it knocked");
}
