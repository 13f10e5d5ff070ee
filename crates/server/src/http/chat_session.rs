//! Who acts on the chat page: the customer of the link whose secret the cookie holds, from a page of this site.

use super::{
    request::Shared,
    same_site::{cookies, same_site},
};
use crate::{problem, problem::Problem};
use axum::{
    RequestPartsExt as _,
    extract::{FromRequestParts, Path},
    http::request::Parts as RequestParts,
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
