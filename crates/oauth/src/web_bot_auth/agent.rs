//! Who an agent is: the address at which it has its keys, as the signature covers it.

use super::{
    base::Components,
    bounds::{DIRECTORY, HOST_MAX, MEMBERS_MAX, SIGNATURE_AGENT, URL_MAX},
    error::SignatureError,
    request::SignedRequest,
};
use crate::{dpop::address::normal, metadata::well_known};
use sfv::{Dictionary, Item, ListEntry, Parser};
use std::fmt;

/// Hosts of the same machine, which are reached in the clear as well.
const HERE: [&str; 2] = ["127.0.0.1", "[::1]"];

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
        let (scheme, host) = origin.split_once("://").ok_or(SignatureError::Agent)?;
        let is_safe = scheme == "https" || HERE.iter().any(|here| host.strip_prefix(here).is_some_and(is_port));
        if !is_safe || host.len() > HOST_MAX {
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

    /// Where it has its keys, without a path: nothing else of an address is a name that somebody was given.
    pub fn origin(&self) -> &str {
        split(&self.name).map_or(&self.name, |(origin, _)| origin)
    }

    /// Its host, with the port where that is not the usual one.
    pub fn host(&self) -> &str {
        let rest = self.name.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }
}

impl fmt::Display for AgentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Whether nothing but a port stands behind a host.
fn is_port(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(':')
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
