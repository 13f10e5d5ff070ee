//! What has to hold before a command does anything, and small steps that several commands take.

use super::{ATTACHED_BYTES_MAX, ATTACHMENTS_MAX, Context, Effects};
use crate::{
    case::{Case, Holder, HolderRef, Status},
    ending::Ending,
    event::{Attachment, Event, Words},
    exception::{Exception, ExceptionKind},
    field::SetFields,
    id::{DecisionId, Disposition, ExceptionId, OfferId, OwnerId, SignalName, StaffId, Timestamp},
    offer::Offer,
    refusal::Refusal,
    signal::{OWN_SOURCE, Reading, Value},
    situation::{NONE, Noted, SITUATION, SITUATION_BP, StandingSituation},
};
use smol_str::SmolStr;

pub(super) fn measured(draft: &mut Effects, readings: Vec<(SignalName, Reading)>, at: Timestamp) {
    if !readings.is_empty() {
        draft.emit(Event::SignalsMeasured { readings, at });
    }
}

/// The fields have these values from now on.
pub(super) fn set(draft: &mut Effects, set: SetFields, by: &str, at: Timestamp) {
    let SetFields { fields, taken_away, source, decides: _ } = set;
    let source = source.to_string();
    if !fields.is_empty() || !taken_away.is_empty() {
        draft.emit(Event::FieldsSet { fields, taken_away, source, by: by.to_owned(), at });
    }
}

/// Ends the customer's standing wish for a human, on the word of a source that the bundle believes: it was misread.
/// What the customer did outright cannot have been.
pub(super) fn unasked(draft: &mut Effects, source: Option<SmolStr>, by: &str, at: Timestamp) {
    if let Some(source) = source.filter(|_| draft.case.human_requested && !draft.case.human_outright) {
        draft.emit(Event::HumanWishEnded { source, by: by.to_owned(), at });
    }
}

/// The danger or need that was read stands from now on, unless it does already.
pub(super) fn noted(draft: &mut Effects, situation: Option<Noted>, at: Timestamp) {
    if let Some(noted) = situation.filter(|noted| draft.case.situations.adds(&noted.situation)) {
        draft.emit(Event::SituationNoted { noted, afresh: true, at });
    }
}

/// What Remit read last before situations stood on cases stands too, unless a person has ended it since.
pub(super) fn known_before(draft: &mut Effects, at: Timestamp) {
    let own = draft.case.readings.of(SITUATION).find(|reading| &*reading.source == OWN_SOURCE);
    let Some(Reading { value: Value::Name(situation), at: read, because, source }) = own else { return };
    if situation == NONE || draft.case.situations.ended(situation).is_some_and(|ended| ended >= *read) {
        return;
    }
    let strength = draft.case.readings.of(SITUATION_BP).find_map(|reading| match reading.value {
        Value::Long(bp) if &*reading.source == OWN_SOURCE => Some(bp),
        _ => None,
    });
    let (situation, source, because) = (situation.clone(), source.clone(), because.clone());
    noted(draft, Some(Noted { situation, strength_bp: strength.unwrap_or(0), source, rank: None, because }), at);
}

/// The reading that a holder's word stands for: the customer asked for a human.
pub(super) fn human_wanted(at: Timestamp) -> Vec<(SignalName, Reading)> {
    let because = vec!["the holder yielded with wants_human".to_owned()];
    let reading = Reading { value: Value::Bool(true), source: OWN_SOURCE.into(), at, because };
    SignalName::new("wants_human").map(|name| vec![(name, reading)]).unwrap_or_default()
}

pub(super) fn resolved(
    draft: &mut Effects,
    note: Option<Words>,
    how: Ending,
    disposition: Option<Disposition>,
    at: Timestamp,
) {
    if let Some((holder, staff)) = draft.case.holder.as_ref().map(|held| (held.to_ref(), held.staff.clone())) {
        draft.emit(Event::CaseResolved { holder, staff, note, how, disposition, at });
    }
}

