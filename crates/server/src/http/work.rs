//! What people do with a case beside answering it: transfer, consult, carry out, merge; and its context.

use super::{
    body::{IdempotencyKey, Json},
    query::{Name, Params},
    reply::{created, done, json},
    request::{Authenticated, Reply, Shared},
};
use axum::extract::State;
use remit_app::{
    access::reading,
    ai::context::{self, ContextView},
    case::{
        action::{self, EndAction},
        consult::{self, AnswerConsult, AskConsult, ConsultView},
        counted::CaseAnswer,
        handover::{self, KeepCase},
        merge::{self, MergeCase},
        situation::{self, EndSituation},
        transfer::{self, TransferCase},
    },
    pipeline,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(transfer_case))
        .routes(routes!(keep_case))
        .routes(routes!(end_situation))
        .routes(routes!(ask_consult))
        .routes(routes!(answer_consult))
        .routes(routes!(list_consults))
        .routes(routes!(end_action))
        .routes(routes!(merge_case))
        .routes(routes!(get_context))
}

/// Give a case to another queue that policy permits, as the member of staff who has it.
///
/// A queue that policy does not permit is refused with the policies that say so; a lead can override.
#[utoipa::path(
    post, path = "/v1/cases/{id}/transfer", tag = "staff", request_body = TransferCase,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 201, description = "Decided.", body = CaseAnswer))
)]
async fn transfer_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<TransferCase>,
) -> Reply {
    let acted = transfer::transfer_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Keep a case, as the people who have it and were asked whether to hand it over.
///
/// They are asked where policy would give it to another queue by what the customer wrote last; the case lists the
/// question as `handover_question`. To hand it over, transfer it.
#[utoipa::path(
    post, path = "/v1/cases/{id}/keep", tag = "staff", request_body = KeepCase,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 200, description = "Noted.", body = CaseAnswer))
)]
async fn keep_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<KeepCase>,
) -> Reply {
    let acted = handover::keep_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Say that a danger or need stands on a case no more, as a person, with a reason that stays on record.
///
/// Until then it stands, whatever the customer writes; then whether the holder may keep the case is decided anew.
#[utoipa::path(
    post, path = "/v1/cases/{id}/situations/end", tag = "staff", request_body = EndSituation,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 200, description = "Noted and decided.", body = CaseAnswer))
)]
async fn end_situation(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<EndSituation>,
) -> Reply {
    let acted = situation::end_situation(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Ask another queue for advice, and keep the case.
#[utoipa::path(
    post, path = "/v1/cases/{id}/consults", tag = "staff", request_body = AskConsult,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 201, description = "Asked.", body = CaseAnswer))
)]
async fn ask_consult(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AskConsult>,
) -> Reply {
    let acted = consult::ask_consult(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Give the advice that was asked for, as somebody who works in the queue.
#[utoipa::path(
    post, path = "/v1/cases/{id}/advice", tag = "staff", request_body = AnswerConsult,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 201, description = "Given.", body = CaseAnswer))
)]
async fn answer_consult(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AnswerConsult>,
) -> Reply {
    let acted = consult::answer_consult(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Whose consults to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListConsults {
    /// The queue that was asked; all unless told.
    queue: Option<String>,
}

/// List the questions to queues that nobody has answered yet, newest first; 200 at most.
#[utoipa::path(
    get, path = "/v1/consults", tag = "staff", params(ListConsults),
    responses((status = 200, description = "Open questions.", body = Vec<ConsultView>))
)]
async fn list_consults(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListConsults>,
) -> Reply {
    reading::read(&app, &caller, async move |app, caller| {
        json(&consult::consults(app, caller, asked.queue.as_deref()).await?)
    })
    .await
}

/// Say what became of an action that an AI responder asked for and policy permitted.
#[utoipa::path(
    post, path = "/v1/cases/{id}/actions", tag = "staff", request_body = EndAction,
    params(("id" = String, Path, description = "The case."), IdempotencyKey),
    responses((status = 200, description = "Noted.", body = CaseAnswer))
)]
async fn end_action(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<EndAction>,
) -> Reply {
    let acted = action::end_action(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// End a case in another open one of the same customer that is the same request.
#[utoipa::path(
    post, path = "/v1/cases/{id}/merge", tag = "staff", request_body = MergeCase,
    params(("id" = String, Path, description = "The case that ends."), IdempotencyKey),
    responses((status = 200, description = "Merged.", body = CaseAnswer))
)]
async fn merge_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<MergeCase>,
) -> Reply {
    let acted = merge::merge_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

/// Get the context package of a case: what the next holder needs to know.
#[utoipa::path(
    get, path = "/v1/cases/{id}/context", tag = "staff",
    params(("id" = String, Path, description = "The case.")),
    responses((status = 200, description = "The context.", body = ContextView))
)]
async fn get_context(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&context::context_of(app, caller, &id).await?)).await
}
