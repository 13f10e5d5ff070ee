//! The promises about a case that is put off: what waits for a moment is neither lost nor forgotten nor in the way.

use remit_domain::{
    Case, Command, Decision, Event,
    announcement::Announcement,
    case::Status,
    command::Effects,
    deferral::{DeferralHow, DeferralKind},
};

/// What holds of every case.
///
/// # Errors
/// Which promise was broken, in words.
pub(crate) fn check(command: &Command, case: &Case) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{why}: {:?} of {:?}", case.deferrals, case.status));
    if case.status == Status::Resolved && !case.deferrals.is_empty() {
        return wrong("P1: a case that has ended is put off");
    }
    if case.held_by_ai && !case.deferrals.is_empty() {
        return wrong("P5: a machine has what people are to see to at a moment");
    }
    let wrote = matches!(command, Command::Write { .. } | Command::WriteAgain { .. });
    if wrote && case.deferrals.contains_key(&DeferralKind::Snooze) {
        return wrong("P5: a snooze outlived the customer's message");
    }
    let callback = case.deferrals.get(&DeferralKind::Callback);
    let promised =
        callback.is_some_and(|callback| callback.decision.is_some() && callback.decision == case.last_decision);
    if wrote && case.is_put_off() && !promised {
        return wrong("P5: the customer wrote, and nobody has to do anything");
    }
    let due = callback.is_some_and(|callback| callback.is_due);
    if due && case.waiting_since.is_none() {
        return wrong("P5: the customer is to be called, and does not count as waiting");
    }
    Ok(())
}

/// What the customer was told of a call is what the clock is set to, unless they agreed on another moment.
///
/// # Errors
/// Which promise was broken, in words.
pub(crate) fn promised(effects: &Effects) -> Result<(), String> {
    let told = effects.events.iter().find_map(|event| match event {
        Event::DecisionMade { handoff: Some(handoff), .. } => match handoff.announced {
            Some(Announcement::CallBack { from }) => Some(from),
            _ => None,
        },
        _ => None,
    });
    let callback = effects.case.deferrals.get(&DeferralKind::Callback);
    let kept = |from| {
        callback.is_some_and(|call| {
            let agreed = call.decision.is_none();
            (agreed || call.until == from) && call.call_by.is_some_and(|by| by > call.until)
        })
    };
    match told {
        Some(from) if !kept(from) => Err(format!("P5: a call was promised for {from:?}, and there is {callback:?}")),
        _ => Ok(()),
    }
}

/// How a deferral may go, and that whoever has the case keeps it all the while.
///
/// # Errors
/// Which promise was broken, in words.
pub(crate) fn ended(before: &Case, event: &Event, after: &Case) -> Result<(), String> {
    for kind in before.deferrals.keys().filter(|kind| !after.deferrals.contains_key(kind)) {
        let fits = match event {
            Event::DeferralEnded { end } => end.kind == *kind,
            Event::CaseResolved { .. } => true,
            Event::DecisionMade { handoff: Some(_), .. } => *kind == DeferralKind::Snooze,
            _ => false,
        };
        if !fits {
            return Err(format!("P5: {} ended a {}", event.kind(), kind.as_str()));
        }
    }
    match event {
        // Who was promised a call waits until somebody speaks to them.
        Event::DeferralEnded { end }
            if end.how == DeferralHow::Missed
                && end.kind == DeferralKind::Callback
                && after.waiting_since.is_none() =>
        {
            return Err("P5: a call was missed, and the customer does not count as waiting".to_owned());
        }
        Event::OfferMade { .. } if before.is_put_off() => {
            return Err("P2: what is put off was offered to somebody".to_owned());
        }
        Event::CaseDeferred { .. } if before.held_by_ai => {
            return Err("P5: what a machine has was put off".to_owned());
        }
        _ => {}
    }
    Ok(())
}

/// Whether a queue that closes may have a case anew so that its customer is told when it opens: nobody has taken it,
/// and the queue collects it, or calls back where `nobody` is there, or a person put it there.
pub(crate) fn waits_for_opening(before: &Case, decision: &Decision, nobody: bool) -> bool {
    let Some(holder) = before.holder.as_ref().filter(|holder| holder.staff.is_none()) else { return false };
    let collects = holder.responder().and_then(|queue| decision.collecting.get(queue));
    collects.is_some_and(|collects| !collects.calls_back || nobody || before.set_aside.is_some())
}
