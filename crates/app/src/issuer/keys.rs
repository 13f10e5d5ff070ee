//! Keys of issuers: found by what an issuer says of itself, read from where they are, and what of them goes on record.

use super::changed;
use crate::{
    Caller, Environment, Journal, Parts,
    caller::principal::Job,
    delegation::{
        key_address::{KEYS_BYTES_MAX, UnreadAddress, fetched},
        key_refresh::KeysAtAddress,
    },
    journal::issuers::{self, IssuerItem},
    refused::Refused,
};
use remit_domain::{
    id::{IssuerId, Timestamp},
    issuer::IssuerChange,
};
use remit_oauth::provider_keys::ProviderKeys;
use remit_policy::address::Address;
use remit_store::{CommitError, Entry};
use serde_json::Value;

/// Longest address of keys, in bytes.
const ADDRESS_MAX: usize = 2_048;
/// Longest document in which an issuer says of itself where its keys are, in bytes.
const METADATA_MAX: usize = 64 * 1_024;

/// The keys of a set that can be used, of which there is one at least.
pub(super) fn usable(set: &Value) -> Result<ProviderKeys, UnreadAddress> {
    let keys = ProviderKeys::parse(set);
    if keys.is_empty() {
        let why = "there is no key that can be used: public keys of RSA with 2,048 bits or more, P-256, P-384 or \
                   Ed25519, in a JWK set (RFC 7517)";
        return Err(UnreadAddress::Nothing(why.to_owned()));
    }
    Ok(keys)
}

/// Reads the keys that are at an address.
pub(super) async fn read(environment: &Environment, at: &str) -> Result<ProviderKeys, UnreadAddress> {
    usable(&fetched(environment, at, KEYS_BYTES_MAX).await?)
}

/// Where an issuer says that its keys are (OpenID Connect Discovery 1.0, section 4; RFC 8414, section 3).
pub(super) async fn discovered(environment: &Environment, issuer: &str) -> Result<String, UnreadAddress> {
    let origin = Address::parse(issuer).map(|address| address.origin()).unwrap_or_default();
    let path = issuer.strip_prefix(&origin).unwrap_or_default().trim_end_matches('/');
    let places = [
        format!("{origin}{path}/.well-known/openid-configuration"),
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
    ];
    let mut why = Vec::new();
    for at in places {
        match fetched(environment, &at, METADATA_MAX).await {
            Ok(said) if said.get("issuer").and_then(Value::as_str) != Some(issuer) => {
                why.push(format!("{at}: it calls itself otherwise than it is registered"));
            }
            Ok(said) => match said.get("jwks_uri").and_then(Value::as_str) {
                Some(uri) if uri.len() <= ADDRESS_MAX => return Ok(uri.to_owned()),
                _ => why.push(format!("{at}: it does not say where its keys are (jwks_uri)")),
            },
            Err(unread) => why.push(format!("{at}: {}", unread.why())),
        }
    }
    Err(UnreadAddress::Nothing(why.join("; ")))
}

impl KeysAtAddress for IssuerItem {
    type Id = IssuerId;
    type Found = ProviderKeys;

    fn has_address(&self) -> bool {
        self.jwks_uri.is_some()
    }

    fn unread_since(&mut self) -> &mut Option<Timestamp> {
        &mut self.unread_since
    }

    async fn read(&self, environment: &Environment) -> Result<ProviderKeys, UnreadAddress> {
        match &self.jwks_uri {
            Some(at) => read(environment, at).await,
            None => Err(UnreadAddress::Nothing("it has no address".to_owned())),
        }
    }

    fn follow(&mut self, found: Option<ProviderKeys>) {
        self.jwks = found.unwrap_or_default().to_json();
    }

    async fn stored(journal: &Journal, id: IssuerId) -> Result<Option<Entry<Self>>, Refused> {
        issuers::stored_issuer(journal, id).await
    }

    async fn put(self, parts: &Parts, id: IssuerId, before: &Entry<Self>, at: Timestamp) -> Result<(), CommitError> {
        let change = match self.unread_since {
            Some(_) => IssuerChange::KeysUnread,
            None => IssuerChange::KeysRefreshed { keys: self.keys().thumbprints() },
        };
        changed::put(parts, &Caller::system(Job::Delegates), id, before, &self, change, at).await
    }
}
