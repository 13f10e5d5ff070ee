//! Passkeys: registered by whose they are, on a page of their own, and removed by them or by whoever may let people in.
//! The private key never leaves the device; what is kept knows it by its public key.

use super::session;
use crate::{
    Caller, Environment, Journal, Parts,
    access::auth,
    environment::{
        clock::rfc3339,
        relying_party::{RelyingParty, SentRegistration, Wrong},
    },
    governance::resolve_names::{NAME_MAX, printable},
    journal::accounts::{self, ACCOUNTS, MadePasskey, PASSKEYS, PasskeyItem, SESSIONS, passkeys_of},
    operation::{
        BeginPasskeyRefusal, GetOwnAccountRefusal, ListPasskeysRefusal, RegisterPasskeyRefusal,
        RemoveOwnPasskeyRefusal, RemovePasskeyRefusal,
    },
    pipeline::authority,
    refused::{Kind, Refused},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::{
    Event,
    id::StaffId,
    sign_in::{AccountChange, AccountChanged, SessionEnd, SignInWay},
};
use remit_policy::actions::Permission;
use remit_store::{Commit, Entry, Expect, Expected};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

/// Passkeys of one person.
const MOST: usize = 16;
/// What somebody signs in with, as their own browser is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnAccount {
    /// Their name in records.
    pub person: String,
    /// Whether they have a password here.
    pub password: bool,
    /// Their passkeys, in the order in which they were registered.
    pub passkeys: Vec<PasskeyView>,
    /// Why nobody has passkeys here, where that is so.
    pub no_passkeys: Option<&'static str>,
    /// The host whose pages can make them, where there are any.
    pub passkey_host: Option<String>,
}

/// A passkey, as people are told of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PasskeyView {
    /// Its identifier, which is not what its device calls it.
    #[schema(example = "key_2f6c0a51d8b94e7790c3a1be54d07f12")]
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was registered.
    #[schema(format = DateTime)]
    pub made_at: String,
    /// When it signed its owner in last.
    #[schema(format = DateTime)]
    pub used_at: Option<String>,
    /// Whether it can be on several devices of its owner, as where a password manager keeps it.
    pub synced: bool,
    /// Whether it signs nobody in any more, since somebody may have a copy of it.
    pub doubted: bool,
}

/// What a browser is asked for, as the standard writes it: `navigator.credentials` takes it as `publicKey`, once what
/// is base64url in it is bytes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PasskeyOptions {
    /// The options.
    #[schema(value_type = Object)]
    pub public_key: Value,
}

/// A passkey that a browser made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterPasskey {
    /// What to call it: up to 64 characters.
    #[schema(max_length = 256)]
    pub name: String,
    /// `clientDataJSON`, as base64url.
    #[schema(max_length = 8192)]
    pub client_data: String,
    /// `attestationObject`, as base64url.
    #[schema(max_length = 65536)]
    pub attestation: String,
}

impl From<Entry<PasskeyItem>> for PasskeyView {
    fn from(entry: Entry<PasskeyItem>) -> Self {
        let PasskeyItem { made, used, doubted, .. } = entry.value;
        Self {
            id: entry.id,
            name: made.name,
            made_at: rfc3339(made.at),
            used_at: used.map(rfc3339),
            synced: made.key.synced,
            doubted,
        }
    }
}

/// What this server is to browsers.
pub(super) fn party(environment: &Environment) -> Result<&RelyingParty, &'static str> {
    environment.relying_party.as_ref().map_err(|why| *why)
}

fn party_or_conflict(environment: &Environment) -> Result<&RelyingParty, Refused> {
    party(environment).map_err(|why| Refused::new(Kind::Conflict, why))
}

/// What what a browser sent is told as.
pub(super) fn told(kind: Kind, wrong: Wrong) -> Refused {
    Refused::new(kind, wrong.detail()).with("code", wrong.code())
}

/// What a session is known by where something was begun in it.
fn by(caller: &Caller) -> [u8; 32] {
    Sha256::digest(caller.token.as_bytes()).into()
}

fn full() -> Refused {
    Refused::new(Kind::LimitReached, format!("you have {MOST} passkeys, which is as many as there may be"))
}

/// What somebody signs in with, as they are told themselves.
///
/// # Errors
/// [`GetOwnAccountRefusal`] says when each arises.
pub async fn own_account(
    environment: &Environment,
    journal: &Journal,
    caller: &Caller,
) -> Result<OwnAccount, GetOwnAccountRefusal> {
    let (_, person) = session::of_caller(journal, caller, Kind::NotFound).await?;
    let known = ACCOUNTS.get(&journal.store, person.as_str()).await.map_err(Refused::internal)?;
    let no_passkeys = party(environment).err();
    let passkeys = passkeys_of(&journal.store, &person).await?;
    Ok(OwnAccount {
        person: person.to_string(),
        // Passwords count no more where a provider is declared.
        password: environment.provider.is_none() && known.is_some_and(|known| known.value.password.is_some()),
        passkeys: passkeys.into_iter().map(PasskeyView::from).collect(),
        no_passkeys,
        passkey_host: party(environment).ok().map(|party| party.host().to_owned()),
    })
}

