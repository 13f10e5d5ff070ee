//! Decisions: read, explained, taken again, and asked for without being recorded.

use super::{
    body::{Json, NoBody},
    query::Name,
    reply::json,
    request::{Authenticated, Reply, Shared},
};
use axum::extract::State;
use remit_app::{
    access::reading,
    case::open::{self, OpenCase},
    evidence::decision::{self, DecisionAnswer, ReplayAnswer, WouldDecide},
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
    reading::read(&app, &caller, async move |app, caller| json(&decision::decision(app, caller, &id).await?)).await
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
    reading::read(&app, &caller, async move |app, caller| json(&decision::replay(app, caller, &id).await?)).await
}

/// Ask what would be decided; nothing is recorded.
#[utoipa::path(
    post, path = "/v1/route", tag = "decisions", request_body = OpenCase,
    responses((status = 200, description = "What would be decided now.", body = WouldDecide))
)]
async fn ask_route(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<OpenCase>) -> Reply {
    json(&open::ask_route(&app, &caller, body.value).await?)
}
