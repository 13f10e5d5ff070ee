//! Memory as a fold over the feed: what each record changes, in the order of the ledger, for whoever follows from a
//! place on. What a case is, who has it and what was shown of whom follow from its events; what else memory holds is
//! kept beside the records, and read anew where a record says that it changed: the newest is followed, however often.

use crate::{
    Journal, Parts,
    live::{
        Live,
        change::{Change, Item},
        chats::CHATS,
        floor::STAFF,
        load::{BREAKERS, BreakerItem},
        subscriptions::{DELIVERIES, SUBSCRIPTIONS, dead_letters},
    },
    pipeline::{case_fold::CaseFold, placing, projections},
};
use remit_domain::{
    Event,
    id::{CustomerId, Timestamp},
    stream::StreamKind,
};
use remit_store::{Journal as _, ReadError, RecordRow, Views};
use std::collections::{HashMap, hash_map::Entry};

/// Records read at once.
const AT_ONCE: usize = 256;

/// Where somebody who follows the feed stands.
#[derive(Debug)]
pub(crate) struct FeedFold {
    at: u64,
}

impl FeedFold {
    /// Who knows of everything up to this position.
    pub(crate) fn after(at: u64) -> Self {
        Self { at }
    }

    /// Hands on what each record changes that comes next, of those that are there by now, until it stands at the newest
    /// of them. `live` is what is known so far.
    pub(crate) async fn catch_up(
        &mut self,
        journal: &Journal,
        live: &Live,
        mut follow: impl FnMut(Change) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let newest = journal.store.last_seq().await?;
        while self.at < newest {
            let rows = journal.store.feed(self.at, AT_ONCE).await?;
            let Some(last) = rows.last().map(|row| row.seq) else { break };
            let mut cases = HashMap::new();
            for row in &rows {
                let event: Event = read(row)?;
                let change = match (row.stream.split_once('/'), event) {
                    (Some((kind, _)), event) if kind == StreamKind::Case.as_str() => {
                        let fold = match cases.entry(row.stream.as_str()) {
                            Entry::Occupied(known) => known.into_mut(),
                            Entry::Vacant(new) => new.insert(fold_until(&journal.store, &row.stream, self.at).await?),
                        };
                        of_case(&journal.store, live, fold, &event).await?
                    }
                    (Some((_, id)), event) => of_governance(&journal.store, live, id, &event).await?,
                    (None, _) => Change::default(),
                };
                follow(change)?;
            }
            self.at = last;
        }
        Ok(())
    }
}

/// Has `live`, which knows nothing, follow the whole feed.
pub(crate) async fn follow_all(parts: &Parts, live: &Live) -> Result<(), ReadError> {
    let mut feed = FeedFold::after(0);
    feed.catch_up(&parts.journal, live, |change| projections::follow_in(parts, live, change)).await?;
    // The floor begins with what is there, once somebody is on it.
    placing::follow_cases(parts, live).await
}

fn read(row: &RecordRow) -> Result<Event, ReadError> {
    serde_json::from_slice(&row.body).map_err(|error| ReadError(format!("record {}: {error}", row.seq)))
}

/// A case as its records up to a position make it.
async fn fold_until(store: &impl remit_store::Journal, stream: &str, at: u64) -> Result<CaseFold, ReadError> {
    let mut fold = CaseFold::default();
    for row in store.records_of(stream, 0, usize::MAX).await?.iter().take_while(|row| row.seq <= at) {
        fold.apply(&read(row)?);
    }
    Ok(fold)
}

/// What an event of a case changes.
async fn of_case(store: &impl Views, live: &Live, fold: &mut CaseFold, event: &Event) -> Result<Change, ReadError> {
    let before = fold.case.clone();
    let outcomes = fold.apply(event);
    let Some(case) = fold.case.clone() else { return Ok(Change::default()) };
    let chats = match event {
        Event::CaseOpened { customer, .. } => live.chats.of(customer),
        _ => Vec::new(),
    };
    let change = projections::change_of(before.as_ref(), std::slice::from_ref(event), case, &outcomes);
    let mut items = Vec::new();
    for chat in chats {
        items.push(newest(store, CHATS.kind(), &chat).await?);
    }
    Ok(Change { outcomes, items, ..change })
}

