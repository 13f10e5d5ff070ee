//! Subscriptions: whom events are sent to, how far they are, and what was given up.

use super::{
    body::{Json, NoBody},
    query::{Name, NameAndPosition, Params, limit, position},
    reply::json,
    request::{Authenticated, Reply, Shared},
};
use crate::problem::Problem;
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    access::reading,
    case::query::Page,
    refused::Refused,
    webhook::{
        dead_letters::{self, DeadLetterView},
        subscription::{self, NewSubscription, Replay, SubscriptionSecret, SubscriptionView, TestView},
    },
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(make_subscription, list_subscriptions))
        .routes(routes!(get_subscription, delete_subscription))
        .routes(routes!(pause_subscription))
        .routes(routes!(resume_subscription))
        .routes(routes!(replay_subscription))
        .routes(routes!(rotate_secret))
        .routes(routes!(test_subscription))
        .routes(routes!(list_dead_letters))
        .routes(routes!(discard_dead_letter))
        .routes(routes!(retry_dead_letter))
}

/// Which dead letters to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListDeadLetters {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many at most; 50 unless told.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
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

/// Subscribe to events. The secret is in this answer and in no other.
///
/// Every event is posted as a `WebhookMessage`, signed as Standard Webhooks says, at least once, in order within its
/// case, until the receiver answers with 2xx. What it does not take is tried again for three days.
#[utoipa::path(
    post, path = "/v1/subscriptions", tag = "subscriptions", request_body = NewSubscription,
    responses((status = 201, description = "Made.", body = SubscriptionSecret))
)]
async fn make_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<NewSubscription>,
) -> Reply {
    no_key(body.repeat.as_ref())?;
    let made = whole(async move { subscription::make_subscription(&app, &caller, body.value).await }).await?;
    Ok((StatusCode::CREATED, json(&made)?).into_response())
}

/// List the subscriptions, without their secrets.
#[utoipa::path(
    get, path = "/v1/subscriptions", tag = "subscriptions",
    responses((status = 200, description = "All of them.", body = Vec<SubscriptionView>))
)]
async fn list_subscriptions(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&subscription::subscriptions(&app, &caller)?)
}

/// Get a subscription, and where its delivery stands.
#[utoipa::path(
    get, path = "/v1/subscriptions/{id}", tag = "subscriptions",
    params(("id" = String, Path, description = "The subscription.")),
    responses((status = 200, description = "The subscription.", body = SubscriptionView))
)]
async fn get_subscription(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    json(&subscription::subscription(&app, &caller, &id)?)
}

/// Delete a subscription with its dead letters; nothing more is sent.
#[utoipa::path(
    delete, path = "/v1/subscriptions/{id}", tag = "subscriptions",
    params(("id" = String, Path, description = "The subscription.")),
    responses((status = 204, description = "Deleted."))
)]
async fn delete_subscription(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    whole(async move { subscription::delete_subscription(&app, &caller, &id).await }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Pause a subscription. What happens meanwhile is sent once it is resumed.
#[utoipa::path(
    post, path = "/v1/subscriptions/{id}/pause", tag = "subscriptions",
    params(("id" = String, Path, description = "The subscription.")),
    responses((status = 200, description = "Paused.", body = SubscriptionView))
)]
async fn pause_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&subscription::pause_subscription(&app, &caller, &id).await?)
}

/// Resume a subscription, or try everything that waits at once.
#[utoipa::path(
    post, path = "/v1/subscriptions/{id}/resume", tag = "subscriptions",
    params(("id" = String, Path, description = "The subscription.")),
    responses((status = 200, description = "Resumed.", body = SubscriptionView))
)]
async fn resume_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&subscription::resume_subscription(&app, &caller, &id).await?)
}

/// Send everything after a position in the ledger again, under the same `webhook-id`s.
#[utoipa::path(
    post, path = "/v1/subscriptions/{id}/replay", tag = "subscriptions", request_body = Replay,
    params(("id" = String, Path, description = "The subscription.")),
    responses((status = 200, description = "Set back.", body = SubscriptionView))
)]
async fn replay_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<Replay>,
) -> Reply {
    json(&subscription::replay_subscription(&app, &caller, &id, &body.value).await?)
}

/// Give a subscription a new secret. The one before signs too for a day.
#[utoipa::path(
    post, path = "/v1/subscriptions/{id}/rotate", tag = "subscriptions",
    params(("id" = String, Path, description = "The subscription.")),
    responses((status = 200, description = "The new secret.", body = SubscriptionSecret))
)]
async fn rotate_secret(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Reply {
    no_key(body.repeat.as_ref())?;
    json(&whole(async move { subscription::rotate_secret(&app, &caller, &id).await }).await?)
}

/// Send a message of the type `remit.test.v1` at once, and say what came of it.
#[utoipa::path(
    post, path = "/v1/subscriptions/{id}/test", tag = "subscriptions",
    params(("id" = String, Path, description = "The subscription.")),
    responses((status = 200, description = "What came of it.", body = TestView))
)]
async fn test_subscription(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&subscription::test_subscription(&app.governance, &app.live, &app.environment, &caller, &id).await?)
}

/// List the events that were given up, in ledger order.
#[utoipa::path(
    get, path = "/v1/subscriptions/{id}/dead", tag = "subscriptions",
    params(("id" = String, Path, description = "The subscription."), ListDeadLetters),
    responses((status = 200, description = "One page.", body = Page<DeadLetterView>))
)]
async fn list_dead_letters(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListDeadLetters>,
) -> Reply {
    let (after, limit) = (position(asked.after.as_deref())?, limit(asked.limit)?);
    reading::read(&app, &caller, async move |app, caller| {
        json(&dead_letters::dead_letters(app, caller, &id, after, limit).await?)
    })
    .await
}

/// Discard an event that was given up.
#[utoipa::path(
    delete, path = "/v1/subscriptions/{id}/dead/{seq}", tag = "subscriptions",
    params(
        ("id" = String, Path, description = "The subscription."),
        ("seq" = u64, Path, description = "The event's position in the ledger."),
    ),
    responses((status = 204, description = "Discarded."))
)]
async fn discard_dead_letter(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    NameAndPosition(id, seq): NameAndPosition,
) -> Reply {
    dead_letters::discard_dead_letter(&app, &caller, &id, seq).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Send an event that was given up again, for the whole time.
#[utoipa::path(
    post, path = "/v1/subscriptions/{id}/dead/{seq}/retry", tag = "subscriptions",
    params(
        ("id" = String, Path, description = "The subscription."),
        ("seq" = u64, Path, description = "The event's position in the ledger."),
    ),
    responses((status = 204, description = "On its way again; it is a dead letter until it is delivered."))
)]
async fn retry_dead_letter(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    NameAndPosition(id, seq): NameAndPosition,
    _: NoBody,
) -> Reply {
    dead_letters::retry_dead_letter(&app, &caller, &id, seq).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
