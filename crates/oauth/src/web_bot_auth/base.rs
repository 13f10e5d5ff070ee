//! What a signature covers, as it stands in the request; and what was signed of it (RFC 9421, section 2).

use super::{
    bounds::COMPONENTS_MAX,
    error::SignatureError,
    request::{SignedRequest, dictionary},
};
use crate::error::quoted;
use sfv::{FieldType as _, InnerList, Item, ListEntry};
use std::fmt::Write as _;

/// What is covered.
pub(super) struct Components(Vec<Component>);

/// One of it.
pub(super) struct Component {
    /// As it stands in the signature, with its parameters.
    identifier: String,
    pub(super) name: String,
    /// The member of a dictionary that is meant.
    pub(super) key: Option<String>,
    value: String,
}

impl Components {
    /// What `input` covers of a request: each once, of what can be seen here.
    pub(super) fn read(request: &SignedRequest<'_>, input: &InnerList) -> Result<Self, SignatureError> {
        if input.items.len() > COMPONENTS_MAX {
            return Err(SignatureError::Components);
        }
        let mut all: Vec<Component> = Vec::new();
        for item in &input.items {
            let component = Component::read(request, item)?;
            if all.iter().any(|one| one.identifier == component.identifier) {
                return Err(SignatureError::Components);
            }
            all.push(component);
        }
        if !all.iter().any(|one| ["@authority", "@target-uri"].contains(&&*one.name)) {
            return Err(SignatureError::Target);
        }
        Ok(Self(all))
    }

    /// Those of a header.
    pub(super) fn of(&self, name: &str) -> impl Iterator<Item = &Component> {
        self.0.iter().filter(move |one| one.name == name)
    }

    /// What was signed, where these are the parameters of the signature.
    pub(super) fn base(&self, parameters: &str) -> String {
        let mut base = String::new();
        for Component { identifier, value, .. } in &self.0 {
            let _ = writeln!(base, "{identifier}: {value}");
        }
        let _ = write!(base, "\"@signature-params\": {parameters}");
        base
    }
}

impl Component {
    fn read(request: &SignedRequest<'_>, item: &Item) -> Result<Self, SignatureError> {
        let identifier = item.serialize();
        let untaken = || SignatureError::Component(quoted(&identifier));
        let name = item.bare_item.as_string().ok_or_else(untaken)?.as_str().to_owned();
        let key = match item.params.get_index(0) {
            None => None,
            Some((parameter, key)) if parameter.as_str() == "key" && item.params.len() == 1 => {
                Some(key.as_string().ok_or_else(untaken)?.as_str().to_owned())
            }
            Some(_) => return Err(untaken()),
        };
        let value = match (name.strip_prefix('@'), &key) {
            (Some(derived), None) => derived_value(request, derived).ok_or_else(untaken)?,
            (Some(_), Some(_)) => return Err(untaken()),
            (None, key) => {
                if name.is_empty() || name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    return Err(untaken());
                }
                let absent = || SignatureError::Absent(quoted(&identifier));
                let whole = request.joined(&name)?.ok_or_else(absent)?;
                match key {
                    None => whole,
                    Some(key) => {
                        let members = dictionary(&whole).ok_or_else(|| SignatureError::Header(quoted(&name)))?;
                        let member = members.get(key.as_str()).ok_or_else(absent)?.clone();
                        written(member).ok_or_else(absent)?
                    }
                }
            }
        };
        // Else a value could pass for further lines of what was signed.
        if value.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(untaken());
        }
        Ok(Self { identifier, name, key, value })
    }
}

/// A member of a dictionary in its one spelling.
fn written(member: ListEntry) -> Option<String> {
    match member {
        ListEntry::Item(item) => Some(item.serialize()),
        list @ ListEntry::InnerList(_) => vec![list].serialize(),
    }
}

/// What follows from the target of a request (RFC 9421, section 2.2).
fn derived_value(request: &SignedRequest<'_>, name: &str) -> Option<String> {
    let (scheme, authority) = request.origin.split_once("://")?;
    let path = if request.path.is_empty() { "/" } else { request.path };
    let query = || format!("?{}", request.query.unwrap_or_default());
    let target = || format!("{path}{}", request.query.map_or_else(String::new, |_| query()));
    Some(match name {
        "method" => request.method.to_owned(),
        "authority" => authority.to_ascii_lowercase(),
        "scheme" => scheme.to_ascii_lowercase(),
        "path" => path.to_owned(),
        "query" => query(),
        "request-target" => target(),
        "target-uri" => format!("{}{}", request.origin, target()),
        _ => return None,
    })
}
