//! API tokens: made, listed and revoked. The secret is shown once and kept nowhere.

pub mod name;

use crate::{
    Caller, Environment, Live, Parts,
    access::auth,
    caller::{
        BETWEEN,
        principal::{self, Job},
        sources_of,
        token_id::{self, TOKEN_ID},
    },
    environment::{block_on::block_on, clock::rfc3339, entropy::Entropy},
    governance::resolve_names,
    journal::accounts::{self, is_session},
    live::floor::STAFF,
    operation::{ListTokensRefusal, MakeTokenRefusal, RevokeTokenRefusal},
    pipeline::{
        authority::{self, COMMAND_LINE},
        projections,
    },
    refused::{Kind, Refused},
    sign_in::session,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::{
    Event,
    id::{StaffId, Timestamp},
    sign_in::SessionEnd,
    source,
};
use remit_policy::{actions::Permission, bundle::Bundle};
use remit_store::{Commit, CommitError, InFlight, Store, TokenChange, TokenRow, Views as _};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    sync::{Arc, PoisonError},
};
use utoipa::ToSchema;

/// A token to make.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Who or what will use it, for records: up to 64 characters.
    pub name: String,
    /// Its roles: `admin`, `integration`, `responder`, `staff`, `lead`, `auditor`.
    pub roles: Vec<String>,
    /// The responder on whose behalf it writes; for the roles `responder` and `staff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responder: Option<String>,
    /// The source name of the readings that it posts: up to 64 small letters, digits, `-`, `_` or `.`, and nothing that
    /// looks like one of Remit's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Further sources under which it may say things: who sends them names the one that is meant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 16)]
    pub sources: Vec<String>,
    /// The member of staff who uses it; for the role `staff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// For how many days it is valid: 1 to 366.
    #[serde(default = "ninety")]
    pub days: u16,
}

fn ninety() -> u16 {
    90
}

/// A token as it stands on record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TokenView {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// The responder on whose behalf it writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responder: Option<String>,
    /// The source name of the readings that it posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// All sources under which it may say things, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The member of staff who uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// When it ends.
    pub expires_at: String,
}

/// A token just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MadeToken {
    /// What is on record.
    #[serde(flatten)]
    pub view: TokenView,
    /// The secret, shown this once.
    pub token: String,
}

/// What acts of Remit itself and of customers are recorded under.
const OWN_NAMES: [&str; 2] = ["remit", "customer"];

/// Sources of one token.
const SOURCES_MAX: usize = 16;

const DAY_MS: i64 = 24 * 3_600_000;

/// Makes a token, on record as done at the command line. Blocks until it is durable.
///
/// # Errors
/// When a value is not accepted, or the store refuses.
pub fn make(parts: &Parts, new: NewToken) -> Result<MadeToken, Refused> {
    let (row, token) = prepare(&parts.environment.entropy, parts.environment.now(), new)?;
    let view = TokenView::from(&row);
    add(parts, row)?;
    Ok(MadeToken { view, token })
}

/// Adds a prepared token, on record as done at the command line. Blocks until it is durable.
///
/// # Errors
/// When the store refuses.
pub fn add(parts: &Parts, row: TokenRow) -> Result<(), Refused> {
    let commit = by_command(&parts.environment.entropy, parts.environment.now(), row)?;
    block_on(projections::commit(parts, commit)).map(drop).map_err(crate::refused)
}

/// The same in a store that nothing governs yet.
///
/// # Errors
/// When the store refuses.
pub fn add_to(store: &impl Store, entropy: &Entropy, now: Timestamp, row: TokenRow) -> Result<(), Refused> {
    let commit = by_command(entropy, now, row)?;
    block_on(store.commit(commit, InFlight::default())).map(drop).map_err(crate::refused)
}

fn by_command(entropy: &Entropy, now: Timestamp, row: TokenRow) -> Result<Commit, Refused> {
    let event = Event::TokenMade { grant: authority::grant(&row), by: COMMAND_LINE.to_owned(), at: now };
    let record = authority::record(entropy, &event, COMMAND_LINE, now)?;
    let tokens = vec![TokenChange::Add(Box::new(row))];
    Ok(Commit { records: vec![record], tokens, ..Commit::default() })
}

