//! Sending events to those who subscribed: what is live of each subscription, and the steps of delivering.

pub mod dead_letters;
pub mod subscription;

use crate::{
    Caller, Environment, Journal, Live, Parts,
    caller::principal::Job,
    evidence::feed::FeedItem,
    live::{
        delivery::{Origin, Pick, ReadyEvent},
        subscriptions::{self, DELIVERIES, SUBSCRIPTIONS, Subscription, SubscriptionItem, dead_id},
    },
    pipeline::authority,
    refused::Refused,
};
use remit_domain::{
    Event,
    governance::{SubscriptionChange, SubscriptionDeleted},
    signal::OWN_SOURCE,
};
use remit_responders::Failure;
use remit_store::{Commit, Expected, Journal as _, RecordRow, Views as _};
use serde::Serialize;
use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};
use tokio::sync::watch;
use utoipa::ToSchema;

/// Events of a stream that are looked through at once for the next one that is subscribed to.
const PAGE: usize = 16;

/// When an event that could not be read is looked for again, in milliseconds.
const PUT_OFF_MS: i64 = 1_000;

/// What is sent to a subscription: an event, in a form that stays as it is under its version.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookMessage {
    /// `remit.`, the kind of event, and the version of its form.
    #[serde(rename = "type")]
    #[schema(example = "remit.case_opened.v1")]
    pub kind: String,
    /// When the event happened.
    #[schema(format = DateTime)]
    pub timestamp: String,
    /// The event, as `/v1/events` tells it.
    pub data: FeedItem,
}

/// An event, ready to be sent; nothing where it is not subscribed to.
fn ready(item: &SubscriptionItem, row: RecordRow) -> Result<Option<ReadyEvent>, Refused> {
    if item.kinds.as_ref().is_some_and(|kinds| !kinds.contains(&row.kind)) {
        return Ok(None);
    }
    let (seq, kind) = (row.seq, row.kind.clone());
    let data = FeedItem::of(row)?;
    let message = WebhookMessage { kind: format!("remit.{kind}.v1"), timestamp: data.at.clone(), data };
    Ok(Some(ReadyEvent { seq, kind, body: serde_json::to_vec(&message).map_err(Refused::internal)? }))
}

/// Every subscription, live.
pub fn live_subscriptions(live: &Live) -> Vec<Arc<Subscription>> {
    live.subscriptions.all()
}

/// Told when there is another subscription, or one less.
pub fn subscriptions_changed(live: &Live) -> watch::Receiver<()> {
    live.subscriptions.changed.subscribe()
}

/// Reads on in the ledger as far as there is room. Says whether there may be more to read.
///
/// # Errors
/// When the store refuses.
pub async fn read_on(
    journal: &Journal,
    environment: &Environment,
    subscription: &Subscription,
) -> Result<bool, Refused> {
    let (mut after, room) = subscription.line().room();
    if room == 0 {
        return Ok(false);
    }
    let rows = journal.store.feed(after, room).await.map_err(Refused::internal)?;
    let (full, item, now) = (rows.len() == room, subscription.item(), environment.now().0);
    for row in rows {
        let (seq, stream) = (row.seq, row.stream.clone());
        let ready = ready(&item, row)?;
        subscription.line().take(after, seq, &stream, ready, now);
        after = seq;
    }
    Ok(full)
}

/// What goes next, if anything is due: none of a stream that is `busy`.
pub fn next_delivery(environment: &Environment, subscription: &Subscription, busy: &HashSet<String>) -> Option<Pick> {
    subscription.line().pick(environment.now().0, busy)
}

/// Sends one event, and takes in what comes of it.
pub async fn deliver(journal: &Journal, environment: &Environment, subscription: &Subscription, pick: Pick) {
    let found = match pick.ready {
        Some(ready) => Ok(Some(ready)),
        None => next_of_lane(journal, subscription, &pick.from, pick.after, pick.last).await,
    };
    let ready = match found {
        Ok(Some(ready)) => ready,
        Ok(None) => return subscription.line().pass(&pick.from, pick.last, environment.now().0),
        Err(_) => return subscription.line().put_off(&pick.from, environment.now().0.saturating_add(PUT_OFF_MS)),
    };
    let id = &subscription.id;
    let outcome = send(environment, subscription, &format!("{id}_{}", ready.seq), ready.body).await;
    let now = environment.now().0;
    let Err((failure, what)) = outcome else {
        environment.metrics.webhook(id, "delivered");
        return subscription.line().delivered(&pick.from, ready.seq, now);
    };
    if failure.as_ref().is_some_and(Failure::is_gone) {
        tracing::warn!(subscription = id, "the receiver says that it is gone; nothing is sent until somebody resumes");
        subscription.line().gone(&what, now);
        return environment.metrics.webhook(id, "failed");
    }
    let asked_ms = match failure {
        Some(Failure::Busy { retry_after: Some(wait) }) => Some(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)),
        _ => None,
    };
    let chance = environment.entropy.bytes().map_or(0, u16::from_be_bytes);
    let of = (ready.seq, ready.kind.as_str());
    let given_up = subscription.line().failed(&pick.from, of, &what, asked_ms, chance, now);
    if given_up {
        tracing::warn!(subscription = id, seq = ready.seq, failure = what, "an event was given up");
    }
    environment.metrics.webhook(id, if given_up { "given_up" } else { "failed" });
}

