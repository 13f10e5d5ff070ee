//! An HTTP service of the organisation's as who carries actions out: asked as the bundle in force declares for each
//! action, and understood as that says.

use crate::environment::entropy::Entropy;
use remit_domain::{
    id::{RequestId, Timestamp},
    request::short_key,
};
use remit_policy::{
    action::{Answered, HttpAsk, HttpMapping, HttpRequest, Unsendable},
    bundle::Bundle,
    manifest::{self, ClientAuth},
};
use remit_responders::{
    ApiKey, Failure, RestService,
    connector::{ConnectorAsked, ConnectorOutcome, StatedEffect, Wanted},
    oauth::{ClientCredentials, ClientKey, ClientProof, SigningKey},
    rest::RestCall,
};
use serde_json::{Map, Value, json};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// An HTTP service, with how it is asked for each action.
#[derive(Debug)]
pub(super) struct HttpService {
    service: RestService,
    asked_for: HashMap<String, HttpMapping>,
}

impl HttpService {
    /// As `bundle` declares it.
    ///
    /// # Errors
    /// When a secret is missing or an address cannot be used.
    pub(super) fn of(
        bundle: &Bundle,
        declared: &manifest::Connector,
        environment: &dyn Fn(&str) -> Option<String>,
        now: fn() -> i64,
    ) -> Result<Self, String> {
        let url = declared.url.as_deref().unwrap_or_default();
        let tokens = declared.oauth.as_ref().map(|oauth| credentials(oauth, environment, now)).transpose()?;
        let deadline = Duration::from_millis(declared.deadline_ms.into());
        let service = RestService::new(url, tokens, &declared.key_header, deadline);
        let of_it = bundle.catalogue().iter().filter(|spec| spec.connector == declared.name);
        let asked_for = of_it.filter_map(|spec| Some((spec.name.to_string(), spec.http.clone()?))).collect();
        Ok(Self { service: service.map_err(|error| error.to_string())?, asked_for })
    }

    /// What is true of a request now.
    ///
    /// # Errors
    /// When it does not say so.
    pub(super) async fn facts(&self, asked: &ConnectorAsked, now: Timestamp) -> Result<Map<String, Value>, Failure> {
        let facts = self.asked_for.get(&asked.action).and_then(|mapping| mapping.facts.as_ref());
        let ask = facts.ok_or_else(|| unmapped("facts"))?;
        let answer = self.service.ask(&call(ask, asked).map_err(unsendable)?).await?;
        let told = ask.answer.told(answer.status, answer.body.as_ref(), now.0);
        told.map_err(|why| answer.unclear(why))
    }

    /// What became of a request that it is asked to carry out, or to find.
    ///
    /// # Errors
    /// When nothing is known of what became of it.
    pub(super) async fn outcome(&self, asked: &ConnectorAsked) -> Result<ConnectorOutcome, Failure> {
        let mapping = self.asked_for.get(&asked.action);
        let (ask, executes) = match asked.wanted {
            Wanted::Execute => (mapping.map(|mapping| &mapping.execute), true),
            Wanted::Find | Wanted::Facts => (mapping.and_then(|mapping| mapping.find.as_ref()), false),
        };
        let ask = ask.ok_or_else(|| unmapped("this"))?;
        let call = match call(ask, asked) {
            Ok(call) => call,
            // Nothing was sent, so that nothing happens.
            Err(why) if executes => return Ok(ConnectorOutcome::Refused(why.to_string())),
            Err(why) => return Err(unsendable(why)),
        };
        let answer = self.service.ask(&call).await?;
        let short = of_request(asked).map(|id| short_key(id).to_string()).unwrap_or_default();
        match ask.answer.outcome(answer.status, answer.body.as_ref(), &[&asked.key, &short]) {
            Answered::Done { reference, amount, at } => {
                Ok(ConnectorOutcome::Done(StatedEffect { reference, amount, at }))
            }
            Answered::Refused(why) => Ok(ConnectorOutcome::Refused(why)),
            Answered::NotFound => Ok(ConnectorOutcome::NotFound),
            Answered::Unclear(why) => Err(answer.unclear(why)),
        }
    }
}

fn credentials(
    oauth: &manifest::OAuth,
    environment: &dyn Fn(&str) -> Option<String>,
    now: fn() -> i64,
) -> Result<ClientCredentials, String> {
    let secret = || {
        let name = oauth.secret_env.as_deref().unwrap_or_default();
        let secret = environment(name).filter(|secret| !secret.is_empty());
        let secret = secret.ok_or_else(|| format!("set the environment variable {name}, which holds its secret"))?;
        Ok::<_, String>(ApiKey::new(secret))
    };
    let proof = match oauth.client_auth {
        ClientAuth::ClientSecretBasic => ClientProof::Basic(secret()?),
        ClientAuth::ClientSecretPost => ClientProof::Post(secret()?),
        ClientAuth::PrivateKeyJwt => ClientProof::Key(Box::new(signing_key(oauth, now)?)),
    };
    let with = [("scope", &oauth.scope), ("audience", &oauth.audience), ("resource", &oauth.resource)];
    Ok(ClientCredentials {
        token_url: oauth.token_url.clone(),
        client_id: oauth.client_id.clone(),
        proof,
        with: with.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect(),
    })
}

/// The key by which it is seen who asks, with what it signs.
fn signing_key(oauth: &manifest::OAuth, now: fn() -> i64) -> Result<SigningKey, String> {
    let path = oauth.key_file.as_deref().unwrap_or_default();
    let document = std::fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))?;
    let key = ClientKey::from_pem(&document).map_err(|error| format!("{path}: {error}"))?;
    let entropy = Entropy::default();
    Ok(SigningKey {
        key,
        kid: oauth.key_id.clone(),
        audience: oauth.key_audience.clone().unwrap_or_else(|| oauth.token_url.clone()),
        now,
        random: Arc::new(move || entropy.bytes().ok()),
    })
}

/// What is sent.
fn call(ask: &HttpAsk, asked: &ConnectorAsked) -> Result<RestCall, Unsendable> {
    let mut told = json!(asked);
    if let (Some(id), Some(members)) = (of_request(asked), told.as_object_mut()) {
        members.insert("short_key".to_owned(), json!(short_key(id)));
    }
    let HttpRequest { method, path, body } = ask.request(&told)?;
    let key = (asked.wanted == Wanted::Execute).then(|| asked.key.clone());
    Ok(RestCall { method: method.as_str(), path, body, key })
}

fn of_request(asked: &ConnectorAsked) -> Option<RequestId> {
    asked.request.parse().ok()
}

fn unmapped(what: &str) -> Failure {
    Failure::Unsendable(format!("the bundle does not say how the service is asked for {what}"))
}

fn unsendable(why: Unsendable) -> Failure {
    Failure::Unsendable(why.to_string())
}
