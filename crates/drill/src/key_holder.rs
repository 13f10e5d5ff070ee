//! A customer's own AI agent, as whoever has its key plays it: the delegate itself, or a thief.

use crate::desk::{Desk, ISSUER};
use anyhow::Context as _;
use remit_app::{environment::clock::Clock as _, environment::clock::SystemClock, operation};
use remit_oauth::{assertion, client::ClientKey, dpop::ProofRequest};
use remit_server::http::address::{self, Addressed, Method};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// A number for each thing that is used once.
static NEXT: AtomicU64 = AtomicU64::new(0);

fn once() -> String {
    format!("drill-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What was answered.
#[derive(Debug, Clone)]
pub(crate) struct DelegateAnswer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl DelegateAnswer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Why it was refused: OAuth's name for it, or the title of the problem.
    pub(crate) fn why(&self) -> String {
        let said = |name: &str| self.body.get(name).and_then(Value::as_str);
        said("error").or_else(|| said("title")).unwrap_or("refused").to_owned()
    }
}

/// Whoever has a delegate's key, and perhaps a token.
#[derive(Debug, Clone)]
pub(crate) struct KeyHolder {
    agent: ureq::Agent,
    url: String,
    /// The delegate's identifier.
    pub(crate) id: String,
    key: ClientKey,
    nonce: String,
    /// The access token that came last.
    pub(crate) token: String,
}

impl KeyHolder {
    /// A delegate that the organisation registers.
    pub(crate) fn registered(desk: &Desk) -> anyhow::Result<Self> {
        let key = fresh_key(desk)?;
        let about = json!({
            "name": "Drill", "class": "autonomous", "owner": "https://drill.example",
            "jwks": { "keys": [key.public().to_json()] },
        });
        let registered = desk.admin.post(operation::RegisterDelegate, &[], &about)?;
        let id = registered.get("id").and_then(Value::as_str).context("a delegate was registered without a name")?;
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let (url, id) = (desk.url.clone(), id.to_owned());
        Ok(Self { agent, url, id, key, nonce: String::new(), token: String::new() })
    }

    /// The same with a key that nobody registered.
    pub(crate) fn with_another_key(&self, desk: &Desk) -> anyhow::Result<Self> {
        Ok(Self { key: fresh_key(desk)?, ..self.clone() })
    }

    /// Its public key, for who replaces it.
    pub(crate) fn another_set(&self, desk: &Desk) -> anyhow::Result<Value> {
        Ok(json!({ "keys": [fresh_key(desk)?.public().to_json()] }))
    }

    /// Gets a token for a delegation.
    pub(crate) fn get_token(&mut self, delegation: &str) -> anyhow::Result<DelegateAnswer> {
        let details = json!([{ "type": "support_delegation", "identifier": delegation }]).to_string();
        let grant = [("grant_type", "client_credentials"), ("authorization_details", &*details)];
        let answer = self.ask_by(&grant)?;
        if let Some(token) = answer.body.get("access_token").and_then(Value::as_str) {
            self.token = token.to_owned();
        }
        Ok(answer)
    }

    /// Has a part of what its token grants given on to another client, who says so with a key.
    pub(crate) fn give_on(&mut self, to: &Self) -> anyhow::Result<DelegateAnswer> {
        const TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
        const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
        let actor = to.key.actor(&to.id, ISSUER, &once(), now())?;
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
    pub(crate) fn revoke_token(&mut self) -> anyhow::Result<DelegateAnswer> {
        let token = self.token.clone();
        self.form(&address::path(operation::RevokeAccessToken, &[]), &[("token", &token)], false)
    }

    fn form(&mut self, path: &str, fields: &[(&str, &str)], proves: bool) -> anyhow::Result<DelegateAnswer> {
        let assertion = self.key.assertion(&self.id, ISSUER, &once(), now())?;
        let shown = [("client_assertion_type", assertion::TYPE), ("client_assertion", &*assertion)];
        let pairs = shown.iter().chain(fields).map(|(name, value)| format!("{name}={}", address::encoded(value)));
        let mut request = self.agent.post(format!("{}{path}", self.url));
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if proves {
            request = request.header("dpop", self.proof("POST", path, None)?);
        }
        let response = request.send(pairs.collect::<Vec<_>>().join("&"))?;
        self.answered(response)
    }

    /// Asks an operation of delegates, on what `names` says, with its token and a proof.
    pub(crate) fn ask<O: Addressed>(
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

    fn proof(&self, method: &str, path: &str, token: Option<&str>) -> anyhow::Result<String> {
        let url = format!("{ISSUER}{path}");
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

fn now() -> i64 {
    SystemClock.now().0
}

/// A pair of keys that nobody has.
fn fresh_key(desk: &Desk) -> anyhow::Result<ClientKey> {
    Ok(ClientKey::ed25519(&desk.app.environment.entropy.bytes()?)?)
}
