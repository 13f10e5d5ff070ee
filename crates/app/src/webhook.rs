//! Sending events to those who subscribed: what is live of each subscription, and the steps of delivering.

use crate::{
    Caller, Environment, Journal, Live, authority,
    delivery::{Line, Origin, Pick, Ready},
    keys::Keys,
    query::FeedItem,
    refused::{Kind, Refused},
};
use remit_domain::Event;
use remit_responders::{Failure, Receiver, signature::SigningSecret};
use remit_store::{Commit, ItemRow, ReadError, RecordRow, Store};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, watch};
use utoipa::ToSchema;

/// The kind of item that a subscription is stored as.
pub(crate) const SUBSCRIPTION: &str = "subscription";
/// The kind of item that says where its delivery stands.
pub(crate) const DELIVERY: &str = "delivery";
/// Events of a case that are looked through at once for the next one that is subscribed to.
const PAGE: usize = 16;
/// When an event that could not be read is looked for again, in milliseconds.
const PUT_OFF_MS: i64 = 1_000;
/// The status by which a receiver says that it wants nothing any more.
const GONE: u16 = 410;

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

/// A subscription as stored. Secrets are sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SubscriptionItem {
    pub(crate) name: String,
    pub(crate) url: String,
    /// The kinds of events that are sent; all where there are none.
    pub(crate) kinds: Option<BTreeSet<String>>,
    pub(crate) created_ms: i64,
    pub(crate) secret: Vec<u8>,
    /// The secret before this one, and until when it signs too, in milliseconds since 1970.
    pub(crate) previous: Option<(Vec<u8>, i64)>,
}

/// A subscription, live.
#[derive(Debug)]
pub struct Subscription {
    /// Its identifier.
    pub id: String,
    item: RwLock<Sending>,
    line: Mutex<Line>,
    /// Held while the line is put on record, so that an older one never takes the place of a newer one.
    saving: tokio::sync::Mutex<()>,
    deleted: AtomicBool,
    /// Rung when somebody changed the line.
    bell: Notify,
}

#[derive(Debug, Clone)]
struct Sending {
    item: Arc<SubscriptionItem>,
    /// Or why nothing can be sent.
    receiver: Result<Arc<Receiver>, String>,
}

/// Every subscription, live.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    by_id: RwLock<BTreeMap<String, Arc<Subscription>>>,
    /// Told when there is another one, or one less.
    pub(crate) changed: watch::Sender<()>,
    /// Tests under way.
    pub(crate) tests: tokio::sync::Semaphore,
    /// Held while one is made, so that they stay within their bound.
    pub(crate) making: tokio::sync::Mutex<()>,
    /// Whether events may go over the network in the clear.
    pub(crate) in_the_clear: bool,
}

/// Tests under way at once.
const TESTS_MAX: usize = 8;

impl Subscriptions {
    /// All of them, as they are on record.
    pub(crate) fn open(store: &impl Store, keys: &Keys, in_the_clear: bool) -> Result<Self, ReadError> {
        let broken = |error: serde_json::Error| ReadError(format!("a subscription on record: {error}"));
        let mut lines: BTreeMap<String, Vec<u8>> =
            store.items(DELIVERY)?.into_iter().filter_map(|row| Some((row.id, row.body?))).collect();
        let mut by_id = BTreeMap::new();
        for row in store.items(SUBSCRIPTION)? {
            let (Some(body), Some(line)) = (row.body, lines.remove(&row.id)) else { continue };
            let item: SubscriptionItem = serde_json::from_slice(&body).map_err(broken)?;
            let dead = store.items(&dead_kind(&row.id))?.iter().filter_map(|row| row.id.parse().ok()).collect();
            let line = Line::restore(&line, dead).map_err(broken)?;
            let receiver = receiver(&row.id, &item, keys);
            by_id.insert(row.id.clone(), Arc::new(Subscription::new(row.id, item, receiver, line)));
        }
        Ok(Self {
            by_id: RwLock::new(by_id),
            changed: watch::channel(()).0,
            tests: tokio::sync::Semaphore::new(TESTS_MAX),
            making: tokio::sync::Mutex::default(),
            in_the_clear,
        })
    }

