//! Values of fields and facts as they are sent, the source under which a caller says them, and what they are by the
//! bundle's declarations.

use crate::{Caller, Governance, caller::principal::Principal, refused::Refused};
use remit_domain::{decision::ResponderKind, field::FieldValue, id::FieldName};
use remit_policy::bundle::FieldSpec;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::{collections::BTreeMap, fmt};

/// Values by field, as they are sent.
pub type Sent = BTreeMap<String, Json>;

/// Reads values in which each is named once: of two of one name nobody can tell which was meant.
pub(crate) fn once<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sent, D::Error> {
    deserializer.deserialize_map(Once)
}

/// The same where there may be none.
pub(crate) fn once_if<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Sent>, D::Error> {
    once(deserializer).map(Some)
}

struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = Sent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a value for each name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sent, A::Error> {
        let mut sent = Sent::new();
        while let Some((name, value)) = map.next_entry::<String, Json>()? {
            if sent.contains_key(&name) {
                let name: String = name.chars().take(64).collect();
                return Err(A::Error::custom(format!("{name:?} is named twice; name it once")));
            }
            sent.insert(name, value);
        }
        Ok(sent)
    }
}

/// What values are of, as requests call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// A case: its fields.
    Case,
    /// A customer: what is known of them.
    Customer,
}

impl Of {
    /// The member of a request that has them, what one of them is, and what whoever sends it does with it.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Case => ("fields", "field", "set"),
            Self::Customer => ("facts", "fact", "said"),
        }
    }
}

/// Values that were read, of one source; none of one that is taken away.
#[derive(Debug, Clone)]
pub(crate) struct SaidValues {
    pub(crate) values: BTreeMap<FieldName, Option<FieldValue>>,
    pub(crate) source: SmolStr,
}

/// Reads values that are sent, by the declarations of which they are.
///
/// # Errors
/// `Invalid` where one is not declared, does not fit, or is not that source's to say.
pub(crate) fn read(declared: &[FieldSpec], of: Of, source: SmolStr, sent: &Sent) -> Result<SaidValues, Refused> {
    let (member, _, done) = of.words();
    let mut values = BTreeMap::new();
    for (name, value) in sent {
        let spec = declared.iter().find(|spec| spec.name.as_str() == name);
        let spec = spec.ok_or_else(|| unknown(member, declared, of, name))?;
        if !spec.is_set_by(&source) {
            let detail = format!("`{name}` is {done} by {}, and not by `{source}`", spec.sources.join(", "));
            return Err(Refused::invalid(member, detail));
        }
        let value = match value {
            Json::Null => None,
            value => Some(spec.read(value).map_err(|error| Refused::invalid(member, error))?),
        };
        values.insert(spec.name.clone(), value);
    }
    Ok(SaidValues { values, source })
}

/// That the bundle declares no such field or fact, as `member` of a request names one.
pub(crate) fn unknown(member: &str, declared: &[FieldSpec], of: Of, name: &str) -> Refused {
    let (_, one, _) = of.words();
    let name: String = name.chars().take(64).collect();
    let known: Vec<&str> = declared.iter().map(|spec| spec.name.as_str()).collect();
    let known = if known.is_empty() { "it declares none".to_owned() } else { format!("it has {}", known.join(", ")) };
    Refused::invalid(member, format!("the bundle declares no {one} {name:?}: {known}"))
}

/// The source under which a caller says what a case is about.
pub(crate) fn source_of(governance: &Governance, caller: &Caller, field: &str) -> Result<SmolStr, Refused> {
    match (&caller.source, &caller.principal) {
        (Some(source), _) => Ok(source.clone()),
        (None, Principal::Responder(_)) if is_ai(governance, caller) => Ok(SmolStr::new_static("ai")),
        (None, Principal::Staff { .. } | Principal::Person(_) | Principal::Responder(_)) => {
            Ok(SmolStr::new_static("staff"))
        }
        (None, _) => {
            Err(Refused::invalid(field, "this token has no source; make one with `remit token create --source NAME`"))
        }
    }
}

/// Whether it is an AI responder: who writes for a queue is one of its people.
pub(crate) fn is_ai(governance: &Governance, caller: &Caller) -> bool {
    let Principal::Responder(name) = &caller.principal else { return false };
    let mut known = governance.bundle.candidates().iter();
    known.all(|spec| spec.responder.as_str() != name || spec.kind == ResponderKind::Ai)
}
