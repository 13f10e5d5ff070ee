//! A turn of an AI responder: what it is given, and what becomes of what it says.

use crate::{
    Caller, Journal, Parts, Vault,
    access::principal::Job,
    ai::{asks, context, left_behind::cut},
    case::{action, bounds, field_view::FieldView, fields},
    customer::erased,
    environment::{clock::rfc3339, metrics::TurnLost},
    journal::{outbox::TurnDue, stored_case},
    pipeline::{self, commit::Act, facts, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Command,
    decision::YieldReason,
    event::Words,
    retrieval::{NextBest, Retrieval},
};
use remit_responders::{Failure, Said, Service, Turn, YieldReason as SaidReason, knowledge::Fit};
use remit_signals::courtesy::only_thanks;
use remit_store::{Commit, OutboxRow, Views as _};
use std::sync::Arc;

/// Asks the AI responder for whom `row` is, and does what it says as far as policy lets it. The row goes in the
/// same commit, so that the customer hears every answer once.
///
/// # Errors
/// When the store refuses; the row stays then.
pub async fn take_turn(parts: &Parts, row: &OutboxRow) -> Result<(), Refused> {
    let Some((case, due)) = turn_stands(&parts.journal, &parts.vault, row).await? else {
        return drop_row(&parts.journal, &row.id).await;
    };
    let Some(desk) = parts.governance.services.get(due.responder.as_str()).cloned() else {
        return drop_row(&parts.journal, &row.id).await;
    };
    if let Some(until) = parts.live.load.unreachable_until(due.responder.as_str(), parts.environment.now()) {
        // Nobody waits for what is known not to answer.
        let why =
            format!("It could not be reached several times in a row, and is left alone until {}.", rfc3339(until));
        return give_up_turn(parts, row, &why).await;
    }
    // Closed never: the semaphore lives as long as the desk.
    let _room = desk.room.acquire().await;
    desk.pace().await;
    // While it waited for its turn the case may have gone on.
    if turn_stands(&parts.journal, &parts.vault, row).await?.is_none() {
        return drop_row(&parts.journal, &row.id).await;
    }
    let Some(turn) = turn(parts, &case, &due, &row.id).await? else {
        tracing::error!(case = row.case, responder = %due.responder, "nothing that the customer wrote can be read");
        return give_up_turn(parts, row, "What the customer wrote cannot be read.").await;
    };
    // Nobody is told of what a machine that dies would lose.
    parts.journal.settled().await.map_err(Refused::internal)?;
    let thanked = turn.messages.last().is_some_and(|message| only_thanks(&message.text));
    let mut found = None;
    let said = match &desk.service {
        // What only quotes articles has none about thanks.
        Service::Knowledge(_) if thanked => {
            let text = parts.governance.bundle.texts().say(turn.language.as_deref(), "welcome", &[]);
            Ok(Said::Answer { text, sources: Vec::new() })
        }
        Service::Knowledge(service) => {
            let (service, turn) = (Arc::clone(service), turn.clone());
            let considered = move || {
                let (said, fit) = service.considered(&turn);
                (said, fit.map(|fit| Box::new(retrieval(&fit))))
            };
            let (said, nearest) = parts.environment.processors.off_thread(considered).await?;
            found = nearest;
            Ok(said)
        }
        service => service.turn(&turn).await,
    };
    parts.environment.metrics.turn(due.responder.as_str(), &said);
    let done = act_on(parts, &row.id, &row.case, &due, said, found).await;
    match done {
        // Who has lost the case meanwhile is denied it too.
        Err(refused)
            if refused.kind == Kind::Forbidden && turn_stands(&parts.journal, &parts.vault, row).await?.is_some() =>
        {
            denied(parts, row, &case, &due, &refused).await
        }
        Err(refused) if is_late(&refused) => {
            parts.environment.metrics.turn_lost(due.responder.as_str(), TurnLost::Late);
            tracing::info!(case = row.case, responder = %due.responder, %refused, "an AI's turn came too late");
            note_late(parts, row, &due).await
        }
        done => done,
    }
}

/// Puts on record that what an AI responder said was refused, since the case had gone on meanwhile.
async fn note_late(parts: &Parts, row: &OutboxRow, due: &TurnDue) -> Result<(), Refused> {
    let note = || Command::NoteLate { responder: due.responder.clone(), epoch: due.epoch };
    let caller = Caller::system(Job::Turns);
    let act = Act::new("message.answer", note()).claiming(&row.id);
    match pipeline::execute(parts, &caller, None, Some(&row.case), act, |_| ()).await {
        // Whatever made it late has taken the row away already.
        Err(refused) if refused.kind == Kind::Conflict => {
            let act = Act::new("message.answer", note());
            pipeline::execute(parts, &caller, None, Some(&row.case), act, |_| ()).await.map(|_| ())
        }
        done => done.map(|_| ()),
    }
}

/// Policy does not let an AI responder do what it is there for: whoever answers for the case has to see to it, and
/// the case goes on without it.
async fn denied(parts: &Parts, row: &OutboxRow, case: &Case, due: &TurnDue, refused: &Refused) -> Result<(), Refused> {
    parts.environment.metrics.turn_lost(due.responder.as_str(), TurnLost::Denied);
    tracing::error!(case = row.case, responder = %due.responder, %refused, "policy denies an AI responder its \
        turn");
    let Some(holder) = &case.holder else { return drop_row(&parts.journal, &row.id).await };
    let reason = format!("Policy did not let {} take its turn: {}", due.responder, refused.detail);
    let (own, action) = (Caller::system(Job::Turns), "exception.raise");
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, &own, action, &row.case).await?;
    let sealed =
        sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, cut(&reason, bounds::REASON_MAX))
            .await?;
    let command = Command::RaiseException {
        owner: holder.accountable.clone(),
        due: parts.environment.now().plus_ms(parts.governance.bundle.terms().exception_due_ms),
        reason: sealed.words.clone(),
    };
    let raise = Act::on(loaded, command).with([sealed]).claiming(&row.id);
    pipeline::execute(parts, &own, None, Some(&row.case), raise, |_| ()).await?;
    // Not done, as after a crash, the case goes on when its patience with the AI responder ends.
    let command = Command::Yield { epoch: due.epoch, reason: YieldReason::NoAnswer, note: None, found: None };
    let yields = Act::new("handoff.request", command);
    match pipeline::execute(parts, &own, None, Some(&row.case), yields, |_| ()).await {
        Err(refused) if !is_late(&refused) => Err(refused),
        _ => Ok(()),
    }
}

