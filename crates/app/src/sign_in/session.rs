//! Sessions: begun when somebody has shown who they are, looked up at each call, listed and ended. Of the secret that a
//! browser has, the hash alone is kept.

use crate::{
    Caller, Environment, Journal, Live, Parts,
    access::auth,
    caller::{principal::Job, token_id},
    environment::clock::rfc3339,
    journal::accounts::{self, PASSKEYS, PasskeyItem, ProviderSession, SESSIONS, SessionItem, is_session},
    operation::{
        EndOtherSessionsRefusal, EndOwnSessionRefusal, EndSessionRefusal, GetSessionRefusal, ListOwnSessionsRefusal,
        ListSessionsRefusal, SignOutRefusal,
    },
    pipeline::authority,
    refused::{Kind, Refused},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use remit_domain::{
    Event,
    id::{StaffId, Timestamp},
    sign_in::{PasskeyUsed, SessionEnd, SessionStarted, SignInWay},
};
use remit_ledger::hash::hex;
use remit_policy::actions::Permission;
use remit_store::{Commit, CommitError, Entry, Expect, Expected, InFlight, Store, TokenChange, TokenRow, Views as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, sync::Arc};
use utoipa::ToSchema;

pub use crate::live::sign_ins::Seen;

/// Sessions of one person at once: another one ends the oldest.
const OF_ONE: usize = 16;
/// How many characters a session's secret has.
const SECRET: usize = 43;
/// How long after signing in somebody may change what they or others sign in with, or make a token, in milliseconds: a
/// session that was left open does not become a way in.
const FRESH_MS: i64 = 15 * 60_000;
/// What is signed with a session's secret, so that only who has it can tell what a page has to send with each change.
const PAGE: &[u8] = b"remit: from the session's own page";

/// A session just begun.
#[derive(Debug)]
pub struct Started {
    /// What the browser keeps.
    pub secret: String,
    /// For how many seconds at most.
    pub seconds: i64,
}

/// A session as it stands on record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SessionView {
    /// Its identifier.
    pub id: String,
    /// Whose it is, by their name in records.
    pub person: String,
    /// Their roles.
    pub roles: Vec<String>,
    /// By what they showed who they are: `password`, `passkey` or `provider`.
    pub way: &'static str,
    /// When they signed in.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it ends at the latest.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// Who is signed in, as their own browser is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnSession {
    /// Their name in records.
    pub person: String,
    /// Their roles.
    pub roles: Vec<String>,
    /// What each request that changes something sends in the header `X-Remit-Csrf`.
    pub csrf: String,
    /// When the session ends at the latest.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// A session of one's own.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnSessionView {
    /// Its identifier.
    pub id: String,
    /// By what they showed who they are: `password`, `passkey` or `provider`.
    pub way: &'static str,
    /// When they signed in.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it was used last; nothing where it was not since the server started.
    #[schema(format = DateTime)]
    pub used_at: Option<String>,
    /// From which address, or which network; nothing where that is not known.
    pub address: Option<String>,
    /// What the browser called itself.
    pub browser: Option<String>,
    /// When it ends at the latest.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// Who somebody showed to be.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) person: StaffId,
    pub(crate) roles: Vec<String>,
    pub(crate) way: SignInWay,
    pub(crate) provider: Option<ProviderSession>,
    /// The passkey that they showed, as it was read but for how often it has signed.
    pub(crate) passkey: Option<Entry<PasskeyItem>>,
    /// What this rests on and must be as it was read.
    pub(crate) expect: Vec<Expect>,
}

