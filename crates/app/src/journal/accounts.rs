//! What people who work here sign in with, and the sessions that this begins, as they are kept. A session is kept as a
//! token is, under an identifier of its own kind, so that whatever ends tokens ends it; beside it stands how it began.

use crate::caller::token_id::SESSION_ID;
use remit_domain::{
    Event,
    id::{StaffId, Timestamp},
    sign_in::{SessionEnd, SessionEnded, SignInWay},
};
use remit_store::{Collection, Commit, Expected, TokenChange, TokenRow};
use serde::{Deserialize, Serialize};

/// Accounts, by the name of whose they are.
pub(crate) const ACCOUNTS: Collection<AccountItem> = Collection::new("account");

/// How sessions began, by their identifier.
pub(crate) const SESSIONS: Collection<SessionItem> = Collection::new("session");

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

/// How a session began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionItem {
    pub(crate) person: StaffId,
    pub(crate) way: SignInWay,
    /// What the identity provider calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<ProviderSession>,
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
