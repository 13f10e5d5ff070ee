//! Accounts: what people who work here sign in with where no identity provider says who they are. A password is chosen
//! by whose it is, by a link that is valid once, or set at the command line.

use super::{
    password,
    session::{self, Shown, Started},
};
use crate::{
    Caller, Parts,
    access::auth,
    caller::{
        principal::{Job, ROLES},
        token_id::TOKEN_ID,
    },
    digest,
    environment::{block_on::block_on, clock::rfc3339, entropy::Entropy},
    governance::resolve_names,
    journal::accounts::{self, ACCOUNTS, AccountItem, Invitation, SESSIONS, is_session},
    live::{floor::STAFF, sign_ins::TooMany},
    operation::{
        AcceptInvitationRefusal, EndAccountRefusal, InviteStaffRefusal, RemoveOwnPasswordRefusal, SignInRefusal,
    },
    pipeline::authority::{self, COMMAND_LINE},
    refused::{Kind, Refused},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::{
    Event,
    id::{StaffId, Timestamp},
    sign_in::{AccountChange, AccountChanged, SessionEnd, SignInRefused, SignInWay},
};
use remit_policy::actions::Permission;
use remit_store::{Commit, CommitError, Entry, Expect, Expected, InFlight, Store, Views};
use serde::{Deserialize, Serialize};
use std::{net::IpAddr, time::Duration};
use utoipa::ToSchema;

/// Roles of people: what programs do, they do with tokens.
const OF_PEOPLE: [&str; 4] = ["admin", "staff", "lead", "auditor"];
/// What is told where people sign in by an identity provider.
const BY_PROVIDER: &str = "people sign in here by the identity provider, and have no passwords";
/// What to do there.
const BEGIN: &str = "Sign in at /sign-in by the identity provider.";
/// Names that records have for something else.
const TAKEN: [&str; 2] = ["remit", "customer"];
const HOUR_MS: i64 = 3_600_000;

/// Somebody to be let in.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteStaff {
    /// Their roles from now on: `admin`, `staff`, `lead`, `auditor`. With `staff`, they must be noted as staff. Where
    /// they had others, the sessions that they have end.
    pub roles: Vec<String>,
    /// For how many hours the link is valid: 1 to 168; 24 unless told.
    #[serde(default = "day")]
    #[schema(minimum = 1, maximum = 168)]
    pub hours: u16,
}

fn day() -> u16 {
    24
}

/// A link just made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MadeInvitation {
    /// Where they go to choose a password: at the server's public address, or, where it was told none, on this server.
    /// The secret is behind `#`, which browsers send to nobody.
    #[schema(example = "/sign-in#ana.…")]
    pub url: String,
    /// Until when.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// A password chosen by who has a link.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// What stands behind `#` in the link.
    #[schema(max_length = 256)]
    pub secret: String,
    /// The password: at least 15 characters.
    #[schema(max_length = 1024)]
    pub password: String,
}

/// What somebody shows who they are by.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Their name in records.
    #[schema(max_length = 64)]
    pub name: String,
    /// Their password.
    #[schema(max_length = 1024)]
    pub password: String,
}

/// From where somebody signs in: their address, where it is known, and the session that their browser had.
#[derive(Debug, Clone, Default)]
pub struct From {
    /// The address.
    pub address: Option<IpAddr>,
    /// The secret of the session.
    pub before: Option<String>,
}

/// What is told whatever is wrong with a name or a password.
fn wrong() -> Refused {
    Refused::new(Kind::SignInRefused, "there is no such name with this password")
}

/// What is told whatever is wrong with a link.
fn over() -> Refused {
    Refused::new(Kind::LinkEnded, "the link was used, another one took its place, or its time is over")
}

