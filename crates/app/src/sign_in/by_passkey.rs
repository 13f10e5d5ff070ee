//! Sign-in by a passkey alone: what the browser is asked answers for that browser, once, and who is asked for no name
//! gives none away.

use super::{
    account::{From, too_many},
    passkey::{self, PasskeyOptions, party, told},
    session::{self, Shown, Started},
};
use crate::{
    Caller, Environment, Live, Parts,
    caller::{principal::Job, token_id::passkey_id},
    environment::relying_party::{Assertion, SentAssertion, Wrong},
    journal::accounts::{ACCOUNTS, PASSKEYS, PasskeyItem},
    operation::{BeginPasskeySignInRefusal, SignInByPasskeyRefusal},
    refused::{Kind, Refused},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::sign_in::SignInWay;
use remit_store::{Entry, Expect};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// A passkey, as a browser shows it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowPasskey {
    /// `id`, which is base64url.
    #[schema(max_length = 2048)]
    pub id: String,
    /// `clientDataJSON`, as base64url.
    #[schema(max_length = 8192)]
    pub client_data: String,
    /// `authenticatorData`, as base64url.
    #[schema(max_length = 8192)]
    pub authenticator_data: String,
    /// `signature`, as base64url.
    #[schema(max_length = 8192)]
    pub signature: String,
    /// `userHandle`, as base64url.
    #[schema(max_length = 128)]
    pub user_handle: String,
}

/// A sign-in by a passkey that begins.
#[derive(Debug)]
pub struct BegunByPasskey {
    /// What the browser is asked for.
    pub options: PasskeyOptions,
    /// What it keeps until it answers.
    pub kept: String,
}

/// What to do where a passkey is not taken.
const ANOTHER: &str = "Begin again, or sign in with another passkey or a password; ask who lets people in for a link.";

/// A refusal that the page has words for, by a code.
fn refused(code: &str, detail: &str) -> Refused {
    Refused::new(Kind::SignInRefused, detail).with("code", code)
}

/// What a browser is known by that shows what it keeps.
fn by(kept: &str) -> [u8; 32] {
    Sha256::digest(kept.as_bytes()).into()
}

/// Begins a sign-in by a passkey.
///
/// # Errors
/// [`BeginPasskeySignInRefusal`] says when each arises.
pub fn begin(environment: &Environment, live: &Live, from: &From) -> Result<BegunByPasskey, BeginPasskeySignInRefusal> {
    let party = party(environment).map_err(|why| refused("no_passkeys", why))?;
    let now = environment.clock.monotonic();
    live.sign_ins.attempt_from(from.address, now).map_err(|over| too_many(&over))?;
    let bytes: [u8; 32] = environment.entropy.bytes().map_err(Refused::from)?;
    let kept = URL_SAFE_NO_PAD.encode(bytes);
    let (begun, public_key) = party.begin_sign_in()?;
    live.sign_ins.signing_in.begin(by(&kept), begun, now);
    Ok(BegunByPasskey { options: PasskeyOptions { public_key }, kept })
}

/// Begins a session for whom a passkey is of that answers what this browser was asked.
///
/// # Errors
/// [`SignInByPasskeyRefusal`] says when each arises.
pub async fn sign_in(
    parts: &Parts,
    from: From,
    kept: Option<&str>,
    shown: ShowPasskey,
) -> Result<Started, SignInByPasskeyRefusal> {
    let party = party(&parts.environment).map_err(|why| refused("no_passkeys", why))?;
    let now = parts.environment.clock.monotonic();
    parts.live.sign_ins.attempt_from(from.address, now).map_err(|over| too_many(&over))?;
    // However this ends, what was asked is answered by it.
    let begun = kept.and_then(|kept| parts.live.sign_ins.signing_in.end(&by(kept), now));
    let mixed = || {
        refused("mixed_up", "this sign-in did not begin in this browser, was answered before, or is over")
            .cured_by("Begin again; each answer counts once, and within five minutes.")
    };
    let (ago, begun) = begun.ok_or_else(mixed)?;
    let ShowPasskey { id, client_data, authenticator_data, signature, user_handle } = &shown;
    let shown = Assertion::read(&SentAssertion { id, client_data, authenticator_data, signature, user_handle })
        .map_err(not_taken)?;
    let unknown = || {
        refused("unknown", "no passkey like this one is known here")
            .cured_by("Sign in with another one or a password; who removed it can register it anew, or ask for a link.")
    };
    let id = passkey_id(shown.credential());
    let entry = PASSKEYS.get(&parts.journal.store, &id).await.map_err(Refused::internal)?.ok_or_else(unknown)?;
    let person = entry.value.made.person.clone();
    // Answers that are made up keep nobody from signing in with a password. No name has a space.
    let named = format!("{person} passkey");
    parts.live.sign_ins.attempt_of(&named, now).map_err(|over| too_many(&over))?;
    if entry.value.doubted {
        let cure = "Sign in with another one or a password, and remove this one; ask who lets people in for a link.";
        let detail = "this passkey signs nobody in any more, since somebody may have a copy of it";
        return Err(refused("doubted", detail).cured_by(cure).into());
    }
    let ago_ms = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
    let count = match party.verify(begun, &shown, (&entry.value.made.key, entry.value.count)) {
        Ok(count) => count,
        // Of two sign-ins that ran at once the one that was signed first came last: no copy has to be behind that.
        Err(Wrong::Count) if entry.value.used.is_some_and(|used| parts.environment.now().since(used) < ago_ms) => {
            let overtaken = refused("overtaken", "another sign-in with this passkey was answered meanwhile");
            return Err(overtaken.cured_by("Begin again.").into());
        }
        Err(Wrong::Count) => return Err(doubt(parts, &id).await?.into()),
        Err(wrong) => return Err(not_taken(wrong).into()),
    };
    let account = ACCOUNTS.get(&parts.journal.store, person.as_str()).await.map_err(Refused::internal)?;
    let account = account.ok_or_else(unknown)?;
    parts.live.sign_ins.succeeded(&named);
    let expect = vec![Expect::Item { kind: ACCOUNTS.kind().to_owned(), id: account.id, version: account.version }];
    let entry = Entry { value: PasskeyItem { count, ..entry.value }, ..entry };
    let shown = Shown {
        person,
        roles: account.value.roles,
        way: SignInWay::Passkey,
        provider: None,
        passkey: Some(entry),
        expect,
    };
    Ok(session::start(parts, shown, from.before.as_deref()).await?)
}

/// What is told where a passkey does not show what it should.
fn not_taken(wrong: Wrong) -> Refused {
    tracing::warn!(code = wrong.code(), "a passkey signs nobody in");
    told(Kind::SignInRefused, wrong).cured_by(ANOTHER)
}

/// Puts on record that somebody may have a copy of a passkey, which signs nobody in from then on.
async fn doubt(parts: &Parts, id: &str) -> Result<Refused, Refused> {
    let _storing = parts.live.floor.storing.lock().await;
    if let Some(entry) = PASSKEYS.get(&parts.journal.store, id).await.map_err(Refused::internal)? {
        tracing::warn!(person = %entry.value.made.person, passkey = id, "somebody may have a copy of a passkey");
        let caller = Caller::system_for(Job::Tokens, "remit");
        passkey::withdraw(parts, &caller, entry, true).await?;
    }
    Ok(told(Kind::SignInRefused, Wrong::Count).cured_by(ANOTHER))
}
