//! What memory holds, line by line, to be held against memory that is made anew from what is stored.
//!
//! What follows from the record is in it. What this process alone knows is not: paces, pauses and patience (ramps,
//! passes, idle times, outages, bounds of use), caches, and what of a delivery is not on record yet.

use crate::live::Live;
use remit_domain::{case::Channel, floor::FollowedFloor, id::StaffId};
use std::collections::BTreeSet;

/// What `live` holds. Where the delivery to a subscription stands is left out for those in `unsaved`.
pub(crate) fn remembered(live: &Live, unsaved: &BTreeSet<String>) -> BTreeSet<String> {
    let mut lines: BTreeSet<String> = live.load.remembered().collect();
    lines.extend(live.chats.remembered());
    lines.extend(live.subscriptions.remembered(unsaved));
    lines.extend(live.staff_tokens.remembered());
    // Where nobody works any more, what the floor holds is for nobody.
    let everybody = live.floor.everybody();
    if !everybody.is_empty() {
        let state = live.floor.lock();
        lines.extend(everybody.iter().map(|item| format!("staff {item:?}")));
        lines.extend(everybody.iter().flat_map(|item| of_staff(&state.floor, &item.profile.id)));
        lines.extend(state.floor.on_record().map(|(case, version, with)| format!("case {case} {version}: {with:?}")));
    }
    lines
}

fn of_staff<'f>(floor: &'f FollowedFloor, id: &'f StaffId) -> impl Iterator<Item = String> + use<'f> {
    let presence = format!("presence {id}: {:?}", floor.floor().presence(id));
    let work = format!("work {id}: {:?}", floor.cases_of(id));
    let spent =
        move |channel: Channel| format!("spent {id} {}: {}", channel.as_str(), floor.floor().spent(id, channel));
    [presence, work].into_iter().chain(Channel::ALL.into_iter().map(spent))
}

/// Subscriptions of which something is not on record yet.
pub(crate) fn unsaved(live: &Live) -> BTreeSet<String> {
    let all = live.subscriptions.all();
    all.iter().filter(|subscription| subscription.is_unsaved()).map(|subscription| subscription.id.clone()).collect()
}
