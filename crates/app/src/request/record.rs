//! What of a request goes into the store with each change of it.

use super::{REQUESTS, UnderWay, delegated, evaluate::asked_by, held, last_done, of_case, under_way};
use crate::{
    Caller, Environment, Journal,
    caller::principal::Represented,
    environment::clock::rfc3339,
    journal::outbox,
    pipeline::commit,
    refused::{Kind, Refused},
};
use remit_domain::{
    Event, Stream,
    id::{CustomerId, Timestamp},
    request::{
        Agreement, Answer, Asker, Effect, LimitCounter, Money, Request, RequestAsked, RequestChange, RequestChanged,
        RequestDecision, RequestState, Reserved,
    },
};
use remit_policy::{action::ActionSpec, manifest::LimitedBy};
use remit_store::{Commit, Counter, Entry, Expected, OutboxRow, Spend, Views as _};

const HOUR_MS: i64 = 3_600_000;
/// What stands before the currency in the key of a counter of money.
const MINOR: &str = "minor-";

/// The commit of a request that is asked for.
pub(super) fn asked(
    environment: &Environment,
    caller: &Caller,
    spec: &ActionSpec,
    mut asked: RequestAsked,
    now: Timestamp,
) -> Result<(Request, Commit), Refused> {
    let is_denied = asked.decision.verdict.answer == Answer::Deny;
    let of = caller.principal.represented();
    let spend = if is_denied { Vec::new() } else { reserve(&mut asked, spec, of, now)? };
    let expect = of.map_or_else(Vec::new, |of| of.expect.clone());
    let request = Request::asked_for(&asked);
    let stream = Stream::request(request.id);
    let event = Event::RequestAsked(Box::new(asked));
    let records = vec![commit::to_record(environment, &event, &stream, caller, now)?];
    let id = request.id.to_string();
    let write = REQUESTS.write(&id, Expected::Absent, &request).map_err(Refused::internal)?;
    let of_case = of_case(request.case).write(&id, Expected::Absent, &now).map_err(Refused::internal)?;
    let outbox = due(&request, now).into_iter().collect();
    Ok((request, Commit { records, items: vec![write, of_case], outbox, spend, expect, ..Commit::default() }))
}

/// The commit of a change of a request.
pub(super) async fn changed(
    environment: &Environment,
    journal: &Journal,
    actor: &str,
    before: &Entry<Request>,
    change: RequestChange,
    now: Timestamp,
) -> Result<(Request, Commit), Refused> {
    let request = before.value.clone().changed_by(&change);
    let stream = Stream::request(request.id);
    let event = Event::RequestChanged(Box::new(RequestChanged { request: request.id, change, at: now }));
    let records = vec![commit::recorded(&environment.entropy, &event, &stream, actor, now)?];
    let id = request.id.to_string();
    let mut items = vec![REQUESTS.write(&id, before.expected(), &request).map_err(Refused::internal)?];
    if request.state == RequestState::Done && before.value.state != RequestState::Done {
        let any = Expected::Any("whichever was done last is the last");
        let done = last_done(&request.customer);
        items.push(done.write(request.action.to_string(), any, &now).map_err(Refused::internal)?);
    }
    if request.state == RequestState::Done {
        items.extend(held::noted(journal, &request).await?);
    }
    let (was, is) = (is_under_way(before.value.state), is_under_way(request.state));
    if was != is {
        let mine = Expected::Any("it changes with its request alone, whose version is expected");
        let of = under_way(&request.customer);
        let begun = UnderWay { action: request.action.clone(), since: now };
        items.push(if is { of.write(&id, mine, &begun).map_err(Refused::internal)? } else { of.forget(&id, mine) });
    }
    let mut rows: Vec<_> = due(&request, now).into_iter().collect();
    if before.value.state == RequestState::Unknown && is_doubtful(request.effect.as_ref()) {
        // Somebody is told by who goes on with requests.
        rows.push(due_at(&request, now));
    }
    let cancel = if rows.is_empty() { vec![row(&request)] } else { Vec::new() };
    let ends = request.state.is_final() && !before.value.state.is_final();
    if ends {
        rows.push(outbox::execution(end_row(&request), request.case, now, request.id));
    }
    let spend = if ends { settle(journal, &request).await? } else { Vec::new() };
    Ok((request, Commit { records, items, outbox: rows, cancel, spend, ..Commit::default() }))
}

