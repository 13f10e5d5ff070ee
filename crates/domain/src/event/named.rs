//! What events name, of the whole domain.

pub(super) use crate::{
    action::{ActionDecision, ActionEnd},
    activation::{BundleChanges, Moved},
    case::{Channel, HolderRef, Requester},
    consult::Consult,
    decision::Decision,
    ending::{Ending, Feedback},
    exception::Exception,
    field::{Held, Untold},
    floor::StaffProfile,
    governance::{Grant, PresenceKind, SubscriptionChange, SubscriptionTerms},
    id::{
        CaseId, ConsultId, CustomerId, DecisionId, Digest, Disposition, ExceptionId, FieldName, OfferId, OwnerId,
        ResponderId, SignalName, StaffId, Timestamp,
    },
    offer::{Offer, OfferEnd},
    signal::Reading,
    situation::Noted,
};
