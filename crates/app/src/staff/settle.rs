//! Coming and going: who is there is on record first, and what was offered to somebody who goes is taken back on
//! record.

use crate::{
    Caller, Parts,
    caller::principal::Job,
    case::offer,
    live::floor::{STAFF, StaffItem},
    pipeline::{authority, placing},
    refused::Refused,
};
use remit_domain::{
    Event,
    floor::{Presence, Proposal, UNRESPONSIVE},
    id::StaffId,
};
use remit_store::{Commit, Entry, Expected};
use std::pin::pin;

/// Notes who somebody is, or whether they are there: as `change` makes them from what is known of them, with the events
/// that say so. Where they are not there, nothing is offered to them any more once this is done.
pub(crate) async fn set_staff(
    parts: &Parts,
    caller: &Caller,
    id: &StaffId,
    change: impl FnOnce(Option<StaffItem>) -> Result<(StaffItem, Vec<Event>), Refused>,
) -> Result<StaffItem, Refused> {
    let item = {
        let _storing = parts.live.floor.storing.lock().await;
        let known = parts.live.floor.staff(id);
        let revision = known.as_ref().map_or(0, |known| known.revision + 1);
        let (item, events) = change(known)?;
        let item = StaffItem { revision, ..item };
        let first = !parts.live.floor.is_staffed();
        store(parts, caller, &events, &item).await?;
        if first {
            // Nobody was on the floor until now: it begins with what is there.
            placing::follow_cases(parts, &parts.live).await.map_err(Refused::internal)?;
        }
        item
    };
    take_back_offers(parts, id).await?;
    Ok(item)
}

/// Stores a member of staff as they are now, with the events that say so. Nobody else stores one meanwhile.
async fn store(parts: &Parts, caller: &Caller, events: &[Event], item: &StaffItem) -> Result<(), Refused> {
    let before = STAFF.get(&parts.journal.store, item.profile.id.as_str()).await.map_err(Refused::internal)?;
    let items = vec![item.write(before.as_ref().map_or(Expected::Absent, Entry::expected))?];
    authority::govern(parts, caller, events, Commit { items, ..Commit::default() }).await.map_err(crate::refused)
}

/// Takes back what is offered to somebody who is not there, and what is on its way to them.
pub(super) async fn take_back_offers(parts: &Parts, id: &StaffId) -> Result<(), Refused> {
    loop {
        let mut moved = pin!(parts.live.floor.moved.notified());
        moved.as_mut().enable();
        let (open, on_its_way) = parts.live.floor.offers_to_absent(id);
        if open.is_empty() && !on_its_way {
            return Ok(());
        }
        for proposal in &open {
            end_open_offer(parts, proposal).await?;
        }
        if on_its_way || parts.live.floor.offers_to_absent(id).0 == open {
            // What is answered in this moment, or on its way to the store, is followed before long.
            moved.await;
        }
    }
}

/// Ends an offer as the floor proposes, on record.
pub(super) async fn end_open_offer(parts: &Parts, proposal: &Proposal) -> Result<(), Refused> {
    let Proposal::EndOffer { case, offer, how } = proposal else { return Ok(()) };
    match offer::end_offer(parts, &case.to_string(), *offer, *how, None).await {
        // It was answered, or expired, in that moment.
        Err(refused) if !refused.kind.is_ours() => Ok(()),
        ended => ended,
    }
}

/// Notes that somebody counts as away who let offers run out, unless they said since that they are there.
pub(super) async fn count_as_away(parts: &Parts, staff: &StaffId) -> Result<(), Refused> {
    let _storing = parts.live.floor.storing.lock().await;
    let known = parts.live.floor.staff(staff).filter(|_| parts.live.floor.is_unresponsive(staff));
    let Some(known) = known.filter(|known| known.presence == Presence::Available) else { return Ok(()) };
    let presence = Presence::Away { reason: UNRESPONSIVE.to_owned() };
    let at = parts.environment.now();
    let (staff, by) = (staff.clone(), "remit".to_owned());
    let events = [Event::PresenceSet { staff, presence: (&presence).into(), by, at }];
    let item = StaffItem { presence, since: at, revision: known.revision + 1, ..known };
    store(parts, &Caller::system(Job::Floor), &events, &item).await
}
