//! Decisions: read, explained, taken again, and asked for without being recorded.

use super::{
    body::{Json, NoBody},
    query::Name,
    reply::json,
    request::{Authenticated, Reply, Shared},
};
use axum::extract::State;
use remit_app::{
    case::OpenCase,
    decision::{DecisionAnswer, ReplayAnswer, WouldDecide},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(get_decision)).routes(routes!(replay_decision)).routes(routes!(ask_route))
}

/// Read a decision: the whole record, and the same in plain words.
#[utoipa::path(
    get, path = "/v1/decisions/{id}", tag = "decisions",
    params(("id" = String, Path, description = "The decision.")),
    responses((status = 200, description = "The decision.", body = DecisionAnswer))
)]
async fn get_decision(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    app.read(&caller, move |app, caller| json(&app.decision(caller, &id)?)).await
}

/// Take a decision again from its record and compare, byte for byte.
#[utoipa::path(
    post, path = "/v1/decisions/{id}/replay", tag = "decisions",
    params(("id" = String, Path, description = "The decision.")),
    responses((status = 200, description = "Whether it came out the same.", body = ReplayAnswer))
)]
async fn replay_decision(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    app.read(&caller, move |app, caller| json(&app.replay(caller, &id)?)).await
}

/// Ask what would be decided; nothing is recorded.
#[utoipa::path(
    post, path = "/v1/route", tag = "decisions", request_body = OpenCase,
    responses((status = 200, description = "What would be decided now.", body = WouldDecide))
)]
async fn ask_route(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<OpenCase>) -> Reply {
    json(&app.ask_route(&caller, body.value).await?)
}