/// Makes the link by which somebody chooses a password.
///
/// # Errors
/// [`InviteStaffRefusal`] says when each arises.
pub async fn invite(
    parts: &Parts,
    caller: &Caller,
    name: &str,
    invite: InviteStaff,
) -> Result<MadeInvitation, InviteStaffRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::STAFF_INVITE)?;
    if parts.environment.provider.is_some() {
        return Err(Refused::new(Kind::Conflict, BY_PROVIDER).into());
    }
    if !(1..=168).contains(&invite.hours) {
        return Err(Refused::invalid("hours", "must be 1 to 168").into());
    }
    session::fresh_where_one(&parts.journal, caller, parts.environment.now()).await?;
    resolve_names::persons_name(&parts.governance, "name", name)?;
    // Nobody is removed between this look at them and the commit.
    let _storing = parts.live.floor.storing.lock().await;
    let person = check(&parts.journal.store, name, &invite.roles).await?;
    let known = stored(&parts.journal.store, &person).await?;
    let bytes: [u8; 32] = parts.environment.entropy.bytes().map_err(Refused::from)?;
    let secret = format!("{person}.{}", URL_SAFE_NO_PAD.encode(bytes));
    let now = parts.environment.now();
    let expires = now.plus_ms(i64::from(invite.hours) * HOUR_MS);
    let digest = digest::of_secret(&secret).to_string();
    let by = caller.pseudonym.to_string();
    let change =
        AccountChange::Invited { roles: invite.roles.clone(), digest: authority::digest(digest.as_bytes()), expires };
    let item = AccountItem {
        password: known.as_ref().and_then(|known| known.value.password.clone()),
        invitation: Some(Invitation { digest, expires, by: by.clone() }),
        roles: invite.roles,
    };
    let ends = known.as_ref().is_some_and(|known| known.value.roles != item.roles);
    let changed = Changed { person, item: Some(item), change, known, ends, by: &by, at: now };
    let (events, commit) = changed.into_commit(&parts.journal.store).await?;
    authority::govern(parts, caller, &events, commit).await.map_err(conflict)?;
    let url = parts.environment.public_link(&format!("/sign-in#{secret}"));
    Ok(MadeInvitation { url, expires_at: rfc3339(expires) })
}

/// Sets the password that who has a link chose. The link is over by that, and so are the sessions of before.
///
/// # Errors
/// [`AcceptInvitationRefusal`] says when each arises.
pub async fn accept(parts: &Parts, from: From, accept: AcceptInvitation) -> Result<(), AcceptInvitationRefusal> {
    let AcceptInvitation { secret, password } = accept;
    if parts.environment.provider.is_some() {
        return Err(over().cured_by(BEGIN).into());
    }
    // Names can have dots, secrets none.
    let person = secret.rsplit_once('.').and_then(|(name, _)| StaffId::new(name).ok()).ok_or_else(over)?;
    let place = password::place(&parts.live)?;
    // Links that are guessed keep nobody from signing in. No name has a space.
    attempt(parts, &format!("{person} invited"), &from)?;
    let known = stored(&parts.journal.store, &person).await?.ok_or_else(over)?;
    let (now, digest) = (parts.environment.now(), digest::of_secret(&secret).to_string());
    let invited = known.value.invitation.as_ref().filter(|link| link.digest == digest && link.expires > now);
    invited.ok_or_else(over)?;
    password::check(person.as_str(), &password)?;
    let kept = password::hash(&parts.live, place, &parts.environment, password).await?;
    // No session is begun beside the end of those that there are.
    let _storing = parts.live.floor.storing.lock().await;
    let (roles, by) = (known.value.roles.clone(), person.to_string());
    let (events, commit) =
        password_set(&parts.journal.store, person.clone(), roles, kept, Some(known), (&by, now)).await?;
    let caller = Caller::system_for(Job::Tokens, person.as_str());
    authority::govern(parts, &caller, &events, commit).await.map_err(|error| match error {
        // Somebody else had the link, or it was made anew.
        CommitError::ItemConflict { .. } => over(),
        other => crate::refused(other),
    })?;
    Ok(())
}

/// Ends what somebody signs in with, and every session that they have.
///
/// # Errors
/// [`EndAccountRefusal`] says when each arises.
pub async fn end_account(parts: &Parts, caller: &Caller, name: &str) -> Result<(), EndAccountRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::STAFF_INVITE)?;
    let none = || Refused::new(Kind::NotFound, "nobody signs in under this name");
    let person = StaffId::new(name).map_err(|_| none())?;
    // No session is begun beside the end of those that there are.
    let _storing = parts.live.floor.storing.lock().await;
    let known = stored(&parts.journal.store, &person).await?.ok_or_else(none)?;
    let by = caller.pseudonym.to_string();
    let (change, at) = (AccountChange::Ended, parts.environment.now());
    let changed = Changed { person, item: None, change, known: Some(known), ends: true, by: &by, at };
    let (events, commit) = changed.into_commit(&parts.journal.store).await?;
    authority::govern(parts, caller, &events, commit).await.map_err(conflict)?;
    Ok(())
}

