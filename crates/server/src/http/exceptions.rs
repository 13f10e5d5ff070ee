//! Exceptions: listed, taken on, given up and resolved.

use super::{
    body::{Json, NoBody},
    query::{Name, Params, limit, one_of},
    reply::{done, json},
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::extract::State;
use remit_app::{
    access::reading,
    case::exception::{self, GiveUpException, ResolveException},
    input::ListExceptions,
    operation, pipeline,
};
use remit_store::ExceptionFilter;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::ListExceptions, list_exceptions)
        .bind(operation::ListUnreachable, list_unreachable)
        .bind(operation::OwnException, own_exception)
        .bind(operation::GiveUpException, give_up_exception)
        .bind(operation::ResolveException, resolve_exception)
}

async fn list_exceptions(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListExceptions>,
) -> Reply {
    let filter =
        ExceptionFilter { state: one_of("state", asked.state, &["open", "taken", "resolved"])?, owner: asked.owner };
    let limit = limit(asked.limit)?;
    reading::read(&app, &caller, async move |app, caller| {
        json(&exception::exceptions(app, caller, filter, asked.after.as_deref(), limit).await?)
    })
    .await
}

async fn list_unreachable(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| json(&exception::unreachable_exceptions(app, caller).await?)).await
}

async fn own_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Reply {
    let acted = exception::take_exception(&app, &caller, body.repeat.as_ref(), &id);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn give_up_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<GiveUpException>,
) -> Reply {
    let acted = exception::give_up_exception(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}

async fn resolve_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ResolveException>,
) -> Reply {
    let acted = exception::resolve_exception(&app, &caller, body.repeat.as_ref(), &id, body.value);
    done(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, body.repeat.as_ref(), acted).await?)
}
