//! Carrying requests out: evaluated anew at the moment of execution, given to the connector once under its key, and
//! held against what that states. What became of one that nobody answered about is asked for, never done again.

use super::{
    REQUESTS,
    carrier::{self, Carrier},
    evaluate::{self, Evaluated, Exact, Moment, asked_by},
    held, owned, read, record, tell,
    turn::{LAST_BEGUN, Turn},
    voided,
};
use crate::{
    Caller, Journal, Parts,
    caller::principal::Job,
    case::announce,
    environment::clock::{parse_rfc3339, rfc3339},
    governance::connectors::Connector,
    journal::outbox::{ENDED, EXECUTION, UNDER},
    pipeline::{self, commit::Envelope, load::Loaded, projections, sealing},
    refused::{Kind, Refused, refused},
};
use remit_domain::{
    Case, Command,
    case::Status,
    id::{ActionName, DecisionId, RequestId, Timestamp},
    request::{
        Changed, Confirmer, Confirming, Effect, Money, Request, RequestChange, RequestCommand, RequestState, Statement,
    },
    signal::Signals,
    text::is_hidden,
};
use remit_policy::action::{ActionSpec, money_in_words};
use remit_responders::{
    Failure,
    connector::{ConnectorAsked, ConnectorOutcome, StatedEffect, Wanted},
};
use remit_store::{Commit, CommitError, Entry, Expect, ItemWrite, OutboxRow, ReadError, Views as _};
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};

/// How long after its deadline a connector is first asked what became of a request, in milliseconds.
const LOOK_MS: i64 = 1_000;
/// How long a request waits before it is seen whether it is its turn, in milliseconds.
const TURN_MS: i64 = 250;
/// For how long after its last yes it is at least tried to learn what is true of a request, in milliseconds.
const GRACE_MS: i64 = 60_000;
/// The longest between two such questions, in milliseconds.
const LOOK_MS_MAX: i64 = 3_600_000;

/// Requests that are to be gone on with: carried out, asked about, or ended since nobody confirmed them.
///
/// # Errors
/// When the store cannot be read.
pub async fn executions_due(journal: &Journal, now: Timestamp, limit: usize) -> Result<Vec<OutboxRow>, ReadError> {
    journal.store.due(EXECUTION, now.0, limit).await
}

/// How long until the next one is.
///
/// # Errors
/// When the store cannot be read.
pub async fn next_execution(journal: &Journal, now: Timestamp) -> Result<Option<Duration>, ReadError> {
    let next = journal.store.next_due(EXECUTION).await?;
    Ok(next.map(|due| Duration::from_millis(u64::try_from(Timestamp(due).since(now)).unwrap_or(0))))
}

/// Goes on with the request for which `row` is.
///
/// # Errors
/// When the store refuses; the row stays then.
pub async fn go_on(parts: &Parts, row: &OutboxRow) -> Result<(), Refused> {
    if row.id.starts_with(ENDED) {
        return voided::void_with_case(parts, row).await;
    }
    if row.id.starts_with(UNDER) {
        return voided::void_under(parts, row).await;
    }
    let id: RequestId = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
    let Some(entry) = read::stored(&parts.journal, id).await? else { return parts.journal.drop_row(&row.id).await };
    if row.id == record::end_row(&entry.value) {
        return note_end(parts, row, &entry.value).await;
    }
    match entry.value.state {
        RequestState::Waiting => expire(parts, row, entry).await,
        RequestState::Confirmed => begin(parts, row, entry).await,
        RequestState::Executing | RequestState::Unknown => find(parts, row, entry).await,
        // That somebody has to look was not put on record yet.
        RequestState::Done if record::is_doubtful(entry.value.effect.as_ref()) => look(parts, row, &entry.value).await,
        RequestState::Withdrawn if entry.value.void == Some(Changed::Untold) => look(parts, row, &entry.value).await,
        _ => parts.journal.drop_row(&row.id).await,
    }
}

