//! Who carries actions out, as the bundle in force declares them.

use remit_policy::{
    bundle::Bundle,
    manifest::{self, ConnectorKind},
};
use remit_responders::{
    ConnectorService, Failure,
    connector::{ConnectorAsked, Outcome},
    signature::SigningSecret,
};
use serde_json::{Map, Value};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Every connector of a bundle, by name.
#[derive(Debug, Default)]
pub struct Connectors(HashMap<String, Arc<Connector>>);

/// One who carries actions out.
#[derive(Debug)]
pub struct Connector {
    service: ConnectorService,
    /// How it is declared.
    pub(crate) declared: manifest::Connector,
}

impl Connectors {
    /// Those of `bundle`, with secrets from `environment` and the time in seconds from `now`.
    ///
    /// # Errors
    /// When a secret is missing or an address cannot be used.
    pub(crate) fn of(
        bundle: &Bundle,
        environment: &dyn Fn(&str) -> Option<String>,
        now: fn() -> i64,
    ) -> Result<Self, String> {
        let mut connectors = HashMap::new();
        for declared in bundle.connectors() {
            let told = |what: String| format!("connector `{}`: {what}", declared.name);
            let connector = Connector::of(declared, environment, now).map_err(told)?;
            connectors.insert(declared.name.clone(), Arc::new(connector));
        }
        Ok(Self(connectors))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Connector>> {
        self.0.get(name)
    }
}

impl Connector {
    fn of(
        declared: &manifest::Connector,
        environment: &dyn Fn(&str) -> Option<String>,
        now: fn() -> i64,
    ) -> Result<Self, String> {
        match (declared.kind, &declared.url, &declared.secret_env) {
            (ConnectorKind::Webhook, Some(url), Some(name)) => {
                let secret = environment(name);
                let lacks = || format!("set the environment variable {name}, which holds its secret");
                let secret = SigningSecret::parse(&secret.ok_or_else(lacks)?).map_err(|error| error.to_string())?;
                let deadline = Duration::from_millis(declared.deadline_ms.into());
                let service = ConnectorService::new(url, secret, deadline, now).map_err(|error| error.to_string())?;
                Ok(Self { service, declared: declared.clone() })
            }
            _ => Err("it is not declared whole".to_owned()),
        }
    }

    /// What is true of a request.
    pub(crate) async fn facts(&self, id: &str, asked: &ConnectorAsked) -> Result<Map<String, Value>, Failure> {
        self.service.facts(id, asked).await
    }

    /// What became of a request that it is asked to carry out, or to find.
    pub(crate) async fn outcome(&self, id: &str, asked: &ConnectorAsked) -> Result<Outcome, Failure> {
        self.service.outcome(id, asked).await
    }
}
