//! A request as it is after events of its stream, in their order.

use super::{Answer, Confirming, Effect, Request, RequestAsked, RequestChange, RequestState};
use crate::Event;

impl Request {
    /// As it is once it was asked for.
    pub fn asked_for(asked: &RequestAsked) -> Self {
        let decision = &asked.decision;
        let (state, wanted) = match &decision.verdict.answer {
            Answer::Allow => (RequestState::Confirmed, Vec::new()),
            Answer::Needs { confirmations } => (RequestState::Waiting, confirmations.clone()),
            Answer::Deny => (RequestState::Declined, Vec::new()),
        };
        Self {
            id: decision.request,
            case: decision.case,
            customer: asked.customer.clone(),
            action: decision.action.clone(),
            by: decision.principal.clone(),
            arguments: asked.arguments.clone(),
            shown: asked.shown.clone(),
            hash: decision.hash.clone(),
            amount: asked.amount.clone(),
            reserved: asked.reserved.clone(),
            state,
            wanted,
            confirmations: Vec::new(),
            standing: asked.standing.clone(),
            decision: decision.id,
            asked: decision.at,
            due: asked.due,
            connector: None,
            attempts: 0,
            effect: None,
            void: None,
            link: None,
            code: None,
        }
    }

    /// As it is after a change.
    pub fn changed_by(mut self, change: &RequestChange) -> Self {
        match change {
            RequestChange::Confirmed { confirmation } => {
                take(&mut self.wanted, confirmation.by.confirming());
                self.confirmations.push(confirmation.clone());
                if self.wanted.is_empty() {
                    self.state = RequestState::Confirmed;
                }
            }
            RequestChange::Declined { .. } => self.state = RequestState::Declined,
            RequestChange::Linked { link, .. } => self.link = Some(link.clone()),
            RequestChange::CodeShown { code, .. } => self.code = Some(code.clone()),
            RequestChange::Withdrawn { .. } => self.state = RequestState::Withdrawn,
            RequestChange::Expired => self.state = RequestState::Expired,
            RequestChange::Voided { changed, decision } => {
                self.state = RequestState::Withdrawn;
                self.void = Some(*changed);
                if let Some(decision) = decision {
                    self.decision = decision.id;
                }
            }
            RequestChange::Executing { decision, connector } => {
                self.state = RequestState::Executing;
                self.decision = decision.id;
                self.connector.clone_from(connector);
                self.attempts = 1;
            }
            RequestChange::AskedAgain => self.attempts = self.attempts.saturating_add(1),
            RequestChange::CarriedOut { effect } | RequestChange::Concluded { effect, .. } => {
                self.state = match effect {
                    Effect::Done { .. } => RequestState::Done,
                    Effect::Failed { .. } => RequestState::Failed,
                    Effect::Unknown { .. } => RequestState::Unknown,
                };
                self.effect = Some(effect.clone());
            }
        }
        self
    }

    /// What it is after `event`, from what it was `before`; nothing where the event is of no request, or changes one
    /// that was never asked for.
    pub fn after(before: Option<Self>, event: &Event) -> Option<Self> {
        match event {
            Event::RequestAsked(asked) => Some(Self::asked_for(asked)),
            Event::RequestChanged(changed) => Some(before?.changed_by(&changed.change)),
            _ => None,
        }
    }
}

/// Takes one yes of this kind off what is wanted.
fn take(wanted: &mut Vec<Confirming>, given: Confirming) {
    if let Some(at) = wanted.iter().position(|wanted| *wanted == given) {
        wanted.remove(at);
    }
}