    pub(crate) fn all(&self) -> Vec<Arc<Subscription>> {
        self.by_id.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn get(&self, id: &str) -> Result<Arc<Subscription>, Refused> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        by_id.get(id).cloned().ok_or_else(|| Refused::new(Kind::NotFound, "no subscription has this id"))
    }

    pub(crate) fn add(&self, subscription: Subscription) -> Arc<Subscription> {
        let subscription = Arc::new(subscription);
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        by_id.insert(subscription.id.clone(), Arc::clone(&subscription));
        drop(by_id);
        self.changed.send_modify(|()| {});
        subscription
    }

    fn remove(&self, id: &str) {
        self.by_id.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.changed.send_modify(|()| {});
    }
}

impl Subscription {
    pub(crate) fn new(id: String, item: SubscriptionItem, receiver: Result<Arc<Receiver>, String>, line: Line) -> Self {
        Self {
            id,
            item: RwLock::new(Sending { item: Arc::new(item), receiver }),
            line: Mutex::new(line),
            saving: tokio::sync::Mutex::default(),
            deleted: AtomicBool::new(false),
            bell: Notify::new(),
        }
    }

    pub(crate) fn item(&self) -> Arc<SubscriptionItem> {
        Arc::clone(&self.item.read().unwrap_or_else(PoisonError::into_inner).item)
    }

    pub(crate) fn receiver(&self) -> Result<Arc<Receiver>, String> {
        self.item.read().unwrap_or_else(PoisonError::into_inner).receiver.clone()
    }

    pub(crate) fn replace(&self, item: SubscriptionItem, receiver: Arc<Receiver>) {
        let sending = Sending { item: Arc::new(item), receiver: Ok(receiver) };
        *self.item.write().unwrap_or_else(PoisonError::into_inner) = sending;
    }

    pub(crate) fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the one who delivers.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits until somebody changes the line.
    pub async fn bell(&self) {
        self.bell.notified().await;
    }

    /// Whether anything is not on record yet.
    pub fn is_unsaved(&self) -> bool {
        self.line().is_unsaved()
    }

    /// Whether more of the ledger may be read.
    pub fn has_room(&self) -> bool {
        self.line().room().1 > 0
    }

    /// How long until something is due, apart from cases that are `busy`.
    pub fn until_due(&self, now: i64, busy: &HashSet<String>) -> Option<Duration> {
        let due = self.line().next_due(busy)?;
        Some(Duration::from_millis(u64::try_from(due.saturating_sub(now)).unwrap_or(0)))
    }
}

/// The kind of item that a subscription's dead letters are stored as.
pub(crate) fn dead_kind(id: &str) -> String {
    format!("dead {id}")
}

/// A dead letter's name among them, so that they sort by position.
pub(crate) fn dead_id(seq: u64) -> String {
    format!("{seq:020}")
}

/// What sends to a subscription, or why nothing can.
pub(crate) fn receiver(id: &str, item: &SubscriptionItem, keys: &Keys) -> Result<Arc<Receiver>, String> {
    let secret = |sealed: &[u8]| {
        let opened = keys.open_secret(id, sealed).ok().and_then(|text| SigningSecret::parse(&text).ok());
        opened.ok_or("its secret does not open under this data directory's master key; rotate the secret".to_owned())
    };
    let receiver = Receiver::new(&item.url, secret(&item.secret)?).map_err(|error| error.to_string())?;
    Ok(Arc::new(match &item.previous {
        Some((previous, until_ms)) => receiver.signing_also(secret(previous)?, until_ms / 1_000),
        None => receiver,
    }))
}

