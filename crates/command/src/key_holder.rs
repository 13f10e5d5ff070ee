//! A customer's own AI agent, as whoever has its key plays it: the delegate itself, or a thief.

use crate::client::Client;
use anyhow::Context as _;
use remit_app::{environment::clock::Clock as _, environment::clock::SystemClock, operation};
use remit_oauth::{assertion, client::ClientKey, dpop::ProofRequest};
use remit_server::http::address::{self, Addressed, Method};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// A number for each thing that is used once.
static NEXT: AtomicU64 = AtomicU64::new(0);

fn once() -> String {
    format!("once-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct DelegateAnswer {
    /// Its status.
    pub status: u16,
    /// Its content; nothing where that is no JSON.
    pub body: Value,
}

impl DelegateAnswer {
    /// Whether it was done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Why it was refused: OAuth's name for it, or the title of the problem.
    #[must_use]
    pub fn why(&self) -> String {
        let said = |name: &str| self.body.get(name).and_then(Value::as_str);
        said("error").or_else(|| said("title")).unwrap_or("refused").to_owned()
    }
}

/// Whoever has a delegate's key, and perhaps a token.
#[derive(Debug, Clone)]
pub struct KeyHolder {
    agent: ureq::Agent,
    url: String,
    /// Where the server says that it is found.
    issuer: String,
    /// The delegate's identifier.
    pub id: String,
    key: ClientKey,
    nonce: String,
    /// The access token that came last.
    pub token: String,
}

impl KeyHolder {
    /// A delegate that the organisation registers with a server that says that it is found at `issuer`.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn registered(admin: &Client, issuer: &str, key: ClientKey) -> anyhow::Result<Self> {
        let about = json!({
            "name": "Own agent", "class": "autonomous", "owner": issuer,
            "jwks": { "keys": [key.public().to_json()] },
        });
        let registered = admin.post(operation::RegisterDelegate, &[], &about)?;
        let id = registered.get("id").and_then(Value::as_str).context("a delegate was registered without a name")?;
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let (url, issuer, id) = (admin.url().to_owned(), issuer.to_owned(), id.to_owned());
        Ok(Self { agent, url, issuer, id, key, nonce: String::new(), token: String::new() })
    }

    /// The same with a key that nobody registered.
    #[must_use]
    pub fn with_another_key(&self, key: ClientKey) -> Self {
        Self { key, ..self.clone() }
    }

    /// Gets a token for a delegation.
    ///
    /// # Errors
    /// When nothing is answered.
    pub fn get_token(&mut self, delegation: &str) -> anyhow::Result<DelegateAnswer> {
        let details = json!([{ "type": "support_delegation", "identifier": delegation }]).to_string();
        let grant = [("grant_type", "client_credentials"), ("authorization_details", &*details)];
        let answer = self.ask_by(&grant)?;
        if let Some(token) = answer.body.get("access_token").and_then(Value::as_str) {
            self.token = token.to_owned();
        }
        Ok(answer)
    }

    /// Proves from now on with the nonce that another one was given last, which counts for everybody.
    pub fn nonce_of(&mut self, other: &Self) {
        self.nonce.clone_from(&other.nonce);
    }

    /// Has a part of what its token grants given on to another client, who says so with a key.
    ///
    /// # Errors
    /// When nothing is answered.
    pub fn give_on(&mut self, to: &Self) -> anyhow::Result<DelegateAnswer> {
        const TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
        const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
        let actor = to.key.actor(&to.id, &self.issuer, &once(), now())?;
        let subject = self.token.clone();
        self.ask_by(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", &subject),
            ("subject_token_type", TOKEN),
            ("actor_token", &actor),
            ("actor_token_type", JWT),
        ])
    }

    /// Asks the token endpoint by a grant.
    fn ask_by(&mut self, grant: &[(&str, &str)]) -> anyhow::Result<DelegateAnswer> {
        let path = address::path(operation::IssueToken, &[]);
        self.proved(|this| this.form(&path, grant, true))
    }

    /// Has the token that it has revoked.
    ///
    /// # Errors
    /// When nothing is answered.
    pub fn revoke_token(&mut self) -> anyhow::Result<DelegateAnswer> {
        let token = self.token.clone();
        self.form(&address::path(operation::RevokeAccessToken, &[]), &[("token", &token)], false)
    }

    /// The content of a form of the authorization server: who sends it, and the fields.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn form_content(&self, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        let assertion = self.key.assertion(&self.id, &self.issuer, &once(), now())?;
        let shown = [("client_assertion_type", assertion::TYPE), ("client_assertion", &*assertion)];
        let pairs = shown.iter().chain(fields).map(|(name, value)| format!("{name}={}", address::encoded(value)));
        Ok(pairs.collect::<Vec<_>>().join("&"))
    }

    fn form(&mut self, path: &str, fields: &[(&str, &str)], proves: bool) -> anyhow::Result<DelegateAnswer> {
        let content = self.form_content(fields)?;
        let mut request = self.agent.post(format!("{}{path}", self.url));
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if proves {
            request = request.header("dpop", self.proof("POST", path, None)?);
        }
        let response = request.send(content)?;
        self.answered(response)
    }

    /// Asks an operation of delegates, on what `names` says, with its token and a proof.
    ///
    /// # Errors
    /// When nothing is answered.
    pub fn ask<O: Addressed>(
        &mut self,
        operation: O,
        names: &[&str],
        body: Option<&Value>,
    ) -> anyhow::Result<DelegateAnswer> {
        let path = address::path(operation, names);
        let is_read = matches!(O::ADDRESS.method, Method::Get);
        self.proved(|this| this.send(&path, is_read, body))
    }

    /// Sends what goes with a proof, again where that has no nonce that counts, as the first one has not.
    fn proved(&mut self, send: impl Fn(&mut Self) -> anyhow::Result<DelegateAnswer>) -> anyhow::Result<DelegateAnswer> {
        let mut answer = send(self)?;
        for _ in 0..2 {
            if answer.why() != "use_dpop_nonce" {
                break;
            }
            answer = send(self)?;
        }
        Ok(answer)
    }

    fn send(&mut self, path: &str, is_read: bool, body: Option<&Value>) -> anyhow::Result<DelegateAnswer> {
        let token = self.token.clone();
        let proof = self.proof(if is_read { "GET" } else { "POST" }, path, Some(&token))?;
        let (to, shown) = (format!("{}{path}", self.url), format!("DPoP {token}"));
        let response = if is_read {
            self.agent.get(to).header("authorization", shown).header("dpop", proof).call()?
        } else {
            let request = self.agent.post(to).header("authorization", shown).header("dpop", proof);
            request.header("content-type", "application/json").send(body.unwrap_or(&json!({})).to_string())?
        };
        self.answered(response)
    }

    /// A proof for a request, with the nonce that came last.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn proof(&self, method: &str, path: &str, token: Option<&str>) -> anyhow::Result<String> {
        let url = format!("{}{path}", self.issuer);
        let asked = ProofRequest { method, url: &url, access_token: token };
        let nonce = (!self.nonce.is_empty()).then_some(&*self.nonce);
        Ok(self.key.proof(&asked, nonce, &once(), now())?)
    }

    fn answered(&mut self, mut response: ureq::http::Response<ureq::Body>) -> anyhow::Result<DelegateAnswer> {
        if let Some(nonce) = response.headers().get("dpop-nonce").and_then(|nonce| nonce.to_str().ok()) {
            self.nonce = nonce.to_owned();
        }
        let text = response.body_mut().read_to_string()?;
        Ok(DelegateAnswer { status: response.status().as_u16(), body: serde_json::from_str(&text).unwrap_or_default() })
    }
}

/// Asks a customer for a delegation, who says yes by the link; its identifier.
///
/// # Errors
/// When the server refuses.
pub fn consented(crm: &Client, ask: &Value) -> anyhow::Result<String> {
    let asked = crm.post(operation::AskConsent, &[], ask).context("what the customer is asked")?;
    let link = asked.get("url").and_then(Value::as_str).and_then(|url| url.split_once('#'));
    let secret = link.context("a link has no secret")?.1;
    let shown = crm.post(operation::ReadConsent, &[], &json!({ "secret": secret }))?;
    let yes = json!({ "secret": secret, "hash": shown.get("hash"), "seen_ms": 5_000 });
    let granted = crm.post(operation::AcceptConsent, &[], &yes)?;
    Ok(granted.get("id").and_then(Value::as_str).context("a delegation has no name")?.to_owned())
}

fn now() -> i64 {
    SystemClock.now().0
}
