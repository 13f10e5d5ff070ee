//! Advice of another queue, for the holder who keeps the case.

use crate::command::happened::Left;
use crate::{
    command::{
        Context, Happened,
        guard::{lease, open_only},
    },
    consult::Consult,
    event::{Event, Words},
    id::{ConsultId, ResponderId},
    refusal::Refusal,
};

/// Consults that are open on a case at once.
const CONSULTS_MAX: usize = 8;

pub(super) fn consult(
    so_far: &mut Happened,
    context: &mut Context,
    epoch: u64,
    queue: ResponderId,
    question: Words,
) -> Left {
    let held = lease(&so_far.case, epoch)?;
    let Some(by) = held.staff.clone() else {
        return Err(Refusal::NotTheHolder { holder: held.to_ref() });
    };
    if so_far.case.consults.len() >= CONSULTS_MAX {
        return Err(Refusal::TooManyConsults);
    }
    let (id, consult) = (ConsultId::next(&mut context.ids), Consult { queue, by, question, at: context.now });
    so_far.emit(Event::ConsultAsked { id, consult });
    Ok(None)
}

pub(super) fn answer_consult(so_far: &mut Happened, context: &Context, id: ConsultId, answer: Words) -> Left {
    open_only(&so_far.case)?;
    if !so_far.case.consults.contains_key(&id) {
        return Err(Refusal::UnknownConsult { consult: id });
    }
    so_far.emit(Event::ConsultAnswered { id, by: context.by.clone(), answer, at: context.now });
    Ok(None)
}

pub(super) fn move_consult(so_far: &mut Happened, id: ConsultId, queue: ResponderId) -> Left {
    let asked = so_far.case.consults.get(&id).ok_or(Refusal::UnknownConsult { consult: id })?;
    let consult = Consult { queue, ..asked.clone() };
    so_far.emit(Event::ConsultAsked { id, consult });
    Ok(None)
}
