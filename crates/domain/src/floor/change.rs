//! What a commit changes on the floor: the newest state of a case, or of a member of staff.

use super::{line::Waiting, staff::Presence, staff::StaffProfile};
use crate::{
    id::{CaseId, OfferId, StaffId, Timestamp},
    offer::OfferEnd,
};

/// A case as it is on record. One that is new to the floor comes from nothing.
#[derive(Debug, Clone)]
pub struct CaseChange {
    /// Which case.
    pub case: CaseId,
    /// How many events have made it: of two changes the one of more events counts, in whatever order they come.
    pub version: u64,
    /// Where it belongs.
    pub on_record: OnRecord,
    /// How an offer of it ended with this change, where one did.
    pub ended: Option<OfferEnd>,
}

/// Where a case belongs, as it is on record.
#[derive(Debug, Clone)]
pub enum OnRecord {
    /// In no queue.
    Nowhere,
    /// In a queue, offered to nobody.
    Waiting(Waiting),
    /// Offered to a member of staff.
    Offered {
        /// What is offered.
        waiting: Waiting,
        /// By which offer.
        offer: OfferId,
        /// To whom.
        staff: StaffId,
        /// Until when, on the floor's clock.
        due: Timestamp,
    },
    /// With a member of staff.
    Held {
        /// What they have.
        waiting: Waiting,
        /// Who has it.
        staff: StaffId,
        /// Whether the customer waits for them.
        awaited: bool,
        /// From when on it takes no room of theirs, on the floor's clock.
        quiet_from: Option<Timestamp>,
    },
}

/// A member of staff as they are on record.
#[derive(Debug, Clone)]
pub struct StaffChange {
    /// What they can be offered.
    pub profile: StaffProfile,
    /// Whether they are there.
    pub presence: Presence,
    /// When that was said, as it is on record: it tells whether it was said again.
    pub said: Timestamp,
    /// The same moment on the floor's clock.
    pub since: Timestamp,
    /// How often they were stored: of two changes the one that was stored later counts, in whatever order they come.
    pub revision: u64,
}
