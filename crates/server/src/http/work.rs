//! What people do with a case beside answering it: transfer, consult, carry out, merge; and its context.

use super::{
    body::Json,
    query::{Name, Params},
    reply::{created, done, json},
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::extract::State;
use remit_app::{
    access::reading,
    ai::handover,
    case::{
        action::{self, EndAction},
        consult::{self, AnswerConsult, AskConsult},
        keep::{self, KeepCase},
        merge::{self, MergeCase},
        situation::{self, EndSituation},
        transfer::{self, TransferCase},
    },
    input::ListConsults,
    operation, pipeline,
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
    let acted = transfer::transfer_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn keep_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<KeepCase>,
) -> Reply {
    let acted = keep::keep_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn end_situation(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<EndSituation>,
) -> Reply {
    let acted = situation::end_situation(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn ask_consult(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AskConsult>,
) -> Reply {
    let acted = consult::ask_consult(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn answer_consult(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<AnswerConsult>,
) -> Reply {
    let acted = consult::answer_consult(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

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

async fn end_action(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<EndAction>,
) -> Reply {
    let acted = action::end_action(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn merge_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<MergeCase>,
) -> Reply {
    let acted = merge::merge_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn get_context(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&handover::context_of(app, caller, &id).await?)).await
}
