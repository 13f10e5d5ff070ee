//! Acts of authority that are of no case: each goes through the queue of commands, and is on record in one commit with
//! what it changes.

use crate::{
    Caller, Parts,
    environment::entropy::Entropy,
    journal::block_on,
    live::{
        chats::{self, Chat},
        delivery::Line,
        floor::{STAFF, StaffItem},
        subscriptions::{self, SubscriptionItem},
    },
    pipeline::{commit, projections},
    refused::Refused,
    vault::keys::Keys,
};
use remit_domain::{
    Event, Stream,
    governance::{Grant, SubscriptionChange, SubscriptionTerms},
    id::Timestamp,
};
use remit_ledger::hash::Hash;
use remit_policy::address::Address;
use remit_store::{Commit, CommitError, ItemRow, Record, Store, TokenRow};
use serde::de::DeserializeOwned;

/// Who acts by the command line on a data directory.
pub(crate) const COMMAND_LINE: &str = "command line";

/// Who is named for what an earlier version made without a record.
pub(crate) const EARLIER: &str = "an earlier version";

/// The kind of the items that say what is on record.
pub(crate) const GOVERNANCE: &str = "governance";

/// The name of the one that says that everything there was is.
pub(crate) const RECORDED: &str = "recorded";

/// The name of the one that says that each pause of a subscription is.
pub(crate) const PAUSES: &str = "pauses";

/// The record of an act, in the stream of what it is about.
pub(crate) fn record(entropy: &Entropy, event: &Event, actor: &str, now: Timestamp) -> Result<Record, Refused> {
    let stream = event.stream().ok_or_else(|| Refused::internal("the event is of a case"))?;
    commit::recorded(entropy, event, &stream, actor, now)
}

/// Puts acts of `caller` on record, in one commit with what they change, which memory follows.
pub(crate) async fn govern(
    parts: &Parts,
    caller: &Caller,
    events: &[Event],
    changed: Commit,
) -> Result<(), CommitError> {
    let now = parts.environment.now();
    let recorded = |event| record(&parts.environment.entropy, event, &caller.pseudonym, now);
    let records: Result<Vec<_>, Refused> = events.iter().map(recorded).collect();
    let records = records.map_err(|refused| CommitError::Failed(refused.detail))?;
    projections::commit(parts, Commit { records, ..changed }).await.map(|_| ())
}

/// What goes on record of what a secret is known by.
pub(crate) fn digest(known_by: &[u8]) -> String {
    Hash::leaf(known_by).to_string()
}

/// What a token grants, for the record.
pub(crate) fn grant(row: &TokenRow) -> Grant {
    Grant {
        token: row.id.clone(),
        roles: row.roles.clone(),
        responder: row.responder.clone(),
        source: row.source.clone(),
        staff: row.staff.clone(),
        digest: Some(digest(&row.hash)),
        made: Some(Timestamp(row.created_ms)),
        expires: Timestamp(row.expires_ms),
    }
}

/// What a subscription sends, for the record.
pub(crate) fn terms(item: &SubscriptionItem) -> SubscriptionTerms {
    let origin = Address::parse(&item.url).map(|address| address.origin()).unwrap_or_default();
    SubscriptionTerms { origin, address: None, secret: None, kinds: item.kinds.clone() }
}

/// The same of one that is made, with digests of its address and its secret.
pub(crate) fn terms_with(id: &str, item: &SubscriptionItem, secret: &str, keys: &Keys) -> SubscriptionTerms {
    let address = Some(keys.address_on_record(id, &item.url));
    SubscriptionTerms { address, secret: Some(keys.secret_on_record(id, secret)), ..terms(item) }
}

/// Whether a subscription is paused after an act, where it says so.
pub(crate) fn pause_of(event: &Event) -> Option<bool> {
    match event {
        Event::SubscriptionChanged { change: SubscriptionChange::Paused, .. } => Some(true),
        Event::SubscriptionChanged { change: SubscriptionChange::Resumed, .. } => Some(false),
        _ => None,
    }
}

/// Puts on record, once, what an earlier version made without one. Where there is a record of governance already, what
/// has none was made beside the record, and gets none.
pub(crate) fn record_earlier(store: &impl Store, entropy: &Entropy, now: Timestamp) -> Result<(), Refused> {
    let done = store.items(GOVERNANCE).map_err(Refused::internal)?;
    let is_done = |name: &str| done.iter().any(|item| item.id == name);
    if is_done(RECORDED) && is_done(PAUSES) {
        return Ok(());
    }
    let is_governed = is_done(RECORDED) || store.has_kind(Event::GOVERNANCE).map_err(Refused::internal)?;
    let mut events = if is_governed { Vec::new() } else { earlier(store, now)? };
    if !is_done(PAUSES) {
        events.extend(earlier_pauses(store, now)?);
    }
    let records = events.iter().map(|event| record(entropy, event, "remit", now)).collect::<Result<Vec<_>, _>>()?;
    let done = |id: &str| ItemRow { kind: GOVERNANCE.to_owned(), id: id.to_owned(), body: Some(b"true".to_vec()) };
    let commit = Commit { records, items: vec![done(RECORDED), done(PAUSES)], ..Commit::default() };
    block_on::commit(store, commit)
}

/// Subscriptions that are paused and whose records do not say so: an earlier version paused without a record what a
/// receiver wanted no more.
fn earlier_pauses(store: &impl Store, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let mut events = Vec::new();
    for (subscription, line) in items::<Line>(store, subscriptions::DELIVERY)? {
        let stream = Stream::subscription(&subscription).to_string();
        let rows = store.records_of(&stream, 0, usize::MAX).map_err(Refused::internal)?;
        let mut said = rows.iter().filter_map(|row| pause_of(&serde_json::from_slice(&row.body).ok()?));
        if line.paused && said.next_back() != Some(true) {
            let (change, by) = (SubscriptionChange::Paused, EARLIER.to_owned());
            events.push(Event::SubscriptionChanged { subscription, change, by, at });
        }
    }
    Ok(events)
}

fn earlier(store: &impl Store, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let mut events = Vec::new();
    let by = || EARLIER.to_owned();
    for token in store.tokens().map_err(Refused::internal)? {
        events.push(Event::TokenMade { grant: grant(&token), by: by(), at });
    }
    for (_, item) in items::<StaffItem>(store, STAFF)? {
        let (staff, presence) = (item.profile.id.clone(), (&item.presence).into());
        events.push(item.noted(EARLIER, at));
        events.push(Event::PresenceSet { staff, presence, by: by(), at });
    }
    for (id, item) in items::<chats::ChatItem>(store, chats::CHAT)? {
        let chat = Chat::new(id, item);
        let (name, customer, expires) = (chat.name().to_owned(), chat.customer.clone(), chat.expires);
        let digest = Some(digest(chat.id.as_bytes()));
        events.push(Event::ChatStarted { chat: name, digest, customer, case: None, expires, by: by(), at });
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
