//! What customers are told of who has their case, in words. Names are put in here; records hold none.

use crate::{Governance, Live, case::waiting::about, environment::clock::rfc3339};
use remit_domain::{
    Case,
    announcement::Announcement,
    deferral::{Deferral, DeferralKind},
    id::{ResponderId, StaffId, Timestamp},
    signal::Value,
};
use remit_signals::readings::UNDETERMINED;

/// What the customer is told, in their language, when `holder`, or `staff` of it, has the case.
pub(crate) fn announce(
    governance: &Governance,
    live: &Live,
    told: Announcement,
    holder: &str,
    staff: Option<&StaffId>,
    language: Option<&str>,
) -> String {
    let say = |text: &str, with: &[(&str, &str)]| governance.bundle.texts().say(language, text, with);
    let title = title(governance, holder);
    match told {
        Announcement::Ai => say("ai_answers", &[("title", &title)]),
        Announcement::Waiting { opens: Some(opens), .. } => {
            let will = say("person_will_answer", &[("title", &title)]);
            let until = moment(governance, holder, opens, language, "waits_for_opening");
            format!("{will} {}", say("waits_for_opening", &[("time", &until)]))
        }
        Announcement::CallBack { from } => {
            let time = moment(governance, holder, from, language, "calls_back");
            say("calls_back", &[("title", &title), ("time", &time)])
        }
        Announcement::Waiting { expected_wait_ms, opens: None } => {
            let will = say("person_will_answer", &[("title", &title)]);
            let how_long = match expected_wait_ms.filter(|_| live.floor.is_staffed()) {
                Some(ms) => say("wait_expected", &[("wait", &about(governance, language, ms))]),
                // The figure of a record that was made where nobody's presence was noted bears nothing out.
                None => say("wait_not_known", &[]),
            };
            format!("{will} {how_long}")
        }
        Announcement::Person => match staff.and_then(|staff| live.floor.staff(staff)) {
            Some(item) => say("named_person_is_here", &[("name", &item.first_name)]),
            None => say("person_is_here", &[]),
        },
        Announcement::Owner { due } => {
            let unnamed = say("owner_without_a_name", &[]);
            let owner = governance.bundle.owner_title(holder).unwrap_or(&unnamed);
            say("owner_acts", &[("owner", owner), ("time", &rfc3339(due))])
        }
    }
}

/// What the customer is told of a case that is put off, by which moment something happens; nothing where that is for
/// those who work on it.
pub(crate) fn put_off(governance: &Governance, case: &Case, deferral: &Deferral) -> Option<String> {
    let text = match deferral.kind {
        DeferralKind::Callback if deferral.decision.is_some() => "calls_back",
        DeferralKind::Callback => "callback_agreed",
        DeferralKind::ThirdParty => "third_party_awaited",
        DeferralKind::Snooze | DeferralKind::FollowUp => return None,
    };
    let queue = case.holder.as_ref().map_or("", |holder| holder.who.name());
    let time = moment(governance, queue, deferral.until, language(case), text);
    let title = title(governance, queue);
    Some(governance.bundle.texts().say(language(case), text, &[("title", &title), ("time", &time)]))
}

/// A moment in the zone of a queue, as it stands in the text of this name in the customer's language.
pub(crate) fn moment(
    governance: &Governance,
    queue: &str,
    at: Timestamp,
    language: Option<&str>,
    text: &str,
) -> String {
    let spec = ResponderId::new(queue).ok().and_then(|id| governance.bundle.candidate(&id));
    let there = spec.and_then(|spec| spec.queue.as_ref()?.wall_time(at));
    there.map_or_else(|| rfc3339(at), |there| governance.bundle.texts().moment(language, text, &there))
}

/// The language in which the customer of a case is told things: that of their words, where it is known.
pub(crate) fn language(case: &Case) -> Option<&str> {
    case.readings.of("language").find_map(|reading| match &reading.value {
        Value::Name(tag) if tag != UNDETERMINED => Some(tag.as_str()),
        _ => None,
    })
}

/// What people call a responder.
pub(crate) fn title(governance: &Governance, responder: &str) -> String {
    let spec = ResponderId::new(responder).ok().and_then(|id| governance.bundle.candidate(&id));
    spec.map_or_else(|| responder.to_owned(), |spec| spec.title.clone())
}
