//! A delegate has a customer asked by way of their browser (RFC 6749, section 4.1, with PKCE): what it asks for goes to
//! where the organisation's customers sign in, and comes back with who they are as what they are asked.

use super::{
    ask::{self, AskedConsent, GrantTerms},
    key_refresh::{self, KeysUnread},
    own_issuer::own_issuer,
};
use crate::{
    Caller, Governance, Parts,
    access::auth,
    bounds::{CUSTOMER_MAX, bounded},
    customer, digest,
    journal::delegations::{self, AuthorizationReturn},
    operation::AskAuthorizationRefusal,
    refused::{Kind, Refused},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::{
    delegation::{DelegatedGrant, Scope},
    id::{DelegateId, Timestamp},
};
use remit_oauth::{
    authorization,
    details::{self, Detail},
    error::{ErrorCode, OAuthError},
    pkce::{self, Challenge},
};
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// For how long a customer may take to sign in, in milliseconds.
const SIGN_IN_MS: i64 = 15 * 60_000;
/// For what a request is stamped that travels.
const AUTHORIZATION: &[u8] = b"authorization";
/// The longest `state` that is brought back, in bytes.
const STATE_MAX: usize = 512;
/// The longest `authorization_details`, in bytes: they travel in an address.
const DETAILS_MAX: usize = 2_048;
/// For how many days something is granted where the delegate does not say, and at most.
const DAYS: (i64, i64) = (30, 366);
const DAY_MS: i64 = 24 * 3_600_000;

/// What a delegate asks for, as its parameters say.
#[derive(Debug, Default)]
pub struct AuthorizationRequest<'a> {
    /// Which delegate: its identifier, or the address of its document.
    pub client_id: Option<&'a str>,
    /// Where the customer's browser goes back to.
    pub redirect_uri: Option<&'a str>,
    /// What is to be given out: `code`.
    pub response_type: Option<&'a str>,
    /// How it is to be brought back: `query`, or not said.
    pub response_mode: Option<&'a str>,
    /// What the delegate knows the answer by.
    pub state: Option<&'a str>,
    /// The challenge of PKCE.
    pub code_challenge: Option<&'a str>,
    /// Its method.
    pub code_challenge_method: Option<&'a str>,
    /// The thumbprint of the key that the token is to be bound to (RFC 9449, section 10).
    pub dpop_jkt: Option<&'a str>,
    /// What it would be able to do at the interface.
    pub scope: Option<&'a str>,
    /// What it would be able to do, in detail.
    pub authorization_details: Option<&'a str>,
    /// Whether it asks by an object of another form, which is not taken.
    pub by_object: bool,
    /// For whom the token is to be.
    pub targets: Vec<&'a str>,
}

/// Where a browser is sent.
#[derive(Debug)]
pub struct Redirection {
    /// To this address.
    pub to: String,
    /// With this secret, which it brings when the customer answers: nobody else's browser can.
    pub browser: Option<String>,
}

/// A request as it travels.
#[derive(Debug, Serialize, Deserialize)]
struct Travelling {
    delegate: DelegateId,
    grant: DelegatedGrant,
    back: AuthorizationReturn,
    /// When it began.
    at: Timestamp,
}

/// Sends a customer's browser to where they sign in, with what a delegate asks for.
///
/// # Errors
/// When it is not known which delegate asks, or where it may be answered: then nobody is sent anywhere. Everything else
/// that is wrong is brought back to it.
pub async fn authorize(parts: &Parts, asks: &AuthorizationRequest<'_>) -> Result<Redirection, Refused> {
    let issuer = own_issuer(&parts.environment)?;
    let sign_in = parts.environment.sign_in().ok_or_else(|| {
        let detail = "this server does not know where customers sign in: a delegate is let in by a link alone";
        Refused::new(Kind::NotFound, detail).cured_by("Start it with `remit serve --customer-sign-in URL`.")
    })?;
    let unknown = || Refused::invalid("client_id", "there is no such delegate, or it is suspended");
    let called = delegations::called(&parts.journal, asks.client_id.unwrap_or_default()).await?;
    let (delegate, known) = called.filter(|(_, known)| !known.value.suspended).ok_or_else(unknown)?;
    let known = key_refresh::fresh(parts, delegate, known).await.map_err(|unread| match unread {
        KeysUnread::ForADay => Refused::invalid("client_id", KeysUnread::FOR_A_DAY),
        KeysUnread::Inside(refused) => refused,
    })?;
    let known = known.value;
    let redirect_uri = asks.redirect_uri.unwrap_or_default();
    if !authorization::is_registered(redirect_uri, &known.redirects) {
        return Err(Refused::invalid("redirect_uri", "is none of the addresses that this delegate is registered with"));
    }
    let state = asks.state.filter(|state| state.len() <= STATE_MAX);
    let told = |error: &OAuthError| authorization::with_error(redirect_uri, error, state, &issuer);
    let bytes: [[u8; 32]; 1] = [parts.environment.entropy.bytes()?];
    let browser = URL_SAFE_NO_PAD.encode(bytes.concat());
    let now = parts.environment.now();
    let travelling = asked_for(&parts.governance, asks, &issuer, now).map(|(grant, challenge)| Travelling {
        delegate,
        grant,
        back: AuthorizationReturn {
            redirect_uri: redirect_uri.to_owned(),
            state: state.map(ToOwned::to_owned),
            challenge,
            jkt: asks.dpop_jkt.map(ToOwned::to_owned),
            browser: digest::of_secret(&browser).to_string(),
        },
        at: now,
    });
    let travelling = match travelling {
        Ok(travelling) => travelling,
        Err(error) => return Ok(Redirection { to: told(&error), browser: None }),
    };
    let body = serde_json::to_vec(&travelling).map_err(Refused::internal)?;
    let between = if sign_in.contains('?') { '&' } else { '?' };
    let to = format!("{sign_in}{between}authorization={}", parts.vault.delegate_tokens.stamped(AUTHORIZATION, &body));
    Ok(Redirection { to, browser: Some(browser) })
}