/// Gives the case of a turn that cannot be taken to people, and says why.
///
/// # Errors
/// When the store refuses; the row stays then.
pub async fn give_up_turn(parts: &Parts, row: &OutboxRow, why: &str) -> Result<(), Refused> {
    let Some((_, due)) = turn_stands(&parts.journal, &parts.vault, row).await? else {
        return drop_row(&parts.journal, &row.id).await;
    };
    parts.environment.metrics.turn_lost(due.responder.as_str(), TurnLost::Failed);
    let (own, action) = (Caller::system(Job::Turns), "handoff.request");
    // The reason is on record even where no words can be sealed.
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, &own, action, &row.case).await;
    let sealed = match loaded {
        Ok(loaded) => sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, why).await.ok(),
        Err(_) => None,
    };
    let note = sealed.as_ref().map(|sealed| sealed.words.clone());
    // What our own process does not bring about says nothing of the AI responder.
    let command = Command::Yield { epoch: due.epoch, reason: YieldReason::NoAnswer, note, found: None };
    let act = Act::new(action, command).with(sealed).claiming(&row.id);
    match pipeline::execute(parts, &own, None, Some(&row.case), act, |_| ()).await {
        Err(refused) if is_late(&refused) => drop_row(&parts.journal, &row.id).await,
        done => done.map(|_| ()),
    }
}

/// The case, if the turn is still to be taken: the same lease, and no newer message.
async fn turn_stands(journal: &Journal, vault: &Vault, row: &OutboxRow) -> Result<Option<(Case, TurnDue)>, Refused> {
    let due: TurnDue = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
    let Some(stored) = journal.store.case(&row.case).await.map_err(Refused::internal)? else { return Ok(None) };
    let case = stored_case::case_of(journal, &stored.state).await?;
    let holds = case.held_by_ai && case.holder.as_ref().is_some_and(|holder| holder.epoch == due.epoch);
    let open = case.status == remit_domain::case::Status::Open && !erased::is_erased(journal, vault, &case).await?;
    Ok((holds && open && case.last_customer_message == due.message).then_some((case, due)))
}

