//! Staff: noted, there or not, what they are offered and what they have; and AI responders that were stopped.

use super::{
    body::{IdempotencyKey, Json},
    query::Name,
    reply::{done, json},
    request::{Authenticated, Reply, Shared},
};
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    access::reading,
    ai::breaker::{self, ResetOutcomes, ResumeAi, StoppedView, UnreachableView},
    case::counted::CaseAnswer,
    pipeline,
    staff::{self, AnswerOffer, NoteStaff, QueueView, SetPresence, StaffView, WorkView},
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(note_staff, list_staff))
        .routes(routes!(set_presence))
        .routes(routes!(get_work))
        .routes(routes!(list_queues))
        .routes(routes!(answer_offer))
        .routes(routes!(list_stopped))
        .routes(routes!(list_responders_unreachable))
        .routes(routes!(resume_ai))
        .routes(routes!(reset_outcomes))
}

/// Note a member of staff, in place of what was noted before.
#[utoipa::path(
    post, path = "/v1/staff", tag = "staff", request_body = NoteStaff,
    responses((status = 200, description = "Noted.", body = StaffView))
)]
async fn note_staff(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<NoteStaff>) -> Reply {
    json(&staff::note_staff(&app, &caller, body.value).await?)
}

/// List everybody, by name.
#[utoipa::path(
    get, path = "/v1/staff", tag = "staff",
    responses((status = 200, description = "Everybody.", body = Vec<StaffView>))
)]
async fn list_staff(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| {
        json(&staff::list_staff(&app.governance, &app.live, &app.environment, caller)?)
    })
    .await
}

/// Say whether a member of staff is there.
///
/// Who becomes available gets room step by step, so that a backlog is not flushed onto the first person back; offers to
/// somebody who goes are made to others.
#[utoipa::path(
    post, path = "/v1/staff/{name}/presence", tag = "staff", request_body = SetPresence,
    params(("name" = String, Path, description = "The member of staff.")),
    responses((status = 200, description = "Noted.", body = StaffView))
)]
async fn set_presence(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
    body: Json<SetPresence>,
) -> Reply {
    json(&staff::set_presence(&app, &caller, &name, body.value).await?)
}

/// List what is offered to a member of staff, and what they have.
#[utoipa::path(
    get, path = "/v1/staff/{name}/work", tag = "staff",
    params(("name" = String, Path, description = "The member of staff.")),
    responses((status = 200, description = "Offers and cases.", body = WorkView))
)]
async fn get_work(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(name): Name) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&staff::work_of(app, caller, &name).await?)).await
}

/// List the queues: whether they are open, how much they have, and how long a case waits.
#[utoipa::path(
    get, path = "/v1/queues", tag = "staff",
    responses((status = 200, description = "All of them.", body = Vec<QueueView>))
)]
async fn list_queues(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&staff::list_queues(&app.governance, &app.live, &app.environment, &caller)?)
}

/// Accept or decline the offer of a case.
#[utoipa::path(
    post, path = "/v1/cases/{id}/offer", tag = "staff", request_body = AnswerOffer,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 200, description = "Answered.", body = CaseAnswer))
)]
async fn answer_offer(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AnswerOffer>,
) -> Reply {
    let acted = staff::answer_offer(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// List the AI responders that were stopped, by intent.
#[utoipa::path(
    get, path = "/v1/responders/stopped", tag = "staff",
    responses((status = 200, description = "All of them.", body = Vec<StoppedView>))
)]
async fn list_stopped(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&breaker::stopped(&app.governance, &app.live, &app.environment, &caller)?)
}

/// List the AI responders that could not be reached several times in a row and are left alone for a while.
#[utoipa::path(
    get, path = "/v1/responders/unreachable", tag = "staff",
    responses((status = 200, description = "All of them.", body = Vec<UnreachableView>))
)]
async fn list_responders_unreachable(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&breaker::unreachable(&app.governance, &app.live, &app.environment, &caller)?)
}

/// Count the outcomes of a responder for an intent anew, with a reason, on record.
///
/// Routing estimates from the bundle's prior again, and the breaker judges anew. Who is stopped stays so.
#[utoipa::path(
    post, path = "/v1/responders/{name}/outcomes/reset", tag = "staff", request_body = ResetOutcomes,
    params(("name" = String, Path, description = "The responder.")),
    responses((status = 204, description = "Counted anew."))
)]
async fn reset_outcomes(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
    body: Json<ResetOutcomes>,
) -> Reply {
    breaker::reset_outcomes(&app, &caller, &name, body.value).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Switch an AI responder on again for an intent, with a reason.
#[utoipa::path(
    post, path = "/v1/responders/{name}/resume", tag = "staff", request_body = ResumeAi,
    params(("name" = String, Path, description = "The AI responder.")),
    responses((status = 204, description = "On again."))
)]
async fn resume_ai(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
    body: Json<ResumeAi>,
) -> Reply {
    breaker::resume_ai(&app, &caller, &name, body.value).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
