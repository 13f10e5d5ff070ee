//! The commit of a command, which its events become in the store: records with commitments, views, counts and sealed
//! words.

use crate::{
    Caller, Environment, Kept, Parts, Repeat, Vault,
    environment::entropy::Entropy,
    journal::delegations::Delegated,
    pipeline::{
        about::About, case_fold, counting::intent_of, follow_ups, found_by::FoundBy, load::Loaded,
        projections::Projections,
    },
    refused::Refused,
    vault::keys::Sealed,
};
use remit_domain::{
    Case, Command, Event, Stream,
    case::HolderRef,
    command::Effects,
    exception::Exception,
    id::{CaseId, Timestamp},
};
use remit_policy::actions::Permission;
use remit_store::{
    AttachmentRow, CaseWrite, Commit, ExceptionRow, Expect, IdempotencyRow, ItemWrite, NewCustomer, OutboxRow, Record,
    WordsRow,
};
use serde::Serialize;

/// One command with what goes into the store beside its events.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    /// The API action that the caller must be permitted.
    pub(crate) action: Permission,
    /// The command.
    pub(crate) command: Command,
    /// What goes into the store.
    pub(crate) side: SideRows,
    /// The case as it was read for this action already.
    pub(crate) loaded: Option<Box<Case>>,
}

/// What goes into the store beside a command's events.
#[derive(Debug, Clone, Default)]
pub(crate) struct SideRows {
    /// Whether the sealed words, files and kept answers of the case are deleted, whatever the events say.
    erases: bool,
    /// What policies are asked with of what it sets.
    pub(crate) about: About,
    /// Words that the command's events commit to.
    pub(crate) sealed: Vec<Sealed>,
    /// The words that say why the case is reopened, if it is.
    pub(crate) reopens: Option<Sealed>,
    /// Sealed files that the command's events commit to.
    pub(crate) attachments: Vec<AttachmentRow>,
    /// The chat that opens the case.
    pub(crate) chat: Option<crate::live::chats::Opening>,
    /// The delegation under which the case is opened.
    pub(crate) delegated: Option<Delegated>,
    /// The customer, where it is new.
    pub(crate) customer: Option<NewCustomer>,
    /// The outbox row that this is done for.
    pub(crate) claim: Option<String>,
    /// What remains to be done beside what the events say.
    pub(crate) outbox: Vec<OutboxRow>,
    /// Outbox rows that need not be done any more, where they are still there.
    pub(crate) cancel: Vec<String>,
    /// Items that change with it, from what happened.
    pub(crate) items: Option<ItemsOf>,
    /// What else it was decided from, and must be so still.
    pub(crate) expect: Vec<Expect>,
    /// Under what the case is found from now on, and under what no more.
    pub(crate) found_by: FoundBy,
    /// A case that had ended, about which the customer opens this one.
    pub(crate) again: Option<CaseId>,
    /// A case that had ended, and that what opens this one was written on.
    pub(crate) follows: Option<CaseId>,
}

impl SideRows {
    /// With words that the command's events commit to, done for a row of the outbox if one is named.
    pub(crate) fn sealed(sealed: Vec<Sealed>, claim: Option<String>) -> Self {
        Self { sealed, claim, ..Self::default() }
    }
}

/// Makes the items that change with a command from what happened.
type ItemsOf = fn(&Effects) -> Vec<ItemWrite>;

impl Envelope {
    /// A command of this API action.
    pub(crate) fn new(action: Permission, command: Command) -> Self {
        let erases = matches!(command, Command::Erase);
        Self { action, command, side: SideRows { erases, ..SideRows::default() }, loaded: None }
    }

    /// A command on a case that was read for it.
    pub(crate) fn on(loaded: Loaded, command: Command) -> Self {
        let Loaded { action, case } = loaded;
        Self { loaded: Some(Box::new(case)), ..Self::new(action, command) }
    }

    /// With words that its events commit to.
    pub(crate) fn with(mut self, sealed: impl IntoIterator<Item = Sealed>) -> Self {
        self.side.sealed.extend(sealed);
        self
    }

    /// With items that change with it.
    pub(crate) fn changing(mut self, items: ItemsOf) -> Self {
        self.side.items = Some(items);
        self
    }

    /// Done for this outbox row.
    pub(crate) fn claiming(mut self, row: &str) -> Self {
        self.side.claim = Some(row.to_owned());
        self
    }
}

