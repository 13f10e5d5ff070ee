//! Decisions: read, explained, taken again, and asked for without being recorded.

use super::{
    Authenticated, Reply, Shared,
    body::{Json, NoBody},
    query::Name,
    reply::json,
    route::Routes,
};
use axum::extract::State;
use remit_app::{case::OpenCase, operation};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::GetDecision, get_decision)
        .bind(operation::ReplayDecision, replay_decision)
        .bind(operation::AskRoute, ask_route)
}

async fn get_decision(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    app.read(&caller, move |app, caller| json(&app.decision(caller, &id)?)).await
}

async fn replay_decision(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    app.read(&caller, move |app, caller| json(&app.replay(caller, &id)?)).await
}

async fn ask_route(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<OpenCase>) -> Reply {
    json(&app.ask_route(&caller, body.value).await?)
}
