//! Decisions: the record, told in plain words, and taken again to prove it.

use crate::{
    Caller, Governance, Journal, Parts,
    access::auth,
    environment::{block_on::block_on, clock::rfc3339},
    evidence::{
        explain::{self, BundleContext, Explanation},
        explain_action::{explain_action, explain_request},
    },
    operation::{GetDecisionRefusal, ReplayDecisionRefusal},
    pipeline::load,
    refused::{Kind, Refused},
};
use remit_domain::{
    Decision, Event,
    action::ActionDecision,
    case::HolderRef,
    decision::{Candidate, Outcome},
    id::{CaseId, DecisionId, Digest, ResponderId},
    request::RequestDecision,
    signal::Signals,
};
use remit_policy::{
    actions::Permission, bundle::Bundle, engine::Engine, nearest::Permits, reference::Reference, replay,
};
use remit_store::Journal as _;
use serde::Serialize;
use std::{cell::LazyCell, sync::Arc};
use utoipa::ToSchema;

/// A decision with its reasons.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DecisionAnswer {
    /// The record, each reading and each candidate with the names of all that is known of it.
    pub decision: Recorded,
    /// The record in plain words.
    pub explanation: Explanation,
    /// Where it stands in the ledger.
    pub seq: u64,
}

/// A decision on record: about who has a case, or about an action.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Recorded {
    /// Who has a case.
    Case(Box<Decision>),
    /// Whether an AI responder may have something carried out.
    Action(Box<ActionDecision>),
    /// Whether a request may be carried out.
    Request(Box<RequestDecision>),
}

impl Recorded {
    /// The case that it is about.
    fn case(&self) -> CaseId {
        match self {
            Self::Case(decision) => decision.case,
            Self::Action(decision) => decision.case,
            Self::Request(decision) => decision.case,
        }
    }

    fn bundle(&self) -> &Digest {
        match self {
            Self::Case(decision) => &decision.bundle,
            Self::Action(decision) => &decision.bundle,
            Self::Request(decision) => &decision.bundle,
        }
    }

    /// The built-in policies under which it was taken; none where the record is older than their names.
    fn baseline(&self) -> Option<&Digest> {
        match self {
            Self::Case(decision) => decision.baseline.as_ref(),
            Self::Action(decision) => decision.baseline.as_ref(),
            Self::Request(decision) => Some(&decision.baseline),
        }
    }

    /// Whether it was taken under these built-in policies.
    fn is_of(&self, baseline: &Digest) -> bool {
        self.baseline() == Some(baseline)
    }
}

/// A decision taken again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayAnswer {
    /// The decision.
    pub id: String,
    /// Whether taking it again gave the same record, byte for byte.
    pub same: bool,
    /// The first difference, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// The bundle that it was taken and taken again under.
    pub bundle: String,
}

/// A customer's value of which nothing is said, in percent.
const WHOLE: i64 = 100;

/// What governed when a decision was taken.
enum Governed {
    /// The bundle in force.
    InForce,
    /// Another one.
    By(Arc<Bundle>),
    /// One that cannot be had.
    Unknown,
}

/// The same, found out when it is asked for.
type Other<'a> = LazyCell<Governed, Box<dyn FnOnce() -> Governed + 'a>>;

/// A decision, with its reasons in plain words.
///
/// # Errors
/// [`GetDecisionRefusal`] says when each arises.
pub async fn decision(parts: &Parts, caller: &Caller, id: &str) -> Result<DecisionAnswer, GetDecisionRefusal> {
    let (decision, seq) = recorded_for(parts, caller, Permission::DECISION_READ, id).await?;
    let explanation = match &decision {
        Recorded::Case(decision) => explain(&parts.governance, &parts.journal, decision),
        Recorded::Action(decision) => {
            let other = other(&parts.governance, &parts.journal, &decision.bundle, decision.baseline.as_ref());
            explain_action(decision, &beside(&parts.governance, &other, &decision.signals, None))
        }
        Recorded::Request(decision) => {
            let other = other(&parts.governance, &parts.journal, &decision.bundle, Some(&decision.baseline));
            explain_request(decision, &beside(&parts.governance, &other, &decision.signals, None))
        }
    };
    Ok(DecisionAnswer { explanation, decision, seq })
}

/// `decision` in plain words, its amounts in the bundle's currency. What would have been is asked of the policies
/// that governed; nothing is said of it where these cannot be had.
pub(crate) fn explain(governance: &Governance, journal: &Journal, decision: &Decision) -> Explanation {
    let other = other(governance, journal, &decision.bundle, decision.baseline.as_ref());
    let near = match &decision.outcome {
        Outcome::Assign { responder }
        | Outcome::Take { responder, .. }
        | Outcome::Keep { holder: HolderRef::Responder(responder), .. } => Some(responder),
        Outcome::Keep { .. } | Outcome::Exception { .. } => None,
    };
    explain::explain(decision, &beside(governance, &other, &decision.signals, near))
}

