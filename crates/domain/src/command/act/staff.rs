//! Staff of a queue: a case is offered to them, and they take it and give it back.

use crate::command::effects::{Left, ask, ask_with};
use crate::{
    command::{
        Context, Effects,
        guard::{lease, open_offer, open_only},
    },
    decision::{DecisionPoint, Trigger},
    event::{Event, Words},
    id::{OfferId, StaffId},
    offer::{Offer, OfferEnd, OfferWithheld},
    refusal::Refusal,
};

pub(super) fn offer(draft: &mut Effects, offer: Offer) -> Left {
    let held = open_only(&draft.case)?;
    if !draft.case.waits_in_queue() {
        return Err(Refusal::NotWaiting { holder: held.to_ref() });
    }
    draft.emit(Event::OfferMade { offer });
    Ok(None)
}

pub(super) fn accept(draft: &Effects, offer: OfferId, staff: StaffId) -> Left {
    open_offer(&draft.case, offer, Some(&staff))?;
    ask(DecisionPoint::Offer, Trigger::Accepted { offer, staff })
}

pub(super) fn end_offer(
    draft: &mut Effects,
    context: &Context,
    offer: OfferId,
    staff: Option<StaffId>,
    how: OfferEnd,
) -> Left {
    let staff = open_offer(&draft.case, offer, staff.as_ref())?.staff.clone();
    draft.emit(Event::OfferEnded { offer, staff, how, at: context.now });
    Ok(None)
}

/// Notes once for each holder who was passed over.
pub(super) fn withhold(draft: &mut Effects, withheld: OfferWithheld) -> Left {
    let held = open_only(&draft.case)?;
    if !draft.case.waits_in_queue() {
        return Err(Refusal::NotWaiting { holder: held.to_ref() });
    }
    if !draft.case.withheld.contains(&withheld.staff) {
        draft.emit(Event::OfferWithheld { withheld });
    }
    Ok(None)
}

pub(super) fn return_case(draft: &Effects, epoch: u64, note: Option<Words>) -> Left {
    let held = lease(&draft.case, epoch)?;
    if held.staff.is_none() {
        return Err(Refusal::NotTheHolder { holder: held.to_ref() });
    }
    ask_with(note, DecisionPoint::Offer, Trigger::Returned)
}

pub(super) fn take_back(draft: &Effects, epoch: u64) -> Left {
    let held = lease(&draft.case, epoch)?;
    let Some(staff) = held.staff.clone() else {
        return Err(Refusal::NotTheHolder { holder: held.to_ref() });
    };
    ask(DecisionPoint::Offer, Trigger::StaffGone { staff })
}
