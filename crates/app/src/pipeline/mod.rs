//! The pipeline that every command goes through: load, authorise, decide, commit, project.

use crate::{
    ATTEMPTS, Caller, Journal, Parts, Vault,
    access::who,
    operation::Refusal,
    pipeline::{
        about::About,
        repeat::{Done, Kept, Repeat},
    },
    refused::{Kind, Refused, refused},
};
use remit_domain::{Case, Command, Context, Step, command::Effects, decision::Trigger};
use remit_store::{Commit, CommitError, InFlight, Views as _};
use serde::Serialize;
use std::borrow::Cow;

pub mod about;
pub mod authority;
pub(crate) mod case_fold;
pub mod closed;
pub mod commit;
pub(crate) mod conversation;
pub mod counting;
pub mod facts;
pub(crate) mod feed_fold;
pub mod follow_ups;
pub(crate) mod found_by;
pub mod lease;
pub mod load;
pub mod measure;
pub(crate) mod placing;
pub mod projections;
pub mod repeat;
pub mod sealing;
pub mod sla;
pub mod stored;
pub mod unmet;

/// Decides `command` against the newest state of `case`, commits what happens, and answers with what
/// `show` makes of it. Taken anew when somebody else's write came between.
pub(crate) async fn execute<T: Serialize>(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    case: Option<&str>,
    mut envelope: commit::Envelope,
    show: impl Fn(&Effects) -> T,
) -> Result<Done<T>, Refused> {
    if let (Some(repeat), Some(_)) = (repeat, case)
        && let Some(kept) = kept(&parts.journal, &parts.vault, caller, repeat).await?
    {
        return Ok(Done::Before(kept));
    }
    let mut loaded = envelope.loaded.take();
    let mut kept = Some(envelope);
    for _ in 0..ATTEMPTS {
        // Nobody else writes to a case that is not there yet, so that it takes one attempt.
        let Some(envelope) = (if case.is_some() { kept.clone() } else { kept.take() }) else { break };
        let in_flight = parts.journal.announce();
        let before = match case {
            Some(id) => Some(match loaded.take() {
                Some(case) => *case,
                None => {
                    load::case_for(&parts.governance, &parts.journal, &parts.environment, caller, envelope.action, id)
                        .await?
                }
            }),
            None => None,
        };
        if let Some(done) = attempt(parts, caller, repeat, (before, in_flight), envelope, &show).await? {
            return Ok(done);
        }
    }
    Err(Refused::new(Kind::Changed, format!("{ATTEMPTS} attempts met {ATTEMPTS} other writes")))
}

/// One attempt to have a command done on a case as it was `before`, announced already; nothing where somebody else's
/// write came between.
pub(crate) async fn attempt<T: Serialize>(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    (before, in_flight): (Option<Case>, InFlight),
    envelope: commit::Envelope,
    show: &impl Fn(&Effects) -> T,
) -> Result<Option<Done<T>>, Refused> {
    let prepared = prepare(parts, caller, repeat, before, envelope, show).await?;
    let committed = parts.journal.commit_and(prepared.commit, in_flight, || {
        projections::follow(parts, prepared.projections.change);
        parts.environment.metrics.happened(&prepared.projections.counted);
    });
    match committed.await {
        Ok(_) => Ok(Some(Done::Now { output: prepared.output, kept: prepared.kept })),
        Err(CommitError::VersionConflict { .. }) => {
            parts.environment.metrics.conflicts.inc();
            Ok(None)
        }
        Err(CommitError::Replayed { response }) => Ok(Some(Done::Before(Kept::stored(response)))),
        Err(error) => Err(refused(error)),
    }
}

