//! Bundles: put in force in this server, rolled back, listed, given out and compared.

use super::{
    body::{self, Json},
    query::{Name, Names, Params, limit, position},
    reply::{json, octets},
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use crate::problem::Problem;
use axum::{
    Extension,
    extract::{Request, State},
};
use remit_app::{
    Succession,
    access::reading,
    bundle::{
        activate::{self, ActivateBundle, RollBack},
        catalogue,
    },
    input::ListPart,
    operation,
};
use std::sync::Arc;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::ActivateBundle, activate_bundle)
        .bind(operation::RollBackBundle, roll_back_bundle)
        .bind(operation::ListBundles, list_bundles)
        .bind(operation::GetBundle, get_bundle)
        .bind(operation::CompareBundles, compare_bundles)
}

async fn activate_bundle(
    State(app): State<Shared>,
    Extension(succession): Extension<Arc<Succession>>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ActivateBundle>,
    request: Request,
) -> Reply {
    // Who is refused has sent it all before they are told so: many clients read no answer while they still write.
    let permitted = activate::may_activate(&app, &caller);
    let sent = body::bundle(&app, request).await;
    permitted?;
    let (files, _room) = sent?;
    json(&activate::activate_bundle(&succession, &caller, asked, &files).await?)
}

async fn roll_back_bundle(
    Extension(succession): Extension<Arc<Succession>>,
    Authenticated(caller): Authenticated,
    body: Json<RollBack>,
) -> Reply {
    json(&activate::roll_back_bundle(&succession, &caller, body.value).await?)
}

async fn list_bundles(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Params(asked): Params<ListPart>,
) -> Reply {
    let (after, limit) = (position(asked.after.as_deref())?, limit(asked.limit)?);
    reading::read(&app, &caller, async move |app, caller| {
        json(&catalogue::list_bundles(app, caller, after, limit).await?)
    })
    .await
}

async fn get_bundle(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(digest): Name) -> Reply {
    reading::read(&app, &caller, async move |app, caller| {
        Ok::<_, Problem>(octets(catalogue::get_bundle(app, caller, &digest).await?))
    })
    .await
}

async fn compare_bundles(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Names([bundle, other]): Names<2>,
) -> Reply {
    reading::read(&app, &caller, async move |app, caller| {
        json(&catalogue::compare_bundles(app, caller, &bundle, &other).await?)
    })
    .await
}
