//! Delegates, customers' own AI agents, and delegations: what a customer consented that one may do for them. A
//! delegation only narrows: what is taken from one is a part of it in scopes, actions, limits and time, and ends with
//! it.

mod class;
mod event;
mod grant;

pub use class::DelegateClass;
pub use event::{
    AssertedBy, Consent, ConsentAsked, ConsentEnded, DelegateChange, DelegateChanged, DelegateRegistered,
    DelegateTerms, DelegationChange, DelegationChanged, DelegationGranted, DelegationUsed, KeyAddress, RevocationCause,
    Unanswered,
};
pub use grant::{DelegatedGrant, GrantLimits, Scope, Wider};

use crate::id::{CustomerId, DelegateId, DelegationId, Timestamp};
use serde::{Deserialize, Serialize};

/// Links of a chain from the customer to who acts, at most.
pub const DEPTH_MAX: u8 = 4;

/// A delegation as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// Which.
    pub id: DelegationId,
    /// Who is represented.
    pub customer: CustomerId,
    /// By whom.
    pub delegate: DelegateId,
    /// The one that it is narrowed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<DelegationId>,
    /// How many links lead to it from the customer.
    pub depth: u8,
    /// What it may do.
    pub grant: DelegatedGrant,
    /// By whose word it came to be, where the customer was not asked here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserted: Option<AssertedBy>,
    /// When it was granted.
    pub granted: Timestamp,
    /// When it ended before its time, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<(Timestamp, RevocationCause)>,
}

impl From<&DelegationGranted> for Delegation {
    fn from(granted: &DelegationGranted) -> Self {
        Self {
            id: granted.delegation,
            customer: granted.customer.clone(),
            delegate: granted.delegate,
            parent: granted.parent,
            depth: granted.depth,
            grant: granted.grant.clone(),
            asserted: granted.asserted.clone(),
            granted: granted.at,
            revoked: None,
        }
    }
}

impl Delegation {
    /// Whether it stands by itself at a moment; its chain is another question.
    pub fn stands(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.grant.not_after
    }

    /// As it is after a change.
    #[must_use]
    pub fn changed_by(mut self, change: &DelegationChange, at: Timestamp) -> Self {
        match change {
            DelegationChange::Narrowed { grant } => self.grant = grant.clone(),
            DelegationChange::TokenRevoked { .. } => {}
            DelegationChange::Revoked { cause } => self.revoked = Some((at, *cause)),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::ActionName, request::Money};
    use std::collections::BTreeSet;

    fn grant(minor: i64, count: Option<u32>, window: Option<u32>) -> DelegatedGrant {
        DelegatedGrant {
            scopes: BTreeSet::from([Scope::CaseOpen, Scope::CaseRead]),
            actions: BTreeSet::from([ActionName::new("refund").unwrap()]),
            limits: GrantLimits {
                max_amount: Some(Money { minor, currency: "EUR".to_owned() }),
                max_total: None,
                max_count: count,
                window_hours: window,
            },
            not_after: Timestamp(1_000),
        }
    }

    #[test]
    fn what_is_wider_in_any_way_is_not_covered() {
        let of = grant(5_000, Some(3), Some(24));
        assert_eq!(of.covers(&of), Ok(()));
        let wider = |change: &dyn Fn(&mut DelegatedGrant)| {
            let mut other = of.clone();
            change(&mut other);
            of.covers(&other).unwrap_err().to_string()
        };
        for (told, expected) in [
            (wider(&|g| assert!(g.scopes.insert(Scope::SupportAsk))), "the scope `support:ask` is not granted"),
            (wider(&|g| assert!(g.actions.insert(ActionName::new("x").unwrap()))), "the action `x` is not granted"),
            (wider(&|g| g.limits.max_amount = None), "`max_amount` is wider than what is granted"),
            (
                wider(&|g| g.limits.max_amount.as_mut().unwrap().minor += 1),
                "`max_amount` is wider than what is granted",
            ),
            (
                wider(&|g| g.limits.max_amount.as_mut().unwrap().currency = "USD".to_owned()),
                "`max_amount` is wider than what is granted",
            ),
            (wider(&|g| g.limits.max_count = None), "`max_count` is wider than what is granted"),
            (wider(&|g| g.limits.max_count = Some(4)), "`max_count` is wider than what is granted"),
            (wider(&|g| g.limits.window_hours = Some(23)), "`window_hours` is wider than what is granted"),
            (wider(&|g| g.not_after = Timestamp(1_001)), "it would end later than what is granted"),
        ] {
            assert_eq!(told, expected);
        }
        // From grant to end counts the most in one window.
        assert_eq!(of.covers(&grant(5_000, Some(3), None)), Ok(()));
        assert!(grant(5_000, Some(3), None).covers(&of).is_err());
    }

    #[test]
    fn what_two_have_in_common_is_covered_by_both() {
        let kinds = [None, Some(1), Some(3)];
        let all: Vec<DelegatedGrant> = [100, 5_000]
            .into_iter()
            .flat_map(|minor| kinds.into_iter().flat_map(move |count| kinds.map(|window| grant(minor, count, window))))
            .collect();
        for one in &all {
            for other in &all {
                let both = one.meet(other);
                assert_eq!((one.covers(&both), other.covers(&both)), (Ok(()), Ok(())), "{one:?}\n{other:?}\n{both:?}");
            }
        }
    }
}
