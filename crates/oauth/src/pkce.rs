//! Code challenges (PKCE, RFC 7636): whoever redeems a code is who asked for it. `S256` alone; `plain` proves nothing
//! once the request was seen.

use crate::error::{ErrorCode, OAuthError};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// The method that is taken.
pub const METHOD: &str = "S256";

/// A challenge, as it is kept with a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

/// Why a challenge or its verifier is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PkceError {
    /// There is no challenge, or one by another method.
    #[error("send code_challenge_method=S256 and a code_challenge: a code without one, or a plain one, is not given")]
    Method,
    /// The challenge is of another form.
    #[error("code_challenge has to be the base64url of a SHA-256, without padding: 43 characters")]
    Challenge,
    /// The verifier is of another form.
    #[error("code_verifier has to be 43 to 128 characters of A-Z a-z 0-9 - . _ ~")]
    Verifier,
    /// The verifier is of another challenge.
    #[error("code_verifier is not the one whose challenge the code was asked for with")]
    Mismatch,
}

impl Challenge {
    /// A challenge, as it comes with a request for a code.
    ///
    /// # Errors
    /// When the method is missing, which means `plain`, or another than `S256`, or the challenge is no hash.
    pub fn parse(challenge: &str, method: Option<&str>) -> Result<Self, PkceError> {
        if method != Some(METHOD) {
            return Err(PkceError::Method);
        }
        let hash = URL_SAFE_NO_PAD.decode(challenge).map_err(|_| PkceError::Challenge)?;
        hash.try_into().map(Self).map_err(|_| PkceError::Challenge)
    }

    /// The challenge of a verifier.
    ///
    /// # Errors
    /// When the verifier is of another form.
    pub fn of(verifier: &str) -> Result<Self, PkceError> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(known) {
            return Err(PkceError::Verifier);
        }
        Ok(Self(Sha256::digest(verifier).into()))
    }

    /// Whether a verifier is this challenge's. Hashes are compared: how long that takes says nothing of the verifier.
    ///
    /// # Errors
    /// When the verifier is of another form or of another challenge.
    pub fn verify(&self, verifier: &str) -> Result<(), PkceError> {
        if Self::of(verifier)? == *self { Ok(()) } else { Err(PkceError::Mismatch) }
    }
}

impl std::fmt::Display for Challenge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl From<PkceError> for OAuthError {
    fn from(error: PkceError) -> Self {
        let code = match error {
            PkceError::Method | PkceError::Challenge | PkceError::Verifier => ErrorCode::InvalidRequest,
            PkceError::Mismatch => ErrorCode::InvalidGrant,
        };
        Self::new(code, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_rfc_7636_holds() {
        let challenge = Challenge::parse(CHALLENGE, Some("S256")).unwrap();
        assert_eq!(challenge.verify(VERIFIER), Ok(()));
        assert_eq!(challenge.to_string(), CHALLENGE);
        assert_eq!(challenge.verify(&VERIFIER.replace('X', "x")), Err(PkceError::Mismatch));
    }

    #[test]
    fn nothing_weaker_is_taken() {
        for method in [None, Some("plain"), Some("s256"), Some("S512")] {
            assert_eq!(Challenge::parse(CHALLENGE, method), Err(PkceError::Method));
        }
        for challenge in ["", "abc", &format!("{CHALLENGE}="), &CHALLENGE[1..], &CHALLENGE.replace('-', "+")] {
            assert_eq!(Challenge::parse(challenge, Some("S256")), Err(PkceError::Challenge), "{challenge}");
        }
        let challenge = Challenge::parse(CHALLENGE, Some("S256")).unwrap();
        for verifier in ["", &VERIFIER[1..], &"a".repeat(129), &format!("{VERIFIER} "), &format!("{VERIFIER}\u{e9}")] {
            assert_eq!(challenge.verify(verifier), Err(PkceError::Verifier), "{verifier}");
        }
        // A challenge is not its own verifier.
        assert_eq!(challenge.verify(CHALLENGE), Err(PkceError::Mismatch));
    }
}
