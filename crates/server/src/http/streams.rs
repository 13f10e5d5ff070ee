//! Streams: what happened to a case, a token, a member of staff or anything else that has events.

use super::{
    query::{Names, Params, limit, position},
    reply::json,
    request::{Authenticated, Reply, Shared},
};
use crate::problem::Problem;
use axum::extract::State;
use remit_app::{
    access::reading,
    case::query::{Page, TimelineItem},
    evidence::history,
};
use remit_domain::{Stream, stream::StreamError};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(list_history))
}

/// Which part of a stream's history to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListHistory {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many at most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

/// The stream of a kind and an identifier as they stand in an address.
fn named(kind: &str, id: &str) -> Result<Stream, Problem> {
    format!("{kind}/{id}").parse().map_err(|error: StreamError| Problem::invalid("stream", error))
}

/// List everything that happened to what has this kind and identifier, oldest first.
///
/// The history of a case is its timeline. Whatever else has events, `responder`, `token`, `staff`, `chat`,
/// `subscription`, `customer` and `bundle/in_force`, is told to who may read all events.
#[utoipa::path(
    get, path = "/v1/streams/{kind}/{id}/timeline", tag = "events",
    params(
        ("kind" = String, Path, description = "What kind of thing: `staff`."),
        ("id" = String, Path, description = "Its identifier among those of its kind: `ana`."),
        ListHistory
    ),
    responses((status = 200, description = "One page.", body = Page<TimelineItem>))
)]
async fn list_history(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Names([kind, id]): Names<2>,
    Params(asked): Params<ListHistory>,
) -> Reply {
    let (stream, after) = (named(&kind, &id)?, position(asked.after.as_deref())?);
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, move |app, caller| json(&history::history(app, caller, &stream, after, limit)?)).await
}
