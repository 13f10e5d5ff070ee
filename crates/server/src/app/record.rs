//! What a command's events become in the store: records with commitments, views, counts and sealed words.

use super::{App, Caller, Repeat, load::Tally};
use crate::{keys::Sealed, problem::Problem};
use remit_domain::{
    Case, Command, Event,
    case::{HolderRef, Status},
    command::Happened,
    decision::{Trigger, YieldReason},
    id::Timestamp,
    signal::Value,
};
use remit_store::{
    CaseWrite, Commit, Erase, ExceptionRow, IdempotencyRow, NewCustomer, OutboxRow, OutcomeDelta, Record, WordsRow,
};

/// One command with what goes into the store beside its events.
#[derive(Debug)]
pub(crate) struct Act {
    /// The API action that the caller must be permitted.
    pub(crate) action: &'static str,
    /// The command.
    pub(crate) command: Command,
    /// Words that the command's events commit to.
    pub(crate) sealed: Vec<Sealed>,
    /// The customer, where it is new.
    pub(crate) customer: Option<NewCustomer>,
    /// The outbox row that this is done for.
    pub(crate) claim: Option<String>,
    /// What remains to be done beside what the events say.
    pub(crate) outbox: Vec<OutboxRow>,
}

impl Act {
    /// A command of this API action.
    pub(crate) fn new(action: &'static str, command: Command) -> Self {
        Self { action, command, sealed: Vec::new(), customer: None, claim: None, outbox: Vec::new() }
    }

    /// With words that its events commit to.
    pub(crate) fn with(mut self, sealed: impl IntoIterator<Item = Sealed>) -> Self {
        self.sealed.extend(sealed);
        self
    }

    /// Done for this outbox row.
    pub(crate) fn claiming(mut self, row: &str) -> Self {
        self.claim = Some(row.to_owned());
        self
    }
}

/// A commit, ready to be written, and the answer to give once it is durable.
pub(crate) struct Prepared {
    pub(crate) commit: Commit,
    pub(crate) intent: Option<String>,
    pub(crate) status: u16,
    pub(crate) response: Vec<u8>,
}

/// For how long an answer can be asked for again, in milliseconds.
const REPEATABLE_MS: i64 = 24 * 3_600_000;

/// Bytes that most events fit in.
const BODY_USUAL: usize = 10 * 1024;

impl App {
    #[expect(clippy::too_many_arguments, reason = "each is one part of what is recorded together")]
    pub(super) fn record(
        &self,
        caller: &Caller,
        repeat: Option<&Repeat>,
        before: Option<&Case>,
        happened: &Happened,
        act: &Act,
        (status, response): (u16, Vec<u8>),
        now: Timestamp,
    ) -> Result<Prepared, Problem> {
        let case = &happened.case;
        let id = case.id.to_string();
        let customer = case.customer.to_string();
        let records = happened
            .events
            .iter()
            .map(|event| self.to_record(event, &id, caller, now))
            .collect::<Result<Vec<_>, Problem>>()?;
        let intent = intent_of(case);
        let erases = matches!(act.command, Command::Erase);
        let outcomes = outcomes(before, happened)
            .into_iter()
            .map(|(responder, tally)| OutcomeDelta {
                responder,
                intent: intent.clone().unwrap_or_default(),
                resolved: tally.resolved,
                failed: tally.failed,
                wrong: tally.wrong,
            })
            .collect();
        let mut later = self.later(before, happened, now);
        later.rows.extend(act.outbox.iter().cloned());
        let commit = Commit {
            outbox: later.rows,
            cancel: later.cancel,
            claim: act.claim.clone(),
            case: Some(CaseWrite {
                id: id.clone(),
                expected_version: before.map_or(0, |case| case.version),
                version: case.version,
                status: case.status.as_str().to_owned(),
                holder: case.holder.as_ref().map(|holder| holder.who.name().to_owned()),
                holder_kind: case.holder.as_ref().map(|holder| match holder.who {
                    HolderRef::Responder(_) => "responder".to_owned(),
                    HolderRef::Owner(_) => "owner".to_owned(),
                }),
                accountable: case.holder.as_ref().map(|holder| holder.accountable.to_string()),
                customer: customer.clone(),
                intent: intent.clone(),
                opened_ms: case.opened.0,
                updated_ms: case.updated.0,
                state: serde_json::to_vec(case).map_err(Problem::internal)?,
            }),
            records,
            customer: act.customer.clone(),
            words: act
                .sealed
                .iter()
                .map(|sealed| WordsRow {
                    id: sealed.words.commit.clone(),
                    case: id.clone(),
                    sealed: sealed.bytes.clone(),
                })
                .collect(),
            exceptions: exception_rows(before, happened)?,
            outcomes,
            idempotency: repeat.map(|repeat| IdempotencyRow {
                scope: caller.token.to_string(),
                key: repeat.key.clone(),
                request_hash: repeat.request,
                status,
                response: response.clone(),
                expires_ms: now.plus_ms(REPEATABLE_MS).0,
            }),
            erase: erases.then_some(Erase { customer }),
            ..Commit::default()
        };
        Ok(Prepared { commit, intent, status, response })
    }