/// Ends a request that nobody confirmed in time.
async fn expire(parts: &Parts, row: &OutboxRow, entry: Entry<Request>) -> Result<(), Refused> {
    let now = parts.environment.now();
    match entry.value.act(RequestCommand::Expire, now) {
        Ok(change) => put(parts, row, &entry, change, With::default(), now).await,
        // Its time is not over yet by this clock: it is looked at again.
        Err(_) => Ok(()),
    }
}

/// Has the case know how its request ended, and with it the customer, where it is theirs to hear. The row is done with
/// that.
async fn note_end(parts: &Parts, row: &OutboxRow, request: &Request) -> Result<(), Refused> {
    let loaded = read::case_of(parts, request).await?;
    let wording = request.is_customers().then(|| announce::wording(&parts.governance, &loaded.case));
    let ended = tell::end_of(request, wording, parts.environment.now());
    let command = Command::NoteRequestEnd(Box::new(ended));
    let envelope = Envelope::on(loaded, command).claiming(&row.id);
    let caller = Caller::system(Job::Requests);
    pipeline::execute(parts, &caller, None, Some(&row.case), envelope, |_| ()).await.map(drop)
}

/// Evaluates a confirmed request anew, and gives it to its connector if it is still what was confirmed.
async fn begin(parts: &Parts, row: &OutboxRow, entry: Entry<Request>) -> Result<(), Refused> {
    let now = parts.environment.now();
    let Some(turn) = Turn::of(&parts.journal, &entry.value).await? else {
        // Another one of its customer is being carried out.
        return later(&parts.journal, &entry, now.plus_ms(TURN_MS)).await;
    };
    let mut found = match basis(parts, &entry.value, now).await? {
        Ok(found) => found,
        Err(changed) => return void(parts, row, &entry, changed, now).await,
    };
    let told = match found.exact.told(parts, &found.loaded.case).await {
        Ok(told) => told,
        Err(refused) if matches!(refused.kind, Kind::Unreachable | Kind::Invalid) => {
            return untold(parts, row, &entry, &refused).await;
        }
        Err(refused) => return Err(refused),
    };
    // Its connector may have taken long to say what is true: what else it rests on is what it is by now, and until
    // when it may be begun counts from now.
    let now = parts.environment.now();
    if !found.exact.spec.facts.is_empty() {
        found = match basis(parts, &entry.value, now).await? {
            Ok(found) => found,
            Err(changed) => return void(parts, row, &entry, changed, now).await,
        };
    }
    let Basis { loaded, exact, signals } = found;
    let confirmed: Vec<Confirming> = entry.value.confirmations.iter().map(|given| given.by.confirming()).collect();
    let decision = DecisionId::next(&mut parts.environment.ids(now)?);
    let moment = Moment { now, decision, confirmed: &confirmed, begun: Some(turn.begun()) };
    let evaluated = exact.evaluate(&parts.governance, &parts.journal, &loaded.case, (signals, told), moment).await?;
    let Evaluated { decision, standing, .. } = evaluated;
    let told = ActionName::new(&exact.spec.connector).map_err(Refused::internal)?;
    let execute = RequestCommand::Execute { now: Box::new((standing, decision)), connector: told };
    let change = entry.value.act(execute, now)?;
    let executes = matches!(change, RequestChange::Executing { .. });
    let connector = Arc::clone(evaluate::connector(&parts.governance, exact.spec)?);
    let not_after = now.plus_ms(i64::from(connector.declared.deadline_ms));
    // Until it is answered about, what became of it is asked for after the moment beyond which it is not done any more.
    if !executes {
        return put(parts, row, &entry, change, With::default(), now).await;
    }
    let look = asked_next(&connector, 1, now, not_after.plus_ms(LOOK_MS));
    let with = With {
        again: Some(record::due_at(&entry.value, look)),
        item: Some(turn.taken(&entry.value)?),
        case: Some(&loaded.case),
    };
    put(parts, row, &entry, change, with, now).await?;
    let entry = now_of(&parts.journal, entry.value.id).await?;
    // The connector is told of nothing that a machine that dies would lose.
    parts.journal.settled().await.map_err(Refused::internal)?;
    let mut asked = of(&exact, &loaded, &entry.value, Wanted::Execute);
    asked.not_after = Some(rfc3339(not_after));
    let outcome = connector.outcome(&parts.environment, &format!("execute_{}", entry.value.id), &asked).await;
    let effect = match outcome {
        Ok(ConnectorOutcome::Done(stated)) => done(parts, &entry.value, stated).await?,
        Ok(ConnectorOutcome::Refused(why)) => Effect::Failed { why: shown(&why) },
        Ok(ConnectorOutcome::NotFound) => Effect::unknown("the connector answered that it knows of nothing"),
        Err(failure) => {
            tracing::warn!(request = %entry.value.id, %failure, "what became of a request is not known");
            let answered = matches!(failure, Failure::Malformed(_) | Failure::TooLarge { .. });
            Effect::Unknown { why: failure.to_string(), answered }
        }
    };
    end(parts, row, &entry, &connector, effect).await
}

