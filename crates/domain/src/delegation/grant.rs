//! What a customer grants a delegate, and that nothing which follows from it is wider.

use crate::{
    id::{ActionName, Timestamp},
    request::Money,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a delegate may do at the interface, each on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Scope {
    /// Ask a question: open a case on which nothing can be requested.
    #[serde(rename = "support:ask")]
    SupportAsk,
    /// Open a case on which actions can be requested, as far as the delegation names them.
    #[serde(rename = "case:open")]
    CaseOpen,
    /// Read the cases that were opened under the delegation.
    #[serde(rename = "case:read")]
    CaseRead,
    /// Write on them.
    #[serde(rename = "case:write")]
    CaseWrite,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::SupportAsk, Self::CaseOpen, Self::CaseRead, Self::CaseWrite];

    /// As tokens name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SupportAsk => "support:ask",
            Self::CaseOpen => "case:open",
            Self::CaseRead => "case:read",
            Self::CaseWrite => "case:write",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// How much may be requested under a delegation, and under all that are narrowed from it together. What is none is
/// bounded by nothing but policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GrantLimits {
    /// The most that one action may move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_amount: Option<Money>,
    /// The most that all together may move in a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_total: Option<Money>,
    /// How many actions may be requested in a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 1_000_000))]
    pub max_count: Option<u32>,
    /// How long a window is, in hours; from grant to end where it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(minimum = 1, maximum = 8_784))]
    pub window_hours: Option<u32>,
}

/// What a delegate may do for a customer, how much of it, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DelegatedGrant {
    /// What it may do at the interface.
    pub scopes: BTreeSet<Scope>,
    /// Which actions of the catalogue it may request.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub actions: BTreeSet<ActionName>,
    /// How much of them.
    #[serde(default)]
    pub limits: GrantLimits,
    /// Until when.
    pub not_after: Timestamp,
}

/// In which way a grant is wider than the one that it is taken from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wider {
    /// It names a scope that the other has not.
    #[error("the scope `{}` is not granted", .0.as_str())]
    Scope(Scope),
    /// It names an action that the other has not.
    #[error("the action `{0}` is not granted")]
    Action(ActionName),
    /// A limit is above the other's, in another currency, or missing.
    #[error("`{0}` is wider than what is granted")]
    Limit(&'static str),
    /// It ends later.
    #[error("it would end later than what is granted")]
    NotAfter,
}

impl DelegatedGrant {
    /// That `narrower` is no wider than this.
    ///
    /// # Errors
    /// The first way in which it is.
    pub fn covers(&self, narrower: &Self) -> Result<(), Wider> {
        if let Some(scope) = narrower.scopes.difference(&self.scopes).next() {
            return Err(Wider::Scope(*scope));
        }
        if let Some(action) = narrower.actions.difference(&self.actions).next() {
            return Err(Wider::Action(action.clone()));
        }
        if narrower.not_after > self.not_after {
            return Err(Wider::NotAfter);
        }
        self.limits.cover(&narrower.limits)
    }

    /// What both grant: never more than either. Limits in two currencies leave nothing to be moved.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        Self {
            scopes: self.scopes.intersection(&other.scopes).copied().collect(),
            actions: self.actions.intersection(&other.actions).cloned().collect(),
            limits: self.limits.meet(&other.limits),
            not_after: self.not_after.min(other.not_after),
        }
    }
}

impl GrantLimits {
    fn cover(&self, narrower: &Self) -> Result<(), Wider> {
        let money = |name, wide: &Option<Money>, narrow: &Option<Money>| match (wide, narrow) {
            (None, _) => Ok(()),
            (Some(wide), Some(narrow)) if wide.currency == narrow.currency && narrow.minor <= wide.minor => Ok(()),
            _ => Err(Wider::Limit(name)),
        };
        money("max_amount", &self.max_amount, &narrower.max_amount)?;
        money("max_total", &self.max_total, &narrower.max_total)?;
        if self.max_count.is_some_and(|most| narrower.max_count.is_none_or(|narrow| narrow > most)) {
            return Err(Wider::Limit("max_count"));
        }
        // A total or a count is no smaller in a shorter window, which begins anew more often.
        let counts = self.max_total.is_some() || self.max_count.is_some();
        let shorter = match (self.window_hours, narrower.window_hours) {
            (None, narrow) => narrow.is_some(),
            (Some(wide), narrow) => narrow.is_some_and(|narrow| narrow < wide),
        };
        if counts && shorter { Err(Wider::Limit("window_hours")) } else { Ok(()) }
    }

    fn meet(&self, other: &Self) -> Self {
        Self {
            max_amount: least(&self.max_amount, &other.max_amount),
            max_total: least(&self.max_total, &other.max_total),
            max_count: match (self.max_count, other.max_count) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
            window_hours: match (self.window_hours, other.window_hours) {
                (Some(one), Some(other)) => Some(one.max(other)),
                // One of them counts from grant to end.
                _ => None,
            },
        }
    }
}

/// The lesser of two amounts; nothing of the first's currency where they are in two.
fn least(one: &Option<Money>, other: &Option<Money>) -> Option<Money> {
    match (one, other) {
        (Some(one), Some(other)) if one.currency == other.currency => {
            Some(Money { minor: one.minor.min(other.minor), currency: one.currency.clone() })
        }
        (Some(one), Some(_)) => Some(Money { minor: 0, currency: one.currency.clone() }),
        (one, other) => one.clone().or_else(|| other.clone()),
    }
}
