//! Chats that are valid, against the records of those that were started: each is there once, for its customer, with
//! cases of that customer alone.

use super::{super::problem::kept, sides::OTHERWISE};
use crate::{
    live::chats::{Chat, ChatItem},
    pipeline::authority,
};
use remit_domain::{
    Event,
    id::{CaseId, CustomerId, Timestamp},
};
use remit_store::{CustomerOf, Found};
use std::collections::BTreeMap;

/// Chats of the records that are remembered before those that have ended are forgotten.
const CHATS_MAX: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Chats {
    recorded: BTreeMap<String, Recorded>,
    kept: BTreeMap<String, Kept>,
    /// Where it is on record last that a customer was erased, which ends their chats of before.
    erased: BTreeMap<CustomerId, u64>,
}

#[derive(Debug)]
struct Recorded {
    seq: u64,
    /// What it is known by, where that is on record.
    digest: Option<String>,
    customer: CustomerId,
    expires: Timestamp,
    /// The case that it goes on with.
    case: Option<CaseId>,
    by: String,
}

#[derive(Debug)]
struct Kept {
    digest: String,
    customer: CustomerId,
    expires: Timestamp,
    cases: Vec<CaseId>,
    by: Option<String>,
}

impl Chats {
    pub(super) fn note(&mut self, seq: u64, event: &Event) {
        let Event::ChatStarted { chat, digest, customer, case, expires, by, at } = event else { return };
        let (digest, customer, expires, case, by) = (digest.clone(), customer.clone(), *expires, *case, by.clone());
        self.recorded.insert(chat.clone(), Recorded { seq, digest, customer, expires, case, by });
        if self.recorded.len() > CHATS_MAX {
            self.recorded.retain(|_, recorded| recorded.expires > *at);
        }
    }

    pub(super) fn note_erasure(&mut self, seq: u64, event: &Event) {
        if let Event::CustomerErased { customer, .. } = event {
            self.erased.insert(customer.clone(), seq);
        }
    }

    pub(super) fn keep(&mut self, id: &str, body: &[u8], found: Found<'_>) -> Result<(), serde_json::Error> {
        let item: ChatItem = serde_json::from_slice(body)?;
        let chat = Chat::new(id.to_owned(), item);
        let (name, cases) = (chat.name().to_owned(), chat.cases());
        let digest = authority::digest(id.as_bytes());
        let new = Kept { digest, customer: chat.customer.clone(), expires: chat.expires, cases, by: chat.by };
        if self.kept.insert(name.clone(), new).is_some() {
            found(kept("chat", &name, "there are two of this name"));
        }
        Ok(())
    }

    /// Whether a chat was ended by the erasure of its customer.
    fn is_ended(&self, recorded: &Recorded) -> bool {
        self.erased.get(&recorded.customer).is_some_and(|erased| *erased > recorded.seq)
    }

    /// Names what is not as it is on record. What had ended by the moment `newest` may be kept or not: it gives nobody
    /// anything, and is forgotten by and by.
    pub(super) fn compare(&self, newest: Option<Timestamp>, customer_of: CustomerOf<'_>, found: Found<'_>) {
        let lasts = |expires: Timestamp| Some(expires) > newest;
        for (name, chat) in self.kept.iter().filter(|(_, chat)| lasts(chat.expires)) {
            if let Some(how) = self.differs(self.recorded.get(name), chat, customer_of) {
                found(kept("chat", name, &how));
            }
        }
        let live = |recorded: &Recorded| lasts(recorded.expires) && !self.is_ended(recorded);
        for (name, _) in self.recorded.iter().filter(|(name, one)| live(one) && !self.kept.contains_key(*name)) {
            found(kept("chat", name, "it is valid by its records, and none is kept"));
        }
    }

    fn differs(&self, recorded: Option<&Recorded>, chat: &Kept, customer_of: CustomerOf<'_>) -> Option<String> {
        let Some(recorded) = recorded else { return Some("no record says that there is one".to_owned()) };
        if (&recorded.customer, recorded.expires) != (&chat.customer, chat.expires) {
            return Some(OTHERWISE.to_owned());
        }
        if chat.by.as_ref().is_some_and(|by| *by != recorded.by) {
            return Some("another token than its records say is kept as the one that started it".to_owned());
        }
        if recorded.digest.as_ref().is_some_and(|digest| *digest != chat.digest) {
            return Some("its link is not the one that was put on record".to_owned());
        }
        if self.is_ended(recorded) {
            return Some("its customer was erased since, which ended it".to_owned());
        }
        if recorded.case.is_some() && recorded.case.as_ref() != chat.cases.first() {
            return Some("it goes on with another case than its records say".to_owned());
        }
        let theirs = |case: &&CaseId| customer_of(&case.to_string()).as_deref() == Some(chat.customer.as_str());
        let foreign = chat.cases.iter().find(|case| !theirs(case));
        foreign.map(|case| format!("case {case} is not its customer's"))
    }

    /// Whether nothing of it was ever on record, as far as is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.recorded.is_empty()
    }

    pub(super) fn count(&self) -> u64 {
        self.kept.len() as u64
    }
}