/// What the bundle that governed says beside a record with these signals. Moments are told in the zone in which `near`
/// works, where it is a queue.
fn beside<'a>(
    governance: &'a Governance,
    other: &'a Other<'_>,
    signals: &'a Signals,
    near: Option<&'a ResponderId>,
) -> BundleContext<'a> {
    let local = move |near: Option<&ResponderId>, at| {
        let local = governing(governance, other).and_then(|bundle| bundle.local(near, at));
        local.unwrap_or_else(|| rfc3339(at))
    };
    let permits = LazyCell::new(move || Some(Reference::permits(governing(governance, other)?)));
    let apart = LazyCell::new(move || Some(Permits::of(governing(governance, other)?)));
    let nearest = move |c: &Candidate| {
        let nearest = apart.as_ref()?.nearest(signals, &c.facts)?;
        let seen: Vec<String> = nearest.seen.iter().map(|(name, value)| format!("{name} is {value}")).collect();
        let seen = if seen.is_empty() { String::new() } else { format!("; {}", seen.join(", ")) };
        let more = match nearest.more {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        let owner = &nearest.note.owner;
        let title = governing(governance, other).and_then(|bundle| bundle.owner_title(owner.as_str()));
        let owner = title.map_or_else(|| owner.to_string(), |title| format!("{owner} ({title})"));
        let policy = &nearest.policy;
        Some(format!("The nearest, rule `{policy}` of {owner}, needs `{}`{more}{seen}.", nearest.fails))
    };
    BundleContext {
        value_percent: governing(governance, other)
            .map_or(WHOLE, |bundle| bundle.terms().economics.value_percent(signals)),
        permitted: Box::new(move |c| permits.as_ref().is_some_and(|asked| asked.verdict(signals, &c.facts).permits())),
        nearest: Box::new(nearest),
        rule: Box::new(move |id| rule_of(governance, other, id)),
        title: Box::new(move |name| {
            let candidates = governing(governance, other)?.candidates().iter();
            candidates.clone().find(|spec| spec.responder.as_str() == name).map(|spec| spec.title.clone())
        }),
        owner: Box::new(move |name| governing(governance, other)?.owner_title(name).map(ToOwned::to_owned)),
        opens: Box::new(move |queue, at| {
            governing(governance, other)?.candidate(queue)?.queue.as_ref()?.opens(at).filter(|opens| *opens > at)
        }),
        moment: Box::new(move |at| local(near, at)),
        moment_at: Box::new(move |queue, at| local(Some(queue), at)),
        ..BundleContext::nothing(&governance.bundle.currency().0)
    }
}

/// The bundle that governed, where it is not the one in force: it is had from the store, once, when it is asked
/// for.
fn other<'a>(
    governance: &'a Governance,
    journal: &'a Journal,
    digest: &'a Digest,
    baseline: Option<&'a Digest>,
) -> Other<'a> {
    LazyCell::new(Box::new(move || match digest == governance.bundle.digest() {
        true => Governed::InForce,
        false => match block_on(journal.bundle(digest, baseline)) {
            Ok(bundle) => Governed::By(bundle),
            Err(_) => Governed::Unknown,
        },
    }))
}

fn governing<'a>(governance: &'a Governance, other: &'a Other<'_>) -> Option<&'a Bundle> {
    match &**other {
        Governed::InForce => Some(&governance.bundle),
        Governed::By(bundle) => Some(bundle),
        Governed::Unknown => None,
    }
}

/// A rule for words of the bundle that governed, in words.
fn rule_of(governance: &Governance, other: &Other<'_>, id: &str) -> Option<String> {
    governing(governance, other)?.readings().told(id)
}

/// Takes a recorded decision again from its record and its bundle.
///
/// # Errors
/// [`ReplayDecisionRefusal`] says when each arises.
pub async fn replay(parts: &Parts, caller: &Caller, id: &str) -> Result<ReplayAnswer, ReplayDecisionRefusal> {
    let (decision, _) = recorded_for(parts, caller, Permission::DECISION_REPLAY, id).await?;
    let bundle = decision.bundle().to_string();
    let taken_again = |engine: &Engine, bundle: &Bundle| match &decision {
        Recorded::Case(decision) => replay::replay(engine, bundle, decision),
        Recorded::Action(decision) => replay::replay_action(engine, bundle, decision),
        Recorded::Request(decision) => replay::replay_request(engine, bundle, decision),
    };
    let here = decision.bundle() == parts.governance.bundle.digest()
        && decision.is_of(&parts.governance.bundle.terms().baseline);
    let replayed = if here {
        taken_again(&parts.governance.engine, &parts.governance.bundle)
    } else {
        let other = parts.journal.bundle(decision.bundle(), decision.baseline()).await?;
        taken_again(&Engine::new(&other), &other)
    };
    let difference = replayed.map_err(Refused::internal)?.difference;
    Ok(ReplayAnswer { id: id.to_owned(), same: difference.is_none(), difference, bundle })
}

/// A decision, if `caller` may do `action` on the case that it is about.
async fn recorded_for(
    parts: &Parts,
    caller: &Caller,
    action: Permission,
    id: &str,
) -> Result<(Recorded, u64), Refused> {
    let Parts { governance, journal, environment, .. } = parts;
    match recorded(journal, id).await {
        Ok(found) => {
            load::case_for(governance, journal, environment, caller, action, &found.0.case().to_string()).await?;
            Ok(found)
        }
        Err(none) => {
            // Policy is asked before it is told that there is none, so that who may do nothing cannot probe.
            auth::permit(governance, &parts.live, environment, caller, action)?;
            Err(none)
        }
    }
}

async fn recorded(journal: &Journal, id: &str) -> Result<(Recorded, u64), Refused> {
    let none = |detail: String| Refused::new(Kind::NotFound, detail);
    let parsed: DecisionId = id.parse().map_err(|e| none(format!("{e}")))?;
    let row = journal.store.record_by_subject(&parsed.to_string()).await.map_err(Refused::internal)?;
    let row = row.ok_or_else(|| none(format!("no decision {parsed} is on record")))?;
    match serde_json::from_slice(&row.body).map_err(Refused::internal)? {
        Event::DecisionMade { decision, .. } => Ok((Recorded::Case(decision), row.seq)),
        Event::ActionAsked { decision } => Ok((Recorded::Action(decision), row.seq)),
        event => match event.request_decision() {
            Some(decision) => Ok((Recorded::Request(Box::new(decision.clone())), row.seq)),
            None => Err(none(format!("{parsed} is no decision"))),
        },
    }
}
