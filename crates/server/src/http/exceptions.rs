//! Exceptions: listed, taken on and resolved.

use super::{
    Authenticated, Reply, Shared,
    body::{Json, NoBody},
    query::{Name, Params, limit, one_of},
    reply::{done, json},
    route::Routes,
};
use axum::extract::State;
use remit_app::{exception::ResolveException, input::ListExceptions, operation};
use remit_store::ExceptionFilter;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::ListExceptions, list_exceptions)
        .bind(operation::ListUnreachable, list_unreachable)
        .bind(operation::OwnException, own_exception)
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
    app.read(&caller, move |app, caller| json(&app.exceptions(caller, filter, asked.after.as_deref(), limit)?)).await
}

async fn list_unreachable(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    app.read(&caller, |app, caller| json(&app.unreachable_exceptions(caller)?)).await
}

async fn own_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: NoBody,
) -> Reply {
    let acted = app.take_exception(&caller, body.repeat.as_ref(), &id);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}

async fn resolve_exception(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ResolveException>,
) -> Reply {
    let acted = app.resolve_exception(&caller, body.repeat.as_ref(), &id, body.value);
    done(app.or_earlier_answer(&caller, body.repeat.as_ref(), acted).await?)
}
