//! Requests of delegates: what their delegations leave of how much, counted over the whole chain, and whether they
//! still stand.

use crate::{
    Journal,
    caller::principal::Represented,
    environment::clock::rfc3339,
    journal::delegations::standing_chain,
    refused::{Kind, Refused},
};
use remit_domain::{
    delegation::{GrantLimits, Scope},
    id::{ActionName, Timestamp},
    request::{DelegateAsker, Money},
};
use remit_store::Counter;

const HOUR_MS: i64 = 3_600_000;
/// Into how many parts a window is cut.
const PARTS: i64 = 4;
/// What stands before a delegation's identifier in the scope of its counters.
const SCOPE: &str = "delegation:";
/// What stands before a token's identifier in the scope of its counters.
const TOKEN: &str = "token:";
/// The counter of amounts.
const TOTAL: &str = "total";
/// The counter of requests.
const COUNT: &str = "count";

/// The counters of a request under every delegation of a chain, each with how much it takes of it and the most there
/// is. All of them are held back together, so that nothing passes one link that another would not let pass.
///
/// # Errors
/// When one action moves more than a link lets one move, or in another currency.
pub(super) fn counters(
    of: &Represented,
    amount: Option<&Money>,
    now: Timestamp,
) -> Result<Vec<(Counter, u64, u64)>, Refused> {
    let mut counters = Vec::new();
    for link in &of.chain {
        let id = link.id.to_string();
        counters.extend(under(&format!("{SCOPE}{id}"), &format!("delegation {id}"), &link.grant.limits, amount, now)?);
    }
    if let Some(limits) = &of.narrowed {
        counters.extend(under(&format!("{TOKEN}{}", of.token), "access token", limits, amount, now)?);
    }
    Ok(counters)
}

/// The counters of a request under limits of one kind.
fn under(
    scope: &str,
    what: &str,
    limits: &GrantLimits,
    amount: Option<&Money>,
    now: Timestamp,
) -> Result<Vec<(Counter, u64, u64)>, Refused> {
    let beyond = |most: &Money, how: &str| {
        let most = remit_policy::action::money_in_words(most);
        let beyond = Refused::new(Kind::LimitReached, format!("the {what} lets {how} move {most} at most"));
        beyond.cured_by("Ask for less: waiting changes nothing, and more is the customer's to grant.")
    };
    let windows = windows(limits.window_hours, now);
    let each = |key: &'static str| {
        let counter =
            move |window_ms: &i64| Counter { scope: scope.to_owned(), key: key.to_owned(), window_ms: *window_ms };
        windows.iter().map(counter)
    };
    let mut counters = Vec::new();
    if let (Some(moved), Some(most)) = (amount, &limits.max_amount)
        && (moved.currency != most.currency || moved.minor.saturating_abs() > most.minor)
    {
        return Err(beyond(most, "one action"));
    }
    if let (Some(moved), Some(most)) = (amount, &limits.max_total) {
        if moved.currency != most.currency {
            return Err(beyond(most, "all together"));
        }
        let (moved, most) = (moved.minor.unsigned_abs(), most.minor.unsigned_abs());
        counters.extend(each(TOTAL).map(|counter| (counter, moved, most)));
    }
    if let Some(most) = limits.max_count {
        counters.extend(each(COUNT).map(|counter| (counter, 1, most.into())));
    }
    Ok(counters)
}

/// Where the counters begin in which what happens now is counted; from grant to end where no window is said.
///
/// One begins with each part of a window, and counts for a window and that part: so whatever lies within the length of
/// a window lies within one of them, and no hours of that length have more than there may be.
fn windows(hours: Option<u32>, now: Timestamp) -> Vec<i64> {
    let Some(hours) = hours else { return vec![0] };
    let part = i64::from(hours) * HOUR_MS / PARTS;
    let last = now.0.div_euclid(part) * part;
    (0..=PARTS).map(|earlier| last - earlier * part).collect()
}

/// That a limit of a delegation is reached, in words; nothing where the counter is of none.
pub(super) fn reached(counter: &Counter, left: u64) -> Option<String> {
    let of = match counter.scope.strip_prefix(SCOPE) {
        Some(delegation) => format!("delegation {delegation}"),
        None => counter.scope.strip_prefix(TOKEN).map(|_| "access token".to_owned())?,
    };
    let what = if counter.key == TOTAL { "minor units" } else { "actions" };
    let since = match counter.window_ms {
        0 => "until it ends".to_owned(),
        since => format!("of what counts since {}", rfc3339(Timestamp(since))),
    };
    Some(format!("a limit of the {of} is reached: {left} {what} are left {since}"))
}

/// Whether a delegate may still have done what it asked for: its delegations stand, name the action and let one move so
/// much, and it was not suspended.
pub(super) async fn stands(
    journal: &Journal,
    asker: &DelegateAsker,
    action: &ActionName,
    amount: Option<&Money>,
    now: Timestamp,
) -> Result<bool, Refused> {
    let Some(last) = asker.chain.last() else { return Ok(false) };
    let chain = standing_chain(journal, *last, now).await?;
    Ok(chain.is_some_and(|chain| {
        let granted = &chain.granted;
        let within =
            |most: &Money| amount.is_none_or(|moved| moved.currency == most.currency && moved.minor <= most.minor);
        let limits = [&granted.limits.max_amount, &granted.limits.max_total];
        granted.actions.contains(action)
            && granted.scopes.contains(&Scope::CaseOpen)
            && limits.into_iter().flatten().all(within)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_lies_within_a_window_is_counted_together() {
        for hours in [1, 24, 8_784] {
            let window = i64::from(hours) * HOUR_MS;
            for at in [0, 1, window / PARTS - 1, window / 2 + 17, 1_800_000_000_000] {
                let begun = windows(Some(hours), Timestamp(at));
                for later in [0, 1, window / PARTS, window / 2, window - 1] {
                    let then = windows(Some(hours), Timestamp(at + later));
                    assert!(begun.iter().any(|one| then.contains(one)), "{hours} h from {at}, {later} later");
                }
                let over = windows(Some(hours), Timestamp(at + window + window / PARTS));
                assert!(!begun.iter().any(|one| over.contains(one)), "{hours} h from {at} is over");
            }
        }
    }
}
