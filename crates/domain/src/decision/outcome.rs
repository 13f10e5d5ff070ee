//! What is decided: who keeps a case or gets it, of those whom policy allows, in the order of their cost.

use super::{
    Candidate, Collecting, Custody, DecisionPoint, Outcome, ResponderKind, Standing, Terms, Trigger,
    collects::calls_back, rehomed::rehomed,
};
use crate::{
    case::Holder,
    exception::ExceptionKind,
    id::{PolicyId, ResponderId, Timestamp},
};

/// The policy by which a queue that is closed takes nothing: it says nothing about what the case is about.
const CLOSED: &str = "remit.closed";

/// What is decided about, with everybody considered.
pub(super) struct Considered<'a> {
    pub(super) point: DecisionPoint,
    pub(super) trigger: &'a Trigger,
    pub(super) at: Timestamp,
    pub(super) standing: &'a Standing<'a>,
    /// Everybody, in the bundle's order.
    pub(super) candidates: &'a [Candidate],
    /// Those who are allowed, in the order of their cost.
    pub(super) ranked: &'a [&'a Candidate],
    /// Queues that are closed, and have the case wait for them.
    pub(super) collecting: &'a Collecting,
    pub(super) terms: &'a Terms,
}

pub(super) fn of(asked: &Considered<'_>) -> Outcome {
    let held_by = asked.held_by();
    let exhausted = asked.exhausted();
    let nobody = || asked.exception(ExceptionKind::NoResponder);
    match asked.trigger {
        Trigger::HolderGone { to, was, staff } => {
            let home = rehomed(to.as_ref(), *was, staff.as_ref(), held_by, asked.ranked);
            return home.unwrap_or_else(nobody);
        }
        // What policy says of it now is asked when something happens to the case.
        Trigger::BundleChanged => return asked.keep(None).unwrap_or_else(nobody),
        _ => {}
    }
    match asked.point {
        DecisionPoint::Override => match asked.trigger {
            Trigger::Overridden { to, .. } => Outcome::Assign { responder: to.clone() },
            _ => asked.exception(ExceptionKind::NoResponder),
        },
        DecisionPoint::Offer => match (asked.trigger, held_by) {
            (Trigger::Accepted { staff, .. }, Some(queue)) => {
                Outcome::Take { responder: queue.clone(), staff: staff.clone() }
            }
            (Trigger::Returned, Some(_)) if exhausted => asked.exception(ExceptionKind::HandoffLimit),
            // Within its queue alone: nobody has decided that anybody else should have it.
            (Trigger::Returned | Trigger::StaffGone { .. }, Some(queue)) => asked.given_back(queue),
            _ => asked.exception(ExceptionKind::NoResponder),
        },
        DecisionPoint::Retain | DecisionPoint::StopAi => asked.told_of_opening().unwrap_or_else(|| asked.retain()),
        DecisionPoint::ReturnToAi => asked
            .others()
            .find(|c| c.facts.kind == ResponderKind::Ai && !exhausted)
            .map(assign)
            .or_else(|| asked.keep(None))
            .unwrap_or_else(|| asked.exception(ExceptionKind::NoResponder)),
        DecisionPoint::Route | DecisionPoint::Escalate | DecisionPoint::Act if exhausted => {
            asked.exception(ExceptionKind::HandoffLimit)
        }
        DecisionPoint::Route | DecisionPoint::Escalate | DecisionPoint::Act => {
            let wished = match asked.trigger {
                Trigger::Transferred { to } => asked.ranked.iter().copied().find(|c| &c.facts.responder == to),
                _ => None,
            };
            let first = wished.or_else(|| asked.others().next());
            first.map_or_else(|| asked.exception(ExceptionKind::NoResponder), assign)
        }
    }
}

fn assign(candidate: &Candidate) -> Outcome {
    Outcome::Assign { responder: candidate.facts.responder.clone() }
}

