//! Exceptions: listed, taken on and resolved.

use super::{
    body::{IdempotencyKey, Json, NoBody},
    query::{Name, Params, limit, one_of},
    reply::{done, json},
    request::{Authenticated, Reply, Shared},
};
use axum::extract::State;
use remit_app::{
    access::reading,
    case::{
        counted::CaseAnswer,
        exception::{self, ResolveException},
        query::Page,
        view::ExceptionView,
    },
    pipeline,
};
use remit_store::ExceptionFilter;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_exceptions))
        .routes(routes!(list_unreachable))
        .routes(routes!(own_exception))
        .routes(routes!(resolve_exception))
}

/// Which exceptions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListExceptions {
    /// `open`, `taken` or `resolved`.
    state: Option<String>,
    /// The owner's name.
    owner: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many at most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// List exceptions, newest first.
#[utoipa::path(
    get, path = "/v1/exceptions", tag = "exceptions", params(ListExceptions),
    responses((status = 200, description = "One page.", body = Page<ExceptionView>))
)]
async fn list_exceptions(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListExceptions>,
) -> Reply {
    let filter =
        ExceptionFilter { state: one_of("state", asked.state, &["open", "taken", "resolved"])?, owner: asked.owner };
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, async move |app, caller| {
        json(&exception::exceptions(app, caller, filter, asked.after.as_deref(), limit).await?)
    })
    .await
}

/// List exceptions whose owner cannot be reached under the bundle in force: there should be none.
#[utoipa::path(
    get, path = "/v1/exceptions/unreachable", tag = "exceptions",
    responses((status = 200, description = "All of them.", body = Vec<ExceptionView>))
)]
async fn list_unreachable(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| json(&exception::unreachable_exceptions(app, caller).await?)).await
}

/// Take an exception on.
#[utoipa::path(
    post, path = "/v1/exceptions/{id}/own", tag = "exceptions",
    params(("id" = String, Path, description = "The exception."), IdempotencyKey),
    responses((status = 200, description = "Taken.", body = CaseAnswer))
)]
async fn own_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Reply {
    let acted = exception::take_exception(&app, &caller, body.repeat.as_ref(), &id);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Resolve an exception; a case that it held is routed anew, or closed with it.
#[utoipa::path(
    post, path = "/v1/exceptions/{id}/resolve", tag = "exceptions", request_body = ResolveException,
    params(("id" = String, Path, description = "The exception."), IdempotencyKey),
    responses((status = 200, description = "Resolved.", body = CaseAnswer))
)]
async fn resolve_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ResolveException>,
) -> Reply {
    let acted = exception::resolve_exception(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}
