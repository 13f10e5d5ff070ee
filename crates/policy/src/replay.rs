//! Replay: takes a recorded decision again from its record and its bundle, and compares byte for byte.

use crate::{
    bundle::Bundle,
    engine::{ApiCase, Engine, RequestQuestion},
};
use remit_domain::{
    Decision, Deliberation,
    action::ActionDecision,
    case::{Holder, HolderRef},
    decision::{DecisionPoint, Standing, deliberate},
    id::{Digest, OwnerId},
    request::RequestDecision,
};
use serde::Serialize;

/// What taking a decision again showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The first difference; none if the records are the same byte for byte.
    pub difference: Option<String>,
}

/// Why a decision could not be taken again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Another bundle governed.
    #[error("the decision was taken under bundle {recorded}, not {given}")]
    Bundle {
        /// The bundle on record.
        recorded: String,
        /// The bundle given.
        given: String,
    },
    /// A record could not be written out.
    #[error("the record cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Takes `decision` again under `bundle`, which must be the one that it names.
///
/// # Errors
/// When it is not, or a record cannot be written out.
pub fn replay(engine: &Engine, bundle: &Bundle, decision: &Decision) -> Result<Replayed, ReplayError> {
    governed(&decision.bundle, bundle)?;
    let again = retake(engine, bundle, decision);
    compared(decision, &again)
}

/// Asks again for the action that `decision` records under `bundle`, which must be the one that it names.
///
/// # Errors
/// When it is not, or a record cannot be written out.
pub fn replay_action(engine: &Engine, bundle: &Bundle, decision: &ActionDecision) -> Result<Replayed, ReplayError> {
    governed(&decision.bundle, bundle)?;
    let hold = decision.v >= 2;
    let (verdict, policies) = engine.act_as(&decision.signals, &decision.principal, &decision.action, hold);
    let again = ActionDecision { verdict, policies, owner: owner_of_act(bundle), ..decision.clone() };
    compared(decision, &again)
}

/// Evaluates a request again that `decision` records under `bundle`, which must be the one that it names.
///
/// # Errors
/// When it is not, or a record cannot be written out.
pub fn replay_request(engine: &Engine, bundle: &Bundle, decision: &RequestDecision) -> Result<Replayed, ReplayError> {
    governed(&decision.bundle, bundle)?;
    let question = RequestQuestion {
        asker: &decision.principal,
        arguments: &decision.arguments,
        facts: &decision.facts,
        recent: &decision.recent,
        signals: &decision.signals,
        case: ApiCase::from(&decision.parties),
    };
    let (verdict, policies) = engine.request(decision.action.as_str(), &question, &decision.confirmed);
    let again = RequestDecision { verdict, policies, owner: owner_of_act(bundle), ..decision.clone() };
    compared(decision, &again)
}

/// What is recorded beside what taking it again gave, as each is written out.
fn compared<T: Serialize>(recorded: &T, again: &T) -> Result<Replayed, ReplayError> {
    let (was, is) = (serde_json::to_string(recorded)?, serde_json::to_string(again)?);
    Ok(Replayed { difference: first_difference(&was, &is) })
}

/// Who owns what is decided of actions.
fn owner_of_act(bundle: &Bundle) -> OwnerId {
    let terms = bundle.terms();
    terms.owners.get(&DecisionPoint::Act).unwrap_or(&terms.exception_owner).clone()
}

fn governed(recorded: &Digest, bundle: &Bundle) -> Result<(), ReplayError> {
    if recorded == bundle.digest() {
        return Ok(());
    }
    Err(ReplayError::Bundle { recorded: recorded.to_string(), given: bundle.digest().to_string() })
}

/// The decision that the recorded facts lead to under `bundle`.
pub fn retake(engine: &Engine, bundle: &Bundle, decision: &Decision) -> Decision {
    let facts: Vec<_> = decision.candidates.iter().map(|candidate| candidate.facts.clone()).collect();
    let (verdicts, policies) = engine.handle_as(&decision.signals, &facts, decision.custody.is_some());
    let deliberation = Deliberation {
        point: decision.point,
        trigger: decision.trigger.clone(),
        signals: decision.signals.clone(),
        considered: engine.considered(&decision.signals, &facts),
        candidates: facts.into_iter().zip(verdicts).collect(),
        policies,
        terms: bundle.terms(),
        read_by: decision.read_by.clone(),
        collecting: decision.collecting.clone(),
        forbidden: Vec::new(),
    };
    let holder = decision.holder.as_ref().map(|who| standing_holder(who, decision));
    let (custody, handoffs) = (decision.custody.clone(), decision.handoffs);
    let standing = Standing { version: decision.v, case: decision.case, holder: holder.as_ref(), handoffs, custody };
    deliberate(decision.id, decision.at, &standing, deliberation)
}

/// The holder as the deliberation saw it; of a holder it looks at nothing but the name.
fn standing_holder(who: &HolderRef, decision: &Decision) -> Holder {
    let accountable: OwnerId = decision.owner.clone();
    Holder { who: who.clone(), staff: None, accountable, epoch: 0, since: decision.at }
}

fn first_difference(was: &str, is: &str) -> Option<String> {
    if was == is {
        return None;
    }
    let at = was.bytes().zip(is.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        let from = at.saturating_sub(40);
        let bytes = text.as_bytes().get(from..(at + 40).min(text.len())).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    };
    Some(format!("at byte {at}: recorded …{}… but taken again …{}…", around(was), around(is)))
}
