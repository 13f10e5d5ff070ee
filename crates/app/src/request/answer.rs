//! Confirmations: a yes or a no to exact requests, by the customer or by staff.

use super::{
    change::{self, ListedRequest, Read, Wish, change},
    view::RequestView,
};
use crate::{
    Caller, Done, Live, Parts, Repeat, bounds,
    caller::principal::Principal,
    operation::{ConfirmRequestRefusal, ConfirmRequestsRefusal, DeclineRequestRefusal},
    refused::{Kind, Refused},
};
use remit_domain::{
    id::{CaseId, Digest},
    request::{Asker, Batch, Confirmation, Confirmer, Request, RequestCommand, RequestRefusal, Via},
};
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A yes or a no.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    /// The hash of the request that was shown.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
    /// For how long it was before who answers, in milliseconds, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 86_400_000)]
    pub seen_ms: Option<i64>,
}

/// A yes or a no to requests of one case, to all of them or to none.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequests {
    /// Which, each as it was shown.
    #[schema(min_items = 1, max_items = 50)]
    pub requests: Vec<ListedRequest>,
    /// For how long they were before who answers, in milliseconds, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 86_400_000)]
    pub seen_ms: Option<i64>,
}

/// Requests that were answered together.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AnsweredRequests {
    /// Each as it is now, in the order in which they were listed.
    pub requests: Vec<RequestView>,
}

/// Says yes to a request.
///
/// # Errors
/// [`ConfirmRequestRefusal`] says when each arises.
pub async fn confirm_request(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    request: &str,
    answer: AnswerRequest,
) -> Result<Done<RequestView>, ConfirmRequestRefusal> {
    Ok(answer_one(parts, caller, repeat, request, answer, RequestCommand::Confirm).await?)
}

/// Says no to a request.
///
/// # Errors
/// [`DeclineRequestRefusal`] says when each arises.
pub async fn decline_request(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    request: &str,
    answer: AnswerRequest,
) -> Result<Done<RequestView>, DeclineRequestRefusal> {
    Ok(answer_one(parts, caller, repeat, request, answer, RequestCommand::Decline).await?)
}

/// Says yes to requests of one case, to all of them or to none.
///
/// # Errors
/// [`ConfirmRequestsRefusal`] says when each arises.
pub async fn confirm_requests(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    answer: AnswerRequests,
) -> Result<Done<AnsweredRequests>, ConfirmRequestsRefusal> {
    let given = GivenAnswer { via: Via::Api, answer: RequestCommand::Confirm, of: None, link: None, started_by: None };
    Ok(answer_all(parts, caller, repeat, &answer, &given).await?)
}

/// How an answer is given.
pub(crate) struct GivenAnswer<'a> {
    /// Over what it comes.
    pub(crate) via: Via,
    /// Whether it is a yes or a no.
    pub(crate) answer: fn(Confirmation) -> RequestCommand,
    /// The cases on which it can be given, where not on all that policy permits.
    pub(crate) of: Option<&'a [CaseId]>,
    /// The link by which it comes, which must be that of each request.
    pub(crate) link: Option<&'a Digest>,
    /// The token by which the chat was started over which it comes.
    pub(crate) started_by: Option<&'a str>,
}

/// Answers requests of one case, all or none.
pub(crate) async fn answer_all(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    answer: &AnswerRequests,
    given: &GivenAnswer<'_>,
) -> Result<Done<AnsweredRequests>, Refused> {
    let ids: Vec<&str> = answer.requests.iter().map(|listed| listed.request.as_str()).collect();
    let as_list: fn(usize) -> _ = |nth| Some(format!("requests[{nth}].request"));
    let wish = Wish { ids: &ids, permission: Permission::REQUEST_CONFIRM, as_list: Some(as_list) };
    let command = |read: &Read<'_>, nth: usize| {
        let hash = answer.requests.get(nth).map(|listed| listed.hash.as_str()).unwrap_or_default();
        let is_alone = read.requests.len() == 1;
        let count = u32::try_from(read.requests.len()).unwrap_or(u32::MAX);
        let batch = (!is_alone).then(|| change::list_hash(read.requests)).transpose()?;
        let batch = batch.map(|list| Batch { count, list });
        confirmation(&parts.live, caller, (hash, answer.seen_ms), given, batch, (read, nth)).map(given.answer)
    };
    change(parts, caller, repeat, wish, command, |_, requests| Ok(AnsweredRequests { requests })).await
}