/// Begins to register a passkey: what the browser is asked for, which answers for this session alone.
///
/// # Errors
/// [`BeginPasskeyRefusal`] says when each arises.
pub async fn begin(parts: &Parts, caller: &Caller) -> Result<PasskeyOptions, BeginPasskeyRefusal> {
    let party = party_or_conflict(&parts.environment)?;
    let (row, person) = session::of_caller(&parts.journal, caller, Kind::Conflict).await?;
    session::is_fresh(&row, parts.environment.now())?;
    let known = passkeys_of(&parts.journal.store, &person).await?;
    if known.len() >= MOST {
        return Err(full().into());
    }
    // Devices call a person the same whichever passkey they have of theirs, and by nothing that says who they are.
    let handle = match known.first() {
        Some(entry) => {
            let bytes = URL_SAFE_NO_PAD.decode(&entry.value.made.key.handle).ok();
            bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| Refused::damaged("a passkey cannot be read"))?
        }
        None => parts.environment.entropy.bytes().map_err(Refused::from)?,
    };
    let known = known.iter().map(|entry| entry.value.made.key.credential()).collect();
    let (begun, public_key) = party.begin_registration(&person, handle, known)?;
    parts.live.sign_ins.registering.begin(by(caller), begun, parts.environment.clock.monotonic());
    Ok(PasskeyOptions { public_key })
}

/// Registers a passkey that the browser made.
///
/// # Errors
/// [`RegisterPasskeyRefusal`] says when each arises.
pub async fn register(
    parts: &Parts,
    caller: &Caller,
    sent: RegisterPasskey,
) -> Result<PasskeyView, RegisterPasskeyRefusal> {
    let party = party_or_conflict(&parts.environment)?;
    let name = sent.name.trim().to_owned();
    printable("name", &name, NAME_MAX)?;
    let over = || {
        let over = Refused::new(Kind::Conflict, "nothing that this passkey could answer was asked in this session");
        over.with("code", "mixed_up").cured_by("Begin again; each answer counts once, and within five minutes.")
    };
    let begun = parts.live.sign_ins.registering.end(&by(caller), parts.environment.clock.monotonic());
    let begun = begun.map(|(_, begun)| begun);
    let sent = SentRegistration { client_data: &sent.client_data, attestation: &sent.attestation };
    let made = party.register(begun.ok_or_else(over)?, &sent);
    let (key, count) = made.map_err(|wrong| {
        tracing::warn!(session = &*caller.token, code = wrong.code(), "a passkey is not registered");
        told(Kind::Invalid, wrong)
    })?;
    // Nobody's account or session ends between this look at them and the commit.
    let _storing = parts.live.floor.storing.lock().await;
    let (row, person) = session::of_caller(&parts.journal, caller, Kind::Conflict).await?;
    let at = parts.environment.now();
    session::is_fresh(&row, at)?;
    let ended = || Refused::new(Kind::Conflict, "the account, or this session, ended in this moment");
    let account = ACCOUNTS.get(&parts.journal.store, person.as_str()).await.map_err(Refused::internal)?;
    let account = account.ok_or_else(ended)?;
    let began = SESSIONS.get(&parts.journal.store, &row.id).await.map_err(Refused::internal)?.ok_or_else(ended)?;
    if passkeys_of(&parts.journal.store, &person).await?.len() >= MOST {
        return Err(full().into());
    }
    let made = MadePasskey { person: person.clone(), name, at, key };
    let (id, digest) = (made.id(), made.on_record()?);
    if PASSKEYS.get(&parts.journal.store, &id).await.map_err(Refused::internal)?.is_some() {
        let taken = Refused::new(Kind::Conflict, "a passkey that its device calls the same is registered already");
        return Err(taken
            .cured_by("Make another one; one of your own that you do not use any more can be removed.")
            .into());
    }
    let item = PasskeyItem { made, count, used: None, doubted: false };
    let stands = |kind: &str, id: &str, version| Expect::Item { kind: kind.to_owned(), id: id.to_owned(), version };
    let commit = Commit {
        items: vec![PASSKEYS.write(&id, Expected::Absent, &item).map_err(Refused::internal)?],
        expect: vec![
            stands(ACCOUNTS.kind(), &account.id, account.version),
            stands(SESSIONS.kind(), &began.id, began.version),
        ],
        ..Commit::default()
    };
    let change = AccountChange::PasskeyRegistered { passkey: id.clone(), digest, count };
    let event = Event::AccountChanged(AccountChanged { person, change, by: caller.pseudonym.to_string(), at });
    authority::govern(parts, caller, &[event], commit).await.map_err(super::account::conflict)?;
    Ok(Entry { id, version: 1, value: item }.into())
}

