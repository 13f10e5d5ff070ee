//! Subscriptions to events, as they are served.

use crate::{
    live::{
        change::Change,
        delivery::{DeadLetter, DeliveryState},
    },
    refused::{Kind, Refused},
    vault::keys::Keys,
};
use remit_responders::{Receiver, reach::PrivateHosts, signature::SigningSecret};
use remit_store::{Collection, Journal, ReadError};
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

/// Subscriptions, by identifier.
pub(crate) const SUBSCRIPTIONS: Collection<SubscriptionItem> = Collection::new("subscription");

/// How far each subscription is delivered, by its identifier.
pub(crate) const DELIVERIES: Collection<DeliveryState> = Collection::new("delivery");

/// What the kind of item of a subscription's dead letters begins with.
pub(crate) const DEAD: &str = "dead ";

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
    line: Mutex<DeliveryState>,
    /// Held while the line is put on record, so that an older one never takes the place of a newer one.
    pub(crate) saving: tokio::sync::Mutex<()>,
    pub(crate) deleted: AtomicBool,
    /// Rung when somebody changed the line.
    bell: Notify,
}

#[derive(Debug, Clone)]
struct Sending {
    item: Arc<SubscriptionItem>,
    /// Or why nothing can be sent.
    receiver: Result<Arc<Receiver>, String>,
}

/// Every subscription, live. They change by [`Subscriptions::follow`] alone.
#[derive(Debug)]
pub(crate) struct Subscriptions {
    by_id: RwLock<BTreeMap<String, Arc<Subscription>>>,
    /// Told when there is another one, or one less.
    pub(crate) changed: watch::Sender<()>,
    /// Tests under way.
    pub(crate) tests: tokio::sync::Semaphore,
    /// Held while one is made, so that they stay within their bound.
    pub(crate) making: tokio::sync::Mutex<()>,
    /// Where events may go.
    pub(crate) reach: WebhookReach,
}

/// Where events may go, as whoever runs the server says.
#[derive(Debug, Clone, Default)]
pub(crate) struct WebhookReach {
    /// Whether over the network in the clear.
    pub(crate) in_the_clear: bool,
    /// To which hosts that have no public address.
    pub(crate) private_hosts: PrivateHosts,
}

/// Tests under way at once.
const TESTS_MAX: usize = 8;

impl Subscriptions {
    /// None yet.
    pub(crate) fn new(reach: WebhookReach) -> Self {
        Self {
            by_id: RwLock::default(),
            changed: watch::channel(()).0,
            tests: tokio::sync::Semaphore::new(TESTS_MAX),
            making: tokio::sync::Mutex::default(),
            reach,
        }
    }

    /// Follows what was committed: subscriptions begin, change and end. Where the delivery to one stands is taken from
    /// what comes with its beginning, and is what whoever delivers knows from then on.
    pub(crate) fn follow(&self, change: &Change, keys: &Keys) -> Result<(), ReadError> {
        let broken = |error: serde_json::Error| ReadError(format!("a subscription on record: {error}"));
        for row in change.items(SUBSCRIPTIONS.kind()) {
            let Some(body) = &row.body else {
                self.remove(&row.id);
                continue;
            };
            let item: SubscriptionItem = serde_json::from_slice(body).map_err(broken)?;
            let receiver = receiver(&row.id, &item, keys, &self.reach);
            if let Ok(known) = self.get(&row.id) {
                known.replace(item, receiver);
                continue;
            }
            let line =
                change.items(DELIVERIES.kind()).filter(|line| line.id == row.id).find_map(|line| line.body.as_deref());
            let Some(line) = line else { continue };
            let line = DeliveryState::restore(line, dead(change, &row.id)).map_err(broken)?;
            self.add(Subscription::new(row.id.clone(), item, receiver, line));
        }
        Ok(())
    }

    /// What it holds, line by line.
    pub(crate) fn remembered(&self, unsaved: &BTreeSet<String>) -> Vec<String> {
        let all = self.all();
        let item = |of: &Arc<Subscription>| format!("subscription {} {:?}", of.id, of.item());
        let line = |of: &Arc<Subscription>| {
            let line = of.line();
            let dead = line.dead_letters();
            format!("delivery {} {} with {dead} dead", of.id, serde_json::to_string(&*line).unwrap_or_default())
        };
        let saved = all.iter().filter(|of| !unsaved.contains(&of.id));
        all.iter().map(item).chain(saved.map(line)).collect()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Subscription>> {
        self.by_id.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn get(&self, id: &str) -> Result<Arc<Subscription>, Refused> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        by_id.get(id).cloned().ok_or_else(|| Refused::new(Kind::NotFound, "no subscription has this id"))
    }

    fn add(&self, subscription: Subscription) {
        let subscription = Arc::new(subscription);
        let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
        by_id.insert(subscription.id.clone(), subscription);
        drop(by_id);
        self.changed.send_modify(|()| {});
    }

    fn remove(&self, id: &str) {
        let removed = self.by_id.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        if let Some(removed) = removed {
            removed.deleted.store(true, Ordering::Release);
        }
        self.changed.send_modify(|()| {});
    }
}

impl Subscription {
    fn new(id: String, item: SubscriptionItem, receiver: Result<Arc<Receiver>, String>, line: DeliveryState) -> Self {
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

    fn replace(&self, item: SubscriptionItem, receiver: Result<Arc<Receiver>, String>) {
        let sending = Sending { item: Arc::new(item), receiver };
        *self.item.write().unwrap_or_else(PoisonError::into_inner) = sending;
    }

    pub(crate) fn line(&self) -> MutexGuard<'_, DeliveryState> {
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

    /// How long until something is due, apart from streams that are `busy`.
    pub fn until_due(&self, now: i64, busy: &HashSet<String>) -> Option<Duration> {
        let due = self.line().next_due(busy)?;
        Some(Duration::from_millis(u64::try_from(due.saturating_sub(now)).unwrap_or(0)))
    }
}

/// Positions of the dead letters of a subscription in a change.
fn dead(change: &Change, subscription: &str) -> BTreeSet<u64> {
    change.items(dead_letters(subscription).kind()).filter_map(|item| item.id.parse().ok()).collect()
}

/// A subscription's dead letters, by position.
pub(crate) fn dead_letters(id: &str) -> Collection<DeadLetter> {
    Collection::named(format!("{DEAD}{id}"))
}

/// The stream of the record at a position.
pub(crate) async fn stream_at(store: &impl Journal, seq: u64) -> Option<String> {
    store.feed(seq.checked_sub(1)?, 1).await.ok()?.pop().filter(|row| row.seq == seq).map(|row| row.stream)
}

/// What sends to a subscription, or why nothing can.
pub(crate) fn receiver(
    id: &str,
    item: &SubscriptionItem,
    keys: &Keys,
    reach: &WebhookReach,
) -> Result<Arc<Receiver>, String> {
    let secret = |sealed: &[u8]| {
        let opened = keys.open_secret(id, sealed).ok().and_then(|text| SigningSecret::parse(&text).ok());
        opened.ok_or("its secret does not open under this data directory's master key; rotate the secret".to_owned())
    };
    let receiver = Receiver::new(&item.url, &reach.private_hosts, secret(&item.secret)?);
    let receiver = receiver.map_err(|error| error.to_string())?;
    Ok(Arc::new(match &item.previous {
        Some((previous, until_ms)) => receiver.signing_also(secret(previous)?, until_ms / 1_000),
        None => receiver,
    }))
}

/// A dead letter's name among them, so that they sort by position.
pub(crate) fn dead_id(seq: u64) -> String {
    format!("{seq:020}")
}
