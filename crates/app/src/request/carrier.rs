//! Who was told to carry a request out. It was told under the bundle under which the request was asked for: under
//! another one the request is void. So whoever asks what became of it asks as that bundle declares, wherever the one in
//! force sends new requests.

use super::evaluate;
use crate::{Governance, Journal, governance::connectors::Connector, refused::Refused};
use remit_domain::{
    id::{OwnerId, Timestamp},
    request::Request,
};
use remit_policy::{action::ActionSpec, bundle::Bundle};
use std::sync::Arc;

/// Who was told, and under which bundle.
#[derive(Debug)]
pub(super) struct Carrier {
    bundle: Arc<Bundle>,
    pub(super) connector: Arc<Connector>,
}

impl Carrier {
    /// Who was told of `request`; in words why nobody can be asked, where that is so.
    pub(super) async fn of(governance: &Governance, journal: &Journal, request: &Request) -> Result<Self, String> {
        let in_force = &governance.bundle;
        if request.standing.bundle == *in_force.digest() {
            let bundle = Arc::clone(in_force);
            let spec = spec(&bundle, request)?;
            let connector = evaluate::connector(governance, spec).map_err(|refused| refused.detail)?;
            return Ok(Self { connector: Arc::clone(connector), bundle });
        }
        let bundle = journal.bundle(&request.standing.bundle, None).await;
        let bundle = bundle.map_err(|_| "the rules under which it was begun cannot be read any more".to_owned())?;
        let name = &spec(&bundle, request)?.connector;
        Ok(Self { connector: governance.services.connectors().earlier(&bundle, name)?, bundle })
    }

    /// The action as that bundle declares it.
    pub(super) fn spec(&self, request: &Request) -> Result<&ActionSpec, String> {
        spec(&self.bundle, request)
    }
}

fn spec<'b>(bundle: &'b Bundle, request: &Request) -> Result<&'b ActionSpec, String> {
    let lacks = || format!("the rules under which it was begun have no action `{}`", request.action);
    bundle.requested(request.action.as_str()).ok_or_else(lacks)
}

/// The name of who was told to carry a request out, or would be.
pub(crate) fn named<'r>(bundle: &'r Bundle, request: &'r Request) -> Option<&'r str> {
    let told = request.connector.as_ref().map(|connector| connector.as_str());
    told.or_else(|| Some(bundle.requested(request.action.as_str())?.connector.as_str()))
}

/// Who sees to what went wrong with a request: the owner of who was told, or who owns exceptions.
pub(super) fn owner(governance: &Governance, request: &Request) -> OwnerId {
    let bundle = &governance.bundle;
    let declared = named(bundle, request)
        .and_then(|name| bundle.connectors().iter().find(|connector| connector.name == name))
        .and_then(|connector| OwnerId::new(connector.owner.as_ref()?).ok());
    declared.unwrap_or_else(|| bundle.terms().exception_owner.clone())
}

/// When its connector was told to carry a request out.
pub(super) async fn begun(journal: &Journal, request: &Request) -> Result<Timestamp, Refused> {
    let under_way = super::under_way(&request.customer).get(&journal.store, &request.id.to_string()).await;
    let since = under_way.map_err(Refused::internal)?.map(|begun| begun.value.since);
    // An earlier version noted the moment before it asked for the facts.
    Ok(since.unwrap_or_else(|| request.decision.made_at()))
}
