//! Subscriptions: whom events are sent to, how far they are, and what was given up.

use super::{
    Authenticated, Reply, Shared,
    body::{Json, NoBody},
    query::{Name, NameAndPosition, Params, limit, position},
    reply::json,
    route::Routes,
};
use crate::problem::Problem;
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    input::ListPart,
    operation,
    refused::Refused,
    subscription::{NewSubscription, Replay},
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::MakeSubscription, make_subscription)
        .bind(operation::ListSubscriptions, list_subscriptions)
        .bind(operation::GetSubscription, get_subscription)
        .bind(operation::DeleteSubscription, delete_subscription)
        .bind(operation::PauseSubscription, pause_subscription)
        .bind(operation::ResumeSubscription, resume_subscription)
        .bind(operation::ReplaySubscription, replay_subscription)
        .bind(operation::RotateSecret, rotate_secret)
        .bind(operation::TestSubscription, test_subscription)
        .bind(operation::ListDeadLetters, list_dead_letters)
        .bind(operation::DiscardDeadLetter, discard_dead_letter)
        .bind(operation::RetryDeadLetter, retry_dead_letter)
}

/// Carries a change out to its end, also when the caller hangs up meanwhile.
async fn whole<T: Send + 'static>(
    change: impl Future<Output = Result<T, Refused>> + Send + 'static,
) -> Result<T, Problem> {
    Ok(tokio::spawn(change).await.map_err(Problem::internal)??)
}

/// A key is refused where the answer holds a secret.
fn no_key(repeat: Option<&remit_app::Repeat>) -> Result<(), Problem> {
    let why = "is not taken here: the answer holds a secret, which is shown this once; list the subscriptions to see \
               whether it was made";
    repeat.map_or(Ok(()), |_| Err(Problem::invalid("Idempotency-Key", why)))
}

async fn make_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<NewSubscription>,
) -> Reply {
    no_key(body.repeat.as_ref())?;
    let made = whole(async move { app.make_subscription(&caller, body.value).await }).await?;
    Ok((StatusCode::CREATED, json(&made)?).into_response())
}

async fn list_subscriptions(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&app.subscriptions(&caller)?)
}

async fn get_subscription(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    json(&app.subscription(&caller, &id)?)
}

async fn delete_subscription(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    whole(async move { app.delete_subscription(&caller, &id).await }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn pause_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&app.pause_subscription(&caller, &id).await?)
}

async fn resume_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&app.resume_subscription(&caller, &id).await?)
}

async fn replay_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<Replay>,
) -> Reply {
    json(&app.replay_subscription(&caller, &id, &body.value).await?)
}

async fn rotate_secret(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Reply {
    no_key(body.repeat.as_ref())?;
    json(&whole(async move { app.rotate_secret(&caller, &id).await }).await?)
}

async fn test_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&app.test_subscription(&caller, &id).await?)
}

async fn list_dead_letters(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListPart>,
) -> Reply {
    let (after, limit) = (position(asked.after.as_deref())?, limit(asked.limit)?);
    app.read(&caller, move |app, caller| json(&app.dead_letters(caller, &id, after, limit)?)).await
}

async fn discard_dead_letter(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    NameAndPosition(id, seq): NameAndPosition,
) -> Reply {
    app.discard_dead_letter(&caller, &id, seq).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn retry_dead_letter(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    NameAndPosition(id, seq): NameAndPosition,
    _: NoBody,
) -> Reply {
    app.retry_dead_letter(&caller, &id, seq).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
