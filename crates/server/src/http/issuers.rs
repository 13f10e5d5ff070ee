//! Issuers listed, changed and stopped, and whom they speak of.

use super::{
    body::{Json, NoBody},
    query::Name,
    reply::json,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    access::reading,
    issuer::{
        register::{self, RegisterIssuer, ReplaceIssuerKeys, SetIssuerWord},
        subject::{self, SetIssuerSubject},
    },
    operation,
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::RegisterIssuer, register_issuer)
        .bind(operation::ListIssuers, list_issuers)
        .bind(operation::SetIssuerWord, set_issuer_word)
        .bind(operation::ReplaceIssuerKeys, replace_issuer_keys)
        .bind(operation::SuspendIssuer, suspend_issuer)
        .bind(operation::ResumeIssuer, resume_issuer)
        .bind(operation::SetIssuerSubject, set_issuer_subject)
}

async fn register_issuer(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<RegisterIssuer>,
) -> Reply {
    let registered = json(&register::register_issuer(&app, &caller, body.value).await?)?;
    Ok((StatusCode::CREATED, registered).into_response())
}

async fn list_issuers(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| json(&register::list_issuers(app, caller).await?)).await
}

async fn set_issuer_word(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<SetIssuerWord>,
) -> Reply {
    json(&register::set_issuer_word(&app, &caller, &id, body.value).await?)
}

async fn replace_issuer_keys(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ReplaceIssuerKeys>,
) -> Reply {
    json(&register::replace_issuer_keys(&app, &caller, &id, body.value).await?)
}

async fn suspend_issuer(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&register::suspend_issuer(&app, &caller, &id).await?)
}

async fn resume_issuer(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&register::resume_issuer(&app, &caller, &id).await?)
}

async fn set_issuer_subject(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<SetIssuerSubject>,
) -> Reply {
    json(&subject::set_issuer_subject(&app, &caller, &id, body.value).await?)
}
