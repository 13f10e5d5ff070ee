//! Who may call, who works here, and which chats and subscriptions there are, against the records that say so.

use super::problem::kept;
use crate::{
    access::authority,
    live::{
        chats::{CHATS, Chat, ChatItem},
        floor::{STAFF, StaffItem},
        subscriptions::{SUBSCRIPTIONS, SubscriptionItem},
    },
};
use remit_domain::{
    Event,
    floor::StaffProfile,
    governance::{Grant, PresenceKind, SubscriptionTerms},
    id::{CustomerId, Timestamp},
};
use remit_store::{Found, Item, TokenRow};
use std::collections::BTreeMap;

/// Chats of the records that are remembered before those that have ended are forgotten.
const CHATS_MAX: usize = 100_000;

/// What is on record, and what is kept.
#[derive(Debug, Default)]
pub(super) struct Authority {
    /// Whether anything of it is on record: it is not in what an earlier version made.
    is_recorded: bool,
    /// The moment of the newest record of it.
    newest: Option<Timestamp>,
    grants: Sides<Grant>,
    profiles: Sides<StaffProfile>,
    presences: Sides<PresenceKind>,
    chats: Sides<(CustomerId, Timestamp)>,
    subscriptions: Sides<SubscriptionTerms>,
}

/// One kind of thing, by name: as the records have it, and as it is kept.
#[derive(Debug)]
struct Sides<T> {
    recorded: BTreeMap<String, T>,
    kept: BTreeMap<String, T>,
}

impl<T> Default for Sides<T> {
    fn default() -> Self {
        Self { recorded: BTreeMap::new(), kept: BTreeMap::new() }
    }
}

impl<T: PartialEq> Sides<T> {
    /// Names what is kept otherwise than it is on record. Where `may_end`, what is on record may have ended.
    fn compare(&self, what: &str, may_end: bool, found: Found<'_>) {
        for (name, kept_one) in &self.kept {
            let how = match self.recorded.get(name) {
                None => "no record says that there is one",
                Some(recorded) if recorded != kept_one => "it is otherwise than its records say",
                Some(_) => continue,
            };
            found(kept(what, name, how));
        }
        if may_end {
            return;
        }
        for name in self.recorded.keys().filter(|name| !self.kept.contains_key(*name)) {
            found(kept(what, name, "its records say that there is one, and none is kept"));
        }
    }
}

impl Authority {
    /// Notes a record.
    pub(super) fn note(&mut self, event: &Event) {
        let at = match event {
            Event::TokenMade { grant, at, .. } => {
                self.grants.recorded.insert(grant.token.clone(), grant.clone());
                at
            }
            Event::TokenRevoked { token, at, .. } => {
                self.grants.recorded.remove(token);
                at
            }
            Event::StaffNoted { profile, at, .. } => {
                let name = profile.id.to_string();
                // Who is noted for the first time is offline until they say otherwise.
                self.presences.recorded.entry(name.clone()).or_insert(PresenceKind::Offline);
                self.profiles.recorded.insert(name, (**profile).clone());
                at
            }
            Event::PresenceSet { staff, presence, at, .. } => {
                self.presences.recorded.insert(staff.to_string(), *presence);
                at
            }
            Event::ChatStarted { chat, customer, expires, at, .. } => {
                self.chats.recorded.insert(chat.clone(), (customer.clone(), *expires));
                self.forget_ended(*at);
                at
            }
            Event::SubscriptionMade { subscription, terms, at, .. } => {
                self.subscriptions.recorded.insert(subscription.clone(), terms.clone());
                at
            }
            Event::SubscriptionChanged { at, .. } => at,
            Event::SubscriptionDeleted { subscription, at, .. } => {
                self.subscriptions.recorded.remove(subscription);
                at
            }
            _ => return,
        };
        self.is_recorded = true;
        self.newest = self.newest.max(Some(*at));
    }

    fn forget_ended(&mut self, now: Timestamp) {
        if self.chats.recorded.len() > CHATS_MAX {
            self.chats.recorded.retain(|_, (_, expires)| *expires > now);
        }
    }

    /// Notes a token that is kept.
    pub(super) fn token(&mut self, row: &TokenRow) {
        self.grants.kept.insert(row.id.clone(), authority::grant(row));
    }

    /// Notes an item that is kept, if it is of this; one that cannot be read is found.
    pub(super) fn item(&mut self, row: &Item, found: Found<'_>) {
        if self.read(row).is_err() {
            found(kept(&row.kind, &row.id, "it cannot be read as one"));
        }
    }

    fn read(&mut self, row: &Item) -> Result<(), serde_json::Error> {
        let body = row.body.as_slice();
        match row.kind.as_str() {
            kind if kind == STAFF.kind() => {
                let item: StaffItem = serde_json::from_slice(body)?;
                self.presences.kept.insert(row.id.clone(), (&item.presence).into());
                self.profiles.kept.insert(row.id.clone(), item.profile);
            }
            kind if kind == CHATS.kind() => {
                let item: ChatItem = serde_json::from_slice(body)?;
                let chat = Chat::new(row.id.clone(), item);
                self.chats.kept.insert(chat.name().to_owned(), (chat.customer.clone(), chat.expires));
            }
            kind if kind == SUBSCRIPTIONS.kind() => {
                let item: SubscriptionItem = serde_json::from_slice(body)?;
                self.subscriptions.kept.insert(row.id.clone(), authority::terms(&item));
            }
            _ => {}
        }
        Ok(())
    }

    /// Names everything that is kept otherwise than it is on record; says whether it could be looked at.
    pub(super) fn compare(&mut self, found: Found<'_>) -> bool {
        let there = !(self.grants.kept.is_empty() && self.profiles.kept.is_empty() && self.chats.kept.is_empty());
        if !self.is_recorded {
            return !there && self.subscriptions.kept.is_empty();
        }
        let newest = self.newest;
        // What has ended gives nobody anything.
        self.chats.kept.retain(|_, (_, expires)| Some(*expires) > newest);
        self.grants.compare("token", false, found);
        self.profiles.compare("member of staff", false, found);
        self.presences.compare("presence of", false, found);
        self.chats.compare("chat", true, found);
        self.subscriptions.compare("subscription", false, found);
        true
    }

    /// How much was looked at.
    pub(super) fn count(&self) -> u64 {
        let counts = [self.grants.kept.len(), self.profiles.kept.len(), self.chats.kept.len()];
        counts.iter().sum::<usize>() as u64 + self.subscriptions.kept.len() as u64
    }
}
