//! `/v1`: cases, decisions, exceptions, customers and tokens.

use super::{
    Authenticated, Shared,
    body::{Json, NoBody},
    events,
    query::{Name, Params, limit, position},
    reply::{Refused, json},
};
use crate::app::{
    Answer,
    case::{MakeOverride, OpenCase, PostMessage, PostSignals, ReopenCase, RequestHandoff, ResolveCase},
    exception::{RaiseException, ResolveException},
    token::NewToken,
};
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use remit_store::{CaseFilter, ExceptionFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

type Reply = Result<Response, Refused>;
type Acted = Result<Answer, Refused>;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/cases", post(open_case).get(list_cases))
        .route("/v1/cases/{id}", get(get_case))
        .route("/v1/cases/{id}/messages", post(post_message).get(list_messages))
        .route("/v1/cases/{id}/signals", post(post_signals))
        .route("/v1/cases/{id}/handoffs", post(request_handoff))
        .route("/v1/cases/{id}/overrides", post(make_override))
        .route("/v1/cases/{id}/exceptions", post(raise_exception))
        .route("/v1/cases/{id}/resolve", post(resolve_case))
        .route("/v1/cases/{id}/reopen", post(reopen_case))
        .route("/v1/cases/{id}/timeline", get(timeline))
        .route("/v1/exceptions", get(list_exceptions))
        .route("/v1/exceptions/{id}/own", post(own_exception))
        .route("/v1/exceptions/{id}/resolve", post(resolve_exception))
        .route("/v1/decisions/{id}", get(get_decision))
        .route("/v1/decisions/{id}/replay", post(replay_decision))
        .route("/v1/route", post(ask_route))
        .route("/v1/events", get(events::stream))
        .route("/v1/customers/erase", post(erase_customer))
        .route("/v1/tokens", post(make_token).get(list_tokens))
        .route("/v1/tokens/{id}", delete(revoke_token))
}

/// Which cases to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListCases {
    /// `open` or `resolved`.
    status: Option<String>,
    /// The holder's name.
    holder: Option<String>,
    /// The name of who answers for the case.
    accountable: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 200; 50 unless told.
    limit: Option<usize>,
}

/// Which part of a case's history to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListRecords {
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 200; 50 unless told.
    limit: Option<usize>,
}

/// Which exceptions to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListExceptions {
    /// `open`, `taken` or `resolved`.
    state: Option<String>,
    /// The owner's name.
    owner: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// 1 to 200; 50 unless told.
    limit: Option<usize>,
}

/// Whose words to destroy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EraseCustomer {
    /// Your own identifier of the customer.
    #[schema(max_length = 256, min_length = 1)]
    customer: String,
}

/// What was destroyed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Erased {
    /// On how many cases.
    cases: u32,
}

fn one_of(field: &str, value: Option<String>, allowed: &[&str]) -> Result<Option<String>, Refused> {
    match value {
        Some(value) if !allowed.contains(&value.as_str()) => {
            Err(crate::problem::Problem::invalid(field, format!("must be one of {}", allowed.join(", "))).into())
        }
        value => Ok(value),
    }
}

async fn open_case(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<OpenCase>) -> Acted {
    Ok(app.open_case(&caller, body.repeat.as_ref(), body.value).await?)
}

async fn list_cases(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListCases>,
) -> Reply {
    let filter = CaseFilter {
        status: one_of("status", asked.status, &["open", "resolved"])?,
        holder: asked.holder,
        accountable: asked.accountable,
    };
    json(&app.cases(&caller, &filter, asked.after.as_deref(), limit(asked.limit)?)?)
}

async fn get_case(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    json(&app.case(&caller, &id)?)
}

async fn post_message(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<PostMessage>,
) -> Acted {
    Ok(app.post_message(&caller, body.repeat.as_ref(), &id, body.value).await?)
}

async fn list_messages(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListRecords>,
) -> Reply {
    json(&app.messages(&caller, &id, position(asked.after.as_deref())?, limit(asked.limit)?)?)
}

async fn post_signals(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<PostSignals>,
) -> Acted {
    Ok(app.post_signals(&caller, body.repeat.as_ref(), &id, body.value).await?)
}

async fn request_handoff(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<RequestHandoff>,
) -> Acted {
    Ok(app.request_handoff(&caller, body.repeat.as_ref(), &id, body.value).await?)
}

async fn make_override(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<MakeOverride>,
) -> Acted {
    Ok(app.override_case(&caller, body.repeat.as_ref(), &id, body.value).await?)
}

async fn raise_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<RaiseException>,
) -> Acted {
    Ok(app.raise_exception(&caller, body.repeat.as_ref(), &id, body.value).await?)
}

async fn resolve_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ResolveCase>,
) -> Acted {
    Ok(app.resolve_case(&caller, body.repeat.as_ref(), &id, body.value).await?)
}

async fn reopen_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ReopenCase>,
) -> Acted {
    Ok(app.reopen_case(&caller, body.repeat.as_ref(), &id, body.value).await?)
}

async fn timeline(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListRecords>,
) -> Reply {
    json(&app.timeline(&caller, &id, position(asked.after.as_deref())?, limit(asked.limit)?)?)
}

async fn list_exceptions(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListExceptions>,
) -> Reply {
    let filter =
        ExceptionFilter { state: one_of("state", asked.state, &["open", "taken", "resolved"])?, owner: asked.owner };
    json(&app.exceptions(&caller, filter, asked.after.as_deref(), limit(asked.limit)?)?)
}

async fn own_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Acted {
    Ok(app.take_exception(&caller, body.repeat.as_ref(), &id).await?)
}

async fn resolve_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ResolveException>,
) -> Acted {
    Ok(app.resolve_exception(&caller, body.repeat.as_ref(), &id, body.value).await?)
}

async fn get_decision(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    json(&app.decision(&caller, &id)?)
}

async fn replay_decision(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&app.replay(&caller, &id)?)
}

async fn ask_route(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<OpenCase>) -> Reply {
    let decision = app.ask_route(&caller, body.value)?;
    let explanation = crate::explain::explain(&decision, &app.bundle().terms().economics.currency.0);
    json(&serde_json::json!({ "decision": decision, "explanation": explanation }))
}

async fn erase_customer(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<EraseCustomer>,
) -> Reply {
    json(&Erased { cases: app.erase_customer(&caller, &body.value.customer).await? })
}

async fn make_token(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<NewToken>) -> Reply {
    let made = json(&app.make_token(&caller, body.value)?)?;
    Ok((StatusCode::CREATED, made).into_response())
}

async fn list_tokens(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&app.tokens(&caller)?)
}

async fn revoke_token(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    app.revoke_token(&caller, &id)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
