//! A delegate waits for its customer's yes to what it requested, by asking from time to time (OpenID CIBA 1.0, in poll
//! mode). The customer answers where they always do: on their chat, or by a link of the organisation's; what is asked
//! here asks nothing of them and grants nothing. It is known by a secret, of which the hash is kept.

use super::{
    expired_below,
    token::{self, Client, Issued, TokenError, TokenRequest},
};
use crate::{
    Parts, digest,
    journal::delegations::{BACKCHANNELS, BackchannelItem},
    pipeline::projections,
    refused::{Kind, Refused},
    request::backchannel::{self, Came},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::id::{RequestId, Timestamp};
use remit_oauth::{
    ciba::{self, Acknowledged, BindingMessage, INTERVAL_S},
    details::{self, Detail},
    error::{ErrorCode, OAuthError},
};
use remit_store::{Commit, CommitError, Expected};
use std::time::Duration;

/// What is waited for at once whose time is over and that is looked at with each that begins.
const LOOKED_AT: usize = 16;
/// The longest secret that is looked at, in bytes.
const SECRET_MAX: usize = 128;
/// For how long a yes can still be heard of after the request's time, in milliseconds.
const HEARD_MS: i64 = 10 * 60_000;

/// What a delegate asks with.
#[derive(Debug, Default)]
pub struct BackchannelRequest<'a> {
    /// What is to be confirmed: one detail that names the request.
    pub details: Option<&'a str>,
    /// Whom to ask: the customer, as access tokens name them (`sub`).
    pub login_hint: Option<&'a str>,
    /// The code that the customer is shown beside it.
    pub binding_message: Option<&'a str>,
    /// For how long it is to be waited at most, in seconds.
    pub requested_expiry: Option<&'a str>,
    /// Scopes, with spaces between; those of the delegation unless told.
    pub scope: Option<&'a str>,
    /// A parameter for what is not taken here: another hint, a signed request, a code that customers enter, an address
    /// that is told.
    pub not_taken: Option<&'static str>,
}

/// Begins to wait for the customer's answer to a request.
///
/// # Errors
/// `invalid_authorization_details` where no request of the client's own is named, `unknown_user_id` where it is another
/// customer's than is hinted at, `access_denied` where it does not wait for them any more, `invalid_binding_message`.
pub async fn ask(parts: &Parts, client: &Client, asks: &BackchannelRequest<'_>) -> Result<Acknowledged, TokenError> {
    let wrong = |what: &str| OAuthError::new(ErrorCode::InvalidRequest, what);
    if let Some(name) = asks.not_taken {
        return Err(wrong(&format!("{name} is not taken here: say whom by login_hint, and ask for the answer")).into());
    }
    let hint = asks.login_hint.ok_or_else(|| wrong("login_hint is missing: the sub of your access token"))?;
    let code = asks.binding_message.map(BindingMessage::parse).transpose()?;
    let named = asks.details.ok_or_else(|| {
        let what = "authorization_details are missing: name the request whose confirmation is waited for";
        OAuthError::new(ErrorCode::InvalidAuthorizationDetails, what)
    })?;
    let named = ciba::confirmation(named)?;
    let unknown = || {
        let what = "authorization_details name no request that this client made for its customer";
        OAuthError::new(ErrorCode::InvalidAuthorizationDetails, what)
    };
    let id: RequestId = named.parse().map_err(|_| unknown())?;
    let (request, _) = backchannel::of_delegate(&parts.journal, id, client.id()).await?.ok_or_else(unknown)?;
    if request.customer.as_str() != hint {
        let what = "login_hint is not the customer for whom the request was made";
        return Err(OAuthError::new(ErrorCode::UnknownUserId, what).into());
    }
    let now = parts.environment.now();
    let wanted = asks.requested_expiry.map(|seconds| {
        let seconds = seconds.parse::<i64>().ok().filter(|seconds| *seconds > 0);
        seconds.ok_or_else(|| wrong("requested_expiry has to be a number of seconds, 1 or more"))
    });
    let wanted = wanted.transpose()?.map_or(i64::MAX, |seconds| now.0.saturating_add(seconds.saturating_mul(1_000)));
    let expires = Timestamp(request.due.plus_ms(HEARD_MS).0.min(wanted));
    if let (Came::Nothing, Some(code)) = (backchannel::came(&request, now), &code) {
        backchannel::show_code(parts, id, code.as_str(), client.id()).await.map_err(|refused| match refused.kind {
            Kind::Conflict => OAuthError::new(ErrorCode::AccessDenied, refused.detail).into(),
            _ => TokenError::Inside(refused),
        })?;
    }
    let bytes: [u8; 32] = parts.environment.entropy.bytes().map_err(Refused::from)?;
    let secret = URL_SAFE_NO_PAD.encode(bytes);
    let key = digest::of_secret(&secret).to_string();
    let scope = asks.scope.map(ToOwned::to_owned);
    let item = BackchannelItem { delegate: client.id(), request: id, scope, expires };
    let mut items = vec![BACKCHANNELS.write(&key, Expected::Absent, &item).map_err(Refused::internal)?];
    let over = expired_below(&parts.journal, &BACKCHANNELS, &key, LOOKED_AT, |item| item.expires <= now).await?;
    items.extend(over.iter().map(|entry| BACKCHANNELS.forget(&entry.id, entry.expected())));
    let commit = Commit { items, ..Commit::default() };
    projections::commit(parts, commit).await.map_err(crate::refused).map_err(TokenError::Inside)?;
    let expires_in = expires.since(now).div_euclid(1_000).max(1);
    Ok(Acknowledged { auth_req_id: secret, expires_in, interval: INTERVAL_S })
}