/// Removes a passkey of one's own. The sessions that it began end with it.
///
/// # Errors
/// [`RemoveOwnPasskeyRefusal`] says when each arises.
pub async fn remove_own(parts: &Parts, caller: &Caller, id: &str) -> Result<(), RemoveOwnPasskeyRefusal> {
    let _storing = parts.live.floor.storing.lock().await;
    let (row, person) = session::of_caller(&parts.journal, caller, Kind::Conflict).await?;
    session::is_fresh(&row, parts.environment.now())?;
    let known = ACCOUNTS.get(&parts.journal.store, person.as_str()).await.map_err(Refused::internal)?;
    let others = passkeys_of(&parts.journal.store, &person).await?;
    let others = others.iter().any(|entry| entry.id != id && !entry.value.doubted);
    let entry = of_person(&parts.journal, &person, id).await?;
    if !others && !entry.value.doubted && known.is_none_or(|known| known.value.password.is_none()) {
        let detail = "you sign in with this passkey and nothing else";
        let cure = "Register another one before, or ask who lets people in for a link by which you choose a password.";
        return Err(Refused::new(Kind::Conflict, detail).cured_by(cure).into());
    }
    Ok(withdraw(parts, caller, entry, false).await?)
}

/// The passkeys of somebody.
///
/// # Errors
/// [`ListPasskeysRefusal`] says when each arises.
pub async fn passkeys(parts: &Parts, caller: &Caller, name: &str) -> Result<Vec<PasskeyView>, ListPasskeysRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::STAFF_INVITE)?;
    let Ok(person) = StaffId::new(name) else { return Ok(Vec::new()) };
    let passkeys = passkeys_of(&parts.journal.store, &person).await?;
    Ok(passkeys.into_iter().map(PasskeyView::from).collect())
}

/// Removes somebody's passkey, as where a device is lost. The sessions that it began end with it.
///
/// # Errors
/// [`RemovePasskeyRefusal`] says when each arises.
pub async fn remove(parts: &Parts, caller: &Caller, name: &str, id: &str) -> Result<(), RemovePasskeyRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::STAFF_INVITE)?;
    let _storing = parts.live.floor.storing.lock().await;
    let person = StaffId::new(name).map_err(|_| none())?;
    let entry = of_person(&parts.journal, &person, id).await?;
    Ok(withdraw(parts, caller, entry, false).await?)
}

fn none() -> Refused {
    Refused::new(Kind::NotFound, "no passkey of theirs has this id")
}

async fn of_person(journal: &Journal, person: &StaffId, id: &str) -> Result<Entry<PasskeyItem>, Refused> {
    let entry = PASSKEYS.get(&journal.store, id).await.map_err(Refused::internal)?;
    entry.filter(|entry| entry.value.made.person == *person).ok_or_else(none)
}

/// Has a passkey sign nobody in any more: it is removed, or doubted and kept to be seen. The sessions that it began end
/// with it, so that no session is begun meanwhile: who calls this holds `storing`.
pub(super) async fn withdraw(
    parts: &Parts,
    caller: &Caller,
    entry: Entry<PasskeyItem>,
    doubted: bool,
) -> Result<(), Refused> {
    let (at, by, expected) = (parts.environment.now(), caller.pseudonym.to_string(), entry.expected());
    let Entry { id, value, .. } = entry;
    let person = value.made.person.clone();
    let (mut commit, mut events) = (Commit::default(), Vec::new());
    for row in session::of_person(&parts.journal, &parts.live, &person, at).await? {
        let began = SESSIONS.get(&parts.journal.store, &row.id).await.map_err(Refused::internal)?;
        let is_its = |began: &accounts::SessionItem| {
            began.way == SignInWay::Passkey && began.passkey.as_ref().is_some_and(|passkey| *passkey == id)
        };
        if began.is_some_and(|began| is_its(&began.value)) {
            accounts::end(&mut commit, &mut events, &row, (SessionEnd::PasskeyRemoved, &by, at));
        }
    }
    let change = if doubted {
        let (known, item) = (value.count, PasskeyItem { doubted, ..value });
        commit.items.push(PASSKEYS.write(&id, expected, &item).map_err(Refused::internal)?);
        AccountChange::PasskeyDoubted { passkey: id, known }
    } else {
        commit.items.push(PASSKEYS.forget(&id, expected));
        AccountChange::PasskeyRemoved { passkey: id }
    };
    events.push(Event::AccountChanged(AccountChanged { person, change, by, at }));
    authority::govern(parts, caller, &events, commit).await.map_err(super::account::conflict)
}