/// What a confirmed request is evaluated on beside what its connector says.
struct Basis<'p> {
    loaded: Loaded,
    exact: Exact<'p>,
    signals: Signals,
}

/// What it is evaluated on now; what of that is no more, where something is.
async fn basis<'p>(parts: &'p Parts, request: &Request, now: Timestamp) -> Result<Result<Basis<'p>, Changed>, Refused> {
    let loaded = read::case_of(parts, request).await?;
    let exact = match loaded.case.status {
        Status::Open => exact(parts, &loaded, request).await?,
        Status::Resolved => Err(if loaded.case.erased { Changed::Erased } else { Changed::Case }),
    };
    let exact = match exact {
        Ok(exact) => exact,
        Err(changed) => return Ok(Err(changed)),
    };
    let signals = evaluate::signals(parts, &loaded.case, now).await?;
    let Some(asker) = evaluate::asker_now(parts, &loaded.case, request, &signals, now).await? else {
        return Ok(Err(Changed::Asker));
    };
    if !evaluate::confirmers_stand(parts, &loaded.case, request, now).await? {
        return Ok(Err(Changed::Confirmer));
    }
    Ok(Ok(Basis { exact: Exact { asker, ..exact }, loaded, signals }))
}

/// Goes on with a confirmed request of which its connector does not say what is true: it is asked again with growing
/// pauses, until the deadline of the request. Then the request is void, and somebody has to see to it.
async fn untold(parts: &Parts, row: &OutboxRow, entry: &Entry<Request>, refused: &Refused) -> Result<(), Refused> {
    let (request, now) = (&entry.value, parts.environment.now());
    let since = request.confirmations.last().map_or(request.asked, |given| given.at);
    // Who says yes at the last moment has it tried more than once.
    let end = request.due.max(since.plus_ms(GRACE_MS));
    if now < end {
        let pause = now.since(since).clamp(LOOK_MS, LOOK_MS_MAX);
        if pause == LOOK_MS {
            tracing::warn!(request = %request.id, %refused, "a confirmed request waits for what is true of it");
        }
        return later(&parts.journal, entry, now.plus_ms(pause).min(end)).await;
    }
    tracing::warn!(request = %request.id, %refused, "a confirmed request is void: nobody said what is true of it");
    let change = request.act(RequestCommand::Void { changed: Changed::Untold }, now)?;
    // The row stays until somebody has been told to look.
    let entry = put_again(parts, row, entry, change, record::due_at(request, now), now).await?;
    look(parts, row, &entry.value).await
}

/// Has a confirmed request be looked at again at a moment.
async fn later(journal: &Journal, entry: &Entry<Request>, at: Timestamp) -> Result<(), Refused> {
    let expect = Expect::Item { kind: REQUESTS.kind().to_owned(), id: entry.id.clone(), version: entry.version };
    let again = record::due_at(&entry.value, at);
    let commit = Commit { outbox: vec![again], expect: vec![expect], ..Commit::default() };
    match journal.commit(commit).await {
        Ok(_) | Err(CommitError::ItemConflict { .. }) => Ok(()),
        Err(error) => Err(refused(error)),
    }
}

