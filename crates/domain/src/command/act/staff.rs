//! Staff of a queue: a case is offered to them, and they take it and give it back.

use crate::command::happened::{Left, ask, ask_with};
use crate::{
    command::{
        Context, Happened,
        guard::{lease, open_offer, open_only},
    },
    decision::{DecisionPoint, Trigger},
    event::{Event, Words},
    id::{OfferId, StaffId},
    offer::{Offer, OfferEnd, OfferWithheld},
    refusal::Refusal,
};

pub(super) fn offer(so_far: &mut Happened, offer: Offer) -> Left {
    let held = open_only(&so_far.case)?;
    if !so_far.case.waits_in_queue() {
        return Err(Refusal::NotWaiting { holder: held.to_ref() });
    }
    so_far.emit(Event::OfferMade { offer });
    Ok(None)
}

pub(super) fn accept(so_far: &Happened, offer: OfferId, staff: StaffId) -> Left {
    open_offer(&so_far.case, offer, Some(&staff))?;
    ask(DecisionPoint::Offer, Trigger::Accepted { offer, staff })
}

pub(super) fn end_offer(
    so_far: &mut Happened,
    context: &Context,
    offer: OfferId,
    staff: Option<StaffId>,
    how: OfferEnd,
) -> Left {
    let staff = open_offer(&so_far.case, offer, staff.as_ref())?.staff.clone();
    so_far.emit(Event::OfferEnded { offer, staff, how, at: context.now });
    Ok(None)
}

/// Notes once for each holder who was passed over.
pub(super) fn withhold(so_far: &mut Happened, withheld: OfferWithheld) -> Left {
    let held = open_only(&so_far.case)?;
    if !so_far.case.waits_in_queue() {
        return Err(Refusal::NotWaiting { holder: held.to_ref() });
    }
    if !so_far.case.withheld.contains(&withheld.staff) {
        so_far.emit(Event::OfferWithheld { withheld });
    }
    Ok(None)
}

pub(super) fn return_case(so_far: &Happened, epoch: u64, note: Option<Words>) -> Left {
    let held = lease(&so_far.case, epoch)?;
    if held.staff.is_none() {
        return Err(Refusal::NotTheHolder { holder: held.to_ref() });
    }
    ask_with(note, DecisionPoint::Offer, Trigger::Returned)
}

pub(super) fn take_back(so_far: &Happened, epoch: u64) -> Left {
    let held = lease(&so_far.case, epoch)?;
    let Some(staff) = held.staff.clone() else {
        return Err(Refusal::NotTheHolder { holder: held.to_ref() });
    };
    ask(DecisionPoint::Offer, Trigger::StaffGone { staff })
}
