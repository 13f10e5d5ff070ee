//! Loads the case that something is done to, if who asks may do it.

use crate::{
    Caller, Environment, Governance, Journal,
    access::auth,
    caller::principal::Job,
    journal::stored_case,
    refused::{Kind, Refused},
};
use remit_domain::{
    Case,
    case::Holder,
    id::{CaseId, ResponderId, StaffId},
};
use remit_policy::{actions::Permission, engine::ApiCase};
use remit_store::Views as _;

/// The case with this identifier, read for an action that `caller` may take on it.
pub(crate) async fn load(
    governance: &Governance,
    journal: &Journal,
    environment: &Environment,
    caller: &Caller,
    action: Permission,
    id: &str,
) -> Result<Loaded, Refused> {
    Ok(Loaded { action, case: case_for(governance, journal, environment, caller, action, id).await? })
}

/// The case with this identifier, if `caller` may do `action` on it.
pub(crate) async fn case_for(
    governance: &Governance,
    journal: &Journal,
    environment: &Environment,
    caller: &Caller,
    action: Permission,
    id: &str,
) -> Result<Case, Refused> {
    // Policy is asked before it is told whether there is such a case, so that who may do nothing cannot probe ids.
    let parsed: CaseId = id.parse().map_err(|e| Refused::new(Kind::NotFound, format!("{e}")))?;
    let row = journal.store.case(&parsed.to_string()).await.map_err(Refused::internal)?;
    let case = match row {
        Some(row) => Some(stored_case::case_of(journal, &row.state).await?),
        None => None,
    };
    auth::permit_on(governance, environment, caller, action, case.as_ref().map_or_else(ApiCase::default, of_request))?;
    case.ok_or_else(|| Refused::new(Kind::NotFound, format!("no case {parsed} is on record")))
}

/// A case that was read just now, for an action that `caller` may take on it.
pub(crate) fn permitted(
    governance: &Governance,
    environment: &Environment,
    caller: &Caller,
    action: Permission,
    case: Case,
) -> Result<Loaded, Refused> {
    auth::permit_on(governance, environment, caller, action, of_request(&case))?;
    Ok(Loaded { action, case })
}

/// Whether `caller` may do `action` on a case.
pub(crate) fn may(
    governance: &Governance,
    environment: &Environment,
    caller: &Caller,
    action: Permission,
    case: &Case,
) -> bool {
    auth::permit_on(governance, environment, caller, action, of_request(case)).is_ok()
}

/// The case with this identifier, as Remit itself reads it to show something else.
pub(crate) async fn for_views(
    governance: &Governance,
    journal: &Journal,
    environment: &Environment,
    id: &str,
) -> Result<Case, Refused> {
    case_for(governance, journal, environment, &Caller::system(Job::Views), Permission::CASE_READ, id).await
}

/// Whose `case` is, as the policies of the interface see it.
pub(crate) fn of_request(case: &Case) -> ApiCase<'_> {
    let holder = case.holder.as_ref();
    ApiCase {
        holder: holder.and_then(Holder::responder).map(ResponderId::as_str),
        staff: holder.and_then(|holder| holder.staff.as_ref()).map(StaffId::as_str),
        offered: case.offer.as_ref().map(|offer| offer.staff.as_str()),
        customer: Some(case.customer.as_str()),
    }
}

/// A case that was read for an action, which policy permits on it as it is. What is done on it is refused by the store
/// where it has changed since, and then taken anew.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The API action.
    pub(crate) action: Permission,
    /// The case.
    pub(crate) case: Case,
}
