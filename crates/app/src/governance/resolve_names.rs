//! Resolves names in requests: those that are given to something, and those that the bundle has to know. One that it
//! does not is refused with those that it does, so that who asks must be permitted before.

use crate::{Governance, refused::Refused};
use remit_domain::{
    id::{OwnerId, ResponderId},
    text::check_name,
};
use remit_policy::bundle::Bundle;

/// So many names are told.
const TOLD: usize = 24;

/// Longest name that is given to something, in characters.
pub(crate) const NAME_MAX: usize = 64;

/// Refuses what can't be shown to people as a name.
pub(crate) fn printable(field: &str, text: &str, max: usize) -> Result<(), Refused> {
    check_name(text, max).map_err(|error| Refused::invalid(field, error))
}

/// The responder of this name.
pub(crate) fn responder_named(governance: &Governance, field: &str, name: &str) -> Result<ResponderId, Refused> {
    let id = ResponderId::new(name).map_err(|error| Refused::invalid(field, error))?;
    let known = governance.bundle.candidates().iter().map(|spec| spec.responder.as_str());
    if governance.bundle.candidate(&id).is_some() { Ok(id) } else { Err(unknown(field, "responder", name, known)) }
}

/// The queue of this name.
pub(crate) fn queue_named(governance: &Governance, field: &str, name: &str) -> Result<ResponderId, Refused> {
    let id = ResponderId::new(name).map_err(|error| Refused::invalid(field, error))?;
    let queues = governance.bundle.candidates().iter().filter(|spec| spec.queue.is_some());
    let known = queues.map(|spec| spec.responder.as_str());
    if known.clone().any(|known| known == name) { Ok(id) } else { Err(unknown(field, "queue", name, known)) }
}

/// Whether the bundle gives this name to a responder: records would not tell a person of that name from it.
pub(crate) fn is_of_responder(bundle: &Bundle, name: &str) -> bool {
    bundle.candidates().iter().any(|spec| spec.responder.as_str() == name)
}

/// Refuses a name for a person that the bundle in force gives to a responder.
pub(crate) fn persons_name(governance: &Governance, field: &str, name: &str) -> Result<(), Refused> {
    if !is_of_responder(&governance.bundle, name) {
        return Ok(());
    }
    let why = format!("`{name}` is a responder of the bundle in force, which records call so; take another name");
    Err(Refused::invalid(field, why))
}

/// The owner of this name.
pub(crate) fn owner_named(governance: &Governance, field: &str, name: &str) -> Result<OwnerId, Refused> {
    let id = OwnerId::new(name).map_err(|error| Refused::invalid(field, error))?;
    if governance.bundle.has_owner(name) {
        Ok(id)
    } else {
        Err(unknown(field, "owner", name, governance.bundle.owners()))
    }
}

/// Whether the bundle knows `name` among these.
pub(crate) fn among<'a>(
    field: &str,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), Refused> {
    if known.clone().any(|known| known == name) { Ok(()) } else { Err(unknown(field, what, name, known)) }
}

fn unknown<'a>(field: &str, what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Refused {
    Refused::invalid(field, format!("the bundle has no {what} `{name}`; it has {}", listed(known)))
}

/// Some of these names, and how many more there are.
pub(crate) fn listed<'a>(known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.collect();
    if known.is_empty() {
        return "none".to_owned();
    }
    let more = known.len().saturating_sub(TOLD);
    known.truncate(TOLD);
    known.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_is_told_and_not_without_end() {
        let names: Vec<String> = (0..30).map(|n| format!("desk-{n}")).collect();
        let told = |names: &[String]| unknown("to", "queue", "x", names.iter().map(String::as_str)).detail;
        assert_eq!(told(&names[..2]), "`to`: the bundle has no queue `x`; it has desk-0, desk-1");
        assert!(told(&names).ends_with("desk-23 and 6 more"));
    }
}
