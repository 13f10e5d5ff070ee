//! What each command does to a case that there is.

use super::{Command, Context, Happened, Question, guard::*};
use crate::{
    action::{ACTION_VERSION, ActionDecision},
    case::{Author, Holder, Status},
    consult::Consult,
    decision::{DecisionPoint, ResponderKind, Trigger, YieldReason},
    ending::Ending,
    event::{Event, Message, Words},
    exception::{Exception, ExceptionKind},
    id::{ConsultId, DecisionId, ExceptionId, MessageId, Timestamp},
    refusal::Refusal,
};

/// Consults that are open on a case at once.
const CONSULTS_MAX: usize = 8;

type Step = (Happened, Option<Question>, Option<Words>);

/// What happens, the question that is to be decided after it, and the note for who has the case then.
pub(super) fn on_case(mut so_far: Happened, command: Command, context: &mut Context) -> Result<Step, Refusal> {
    let now = context.now;
    let mut question = None;
    let mut note = None;
    let mut ask = |point, trigger| question = Some(Question { point, trigger });
    if command.has_words() {
        with_words(&so_far.case)?;
    }
    match command {
        Command::Open { .. } => return Err(Refusal::CaseOpen),
        Command::Write { words, readings, situation } => {
            open_only(&so_far.case)?;
            let message = Message::new(MessageId::next(&mut context.ids), Author::Requester, words);
            so_far.emit(Event::MessageAdded { message, at: now });
            known_before(&mut so_far, now);
            measured(&mut so_far, readings, now);
            noted(&mut so_far, situation, now);
            ask(DecisionPoint::Retain, Trigger::CustomerMessage);
        }
        Command::KeepAutomatic { words, auto_submitted, situation } => {
            if let Some(Ending::Merged { into }) = so_far.case.ending {
                return Err(Refusal::Merged { into });
            }
            let message = Message::new(MessageId::next(&mut context.ids), Author::Requester, words);
            let message = Message { auto_submitted: Some(auto_submitted), ..message };
            so_far.emit(Event::MessageAdded { message, at: now });
            let new = situation.as_ref().is_some_and(|noted| so_far.case.situations.adds(&noted.situation));
            noted(&mut so_far, situation, now);
            if new && so_far.case.status == Status::Open {
                ask(DecisionPoint::Retain, Trigger::SignalsPosted);
            }
        }
        Command::Answer { epoch, words, to, marks, found } => {
            let held = lease(&so_far.case, epoch)?;
            let (holder, staff) = (held.to_ref(), held.staff.clone());
            if to.is_some() && to != so_far.case.last_customer_message {
                return Err(Refusal::MessageCameBetween);
            }
            let author = Author::Holder { holder, epoch, staff };
            let message = Message { marks, found, ..Message::new(MessageId::next(&mut context.ids), author, words) };
            so_far.emit(Event::MessageAdded { message, at: now });
        }
        Command::Attach { epoch, words, attachment } => {
            let held = match epoch {
                Some(epoch) => lease(&so_far.case, epoch)?,
                None => open_only(&so_far.case)?,
            };
            let by = |epoch| Author::Holder { holder: held.to_ref(), epoch, staff: held.staff.clone() };
            let author = epoch.map_or(Author::Requester, by);
            with_room(&so_far.case, &attachment)?;
            let asks = author == Author::Requester;
            let mut message = Message::new(MessageId::next(&mut context.ids), author, words);
            message.attachments.push(attachment);
            so_far.emit(Event::MessageAdded { message, at: now });
            if asks {
                ask(DecisionPoint::Retain, Trigger::CustomerMessage);
            }
        }
        Command::Measure { readings, situation, not_asked } => {
            known_before(&mut so_far, now);
            measured(&mut so_far, readings, now);
            unasked(&mut so_far, not_asked, &context.by, now);
            noted(&mut so_far, situation, now);
            if so_far.case.status == Status::Open {
                ask(DecisionPoint::Retain, Trigger::SignalsPosted);
            }
        }
        Command::EndSituation { situation, reason } => {
            open_only(&so_far.case)?;
            if !so_far.case.situations.stands(&situation) {
                return Err(Refusal::UnknownSituation { situation });
            }
            so_far.emit(Event::SituationEnded { situation, by: context.by.clone(), reason, at: now });
            ask(DecisionPoint::Retain, Trigger::SituationEnded);
        }
        Command::DeclineHandover { epoch, note: words } => {
            lease(&so_far.case, epoch)?;
            let Some(question) = so_far.case.handover_question.as_ref().map(|question| question.decision) else {
                return Err(Refusal::NothingAsked);
            };
            so_far.emit(Event::HandoverDeclined { question, by: context.by.clone(), note: words, at: now });
        }
        Command::Review { epoch, point, trigger } => {
            lease(&so_far.case, epoch)?;
            ask(point, trigger);
        }
        Command::Rehome { from, to } => {
            let held = open_only(&so_far.case)?;
            if held.responder() != Some(&from) {
                return Err(Refusal::NotTheHolder { holder: held.to_ref() });
            }
            let was = if so_far.case.held_by_ai { ResponderKind::Ai } else { ResponderKind::Queue };
            ask(DecisionPoint::Route, Trigger::HolderGone { to, was, staff: held.staff.clone() });
        }
        Command::MoveConsult { consult: id, queue } => {
            let asked = so_far.case.consults.get(&id).ok_or(Refusal::UnknownConsult { consult: id })?;
            let consult = Consult { queue, ..asked.clone() };
            so_far.emit(Event::ConsultAsked { id, consult });
        }
        Command::Offer { offer } => {
            let held = open_only(&so_far.case)?;
            if !so_far.case.waits_in_queue() {
                return Err(Refusal::NotWaiting { holder: held.to_ref() });
            }
            so_far.emit(Event::OfferMade { offer });
        }
        Command::Accept { offer, staff } => {
            open_offer(&so_far.case, offer, Some(&staff))?;
            ask(DecisionPoint::Offer, Trigger::Accepted { offer, staff });
        }
        Command::EndOffer { offer, staff, how } => {
            let staff = open_offer(&so_far.case, offer, staff.as_ref())?.staff.clone();
            so_far.emit(Event::OfferEnded { offer, staff, how, at: now });
        }
        Command::Return { epoch, note: words } => {
            let held = lease(&so_far.case, epoch)?;
            if held.staff.is_none() {
                return Err(Refusal::NotTheHolder { holder: held.to_ref() });
            }
            note = words;
            ask(DecisionPoint::Offer, Trigger::Returned);
        }
        Command::TakeBack { epoch } => {
            let held = lease(&so_far.case, epoch)?;
            let Some(staff) = held.staff.clone() else {
                return Err(Refusal::NotTheHolder { holder: held.to_ref() });
            };
            ask(DecisionPoint::Offer, Trigger::StaffGone { staff });
        }
        Command::Yield { epoch, reason, note: words, found } => {
            lease(&so_far.case, epoch)?;
            not_held_by_exception(&so_far.case)?;
            note = words;
            if reason == YieldReason::WantsHuman && !so_far.case.human_requested {
                measured(&mut so_far, human_wanted(now), now);
            }
            ask(DecisionPoint::Escalate, Trigger::Yielded { reason, found });
        }
        Command::ReturnToAi { epoch, note: words } => {
            lease(&so_far.case, epoch)?;
            not_held_by_exception(&so_far.case)?;
            note = words;
            ask(DecisionPoint::ReturnToAi, Trigger::ReturnRequested);
        }
        Command::Transfer { epoch, to, note: words } => {
            let held = lease(&so_far.case, epoch)?;
            if held.staff.is_none() {
                return Err(Refusal::NotTheHolder { holder: held.to_ref() });
            }
            if held.responder() == Some(&to) {
                return Err(Refusal::HasItAlready { responder: to });
            }
            note = words;
            ask(DecisionPoint::Escalate, Trigger::Transferred { to });
        }
        Command::Consult { epoch, queue, question } => {
            let held = lease(&so_far.case, epoch)?;
            let Some(by) = held.staff.clone() else {
                return Err(Refusal::NotTheHolder { holder: held.to_ref() });
            };
            if so_far.case.consults.len() >= CONSULTS_MAX {
                return Err(Refusal::TooManyConsults);
            }
            let (id, consult) = (ConsultId::next(&mut context.ids), Consult { queue, by, question, at: now });
            so_far.emit(Event::ConsultAsked { id, consult });
        }
        Command::AnswerConsult { consult, answer } => {
            open_only(&so_far.case)?;
            if !so_far.case.consults.contains_key(&consult) {
                return Err(Refusal::UnknownConsult { consult });
            }
            so_far.emit(Event::ConsultAnswered { id: consult, by: context.by.clone(), answer, at: now });
        }
        Command::AskAction { epoch, action, arguments, answer } => {
            let held = lease(&so_far.case, epoch)?;
            if !so_far.case.held_by_ai || held.responder() != Some(&answer.principal.responder) {
                return Err(Refusal::NotTheHolder { holder: held.to_ref() });
            }
            let decision = ActionDecision {
                v: ACTION_VERSION,
                id: DecisionId::next(&mut context.ids),
                case: so_far.case.id,
                owner: answer.owner,
                at: now,
                bundle: answer.bundle,
                baseline: Some(answer.baseline),
                principal: answer.principal,
                action,
                arguments,
                signals: answer.signals,
                verdict: answer.verdict,
                policies: answer.policies,
            };
            so_far.emit(Event::ActionAsked { decision: Box::new(decision) });
            // Permitted or not, an AI responder carries nothing out.
            ask(DecisionPoint::Escalate, Trigger::Yielded { reason: YieldReason::NeedsAction, found: None });
        }
        Command::EndAction { epoch, action, how, note: words } => {
            lease(&so_far.case, epoch)?;
            if !so_far.case.actions.contains_key(&action) {
                return Err(Refusal::UnknownAction { action });
            }
            so_far.emit(Event::ActionEnded { action, how, by: context.by.clone(), note: words, at: now });
        }
        Command::Merge { epoch, into } => {
            lease(&so_far.case, epoch)?;
            not_held_by_exception(&so_far.case)?;
            if into == so_far.case.id || so_far.case.absorbed.contains(&into) {
                return Err(Refusal::MergedIntoItself);
            }
            resolved(&mut so_far, None, Ending::Merged { into }, None, now);
        }
        Command::Absorb { from, situations, human_requested } => {
            if so_far.case.absorbed.contains(&from) {
                return Ok((so_far, question, note));
            }
            so_far.emit(Event::CaseAbsorbed { from, at: now });
            let before = so_far.events.len();
            for situation in situations {
                noted(&mut so_far, Some(situation), now);
            }
            if human_requested && !so_far.case.human_requested {
                measured(&mut so_far, human_wanted(now), now);
            }
            if so_far.events.len() > before && so_far.case.status == Status::Open {
                ask(DecisionPoint::Retain, Trigger::Absorbed { from });
            }
        }
        Command::GiveFeedback { feedback, reopens } => {
            so_far.emit(Event::FeedbackGiven { feedback, at: now });
            if let (Status::Resolved, Some(reason)) = (so_far.case.status, reopens) {
                reopened(&mut so_far, reason, now)?;
                ask(DecisionPoint::Route, Trigger::Reopened);
                return Ok((so_far, question, note));
            }
            let free = so_far.case.status == Status::Open
                && holding_exception(&so_far.case).is_none()
                && not_in_danger(&so_far.case).is_ok();
            if feedback.solved == Some(true) && free {
                resolved(&mut so_far, None, Ending::Confirmed, None, now);
            }
        }
        Command::NoteContact { case } => {
            if so_far.case.status == Status::Resolved && !so_far.case.contacted_again {
                so_far.emit(Event::ContactedAgain { case, at: now });
            }
        }
        Command::Abandon => {
            open_only(&so_far.case)?;
            not_held_by_exception(&so_far.case)?;
            not_in_danger(&so_far.case)?;
            resolved(&mut so_far, None, Ending::Abandoned, None, now);
        }
        Command::EndSilent { epoch } => {
            lease(&so_far.case, epoch)?;
            not_held_by_exception(&so_far.case)?;
            not_in_danger(&so_far.case)?;
            resolved(&mut so_far, None, Ending::Silent, None, now);
        }
        Command::Override { to, reason } => {
            open_only(&so_far.case)?;
            if so_far.case.holder.as_ref().and_then(Holder::responder) == Some(&to) {
                return Err(Refusal::HasItAlready { responder: to });
            }
            // Who says where the case goes has seen to the exception that held it.
            if let Some(exception) = holding_exception(&so_far.case) {
                let (by, reason) = (context.by.clone(), Some(reason.clone()));
                so_far.emit(Event::ExceptionResolved { exception, by, reason, remembers: true, at: now });
            }
            ask(DecisionPoint::Override, Trigger::Overridden { to, reason: reason.commit.clone() });
            note = Some(reason);
        }
        Command::MissSla { due } => {
            let owner = open_only(&so_far.case)?.accountable.clone();
            let kind = ExceptionKind::SlaMissed;
            if so_far.case.exceptions.values().all(|open| open.kind != kind) {
                let id = ExceptionId::next(&mut context.ids);
                let decision = so_far.case.last_decision;
                let exception =
                    Exception { id, kind, owner, due, raised: now, decision, taken_by: None, escalated_to: None };
                so_far.emit(Event::ExceptionRaised { exception, reason: None });
            }
        }
        Command::RaiseException { owner, due, reason } => {
            open_only(&so_far.case)?;
            let id = ExceptionId::next(&mut context.ids);
            let exception = Exception {
                id,
                kind: ExceptionKind::Raised,
                owner,
                due,
                raised: now,
                decision: None,
                taken_by: None,
                escalated_to: None,
            };
            so_far.emit(Event::ExceptionRaised { exception, reason: Some(reason) });
        }
        Command::EscalateException { exception, owner, due } => {
            known(&so_far.case, exception)?;
            so_far.emit(Event::ExceptionEscalated { exception, owner, due, at: now });
        }
        Command::TakeException { exception } => {
            known(&so_far.case, exception)?;
            so_far.emit(Event::ExceptionTaken { exception, by: context.by.clone(), at: now });
        }
        Command::ResolveException { exception, reason, close } => {
            known(&so_far.case, exception)?;
            let held = holding_exception(&so_far.case) == Some(exception);
            let by = context.by.clone();
            so_far.emit(Event::ExceptionResolved { exception, by, reason, remembers: true, at: now });
            if so_far.case.status == Status::Open && close {
                not_held_by_exception(&so_far.case)?;
                resolved(&mut so_far, None, Ending::Exception, None, now);
            } else if so_far.case.status == Status::Open && held {
                ask(DecisionPoint::Route, Trigger::ExceptionResolved);
            }
        }
        Command::Resolve { epoch, note, disposition } => {
            lease(&so_far.case, epoch)?;
            not_held_by_exception(&so_far.case)?;
            resolved(&mut so_far, note, Ending::Answered, disposition, now);
        }
        Command::Reopen { reason } => {
            if so_far.case.status == Status::Open {
                return Err(Refusal::CaseOpen);
            }
            reopened(&mut so_far, reason, now)?;
            ask(DecisionPoint::Route, Trigger::Reopened);
        }
        Command::Erase => erased(&mut so_far, context),
    }
    Ok((so_far, question, note))
}

fn reopened(so_far: &mut Happened, reason: Words, at: Timestamp) -> Result<(), Refusal> {
    if let Some(Ending::Merged { into }) = so_far.case.ending {
        return Err(Refusal::Merged { into });
    }
    so_far.emit(Event::CaseReopened { reason, at });
    Ok(())
}

/// Nobody can go on with a case whose words are gone, nor say why an exception on it is over.
fn erased(so_far: &mut Happened, context: &Context) {
    let (by, at) = (&context.by, context.now);
    if !so_far.case.erased {
        so_far.emit(Event::WordsErased { at });
    }
    let open: Vec<ExceptionId> = so_far.case.exceptions.keys().copied().collect();
    for exception in open {
        so_far.emit(Event::ExceptionResolved { exception, by: by.clone(), reason: None, remembers: true, at });
    }
    if so_far.case.status == Status::Open {
        resolved(so_far, None, Ending::Erased, None, at);
    }
}
