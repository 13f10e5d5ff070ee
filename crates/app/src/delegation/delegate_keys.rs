//! Keys of delegates that are at an address of their own, and what of them goes on record.

use super::{
    changed,
    key_address::{self, AtAddress, UnreadAddress},
    key_refresh::KeysAtAddress,
};
use crate::{
    Caller, Environment, Journal, Parts,
    caller::principal::Job,
    journal::delegations::{self, DelegateItem},
    refused::Refused,
};
use remit_domain::{
    delegation::DelegateChange,
    id::{DelegateId, Timestamp},
};
use remit_oauth::jwk::KeySet;
use remit_store::{CommitError, Entry};

impl KeysAtAddress for DelegateItem {
    type Id = DelegateId;
    type Found = AtAddress;

    fn has_address(&self) -> bool {
        self.keys_at.is_some()
    }

    fn unread_since(&mut self) -> &mut Option<Timestamp> {
        &mut self.unread_since
    }

    async fn read(&self, environment: &Environment) -> Result<AtAddress, UnreadAddress> {
        match &self.keys_at {
            Some(at) => key_address::read(environment, at).await,
            None => Err(UnreadAddress::Nothing("it has no address".to_owned())),
        }
    }

    fn follow(&mut self, found: Option<AtAddress>) {
        match found {
            Some(AtAddress { jwks, redirects }) => {
                self.jwks = jwks;
                self.redirects = redirects.unwrap_or_else(|| std::mem::take(&mut self.redirects));
            }
            None => self.jwks = KeySet::default().to_json(),
        }
    }

    async fn stored(journal: &Journal, id: DelegateId) -> Result<Option<Entry<Self>>, Refused> {
        delegations::stored_delegate(journal, id).await
    }

    async fn put(self, parts: &Parts, id: DelegateId, before: &Entry<Self>, at: Timestamp) -> Result<(), CommitError> {
        let change = match self.unread_since {
            Some(_) => DelegateChange::Unread,
            None => DelegateChange::Refreshed { keys: self.thumbprints(), redirects: self.redirects.clone() },
        };
        changed::put(parts, &Caller::system(Job::Delegates), id, before, &self, change, at).await
    }
}
