//! People who work here, signed in with a browser: accounts and sessions, and the page on which they sign in and out.

use super::{
    body::{Json, NoBody},
    pages::{HTML, SCRIPT, served},
    query::Name,
    reply::{json, private},
    request::{Authenticated, Reply, Shared},
    route::Routes,
    session::{FromHere, SignedIn, forget, keep},
};
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    access::reading,
    operation,
    sign_in::{
        account::{self, AcceptInvitation, InviteStaff, SignIn},
        session,
    },
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::InviteStaff, invite_staff)
        .bind(operation::EndAccount, end_account)
        .bind(operation::ListSessions, list_sessions)
        .bind(operation::EndSession, end_session)
        .bind(operation::SignIn, sign_in)
        .bind(operation::AcceptInvitation, accept_invitation)
        .bind(operation::GetSession, get_session)
        .bind(operation::SignOut, sign_out)
        .bind(operation::GetSignInPage, served(HTML, include_str!("../../page/sign-in.html")))
        .bind(operation::GetSignOutPage, served(HTML, include_str!("../../page/sign-in.html")))
        .bind(operation::GetSignInScript, served(SCRIPT, include_str!("../../page/sign-in.js")))
}

async fn invite_staff(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
    body: Json<InviteStaff>,
) -> Reply {
    body.is_no_repeat("make another link, which takes the place of this one")?;
    let made = json(&account::invite(&app, &caller, &name, body.value).await?)?;
    Ok(private((StatusCode::CREATED, made).into_response()))
}

async fn end_account(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(name): Name) -> Reply {
    account::end_account(&app, &caller, &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn list_sessions(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| json(&session::sessions(app, caller).await?)).await
}

async fn end_session(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    session::end_session(&app, &caller, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn sign_in(State(app): State<Shared>, FromHere(from): FromHere, body: Json<SignIn>) -> Reply {
    let started = account::sign_in(&app, from, body.value).await?;
    keep(private(StatusCode::NO_CONTENT.into_response()), &started)
}

async fn accept_invitation(State(app): State<Shared>, FromHere(from): FromHere, body: Json<AcceptInvitation>) -> Reply {
    account::accept(&app, from, body.value).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}

async fn get_session(State(app): State<Shared>, signed_in: SignedIn) -> Reply {
    Ok(private(json(&session::own(&app, &signed_in.caller, &signed_in.secret).await?)?))
}

async fn sign_out(State(app): State<Shared>, signed_in: SignedIn, _: NoBody) -> Reply {
    session::sign_out(&app, &signed_in.caller).await?;
    forget(private(StatusCode::NO_CONTENT.into_response()))
}
