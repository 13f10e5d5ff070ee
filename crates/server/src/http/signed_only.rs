//! Requests that agents sign and that say nothing else of who calls: who sent one is recognised where that can be, and
//! told what to do next. Nothing is done for a signature, and no request with `Authorization` is looked at here.

use crate::{problem, problem::Problem};
use axum::http::{
    HeaderMap,
    header::{AUTHORIZATION, HOST},
    request::Parts as RequestParts,
};
use remit_app::{Parts, agent::knock, delegation::own_issuer::own_issuer};
use remit_oauth::{
    metadata::{AUTHORIZATION_SERVER, PROTECTED_RESOURCE, well_known},
    web_bot_auth::{self, SIGNATURE_INPUT, SignedRequest},
};
use serde_json::json;

/// What a request is refused with that is only signed; nothing where it is not signed by an agent, says who calls in
/// another way, or this server does not know where it is found.
pub(crate) async fn refused(parts: &RequestParts, app: &Parts) -> Option<Problem> {
    let inputs = parts.headers.get_all(SIGNATURE_INPUT).iter();
    if parts.headers.contains_key(AUTHORIZATION) || !web_bot_auth::is_signed(inputs.map(|input| input.as_bytes())) {
        return None;
    }
    // Of its own, so that all other requests carry nothing of it.
    Box::pin(knocked(parts, app)).await
}

async fn knocked(parts: &RequestParts, app: &Parts) -> Option<Problem> {
    let headers = &parts.headers;
    let issuer = own_issuer(&app.environment).ok()?;
    let header = |name: &str| headers.get_all(name).iter().map(|value| value.as_bytes().to_vec()).collect();
    let request = SignedRequest {
        method: parts.method.as_str(),
        origin: origin(app.environment.public_origins(), headers).unwrap_or(&issuer),
        path: parts.uri.path(),
        query: parts.uri.query(),
        header: &header,
    };
    let refused = knock::knock(app, |now_ms| web_bot_auth::read(&request, now_ms)).await;
    Some(told(refused.into(), &issuer))
}

/// Where a request was to arrive: where this server is found by the name that the request has for it.
fn origin<'a>(origins: &'a [String], headers: &HeaderMap) -> Option<&'a str> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let is_named = |origin: &&String| {
        origin.split_once("://").is_some_and(|(scheme, authority)| {
            let usual = if scheme == "https" { ":443" } else { ":80" };
            authority.eq_ignore_ascii_case(host.strip_suffix(usual).unwrap_or(host))
        })
    };
    origins.iter().find(is_named).map(String::as_str)
}

/// What is told, with where it goes on from here.
fn told(mut problem: Problem, issuer: &str) -> Problem {
    if [problem::PROVE_WHOM_YOU_ACT_FOR, problem::SIGNATURE_NOT_RECOGNISED].contains(&problem.kind) {
        let members = &mut problem.members;
        members.insert("authorization_server".to_owned(), well_known(issuer, AUTHORIZATION_SERVER).into());
        members.insert("protected_resource".to_owned(), well_known(issuer, PROTECTED_RESOURCE).into());
    }
    if problem.kind == problem::PROVE_WHOM_YOU_ACT_FOR {
        let next = json!([
            { "step": "register", "detail": "Have the organisation that runs this server register you as a delegate \
               (POST /v1/delegates), by your keys: as `jwks`, at a `jwks_uri`, or by a `client_id_document` at an \
               address of yours, which is your `client_id` then." },
            { "step": "consent", "detail": "Send your customer's browser to the `authorization_endpoint` of the \
               authorization server, with `authorization_details` that say which actions you want to request and up \
               to how much; where it has none, the organisation gives your customer a link." },
            { "step": "token", "detail": "Get an access token at its `token_endpoint`, and send it with each request \
               as `Authorization: DPoP …`, with a proof in the header `DPoP`." },
        ]);
        problem.members.insert("next".to_owned(), next);
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_request_was_to_arrive_where_it_says_if_this_server_is_found_there() {
        let origins = ["https://support.example".to_owned(), "https://help.example:8443".to_owned()];
        let of = |host: &str| {
            let host = HeaderValue::from_str(host).unwrap();
            origin(&origins, &HeaderMap::from_iter([(HOST, host)])).map(ToOwned::to_owned)
        };
        assert_eq!(of("Help.Example:8443").as_deref(), Some("https://help.example:8443"));
        assert_eq!(of("support.example:443").as_deref(), Some("https://support.example"));
        assert_eq!((of("help.example"), of("127.0.0.1:7171")), (None, None));
    }
}
