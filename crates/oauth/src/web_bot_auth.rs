//! Requests that agents sign and that nobody vouches for (Web Bot Auth, draft-ietf-webbotauth-httpsig-protocol-01, a
//! profile of HTTP Message Signatures, RFC 9421): what one says of who signed it, and whether a key did.
//!
//! A signature names the address at which its agent has its keys. Only a key that was read there shows that the request
//! is that agent's; what that authorises is nothing.

mod agent;
mod base;
mod bounds;
mod error;
mod request;

pub use agent::AgentUrl;
pub use bounds::{ACCEPT_SIGNATURE, DIRECTORY, DIRECTORY_TYPES, LIFETIME_MAX_S, SIGNATURE_INPUT, SKEW_S, TAG};
pub use error::SignatureError;
pub use request::SignedRequest;

use crate::{
    jwk::{Algorithm, KeySet},
    jws::is_plain,
};
use base::Components;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bounds::{NONCE_MAX, SIGNATURE};
use sfv::{BareItem, FieldType as _, InnerList, ListEntry};

/// A key of RFC 9421 whose private half everybody knows (appendix B.1.4), by its thumbprint.
const TEST_KEY: &str = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";

/// What an agent signed, as it came: nothing of it is true before a key is found to have signed it.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Where the agent has its keys, by which it is known.
    pub agent: AgentUrl,
    /// The thumbprint of the key that is said to have signed.
    pub key: String,
    /// What makes this request another than all others, where the agent said so.
    pub nonce: Option<String>,
    /// From when on it counts no more, in milliseconds since 1970.
    pub until_ms: i64,
    algorithm: Option<Algorithm>,
    base: String,
    signature: String,
}

/// Whether a request says that an agent signed it: of what says so, nothing is read yet.
pub fn is_signed<'a>(mut inputs: impl Iterator<Item = &'a [u8]>) -> bool {
    inputs.any(|input| input.windows(TAG.len()).any(|part| part == TAG.as_bytes()))
}

/// Reads what an agent signed. Of several signatures that are tagged so the last counts: whoever signed last sent it.
///
/// # Errors
/// With what is wrong with it first.
pub fn read(request: &SignedRequest<'_>, now_ms: i64) -> Result<Signed, SignatureError> {
    let inputs = request.dictionary(SIGNATURE_INPUT)?;
    let tagged = inputs.iter().rev().find_map(|(label, entry)| match entry {
        ListEntry::InnerList(list) if text(list, "tag") == Some(TAG) => Some((label.as_str(), list)),
        _ => None,
    });
    let (label, input) = tagged.ok_or(SignatureError::Untagged)?;
    let signatures = request.dictionary(SIGNATURE)?;
    let signature = match signatures.get(label) {
        Some(ListEntry::Item(item)) => item.bare_item.as_byte_sequence(),
        _ => None,
    };
    let signature = URL_SAFE_NO_PAD.encode(signature.ok_or(SignatureError::Unpaired)?);
    let algorithm = match text(input, "alg") {
        None if input.params.contains_key("alg") => return Err(SignatureError::Algorithm),
        None => None,
        Some("ed25519") => Some(Algorithm::EdDsa),
        Some("ecdsa-p256-sha256") => Some(Algorithm::Es256),
        Some(_) => return Err(SignatureError::Algorithm),
    };
    let key = text(input, "keyid").ok_or(SignatureError::Parameter("keyid"))?;
    if key.len() != TEST_KEY.len() || URL_SAFE_NO_PAD.decode(key).is_err() {
        return Err(SignatureError::KeyId);
    }
    let nonce = match (input.params.get("nonce"), text(input, "nonce")) {
        (None, _) => None,
        (_, Some(nonce)) if is_plain(nonce, NONCE_MAX) => Some(nonce.to_owned()),
        _ => return Err(SignatureError::Nonce),
    };
    let until_ms = valid_until(input, now_ms)?;
    let components = Components::read(request, input)?;
    let agent = agent::named(request, label, &components)?;
    let parameters = vec![ListEntry::InnerList(input.clone())].serialize();
    let base = components.base(&parameters.ok_or(SignatureError::Header(SIGNATURE_INPUT.to_owned()))?);
    Ok(Signed { agent, key: key.to_owned(), nonce, until_ms, algorithm, base, signature })
}

/// A parameter that is a text.
fn text<'a>(of: &'a InnerList, name: &str) -> Option<&'a str> {
    of.params.get(name)?.as_string().map(|text| text.as_str())
}

/// Until when a signature counts, which it does now, and for a bounded time.
fn valid_until(input: &InnerList, now_ms: i64) -> Result<i64, SignatureError> {
    let moment = |name| {
        let moment = input.params.get(name).and_then(BareItem::as_integer).map(i64::from);
        moment.ok_or(SignatureError::Parameter(name))
    };
    let (created, expires) = (moment("created")?, moment("expires")?);
    if !(1..=LIFETIME_MAX_S).contains(&expires.saturating_sub(created)) {
        return Err(SignatureError::Lifetime);
    }
    let ms = |seconds: i64| seconds.saturating_mul(1_000);
    if ms(created.saturating_sub(SKEW_S)) > now_ms {
        return Err(SignatureError::Ahead);
    }
    let until_ms = ms(expires.saturating_add(SKEW_S));
    if until_ms <= now_ms {
        return Err(SignatureError::Expired);
    }
    Ok(until_ms)
}

impl Signed {
    /// Whether a key of these, which were read where the agent has them, signed it.
    ///
    /// # Errors
    /// When the key is not there, is one that everybody has, or did not sign it.
    pub fn is_by(&self, keys: &KeySet) -> Result<(), SignatureError> {
        let key = keys.keys().iter().find(|key| key.thumbprint() == self.key).ok_or(SignatureError::UnknownKey)?;
        if self.key == TEST_KEY {
            return Err(SignatureError::TestKey);
        }
        self.is_signed_by(key)
    }

    fn is_signed_by(&self, key: &crate::jwk::PublicKey) -> Result<(), SignatureError> {
        if self.algorithm.is_some_and(|algorithm| algorithm != key.algorithm()) {
            return Err(SignatureError::Algorithm);
        }
        let signed = key.verifies(&self.signature, self.base.as_bytes());
        if signed { Ok(()) } else { Err(SignatureError::Signature) }
    }
}

#[cfg(test)]
mod tests;
