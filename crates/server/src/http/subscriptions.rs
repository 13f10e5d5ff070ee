//! Subscriptions: whom events are sent to, how far they are, and what was given up.

use super::{
    body::{Json, NoBody},
    query::{Name, NameAndPosition, Params, limit, position},
    reply::json,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use crate::problem::Problem;
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    access::reading,
    input::ListPart,
    operation::{self, Refusal},
    webhook::{
        dead_letters,
        subscription::{self, NewSubscription, Replay},
    },
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
async fn whole<T: Send + 'static, R: Refusal>(
    change: impl Future<Output = Result<T, R>> + Send + 'static,
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
    let made = whole(async move { subscription::make_subscription(&app, &caller, body.value).await }).await?;
    Ok((StatusCode::CREATED, json(&made)?).into_response())
}

async fn list_subscriptions(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&subscription::subscriptions(&app, &caller)?)
}

async fn get_subscription(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    json(&subscription::subscription(&app, &caller, &id)?)
}

async fn delete_subscription(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    whole(async move { subscription::delete_subscription(&app, &caller, &id).await }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn pause_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&subscription::pause_subscription(&app, &caller, &id).await?)
}

async fn resume_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&subscription::resume_subscription(&app, &caller, &id).await?)
}

async fn replay_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<Replay>,
) -> Reply {
    json(&subscription::replay_subscription(&app, &caller, &id, &body.value).await?)
}

async fn rotate_secret(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Reply {
    no_key(body.repeat.as_ref())?;
    json(&whole(async move { subscription::rotate_secret(&app, &caller, &id).await }).await?)
}

async fn test_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&subscription::test_subscription(&app.governance, &app.live, &app.environment, &caller, &id).await?)
}

async fn list_dead_letters(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListPart>,
) -> Reply {
    let (after, limit) = (position(asked.after.as_deref())?, limit(asked.limit)?);
    reading::read(&app, &caller, async move |app, caller| {
        json(&dead_letters::dead_letters(app, caller, &id, after, limit).await?)
    })
    .await
}

async fn discard_dead_letter(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    NameAndPosition(id, seq): NameAndPosition,
) -> Reply {
    dead_letters::discard_dead_letter(&app, &caller, &id, seq).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn retry_dead_letter(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    NameAndPosition(id, seq): NameAndPosition,
    _: NoBody,
) -> Reply {
    dead_letters::retry_dead_letter(&app, &caller, &id, seq).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
