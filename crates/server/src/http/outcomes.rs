//! What became of cases: what customers say, what is counted, and what humans decided against the system.

use super::{
    body::{IdempotencyKey, Json, NoBody},
    query::{Name, Params, limit},
    reply::{done, json},
    request::{Authenticated, Reply, Shared},
};
use axum::extract::State;
use remit_app::{
    access::reading,
    case::{
        counted::CaseAnswer,
        feedback::{self, GiveFeedback},
        override_log::{self, OverrideView},
        query::Page,
    },
    evidence::outcome::{self, OutcomeView},
    pipeline,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(give_feedback))
        .routes(routes!(abandon_case))
        .routes(routes!(list_outcomes))
        .routes(routes!(list_overrides))
}

/// Say, for the customer, how they were helped.
///
/// Who says that it is solved ends an open case; who says that it is not has one reopened that had ended.
#[utoipa::path(
    post, path = "/v1/cases/{id}/feedback", tag = "cases", request_body = GiveFeedback,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 200, description = "Noted.", body = CaseAnswer))
)]
async fn give_feedback(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<GiveFeedback>,
) -> Reply {
    let acted = feedback::give_feedback(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// End a case whose customer gives up.
#[utoipa::path(
    post, path = "/v1/cases/{id}/abandon", tag = "cases",
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 200, description = "Ended.", body = CaseAnswer))
)]
async fn abandon_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Reply {
    let acted = feedback::abandon_case(&app, &caller, body.repeat.as_ref(), &id);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// List what became of cases, by responder and intent, with the estimates that routing makes of it.
#[utoipa::path(
    get, path = "/v1/outcomes", tag = "decisions",
    responses((status = 200, description = "All counts.", body = Vec<OutcomeView>))
)]
async fn list_outcomes(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| json(&outcome::outcomes(app, caller).await?)).await
}

/// Which part of the overrides to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListOverrides {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many at most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// List what humans decided against the system, newest first, with why and which rules stood against it: for those who
/// own the policies to review.
#[utoipa::path(
    get, path = "/v1/overrides", tag = "decisions", params(ListOverrides),
    responses((status = 200, description = "One page.", body = Page<OverrideView>))
)]
async fn list_overrides(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListOverrides>,
) -> Reply {
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, async move |app, caller| {
        json(&override_log::overrides(app, caller, asked.after.as_deref(), limit).await?)
    })
    .await
}
