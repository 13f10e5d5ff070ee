//! What people are shown of the sandbox back office: what it did, and what it has of its customers.

use crate::{
    Caller, Environment, Parts,
    access::auth,
    bounds::CUSTOMER_MAX,
    input::ShowSandbox,
    operation::{GetSandboxCustomerRefusal, GetSandboxRefusal},
    refused::{Kind, Refused},
};
use remit_policy::{actions::Permission, manifest::ConnectorKind};
pub use remit_sandbox::{Cell, Customer, Statement, Table};
use remit_sandbox::{Failure, Sandbox};
use std::sync::Arc;

/// Rows of one page.
const PAGE: usize = 50;

/// What the sandbox did, and for whom it may.
#[derive(Debug)]
pub struct SandboxPage {
    /// The name of the organisation.
    pub organisation: String,
    /// The key that was looked for.
    pub key: Option<String>,
    /// What was done: for the key, or the newest, newest first.
    pub effects: Vec<Statement>,
    /// The reference before which older ones begin.
    pub older: Option<String>,
    /// Customers by their identifiers.
    pub customers: Vec<Customer>,
    /// The identifier after which more begin.
    pub more: Option<String>,
}

/// A page of the sandbox.
///
/// # Errors
/// [`GetSandboxRefusal`] says when each arises.
pub async fn page(parts: &Parts, caller: &Caller, asked: ShowSandbox) -> Result<SandboxPage, GetSandboxRefusal> {
    permitted(parts, caller)?;
    let ShowSandbox { key, before, after } = asked;
    for (name, value) in [("key", &key), ("before", &before), ("after", &after)] {
        if value.as_ref().is_some_and(|value| value.len() > CUSTOMER_MAX) {
            return Err(Refused::invalid(name, format!("has more than {CUSTOMER_MAX} bytes")).into());
        }
    }
    let key = key.filter(|key| !key.is_empty());
    let wanted = key.clone();
    let read = move |sandbox: &Sandbox, _| {
        let effects = match (&wanted, &before) {
            (Some(key), _) => sandbox.effect(key)?.into_iter().collect(),
            (None, Some(before)) => sandbox.effects_before(before, PAGE)?,
            (None, None) => sandbox.effects(PAGE)?,
        };
        Ok((effects, sandbox.customers(after.as_deref().unwrap_or_default(), PAGE)?))
    };
    let (effects, customers) = read_in(&parts.environment, read).await?;
    let older = effects.last().filter(|_| effects.len() == PAGE).map(|last| last.reference.clone());
    let more = customers.last().filter(|_| customers.len() == PAGE).map(|last| last.id.clone());
    let organisation = parts.governance.bundle.name().to_owned();
    Ok(SandboxPage { organisation, key, effects, older, customers, more })
}

/// What the sandbox has of a customer.
///
/// # Errors
/// [`GetSandboxCustomerRefusal`] says when each arises.
pub async fn customer(parts: &Parts, caller: &Caller, id: &str) -> Result<Vec<Table>, GetSandboxCustomerRefusal> {
    permitted(parts, caller)?;
    let of = id.to_owned();
    let tables = read_in(&parts.environment, move |sandbox, now| sandbox.customer(&of, now)).await?;
    match tables.is_empty() {
        true => Err(Refused::new(Kind::NotFound, "the sandbox has no such customer").into()),
        false => Ok(tables),
    }
}

/// Whether `caller` may see the sandbox, and there is one to be seen.
fn permitted(parts: &Parts, caller: &Caller) -> Result<(), Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::SANDBOX_READ)?;
    let connectors = parts.governance.bundle.connectors();
    if connectors.iter().any(|connector| connector.kind == ConnectorKind::Sandbox) {
        return Ok(());
    }
    let none = "the bundle in force has no [[connector]] of `kind = \"sandbox\"`";
    Err(Refused::new(Kind::NotFound, none)
        .cured_by("docs/sandbox.md says what the sandbox is, and how one is declared."))
}

/// Reads in the sandbox of the data directory, on a thread where it may wait for the disk, at the moment now.
async fn read_in<T: Send + 'static>(
    environment: &Arc<Environment>,
    read: impl FnOnce(&Sandbox, i64) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Refused> {
    let now = environment.now();
    let opened = Arc::clone(environment);
    let reading = move || read(&*opened.sandbox.open(now)?, now.0);
    environment.processors.off_thread(reading).await?.map_err(Refused::internal)
}
