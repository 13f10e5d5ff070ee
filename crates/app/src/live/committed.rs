//! What a commit says by itself that memory has to follow, and what is stored, as changes.

use crate::live::{
    change::{Change, Item},
    chats::CHATS,
    floor::STAFF,
    load::BREAKERS,
    subscriptions::{DELIVERIES, SUBSCRIPTIONS},
};
use remit_store::{Commit, ItemWrite, ReadError, TokenChange, TokenRow, Views};

/// Whether memory follows items of this kind by themselves. Where delivery to a subscription stands is what whoever
/// delivers knows; it is followed together with the subscription, when that begins.
fn is_followed(kind: &str) -> bool {
    [STAFF.kind(), CHATS.kind(), SUBSCRIPTIONS.kind(), BREAKERS.kind()].contains(&kind)
}

/// Whether memory follows something that a commit says by itself.
pub(crate) fn follows(commit: &Commit) -> bool {
    !Change::default().with(commit).is_nothing()
}

impl Change {
    /// With what a commit says by itself: items, counts and tokens.
    pub(crate) fn with(mut self, commit: &Commit) -> Self {
        self.outcomes.extend(commit.outcomes.iter().cloned());
        let begun = |id: &str| {
            let is_its = |row: &ItemWrite| row.kind == SUBSCRIPTIONS.kind() && row.id == id && row.body.is_some();
            commit.items.iter().any(is_its)
        };
        let follows = |row: &&ItemWrite| is_followed(&row.kind) || (row.kind == DELIVERIES.kind() && begun(&row.id));
        self.items.extend(commit.items.iter().filter(follows).map(Item::written));
        for token in &commit.tokens {
            match token {
                TokenChange::Revoke(id) => self.revoked.push(id.clone()),
                TokenChange::Add(row) if row.staff.is_some() => self.made.push(TokenRow::clone(row)),
                // Of other tokens memory holds what was read, and no more.
                TokenChange::Add(_) => {}
            }
        }
        self
    }

    /// Of what responders have, of when they were last switched on, and of what was counted, as it is stored.
    pub(crate) async fn of_counts(store: &impl Views) -> Result<Self, ReadError> {
        let (depths, outcomes) = (store.depths().await?.into_iter().collect(), store.outcomes().await?);
        Ok(Self { depths, outcomes, ..Self::of_items(&store.items(BREAKERS.kind()).await?) })
    }
}
