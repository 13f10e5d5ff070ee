//! What others ask about access, in the form of the Authorization API 1.0 of OpenID AuthZEN. A request that is not of
//! that form is answered with the status 400, whatever is wrong with it, as the standard has it.

use super::{
    address::Addressed as _,
    body::{BODY_MAX, Json, read},
    query::Name,
    reply::{created, json},
    request::{Authenticated, Reply, Shared},
    route::{HandlerPart, Routes},
};
use crate::{problem, problem::Problem};
use axum::{
    extract::{FromRequest, Request, State},
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::IntoResponse as _,
};
use remit_app::{
    access::reading,
    authzen::{
        access_request::{self, SubmitAccess},
        evaluate, search,
        sent::{AskEvaluation, AskEvaluations, SearchActions, SearchResources, SearchSubjects, Sent},
    },
    operation::{self, Operation},
    signature::{Signed, Taken},
};
use serde_json::{Map, Value, json};
use std::marker::PhantomData;

/// That what was denied can be asked for, as metadata says it.
const CAPABILITY: &str = "urn:openid:authzen:capability:access-request";

/// What stands before the paths of the addresses whose answers name their requests as callers do.
pub(super) const ACCESS: &str = "/access/";

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::EvaluateAccess, evaluate_access)
        .bind(operation::EvaluateSeveral, evaluate_several)
        .bind(operation::SearchSubjects, search_subjects)
        .bind(operation::SearchResources, search_resources)
        .bind(operation::SearchActions, search_actions)
        .bind(operation::SubmitAccessRequest, submit_access_request)
        .bind(operation::GetAccessRequest, get_access_request)
        .bind(operation::CancelAccessRequest, cancel_access_request)
        .bind(operation::GetAccessConfiguration, get_access_configuration)
}

/// A request's body, a JSON object that is read as `T` once policy was asked. It announces no command, since none comes
/// of it: whoever writes would wait for that.
struct Question<T> {
    sent: Map<String, Value>,
    read_as: PhantomData<fn() -> T>,
}

impl<O: Signed, T> HandlerPart<O> for Question<T>
where
    O::Takes: Taken<Value = T>,
{
    const PROBLEMS: &'static [&'static problem::ProblemKind] =
        &[problem::BAD_REQUEST, problem::TOO_LARGE, problem::TOO_SLOW];
    const INPUT: bool = true;
}

impl<T> FromRequest<Shared> for Question<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        let wrong = |why: String| Problem::new(problem::BAD_REQUEST, why);
        let (parts, body) = request.into_parts();
        let sent_as = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !sent_as.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            return Err(wrong("send the request as `Content-Type: application/json`".to_owned()));
        }
        let bytes = read(body, BODY_MAX).await?;
        let sent: Sent = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { sent: sent.0, read_as: PhantomData })
    }
}

async fn evaluate_access(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    asked: Question<AskEvaluation>,
) -> Reply {
    json(&evaluate::evaluate_access(&app, &caller, asked.sent).await?)
}

async fn evaluate_several(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    asked: Question<AskEvaluations>,
) -> Reply {
    json(&evaluate::evaluate_several(&app, &caller, asked.sent).await?)
}

async fn search_subjects(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    asked: Question<SearchSubjects>,
) -> Reply {
    json(&search::search_subjects(&app, &caller, asked.sent).await?)
}

async fn search_resources(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    asked: Question<SearchResources>,
) -> Reply {
    json(&search::search_resources(&app, &caller, asked.sent).await?)
}

async fn search_actions(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    asked: Question<SearchActions>,
) -> Reply {
    json(&search::search_actions(&app, &caller, asked.sent).await?)
}

