//! What may be done with a request that was asked for, and why it is refused.

use super::{
    Answer, Asker, Changed, Confirmation, Confirmer, Confirming, Effect, Link, Request, RequestChange, RequestDecision,
    RequestStanding, RequestState, key::key,
};
use crate::id::{ActionName, DelegateId, StaffId, Timestamp};
use smol_str::SmolStr;

/// What may be done with a request that was asked for.
#[derive(Debug, Clone)]
pub enum RequestCommand {
    /// Say yes to it.
    Confirm(Confirmation),
    /// Say no to it.
    Decline(Confirmation),
    /// Make a link by which the customer can answer it.
    Link {
        /// Which.
        link: Link,
        /// Who asks for it, by the identifier of their token.
        by: String,
    },
    /// Show the customer a code beside it, which their delegate shows them too.
    ShowCode {
        /// The code.
        code: String,
        /// Which delegate.
        by: DelegateId,
    },
    /// Take it back.
    Withdraw {
        /// Who, by the identifier of their token.
        by: String,
    },
    /// Nobody confirmed it in time.
    Expire,
    /// Carry it out, if it is still what was confirmed.
    Execute {
        /// How things stand now, with what policy says.
        now: Box<(RequestStanding, RequestDecision)>,
        /// Who is told to carry it out.
        connector: ActionName,
    },
    /// What it rests on is no more, so that policy cannot be asked.
    Void {
        /// What is no more.
        changed: Changed,
    },
    /// Ask its connector once more what became of it.
    AskAgain,
    /// Say how carrying it out ended.
    End {
        /// In which way.
        effect: Effect,
    },
    /// Say what a person found that became of it.
    Conclude {
        /// What.
        effect: Effect,
        /// Who says so, by the identifier of their token, and as which member of staff.
        by: (String, Option<StaffId>),
    },
}

/// Why a request is not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestRefusal {
    /// It is not in a state in which that can be done.
    #[error("the request is {}; {wanted}", state.as_str())]
    State {
        /// The state that it is in.
        state: RequestState,
        /// What can be done, and when.
        wanted: &'static str,
    },
    /// What was shown is not this request.
    #[error("the hash is not that of this request; read it again, and send the hash that stands with it")]
    OtherRequest,
    /// Who asked for it does not confirm it.
    #[error("who asked for it cannot confirm it: somebody else must")]
    OwnRequest,
    /// Who asked for it does not say what became of it.
    #[error("who asked for it cannot say what became of it: somebody else must look")]
    OwnConclusion,
    /// They have said yes already.
    #[error("they have confirmed it already; another person must")]
    Twice,
    /// Nobody's answer of this kind is wanted.
    #[error("no confirmation by {} is wanted", .0.as_str())]
    NotWanted(Confirming),
    /// It is too late.
    #[error("its time is over; it can be asked for anew")]
    Late,
}

impl Request {
    /// What `command` changes of it.
    ///
    /// # Errors
    /// Where it stands so that it cannot be done.
    pub fn act(&self, command: RequestCommand, now: Timestamp) -> Result<RequestChange, RequestRefusal> {
        match command {
            RequestCommand::Confirm(confirmation) => {
                self.answerable(&confirmation, now)?;
                // Whoever said yes may still say no, and not yes once more.
                if self.confirmations.iter().any(|before| before.by.is_same_person(&confirmation.by)) {
                    return Err(RequestRefusal::Twice);
                }
                let confirming = confirmation.by.confirming();
                if !self.wanted.contains(&confirming) {
                    return Err(RequestRefusal::NotWanted(confirming));
                }
                Ok(RequestChange::Confirmed { confirmation })
            }
            RequestCommand::Decline(confirmation) => {
                self.answerable(&confirmation, now)?;
                // Whoever was not to say yes has nothing to say no to.
                let confirming = confirmation.by.confirming();
                let said_yes = self.confirmations.iter().any(|before| before.by.is_same_person(&confirmation.by));
                if !said_yes && !self.wanted.contains(&confirming) {
                    return Err(RequestRefusal::NotWanted(confirming));
                }
                Ok(RequestChange::Declined { confirmation })
            }
            RequestCommand::Link { link, by } => {
                self.waiting(now)?;
                if !self.wanted.contains(&Confirming::Customer) {
                    return Err(RequestRefusal::NotWanted(Confirming::Customer));
                }
                // Who has a link can answer by it.
                if matches!(&self.by, Asker::Integration { token, .. } if *token == by) {
                    return Err(RequestRefusal::OwnRequest);
                }
                Ok(RequestChange::Linked { link, by })
            }
            RequestCommand::ShowCode { code, by } => {
                self.waiting(now)?;
                if !self.wanted.contains(&Confirming::Customer) {
                    return Err(RequestRefusal::NotWanted(Confirming::Customer));
                }
                Ok(RequestChange::CodeShown { code, by })
            }
            RequestCommand::Withdraw { by } => match self.state {
                RequestState::Waiting | RequestState::Confirmed => Ok(RequestChange::Withdrawn { by }),
                _ => Err(self.wrong("only what waits can be taken back")),
            },
            RequestCommand::Expire => match self.state {
                RequestState::Waiting if now >= self.due => Ok(RequestChange::Expired),
                RequestState::Waiting => Err(self.wrong("its time is not over")),
                _ => Err(self.wrong("only what waits expires")),
            },
            RequestCommand::Execute { now, connector } => self.execute(*now, connector),
            RequestCommand::Void { changed } => match self.state {
                RequestState::Waiting | RequestState::Confirmed => {
                    Ok(RequestChange::Voided { changed, decision: None })
                }
                _ => Err(self.wrong("only what waits is void")),
            },
            RequestCommand::AskAgain => match self.state {
                RequestState::Executing | RequestState::Unknown => Ok(RequestChange::AskedAgain),
                _ => Err(self.wrong("nothing is asked of its connector")),
            },
            RequestCommand::End { effect } => match self.state {
                RequestState::Executing => Ok(RequestChange::CarriedOut { effect }),
                // What was not known is known by now; that it still is not is nothing new.
                RequestState::Unknown if !matches!(effect, Effect::Unknown { .. }) => {
                    Ok(RequestChange::CarriedOut { effect })
                }
                _ => Err(self.wrong("it is not being carried out")),
            },
            RequestCommand::Conclude { effect, by: (by, staff) } => match self.state {
                RequestState::Unknown if self.is_asked_by(&by, staff.as_ref()) => Err(RequestRefusal::OwnConclusion),
                RequestState::Unknown => Ok(RequestChange::Concluded { effect, by }),
                _ => Err(self.wrong("only what nobody knows the end of is concluded")),
            },
        }
    }

