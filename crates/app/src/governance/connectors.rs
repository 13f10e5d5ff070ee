//! Who carries actions out, as the bundle in force declares them: a service of the organisation's that
//! speaks Remit's own form or is asked as its actions say, or the sandbox.

use super::http_service::HttpService;
use crate::{Environment, environment::clock::rfc3339};
use remit_domain::id::Timestamp;
use remit_policy::{
    bundle::Bundle,
    manifest::{self, ConnectorKind},
};
use remit_responders::{
    ConnectorService, Failure,
    connector::{ConnectorAsked, ConnectorOutcome, StatedEffect, Wanted},
    signature::SigningSecret,
};
use remit_sandbox::{self as sandbox, Ask, Sandbox, Statement};
use serde_json::{Map, Value};
use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

/// Every connector of a bundle, by name.
#[derive(Debug, Default)]
pub struct Connectors {
    by_name: HashMap<String, Arc<Connector>>,
    /// By what those of an earlier bundle are set up, which were told of requests that are not over.
    setup: Option<Setup>,
}

/// Where secrets are looked up.
type Secrets = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// By what connectors are set up.
#[derive(Clone)]
struct Setup {
    secrets: Secrets,
    now: fn() -> i64,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").finish_non_exhaustive()
    }
}

/// One who carries actions out.
#[derive(Debug)]
pub struct Connector {
    reached: Reached,
    /// How it is declared.
    pub(crate) declared: manifest::Connector,
}

#[derive(Debug)]
enum Reached {
    Webhook(Box<ConnectorService>),
    Http(Box<HttpService>),
    Sandbox,
}

impl Connectors {
    /// Those of `bundle`, with secrets from `environment` and the time in seconds from `now`.
    ///
    /// # Errors
    /// When a secret is missing or an address cannot be used.
    pub(crate) fn of(bundle: &Bundle, secrets: Secrets, now: fn() -> i64) -> Result<Self, String> {
        let setup = Setup { secrets, now };
        let mut by_name = HashMap::new();
        for declared in bundle.connectors() {
            by_name.insert(declared.name.clone(), Arc::new(setup.connector(bundle, declared)?));
        }
        Ok(Self { by_name, setup: Some(setup) })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Connector>> {
        self.by_name.get(name)
    }

    /// The one of this name as a bundle that governed before declares it, with the secrets of now.
    ///
    /// # Errors
    /// When a secret is missing, or there is none of this name.
    pub(crate) fn earlier(&self, bundle: &Bundle, name: &str) -> Result<Arc<Connector>, String> {
        let declared = bundle.connectors().iter().find(|declared| declared.name == name);
        match (declared, &self.setup) {
            (Some(declared), Some(setup)) => Ok(Arc::new(setup.connector(bundle, declared)?)),
            _ => Err(format!("connector `{name}`: there is none")),
        }
    }
}

impl Setup {
    fn connector(&self, bundle: &Bundle, declared: &manifest::Connector) -> Result<Connector, String> {
        let told = |what: String| format!("connector `{}`: {what}", declared.name);
        let reached = Reached::of(bundle, declared, &*self.secrets, self.now).map_err(told)?;
        Ok(Connector { reached, declared: declared.clone() })
    }
}

impl Reached {
    fn of(
        bundle: &Bundle,
        declared: &manifest::Connector,
        environment: &dyn Fn(&str) -> Option<String>,
        now: fn() -> i64,
    ) -> Result<Self, String> {
        match (declared.kind, &declared.url, &declared.secret_env) {
            (ConnectorKind::Sandbox, ..) => Ok(Self::Sandbox),
            (ConnectorKind::Http, ..) => Ok(Self::Http(Box::new(HttpService::of(bundle, declared, environment, now)?))),
            (ConnectorKind::Webhook, Some(url), Some(name)) => {
                let secret = environment(name);
                let lacks = || format!("set the environment variable {name}, which holds its secret");
                let secret = SigningSecret::parse(&secret.ok_or_else(lacks)?).map_err(|error| error.to_string())?;
                let deadline = Duration::from_millis(declared.deadline_ms.into());
                let service = ConnectorService::new(url, secret, deadline, now).map_err(|error| error.to_string())?;
                Ok(Self::Webhook(Box::new(service)))
            }
            (ConnectorKind::Webhook, ..) => Err("a webhook has a `url` and a `secret_env`".to_owned()),
        }
    }
}

impl Connector {
    /// From when on what it was asked for at a moment and does not know is never begun.
    pub(crate) fn settled(&self, asked: Timestamp) -> Timestamp {
        let ms = match self.reached {
            Reached::Http(_) => i64::from(self.declared.settled_seconds) * 1_000,
            // They are told themselves until when they may begin.
            Reached::Webhook(_) | Reached::Sandbox => i64::from(self.declared.deadline_ms),
        };
        asked.plus_ms(ms)
    }