    pub(super) fn to_record(
        &self,
        event: &Event,
        case: &str,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Record, Problem> {
        let mut body = Vec::with_capacity(BODY_USUAL);
        serde_json::to_writer(&mut body, event).map_err(Problem::internal)?;
        let salt: [u8; 32] = self.entropy.bytes()?;
        let commit = remit_ledger::entry::commitment(&salt, &body);
        Ok(Record {
            kind: event.kind(),
            case: case.to_owned(),
            actor: caller.name.to_string(),
            ts_ms: now.0,
            subject: event.subject(),
            body,
            salt,
            commit,
        })
    }
}

/// The responder or owner that holds `case`, while it is open.
pub(crate) fn held_open(case: &Case) -> Option<&str> {
    case.holder.as_ref().filter(|_| case.status == Status::Open).map(|holder| holder.who.name())
}

fn intent_of(case: &Case) -> Option<String> {
    case.readings.of("intent").iter().find_map(|reading| match &reading.value {
        Value::Name(name) => Some(name.to_string()),
        _ => None,
    })
}

/// The outcomes that events show, by responder: a case resolved in its hands, yielded by it, moved away
/// from it, or reopened after it.
pub(crate) fn outcomes(before: Option<&Case>, happened: &Happened) -> Vec<(String, Tally)> {
    let mut found = Vec::new();
    let responder = |holder: &HolderRef| match holder {
        HolderRef::Responder(id) => Some(id.to_string()),
        HolderRef::Owner(_) => None,
    };
    for event in &happened.events {
        match event {
            Event::CaseResolved { holder, .. } => {
                found.extend(responder(holder).map(|name| (name, Tally { resolved: 1, ..Tally::default() })));
            }
            Event::CaseReopened { .. } => {
                let last = before.and_then(|case| case.holder.as_ref()).and_then(|holder| responder(&holder.who));
                found.extend(last.map(|name| (name, Tally { resolved: -1, failed: 1, wrong: 1 })));
            }
            Event::DecisionMade { decision, handoff: Some(handoff) } => {
                let gave_up = matches!(
                    decision.trigger,
                    Trigger::Yielded { .. } | Trigger::CustomerMessage | Trigger::Overridden { .. }
                ) && handoff.from.as_ref() != Some(&handoff.to);
                let from = handoff.from.as_ref().filter(|_| gave_up).and_then(responder);
                // Whoever gives a case up in time does what it should.
                let in_time = matches!(
                    decision.trigger,
                    Trigger::Yielded {
                        reason: YieldReason::Unsure
                            | YieldReason::OutOfScope
                            | YieldReason::WantsHuman
                            | YieldReason::NeedsAction
                            | YieldReason::WrongTeam
                    }
                );
                let tally = Tally { resolved: 0, failed: 1, wrong: i64::from(!in_time) };
                found.extend(from.map(|name| (name, tally)));
            }
            _ => {}
        }
    }
    found
}

fn exception_rows(before: Option<&Case>, happened: &Happened) -> Result<Vec<ExceptionRow>, Problem> {
    let mut rows = Vec::new();
    for event in &happened.events {
        let (exception, state) = match event {
            Event::ExceptionRaised { exception, .. } => (Some(exception), "open"),
            Event::ExceptionEscalated { exception, .. } => (happened.case.exceptions.get(exception), "open"),
            Event::ExceptionTaken { exception, .. } => (happened.case.exceptions.get(exception), "taken"),
            Event::ExceptionResolved { exception, .. } => {
                (before.and_then(|case| case.exceptions.get(exception)), "resolved")
            }
            _ => continue,
        };
        let Some(exception) = exception else { continue };
        rows.push(ExceptionRow {
            id: exception.id.to_string(),
            case: happened.case.id.to_string(),
            kind: exception.kind.as_str().to_owned(),
            owner: exception.escalated_to.as_ref().unwrap_or(&exception.owner).to_string(),
            due_ms: exception.due.0,
            state: state.to_owned(),
            taken_by: exception.taken_by.clone(),
            body: serde_json::to_vec(exception).map_err(Problem::internal)?,
        });
    }
    Ok(rows)
}
