//! A case as it is stored, read as this version knows it.

use crate::{Journal, refused::Refused};
use remit_domain::{Case, Event, Stream, id::CaseId};
use remit_store::{RecordRow, Store};

/// Records that are read at once.
const READ_AT_ONCE: usize = 200;

/// The case with this state. Where an earlier version of the program kept it, which knew less of it, it is made
/// anew from its records.
pub(crate) fn case_of(journal: &Journal, state: &[u8]) -> Result<Case, Refused> {
    let case: Case = serde_json::from_slice(state).map_err(Refused::internal)?;
    if case.waits.is_some() {
        return Ok(case);
    }
    let mut events: Vec<Event> = Vec::new();
    each_record(journal, &case, |row| {
        events.push(serde_json::from_slice(&row.body).map_err(Refused::internal)?);
        Ok(())
    })?;
    // Somebody may have written meanwhile: then this one is stale, and what is done with it refused.
    Ok(Case::from_events(&events).filter(|made| made.version == case.version).unwrap_or(case))
}

/// Looks at everything that happened to a case, oldest first.
pub(crate) fn each_record(
    journal: &Journal,
    case: &Case,
    mut each: impl FnMut(&RecordRow) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let (stream, mut after) = (Stream::case(case.id).to_string(), 0);
    loop {
        let rows = journal.store.records_of(&stream, after, READ_AT_ONCE).map_err(Refused::internal)?;
        rows.iter().try_for_each(&mut each)?;
        match rows.last() {
            Some(last) if rows.len() == READ_AT_ONCE => after = last.seq,
            _ => return Ok(()),
        }
    }
}

pub(crate) fn stored_case(journal: &Journal, case: CaseId) -> Result<Option<Case>, Refused> {
    let row = journal.store.case(&case.to_string()).map_err(Refused::internal)?;
    row.map(|row| case_of(journal, &row.state)).transpose()
}