/// Begins a session, always under a new secret; `before` is that of the session that the browser had.
///
/// # Errors
/// When they are not noted as staff and would have its role, what they showed does not stand any more, or the store
/// refuses.
pub(crate) async fn start(parts: &Parts, shown: Shown, before: Option<&str>) -> Result<Started, Refused> {
    let Shown { person, roles, way, provider, passkey, expect } = shown;
    // Nobody is removed between this look at them and the commit.
    let _storing = parts.live.floor.storing.lock().await;
    let is_staff = roles.iter().any(|role| role == "staff");
    if is_staff && parts.live.floor.staff(&person).is_none() {
        let detail = format!("nobody is noted as staff under the name {person}");
        return Err(Refused::new(Kind::SignInRefused, detail));
    }
    let bytes: [u8; 32] = parts.environment.entropy.bytes()?;
    let secret = URL_SAFE_NO_PAD.encode(bytes);
    let now = parts.environment.now();
    let lasts = i64::try_from(parts.environment.sessions.longest.as_millis()).unwrap_or(i64::MAX);
    let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    let row = TokenRow {
        id: token_id::session_id(&hash),
        hash,
        name: person.to_string(),
        roles,
        responder: None,
        source: None,
        staff: is_staff.then(|| person.to_string()),
        created_ms: now.0,
        expires_ms: now.plus_ms(lasts).0,
    };
    let mut commit = Commit { expect, ..Commit::default() };
    let mut events = Vec::new();
    for (old, cause) in over(&parts.journal, &parts.live, &person, before, now).await? {
        accounts::end(&mut commit, &mut events, &old, (cause, "remit", now));
    }
    let on_record = provider.as_ref().map(on_record);
    let used = passkey.as_ref().map(|one| PasskeyUsed { passkey: one.id.clone(), count: one.value.count });
    let item =
        SessionItem { person: person.clone(), way, provider, passkey: used.as_ref().map(|used| used.passkey.clone()) };
    if let Some(one) = passkey {
        let expected = one.expected();
        let used = PasskeyItem { used: Some(now), ..one.value };
        commit.items.push(PASSKEYS.write(&one.id, expected, &used).map_err(Refused::internal)?);
    }
    commit.items.push(SESSIONS.write(&row.id, Expected::Absent, &item).map_err(Refused::internal)?);
    let started =
        SessionStarted { person, grant: authority::grant(&row), way, provider: on_record, passkey: used, at: now };
    events.push(Event::SessionStarted(Box::new(started)));
    let caller = Caller::system_for(Job::Tokens, &row.id);
    let id = row.id.clone();
    commit.tokens.push(TokenChange::Add(Box::new(row)));
    authority::govern(parts, &caller, &events, commit).await.map_err(|error| match error {
        CommitError::ItemConflict { .. } => Refused::new(Kind::SignInRefused, "the account was changed meanwhile"),
        CommitError::Done => Refused::new(Kind::Busy, "another session ended in this moment"),
        other => crate::refused(other),
    })?;
    // Who never comes back is idle from here on.
    let idle = parts.environment.sessions.idle;
    parts.live.sign_ins.use_session(&id, parts.environment.steady().0, idle, Seen::default());
    Ok(Started { secret, seconds: lasts / 1_000 })
}

/// What goes on record of what an identity provider calls somebody.
pub(crate) fn on_record(provider: &ProviderSession) -> String {
    let ProviderSession { issuer, subject, session } = provider;
    authority::digest(format!("{issuer}\n{subject}\n{}", session.as_deref().unwrap_or_default()).as_bytes())
}

/// Sessions that end since their person begins another one: what is over, what the browser had, and the oldest of too
/// many.
async fn over(
    journal: &Journal,
    live: &Live,
    person: &StaffId,
    before: Option<&str>,
    now: Timestamp,
) -> Result<Vec<(TokenRow, SessionEnd)>, Refused> {
    let had: Option<[u8; 32]> = before.map(|secret| Sha256::digest(secret.as_bytes()).into());
    let (mut over, mut rest) = (Vec::new(), Vec::new());
    for row in standing(journal, live).await? {
        if Some(row.hash) == had {
            over.push((row, SessionEnd::SignedInAnew));
        } else if row.name == person.as_str() && row.expires_ms <= now.0 {
            over.push((row, SessionEnd::Expired));
        } else if row.name == person.as_str() {
            rest.push(row);
        }
    }
    rest.sort_by_key(|row| std::cmp::Reverse((row.created_ms, row.id.clone())));
    over.extend(rest.into_iter().skip(OF_ONE - 1).map(|row| (row, SessionEnd::TooMany)));
    Ok(over)
}

