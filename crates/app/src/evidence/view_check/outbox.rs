//! What remains to be done about a case, against what its records leave to be done.

use crate::journal::outbox::{Look, TIMER, TURN, TurnDue, deferral_row};
use remit_domain::{Case, case::Status};
use remit_store::OutboxRow;

/// What of the outbox of a case does not follow from it, if something does not. `made` is what its records make of it;
/// `is_whole` says that everything that they leave to be done has to be there.
pub(super) fn differs(rows: &[OutboxRow], made: &Case, is_whole: bool) -> Option<String> {
    if let Some((row, how)) = rows.iter().find_map(|row| unfit(row, made).map(|how| (row, how))) {
        return Some(format!("what remains to be done as `{}` does not follow from them: {how}", row.id));
    }
    if !is_whole || made.erased {
        return None;
    }
    let offer = made.offer.as_ref().filter(|_| made.status == Status::Open).map(|offer| format!("offer:{}", offer.id));
    let exceptions = made.exceptions.keys().map(|id| format!("exception:{id}"));
    let deferrals = made.deferrals.keys().map(|kind| deferral_row(made.id, *kind));
    let missing = offer.into_iter().chain(exceptions).chain(deferrals).find(|id| !rows.iter().any(|row| row.id == *id));
    missing.map(|id| format!("`{id}` remains to be looked at, and is not in the outbox"))
}

/// Whether the customer of an open case waits for a responder, and nothing remains to be done that looks at a promise.
pub(super) fn lacks_promise(rows: &[OutboxRow], made: &Case) -> bool {
    let waits = made.status == Status::Open && !made.erased && made.waiting_since.is_some();
    let look = format!("sla:{}", made.id);
    waits
        && made.holder.as_ref().is_some_and(|holder| holder.responder().is_some())
        && !rows.iter().any(|row| row.id == look && row.kind == TIMER)
}

/// Why a row cannot be what a commit to the case left, if it cannot.
fn unfit(row: &OutboxRow, made: &Case) -> Option<String> {
    let case = made.id;
    let (wanted, due) = match row.kind.as_str() {
        TURN => {
            let Ok(turn) = serde_json::from_slice::<TurnDue>(&row.body) else { return unread() };
            let epoch = made.holder.as_ref().map_or(0, |holder| holder.epoch);
            if turn.epoch > epoch {
                return Some(format!("it is under the lease {}, and the newest is {epoch}", turn.epoch));
            }
            let mine = format!("turn:{case}:{}:", turn.epoch);
            let of = row.id.strip_prefix(&mine).and_then(|messages| messages.parse::<u32>().ok());
            let Some(messages) = of.filter(|messages| *messages <= made.messages) else {
                return Some("it is named otherwise".to_owned());
            };
            let newest = turn.epoch == epoch && messages == made.messages;
            let holder = made.holder.as_ref().and_then(|holder| holder.responder());
            if newest && (holder != Some(&turn.responder) || turn.message != made.last_customer_message) {
                return Some("it asks somebody else, or about another message".to_owned());
            }
            (row.id.clone(), None)
        }
        TIMER => match serde_json::from_slice::<Look>(&row.body) {
            Err(_) => return unread(),
            Ok(Look::Offer { offer }) => match &made.offer {
                Some(open) if open.id == offer => (format!("offer:{offer}"), Some(open.due)),
                _ => return Some("the offer is not open".to_owned()),
            },
            Ok(Look::Exception { exception }) => match made.exceptions.get(&exception) {
                Some(open) => (format!("exception:{exception}"), Some(open.due)),
                None => return Some("the exception is not open".to_owned()),
            },
            Ok(Look::Silence { messages }) if messages > made.messages => {
                return Some(format!("it is after message {messages}, and there are {}", made.messages));
            }
            Ok(Look::Silence { .. }) => (format!("silence:{case}"), None),
            Ok(Look::Sla) => (format!("sla:{case}"), None),
            Ok(Look::Needs) => (format!("needs:{case}"), None),
            Ok(Look::Closed) => (format!("closed:{case}"), None),
            Ok(Look::FactsSet) => (format!("facts:{case}"), None),
            Ok(Look::Deferral { of }) => match made.deferrals.get(&of) {
                Some(open) => (deferral_row(case, of), Some(open.next_moment())),
                None => return Some("it is not put off so".to_owned()),
            },
            Ok(
                Look::Absorb { .. }
                | Look::ContactedAgain { .. }
                | Look::Followed { .. }
                | Look::Back { .. }
                | Look::Unattended
                | Look::Awaited { .. }
                | Look::CaseEnded { .. },
            ) => (row.id.clone(), None),
        },
        // What other work leaves is for that to know.
        _ => (row.id.clone(), None),
    };
    if row.id != wanted {
        return Some(format!("it would be named `{wanted}`"));
    }
    due.filter(|due| due.0 != row.due_ms).map(|due| format!("it is due at {}, and they say {}", row.due_ms, due.0))
}

fn unread() -> Option<String> {
    Some("it cannot be read".to_owned())
}
