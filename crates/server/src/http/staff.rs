//! Staff: noted, there or not, what they are offered and what they have; and AI responders that were stopped.

use super::{
    body::Json,
    query::Name,
    reply::{done, json},
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::{Extension, extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    Succession,
    access::reading,
    ai::breaker::{self, ResetOutcomes, ResumeAi},
    operation, pipeline,
    staff::{self, AnswerOffer, NoteStaff, SetPresence, remove},
};
use std::sync::Arc;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::NoteStaff, note_staff)
        .bind(operation::RemoveStaff, remove_staff)
        .bind(operation::ListStaff, list_staff)
        .bind(operation::SetPresence, set_presence)
        .bind(operation::GetWork, get_work)
        .bind(operation::ListQueues, list_queues)
        .bind(operation::AnswerOffer, answer_offer)
        .bind(operation::ListStopped, list_stopped)
        .bind(operation::ListRespondersUnreachable, list_responders_unreachable)
        .bind(operation::ResumeAi, resume_ai)
        .bind(operation::ResetOutcomes, reset_outcomes)
}

async fn note_staff(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<NoteStaff>) -> Reply {
    json(&staff::note_staff(&app, &caller, body.value).await?)
}

async fn remove_staff(
    State(app): State<Shared>,
    Extension(succession): Extension<Arc<Succession>>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
) -> Reply {
    remove::remove_staff(&succession, &app, &caller, &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn list_staff(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| {
        json(&staff::list_staff(&app.governance, &app.live, &app.environment, caller)?)
    })
    .await
}

async fn set_presence(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
    body: Json<SetPresence>,
) -> Reply {
    json(&staff::set_presence(&app, &caller, &name, body.value).await?)
}

async fn get_work(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(name): Name) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&staff::work_of(app, caller, &name).await?)).await
}

async fn list_queues(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&staff::list_queues(&app.governance, &app.live, &app.environment, &caller)?)
}

async fn answer_offer(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AnswerOffer>,
) -> Reply {
    let acted = staff::answer_offer(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn list_stopped(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&breaker::stopped(&app.governance, &app.live, &app.environment, &caller)?)
}

async fn list_responders_unreachable(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&breaker::unreachable(&app.governance, &app.live, &app.environment, &caller)?)
}

async fn reset_outcomes(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
    body: Json<ResetOutcomes>,
) -> Reply {
    breaker::reset_outcomes(&app, &caller, &name, body.value).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn resume_ai(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
    body: Json<ResumeAi>,
) -> Reply {
    breaker::resume_ai(&app, &caller, &name, body.value).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
