//! The names under which events are recorded, and by what each can be looked up.

use super::{ErasureCompleted, Event};
use crate::{
    field::FactsSet,
    governance::{OutcomesReset, SubscriptionDeleted},
    request::RequestDecision,
    stream::Stream,
};

impl Event {
    /// Every name under which an event is recorded.
    pub const KINDS: &[&str] = &[
        "case_opened",
        "message_added",
        "signals_measured",
        "fields_set",
        "enrichment_missed",
        "decision_made",
        "offer_made",
        "offer_ended",
        "offer_withheld",
        "exception_raised",
        "exception_taken",
        "exception_given_up",
        "exception_resolved",
        "situation_noted",
        "human_wish_ended",
        "situation_ended",
        "handover_declined",
        "case_resolved",
        "feedback_given",
        "contacted_again",
        "case_absorbed",
        "action_asked",
        "action_ended",
        "request_noted",
        "request_ended",
        "request_asked",
        "request_changed",
        "reconciled",
        "consult_asked",
        "consult_answered",
        "case_deferred",
        "callback_due",
        "deferral_ended",
        "case_awaited",
        "case_reopened",
        "exception_escalated",
        "note_left",
        "answered_too_late",
        "ai_stopped",
        "ai_resumed",
        "outcomes_reset",
        "bundle_activated",
        "token_made",
        "token_revoked",
        "staff_noted",
        "presence_set",
        "staff_removed",
        "token_name_forgotten",
        "account_changed",
        "session_started",
        "session_ended",
        "sign_in_refused",
        "chat_started",
        "subscription_made",
        "subscription_changed",
        "subscription_deleted",
        "delegate_registered",
        "delegate_changed",
        "consent_asked",
        "consent_ended",
        "delegation_granted",
        "delegation_changed",
        "delegation_used",
        "agent_knocked",
        "issuer_registered",
        "issuer_changed",
        "baseline_changed",
        "customer_facts_set",
        "words_erased",
        "customer_erased",
        "erasure_completed",
    ];

    /// The names of acts of authority over who may call, who works here, which chats and subscriptions there are, and
    /// who represents whom; that somebody knocked who may nothing; and what capacity is planned on.
    pub const GOVERNANCE: &[&str] = &[
        "token_made",
        "token_revoked",
        "staff_noted",
        "presence_set",
        "staff_removed",
        "token_name_forgotten",
        "account_changed",
        "session_started",
        "session_ended",
        "sign_in_refused",
        "chat_started",
        "subscription_made",
        "subscription_changed",
        "subscription_deleted",
        "delegate_registered",
        "delegate_changed",
        "consent_asked",
        "consent_ended",
        "delegation_granted",
        "delegation_changed",
        "delegation_used",
        "agent_knocked",
        "issuer_registered",
        "issuer_changed",
        "baseline_changed",
    ];

