//! The policies on `handle`, arranged so that each is evaluated as seldom as is exact.
//!
//! A policy whose scope does not admit a candidate is never satisfied for it, so a candidate meets only
//! those whose scope does. Of these, what does not look at the candidate beyond its scope comes out the
//! same for all whom the scope admits, and is evaluated once for a decision. What is left is evaluated for
//! each candidate. Permits and forbids are asked apart, because Cedar names the satisfied permits only
//! where no forbid is.

use crate::{
    bundle::CandidateSpec,
    cedar::Rule,
    engine::{admits_action, admits_principal, candidate_uid, uid},
};
use cedar_policy::{Authorizer, Decision, Entities, EntityUid, Policy, PolicySet, Request};
use remit_domain::{
    decision::{PolicyEffect, Verdict},
    id::PolicyId,
};
use serde_json::Value;
use std::collections::HashMap;

/// The policies that hold for all candidates alike, and each candidate's share.
pub(crate) struct Slices {
    common: Asked,
    of: HashMap<String, Slice>,
}

/// What applies to one candidate.
struct Slice {
    /// Of the common policies: those whose scope admits it.
    common: Vec<(PolicyId, PolicyEffect)>,
    own: Asked,
}

/// Policies that are asked together.
#[derive(Default)]
struct Asked {
    permits: PolicySet,
    forbids: PolicySet,
}

/// What policies came to: satisfied permits, satisfied forbids, and those that failed to evaluate.
#[derive(Debug, Default)]
pub(crate) struct Told {
    permits: Vec<PolicyId>,
    forbids: Vec<PolicyId>,
    errors: Vec<PolicyId>,
}

impl Slices {
    pub(crate) fn new(rules: &[Rule], candidates: &[CandidateSpec]) -> Self {
        let handle = uid("Action", "handle");
        let uids: Vec<EntityUid> =
            candidates.iter().map(|spec| candidate_uid(spec.kind, spec.responder.as_str())).collect();
        let on_handle: Vec<(&Rule, Unscoped)> = rules
            .iter()
            .filter(|rule| admits_action(rule, &handle) && uids.iter().any(|uid| admits_principal(rule, uid)))
            .map(|rule| (rule, unscoped(&rule.policy)))
            .collect();
        let common = asked(on_handle.iter().filter(|(_, unscoped)| !unscoped.looks_at_principal));
        let slice = |uid: &EntityUid| {
            let mine = || on_handle.iter().filter(|(rule, _)| admits_principal(rule, uid));
            Slice {
                common: mine()
                    .filter(|(_, unscoped)| !unscoped.looks_at_principal)
                    .map(|(rule, _)| (rule.id.clone(), rule.note.effect))
                    .collect(),
                own: asked(mine().filter(|(_, unscoped)| unscoped.looks_at_principal)),
            }
        };
        let of = candidates.iter().zip(&uids).map(|(spec, uid)| (spec.responder.to_string(), slice(uid))).collect();
        Self { common, of }
    }

    /// What the policies come to that hold for all candidates alike. Any candidate can be the principal.
    pub(crate) fn common(&self, authorizer: &Authorizer, request: &Request, entities: &Entities) -> Told {
        self.common.ask(authorizer, request, entities)
    }

    /// The verdict on one candidate, which is the principal of `request`.
    pub(crate) fn verdict(
        &self,
        authorizer: &Authorizer,
        responder: &str,
        common: &Told,
        request: &Request,
        entities: &Entities,
    ) -> Verdict {
        let Some(slice) = self.of.get(responder) else { return Told::default().verdict() };
        let mut told = slice.own.ask(authorizer, request, entities);
        for (id, effect) in &slice.common {
            let (all, mine) = match effect {
                PolicyEffect::Permit => (&common.permits, &mut told.permits),
                PolicyEffect::Forbid => (&common.forbids, &mut told.forbids),
            };
            if all.binary_search(id).is_ok() {
                mine.push(id.clone());
            }
            if common.errors.binary_search(id).is_ok() {
                told.errors.push(id.clone());
            }
        }
        told.verdict()
    }
}