/// What is asked for, and the challenge of PKCE.
fn asked_for(
    governance: &Governance,
    asks: &AuthorizationRequest<'_>,
    issuer: &str,
    now: Timestamp,
) -> Result<(DelegatedGrant, String), OAuthError> {
    let wrong = |what: &str| OAuthError::new(ErrorCode::InvalidRequest, what);
    if asks.by_object {
        return Err(wrong("say what is asked for by parameters: request and request_uri are not taken"));
    }
    if asks.response_type != Some("code") {
        return Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type has to be code"));
    }
    if asks.response_mode.is_some_and(|mode| mode != "query") {
        return Err(wrong("response_mode has to be query, or left out"));
    }
    if asks.state.is_some_and(|state| state.len() > STATE_MAX) {
        return Err(wrong("state has more than 512 bytes"));
    }
    if asks.targets.iter().any(|target| target.trim_end_matches('/') != issuer) {
        return Err(OAuthError::new(ErrorCode::InvalidTarget, format!("tokens are given out for {issuer} alone")));
    }
    let challenge = Challenge::parse(asks.code_challenge.unwrap_or_default(), asks.code_challenge_method)?;
    if asks.dpop_jkt.is_some_and(|jkt| Challenge::parse(jkt, Some(pkce::METHOD)).is_err()) {
        return Err(wrong("dpop_jkt has to be the thumbprint of a key (RFC 7638), base64url of a SHA-256"));
    }
    let grant = wanted(governance, asks, now)?;
    Ok((grant, challenge.to_string()))
}

/// What would be granted.
fn wanted(
    governance: &Governance,
    asks: &AuthorizationRequest<'_>,
    now: Timestamp,
) -> Result<DelegatedGrant, OAuthError> {
    let no_details = |what: &str| OAuthError::new(ErrorCode::InvalidAuthorizationDetails, what);
    let named = asks.scope.unwrap_or_default().split(' ').filter(|name| !name.is_empty());
    let scopes: Option<BTreeSet<Scope>> = named.map(Scope::named).collect();
    let scopes = scopes.ok_or_else(|| {
        let all = Scope::ALL.map(Scope::as_str).join(", ");
        OAuthError::new(ErrorCode::InvalidScope, format!("there is no such scope; there are {all}"))
    })?;
    let text = asks.authorization_details.unwrap_or("");
    if text.len() > DETAILS_MAX {
        return Err(no_details("authorization_details has more than 2048 bytes, which is too long for an address"));
    }
    let read = if text.is_empty() { Vec::new() } else { details::parse(text)? };
    let detail = match read.as_slice() {
        [] => None,
        [Detail { identifier: Some(_), .. }] => {
            return Err(no_details("a token for a delegation that stands is asked for at the token endpoint"));
        }
        [detail] => Some(detail),
        _ => return Err(no_details("send one detail")),
    };
    let actions = detail.and_then(|detail| detail.actions.clone()).unwrap_or_default();
    let constraints = detail.map(|detail| detail.constraints.clone()).unwrap_or_default();
    let (usual, most) = DAYS;
    let not_after = constraints.not_after.map_or(now.plus_ms(usual * DAY_MS), Timestamp);
    if not_after <= now || not_after > now.plus_ms(most * DAY_MS) {
        return Err(no_details("constraints.not_after has to be to come, within 366 days"));
    }
    let limits = super::claims::limits_of(&constraints);
    ask::grant(governance, &GrantTerms { scopes: &scopes, actions: &actions, limits: &limits, not_after }).map_err(
        |refused| {
            match refused.members.get("field").and_then(|field| field.as_str()) {
                Some("scopes") => OAuthError::new(ErrorCode::InvalidScope, refused.detail),
                // Which actions there are is not told to whoever asks.
                Some("actions") => no_details("actions names one that cannot be granted"),
                _ => no_details(&refused.detail),
            }
        },
    )
}

/// Who signed in, for a delegate that has them asked.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskAuthorization {
    /// What the browser came with: the parameter `authorization`.
    #[schema(max_length = 8_192)]
    pub authorization: String,
    /// Your own identifier of the customer who signed in: recorded only as a pseudonym.
    #[schema(max_length = 256, min_length = 1)]
    pub customer: String,
}

/// Makes a link for the browser of a customer who signed in, by which they say once whether the delegate that sent them
/// may act for them. It is answered in the browser in which it began, and in no other.
///
/// # Errors
/// [`AskAuthorizationRefusal`] says when each arises.
pub async fn ask_authorization(
    parts: &Parts,
    caller: &Caller,
    said: AskAuthorization,
) -> Result<AskedConsent, AskAuthorizationRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::DELEGATION_ASK)?;
    ask::by_a_program(caller)?;
    bounded("customer", &said.customer, CUSTOMER_MAX)?;
    let now = parts.environment.now();
    let over =
        || Refused::invalid("authorization", "is none of this server's, or the customer took too long to sign in");
    let body = parts.vault.delegate_tokens.unstamped(AUTHORIZATION, &said.authorization).ok_or_else(over)?;
    let Travelling { delegate, grant, back, at } = serde_json::from_slice(&body).map_err(Refused::internal)?;
    if at.plus_ms(SIGN_IN_MS) <= now {
        return Err(over().into());
    }
    let customer = customer::customer_id(&parts.vault, &said.customer);
    Ok(ask::asked(parts, caller, customer, delegate, grant, at.plus_ms(2 * SIGN_IN_MS), Some(back)).await?)
}
