//! Requests whose confirmation a delegate waits for by asking from time to time (CIBA): what came of one, and the code
//! that its customer is shown beside it.

use super::{REQUESTS, read, record};
use crate::{
    ATTEMPTS, Journal, Parts,
    pipeline::projections,
    refused::{Kind, Refused, refused},
};
use remit_domain::{
    id::{DelegateId, DelegationId, RequestId, Timestamp},
    request::{Asker, Request, RequestCommand, RequestState},
};
use remit_store::CommitError;

/// What came of a request that somebody waits for the confirmation of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// Nobody has answered.
    Nothing,
    /// It is confirmed, whatever became of it since.
    Yes,
    /// It was declined, taken back, or is not what was asked for any more.
    No,
    /// Nobody answered in time.
    Late,
}

/// What came of a request by `now`.
pub(crate) fn came(request: &Request, now: Timestamp) -> Came {
    match request.state {
        RequestState::Waiting if now >= request.due => Came::Late,
        RequestState::Asked | RequestState::Waiting => Came::Nothing,
        RequestState::Expired => Came::Late,
        RequestState::Declined | RequestState::Withdrawn => Came::No,
        RequestState::Confirmed
        | RequestState::Executing
        | RequestState::Done
        | RequestState::Failed
        | RequestState::Unknown => Came::Yes,
    }
}

/// The request of this identifier that a delegate made, with the delegation under which it did; nothing where there is
/// none, or it is somebody else's.
pub(crate) async fn of_delegate(
    journal: &Journal,
    id: RequestId,
    delegate: DelegateId,
) -> Result<Option<(Request, DelegationId)>, Refused> {
    let Some(entry) = read::stored(journal, id).await? else { return Ok(None) };
    let under = match &entry.value.by {
        Asker::Delegate(asker) if asker.delegate == delegate => asker.chain.last().copied(),
        _ => None,
    };
    Ok(under.map(|under| (entry.value, under)))
}

/// Has the customer shown a code beside a request that waits for them.
///
/// # Errors
/// [`Kind::Conflict`] where it does not wait for them (any more).
pub(crate) async fn show_code(parts: &Parts, id: RequestId, code: &str, by: DelegateId) -> Result<(), Refused> {
    for _ in 0..ATTEMPTS {
        let gone = || Refused::new(Kind::NotFound, "there is no such request any more");
        let entry = read::stored(&parts.journal, id).await?.ok_or_else(gone)?;
        let now = parts.environment.now();
        let change = entry.value.act(RequestCommand::ShowCode { code: code.to_owned(), by }, now)?;
        let (request, commit) =
            record::changed(&parts.environment, &parts.journal, &by.to_string(), &entry, change, now).await?;
        match projections::commit_on(parts, request.case, commit).await {
            Ok(_) => return Ok(()),
            Err(CommitError::ItemConflict { kind, .. }) if kind == REQUESTS.kind() => {
                parts.environment.metrics.conflicts.inc();
            }
            Err(error) => return Err(refused(error)),
        }
    }
    Err(Refused::new(Kind::Changed, format!("{ATTEMPTS} attempts met {ATTEMPTS} other writes")))
}
