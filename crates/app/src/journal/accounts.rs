//! What people who work here sign in with, and the sessions that this begins, as they are kept. A session is kept as a
//! token is, under an identifier of its own kind, so that whatever ends tokens ends it; beside it stands how it began.

use crate::{
    caller::token_id::{SESSION_ID, passkey_id},
    environment::relying_party::PasskeyKey,
    refused::Refused,
};
use remit_domain::{
    Event,
    id::{StaffId, Timestamp},
    sign_in::{SessionEnd, SessionEnded, SignInWay},
};
use remit_ledger::hash::Hash;
use remit_store::{Collection, Commit, Entry, Expected, TokenChange, TokenRow, Views};
use serde::{Deserialize, Serialize};

/// Accounts, by the name of whose they are.
pub(crate) const ACCOUNTS: Collection<AccountItem> = Collection::new("account");

/// How sessions began, by their identifier.
pub(crate) const SESSIONS: Collection<SessionItem> = Collection::new("session");

/// Passkeys, by their identifier.
pub(crate) const PASSKEYS: Collection<PasskeyItem> = Collection::new("passkey");

/// What somebody signs in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountItem {
    pub(crate) roles: Vec<String>,
    /// What their password is known by, a PHC string; none before they chose one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<String>,
    /// The link by which they choose one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invitation: Option<Invitation>,
}

/// A link by which somebody chooses a password, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invitation {
    /// The digest of its secret.
    pub(crate) digest: String,
    /// When it ends.
    pub(crate) expires: Timestamp,
    /// Who made it, by the identifier of their token.
    pub(crate) by: String,
}

/// A passkey, beside its account. Nothing of it is secret: who has the device that made it can sign by it, and nobody
/// else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyItem {
    /// What it is, which never changes.
    pub(crate) made: MadePasskey,
    /// How often it had signed when it signed somebody in last, as it says itself.
    pub(crate) count: u32,
    /// When it signed somebody in last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) used: Option<Timestamp>,
    /// Whether it signs nobody in any more, since somebody may have a copy of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) doubted: bool,
}

/// What a passkey is from the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MadePasskey {
    /// Whom it signs in.
    pub(crate) person: StaffId,
    /// What they call it.
    pub(crate) name: String,
    /// When they registered it.
    pub(crate) at: Timestamp,
    /// What is kept to know it by.
    pub(crate) key: PasskeyKey,
}

impl MadePasskey {
    /// Its identifier.
    pub(crate) fn id(&self) -> String {
        passkey_id(&self.key.credential())
    }

    /// What goes on record of it.
    pub(crate) fn on_record(&self) -> Result<String, Refused> {
        Ok(Hash::leaf(&serde_json::to_vec(self).map_err(Refused::internal)?).to_string())
    }
}

/// How a session began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionItem {
    pub(crate) person: StaffId,
    pub(crate) way: SignInWay,
    /// What the identity provider calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<ProviderSession>,
    /// The passkey that they showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) passkey: Option<String>,
}

/// What an identity provider calls somebody, and their session there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderSession {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<String>,
}

/// Whether a token is a session's.
pub(crate) fn is_session(token: &str) -> bool {
    token.starts_with(SESSION_ID)
}

/// Ends what a token grants: a session on record as one, with why; a token of another kind as revoked.
pub(crate) fn end(
    commit: &mut Commit,
    events: &mut Vec<Event>,
    row: &TokenRow,
    (cause, by, at): (SessionEnd, &str, Timestamp),
) {
    let person = StaffId::new(&row.name).ok().filter(|_| is_session(&row.id));
    events.push(match person {
        Some(person) => {
            commit.items.push(SESSIONS.forget(&row.id, Expected::Any("it ended, however it began")));
            let (session, by) = (row.id.clone(), by.to_owned());
            Event::SessionEnded(SessionEnded { session, person, cause, by, at })
        }
        None => Event::TokenRevoked { token: row.id.clone(), by: by.to_owned(), at },
    });
    commit.tokens.push(TokenChange::Revoke(row.id.clone()));
}

/// The passkeys of a person, by when they were made.
pub(crate) async fn passkeys_of(store: &impl Views, person: &StaffId) -> Result<Vec<Entry<PasskeyItem>>, Refused> {
    let mut all = PASSKEYS.all(store).await.map_err(Refused::internal)?;
    all.retain(|entry| entry.value.made.person == *person);
    all.sort_by(|one, other| (one.value.made.at, &one.id).cmp(&(other.value.made.at, &other.id)));
    Ok(all)
}

/// Forgets what somebody signs in with, as their account ends; nobody registers a passkey meanwhile.
pub(crate) async fn forget_passkeys(store: &impl Views, commit: &mut Commit, person: &StaffId) -> Result<(), Refused> {
    let passkeys = passkeys_of(store, person).await?;
    commit.items.extend(passkeys.iter().map(|entry| PASSKEYS.forget(&entry.id, entry.expected())));
    Ok(())
}
