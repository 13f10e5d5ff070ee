//! What each command does to a case that there is: a table of contents.

mod actions;
mod advice;
pub(super) mod deferrals;
mod endings;
mod exceptions;
mod handovers;
mod messages;
mod readings;
mod staff;

use super::{
    Command, Context,
    effects::{Effects, Left},
    guard::with_words,
};
use crate::refusal::Refusal;

/// Does what the command does by itself, and says what is left to be decided.
pub(super) fn on_case(draft: &mut Effects, command: Command, context: &mut Context) -> Left {
    if command.has_words() {
        with_words(&draft.case)?;
    }
    match command {
        Command::Open { .. } => Err(Refusal::CaseOpen),

        Command::Write { words, readings, situation } => messages::write(draft, context, words, readings, situation),
        Command::WriteAgain { words, readings, situation } => {
            messages::write_again(draft, context, words, readings, situation)
        }
        Command::KeepAutomatic { words, auto_submitted, situation } => {
            messages::keep_automatic(draft, context, words, auto_submitted, situation)
        }
        Command::Answer { epoch, words, to, marks, found } => {
            messages::answer(draft, context, epoch, words, to, marks, found)
        }
        Command::Attach { epoch, words, attachment } => messages::attach(draft, context, epoch, words, attachment),

        Command::Measure { readings, situation, not_asked } => {
            readings::measure(draft, context, readings, situation, not_asked)
        }
        Command::SetFields(fields) => readings::set_fields(draft, context, fields),
        Command::EndSituation { situation, reason } => readings::end_situation(draft, context, situation, reason),

        Command::Review { epoch, point, trigger } => handovers::review(draft, epoch, point, trigger),
        Command::Rehome { from, to } => handovers::rehome(draft, &from, to),
        Command::DeclineHandover { epoch, note } => handovers::decline_handover(draft, context, epoch, note),
        Command::Yield { epoch, reason, note, found } => {
            handovers::yield_case(draft, context, epoch, reason, note, found)
        }
        Command::DenyTurn { epoch, owner, due, reason } => {
            handovers::deny_turn(draft, context, epoch, (owner, due), reason)
        }
        Command::ReturnToAi { epoch, note } => handovers::return_to_ai(draft, epoch, note),
        Command::Transfer { epoch, to, note } => handovers::transfer(draft, epoch, to, note),
        Command::Override { to, reason } => handovers::override_case(draft, context, to, reason),

        Command::Offer { offer } => staff::offer(draft, offer),
        Command::Accept { offer, staff } => staff::accept(draft, offer, staff),
        Command::EndOffer { offer, staff, how } => staff::end_offer(draft, context, offer, staff, how),
        Command::Withhold { withheld } => staff::withhold(draft, withheld),
        Command::Return { epoch, note } => staff::return_case(draft, epoch, note),
        Command::TakeBack { epoch } => staff::take_back(draft, epoch),

        Command::Defer { epoch, wish } => deferrals::defer(draft, context, epoch, wish),
        Command::EndDeferral { epoch, kind, how, due } => deferrals::end(draft, context, epoch, kind, how, due),
        Command::MissDeferral { due } => deferrals::miss(draft, context, due),
        Command::NoteAwaited { by } => deferrals::note_awaited(draft, context, by),

        Command::Consult { epoch, queue, question } => advice::consult(draft, context, epoch, queue, question),
        Command::AnswerConsult { consult, answer } => advice::answer_consult(draft, context, consult, answer),
        Command::MoveConsult { consult, queue } => advice::move_consult(draft, consult, queue),

        Command::AskAction { epoch, action, arguments, answer } => {
            actions::ask_action(draft, context, epoch, action, arguments, *answer)
        }
        Command::NoteRequest { epoch, noted } => actions::note_request(draft, epoch, noted),
        Command::NoteRequestEnd(ended) => actions::note_request_end(draft, ended),
        Command::EndAction { epoch, action, how, note } => {
            actions::end_action(draft, context, epoch, action, how, note)
        }

        Command::MissSla { due } => exceptions::miss_sla(draft, context, due),
        Command::RaiseException { owner, due, reason } => exceptions::raise(draft, context, owner, due, reason),
        Command::EscalateException { exception, owner, due } => {
            exceptions::escalate(draft, context, exception, owner, due)
        }
        Command::TakeException { exception } => exceptions::take(draft, context, exception),
        Command::GiveUpException { exception, reason } => exceptions::give_up(draft, context, exception, reason),
        Command::ResolveException { exception, reason, close } => {
            exceptions::resolve(draft, context, exception, reason, close)
        }

        Command::Resolve { epoch, note, disposition } => endings::resolve(draft, context, epoch, note, disposition),
        Command::Abandon => endings::abandon(draft, context),
        Command::EndSilent { epoch } => endings::end_silent(draft, context, epoch),
        Command::Merge { epoch, into } => endings::merge(draft, context, epoch, into),
        Command::Absorb { from, situations, human_requested, reopens } => {
            endings::absorb(draft, context, from, (situations, human_requested), reopens)
        }
        Command::GiveFeedback { feedback, reopens } => endings::give_feedback(draft, context, feedback, reopens),
        Command::NoteLate { responder, epoch } => endings::note_late(draft, context, responder, epoch),
        Command::NoteContact { case, linked } => endings::note_contact(draft, context, case, linked),
        Command::Reopen { reason } => endings::reopen(draft, context, reason),
        Command::Erase => endings::erase(draft, context),
    }
}
