//! Acts of authority that are of no case: each goes through the queue of commands, and is on record in one commit with
//! what it changes.

use crate::{
    Caller, Environment, Journal,
    environment::entropy::Entropy,
    journal::block_on,
    live::{
        chats::{self, Chat},
        floor::{STAFF, StaffItem},
        subscriptions::{self, SubscriptionItem},
    },
    pipeline::commit,
    refused::Refused,
};
use remit_domain::{
    Event,
    governance::{Grant, SubscriptionTerms},
    id::Timestamp,
};
use remit_policy::address::Address;
use remit_store::{Commit, CommitError, ItemRow, Record, Store, TokenRow};
use serde::de::DeserializeOwned;

/// Who acts by the command line on a data directory.
pub(crate) const COMMAND_LINE: &str = "command line";

/// Who is named for what an earlier version made without a record.
const EARLIER: &str = "an earlier version";

/// The kind and the name of the item that says that everything is on record.
const GOVERNANCE: &str = "governance";

const RECORDED: &str = "recorded";

/// The record of an act, in the stream of what it is about.
pub(crate) fn record(entropy: &Entropy, event: &Event, actor: &str, now: Timestamp) -> Result<Record, Refused> {
    let stream = event.stream().ok_or_else(|| Refused::internal("the event is of a case"))?.to_string();
    commit::recorded(entropy, event, &stream, actor, now)
}

/// Puts acts of `caller` on record, in one commit with what they change.
pub(crate) async fn govern(
    journal: &Journal,
    environment: &Environment,
    caller: &Caller,
    events: &[Event],
    changed: Commit,
) -> Result<(), CommitError> {
    let now = environment.now();
    let recorded = |event| record(&environment.entropy, event, &caller.pseudonym, now);
    let records: Result<Vec<_>, Refused> = events.iter().map(recorded).collect();
    let records = records.map_err(|refused| CommitError::Failed(refused.detail))?;
    journal.commit(Commit { records, ..changed }).await.map(|_| ())
}

/// What a token grants, for the record.
pub(crate) fn grant(row: &TokenRow) -> Grant {
    Grant {
        token: row.id.clone(),
        roles: row.roles.clone(),
        responder: row.responder.clone(),
        source: row.source.clone(),
        staff: row.staff.clone(),
        expires: Timestamp(row.expires_ms),
    }
}

/// What a subscription sends, for the record.
pub(crate) fn terms(item: &SubscriptionItem) -> SubscriptionTerms {
    let origin = Address::parse(&item.url).map(|address| address.origin()).unwrap_or_default();
    SubscriptionTerms { origin, kinds: item.kinds.clone() }
}

/// Puts on record, once, what an earlier version made without one. Where there is a record of governance already, what
/// has none was made beside the record, and gets none.
pub(crate) fn record_earlier(store: &impl Store, entropy: &Entropy, now: Timestamp) -> Result<(), Refused> {
    if store.items(GOVERNANCE).map_err(Refused::internal)?.iter().any(|item| item.id == RECORDED) {
        return Ok(());
    }
    let is_governed = store.has_kind(Event::GOVERNANCE).map_err(Refused::internal)?;
    let events = if is_governed { Vec::new() } else { earlier(store, now)? };
    let records = events.iter().map(|event| record(entropy, event, "remit", now)).collect::<Result<Vec<_>, _>>()?;
    let done = ItemRow { kind: GOVERNANCE.to_owned(), id: RECORDED.to_owned(), body: Some(b"true".to_vec()) };
    let commit = Commit { records, items: vec![done], ..Commit::default() };
    block_on::commit(store, commit)
}

fn earlier(store: &impl Store, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let mut events = Vec::new();
    let by = || EARLIER.to_owned();
    for token in store.tokens().map_err(Refused::internal)? {
        events.push(Event::TokenMade { grant: grant(&token), by: by(), at });
    }
    for (_, item) in items::<StaffItem>(store, STAFF)? {
        let (staff, presence) = (item.profile.id.clone(), (&item.presence).into());
        events.push(Event::StaffNoted { profile: Box::new(item.profile), by: by(), at });
        events.push(Event::PresenceSet { staff, presence, by: by(), at });
    }
    for (id, item) in items::<chats::ChatItem>(store, chats::CHAT)? {
        let chat = Chat::new(id, item);
        let (name, customer, expires) = (chat.name().to_owned(), chat.customer.clone(), chat.expires);
        events.push(Event::ChatStarted { chat: name, customer, case: None, expires, by: by(), at });
    }
    for (subscription, item) in items::<SubscriptionItem>(store, subscriptions::SUBSCRIPTION)? {
        events.push(Event::SubscriptionMade { subscription, terms: terms(&item), by: by(), at });
    }
    Ok(events)
}

fn items<T: DeserializeOwned>(store: &impl Store, kind: &str) -> Result<Vec<(String, T)>, Refused> {
    let rows = store.items(kind).map_err(Refused::internal)?;
    let read = |row: ItemRow| Some((row.id, serde_json::from_slice(&row.body?).ok()?));
    Ok(rows.into_iter().filter_map(read).collect())
}
