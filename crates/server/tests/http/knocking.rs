//! Agents that sign their requests, as tests play them, and a server that they knock at.

use crate::{
    delegate::{ISSUER, once},
    expected::Expected as _,
    hands::OwnClock,
    harness::{Client, Got, Server, got, open_at, settings},
    key_addresses::Host,
    sample_bundle::BANK,
};
use remit_app::{Settings, environment::limits::Limits, governance::services::Services};
use remit_oauth::{client::ClientKey, web_bot_auth::DIRECTORY};
use remit_policy::address::Address;
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const DAY_MS: i64 = 24 * 3_600_000;
pub(crate) const CASES: &str = "/v1/cases";

pub(crate) fn directory() -> String {
    format!("/.well-known/{DIRECTORY}")
}

pub(crate) fn key(seed: u8) -> ClientKey {
    ClientKey::ed25519(&[seed; 32]).unwrap()
}

/// An agent with a key, and the host at which it says that it has it.
pub(crate) struct Agent<'a> {
    pub(crate) host: &'a Host,
    pub(crate) key: ClientKey,
}

/// What is signed otherwise than usual.
pub(crate) struct Signs<'a> {
    pub(crate) authority: &'a str,
    pub(crate) created_ms: i64,
    pub(crate) expires_ms: i64,
    pub(crate) nonce: Option<String>,
    /// Who it says signed.
    pub(crate) agent: String,
}

impl<'a> Agent<'a> {
    /// One that has its key in its directory.
    pub(crate) fn of(host: &'a Host, seed: u8) -> Self {
        let key = key(seed);
        host.put(&directory(), &json!({ "keys": [key.public().to_json()] }));
        Self { host, key }
    }

    pub(crate) fn name(&self) -> String {
        self.host.at("")
    }

    pub(crate) fn usually(&self, desk: &Door) -> Signs<'static> {
        let now = desk.server.app.environment.now().0;
        let authority = ISSUER.strip_prefix("https://").unwrap();
        Signs { authority, created_ms: now, expires_ms: now + MINUTE_MS, nonce: Some(once()), agent: self.name() }
    }

    /// The headers of a signed request.
    pub(crate) fn signed(&self, signs: &Signs<'_>) -> Vec<(String, String)> {
        let Signs { authority, created_ms, expires_ms, nonce, agent } = signs;
        let nonce = nonce.as_ref().map_or_else(String::new, |nonce| format!(";nonce=\"{nonce}\""));
        let input = format!(
            "(\"@authority\" \"signature-agent\";key=\"sig1\");created={};expires={};keyid=\"{}\"{nonce};\
             tag=\"web-bot-auth\"",
            created_ms / 1_000,
            expires_ms / 1_000,
            self.key.public().thumbprint(),
        );
        let base = format!(
            "\"@authority\": {authority}\n\"signature-agent\";key=\"sig1\": \"{agent}\"\n\"@signature-params\": {input}"
        );
        vec![
            ("signature-input".to_owned(), format!("sig1={input}")),
            ("signature".to_owned(), format!("sig1={}", self.key.message_signature(&base).unwrap())),
            ("signature-agent".to_owned(), format!("sig1=\"{agent}\"")),
        ]
    }

    /// Knocks as usual.
    pub(crate) fn knock(&self, desk: &Door) -> Got {
        desk.knock(&self.signed(&self.usually(desk)))
    }
}

/// A server that knows where it is found.
pub(crate) struct Door {
    pub(crate) server: Server,
    pub(crate) clock: OwnClock,
    pub(crate) admin: Client,
}

impl Door {
    pub(crate) fn open(limits: Limits) -> Self {
        Self::with(Settings { limits, public: vec![Address::parse(ISSUER).unwrap()], ..settings() })
    }

    /// With enough room for a test.
    pub(crate) fn roomy() -> Self {
        Self::open(Limits { knocks: 100_000, knocks_each: 100_000, ..Limits::default() })
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let (data, clock) = (tempfile::tempdir().unwrap(), OwnClock::new());
        let app = open_at(data.path(), Arc::clone(&BANK), Services::none(), settings, Box::new(clock.clone()));
        let server = Server::serve(app, data);
        let admin = server.client(&["admin"]);
        Self { server, clock, admin }
    }

    /// Sends a request with these headers and no others; again where the keys of who signed are being read.
    pub(crate) fn knock(&self, headers: &[(String, String)]) -> Got {
        loop {
            let got = self.get(CASES, headers);
            if got.body["signature"] != "keys_unread" || got.headers["retry-after"] != "1" {
                return got;
            }
        }
    }

    pub(crate) fn get(&self, path: &str, headers: &[(String, String)]) -> Got {
        let mut request = self.admin.agent.get(format!("{}{path}", self.admin.url));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        got("get", path, request.call().unwrap())
    }

    pub(crate) fn agents(&self) -> Vec<Value> {
        // A token of its own: days pass in some tests.
        self.server.client(&["admin"]).get("/v1/agents?limit=200").expect(200)["items"].as_array().unwrap().clone()
    }

    /// What is on record of a host, from the first record on.
    pub(crate) fn on_record(&self, host: &str) -> Vec<Value> {
        let told = self.server.client(&["admin"]).get(&format!("/v1/streams/agent/{host}/timeline")).expect(200);
        told["items"].as_array().unwrap().iter().map(|item| item["event"].clone()).collect()
    }
}

pub(crate) fn recognised(got: &Got, agent: &str) {
    let (status, kind) = (got.status, &got.body["type"]);
    assert_eq!((status, kind), (401, &json!("/problems/prove_whom_you_act_for")), "{}", got.body);
    assert_eq!(got.body["agent"], json!(agent));
}

pub(crate) fn not_recognised(got: &Got, why: &str) {
    let (status, kind) = (got.status, &got.body["type"]);
    assert_eq!((status, kind), (401, &json!("/problems/signature_not_recognised")), "{}", got.body);
    assert_eq!(got.body["signature"], json!(why), "{}", got.body);
    assert!(got.headers["accept-signature"].to_str().unwrap().contains("web-bot-auth"));
}
