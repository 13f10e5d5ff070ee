//! What people do with a case beside answering it: transfer, consult, carry out, merge; and its context.

use super::{
    Authenticated, Reply, Shared,
    body::Json,
    query::{Name, Params},
    reply::{created, done, json},
    route::Routes,
};
use axum::extract::State;
use remit_app::{
    action::EndAction,
    consult::{AnswerConsult, AskConsult},
    handover::KeepCase,
    input::ListConsults,
    merge::MergeCase,
    operation,
    situation::EndSituation,
    transfer::TransferCase,
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::TransferCase, transfer_case)
        .bind(operation::KeepCase, keep_case)
        .bind(operation::EndSituation, end_situation)
        .bind(operation::AskConsult, ask_consult)
        .bind(operation::AnswerConsult, answer_consult)
        .bind(operation::ListConsults, list_consults)
        .bind(operation::EndAction, end_action)
        .bind(operation::MergeCase, merge_case)
        .bind(operation::GetContext, get_context)
}

async fn transfer_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<TransferCase>,
) -> Reply {
    let acted = app.transfer_case(&caller, body.repeat.as_ref(), &id, body.value);
    created(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn keep_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<KeepCase>,
) -> Reply {
    let acted = app.keep_case(&caller, body.repeat.as_ref(), &id, body.value);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn end_situation(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<EndSituation>,
) -> Reply {
    let acted = app.end_situation(&caller, body.repeat.as_ref(), &id, body.value);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn ask_consult(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AskConsult>,
) -> Reply {
    let acted = app.ask_consult(&caller, body.repeat.as_ref(), &id, body.value);
    created(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn answer_consult(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AnswerConsult>,
) -> Reply {
    let acted = app.answer_consult(&caller, body.repeat.as_ref(), &id, body.value);
    created(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn list_consults(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListConsults>,
) -> Reply {
    app.read(&caller, move |app, caller| json(&app.consults(caller, asked.queue.as_deref())?)).await
}

async fn end_action(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<EndAction>,
) -> Reply {
    let acted = app.end_action(&caller, body.repeat.as_ref(), &id, body.value);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn merge_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<MergeCase>,
) -> Reply {
    let acted = app.merge_case(&caller, body.repeat.as_ref(), &id, body.value);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn get_context(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    app.read(&caller, move |app, caller| json(&app.context_of(caller, &id)?)).await
}
