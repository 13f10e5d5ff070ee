//! A turn of an AI responder: what it is given, and what becomes of what it says.

use super::{App, Caller, context::cut, later::TurnDue, record::Act};
use crate::problem::{self, Problem};
use remit_domain::{Case, Command, decision::YieldReason, event::Words};
use remit_responders::{Failure, Said, Service, Turn, YieldReason as SaidReason};
use remit_signals::courtesy::only_thanks;
use remit_store::{Commit, OutboxRow, Store};

/// What the built-in AI responder says to thanks.
const WELCOME: &str = "You are welcome. If there is anything else, just write here.";

impl App {
    /// Asks the AI responder for whom `row` is, and does what it says as far as policy lets it. The row goes in the
    /// same commit, so that the customer hears every answer once.
    ///
    /// # Errors
    /// When the store refuses; the row stays then.
    pub(crate) async fn take_turn(&self, row: &OutboxRow) -> Result<(), Problem> {
        let Some((case, due)) = self.turn_stands(row)? else { return self.drop_row(&row.id).await };
        let Some(desk) = self.services.get(due.responder.as_str()).cloned() else {
            return self.drop_row(&row.id).await;
        };
        // Closed never: the semaphore lives as long as the desk.
        let _room = desk.room.acquire().await;
        desk.pace().await;
        // While it waited for its turn the case may have gone on.
        if self.turn_stands(row)?.is_none() {
            return self.drop_row(&row.id).await;
        }
        let Some(turn) = self.turn(&case, &due, &row.id)? else { return self.drop_row(&row.id).await };
        // Nobody is told of what a machine that dies would lose.
        self.settled().await.map_err(Problem::internal)?;
        let thanked = turn.messages.last().is_some_and(|message| only_thanks(&message.text));
        let said = match &desk.service {
            // What only quotes articles has none about thanks.
            Service::Knowledge(_) if thanked => Ok(Said::Answer { text: WELCOME.to_owned(), sources: Vec::new() }),
            service => service.turn(&turn).await,
        };
        self.metrics.turn(due.responder.as_str(), &said);
        let done = self.act_on(&row.id, &row.case, &due, said).await;
        match done {
            Err(problem) if is_late(&problem) => self.drop_row(&row.id).await,
            done => done,
        }
    }

    /// The case, if the turn is still to be taken: the same lease, and no newer message.
    fn turn_stands(&self, row: &OutboxRow) -> Result<Option<(Case, TurnDue)>, Problem> {
        let due: TurnDue = serde_json::from_slice(&row.body).map_err(Problem::internal)?;
        let Some(stored) = self.store.case(&row.case).map_err(Problem::internal)? else { return Ok(None) };
        let case: Case = serde_json::from_slice(&stored.state).map_err(Problem::internal)?;
        let holds = case.held_by_ai && case.holder.as_ref().is_some_and(|holder| holder.epoch == due.epoch);
        let open = case.status == remit_domain::case::Status::Open && !case.erased;
        Ok((holds && open && case.last_customer_message == due.message).then_some((case, due)))
    }

    async fn act_on(&self, row: &str, case: &str, due: &TurnDue, said: Result<Said, Failure>) -> Result<(), Problem> {
        let caller = Caller::responder(due.responder.as_str());
        match said {
            Ok(Said::Answer { text, .. }) if text.len() <= super::case::TEXT_MAX => {
                let sealed = self.seal_for(&caller, "message.answer", case, &text)?;
                let command = Command::Answer {
                    epoch: due.epoch,
                    words: sealed.words.clone(),
                    to: due.message,
                    marks: Vec::new(),
                };
                let act = Act::new("message.answer", command).with([sealed]).claiming(row);
                self.execute(&caller, None, Some(case), act, |_| (201, Vec::new())).await.map(|_| ())
            }
            Ok(Said::Answer { .. }) => self.give_up(&caller, row, case, due, YieldReason::ToolFailed, None).await,
            Ok(Said::Yield { reason, note }) => {
                self.give_up(&caller, row, case, due, reason_of(reason), note.as_deref()).await
            }
            Ok(Said::Act { action, arguments }) => match self.ask_action(row, case, due, &action, &arguments).await? {
                Ok(()) => Ok(()),
                Err(note) => self.give_up(&caller, row, case, due, YieldReason::NeedsAction, Some(&note)).await,
            },
            // It writes by itself, through the interface, under its lease; the customer's patience runs on.
            Ok(Said::Later) => self.drop_row(row).await,
            Err(failure) => {
                tracing::warn!(responder = %due.responder, %failure, "an AI responder did not answer");
                let note = failure.to_string();
                self.give_up(&caller, row, case, due, YieldReason::NoAnswer, Some(&note)).await
            }
        }
    }

    async fn give_up(
        &self,
        caller: &Caller,
        row: &str,
        case: &str,
        due: &TurnDue,
        reason: YieldReason,
        note: Option<&str>,
    ) -> Result<(), Problem> {
        let action = "handoff.request";
        let note = note.map(|note| cut(note, super::case::REASON_MAX)).filter(|note| !note.trim().is_empty());
        let sealed = note.map(|note| self.seal_for(caller, action, case, note)).transpose()?;
        let words: Option<Words> = sealed.as_ref().map(|sealed| sealed.words.clone());
        let command = Command::Yield { epoch: due.epoch, reason, note: words };
        let act = Act::new(action, command).with(sealed).claiming(row);
        self.execute(caller, None, Some(case), act, |_| (201, Vec::new())).await.map(|_| ())
    }

    /// Takes a row away that need not be done any more.
    pub(crate) async fn drop_row(&self, row: &str) -> Result<(), Problem> {
        let commit = Commit { cancel: vec![row.to_owned()], ..Commit::default() };
        self.commit(commit).await.map(|_| ()).map_err(super::refused)
    }

    /// What the AI responder is given; nothing where the words are gone.
    fn turn(&self, case: &Case, due: &TurnDue, row: &str) -> Result<Option<Turn>, Problem> {
        let now = self.now();
        let messages = self.conversation(case)?;
        if messages.is_empty() {
            return Ok(None);
        }
        let signals = self.signals(case, now);
        let named = |name: &str| signals.get(name).map(|reading| reading.value.to_string());
        Ok(Some(Turn {
            case: case.id.to_string(),
            epoch: due.epoch,
            turn_id: row.replace(':', "_"),
            language: named("language").filter(|language| language != "und"),
            intent: named("intent"),
            messages,
            summary: self.summary(case, now)?,
            waited_ms: case.waited_ms(now),
            tried: case.tried.iter().map(|tried| tried.responder.to_string()).collect(),
        }))
    }
}

/// Whether a refusal says that what was to be done came too late.
fn is_late(problem: &Problem) -> bool {
    let late = [problem::LEASE_LOST, problem::CONFLICT, problem::NOT_FOUND, problem::FORBIDDEN, problem::ERASED];
    late.contains(&problem.kind)
}

fn reason_of(reason: SaidReason) -> YieldReason {
    match reason {
        SaidReason::Unsure => YieldReason::Unsure,
        SaidReason::OutOfScope => YieldReason::OutOfScope,
        SaidReason::WantsHuman => YieldReason::WantsHuman,
        SaidReason::NeedsAction => YieldReason::NeedsAction,
        SaidReason::ToolFailed => YieldReason::ToolFailed,
        SaidReason::ConversationStuck => YieldReason::ConversationStuck,
    }
}
