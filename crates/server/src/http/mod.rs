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
    http::{HeaderName, HeaderValue, header::AUTHORIZATION, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use reply::Refused;
use std::sync::Arc;
use tracing::Instrument as _;

/// The header of an answer that names its request, as the log does.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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

/// Names the request, and counts it and how long it took. The name is in its log lines and its answer.
async fn watch(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let name = app.entropy.bytes::<8>().map_or_else(|_| "unnamed".to_owned(), |bytes| crate::keys::hex(&bytes));
    let started = tokio::time::Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::error_span!("request", id = %name, route);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(REQUEST_ID, name);
    }
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