async fn act_on(
    parts: &Parts,
    row: &str,
    case: &str,
    due: &TurnDue,
    said: Result<Said, Failure>,
    found: Option<Box<Retrieval>>,
) -> Result<(), Refused> {
    let caller = Caller::responder(due.responder.as_str());
    match said {
        Ok(Said::Answer { text, .. }) if text.len() <= bounds::TEXT_MAX => {
            let loaded =
                load::load(&parts.governance, &parts.journal, &parts.environment, &caller, "message.answer", case)
                    .await?;
            let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &text).await?;
            let command = Command::Answer {
                epoch: due.epoch,
                words: sealed.words.clone(),
                to: due.message,
                marks: Vec::new(),
                found,
            };
            let act = Act::on(loaded, command).with([sealed]).claiming(row);
            pipeline::execute(parts, &caller, None, Some(case), act, |_| ()).await.map(|_| ())
        }
        Ok(Said::Answer { .. }) => give_up(parts, &caller, row, case, due, YieldReason::ToolFailed, None).await,
        Ok(Said::Yield { reason, note }) => {
            yields(parts, &caller, row, case, due, (reason_of(reason), found), note.as_deref()).await
        }
        Ok(Said::Act { action, arguments }) => {
            if parts.governance.bundle.requested(&action).is_some() {
                return match asks::ask(parts, &caller, row, case, due, &action, &arguments).await? {
                    Ok(()) => Ok(()),
                    Err(note) => give_up(parts, &caller, row, case, due, YieldReason::ToolFailed, Some(&note)).await,
                };
            }
            match action::ask_action(parts, row, case, due, &action, &arguments).await? {
                Ok(()) => Ok(()),
                Err(note) => give_up(parts, &caller, row, case, due, YieldReason::NeedsAction, Some(&note)).await,
            }
        }
        // It writes by itself, through the interface, under its lease; the customer's patience runs on.
        Ok(Said::Later) => drop_row(&parts.journal, row).await,
        Err(failure) => {
            tracing::warn!(responder = %due.responder, %failure, "an AI responder did not answer");
            let note = failure.to_string();
            give_up(parts, &caller, row, case, due, YieldReason::NoAnswer, Some(&note)).await
        }
    }
}

async fn give_up(
    parts: &Parts,
    caller: &Caller,
    row: &str,
    case: &str,
    due: &TurnDue,
    reason: YieldReason,
    note: Option<&str>,
) -> Result<(), Refused> {
    yields(parts, caller, row, case, due, (reason, None), note).await
}

async fn yields(
    parts: &Parts,
    caller: &Caller,
    row: &str,
    case: &str,
    due: &TurnDue,
    (reason, found): (YieldReason, Option<Box<Retrieval>>),
    note: Option<&str>,
) -> Result<(), Refused> {
    let action = "handoff.request";
    let note = note.map(|note| cut(note, bounds::REASON_MAX)).filter(|note| !note.trim().is_empty());
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, action, case).await?;
    let sealed = match note {
        Some(note) => Some(sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, note).await?),
        None => None,
    };
    let words: Option<Words> = sealed.as_ref().map(|sealed| sealed.words.clone());
    let command = Command::Yield { epoch: due.epoch, reason, note: words, found };
    let act = Act::on(loaded, command).with(sealed).claiming(row);
    pipeline::execute(parts, caller, None, Some(case), act, |_| ()).await.map(|_| ())
}

/// Takes a row away that need not be done any more.
pub(crate) async fn drop_row(journal: &Journal, row: &str) -> Result<(), Refused> {
    let commit = Commit { cancel: vec![row.to_owned()], ..Commit::default() };
    journal.commit(commit).await.map(|_| ()).map_err(crate::refused)
}

/// What the AI responder is given; nothing where what the customer wrote last cannot be read.
async fn turn(parts: &Parts, case: &Case, due: &TurnDue, row: &str) -> Result<Option<Turn>, Refused> {
    let now = parts.environment.now();
    let messages = context::asked_conversation(parts, case).await?;
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
        summary: context::summary(parts, case, &told, now).await?,
        fields: by_name(&fields),
        customer: by_name(&known),
        waited_ms: case.waited_ms(now),
        tried: case.tried.iter().map(|tried| tried.responder.to_string()).collect(),
    }))
}

/// Values by the names of fields or facts.
fn by_name(views: &[FieldView]) -> serde_json::Map<String, serde_json::Value> {
    views.iter().map(|view| (view.name.clone(), view.value.clone())).collect()
}

/// Whether a refusal says that what was to be done came too late.
fn is_late(refused: &Refused) -> bool {
    let late = [Kind::LeaseLost, Kind::Conflict, Kind::NotFound, Kind::Forbidden, Kind::Erased];
    late.contains(&refused.kind)
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
