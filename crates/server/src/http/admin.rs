//! What administrators do: tokens made, listed and revoked, and a customer's words destroyed.

use super::{
    body::Json,
    query::Name,
    reply::json,
    request::{Authenticated, Reply, Shared},
};
use crate::problem::Problem;
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    access::{
        reading,
        token::{self, MadeToken, NewToken, TokenView},
        who,
    },
    customer::erasure::{self, Erased},
};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(make_token, list_tokens))
        .routes(routes!(revoke_token))
        .routes(routes!(forget_name))
        .routes(routes!(erase_customer))
}

/// Whose words to destroy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EraseCustomer {
    /// Your own identifier of the customer.
    #[schema(max_length = 256, min_length = 1)]
    customer: String,
}

/// Make a token. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "administration", request_body = NewToken,
    responses((status = 201, description = "Made.", body = MadeToken))
)]
async fn make_token(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<NewToken>) -> Reply {
    if body.repeat.is_some() {
        let why = "is not taken here: the answer holds a secret, which is kept nowhere; list the tokens to see whether \
                   it was made";
        return Err(Problem::invalid("Idempotency-Key", why));
    }
    let made = json(&token::make_token(&app, &caller, body.value).await?)?;
    Ok((StatusCode::CREATED, made).into_response())
}

/// List the tokens, without their secrets.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "administration",
    responses((status = 200, description = "All of them.", body = Vec<TokenView>))
)]
async fn list_tokens(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| json(&token::tokens(app, caller).await?)).await
}

/// Revoke a token; it is refused from the next request on.
#[utoipa::path(
    delete, path = "/v1/tokens/{id}", tag = "administration",
    params(("id" = String, Path, description = "The token.")),
    responses((status = 204, description = "Revoked."))
)]
async fn revoke_token(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    token::revoke_token(&app, &caller, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Forget the name of a token that was revoked. What was done with it is shown under its identifier from then on.
#[utoipa::path(
    delete, path = "/v1/tokens/{id}/name", tag = "administration",
    params(("id" = String, Path, description = "The token.")),
    responses((status = 204, description = "Forgotten."))
)]
async fn forget_name(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    who::forget_name(&app, &caller, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Destroy a customer's words on every case by destroying their key; the evidence remains verifiable. What is open on
/// their cases ends. The answer says whether something is still to come; asked again meanwhile, it says how far it is.
#[utoipa::path(
    post, path = "/v1/customers/erase", tag = "administration", request_body = EraseCustomer,
    responses((status = 200, description = "Destroyed.", body = Erased))
)]
async fn erase_customer(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<EraseCustomer>,
) -> Reply {
    json(&erasure::erase_customer(&app, &caller, &body.value.customer).await?)
}
