//! What the floor would have happen, to be decided by the record.

use super::{FollowedFloor, followed::With, line::FOR_GOOD, pick::Pairing, place::Placed};
use crate::{
    id::{CaseId, OfferId, StaffId, Timestamp},
    offer::OfferEnd,
};

/// How long after its moment an offer that still is open counts as overdue, in milliseconds: mostly its timer ends it.
const OVERDUE_MS: i64 = 1_000;

/// What the floor would have happen beside offers. It proposes it until the record says that it is so, or that it is no
/// more to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposal {
    /// An offer ends that nobody can take, or that is over.
    EndOffer {
        /// What is offered.
        case: CaseId,
        /// By which offer.
        offer: OfferId,
        /// Why.
        how: OfferEnd,
    },
    /// Somebody counts as away, who let offers run out.
    Away {
        /// Who.
        staff: StaffId,
    },
    /// A case goes back to its queue, since its customer waits for somebody who is gone.
    TakeBack {
        /// Which case.
        case: CaseId,
        /// Who has it.
        staff: StaffId,
    },
}

/// An offer that the floor proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedOffer {
    /// What is offered to whom.
    pub pairing: Pairing,
    /// Which proposal it is.
    nth: u64,
}

impl FollowedFloor {
    /// The best offer now, if any can be made. It takes room from now on; whoever asks puts it to the record, and says
    /// [`FollowedFloor::settled`] once it is known what became of it, taken in or refused.
    pub fn propose(&mut self, now: Timestamp) -> Option<ProposedOffer> {
        let pairing = self.floor.next(now)?;
        let proposed = self.proposed_to(&pairing.staff, pairing.channel, pairing.deadline);
        let nth = proposed.nth;
        self.proposed.insert(pairing.case, proposed);
        Some(ProposedOffer { pairing, nth })
    }

    /// It is known what became of a proposal, and what was committed of it has been followed: what is not on record
    /// takes no room any more.
    pub fn settled(&mut self, offer: &ProposedOffer, now: Timestamp) {
        self.settle(offer, None, now);
    }

    /// Policy does not let somebody answer: they are passed over for as long as the case waits.
    pub fn passed_over(&mut self, offer: &ProposedOffer, now: Timestamp) {
        self.settle(offer, Some(FOR_GOOD), now);
    }

    fn settle(&mut self, offer: &ProposedOffer, until: Option<Timestamp>, now: Timestamp) {
        let case = &offer.pairing.case;
        if self.proposed.get(case).is_none_or(|proposed| proposed.nth != offer.nth) {
            return;
        }
        let Some(proposed) = self.proposed.remove(case) else { return };
        if self.floor.placed(case) == Some(Placed::Offered(proposed.staff.clone())) {
            // Nobody has passed on what they were never offered.
            let _ = self.floor.take_back(case, &proposed.staff, until, now);
        } else {
            self.floor.give_back(&proposed.staff, proposed.channel, now);
        }
    }

    /// Whether an offer to somebody is on its way to the record.
    pub fn is_proposed_to(&self, staff: &StaffId) -> bool {
        self.proposed.values().any(|proposed| proposed.staff == *staff)
    }

    /// Whether somebody lets offers run out, and is there on record.
    pub fn is_unresponsive(&self, staff: &StaffId) -> bool {
        self.unresponsive.contains(staff)
    }

    /// Everything that it proposes at `now` beside offers. Nothing of it is remembered: it follows from what is on
    /// record and the time.
    pub fn due(&self, now: Timestamp) -> Vec<Proposal> {
        let mut due: Vec<_> = self.unresponsive.iter().map(|staff| Proposal::Away { staff: staff.clone() }).collect();
        let ended = |case: &CaseId, how| match self.cases.get(case).map(|known| &known.with) {
            Some(With::Offered { offer, .. }) => Some(Proposal::EndOffer { case: *case, offer: *offer, how }),
            _ => None,
        };
        due.extend(self.misplaced.iter().filter_map(|case| ended(case, OfferEnd::Withdrawn)));
        let over = self.floor.deadlines.iter().take_while(|(deadline, _)| deadline.plus_ms(OVERDUE_MS) < now);
        let over = over.map(|(_, case)| case).filter(|case| !self.misplaced.contains(*case));
        due.extend(over.filter_map(|case| ended(case, OfferEnd::Expired)));
        for case in &self.stranded {
            if let Some(With::Held { staff, .. }) = self.cases.get(case).map(|known| &known.with)
                && self.is_gone(staff, now)
            {
                due.push(Proposal::TakeBack { case: *case, staff: staff.clone() });
            }
        }
        due
    }

    /// The same, of what is offered to somebody.
    pub fn due_of(&self, staff: &StaffId) -> Vec<Proposal> {
        let theirs = |case: &&CaseId| self.people.get(staff).is_some_and(|seat| seat.has.contains(*case));
        let ended = |case: &CaseId| match self.cases.get(case).map(|known| &known.with) {
            Some(With::Offered { offer, .. }) => {
                Some(Proposal::EndOffer { case: *case, offer: *offer, how: OfferEnd::Withdrawn })
            }
            _ => None,
        };
        self.misplaced.iter().filter(theirs).filter_map(ended).collect()
    }
}