/// Ends a confirmed request on which policy cannot be asked any more.
async fn void(
    parts: &Parts,
    row: &OutboxRow,
    entry: &Entry<Request>,
    changed: Changed,
    now: Timestamp,
) -> Result<(), Refused> {
    let change = entry.value.act(RequestCommand::Void { changed }, now)?;
    put(parts, row, entry, change, With::default(), now).await
}

/// Asks what became of a request that nobody answered about: who was told to carry it out, wherever new ones go.
async fn find(parts: &Parts, row: &OutboxRow, entry: Entry<Request>) -> Result<(), Refused> {
    let (loaded, now) = (read::case_of(parts, &entry.value).await?, parts.environment.now());
    let carrier = Carrier::of(&parts.governance, &parts.journal, &entry.value).await;
    let told = match &carrier {
        Ok(carrier) => carrier.spec(&entry.value).map(|spec| (spec, &carrier.connector)),
        Err(why) => Err(why.clone()),
    };
    let (spec, connector) = match told {
        Ok(told) => told,
        // Nobody can be asked any more what became of it: a person has to look.
        Err(why) => {
            let why = format!("who was told to carry it out cannot be asked: {why}");
            let entry = match entry.value.act(RequestCommand::End { effect: Effect::unknown(why) }, now) {
                Ok(change) => put_again(parts, row, &entry, change, record::due_at(&entry.value, now), now).await?,
                Err(_) => entry,
            };
            return look(parts, row, &entry.value).await;
        }
    };
    // Its key is enough where what was asked for was erased.
    let exact = opened(parts, &loaded, &entry.value, spec).await?.unwrap_or_else(|| Exact {
        id: entry.value.id,
        spec,
        asker: entry.value.by.clone(),
        arguments: Map::new(),
        hash: entry.value.hash.clone(),
    });
    let change = entry.value.act(RequestCommand::AskAgain, now)?;
    let pause = LOOK_MS.saturating_mul(1 << entry.value.attempts.min(12)).min(LOOK_MS_MAX);
    let begun = carrier::begun(&parts.journal, &entry.value).await?;
    let settled = connector.settled(begun);
    let later = now.plus_ms(i64::from(connector.declared.deadline_ms) + pause);
    let later = asked_next(connector, entry.value.attempts.saturating_add(1), begun, later);
    let entry = put_again(parts, row, &entry, change, record::due_at(&entry.value, later), now).await?;
    parts.journal.settled().await.map_err(Refused::internal)?;
    let asked = of(&exact, &loaded, &entry.value, Wanted::Find);
    let effect = match connector
        .outcome(&parts.environment, &format!("find_{}_{}", entry.value.id, entry.value.attempts), &asked)
        .await
    {
        Ok(ConnectorOutcome::Done(stated)) => done(parts, &entry.value, stated).await?,
        Ok(ConnectorOutcome::Refused(why)) => Effect::Failed { why: shown(&why) },
        Ok(ConnectorOutcome::NotFound) if now < settled => {
            Effect::unknown("the connector does not know it, and may still begin with it")
        }
        // It answered something when it was told, and knows nothing of it now: a person has to look.
        Ok(ConnectorOutcome::NotFound)
            if matches!(entry.value.effect, Some(Effect::Unknown { answered: true, .. })) =>
        {
            return look(parts, row, &entry.value).await;
        }
        // It was asked after the moment beyond which it is not carried out any more.
        Ok(ConnectorOutcome::NotFound) => {
            Effect::Failed { why: "the connector knows of nothing under its key".to_owned() }
        }
        Err(failure) => Effect::unknown(failure.to_string()),
    };
    end(parts, row, &entry, connector, effect).await
}

/// When a connector is asked next that was asked so often, for what was begun at a moment: the last time is none at
/// which it may still begin with it.
fn asked_next(connector: &Connector, attempts: u32, begun: Timestamp, at: Timestamp) -> Timestamp {
    if attempts >= connector.declared.attempts { at.max(connector.settled(begun)) } else { at }
}

