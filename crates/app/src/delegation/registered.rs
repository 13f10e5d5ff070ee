//! What delegates can be registered with: public keys that can be used, and addresses that browsers are sent back to.

use crate::refused::Refused;
use remit_oauth::jwk::KeySet;
use remit_policy::address::Address;
use serde_json::Value;

/// Addresses that a delegate's customers can be sent back to.
const REDIRECTS_MAX: usize = 8;
/// The longest address, in bytes.
pub(super) const ADDRESS_MAX: usize = 2_048;

/// What an answer to a request for authorization says in the query of the address that it is sent to.
const ANSWERS: [&str; 6] = ["code", "error", "error_description", "error_uri", "iss", "state"];

/// The public keys of a set that can be used, of which there is one at least.
pub(super) fn usable_keys(jwks: &Value) -> Result<KeySet, Refused> {
    let keys = KeySet::parse(jwks).map_err(|error| Refused::invalid("jwks", error))?;
    if keys.is_empty() {
        let why = "holds no key that can be used: send public keys of the curve P-256 (ES256) or Ed25519 (EdDSA)";
        return Err(Refused::invalid("jwks", why));
    }
    Ok(keys)
}

/// Addresses that browsers may be sent back to.
pub(super) fn redirect_uris(all: &[String]) -> Result<(), Refused> {
    if all.len() > REDIRECTS_MAX {
        return Err(Refused::invalid("redirect_uris", format!("a delegate has at most {REDIRECTS_MAX}")));
    }
    all.iter().try_for_each(|one| redirect_uri(one))
}

/// Where a browser may be sent back to: over https, or to the same machine, and without a fragment.
fn redirect_uri(text: &str) -> Result<(), Refused> {
    let address = Address::parse(text).map_err(|error| Refused::invalid("redirect_uris", error))?;
    let origin = address.origin();
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let is_here = ["127.0.0.1", "[::1]"].iter().any(|here| host == *here || host.starts_with(&format!("{here}:")));
    let safe = origin.starts_with("https://") || is_here;
    let query = text.split_once('?').map_or("", |(_, query)| query);
    if let Some((name, _)) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| ANSWERS.contains(&&**name)) {
        let why = format!("has `{name}` in its query, which the answer says: send a browser back without it");
        return Err(Refused::invalid("redirect_uris", why));
    }
    if safe && !text.contains('#') && text.len() <= ADDRESS_MAX {
        return Ok(());
    }
    let why = "must be https, or http on 127.0.0.1 or [::1], and have no fragment";
    Err(Refused::invalid("redirect_uris", why))
}