/// A commit, ready to be written, and the answer to give once it is durable.
pub(crate) struct Prepared<T> {
    pub(crate) commit: Commit,
    /// What changes in memory with it.
    pub(crate) projections: Projections,
    pub(crate) output: T,
    /// The output as it is kept for who repeats the request, where it is.
    pub(crate) kept: Option<Kept>,
}

/// For how long an answer can be asked for again, in milliseconds.
const REPEATABLE_MS: i64 = 24 * 3_600_000;

/// Bytes that most events fit in.
const BODY_USUAL: usize = 4 * 1024;

#[expect(clippy::too_many_arguments, reason = "each is one part of what is recorded together")]
pub(crate) fn record<T: Serialize>(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    before: Option<&Case>,
    effects: Effects,
    side: SideRows,
    output: T,
    now: Timestamp,
) -> Result<Prepared<T>, Refused> {
    let case = &effects.case;
    let (id, stream) = (case.id.to_string(), Stream::case(case.id));
    let mut records = effects
        .events
        .iter()
        .map(|event| to_record(&parts.environment, event, &stream, caller, now))
        .collect::<Result<Vec<_>, Refused>>()?;
    if let Some(delegated) = &side.delegated {
        let (used, of) = (delegated.used(case.id, now), Stream::delegation(delegated.root));
        records.push(recorded(&parts.environment.entropy, &used, &of, &caller.pseudonym, now)?);
    }
    debug_assert!(
        committed(&records, side.sealed.iter().map(|sealed| &*sealed.words.commit))
            && committed(&records, side.attachments.iter().map(|file| &*file.id)),
        "words or a file are stored to which no event of their commit commits: {:?}",
        effects.events.last().map(Event::kind)
    );
    let outcomes = case_fold::outcomes(before, &effects.events);
    let mut rest = follow_ups::follow_ups(&parts.governance, &parts.live, before, &effects, now);
    // What follows from what happened comes last: it takes the place of what was foreseen.
    rest.rows.splice(0..0, side.outbox);
    rest.cancel.extend(side.cancel);
    rest.rows.extend(side.again.map(|ended| follow_ups::contacted_again(ended, case.id, now)));
    rest.rows.extend(side.follows.map(|ended| follow_ups::followed(ended, case.id, now)));
    let mut items = side.items.map_or_else(Vec::new, |items| items(&effects));
    items.extend(side.found_by.items(case.id)?);
    items.extend(side.chat.as_ref().map(|chat| chat.with(case.id)).transpose()?);
    items.extend(side.delegated.as_ref().map(|delegated| delegated.with(case.id)).transpose()?);
    let reopened = effects.events.iter().any(|event| matches!(event, Event::CaseReopened { .. }));
    let kept = repeat.map(|_| Kept::of(&output)).transpose()?;
    let answers = repeat.zip(kept.as_ref());
    let idempotency = answers.map(|(repeat, kept)| repeatable(&parts.vault, caller, repeat, Some(&id), kept, now));
    let commit = Commit {
        outbox: rest.rows,
        cancel: rest.cancel,
        items,
        claim: side.claim,
        expect: side.expect,
        case: Some(case_row(case, before.map_or(0, |case| case.version))?),
        records,
        customer: side.customer,
        sealed_under: side.sealed.iter().chain(&side.reopens).find_map(|sealed| sealed.key),
        words: (side.sealed.into_iter().chain(side.reopens.filter(|_| reopened)))
            .map(|sealed| WordsRow { id: sealed.words.commit, case: id.clone(), sealed: sealed.bytes })
            .collect(),
        attachments: side.attachments,
        exceptions: exception_rows(before, &effects)?,
        outcomes,
        idempotency,
        clear: side.erases.then(|| id.clone()),
        ..Commit::default()
    };
    let projections = Projections::of(before, effects, &commit);
    Ok(Prepared { commit, projections, output, kept })
}

/// What is kept of an answer for who repeats the request.
pub(crate) fn repeatable(
    vault: &Vault,
    caller: &Caller,
    repeat: &Repeat,
    case: Option<&str>,
    kept: &Kept,
    now: Timestamp,
) -> IdempotencyRow {
    IdempotencyRow {
        scope: caller.token.to_string(),
        key: repeat.key.clone(),
        case: case.map(str::to_owned),
        request_hash: vault.keys.of_request(&repeat.request),
        response: kept.as_json().to_vec(),
        expires_ms: now.plus_ms(REPEATABLE_MS).0,
    }
}

