//! Memory from what is stored: everything that is kept, each as a change from nothing, followed by the functions that
//! follow commits. Held against memory that was kept in step with commits, it must be the same.

use crate::{
    Parts,
    live::{
        Live,
        change::Change,
        chats::CHAT,
        floor::STAFF,
        remembered::{remembered, unsaved},
        subscriptions::{DELIVERY, SUBSCRIPTION, dead_kind, stream_at},
    },
    pipeline::projections,
    staff::placing,
};
use remit_store::{ReadError, Store};

/// Has `live`, which knows nothing, follow everything that is stored.
pub(crate) fn follow_stored(parts: &Parts, live: &Live) -> Result<(), ReadError> {
    let store = &parts.journal.store;
    let follow = |change: Change| projections::follow_in(parts, live, change);
    follow(Change::of_counts(store)?)?;
    for kind in [STAFF, CHAT] {
        follow(Change::of_items(&store.items(kind)?))?;
    }
    let lines = store.items(DELIVERY)?;
    for row in store.items(SUBSCRIPTION)? {
        let mut change = Change::of_items([&row]);
        let dead = store.items(&dead_kind(&row.id))?;
        let line = lines.iter().filter(|line| line.id == row.id);
        change.items.append(&mut Change::of_items(line.chain(&dead)).items);
        follow(change)?;
    }
    for subscription in live.subscriptions.all() {
        // Earlier versions named lanes by identifiers alone.
        subscription.line().name_lanes(|seq| stream_at(store, seq));
    }
    placing::follow_cases(parts, live)
}

/// What memory holds otherwise than what is stored makes of it: nothing, once all that was committed is followed. Each
/// line says which of the two has it.
///
/// # Errors
/// When the store cannot be read.
pub fn differences(parts: &Parts) -> Result<Vec<String>, ReadError> {
    let bundle = &parts.governance.bundle;
    let anew = Live::new(bundle, parts.journal.store.last_seq()?, parts.live.subscriptions.in_the_clear);
    follow_stored(parts, &anew)?;
    let unsaved = unsaved(&parts.live);
    let (kept, stored) = (remembered(&parts.live, &unsaved), remembered(&anew, &unsaved));
    let only = |of: &str, line: &String| format!("{of}: {line}");
    let kept_only = kept.difference(&stored).map(|line| only("memory", line));
    Ok(kept_only.chain(stored.difference(&kept).map(|line| only("store", line))).collect())
}
