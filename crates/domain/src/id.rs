//! Typed identifiers: a prefix that says what is named, and a ULID or a name chosen by the bundle.

use serde::{Deserialize, Serialize, Serializer};
use smol_str::SmolStr;
use std::{fmt, str::FromStr};
use ulid::Ulid;

/// Why a text is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct IdError {
    /// The text, cut to 64 characters.
    pub text: String,
    /// What was expected, in words.
    pub expected: &'static str,
}

impl IdError {
    fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.chars().take(64).collect(), expected }
    }
}

macro_rules! ulid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Ulid);

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                // The letters of Crockford's Base32.
                crate::schema::text(concat!("^", $prefix, "[0-9A-HJKMNP-TV-Z]{26}$"), $expected)
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::ToSchema for $name {}

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl $name {
            /// The next identifier of this kind.
            pub fn next(ids: &mut Ids) -> Self {
                Self(ids.next())
            }

            /// The first identifier that could be made at a moment: all that were made before it sort before.
            pub fn first_at(at: Timestamp) -> Self {
                let latest = (1 << Ulid::TIME_BITS) - 1;
                Self(Ulid::from_parts(u64::try_from(at.0).unwrap_or(0).min(latest), 0))
            }

            /// Milliseconds since the Unix epoch at which the identifier was made.
            pub fn made_at(&self) -> Timestamp {
                Timestamp(i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut buffer = [0u8; ulid::ULID_LEN];
                f.write_str($prefix)?;
                f.write_str(self.0.array_to_str(&mut buffer))
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let rest = text.strip_prefix($prefix).ok_or_else(|| IdError::new(text, $expected))?;
                let ulid = Ulid::from_string(rest).map_err(|_| IdError::new(text, $expected))?;
                let id = Self(ulid);
                // One spelling only, so that an identifier compares equal wherever it appears.
                if id.to_string() == text { Ok(id) } else { Err(IdError::new(text, $expected)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }
    };
}

ulid_id!(
    /// One customer request, from opened to closed.
    CaseId, "cas_", "a case id (`cas_` and 26 characters)"
);
ulid_id!(
    /// One message on a case.
    MessageId, "msg_", "a message id (`msg_` and 26 characters)"
);
ulid_id!(
    /// The record of one evaluation at a decision point.
    DecisionId, "dec_", "a decision id (`dec_` and 26 characters)"
);
ulid_id!(
    /// Work that left the standard path.
    ExceptionId, "exc_", "an exception id (`exc_` and 26 characters)"
);
ulid_id!(
    /// A queue's proposal of a case to one member of staff.
    OfferId, "ofr_", "an offer id (`ofr_` and 26 characters)"
);

ulid_id!(
    /// A request for an action.
    RequestId, "req_", "a request id (`req_` and 26 characters)"
);

ulid_id!(
    /// A reconciliation of requests with a back office's statement.
    ReconciliationId, "rec_", "a reconciliation id (`rec_` and 26 characters)"
);

ulid_id!(
    /// A proposal of another level to plan capacity on.
    BaselineProposalId, "pro_", "a proposal id (`pro_` and 26 characters)"
);

ulid_id!(
    /// A customer's own AI agent.
    DelegateId, "dlg_", "a delegate id (`dlg_` and 26 characters)"
);

ulid_id!(
    /// A customer's consented, limited and revocable grant to a delegate.
    DelegationId, "dgn_", "a delegation id (`dgn_` and 26 characters)"
);

ulid_id!(
    /// An identity provider whose word is taken for customers.
    IssuerId, "iss_", "an issuer id (`iss_` and 26 characters)"
);

ulid_id!(
    /// A question to another queue, whose advice is asked for.
    ConsultId, "con_", "a consult id (`con_` and 26 characters)"
);

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "SmolStr")]
        pub struct $name(SmolStr);

        #[cfg(feature = "schema")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::schema::text("^[a-z][a-z0-9_.-]{0,63}$", $expected)
            }
        }

        #[cfg(feature = "schema")]
        impl utoipa::ToSchema for $name {}

        impl $name {
            /// The name: 1 to 64 of `a-z 0-9 _ - .`, starting with a letter.
            pub fn new(text: &str) -> Result<Self, IdError> {
                if is_name(text) { Ok(Self(text.into())) } else { Err(IdError::new(text, $expected)) }
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<SmolStr> for $name {
            type Error = IdError;
            fn try_from(text: SmolStr) -> Result<Self, IdError> {
                if is_name(&text) { Ok(Self(text)) } else { Err(IdError::new(&text, $expected)) }
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name_id!(
    /// A responder of the bundle: an AI responder or a queue.
    ResponderId, "a responder's name (a letter, then up to 63 of a-z 0-9 _ - .)"
);
name_id!(
    /// A person who works in queues.
    StaffId, "a staff member's name (a letter, then up to 63 of a-z 0-9 _ - .)"
);
name_id!(
    /// A named person or team of the bundle that answers for something.
    OwnerId, "an owner's name (a letter, then up to 63 of a-z 0-9 _ - .)"
);
name_id!(
    /// A signal: a thing that can be measured about a case.
    SignalName, "a signal's name (a letter, then up to 63 of a-z 0-9 _ - .)"
);
name_id!(
    /// A field of cases, or a fact of customers.
    FieldName, "a field's name (a letter, then up to 63 of a-z 0-9 _ - .)"
);
name_id!(
    /// An action of the bundle's catalogue.
    ActionName, "an action's name (a letter, then up to 63 of a-z 0-9 _ - .)"
);
name_id!(
    /// A way of wrapping a case up, of those that the bundle lists.
    Disposition, "a disposition's name (a letter, then up to 63 of a-z 0-9 _ - .)"
);
name_id!(
    /// Somebody else who is waited for: a courier, another company.
    PartyName, "a third party's name (a letter, then up to 63 of a-z 0-9 _ - .)"
);
name_id!(
    /// A policy's `@id`.
    PolicyId, "a policy's id (a letter, then up to 63 of a-z 0-9 _ - .)"
);

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    text.len() <= 64
        && bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'))
}

/// The pseudonym under which a customer appears in records; the name itself is kept apart and can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct CustomerId(std::sync::Arc<str>);

impl CustomerId {
    /// `cus_` and 32 hexadecimal digits, from a keyed hash of the customer's own identifier.
    pub fn from_digest(digest: [u8; 16]) -> Self {
        Self(format!("cus_{:032x}", u128::from_be_bytes(digest)).into())
    }

    /// The pseudonym as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CustomerId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        let hex = text.strip_prefix("cus_").unwrap_or_default();
        if hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::new(&text, "a customer id (`cus_` and 32 hexadecimal digits)"))
        }
    }
}

