//! Cases: opened, read, written on, handed over, overridden, resolved and reopened.

use super::{
    body::{IdempotencyKey, Json},
    query::{Name, Params, limit, one_of, position},
    reply::{created, done, json},
    request::{Authenticated, Reply, Shared},
};
use axum::extract::State;
use remit_app::{
    access::reading,
    case::{
        automatic::NothingOpened,
        counted::CaseAnswer,
        end::{self, ReopenCase, ResolveCase},
        exception::{self, RaiseException},
        hand_over::{self, MakeOverride, RequestHandoff},
        open::{self, OpenCase, Opened},
        query::{self, MessageView, Page, TimelineItem},
        view::CaseView,
        write::{self, PostMessage, PostSignals},
    },
    pipeline,
};
use remit_store::CaseFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(open_case, list_cases))
        .routes(routes!(get_case))
        .routes(routes!(post_message, list_messages))
        .routes(routes!(post_signals))
        .routes(routes!(request_handoff))
        .routes(routes!(make_override))
        .routes(routes!(raise_exception))
        .routes(routes!(resolve_case))
        .routes(routes!(reopen_case))
        .routes(routes!(list_timeline))
}

/// Which cases to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListCases {
    /// `open` or `resolved`.
    status: Option<String>,
    /// The holder's name.
    holder: Option<String>,
    /// The name of who answers for the case.
    accountable: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many at most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// Which part of a case's history to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListRecords {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many at most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// Open a case with its first message.
///
/// The message is measured, every responder is judged by policy, and the case is given to the one of least
/// expected cost among the allowed. The answer is sent once all of it is on disk. Of a mail, what was written now is
/// measured; quoted replies, signatures and disclaimers are kept and shown. What a machine sent opens no case.
#[utoipa::path(
    post, path = "/v1/cases", tag = "cases", request_body = OpenCase, params(IdempotencyKey),
    responses(
        (status = 201, description = "Opened and decided.", body = CaseAnswer),
        (status = 200, description = "A machine sent the message, so that no case was opened.", body = NothingOpened)
    )
)]
async fn open_case(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<OpenCase>) -> Reply {
    match open::open_case(&app, &caller, body.repeat.as_ref(), body.value).await? {
        Opened::Case(opened) => created(*opened),
        Opened::Nothing(nothing) => json(&nothing),
    }
}

/// List cases, newest first.
#[utoipa::path(
    get, path = "/v1/cases", tag = "cases", params(ListCases),
    responses((status = 200, description = "One page.", body = Page<CaseView>))
)]
async fn list_cases(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListCases>,
) -> Reply {
    let filter = CaseFilter {
        status: one_of("status", asked.status, &["open", "resolved"])?,
        holder: asked.holder,
        accountable: asked.accountable,
    };
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, async move |app, caller| {
        json(&query::cases(app, caller, &filter, asked.after.as_deref(), limit).await?)
    })
    .await
}

/// Read a case as it is now.
#[utoipa::path(
    get, path = "/v1/cases/{id}", tag = "cases", params(("id" = String, Path, description = "The case.")),
    responses((status = 200, description = "The case.", body = CaseView))
)]
async fn get_case(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    json(&query::case(&app, &caller, &id).await?)
}

/// Add a message, as the requester or, with the lease's epoch, as the holder.
///
/// A requester's message is measured and the case is decided anew: whoever holds it keeps it, or hands over. What a
/// machine sent is kept on the case, also on a resolved one, and nothing follows from it.
#[utoipa::path(
    post, path = "/v1/cases/{id}/messages", tag = "cases", request_body = PostMessage,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 201, description = "Added.", body = CaseAnswer))
)]
async fn post_message(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<PostMessage>,
) -> Reply {
    let acted = write::post_message(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// List a case's messages, oldest first.
#[utoipa::path(
    get, path = "/v1/cases/{id}/messages", tag = "cases",
    params(("id" = String, Path, description = "The case."), ListRecords),
    responses((status = 200, description = "One page.", body = Page<MessageView>))
)]
async fn list_messages(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListRecords>,
) -> Reply {
    let (after, limit) = (position(asked.after.as_deref())?, limit(asked.limit)?);
    reading::read(&app, &caller, async move |app, caller| json(&query::messages(app, caller, &id, after, limit).await?))
        .await
}

/// Post readings of a case, under the source that the token names.
///
/// The bundle says which source is authoritative for which signal. The case is decided anew.
#[utoipa::path(
    post, path = "/v1/cases/{id}/signals", tag = "cases", request_body = PostSignals,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 200, description = "Recorded and decided.", body = CaseAnswer))
)]
async fn post_signals(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<PostSignals>,
) -> Reply {
    let acted = write::post_signals(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Hand a case over, as its holder.
///
/// The handoff, its context package and the next holder's lease are one commit.
#[utoipa::path(
    post, path = "/v1/cases/{id}/handoffs", tag = "cases", request_body = RequestHandoff,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 201, description = "Decided.", body = CaseAnswer))
)]
async fn request_handoff(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<RequestHandoff>,
) -> Reply {
    let acted = hand_over::request_handoff(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Give a case to a responder of one's own choice, for a reason that stays on record.
#[utoipa::path(
    post, path = "/v1/cases/{id}/overrides", tag = "cases", request_body = MakeOverride,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 201, description = "Given.", body = CaseAnswer))
)]
async fn make_override(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<MakeOverride>,
) -> Reply {
    let acted = hand_over::override_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Raise an exception on a case by hand: work that leaves the standard path, with an owner and a due time.
#[utoipa::path(
    post, path = "/v1/cases/{id}/exceptions", tag = "exceptions", request_body = RaiseException,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 201, description = "Raised.", body = CaseAnswer))
)]
async fn raise_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<RaiseException>,
) -> Reply {
    let acted = exception::raise_exception(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Resolve a case, as its holder.
#[utoipa::path(
    post, path = "/v1/cases/{id}/resolve", tag = "cases", request_body = ResolveCase,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 200, description = "Resolved.", body = CaseAnswer))
)]
async fn resolve_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ResolveCase>,
) -> Reply {
    let acted = end::resolve_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Reopen a resolved case; it is decided anew.
#[utoipa::path(
    post, path = "/v1/cases/{id}/reopen", tag = "cases", request_body = ReopenCase,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 200, description = "Reopened and decided.", body = CaseAnswer))
)]
async fn reopen_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ReopenCase>,
) -> Reply {
    let acted = end::reopen_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// List everything that happened to a case, oldest first, as it stands in the ledger.
#[utoipa::path(
    get, path = "/v1/cases/{id}/timeline", tag = "cases",
    params(("id" = String, Path, description = "The case."), ListRecords),
    responses((status = 200, description = "One page.", body = Page<TimelineItem>))
)]
async fn list_timeline(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListRecords>,
) -> Reply {
    let (after, limit) = (position(asked.after.as_deref())?, limit(asked.limit)?);
    reading::read(&app, &caller, async move |app, caller| json(&query::timeline(app, caller, &id, after, limit).await?))
        .await
}
