//! Readings, and situations that stand no more.

use crate::command::happened::{Left, ask};
use crate::{
    case::Status,
    command::{
        Context, Happened,
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
    so_far: &mut Happened,
    context: &Context,
    readings: Vec<(SignalName, Reading)>,
    situation: Option<Noted>,
    not_asked: Option<SmolStr>,
) -> Left {
    with_words(&so_far.case)?;
    known_before(so_far, context.now);
    measured(so_far, readings, context.now);
    unasked(so_far, not_asked, &context.by, context.now);
    noted(so_far, situation, context.now);
    match so_far.case.status {
        Status::Open => ask(DecisionPoint::Retain, Trigger::SignalsPosted),
        Status::Resolved => Ok(None),
    }
}

/// An open case is decided anew where policies look at what was set.
pub(super) fn set_fields(so_far: &mut Happened, context: &Context, fields: SetFields) -> Left {
    if let Some(Ending::Merged { into }) = so_far.case.ending {
        return Err(Refusal::Merged { into });
    }
    let decides = fields.decides && so_far.case.status == Status::Open;
    let names = fields.fields.keys().cloned().collect();
    set(so_far, fields, &context.by, context.now);
    field_set(so_far, context, &names);
    if decides { ask(DecisionPoint::Retain, Trigger::FieldsSet) } else { Ok(None) }
}

pub(super) fn end_situation(so_far: &mut Happened, context: &Context, situation: SmolStr, reason: Words) -> Left {
    open_only(&so_far.case)?;
    if !so_far.case.situations.stands(&situation) {
        return Err(Refusal::UnknownSituation { situation });
    }
    so_far.emit(Event::SituationEnded { situation, by: context.by.clone(), reason, at: context.now });
    ask(DecisionPoint::Retain, Trigger::SituationEnded)
}
