//! Signatures of Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA-256 over `{id}.{timestamp}.{body}`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;

/// How far a timestamp may be from now, in seconds.
pub const TOLERANCE_SECONDS: i64 = 5 * 60;
/// The header with the message's id.
pub const ID: &str = "webhook-id";
/// The header with the time of sending, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures, separated by spaces.
pub const SIGNATURE: &str = "webhook-signature";

/// A secret that both sides know. Its `Debug` output does not show it.
#[derive(Clone)]
pub struct SigningSecret(Hmac<Sha256>);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

/// Why a text is no signing secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing secret is whsec_ and the base64 of 24 to 64 bytes")]
pub struct SecretError;

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// Sent too long ago, or in the future.
    #[error("the timestamp is more than five minutes away: an old message sent again, or a wrong clock")]
    Time,
    /// None of the signatures is right.
    #[error("no signature fits: another secret, or the message was changed")]
    Signature,
}

impl SigningSecret {
    /// Reads `whsec_…`.
    ///
    /// # Errors
    /// When the prefix is missing, the rest is not base64, or the key is too short or too long.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let key = STANDARD.decode(text.strip_prefix("whsec_").ok_or(SecretError)?).map_err(|_| SecretError)?;
        if !(24..=64).contains(&key.len()) {
            return Err(SecretError);
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| SecretError)
    }

    fn over(&self, id: &str, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        mac
    }
}

/// The value of the header [`SIGNATURE`] for a message sent at `timestamp` (seconds since 1970).
#[must_use]
pub fn sign(secret: &SigningSecret, id: &str, timestamp: i64, body: &[u8]) -> String {
    format!("v1,{}", STANDARD.encode(secret.over(id, timestamp, body).finalize().into_bytes()))
}

/// Whether one of `signatures` (the header's value) is right for the message and it was sent about `now` (seconds
/// since 1970). Signatures of other versions are passed over. Compares in constant time.
///
/// # Errors
/// When the message is not to be believed.
pub fn verify(
    secret: &SigningSecret,
    id: &str,
    timestamp: i64,
    body: &[u8],
    signatures: &str,
    now: i64,
) -> Result<(), Unverified> {
    if now.abs_diff(timestamp) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(Unverified::Time);
    }
    let mac = secret.over(id, timestamp, body);
    let fits = |signature: &str| {
        let tag = signature.strip_prefix("v1,").and_then(|tag| STANDARD.decode(tag).ok());
        tag.is_some_and(|tag| mac.clone().verify_slice(&tag).is_ok())
    };
    if signatures.split(' ').any(fits) { Ok(()) } else { Err(Unverified::Signature) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    /// From the tests of the libraries that the standard's authors publish.
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret() -> SigningSecret {
        SigningSecret::parse(SECRET).unwrap()
    }

    #[test]
    fn the_standards_own_vector() {
        assert_eq!(sign(&secret(), ID, AT, BODY), SIGNED);
    }

    #[test]
    fn only_the_same_message_at_about_the_same_time_is_believed() {
        let other = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=";
        let many = format!("{other} v2,AAAA v1a,AAAA {SIGNED} {other}");
        let check = |id, at, body, signatures: &str, now, wanted| {
            assert_eq!(verify(&secret(), id, at, body, signatures, now), wanted, "{id} {at} {signatures} {now}");
        };
        check(ID, AT, BODY, SIGNED, AT, Ok(()));
        check(ID, AT, BODY, SIGNED, AT + 300, Ok(()));
        check(ID, AT, BODY, SIGNED, AT - 300, Ok(()));
        check(ID, AT, BODY, &many, AT, Ok(()));
        check(ID, AT, BODY, SIGNED, AT + 301, Err(Unverified::Time));
        check(ID, AT, BODY, SIGNED, AT - 301, Err(Unverified::Time));
        check(ID, i64::MIN, BODY, SIGNED, i64::MAX, Err(Unverified::Time));
        check(ID, AT + 1, BODY, SIGNED, AT, Err(Unverified::Signature));
        check("msg_other", AT, BODY, SIGNED, AT, Err(Unverified::Signature));
        check(ID, AT, b"{}", SIGNED, AT, Err(Unverified::Signature));
        for signatures in ["", "v1,", "v1", other, &SIGNED[3..], &SIGNED[..20], &SIGNED.replace("v1", "v2")] {
            check(ID, AT, BODY, signatures, AT, Err(Unverified::Signature));
        }
    }

    #[test]
    fn a_secret_has_a_form_and_does_not_show() {
        for text in ["", "whsec_", "whsec_AAAA", "whsec_!!!", &SECRET[6..], &format!("whsec_{}", "A".repeat(88))] {
            assert_eq!(SigningSecret::parse(text).err(), Some(SecretError), "{text}");
        }
        assert_eq!(format!("{:?}", secret()), "SigningSecret(…)");
    }
}
