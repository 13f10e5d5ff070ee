//! Readings, and situations that stand no more.

use crate::command::effects::{Left, ask};
use crate::{
    case::Status,
    command::{
        Context, Effects,
        act::deferrals::field_set,
        guard::{known_before, measured, noted, open_only, set, unasked, with_words},
    },
    decision::{DecisionPoint, Trigger},
    ending::Ending,
    event::{Event, Words},
    field::SetFields,
    id::SignalName,
    refusal::Refusal,
    signal::Reading,
    situation::Noted,
};
use smol_str::SmolStr;

pub(super) fn measure(
    draft: &mut Effects,
    context: &Context,
    readings: Vec<(SignalName, Reading)>,
    situation: Option<Noted>,
    not_asked: Option<SmolStr>,
) -> Left {
    with_words(&draft.case)?;
    known_before(draft, context.now);
    measured(draft, readings, context.now);
    unasked(draft, not_asked, &context.by, context.now);
    noted(draft, situation, context.now);
    match draft.case.status {
        Status::Open => ask(DecisionPoint::Retain, Trigger::SignalsPosted),
        Status::Resolved => Ok(None),
    }
}

/// An open case is decided anew where policies look at what was set.
pub(super) fn set_fields(draft: &mut Effects, context: &Context, fields: SetFields) -> Left {
    if let Some(Ending::Merged { into }) = draft.case.ending {
        return Err(Refusal::Merged { into });
    }
    let decides = fields.decides && draft.case.status == Status::Open;
    let names = fields.fields.keys().cloned().collect();
    set(draft, fields, &context.by, context.now);
    field_set(draft, context, &names);
    if decides { ask(DecisionPoint::Retain, Trigger::FieldsSet) } else { Ok(None) }
}

pub(super) fn end_situation(draft: &mut Effects, context: &Context, situation: SmolStr, reason: Words) -> Left {
    open_only(&draft.case)?;
    if !draft.case.situations.stands(&situation) {
        return Err(Refusal::UnknownSituation { situation });
    }
    draft.emit(Event::SituationEnded { situation, by: context.by.clone(), reason, at: context.now });
    ask(DecisionPoint::Retain, Trigger::SituationEnded)
}
