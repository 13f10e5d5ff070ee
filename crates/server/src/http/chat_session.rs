//! Who acts on the chat page: the customer of the link whose secret the cookie holds, from a page of this site.

use super::request::Shared;
use crate::{problem, problem::Problem};
use axum::{
    RequestPartsExt as _,
    extract::{FromRequestParts, Path},
    http::{
        HeaderMap,
        header::{COOKIE as COOKIES, HOST, ORIGIN},
        request::Parts as RequestParts,
    },
};
use remit_app::{chat, live::chats::Chat};
use std::{collections::HashMap, sync::Arc};

/// The name of the cookie that holds a chat's secret where scripts cannot read it: a browser has one for each chat.
pub(crate) const COOKIE_OF: &str = "remit_{chat}";

/// What the names of all such cookies begin with, and the whole name of the one that a browser had for all its chats
/// before each request named its chat.
pub(crate) const COOKIE: &str = "remit_chat";

/// The name of a chat's cookie.
pub(crate) fn name_of(chat: &str) -> String {
    COOKIE_OF.replace("{chat}", chat)
}

/// A request's cookies, by name and value.
pub(crate) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let all = headers.get_all(COOKIES).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// The chat that the request's address names, if the request has the cookie of it.
pub(crate) struct Session(pub(crate) Arc<Chat>);

impl FromRequestParts<Shared> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, app: &Shared) -> Result<Self, Problem> {
        let named: HashMap<String, String> = parts.extract::<Path<_>>().await.map(|path| path.0).unwrap_or_default();
        let named = named.get("chat").map(String::as_str).unwrap_or_default();
        let cookie = name_of(named);
        let secret = cookies(&parts.headers).find(|(name, _)| *name == cookie).map(|(_, secret)| secret);
        let chat = chat::chat(&app.live, &app.environment, secret.unwrap_or_default())?;
        if chat.name() == named {
            return Ok(Self(chat));
        }
        Err(Problem::new(problem::CHAT_ENDED, "the cookie is of another chat"))
    }
}

/// The chat of a request that writes: by its cookie, and from no other site's page.
pub(crate) struct Writing(pub(crate) Arc<Chat>);

impl FromRequestParts<Shared> for Writing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, app: &Shared) -> Result<Self, Problem> {
        let Session(chat) = Session::from_request_parts(parts, app).await?;
        same_site(app, &parts.headers)?;
        Ok(Self(chat))
    }
}

/// Says that no other site's page sent the request.
pub(crate) struct SameSite;

impl FromRequestParts<Shared> for SameSite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, app: &Shared) -> Result<Self, Problem> {
        same_site(app, &parts.headers).map(|()| Self)
    }
}

/// Refuses what a browser sends for another site's page. The cookie does not travel with it either, nor do other pages
/// get leave to send JSON or an idempotency key here: this is one of three locks. What the browser itself says counts
/// first; a browser that says only which page asks is held to where this server is known to be, and where that was not
/// said, to the `Host` that came, which a proxy may have changed.
pub(crate) fn same_site(app: &Shared, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let public = app.environment.public_origins();
    let own = match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) if !public.is_empty() => public.iter().any(|known| known == origin),
        (None, Some(origin)) => origin.split_once("://").map(|(_, authority)| authority) == text(HOST.as_str()),
        (None, None) => true,
    };
    if own {
        return Ok(());
    }
    let why = if public.is_empty() {
        "the request says that it comes from another site; behind a proxy, `remit serve --public-url` says where this \
         one is"
            .to_owned()
    } else {
        format!("the request says that it comes from another site than {}", public.join(", "))
    };
    Err(Problem::new(problem::CROSS_SITE, why))
}
