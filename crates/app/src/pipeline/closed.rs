//! Cases that wait in queues which are closed.

use crate::Governance;
use remit_domain::{Case, case::Holder, id::Timestamp};

/// Whether a case waits in a queue that is closed, and that does not collect it: whoever else is there, what a queue
/// collects stays with it. Who is offered a case is asked first.
pub(crate) fn waits_in_closed(governance: &Governance, case: &Case, now: Timestamp) -> bool {
    let holder = case.holder.as_ref().filter(|_| case.waits_in_queue()).and_then(Holder::responder);
    let spec = holder.and_then(|holder| governance.bundle.candidate(holder));
    let closed = spec.filter(|spec| !spec.is_open(now)).and_then(|spec| spec.queue.as_ref());
    closed.is_some_and(|queue| {
        let collects = queue.collects(case.channel, now).filter(|collects| !collects.calls_back);
        collects.is_none() || case.situations.gravest().is_some()
    })
}
