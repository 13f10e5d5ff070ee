//! Subscriptions, against the records of those that were made, changed and deleted; and where their delivery stands.

use super::{
    super::problem::kept,
    sides::{Coverage, Known, OTHERWISE, compare},
};
use crate::{
    live::{
        delivery::{DeadLetter, DeliveryState},
        subscriptions::{SubscriptionItem, dead_id},
    },
    pipeline::authority::{self, EARLIER, pause_of},
    vault::keys::Keys,
};
use remit_domain::{
    Event,
    governance::{SubscriptionChange, SubscriptionTerms},
    id::Timestamp,
};
use remit_store::Found;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    recorded: BTreeMap<String, Recorded>,
    kept: BTreeMap<String, SubscriptionItem>,
    /// Where each delivery stands.
    lines: BTreeMap<String, DeliveryState>,
    /// Subscriptions of which there are dead letters, with the position of the last.
    letters: BTreeMap<String, u64>,
    /// Letters under another name than their position's.
    misnamed: BTreeSet<String>,
    /// Whether each pause is on record.
    pauses_are_recorded: bool,
}

#[derive(Debug)]
struct Recorded {
    terms: SubscriptionTerms,
    /// When it was made; nothing where an earlier version made it.
    made: Option<Timestamp>,
    paused: bool,
    /// Whether the secret was ever changed, and the digest of the one before, if it is on record.
    before: Option<Option<String>>,
}

impl Subscriptions {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::SubscriptionMade { subscription, terms, by, at } => {
                let made = Some(*at).filter(|_| by != EARLIER);
                let new = Recorded { terms: terms.clone(), made, paused: false, before: None };
                self.recorded.insert(subscription.clone(), new);
            }
            Event::SubscriptionChanged { subscription, change, .. } => {
                let Some(known) = self.recorded.get_mut(subscription) else { return };
                known.paused = pause_of(event).unwrap_or(known.paused);
                if let SubscriptionChange::SecretRotated { secret } = change {
                    known.before = Some(std::mem::replace(&mut known.terms.secret, secret.clone()));
                }
            }
            Event::SubscriptionDeleted(deleted) => drop(self.recorded.remove(&deleted.subscription)),
            _ => {}
        }
    }

    pub(super) fn keep(&mut self, id: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        self.kept.insert(id.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn keep_delivery(&mut self, id: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        self.lines.insert(id.to_owned(), DeliveryState::restore(body, BTreeSet::new())?);
        Ok(())
    }

    pub(super) fn keep_letter(&mut self, id: &str, name: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        let letter: DeadLetter = serde_json::from_slice(body)?;
        let last = self.letters.entry(id.to_owned()).or_default();
        *last = (*last).max(letter.seq);
        if name != dead_id(letter.seq) {
            self.misnamed.insert(id.to_owned());
        }
        Ok(())
    }

    pub(super) fn pauses_are_recorded(&mut self) {
        self.pauses_are_recorded = true;
    }

    pub(super) fn compare(&self, known: Known<'_>, last: u64, held: &mut Coverage, found: Found<'_>) {
        let mut whole = true;
        compare("subscription", &self.recorded, &self.kept, found, |id, recorded, kept| {
            whole &= recorded.terms.address.is_some() && recorded.terms.secret.is_some();
            self.differs(id, recorded, kept, known)
        });
        for id in self.kept.keys().filter(|id| !self.lines.contains_key(*id)) {
            found(kept("delivery", id, "the subscription is kept, and not where its delivery stands"));
        }
        for (id, line) in &self.lines {
            if !self.kept.contains_key(id) {
                found(kept("delivery", id, "there is no such subscription"));
            } else if line.room().0 > last {
                found(kept("delivery", id, "it stands behind the last record"));
            }
        }
        for (id, letter) in &self.letters {
            let how = match self.kept.contains_key(id) {
                false => "there is no such subscription",
                true if *letter > last => "one is behind the last record",
                true if self.misnamed.contains(id) => "one is kept in another's place",
                true => continue,
            };
            found(kept("dead letters of", id, how));
        }
        if !self.kept.is_empty() && !self.pauses_are_recorded {
            let why = "an earlier version paused some without a record, and the next start puts that on record";
            held.not.push(("whether subscriptions are paused", why));
        }
        if !whole || !self.kept.is_empty() && known.keys.is_none() {
            let why = match known.keys {
                Some(_) => "an earlier version put no digest of them on record; a new secret has one",
                None => "their digests on record are under a key that is not at hand",
            };
            held.not.push(("addresses of subscriptions beyond their origin, and secrets, of some or all", why));
        }
    }

    fn differs(&self, id: &str, recorded: &Recorded, kept: &SubscriptionItem, known: Known<'_>) -> Option<String> {
        let terms = authority::terms(kept);
        if (&terms.origin, &terms.kinds) != (&recorded.terms.origin, &recorded.terms.kinds) {
            return Some(OTHERWISE.to_owned());
        }
        if recorded.made.is_some_and(|made| made.0 != kept.created_ms) {
            return Some("it was made at another moment by its records".to_owned());
        }
        let paused = self.lines.get(id).is_some_and(|line| line.paused);
        if self.pauses_are_recorded && self.lines.contains_key(id) && paused != recorded.paused {
            let told = |paused: bool| if paused { "paused" } else { "active" };
            return Some(format!("it is {}, and its records leave it {}", told(paused), told(recorded.paused)));
        }
        if known.is_recorded_from_birth && recorded.before.is_none() && kept.previous.is_some() {
            return Some("it has a secret before its own, and no record says that it was changed".to_owned());
        }
        known.keys.and_then(|keys| sealed(id, recorded, kept, keys))
    }

    /// Whether nothing of it was ever on record, as far as is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.recorded.is_empty()
    }

    pub(super) fn count(&self) -> u64 {
        self.kept.len() as u64
    }
}

/// In what its address and its secrets differ from the digests on record, as far as there are some.
fn sealed(id: &str, recorded: &Recorded, kept: &SubscriptionItem, keys: &Keys) -> Option<String> {
    let differs = |digest: &Option<String>, is: &Option<String>| digest.is_some() && digest != is;
    if differs(&recorded.terms.address, &Some(keys.address_on_record(id, &kept.url))) {
        return Some("its address is not the one that was put on record".to_owned());
    }
    let secret = |sealed: &[u8]| keys.open_secret(id, sealed).ok().map(|secret| keys.secret_on_record(id, &secret));
    if differs(&recorded.terms.secret, &secret(&kept.secret)) {
        return Some("its secret is not the one that was put on record".to_owned());
    }
    let (before, _) = kept.previous.as_ref()?;
    let known = recorded.before.as_ref().is_some_and(|digest| differs(digest, &secret(before)));
    known.then(|| "the secret before its own is not the one that was put on record".to_owned())
}
