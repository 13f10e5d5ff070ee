//! Memory from what is stored: everything that is kept, each as a change from nothing, followed by the functions that
//! follow commits. Held against memory that was kept in step with commits, it must be the same.

use crate::{
    Parts,
    environment::block_on::block_on,
    live::{
        Live,
        change::Change,
        chats::CHATS,
        floor::STAFF,
        remembered::{remembered, unsaved},
        subscriptions::{DELIVERIES, SUBSCRIPTIONS, dead_letters, stream_at},
    },
    pipeline::{feed_fold, placing, projections},
};
use remit_store::{Journal as _, ReadError, Views as _};
use std::sync::Arc;

/// Has `live`, which knows nothing, follow everything that is stored.
pub(crate) async fn follow_stored(parts: &Parts, live: &Live) -> Result<(), ReadError> {
    let store = &parts.journal.store;
    let follow = |change: Change| projections::follow_in(parts, live, change);
    follow(Change::of_counts(store).await?)?;
    follow(Change::of_tokens(store.tokens().await?))?;
    for kind in [STAFF.kind(), CHATS.kind()] {
        follow(Change::of_items(&store.items(kind).await?))?;
    }
    let lines = store.items(DELIVERIES.kind()).await?;
    for row in store.items(SUBSCRIPTIONS.kind()).await? {
        let mut change = Change::of_items([&row]);
        let dead = store.items(dead_letters(&row.id).kind()).await?;
        let line = lines.iter().filter(|line| line.id == row.id);
        change.items.append(&mut Change::of_items(line.chain(&dead)).items);
        follow(change)?;
    }
    for subscription in live.subscriptions.all() {
        // Earlier versions named lanes by identifiers alone.
        subscription.line().name_lanes(|seq| block_on(stream_at(store, seq)));
    }
    placing::follow_cases(parts, live).await
}

/// Has the floor under another bundle, which knows nothing, follow everything that is stored of it. What is committed
/// meanwhile it must be handed too.
pub(crate) async fn follow_floor(parts: &Arc<Parts>) -> Result<(), ReadError> {
    let parts = Arc::clone(parts);
    let follow = move || {
        block_on(async {
            let staff = parts.journal.store.items(STAFF.kind()).await?;
            parts.live.floor.follow(&Change::of_items(&staff), &parts.environment);
            placing::follow_cases(&parts, &parts.live).await
        })
    };
    // Away from the threads that serve requests, since it can take long.
    let followed = tokio::task::spawn_blocking(follow).await;
    followed.unwrap_or_else(|error| Err(ReadError(error.to_string())))
}

/// What memory holds otherwise than what is stored makes of it, or than the whole feed does: nothing, once all that was
/// committed is followed. Each line says which of them has it.
///
/// # Errors
/// When the store cannot be read.
pub async fn differences(parts: &Parts) -> Result<Vec<String>, ReadError> {
    let last = parts.journal.store.last_seq().await?;
    let anew = || Live::new(&parts.governance.bundle, last, parts.live.subscriptions.reach.clone());
    let (stored, feed) = (anew(), anew());
    follow_stored(parts, &stored).await?;
    feed_fold::follow_all(parts, &feed).await?;
    // What time alone has brought by now is brought to all.
    let now = parts.environment.steady();
    [&*parts.live, &stored, &feed].into_iter().for_each(|live| live.floor.lock().floor.pass(now));
    let unsaved = unsaved(&parts.live);
    let kept = remembered(&parts.live, &unsaved);
    let mut different = Vec::new();
    for (of, live) in [("store", stored), ("feed", feed)] {
        let made = remembered(&live, &unsaved);
        different.extend(kept.difference(&made).map(|line| format!("memory, not {of}: {line}")));
        different.extend(made.difference(&kept).map(|line| format!("{of}, not memory: {line}")));
    }
    Ok(different)
}
