//! Cases put off until a moment or an event, and what ends that.

use super::{
    body::Json,
    query::Name,
    reply::{created, done},
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::extract::State;
use remit_app::{
    case::defer::{self, DeferCase, EndDeferral},
    operation, pipeline,
};

pub(crate) fn routes() -> Routes {
    Routes::new().bind(operation::DeferCase, defer_case).bind(operation::EndDeferral, end_deferral)
}

async fn defer_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<DeferCase>,
) -> Reply {
    let acted = defer::defer_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn end_deferral(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<EndDeferral>,
) -> Reply {
    let acted = defer::end_deferral(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}