/// All sessions that are kept and were not ended.
async fn standing(journal: &Journal, live: &Live) -> Result<Vec<TokenRow>, Refused> {
    let mut rows = journal.store.tokens().await.map_err(Refused::internal)?;
    rows.retain(|row| is_session(&row.id) && !auth::is_revoked(live, &row.id));
    Ok(rows)
}

/// The sessions of a person that stand.
pub(crate) async fn of_person(
    journal: &Journal,
    live: &Live,
    person: &StaffId,
    now: Timestamp,
) -> Result<Vec<TokenRow>, Refused> {
    let mut rows = standing(journal, live).await?;
    rows.retain(|row| row.name == person.as_str() && row.expires_ms > now.0);
    Ok(rows)
}

/// Who is signed in with this secret, which came from what is `seen`.
///
/// # Errors
/// When there is no such session, or not any more.
pub async fn caller(parts: &Parts, secret: &str, seen: Seen) -> Result<Arc<Caller>, Refused> {
    let none = || Refused::new(Kind::Unauthenticated, "the session is over, or there never was one").cured_by(SIGN_IN);
    if secret.len() != SECRET {
        return Err(none());
    }
    let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    let caller = auth::known(&parts.journal, &parts.live, &parts.environment, &hash).await?;
    let caller = caller.filter(|caller| is_session(&caller.token)).ok_or_else(none)?;
    if caller.expires <= parts.environment.now() {
        return Err(none());
    }
    let idle = parts.environment.sessions.idle;
    if !parts.live.sign_ins.use_session(&caller.token, parts.environment.steady().0, idle, seen) {
        end(parts, &Caller::system(Job::Tokens), &caller.token, SessionEnd::Idle).await?;
        return Err(none());
    }
    Ok(caller)
}

/// What to do where a session is over.
const SIGN_IN: &str = "Sign in at /sign-in, or send a token in the `Authorization` header.";

/// What a page sends with each change that it asks for in a session.
pub fn page_token(secret: &str) -> Result<String, Refused> {
    Ok(hex(&signed(secret)?.finalize().into_bytes()))
}

