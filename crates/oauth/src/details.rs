//! What a delegate is granted, in detail (RFC 9396): `authorization_details` of the one type `support_delegation`.
//!
//! What is not known is refused by name and never passed over: a limit that is not understood would be one that does
//! not hold.

use crate::error::{ErrorCode, OAuthError, of_json, quoted};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, de::DeserializeOwned};
use std::fmt;

/// The name of the one type.
pub const TYPE: &str = "support_delegation";
/// Longest text that is read, in bytes.
pub const DETAILS_BYTES_MAX: usize = 16_384;
/// Most details in one request.
pub const DETAILS_MAX: usize = 8;
/// Most actions in one detail.
pub const ACTIONS_MAX: usize = 32;
/// Longest name of an action, and longest identifier, in bytes.
const NAME_MAX: usize = 64;
/// Largest number: larger ones cannot be told apart in every JSON reader.
const NUMBER_MAX: u64 = (1 << 53) - 1;
/// Longest window, in hours: a leap year.
const WINDOW_HOURS_MAX: u32 = 8_784;

/// The type of a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// What a customer lets a delegate do with their support.
    SupportDelegation,
}

/// What is granted, or asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// Of which type it is.
    pub r#type: Type,
    /// Which delegation (`dgn_…`), where it is of one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "said")]
    pub identifier: Option<String>,
    /// What may be done: `refund.request`; all that the delegation names where it is left out, nothing where it is
    /// empty.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "listed")]
    pub actions: Option<Vec<String>>,
    /// Up to where.
    #[serde(default, skip_serializing_if = "Constraints::is_none")]
    pub constraints: Constraints,
}

/// Limits, each of which holds where it is said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraints {
    /// The most that one action may move.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "said")]
    pub max_amount: Option<Amount>,
    /// The most that all together may.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "said")]
    pub max_total: Option<Amount>,
    /// How many actions there may be.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "said")]
    pub max_count: Option<u32>,
    /// In how many hours `max_total` and `max_count` count; where it is not said, in all the time.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "said")]
    pub window_hours: Option<u32>,
    /// Until when, in milliseconds since 1970; sent as RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "moment")]
    pub not_after: Option<i64>,
}

impl Constraints {
    /// Whether nothing is limited.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// ISO 4217.
    pub currency: String,
    /// How many minor units: cents, not dollars.
    pub minor: u64,
}

/// Why details are not taken: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("authorization_details{at}: {what}")]
pub struct DetailsError {
    at: String,
    what: String,
}

impl DetailsError {
    fn new(at: impl fmt::Display, what: impl fmt::Display) -> Self {
        Self { at: at.to_string(), what: what.to_string() }
    }
}

impl From<DetailsError> for OAuthError {
    fn from(error: DetailsError) -> Self {
        Self::new(ErrorCode::InvalidAuthorizationDetails, error)
    }
}

/// Reads the parameter `authorization_details` of a request.
///
/// # Errors
/// When it is no list of such details, or anything in it is not known, named twice, of another type or beyond its
/// bound: says where, and what there may be.
pub fn parse(text: &str) -> Result<Vec<Detail>, DetailsError> {
    if text.len() > DETAILS_BYTES_MAX {
        return Err(DetailsError::new("", format!("it has more than {DETAILS_BYTES_MAX} bytes")));
    }
    let details: Vec<Detail> = read(text)?;
    check(&details)?;
    Ok(details)
}

/// Whether details are within their bounds, wherever they came from.
///
/// # Errors
/// With the first that is not.
pub fn check(details: &[Detail]) -> Result<(), DetailsError> {
    if details.is_empty() || details.len() > DETAILS_MAX {
        return Err(DetailsError::new("", format!("send 1 to {DETAILS_MAX} of them in a list")));
    }
    details.iter().enumerate().try_for_each(|(at, detail)| detail.check(at))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, DetailsError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let at = if path == "." { String::new() } else { path };
        DetailsError::new(at, of_json(error.inner()))
    })?;
    reader.end().map_err(|error| DetailsError::new("", of_json(&error)))?;
    Ok(read)
}

