//! Erasing a customer's words: one commit destroys the key that sealed all of them, so that from then on none can be
//! read or written, on however many cases. What follows from it is done beside requests, a few cases at a time, and is
//! told until it is done: each case says so of itself, and what was overwritten goes from the log that the database
//! writes.

use crate::{
    ATTEMPTS, Caller, Environment, Journal, Parts, Vault,
    access::auth,
    bounds::{CUSTOMER_MAX, bounded},
    caller::principal::Job,
    customer::{
        self,
        erased::{PENDING, log},
    },
    journal::{delegations, stored_case},
    live::chats,
    operation::EraseCustomerRefusal,
    pipeline::{
        self, authority,
        commit::{self, Envelope},
        found_by::FoundBy,
        projections,
    },
    refused::{Kind, Refused},
    vault::{
        erasures::{ERASURE, ErasureDue},
        known_facts,
    },
};
use futures_util::future::join_all;
use remit_domain::{
    Case, Command, Event, Stream,
    case::Status,
    event::ErasureCompleted,
    id::{CustomerId, Timestamp},
};
use remit_policy::actions::Permission;
use remit_store::{Commit, CommitError, Journal as _, OutboxRow, Views as _};
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use utoipa::ToSchema;

/// Cases that are marked at once: what is in memory of them is bounded by it.
const AT_ONCE: usize = 64;

/// Erasures that are looked at in one go.
const LOOKED_AT: usize = 64;

/// How long reads of this process are held back at most, for the log to be begun anew.
const PATIENCE: Duration = Duration::from_millis(50);

/// What was erased, and what is still to come.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Erased {
    /// On how many cases. None of their words can be read any more.
    pub cases: u64,
    /// `done` once nothing is left of words and key, not even in the log that the database writes first; else
    /// `pending`: somebody reads the database, such as a backup, or there are many cases. It becomes done by itself;
    /// each case tells whether it is, and the ledger then has `erasure_completed`.
    pub log: &'static str,
}

/// Destroys the key that sealed a customer's words on every case, and what it sealed. The evidence stays.
///
/// # Errors
/// [`EraseCustomerRefusal`] says when each arises.
pub async fn erase_customer(parts: &Parts, caller: &Caller, external: &str) -> Result<Erased, EraseCustomerRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::CUSTOMER_ERASE)?;
    bounded("customer", external, CUSTOMER_MAX)?;
    let customer = customer::customer_id(&parts.vault, external);
    // Earlier versions took identifiers as they came.
    let as_it_came = Some(parts.vault.keys.pseudonym(external)).filter(|other| *other != customer);
    let mut erased: Option<Erased> = None;
    for customer in [customer].into_iter().chain(as_it_came) {
        if let Some(more) = erase_pseudonym(parts, caller, &customer).await? {
            let log = if more.log == PENDING { PENDING } else { erased.as_ref().map_or(more.log, |draft| draft.log) };
            erased = Some(Erased { cases: more.cases + erased.map_or(0, |draft| draft.cases), log });
        }
    }
    Ok(erased.ok_or_else(unknown)?)
}

fn unknown() -> Refused {
    Refused::new(Kind::NotFound, "no customer of this identifier is on record")
        .cured_by("Check the customer's identifier; where it is right, nothing of theirs is there to be erased.")
}

/// Nothing where there is nobody of this pseudonym whose words are there.
async fn erase_pseudonym(parts: &Parts, caller: &Caller, customer: &CustomerId) -> Result<Option<Erased>, Refused> {
    let Some(row) = parts.journal.store.customer(customer.as_str()).await.map_err(Refused::internal)? else {
        // Who has no words may have granted something.
        let ended = end_delegations(parts, caller, customer).await?;
        return Ok(ended.then(|| Erased { cases: 0, log: log(true) }));
    };
    if row.wrapped_key.is_some() {
        destroy_key(parts, caller, customer, row.key).await?;
    } else if !parts.vault.erasures.is_pending(customer) {
        end_delegations(parts, caller, customer).await?;
        return Ok(None);
    }
    let cases = parts.journal.store.count_under(customer.as_str(), row.key).await.map_err(Refused::internal)?;
    Ok(Some(Erased { cases, log: log(!parts.vault.erasures.is_done(row.key).await) }))
}

