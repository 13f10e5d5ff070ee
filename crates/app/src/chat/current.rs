//! The case that a chat goes on with.

use crate::{Journal, journal::stored_case, live::chats::Chat, refused::Refused};
use remit_domain::{Case, ending::Ending, id::CaseId};

/// Cases that ended one in the other, at most, before the last is found.
const MERGES_MAX: usize = 8;

/// The case that a chat goes on with: its last one, or the one in which that ended.
pub fn current_of(journal: &Journal, chat: &Chat) -> Result<Option<CaseId>, Refused> {
    let Some(mut current) = chat.current() else { return Ok(None) };
    for _ in 0..MERGES_MAX {
        let ended = stored_case::stored_case(journal, current)?.and_then(|case| case.ending);
        let Some(Ending::Merged { into }) = ended else { break };
        current = into;
        chat.add(into);
    }
    Ok(Some(current))
}

/// Whether the customer can say that it is solved: somebody answered, they have said nothing since, and no danger
/// stands that only who has the case ends.
pub(crate) fn can_confirm(case: &Case) -> bool {
    let answered = case.replies > 0 && case.waiting_since.is_none();
    let held = case.holder.as_ref().is_some_and(|holder| holder.responder().is_some());
    answered && held && case.situations.gravest().is_none()
}
