//! The authorization server of delegates: tokens given out, asked about and revoked, its keys and what it says of
//! itself. Errors are in the form of OAuth (RFC 6749, section 5.2).

use super::{
    body::read,
    reply::private,
    represented::{proof, with_nonce},
    request::{Reply, Shared},
    route::{HandlerPart, Routes},
};
use crate::problem::Problem;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE},
    },
    response::{IntoResponse as _, Response},
};
use remit_app::{
    Parts,
    delegation::{
        authorize::{self, AuthorizationRequest},
        backchannel,
        code::Redeems,
        exchange::{self, Exchanges},
        own_issuer::own_issuer,
        token::{self, Client, TokenError, TokenRequest},
    },
    issuer::grant::issue_for_assertion,
    operation,
};
use remit_domain::delegation::Scope;
use remit_oauth::{
    ciba, details,
    dpop::ProofRequest,
    error::{ErrorCode, OAuthError},
    id_jag,
    metadata::{AuthorizationServer, ProtectedResource},
    seen::Seen as _,
};
use serde_json::json;
use std::collections::BTreeMap;

/// Largest form, in bytes.
const FORM_MAX: usize = 64 * 1024;
/// The grant by which a delegate gets a token for a delegation that stands.
const CLIENT_CREDENTIALS: &str = "client_credentials";
/// The grant by which it gets one for a code.
const AUTHORIZATION_CODE: &str = "authorization_code";
/// The grant by which it takes less, or gives a part of it on (RFC 8693).
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The cookie of the browser in which an authorization began.
pub(super) const BROWSER: &str = "__Host-remit-authorization";
/// For how long it is kept, in seconds.
const BROWSER_S: u32 = 1_800;
/// What a client says that it proves who it is with.
const ASSERTION_TYPE: &str = "client_assertion_type";

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::Authorize, authorize)
        .bind(operation::IssueToken, issue_token)
        .bind(operation::AskBackchannel, ask_backchannel)
        .bind(operation::IntrospectToken, introspect_token)
        .bind(operation::RevokeAccessToken, revoke_access_token)
        .bind(operation::GetTokenKeys, get_token_keys)
        .bind(operation::GetAuthorizationServer, get_authorization_server)
        .bind(operation::GetProtectedResource, get_protected_resource)
}

/// A form as it was sent, and the headers that came with it.
pub(crate) struct SentForm {
    headers: HeaderMap,
    body: Body,
}

impl<O> HandlerPart<O> for SentForm {}

impl SentForm {
    /// The form itself.
    pub(crate) fn into_body(self) -> Body {
        self.body
    }
}

impl axum::extract::FromRequest<Shared> for SentForm {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        Ok(Self { headers: parts.headers, body })
    }
}

/// The parameters of a form, each sent once.
struct Parameters {
    named: BTreeMap<String, String>,
    /// For whom the token is to be, as often as it was said.
    targets: Vec<String>,
}

/// Parameters that may come several times: for whom the token is to be.
const REPEATABLE: [&str; 2] = ["audience", "resource"];

impl Parameters {
    /// Those of a form or a query.
    fn read(encoded: &[u8]) -> Result<Self, OAuthError> {
        let (mut named, mut targets) = (BTreeMap::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(encoded) {
            // A parameter without a value counts as not sent (RFC 6749, section 3.2).
            if value.is_empty() {
                continue;
            }
            if REPEATABLE.contains(&&*name) {
                targets.push(value.into_owned());
            } else if named.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(OAuthError::new(ErrorCode::InvalidRequest, "a parameter is sent twice; send each once"));
            }
        }
        Ok(Self { named, targets })
    }

    async fn of(form: SentForm) -> Result<(Self, HeaderMap), TokenError> {
        let wrong = |what: &str| TokenError::OAuth(OAuthError::new(ErrorCode::InvalidRequest, what));
        let sent = form.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = sent.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(wrong("send the parameters as application/x-www-form-urlencoded"));
        }
        let bytes = read(form.body, FORM_MAX).await.map_err(|_| wrong("the form is too large, or did not arrive"))?;
        Ok((Self::read(&bytes)?, form.headers))
    }

    /// That it is for this server, wherever it is said for whom it is (RFC 8707).
    fn are_for(&self, issuer: &str) -> Result<(), TokenError> {
        if self.targets.iter().all(|target| target.trim_end_matches('/') == issuer) {
            return Ok(());
        }
        Err(OAuthError::new(ErrorCode::InvalidTarget, format!("tokens are given out for {issuer} alone")).into())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.named.get(name).map(String::as_str)
    }

    fn need(&self, name: &str) -> Result<&str, TokenError> {
        let missing = || OAuthError::new(ErrorCode::InvalidRequest, format!("the parameter {name} is missing"));
        self.get(name).ok_or_else(|| TokenError::OAuth(missing()))
    }

    /// The client that the request proves to be of.
    async fn client(&self, app: &Parts, path: &str) -> Result<Client, TokenError> {
        let unproved = |what: &str| TokenError::OAuth(OAuthError::new(ErrorCode::InvalidClient, what));
        if self.get("client_secret").is_some() {
            return Err(unproved("no client has a secret here: sign a client_assertion (private_key_jwt, RFC 7523)"));
        }
        if self.get(ASSERTION_TYPE) != Some(remit_oauth::assertion::TYPE) {
            let what = "prove who you are: send client_assertion_type \
                        urn:ietf:params:oauth:client-assertion-type:jwt-bearer and a client_assertion";
            return Err(unproved(what));
        }
        let assertion = self.get("client_assertion").ok_or_else(|| unproved("the client_assertion is missing"))?;
        let endpoint = format!("{}{path}", own_issuer(&app.environment)?);
        token::authenticate(app, assertion, self.get("client_id"), &endpoint).await
    }
}