/// Ends what somebody granted of whom no words are there; says whether there was anything.
async fn end_delegations(parts: &Parts, caller: &Caller, customer: &CustomerId) -> Result<bool, Refused> {
    let now = parts.environment.now();
    for _ in 0..ATTEMPTS {
        let (events, items) = delegations::all_erased(&parts.journal, customer, &caller.pseudonym, now).await?;
        if items.is_empty() {
            return Ok(false);
        }
        match authority::govern(parts, caller, &events, Commit { items, ..Commit::default() }).await {
            // Something was granted or ended since it was read.
            Err(CommitError::ItemConflict { .. }) => {}
            done => return done.map(|()| true).map_err(crate::refused),
        }
    }
    Err(kept_changing())
}

fn kept_changing() -> Refused {
    Refused::new(Kind::Changed, "what the customer granted kept changing meanwhile; try again")
}

async fn destroy_key(parts: &Parts, caller: &Caller, customer: &CustomerId, key: u64) -> Result<(), Refused> {
    let now = parts.environment.now();
    let due = ErasureDue { customer: customer.clone(), key, by: caller.pseudonym.to_string() };
    let outbox = OutboxRow {
        id: ErasureDue::row(key),
        kind: ERASURE.to_owned(),
        case: customer.to_string(),
        due_ms: now.0,
        body: serde_json::to_vec(&due).map_err(Refused::internal)?,
    };
    let _alone = parts.live.chats.starting.write().await;
    parts.vault.erasures.lock().insert(key, customer.clone());
    let mut done = erased(parts, caller, &due, &outbox, now).await;
    for _ in 1..ATTEMPTS {
        // Something was granted or ended since it was read.
        if !matches!(done, Err(CommitError::ItemConflict { .. })) {
            break;
        }
        done = erased(parts, caller, &due, &outbox, now).await;
    }
    customer::forget_customer(&parts.vault, customer);
    match done {
        Ok(()) => {
            parts.journal.wakeups.wake_erasures();
            Ok(())
        }
        // Another request was quicker, and may be done with it.
        Err(CommitError::Done) => {
            let rows = parts.journal.store.due(ERASURE, i64::MAX, usize::MAX).await.map_err(Refused::internal)?;
            if !rows.iter().any(|row| row.id == ErasureDue::row(key)) {
                parts.vault.erasures.end(key);
            }
            Ok(())
        }
        Err(error) => {
            parts.vault.erasures.end(key);
            Err(if matches!(error, CommitError::ItemConflict { .. }) { kept_changing() } else { crate::refused(error) })
        }
    }
}

/// Erasures that are gone on with.
#[derive(Debug)]
pub struct ErasuresUnderWay {
    pub(crate) rows: Vec<(OutboxRow, ErasureDue)>,
    /// Whether there are others, or some cannot be gone on with yet.
    pub(crate) left: bool,
}

/// Destroys a key, and ends with it what its customer's chats, facts and delegations let be done.
async fn erased(
    parts: &Parts,
    caller: &Caller,
    due: &ErasureDue,
    row: &OutboxRow,
    now: Timestamp,
) -> Result<(), CommitError> {
    let failed = |refused: Refused| CommitError::Failed(refused.detail);
    let (customer, by) = (&due.customer, &caller.pseudonym);
    let mut items = chats::ended_chats(&parts.live.chats, customer);
    items.push(known_facts::forgotten(customer));
    // Who is gone is represented by nobody.
    let (events, ended) = delegations::all_erased(&parts.journal, customer, by, now).await.map_err(failed)?;
    items.extend(ended);
    let event = Event::CustomerErased { customer: customer.clone(), at: now };
    let record = |event: &Event| authority::record(&parts.environment.entropy, event, by, now);
    let records = std::iter::once(&event).chain(&events).map(record).collect::<Result<_, _>>().map_err(failed)?;
    let commit = Commit { records, erase: Some(due.key), items, outbox: vec![row.clone()], ..Commit::default() };
    projections::commit(parts, commit).await.map(drop)
}

/// What is to be erased.
///
/// # Errors
/// When the store cannot be read.
pub async fn under_way(journal: &Journal) -> Result<ErasuresUnderWay, Refused> {
    let rows = journal.store.due(ERASURE, i64::MAX, LOOKED_AT).await.map_err(Refused::internal)?;
    let left = rows.len() == LOOKED_AT;
    let read = |row: OutboxRow| Ok((serde_json::from_slice(&row.body).map_err(Refused::internal)?, row));
    let rows = rows.into_iter().map(read).map(|read| read.map(|(due, row)| (row, due)));
    Ok(ErasuresUnderWay { rows: rows.collect::<Result<_, Refused>>()?, left })
}

