//! A turn of an AI responder: what it is given, and what becomes of what it says.

use super::{App, Caller, later::TurnDue, record::Act};
use crate::problem::{self, Problem};
use remit_domain::{Case, Command, Event, case::Author, decision::YieldReason, event::Words, id::Timestamp};
use remit_responders::{Failure, Said, Turn, TurnAuthor, TurnMessage, YieldReason as SaidReason};
use remit_store::{Commit, OutboxRow, Store};

/// Messages of the conversation that an AI responder is given, the newest.
const MESSAGES_MAX: usize = 40;
const PAGE: usize = 200;

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
        let said = desk.service.turn(&turn).await;
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
                let command = Command::Answer { epoch: due.epoch, words: sealed.words.clone(), to: due.message };
                let act = Act::new("message.answer", command).with([sealed]).claiming(row);
                self.execute(&caller, None, Some(case), &act, |_| (201, Vec::new())).await.map(|_| ())
            }
            Ok(Said::Answer { .. }) => self.give_up(&caller, row, case, due, YieldReason::ToolFailed, None).await,
            Ok(Said::Yield { reason, note }) => {
                self.give_up(&caller, row, case, due, reason_of(reason), note.as_deref()).await
            }
            // There is no action that a policy could permit: what is asked for is for a person to do.
            Ok(Said::Act { action, .. }) => {
                let note = format!("asked for the action `{}`", action.chars().take(64).collect::<String>());
                self.give_up(&caller, row, case, due, YieldReason::NeedsAction, Some(&note)).await
            }
            // It writes by itself, through the interface, under its lease; its patience runs on.
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
        self.execute(caller, None, Some(case), &act, |_| (201, Vec::new())).await.map(|_| ())
    }

    /// Takes a row away that need not be done any more.
    pub(crate) async fn drop_row(&self, row: &str) -> Result<(), Problem> {
        let commit = Commit { cancel: vec![row.to_owned()], ..Commit::default() };
        self.store.commit(commit).await.map(|_| ()).map_err(super::refused)
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

    /// The newest messages of a case, oldest first.
    pub(super) fn conversation(&self, case: &Case) -> Result<Vec<TurnMessage>, Problem> {
        let mut messages = std::collections::VecDeque::new();
        let mut after = 0;
        loop {
            let rows = self.store.records_of(&case.id.to_string(), after, PAGE).map_err(Problem::internal)?;
            for row in &rows {
                after = row.seq;
                if !matches!(row.kind.as_str(), "case_opened" | "message_added") {
                    continue;
                }
                let event: Event = serde_json::from_slice(&row.body).map_err(Problem::internal)?;
                let (Event::CaseOpened { message, .. } | Event::MessageAdded { message, .. }) = event else { continue };
                let author = match &message.author {
                    Author::Requester => TurnAuthor::Customer,
                    Author::Holder { staff: None, holder, .. } if self.is_ai(holder.name()) => TurnAuthor::Ai,
                    Author::Holder { .. } => TurnAuthor::Staff,
                };
                if messages.len() == MESSAGES_MAX {
                    messages.pop_front();
                }
                messages.push_back((author, message.words));
            }
            if rows.len() < PAGE {
                break;
            }
        }
        let mut opened = Vec::with_capacity(messages.len());
        for (author, words) in messages {
            if let Some(text) = self.open_words(case, &words)? {
                opened.push(TurnMessage { author, text });
            }
        }
        Ok(opened)
    }

    fn is_ai(&self, responder: &str) -> bool {
        let ai = remit_domain::decision::ResponderKind::Ai;
        self.bundle.candidates().iter().any(|spec| spec.responder.as_str() == responder && spec.kind == ai)
    }

    /// The context package in words: what the next holder needs to know beside the conversation.
    pub(super) fn summary(&self, case: &Case, now: Timestamp) -> Result<String, Problem> {
        use std::fmt::Write as _;
        let mut text = String::new();
        let signals = self.signals(case, now);
        let named = |name: &str| signals.get(name).map_or_else(String::new, |reading| reading.value.to_string());
        let _ = writeln!(
            text,
            "About {} ({} % sure), in {}, by {}. Messages so far: {}; the customer has waited {} s for a reply.",
            named("intent").replace('_', " "),
            named("intent_confidence_bp").parse::<i64>().unwrap_or(0) / 100,
            named("language"),
            case.channel.as_str(),
            case.messages,
            case.waited_ms(now) / 1_000
        );
        for (name, says) in [
            ("human_requested", "The customer has asked for a human."),
            ("open_complaint", "A complaint is open."),
            ("account_frozen", "The account is frozen."),
        ] {
            if named(name) == "true" {
                let _ = writeln!(text, "{says}");
            }
        }
        if named("situation") != "none" {
            let _ = writeln!(text, "Situation: {}.", named("situation").replace('_', " "));
        }
        for tried in &case.tried {
            let reason = tried.reason.and_then(|reason| serde_json::to_value(reason).ok());
            let reason = reason.and_then(|value| value.as_str().map(|text| text.replace('_', " ")));
            let why = reason.unwrap_or_else(|| "policy took it away".to_owned());
            let _ = writeln!(text, "{} had it before: {why}.", tried.responder);
        }
        for exception in case.exceptions.values() {
            let kind = exception.kind.as_str().replace('_', " ");
            let _ = writeln!(text, "Open exception: {kind}, owned by {}.", exception.owner);
        }
        Ok(text)
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

/// The beginning of `text`, at most so many bytes long.
fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}