/// An exception is raised, which nobody has taken on yet.
pub(super) fn raised(
    draft: &mut Effects,
    context: &mut Context,
    kind: ExceptionKind,
    (owner, due): (OwnerId, Timestamp),
    decision: Option<DecisionId>,
    reason: Option<Words>,
) {
    let exception = Exception {
        id: ExceptionId::next(&mut context.ids),
        kind,
        owner,
        due,
        raised: context.now,
        decision,
        taken_by: None,
        escalated_to: None,
    };
    draft.emit(Event::ExceptionRaised { exception, reason });
}

pub(super) fn open_only(case: &Case) -> Result<&Holder, Refusal> {
    match (&case.holder, case.status) {
        (Some(holder), Status::Open) => Ok(holder),
        _ => match case.ending {
            Some(Ending::Merged { into }) => Err(Refusal::Merged { into }),
            _ => Err(Refusal::CaseResolved),
        },
    }
}

pub(super) fn with_words(case: &Case) -> Result<(), Refusal> {
    if case.erased { Err(Refusal::WordsErased) } else { Ok(()) }
}

pub(super) fn with_room(case: &Case, attachment: &Attachment) -> Result<(), Refusal> {
    let bytes = case.attached_bytes.saturating_add(u64::from(attachment.bytes));
    if case.attached < ATTACHMENTS_MAX && bytes <= ATTACHED_BYTES_MAX {
        return Ok(());
    }
    Err(Refusal::TooMuchAttached { files: case.attached, bytes: case.attached_bytes })
}

/// The holder, if `epoch` is the current fencing number of an open case.
pub(super) fn lease(case: &Case, epoch: u64) -> Result<&Holder, Refusal> {
    let holder = open_only(case)?;
    if holder.epoch == epoch {
        Ok(holder)
    } else {
        Err(Refusal::LeaseLost { held: epoch, current: holder.epoch, holder: holder.to_ref() })
    }
}

/// The open offer with this identifier, if it was made to `staff`.
pub(super) fn open_offer<'a>(case: &'a Case, offer: OfferId, staff: Option<&StaffId>) -> Result<&'a Offer, Refusal> {
    let open = case.offer.as_ref().filter(|open| open.id == offer).ok_or(Refusal::OfferEnded { offer })?;
    match staff {
        Some(staff) if *staff != open.staff => Err(Refusal::OfferOfAnother { offer, staff: staff.clone() }),
        _ => Ok(open),
    }
}

pub(super) fn known(case: &Case, exception: ExceptionId) -> Result<(), Refusal> {
    if case.exceptions.contains_key(&exception) { Ok(()) } else { Err(Refusal::UnknownException { exception }) }
}

/// The open exception because of which its owner holds the case.
pub(super) fn holding_exception(case: &Case) -> Option<ExceptionId> {
    let HolderRef::Owner(owner) = &case.holder.as_ref()?.who else { return None };
    case.exceptions.values().find(|e| &e.owner == owner && e.kind.holds()).map(|e| e.id)
}

/// A danger stands until a person says otherwise, and so does the case: no customer's word and no silence ends it.
pub(super) fn not_in_danger(case: &Case) -> Result<(), Refusal> {
    let situation = |standing: &StandingSituation| standing.noted.situation.clone();
    case.situations.gravest().map(situation).map_or(Ok(()), |situation| Err(Refusal::InDanger { situation }))
}

/// What a case is put off for comes first: no silence ends it.
pub(super) fn not_put_off(case: &Case) -> Result<(), Refusal> {
    case.deferrals.keys().next().map_or(Ok(()), |kind| Err(Refusal::PutOff { kind: *kind }))
}

pub(super) fn not_held_by_exception(case: &Case) -> Result<(), Refusal> {
    holding_exception(case).map_or(Ok(()), |exception| Err(Refusal::HeldByException { exception }))
}
