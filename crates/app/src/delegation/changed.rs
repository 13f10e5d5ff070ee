//! A delegate changed: as it is kept from now on, and the record of how, in one commit.

use crate::{
    Caller, Parts,
    journal::delegations::{DELEGATES, DelegateItem},
    pipeline::authority,
};
use remit_domain::{
    Event,
    delegation::{DelegateChange, DelegateChanged},
    id::{DelegateId, Timestamp},
};
use remit_store::{Commit, CommitError, Entry};

/// Keeps a delegate as `item` in the place of what was read before.
///
/// # Errors
/// When another change came between, or the store cannot.
pub(super) async fn put(
    parts: &Parts,
    caller: &Caller,
    id: DelegateId,
    before: &Entry<DelegateItem>,
    item: &DelegateItem,
    change: DelegateChange,
    at: Timestamp,
) -> Result<(), CommitError> {
    let write = DELEGATES.write(id.to_string(), before.expected(), item);
    let write = write.map_err(|error| CommitError::Failed(error.to_string()))?;
    let event = DelegateChanged { delegate: id, change, by: caller.pseudonym.to_string(), at };
    let commit = Commit { items: vec![write], ..Commit::default() };
    authority::govern(parts, caller, &[Event::DelegateChanged(event)], commit).await
}
