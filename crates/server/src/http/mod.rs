//! The HTTP interface: translates requests to use cases and answers to responses.

pub mod address;
mod admin;
mod attachments;
mod authzen;
mod body;
mod bundles;
mod capacity;
mod cases;
mod chat;
mod chat_session;
mod decisions;
mod deferrals;
mod delegated;
mod delegations;
mod events;
mod exceptions;
mod facts;
mod issuers;
mod ledger;
mod links;
pub(crate) mod metrics;
mod oauth;
mod openapi;
mod ops;
mod outcomes;
mod pages;
mod passkeys;
mod query;
mod reconciliations;
mod reply;
mod represented;
mod request;
mod requests;
mod route;
mod same_site;
mod sandbox;
mod session;
mod sign_in;
mod signed_only;
mod staff;
mod streams;
mod subscriptions;
mod work;

use crate::{problem, problem::Problem};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
    response::{IntoResponse, Response},
    routing::any,
};
use metrics::Requests;
use remit_app::{
    Parts, operation,
    refused::{Kind, Refused},
};
use remit_ledger::hash::hex;
pub(crate) use reply::is_superseded;
use request::Shared;
use route::Routes;
use std::sync::{Arc, LazyLock};
use tracing::Instrument as _;

/// The header of an answer that names its request, as the log does.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How much of what a caller calls a request is in the log, in bytes.
const ASKED_AS_MAX: usize = 128;

/// Every operation, bound to its address and to what carries it out.
fn routes() -> Routes {
    let described = |description| ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], description);
    Routes::new()
        .merge(cases::routes())
        .merge(facts::routes())
        .merge(attachments::routes())
        .merge(chat::routes())
        .merge(decisions::routes())
        .merge(exceptions::routes())
        .merge(requests::routes())
        .merge(reconciliations::routes())
        .merge(capacity::routes())
        .merge(links::routes())
        .merge(delegations::routes())
        .merge(issuers::routes())
        .merge(delegated::routes())
        .merge(oauth::routes())
        .merge(passkeys::routes())
        .merge(sign_in::routes())
        .merge(staff::routes())
        .merge(work::routes())
        .merge(deferrals::routes())
        .merge(outcomes::routes())
        .merge(events::routes())
        .merge(streams::routes())
        .merge(subscriptions::routes())
        .merge(authzen::routes())
        .merge(admin::routes())
        .merge(bundles::routes())
        .merge(ledger::routes())
        .merge(ops::routes())
        .merge(pages::routes())
        .merge(sandbox::routes())
        .bind(operation::GetDescription, move || async move { described(DESCRIPTION.clone()) })
}

/// The description as it is served.
static DESCRIPTION: LazyLock<Bytes> = LazyLock::new(|| description().into());

/// The interface's description, OpenAPI 3.1, as JSON.
pub fn description() -> String {
    openapi::of(&routes())
}

/// The whole interface over `app`, the parts in force; `requests` counts what is answered. Each request has with it
/// whose parts they are.
pub(crate) fn router(app: Arc<Parts>, requests: Arc<Requests>) -> Router {
    routes()
        .into_router()
        .route("/chat/v1/{before}", any(chat::names_no_chat))
        .fallback(|| async {
            let nothing = Refused::new(Kind::NotFound, "nothing is served at this address");
            Problem::from(nothing.cured_by("See /v1/openapi.json for every address."))
        })
        .method_not_allowed_fallback(|| async {
            Problem::new(problem::METHOD_NOT_ALLOWED, "the address exists, the method does not")
        })
        .layer(axum::middleware::from_fn_with_state((Arc::clone(&app), Arc::clone(&requests)), watch))
        .layer(Extension(requests))
        .with_state(app)
}

/// Names the request, and counts it and how long it took. The name is in its log lines and its answer.
async fn watch(State((app, requests)): State<(Shared, Arc<Requests>)>, request: Request, next: Next) -> Response {
    let name = app.environment.entropy.bytes::<8>().map_or_else(|_| "unnamed".to_owned(), |bytes| hex(&bytes));
    let started = tokio::time::Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    // Who asks about access names the request, and is answered under that name. In the log it is shown as what it is.
    let own = request.headers().get(REQUEST_ID).filter(|_| route.starts_with(authzen::ACCESS)).cloned();
    let asked_as = own.as_ref().map(|own| own.as_bytes().escape_ascii().to_string());
    let asked_as = asked_as.as_deref().map(|own| own.get(..ASKED_AS_MAX).unwrap_or(own));
    let span = tracing::error_span!("request", id = %name, route, asked_as);
    // Carried out to its end even if the client hangs up: what was committed must also be counted.
    let carrying = Arc::clone(&app);
    let carried_out = async move { carrying.journal.carry_out(next.run(request), reply::is_durable).await };
    let carried_out = tokio::spawn(carried_out.instrument(span)).await.map_err(Problem::internal);
    let answered = carried_out.and_then(|answered| answered.map_err(Problem::internal));
    let mut response = answered.unwrap_or_else(IntoResponse::into_response);
    if let Some(name) = own.or_else(|| HeaderValue::try_from(name).ok()) {
        response.headers_mut().insert(REQUEST_ID, name);
    }
    if is_superseded(&response) {
        // It is carried out anew, and counted then.
        return response;
    }
    guard(response.headers_mut());
    requests.answered(route, response.status(), started.elapsed());
    response
}

/// What every answer says to whoever carries or shows it: it is what its content type says, and is kept by nobody
/// unless it says otherwise itself, since most of what is told here are words and secrets.
fn guard(headers: &mut HeaderMap) {
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
