//! The policies on `handle`, arranged so that each is evaluated as seldom as is exact.
//!
//! A policy whose scope does not admit a candidate is never satisfied for it, so a candidate meets only
//! those whose scope does. Of these, what does not look at the candidate beyond its scope comes out the
//! same for all whom the scope admits, and is asked once for a decision. What is left is asked for each
//! candidate.

use crate::{
    bundle::CandidateSpec,
    manifest::SignalKind,
    rule::Rule,
    scope::{admits_action, admits_principal, candidate_uid, uid},
    verdict_cache::{CandidateQuestion, Evaluation, Extent, Unscoped, VerdictCache, collect},
};
use cedar_policy::{Authorizer, Decision, Entities, EntityUid, PolicySet, Request};
use remit_domain::{
    decision::{PolicyEffect, Verdict},
    id::PolicyId,
};
use std::collections::{BTreeSet, HashMap};

/// The policies that hold for all candidates alike, and each candidate's share.
pub(crate) struct Slices {
    common: VerdictCache,
    of: HashMap<String, Slice>,
    empty: bool,
    /// Which signals are read by the policies that are asked each time; none if that cannot be told.
    live: Option<BTreeSet<usize>>,
}

/// What applies to one candidate.
struct Slice {
    /// Of the common policies: those whose scope admits it.
    common: Vec<(PolicyId, PolicyEffect)>,
    own: VerdictCache,
}

impl Slices {
    pub(crate) fn new(rules: &[Rule], candidates: &[CandidateSpec], kinds: &[(String, SignalKind)]) -> Self {
        let handle = uid("Action", "handle");
        let uids: Vec<EntityUid> =
            candidates.iter().map(|spec| candidate_uid(spec.kind, spec.responder.as_str())).collect();
        let on_handle: Vec<(&Rule, Unscoped)> = rules
            .iter()
            .filter(|rule| admits_action(rule, &handle) && uids.iter().any(|uid| admits_principal(rule, uid)))
            .map(|rule| (rule, Unscoped::new(rule, kinds)))
            .collect();
        let all = || on_handle.iter().map(|(rule, unscoped)| (*rule, unscoped));
        let common = VerdictCache::new(all().filter(|(_, unscoped)| !unscoped.conditions.looks_at_principal));
        let slice = |uid: &EntityUid| {
            let mine = || all().filter(|(rule, _)| admits_principal(rule, uid));
            Slice {
                common: mine()
                    .filter(|(_, unscoped)| !unscoped.conditions.looks_at_principal)
                    .map(|(rule, _)| (rule.id.clone(), rule.note.effect))
                    .collect(),
                own: VerdictCache::new(mine().filter(|(_, unscoped)| unscoped.conditions.looks_at_principal)),
            }
        };
        let of = candidates.iter().zip(&uids).map(|(spec, uid)| (spec.responder.to_string(), slice(uid))).collect();
        let live = on_handle.iter().filter(|(_, unscoped)| !unscoped.conditions.are_steady());
        let live = live.map(|(_, unscoped)| unscoped.conditions.signals.clone()).collect::<Option<Vec<_>>>();
        Self { common, of, empty: on_handle.is_empty(), live: live.map(|sets| sets.into_iter().flatten().collect()) }
    }

    /// Whether there is nothing to be asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.empty
    }

    /// Whether a request of this extent needs the signal at `place` of the engine's order.
    pub(crate) fn needs(&self, extent: Extent, place: usize) -> bool {
        extent == Extent::Whole || self.live.as_ref().is_none_or(|live| live.contains(&place))
    }

    /// What the policies come to that hold for all candidates alike. Any candidate can be the principal.
    pub(crate) fn common(&self, question: &CandidateQuestion<'_>) -> Option<Evaluation> {
        self.common.ask(question)
    }

    /// What the policies come to for `responder`, whom `question` is about.
    pub(crate) fn told(
        &self,
        responder: &str,
        common: &Evaluation,
        question: &CandidateQuestion<'_>,
    ) -> Option<Evaluation> {
        let slice = self.of.get(responder)?;
        let mut told = slice.own.ask(question)?;
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
        Some(told)
    }
}

/// What Cedar answered to a question of all policies at once.
fn verdict(response: &cedar_policy::Response) -> Verdict {
    let (mut policies, mut errors) = (Vec::new(), Vec::new());
    collect(response, &mut policies, &mut errors);
    errors.sort_unstable();
    Verdict { allow: response.decision() == Decision::Allow && errors.is_empty(), policies, errors }
}

/// What policies come to, taken back where an invariant forbids what they allow.
pub(crate) fn held(
    authorizer: &Authorizer,
    request: &Request,
    entities: &Entities,
    policies: &PolicySet,
    invariants: &PolicySet,
) -> Verdict {
    let verdict = verdict(&authorizer.is_authorized(request, policies, entities));
    if !verdict.allow || invariants.is_empty() {
        return verdict;
    }
    let (mut forbids, mut errors) = (Vec::new(), Vec::new());
    collect(&authorizer.is_authorized(request, invariants, entities), &mut forbids, &mut errors);
    Evaluation { permits: Vec::new(), forbids, errors }.taken_back(verdict)
}

#[cfg(test)]
mod tests;
