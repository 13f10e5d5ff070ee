//! Capacity: the demand on record, and proposals of what to plan on.

use super::{
    body::Json,
    query::{Name, Params, limit},
    reply::json,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use crate::problem::Problem;
use axum::{extract::State, http::header::CONTENT_TYPE, response::IntoResponse as _};
use remit_app::{
    access::reading,
    capacity::{
        history::{self, AskDemandHistory},
        proposal::{self, DecideBaseline},
    },
    input::ListPart,
    operation,
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::GetDemandHistory, get_demand_history)
        .bind(operation::GetDemandHistoryFile, get_demand_history_file)
        .bind(operation::ListBaselineProposals, list_baseline_proposals)
        .bind(operation::GetBaselineProposal, get_baseline_proposal)
        .bind(operation::AcceptBaseline, accept_baseline)
        .bind(operation::DeclineBaseline, decline_baseline)
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

async fn list_baseline_proposals(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListPart>,
) -> Reply {
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, async move |app, caller| {
        json(&proposal::baseline_proposals(app, caller, asked.after.as_deref(), limit).await?)
    })
    .await
}

async fn get_baseline_proposal(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&proposal::baseline_proposal(app, caller, &id).await?))
        .await
}

async fn accept_baseline(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<DecideBaseline>,
) -> Reply {
    json(&proposal::accept_baseline(&app, &caller, &id, body.value).await?)
}

async fn decline_baseline(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<DecideBaseline>,
) -> Reply {
    json(&proposal::decline_baseline(&app, &caller, &id, body.value).await?)
}
