//! Delivers events to subscriptions: each has a task of its own, which sends to many cases at once.

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use remit_app::{
    Parts, Succession,
    live::{delivery::Pick, subscriptions::Subscription},
    webhook,
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

/// Events on their way to one subscription at once.
const AT_ONCE: usize = 16;
/// How long to wait at most before looking again, as when the store refused.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long what was delivered may go unrecorded: after a crash it is sent again.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// How long what is on its way has to end when the server stops.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    // Which subscriptions there are is known in one place, whatever bundle is in force.
    let mut changed = webhook::subscriptions_changed(&succession.current().live);
    let mut working: HashMap<String, JoinHandle<()>> = HashMap::new();
    loop {
        changed.borrow_and_update();
        let live = webhook::live_subscriptions(&succession.current().live);
        let is_live = |id: &String| live.iter().any(|subscription| subscription.id == *id);
        working.retain(|id, work| {
            is_live(id) || {
                work.abort();
                false
            }
        });
        for subscription in live {
            let begin = || tokio::spawn(deliver(Arc::clone(&succession), Arc::clone(&subscription), stop.clone()));
            working.entry(subscription.id.clone()).or_insert_with(begin);
        }
        tokio::select! {
            told = changed.changed() => if told.is_err() { break },
            _ = stop.changed() => break,
        }
    }
    for work in working.into_values() {
        let _ = work.await;
    }
}

async fn deliver(succession: Arc<Succession>, subscription: Arc<Subscription>, mut stop: watch::Receiver<bool>) {
    // The ticks are the same in every term.
    let mut ticks = succession.current().journal.ticks.subscribe();
    let mut under_way = FuturesUnordered::new();
    let (mut busy, mut saved) = (HashSet::new(), Instant::now());
    let send = |app: Arc<Parts>, pick: Pick| {
        let (subscription, stream) = (Arc::clone(&subscription), pick.from.stream.clone());
        async move {
            webhook::deliver(&app.journal, &app.environment, &subscription, pick).await;
            stream
        }
    };
    loop {
        ticks.borrow_and_update();
        // Each step is taken under the bundle that is in force at its beginning.
        let app = succession.current();
        // What cannot be read is logged where it fails.
        let more = webhook::read_on(&app.journal, &app.environment, &subscription).await.unwrap_or(false);
        while under_way.len() < AT_ONCE {
            let Some(pick) = webhook::next_delivery(&app.environment, &subscription, &busy) else { break };
            busy.insert(pick.from.stream.clone());
            under_way.push(send(Arc::clone(&app), pick));
        }
        if saved.elapsed() >= SAVE_EVERY && subscription.is_unsaved() {
            if let Err(problem) = webhook::save_delivery(&succession.current(), &subscription).await {
                tracing::warn!(%problem, subscription = subscription.id, "where the delivery stands is not on record \
                    yet");
            }
            saved = Instant::now();
        }
        let open = under_way.len() < AT_ONCE && subscription.has_room();
        let due = if under_way.len() < AT_ONCE { subscription.until_due(app.environment.now().0, &busy) } else { None };
        let wait = due.unwrap_or(LOOK_AGAIN).clamp(Duration::from_millis(5), LOOK_AGAIN);
        tokio::select! {
            Some(stream) = under_way.next(), if !under_way.is_empty() => { busy.remove(&stream); }
            // A long stretch of the ledger is read in steps, between which what is under way goes on.
            () = tokio::task::yield_now(), if open && more => {}
            told = ticks.changed(), if open => if told.is_err() { break },
            () = subscription.bell() => {}
            () = tokio::time::sleep(wait) => {}
            _ = stop.changed() => break,
        }
    }
    // What does not end in time is sent again at the next start.
    let _ = tokio::time::timeout(STOP_PATIENCE, async { while under_way.next().await.is_some() {} }).await;
    if let Err(problem) = webhook::save_delivery(&succession.current(), &subscription).await {
        tracing::warn!(%problem, subscription = subscription.id, "where the delivery stands is not on record");
    }
}
