//! A case's row and the rows of its exceptions, against what the case's records make of them.

use crate::{
    pipeline::commit::{ENDED, case_row, exception_row},
    refused::Refused,
};
use remit_domain::{Case, Event, exception::Exception, id::ExceptionId};
use remit_store::{CaseWrite, ExceptionRow};
use serde_json::Value;
use std::collections::BTreeMap;

/// In what the row of a case differs from what its records make of it, if it does.
pub(super) fn compare(kept: &CaseWrite, made: &Case) -> Result<Option<String>, Refused> {
    let made_row = case_row(made, kept.expected_version)?;
    let columns = |row: &CaseWrite| {
        [
            ("id", Value::from(row.id.as_str())),
            ("version", row.version.into()),
            ("status", row.status.as_str().into()),
            ("holder", row.holder.as_deref().into()),
            ("kind of holder", row.holder_kind.as_deref().into()),
            ("accountable", row.accountable.as_deref().into()),
            ("customer", row.customer.as_str().into()),
            ("intent", row.intent.as_deref().into()),
            ("opened", row.opened_ms.into()),
            ("updated", row.updated_ms.into()),
        ]
    };
    let different = |what: &str, kept: &Value, made: &Value| format!("its {what} is {kept}, and they say {made}");
    if let Some(((what, kept), (_, made))) =
        columns(kept).into_iter().zip(columns(&made_row)).find(|(kept, made)| kept != made)
    {
        return Ok(Some(different(what, &kept, &made)));
    }
    let Ok(state) = serde_json::from_slice::<Case>(&kept.state) else {
        return Ok(Some("its state cannot be read".to_owned()));
    };
    if state != *made {
        let fields = |case: &Case| match serde_json::to_value(case) {
            Ok(Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let (kept, mut made) = (fields(&state), fields(made));
        if state.waits.is_none() {
            // An earlier version of the program kept it, and knew less: whoever reads it makes the rest from the
            // records (`App::case_of`).
            made.retain(|name, _| kept.contains_key(name));
            if kept == made {
                return Ok(None);
            }
        }
        let of = |fields: &serde_json::Map<String, Value>, name: &str| fields.get(name).cloned().unwrap_or_default();
        let differing = kept.keys().chain(made.keys()).find(|name| of(&kept, name) != of(&made, name));
        return Ok(Some(differing.map_or_else(
            || "its state is another".to_owned(),
            |name| different(name, &of(&kept, name), &of(&made, name)),
        )));
    }
    Ok(None)
}

/// Every exception that a case had, as it was last, and the state of its row.
pub(super) type Exceptions = BTreeMap<ExceptionId, (Exception, &'static str)>;

/// Follows the exceptions of a case through an event, which made `after` of it.
pub(super) fn follow(exceptions: &mut Exceptions, event: &Event, after: &Case) {
    let touched = match event {
        Event::ExceptionRaised { exception, .. } => Some((exception.id, "open")),
        Event::ExceptionEscalated { exception, .. } => Some((*exception, "open")),
        Event::ExceptionTaken { exception, .. } => Some((*exception, "taken")),
        Event::ExceptionGivenUp(given_up) => Some((given_up.exception, "open")),
        _ => None,
    };
    for (id, (_, state)) in exceptions.iter_mut() {
        if *state != ENDED && !after.exceptions.contains_key(id) {
            *state = ENDED;
        }
    }
    if let Some((id, state)) = touched
        && let Some(exception) = after.exceptions.get(&id)
    {
        exceptions.insert(id, (exception.clone(), state));
    }
}

/// In what the rows of exceptions differ from what a case's records make of them, if they do.
pub(super) fn compare_exceptions(
    rows: &[ExceptionRow],
    exceptions: &Exceptions,
    made: &Case,
) -> Result<Option<String>, Refused> {
    for (id, (exception, state)) in exceptions {
        let id = id.to_string();
        let Some(row) = rows.iter().find(|row| row.id == id) else {
            return Ok(Some(format!("its exception {id} is not kept")));
        };
        if row.state != *state {
            return Ok(Some(format!("its exception {id} is kept as {}, and they leave it {state}", row.state)));
        }
        let whole = serde_json::from_slice::<Exception>(&row.body).is_ok_and(|kept| kept == *exception);
        let made = ExceptionRow { body: row.body.clone(), ..exception_row(exception, made.id, state)? };
        if !whole || *row != made {
            return Ok(Some(format!("its exception {id} is kept otherwise than they leave it")));
        }
    }
    let unknown = rows.iter().find(|row| !exceptions.keys().any(|id| id.to_string() == row.id));
    Ok(unknown.map(|row| format!("its exception {} is kept as {}, and they raise none such", row.id, row.state)))
}
