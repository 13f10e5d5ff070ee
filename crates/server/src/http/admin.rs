//! What administrators do: tokens made, listed and revoked, and a customer's words destroyed.

use super::{Authenticated, Reply, Shared, body::Json, query::Name, reply::json, route::Routes};
use crate::problem::Problem;
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{input::EraseCustomer, operation, token::NewToken};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::MakeToken, make_token)
        .bind(operation::ListTokens, list_tokens)
        .bind(operation::RevokeToken, revoke_token)
        .bind(operation::ForgetName, forget_name)
        .bind(operation::EraseCustomer, erase_customer)
}

async fn make_token(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<NewToken>) -> Reply {
    if body.repeat.is_some() {
        let why = "is not taken here: the answer holds a secret, which is kept nowhere; list the tokens to see whether \
                   it was made";
        return Err(Problem::invalid("Idempotency-Key", why));
    }
    let made = json(&app.make_token(&caller, body.value).await?)?;
    Ok((StatusCode::CREATED, made).into_response())
}

async fn list_tokens(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    app.read(&caller, |app, caller| json(&app.tokens(caller)?)).await
}

async fn revoke_token(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    app.revoke_token(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn forget_name(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    app.forget_name(&caller, &id)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn erase_customer(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<EraseCustomer>,
) -> Reply {
    json(&app.erase_customer(&caller, &body.value.customer).await?)
}
