//! What events name, of everything else in the domain.

pub(super) use crate::{
    action::{ActionDecision, ActionEnd},
    activation::{BundleChanges, Moved},
    case::{Channel, HolderRef, Requester},
    consult::Consult,
    decision::Decision,
    deferral::{Deferral, DeferralEnd},
    ending::{Ending, Feedback},
    exception::Exception,
    floor::StaffProfile,
    governance::{Grant, PresenceKind, SubscriptionChange, SubscriptionTerms},
    id::{
        CaseId, ConsultId, CustomerId, DecisionId, Digest, Disposition, ExceptionId, OfferId, OwnerId, ResponderId,
        SignalName, StaffId, Timestamp,
    },
    offer::{Offer, OfferEnd, OfferWithheld},
    signal::Reading,
    situation::Noted,
};
pub(super) use smol_str::SmolStr;