/// What an event changes that is of something else, which is called `id`.
async fn of_governance(store: &impl Views, live: &Live, id: &str, event: &Event) -> Result<Change, ReadError> {
    let mut change = Change::default();
    match event {
        Event::StaffNoted { .. } | Event::PresenceSet { .. } | Event::StaffRemoved { .. } => {
            change.items.push(newest(store, STAFF.kind(), id).await?);
        }
        Event::ChatStarted { chat, at, .. } => {
            change.items = over(live, *at);
            change.items.extend(chat_called(store, chat).await?);
        }
        Event::CustomerErased { customer, .. } => change.items = ended(live, customer),
        Event::SubscriptionMade { .. } | Event::SubscriptionChanged { .. } | Event::SubscriptionDeleted(_) => {
            change.items.push(newest(store, SUBSCRIPTIONS.kind(), id).await?);
            change.items.push(newest(store, DELIVERIES.kind(), id).await?);
            change.items.append(&mut Change::of_items(&store.items(dead_letters(id).kind()).await?).items);
        }
        Event::AiStopped { responder, intent, .. } | Event::AiResumed { responder, intent, .. } => {
            change.items.push(breaker(store, responder.as_str(), intent).await?);
        }
        Event::OutcomesReset(reset) => {
            change.outcomes = CaseFold::default().apply(event);
            change.items.push(breaker(store, reset.responder.as_str(), &reset.intent).await?);
        }
        Event::TokenMade { grant, .. } => change.made = made(store, &grant.token).await?,
        Event::SessionStarted(started) => change.made = made(store, &started.grant.token).await?,
        Event::TokenRevoked { token, .. } => change.revoked.push(token.clone()),
        Event::SessionEnded(ended) => change.revoked.push(ended.session.clone()),
        _ => {}
    }
    Ok(change)
}

/// An item as it is stored now.
async fn newest(store: &impl Views, kind: &str, id: &str) -> Result<Item, ReadError> {
    let stored = store.item(kind, id).await?;
    Ok(Item { kind: kind.to_owned(), id: id.to_owned(), body: stored.map(|item| item.body) })
}

async fn breaker(store: &impl Views, responder: &str, intent: &str) -> Result<Item, ReadError> {
    newest(store, BREAKERS.kind(), &BreakerItem::name(responder, intent)).await
}

/// A token of staff, where it is there still.
async fn made(store: &impl Views, token: &str) -> Result<Vec<remit_store::TokenRow>, ReadError> {
    Ok(store.token_of_id(token).await?.into_iter().filter(|row| row.staff.is_some()).collect())
}

/// The chat of this name, which is stored under what its name begins.
async fn chat_called(store: &impl Views, name: &str) -> Result<Option<Item>, ReadError> {
    let Some(begins) = name.strip_prefix("chat_") else { return Ok(None) };
    // The greatest of those that begin so: in hexadecimal, no figure comes after `f`.
    let found = store.items_page(CHATS.kind(), Some(&format!("{begins}g")), 1).await?;
    Ok(found.iter().find(|item| item.id.starts_with(begins)).map(Item::stored))
}

/// Chats that are forgotten as another one begins.
fn over(live: &Live, now: Timestamp) -> Vec<Item> {
    live.chats.over(now).into_iter().map(gone).collect()
}

/// A customer's chats, which end as they are erased.
fn ended(live: &Live, customer: &CustomerId) -> Vec<Item> {
    live.chats.of(customer).into_iter().map(gone).collect()
}

fn gone(chat: String) -> Item {
    Item { kind: CHATS.kind().to_owned(), id: chat, body: None }
}
