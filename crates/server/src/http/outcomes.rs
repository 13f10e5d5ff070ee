//! What became of cases: what customers say, what is counted, and what humans decided against the system.

use super::{
    body::{Json, NoBody},
    query::{Name, Params, limit},
    reply::{done, json},
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::extract::State;
use remit_app::{
    access::reading,
    case::{
        feedback::{self, GiveFeedback},
        override_log,
    },
    evidence::outcome,
    input::ListPart,
    operation, pipeline,
};

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
    let acted = feedback::give_feedback(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn abandon_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Reply {
    let acted = feedback::abandon_case(&app, &caller, body.repeat.as_ref(), &id);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn list_outcomes(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| json(&outcome::outcomes(app, caller).await?)).await
}

async fn list_overrides(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListPart>,
) -> Reply {
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, async move |app, caller| {
        json(&override_log::overrides(app, caller, asked.after.as_deref(), limit).await?)
    })
    .await
}
