//! Coming and going: what was offered to somebody who goes is taken back on record before their room is free again.

use crate::{
    Caller, Parts,
    access::authority,
    live::floor::{STAFF, StaffItem},
    refused::Refused,
    staff::{offering, placing},
};
use remit_domain::{Event, floor::Presence, id::StaffId, offer::OfferEnd};
use remit_store::{Commit, Entry, Expected};
use std::pin::pin;

/// How often it is looked whether offers to somebody who goes are all taken back: once, and once more for each that was
/// on its way.
const SETTLE_MAX: usize = 500;

/// Notes who somebody is, or whether they are there, as the events say; what was offered to somebody who has gone
/// is offered to others.
pub(crate) async fn set_staff(
    parts: &Parts,
    caller: &Caller,
    events: &[Event],
    item: StaffItem,
) -> Result<(), Refused> {
    let _moving = parts.live.floor.moving.lock().await;
    let before = STAFF.get(&parts.journal.store, item.profile.id.as_str()).await.map_err(Refused::internal)?;
    let items = vec![item.write(before.as_ref().map_or(Expected::Absent, Entry::expected))?];
    let changed = Commit { items, ..Commit::default() };
    authority::govern(&parts.journal, &parts.environment, caller, events, changed).await.map_err(crate::refused)?;
    let id = item.profile.id.clone();
    settle_owed(parts).await?;
    if matches!(item.presence, Presence::Away { .. } | Presence::Offline) {
        settle_offers(parts, &id).await?;
    }
    let now = parts.environment.steady();
    let (first, withdrawn) = {
        let mut state = parts.live.floor.lock();
        let first = state.staff.is_empty();
        state.floor.set_profile(item.profile.clone(), now);
        let withdrawn = state.floor.set_presence(&id, item.presence.clone(), now).unwrap_or_default();
        state.note_presence(&id, &item.presence, now);
        state.staff.insert(id.clone(), item);
        (first, withdrawn)
    };
    parts.live.floor.changed();
    if first {
        placing::fill_cases(parts).await.map_err(Refused::internal)?;
    }
    for case in withdrawn {
        offering::end_open_offer(parts, &case.to_string(), OfferEnd::Withdrawn).await?;
    }
    parts.live.floor.bell.notify_one();
    Ok(())
}

/// Takes back what is offered to somebody who goes, on record first: as long as an offer stands there, it takes
/// their room here too.
async fn settle_offers(parts: &Parts, id: &StaffId) -> Result<(), Refused> {
    for _ in 0..SETTLE_MAX {
        let mut made = pin!(parts.live.floor.made.notified());
        made.as_mut().enable();
        let open = {
            let mut state = parts.live.floor.lock();
            let _ = state.floor.set_presence(id, Presence::Busy, parts.environment.steady());
            state.floor.open_offers(id)
        };
        if open.is_empty() {
            break;
        }
        for case in &open {
            offering::end_open_offer(parts, &case.to_string(), OfferEnd::Withdrawn).await?;
        }
        // One that is on its way to the store can be taken back once it is there.
        if parts.live.floor.is_making(&open) {
            made.await;
        }
    }
    Ok(())
}

/// Takes back on record what the floor took back from those who do not answer.
pub async fn withdraw_owed(parts: &Parts) -> Result<(), Refused> {
    if parts.live.floor.lock().owed.is_empty() {
        return Ok(());
    }
    let _moving = parts.live.floor.moving.lock().await;
    settle_owed(parts).await
}

async fn settle_owed(parts: &Parts) -> Result<(), Refused> {
    let owed = std::mem::take(&mut parts.live.floor.lock().owed);
    let mut settled = Ok(());
    for case in owed {
        settled = offering::end_open_offer(parts, &case.to_string(), OfferEnd::Withdrawn).await.and(settled);
    }
    settled
}
