//! Advice of another queue, for the holder who keeps the case.

use crate::command::effects::Left;
use crate::{
    command::{
        Context, Effects,
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
    draft: &mut Effects,
    context: &mut Context,
    epoch: u64,
    queue: ResponderId,
    question: Words,
) -> Left {
    let held = lease(&draft.case, epoch)?;
    let Some(by) = held.staff.clone() else {
        return Err(Refusal::NotTheHolder { holder: held.to_ref() });
    };
    if draft.case.consults.len() >= CONSULTS_MAX {
        return Err(Refusal::TooManyConsults);
    }
    let (id, consult) = (ConsultId::next(&mut context.ids), Consult { queue, by, question, at: context.now });
    draft.emit(Event::ConsultAsked { id, consult });
    Ok(None)
}

pub(super) fn answer_consult(draft: &mut Effects, context: &Context, id: ConsultId, answer: Words) -> Left {
    open_only(&draft.case)?;
    if !draft.case.consults.contains_key(&id) {
        return Err(Refusal::UnknownConsult { consult: id });
    }
    draft.emit(Event::ConsultAnswered { id, by: context.by.clone(), answer, at: context.now });
    Ok(None)
}

pub(super) fn move_consult(draft: &mut Effects, id: ConsultId, queue: ResponderId) -> Left {
    let asked = draft.case.consults.get(&id).ok_or(Refusal::UnknownConsult { consult: id })?;
    let consult = Consult { queue, ..asked.clone() };
    draft.emit(Event::ConsultAsked { id, consult });
    Ok(None)
}
