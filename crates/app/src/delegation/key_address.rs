//! What stands at the addresses at which keys are: sets of keys, and documents that say who a client is.

use super::registered::{redirect_uris, usable_keys};
use crate::Environment;
use remit_domain::delegation::KeyAddress;
use remit_oauth::client_document::{self, ClientDocument, DOCUMENT_MAX, DocumentKeys, is_client_url};
use remit_policy::address::Address;
use remit_responders::document;
use serde_json::Value;

/// Largest set of keys that is read, in bytes.
pub(crate) const KEYS_BYTES_MAX: usize = 64 * 1_024;

/// What stands at a delegate's address.
#[derive(Debug)]
pub(crate) struct AtAddress {
    /// Public keys that can be used, as a JWK set.
    pub(crate) jwks: Value,
    /// Where customers may be sent back to, where the address says that too.
    pub(crate) redirects: Option<Vec<String>>,
}

/// Why nothing was read at an address, in words.
#[derive(Debug)]
pub(crate) enum UnreadAddress {
    /// Nobody answered there, or nobody could for now.
    Away(String),
    /// What stands there is nothing that is taken, or nothing does.
    Nothing(String),
}

impl UnreadAddress {
    /// Why.
    pub(crate) fn why(self) -> String {
        match self {
            Self::Away(why) | Self::Nothing(why) => why,
        }
    }
}

/// What stands there that is taken, read for what is told of it.
fn taken<T, E: std::fmt::Display>(read: Result<T, E>, what: &str) -> Result<T, UnreadAddress> {
    read.map_err(|error| UnreadAddress::Nothing(format!("{what}{error}")))
}

/// Reads what stands at an address.
///
/// # Errors
/// When nothing can be read there, or it is nothing that is taken.
pub(super) async fn read(environment: &Environment, at: &KeyAddress) -> Result<AtAddress, UnreadAddress> {
    const DOCUMENT: &str = "of the document there, ";
    match at {
        KeyAddress::JwksUri(at) => Ok(AtAddress { jwks: keys(environment, at).await?, redirects: None }),
        KeyAddress::ClientDocument(at) => {
            if !is_client_url(at) {
                let why = "must be an address with a path, as https://assistant.example/client.json, without . and .. \
                           in it";
                return Err(UnreadAddress::Nothing(why.to_owned()));
            }
            let sent = fetched(environment, at, DOCUMENT_MAX).await?;
            let ClientDocument { redirect_uris: redirects, keys: of } =
                taken(client_document::parse(sent, at), DOCUMENT)?;
            taken(redirect_uris(&redirects).map_err(|refused| refused.detail), DOCUMENT)?;
            let jwks = match of {
                DocumentKeys::Here(jwks) => usable(&jwks)?,
                DocumentKeys::At(at) => keys(environment, &at).await?,
            };
            Ok(AtAddress { jwks, redirects: Some(redirects) })
        }
    }
}

async fn keys(environment: &Environment, at: &str) -> Result<Value, UnreadAddress> {
    usable(&fetched(environment, at, KEYS_BYTES_MAX).await?)
}

/// What can be used of a set of keys: nothing else is kept.
fn usable(jwks: &Value) -> Result<Value, UnreadAddress> {
    let keys = usable_keys(jwks).map_err(|refused| refused.detail);
    taken(keys, "of the keys there, ").map(|keys| keys.to_json())
}

/// What stands at an address: JSON of at most so many bytes, where it is led to safely.
///
/// # Errors
/// When nothing can be read there.
pub(crate) async fn fetched(environment: &Environment, at: &str, bytes_max: usize) -> Result<Value, UnreadAddress> {
    let address = taken(Address::parse(at), "")?;
    if !address.is_private() {
        let why = "must be https://…: whoever is on the way would say which keys count";
        return Err(UnreadAddress::Nothing(why.to_owned()));
    }
    let read = document::read(at, &environment.private_hosts, bytes_max, document::JSON).await;
    read.map_err(|failure| {
        let why = format!("nothing can be read there: {failure}");
        if failure.retryable() { UnreadAddress::Away(why) } else { UnreadAddress::Nothing(why) }
    })
}