    /// The name under which the event is recorded.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CaseOpened { .. } => "case_opened",
            Self::MessageAdded { .. } => "message_added",
            Self::SignalsMeasured { .. } => "signals_measured",
            Self::FieldsSet { .. } => "fields_set",
            Self::EnrichmentMissed { .. } => "enrichment_missed",
            Self::DecisionMade { .. } => "decision_made",
            Self::OfferMade { .. } => "offer_made",
            Self::OfferEnded { .. } => "offer_ended",
            Self::OfferWithheld { .. } => "offer_withheld",
            Self::ExceptionRaised { .. } => "exception_raised",
            Self::ExceptionTaken { .. } => "exception_taken",
            Self::ExceptionGivenUp(_) => "exception_given_up",
            Self::ExceptionResolved { .. } => "exception_resolved",
            Self::SituationNoted { .. } => "situation_noted",
            Self::HumanWishEnded { .. } => "human_wish_ended",
            Self::SituationEnded { .. } => "situation_ended",
            Self::HandoverDeclined { .. } => "handover_declined",
            Self::ExceptionEscalated { .. } => "exception_escalated",
            Self::NoteLeft { .. } => "note_left",
            Self::AnsweredTooLate { .. } => "answered_too_late",
            Self::AiStopped { .. } => "ai_stopped",
            Self::AiResumed { .. } => "ai_resumed",
            Self::OutcomesReset { .. } => "outcomes_reset",
            Self::BundleActivated { .. } => "bundle_activated",
            Self::CaseResolved { .. } => "case_resolved",
            Self::CaseReopened { .. } => "case_reopened",
            Self::FeedbackGiven { .. } => "feedback_given",
            Self::ContactedAgain { .. } => "contacted_again",
            Self::CaseAbsorbed { .. } => "case_absorbed",
            Self::ActionAsked { .. } => "action_asked",
            Self::ActionEnded { .. } => "action_ended",
            Self::RequestNoted { .. } => "request_noted",
            Self::RequestEnded { .. } => "request_ended",
            Self::RequestAsked { .. } => "request_asked",
            Self::RequestChanged { .. } => "request_changed",
            Self::Reconciled { .. } => "reconciled",
            Self::ConsultAsked { .. } => "consult_asked",
            Self::ConsultAnswered { .. } => "consult_answered",
            Self::CaseDeferred { .. } => "case_deferred",
            Self::CallbackDue { .. } => "callback_due",
            Self::DeferralEnded { .. } => "deferral_ended",
            Self::CaseAwaited { .. } => "case_awaited",
            Self::TokenMade { .. } => "token_made",
            Self::TokenRevoked { .. } => "token_revoked",
            Self::StaffNoted { .. } => "staff_noted",
            Self::PresenceSet { .. } => "presence_set",
            Self::StaffRemoved { .. } => "staff_removed",
            Self::TokenNameForgotten { .. } => "token_name_forgotten",
            Self::AccountChanged(_) => "account_changed",
            Self::SessionStarted(_) => "session_started",
            Self::SessionEnded(_) => "session_ended",
            Self::SignInRefused(_) => "sign_in_refused",
            Self::ChatStarted { .. } => "chat_started",
            Self::SubscriptionMade { .. } => "subscription_made",
            Self::SubscriptionChanged { .. } => "subscription_changed",
            Self::SubscriptionDeleted(_) => "subscription_deleted",
            Self::DelegateRegistered { .. } => "delegate_registered",
            Self::DelegateChanged { .. } => "delegate_changed",
            Self::ConsentAsked { .. } => "consent_asked",
            Self::ConsentEnded { .. } => "consent_ended",
            Self::DelegationGranted { .. } => "delegation_granted",
            Self::DelegationChanged { .. } => "delegation_changed",
            Self::DelegationUsed { .. } => "delegation_used",
            Self::AgentKnocked(_) => "agent_knocked",
            Self::IssuerRegistered { .. } => "issuer_registered",
            Self::IssuerChanged { .. } => "issuer_changed",
            Self::BaselineChanged(_) => "baseline_changed",
            Self::CustomerFactsSet { .. } => "customer_facts_set",
            Self::WordsErased { .. } => "words_erased",
            Self::CustomerErased { .. } => "customer_erased",
            Self::ErasureCompleted(_) => "erasure_completed",
        }
    }

    /// Whether it is of no case: it stands in a stream of what it is about.
    pub fn is_of_no_case(&self) -> bool {
        self.stream().is_some()
    }

    /// The stream of what it is about, where that is no case: which case an event is of is known by who recorded it.
    pub fn stream(&self) -> Option<Stream> {
        match self {
            Self::TokenMade { grant, .. } => Some(Stream::token(&grant.token)),
            Self::TokenRevoked { token, .. } => Some(Stream::token(token)),
            Self::StaffNoted { profile, .. } => Some(Stream::staff(&profile.id)),
            Self::PresenceSet { staff, .. } => Some(Stream::staff(staff)),
            Self::StaffRemoved { removed } => Some(Stream::staff(&removed.staff)),
            Self::TokenNameForgotten { forgotten } => Some(Stream::token(&forgotten.token)),
            Self::AccountChanged(changed) => Some(Stream::staff(&changed.person)),
            Self::SessionStarted(started) => Some(Stream::staff(&started.person)),
            Self::SessionEnded(ended) => Some(Stream::staff(&ended.person)),
            Self::SignInRefused(refused) => Some(Stream::staff(&refused.person)),
            Self::ChatStarted { chat, .. } => Some(Stream::chat(chat)),
            Self::SubscriptionMade { subscription, .. }
            | Self::SubscriptionChanged { subscription, .. }
            | Self::SubscriptionDeleted(SubscriptionDeleted { subscription, .. }) => {
                Some(Stream::subscription(subscription))
            }
            Self::DelegateRegistered(registered) => Some(Stream::delegate(registered.delegate)),
            Self::DelegateChanged(changed) => Some(Stream::delegate(changed.delegate)),
            Self::ConsentAsked(asked) => Some(Stream::delegate(asked.delegate)),
            Self::ConsentEnded(ended) => Some(Stream::delegate(ended.delegate)),
            Self::DelegationGranted(granted) => Some(Stream::delegation(granted.delegation)),
            Self::DelegationChanged(changed) => Some(Stream::delegation(changed.delegation)),
            Self::DelegationUsed(used) => Some(Stream::delegation(used.delegation)),
            Self::AgentKnocked(knocked) => Some(Stream::agent(&knocked.agent)),
            Self::IssuerRegistered(registered) => Some(Stream::issuer(registered.issuer)),
            Self::IssuerChanged(changed) => Some(Stream::issuer(changed.issuer)),
            Self::BaselineChanged(changed) => Some(Stream::capacity(&changed.queue)),
            Self::AiStopped { responder, .. }
            | Self::AiResumed { responder, .. }
            | Self::OutcomesReset(OutcomesReset { responder, .. }) => Some(Stream::responder(responder)),
            Self::CustomerFactsSet(FactsSet { customer, .. })
            | Self::CustomerErased { customer, .. }
            | Self::ErasureCompleted(ErasureCompleted { customer, .. }) => Some(Stream::customer(customer)),
            Self::RequestAsked(asked) => Some(Stream::request(asked.decision.request)),
            Self::RequestChanged(changed) => Some(Stream::request(changed.request)),
            Self::Reconciled(reconciliation) => Some(Stream::reconciliation(reconciliation.id)),
            Self::BundleActivated { .. } => Some(Stream::bundle()),
            _ => None,
        }
    }

    /// The identifier of what the event records, by which it can be looked up.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::DecisionMade { decision, .. } => Some(decision.id.to_string()),
            Self::ExceptionRaised { exception, .. } => Some(exception.id.to_string()),
            Self::ActionAsked { decision } => Some(decision.id.to_string()),
            _ => self.request_decision().map(|decision| decision.id.to_string()),
        }
    }

    /// Policy's answer about a request, where the event records one.
    pub fn request_decision(&self) -> Option<&RequestDecision> {
        match self {
            Self::RequestAsked(asked) => Some(&asked.decision),
            Self::RequestChanged(changed) => changed.change.decision(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_by_name() {
        // Whoever reads events names all of them when it meets one that it does not know.
        let error = serde_json::from_str::<Event>(r#"{"type":"?"}"#).unwrap_err().to_string();
        let named: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        assert_eq!(named, Event::KINDS, "{error}");
    }
}