    /// What is true of a request. A call to a service is made under `id`.
    ///
    /// # Errors
    /// When it does not say so.
    pub(crate) async fn facts(
        &self,
        environment: &Arc<Environment>,
        id: &str,
        asked: &ConnectorAsked,
    ) -> Result<Map<String, Value>, Failure> {
        match &self.reached {
            Reached::Webhook(service) => service.facts(id, asked).await,
            Reached::Http(service) => service.facts(asked, environment.now()).await,
            Reached::Sandbox => {
                let facts = |sandbox: &Sandbox, asked: &ConnectorAsked, now: Timestamp| {
                    let ask = Ask { action: &asked.action, arguments: &asked.arguments, customer: None };
                    sandbox.facts(&ask, now.0)
                };
                in_sandbox(environment, asked, facts).await?.map_err(untold)
            }
        }
    }

    /// What became of a request that it is asked to carry out, or to find.
    ///
    /// # Errors
    /// When nothing is known of what became of it.
    pub(crate) async fn outcome(
        &self,
        environment: &Arc<Environment>,
        id: &str,
        asked: &ConnectorAsked,
    ) -> Result<ConnectorOutcome, Failure> {
        match &self.reached {
            Reached::Webhook(service) => service.outcome(id, asked).await,
            Reached::Http(service) => service.outcome(asked).await,
            Reached::Sandbox => {
                let outcome = |sandbox: &Sandbox, asked: &ConnectorAsked, now: Timestamp| match asked.wanted {
                    Wanted::Execute => {
                        let ask = Ask { action: &asked.action, arguments: &asked.arguments, customer: None };
                        sandbox.execute(&asked.key, &asked.hash, &ask, now.0).map(Some)
                    }
                    Wanted::Find | Wanted::Facts => sandbox.find(&asked.key),
                };
                match in_sandbox(environment, asked, outcome).await? {
                    Ok(Some(statement)) => Ok(ConnectorOutcome::Done(stated(statement))),
                    Ok(None) => Ok(ConnectorOutcome::NotFound),
                    Err(sandbox::Failure::Refused(refusal)) => Ok(ConnectorOutcome::Refused(refusal.to_string())),
                    Err(failure) => Err(untold(failure)),
                }
            }
        }
    }
}

/// What the sandbox of the data directory answers, on a thread where it may wait for the disk.
async fn in_sandbox<T: Send + 'static>(
    environment: &Arc<Environment>,
    asked: &ConnectorAsked,
    answer: impl FnOnce(&Sandbox, &ConnectorAsked, Timestamp) -> Result<T, sandbox::Failure> + Send + 'static,
) -> Result<Result<T, sandbox::Failure>, Failure> {
    let (sandbox, asked) = (Arc::clone(environment), asked.clone());
    let answered = environment.processors.off_thread(move || {
        let now = sandbox.now();
        answer(&*sandbox.sandbox.open(now)?, &asked, now)
    });
    answered.await.map_err(|_| Failure::Cut)
}

fn untold(failure: sandbox::Failure) -> Failure {
    match failure {
        sandbox::Failure::NoAnswer => Failure::Timeout,
        other => Failure::Malformed(other.to_string()),
    }
}

fn stated(statement: Statement) -> StatedEffect {
    let amount = statement.amount.map(|money| (money.minor, money.currency.to_string()));
    StatedEffect { reference: statement.reference, amount, at: Some(rfc3339(Timestamp(statement.at_ms))) }
}
