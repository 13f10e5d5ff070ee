//! Staff: noted, there or not, what they are offered and what they have; and AI responders that were stopped.

use super::{
    Authenticated, Reply, Shared,
    body::Json,
    query::Name,
    reply::{done, json},
    route::Routes,
};
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    breaker::{ResetOutcomes, ResumeAi},
    operation,
    staff::{AnswerOffer, NoteStaff, SetPresence},
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::NoteStaff, note_staff)
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
    json(&app.note_staff(&caller, body.value).await?)
}

async fn list_staff(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    app.read(&caller, |app, caller| json(&app.list_staff(caller)?)).await
}

async fn set_presence(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
    body: Json<SetPresence>,
) -> Reply {
    json(&app.set_presence(&caller, &name, body.value).await?)
}

async fn get_work(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(name): Name) -> Reply {
    app.read(&caller, move |app, caller| json(&app.work_of(caller, &name)?)).await
}

async fn list_queues(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&app.list_queues(&caller)?)
}

async fn answer_offer(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AnswerOffer>,
) -> Reply {
    let acted = app.answer_offer(&caller, body.repeat.as_ref(), &id, body.value);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn list_stopped(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&app.stopped(&caller)?)
}

async fn list_responders_unreachable(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    json(&app.unreachable(&caller)?)
}

async fn reset_outcomes(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
    body: Json<ResetOutcomes>,
) -> Reply {
    app.reset_outcomes(&caller, &name, body.value).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn resume_ai(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(name): Name,
    body: Json<ResumeAi>,
) -> Reply {
    app.resume_ai(&caller, &name, body.value).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
