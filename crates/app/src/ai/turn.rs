//! A turn of an AI responder: what it is given, and what becomes of what it says.

use crate::{
    Caller, Journal, Parts, Vault,
    ai::{asks, handover, requests},
    bounds,
    caller::principal::Job,
    case::{
        action,
        denied::{self, DeniedTurn},
        fields,
        late::{self, LateAnswer},
    },
    customer::erased,
    environment::{clock::rfc3339, metrics::TurnLost},
    field::view::FieldView,
    journal::{outbox::TurnDue, stored_case},
    pipeline::{self, commit::Envelope, conversation, facts, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Command,
    decision::YieldReason,
    event::Words,
    retrieval::{NextBest, Retrieval},
};
use remit_policy::actions::Permission;
use remit_responders::{Failure, Said, Service, Turn, YieldReason as SaidReason, knowledge::Fit};
use remit_signals::courtesy::only_thanks;
use remit_store::{OutboxRow, Views as _};
use std::sync::Arc;

/// Asks the AI responder for whom `row` is, and does what it says as far as policy lets it. The row goes in the
/// same commit, so that the customer hears every answer once. The case is read once: what it says is done on the case
/// that it was asked about, or on that of then where that has changed.
///
/// # Errors
/// When the store refuses; the row stays then.
pub async fn take_turn(parts: &Parts, row: &OutboxRow) -> Result<(), Refused> {
    let due = due(row)?;
    let Some(service) = parts.governance.services.get(due.responder.as_str()).cloned() else {
        return parts.journal.drop_row(&row.id).await;
    };
    if let Some(until) = parts.live.load.unreachable_until(due.responder.as_str(), parts.environment.now()) {
        // Nobody waits for what is known not to answer.
        let why =
            format!("It could not be reached several times in a row, and is left alone until {}.", rfc3339(until));
        return give_up_turn(parts, row, &why).await;
    }
    // Closed never: the semaphore lives as long as the service.
    let _room = service.room.acquire().await;
    let mut standing = turn_stands(&parts.journal, &parts.vault, row, &due).await?;
    if standing.is_some() && service.pace().await {
        // While it waited for its turn the case may have gone on.
        standing = turn_stands(&parts.journal, &parts.vault, row, &due).await?;
    }
    let Some(case) = standing else { return parts.journal.drop_row(&row.id).await };
    let Some(turn) = turn(parts, &case, &due, &row.id).await? else {
        tracing::error!(case = row.case, responder = %due.responder, "nothing that the customer wrote can be read");
        return give_up_on(parts, row, &due, case, "What the customer wrote cannot be read.").await;
    };
    // Nobody is told of what a machine that dies would lose.
    parts.journal.settled().await.map_err(Refused::internal)?;
    let thanked = turn.messages.last().is_some_and(|message| only_thanks(&message.text));
    let mut found = None;
    let said = match &service.service {
        // What only quotes articles has none about thanks.
        Service::Knowledge(_) if thanked => {
            let text = parts.governance.bundle.texts().say(turn.language.as_deref(), "welcome", &[]);
            Ok(Said::Answer { text, sources: Vec::new() })
        }
        Service::Knowledge(knowledge) => {
            let (knowledge, turn) = (Arc::clone(knowledge), turn.clone());
            let considered = move || {
                let (said, fit) = knowledge.considered(&turn);
                (said, fit.map(|fit| Box::new(retrieval(&fit))))
            };
            let (said, nearest) = parts.environment.processors.off_thread(considered).await?;
            found = nearest;
            Ok(said)
        }
        service => service.turn(&turn).await,
    };
    parts.environment.metrics.turn(due.responder.as_str(), &said);
    let refused = match act_on(parts, row, &due, &case, said, found).await {
        Err(refused) if refused.kind == Kind::Forbidden || refused.kind.is_late() => refused,
        done => return done,
    };
    // Who has lost the case meanwhile is denied it too, which is only late.
    if refused.kind == Kind::Forbidden
        && let Some(case) = turn_stands(&parts.journal, &parts.vault, row, &due).await?
    {
        let denied = DeniedTurn { responder: &due.responder, epoch: due.epoch, row: Some(&row.id) };
        return denied::note(parts, case, denied, &refused).await;
    }
    tracing::info!(case = row.case, responder = %due.responder, %refused, "an AI's turn came too late");
    let TurnDue { responder, epoch, .. } = due;
    late::note(parts, LateAnswer { case: &row.case, responder, epoch, row: Some(&row.id) }).await
}

/// Gives the case of a turn that cannot be taken to people, and says why.
///
/// # Errors
/// When the store refuses; the row stays then.
pub async fn give_up_turn(parts: &Parts, row: &OutboxRow, why: &str) -> Result<(), Refused> {
    let due = due(row)?;
    match turn_stands(&parts.journal, &parts.vault, row, &due).await? {
        Some(case) => give_up_on(parts, row, &due, case, why).await,
        None => parts.journal.drop_row(&row.id).await,
    }
}

/// The same on a case that was read for it.
async fn give_up_on(parts: &Parts, row: &OutboxRow, due: &TurnDue, case: Case, why: &str) -> Result<(), Refused> {
    parts.environment.metrics.turn_lost(due.responder.as_str(), TurnLost::Failed);
    let own = Caller::system(Job::Turns);
    let loaded = load::permitted(&parts.governance, &parts.environment, &own, Permission::HANDOFF_REQUEST, case)?;
    // The reason is on record even where no words can be sealed.
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, why).await.ok();
    let note = sealed.as_ref().map(|sealed| sealed.words.clone());
    // What our own process does not bring about says nothing of the AI responder.
    let command = Command::Yield { epoch: due.epoch, reason: YieldReason::NoAnswer, note, found: None };
    let envelope = Envelope::on(loaded, command).with(sealed).claiming(&row.id);
    match pipeline::execute(parts, &own, None, Some(&row.case), envelope, |_| ()).await {
        Err(refused) if refused.kind.is_late() => parts.journal.drop_row(&row.id).await,
        done => done.map(|_| ()),
    }
}

