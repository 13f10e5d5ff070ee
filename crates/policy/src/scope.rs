//! What a policy's scope admits, and the names that Cedar knows entities by.

use crate::rule::Rule;
use cedar_policy::{ActionConstraint, EntityId, EntityTypeName, EntityUid, PolicySet, PrincipalConstraint};
use remit_domain::decision::{ResponderKind, Verdict};
use std::str::FromStr as _;

/// The answer of whoever cannot ask.
pub(crate) fn denied() -> Verdict {
    Verdict { allow: false, policies: Vec::new(), errors: Vec::new() }
}

pub(crate) fn uid(kind: &str, id: &str) -> EntityUid {
    #[expect(clippy::expect_used, reason = "the type names are literals of this file, all of them identifiers")]
    let kind = EntityTypeName::from_str(kind).expect("a literal type name");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}

pub(crate) fn candidate_uid(kind: ResponderKind, name: &str) -> EntityUid {
    match kind {
        ResponderKind::Ai => uid("Ai", name),
        ResponderKind::Queue => uid("Queue", name),
    }
}

pub(crate) fn set<'a>(rules: impl Iterator<Item = &'a Rule>) -> PolicySet {
    // Ids are unique in a bundle that loads, so nothing is lost here.
    PolicySet::from_policies(rules.map(|rule| rule.policy.clone())).unwrap_or_default()
}

pub(crate) fn admits_action(rule: &Rule, action: &EntityUid) -> bool {
    match rule.policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(only) => only == *action,
        ActionConstraint::In(some) => some.contains(action),
    }
}

pub(crate) fn admits_principal(rule: &Rule, candidate: &EntityUid) -> bool {
    match rule.policy.principal_constraint() {
        PrincipalConstraint::Any => true,
        PrincipalConstraint::Eq(only) | PrincipalConstraint::In(only) => only == *candidate,
        PrincipalConstraint::Is(kind) => kind == *candidate.type_name(),
        PrincipalConstraint::IsIn(kind, only) => kind == *candidate.type_name() && only == *candidate,
    }
}

/// The one principal that a rule's scope names, if it names one.
pub(crate) fn scope_principal(rule: &Rule) -> Option<EntityUid> {
    match rule.policy.principal_constraint() {
        PrincipalConstraint::Eq(only) | PrincipalConstraint::In(only) | PrincipalConstraint::IsIn(_, only) => {
            Some(only)
        }
        PrincipalConstraint::Any | PrincipalConstraint::Is(_) => None,
    }
}

pub(crate) fn scope_type(rule: &Rule) -> Option<String> {
    match rule.policy.principal_constraint() {
        PrincipalConstraint::Any => None,
        PrincipalConstraint::Eq(only) | PrincipalConstraint::In(only) => Some(only.type_name().to_string()),
        PrincipalConstraint::Is(kind) | PrincipalConstraint::IsIn(kind, _) => Some(kind.to_string()),
    }
}
