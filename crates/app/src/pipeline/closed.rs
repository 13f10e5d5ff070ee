//! Cases that wait in queues which are closed.

use crate::Governance;
use remit_domain::{Case, announcement::Announcement, case::Holder, decision::Collects, id::Timestamp};

/// Whether a case waits in a queue that is closed and has to be decided anew: what the queue collects stays with it,
/// whoever else is there, once its customer was told when it opens. Who is offered a case is asked first.
pub(crate) fn waits_in_closed(governance: &Governance, case: &Case, now: Timestamp) -> bool {
    let holder = case.holder.as_ref().filter(|_| case.waits_in_queue()).and_then(Holder::responder);
    let spec = holder.and_then(|holder| governance.bundle.candidate(holder));
    let closed = spec.filter(|spec| !spec.is_open(now)).and_then(|spec| spec.queue.as_ref());
    closed.is_some_and(|queue| {
        let collects = queue.collects(case.channel, now);
        let stays = collects.is_some_and(|collects| !collects.calls_back && is_told(case, collects));
        !stays || case.situations.gravest().is_some()
    })
}

/// Whether the customer was told already that their queue opens then.
pub(crate) fn is_told(case: &Case, collects: Collects) -> bool {
    case.told.as_ref().and_then(Announcement::opens) == Some(collects.opens)
}
