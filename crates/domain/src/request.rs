//! Requests for actions: what somebody asks to have done with an effect beyond the conversation, exactly; who confirms
//! it; how it was carried out; and what was seen to have happened. Each is a stream of its own.
//!
//! A request is bound to the hash of what was asked for. Nothing of it changes afterwards: another amount is another
//! request, which nobody has confirmed.

mod asker;
mod command;
mod confirmation;
mod currency;
mod decision;
mod effect;
mod event;
mod fold;
mod key;
mod standing;
mod state;
mod value;

pub use asker::{Asker, DelegateAsker};
pub use command::{RequestCommand, RequestRefusal};
pub use confirmation::{Batch, Confirmation, Confirmer, Confirming, Link, Via};
pub use currency::{decimals, is_currency};
pub use decision::{Answer, Parties, REQUEST_VERSION, RequestDecision, RequestVerdict, Requestable};
pub use effect::{Agreement, Effect, LimitCounter, Reserved, Statement};
pub use event::{RequestAsked, RequestChange, RequestChanged, RequestEnded, RequestNoted};
pub use key::{request_of, short_key};
pub use standing::{Changed, RequestStanding};
pub use state::RequestState;
pub use value::{Money, Names, Term};

use crate::{
    id::{ActionName, CaseId, CustomerId, DecisionId, Digest, RequestId, Timestamp},
    vocabulary::Words,
};
use serde::{Deserialize, Serialize};

/// A request as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which.
    pub id: RequestId,
    /// On which case.
    pub case: CaseId,
    /// Whose case it is.
    pub customer: CustomerId,
    /// What is to be done.
    pub action: ActionName,
    /// Who asks.
    pub by: Asker,
    /// The exact arguments, by commitment.
    pub arguments: Words,
    /// What who confirms it reads, by commitment.
    pub shown: Words,
    /// The hash of the exact request: case, action and arguments in canonical JSON (RFC 8785).
    pub hash: Digest,
    /// What it moves, where it moves money.
    pub amount: Option<Money>,
    /// What is held back of limits for it.
    pub reserved: Vec<Reserved>,
    /// How far it has come.
    pub state: RequestState,
    /// Whose yes is still wanted.
    pub wanted: Vec<Confirming>,
    /// Who said yes.
    pub confirmations: Vec<Confirmation>,
    /// What must be as it was.
    pub standing: RequestStanding,
    /// The decision that it rests on: the one that was taken when it was asked for, then that of its execution.
    pub decision: DecisionId,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When it expires unless it is confirmed.
    pub due: Timestamp,
    /// Who was told to carry it out, by its name in the bundle of `standing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<ActionName>,
    /// How often the connector was asked to carry it out or what became of it.
    pub attempts: u32,
    /// How it ended.
    pub effect: Option<Effect>,
    /// What changed, where it was withdrawn for that.
    pub void: Option<Changed>,
    /// The link by which the customer can answer it: the last that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// The code that the customer is shown beside it, and that their delegate shows them too: the last that was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}
