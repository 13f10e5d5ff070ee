//! The floor: which waiting case is offered to which staff member, and when.
//!
//! Everything is in memory and follows from the calls alone: moments are arguments, so the same calls give the
//! same offers. Whoever owns a [`Floor`] gives it one call at a time, in the order in
//! which the events became durable, and builds it again from them after a restart.
//!
//! **Which case.** [`Floor::next`] offers the case on which the gravest danger stands, and where none does the one with
//! the greatest index `C′(W) · μ` ([`OfferTerms::index`]), among those that somebody can take now: behind dangers,
//! neither urgent nor old work starves, and a case that nobody can take holds up no other. Of equals the one that has
//! waited longest goes first. A case with a date of its own counts for what that date is worth where it is more
//! ([`OfferTerms::due_index`]).
//!
//! **Who.** Among those who are available, have room, work in the queue, speak the language and have the skills:
//! the least loaded (share of capacity over all channels), then the longest idle, then the more skilled, then by
//! name. Three things come before that:
//!
//! - a case that comes back is kept for whoever had it last, for [`OfferTerms::grace_ms`] and as long as they are
//!   available and can take it; else it is everybody's at once. Who was gone and comes back gets what they had, and
//!   nobody has taken since, before all others and for as long;
//! - who was busy or did not answer has passed on the case: it is not offered to them again before
//!   [`OfferTerms::again_ms`], or before all others who are available and could take it have passed as well (then
//!   whoever passed first is first again; somebody alone is left in peace for the whole time); who lacks what it needs
//!   or has a conflict is not offered it again at all while it waits;
//! - who becomes available has room for one case more than they have, and for a further one each
//!   [`OfferTerms::ramp_ms`], so that a backlog is not flushed onto the first person back.
//!
//! **Room.** A case takes room of whoever has it until [`Floor::quiet_from`] says that it does not, since its customer
//! is silent or it is put off. Once it counts again, they may have more than they can hold, and get nothing new.
//!
//! **The record decides.** [`FollowedFloor`] is the floor of those who keep a record. It changes by what was committed
//! alone ([`FollowedFloor::follow_case`], [`FollowedFloor::follow_staff`]), in whatever order that comes, and what it
//! would have happen is a proposal: an offer ([`FollowedFloor::propose`]), an offer's end, somebody who counts as away,
//! a case that is taken back ([`FollowedFloor::due`]). A proposal is put to the record, which takes or refuses it. From
//! when an offer is proposed until it is known what became of it ([`FollowedFloor::settled`]) it takes room.
//!
//! **Cost.** Cases that the same people could take stand in one line, and among those of one value, SLA and time the
//! index never falls with waiting, so that only heads are compared; a line for which nobody was found is not
//! looked at again before somebody gains room, presence or profile. A decision takes
//! `O(lines + people with room)`, however many cases wait. What time alone changes (relaxed skills, grace, passes,
//! ramps) is one entry per case or person in a timetable. Memory is proportional to the people and to the cases
//! that wait, are offered or are held: about 0.5 KB a waiting case.

mod asks;
mod book;
mod change;
mod estimate;
mod followed;
mod line;
mod need;
mod pick;
mod place;
mod proposal;
mod quiet;
mod staff;
mod state;
mod steps;
mod terms;

pub use asks::{ANY_LANGUAGE, Asks};
pub use change::{CaseChange, OnRecord, StaffChange};
pub use estimate::{Lacking, StaffLeft, best_levels};
pub use followed::{FollowedFloor, With};
pub use line::{Relax, Waiting};
pub use pick::Pairing;
pub use place::Placed;
pub use proposal::{Proposal, ProposedOffer};
pub use staff::{Presence, StaffProfile};
pub use state::Floor;
pub use steps::{Ended, StepRefused, UNRESPONSIVE};
pub use terms::OfferTerms;
