//! The policies on one action, and what must hold whatever they say.

use crate::{
    action::ActionSpec,
    actions::REQUEST,
    bundle::Bundle,
    own_actions::OwnAction,
    rule::Rule,
    scope::{admits_action, scope_type, set, uid},
    slices,
};
use cedar_policy::{ActionConstraint, Authorizer, Effect, Entities, EntityUid, PolicySet, Request};
use remit_domain::{
    decision::Verdict,
    id::PolicyId,
    request::{Confirming, Requestable},
};
use std::collections::BTreeMap;

/// The annotation of a policy that stands against something and says what would change that.
const REQUESTABLE: &str = "requestable";

/// The policies on one action, and what must hold whatever they say.
pub(super) struct Governed {
    pub(super) action: EntityUid,
    pub(super) policies: PolicySet,
    pub(super) invariants: PolicySet,
}

impl Governed {
    /// Those of `bundle` on `action` whose scope is of a type that `concerns` says yes to.
    pub(super) fn new(bundle: &Bundle, action: &str, concerns: impl Fn(Option<&str>) -> bool) -> Self {
        let action = uid("Action", action);
        let admits = |rule: &Rule| admits_action(rule, &action) && concerns(scope_type(rule).as_deref());
        Self::with(bundle, action.clone(), admits)
    }

    /// Those of `bundle` that `admits` says yes to.
    pub(super) fn with(bundle: &Bundle, action: EntityUid, admits: impl Fn(&Rule) -> bool) -> Self {
        let policies = set(bundle.rules.iter().filter(|rule| admits(rule)));
        let invariants = set(bundle.invariants.iter().filter(|rule| admits(rule)));
        Self { action, policies, invariants }
    }

    /// What policies say, taken back where an invariant forbids what they allow.
    pub(super) fn ask(&self, authorizer: &Authorizer, request: &Request, entities: &Entities, hold: bool) -> Verdict {
        let invariants = if hold { &self.invariants } else { &PolicySet::new() };
        slices::held(authorizer, request, entities, &self.policies, invariants)
    }
}

/// The policies on one action of the catalogue.
pub(super) struct Requested {
    pub(super) governed: Governed,
    pub(super) confirmations: Vec<Vec<Confirming>>,
    /// What of the policies on it would change a denial.
    pub(super) requestable: BTreeMap<PolicyId, Requestable>,
    /// Those of them that permit.
    pub(super) permits: Vec<PolicyId>,
}

impl Requested {
    pub(super) fn of(bundle: &Bundle, spec: &ActionSpec) -> Self {
        let action = uid("Action", spec.name.as_str());
        let group = uid("Action", REQUEST);
        let admits = |rule: &Rule| admits_action(rule, &action) || admits_in(rule, &group);
        let requestable = |rule: &Rule| {
            let (_, what) = rule.policy.annotations().find(|(name, _)| *name == REQUESTABLE)?;
            let what = what.trim().to_owned();
            let (policy, owner) = (rule.id.clone(), rule.note.owner.clone());
            Some((rule.id.clone(), Requestable { policy, what, owner }))
        };
        let on_it = || bundle.rules.iter().filter(|rule| admits(rule));
        let permits = on_it().filter(|rule| rule.policy.effect() == Effect::Permit);
        Self {
            governed: Governed::with(bundle, action.clone(), admits),
            confirmations: spec.confirmations.clone(),
            permits: permits.map(|rule| rule.id.clone()).collect(),
            requestable: on_it().filter_map(requestable).collect(),
        }
    }
}

/// The policies on an action of the bundle's own.
pub(super) struct Own {
    pub(super) action: OwnAction,
    pub(super) governed: Governed,
}

impl Own {
    pub(super) fn of(bundle: &Bundle, action: &OwnAction) -> Self {
        let theirs = |kind: &str| action.subjects.iter().any(|known| known.name == kind);
        let governed = Governed::new(bundle, &action.name, |kind| kind.is_none_or(theirs));
        Self { action: action.clone(), governed }
    }
}

/// Whether a policy's scope names the group that the catalogue's actions are in.
fn admits_in(rule: &Rule, group: &EntityUid) -> bool {
    match rule.policy.action_constraint() {
        ActionConstraint::In(some) => some.contains(group),
        _ => false,
    }
}
