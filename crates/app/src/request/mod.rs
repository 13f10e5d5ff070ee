//! Requests for actions: asked for exactly, confirmed by who policy wants a yes of, carried out once by a connector,
//! and held against what that says happened. What may become of one is the domain's to say.

pub mod answer;
pub mod ask;
mod evaluate;
pub mod execute;
pub mod history;
pub mod read;
pub(crate) mod record;
pub(crate) mod stated;
pub mod view;
pub mod withdraw;

use remit_domain::{
    id::{CaseId, CustomerId, Timestamp},
    request::Request,
};
use remit_store::Collection;

/// Requests as they are now, by identifier.
pub(crate) const REQUESTS: Collection<Request> = Collection::new("request");

/// What the kinds of items begin with that say which requests a case has.
pub(crate) const OF_CASE: &str = "requests_of/";
/// What the kinds of items begin with that say when actions were last done for a customer.
pub(crate) const LAST_DONE: &str = "last_done/";

/// The requests of a case, each with when it was asked for.
pub(crate) fn of_case(case: CaseId) -> Collection<Timestamp> {
    Collection::named(format!("{OF_CASE}{case}"))
}

/// When each action was last done for a customer.
pub(crate) fn last_done(customer: &CustomerId) -> Collection<Timestamp> {
    Collection::named(format!("{LAST_DONE}{customer}"))
}
