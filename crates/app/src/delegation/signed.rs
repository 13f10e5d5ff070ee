//! What a delegate signed: read with the keys that it is known by, and with those that stand at its address now where
//! none of them fits.

use super::key_refresh::{self, KeysUnread};
use crate::{
    Parts,
    journal::delegations::{self, DelegateItem},
    refused::Refused,
};
use remit_domain::id::DelegateId;
use remit_oauth::{
    assertion::{AssertionError, Client},
    jwk::KeySet,
};

/// Why what a delegate signed is not taken.
#[derive(Debug)]
pub(super) enum UnreadAssertion {
    /// There is no such delegate, or it is suspended.
    Unknown,
    /// Its keys could not be read at its address for a day.
    Unread,
    /// Something is wrong with it.
    Wrong(AssertionError),
    /// It cannot be told.
    Inside(Refused),
}

impl From<Refused> for UnreadAssertion {
    fn from(refused: Refused) -> Self {
        Self::Inside(refused)
    }
}

impl From<KeysUnread> for UnreadAssertion {
    fn from(unread: KeysUnread) -> Self {
        match unread {
            KeysUnread::ForADay => Self::Unread,
            KeysUnread::Inside(refused) => Self::Inside(refused),
        }
    }
}

/// Reads what the delegate signed that is called so.
pub(super) async fn read(
    parts: &Parts,
    named: &str,
    read: impl Fn(&KeySet) -> Result<Client, AssertionError>,
) -> Result<(DelegateId, Client), UnreadAssertion> {
    let called = delegations::called(&parts.journal, named).await?;
    let (id, known) = called.filter(|(_, known)| !known.value.suspended).ok_or(UnreadAssertion::Unknown)?;
    let read = |item: &DelegateItem| read(&keys(item)?).map_err(UnreadAssertion::Wrong);
    let is_stale = |error: &UnreadAssertion| {
        matches!(error, UnreadAssertion::Wrong(AssertionError::NoKey | AssertionError::Signature))
    };
    let (_, client) = key_refresh::read(parts, id, known, read, is_stale).await??;
    Ok((id, client))
}

fn keys(delegate: &DelegateItem) -> Result<KeySet, Refused> {
    KeySet::parse(&delegate.jwks).map_err(|_| Refused::damaged("the keys of a delegate cannot be read"))
}
