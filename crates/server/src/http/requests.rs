//! Requests for actions: asked for, confirmed, declined, taken back and read.

use super::{
    body::{Json, NoBody},
    query::{Name, Params, limit},
    reply::{created, done, json, private},
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use remit_app::{
    access::reading,
    input::ListPart,
    operation, pipeline,
    request::{
        answer::{self, AnswerRequest, AnswerRequests},
        ask::{self, AskRequest},
        conclude::{self, ConcludeRequest},
        link::{self, MakeLink},
        read, withdraw,
    },
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::AskRequest, ask_request)
        .bind(operation::PreviewRequest, preview_request)
        .bind(operation::ListRequests, list_requests)
        .bind(operation::GetRequest, get_request)
        .bind(operation::ConfirmRequest, confirm_request)
        .bind(operation::DeclineRequest, decline_request)
        .bind(operation::ConfirmRequests, confirm_requests)
        .bind(operation::MakeLink, make_link)
        .bind(operation::ConcludeRequest, conclude_request)
        .bind(operation::WithdrawRequest, withdraw_request)
}

async fn ask_request(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(case): Name,
    body: Json<AskRequest>,
) -> Reply {
    let acted = ask::ask_request(&app, &caller, body.repeat.as_ref(), &case, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn preview_request(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(case): Name,
    body: Json<AskRequest>,
) -> Reply {
    json(&ask::preview_request(&app, &caller, &case, body.value).await?)
}

async fn list_requests(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(case): Name,
    Params(asked): Params<ListPart>,
) -> Reply {
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, async move |app, caller| {
        json(&read::requests(app, caller, &case, asked.after.as_deref(), limit).await?)
    })
    .await
}

async fn get_request(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&read::request(app, caller, &id).await?)).await
}

async fn confirm_request(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AnswerRequest>,
) -> Reply {
    let acted = answer::confirm_request(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn decline_request(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AnswerRequest>,
) -> Reply {
    let acted = answer::decline_request(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn confirm_requests(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<AnswerRequests>,
) -> Reply {
    let acted = answer::confirm_requests(&app, &caller, body.repeat.as_ref(), body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn make_link(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<MakeLink>,
) -> Reply {
    body.is_no_repeat("make another link instead")?;
    let made = json(&link::make_link(&app, &caller, &id, body.value).await?)?;
    Ok((StatusCode::CREATED, private(made)).into_response())
}

async fn conclude_request(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ConcludeRequest>,
) -> Reply {
    let acted = conclude::conclude_request(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn withdraw_request(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Reply {
    let acted = withdraw::withdraw_request(&app, &caller, body.repeat.as_ref(), &id);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}
