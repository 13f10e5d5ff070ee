//! Sign-in by the organisation's identity provider: OpenID Connect's authorization code flow, bound to the browser in
//! which it began, and sign-outs that the provider tells of. Whom it names is a principal here by a mapping that
//! whoever starts the server declares.

use super::{
    account::{From, too_many},
    session::{self, Shown, Started},
};
use crate::{
    Caller, Environment, Live, Parts,
    caller::principal::Job,
    environment::provider::{IdentityProvider, KnownProvider, ProviderSettings},
    governance::resolve_names,
    journal::accounts::{ProviderSession, SESSIONS},
    operation::{BackChannelLogoutRefusal, BeginProviderSignInRefusal, CompleteProviderSignInRefusal},
    refused::{Kind, Refused},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use remit_domain::{
    id::StaffId,
    sign_in::{SessionEnd, SignInWay},
};
use remit_oauth::{
    oidc::{OidcError, Party, SignedIn, id_token, logout_token},
    pkce::Challenge,
    seen::Seen as _,
};
use remit_responders::{
    Failure,
    provider::{Redeeming, redeem},
};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::Sha256;
use std::{collections::BTreeSet, sync::Arc};
use utoipa::ToSchema;

/// Where people come back from the provider.
pub const CALLBACK: &str = "/sign-in/v1/callback";
/// Where people go on to who asked for nothing else.
const ONWARD: &str = "/sign-in";
/// Longest path that people go on to, in bytes.
const ONWARD_MAX: usize = 512;

/// How people sign in here.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignInWays {
    /// By a name and a password.
    pub password: bool,
    /// By an identity provider, at `/sign-in/v1/begin`.
    pub provider: bool,
    /// By a passkey.
    pub passkey: bool,
    /// The host whose pages can ask for one, where there are any.
    pub passkey_host: Option<String>,
}

/// A sign-in that begins.
#[derive(Debug)]
pub struct Begun {
    /// Where the browser is sent to.
    pub to: String,
    /// What it keeps until it comes back.
    pub kept: String,
}

/// What a browser comes back with.
#[derive(Debug, Default)]
pub struct SignInReturn {
    /// The code.
    pub code: Option<String>,
    /// What it was sent with.
    pub state: Option<String>,
    /// Who sends it.
    pub iss: Option<String>,
    /// Why it has no code.
    pub error: Option<String>,
    /// What the browser kept.
    pub kept: Option<String>,
}

/// How people sign in here.
pub fn ways(environment: &Environment) -> SignInWays {
    let provider = environment.provider.is_some();
    let passkey_host = environment.relying_party.as_ref().ok().map(|party| party.host().to_owned());
    SignInWays { password: !provider, provider, passkey: passkey_host.is_some(), passkey_host }
}

fn provider(environment: &Environment) -> Result<&IdentityProvider, Refused> {
    let none = || {
        let none = Refused::new(Kind::NotFound, "no identity provider was declared");
        none.cured_by("Sign in with a password, or start the server with --staff-sign-in.")
    };
    environment.provider.as_ref().ok_or_else(none)
}

/// What does not come of the provider as it should. What exactly is in the log, with nothing that is secret.
fn failed(failure: &Failure) -> Refused {
    tracing::warn!(%failure, "the identity provider is not to be asked");
    Refused::new(Kind::ProviderUnreachable, "the identity provider does not answer as it should; the log says how")
}

/// Where people come back to.
fn redirect(environment: &Environment) -> String {
    environment.public_link(CALLBACK)
}

/// What of a sign-in follows from what the browser keeps of it, so that nobody else can end it, and nothing of it is
/// kept here.
fn of(secret: &str, what: &str) -> Result<String, Refused> {
    let mut signed = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(Refused::internal)?;
    signed.update(what.as_bytes());
    Ok(URL_SAFE_NO_PAD.encode(signed.finalize().into_bytes()))
}

/// A path of this server's own, and never another site, however browsers read it.
fn own_path(asked: &str) -> Option<&str> {
    let plain = asked.len() <= ONWARD_MAX && asked.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (plain && asked.starts_with('/') && !asked.starts_with("//")).then_some(asked)
}

