//! What administrators do: tokens made, listed and revoked, and a customer's words destroyed.

use super::{
    body::Json,
    query::Name,
    reply::json,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    access::reading,
    customer::erasure,
    input::EraseCustomer,
    operation,
    token::{self, NewToken, name},
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::MakeToken, make_token)
        .bind(operation::ListTokens, list_tokens)
        .bind(operation::RevokeToken, revoke_token)
        .bind(operation::ForgetName, forget_name)
        .bind(operation::EraseCustomer, erase_customer)
}

async fn make_token(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<NewToken>) -> Reply {
    body.is_no_repeat(
        "list the tokens to see whether \
                   it was made",
    )?;
    let made = json(&token::make_token(&app, &caller, body.value).await?)?;
    Ok((StatusCode::CREATED, made).into_response())
}

async fn list_tokens(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| json(&token::tokens(app, caller).await?)).await
}

async fn revoke_token(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    token::revoke_token(&app, &caller, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn forget_name(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    name::forget_name(&app, &caller, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn erase_customer(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<EraseCustomer>,
) -> Reply {
    json(&erasure::erase_customer(&app, &caller, &body.value.customer).await?)
}
