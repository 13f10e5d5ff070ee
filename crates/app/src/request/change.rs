//! Changes of requests on record: of one, or of several of one case in one commit, all or none.

use super::{REQUESTS, read, record, view::RequestView};
use crate::{
    ATTEMPTS, Caller, Done, Kept, Parts, Repeat, digest,
    pipeline::{commit, projections},
    refused::{Kind, Refused, refused},
};
use remit_domain::{
    id::{Digest, RequestId, Timestamp},
    request::{Request, RequestCommand, RequestRefusal},
};
use remit_policy::actions::Permission;
use remit_store::{Commit, CommitError, Entry};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Requests that are changed in one commit, at most.
pub(crate) const LISTED_MAX: usize = 50;

/// One of several requests.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedRequest {
    /// Which.
    #[schema(pattern = "^req_[0-9A-HJKMNP-TV-Z]{26}$")]
    pub request: String,
    /// The hash of the request that was shown.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub hash: String,
}

/// What is to be done with requests that `caller` names.
pub(super) struct Wish<'a> {
    /// Which, each once.
    pub(super) ids: &'a [&'a str],
    /// What policy must permit `caller` on their case.
    pub(super) permission: Permission,
    /// Where they were named as a list, so that a refusal says of which of them it is: the member of the body that
    /// names one by its place, if it stands there.
    pub(super) as_list: Option<fn(usize) -> Option<String>>,
}

/// Requests as they were read, whose changes are made one after the other.
pub(super) struct Read<'a> {
    pub(super) requests: &'a [Request],
    pub(super) now: Timestamp,
}

/// Changes requests by what `command` makes of each, by its place among those that were read; what is answered is made
/// by `output` of what they are afterwards. Nothing is changed where one of them is refused.
pub(super) async fn change<T: Serialize>(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    wish: Wish<'_>,
    command: impl Fn(&Read<'_>, usize) -> Result<RequestCommand, Refused>,
    output: impl Fn(&[Request], Vec<RequestView>) -> Result<T, Refused>,
) -> Result<Done<T>, Refused> {
    if wish.ids.is_empty() || wish.ids.len() > LISTED_MAX {
        return Err(Refused::invalid("requests", format!("must name 1 to {LISTED_MAX} requests")));
    }
    for _ in 0..ATTEMPTS {
        let (mut entries, mut case): (Vec<Entry<Request>>, _) = (Vec::new(), None);
        for (nth, id) in wish.ids.iter().enumerate() {
            // What is no request's name is told by where it stands, once policy was asked.
            let unread = |refused: Refused| match (wish.as_list.and_then(|member| member(nth)), id.parse::<RequestId>())
            {
                (Some(member), Err(error)) if refused.kind == Kind::NotFound => Refused::invalid(&member, error),
                _ => refused,
            };
            let (entry, loaded) = read::permitted(parts, caller, wish.permission, id).await.map_err(unread)?;
            match &case {
                None => case = Some(loaded.case),
                Some(first) if first.id == loaded.case.id => {}
                Some(_) => return Err(Refused::invalid("requests", format!("{id} is of another case"))),
            }
            if entries.iter().any(|before| before.value.id == entry.value.id) {
                return Err(Refused::invalid("requests", format!("names {id} twice")));
            }
            entries.push(entry);
        }
        let case = case.ok_or_else(|| Refused::invalid("requests", "must name a request"))?;
        let requests: Vec<Request> = entries.iter().map(|entry| entry.value.clone()).collect();
        let read = Read { requests: &requests, now: parts.environment.now() };
        let (mut after, mut views, mut commit) = (Vec::new(), Vec::new(), Commit::default());
        for (nth, entry) in entries.iter().enumerate() {
            let request = &entry.value;
            let named = |refused| if wish.as_list.is_some() { of(request, refused) } else { refused };
            let change = command(&read, nth).map_err(named)?;
            let change = request.act(change, read.now).map_err(Refused::from).map_err(named)?;
            let (request, of_it) =
                record::changed(&parts.environment, &parts.journal, &caller.pseudonym, entry, change, read.now).await?;
            views.push(RequestView::of(parts, &case, &request).await?);
            after.push(request);
            commit.with(of_it);
        }
        let output = output(&after, views)?;
        let kept = repeat.map(|_| Kept::of(&output)).transpose()?;
        let id = case.id.to_string();
        commit.idempotency = repeat
            .zip(kept.as_ref())
            .map(|(repeat, kept)| commit::repeatable(&parts.vault, caller, repeat, Some(&id), kept, read.now));
        match projections::commit_on(parts, case.id, commit).await {
            Ok(_) => return Ok(Done::Now { output, kept }),
            Err(CommitError::Replayed { response }) => return Ok(Done::Before(Kept::stored(response))),
            Err(CommitError::ItemConflict { kind, .. }) if kind == REQUESTS.kind() => {
                parts.environment.metrics.conflicts.inc();
            }
            Err(error) => return Err(refused(error)),
        };
    }
    Err(Refused::new(Kind::Changed, format!("{ATTEMPTS} attempts met {ATTEMPTS} other writes")))
}

/// A refusal that says of which request of a list it is.
fn of(request: &Request, refused: Refused) -> Refused {
    let detail = format!("{}: {}", request.id, refused.detail);
    Refused { detail, ..refused }.with("request", request.id)
}

/// The hash of a list of requests: SHA-256 of the canonical JSON (RFC 8785) of what each is and its hash.
pub(super) fn list_hash(requests: &[Request]) -> Result<Digest, Refused> {
    let listed = |request: &Request| ListedRequest { request: request.id.to_string(), hash: request.hash.to_string() };
    let listed: Vec<ListedRequest> = requests.iter().map(listed).collect();
    digest::of_json(&listed)
}

impl From<RequestRefusal> for Refused {
    fn from(refusal: RequestRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            RequestRefusal::OwnRequest | RequestRefusal::OwnConclusion => Self::new(Kind::Forbidden, detail),
            RequestRefusal::OtherRequest => Self::invalid("hash", detail),
            RequestRefusal::State { state, .. } => Self::new(Kind::Conflict, detail).with("state", state),
            RequestRefusal::Twice | RequestRefusal::NotWanted(_) | RequestRefusal::Late => {
                Self::new(Kind::Conflict, detail)
            }
        }
    }
}

/// The one view of a change of one request.
pub(super) fn only(views: Vec<RequestView>) -> Result<RequestView, Refused> {
    views.into_iter().next().ok_or_else(|| Refused::internal("a request was changed, and is not shown"))
}
