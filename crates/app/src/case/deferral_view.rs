//! What callers are shown of what a case is put off for.

use crate::environment::clock::rfc3339;
use remit_domain::deferral::{Deferral, DeferralKind};
use serde::Serialize;
use utoipa::ToSchema;

/// What a case is put off for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeferralView {
    /// `snooze`, `callback`, `follow_up` or `third_party`.
    pub kind: DeferralKind,
    /// Until when.
    #[schema(format = DateTime)]
    pub until: String,
    /// The member of staff who put it off.
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
    /// Who is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
}

impl From<&Deferral> for DeferralView {
    fn from(deferral: &Deferral) -> Self {
        Self {
            kind: deferral.kind,
            until: rfc3339(deferral.until),
            owner: deferral.owner.as_ref().map(ToString::to_string),
            call_by: deferral.call_by.map(rfc3339),
            due: deferral.is_due,
            after: deferral.after.map(|after| after.to_string()),
            party: deferral.party.as_ref().map(ToString::to_string),
            since: rfc3339(deferral.at),
        }
    }
}
