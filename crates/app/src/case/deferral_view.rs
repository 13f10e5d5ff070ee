//! What callers are shown of what a case is put off for.

use crate::environment::clock::rfc3339;
use remit_domain::{
    Case,
    case::Holder,
    deferral::{Deferral, DeferralKind},
};
use serde::Serialize;
use utoipa::ToSchema;

/// What a case is put off for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeferralView {
    /// `snooze`, `callback`, `follow_up` or `third_party`.
    pub kind: DeferralKind,
    /// Until when, at the latest.
    #[schema(format = DateTime)]
    pub until: String,
    /// To whom it comes back: the member of staff who has the case, or its queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// By when the customer is to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_by: Option<String>,
    /// There, and true, once the moment of a callback has come: the customer waits for the call.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub due: bool,
    /// The case with whose end a snooze ends, if that comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The field with which a snooze ends, once it is set, if that comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Of a callback that a queue promised while it was closed: the decision that rests on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Who is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// The note that was left with it, while its words exist. Told where the case is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
}

impl DeferralView {
    /// A deferral of `case`.
    pub(crate) fn of(case: &Case, deferral: &Deferral) -> Self {
        let staff = |holder: &Holder| holder.staff.as_ref().map(ToString::to_string);
        let owner = |holder: &Holder| staff(holder).unwrap_or_else(|| holder.who.name().to_owned());
        Self {
            kind: deferral.kind,
            until: rfc3339(deferral.until),
            owner: case.holder.as_ref().map(owner),
            call_by: deferral.call_by.map(rfc3339),
            due: deferral.is_due,
            after: deferral.after.map(|after| after.to_string()),
            field: deferral.field.as_ref().map(ToString::to_string),
            decision: deferral.decision.map(|decision| decision.to_string()),
            note: None,
            party: deferral.party.as_ref().map(ToString::to_string),
            since: rfc3339(deferral.at),
        }
    }
}
