//! Requests read: one, and those of a case.

use super::{REQUESTS, history, of_case, view::RequestView};
use crate::{
    Caller, Journal, Parts,
    access::auth,
    caller::principal::Job,
    case::query::{self, Page},
    operation::{GetRequestRefusal, ListRequestsRefusal},
    pipeline::load::{self, Loaded},
    refused::{Kind, Refused},
};
use remit_domain::{id::RequestId, request::Request};
use remit_policy::{actions::Permission, engine::ApiCase};
use remit_store::Entry;

/// A request, with the whole of policy's answer.
///
/// # Errors
/// [`GetRequestRefusal`] says when each arises.
pub async fn request(parts: &Parts, caller: &Caller, id: &str) -> Result<RequestView, GetRequestRefusal> {
    let (entry, loaded) = permitted(parts, caller, Permission::REQUEST_READ, id).await?;
    let records = history::records(&parts.journal, &entry.value).await?;
    let view = RequestView::of(parts, &loaded.case, &entry.value).await?;
    let view = match history::newest_decision(&records) {
        Some(decision) => view.answered(decision),
        None => view,
    };
    let steps = history::steps(&parts.journal, &parts.vault, &records).await?;
    let view = view.whole(parts, &loaded.case, &entry.value, steps).await?;
    Ok(view.told_to(caller, &entry.value))
}

/// The requests of a case, the newest first.
///
/// # Errors
/// [`ListRequestsRefusal`] says when each arises.
pub async fn requests(
    parts: &Parts,
    caller: &Caller,
    case: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<RequestView>, ListRequestsRefusal> {
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let loaded = load::load(governance, journal, environment, caller, Permission::REQUEST_READ, case).await?;
    query::begins_after::<RequestId>(after)?;
    let listed = of_case(loaded.case.id).page(&journal.store, after, limit).await.map_err(Refused::internal)?;
    let next = (listed.len() == limit).then(|| listed.last().map(|entry| entry.id.clone())).flatten();
    let mut items = Vec::with_capacity(listed.len());
    for entry in &listed {
        if let Some(request) = REQUESTS.get(&journal.store, &entry.id).await.map_err(Refused::internal)? {
            let view = RequestView::of(parts, &loaded.case, &request.value).await?;
            items.push(view.told_to(caller, &request.value));
        }
    }
    Ok(Page { items, next })
}

/// The request of this identifier, with its case, if `caller` may do `permission` on that.
pub(super) async fn permitted(
    parts: &Parts,
    caller: &Caller,
    permission: Permission,
    id: &str,
) -> Result<(Entry<Request>, Loaded), Refused> {
    let none = |detail: String| Refused::new(Kind::NotFound, detail);
    let parsed = id.parse::<RequestId>();
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let entry = match &parsed {
        Ok(id) => stored(&parts.journal, *id).await?,
        Err(_) => None,
    };
    let Some(entry) = entry else {
        // Policy is asked before it is told whether there is such a request.
        auth::permit_on(governance, environment, caller, permission, ApiCase::default())?;
        return Err(none(parsed.map_or_else(|error| error.to_string(), |id| format!("no request {id} is on record"))));
    };
    let case = entry.value.case.to_string();
    Ok((entry, load::load(governance, journal, environment, caller, permission, &case).await?))
}

/// The request of this identifier.
pub(crate) async fn stored(journal: &Journal, id: RequestId) -> Result<Option<Entry<Request>>, Refused> {
    REQUESTS.get(&journal.store, &id.to_string()).await.map_err(Refused::internal)
}

/// The case of a request, as Remit itself reads it.
pub(super) async fn case_of(parts: &Parts, request: &Request) -> Result<Loaded, Refused> {
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let caller = Caller::system(Job::Requests);
    load::load(governance, journal, environment, &caller, Permission::REQUEST_EXECUTE, &request.case.to_string()).await
}