async fn authorize(State(app): State<Shared>, uri: Uri) -> Reply {
    let query = uri.query().unwrap_or_default();
    let parameters = Parameters::read(query.as_bytes());
    let parameters = parameters.map_err(|error| Problem::invalid("query", error.description()))?;
    let asks = AuthorizationRequest {
        client_id: parameters.get("client_id"),
        redirect_uri: parameters.get("redirect_uri"),
        response_type: parameters.get("response_type"),
        response_mode: parameters.get("response_mode"),
        state: parameters.get("state"),
        code_challenge: parameters.get("code_challenge"),
        code_challenge_method: parameters.get("code_challenge_method"),
        dpop_jkt: parameters.get("dpop_jkt"),
        scope: parameters.get("scope"),
        authorization_details: parameters.get("authorization_details"),
        by_object: ["request", "request_uri"].iter().any(|name| parameters.get(name).is_some()),
        targets: parameters.targets.iter().map(String::as_str).collect(),
    };
    let sent = authorize::authorize(&app, &asks).await.map_err(Problem::from)?;
    let to = HeaderValue::try_from(sent.to).map_err(Problem::internal)?;
    let mut response = private((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response());
    if let Some(secret) = sent.browser {
        let cookie = format!("{BROWSER}={secret}; Path=/; Max-Age={BROWSER_S}; HttpOnly; Secure; SameSite=Lax");
        response.headers_mut().insert(SET_COOKIE, HeaderValue::try_from(cookie).map_err(Problem::internal)?);
    }
    Ok(response)
}

async fn issue_token(State(app): State<Shared>, form: SentForm) -> Response {
    let nonce = app.vault.nonces().issue(app.environment.now().0);
    let mut response = told(issued(&app, form).await);
    with_nonce(response.headers_mut(), &nonce);
    response
}

async fn issued(app: &Parts, form: SentForm) -> Result<Response, TokenError> {
    const PATH: &str = "/oauth/token";
    let (parameters, headers) = Parameters::of(form).await?;
    match parameters.need("grant_type")? {
        CLIENT_CREDENTIALS | AUTHORIZATION_CODE | EXCHANGE | ciba::GRANT_TYPE | id_jag::GRANT_TYPE => {}
        _ => {
            let what = "the grants are: authorization_code, token-exchange, ciba, jwt-bearer with an assertion of a \
                        listed issuer, and client_credentials with authorization_details that name a delegation";
            return Err(OAuthError::new(ErrorCode::UnsupportedGrantType, what).into());
        }
    }
    let client = parameters.client(app, PATH).await?;
    let issuer = own_issuer(&app.environment)?;
    parameters.are_for(&issuer)?;
    let url = format!("{issuer}{PATH}");
    let asked = ProofRequest { method: "POST", url: &url, access_token: None };
    let proof = proof(app, &headers, &asked).map_err(OAuthError::from)?;
    let now = app.environment.now().0;
    app.vault
        .seen()
        .first_time(&proof.jkt, &proof.jti, proof.until_ms, now)
        .map_err(|error| OAuthError::from(remit_oauth::dpop::ProofError::from(error)))?;
    if parameters.get("grant_type") == Some(AUTHORIZATION_CODE) {
        let brings = Redeems {
            code: parameters.need("code")?,
            redirect_uri: parameters.need("redirect_uri")?,
            verifier: parameters.need("code_verifier")?,
        };
        return Ok(document(&json!(token::redeem(app, &client, &brings, &proof.jkt).await?)));
    }
    if parameters.get("grant_type") == Some(ciba::GRANT_TYPE) {
        let issued = backchannel::poll(app, &client, parameters.need("auth_req_id")?, &proof.jkt).await?;
        return Ok(document(&json!(issued)));
    }
    let details = parameters.get("authorization_details").map(details::parse).transpose().map_err(OAuthError::from)?;
    let wish = TokenRequest { scope: parameters.get("scope"), details: details.unwrap_or_default() };
    if parameters.get("grant_type") == Some(id_jag::GRANT_TYPE) {
        let assertion = parameters.need("assertion")?;
        let issued = issue_for_assertion(app, &client, assertion, &wish, &proof.jkt).await?;
        return Ok(document(&json!(issued)));
    }
    if parameters.get("grant_type") == Some(EXCHANGE) {
        let brings = Exchanges {
            subject_token: parameters.need("subject_token")?,
            subject_token_type: parameters.need("subject_token_type")?,
            actor: parameters.get("actor_token"),
            actor_token_type: parameters.get("actor_token_type"),
            requested_token_type: parameters.get("requested_token_type"),
            wish,
        };
        return Ok(document(&json!(exchange::exchange(app, &client, &brings, &proof.jkt, &url).await?)));
    }
    Ok(document(&json!(token::issue(app, &client, &wish, &proof.jkt).await?)))
}

async fn ask_backchannel(State(app): State<Shared>, form: SentForm) -> Response {
    /// Parameters of CIBA for what is not taken here.
    const NOT_TAKEN: [&str; 5] =
        ["request", "login_hint_token", "id_token_hint", "user_code", "client_notification_token"];
    let asked = async {
        let (parameters, _) = Parameters::of(form).await?;
        let client = parameters.client(&app, "/oauth/bc-authorize").await?;
        parameters.are_for(&own_issuer(&app.environment)?)?;
        let asks = backchannel::BackchannelRequest {
            details: parameters.get("authorization_details"),
            login_hint: parameters.get("login_hint"),
            binding_message: parameters.get("binding_message"),
            requested_expiry: parameters.get("requested_expiry"),
            scope: parameters.get("scope"),
            not_taken: NOT_TAKEN.into_iter().find(|name| parameters.get(name).is_some()),
        };
        Ok(document(&json!(backchannel::ask(&app, &client, &asks).await?)))
    };
    told(asked.await)
}

async fn introspect_token(State(app): State<Shared>, form: SentForm) -> Response {
    told(introspected(&app, form).await)
}

async fn introspected(app: &Parts, form: SentForm) -> Result<Response, TokenError> {
    let (parameters, _) = Parameters::of(form).await?;
    let client = parameters.client(app, "/oauth/introspect").await?;
    let said = token::introspect(app, &client, parameters.need("token")?).await?;
    let answer = match said {
        None => json!({ "active": false }),
        Some(said) => {
            let mut answer = serde_json::to_value(&said).unwrap_or_default();
            if let Some(members) = answer.as_object_mut() {
                members.insert("active".to_owned(), true.into());
                members.insert("token_type".to_owned(), "DPoP".into());
            }
            answer
        }
    };
    Ok(document(&answer))
}

async fn revoke_access_token(State(app): State<Shared>, form: SentForm) -> Response {
    let revoked = async {
        let (parameters, _) = Parameters::of(form).await?;
        let client = parameters.client(&app, "/oauth/revoke").await?;
        token::revoke(&app, &client, parameters.need("token")?).await?;
        Ok(StatusCode::OK.into_response())
    };
    told(revoked.await)
}

async fn get_token_keys(State(app): State<Shared>) -> Reply {
    let keys = app.vault.token_keys(app.environment.now()).map_err(Problem::from)?;
    Ok(([(CACHE_CONTROL, "public, max-age=3600")], document(&keys)).into_response())
}

async fn get_authorization_server(State(app): State<Shared>) -> Reply {
    let issuer = own_issuer(&app.environment).map_err(Problem::from)?;
    let at = |path: &str| format!("{issuer}{path}");
    let mut metadata = AuthorizationServer::new(&issuer, at("/oauth/token"), at("/oauth/jwks"))
        .with_revocation(at("/oauth/revoke"))
        .with_introspection(at("/oauth/introspect"))
        .with_backchannel(at("/oauth/bc-authorize"))
        .with_identity_assertions();
    metadata.grant_types_supported.extend([CLIENT_CREDENTIALS.into(), EXCHANGE.into()]);
    if app.environment.sign_in().is_some() {
        metadata = metadata.with_authorization(at("/oauth/authorize"));
        metadata.grant_types_supported.push(AUTHORIZATION_CODE.into());
    }
    metadata.scopes_supported = Scope::ALL.iter().map(|scope| scope.as_str().into()).collect();
    metadata.protected_resources = vec![issuer.clone().into()];
    Ok(document(&json!(metadata)))
}

async fn get_protected_resource(State(app): State<Shared>) -> Reply {
    let issuer = own_issuer(&app.environment).map_err(Problem::from)?;
    let mut metadata = ProtectedResource::new(&issuer, &issuer);
    metadata.scopes_supported = Scope::ALL.iter().map(|scope| scope.as_str().into()).collect();
    metadata.resource_name = Some(app.governance.bundle.name().to_owned());
    Ok(document(&json!(metadata)))
}

fn document(value: &serde_json::Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// An answer, or the error in the form of OAuth.
fn told(answered: Result<Response, TokenError>) -> Response {
    match answered {
        Ok(response) => response,
        Err(TokenError::Inside(refused)) => Problem::from(refused).into_response(),
        Err(TokenError::OAuth(error)) => {
            let status = match error.code() {
                ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
                ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::BAD_REQUEST,
            };
            (status, document(&json!(error))).into_response()
        }
    }
}
