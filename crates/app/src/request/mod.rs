//! Requests for actions: asked for exactly, confirmed by who policy wants a yes of, carried out once by a connector,
//! and held against what that says happened. What may become of one is the domain's to say.

pub mod answer;
pub(crate) mod approval;
pub mod ask;
pub(crate) mod backchannel;
pub(crate) mod carrier;
pub mod change;
pub mod conclude;
mod delegated;
mod evaluate;
pub mod execute;
mod held;
pub mod history;
pub mod link;
pub(crate) mod owned;
pub mod read;
pub(crate) mod record;
pub mod sandbox;
pub(crate) mod stated;
pub mod tell;
pub mod told;
pub(crate) mod turn;
pub mod view;
pub mod voided;
pub mod withdraw;

use remit_domain::{
    id::{ActionName, CaseId, CustomerId, RequestId, Timestamp},
    request::Request,
};
use remit_store::Collection;
use serde::{Deserialize, Serialize};

/// Requests as they are now, by identifier.
pub(crate) const REQUESTS: Collection<Request> = Collection::new("request");

/// What the kinds of items begin with that say which requests a case has.
pub(crate) const OF_CASE: &str = "requests_of/";
/// What the kinds of items begin with that say when actions were last done for a customer.
pub(crate) const LAST_DONE: &str = "last_done/";

/// What the kinds of items begin with that say which requests are being carried out for a customer.
pub(crate) const UNDER_WAY: &str = "under_way/";

/// What the kinds of items begin with that say of which request an effect is, by its reference at a connector.
pub(crate) const EFFECT_OF: &str = "effect_of/";

/// A request that is being carried out, or of which nobody knows yet whether it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnderWay {
    /// For what.
    pub(crate) action: ActionName,
    /// Since when.
    pub(crate) since: Timestamp,
}

/// The requests of a case, each with when it was asked for.
pub(crate) fn of_case(case: CaseId) -> Collection<Timestamp> {
    Collection::named(format!("{OF_CASE}{case}"))
}

/// The requests that are being carried out for a customer.
pub(crate) fn under_way(customer: &CustomerId) -> Collection<UnderWay> {
    Collection::named(format!("{UNDER_WAY}{customer}"))
}

/// Of which requests the effects of a connector are, each by its reference.
pub(crate) fn effect_of(connector: &str) -> Collection<RequestId> {
    Collection::named(format!("{EFFECT_OF}{connector}"))
}

/// When each action was last done for a customer.
pub(crate) fn last_done(customer: &CustomerId) -> Collection<Timestamp> {
    Collection::named(format!("{LAST_DONE}{customer}"))
}
