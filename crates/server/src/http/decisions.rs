//! Decisions: read, explained, taken again, and asked for without being recorded.

use super::{
    body::{Json, NoBody},
    query::Name,
    reply::json,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::extract::State;
use remit_app::{
    access::reading,
    case::request::OpenCase,
    evidence::{decision, would_decide},
    operation,
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::GetDecision, get_decision)
        .bind(operation::ReplayDecision, replay_decision)
        .bind(operation::AskRoute, ask_route)
}

async fn get_decision(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&decision::decision(app, caller, &id).await?)).await
}

async fn replay_decision(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&decision::replay(app, caller, &id).await?)).await
}

async fn ask_route(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<OpenCase>) -> Reply {
    json(&would_decide::ask_route(&app, &caller, body.value).await?)
}