/// Gives a token out once the request is confirmed: for the delegation under which it was made, and for its action
/// alone.
///
/// # Errors
/// `authorization_pending` while nobody has answered, `slow_down` where it is asked too often, `access_denied` where
/// somebody said no or it is not what was asked for any more, `expired_token` where nobody answered in time,
/// `invalid_grant` where it is not this client's, or was given out before.
pub async fn poll(parts: &Parts, client: &Client, auth_req_id: &str, jkt: &str) -> Result<Issued, TokenError> {
    let none = || {
        let what = "auth_req_id is none of this client's, or a token was given out for it";
        OAuthError::new(ErrorCode::InvalidGrant, what)
    };
    if auth_req_id.len() > SECRET_MAX {
        return Err(none().into());
    }
    let key = digest::of_secret(auth_req_id).to_string();
    let stored = BACKCHANNELS.get(&parts.journal.store, &key).await.map_err(Refused::internal)?;
    let entry = stored.filter(|entry| entry.value.delegate == client.id()).ok_or_else(none)?;
    let interval = Duration::from_secs(INTERVAL_S.unsigned_abs());
    if !parts.live.polls.take(&key, parts.environment.clock.monotonic(), interval) {
        let what = "it is asked too often: leave 5 seconds more between two times than so far";
        return Err(OAuthError::new(ErrorCode::SlowDown, what).into());
    }
    let now = parts.environment.now();
    let of = backchannel::of_delegate(&parts.journal, entry.value.request, client.id()).await?;
    let (request, delegation) = of.ok_or_else(none)?;
    let unconfirmed = match backchannel::came(&request, now) {
        _ if entry.value.expires <= now => Some((ErrorCode::ExpiredToken, "the time to wait is over")),
        Came::Nothing => Some((ErrorCode::AuthorizationPending, "nobody has answered yet")),
        Came::Late => Some((ErrorCode::ExpiredToken, "nobody answered in time")),
        Came::No => {
            Some((ErrorCode::AccessDenied, "it was declined, taken back, or is not what was asked for any more"))
        }
        Came::Yes => None,
    };
    if let Some((code, what)) = unconfirmed {
        return Err(OAuthError::new(code, what).into());
    }
    let detail = Detail {
        r#type: details::Type::SupportDelegation,
        identifier: Some(delegation.to_string()),
        actions: Some(vec![request.action.to_string()]),
        constraints: details::Constraints::default(),
    };
    let wish = TokenRequest { scope: entry.value.scope.as_deref(), details: vec![detail] };
    let issued = token::issue(parts, client, &wish, jkt).await.map_err(|refusal| match refusal {
        TokenError::OAuth(error) if error.code() == ErrorCode::InvalidAuthorizationDetails => {
            let what = "the delegation under which it was requested does not stand any more";
            OAuthError::new(ErrorCode::InvalidGrant, what).into()
        }
        other => other,
    })?;
    let items = vec![BACKCHANNELS.forget(&key, entry.expected())];
    match projections::commit(parts, Commit { items, ..Commit::default() }).await {
        Ok(_) => {
            parts.live.polls.forget(&key);
            Ok(issued)
        }
        Err(CommitError::ItemConflict { .. }) => Err(none().into()),
        Err(error) => Err(TokenError::Inside(crate::refused(error))),
    }
}