/// Whether it may be that a request is done, or will be, without anybody knowing.
pub(crate) fn is_under_way(state: RequestState) -> bool {
    matches!(state, RequestState::Executing | RequestState::Unknown)
}

/// Whether what happened may be something else than what was asked for.
pub(crate) fn is_doubtful(effect: Option<&Effect>) -> bool {
    matches!(effect, Some(Effect::Done { agrees: Agreement::Differs | Agreement::Unknown, .. }))
}

/// The name of the row of the outbox that is due for a request.
pub(crate) fn row(request: &Request) -> String {
    format!("request:{}", request.id)
}

/// The name of the row that has a request's case know that it ended.
pub(crate) fn end_row(request: &Request) -> String {
    format!("request-end:{}", request.id)
}

/// Has a request be gone on with at a moment.
pub(super) fn due_at(request: &Request, moment: Timestamp) -> OutboxRow {
    outbox::execution(row(request), request.case, moment, request.id)
}

/// What is to be done about a request, and when.
fn due(request: &Request, now: Timestamp) -> Option<OutboxRow> {
    match request.state {
        RequestState::Waiting => Some(due_at(request, request.due)),
        RequestState::Confirmed => Some(due_at(request, now)),
        // Who carries it out says when it is asked again.
        _ => None,
    }
}

/// The counters of a request's limits, each with how much it takes of it and the most there is.
fn counters(
    customer: &CustomerId,
    by: &Asker,
    amount: Option<&Money>,
    spec: &ActionSpec,
    now: Timestamp,
) -> Vec<(Counter, u64, u64)> {
    let mut counters = Vec::new();
    for (nth, limit) in spec.limits.iter().enumerate() {
        let scope = match (limit.by, by.kind()) {
            (LimitedBy::Customer, _) => format!("customer:{customer}"),
            (LimitedBy::Action, _) => "action".to_owned(),
            // One person has one limit, whatever they sign in as.
            (LimitedBy::Staff, "staff" | "person") => format!("staff:{}", by.name()),
            (LimitedBy::Responder, "responder") => asked_by(by),
            _ => continue,
        };
        let window = i64::from(limit.window_hours) * HOUR_MS;
        let window_ms = now.0.div_euclid(window) * window;
        let of = |what: &str| Counter { scope: scope.clone(), key: format!("{}:{what}:{nth}", spec.name), window_ms };
        if let Some(most) = limit.count {
            counters.push((of("count"), 1, most));
        }
        if let Some(most) = limit.minor {
            // Amounts of different currencies are no sum.
            let (minor, currency) =
                amount.map_or((0, ""), |amount| (amount.minor.unsigned_abs(), amount.currency.as_str()));
            counters.push((of(&format!("{MINOR}{currency}")), minor, most));
        }
    }
    counters
}

/// The same, with those of the delegations that it is requested under: for whom, by whom, and whom they stand for.
///
/// # Errors
/// When it moves more than a delegation lets one action move.
fn all_counters(
    (customer, by, of): (&CustomerId, &Asker, Option<&Represented>),
    amount: Option<&Money>,
    spec: &ActionSpec,
    now: Timestamp,
) -> Result<Vec<(Counter, u64, u64)>, Refused> {
    let mut all = counters(customer, by, amount, spec, now);
    if let Some(of) = of {
        all.extend(delegated::counters(of, amount, now)?);
    }
    Ok(all)
}

