//! Who is signed in with a browser: by the secret in a cookie, and, for whatever changes something, by what only the
//! session's own page can send beside it.

use super::same_site::{cookies, same_site};
use crate::{peer::Peer, problem, problem::Problem};
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue,
        header::{AUTHORIZATION, SET_COOKIE, USER_AGENT},
        request::Parts as RequestParts,
    },
    response::Response,
};
use remit_app::{
    Caller, Parts,
    access::usage,
    sign_in::{
        account::From,
        session::{self, Seen, Started},
    },
};
use std::{convert::Infallible, sync::Arc};

/// The cookie of a session: of this host alone, sent over TLS or within this machine, and read by no script.
pub(crate) const COOKIE: &str = "__Host-remit-session";
/// The cookie of the browser in which a sign-in by the identity provider began, and its time, in seconds.
const SIGN_IN: &str = "__Host-remit-sign-in";
const SIGN_IN_S: u32 = 600;
/// The cookie of the browser in which a sign-in by a passkey began, and its time, in seconds.
const PASSKEY: &str = "__Host-remit-passkey";
const PASSKEY_S: u32 = 300;
/// How much is kept of what a browser calls itself, in characters.
const BROWSER_MAX: usize = 160;
/// The header that a page sends with each change that it asks for.
pub(crate) const CSRF: &str = "x-remit-csrf";
/// What a cookie says beside its value. `Lax`: it comes along where somebody follows a link to this server, and with
/// nothing that another site's page sends by itself.
const ATTRIBUTES: &str = "Path=/; HttpOnly; Secure; SameSite=Lax";

/// The secret of the session that a request has the cookie of.
///
/// # Errors
/// When it has several, or says in another way who calls.
pub(crate) fn secret(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut found = cookies(headers).filter(|(name, _)| *name == COOKIE).map(|(_, secret)| secret);
    let Some(secret) = found.next() else { return Ok(None) };
    let wrong = |detail: &str, cure: &str| Problem::new(problem::UNAUTHENTICATED, detail).cured_by(cure);
    if found.next().is_some() {
        return Err(wrong("the request has the cookie of a session more than once", "Send it once."));
    }
    if headers.contains_key(AUTHORIZATION) {
        let detail = "the request has a token and the cookie of a session, which need not be the same person's";
        return Err(wrong(detail, "Send one of them: a program its token, and a browser its cookie; or sign out."));
    }
    Ok(Some(secret))
}

/// From what a request comes, as far as that is known. What a browser calls itself is cut to what is read at a glance.
fn seen(parts: &RequestParts) -> Seen {
    let address = parts.extensions.get::<Peer>().and_then(|peer| peer.client(&parts.headers));
    let told = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::trim);
    let browser = told.filter(|told| !told.is_empty()).map(|told| told.chars().take(BROWSER_MAX).collect());
    Seen { address, browser }
}

/// Who calls in a session; what changes something must come from its own page.
pub(crate) async fn caller(parts: &RequestParts, app: &Parts, secret: &str) -> Result<Arc<Caller>, Problem> {
    let caller = session::caller(app, secret, seen(parts)).await?;
    usage::pace(&app.environment, &caller)?;
    if !parts.method.is_safe() {
        same_site(app, &parts.headers)?;
        let sent = parts.headers.get(CSRF).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !session::is_from_page(secret, sent) {
            let detail = "the header `X-Remit-Csrf` does not say what `GET /sign-in/v1/session` tells this session";
            return Err(Problem::new(problem::CROSS_SITE, detail));
        }
    }
    Ok(caller)
}

/// Who signed in with a browser, and the secret that it has.
pub(crate) struct SignedIn {
    pub(crate) caller: Arc<Caller>,
    pub(crate) secret: String,
}

impl FromRequestParts<Arc<Parts>> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, app: &Arc<Parts>) -> Result<Self, Problem> {
        let none = || {
            let cure = "Sign in at /sign-in; tokens have no session.";
            Problem::new(problem::UNAUTHENTICATED, "the request has no cookie of a session").cured_by(cure)
        };
        let secret = secret(&parts.headers)?.ok_or_else(none)?.to_owned();
        Ok(Self { caller: caller(parts, app, &secret).await?, secret })
    }
}

/// From where somebody signs in: from no other site's page.
pub(crate) struct FromHere(pub(crate) From);

impl FromRequestParts<Arc<Parts>> for FromHere {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, app: &Arc<Parts>) -> Result<Self, Problem> {
        same_site(app, &parts.headers)?;
        Ok(Self(came_from(parts)))
    }
}

/// From where somebody comes, whichever page sent them.
pub(crate) struct Visitor(pub(crate) From);

impl FromRequestParts<Arc<Parts>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut RequestParts, _: &Arc<Parts>) -> Result<Self, Infallible> {
        Ok(Self(came_from(parts)))
    }
}

fn came_from(parts: &RequestParts) -> From {
    let address = parts.extensions.get::<Peer>().and_then(|peer| peer.client(&parts.headers));
    From { address, before: secret(&parts.headers).ok().flatten().map(ToOwned::to_owned) }
}

/// Has the browser keep a session.
pub(crate) fn keep(mut response: Response, started: &Started) -> Result<Response, Problem> {
    let Started { secret, seconds } = started;
    set(&mut response, &format!("{COOKIE}={secret}; Max-Age={seconds}; {ATTRIBUTES}"))?;
    Ok(response)
}

/// Has the browser forget its session.
pub(crate) fn forget(mut response: Response) -> Result<Response, Problem> {
    set(&mut response, &format!("{COOKIE}=; Max-Age=0; {ATTRIBUTES}"))?;
    Ok(response)
}

/// Has the browser keep what a sign-in by the identity provider needs to end.
pub(crate) fn keep_sign_in(mut response: Response, kept: &str) -> Result<Response, Problem> {
    set(&mut response, &format!("{SIGN_IN}={kept}; Max-Age={SIGN_IN_S}; {ATTRIBUTES}"))?;
    Ok(response)
}

/// What it kept.
pub(crate) fn kept_sign_in(headers: &HeaderMap) -> Option<String> {
    cookies(headers).find(|(name, _)| *name == SIGN_IN).map(|(_, kept)| kept.to_owned())
}

/// Has it forget that.
pub(crate) fn forget_sign_in(mut response: Response) -> Result<Response, Problem> {
    set(&mut response, &format!("{SIGN_IN}=; Max-Age=0; {ATTRIBUTES}"))?;
    Ok(response)
}

/// Has the browser keep what shows that a sign-in by a passkey began in it.
pub(crate) fn keep_passkey(mut response: Response, kept: &str) -> Result<Response, Problem> {
    set(&mut response, &format!("{PASSKEY}={kept}; Max-Age={PASSKEY_S}; {ATTRIBUTES}"))?;
    Ok(response)
}

/// What it kept.
pub(crate) fn kept_passkey(headers: &HeaderMap) -> Option<String> {
    cookies(headers).find(|(name, _)| *name == PASSKEY).map(|(_, kept)| kept.to_owned())
}

/// Has it forget that.
pub(crate) fn forget_passkey(mut response: Response) -> Result<Response, Problem> {
    set(&mut response, &format!("{PASSKEY}=; Max-Age=0; {ATTRIBUTES}"))?;
    Ok(response)
}

fn set(response: &mut Response, cookie: &str) -> Result<(), Problem> {
    response.headers_mut().append(SET_COOKIE, HeaderValue::try_from(cookie).map_err(Problem::internal)?);
    Ok(())
}