/// What a row asks for.
fn due(row: &OutboxRow) -> Result<TurnDue, Refused> {
    serde_json::from_slice(&row.body).map_err(Refused::internal)
}

/// The case, if the turn is still to be taken: the same lease, and no newer message.
async fn turn_stands(
    journal: &Journal,
    vault: &Vault,
    row: &OutboxRow,
    due: &TurnDue,
) -> Result<Option<Case>, Refused> {
    let Some(stored) = journal.store.case(&row.case).await.map_err(Refused::internal)? else { return Ok(None) };
    let case = stored_case::case_of(journal, &stored.state).await?;
    let holds = case.held_by_ai && case.holder.as_ref().is_some_and(|holder| holder.epoch == due.epoch);
    let open = case.status == remit_domain::case::Status::Open && !erased::is_erased(journal, vault, &case).await?;
    Ok(Some(case).filter(|case| holds && open && case.last_customer_message == due.message))
}

async fn act_on(
    parts: &Parts,
    row: &OutboxRow,
    due: &TurnDue,
    case: &Case,
    said: Result<Said, Failure>,
    found: Option<Box<Retrieval>>,
) -> Result<(), Refused> {
    let caller = Caller::responder(due.responder.as_str());
    match said {
        Ok(Said::Answer { text, .. }) if text.len() <= bounds::TEXT_MAX => {
            let action = Permission::MESSAGE_ANSWER;
            let loaded = load::permitted(&parts.governance, &parts.environment, &caller, action, case.clone())?;
            let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &text).await?;
            let command = Command::Answer {
                epoch: due.epoch,
                words: sealed.words.clone(),
                to: due.message,
                marks: Vec::new(),
                found,
            };
            let envelope = Envelope::on(loaded, command).with([sealed]).claiming(&row.id);
            pipeline::execute(parts, &caller, None, Some(&row.case), envelope, |_| ()).await.map(|_| ())
        }
        Ok(Said::Answer { .. }) => yields(parts, row, due, case, (YieldReason::ToolFailed, None), None).await,
        Ok(Said::Yield { reason, note }) => {
            yields(parts, row, due, case, (reason_of(reason), found), note.as_deref()).await
        }
        Ok(Said::Act { action, arguments }) if parts.governance.bundle.requested(&action).is_some() => {
            match asks::ask(parts, &caller, row, (due, case), &action, &arguments).await? {
                Ok(()) => Ok(()),
                Err(note) => yields(parts, row, due, case, (YieldReason::ToolFailed, None), Some(&note)).await,
            }
        }
        Ok(Said::Act { action, arguments }) => {
            match action::ask_action(parts, row, (due, case), &action, &arguments).await? {
                Ok(()) => Ok(()),
                Err(note) => yields(parts, row, due, case, (YieldReason::NeedsAction, None), Some(&note)).await,
            }
        }
        // It writes by itself, through the interface, under its lease; the customer's patience runs on.
        Ok(Said::Later) => parts.journal.drop_row(&row.id).await,
        Err(failure) => {
            tracing::warn!(responder = %due.responder, %failure, "an AI responder did not answer");
            let note = failure.to_string();
            yields(parts, row, due, case, (YieldReason::NoAnswer, None), Some(&note)).await
        }
    }
}

