//! A delegate as tests play it: with a key of its own, an access token, and a proof for each request.

use crate::{
    asking::connected,
    expected::put,
    hands::OwnClock,
    harness::{Client, Got, Server, got, open_at, settings},
    sample_bundle::BANK,
};
use remit_app::Settings;
use remit_oauth::{assertion, client::ClientKey, dpop::ProofRequest};
use remit_policy::address::Address;
pub(crate) use remit_server::http::address::encoded;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Where the servers of these tests say that they are found.
pub(crate) const ISSUER: &str = "https://support.northgate.example";

/// Where they say that customers sign in.
pub(crate) const SIGN_IN: &str = "https://northgate.example/sign-in?for=remit";

/// Where delegates have customers' browsers sent back to.
pub(crate) const BACK: &str = "https://muse.example/back";

/// A number for each thing that is used once.
static NEXT: AtomicU64 = AtomicU64::new(0);

pub(crate) fn once() -> String {
    format!("once-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A customer's own AI agent.
#[derive(Clone)]
pub(crate) struct Delegate {
    pub(crate) agent: ureq::Agent,
    pub(crate) url: String,
    pub(crate) id: String,
    pub(crate) key: ClientKey,
    /// The nonce that came last.
    pub(crate) nonce: String,
    pub(crate) token: String,
    pub(crate) now_ms: i64,
}

/// What is granted where a test says nothing else.
pub(crate) fn usual() -> Value {
    json!({
        "scopes": ["support:ask", "case:open", "case:read", "case:write"],
        "actions": ["refund_charge", "freeze_card", "close_account"],
        "limits": { "max_amount": { "minor": 5_000, "currency": "GBP" }, "max_count": 3 },
    })
}

impl Delegate {
    /// One that the organisation registers, with a key made of `seed`.
    pub(crate) fn registered(server: &Server, admin: &Client, seed: u8, class: &str) -> Self {
        let key = ClientKey::ed25519(&[seed; 32]).unwrap();
        let registered = admin.post(
            "/v1/delegates",
            &json!({
                "name": "Muse", "class": class, "owner": "https://muse.example",
                "jwks": { "keys": [key.public().to_json()] }, "redirect_uris": [BACK],
            }),
        );
        assert_eq!(registered.status, 201, "{}", registered.body);
        let id = registered.body["id"].as_str().unwrap().to_owned();
        let now_ms = server.app.environment.now().0;
        let (agent, url) = (admin.agent.clone(), admin.url.clone());
        Self { agent, url, id, key, nonce: String::new(), token: String::new(), now_ms }
    }

    /// The link by which a customer is asked to let it act.
    pub(crate) fn asked_of(&self, crm: &Client, customer: &str, grant: &Value) -> String {
        let mut asked = json!({ "customer": customer, "delegate": self.id });
        asked.as_object_mut().unwrap().extend(grant.as_object().unwrap().clone());
        let made = crm.post("/v1/consents", &asked);
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
    }

    /// The delegation that a customer grants.
    pub(crate) fn granted_by(&self, crm: &Client, customer: &str, grant: &Value) -> String {
        let secret = self.asked_of(crm, customer, grant);
        let shown = page(crm, "read", &json!({ "secret": secret }));
        assert_eq!(shown.status, 200, "{}", shown.body);
        let accepted = page(crm, "accept", &json!({ "secret": secret, "hash": shown.body["hash"], "seen_ms": 4_000 }));
        assert_eq!(accepted.status, 200, "{}", accepted.body);
        accepted.body["id"].as_str().unwrap().to_owned()
    }

    /// Sends a form to the authorization server, with a proof where one is given.
    pub(crate) fn form(&mut self, path: &str, fields: &[(&str, &str)], proof: Option<&str>) -> Got {
        let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let mut request = self.agent.post(format!("{}{path}", self.url));
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        let mut response = request.send(pairs.collect::<Vec<_>>().join("&")).unwrap();
        let body = serde_json::from_slice(&response.body_mut().read_to_vec().unwrap()).unwrap_or_default();
        let got = Got { status: response.status().as_u16(), body, headers: response.headers().clone() };
        self.note(&got);
        got
    }

    fn note(&mut self, got: &Got) {
        if let Some(nonce) = got.headers.get("dpop-nonce") {
            self.nonce = nonce.to_str().unwrap().to_owned();
        }
    }

    pub(crate) fn assertion(&self) -> String {
        self.key.assertion(&self.id, ISSUER, &once(), self.now_ms).unwrap()
    }

    /// A proof for a request at this path, with the token where one is sent with it.
    pub(crate) fn proof(&self, method: &str, path: &str, token: Option<&str>) -> String {
        let url = format!("{ISSUER}{path}");
        let asked = ProofRequest { method, url: &url, access_token: token };
        self.key.proof(&asked, Some(&self.nonce), &once(), self.now_ms).unwrap()
    }

    /// Asks for a token for a delegation, with more fields than that.
    pub(crate) fn ask_for(&mut self, details: &Value, more: &[(&str, &str)]) -> Got {
        let details = details.to_string();
        let fields = [("grant_type", "client_credentials"), ("authorization_details", &details)];
        self.ask_by(&[&fields, more].concat())
    }

    /// Asks for a token by a grant.
    pub(crate) fn ask_by(&mut self, grant: &[(&str, &str)]) -> Got {
        let mut got = None;
        // The first time it has no nonce that counts.
        for _ in 0..2 {
            let (assertion, proof) = (self.assertion(), self.proof("POST", "/oauth/token", None));
            let shown = [("client_assertion_type", assertion::TYPE), ("client_assertion", &*assertion)];
            let fields = [&shown, grant].concat();
            let answer = self.form("/oauth/token", &fields, Some(&proof));
            let again = answer.body["error"] == "use_dpop_nonce";
            got = Some(answer);
            if !again {
                break;
            }
        }
        got.unwrap()
    }

    /// What is said of a token, where it is its own.
    pub(crate) fn form_introspect(&mut self, token: &str) -> Value {
        let shown = self.assertion();
        let fields = [("client_assertion_type", assertion::TYPE), ("client_assertion", &*shown), ("token", token)];
        self.form("/oauth/introspect", &fields, None).body
    }

    /// Gets a token for a delegation.
    pub(crate) fn get_token(&mut self, delegation: &str) {
        let got = self.ask_for(&json!([{ "type": "support_delegation", "identifier": delegation }]), &[]);
        assert_eq!(got.status, 200, "{}", got.body);
        self.token = got.body["access_token"].as_str().unwrap().to_owned();
    }

    /// Asks something with its token and a proof.
    pub(crate) fn ask(&mut self, method: &'static str, path: &str, body: Option<&Value>) -> Got {
        let proof = self.proof(&method.to_uppercase(), path.split('?').next().unwrap(), Some(&self.token));
        let token = self.token.clone();
        let got = self.send(method, path, &[("authorization", &format!("DPoP {token}")), ("dpop", &proof)], body);
        self.note(&got);
        got
    }

    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Got {
        self.ask("post", path, Some(body))
    }

    pub(crate) fn get(&mut self, path: &str) -> Got {
        self.ask("get", path, None)
    }

    /// Asks something with these headers and no others.
    pub(crate) fn send(&self, method: &'static str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Got {
        let url = format!("{}{path}", self.url);
        let response = if method == "get" {
            let request =
                headers.iter().fold(self.agent.get(url), |request, (name, value)| request.header(*name, *value));
            request.call()
        } else {
            let request =
                headers.iter().fold(self.agent.post(url), |request, (name, value)| request.header(*name, *value));
            match body {
                Some(body) => request.header("content-type", "application/json").send(body.to_string()),
                None => request.send_empty(),
            }
        };
        got(method, path, response.unwrap())
    }

    /// Opens a case, and gives its identifier.
    pub(crate) fn open(&mut self, text: &str) -> String {
        let opened = self.post("/delegate/v1/cases", &json!({ "text": text }));
        assert_eq!(opened.status, 201, "{}", opened.body);
        opened.body["case"].as_str().unwrap().to_owned()
    }
}

/// What a customer's browser sends from the page of a link.
pub(crate) fn page(client: &Client, path: &str, body: &Value) -> Got {
    page_in(client, "", path, body)
}

/// The same from a browser that has these cookies.
pub(crate) fn page_in(client: &Client, cookies: &str, path: &str, body: &Value) -> Got {
    let path = format!("/consent/v1/{path}");
    let request = client.agent.post(format!("{}{path}", client.url)).header("content-type", "application/json");
    let request = if cookies.is_empty() { request } else { request.header("cookie", cookies) };
    got("post", &path, request.send(body.to_string()).unwrap())
}

/// A server that knows where it is found, with who runs it and a program of the organisation's.
pub(crate) struct Desk {
    pub(crate) server: Server,
    pub(crate) clock: OwnClock,
    pub(crate) admin: Client,
    pub(crate) crm: Client,
}

impl Desk {
    pub(crate) fn open() -> Self {
        let (data, clock) = (tempfile::tempdir().unwrap(), OwnClock::new());
        let settings = Settings {
            public: vec![Address::parse(ISSUER).unwrap()],
            customer_sign_in: Some(SIGN_IN.to_owned()),
            ..settings()
        };
        let app = open_at(data.path(), Arc::clone(&BANK), connected(&BANK), settings, Box::new(clock.clone()));
        let server = Server::serve(app, data);
        let (admin, crm) = (server.client(&["admin"]), server.client(&["integration"]));
        let core = server.client_as(&["integration"], None, Some("core-banking"));
        for (customer, account) in [("ann", "cust-1020"), ("ben", "cust-1009")] {
            let known =
                put(&core, &format!("/v1/customers/{customer}/facts"), &json!({ "facts": { "account": account } }));
            assert_eq!(known.status, 200, "{}", known.body);
        }
        Self { server, clock, admin, crm }
    }

    pub(crate) fn delegate(&self, seed: u8) -> Delegate {
        Delegate::registered(&self.server, &self.admin, seed, "autonomous")
    }

    /// A delegate with a token for a delegation of Ann's; and the delegation.
    pub(crate) fn for_ann(&self, seed: u8, grant: &Value) -> (Delegate, String) {
        let mut muse = self.delegate(seed);
        let delegation = muse.granted_by(&self.crm, "ann", grant);
        muse.get_token(&delegation);
        (muse, delegation)
    }
}
