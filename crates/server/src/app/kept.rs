//! Whether what is kept of a case, to find it and to go on from it, is what its records make of it.
//!
//! The ledger proves the records; what is decided next starts from the rows beside them.

use super::{
    App,
    record::{ENDED, case_row, exception_row},
};
use crate::problem::Problem;
use remit_domain::{Case, Event, exception::Exception};
use remit_store::{CaseWrite, ExceptionRow, sqlite::stored::Stored};
use serde_json::Value;

/// In what the rows kept of a case differ from what its records make of it, if they do.
pub fn differs(stored: &Stored) -> Option<String> {
    let events: Result<Vec<Event>, _> =
        stored.records.iter().map(|record| serde_json::from_slice(&record.body)).collect();
    let events = match events {
        Ok(events) => events,
        Err(error) => return Some(format!("one of its records cannot be read: {error}")),
    };
    match (&stored.case, Case::from_events(&events)) {
        (None, None) if stored.exceptions.is_empty() => None,
        (Some(kept), Some(made)) => compare(kept, &stored.exceptions, &made)
            .unwrap_or_else(|problem| Some(format!("it cannot be compared: {}", problem.detail))),
        (None, Some(_)) => Some("it is not kept".to_owned()),
        (_, None) => Some("no record opens it".to_owned()),
    }
}

impl App {
    /// The case with this state. Where an earlier version of the program kept it, which knew less of it, it is made
    /// anew from its records.
    pub(super) fn case_of(&self, state: &[u8]) -> Result<Case, Problem> {
        let case: Case = serde_json::from_slice(state).map_err(Problem::internal)?;
        if case.waits.is_some() {
            return Ok(case);
        }
        let mut events: Vec<Event> = Vec::new();
        self.each_record(&case, |row| {
            events.push(serde_json::from_slice(&row.body).map_err(Problem::internal)?);
            Ok(())
        })?;
        // Somebody may have written meanwhile: then this one is stale, and what is done with it refused.
        Ok(Case::from_events(&events).filter(|made| made.version == case.version).unwrap_or(case))
    }
}

fn compare(kept: &CaseWrite, exceptions: &[ExceptionRow], made: &Case) -> Result<Option<String>, Problem> {
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
            // An earlier version of the program kept it, and knew less: whoever reads it makes the rest from the records
            // (`App::case_of`).
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
    compare_exceptions(exceptions, made)
}

fn compare_exceptions(rows: &[ExceptionRow], made: &Case) -> Result<Option<String>, Problem> {
    for exception in made.exceptions.values() {
        let id = exception.id.to_string();
        let Some(row) = rows.iter().find(|row| row.id == id) else {
            return Ok(Some(format!("its exception {id} is not kept")));
        };
        if row.state == ENDED {
            return Ok(Some(format!("its exception {id} is kept as {ENDED}, and they leave it open")));
        }
        let whole = serde_json::from_slice::<Exception>(&row.body).is_ok_and(|kept| kept == *exception);
        let made = ExceptionRow { body: row.body.clone(), ..exception_row(exception, made.id, &row.state)? };
        if !whole || *row != made {
            return Ok(Some(format!("its exception {id} is kept otherwise than they leave it")));
        }
    }
    let open = |row: &&ExceptionRow| row.state != ENDED;
    let left = |row: &ExceptionRow| made.exceptions.keys().any(|id| id.to_string() == row.id);
    let unknown = rows.iter().filter(open).find(|row| !left(row));
    Ok(unknown.map(|row| format!("its exception {} is kept as {}, and they do not leave it open", row.id, row.state)))
}
