//! Passkeys of people who work here: signing in with one, and the page on which they see what they sign in with.

use super::{
    body::{Json, NoBody},
    pages::{HTML, SCRIPT, served},
    query::{Name, Names},
    reply::{json, private},
    request::{Authenticated, Reply, Shared},
    route::Routes,
    session::{FromHere, SignedIn, forget_passkey, keep, keep_passkey, kept_passkey},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse as _,
};
use remit_app::{
    access::reading,
    operation,
    sign_in::{
        account,
        by_passkey::{self, ShowPasskey},
        passkey::{self, RegisterPasskey},
        session,
    },
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::BeginPasskeySignIn, begin_passkey_sign_in)
        .bind(operation::SignInByPasskey, sign_in_by_passkey)
        .bind(operation::GetOwnAccount, get_own_account)
        .bind(operation::BeginPasskey, begin_passkey)
        .bind(operation::RegisterPasskey, register_passkey)
        .bind(operation::RemoveOwnPasskey, remove_own_passkey)
        .bind(operation::RemoveOwnPassword, remove_own_password)
        .bind(operation::ListOwnSessions, list_own_sessions)
        .bind(operation::EndOwnSession, end_own_session)
        .bind(operation::EndOtherSessions, end_other_sessions)
        .bind(operation::ListPasskeys, list_passkeys)
        .bind(operation::RemovePasskey, remove_passkey)
        .bind(operation::GetAccountPage, served(HTML, include_str!("../../page/account.html")))
        .bind(operation::GetAccountScript, served(SCRIPT, include_str!("../../page/account.js")))
        .bind(operation::GetPasskeyScript, served(SCRIPT, include_str!("../../page/passkey.js")))
}

async fn begin_passkey_sign_in(State(app): State<Shared>, FromHere(from): FromHere, _: NoBody) -> Reply {
    let begun = by_passkey::begin(&app.environment, &app.live, &from)?;
    keep_passkey(private(json(&begun.options)?), &begun.kept)
}

async fn sign_in_by_passkey(
    State(app): State<Shared>,
    FromHere(from): FromHere,
    headers: HeaderMap,
    body: Json<ShowPasskey>,
) -> Reply {
    let started = by_passkey::sign_in(&app, from, kept_passkey(&headers).as_deref(), body.value).await?;
    // However it ended, it does so once; who was refused begins anew.
    forget_passkey(keep(private(StatusCode::NO_CONTENT.into_response()), &started)?)
}

async fn get_own_account(State(app): State<Shared>, signed_in: SignedIn) -> Reply {
    Ok(private(json(&passkey::own_account(&app.environment, &app.journal, &signed_in.caller).await?)?))
}

async fn begin_passkey(State(app): State<Shared>, signed_in: SignedIn, _: NoBody) -> Reply {
    Ok(private(json(&passkey::begin(&app, &signed_in.caller).await?)?))
}

async fn register_passkey(State(app): State<Shared>, signed_in: SignedIn, body: Json<RegisterPasskey>) -> Reply {
    let made = json(&passkey::register(&app, &signed_in.caller, body.value).await?)?;
    Ok(private((StatusCode::CREATED, made).into_response()))
}

async fn remove_own_passkey(State(app): State<Shared>, signed_in: SignedIn, Name(id): Name) -> Reply {
    passkey::remove_own(&app, &signed_in.caller, &id).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}

async fn remove_own_password(State(app): State<Shared>, signed_in: SignedIn) -> Reply {
    account::remove_password(&app, &signed_in.caller).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}

async fn list_own_sessions(State(app): State<Shared>, signed_in: SignedIn) -> Reply {
    Ok(private(json(&session::own_sessions(&app, &signed_in.caller).await?)?))
}

async fn end_own_session(State(app): State<Shared>, signed_in: SignedIn, Name(id): Name) -> Reply {
    session::end_own(&app, &signed_in.caller, &id).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}

async fn end_other_sessions(State(app): State<Shared>, signed_in: SignedIn, _: NoBody) -> Reply {
    session::end_others(&app, &signed_in.caller).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}

async fn list_passkeys(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(name): Name) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&passkey::passkeys(app, caller, &name).await?)).await
}

async fn remove_passkey(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Names([name, id]): Names<2>,
) -> Reply {
    passkey::remove(&app, &caller, &name, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
