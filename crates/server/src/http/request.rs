//! What handlers are given, and what they answer.

use super::{session, signed_only};
use crate::problem::Problem;
use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts as RequestParts},
    response::Response,
};
use remit_app::{
    Caller, Parts,
    access::{auth, usage},
};
use std::sync::Arc;

/// What every handler works on.
pub(crate) type Shared = Arc<Parts>;

/// A response, or what is told instead.
pub(crate) type Reply = Result<Response, Problem>;

/// The caller that the request's token names, or whose session it has the cookie of.
#[derive(Debug)]
pub(crate) struct Authenticated(pub(crate) Arc<Caller>);

impl FromRequestParts<Shared> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, app: &Shared) -> Result<Self, Problem> {
        if let Some(secret) = session::secret(&parts.headers)? {
            return Ok(Self(session::caller(parts, app, secret).await?));
        }
        let header = parts.headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
        if header.is_none()
            && let Some(refused) = signed_only::refused(parts, app).await
        {
            return Err(refused);
        }
        let caller = auth::caller(&app.journal, &app.live, &app.environment, header).await?;
        usage::pace(&app.environment, &caller)?;
        Ok(Self(caller))
    }
}
