//! What a commit says by itself that memory has to follow, and what is stored, as changes.

use crate::live::{
    change::{Change, Item},
    chats::CHAT,
    floor::STAFF,
    load::BREAKER,
    subscriptions::{DELIVERY, SUBSCRIPTION},
};
use remit_store::{Commit, ItemRow, ReadError, Store, TokenChange};

/// The kinds of items that memory follows by themselves. Where delivery to a subscription stands is what whoever
/// delivers knows; it is followed together with the subscription, when that begins.
const FOLLOWED: [&str; 4] = [STAFF, CHAT, SUBSCRIPTION, BREAKER];

impl Change {
    /// With what a commit says by itself: items, counts and tokens.
    pub(crate) fn with(mut self, commit: &Commit) -> Self {
        self.outcomes.extend(commit.outcomes.iter().cloned());
        let begun = |id: &str| {
            let is_its = |row: &ItemRow| row.kind == SUBSCRIPTION && row.id == id && row.body.is_some();
            commit.items.iter().any(is_its)
        };
        let follows = |row: &&ItemRow| FOLLOWED.contains(&&*row.kind) || (row.kind == DELIVERY && begun(&row.id));
        self.items.extend(commit.items.iter().filter(follows).map(Item::of));
        let revoked = commit.tokens.iter().filter_map(|token| match token {
            TokenChange::Revoke(id) => Some(id.clone()),
            TokenChange::Add(_) => None,
        });
        self.revoked.extend(revoked);
        self
    }

    /// Of what responders have, of when they were last switched on, and of what was counted, as it is stored.
    pub(crate) fn of_counts(store: &impl Store) -> Result<Self, ReadError> {
        let (depths, outcomes) = (store.depths()?.into_iter().collect(), store.outcomes()?);
        Ok(Self { depths, outcomes, ..Self::of_items(&store.items(BREAKER)?) })
    }
}
