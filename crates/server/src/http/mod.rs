//! The HTTP interface: translates requests to use cases and answers to responses.

mod body;
mod events;
pub mod openapi;
mod ops;
mod query;
mod reply;
mod v1;

use crate::{app::App, metrics::RequestLabels, problem, problem::Problem};
use axum::{
    Router,
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{header::AUTHORIZATION, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use reply::Refused;
use std::sync::Arc;

pub(crate) type Shared = Arc<App>;

/// The whole interface over `app`.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(v1::routes())
        .merge(ops::routes())
        .fallback(|| async { Refused(Problem::new(problem::NOT_FOUND, "nothing is served at this address")) })
        .method_not_allowed_fallback(|| async {
            Refused(Problem::new(problem::METHOD_NOT_ALLOWED, "the address exists, the method does not"))
        })
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), watch))
        .with_state(app)
}

/// Counts the request and how long it took.
async fn watch(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let started = tokio::time::Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    app.metrics.seconds.observe(started.elapsed().as_secs_f64());
    let labels = RequestLabels { route, status: response.status().as_u16() };
    app.metrics.requests.get_or_create(&labels).inc();
    response
}

/// The caller that the request's token names.
#[derive(Debug)]
pub(crate) struct Authenticated(pub(crate) Arc<crate::app::Caller>);

impl FromRequestParts<Shared> for Authenticated {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Refused> {
        let header = parts.headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
        Ok(Self(app.caller(header)?))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        Refused(self).into_response()
    }
}
