//! Who an agent is: the address at which it has its keys, as the signature covers it.

use super::{DIRECTORY, MEMBERS_MAX, SIGNATURE_AGENT, SignatureError, SignedRequest, base::Components};
use crate::{dpop::address::normal, metadata::well_known};
use sfv::{Dictionary, Item, ListEntry, Parser};
use std::fmt;

/// Longest address, in bytes.
pub(super) const URL_MAX: usize = 1_024;
/// Longest host with its port, in bytes.
pub(super) const HOST_MAX: usize = 120;

/// The address at which an agent has its keys. An origin alone stands for its directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgentUrl {
    /// By which it is known: in its one spelling, and without a query, of which there could be any number.
    name: String,
    /// At which it is read.
    at: String,
}

impl AgentUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is none at which an agent can have its keys.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let is_good = |text: &&str| text.len() <= URL_MAX && !text.contains('#');
        let name = Some(text).filter(is_good).and_then(normal).ok_or(SignatureError::Agent)?;
        let directory = |origin: &str| well_known(origin, DIRECTORY);
        let (origin, path) = split(&name).ok_or(SignatureError::Agent)?;
        if !origin.starts_with("https://") || origin.len() - "https://".len() > HOST_MAX {
            return Err(SignatureError::Agent);
        }
        let at = match path {
            "/" if text.contains('?') => return Err(SignatureError::Agent),
            "/" => directory(origin),
            _ => text.to_owned(),
        };
        let name = if path == "/" || name == directory(origin) { origin.to_owned() } else { name.clone() };
        Ok(Self { name, at })
    }

    /// By which it is known: an origin where its keys are in the directory of one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its keys are read.
    pub fn directory(&self) -> &str {
        &self.at
    }

    /// Its host, with the port where that is not the usual one.
    pub fn host(&self) -> &str {
        let rest = self.name.strip_prefix("https://").unwrap_or_default();
        rest.split('/').next().unwrap_or_default()
    }
}

impl fmt::Display for AgentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// An address in its one spelling, as origin and path.
fn split(address: &str) -> Option<(&str, &str)> {
    let authority = address.find("://")? + 3;
    let path = authority + address.get(authority..)?.find('/')?;
    address.split_at_checked(path)
}

/// Who signed, as the signature under `label` covers it. Where it covers several members, its own is the one under its
/// label. Earlier drafts had one text in the place of a dictionary.
pub(super) fn named(
    request: &SignedRequest<'_>,
    label: &str,
    components: &Components,
) -> Result<AgentUrl, SignatureError> {
    let unreadable = || SignatureError::Header(SIGNATURE_AGENT.to_owned());
    let sent = request.joined(SIGNATURE_AGENT)?.ok_or(SignatureError::Missing(SIGNATURE_AGENT))?;
    let covered: Vec<_> = components.of(SIGNATURE_AGENT).collect();
    let uncovered = SignatureError::AgentUncovered;
    if sent.starts_with('"') {
        covered.iter().find(|one| one.key.is_none()).ok_or(uncovered)?;
        let item: Item = Parser::new(&sent).parse().map_err(|_| unreadable())?;
        return of_item(&item);
    }
    let members: Dictionary = Parser::new(&sent).parse().map_err(|_| unreadable())?;
    if members.len() > MEMBERS_MAX {
        return Err(unreadable());
    }
    let is_whole = covered.iter().any(|one| one.key.is_none());
    let keys: Vec<&str> = match is_whole {
        true => members.keys().map(|key| key.as_str()).collect(),
        false => covered.iter().filter_map(|one| one.key.as_deref()).collect(),
    };
    let own = keys.iter().find(|key| **key == label).or_else(|| keys.first().filter(|_| keys.len() == 1));
    match members.get(*own.ok_or(uncovered)?) {
        Some(ListEntry::Item(item)) => of_item(item),
        _ => Err(SignatureError::Agent),
    }
}

fn of_item(item: &Item) -> Result<AgentUrl, SignatureError> {
    let text = item.bare_item.as_string().filter(|_| item.params.is_empty()).ok_or(SignatureError::Agent)?;
    AgentUrl::parse(text.as_str())
}