/// Sends a body once under a name. Says what went wrong, and how it is told.
pub(crate) async fn send(
    environment: &Environment,
    subscription: &Subscription,
    name: &str,
    body: Vec<u8>,
) -> Result<(), (Option<Failure>, String)> {
    let receiver = subscription.receiver().map_err(|why| (None, why))?;
    let sent = receiver.send(name, environment.now().0 / 1_000, body).await;
    sent.map_err(|failure| {
        let told = failure.to_string();
        (Some(failure), told)
    })
}

/// The first event of the lane's stream in a stretch of the ledger that is subscribed to.
async fn next_of_lane(
    journal: &Journal,
    subscription: &Subscription,
    from: &Origin,
    mut after: u64,
    last: u64,
) -> Result<Option<ReadyEvent>, Refused> {
    let item = subscription.item();
    while after < last {
        let rows = journal.store.records_of(&from.stream, after, PAGE).await.map_err(Refused::internal)?;
        let ended = rows.len() < PAGE;
        for row in rows {
            after = row.seq;
            if after > last {
                return Ok(None);
            }
            if let Some(ready) = ready(&item, row)? {
                return Ok(Some(ready));
            }
        }
        if ended {
            break;
        }
    }
    Ok(None)
}

/// Puts on record where the delivery to a subscription stands.
///
/// # Errors
/// When the store refuses; then it is still to be done.
pub async fn save_delivery(parts: &Parts, subscription: &Subscription) -> Result<(), Refused> {
    save_delivery_with(parts, subscription, None).await
}

/// The same, together with the act that changed it.
pub(crate) async fn save_delivery_with(
    parts: &Parts,
    subscription: &Subscription,
    act: Option<(&Caller, &Event)>,
) -> Result<(), Refused> {
    let _saving = subscription.saving.lock().await;
    if subscription.deleted.load(Ordering::Acquire) {
        return Ok(());
    }
    // What a receiver did by going is not what somebody did after it.
    if act.is_some() && subscription.line().unsaved().gone {
        save_line(parts, subscription, None).await?;
    }
    save_line(parts, subscription, act).await
}

async fn save_line(parts: &Parts, subscription: &Subscription, act: Option<(&Caller, &Event)>) -> Result<(), Refused> {
    let said = act.and_then(|(_, event)| authority::pause_of(event));
    let expected = Expected::Any("what is delivered is known in memory, and saved by one at a time");
    let (unsaved, paused, line) = {
        let mut line = subscription.line();
        let paused = said.unwrap_or_else(|| line.is_paused_on_record());
        let written = line.recorded(paused, |line| DELIVERIES.write(&subscription.id, expected, line));
        (line.unsaved(), paused, written.map_err(Refused::internal)?)
    };
    // A receiver that is gone pauses its subscription by itself.
    let (own, by) = (Caller::system(Job::Webhooks), OWN_SOURCE.to_owned());
    let (subscribed, change) = (subscription.id.clone(), SubscriptionChange::Paused);
    let gone = Event::SubscriptionChanged { subscription: subscribed, change, by, at: parts.environment.now() };
    let act = act.or(Some((&own, &gone)).filter(|_| unsaved.gone));
    let (mut items, dead) = (vec![line], subscriptions::dead_letters(&subscription.id));
    for (seq, letter) in &unsaved.letters {
        items.push(match letter {
            Some(letter) => dead.write(dead_id(*seq), expected, letter).map_err(Refused::internal)?,
            None => dead.forget(dead_id(*seq), expected),
        });
    }
    match act {
        Some((caller, event)) => {
            let changed = Commit { items, ..Commit::default() };
            authority::govern(parts, caller, std::slice::from_ref(event), changed).await.map_err(crate::refused)?;
        }
        None => drop(parts.journal.commit(Commit { items, ..Commit::default() }).await.map_err(crate::refused)?),
    }
    subscription.line().saved(&unsaved, paused);
    Ok(())
}

/// Forgets a subscription with everything about it.
///
/// # Errors
/// When the store refuses.
pub(crate) async fn forget_subscription(
    parts: &Parts,
    caller: &Caller,
    subscription: &Subscription,
) -> Result<(), Refused> {
    let _saving = subscription.saving.lock().await;
    let (id, dead) = (&subscription.id, subscriptions::dead_letters(&subscription.id));
    let expected = Expected::Any("what is deleted goes with all that it was");
    let mut items = vec![SUBSCRIPTIONS.forget(id, expected), DELIVERIES.forget(id, expected)];
    let letters = parts.journal.store.items(dead.kind()).await.map_err(Refused::internal)?;
    items.extend(letters.into_iter().map(|letter| dead.forget(letter.id, expected)));
    let by = caller.pseudonym.to_string();
    let deleted = SubscriptionDeleted { subscription: id.clone(), by, at: parts.environment.now() };
    let event = Event::SubscriptionDeleted(deleted);
    authority::govern(parts, caller, &[event], Commit { items, ..Commit::default() }).await.map_err(crate::refused)?;
    parts.environment.metrics.forget_webhook(id);
    Ok(())
}

/// Sets the gauges of webhooks to what is true now.
pub fn measure_webhooks(journal: &Journal, live: &Live, environment: &Environment) {
    let newest = *journal.ticks.borrow();
    for subscription in live.subscriptions.all() {
        let line = subscription.line();
        let (lag, dead) = (newest.saturating_sub(line.settled()), line.dead_letters());
        environment.metrics.webhook_line(&subscription.id, lag, line.waiting().0, dead);
    }
}