/// Puts on record how carrying it out ended, as far as that is known.
async fn end(
    parts: &Parts,
    row: &OutboxRow,
    entry: &Entry<Request>,
    connector: &Connector,
    effect: Effect,
) -> Result<(), Refused> {
    let now = parts.environment.now();
    let is_unknown = matches!(effect, Effect::Unknown { .. });
    if is_unknown && entry.value.state == RequestState::Unknown {
        // Asked often enough, it is for a person to find out.
        return match entry.value.attempts > connector.declared.attempts {
            true => look(parts, row, &entry.value).await,
            false => Ok(()),
        };
    }
    let is_doubtful = record::is_doubtful(Some(&effect));
    let change = entry.value.act(RequestCommand::End { effect }, now)?;
    if is_doubtful {
        // The row stays until somebody has been told to look.
        let entry = put_again(parts, row, entry, change, record::due_at(&entry.value, now), now).await?;
        return look(parts, row, &entry.value).await;
    }
    let begun = carrier::begun(&parts.journal, &entry.value).await?;
    let later = now.plus_ms(i64::from(connector.declared.deadline_ms) + LOOK_MS);
    let later = asked_next(connector, entry.value.attempts, begun, later);
    let again = is_unknown.then(|| record::due_at(&entry.value, later));
    put(parts, row, entry, change, With { again, ..With::default() }, now).await
}

/// Has a person look: an exception on the case, with an owner and a due time. The row is done with that.
async fn look(parts: &Parts, row: &OutboxRow, request: &Request) -> Result<(), Refused> {
    let what = match &request.effect {
        None if request.void == Some(Changed::Untold) => {
            "it was confirmed and not carried out, since its connector did not say in time what is true of it"
                .to_owned()
        }
        None => "it is not known whether it was carried out".to_owned(),
        Some(Effect::Unknown { why, .. }) => format!("it is not known whether it was carried out ({why})"),
        Some(Effect::Done { statement, .. }) => {
            let amount = |money: Option<&Money>| money.map_or_else(|| "no amount".to_owned(), money_in_words);
            let (stated, asked) = (amount(statement.amount.as_ref()), amount(request.amount.as_ref()));
            let mut what = format!("{} says that {stated} was moved, and {asked} was asked for", statement.reference);
            if let Some(other) = held::anothers(&parts.governance, &parts.journal, request, statement).await? {
                what.push_str(&format!("; the same reference is on record of request {other}"));
            }
            if let Some(at) = statement.at.filter(|_| !held::is_possible(request, statement, parts.environment.now())) {
                what.push_str(&format!("; it is said to have happened at {}, when it cannot have", rfc3339(at)));
            }
            what
        }
        Some(Effect::Failed { why }) => format!("it was refused ({why})"),
    };
    let reason = format!("Request {} ({}): {what}.", request.id, request.action);
    owned::raise(parts, row, carrier::owner(&parts.governance, request), &reason).await
}

/// What goes into the store with a change.
#[derive(Default)]
struct With<'a> {
    /// When its row is due again.
    again: Option<OutboxRow>,
    /// What else changes.
    item: Option<ItemWrite>,
    /// The case that it was evaluated on, which must be as it was.
    case: Option<&'a Case>,
}

/// Puts a change on record.
async fn put(
    parts: &Parts,
    row: &OutboxRow,
    before: &Entry<Request>,
    change: RequestChange,
    with: With<'_>,
    now: Timestamp,
) -> Result<(), Refused> {
    let caller = Caller::system(Job::Requests);
    let (_, mut commit) =
        record::changed(&parts.environment, &parts.journal, &caller.pseudonym, before, change, now).await?;
    commit.claim = Some(row.id.clone());
    commit.cancel.retain(|id| *id != row.id);
    commit.items.extend(with.item);
    commit.expect.extend(with.case.map(|case| Expect::Case { id: case.id.to_string(), version: case.version }));
    if let Some(again) = with.again {
        commit.outbox.retain(|due| due.id != again.id);
        commit.outbox.push(again);
    }
    match projections::commit_on(parts, before.value.case, commit).await {
        Ok(_) => Ok(()),
        Err(CommitError::ItemConflict { kind, .. })
            if [REQUESTS.kind(), LAST_BEGUN.kind()].contains(&kind.as_str()) =>
        {
            Err(Refused::new(Kind::Superseded, "the request changed meanwhile; it is looked at anew"))
        }
        Err(CommitError::VersionConflict { .. }) => {
            Err(Refused::new(Kind::Superseded, "its case changed meanwhile; it is looked at anew"))
        }
        Err(error) => Err(refused(error)),
    }
}

