//! What became of cases: what customers say, what is counted, and what humans decided against the system.

use super::{
    Authenticated, Reply, Shared,
    body::{Json, NoBody},
    query::{Name, Params, limit},
    reply::{done, json},
    route::Routes,
};
use axum::extract::State;
use remit_app::{feedback::GiveFeedback, input::ListPart, operation};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::GiveCaseFeedback, give_feedback)
        .bind(operation::AbandonCase, abandon_case)
        .bind(operation::ListOutcomes, list_outcomes)
        .bind(operation::ListOverrides, list_overrides)
}

async fn give_feedback(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<GiveFeedback>,
) -> Reply {
    let acted = app.give_feedback(&caller, body.repeat.as_ref(), &id, body.value);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn abandon_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Reply {
    let acted = app.abandon_case(&caller, body.repeat.as_ref(), &id);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn list_outcomes(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    app.read(&caller, |app, caller| json(&app.outcomes(caller)?)).await
}

async fn list_overrides(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListPart>,
) -> Reply {
    let limit = limit(asked.limit)?;
    app.read(&caller, move |app, caller| json(&app.overrides(caller, asked.after.as_deref(), limit)?)).await
}