/// Begins a sign-in, after which the browser goes on to `onward`.
///
/// # Errors
/// [`BeginProviderSignInRefusal`] says when each arises.
pub async fn begin(
    environment: &Environment,
    live: &Live,
    from: &From,
    onward: Option<&str>,
) -> Result<Begun, BeginProviderSignInRefusal> {
    let provider = provider(environment)?;
    live.sign_ins.attempt_from(from.address, environment.clock.monotonic()).map_err(|over| too_many(&over))?;
    let onward = onward.map_or(Some(ONWARD), own_path);
    let onward = onward.ok_or_else(|| Refused::invalid("return", "must be a path of this server, such as /sandbox"))?;
    let known = provider.known(environment.clock.monotonic()).await.map_err(|failure| failed(&failure))?;
    let bytes: [u8; 32] = environment.entropy.bytes().map_err(Refused::from)?;
    let secret = URL_SAFE_NO_PAD.encode(bytes);
    let challenge = Challenge::of(&of(&secret, "verifier")?).map_err(Refused::internal)?.to_string();
    let (redirect, state, nonce) = (redirect(environment), of(&secret, "state")?, of(&secret, "nonce")?);
    let asked = [
        ("response_type", "code"),
        ("client_id", &provider.settings.client_id),
        ("redirect_uri", &redirect),
        ("scope", "openid profile email"),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let to = remit_oauth::authorization::with_query(&known.provider.authorization_endpoint, &asked);
    Ok(Begun { to, kept: format!("{secret}.{}", URL_SAFE_NO_PAD.encode(onward)) })
}

/// Ends a sign-in: a session for whom the provider names, and where the browser goes on to.
///
/// # Errors
/// [`CompleteProviderSignInRefusal`] says when each arises.
pub async fn complete(
    parts: &Parts,
    from: From,
    back: SignInReturn,
) -> Result<(Started, String), CompleteProviderSignInRefusal> {
    let provider = provider(&parts.environment)?;
    let now = parts.environment.clock.monotonic();
    // The provider is asked for each code, in this server's name.
    parts.live.sign_ins.attempt_from(from.address, now).map_err(|over| too_many(&over))?;
    let mixed = || refused("mixed_up", "this sign-in did not begin in this browser, or another one took its place");
    let kept = back.kept.as_deref().and_then(|kept| kept.split_once('.')).ok_or_else(mixed)?;
    let (secret, onward) = (kept.0, URL_SAFE_NO_PAD.decode(kept.1).ok().and_then(|path| String::from_utf8(path).ok()));
    let onward = onward.as_deref().and_then(own_path).unwrap_or(ONWARD).to_owned();
    let state = back.state.as_deref().ok_or_else(mixed)?;
    // Hashes of a secret are compared: how long that takes says nothing of the secret.
    if state != of(secret, "state")? {
        return Err(mixed().into());
    }
    let known = provider.known(parts.environment.clock.monotonic()).await.map_err(|failure| failed(&failure))?;
    let says_who = known.provider.authorization_response_iss_parameter_supported;
    if back.iss.as_ref().map_or(says_who, |iss| *iss != known.provider.issuer) {
        return Err(refused("mixed_up", "another provider than the one that was asked sent the browser back").into());
    }
    if let Some(error) = &back.error {
        // A code of RFC 6749's, or anything.
        let error = error.chars().take(64).collect::<String>();
        tracing::info!(error = %error.escape_debug(), "signing in came to nothing");
        return Err(refused("not_signed_in", "the identity provider did not sign you in").into());
    }
    let code = back.code.as_deref().ok_or_else(mixed)?;
    let said = signed_in(&parts.environment, provider, known, code, secret).await?;
    let (person, roles) = principal(&provider.settings, &said)?;
    if resolve_names::is_of_responder(&parts.governance.bundle, person.as_str()) {
        return Err(refused("no_name", "the provider names you as a responder of the bundle in force is called").into());
    }
    let called =
        ProviderSession { issuer: provider.settings.issuer.clone(), subject: said.subject, session: said.session };
    let (way, provider) = (SignInWay::Provider, Some(called));
    let shown = Shown { person, roles, way, provider, passkey: None, expect: Vec::new() };
    let started = session::start(parts, shown, from.before.as_deref()).await?;
    Ok((started, onward))
}

/// A refusal that the page has words for, by a code.
fn refused(code: &str, detail: &str) -> Refused {
    Refused::new(Kind::SignInRefused, detail).with("code", code)
}

/// Who signed in, as the provider says for a code.
async fn signed_in(
    environment: &Environment,
    provider: &IdentityProvider,
    known: Arc<KnownProvider>,
    code: &str,
    secret: &str,
) -> Result<SignedIn, Refused> {
    let ProviderSettings { client_id, secret: key, .. } = &provider.settings;
    let taken = |method: &str| known.provider.token_endpoint_auth_methods_supported.iter().any(|known| known == method);
    let in_body = taken("client_secret_post") && !taken("client_secret_basic");
    let (redirect, verifier) = (redirect(environment), of(secret, "verifier")?);
    let with = [("code", code), ("redirect_uri", &redirect), ("code_verifier", &verifier)];
    let given = redeem(&known.provider.token_endpoint, Redeeming { client_id, secret: key, in_body }, &with).await;
    let given = given.map_err(|failure| match failure {
        Failure::Told => {
            tracing::warn!(%failure, "the identity provider gives nothing for a code");
            refused("not_signed_in", "the identity provider does not take the code, or does not know this server")
        }
        other => failed(&other),
    })?;
    let token = given.get("id_token").and_then(Value::as_str).unwrap_or_default();
    let nonce = of(secret, "nonce")?;
    let read = |known: &KnownProvider| {
        let party = Party { provider: &known.provider, keys: &known.keys, client_id };
        id_token(token, party, &nonce, environment.now().0)
    };
    let read = match read(&known) {
        // It signs with another key by now.
        // A key may have taken the place of another one under its name. The provider itself gave this token.
        Err(error) if error.may_be_stale() || error == OidcError::Signature => {
            match again(environment, provider, &known, true).await? {
                Some(known) => read(&known),
                None => Err(error),
            }
        }
        read => read,
    };
    read.map_err(|error| {
        tracing::warn!(%error, "the identity provider's ID token is not taken");
        refused("not_signed_in", "what the identity provider says of you is not taken; the log says why")
    })
}

/// What the provider says of itself now, since a token does not fit what it said before; nothing where it was asked so
/// often of late that what it said stands.
async fn again(
    environment: &Environment,
    provider: &IdentityProvider,
    known: &Arc<KnownProvider>,
    is_given: bool,
) -> Result<Option<Arc<KnownProvider>>, Refused> {
    match provider.anew(known, is_given, environment.clock.monotonic()).await {
        Ok(known) => Ok(Some(known)),
        Err(Failure::Busy { .. }) => Ok(None),
        Err(failure) => Err(failed(&failure)),
    }
}

/// Who somebody is here, and in which roles, as the declared mapping says.
fn principal(settings: &ProviderSettings, said: &SignedIn) -> Result<(StaffId, Vec<String>), Refused> {
    let there = texts(claim(&said.claims, &settings.roles_claim));
    let given = settings.roles.iter().filter(|(group, _)| there.iter().any(|there| there == group));
    let roles: BTreeSet<&String> = given.map(|(_, role)| role).collect();
    if roles.is_empty() {
        tracing::warn!(claim = settings.roles_claim, "somebody signed in whose claim is mapped to no role");
        let detail = format!(
            "you have no role here: nothing in the claim `{}` is mapped to one; ask whoever runs this server",
            settings.roles_claim
        );
        return Err(refused("no_role", &detail));
    }
    let named = match settings.name_claim.as_str() {
        "sub" => Some(said.subject.as_str()),
        name => claim(&said.claims, name).and_then(Value::as_str),
    };
    let is_verified = settings.name_claim != "email" || claim(&said.claims, "email_verified") == Some(&true.into());
    // Subjects are told apart by their letters' case; names and addresses are not.
    let told = |named: &str| if settings.name_claim == "sub" { named.to_owned() } else { named.to_ascii_lowercase() };
    let named = named.filter(|_| is_verified).map(told);
    let named = named.as_deref().and_then(|named| match (named.rsplit_once('@'), &settings.domain) {
        (None, _) => Some(named),
        (Some((name, domain)), Some(own)) => domain.eq_ignore_ascii_case(own).then_some(name),
        (Some(_), None) => None,
    });
    let person = named.and_then(|named| StaffId::new(named).ok()).filter(super::account::is_free);
    let person = person.ok_or_else(|| {
        let detail = format!(
            "the claim `{}` does not name anybody here: it has to be a letter, then up to 63 of a-z 0-9 _ - ., or an \
             address of the declared domain that is verified; ask whoever runs this server",
            settings.name_claim
        );
        refused("no_name", &detail)
    })?;
    Ok((person, roles.into_iter().cloned().collect()))
}

/// A claim by its name, or by the path to it, with dots between.
fn claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    claims.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        rest.split('.').try_fold(claims.get(first)?, |value, part| value.get(part))
    })
}

