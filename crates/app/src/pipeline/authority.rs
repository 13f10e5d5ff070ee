//! Acts of authority that are of no case: each goes through the queue of commands, and is on record in one commit with
//! what it changes.

use crate::{
    Caller, Parts,
    caller::sources_of,
    environment::entropy::Entropy,
    live::{
        chats::{self, Chat},
        floor::STAFF,
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
use remit_store::{Collection, Commit, CommitError, Expected, InFlight, Record, Store, TokenRow};
use serde::de::DeserializeOwned;

/// Who acts by the command line on a data directory.
pub(crate) const COMMAND_LINE: &str = "command line";

/// Who is named for what an earlier version made without a record.
pub(crate) const EARLIER: &str = "an earlier version";

/// What is on record of what an earlier version made, by name.
pub(crate) const GOVERNANCE: Collection<bool> = Collection::new("governance");

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
    let sources: Vec<String> = sources_of(row.source.as_deref()).map(ToOwned::to_owned).collect();
    Grant {
        token: row.id.clone(),
        roles: row.roles.clone(),
        responder: row.responder.clone(),
        source: sources.first().cloned(),
        sources: if sources.len() > 1 { sources } else { Vec::new() },
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
pub(crate) async fn record_earlier(store: &impl Store, entropy: &Entropy, now: Timestamp) -> Result<(), Refused> {
    let done = store.items(GOVERNANCE.kind()).await.map_err(Refused::internal)?;
    let is_done = |name: &str| done.iter().any(|item| item.id == name);
    if is_done(RECORDED) && is_done(PAUSES) {
        return Ok(());
    }
    let is_governed = is_done(RECORDED) || store.has_kind(Event::GOVERNANCE).await.map_err(Refused::internal)?;
    let mut events = if is_governed { Vec::new() } else { earlier(store, now).await? };
    if !is_done(PAUSES) {
        events.extend(earlier_pauses(store, now).await?);
    }
    let records = events.iter().map(|event| record(entropy, event, "remit", now)).collect::<Result<Vec<_>, _>>()?;
    let expected = Expected::Any("what is done is done, whoever said so before");
    let done = |id: &str| GOVERNANCE.write(id, expected, &true).map_err(Refused::internal);
    let commit = Commit { records, items: vec![done(RECORDED)?, done(PAUSES)?], ..Commit::default() };
    store.commit(commit, InFlight::default()).await.map(drop).map_err(crate::refused)
}

/// Subscriptions that are paused and whose records do not say so: an earlier version paused without a record what a
/// receiver wanted no more.
async fn earlier_pauses(store: &impl Store, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let mut events = Vec::new();
    for (subscription, line) in items(store, &subscriptions::DELIVERIES).await? {
        let stream = Stream::subscription(&subscription).to_string();
        let rows = store.records_of(&stream, 0, usize::MAX).await.map_err(Refused::internal)?;
        let mut said = rows.iter().filter_map(|row| pause_of(&serde_json::from_slice(&row.body).ok()?));
        if line.paused && said.next_back() != Some(true) {
            let (change, by) = (SubscriptionChange::Paused, EARLIER.to_owned());
            events.push(Event::SubscriptionChanged { subscription, change, by, at });
        }
    }
    Ok(events)
}

async fn earlier(store: &impl Store, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let mut events = Vec::new();
    let by = || EARLIER.to_owned();
    for token in store.tokens().await.map_err(Refused::internal)? {
        events.push(Event::TokenMade { grant: grant(&token), by: by(), at });
    }
    for (_, item) in items(store, &STAFF).await? {
        let (staff, presence) = (item.profile.id.clone(), (&item.presence).into());
        events.push(item.noted(EARLIER, at));
        events.push(Event::PresenceSet { staff, presence, by: by(), at });
    }
    for (id, item) in items(store, &chats::CHATS).await? {
        let chat = Chat::new(id, item);
        let (name, customer, expires) = (chat.name().to_owned(), chat.customer.clone(), chat.expires);
        let digest = Some(digest(chat.id.as_bytes()));
        events.push(Event::ChatStarted { chat: name, digest, customer, case: None, expires, by: by(), at });
    }
    for (subscription, item) in items(store, &subscriptions::SUBSCRIPTIONS).await? {
        events.push(Event::SubscriptionMade { subscription, terms: terms(&item), by: by(), at });
    }
    Ok(events)
}

/// Those that can be read.
async fn items<T: DeserializeOwned>(store: &impl Store, of: &Collection<T>) -> Result<Vec<(String, T)>, Refused> {
    let rows = store.items(of.kind()).await.map_err(Refused::internal)?;
    let entries = rows.into_iter().filter_map(|row| of.entry(row).ok());
    Ok(entries.map(|entry| (entry.id, entry.value)).collect())
}