/// Whether what was sent is what the session's own page sends. It takes as long whatever was sent.
pub fn is_from_page(secret: &str, sent: &str) -> bool {
    let sent: Option<Vec<u8>> = (0..sent.len())
        .step_by(2)
        .map(|at| sent.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect();
    sent.zip(signed(secret).ok()).is_some_and(|(sent, signed)| signed.verify_slice(&sent).is_ok())
}

fn signed(secret: &str) -> Result<Hmac<Sha256>, Refused> {
    let mut signed = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(Refused::internal)?;
    signed.update(PAGE);
    Ok(signed)
}

/// Ends a session, whoever asks; nothing happens where it has ended already.
pub(crate) async fn end(parts: &Parts, caller: &Caller, id: &str, cause: SessionEnd) -> Result<bool, Refused> {
    let row = parts.journal.store.token_of_id(id).await.map_err(Refused::internal)?;
    let Some(row) = row.filter(|row| is_session(&row.id)) else { return Ok(false) };
    let (mut commit, mut events) = (Commit::default(), Vec::new());
    accounts::end(&mut commit, &mut events, &row, (cause, &caller.pseudonym, parts.environment.now()));
    match authority::govern(parts, caller, &events, commit).await {
        Ok(()) => Ok(true),
        Err(CommitError::Done) => Ok(false),
        Err(error @ CommitError::Superseded) => Err(crate::refused(error)),
        Err(error) => {
            tracing::error!(%error, session = id, "an ended session is refused, but would stand after a start");
            auth::revoke_for_now(&parts.journal, &parts.live, id, &caller.pseudonym);
            Err(crate::refused(error))
        }
    }
}

/// Ends, before anybody is served, the sessions of who showed who they are in another way than the one that counts: by
/// the identity provider, where one is declared, and otherwise by a password or a passkey.
///
/// # Errors
/// When the store cannot be read, or refuses.
pub(crate) async fn end_of_other_ways(store: &impl Store, environment: &Environment) -> Result<(), Refused> {
    let (mut commit, mut events, now) = (Commit::default(), Vec::new(), environment.now());
    for row in store.tokens().await.map_err(Refused::internal)?.iter().filter(|row| is_session(&row.id)) {
        let began = SESSIONS.get(store, &row.id).await.map_err(Refused::internal)?;
        let counts = |began: &SessionItem| (began.way == SignInWay::Provider) == environment.provider.is_some();
        if began.is_some_and(|began| !counts(&began.value)) {
            accounts::end(&mut commit, &mut events, row, (SessionEnd::AccountChanged, "remit", now));
        }
    }
    if events.is_empty() {
        return Ok(());
    }
    let record = |event: &Event| authority::record(&environment.entropy, event, "remit", now);
    commit.records = events.iter().map(record).collect::<Result<_, _>>()?;
    store.commit(commit, InFlight::default()).await.map(drop).map_err(crate::refused)
}

/// Who is signed in, as their own browser is told.
///
/// # Errors
/// [`GetSessionRefusal`] says when each arises.
pub async fn own(journal: &Journal, caller: &Caller, secret: &str) -> Result<OwnSession, GetSessionRefusal> {
    let row = journal.store.token_of_id(&caller.token).await.map_err(Refused::internal)?;
    let over = || Refused::new(Kind::NotFound, "the session is over").cured_by(SIGN_IN);
    let row = row.ok_or_else(over)?;
    let csrf = page_token(secret)?;
    let expires_at = rfc3339(Timestamp(row.expires_ms));
    Ok(OwnSession { person: row.name, roles: row.roles, csrf, expires_at })
}

/// The session in which somebody calls, and who they are; `over` is what it is told as where it is over.
pub(super) async fn of_caller(journal: &Journal, caller: &Caller, over: Kind) -> Result<(TokenRow, StaffId), Refused> {
    let over = || Refused::new(over, "the session ended in this moment").cured_by(SIGN_IN);
    let row = journal.store.token_of_id(&caller.token).await.map_err(Refused::internal)?.ok_or_else(over)?;
    let person = StaffId::new(&row.name).map_err(Refused::internal)?;
    Ok((row, person))
}

/// Refuses who did not sign in just now.
pub(super) fn is_fresh(row: &TokenRow, now: Timestamp) -> Result<(), Refused> {
    if now.0.saturating_sub(row.created_ms) < FRESH_MS {
        return Ok(());
    }
    let detail = "more than 15 minutes have passed since you signed in";
    let cure = "Sign out, sign in again, and change what you sign in with then.";
    Err(Refused::new(Kind::SignInRefused, detail).with("code", "not_fresh").cured_by(cure))
}

/// Refuses a session in which nobody signed in just now; whoever calls by a token shows it each time.
pub(crate) async fn fresh_where_one(journal: &Journal, caller: &Caller, now: Timestamp) -> Result<(), Refused> {
    if !is_session(&caller.token) {
        return Ok(());
    }
    let (row, _) = of_caller(journal, caller, Kind::Conflict).await?;
    is_fresh(&row, now)
}

/// Ends a session as its own browser asks.
///
/// # Errors
/// [`SignOutRefusal`] says when each arises.
pub async fn sign_out(parts: &Parts, caller: &Caller) -> Result<(), SignOutRefusal> {
    end(parts, caller, &caller.token, SessionEnd::SignedOut).await?;
    Ok(())
}

/// The sessions of who asks that stand, the newest first.
///
/// # Errors
/// [`ListOwnSessionsRefusal`] says when each arises.
pub async fn own_sessions(parts: &Parts, caller: &Caller) -> Result<Vec<OwnSessionView>, ListOwnSessionsRefusal> {
    let (_, person) = of_caller(&parts.journal, caller, Kind::NotFound).await?;
    let (now, steady) = (parts.environment.now(), parts.environment.steady());
    let mut views = Vec::new();
    for row in of_person(&parts.journal, &parts.live, &person, now).await? {
        let began = SESSIONS.get(&parts.journal.store, &row.id).await.map_err(Refused::internal)?;
        let used = parts.live.sign_ins.use_of(&row.id);
        let used_at = used.as_ref().map(|used| rfc3339(now.plus_ms(used.last.saturating_sub(steady.0).min(0))));
        let Seen { address, browser } = used.map(|used| used.seen).unwrap_or_default();
        views.push(OwnSessionView {
            way: began.map_or("", |began| began.value.way.as_str()),
            started_at: rfc3339(Timestamp(row.created_ms)),
            used_at,
            address: address.map(|address| address.to_string()),
            browser,
            expires_at: rfc3339(Timestamp(row.expires_ms)),
            is_this: *row.id == *caller.token,
            id: row.id,
        });
    }
    views.sort_by(|one, other| (&other.started_at, &other.id).cmp(&(&one.started_at, &one.id)));
    Ok(views)
}

/// Ends a session of one's own, this one or another.
///
/// # Errors
/// [`EndOwnSessionRefusal`] says when each arises.
pub async fn end_own(parts: &Parts, caller: &Caller, id: &str) -> Result<(), EndOwnSessionRefusal> {
    let none = || Refused::new(Kind::NotFound, "you have no session of this id, or it is over");
    let (_, person) = of_caller(&parts.journal, caller, Kind::NotFound).await?;
    let own = of_person(&parts.journal, &parts.live, &person, parts.environment.now()).await?;
    own.iter().find(|row| row.id == id).ok_or_else(none)?;
    match end(parts, caller, id, SessionEnd::Ended).await? {
        true => Ok(()),
        false => Err(none().into()),
    }
}

/// Ends all sessions of one's own but this one.
///
/// # Errors
/// [`EndOtherSessionsRefusal`] says when each arises.
pub async fn end_others(parts: &Parts, caller: &Caller) -> Result<(), EndOtherSessionsRefusal> {
    let (_, person) = of_caller(&parts.journal, caller, Kind::NotFound).await?;
    for row in of_person(&parts.journal, &parts.live, &person, parts.environment.now()).await? {
        if *row.id != *caller.token {
            end(parts, caller, &row.id, SessionEnd::Ended).await?;
        }
    }
    Ok(())
}

/// All sessions that stand, the newest first.
///
/// # Errors
/// [`ListSessionsRefusal`] says when each arises.
pub async fn sessions(parts: &Parts, caller: &Caller) -> Result<Vec<SessionView>, ListSessionsRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::SESSION_READ)?;
    let now = parts.environment.now();
    let mut rows = standing(&parts.journal, &parts.live).await?;
    rows.retain(|row| row.expires_ms > now.0);
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_ms, row.id.clone())));
    let began = SESSIONS.all(&parts.journal.store).await.map_err(Refused::internal)?;
    let ways: BTreeMap<String, SignInWay> = began.into_iter().map(|entry| (entry.id, entry.value.way)).collect();
    let view = |row: TokenRow| SessionView {
        way: ways.get(&row.id).map_or("", |way| way.as_str()),
        id: row.id,
        person: row.name,
        roles: row.roles,
        started_at: rfc3339(Timestamp(row.created_ms)),
        expires_at: rfc3339(Timestamp(row.expires_ms)),
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Ends somebody's session.
///
/// # Errors
/// [`EndSessionRefusal`] says when each arises.
pub async fn end_session(parts: &Parts, caller: &Caller, id: &str) -> Result<(), EndSessionRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::SESSION_END)?;
    match end(parts, caller, id, SessionEnd::Ended).await? {
        true => Ok(()),
        false => Err(Refused::new(Kind::NotFound, "no session has this id, or it is over").into()),
    }
}