async fn answer_one(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    said: AnswerRequest,
    answer: fn(Confirmation) -> RequestCommand,
) -> Result<Done<RequestView>, Refused> {
    let given = GivenAnswer { via: Via::Api, answer, of: None, link: None, started_by: None };
    let wish = Wish { ids: &[id], permission: Permission::REQUEST_CONFIRM, as_list: None };
    let command = |read: &Read<'_>, nth: usize| {
        confirmation(&parts.live, caller, (&said.hash, said.seen_ms), &given, None, (read, nth)).map(answer)
    };
    change(parts, caller, repeat, wish, command, |_, views| change::only(views)).await
}

/// What is on record of the answer of `caller` to a request, who saw it by its hash for so long.
fn confirmation(
    live: &Live,
    caller: &Caller,
    (hash, seen_ms): (&str, Option<i64>),
    given: &GivenAnswer<'_>,
    batch: Option<Batch>,
    (read, nth): (&Read<'_>, usize),
) -> Result<Confirmation, Refused> {
    let request = read.requests.get(nth).ok_or_else(|| Refused::internal("a request was not read"))?;
    let hash = Digest::try_from(hash.to_owned()).map_err(|error| Refused::invalid("hash", error))?;
    bounds::seen(seen_ms)?;
    if given.of.is_some_and(|cases| !cases.contains(&request.case)) {
        return Err(Refused::new(Kind::NotFound, "there is no such request on this chat"));
    }
    let is_its = |link: &Digest| request.link.as_ref().is_some_and(|its| its.digest == *link && its.expires > read.now);
    if given.link.is_some_and(|link| !is_its(link)) {
        return Err(Refused::new(Kind::LinkEnded, "another link took its place, or its time is over"));
    }
    // Whoever started the chat has its secret, and could answer by it what they ask for themselves.
    if let (Asker::Integration { token, .. } | Asker::Person { who: token, .. }, Some(by)) =
        (&request.by, given.started_by)
        && token == by
    {
        return Err(RequestRefusal::OwnRequest.into());
    }
    let by = confirmer(live, caller, request)?;
    // Nobody had it before them for longer than it is there.
    let seen_ms = seen_ms.map(|seen| seen.min(read.now.since(request.asked)).max(0));
    Ok(Confirmation { by, via: given.via, hash, seen_ms, batch, at: read.now })
}

/// As who `caller` answers: the customer whose case it is or a member of staff, and nobody else.
fn confirmer(live: &Live, caller: &Caller, request: &Request) -> Result<Confirmer, Refused> {
    match &caller.principal {
        Principal::Staff { staff, .. } => {
            let cases = u32::try_from(live.floor.cases_of(staff).len()).unwrap_or(u32::MAX);
            Ok(Confirmer::Staff { staff: staff.clone(), cases })
        }
        Principal::Customer(customer) if *customer == request.customer => {
            Ok(Confirmer::Customer { customer: customer.clone() })
        }
        Principal::Customer(_) => Err(Refused::new(Kind::Forbidden, "it is on the case of another customer")),
        Principal::Integration
        | Principal::Person(_)
        | Principal::Responder(_)
        | Principal::Delegate(_)
        | Principal::System(_) => {
            let detail = "only the customer, on the chat page or by a link, and staff, with a token of their own, can \
                          answer it";
            Err(Refused::new(Kind::Forbidden, detail))
        }
    }
}
