//! Links by which customers answer requests once: read and answered by whoever has the secret, which stands in the body
//! of each request and in no address.

use super::{
    body::Json,
    chat_session::SameSite,
    reply::{json, private},
    request::{Reply, Shared},
    route::Routes,
};
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    operation,
    request::link::{self, AnswerByLink, OpenLink},
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::ReadLink, read_link)
        .bind(operation::ConfirmByLink, confirm_by_link)
        .bind(operation::DeclineByLink, decline_by_link)
}

async fn read_link(State(app): State<Shared>, _: SameSite, body: Json<OpenLink>) -> Reply {
    Ok(private(json(&link::read_link(&app, body.value.secret).await?)?))
}

async fn confirm_by_link(State(app): State<Shared>, _: SameSite, body: Json<AnswerByLink>) -> Reply {
    link::confirm_by_link(&app, body.value).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}

async fn decline_by_link(State(app): State<Shared>, _: SameSite, body: Json<AnswerByLink>) -> Reply {
    link::decline_by_link(&app, body.value).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