/// Whether a token for what it names would be of use: the responder and the source are in `bundle`, the member of staff
/// is on record, and each role has what it is for.
///
/// # Errors
/// When one is not known; the error names those that there are.
pub async fn check(store: &impl Store, bundle: &Bundle, new: &NewToken) -> Result<(), Refused> {
    let has = |role: &str| new.roles.iter().any(|known| known == role);
    if has("staff") && new.staff.is_none() {
        return Err(Refused::invalid("staff", "name the member of staff who uses the token, for the role `staff`"));
    }
    if has("responder") && new.responder.is_none() {
        let why = "name the responder on whose behalf the token writes, for the role `responder`";
        return Err(Refused::invalid("responder", why));
    }
    if let Some(responder) = &new.responder {
        let known = bundle.candidates().iter().map(|spec| spec.responder.as_str());
        resolve_names::among("responder", "responder", responder, known)?;
        let spec = bundle.candidates().iter().find(|spec| spec.responder.as_str() == responder);
        if has("staff") && spec.is_some_and(|spec| spec.queue.is_none()) {
            let why = format!("`{responder}` answers by itself; staff write for a queue: name one, or leave it out");
            return Err(Refused::invalid("responder", why));
        }
    }
    for source in new.source.iter().chain(&new.sources) {
        resolve_names::among("source", "source", source, bundle.sources().iter().copied())?;
    }
    if let Some(staff) = &new.staff {
        let items = store.items(STAFF.kind()).await.map_err(Refused::internal)?;
        let known = items.iter().map(|item| item.id.as_str());
        if !known.clone().any(|known| known == staff) {
            let known = resolve_names::listed(known);
            return Err(Refused::invalid("staff", format!("there is no member of staff `{staff}`; there are {known}")));
        }
    }
    Ok(())
}

/// A token's row and its secret, to be added to a store.
///
/// # Errors
/// When a value is not accepted.
pub fn prepare(entropy: &Entropy, now: Timestamp, new: NewToken) -> Result<(TokenRow, String), Refused> {
    resolve_names::printable("name", &new.name, resolve_names::NAME_MAX)?;
    let own = |name: &str| {
        OWN_NAMES.iter().any(|own| own.eq_ignore_ascii_case(name)) || name.starts_with(TOKEN_ID) || is_session(name)
    };
    if own(&new.name) || !new.name.is_ascii() {
        let why = "must be ASCII, and none of what records call something else: remit, customer, tok_…, ses_…";
        return Err(Refused::invalid("name", why));
    }
    if new.roles.is_empty() {
        return Err(Refused::invalid("roles", "name at least one role"));
    }
    if let Some(unknown) = new.roles.iter().find(|role| !principal::ROLES.contains(&role.as_str())) {
        let roles = principal::ROLES.join(", ");
        return Err(Refused::invalid("roles", format!("`{unknown}` is no role; the roles are {roles}")));
    }
    let mut roles = new.roles.iter().enumerate();
    if let Some((_, twice)) = roles.find(|(at, role)| new.roles.iter().take(*at).any(|before| before == *role)) {
        return Err(Refused::invalid("roles", format!("`{twice}` is named twice; name each role once")));
    }
    let mut sources: Vec<String> = new.source.into_iter().chain(new.sources).collect();
    let mut seen = BTreeSet::new();
    sources.retain(|source| seen.insert(source.clone()));
    if sources.len() > SOURCES_MAX {
        return Err(Refused::invalid("sources", format!("a token has at most {SOURCES_MAX} sources")));
    }
    if let Some(error) = sources.iter().find_map(|source| source::check(source).err()) {
        return Err(Refused::invalid("source", error));
    }
    if let Some(Err(error)) = new.staff.as_deref().map(StaffId::new) {
        return Err(Refused::invalid("staff", error));
    }
    if !(1..=366).contains(&new.days) {
        return Err(Refused::invalid("days", "must be 1 to 366"));
    }
    let secret: [u8; 32] = entropy.bytes()?;
    let token = format!("{}{}", principal::TOKEN_PREFIX, URL_SAFE_NO_PAD.encode(secret));
    let (hash, id) = token_id::token_id(&token);
    let row = TokenRow {
        id,
        hash,
        name: new.name,
        roles: new.roles,
        responder: new.responder,
        source: (!sources.is_empty()).then(|| sources.join(BETWEEN)),
        staff: new.staff,
        created_ms: now.0,
        expires_ms: now.plus_ms(i64::from(new.days) * DAY_MS).0,
    };
    Ok((row, token))
}

/// Makes a token. What it names must be known.
///
/// # Errors
/// [`MakeTokenRefusal`] says when each arises.
pub async fn make_token(parts: &Parts, caller: &Caller, new: NewToken) -> Result<MadeToken, MakeTokenRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::TOKEN_MANAGE)?;
    session::fresh_where_one(&parts.journal, caller, parts.environment.now()).await?;
    // Nobody is removed between this look at them and the commit: with them go the tokens that they have by then.
    let _storing = match new.staff {
        Some(_) => Some(parts.live.floor.storing.lock().await),
        None => None,
    };
    check(&parts.journal.store, &parts.governance.bundle, &new).await?;
    let (row, token) = prepare(&parts.environment.entropy, parts.environment.now(), new)?;
    let view = TokenView::from(&row);
    let by = caller.pseudonym.to_string();
    let event = Event::TokenMade { grant: authority::grant(&row), by, at: Timestamp(row.created_ms) };
    let tokens = vec![TokenChange::Add(Box::new(row))];
    authority::govern(parts, caller, &[event], Commit { tokens, ..Commit::default() }).await.map_err(crate::refused)?;
    Ok(MadeToken { view, token })
}