pub(crate) fn to_record(
    environment: &Environment,
    event: &Event,
    stream: &Stream,
    caller: &Caller,
    now: Timestamp,
) -> Result<Record, Refused> {
    recorded(&environment.entropy, event, stream, &caller.pseudonym, now)
}

/// Whether each commitment of what is sealed stands in an event that is recorded with it: what is taken in is never
/// nowhere.
fn committed<'a>(records: &[Record], mut commitments: impl Iterator<Item = &'a str>) -> bool {
    let holds = |record: &Record, commitment: &str| {
        record.body.windows(commitment.len()).any(|part| part == commitment.as_bytes())
    };
    commitments.all(|commitment| records.iter().any(|record| holds(record, commitment)))
}

/// The record of an event of a stream, that `actor` caused.
pub(crate) fn recorded(
    entropy: &Entropy,
    event: &Event,
    stream: &Stream,
    actor: &str,
    now: Timestamp,
) -> Result<Record, Refused> {
    let mut body = Vec::with_capacity(BODY_USUAL);
    serde_json::to_writer(&mut body, event).map_err(Refused::internal)?;
    let salt: [u8; 32] = entropy.bytes()?;
    let commit = remit_ledger::entry::commitment(&salt, &body);
    Ok(Record {
        kind: event.kind(),
        stream: stream.to_string(),
        actor: actor.to_owned(),
        ts_ms: now.0,
        subject: event.subject(),
        body,
        salt,
        commit,
    })
}

/// What is kept of `case` to find it and to go on from it, in place of version `expected`.
pub(crate) fn case_row(case: &Case, expected: u64) -> Result<CaseWrite, Refused> {
    Ok(CaseWrite {
        id: case.id.to_string(),
        expected_version: expected,
        version: case.version,
        status: case.status.as_str().to_owned(),
        holder: case.holder.as_ref().map(|holder| holder.who.name().to_owned()),
        holder_kind: case.holder.as_ref().map(|holder| match holder.who {
            HolderRef::Responder(_) => "responder".to_owned(),
            HolderRef::Owner(_) => "owner".to_owned(),
        }),
        accountable: case.holder.as_ref().map(|holder| holder.accountable.to_string()),
        customer: case.customer.to_string(),
        intent: intent_of(case).map(ToString::to_string),
        opened_ms: case.opened.0,
        updated_ms: case.updated.0,
        state: serde_json::to_vec(case).map_err(Refused::internal)?,
    })
}

/// The state of an exception's row once it is resolved.
pub(crate) const ENDED: &str = "resolved";

/// As what it is kept that waits for its owner.
pub(crate) const OPEN: &str = "open";

/// As what it is kept once somebody took it on.
pub(crate) const TAKEN: &str = "taken";

fn exception_rows(before: Option<&Case>, effects: &Effects) -> Result<Vec<ExceptionRow>, Refused> {
    let mut rows = Vec::new();
    for event in &effects.events {
        let (exception, state) = match event {
            Event::ExceptionRaised { exception, .. } => (Some(exception), OPEN),
            Event::ExceptionEscalated { exception, .. } => (effects.case.exceptions.get(exception), OPEN),
            Event::ExceptionTaken { exception, .. } => (effects.case.exceptions.get(exception), TAKEN),
            Event::ExceptionGivenUp(given_up) => (effects.case.exceptions.get(&given_up.exception), OPEN),
            Event::ExceptionResolved { exception, .. } => {
                (before.and_then(|case| case.exceptions.get(exception)), ENDED)
            }
            _ => continue,
        };
        let Some(exception) = exception else { continue };
        rows.push(exception_row(exception, effects.case.id, state)?);
    }
    Ok(rows)
}

/// What is kept of an exception to find it, in such a state.
pub(crate) fn exception_row(exception: &Exception, case: CaseId, state: &str) -> Result<ExceptionRow, Refused> {
    Ok(ExceptionRow {
        id: exception.id.to_string(),
        case: case.to_string(),
        kind: exception.kind.as_str().to_owned(),
        owner: exception.escalated_to.as_ref().unwrap_or(&exception.owner).to_string(),
        due_ms: exception.due.0,
        state: state.to_owned(),
        taken_by: exception.taken_by.clone(),
        body: serde_json::to_vec(exception).map_err(Refused::internal)?,
    })
}
