//! Whom an issuer speaks of: which customer somebody is, and of whom nothing is taken.

use super::register::nobody;
use crate::{
    Caller, Parts,
    access::auth,
    bounds::{CUSTOMER_MAX, bounded},
    customer,
    journal::{
        delegations,
        issuers::{SubjectItem, relinked, stored_issuer, subjects_of},
    },
    operation::SetIssuerSubjectRefusal,
    pipeline::authority,
    refused::Refused,
};
use remit_domain::{
    Event,
    id::{CustomerId, IssuerId},
    issuer::{IssuerChange, IssuerChanged},
};
use remit_oauth::{id_jag::SUBJECT_MAX, is_plain};
use remit_policy::actions::Permission;
use remit_store::{Commit, Entry, Expected};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who somebody is whom an issuer speaks of: all of it, in the place of what was said before.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetIssuerSubject {
    /// As the issuer names them (`sub`): kept as a pseudonym alone.
    #[schema(max_length = 255, min_length = 1)]
    pub subject: String,
    /// Which customer they are, by your own identifier; nobody where it is not said, unless the issuer names customers
    /// as you do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, min_length = 1)]
    pub customer: Option<String>,
    /// Whether nothing is taken of them, from the next call on: also of what a delegate was given for them before.
    #[serde(default)]
    pub disabled: bool,
}

/// Somebody whom an issuer speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct IssuerSubjectView {
    /// By the pseudonym that records have.
    pub subject: String,
    /// Which customer they are, by pseudonym.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// Whether nothing is taken of them.
    pub disabled: bool,
}

/// Says who somebody is whom an issuer speaks of.
///
/// # Errors
/// [`SetIssuerSubjectRefusal`] says when each arises.
pub async fn set_issuer_subject(
    parts: &Parts,
    caller: &Caller,
    issuer: &str,
    said: SetIssuerSubject,
) -> Result<IssuerSubjectView, SetIssuerSubjectRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::ISSUER_MANAGE)?;
    let id: IssuerId = issuer.parse().map_err(|_| nobody())?;
    stored_issuer(&parts.journal, id).await?.ok_or_else(nobody)?;
    if !is_plain(&said.subject, SUBJECT_MAX) {
        let why = format!("must be 1 to {SUBJECT_MAX} printable ASCII characters without spaces, as `sub` is");
        return Err(Refused::invalid("subject", why).into());
    }
    if let Some(customer) = &said.customer {
        bounded("customer", customer, CUSTOMER_MAX)?;
    }
    let subject = parts.vault.keys.subject_on_record(&id.to_string(), &said.subject);
    let customer = said.customer.as_ref().map(|customer| customer::customer_id(&parts.vault, customer));
    let item = SubjectItem { customer, disabled: said.disabled };
    let (known, at) = (subjects_of(id), parts.environment.now());
    let before = known.get(&parts.journal.store, &subject).await.map_err(Refused::internal)?;
    if before.as_ref().map(|entry| &entry.value) != Some(&item) {
        let expected = before.as_ref().map_or(Expected::Absent, Entry::expected);
        let linked_before = before.as_ref().and_then(|entry| entry.value.customer.as_ref());
        let mut items = vec![known.write(&subject, expected, &item).map_err(Refused::internal)?];
        items.extend(relinked(id, &subject, linked_before, item.customer.as_ref())?);
        let (customer, disabled) = (item.customer.clone(), item.disabled);
        let change = IssuerChange::SubjectSet { subject: subject.clone(), customer, disabled };
        let event = IssuerChanged { issuer: id, change, by: caller.pseudonym.to_string(), at };
        let commit = Commit { items, ..Commit::default() };
        let done = authority::govern(parts, caller, &[Event::IssuerChanged(event)], commit).await;
        done.map_err(delegations::changed)?;
    }
    Ok(IssuerSubjectView { subject, customer: item.customer, disabled: item.disabled })
}