/// All tokens that are valid.
///
/// # Errors
/// [`ListTokensRefusal`] says when each arises.
pub async fn tokens(parts: &Parts, caller: &Caller) -> Result<Vec<TokenView>, ListTokensRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::TOKEN_MANAGE)?;
    let rows = parts.journal.store.tokens().await.map_err(Refused::internal)?;
    let listed = |row: &&TokenRow| !is_session(&row.id) && !auth::is_revoked(&parts.live, &row.id);
    Ok(rows.iter().filter(listed).map(TokenView::from).collect())
}

/// Revokes a token; it is refused from the next request on, also where the disk does not take that.
///
/// # Errors
/// [`RevokeTokenRefusal`] says when each arises.
pub async fn revoke_token(parts: &Parts, caller: &Caller, id: &str) -> Result<(), RevokeTokenRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::TOKEN_MANAGE)?;
    let none = || Refused::new(Kind::NotFound, "no token has this id");
    if is_session(id) {
        return Err(none().cured_by("Sessions are listed, and ended, at /v1/sessions.").into());
    }
    match revoke(parts, caller, id).await {
        Err(CommitError::Done) => return Err(none().into()),
        Err(error @ CommitError::Superseded) => return Err(crate::refused(error).into()),
        Ok(()) => {}
        Err(error) => {
            tracing::error!(%error, token = id, "a revoked token is refused, but would be valid again after a \
                start");
            auth::revoke_for_now(&parts.journal, &parts.live, id, &caller.pseudonym);
            let detail = "the token is refused from now on, but is valid again should the server start anew before \
                          this is on the disk; it is tried until it is";
            return Err(Refused::new(crate::refused(error).kind, detail).into());
        }
    }
    Ok(())
}

/// Tries to have the store forget what was revoked while it could not.
pub async fn revoke_what_is_left(parts: &Parts) {
    for (id, by) in auth::revoked_for_now(&parts.live) {
        let revoked = revoke(parts, &Caller::system_for(Job::Tokens, &by), &id).await;
        if matches!(revoked, Ok(()) | Err(CommitError::Done)) {
            tracing::info!(token = id, "a revoked token is now off the disk too");
            auth::revoked_for_good(&parts.live, &id);
        }
    }
}

async fn revoke(parts: &Parts, caller: &Caller, id: &str) -> Result<(), CommitError> {
    let row = parts.journal.store.token_of_id(id).await.map_err(|error| CommitError::Failed(error.to_string()))?;
    let row = row.ok_or(CommitError::Done)?;
    let (mut commit, mut events) = (Commit::default(), Vec::new());
    // A session is among what is left to be revoked where the store could not take that it ended.
    let why = (SessionEnd::Ended, &*caller.pseudonym, parts.environment.now());
    accounts::end(&mut commit, &mut events, &row, why);
    authority::govern(parts, caller, &events, commit).await
}

/// A token for whoever has the data directory, to read through this process alone: it is kept nowhere.
///
/// # Errors
/// When there are no random bytes.
pub fn own_token(live: &Live, environment: &Environment) -> Result<String, Refused> {
    let new = NewToken {
        name: "command line".to_owned(),
        roles: vec!["admin".to_owned()],
        responder: None,
        source: None,
        sources: Vec::new(),
        staff: None,
        days: 1,
    };
    let (row, secret) = prepare(&environment.entropy, environment.now(), new)?;
    let hash = row.hash;
    let mut caller = Caller::from(row);
    caller.usage = Some(live.used.of(&caller.token, &environment.limits));
    live.tokens.known.write().unwrap_or_else(PoisonError::into_inner).insert(hash, Arc::new(caller));
    Ok(secret)
}

impl From<&TokenRow> for TokenView {
    fn from(row: &TokenRow) -> Self {
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            roles: row.roles.clone(),
            responder: row.responder.clone(),
            source: sources_of(row.source.as_deref()).next().map(ToOwned::to_owned),
            sources: match sources_of(row.source.as_deref()).count() {
                0 | 1 => Vec::new(),
                _ => sources_of(row.source.as_deref()).map(ToOwned::to_owned).collect(),
            },
            staff: row.staff.clone(),
            expires_at: rfc3339(Timestamp(row.expires_ms)),
        }
    }
}
