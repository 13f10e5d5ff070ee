//! Acts of authority that are of no case: each goes through the queue of commands, and is on record in one commit with
//! what it changes.

use crate::{
    Caller, Environment, Journal,
    environment::entropy::Entropy,
    live::{
        chats::{self, Chat},
        floor::STAFF,
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
use remit_store::{Collection, Commit, CommitError, Expected, InFlight, Record, Store, TokenRow};
use serde::de::DeserializeOwned;

/// Who acts by the command line on a data directory.
pub(crate) const COMMAND_LINE: &str = "command line";

/// Who is named for what an earlier version made without a record.
const EARLIER: &str = "an earlier version";

/// Whether everything is on record, and under which name that is said.
const GOVERNANCE: Collection<bool> = Collection::new("governance");

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
pub(crate) async fn record_earlier(store: &impl Store, entropy: &Entropy, now: Timestamp) -> Result<(), Refused> {
    if store.item(GOVERNANCE.kind(), RECORDED).await.map_err(Refused::internal)?.is_some() {
        return Ok(());
    }
    let is_governed = store.has_kind(Event::GOVERNANCE).await.map_err(Refused::internal)?;
    let events = if is_governed { Vec::new() } else { earlier(store, now).await? };
    let records = events.iter().map(|event| record(entropy, event, "remit", now)).collect::<Result<Vec<_>, _>>()?;
    let done = GOVERNANCE.write(RECORDED, Expected::Absent, &true).map_err(Refused::internal)?;
    let commit = Commit { records, items: vec![done], ..Commit::default() };
    store.commit(commit, InFlight::default()).await.map(drop).map_err(crate::refused)
}

async fn earlier(store: &impl Store, at: Timestamp) -> Result<Vec<Event>, Refused> {
    let mut events = Vec::new();
    let by = || EARLIER.to_owned();
    for token in store.tokens().await.map_err(Refused::internal)? {
        events.push(Event::TokenMade { grant: grant(&token), by: by(), at });
    }
    for (_, item) in items(store, &STAFF).await? {
        let (staff, presence) = (item.profile.id.clone(), (&item.presence).into());
        events.push(Event::StaffNoted { profile: Box::new(item.profile), by: by(), at });
        events.push(Event::PresenceSet { staff, presence, by: by(), at });
    }
    for (id, item) in items(store, &chats::CHATS).await? {
        let chat = Chat::new(id, item);
        let (name, customer, expires) = (chat.name().to_owned(), chat.customer.clone(), chat.expires);
        events.push(Event::ChatStarted { chat: name, customer, case: None, expires, by: by(), at });
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