    /// Whether it waits for a yes or a no, and its time is not over.
    fn waiting(&self, now: Timestamp) -> Result<(), RequestRefusal> {
        if self.state != RequestState::Waiting {
            return Err(self.wrong("only what waits can be confirmed or declined"));
        }
        if now >= self.due { Err(RequestRefusal::Late) } else { Ok(()) }
    }

    /// Whether this yes or no can be given to it.
    fn answerable(&self, confirmation: &Confirmation, now: Timestamp) -> Result<(), RequestRefusal> {
        self.waiting(now)?;
        if confirmation.hash != self.hash {
            return Err(RequestRefusal::OtherRequest);
        }
        if let Confirmer::Staff { staff, .. } = &confirmation.by
            && self.by.is_person(staff)
        {
            return Err(RequestRefusal::OwnRequest);
        }
        Ok(())
    }

    /// It is carried out if it is still what was confirmed, and otherwise it is void and says what changed.
    fn execute(
        &self,
        (standing, decision): (RequestStanding, RequestDecision),
        connector: ActionName,
    ) -> Result<RequestChange, RequestRefusal> {
        if self.state != RequestState::Confirmed {
            return Err(self.wrong("only what is confirmed is carried out"));
        }
        let changed = self.standing.changed(&standing);
        let denied = (decision.verdict.answer != Answer::Allow).then_some(Changed::Verdict);
        let decision = Box::new(decision);
        Ok(match changed.or(denied) {
            Some(changed) => RequestChange::Voided { changed, decision: Some(decision) },
            None => RequestChange::Executing { decision, connector: Some(connector) },
        })
    }

    /// Whether this token, or this person, asked for it.
    fn is_asked_by(&self, by: &str, staff: Option<&StaffId>) -> bool {
        let by_token = match &self.by {
            Asker::Person { who: token, .. } | Asker::Integration { token, .. } => token == by,
            _ => false,
        };
        by_token || staff.is_some_and(|staff| self.by.is_person(staff))
    }

    fn wrong(&self, wanted: &'static str) -> RequestRefusal {
        RequestRefusal::State { state: self.state, wanted }
    }

    /// Whether the customer knows of it and has to hear how it ends: they or a delegate of theirs ask for it, an AI
    /// responder has told them of it, or a yes of theirs was wanted.
    pub fn is_customers(&self) -> bool {
        let given = self.confirmations.iter().map(|given| given.by.confirming());
        matches!(self.by, Asker::Customer { .. } | Asker::Delegate(_) | Asker::Responder { .. })
            || self.wanted.iter().copied().chain(given).any(|by| by == Confirming::Customer)
    }

    /// Whether policy denied it when it was asked for: whoever says no to it later does so while a yes is wanted.
    pub fn is_denied(&self) -> bool {
        self.state == RequestState::Declined && self.wanted.is_empty()
    }

    /// The key under which its connector is asked to carry it out: the same one each time.
    pub fn key(&self) -> SmolStr {
        key(self.id)
    }
}

impl Confirmer {
    fn is_same_person(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Staff { staff, .. }, Self::Staff { staff: other, .. }) => staff == other,
            (Self::Customer { .. }, Self::Customer { .. }) => true,
            _ => false,
        }
    }
}
