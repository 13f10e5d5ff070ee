//! Signed texts in compact form (JWS, RFC 7515): read, verified and made, for proofs, assertions and tokens alike.

use crate::{
    error::{of_json, quoted},
    jwk::{Algorithm, PublicKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::{Number, Value};
use std::ops::Deref;

/// Why a signed text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is too long.
    #[error("it has more than {0} bytes")]
    TooLong(usize),
    /// It is no JWS in compact form.
    #[error("it has to be a JWT: three parts in base64url without padding, with dots between")]
    Parts,
    /// Its header is none.
    #[error("its header is no JSON object with alg, or has a member twice or of another type")]
    Header,
    /// It demands to be read in a way that is not known here.
    #[error("its header has crit, and nothing that would have to be understood is: leave it out")]
    Critical,
    /// It is not signed in a way that is taken.
    #[error("alg {0} is not taken: sign with ES256 or EdDSA")]
    Algorithm(String),
    /// Its claims are none, or not those that are needed.
    #[error("its claims cannot be read: {0}")]
    Claims(String),
}

/// A signed text, as it was sent: nothing of it is true before it is verified, and who does that says which algorithms
/// count.
pub(crate) struct Compact<'a> {
    /// By which algorithm it says that it is signed.
    pub(crate) alg: String,
    pub(crate) typ: Option<String>,
    pub(crate) kid: Option<String>,
    pub(crate) jwk: Option<Value>,
    pub(crate) message: &'a str,
    pub(crate) signature: &'a str,
    payload: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    jwk: Option<Value>,
    crit: Option<de::IgnoredAny>,
}

impl<'a> Compact<'a> {
    /// Reads a text of at most so many bytes.
    pub(crate) fn parse(text: &'a str, bytes_max: usize) -> Result<Self, Malformed> {
        if text.len() > bytes_max {
            return Err(Malformed::TooLong(bytes_max));
        }
        let (message, signature) = text.rsplit_once('.').ok_or(Malformed::Parts)?;
        let (header, payload) = message.split_once('.').ok_or(Malformed::Parts)?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed::Parts);
        let (header, payload) = (decoded(header)?, decoded(payload)?);
        decoded(signature)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| Malformed::Header)?;
        if header.crit.is_some() {
            return Err(Malformed::Critical);
        }
        let Header { alg, typ, kid, jwk, .. } = header;
        Ok(Self { alg, typ, kid, jwk, message, signature, payload })
    }

    /// Whether it says that it is of a type (RFC 7515, section 4.1.9): media types know no case.
    pub(crate) fn is_of_type(&self, typ: &str) -> bool {
        self.typ.as_deref().is_some_and(|is| is.eq_ignore_ascii_case(typ))
    }

    /// What it claims. A claim that is named twice is refused.
    pub(crate) fn claims<T: for<'de> Deserialize<'de>>(&self) -> Result<T, Malformed> {
        let mut reader = serde_json::Deserializer::from_slice(&self.payload);
        let claims = serde_path_to_error::deserialize(&mut reader);
        let claims = claims.map_err(|error| match error.path().to_string() {
            path if path == "." => Malformed::Claims(of_json(error.inner())),
            path => Malformed::Claims(format!("{path}: {}", of_json(error.inner()))),
        })?;
        reader.end().map_err(|error| Malformed::Claims(of_json(&error)))?;
        Ok(claims)
    }
}

/// A text that is signed by an algorithm that clients and this server sign with.
pub(crate) struct Jws<'a> {
    pub(crate) algorithm: Algorithm,
    compact: Compact<'a>,
}

impl<'a> Deref for Jws<'a> {
    type Target = Compact<'a>;

    fn deref(&self) -> &Compact<'a> {
        &self.compact
    }
}

impl<'a> Jws<'a> {
    /// Reads a text of at most so many bytes.
    pub(crate) fn parse(text: &'a str, bytes_max: usize) -> Result<Self, Malformed> {
        let compact = Compact::parse(text, bytes_max)?;
        let algorithm = Algorithm::named(&compact.alg).ok_or_else(|| Malformed::Algorithm(quoted(&compact.alg)))?;
        Ok(Self { algorithm, compact })
    }

    /// Whether it was signed by a key, by the algorithm that is the key's.
    pub(crate) fn is_by(&self, key: &PublicKey) -> bool {
        self.algorithm == key.algorithm() && key.verifies(self.signature, self.message.as_bytes())
    }
}

