//! Who calls as a delegate: by an access token in the `Authorization` header and a proof in the `DPoP` header that it
//! is theirs (RFC 9449). What is refused says so in both forms: as a problem, and as a challenge.

use super::{
    request::{Reply, Shared},
    signed_only,
};
use crate::{problem, problem::Problem};
use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{AUTHORIZATION, WWW_AUTHENTICATE},
        request::Parts as RequestParts,
    },
    response::{IntoResponse, Response},
};
use remit_app::{
    Caller, Parts,
    access::usage,
    delegation::{own_issuer::own_issuer, represent},
    refused::{Kind, Refused},
};
use remit_oauth::{
    dpop::{self, Proof, ProofError, ProofRequest},
    error::{ErrorCode, OAuthError},
    metadata::{PROTECTED_RESOURCE, well_known},
    seen::Seen as _,
};
use serde_json::Value;
use std::sync::Arc;

/// The header of a proof.
const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The header of the nonce that the next proof has to have.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// A delegate, on behalf of the customer whose delegation its token is of.
#[derive(Debug)]
pub(crate) struct DelegateCaller(pub(crate) Arc<Caller>);

/// Why a request of a delegate's is refused before anything is asked of it.
pub(crate) struct Challenge {
    problem: Problem,
    error: Option<ErrorCode>,
    nonce: String,
    /// Where it stands who gives out tokens.
    metadata: Option<String>,
}

impl IntoResponse for Challenge {
    fn into_response(self) -> Response {
        let error = self.error.map(|code| OAuthError::new(code, &self.problem.detail));
        let challenge = dpop::challenge(error.as_ref(), None, self.metadata.as_deref());
        let is_unproved = self.problem.kind == problem::UNAUTHENTICATED;
        let mut response = self.problem.into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = HeaderValue::try_from(challenge).ok().filter(|_| is_unproved) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        with_nonce(headers, &self.nonce);
        response
    }
}

/// Names the nonce that the next proof has to have.
pub(crate) fn with_nonce(headers: &mut HeaderMap, nonce: &str) {
    if let Ok(nonce) = HeaderValue::try_from(nonce) {
        headers.insert(DPOP_NONCE, nonce);
    }
}

/// What a request proves, but not yet that it is the first time.
///
/// # Errors
/// What is wrong with the proof.
pub(crate) fn proof(app: &Parts, headers: &HeaderMap, asked: &ProofRequest<'_>) -> Result<Proof, ProofError> {
    let sent = dpop::only(headers.get_all(DPOP).iter().map(HeaderValue::as_bytes))?;
    dpop::read(sent, asked, app.vault.nonces(), app.environment.now().0)
}

impl FromRequestParts<Shared> for DelegateCaller {
    type Rejection = Challenge;

    async fn from_request_parts(parts: &mut RequestParts, app: &Shared) -> Result<Self, Challenge> {
        let nonce = app.vault.nonces().issue(app.environment.now().0);
        let found = own_issuer(&app.environment);
        let metadata = found.as_ref().ok().map(|issuer| well_known(issuer, PROTECTED_RESOURCE));
        let refused = |problem: Problem, error: Option<ErrorCode>| {
            let (nonce, metadata) = (nonce.clone(), metadata.clone());
            Challenge { problem, error, nonce, metadata }
        };
        let told = |refusal: Refused, error| refused(Problem::from(refusal), error);
        let unauthenticated = |detail: String| {
            let cure = "Send `Authorization: DPoP <access token>` and a proof in the `DPoP` header; docs/delegates.md \
                        tells how.";
            Problem::new(problem::UNAUTHENTICATED, detail).cured_by(cure)
        };
        let issuer = found.map_err(|nowhere| {
            let cure = nowhere.members.get("cure").and_then(|cure| cure.as_str()).unwrap_or_default().to_owned();
            refused(Problem::new(problem::UNAUTHENTICATED, nowhere.detail).cured_by(&cure), None)
        })?;
        if let Some(problem) = signed_only::refused(parts, app).await {
            return Err(refused(problem, None));
        }
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (scheme, token) = header.split_once(' ').unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("DPoP") {
            let detail = "the request has no access token of a delegate's in `Authorization: DPoP …`".to_owned();
            return Err(refused(unauthenticated(detail), None));
        }
        let url = format!("{issuer}{}", parts.uri.path());
        let asked = ProofRequest { method: parts.method.as_str(), url: &url, access_token: Some(token) };
        let not_proved = |error: ProofError| refused(unauthenticated(error.to_string()), Some(error.code()));
        let proof = proof(app, &parts.headers, &asked).map_err(not_proved)?;
        let caller = represent::represented(app, token, &proof.jkt).await;
        let caller = caller.map_err(|refusal| match refusal.kind {
            Kind::Unauthenticated => {
                let mut stale = unauthenticated(refusal.detail);
                stale.members.insert("error".to_owned(), ErrorCode::InvalidToken.as_str().into());
                refused(stale, Some(ErrorCode::InvalidToken))
            }
            _ => told(refusal, Some(ErrorCode::InvalidToken)),
        })?;
        // Last: whoever has no token fills no memory, and who has one no more than they may send.
        usage::pace(&app.environment, &caller).map_err(|refusal| told(refusal, None))?;
        let first = app.vault.seen().first_time(&proof.jkt, &proof.jti, proof.until_ms, app.environment.now().0);
        first.map_err(|error| not_proved(error.into()))?;
        Ok(Self(caller))
    }
}

/// The answer to a delegate: of what its token does not reach to, with the challenge of RFC 6750.
pub(crate) fn answered(reply: Reply) -> Response {
    match reply {
        Ok(response) => response,
        Err(problem) => {
            let is_scope = problem.kind == problem::FORBIDDEN;
            let error = OAuthError::new(ErrorCode::InsufficientScope, &problem.detail);
            let challenge = dpop::challenge(Some(&error), problem.members.get("scope").and_then(Value::as_str), None);
            let mut response = problem.into_response();
            if let Some(challenge) = HeaderValue::try_from(challenge).ok().filter(|_| is_scope) {
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}