/// That a limit of an action is reached, in words.
pub(super) fn reached(spec: &ActionSpec, counter: &Counter, left: u64) -> String {
    let action = &spec.name;
    if let Some(told) = delegated::reached(counter, left) {
        return told;
    }
    // The key says which of the action's limits it is, and what of it is counted.
    let mut key = counter.key.rsplit(':');
    let limit = key.next().and_then(|nth| spec.limits.get(nth.parse::<usize>().ok()?));
    let Some(limit) = limit else { return format!("a limit of `{action}` is reached") };
    let (most, what) = match key.next() {
        Some(minor) if minor.starts_with(MINOR) => {
            (limit.minor, format!("minor units of {}", minor.strip_prefix(MINOR).unwrap_or_default()))
        }
        _ => (limit.count, "times".to_owned()),
    };
    let whose = match limit.by {
        LimitedBy::Customer => "for each customer",
        LimitedBy::Staff => "for each member of staff who asks",
        LimitedBy::Responder => "for each AI responder that asks",
        LimitedBy::Action => "for all together",
    };
    let (most, hours) = (most.unwrap_or_default(), limit.window_hours);
    let ends = rfc3339(Timestamp(counter.window_ms.saturating_add(i64::from(hours) * HOUR_MS)));
    format!("a limit of `{action}` is reached: {most} {what} {whose} in {hours} hours; {left} are left until {ends}")
}

/// That an action's limits, and those of the delegations that it would be requested under, leave as much as it takes:
/// to be told before it is requested, when they are counted.
///
/// # Errors
/// When they do not.
pub(super) async fn within_limits(
    journal: &Journal,
    spec: &ActionSpec,
    decision: &RequestDecision,
    customer: &CustomerId,
    of: Option<&Represented>,
) -> Result<(), Refused> {
    let amount = spec.amount(&decision.arguments, &decision.facts);
    let all = all_counters((customer, &decision.principal, of), amount.as_ref(), spec, decision.at)?;
    for (counter, takes, most) in all {
        let left = journal.store.balance(&counter).await.map_err(Refused::internal)?.left(most);
        if takes > left {
            return Err(Refused::new(Kind::LimitReached, reached(spec, &counter, left)));
        }
    }
    Ok(())
}

/// What is held back of an action's limits until it is known what becomes of a request, which notes it.
fn reserve(
    asked: &mut RequestAsked,
    spec: &ActionSpec,
    of: Option<&Represented>,
    now: Timestamp,
) -> Result<Vec<Spend>, Refused> {
    let request = asked.decision.request;
    let (by, amount) = (&asked.decision.principal, asked.amount.as_ref());
    let all = all_counters((&asked.customer, by, of), amount, spec, now)?;
    let held = all.into_iter().enumerate().map(|(nth, (counter, amount, limit))| {
        let id = format!("{request}:{nth}");
        asked.reserved.push(Reserved { id: id.clone(), amount, on: Some(limit_counter(&counter)) });
        Spend::Reserve { id, counter, amount, limit }
    });
    Ok(held.collect())
}

/// What was held back is taken where the effect came to pass, and otherwise given back. What ought to be held back and
/// is not stands in the way of no end: it is taken from its counter as far as it came to pass, operators are told, and
/// verification names it.
async fn settle(journal: &Journal, request: &Request) -> Result<Vec<Spend>, Refused> {
    let done = matches!(request.effect, Some(Effect::Done { .. }));
    let mut spend = Vec::new();
    for Reserved { id, amount, on } in &request.reserved {
        let (id, amount) = (id.clone(), *amount);
        let held = journal.store.reservation(&id).await.map_err(Refused::internal)?;
        let is_whole = held.as_ref().is_some_and(|held| held.amount >= amount);
        if !is_whole {
            let held = held.as_ref().map_or(0, |held| held.amount);
            tracing::error!(request = %request.id, id, amount, held, "less of a limit is held back than is on record");
        }
        spend.extend(match (held, done) {
            (Some(_), true) if is_whole => Some(Spend::Settle { id: id.clone(), amount }),
            (Some(_), _) => Some(Spend::Release { id: id.clone() }),
            (None, _) => None,
        });
        if let (true, false, Some(LimitCounter { scope, key, window })) = (done, is_whole, on.clone()) {
            let counter = Counter { scope, key, window_ms: window.0 };
            spend.push(Spend::Take { counter, amount, limit: u64::MAX });
        }
    }
    Ok(spend)
}

/// A counter, as records name it.
fn limit_counter(counter: &Counter) -> LimitCounter {
    let Counter { scope, key, window_ms } = counter.clone();
    LimitCounter { scope, key, window: Timestamp(window_ms) }
}