/// A text could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it could not be signed by this key")]
pub struct Unsigned;

/// Signs claims under a header.
pub(crate) fn sign(
    header: &impl Serialize,
    claims: &impl Serialize,
    key: &EncodingKey,
    algorithm: Algorithm,
) -> Result<String, Unsigned> {
    let header = serde_json::to_vec(header).map_err(|_| Unsigned)?;
    let claims = serde_json::to_vec(claims).map_err(|_| Unsigned)?;
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm.of_library());
    Ok(format!("{message}.{}", signature.map_err(|_| Unsigned)?))
}

/// A moment in whole seconds since 1970, whose part of a second is left away (`NumericDate`, RFC 7519).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seconds(pub(crate) i64);

impl Seconds {
    /// Later moments cannot be told apart in every JSON reader.
    const MAX: i64 = 1 << 53;

    pub(crate) fn ms(self) -> i64 {
        self.0.saturating_mul(1_000)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        #[expect(clippy::cast_possible_truncation, reason = "what lies outside of the bounds is refused below")]
        let whole = || number.as_f64().filter(|at| at.is_finite()).map(|at| at.floor() as i64);
        let at = number.as_i64().or_else(whole).filter(|at| (0..Self::MAX).contains(at));
        at.map(Self).ok_or_else(|| de::Error::custom("a moment has to be a number of seconds since 1970"))
    }
}

/// A text, or a list of texts.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// Whether an identifier that a caller made can be kept and compared: short, and printable.
pub fn is_plain(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'!'..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn part(value: &str) -> String {
        URL_SAFE_NO_PAD.encode(value)
    }

    fn refused(text: &str) -> Malformed {
        Jws::parse(text, 1_000).err().unwrap()
    }

    #[test]
    fn what_is_no_signed_text_is_refused() {
        let header = part(r#"{"alg":"ES256"}"#);
        for text in ["", ".", "..", "a.b", &format!("{header}.e30"), &format!("{header}.e30.YQ.YQ"), "\u{e9}.e30.YQ"] {
            assert!(matches!(refused(text), Malformed::Parts | Malformed::Header), "{text}");
        }
        assert_eq!(refused(&format!("{header}=.e30.YQ")), Malformed::Parts);
        assert_eq!(refused(&format!("{header}.e30.Y")), Malformed::Parts);
        assert_eq!(refused(&"a".repeat(1_001)), Malformed::TooLong(1_000));
        for header in ["[]", "{}", r#"{"alg":1}"#, r#"{"alg":"ES256","alg":"none"}"#, r#"{"alg":"ES256","typ":[]}"#] {
            assert_eq!(refused(&format!("{}.e30.YQ", part(header))), Malformed::Header, "{header}");
        }
        let critical = part(r#"{"alg":"ES256","crit":["b64"],"b64":false}"#);
        assert_eq!(refused(&format!("{critical}.e30.YQ")), Malformed::Critical);
        for name in ["none", "None", "HS256", "RS256", "ES384", "ES256K", "", "Ed448"] {
            let header = part(&json!({ "alg": name }).to_string());
            assert_eq!(refused(&format!("{header}.e30.YQ")), Malformed::Algorithm(format!("'{name}'")));
        }
    }

    #[test]
    fn claims_are_told_by_name_where_they_are_wrong() {
        #[derive(Debug, Deserialize)]
        struct Claims {
            iat: Seconds,
        }
        let read = |claims: &str| {
            let text = format!("{}.{}.YQ", part(r#"{"alg":"EdDSA"}"#), part(claims));
            Jws::parse(&text, 1_000).unwrap().claims::<Claims>().map(|claims| claims.iat.0)
        };
        assert_eq!(read(r#"{"iat":7,"other":[]}"#), Ok(7));
        assert_eq!(read(r#"{"iat":7.9}"#), Ok(7));
        for (claims, told) in [
            ("{}", "missing field `iat`"),
            (r#"{"iat":1,"iat":2}"#, "duplicate field"),
            (r#"{"iat":"1"}"#, "iat:"),
            (r#"{"iat":-1}"#, "since 1970"),
            (r#"{"iat":1e300}"#, "since 1970"),
            (r#"{"iat":9007199254740992}"#, "since 1970"),
            (r#"{"iat":1}x"#, "trailing"),
            ("[", "EOF"),
        ] {
            let error = read(claims).unwrap_err().to_string();
            assert!(error.contains(told), "{claims}: {error}");
        }
    }
}
