//! What events name, of everything else in the domain.

pub(super) use crate::{
    action::{ActionDecision, ActionEnd},
    activation::BundleActivation,
    agent::AgentKnocked,
    baseline::BaselineChanged,
    case::{Channel, HolderRef, Requester},
    consult::Consult,
    decision::Decision,
    deferral::{Awaited, Deferral, DeferralEnd},
    delegation::{
        ConsentAsked, ConsentEnded, DelegateChanged, DelegateRegistered, DelegationChanged, DelegationGranted,
        DelegationUsed,
    },
    ending::{Ending, Feedback},
    exception::{Exception, ExceptionGivenUp},
    field::{FactsSet, Held},
    floor::StaffProfile,
    governance::{
        Grant, NameForgotten, OutcomesReset, PresenceKind, StaffRemoval, SubscriptionChange, SubscriptionDeleted,
        SubscriptionTerms,
    },
    id::{
        CaseId, ConsultId, CustomerId, DecisionId, Digest, Disposition, ExceptionId, FieldName, OfferId, OwnerId,
        ResponderId, SignalName, StaffId, Timestamp,
    },
    issuer::{IssuerChanged, IssuerRegistered},
    offer::{Offer, OfferEnd, OfferWithheld},
    reconciliation::Reconciliation,
    request::{RequestAsked, RequestChanged, RequestEnded, RequestNoted},
    sign_in::{AccountChanged, SessionEnded, SessionStarted, SignInRefused},
    signal::Reading,
    situation::Noted,
};
pub(super) use smol_str::SmolStr;
pub(super) use std::collections::BTreeMap;
