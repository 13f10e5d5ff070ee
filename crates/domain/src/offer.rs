//! Offers: a queue's proposals of a case to one member of staff, each with a deadline.

use crate::id::{OfferId, PolicyId, StaffId, Timestamp};
use serde::{Deserialize, Serialize};

/// A queue's proposal of a case to one member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Which offer.
    pub id: OfferId,
    /// To whom.
    pub staff: StaffId,
    /// When it was made.
    pub made: Timestamp,
    /// Until when it can be accepted.
    pub due: Timestamp,
    /// What serving this case now is worth in the order of work: minor units per hour of work.
    pub index: i64,
    /// How many members of staff were considered.
    pub considered: u32,
}

/// How an offer ended, where nobody accepted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    /// The member of staff declined: busy with something else.
    Busy,
    /// The member of staff declined: lacks what the case needs.
    NotMine,
    /// The member of staff declined: should not handle this customer.
    Conflict,
    /// Nobody answered in time.
    Expired,
    /// Taken back, since the member of staff has gone.
    Withdrawn,
}

/// That a member of staff was passed over, since policy does not let them answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OfferWithheld {
    /// Who.
    pub staff: StaffId,
    /// What they may not do: `offer.answer` or `message.answer`.
    pub action: String,
    /// The policies that say so; none where nothing permits it.
    pub policies: Vec<PolicyId>,
    /// When.
    pub at: Timestamp,
}
