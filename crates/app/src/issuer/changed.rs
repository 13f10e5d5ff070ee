//! An issuer changed: as it is kept from now on, and the record of how, in one commit.

use crate::{
    Caller, Parts,
    journal::issuers::{ISSUERS, IssuerItem},
    pipeline::authority,
};
use remit_domain::{
    Event,
    id::{IssuerId, Timestamp},
    issuer::{IssuerChange, IssuerChanged},
};
use remit_store::{Commit, CommitError, Entry};

/// Keeps an issuer as `item` in the place of what was read before.
///
/// # Errors
/// When another change came between, or the store cannot.
pub(super) async fn put(
    parts: &Parts,
    caller: &Caller,
    id: IssuerId,
    before: &Entry<IssuerItem>,
    item: &IssuerItem,
    change: IssuerChange,
    at: Timestamp,
) -> Result<(), CommitError> {
    let write = ISSUERS.write(id.to_string(), before.expected(), item);
    let write = write.map_err(|error| CommitError::Failed(error.to_string()))?;
    let event = IssuerChanged { issuer: id, change, by: caller.pseudonym.to_string(), at };
    let commit = Commit { items: vec![write], ..Commit::default() };
    authority::govern(parts, caller, &[Event::IssuerChanged(event)], commit).await
}
