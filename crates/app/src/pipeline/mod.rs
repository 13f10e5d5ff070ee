//! The pipeline that every command goes through: load, authorise, decide, commit, project.

pub mod commit;
pub mod counting;
pub mod facts;
pub mod follow_ups;
pub mod load;
pub mod measure;
pub mod projections;
pub mod sealing;
pub mod sla;

use crate::{
    Caller, Journal, Parts, Vault,
    access::who,
    refused::{Kind, Refused},
};
use remit_domain::{Case, Step, command::Happened};
use remit_store::{CommitError, Views as _};
use serde::Serialize;
use std::borrow::Cow;

/// A repeatable request: the key that the caller chose, and what the request was.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// The caller's key.
    pub key: String,
    /// SHA-256 of method, path, query, content type and body.
    pub request: [u8; 32],
}

/// What a use case came to, once it is durable.
#[derive(Debug, Clone)]
pub enum Done<T> {
    /// It was carried out.
    Now(T),
    /// The same request was carried out before, under the same key: its output, as it was kept then.
    Before(Kept),
}

/// A use case's output as it is kept for who repeats the request: the `serde_json` form of its type.
#[derive(Debug, Clone)]
pub struct Kept(pub Vec<u8>);

/// How often a command is taken anew when the case changed while it was decided.
pub(crate) const ATTEMPTS: usize = 8;

/// Decides `command` against the newest state of `case`, commits what happens, and answers with what
/// `show` makes of it. Taken anew when somebody else's write came between.
pub(crate) async fn execute<T: Serialize>(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    case: Option<&str>,
    mut act: commit::Act,
    show: impl Fn(&Happened) -> T,
) -> Result<Done<T>, Refused> {
    if let (Some(repeat), Some(_)) = (repeat, case)
        && let Some(kept) = kept(&parts.journal, &parts.vault, caller, repeat).await?
    {
        return Ok(Done::Before(kept));
    }
    let mut loaded = act.loaded.take();
    let mut kept = Some(act);
    for _ in 0..ATTEMPTS {
        // Nobody else writes to a case that is not there yet, so that it takes one attempt.
        let Some(act) = (if case.is_some() { kept.clone() } else { kept.take() }) else { break };
        let in_flight = parts.journal.announce();
        let before = match case {
            Some(id) => Some(match loaded.take() {
                Some(case) => *case,
                None => {
                    load::case_for(&parts.governance, &parts.journal, &parts.environment, caller, act.action, id)
                        .await?
                }
            }),
            None => None,
        };
        let prepared = prepare(parts, caller, repeat, before, act, &show).await?;
        match parts
            .journal
            .commit_and(prepared.commit, in_flight, || {
                projections::put_into_force(&parts.governance, &parts.live, &parts.environment, prepared.projections)
            })
            .await
        {
            Ok(_) => return Ok(Done::Now(prepared.output)),
            Err(CommitError::VersionConflict { .. }) => parts.environment.metrics.conflicts.inc(),
            Err(CommitError::Replayed { response }) => return Ok(Done::Before(Kept(response))),
            Err(error) => return Err(refused(error)),
        };
    }
    Err(Refused::new(Kind::Changed, format!("{ATTEMPTS} attempts met {ATTEMPTS} other writes")))
}

async fn prepare<T: Serialize>(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    before: Option<Case>,
    act: commit::Act,
    show: &impl Fn(&Happened) -> T,
) -> Result<commit::Prepared<T>, Refused> {
    let mut context = parts.environment.context(caller)?;
    let commit::Act { command, beside, .. } = act;
    let now = context.now;
    let happened = match remit_domain::begin(before.as_ref(), command, &mut context)? {
        Step::Done(happened) => happened,
        Step::Asks(pending) => {
            let answer = facts::answer(
                &parts.governance,
                &parts.live,
                &parts.environment,
                pending.case(),
                pending.question(),
                now,
            );
            pending.conclude(answer, &mut context)?
        }
    };
    let output = match who::with_names(&parts.journal, &parts.vault, &happened.case).await? {
        Cow::Borrowed(_) => show(&happened),
        Cow::Owned(case) => show(&Happened { case, events: happened.events.clone() }),
    };
    commit::record(parts, caller, repeat, before.as_ref(), happened, beside, output, now)
}

/// What `act` comes to; where it is refused, what the same request came to before, if it was carried out. So who
/// repeats a request because its answer was lost is told it, also where that request ended what they may do.
///
/// # Errors
/// As `act`, or where the key was sent with another request before.
pub async fn or_earlier_answer<T>(
    journal: &Journal,
    vault: &Vault,
    caller: &Caller,
    repeat: Option<&Repeat>,
    act: impl Future<Output = Result<Done<T>, Refused>>,
) -> Result<Done<T>, Refused> {
    let refused = match act.await {
        Err(refused) if !refused.kind.is_ours() => refused,
        done => return done,
    };
    let before = match repeat {
        Some(repeat) => kept(journal, vault, caller, repeat).await?,
        None => None,
    };
    before.map(Done::Before).ok_or(refused)
}

/// What the same request came to before.
async fn kept(journal: &Journal, vault: &Vault, caller: &Caller, repeat: &Repeat) -> Result<Option<Kept>, Refused> {
    let Some(row) = journal.store.idempotency(&caller.token, &repeat.key).await.map_err(Refused::internal)? else {
        return Ok(None);
    };
    if row.request_hash == vault.keys.of_request(&repeat.request) {
        Ok(Some(Kept(row.response)))
    } else {
        Err(refused(CommitError::KeyReused))
    }
}

/// What a refused commit is told as.
pub(crate) fn refused(error: CommitError) -> Refused {
    match error {
        CommitError::KeyReused => Refused::new(Kind::KeyReused, "this key was sent with another request before"),
        CommitError::KeyGone => remit_domain::refusal::Refusal::WordsErased.into(),
        CommitError::Done => Refused::new(Kind::Conflict, "this has been done already"),
        CommitError::Busy => Refused::new(Kind::Busy, "the queue of commands to be written is full"),
        CommitError::StorageFull => Refused::new(Kind::StorageFull, "the store reported that its disk is full"),
        CommitError::ItemConflict { .. } | CommitError::CaseConflict { .. } => {
            Refused::new(Kind::Changed, "what this follows from was changed meanwhile")
        }
        CommitError::Overdrawn { .. } => Refused::new(Kind::LimitReached, error.to_string()),
        other => Refused::internal(other),
    }
}
