//! Streams: what happened to a case, a token, a member of staff or anything else that has events.

use super::{
    query::{Names, Params, limit, position},
    reply::json,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use crate::problem::Problem;
use axum::extract::State;
use remit_app::{access::reading, evidence::history, input::ListPart, operation};
use remit_domain::{Stream, stream::StreamError};

pub(crate) fn routes() -> Routes {
    Routes::new().bind(operation::ListHistory, list_history)
}

/// The stream of a kind and an identifier as they stand in an address.
fn named(kind: &str, id: &str) -> Result<Stream, Problem> {
    format!("{kind}/{id}").parse().map_err(|error: StreamError| Problem::invalid("stream", error))
}

async fn list_history(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Names([kind, id]): Names<2>,
    Params(asked): Params<ListPart>,
) -> Reply {
    let (stream, after) = (named(&kind, &id)?, position(asked.after.as_deref())?);
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, async move |app, caller| {
        json(&history::history(app, caller, &stream, after, limit).await?)
    })
    .await
}