/// Goes on with what is to be erased; says whether anything is left.
///
/// # Errors
/// When the store refuses.
pub async fn go_on_erasing(parts: &Arc<Parts>, under_way: ErasuresUnderWay) -> Result<bool, Refused> {
    let ErasuresUnderWay { rows, mut left } = under_way;
    let mut marked = Vec::new();
    for (row, due) in rows {
        match mark_cases(parts, &due).await {
            Ok(()) => marked.push((row, due)),
            Err(refused) => {
                tracing::warn!(%refused, "a case does not say yet that its words were erased");
                left = true;
            }
        }
    }
    if marked.is_empty() {
        return Ok(left);
    }
    if !begin_log_anew(&parts.journal).await? {
        return Ok(true);
    }
    for (row, due) in marked {
        complete(&parts.journal, &parts.vault, &parts.environment, &row, due).await?;
    }
    Ok(left)
}

/// Cases whose words were erased, a page of them, from the one after `last` on; with where the next page begins, if
/// there is one.
pub(crate) async fn erased_cases(
    journal: &Journal,
    due: &ErasureDue,
    last: Option<&(i64, String)>,
) -> Result<(Vec<String>, Option<(i64, String)>), Refused> {
    let cases = journal.store.cases_under(due.customer.as_str(), due.key, last, AT_ONCE).await;
    let cases = cases.map_err(Refused::internal)?;
    let next = (cases.len() == AT_ONCE).then(|| cases.last().cloned()).flatten();
    Ok((cases.into_iter().map(|(_, case)| case).collect(), next))
}

/// Has each case say that its words were erased. What is open on it ends with them.
async fn mark_cases(parts: &Parts, due: &ErasureDue) -> Result<(), Refused> {
    let caller = Caller::system_for(Job::Erasures, &due.by);
    let (mut last, mut failed) = (None, None);
    loop {
        let (cases, next) = erased_cases(&parts.journal, due, last.as_ref()).await?;
        let marks = join_all(cases.iter().map(|case| mark(parts, &caller, case))).await;
        failed = marks.into_iter().find_map(Result::err).or(failed);
        if next.is_none() {
            return failed.map_or(Ok(()), Err);
        }
        last = next;
    }
}

async fn mark(parts: &Parts, caller: &Caller, case: &str) -> Result<(), Refused> {
    let stored = stored_case::stored_case(&parts.journal, case.parse().map_err(Refused::internal)?).await?;
    let ended = |case: &Case| case.status == Status::Resolved && case.exceptions.is_empty();
    if stored.is_none_or(|case| case.erased && ended(&case)) {
        return Ok(());
    }
    let mut envelope = Envelope::new(Permission::CUSTOMER_ERASE, Command::Erase);
    envelope.side.found_by = FoundBy::nothing(&parts.journal, case).await?;
    pipeline::execute(parts, caller, None, Some(case), envelope, |_| ()).await.map(|_| ())
}

/// Begins the log of writes anew, unless somebody else reads it.
async fn begin_log_anew(journal: &Journal) -> Result<bool, Refused> {
    journal.store.purge(PATIENCE).await.map_err(crate::refused)
}

async fn complete(
    journal: &Journal,
    vault: &Vault,
    environment: &Environment,
    row: &OutboxRow,
    due: ErasureDue,
) -> Result<(), Refused> {
    let now = environment.now();
    let cases = journal.store.count_under(due.customer.as_str(), due.key).await.map_err(Refused::internal)?;
    let stream = Stream::customer(&due.customer);
    let event = Event::ErasureCompleted(ErasureCompleted { customer: due.customer, cases, at: now });
    let record = commit::to_record(environment, &event, &stream, &Caller::system_for(Job::Erasures, &due.by), now)?;
    let commit = Commit { records: vec![record], claim: Some(row.id.clone()), ..Commit::default() };
    journal.commit(commit).await.map_err(crate::refused)?;
    vault.erasures.end(due.key);
    tracing::info!(cases, "a customer's words are erased, and nothing of them is left in the log");
    Ok(())
}
