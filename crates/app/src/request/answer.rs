//! Confirmations: a yes or a no to one exact request, by the customer or by staff.

use super::{REQUESTS, read, record, view::RequestView};
use crate::{
    ATTEMPTS, Caller, Done, Kept, Parts, Repeat,
    caller::principal::Principal,
    operation::{ConfirmRequestRefusal, DeclineRequestRefusal},
    pipeline::{commit, projections},
    refused::{Kind, Refused, refused},
};
use remit_domain::{
    id::Digest,
    request::{Confirmation, Confirmer, RequestCommand, RequestRefusal, Via},
};
use remit_store::CommitError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest that somebody can have had a request before them: a day.
const SEEN_MS_MAX: i64 = 86_400_000;

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
    Ok(answered(parts, caller, repeat, request, &answer, RequestCommand::Confirm).await?)
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
    Ok(answered(parts, caller, repeat, request, &answer, RequestCommand::Decline).await?)
}

async fn answered(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    answer: &AnswerRequest,
    command: fn(Confirmation) -> RequestCommand,
) -> Result<Done<RequestView>, Refused> {
    act(parts, caller, repeat, id, "request.confirm", |now| {
        let hash = Digest::try_from(answer.hash.clone()).map_err(|error| Refused::invalid("hash", error))?;
        if answer.seen_ms.is_some_and(|seen| !(0..=SEEN_MS_MAX).contains(&seen)) {
            return Err(Refused::invalid("seen_ms", format!("must be 0 to {SEEN_MS_MAX} milliseconds")));
        }
        let (by, via) = confirmer(parts, caller)?;
        Ok(command(Confirmation { by, via, hash, seen_ms: answer.seen_ms, at: now }))
    })
    .await
}

/// As who `caller` answers: the customer or a member of staff, and nobody else.
fn confirmer(parts: &Parts, caller: &Caller) -> Result<(Confirmer, Via), Refused> {
    match &caller.principal {
        Principal::Staff { staff, .. } => {
            let cases = u32::try_from(parts.live.floor.cases_of(staff).len()).unwrap_or(u32::MAX);
            Ok((Confirmer::Staff { staff: staff.clone(), cases }, Via::Api))
        }
        Principal::Customer(customer) => Ok((Confirmer::Customer { customer: customer.clone() }, Via::Chat)),
        Principal::Integration | Principal::Person | Principal::Responder(_) | Principal::System(_) => {
            let detail = "only the customer, on the chat page, and staff, with a token of their own, can answer it";
            Err(Refused::new(Kind::Forbidden, detail))
        }
    }
}

/// Does something with a request on record, which `caller` must be permitted on its case.
pub(super) async fn act(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    permission: &'static str,
    command: impl Fn(remit_domain::id::Timestamp) -> Result<RequestCommand, Refused>,
) -> Result<Done<RequestView>, Refused> {
    for _ in 0..ATTEMPTS {
        let (before, loaded) = read::permitted(parts, caller, permission, id).await?;
        let now = parts.environment.now();
        let change = before.value.act(command(now)?, now)?;
        let (request, mut commit) = record::changed(parts, caller, &before, change, now)?;
        let view = RequestView::of(parts, &loaded.case, &request).await?;
        let kept = repeat.map(|_| Kept::of(&view)).transpose()?;
        let case = request.case.to_string();
        commit.idempotency = repeat
            .zip(kept.as_ref())
            .map(|(repeat, kept)| commit::repeatable(&parts.vault, caller, repeat, Some(&case), kept, now));
        match projections::commit(parts, commit).await {
            Ok(_) => return Ok(Done::Now { output: view, kept }),
            Err(CommitError::Replayed { response }) => return Ok(Done::Before(Kept::stored(response))),
            Err(CommitError::ItemConflict { kind, .. }) if kind == REQUESTS.kind() => {
                parts.environment.metrics.conflicts.inc();
            }
            Err(error) => return Err(refused(error)),
        };
    }
    Err(Refused::new(Kind::Changed, format!("{ATTEMPTS} attempts met {ATTEMPTS} other writes")))
}

impl From<RequestRefusal> for Refused {
    fn from(refusal: RequestRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            RequestRefusal::OwnRequest => Self::new(Kind::Forbidden, detail),
            RequestRefusal::OtherRequest => Self::invalid("hash", detail),
            RequestRefusal::State { state, .. } => Self::new(Kind::Conflict, detail).with("state", state),
            RequestRefusal::Twice | RequestRefusal::NotWanted(_) | RequestRefusal::Late => {
                Self::new(Kind::Conflict, detail)
            }
        }
    }
}
