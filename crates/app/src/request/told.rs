//! A request as it is told who asks for it and does not work here: a customer, or a delegate of theirs. Nothing of the
//! inside, and of what is denied nothing of what it would be about.

use super::view::{EffectView, RequestView};
use remit_domain::request::{Answer, Confirming, Money, RequestState, Requestable};
use serde::Serialize;
use utoipa::ToSchema;

/// A request as it is told who asks for it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RequestTold {
    /// Which.
    pub request: String,
    /// On which case.
    pub case: String,
    /// What is to be done.
    pub action: String,
    /// How far it has come.
    pub state: RequestState,
    /// What will be done, in words; nothing of what policy denies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The hash of the exact request, which a yes or a no names.
    pub hash: String,
    /// What it moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// `insufficient_scope` where somebody's yes is wanted first, `access_denied` where policy denies it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// Whose yes is wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Confirming>,
    /// What would change a denial, and who can give that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requestable: Vec<Requestable>,
    /// Until when a yes counts.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectView>,
}

impl From<RequestView> for RequestTold {
    fn from(view: RequestView) -> Self {
        let denied = view.verdict.as_ref().is_some_and(|verdict| verdict.answer == Answer::Deny);
        let view = if denied { view.untold() } else { view };
        let error = match (view.state, denied) {
            (RequestState::Waiting, _) => Some("insufficient_scope"),
            (RequestState::Declined, true) => Some("access_denied"),
            _ => None,
        };
        Self {
            requestable: view.verdict.map(|verdict| verdict.requestable).unwrap_or_default(),
            needs: if view.state == RequestState::Waiting { view.wanted } else { Vec::new() },
            request: view.id,
            case: view.case,
            action: view.action,
            state: view.state,
            shown: view.shown,
            hash: view.hash,
            amount: view.amount,
            error,
            due_at: view.due_at,
            effect: view.effect,
        }
    }
}