async fn prepare<T: Serialize>(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    before: Option<Case>,
    envelope: commit::Envelope,
    show: &impl Fn(&Effects) -> T,
) -> Result<commit::Prepared<T>, Refused> {
    let mut context = parts.environment.context(&caller.pseudonym)?;
    let commit::Envelope { command, mut side, .. } = envelope;
    let (now, about) = (context.now, std::mem::take(&mut side.about));
    let effects = decided(parts, before.as_ref(), command, None, about, &mut context).await?;
    let output = match who::with_names(&parts.journal, &parts.vault, &effects.case).await? {
        Cow::Borrowed(_) => show(&effects),
        Cow::Owned(case) => show(&Effects { case, events: effects.events.clone() }),
    };
    commit::record(parts, caller, repeat, before.as_ref(), effects, side, output, now)
}

/// What `command` comes to on the case as it was `before`: the domain decides, on facts and verdicts of now where it
/// asks for them, and on what is known `about` it, which alone opens what is sealed of the case.
/// `trigger` takes the place of what would have triggered the decision.
pub(crate) async fn decided(
    parts: &Parts,
    before: Option<&Case>,
    command: Command,
    trigger: Option<Trigger>,
    about: About,
    context: &mut Context,
) -> Result<Effects, Refused> {
    let pending = match remit_domain::begin(before, command, context)? {
        Step::Done(effects) => return Ok(effects),
        Step::Asks(pending) => pending,
    };
    let (case, question) = (pending.case(), pending.question());
    let (governance, live, environment) = (&parts.governance, &parts.live, &parts.environment);
    let about = match before {
        // What is sealed with it is known already; what was before is opened now.
        Some(_) => about.of(&governance.bundle, parts.opener(), case).await?,
        None => about,
    };
    let mut answer = facts::answer(governance, live, environment, case, question, &about, context.now);
    if let Some(trigger) = trigger {
        answer.trigger = trigger;
    }
    let decided = pending.decide(answer, context)?;
    let least_wait_ms = facts::least_wait_ms(governance, live, environment, &decided);
    Ok(decided.conclude(least_wait_ms, context))
}

/// What `act` comes to; where it is refused, what the same request came to before, if it was carried out. So who
/// repeats a request because its answer was lost is told it, also where that request ended what they may do.
///
/// # Errors
/// As `act`, or where the key was sent with another request before.
pub async fn or_earlier_answer<T, R: Refusal>(
    journal: &Journal,
    vault: &Vault,
    caller: &Caller,
    repeat: Option<&Repeat>,
    act: impl Future<Output = Result<Done<T>, R>>,
) -> Result<Done<T>, R> {
    let refused = match act.await {
        Err(refused) if !refused.kind().is_ours() => refused,
        done => return done,
    };
    let before = match repeat {
        Some(repeat) => kept(journal, vault, caller, repeat).await?,
        None => None,
    };
    before.map(Done::Before).ok_or(refused)
}

/// Keeps the output of a request that changes nothing, and answers with it, or with what the same request came to
/// before.
pub(crate) async fn keep<T: Serialize>(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    output: T,
) -> Result<Done<T>, Refused> {
    let Some(repeat) = repeat else { return Ok(Done::Now { output, kept: None }) };
    let (kept, now) = (Kept::of(&output)?, parts.environment.now());
    let row = commit::repeatable(&parts.vault, caller, repeat, None, &kept, now);
    match parts.journal.commit(Commit { idempotency: Some(row), ..Commit::default() }).await {
        Ok(_) => Ok(Done::Now { output, kept: Some(kept) }),
        Err(CommitError::Replayed { response }) => Ok(Done::Before(Kept::stored(response))),
        Err(error) => Err(refused(error)),
    }
}

/// What the same request came to before.
async fn kept(journal: &Journal, vault: &Vault, caller: &Caller, repeat: &Repeat) -> Result<Option<Kept>, Refused> {
    let Some(row) = journal.store.idempotency(&caller.token, &repeat.key).await.map_err(Refused::internal)? else {
        return Ok(None);
    };
    if row.request_hash == vault.keys.of_request(&repeat.request) {
        Ok(Some(Kept::stored(row.response)))
    } else {
        Err(refused(CommitError::KeyReused))
    }
}
