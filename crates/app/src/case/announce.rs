//! What customers are told of who has their case, in words. Names are put in here; records hold none.

use crate::{Governance, Live, case::waiting::about, environment::clock::rfc3339};
use remit_domain::{
    announcement::Announcement,
    id::{ResponderId, StaffId},
};

/// What the customer is told when `holder`, or `staff` of it, has the case.
pub(crate) fn announce(
    governance: &Governance,
    live: &Live,
    told: Announcement,
    holder: &str,
    staff: Option<&StaffId>,
) -> String {
    match told {
        Announcement::Ai => format!("{}, an AI, is answering.", title(governance, holder)),
        Announcement::Waiting { expected_wait_ms } => {
            let will = format!("A person of our {} will answer.", title(governance, holder));
            match expected_wait_ms.filter(|_| live.floor.is_staffed()) {
                Some(ms) => format!("{will} We expect that to take {}.", about(ms).1),
                // The figure of a record that was made where nobody's presence was noted bears nothing out.
                None => format!("{will} We can't say how long that takes."),
            }
        }
        Announcement::Person => match staff.and_then(|staff| live.floor.staff(staff)) {
            Some(item) => format!("{} is with you now.", item.first_name),
            None => "A person is with you now.".to_owned(),
        },
        Announcement::Owner { due } => {
            let owner = governance.bundle.owner_title(holder).unwrap_or("Somebody who is responsible");
            format!("{owner} is seeing to this and will act by {}.", rfc3339(due))
        }
    }
}

/// What people call a responder.
pub(crate) fn title(governance: &Governance, responder: &str) -> String {
    let spec = ResponderId::new(responder).ok().and_then(|id| governance.bundle.candidate(&id));
    spec.map_or_else(|| responder.to_owned(), |spec| spec.title.clone())
}