impl<'a> Considered<'a> {
    fn held_by(&self) -> Option<&'a ResponderId> {
        self.standing.holder.and_then(Holder::responder)
    }

    /// Whether the case has changed hands as often as it may. Who gets a case first is no handoff.
    fn exhausted(&self) -> bool {
        // Somebody whose danger was noted just now is not kept waiting by a count, where there is help. That a shift
        // ended is nobody's handoff.
        let free = self.is_in_new_danger() || matches!(self.trigger, Trigger::QueueClosed);
        let help = free && self.others().next().is_some();
        self.held_by().is_some() && self.standing.handoffs >= self.terms.handoffs_max && !help
    }

    /// Whether a danger was noted just now that did not stand on the case before.
    fn is_in_new_danger(&self) -> bool {
        self.standing.version > 3 && self.standing.custody.as_ref().is_some_and(|custody| custody.danger)
    }

    /// Who has what a member of staff gives back, or leaves behind: the queue, since nobody has decided that anybody
    /// else should have it; but where policy speaks against the queue by now, whom it permits, if there is anybody, and
    /// where the queue is closed and could only call back, who is there.
    fn given_back(&self, queue: &ResponderId) -> Outcome {
        let stays = || Outcome::Assign { responder: queue.clone() };
        let allowed = self.ranked.iter().any(|c| &c.facts.responder == queue) && !self.leaves_for_who_is_there(queue);
        let stands = self.standing.custody.as_ref().is_some_and(|custody| self.override_covers(custody, queue));
        let danger = self.standing.custody.as_ref().is_some_and(|custody| custody.standing);
        if self.standing.version <= 3 || allowed || stands || (self.is_closed(queue) && !danger) {
            return stays();
        }
        self.others().next().map_or_else(stays, assign)
    }

    fn exception(&self, exception: ExceptionKind) -> Outcome {
        Outcome::Exception {
            exception,
            owner: self.terms.exception_owner.clone(),
            due: self.at.plus_ms(self.terms.exception_due_ms),
        }
    }

    fn keep(&self, instead: Option<ResponderId>) -> Option<Outcome> {
        self.standing.holder.map(|holder| Outcome::Keep { holder: holder.to_ref(), instead })
    }

    /// Those who are allowed, without who has the case.
    fn others(&self) -> impl Iterator<Item = &'a Candidate> {
        let held_by = self.held_by();
        self.ranked.iter().copied().filter(move |c| Some(&c.facts.responder) != held_by)
    }

    /// Whether who has the case keeps it.
    fn retain(&self) -> Outcome {
        let best = || self.others().next();
        let moves = || match best() {
            _ if self.exhausted() => self.exception(ExceptionKind::HandoffLimit),
            Some(other) => assign(other),
            None => self.exception(ExceptionKind::NoResponder),
        };
        let Some(held_by) = self.held_by() else {
            // Who owns an exception keeps the case until the exception is resolved; but a new danger goes to those who
            // help.
            let help = best().filter(|_| self.is_in_new_danger()).map(assign);
            return help.or_else(|| self.keep(None)).unwrap_or_else(moves);
        };
        let allowed = self.ranked.iter().any(|c| &c.facts.responder == held_by && !self.passes_on(c));
        let keeps = match self.standing.custody.as_ref() {
            _ if allowed => self.keep(None),
            Some(custody) if (self.retained() || self.people_count(custody)) && self.stands(custody, held_by) => {
                self.keep(None)
            }
            Some(custody) if self.people_count(custody) && self.is_kept_by_people(custody, held_by) => {
                self.keep(best().map(|other| other.facts.responder.clone()))
            }
            _ => None,
        };
        keeps.unwrap_or_else(moves)
    }

    /// The queue that closed and has the case wait for it, given it anew, so that the customer is told of the opening
    /// as who comes now is; nothing where the case goes elsewhere, somebody has taken it, or a moment or somebody else
    /// is waited for anyway. Until version 6 of the record it stayed without a word.
    fn told_of_opening(&self) -> Option<Outcome> {
        let (true, Trigger::QueueClosed) = (self.standing.version > 6, self.trigger) else { return None };
        let waits = self.standing.custody.as_ref().is_some_and(|custody| custody.staff.is_none() && !custody.put_off);
        let queue = self.held_by().filter(|queue| waits && self.collecting.contains_key(*queue))?;
        matches!(self.retain(), Outcome::Keep { .. }).then(|| Outcome::Assign { responder: queue.clone() })
    }

    /// Whether what happened is for people to answer, not to lose the case by. Who has taken it is asked, whatever
    /// happened: who says that a danger is over, say, goes on with the case or hands it over themselves. A queue in
    /// which nobody has taken it yet loses it where a promise is at risk, or by signals.
    fn people_count(&self, custody: &Custody) -> bool {
        let taken = match self.trigger {
            Trigger::CustomerMessage => true,
            Trigger::SituationEnded => custody.staff.is_some(),
            _ => false,
        };
        taken || (self.retained() && custody.staff.is_some())
    }

    /// Whether it is asked who keeps the case for another reason than that an AI responder was stopped. In version 3 of
    /// the record, signals that were posted and promises at risk took a case from people, and undid an override.
    fn retained(&self) -> bool {
        self.point == DecisionPoint::Retain && self.standing.version > 3
    }

    /// The policies that speak against who has the case, if policy has answered.
    fn against(&self, held_by: &ResponderId) -> Option<&'a [PolicyId]> {
        let held = self.candidates.iter().find(|c| &c.facts.responder == held_by)?;
        held.verdict.errors.is_empty().then_some(held.verdict.policies.as_slice())
    }

    /// Whether a person gave the case to who has it against the policies that speak against it now, and no others. A
    /// danger that was not known then does, until somebody has taken the case.
    fn stands(&self, custody: &Custody, held_by: &ResponderId) -> bool {
        (custody.staff.is_some() || !custody.danger) && self.override_covers(custody, held_by)
    }

    fn override_covers(&self, custody: &Custody, held_by: &ResponderId) -> bool {
        let (Some(set_aside), Some(against)) = (&custody.set_aside, self.against(held_by)) else { return false };
        against.iter().all(|id| set_aside.contains(id))
    }

    /// Whether it is the hour that speaks against a queue.
    fn is_closed(&self, queue: &ResponderId) -> bool {
        let passes_on = self.ranked.iter().any(|c| &c.facts.responder == queue && self.passes_on(c));
        passes_on || self.against(queue).is_some_and(|against| against.iter().any(|id| id.as_str() == CLOSED))
    }

    /// Whether who has the case is a queue that closed, of which nobody has taken the case, where no human put it, and
    /// whose customer does not wait for it to open where somebody else may have the case who is there.
    fn passes_on(&self, holder: &Candidate) -> bool {
        let taken = self.standing.custody.as_ref().is_some_and(|custody| custody.staff.is_some());
        !taken && !self.exhausted() && self.others_are_there(&holder.facts.responder)
    }

    /// Whether a case that came back to its queue leaves it for who is there: its customer would be called back, and no
    /// moment is agreed on for which it waits anyway. Until version 5 of the record it stayed.
    fn leaves_for_who_is_there(&self, queue: &ResponderId) -> bool {
        let waits = self.standing.custody.as_ref().is_some_and(|custody| custody.put_off);
        self.standing.version > 5 && !waits && self.others_are_there(queue)
    }

    /// Whether a queue that closed could only call the customer back, no human put the case there, and somebody else
    /// may have it who is there.
    fn others_are_there(&self, queue: &ResponderId) -> bool {
        let placed = self.standing.custody.as_ref().is_some_and(|custody| custody.set_aside.is_some());
        let calls_back = |responder: &ResponderId| calls_back(self.collecting, responder);
        calls_back(queue) && !placed && self.others().any(|other| !calls_back(&other.facts.responder))
    }

    /// Whether people have the case, so that no message of the customer takes it from them. From a queue of which
    /// nobody has taken it yet it goes on to other people where the queue is closed, and where a danger was just noted,
    /// or stands and nobody has put the case there in spite of it.
    fn is_kept_by_people(&self, custody: &Custody, held_by: &ResponderId) -> bool {
        let danger = custody.danger || (custody.standing && custody.set_aside.is_none());
        let waits = || !danger && !self.is_closed(held_by);
        custody.people && (custody.staff.is_some() || waits())
    }
}
