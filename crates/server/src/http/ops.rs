//! What operators ask for: health, readiness, metrics, and the pages of problems.

use super::{
    query::Name,
    reply::json,
    request::{Authenticated, Reply, Shared},
};
use crate::{problem, problem::Problem};
use axum::{
    extract::State,
    http::header::CONTENT_TYPE,
    response::{Html, IntoResponse as _},
};
use remit_app::{access::auth, bundle::rehome, environment::metrics::ResponderLabels, webhook};
use remit_store::{Evidence as _, Journal as _};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(get_health))
        .routes(routes!(get_readiness))
        .routes(routes!(get_metrics))
        .routes(routes!(get_problem))
}

/// Whether the process serves.
#[utoipa::path(
    get, path = "/healthz", tag = "operation", security(()),
    responses((status = 200, description = "It does.", body = String, content_type = "text/plain"))
)]
async fn get_health() -> &'static str {
    "ok\n"
}

/// What a server that is ready says.
#[derive(Debug, Serialize, ToSchema)]
struct Ready {
    /// Always true; otherwise the answer is a problem.
    ready: bool,
    /// Digest of the bundle in force.
    bundle: String,
    /// Entries in the ledger.
    records: u64,
}

/// Whether the store answers.
#[utoipa::path(
    get, path = "/readyz", tag = "operation", security(()),
    responses((status = 200, description = "It does.", body = Ready))
)]
async fn get_readiness(State(app): State<Shared>) -> Reply {
    // Where the ledger ends is in memory; this is read from the database.
    app.journal.store().checkpoint().await.map_err(Problem::internal)?;
    let records = app.journal.store().last_seq().await.map_err(Problem::internal)?;
    json(&Ready { ready: true, bundle: app.governance.bundle.digest().to_string(), records })
}

/// Read the metrics, for Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses((
        status = 200, description = "In the OpenMetrics text format.", body = String,
        content_type = "application/openmetrics-text"
    ))
)]
async fn get_metrics(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    auth::permit(&app.governance, &app.live, &app.environment, &caller, "metrics.read")?;
    for (responder, depth) in app.live.depths() {
        app.environment.metrics.held.get_or_create(&ResponderLabels { responder }).set(depth);
    }
    app.environment
        .metrics
        .orphaned
        .set(rehome::orphaned(&app.governance, &app.journal).await.map_err(Problem::internal)?);
    webhook::measure_webhooks(&app.journal, &app.live, &app.environment);
    let text = app.environment.metrics.text().map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}

/// Read what a type of problem means and what to do about it.
#[utoipa::path(
    get, path = "/problems/{slug}", tag = "operation", security(()),
    params(("slug" = String, Path, description = "The last part of the problem's `type`.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
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
