//! Messages and files: of the requester, of the holder and of machines.

use crate::command::effects::{Left, ask};
use crate::{
    automatic::AutoSubmitted,
    case::{Author, Status},
    command::{
        Context, Effects,
        act::deferrals::{customer_wrote, was_called},
        guard::{known_before, lease, measured, noted, open_only, with_room},
    },
    decision::{DecisionPoint, Trigger},
    ending::Ending,
    event::{Attachment, Event, Mark, Message, Words},
    id::{MessageId, SignalName},
    refusal::Refusal,
    retrieval::Retrieval,
    signal::Reading,
    situation::Noted,
};

pub(super) fn write(
    draft: &mut Effects,
    context: &mut Context,
    words: Words,
    readings: Vec<(SignalName, Reading)>,
    situation: Option<Noted>,
) -> Left {
    open_only(&draft.case)?;
    let message = Message::new(MessageId::next(&mut context.ids), Author::Requester, words);
    draft.emit(Event::MessageAdded { message, at: context.now });
    customer_wrote(draft, context);
    known_before(draft, context.now);
    measured(draft, readings, context.now);
    noted(draft, situation, context.now);
    ask(DecisionPoint::Retain, Trigger::CustomerMessage)
}

/// What the customer writes on a case that had ended is why it is reopened.
pub(super) fn write_again(
    draft: &mut Effects,
    context: &mut Context,
    words: Words,
    readings: Vec<(SignalName, Reading)>,
    situation: Option<Noted>,
) -> Left {
    match (draft.case.status, draft.case.ending) {
        (Status::Open, _) => return write(draft, context, words, readings, situation),
        (Status::Resolved, Some(Ending::Merged { into })) => return Err(Refusal::Merged { into }),
        (Status::Resolved, _) => {}
    }
    draft.emit(Event::CaseReopened { reason: words.clone(), at: context.now });
    let message = Message::new(MessageId::next(&mut context.ids), Author::Requester, words);
    draft.emit(Event::MessageAdded { message, at: context.now });
    known_before(draft, context.now);
    measured(draft, readings, context.now);
    noted(draft, situation, context.now);
    ask(DecisionPoint::Route, Trigger::Reopened)
}

pub(super) fn keep_automatic(
    draft: &mut Effects,
    context: &mut Context,
    words: Words,
    auto_submitted: AutoSubmitted,
    situation: Option<Noted>,
) -> Left {
    if let Some(Ending::Merged { into }) = draft.case.ending {
        return Err(Refusal::Merged { into });
    }
    let message = Message::new(MessageId::next(&mut context.ids), Author::Requester, words);
    let message = Message { auto_submitted: Some(auto_submitted), ..message };
    draft.emit(Event::MessageAdded { message, at: context.now });
    let new = situation.as_ref().is_some_and(|noted| draft.case.situations.adds(&noted.situation));
    noted(draft, situation, context.now);
    match draft.case.status {
        Status::Open if new => ask(DecisionPoint::Retain, Trigger::SignalsPosted),
        _ => Ok(None),
    }
}

pub(super) fn answer(
    draft: &mut Effects,
    context: &mut Context,
    epoch: u64,
    words: Words,
    to: Option<MessageId>,
    marks: Vec<Mark>,
    found: Option<Box<Retrieval>>,
) -> Left {
    let held = lease(&draft.case, epoch)?;
    let (holder, staff) = (held.to_ref(), held.staff.clone());
    if to.is_some() && to != draft.case.last_customer_message {
        return Err(Refusal::MessageCameBetween);
    }
    let author = Author::Holder { holder, epoch, staff };
    let message = Message { marks, found, ..Message::new(MessageId::next(&mut context.ids), author, words) };
    draft.emit(Event::MessageAdded { message, at: context.now });
    was_called(draft, context);
    Ok(None)
}

pub(super) fn attach(
    draft: &mut Effects,
    context: &mut Context,
    epoch: Option<u64>,
    words: Words,
    attachment: Attachment,
) -> Left {
    let held = match epoch {
        Some(epoch) => lease(&draft.case, epoch)?,
        None => open_only(&draft.case)?,
    };
    let by = |epoch| Author::Holder { holder: held.to_ref(), epoch, staff: held.staff.clone() };
    let author = epoch.map_or(Author::Requester, by);
    with_room(&draft.case, &attachment)?;
    let mut message = Message::new(MessageId::next(&mut context.ids), author, words);
    message.attachments.push(attachment);
    draft.emit(Event::MessageAdded { message, at: context.now });
    match epoch {
        Some(_) => {
            was_called(draft, context);
            Ok(None)
        }
        None => {
            customer_wrote(draft, context);
            ask(DecisionPoint::Retain, Trigger::CustomerMessage)
        }
    }
}
