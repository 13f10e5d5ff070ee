//! Cases: opened, read, written on, handed over, overridden, resolved and reopened.

use super::{
    body::Json,
    query::{Name, Params, ParamsWithFields, limit, one_of, position},
    reply::{created, done, json},
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::extract::State;
use remit_app::{
    access::reading,
    case::{
        end::{self, ReopenCase, ResolveCase},
        exception::{self, RaiseException},
        hand_over::{self, MakeOverride, RequestHandoff},
        open::{self, Opened},
        query,
        request::{OpenCase, PostMessage},
        set_fields::{self, PostFields},
        write::{self, PostSignals},
    },
    input::{ListCases, ListPart},
    operation, pipeline,
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
        .bind(operation::SetFields, set_fields)
        .bind(operation::RequestHandoff, request_handoff)
        .bind(operation::MakeOverride, make_override)
        .bind(operation::RaiseException, raise_exception)
        .bind(operation::ResolveCase, resolve_case)
        .bind(operation::ReopenCase, reopen_case)
        .bind(operation::ListTimeline, list_timeline)
}

async fn open_case(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<OpenCase>) -> Reply {
    match open::open_case(&app, &caller, body.repeat.as_ref(), body.value).await? {
        Opened::Case(opened) => created(*opened),
        Opened::Nothing(nothing) => done(nothing),
    }
}

async fn list_cases(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    ParamsWithFields(asked, fields): ParamsWithFields<ListCases>,
) -> Reply {
    let filter = CaseFilter {
        status: one_of("status", asked.status, &["open", "resolved"])?,
        holder: asked.holder,
        accountable: asked.accountable,
    };
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, async move |app, caller| {
        json(&query::cases(app, caller, &filter, &fields, asked.after.as_deref(), limit).await?)
    })
    .await
}

async fn get_case(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    json(&query::case(&app, &caller, &id).await?)
}

async fn post_message(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<PostMessage>,
) -> Reply {
    let acted = write::post_message(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn list_messages(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListPart>,
) -> Reply {
    let (after, limit) = (position(asked.after.as_deref())?, limit(asked.limit)?);
    reading::read(&app, &caller, async move |app, caller| json(&query::messages(app, caller, &id, after, limit).await?))
        .await
}

async fn post_signals(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<PostSignals>,
) -> Reply {
    let acted = write::post_signals(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn set_fields(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<PostFields>,
) -> Reply {
    let acted = set_fields::set_fields(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn request_handoff(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<RequestHandoff>,
) -> Reply {
    let acted = hand_over::request_handoff(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn make_override(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<MakeOverride>,
) -> Reply {
    let acted = hand_over::override_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn raise_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<RaiseException>,
) -> Reply {
    let acted = exception::raise_exception(&app, &caller, body.repeat.as_ref(), &id, body.value);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn resolve_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ResolveCase>,
) -> Reply {
    let acted = end::resolve_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn reopen_case(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ReopenCase>,
) -> Reply {
    let acted = end::reopen_case(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn list_timeline(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    Params(asked): Params<ListPart>,
) -> Reply {
    let (after, limit) = (position(asked.after.as_deref())?, limit(asked.limit)?);
    reading::read(&app, &caller, async move |app, caller| json(&query::timeline(app, caller, &id, after, limit).await?))
        .await
}
