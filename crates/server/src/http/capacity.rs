//! Capacity: the demand on record.

use super::{
    query::Params,
    reply::json,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use crate::problem::Problem;
use axum::{extract::State, http::header::CONTENT_TYPE, response::IntoResponse as _};
use remit_app::{
    access::reading,
    capacity::history::{self, AskDemandHistory},
    operation,
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::GetDemandHistory, get_demand_history)
        .bind(operation::GetDemandHistoryFile, get_demand_history_file)
}

async fn get_demand_history(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<AskDemandHistory>,
) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&history::demand_history(app, caller, &asked).await?))
        .await
}

async fn get_demand_history_file(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<AskDemandHistory>,
) -> Reply {
    reading::read(&app, &caller, async move |app, caller| {
        let file = history::demand_history_file(app, caller, &asked).await?;
        Ok::<_, Problem>(([(CONTENT_TYPE, "text/csv; charset=utf-8")], file).into_response())
    })
    .await
}
