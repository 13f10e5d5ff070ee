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
    guard::with_words,
    happened::{Happened, Left},
};
use crate::refusal::Refusal;

/// Does what the command does by itself, and says what is left to be decided.
pub(super) fn on_case(so_far: &mut Happened, command: Command, context: &mut Context) -> Left {
    if command.has_words() {
        with_words(&so_far.case)?;
    }
    match command {
        Command::Open { .. } => Err(Refusal::CaseOpen),

        Command::Write { words, readings, situation } => messages::write(so_far, context, words, readings, situation),
        Command::WriteAgain { words, readings, situation } => {
            messages::write_again(so_far, context, words, readings, situation)
        }
        Command::KeepAutomatic { words, auto_submitted, situation } => {
            messages::keep_automatic(so_far, context, words, auto_submitted, situation)
        }
        Command::Answer { epoch, words, to, marks, found } => {
            messages::answer(so_far, context, epoch, words, to, marks, found)
        }
        Command::Attach { epoch, words, attachment } => messages::attach(so_far, context, epoch, words, attachment),

        Command::Measure { readings, situation, not_asked } => {
            readings::measure(so_far, context, readings, situation, not_asked)
        }
        Command::SetFields(fields) => readings::set_fields(so_far, context, fields),
        Command::EndSituation { situation, reason } => readings::end_situation(so_far, context, situation, reason),

        Command::Review { epoch, point, trigger } => handovers::review(so_far, epoch, point, trigger),
        Command::Rehome { from, to } => handovers::rehome(so_far, &from, to),
        Command::DeclineHandover { epoch, note } => handovers::decline_handover(so_far, context, epoch, note),
        Command::Yield { epoch, reason, note, found } => {
            handovers::yield_case(so_far, context, epoch, reason, note, found)
        }
        Command::DenyTurn { epoch, owner, due, reason } => {
            handovers::deny_turn(so_far, context, epoch, (owner, due), reason)
        }
        Command::ReturnToAi { epoch, note } => handovers::return_to_ai(so_far, epoch, note),
        Command::Transfer { epoch, to, note } => handovers::transfer(so_far, epoch, to, note),
        Command::Override { to, reason } => handovers::override_case(so_far, context, to, reason),

        Command::Offer { offer } => staff::offer(so_far, offer),
        Command::Accept { offer, staff } => staff::accept(so_far, offer, staff),
        Command::EndOffer { offer, staff, how } => staff::end_offer(so_far, context, offer, staff, how),
        Command::Withhold { withheld } => staff::withhold(so_far, withheld),
        Command::Return { epoch, note } => staff::return_case(so_far, epoch, note),
        Command::TakeBack { epoch } => staff::take_back(so_far, epoch),

        Command::Defer { epoch, wish } => deferrals::defer(so_far, context, epoch, wish),
        Command::EndDeferral { epoch, kind, how, due } => deferrals::end(so_far, context, epoch, kind, how, due),
        Command::MissDeferral { due } => deferrals::miss(so_far, context, due),
        Command::NoteAwaited { by } => deferrals::note_awaited(so_far, context, by),

        Command::Consult { epoch, queue, question } => advice::consult(so_far, context, epoch, queue, question),
        Command::AnswerConsult { consult, answer } => advice::answer_consult(so_far, context, consult, answer),
        Command::MoveConsult { consult, queue } => advice::move_consult(so_far, consult, queue),

        Command::AskAction { epoch, action, arguments, answer } => {
            actions::ask_action(so_far, context, epoch, action, arguments, *answer)
        }
        Command::NoteRequest { epoch, noted } => actions::note_request(so_far, epoch, noted),
        Command::EndAction { epoch, action, how, note } => {
            actions::end_action(so_far, context, epoch, action, how, note)
        }

        Command::MissSla { due } => exceptions::miss_sla(so_far, context, due),
        Command::RaiseException { owner, due, reason } => exceptions::raise(so_far, context, owner, due, reason),
        Command::EscalateException { exception, owner, due } => {
            exceptions::escalate(so_far, context, exception, owner, due)
        }
        Command::TakeException { exception } => exceptions::take(so_far, context, exception),
        Command::ResolveException { exception, reason, close } => {
            exceptions::resolve(so_far, context, exception, reason, close)
        }

        Command::Resolve { epoch, note, disposition } => endings::resolve(so_far, context, epoch, note, disposition),
        Command::Abandon => endings::abandon(so_far, context),
        Command::EndSilent { epoch } => endings::end_silent(so_far, context, epoch),
        Command::Merge { epoch, into } => endings::merge(so_far, context, epoch, into),
        Command::Absorb { from, situations, human_requested, reopens } => {
            endings::absorb(so_far, context, from, (situations, human_requested), reopens)
        }
        Command::GiveFeedback { feedback, reopens } => endings::give_feedback(so_far, context, feedback, reopens),
        Command::NoteLate { responder, epoch } => endings::note_late(so_far, context, responder, epoch),
        Command::NoteContact { case, linked } => endings::note_contact(so_far, context, case, linked),
        Command::Reopen { reason } => endings::reopen(so_far, context, reason),
        Command::Erase => endings::erase(so_far, context),
    }
}