/// Begins a session for who shows the right password. An unknown name is answered as a wrong password is, after the
/// same work.
///
/// # Errors
/// [`SignInRefusal`] says when each arises.
pub async fn sign_in(parts: &Parts, from: From, sign_in: SignIn) -> Result<Started, SignInRefusal> {
    let SignIn { name, password } = sign_in;
    if parts.environment.provider.is_some() {
        return Err(Refused::new(Kind::SignInRefused, BY_PROVIDER).cured_by(BEGIN).into());
    }
    let person = StaffId::new(&name).map_err(|_| wrong())?;
    if password.len() > password::LONGEST {
        return Err(wrong().into());
    }
    let place = password::place(&parts.live)?;
    attempt(parts, person.as_str(), &from)?;
    let known = stored(&parts.journal.store, &person).await?;
    let kept = known.as_ref().and_then(|known| known.value.password.clone());
    let is_right = password::verify(&parts.live, place, &password, kept).await?;
    let known = known.filter(|_| is_right).ok_or_else(wrong)?;
    parts.live.sign_ins.succeeded(person.as_str());
    let expect = vec![Expect::Item { kind: ACCOUNTS.kind().to_owned(), id: known.id, version: known.version }];
    let shown =
        Shown { person, roles: known.value.roles, way: SignInWay::Password, provider: None, passkey: None, expect };
    Ok(session::start(parts, shown, from.before.as_deref()).await?)
}

/// Removes one's own password, by a session that a passkey began: so it is there and does. Every session ends with it.
///
/// # Errors
/// [`RemoveOwnPasswordRefusal`] says when each arises.
pub async fn remove_password(parts: &Parts, caller: &Caller) -> Result<(), RemoveOwnPasswordRefusal> {
    // No session is begun beside the end of those that there are.
    let _storing = parts.live.floor.storing.lock().await;
    let (row, person) = session::of_caller(&parts.journal, caller, Kind::Conflict).await?;
    let at = parts.environment.now();
    session::is_fresh(&row, at)?;
    let began = SESSIONS.get(&parts.journal.store, &row.id).await.map_err(Refused::internal)?;
    if began.is_none_or(|began| began.value.way != SignInWay::Passkey) {
        let detail = "you did not sign in with a passkey, so that it is not known whether you can";
        let cure = "Sign in with a passkey, and remove the password then.";
        return Err(Refused::new(Kind::SignInRefused, detail).with("code", "not_by_passkey").cured_by(cure).into());
    }
    let none = || Refused::new(Kind::Conflict, "you have no password");
    let known = stored(&parts.journal.store, &person).await?.filter(|known| known.value.password.is_some());
    let known = known.ok_or_else(none)?;
    let item = Some(AccountItem { password: None, ..known.value.clone() });
    let (change, by) = (AccountChange::PasswordRemoved, caller.pseudonym.to_string());
    let changed = Changed { person, item, change, known: Some(known), ends: true, by: &by, at };
    let (events, commit) = changed.into_commit(&parts.journal.store).await?;
    authority::govern(parts, caller, &events, commit).await.map_err(conflict)?;
    Ok(())
}

/// Notes an attempt, where there were not too many. That there were is on record of who has an account, beside what is
/// answered, which takes as long whether they have.
fn attempt(parts: &Parts, name: &str, from: &From) -> Result<(), Refused> {
    let counted = parts.live.sign_ins.attempt(name, from.address, parts.environment.clock.monotonic());
    counted.map_err(|too_many| {
        if let Some(person) = StaffId::new(name).ok().filter(|_| too_many.is_first_of_name) {
            let parts = parts.clone();
            tokio::spawn(async move { refused_on_record(&parts, person).await });
        }
        self::too_many(&too_many)
    })
}

/// What it is told as that there were too many attempts.
pub(super) fn too_many(over: &TooMany) -> Refused {
    let seconds = over.wait.max(Duration::from_secs(1)).as_millis().div_ceil(1_000);
    let detail = "too many attempts to sign in came under this name, or from this address";
    Refused::new(Kind::TooManySignIns, detail).with("retry_after", seconds)
}

async fn refused_on_record(parts: &Parts, person: StaffId) {
    let known = ACCOUNTS.get(&parts.journal.store, person.as_str()).await;
    if !matches!(known, Ok(Some(_))) {
        return;
    }
    tracing::warn!(%person, "too many attempts to sign in under a name; more are refused for a while");
    let event = Event::SignInRefused(SignInRefused { person, at: parts.environment.now() });
    let caller = Caller::system(Job::Tokens);
    if let Err(error) = authority::govern(parts, &caller, &[event], Commit::default()).await {
        tracing::error!(%error, "that attempts to sign in are refused is not on record");
    }
}

