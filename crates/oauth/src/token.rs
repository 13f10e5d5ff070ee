//! Access tokens (RFC 9068): signed with Ed25519, bound to the key of whoever may send them, and short-lived.

mod keys;

pub use keys::SigningKeys;

use crate::{
    details::{self, Detail, DetailsError},
    error::{ErrorCode, OAuthError},
    jws::Malformed,
};
use serde::{Deserialize, Serialize};

/// The type of access tokens.
pub const TYPE: &str = "at+jwt";
/// What an access token is called where tokens are exchanged (RFC 8693, section 3).
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";
/// What a text that somebody signed is called there.
pub const JWT_TYPE: &str = "urn:ietf:params:oauth:token-type:jwt";
/// Longest access token that is read, in bytes.
pub const TOKEN_MAX: usize = 16_384;
/// Most actors in a chain: who acts now, and those before.
pub const ACTORS_MAX: usize = 4;

/// What an access token says. Moments are in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Who gave it out.
    pub iss: String,
    /// For whom it is.
    pub aud: String,
    /// Who is represented.
    pub sub: String,
    /// The delegate that it was given to.
    pub client_id: String,
    /// What it lets be done, in words with spaces between.
    pub scope: String,
    /// Since when it counts.
    pub iat: i64,
    /// From when on it does not.
    pub exp: i64,
    /// Its own identifier.
    pub jti: String,
    /// The key that whoever sends it has to have.
    pub cnf: Confirmation,
    /// Who acts, and who acted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// What it lets be done, in detail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<Detail>,
}

/// The key that a token is bound to (RFC 7800; RFC 9449, section 6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Its thumbprint.
    pub jkt: String,
}

/// Who acts (RFC 8693, section 4.1). What is within is history, and authorizes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who names the actor, where it is somebody else than who gave the token out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// The actor.
    pub sub: String,
    /// The actor before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<Self>>,
}

impl Actor {
    /// This one, and those before.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |actor| actor.act.as_deref())
    }
}

impl AccessToken {
    /// Whether a scope is among those that it has.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|has| has == scope)
    }

    /// Who acts, and who acted before, from the last to the first.
    pub fn actors(&self) -> impl Iterator<Item = &Actor> {
        self.act.iter().flat_map(Actor::chain)
    }

    /// Whether it is within its bounds, whoever made it.
    fn check(&self) -> Result<(), TokenError> {
        if self.actors().nth(ACTORS_MAX).is_some() {
            return Err(TokenError::Depth);
        }
        if !self.authorization_details.is_empty() {
            details::check(&self.authorization_details)?;
        }
        Ok(())
    }
}

/// Why a token is not taken, or not given out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no signed text.
    #[error("the access token is no JWT that can be read: {0}")]
    Form(#[from] Malformed),
    /// It is a text of another type.
    #[error("the token is no access token: typ is not at+jwt")]
    Type,
    /// Its key is not one of this server's, or no more.
    #[error("the access token is signed by no key of this server's")]
    Key,
    /// The key did not sign it.
    #[error("the access token was changed after it was signed")]
    Signature,
    /// Somebody else gave it out.
    #[error("the access token was given out by somebody else")]
    Issuer,
    /// It is for somebody else.
    #[error("the access token is for another audience")]
    Audience,
    /// It has expired.
    #[error("the access token has expired: ask for another one")]
    Expired,
    /// It does not count yet.
    #[error("the access token does not count yet")]
    NotYet,
    /// The chain of those who act is too long.
    #[error("more than {ACTORS_MAX} have acted one after the other: no token is given on any further")]
    Depth,
    /// What it grants in detail is not known.
    #[error("what the access token grants is not known: {0}")]
    Details(#[from] DetailsError),
    /// It could not be signed.
    #[error("the access token could not be signed")]
    Unsigned,
}

impl From<TokenError> for OAuthError {
    fn from(error: TokenError) -> Self {
        Self::new(ErrorCode::InvalidToken, error)
    }
}

#[cfg(test)]
mod tests;