impl Detail {
    fn check(&self, at: usize) -> Result<(), DetailsError> {
        let wrong = |member: &str, what: String| Err(DetailsError::new(format_args!("[{at}].{member}"), what));
        if self.identifier.as_ref().is_some_and(|identifier| !is_identifier(identifier)) {
            return wrong("identifier", format!("1 to {NAME_MAX} of a-z A-Z 0-9 _ -"));
        }
        let actions = self.actions.as_deref().unwrap_or_default();
        let names_none = self.actions.is_some() && actions.is_empty() && self.identifier.is_none();
        if names_none || actions.len() > ACTIONS_MAX {
            return wrong(
                "actions",
                format!("name 1 to {ACTIONS_MAX} actions, leave it out, or name a delegation by its identifier"),
            );
        }
        for (n, action) in actions.iter().enumerate() {
            if !is_action(action) {
                let form = "is no name of an action: a letter, then up to 63 of a-z 0-9 . _ -";
                return wrong("actions", format!("{} {form}", quoted(action)));
            }
            if actions.iter().take(n).any(|earlier| earlier == action) {
                return wrong("actions", format!("{} is named twice", quoted(action)));
            }
        }
        let Constraints { max_amount, max_total, max_count, window_hours, not_after: _ } = &self.constraints;
        for (name, amount) in [("max_amount", max_amount), ("max_total", max_total)] {
            if let Some(what) = amount.as_ref().and_then(Amount::fault) {
                return wrong(&format!("constraints.{name}"), what);
            }
        }
        if *max_count == Some(0) {
            return wrong("constraints.max_count", "at least 1; to let nothing be done, ask for nothing".into());
        }
        if window_hours.is_some_and(|hours| !(1..=WINDOW_HOURS_MAX).contains(&hours)) {
            return wrong("constraints.window_hours", format!("1 to {WINDOW_HOURS_MAX} hours"));
        }
        if window_hours.is_some() && max_count.is_none() && max_total.is_none() {
            return wrong("constraints.window_hours", "needs max_count or max_total, which count within it".into());
        }
        Ok(())
    }
}

impl Amount {
    fn fault(&self) -> Option<String> {
        if self.currency.len() != 3 || !self.currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Some(format!("currency {} is no code of three capital letters", quoted(&self.currency)));
        }
        let fits = (1..=NUMBER_MAX).contains(&self.minor);
        (!fits).then(|| format!("minor has to be a whole number of minor units, 1 to {NUMBER_MAX}"))
    }
}

fn is_identifier(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=NAME_MAX).contains(&text.len()) && text.bytes().all(known)
}

fn is_action(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    text.len() <= NAME_MAX && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(known)
}

/// What is said: `null` says nothing, and is no limit that is left out.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A list that is not read further than it may be long.
fn listed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let list = Vec::<String>::deserialize(deserializer)?;
    if list.len() > ACTIONS_MAX {
        return Err(de::Error::custom(format!("at most {ACTIONS_MAX} actions")));
    }
    Ok(Some(list))
}

/// Moments, sent as RFC 3339.
mod moment {
    use super::{Deserialize, Deserializer, Serializer, Timestamp, de};

