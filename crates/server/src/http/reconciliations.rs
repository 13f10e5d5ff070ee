//! Reconciliations: a back office's statement held against what is on record of requests.

use super::{
    body,
    query::{Name, Params, limit},
    reply::json,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::extract::{Request, State};
use remit_app::{
    access::reading,
    input::ListPart,
    operation,
    reconciliation::{
        read,
        run::{self, Reconcile},
    },
};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::Reconcile, reconcile)
        .bind(operation::ListReconciliations, list_reconciliations)
        .bind(operation::GetReconciliation, get_reconciliation)
}

async fn reconcile(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<Reconcile>,
    request: Request,
) -> Reply {
    // Who is refused has sent it all before they are told so: many clients read no answer while they still write.
    let permitted = run::may_reconcile(&app, &caller);
    let sent = body::statement(&app, request).await;
    permitted?;
    let (form, file, _room) = sent?;
    json(&run::reconcile(&app, &caller, asked, form, file).await?)
}

async fn list_reconciliations(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListPart>,
) -> Reply {
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, async move |app, caller| {
        json(&read::reconciliations(app, caller, asked.after.as_deref(), limit).await?)
    })
    .await
}

async fn get_reconciliation(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    reading::read(&app, &caller, async move |app, caller| json(&read::reconciliation(app, caller, &id).await?)).await
}