/// A SHA-256 digest written as 64 hexadecimal digits; names a bundle by its content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest(std::sync::Arc<str>);

impl Digest {
    /// From the 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        use fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text.into())
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Digest {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        if text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::new(&text, "a digest (64 hexadecimal digits)"))
        }
    }
}

/// A moment, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment plus `ms` milliseconds, stopping at the ends of the range.
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; never negative.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }
}

/// Where new identifiers come from: a moment and a random start, both handed in, so that runs replay.
#[derive(Debug, Clone)]
pub struct Ids {
    at_ms: u64,
    random: u128,
}

impl Ids {
    /// Identifiers made at `at`, counting up from `random` (80 bits are used).
    pub fn new(at: Timestamp, random: u128) -> Self {
        Self { at_ms: u64::try_from(at.0).unwrap_or(0), random }
    }

    fn next(&mut self) -> Ulid {
        let ulid = Ulid::from_parts(self.at_ms, self.random);
        self.random = self.random.wrapping_add(1);
        ulid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_read_back_and_have_one_spelling() {
        let mut ids = Ids::new(Timestamp(1_700_000_000_000), 7);
        let id = CaseId::next(&mut ids);
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(id.made_at(), Timestamp(1_700_000_000_000));
        for wrong in ["", "cas_", &text.to_lowercase(), &text.replace("cas_", "dec_"), &format!("{text}0")] {
            assert!(wrong.parse::<CaseId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_bounded() {
        for (text, good) in [("cards-ai", true), ("", false), ("A", false), ("1a", false), ("a b", false)] {
            assert_eq!(ResponderId::new(text).is_ok(), good, "{text}");
        }
        assert!(ResponderId::new(&"a".repeat(65)).is_err());
    }
}
