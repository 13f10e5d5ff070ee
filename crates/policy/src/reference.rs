//! The reference implementation of verdicts: all policies together are asked of Cedar, for one candidate alone. What
//! [`crate::engine`] must equal and be faster than.

use crate::{
    attributes,
    bundle::{Bundle, CandidateSpec, SignalSpec},
    engine::attributes,
    scope::{candidate_uid, set, uid},
    slices,
};
use cedar_policy::{Authorizer, Entities, Entity, PolicySet, Request, RestrictedExpression};
use remit_domain::{
    decision::{CandidateFacts, PolicyEffect, Verdict},
    id::{PolicyId, ResponderId},
    signal::{Signals, Value},
};
use std::collections::HashSet;

/// A bundle's policies, to be asked one candidate at a time, nothing arranged and nothing remembered.
#[derive(Debug)]
pub struct Reference {
    candidates: Vec<CandidateSpec>,
    signals: Vec<SignalSpec>,
    policies: PolicySet,
    /// What must hold whatever these say.
    invariants: PolicySet,
    /// The responders to whom each consideration can apply, as they are declared; empty for all.
    weighed_of: Vec<(PolicyId, Vec<ResponderId>)>,
}

impl Reference {
    /// The policies of `bundle`.
    pub fn new(bundle: &Bundle) -> Self {
        Self {
            candidates: bundle.candidates().to_vec(),
            signals: bundle.signals.values().chain(&bundle.attributes).cloned().collect(),
            policies: set(bundle.rules.iter()),
            invariants: set(bundle.invariants.iter()),
            weighed_of: Vec::new(),
        }
    }

    /// The policies of `bundle` that permit, with its invariants: what they come to is whether a candidate might if no
    /// policy forbade it.
    pub fn permits(bundle: &Bundle) -> Self {
        let permits = bundle.rules.iter().filter(|rule| rule.note.effect == PolicyEffect::Permit);
        Self { policies: set(permits), ..Self::new(bundle) }
    }

    /// The considerations of `bundle` as policies.
    pub fn weighed(bundle: &Bundle) -> Self {
        Self {
            policies: set(bundle.weighed.iter()),
            invariants: PolicySet::new(),
            weighed_of: bundle.weighed_of.clone(),
            ..Self::new(bundle)
        }
    }

    /// The considerations that apply to the candidate of a case with these signals, as they are declared.
    pub fn considered(&self, signals: &Signals, facts: &CandidateFacts) -> Vec<PolicyId> {
        let applies = self.asked(signals, facts).map(|verdict| verdict.policies).unwrap_or_default();
        let of = self.weighed_of.iter();
        let of = of.filter(|(id, of)| applies.contains(id) && (of.is_empty() || of.contains(&facts.responder)));
        of.map(|(id, _)| id.clone()).collect()
    }

    /// Whether the candidate may handle a case with these signals.
    pub fn verdict(&self, signals: &Signals, facts: &CandidateFacts) -> Verdict {
        self.asked(signals, facts).unwrap_or(Verdict { allow: false, policies: Vec::new(), errors: Vec::new() })
    }

    fn asked(&self, signals: &Signals, facts: &CandidateFacts) -> Option<Verdict> {
        let (request, entities) = self.request(signals, facts)?;
        Some(slices::held(&Authorizer::new(), &request, &entities, &self.policies, &self.invariants))
    }

    /// What Cedar is asked of a candidate.
    pub(crate) fn request(&self, signals: &Signals, facts: &CandidateFacts) -> Option<(Request, Entities)> {
        let spec = self.candidates.iter().find(|spec| spec.responder == facts.responder)?;
        let principal = candidate_uid(spec.kind, spec.responder.as_str());
        let entity = Entity::new(principal.clone(), attributes(spec, facts), HashSet::new()).ok()?;
        let expression = |spec: &SignalSpec, value: &Value| match (value, spec.vocabulary.as_deref()) {
            (Value::Name(name), Some(kind)) => Some(RestrictedExpression::new_entity_uid(uid(kind, name))),
            _ => attributes::plain(value),
        };
        let values = self.signals.iter().filter_map(|spec| {
            let reading = signals.get(spec.name.as_str()).map(|reading| &reading.value);
            Some((spec, expression(spec, reading.or_else(|| spec.fallback())?)?))
        });
        let context = attributes::context(values, &attributes::records(&self.signals))?;
        let request = Request::new(principal, uid("Action", "handle"), uid("Case", "case"), context, None).ok()?;
        Some((request, Entities::from_entities([entity], None).ok()?))
    }
}
