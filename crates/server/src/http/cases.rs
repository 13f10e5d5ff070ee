//! Cases: opened, read, written on, handed over, overridden, resolved and reopened.

use super::{
    Authenticated, Reply, Shared,
    body::Json,
    query::{Name, Params, limit, one_of, position},
    reply::{created, done, json},
    route::Routes,
};
use axum::extract::State;
use remit_app::{
    case::{MakeOverride, OpenCase, Opened, PostMessage, PostSignals, ReopenCase, RequestHandoff, ResolveCase},
    exception::RaiseException,
    input::{ListCases, ListPart},
    operation,
};
use remit_store::CaseFilter;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::OpenCase, open_case)
        .bind(operation::ListCases, list_cases)
        .bind(operation::GetCase, get_case)
        .bind(operation::PostMessage, post_message)
        .bind(operation::ListMessages, list_messages)
        .bind(operation::PostSignals, post_signals)
        .bind(operation::RequestHandoff, request_handoff)
        .bind(operation::MakeOverride, make_override)
        .bind(operation::RaiseException, raise_exception)
        .bind(operation::ResolveCase, resolve_case)
        .bind(operation::ReopenCase, reopen_case)
        .bind(operation::ListTimeline, list_timeline)
}

async fn open_case(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<OpenCase>) -> Reply {
    match app.open_case(&caller, body.repeat.as_ref(), body.value).await? {
        Opened::Case(opened) => created(*opened),
        Opened::Nothing(nothing) => json(&nothing),
    }
}

async fn list_cases(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListCases>,
) -> Reply {
    let filter = CaseFilter {
        status: one_of("status", asked.status, &["open", "resolved"])?,
        holder: asked.holder,
        accountable: asked.accountable,
    };
    let limit = limit(asked.limit)?;
    app.read(&caller, move |app, caller| json(&app.cases(caller, &filter, asked.after.as_deref(), limit)?)).await
}

async fn get_case(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    json(&app.case(&caller, &id)?)
}

async fn post_message(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<PostMessage>,
) -> Reply {
    let acted = app.post_message(&caller, body.repeat.as_ref(), &id, body.value);
    created(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn list_messages(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListPart>,
) -> Reply {
    let (after, limit) = (position(asked.after.as_deref())?, limit(asked.limit)?);
    app.read(&caller, move |app, caller| json(&app.messages(caller, &id, after, limit)?)).await
}

async fn post_signals(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<PostSignals>,
) -> Reply {
    let acted = app.post_signals(&caller, body.repeat.as_ref(), &id, body.value);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn request_handoff(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<RequestHandoff>,
) -> Reply {
    let acted = app.request_handoff(&caller, body.repeat.as_ref(), &id, body.value);
    created(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn make_override(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<MakeOverride>,
) -> Reply {
    let acted = app.override_case(&caller, body.repeat.as_ref(), &id, body.value);
    created(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn raise_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<RaiseException>,
) -> Reply {
    let acted = app.raise_exception(&caller, body.repeat.as_ref(), &id, body.value);
    created(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn resolve_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ResolveCase>,
) -> Reply {
    let acted = app.resolve_case(&caller, body.repeat.as_ref(), &id, body.value);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn reopen_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ReopenCase>,
) -> Reply {
    let acted = app.reopen_case(&caller, body.repeat.as_ref(), &id, body.value);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn list_timeline(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListPart>,
) -> Reply {
    let (after, limit) = (position(asked.after.as_deref())?, limit(asked.limit)?);
    app.read(&caller, move |app, caller| json(&app.timeline(caller, &id, after, limit)?)).await
}