/// Sets a password in a store that no server has open, on record as done at the command line. Blocks until it is
/// durable.
///
/// # Errors
/// When a value is not accepted, or the store refuses.
pub fn set_password(
    store: &impl Store,
    now: Timestamp,
    name: &str,
    roles: Vec<String>,
    password: &str,
) -> Result<(), Refused> {
    let entropy = Entropy::default();
    block_on(async {
        let person = check(store, name, &roles).await?;
        password::check(name, password)?;
        let kept = password::hashed(password, &entropy.bytes()?)?;
        let known = stored(store, &person).await?;
        let (events, commit) = password_set(store, person, roles, kept, known, (COMMAND_LINE, now)).await?;
        let records = events.iter().map(|event| authority::record(&entropy, event, "remit", now));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        store.commit(Commit { records, ..commit }, InFlight::default()).await.map(drop).map_err(crate::refused)
    })
}

/// Whether somebody of this name can be let in with these roles.
async fn check(store: &impl Views, name: &str, roles: &[String]) -> Result<StaffId, Refused> {
    let person = StaffId::new(name).map_err(|error| Refused::invalid("name", error))?;
    if !is_free(&person) {
        return Err(Refused::invalid("name", "records have this name for something else; take another one"));
    }
    if roles.is_empty() {
        return Err(Refused::invalid("roles", "name at least one role"));
    }
    debug_assert!(OF_PEOPLE.iter().all(|role| ROLES.contains(role)), "there is no role but those of tokens");
    if let Some(unknown) = roles.iter().find(|role| !OF_PEOPLE.contains(&role.as_str())) {
        let why = format!("`{unknown}` is no role of people, which are {}", OF_PEOPLE.join(", "));
        return Err(Refused::invalid("roles", why));
    }
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = roles.iter().find(|role| !seen.insert(role.as_str())) {
        return Err(Refused::invalid("roles", format!("`{twice}` is named twice; name each role once")));
    }
    if seen.contains("staff") && STAFF.get(store, name).await.map_err(Refused::internal)?.is_none() {
        let why = format!("nobody is noted as staff under the name `{name}`; note them first (POST /v1/staff)");
        return Err(Refused::invalid("roles", why));
    }
    Ok(person)
}

/// Whether records have this name for nothing else.
pub(super) fn is_free(person: &StaffId) -> bool {
    !TAKEN.contains(&person.as_str()) && !person.as_str().starts_with(TOKEN_ID) && !is_session(person.as_str())
}

async fn stored(store: &impl Views, person: &StaffId) -> Result<Option<Entry<AccountItem>>, Refused> {
    ACCOUNTS.get(store, person.as_str()).await.map_err(Refused::internal)
}

async fn password_set(
    store: &impl Views,
    person: StaffId,
    roles: Vec<String>,
    kept: String,
    known: Option<Entry<AccountItem>>,
    (by, at): (&str, Timestamp),
) -> Result<(Vec<Event>, Commit), Refused> {
    let change = AccountChange::PasswordSet { roles: roles.clone(), digest: authority::digest(kept.as_bytes()) };
    let item = Some(AccountItem { roles, password: Some(kept), invitation: None });
    Changed { person, item, change, known, ends: true, by, at }.into_commit(store).await
}

/// A change of an account.
struct Changed<'a> {
    person: StaffId,
    /// As it is from now on; nothing where it ends.
    item: Option<AccountItem>,
    change: AccountChange,
    known: Option<Entry<AccountItem>>,
    /// Whether the sessions of the person end with it.
    ends: bool,
    by: &'a str,
    at: Timestamp,
}

impl Changed<'_> {
    async fn into_commit(self, store: &impl Views) -> Result<(Vec<Event>, Commit), Refused> {
        let Self { person, item, change, known, ends, by, at } = self;
        let expected = known.as_ref().map_or(Expected::Absent, Entry::expected);
        let write = match item {
            Some(item) => ACCOUNTS.write(person.as_str(), expected, &item).map_err(Refused::internal)?,
            None => ACCOUNTS.forget(person.as_str(), expected),
        };
        let (is_over, mut commit) = (write.body.is_none(), Commit { items: vec![write], ..Commit::default() });
        if is_over {
            accounts::forget_passkeys(store, &mut commit, &person).await?;
        }
        let mut events = Vec::new();
        if ends {
            for row in store.tokens().await.map_err(Refused::internal)? {
                if is_session(&row.id) && row.name == person.as_str() {
                    accounts::end(&mut commit, &mut events, &row, (SessionEnd::AccountChanged, by, at));
                }
            }
        }
        events.push(Event::AccountChanged(AccountChanged { person, change, by: by.to_owned(), at }));
        Ok((events, commit))
    }
}

/// What it is told as that an account was changed by two at once, or a session of it ended meanwhile.
pub(super) fn conflict(error: CommitError) -> Refused {
    match error {
        CommitError::ItemConflict { .. } | CommitError::Done => {
            Refused::new(Kind::Conflict, "the account, or a session of it, changed in this moment; ask again")
        }
        other => crate::refused(other),
    }
}
