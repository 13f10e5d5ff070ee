//! What is known of customers: said, and read.

use super::{
    body::Json,
    query::Name,
    reply::json,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::extract::State;
use remit_app::{
    customer::facts::{self, PutFacts},
    operation,
};

pub(crate) fn routes() -> Routes {
    Routes::new().bind(operation::PutFacts, put_facts).bind(operation::GetFacts, get_facts)
}

async fn put_facts(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<PutFacts>,
) -> Reply {
    json(&facts::put_facts(&app, &caller, &id, body.value).await?)
}

async fn get_facts(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    json(&facts::get_facts(&app, &caller, &id).await?)
}
