//! What people who work here sign in with, and how their sessions began, against the records that say so. What a
//! session grants is kept as a token, and held as one.

use super::sides::{OTHERWISE, compare};
use crate::{
    journal::accounts::{AccountItem, PasskeyItem, SessionItem},
    pipeline::authority,
    sign_in::session::on_record,
};
use remit_domain::{
    Event,
    id::Timestamp,
    sign_in::{AccountChange, AccountChanged, SignInWay},
};
use remit_store::Found;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Accounts {
    recorded: BTreeMap<String, Account>,
    kept: BTreeMap<String, Account>,
    passkeys: BTreeMap<String, Passkey>,
    kept_passkeys: BTreeMap<String, Passkey>,
    began: BTreeMap<String, Began>,
    kept_sessions: BTreeMap<String, Began>,
}

/// What is on record of an account.
#[derive(Debug, Default, PartialEq, Eq)]
struct Account {
    roles: Vec<String>,
    /// The digest of what the password is known by.
    password: Option<String>,
    /// That of what the link is known by, and when it ends.
    invitation: Option<(String, Timestamp)>,
}

/// What is on record of a passkey.
#[derive(Debug, PartialEq, Eq)]
struct Passkey {
    person: String,
    /// The digest of what it is from the first.
    digest: String,
    /// How often it had signed, and when, when it signed somebody in last.
    count: u32,
    used: Option<Timestamp>,
    doubted: bool,
}

/// How a session began: whose it is, by what they showed who they are, and what their provider calls them, or the
/// passkey that they showed.
type Began = (String, SignInWay, Option<String>, Option<String>);

impl Accounts {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::AccountChanged(changed) => self.note_change(changed),
            Event::SessionStarted(started) => {
                let passkey = started.passkey.as_ref().map(|used| used.passkey.clone());
                let began = (started.person.to_string(), started.way, started.provider.clone(), passkey);
                self.began.insert(started.grant.token.clone(), began);
                if let Some(used) = &started.passkey
                    && let Some(passkey) = self.passkeys.get_mut(&used.passkey)
                {
                    (passkey.count, passkey.used) = (used.count, Some(started.at));
                }
            }
            Event::SessionEnded(ended) => drop(self.began.remove(&ended.session)),
            _ => {}
        }
    }

    fn note_change(&mut self, changed: &AccountChanged) {
        let person = changed.person.to_string();
        match &changed.change {
            AccountChange::Invited { roles, digest, expires } => {
                let account = self.recorded.entry(person).or_default();
                account.roles.clone_from(roles);
                account.invitation = Some((digest.clone(), *expires));
            }
            AccountChange::PasswordSet { roles, digest } => {
                let account = Account { roles: roles.clone(), password: Some(digest.clone()), invitation: None };
                self.recorded.insert(person, account);
            }
            AccountChange::PasswordRemoved => {
                self.recorded.entry(person).or_default().password = None;
            }
            AccountChange::PasskeyRegistered { passkey, digest, count } => {
                let made = Passkey { person, digest: digest.clone(), count: *count, used: None, doubted: false };
                self.passkeys.insert(passkey.clone(), made);
            }
            AccountChange::PasskeyRemoved { passkey } => drop(self.passkeys.remove(passkey)),
            AccountChange::PasskeyDoubted { passkey, .. } => {
                if let Some(passkey) = self.passkeys.get_mut(passkey) {
                    passkey.doubted = true;
                }
            }
            AccountChange::Ended => {
                self.passkeys.retain(|_, passkey| passkey.person != person);
                self.recorded.remove(&person);
            }
        }
    }

    pub(super) fn keep(&mut self, id: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        let AccountItem { roles, password, invitation } = serde_json::from_slice(body)?;
        let digest = |known_by: &str| authority::digest(known_by.as_bytes());
        let password = password.as_deref().map(digest);
        let invitation = invitation.map(|invitation| (digest(&invitation.digest), invitation.expires));
        self.kept.insert(id.to_owned(), Account { roles, password, invitation });
        Ok(())
    }

    pub(super) fn keep_passkey(&mut self, id: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        let PasskeyItem { made, count, used, doubted } = serde_json::from_slice(body)?;
        // It is called what its device calls it, so that none stands in for another one.
        let digest = made.on_record().ok().filter(|_| made.id() == id).unwrap_or_default();
        let kept = Passkey { person: made.person.to_string(), digest, count, used, doubted };
        self.kept_passkeys.insert(id.to_owned(), kept);
        Ok(())
    }

    pub(super) fn keep_session(&mut self, id: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        let SessionItem { person, way, provider, passkey } = serde_json::from_slice(body)?;
        let provider = provider.as_ref().map(on_record);
        self.kept_sessions.insert(id.to_owned(), (person.to_string(), way, provider, passkey));
        Ok(())
    }

    pub(super) fn compare(&self, found: Found<'_>) {
        compare("account", &self.recorded, &self.kept, found, |_, recorded, kept| {
            (recorded != kept).then(|| OTHERWISE.to_owned())
        });
        compare("passkey", &self.passkeys, &self.kept_passkeys, found, |_, recorded, kept| {
            (recorded != kept).then(|| OTHERWISE.to_owned())
        });
        compare("session", &self.began, &self.kept_sessions, found, |_, recorded, kept| {
            (recorded != kept).then(|| OTHERWISE.to_owned())
        });
    }

    pub(super) fn count(&self) -> u64 {
        (self.kept.len() + self.kept_passkeys.len() + self.kept_sessions.len()) as u64
    }
}
