//! Delegates registered, customers asked, and what they granted listed and ended.

use super::{
    body::{Json, NoBody},
    chat_session::SameSite,
    oauth::BROWSER,
    query::{Name, Params, limit},
    reply::{json, private},
    request::{Authenticated, Reply, Shared},
    route::{HandlerPart, Routes},
    same_site::cookies,
};
use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts as RequestParts},
    response::IntoResponse as _,
};
use remit_app::{
    access::reading,
    agent::list,
    delegation::{
        ask::{self, AskConsent},
        authorize::{self, AskAuthorization},
        consent::{self, AcceptConsent, OpenConsent},
        delegate::{self, RegisterDelegate, ReplaceDelegateKeys},
        own::{self, LinkDelegations, NarrowOwnDelegation, OpenDelegations, RevokeOwnDelegation},
        revoke,
    },
    input::ListPart,
    operation,
};
use std::convert::Infallible;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::RegisterDelegate, register_delegate)
        .bind(operation::ListDelegates, list_delegates)
        .bind(operation::ListAgents, list_agents)
        .bind(operation::SuspendDelegate, suspend_delegate)
        .bind(operation::ResumeDelegate, resume_delegate)
        .bind(operation::ReplaceDelegateKeys, replace_delegate_keys)
        .bind(operation::AskConsent, ask_consent)
        .bind(operation::AskAuthorization, ask_authorization)
        .bind(operation::LinkDelegations, link_delegations)
        .bind(operation::ReadOwnDelegations, read_own_delegations)
        .bind(operation::NarrowOwnDelegation, narrow_own_delegation)
        .bind(operation::RevokeOwnDelegation, revoke_own_delegation)
        .bind(operation::ReadConsent, read_consent)
        .bind(operation::AcceptConsent, accept_consent)
        .bind(operation::RefuseConsent, refuse_consent)
        .bind(operation::ListDelegations, list_delegations)
        .bind(operation::RevokeDelegation, revoke_delegation)
}

async fn register_delegate(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<RegisterDelegate>,
) -> Reply {
    let registered = json(&delegate::register_delegate(&app, &caller, body.value).await?)?;
    Ok((StatusCode::CREATED, registered).into_response())
}

async fn list_delegates(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    reading::read(&app, &caller, async |app, caller| json(&delegate::list_delegates(app, caller).await?)).await
}

async fn list_agents(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListPart>,
) -> Reply {
    let limit = limit(asked.limit)?;
    let read =
        async move |app: &_, caller: &_| json(&list::list_agents(app, caller, asked.after.as_deref(), limit).await?);
    reading::read(&app, &caller, read).await
}

async fn suspend_delegate(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&delegate::suspend_delegate(&app, &caller, &id).await?)
}

async fn resume_delegate(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&delegate::resume_delegate(&app, &caller, &id).await?)
}

async fn replace_delegate_keys(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    body: Json<ReplaceDelegateKeys>,
) -> Reply {
    json(&delegate::replace_delegate_keys(&app, &caller, &id, body.value).await?)
}

async fn ask_consent(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<AskConsent>) -> Reply {
    body.is_no_repeat("make another link instead")?;
    let made = json(&ask::ask_consent(&app, &caller, body.value).await?)?;
    Ok((StatusCode::CREATED, private(made)).into_response())
}

async fn ask_authorization(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<AskAuthorization>,
) -> Reply {
    body.is_no_repeat("have the customer begin again")?;
    let made = json(&authorize::ask_authorization(&app, &caller, body.value).await?)?;
    Ok((StatusCode::CREATED, private(made)).into_response())
}

async fn link_delegations(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(customer): Name,
    body: Json<LinkDelegations>,
) -> Reply {
    body.is_no_repeat("make another link instead")?;
    let made = json(&own::link_delegations(&app, &caller, &customer, body.value).await?)?;
    Ok((StatusCode::CREATED, private(made)).into_response())
}

async fn read_own_delegations(State(app): State<Shared>, _: SameSite, body: Json<OpenDelegations>) -> Reply {
    Ok(private(json(&own::read_own_delegations(&app, body.value).await?)?))
}

async fn narrow_own_delegation(State(app): State<Shared>, _: SameSite, body: Json<NarrowOwnDelegation>) -> Reply {
    Ok(private(json(&own::narrow_own_delegation(&app, body.value).await?)?))
}

async fn revoke_own_delegation(State(app): State<Shared>, _: SameSite, body: Json<RevokeOwnDelegation>) -> Reply {
    Ok(private(json(&own::revoke_own_delegation(&app, body.value).await?)?))
}

/// What the browser in which an authorization began was given.
struct Browser(Option<String>);

impl<O> HandlerPart<O> for Browser {}

impl FromRequestParts<Shared> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut RequestParts, _: &Shared) -> Result<Self, Infallible> {
        let own = cookies(&parts.headers).find(|(name, _)| *name == BROWSER);
        Ok(Self(own.map(|(_, secret)| secret.to_owned())))
    }
}

async fn read_consent(
    State(app): State<Shared>,
    _: SameSite,
    Browser(browser): Browser,
    body: Json<OpenConsent>,
) -> Reply {
    Ok(private(json(&consent::read_consent(&app, browser.as_deref(), body.value).await?)?))
}

async fn accept_consent(
    State(app): State<Shared>,
    _: SameSite,
    Browser(browser): Browser,
    body: Json<AcceptConsent>,
) -> Reply {
    Ok(private(json(&consent::accept_consent(&app, browser.as_deref(), body.value).await?)?))
}

async fn refuse_consent(
    State(app): State<Shared>,
    _: SameSite,
    Browser(browser): Browser,
    body: Json<OpenConsent>,
) -> Reply {
    Ok(private(json(&consent::refuse_consent(&app, browser.as_deref(), body.value).await?)?))
}

async fn list_delegations(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    let read = async move |app: &_, caller: &_| json(&revoke::list_delegations(app, caller, &id).await?);
    reading::read(&app, &caller, read).await
}

async fn revoke_delegation(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: NoBody,
) -> Reply {
    json(&revoke::revoke_delegation(&app, &caller, &id).await?)
}