/// The name that the Access Request and Approval Profile has for a problem of an operation, where it has one.
pub(super) fn profile_type(operation: &str, kind: &problem::ProblemKind) -> Option<String> {
    let is_known =
        [name_of::<operation::GetAccessRequest>(), name_of::<operation::CancelAccessRequest>()].contains(&operation);
    let is_new = operation == name_of::<operation::SubmitAccessRequest>();
    let name = match kind {
        _ if is_new && kind == problem::DENIAL_UNBOUND => "invalid_denial_binding",
        _ if is_new && kind == problem::DENIAL_EXPIRED => "expired_denial",
        _ if is_new && kind == problem::KEY_REUSED => "duplicate_request",
        _ if is_known && kind == problem::NOT_FOUND => "unknown_task",
        _ if is_known && kind == problem::CONFLICT => "invalid_task_state",
        _ => return None,
    };
    Some(format!("urn:openid:authzen:access-request:error:{name}"))
}

fn name_of<O: Operation>() -> &'static str {
    O::DECLARATION.name
}

/// A problem of an operation, under that name.
fn profiled<O: Operation>(problem: Problem) -> Problem {
    match profile_type(name_of::<O>(), problem.kind) {
        Some(name) => problem.named(&name),
        None => problem,
    }
}

async fn submit_access_request(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Json<SubmitAccess>,
) -> Reply {
    let asked = access_request::submit_access_request(&app, &caller, body.repeat.as_ref(), body.value).await;
    created(asked.map_err(|refused| profiled::<operation::SubmitAccessRequest>(refused.into()))?)
}

async fn get_access_request(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(id): Name) -> Reply {
    let read = async move |app: &_, caller: &_| json(&access_request::get_access_request(app, caller, &id).await?);
    reading::read(&app, &caller, read).await.map_err(profiled::<operation::GetAccessRequest>)
}

/// What may be sent with a cancellation, and is kept nowhere: a JSON object, or nothing.
struct Comment;

impl<O> HandlerPart<O> for Comment {
    const PROBLEMS: &'static [&'static problem::ProblemKind] =
        &[problem::BAD_REQUEST, problem::TOO_LARGE, problem::TOO_SLOW];
}

impl FromRequest<Shared> for Comment {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        let bytes = read(request.into_body(), BODY_MAX).await?;
        if !bytes.is_empty() {
            let wrong = |error: serde_json::Error| Problem::new(problem::BAD_REQUEST, error.to_string());
            serde_json::from_slice::<Sent>(&bytes).map_err(wrong)?;
        }
        Ok(Self)
    }
}

async fn cancel_access_request(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Name(id): Name,
    _: Comment,
) -> Reply {
    let cancelled = access_request::cancel_access_request(&app, &caller, &id).await;
    json(&cancelled.map_err(|refused| profiled::<operation::CancelAccessRequest>(refused.into()))?)
}

async fn get_access_configuration(State(app): State<Shared>) -> Reply {
    let found = app.environment.public_origins().first().cloned().ok_or_else(|| {
        let unknown = Problem::new(problem::NOT_FOUND, "this server does not know where it is found");
        unknown.cured_by("Start it with `remit serve --public-url URL`.")
    })?;
    let at = |address: &str| Value::from(format!("{found}{address}"));
    let addresses = [
        ("access_evaluation_endpoint", at(operation::EvaluateAccess::ADDRESS.path)),
        ("access_evaluations_endpoint", at(operation::EvaluateSeveral::ADDRESS.path)),
        ("search_subject_endpoint", at(operation::SearchSubjects::ADDRESS.path)),
        ("search_resource_endpoint", at(operation::SearchResources::ADDRESS.path)),
        ("search_action_endpoint", at(operation::SearchActions::ADDRESS.path)),
        ("access_request_endpoint", at(operation::SubmitAccessRequest::ADDRESS.path)),
    ];
    let mut metadata = Map::from_iter([("policy_decision_point".to_owned(), found.into())]);
    metadata.extend(addresses.into_iter().map(|(name, address)| (name.to_owned(), address)));
    metadata.insert("capabilities".to_owned(), json!([CAPABILITY]));
    Ok(([(CACHE_CONTROL, "public, max-age=3600")], json(&metadata)?).into_response())
}
