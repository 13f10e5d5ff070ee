//! What operators ask for: health, readiness, metrics, and the pages of problems.

use super::{
    metrics::Requests,
    query::Name,
    reply::json,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use crate::{problem, problem::Problem};
use axum::{
    Extension,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{Html, IntoResponse as _},
};
use remit_app::{
    access::auth, bundle::rehome, environment::metrics::ResponderLabels, input::Ready, operation, webhook,
};
use remit_policy::actions::Permission;
use remit_store::{Evidence as _, Journal as _};
use std::sync::Arc;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::GetHealth, get_health)
        .bind(operation::GetReadiness, get_readiness)
        .bind(operation::GetMetrics, get_metrics)
        .bind(operation::GetProblem, get_problem)
}

async fn get_health() -> &'static str {
    "ok\n"
}

async fn get_readiness(State(app): State<Shared>) -> Reply {
    // Where the ledger ends is in memory; this is read from the database.
    app.journal.store().checkpoint().await.map_err(Problem::internal)?;
    let records = app.journal.store().last_seq().await.map_err(Problem::internal)?;
    json(&Ready { ready: true, bundle: app.governance.bundle.digest().to_string(), records })
}

async fn get_metrics(
    State(app): State<Shared>,
    Extension(requests): Extension<Arc<Requests>>,
    Authenticated(caller): Authenticated,
) -> Reply {
    auth::permit(&app.governance, &app.live, &app.environment, &caller, Permission::METRICS_READ)?;
    for (responder, depth) in app.live.depths() {
        app.environment.metrics.held.get_or_create(&ResponderLabels { responder }).set(depth);
    }
    app.environment
        .metrics
        .orphaned
        .set(rehome::orphaned(&app.governance, &app.journal).await.map_err(Problem::internal)?);
    webhook::measure_webhooks(&app.journal, &app.live, &app.environment);
    let text = requests.text(&app.environment.metrics).map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}

async fn get_problem(Name(slug): Name) -> Reply {
    let kind = problem::ALL.iter().find(|kind| kind.slug == slug);
    let kind = kind.ok_or_else(|| Problem::new(problem::NOT_FOUND, "no problem has this name"))?;
    let text = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>{0}</title><h1>{0}</h1><p>HTTP status {1}, type \
         <code>/problems/{2}</code>.</p><p>{3}</p>",
        kind.title, kind.status, kind.slug, kind.cure
    );
    Ok(Html(text).into_response())
}