    pub(super) fn serialize<S: Serializer>(at: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
        match at.map(Timestamp::from_millisecond) {
            None => serializer.serialize_none(),
            Some(Ok(at)) => serializer.collect_str(&at),
            Some(Err(_)) => Err(serde::ser::Error::custom("a moment beyond the year 9999")),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let at: Timestamp =
            text.parse().map_err(|_| de::Error::custom("a moment has to be such as 2027-01-31T18:00:00Z"))?;
        Ok(Some(at.as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn whole() -> Value {
        json!([{
            "type": "support_delegation", "identifier": "dgn_1", "actions": ["refund.request", "case.open"],
            "constraints": {
                "max_amount": { "currency": "USD", "minor": 5000 }, "max_total": { "currency": "USD", "minor": 9000 },
                "max_count": 2, "window_hours": 24, "not_after": "2026-12-31T18:00:00Z",
            },
        }])
    }

    #[test]
    fn details_are_read_and_written_alike() {
        let details = parse(&whole().to_string()).unwrap();
        assert_eq!(details[0].constraints.not_after, Some(1_798_740_000_000));
        assert_eq!(details[0].constraints.max_amount.as_ref().unwrap().minor, 5_000);
        assert_eq!(serde_json::to_value(&details).unwrap(), whole());
        let least = json!([{ "type": "support_delegation", "actions": ["ask"] }]);
        let details = parse(&least.to_string()).unwrap();
        assert!(details[0].constraints.is_none());
        assert_eq!(serde_json::to_value(&details).unwrap(), least);
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        for (at, value, told) in [
            ("/0/type", json!("payment_initiation"), "payment_initiation"),
            ("/0/type", json!(7), "type"),
            ("/0/locations", json!(["https://a.example"]), "unknown field `locations`"),
            (
                "/0/constraints/max_speed",
                json!(3),
                "[0].constraints.max_speed: unknown field `max_speed`, expected one of",
            ),
            ("/0/constraints/max_amount/decimals", json!(2), "unknown field `decimals`"),
            ("/0/constraints/max_amount/minor", json!(5000.0), "[0].constraints.max_amount.minor"),
            ("/0/constraints/max_amount/minor", json!("5000"), "[0].constraints.max_amount.minor"),
            ("/0/constraints/max_amount/minor", json!(-1), "[0].constraints.max_amount.minor"),
            ("/0/constraints/max_amount/minor", json!(0), "1 to 9007199254740991"),
            ("/0/constraints/max_amount/minor", json!(1_u64 << 53), "1 to 9007199254740991"),
            ("/0/constraints/max_total/currency", json!("usd"), "'usd' is no code"),
            ("/0/constraints/max_total", json!(9000), "[0].constraints.max_total"),
            ("/0/constraints/max_amount", json!(null), "[0].constraints.max_amount"),
            ("/0/constraints/max_count", json!(null), "[0].constraints.max_count"),
            ("/0/constraints/not_after", json!(null), "[0].constraints.not_after"),
            ("/0/actions", json!(null), "[0].actions"),
            ("/0/constraints/max_count", json!(0), "[0].constraints.max_count: at least 1"),
            ("/0/constraints/max_count", json!(true), "[0].constraints.max_count"),
            ("/0/constraints/window_hours", json!(0), "1 to 8784 hours"),
            ("/0/constraints/window_hours", json!(8_785), "1 to 8784 hours"),
            ("/0/constraints/not_after", json!("tomorrow"), "[0].constraints.not_after: a moment has to be"),
            ("/0/constraints/not_after", json!(1_798_740_000), "[0].constraints.not_after"),
            ("/0/identifier", json!("dgn 1"), "[0].identifier: 1 to 64"),
            ("/0/actions", json!(["Refund"]), "'Refund' is no name"),
            ("/0/actions", json!(["ask", "ask"]), "'ask' is named twice"),
            ("/0/actions", json!(vec!["a"; 33]), "[0].actions: at most 32"),
        ] {
            let mut changed = whole();
            let (parent, member) = at.rsplit_once('/').unwrap();
            changed.pointer_mut(parent).unwrap()[member] = value;
            let error = parse(&changed.to_string()).unwrap_err().to_string();
            assert!(error.starts_with("authorization_details") && error.contains(told), "{at}: {error}");
            assert!(!error.contains("column"), "{error}");
            let sent = OAuthError::from(parse(&changed.to_string()).unwrap_err());
            assert_eq!(sent.code(), ErrorCode::InvalidAuthorizationDetails);
        }
    }

    #[test]
    fn what_is_no_list_of_details_is_refused() {
        let many = Value::from(vec![whole()[0].clone(); DETAILS_MAX + 1]).to_string();
        let twice = whole().to_string().replace("\"max_count\":2", "\"max_count\":2,\"max_count\":99");
        let alone = json!([{ "type": "support_delegation", "actions": ["a"], "constraints": { "window_hours": 1 } }]);
        let long = format!("[{}]", " ".repeat(DETAILS_BYTES_MAX));
        for text in ["", "{}", "[]", "null", "[null]", "[[]] ", &many, &twice, &long, &alone.to_string(), "[] []"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&twice).unwrap_err().to_string().contains("duplicate field `max_count`"));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_alike(text in any::<String>(), minor in any::<u64>(), at in any::<i32>()) {
            let _ = parse(&text);
            let mut changed = whole();
            changed[0]["constraints"]["max_total"]["minor"] = minor.into();
            let not_after = Timestamp::from_second(at.into()).unwrap().to_string();
            changed[0]["constraints"]["not_after"] = not_after.into();
            if let Ok(details) = parse(&changed.to_string()) {
                prop_assert_eq!(parse(&serde_json::to_string(&details).unwrap()), Ok(details));
            }
        }
    }
}
