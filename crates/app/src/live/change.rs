//! What a commit changes, as far as memory follows it. What is stored is, at the start, a change from nothing.

use crate::live::{
    chats::CHAT,
    floor::STAFF,
    load::BREAKER,
    subscriptions::{DELIVERY, SUBSCRIPTION, dead_kind},
};
use remit_domain::{Case, id::CaseId, offer::OfferEnd};
use remit_store::{Commit, ItemRow, OutcomeDelta, ReadError, Store, TokenChange};

/// What changed.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Responders, each with how many open cases more or less it has.
    pub(crate) depths: Vec<(String, i64)>,
    /// What was counted.
    pub(crate) outcomes: Vec<OutcomeDelta>,
    /// The AI responder that answered something, whatever it was.
    pub(crate) reached: Option<String>,
    /// AI responders that could not be reached.
    pub(crate) missed: Vec<String>,
    /// A case as it is now that was or is with people, and how an offer of it ended.
    pub(crate) placed: Option<(Case, Option<OfferEnd>)>,
    /// The case to which something happened.
    pub(crate) case: Option<CaseId>,
    /// Items as they are now.
    pub(crate) items: Vec<Item>,
    /// Tokens that do not stand any more.
    pub(crate) revoked: Vec<String>,
}

/// An item as it is now.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) kind: String,
    pub(crate) id: String,
    /// Nothing where it was forgotten.
    pub(crate) body: Option<Vec<u8>>,
}

impl Item {
    pub(crate) fn of(row: &ItemRow) -> Self {
        Self { kind: row.kind.clone(), id: row.id.clone(), body: row.body.clone() }
    }
}

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

    /// Of items as they are stored.
    pub(crate) fn of_items<'r>(rows: impl IntoIterator<Item = &'r ItemRow>) -> Self {
        Self { items: rows.into_iter().map(Item::of).collect(), ..Self::default() }
    }

    /// Of what responders have, of when they were last switched on, and of what was counted, as it is stored.
    pub(crate) fn of_counts(store: &impl Store) -> Result<Self, ReadError> {
        let (depths, outcomes) = (store.depths()?.into_iter().collect(), store.outcomes()?);
        Ok(Self { depths, outcomes, ..Self::of_items(&store.items(BREAKER)?) })
    }

    /// Whether memory is the same with it as without.
    pub(crate) fn is_nothing(&self) -> bool {
        self.depths.is_empty() && self.outcomes.is_empty() && self.items.is_empty() && self.revoked.is_empty()
    }

    /// Items of a kind.
    pub(crate) fn items<'c>(&'c self, kind: &'c str) -> impl Iterator<Item = &'c Item> {
        self.items.iter().filter(move |item| item.kind == kind)
    }

    /// Positions of the dead letters of a subscription.
    pub(crate) fn dead(&self, subscription: &str) -> impl Iterator<Item = u64> {
        let kind = dead_kind(subscription);
        self.items.iter().filter(move |item| item.kind == kind).filter_map(|item| item.id.parse().ok())
    }
}
