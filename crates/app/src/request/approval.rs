//! Whether something that was asked for exactly has been approved by now: confirmed by everybody who had to, looked at
//! once more, and carried out.

use super::{ask::is_asker, evaluate, read};
use crate::{Caller, Environment, Journal, refused::Refused};
use remit_domain::{
    Case,
    id::{RequestId, Timestamp},
    request::RequestState,
};
use serde_json::{Map, Value};

/// For how long after the moment by which it had to be confirmed an approval counts, in milliseconds.
const AFTER_MS: i64 = 600_000;

/// How it stands with an approval that somebody names for something that they would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApprovalState {
    /// It is of just that, which was carried out; it counts until then.
    Carried(Timestamp),
    /// It is of just that, which is not carried out yet.
    UnderWay,
    /// It is of just that, and its time is over.
    Over,
    /// It is of just that, which will not be carried out.
    Ended,
    /// It is of something else that they asked for.
    OfAnother,
    /// Nothing that they asked for is known by it.
    Unknown,
}

/// Until when the approval of a request counts, once it was carried out.
pub(crate) fn until(due: Timestamp) -> Timestamp {
    due.plus_ms(AFTER_MS)
}

/// How it stands with an approval, by the request that it is known by: for who asked for that, and for the same action
/// with the same arguments on the same case.
pub(crate) async fn approval(
    environment: &Environment,
    journal: &Journal,
    caller: &Caller,
    id: &str,
    case: &Case,
    action: &str,
    arguments: &Map<String, Value>,
) -> Result<ApprovalState, Refused> {
    let Ok(id) = id.parse::<RequestId>() else { return Ok(ApprovalState::Unknown) };
    let request = read::stored(journal, id).await?.map(|entry| entry.value);
    let Some(request) = request.filter(|request| is_asker(caller, request)) else { return Ok(ApprovalState::Unknown) };
    let is_same = request.case == case.id
        && request.action.as_str() == action
        && evaluate::hash(id, case, action, &request.by, arguments)? == request.hash;
    Ok(match request.state {
        _ if !is_same => ApprovalState::OfAnother,
        RequestState::Done if environment.now() < until(request.due) => ApprovalState::Carried(until(request.due)),
        RequestState::Done | RequestState::Expired => ApprovalState::Over,
        RequestState::Declined | RequestState::Withdrawn | RequestState::Failed => ApprovalState::Ended,
        RequestState::Asked
        | RequestState::Waiting
        | RequestState::Confirmed
        | RequestState::Executing
        | RequestState::Unknown => ApprovalState::UnderWay,
    })
}
