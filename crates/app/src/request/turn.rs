//! Turns of a customer's requests: one is carried out at a time, so that what it changes is seen by policy when the
//! next one is evaluated.

use super::{REQUESTS, UnderWay, under_way};
use crate::{Journal, refused::Refused};
use remit_domain::{
    id::RequestId,
    request::{Request, RequestState},
};
use remit_store::{Collection, Entry, Expected, ItemWrite};

/// Which request was begun last, by customer. Who begins the next one expects that it is still so.
pub(crate) const LAST_BEGUN: Collection<RequestId> = Collection::new("last_begun");

/// The turn of a request, as long as none of the same customer is begun meanwhile.
pub(super) struct Turn {
    last: Expected,
    begun: Vec<Entry<UnderWay>>,
}

impl Turn {
    /// The turn of `request`; none while another one of its customer is being carried out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(super) async fn of(journal: &Journal, request: &Request) -> Result<Option<Self>, Refused> {
        let store = &journal.store;
        // Whoever begins after this was read is met by what is expected; whoever began before is under way or has
        // ended.
        let last = LAST_BEGUN.get(store, request.customer.as_str()).await.map_err(Refused::internal)?;
        let all = under_way(&request.customer).all(store).await.map_err(Refused::internal)?;
        for begun in &all {
            let other = REQUESTS.get(store, &begun.id).await.map_err(Refused::internal)?;
            // One of which nothing is known may stay so for long; it counts as begun, and holds up nobody.
            if other.is_some_and(|other| other.value.state == RequestState::Executing) {
                return Ok(None);
            }
        }
        Ok(Some(Self { last: last.map_or(Expected::Absent, |last| last.expected()), begun: all }))
    }

    /// What of the customer's was begun before, and may be done without anybody knowing yet.
    pub(super) fn begun(&self) -> &[Entry<UnderWay>] {
        &self.begun
    }

    /// That `request` was begun in this turn.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(super) fn taken(&self, request: &Request) -> Result<ItemWrite, Refused> {
        LAST_BEGUN.write(request.customer.as_str(), self.last, &request.id).map_err(Refused::internal)
    }
}
