//! What people who work here sign in with, and how their sessions began, against the records that say so. What a
//! session grants is kept as a token, and held as one.

use super::sides::{OTHERWISE, compare};
use crate::{
    journal::accounts::{AccountItem, SessionItem},
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

/// How a session began: whose it is, by what they showed who they are, and what their provider calls them.
type Began = (String, SignInWay, Option<String>);

impl Accounts {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::AccountChanged(changed) => self.note_change(changed),
            Event::SessionStarted(started) => {
                let began = (started.person.to_string(), started.way, started.provider.clone());
                self.began.insert(started.grant.token.clone(), began);
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
            AccountChange::Ended => drop(self.recorded.remove(&person)),
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

    pub(super) fn keep_session(&mut self, id: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        let SessionItem { person, way, provider } = serde_json::from_slice(body)?;
        let provider = provider.as_ref().map(on_record);
        self.kept_sessions.insert(id.to_owned(), (person.to_string(), way, provider));
        Ok(())
    }

    pub(super) fn compare(&self, found: Found<'_>) {
        compare("account", &self.recorded, &self.kept, found, |_, recorded, kept| {
            (recorded != kept).then(|| OTHERWISE.to_owned())
        });
        compare("session", &self.began, &self.kept_sessions, found, |_, recorded, kept| {
            (recorded != kept).then(|| OTHERWISE.to_owned())
        });
    }

    pub(super) fn count(&self) -> u64 {
        (self.kept.len() + self.kept_sessions.len()) as u64
    }
}