/// The same for one that is gone on with at once: the request as it is then.
async fn put_again(
    parts: &Parts,
    row: &OutboxRow,
    before: &Entry<Request>,
    change: RequestChange,
    again: OutboxRow,
    now: Timestamp,
) -> Result<Entry<Request>, Refused> {
    put(parts, row, before, change, With { again: Some(again), ..With::default() }, now).await?;
    now_of(&parts.journal, before.value.id).await
}

/// A request as it is once it was changed.
async fn now_of(journal: &Journal, id: RequestId) -> Result<Entry<Request>, Refused> {
    read::stored(journal, id).await?.ok_or_else(|| Refused::internal("a request is gone"))
}

/// The exact request with its arguments opened; what is otherwise where they are gone, or the bundle has its action no
/// more.
async fn exact<'p>(
    parts: &'p Parts,
    loaded: &Loaded,
    request: &Request,
) -> Result<Result<Exact<'p>, Changed>, Refused> {
    match parts.governance.bundle.requested(request.action.as_str()) {
        Some(spec) => Ok(opened(parts, loaded, request, spec).await?.ok_or(Changed::Erased)),
        None => Ok(Err(Changed::Bundle)),
    }
}

/// The exact request, with its arguments opened; nothing where they were erased.
async fn opened<'p>(
    parts: &Parts,
    loaded: &Loaded,
    request: &Request,
    spec: &'p ActionSpec,
) -> Result<Option<Exact<'p>>, Refused> {
    let (journal, vault, environment) = (&parts.journal, &parts.vault, &parts.environment);
    let words = sealing::open_words(journal, vault, environment, &loaded.case, &request.arguments).await?;
    let Some(words) = words else { return Ok(None) };
    let arguments: Map<String, Value> = serde_json::from_str(&words).map_err(Refused::internal)?;
    Ok(Some(Exact { id: request.id, spec, asker: request.by.clone(), arguments, hash: request.hash.clone() }))
}

/// What a connector is told of a request on record.
fn of(exact: &Exact<'_>, loaded: &Loaded, request: &Request, wanted: Wanted) -> ConnectorAsked {
    let name = |by: &Confirmer| match by {
        Confirmer::Customer { customer } => format!("customer:{customer}"),
        Confirmer::Staff { staff, .. } => format!("staff:{staff}"),
    };
    ConnectorAsked {
        asked_by: asked_by(&request.by),
        confirmed_by: request.confirmations.iter().map(|given| name(&given.by)).collect(),
        decision: Some(request.decision.to_string()),
        ..exact.asked(&loaded.case, wanted, &request.key())
    }
}

/// What a connector states, held against what was asked for. A moment that nobody can read is not said.
async fn done(parts: &Parts, request: &Request, stated: StatedEffect) -> Result<Effect, Refused> {
    let amount = stated.amount.map(|(minor, currency)| Money { minor, currency });
    let at = stated.at.as_deref().and_then(parse_rfc3339);
    let reference = shown(&stated.reference).trim().to_owned();
    // What has nothing to be shown is told by the key.
    let reference = if reference.is_empty() { request.key().to_string() } else { reference };
    held::effect(parts, request, Statement { reference, amount, at }).await
}

/// Words of a connector's, without what does not show itself.
fn shown(words: &str) -> String {
    words.chars().filter(|letter| !is_hidden(*letter)).collect()
}