/// An event, ready to be sent; nothing where it is not subscribed to.
fn ready(item: &SubscriptionItem, row: RecordRow) -> Result<Option<Ready>, Refused> {
    if item.kinds.as_ref().is_some_and(|kinds| !kinds.contains(&row.kind)) {
        return Ok(None);
    }
    let (seq, kind) = (row.seq, row.kind.clone());
    let data = FeedItem::of(row)?;
    let message = WebhookMessage { kind: format!("remit.{kind}.v1"), timestamp: data.at.clone(), data };
    Ok(Some(Ready { seq, kind, body: serde_json::to_vec(&message).map_err(Refused::internal)? }))
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
pub fn read_on(journal: &Journal, environment: &Environment, subscription: &Subscription) -> Result<bool, Refused> {
    let (mut after, room) = subscription.line().room();
    if room == 0 {
        return Ok(false);
    }
    let rows = journal.store.feed(after, room).map_err(Refused::internal)?;
    let (full, item, now) = (rows.len() == room, subscription.item(), environment.now().0);
    for row in rows {
        let (seq, case) = (row.seq, row.case.clone());
        let ready = ready(&item, row)?;
        subscription.line().take(after, seq, &case, ready, now);
        after = seq;
    }
    Ok(full)
}

/// What goes next, if anything is due: none of a case that is `busy`.
pub fn next_delivery(environment: &Environment, subscription: &Subscription, busy: &HashSet<String>) -> Option<Pick> {
    subscription.line().pick(environment.now().0, busy)
}

/// Sends one event, and takes in what comes of it.
pub async fn deliver(journal: &Journal, environment: &Environment, subscription: &Subscription, pick: Pick) {
    let found = match pick.ready {
        Some(ready) => Ok(Some(ready)),
        None => next_of_lane(journal, subscription, &pick.from, pick.after, pick.last),
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
    if matches!(failure, Some(Failure::Status(GONE))) {
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

/// The first event of the lane's case in a stretch of the ledger that is subscribed to.
fn next_of_lane(
    journal: &Journal,
    subscription: &Subscription,
    from: &Origin,
    mut after: u64,
    last: u64,
) -> Result<Option<Ready>, Refused> {
    let item = subscription.item();
    while after < last {
        let rows = journal.store.records_of(&from.case, after, PAGE).map_err(Refused::internal)?;
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
pub async fn save_delivery(
    journal: &Journal,
    environment: &Environment,
    subscription: &Subscription,
) -> Result<(), Refused> {
    save_delivery_with(journal, environment, subscription, None).await
}

/// The same, together with the act that changed it.
pub(crate) async fn save_delivery_with(
    journal: &Journal,
    environment: &Environment,
    subscription: &Subscription,
    act: Option<(&Caller, &Event)>,
) -> Result<(), Refused> {
    let _saving = subscription.saving.lock().await;
    if subscription.deleted.load(Ordering::Acquire) {
        return Ok(());
    }
    let (unsaved, body) = {
        let line = subscription.line();
        (line.unsaved(), serde_json::to_vec(&*line).map_err(Refused::internal)?)
    };
    let mut items = vec![ItemRow { kind: DELIVERY.to_owned(), id: subscription.id.clone(), body: Some(body) }];
    for (seq, letter) in &unsaved.letters {
        let body = letter.as_ref().map(serde_json::to_vec).transpose().map_err(Refused::internal)?;
        items.push(ItemRow { kind: dead_kind(&subscription.id), id: dead_id(*seq), body });
    }
    match act {
        Some((caller, event)) => authority::govern(
            journal,
            environment,
            caller,
            std::slice::from_ref(event),
            Commit { items, ..Commit::default() },
        )
        .await
        .map_err(super::refused)?,
        None => drop(journal.commit(Commit { items, ..Commit::default() }).await.map_err(super::refused)?),
    }
    subscription.line().saved(&unsaved);
    Ok(())
}

/// Forgets a subscription with everything about it.
///
/// # Errors
/// When the store refuses.
pub(crate) async fn forget_subscription(
    journal: &Journal,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
    subscription: &Subscription,
) -> Result<(), Refused> {
    let _saving = subscription.saving.lock().await;
    let (id, dead) = (&subscription.id, dead_kind(&subscription.id));
    let named = |kind: &str, id: &str| ItemRow { kind: kind.to_owned(), id: id.to_owned(), body: None };
    let mut items = vec![named(SUBSCRIPTION, id), named(DELIVERY, id)];
    let letters = journal.store.items(&dead).map_err(Refused::internal)?;
    items.extend(letters.iter().map(|letter| named(&dead, &letter.id)));
    let by = caller.pseudonym.to_string();
    let event = Event::SubscriptionDeleted { subscription: id.clone(), by, at: environment.now() };
    authority::govern(journal, environment, caller, &[event], Commit { items, ..Commit::default() })
        .await
        .map_err(super::refused)?;
    subscription.deleted.store(true, Ordering::Release);
    live.subscriptions.remove(id);
    environment.metrics.forget_webhook(id);
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