/// A text, or the texts of a list.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(more)) => more.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Ends the sessions of who signed out at the provider.
///
/// # Errors
/// [`BackChannelLogoutRefusal`] says when each arises.
pub async fn logout(parts: &Parts, token: &str) -> Result<(), BackChannelLogoutRefusal> {
    let provider = provider(&parts.environment)?;
    let (client_id, now) = (provider.settings.client_id.as_str(), parts.environment.now().0);
    let known = provider.known(parts.environment.clock.monotonic()).await.map_err(|failure| failed(&failure))?;
    let read = |known: &KnownProvider| {
        logout_token(token, Party { provider: &known.provider, keys: &known.keys, client_id }, now)
    };
    let read = match read(&known) {
        Err(error) if error.may_be_stale() => match again(&parts.environment, provider, &known, false).await? {
            Some(known) => read(&known),
            // Anybody may have had it asked so often: the provider is to send a sign-out again.
            None => return Err(failed(&Failure::Busy { retry_after: None }).into()),
        },
        read => read,
    };
    let not_taken = |error: &dyn std::fmt::Display| {
        tracing::warn!(%error, "a logout token is not taken");
        Refused::new(Kind::BadRequest, format!("the logout token is not taken: {error}"))
    };
    let out = read.map_err(|error| not_taken(&error))?;
    let issuer = &provider.settings.issuer;
    let first = parts.vault.seen().first_time(issuer, &out.jti, out.until_ms, now);
    first.map_err(|error| not_taken(&error))?;
    let sessions = SESSIONS.all(&parts.journal.store).await.map_err(Refused::internal)?;
    let is_meant = |called: &ProviderSession| {
        let of_person = out.subject.as_ref().is_none_or(|subject| called.subject == *subject);
        called.issuer == *issuer && of_person && (out.session.is_none() || called.session == out.session)
    };
    for session in sessions.iter().filter(|session| session.value.provider.as_ref().is_some_and(is_meant)) {
        session::end(parts, &Caller::system(Job::Tokens), &session.id, SessionEnd::Provider).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nobody_is_sent_on_to_another_site() {
        for path in ["/", "/sandbox", "/sandbox?key=a%20b#x", "/a//b", "/@other.example"] {
            assert_eq!(own_path(path), Some(path));
        }
        for elsewhere in [
            "",
            "sandbox",
            "//other.example",
            "/\\other.example",
            "\\\\other.example",
            "https://other.example",
            "javascript:alert(1)",
            "/a b",
            "/\r\nset-cookie: a=b",
            "/\u{e9}",
            "/\t/other.example",
        ] {
            assert_eq!(own_path(elsewhere), None, "{elsewhere:?}");
        }
        assert_eq!(own_path(&format!("/{}", "a".repeat(ONWARD_MAX))), None);
    }

    #[test]
    fn who_somebody_is_follows_from_what_was_declared() {
        let settings = |name_claim: &str, roles_claim: &str| ProviderSettings {
            issuer: "https://id.example".to_owned(),
            client_id: "remit".to_owned(),
            secret: remit_responders::ApiKey::new("secret"),
            name_claim: name_claim.to_owned(),
            domain: Some("bank.example".to_owned()),
            roles_claim: roles_claim.to_owned(),
            roles: vec![("support".to_owned(), "staff".to_owned()), ("heads".to_owned(), "lead".to_owned())],
        };
        let said = |claims: Value| {
            let claims = claims.as_object().unwrap().clone();
            SignedIn { subject: "ana".to_owned(), session: None, claims }
        };
        let is = |settings: &ProviderSettings, claims: Value| {
            principal(settings, &said(claims)).map(|(person, roles)| (person.to_string(), roles.join(" ")))
        };
        let ok = |name: &str, roles: &str| Some((name.to_owned(), roles.to_owned()));
        let by_sub = settings("sub", "groups");
        assert_eq!(is(&by_sub, json!({ "groups": ["support", "heads", "x"] })).ok(), ok("ana", "lead staff"));
        assert_eq!(is(&by_sub, json!({ "groups": "support" })).ok(), ok("ana", "staff"));
        for claims in [json!({}), json!({ "groups": ["staff", "Support"] }), json!({ "groups": { "support": true } })] {
            assert_eq!(is(&by_sub, claims).unwrap_err().members["code"], "no_role");
        }
        let nested = settings("email", "realm_access.roles");
        let mail = |email: &str, verified: Value| {
            is(&nested, json!({ "realm_access": { "roles": ["heads"] }, "email": email, "email_verified": verified }))
        };
        assert_eq!(mail("Ben@Bank.example", json!(true)).ok(), ok("ben", "lead"));
        for (email, verified) in [
            ("ben@bank.example", json!(false)),
            ("ben@bank.example", json!("true")),
            ("ben@bank.example", Value::Null),
            ("ben@evil.example", json!(true)),
            ("ben@bank.example@evil.example", json!(true)),
            ("b en@bank.example", json!(true)),
            ("remit@bank.example", json!(true)),
        ] {
            assert_eq!(mail(email, verified).unwrap_err().members["code"], "no_name", "{email}");
        }
        let url = settings("sub", "https://remit.example/roles");
        assert_eq!(is(&url, json!({ "https://remit.example/roles": ["heads"] })).ok(), ok("ana", "lead"));
    }
}