async fn yields(
    parts: &Parts,
    row: &OutboxRow,
    due: &TurnDue,
    case: &Case,
    (reason, found): (YieldReason, Option<Box<Retrieval>>),
    note: Option<&str>,
) -> Result<(), Refused> {
    let caller = Caller::responder(due.responder.as_str());
    let note = note.map(|note| bounds::cut(note, bounds::REASON_MAX)).filter(|note| !note.trim().is_empty());
    let loaded =
        load::permitted(&parts.governance, &parts.environment, &caller, Permission::HANDOFF_REQUEST, case.clone())?;
    let sealed = match note {
        Some(note) => Some(sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, note).await?),
        None => None,
    };
    let words: Option<Words> = sealed.as_ref().map(|sealed| sealed.words.clone());
    let command = Command::Yield { epoch: due.epoch, reason, note: words, found };
    let envelope = Envelope::on(loaded, command).with(sealed).claiming(&row.id);
    pipeline::execute(parts, &caller, None, Some(&row.case), envelope, |_| ()).await.map(|_| ())
}

/// What the AI responder is given; nothing where what the customer wrote last cannot be read.
async fn turn(parts: &Parts, case: &Case, due: &TurnDue, row: &str) -> Result<Option<Turn>, Refused> {
    let now = parts.environment.now();
    let messages = conversation::asked_conversation(parts, case).await?;
    if !messages.iter().any(|(id, _)| Some(*id) == due.message) {
        return Ok(None);
    }
    let messages = messages.into_iter().map(|(_, message)| message).collect();
    let (fields, known) = (fields::for_ai(parts, case).await?, fields::facts_for_ai(parts, case).await?);
    let told: Vec<FieldView> = fields.iter().chain(&known).cloned().collect();
    let signals = facts::signals(&parts.governance, &parts.live, case, now);
    let named = |name: &str| signals.get(name).map(|reading| reading.value.to_string());
    Ok(Some(Turn {
        case: case.id.to_string(),
        epoch: due.epoch,
        turn_id: row.replace(':', "_"),
        language: named("language").filter(|language| language != "und"),
        intent: named("intent"),
        messages,
        summary: handover::summary(parts, case, &told, &[], now).await?,
        fields: by_name(&fields),
        customer: by_name(&known),
        requests: requests::of_case(parts, case).await?,
        waited_ms: case.waited_ms(now),
        tried: case.tried.iter().map(|tried| tried.responder.to_string()).collect(),
    }))
}

/// Values by the names of fields or facts.
fn by_name(views: &[FieldView]) -> serde_json::Map<String, serde_json::Value> {
    views.iter().map(|view| (view.name.clone(), view.value.clone())).collect()
}

fn retrieval(fit: &Fit<'_>) -> Retrieval {
    #[expect(clippy::cast_possible_truncation, reason = "scores are below 2")]
    let bp = |score: f64| (score * 10_000.0).round() as i64;
    Retrieval {
        article: fit.article.to_owned(),
        section: fit.section.map(str::to_owned),
        score_bp: bp(fit.score),
        threshold_bp: bp(fit.threshold),
        next: fit.next.map(|(article, score)| NextBest { article: article.to_owned(), score_bp: bp(score) }),
    }
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