impl Asked {
    fn ask(&self, authorizer: &Authorizer, request: &Request, entities: &Entities) -> Told {
        let mut told = Told::default();
        for (policies, satisfied) in [(&self.permits, &mut told.permits), (&self.forbids, &mut told.forbids)] {
            if !policies.is_empty() {
                collect(&authorizer.is_authorized(request, policies, entities), satisfied, &mut told.errors);
            }
        }
        told.errors.sort_unstable();
        told
    }
}

impl Told {
    /// As Cedar would decide them together, except that a policy that fails to evaluate makes it a deny:
    /// Cedar skips it, so that an erring `forbid` would fail open.
    fn verdict(mut self) -> Verdict {
        self.errors.sort_unstable();
        let allow = self.forbids.is_empty() && !self.permits.is_empty() && self.errors.is_empty();
        let mut policies = if self.forbids.is_empty() { self.permits } else { self.forbids };
        policies.sort_unstable();
        Verdict { allow, policies, errors: self.errors }
    }
}

/// What Cedar answered to a question of all policies at once.
pub(crate) fn verdict(response: &cedar_policy::Response) -> Verdict {
    let (mut policies, mut errors) = (Vec::new(), Vec::new());
    collect(response, &mut policies, &mut errors);
    errors.sort_unstable();
    Verdict { allow: response.decision() == Decision::Allow && errors.is_empty(), policies, errors }
}

/// Adds the determining policies, sorted, and those that failed.
fn collect(response: &cedar_policy::Response, satisfied: &mut Vec<PolicyId>, errors: &mut Vec<PolicyId>) {
    let id = |id: &cedar_policy::PolicyId| PolicyId::new(id.as_ref()).ok();
    satisfied.extend(response.diagnostics().reason().filter_map(id));
    satisfied.sort_unstable();
    errors.extend(response.diagnostics().errors().filter_map(|error| match error {
        cedar_policy::AuthorizationError::PolicyEvaluationError(error) => id(error.policy_id()),
    }));
}

/// A policy without the part of its scope that a slice has settled already.
struct Unscoped {
    policy: Policy,
    looks_at_principal: bool,
}

fn unscoped(policy: &Policy) -> Unscoped {
    let whole = || Unscoped { policy: policy.clone(), looks_at_principal: true };
    let Ok(mut json) = policy.to_json() else { return whole() };
    let looks_at_principal = json.get("conditions").is_none_or(looks_at_principal);
    for part in ["principal", "action"] {
        if let Some(scope) = json.get_mut(part) {
            *scope = serde_json::json!({ "op": "All" });
        }
    }
    match Policy::from_json(Some(policy.id().clone()), json) {
        Ok(policy) => Unscoped { policy, looks_at_principal },
        Err(_) => whole(),
    }
}

fn looks_at_principal(json: &Value) -> bool {
    match json {
        Value::Object(map) => {
            map.get("Var").is_some_and(|name| name == "principal") || map.values().any(looks_at_principal)
        }
        Value::Array(items) => items.iter().any(looks_at_principal),
        _ => false,
    }
}

fn asked<'a>(rules: impl Iterator<Item = &'a (&'a Rule, Unscoped)> + Clone) -> Asked {
    let of = |effect: PolicyEffect| {
        let chosen = rules.clone().filter(|(rule, _)| rule.note.effect == effect);
        // Ids are unique in a bundle that loads, so nothing is lost here.
        PolicySet::from_policies(chosen.map(|(_, unscoped)| unscoped.policy.clone())).unwrap_or_default()
    };
    Asked { permits: of(PolicyEffect::Permit), forbids: of(PolicyEffect::Forbid) }
}

#[cfg(test)]
mod tests;
