//! What delegates do for the customers that they represent.

use super::{
    body::{Json, NoBody},
    query::{Name, Params, limit, position},
    reply::{created, json, private},
    represented::{DelegateCaller, answered},
    request::Shared,
    route::Routes,
};
use axum::{extract::State, response::Response};
use remit_app::{
    access::reading,
    delegated::{
        cases::{self, OpenDelegatedCase, WriteDelegated},
        requests::{self, AskDelegated},
    },
    input::{ListPart, ReadConversation},
    operation, pipeline,
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::OpenDelegatedCase, open_delegated_case)
        .bind(operation::ListDelegatedCases, list_delegated_cases)
        .bind(operation::GetDelegatedCase, get_delegated_case)
        .bind(operation::WriteDelegated, write_delegated)
        .bind(operation::AskDelegated, ask_delegated)
        .bind(operation::GetDelegatedRequest, get_delegated_request)
        .bind(operation::WithdrawDelegated, withdraw_delegated)
}

async fn open_delegated_case(
    State(app): State<Shared>,
    DelegateCaller(caller): DelegateCaller,
    body: Json<OpenDelegatedCase>,
) -> Response {
    answered(
        async {
            let acted = cases::open_delegated_case(&app, &caller, body.repeat.as_ref(), body.value);
            created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
        }
        .await,
    )
}

async fn list_delegated_cases(
    State(app): State<Shared>,
    DelegateCaller(caller): DelegateCaller,
    Params(asked): Params<ListPart>,
) -> Response {
    let limit = match limit(asked.limit) {
        Ok(limit) => limit,
        Err(problem) => return answered(Err(problem)),
    };
    let read = async move |app: &_, caller: &_| {
        json(&cases::list_delegated_cases(app, caller, asked.after.as_deref(), limit).await?)
    };
    answered(reading::read(&app, &caller, read).await.map(private))
}

async fn get_delegated_case(
    State(app): State<Shared>,
    DelegateCaller(caller): DelegateCaller,
    Name(case): Name,
    Params(asked): Params<ReadConversation>,
) -> Response {
    let after = match position(asked.after.as_deref()) {
        Ok(after) => after,
        Err(problem) => return answered(Err(problem)),
    };
    let read = async move |app: &_, caller: &_| json(&cases::get_delegated_case(app, caller, &case, after).await?);
    answered(reading::read(&app, &caller, read).await.map(private))
}

async fn write_delegated(
    State(app): State<Shared>,
    DelegateCaller(caller): DelegateCaller,
    Name(case): Name,
    body: Json<WriteDelegated>,
) -> Response {
    answered(
        async { created(cases::write_delegated(&app, &caller, body.repeat.as_ref(), &case, body.value).await?) }.await,
    )
}

async fn ask_delegated(
    State(app): State<Shared>,
    DelegateCaller(caller): DelegateCaller,
    Name(case): Name,
    body: Json<AskDelegated>,
) -> Response {
    answered(
        async { created(requests::ask_delegated(&app, &caller, body.repeat.as_ref(), &case, body.value).await?) }.await,
    )
}

async fn get_delegated_request(
    State(app): State<Shared>,
    DelegateCaller(caller): DelegateCaller,
    Name(request): Name,
) -> Response {
    let read = async move |app: &_, caller: &_| json(&requests::get_delegated_request(app, caller, &request).await?);
    answered(reading::read(&app, &caller, read).await.map(private))
}

async fn withdraw_delegated(
    State(app): State<Shared>,
    DelegateCaller(caller): DelegateCaller,
    Name(request): Name,
    _: NoBody,
) -> Response {
    answered(async { json(&requests::withdraw_delegated(&app, &caller, &request).await?) }.await)
}
