//! What is granted, as access tokens say it.

use remit_domain::{
    delegation::{DelegatedGrant, GrantLimits, Scope},
    id::{ActionName, DelegationId, Timestamp},
    request::Money,
};
use remit_oauth::{
    details::{Amount, Constraints, Detail, Type},
    token::AccessToken,
};

/// An amount of a token's.
pub(super) fn of_amount(amount: &Amount) -> Money {
    Money { minor: i64::try_from(amount.minor).unwrap_or(i64::MAX), currency: amount.currency.clone() }
}

/// A grant as a token has it.
pub(super) fn detail_of(grant: &DelegatedGrant, delegation: DelegationId) -> Detail {
    let amount = |money: &Option<Money>| {
        let amount = |money: &Money| Amount { currency: money.currency.clone(), minor: money.minor.unsigned_abs() };
        money.as_ref().map(amount)
    };
    Detail {
        r#type: Type::SupportDelegation,
        identifier: Some(delegation.to_string()),
        actions: Some(grant.actions.iter().map(ToString::to_string).collect()),
        constraints: Constraints {
            max_amount: amount(&grant.limits.max_amount),
            max_total: amount(&grant.limits.max_total),
            max_count: grant.limits.max_count,
            window_hours: grant.limits.window_hours,
            not_after: Some(grant.not_after.0),
        },
    }
}

/// Limits as a detail says them.
pub(super) fn limits_of(constraints: &Constraints) -> GrantLimits {
    GrantLimits {
        max_amount: constraints.max_amount.as_ref().map(of_amount),
        max_total: constraints.max_total.as_ref().map(of_amount),
        max_count: constraints.max_count,
        window_hours: constraints.window_hours,
    }
}

/// What a token that was given out grants by itself.
pub(super) fn grant_of(said: &AccessToken) -> DelegatedGrant {
    let detail = said.authorization_details.first();
    let limits = detail.map(|detail| limits_of(&detail.constraints)).unwrap_or_default();
    let actions = detail.into_iter().flat_map(|detail| detail.actions.iter().flatten());
    DelegatedGrant {
        scopes: said.scope.split(' ').filter_map(Scope::named).collect(),
        actions: actions.filter_map(|name| ActionName::new(name).ok()).collect(),
        limits,
        not_after: Timestamp(said.exp.saturating_mul(1_000)),
    }
}
