//! People who work here, signed in with a browser: accounts and sessions, and the page on which they sign in and out.

use super::{
    body::{Json, NoBody, read},
    oauth::SentForm,
    pages::{HTML, SCRIPT, served},
    query::Name,
    reply::{json, private},
    request::{Authenticated, Reply, Shared},
    route::Routes,
    session::{FromHere, SignedIn, Visitor, forget, forget_sign_in, keep, keep_sign_in, kept_sign_in},
};
use crate::{problem, problem::Problem};
use axum::{
    extract::State,
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse as _, Response},
};
use remit_app::{
    access::reading,
    operation,
    sign_in::{
        account::{self, AcceptInvitation, InviteStaff, SignIn},
        provider::{self, SignInReturn},
        session,
    },
};
use serde_json::Value;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::InviteStaff, invite_staff)
        .bind(operation::EndAccount, end_account)
        .bind(operation::ListSessions, list_sessions)
        .bind(operation::EndSession, end_session)
        .bind(operation::SignIn, sign_in)
        .bind(operation::AcceptInvitation, accept_invitation)
        .bind(operation::GetSignInWays, get_sign_in_ways)
        .bind(operation::BeginProviderSignIn, begin_provider_sign_in)
        .bind(operation::CompleteProviderSignIn, complete_provider_sign_in)
        .bind(operation::BackChannelLogout, back_channel_logout)
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

async fn get_sign_in_ways(State(app): State<Shared>) -> Reply {
    json(&provider::ways(&app.environment))
}

/// The parameters of a query or a form that are asked for, each of which may be there once.
fn parameters<const N: usize>(encoded: &[u8], names: [&str; N]) -> Result<[Option<String>; N], Problem> {
    let mut found = [const { None }; N];
    for (name, value) in form_urlencoded::parse(encoded) {
        let Some(at) = names.iter().position(|known| *known == name) else { continue };
        if found.get_mut(at).and_then(|place| place.replace(value.into_owned())).is_some() {
            return Err(Problem::new(problem::BAD_REQUEST, format!("`{name}` is there twice")));
        }
    }
    Ok(found)
}

/// Sends a browser on.
fn sent(to: &str) -> Result<Response, Problem> {
    let to = HeaderValue::try_from(to).map_err(Problem::internal)?;
    Ok(private((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()))
}

async fn begin_provider_sign_in(State(app): State<Shared>, Visitor(from): Visitor, uri: Uri) -> Reply {
    let [onward] = parameters(uri.query().unwrap_or_default().as_bytes(), ["return"])?;
    match provider::begin(&app.environment, &app.live, &from, onward.as_deref()).await.map_err(Problem::from) {
        Ok(begun) => keep_sign_in(sent(&begun.to)?, &begun.kept),
        Err(refused) if refused.kind == problem::PROVIDER_UNREACHABLE => sent("/sign-in?refused=unreachable"),
        Err(other) => Err(other),
    }
}

async fn complete_provider_sign_in(
    State(app): State<Shared>,
    Visitor(from): Visitor,
    uri: Uri,
    headers: HeaderMap,
) -> Reply {
    let names = ["code", "state", "iss", "error"];
    let [code, state, iss, error] = parameters(uri.query().unwrap_or_default().as_bytes(), names)?;
    let kept = kept_sign_in(&headers);
    let completed = provider::complete(&app, from, SignInReturn { code, state, iss, error, kept }).await;
    let response = match completed.map_err(Problem::from) {
        Ok((started, onward)) => keep(sent(&onward)?, &started)?,
        Err(refused) if refused.kind == problem::SIGN_IN_REFUSED => {
            let code = refused.members.get("code").and_then(Value::as_str).unwrap_or("not_staff");
            sent(&format!("/sign-in?refused={code}"))?
        }
        Err(refused) if refused.kind == problem::PROVIDER_UNREACHABLE => sent("/sign-in?refused=unreachable")?,
        Err(other) => return Err(other),
    };
    // However it ended, it does so once.
    forget_sign_in(response)
}

/// Longest form that is read, in bytes.
const FORM_MAX: usize = 128 * 1024;

async fn back_channel_logout(State(app): State<Shared>, form: SentForm) -> Response {
    let told = async {
        let bytes = read(form.into_body(), FORM_MAX).await?;
        let [token] = parameters(&bytes, ["logout_token"])?;
        let missing = || Problem::new(problem::BAD_REQUEST, "`logout_token` is missing");
        provider::logout(&app, &token.ok_or_else(missing)?).await.map_err(Problem::from)
    };
    match told.await {
        Ok(()) => private(StatusCode::OK.into_response()),
        // As section 2.8 of the standard has it.
        Err(problem) if problem.kind.status < 500 => {
            let body = serde_json::json!({ "error": "invalid_request", "error_description": problem.detail });
            let json = [(CONTENT_TYPE, "application/json")];
            private((StatusCode::BAD_REQUEST, json, body.to_string()).into_response())
        }
        Err(problem) => problem.into_response(),
    }
}

async fn get_session(State(app): State<Shared>, signed_in: SignedIn) -> Reply {
    Ok(private(json(&session::own(&app.journal, &signed_in.caller, &signed_in.secret).await?)?))
}

async fn sign_out(State(app): State<Shared>, signed_in: SignedIn, _: NoBody) -> Reply {
    session::sign_out(&app, &signed_in.caller).await?;
    forget(private(StatusCode::NO_CONTENT.into_response()))
}
