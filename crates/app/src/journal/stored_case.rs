//! A case as it is stored, read as this version knows it.

use crate::{Journal, refused::Refused};
use remit_domain::{Case, Event, Stream, id::CaseId};
use remit_store::{Journal as _, RecordRow, Views as _};
use std::vec;

/// Records that are read at once.
const READ_AT_ONCE: usize = 200;

/// The case with this state. Where an earlier version of the program kept it, which knew less of it, it is made
/// anew from its records.
pub(crate) async fn case_of(journal: &Journal, state: &[u8]) -> Result<Case, Refused> {
    let case: Case = serde_json::from_slice(state).map_err(Refused::internal)?;
    if case.waits.is_some() {
        return Ok(case);
    }
    let mut events: Vec<Event> = Vec::new();
    let mut records = Records::of(&case);
    while let Some(row) = records.next(journal).await? {
        events.push(serde_json::from_slice(&row.body).map_err(Refused::internal)?);
    }
    // Somebody may have written meanwhile: then this one is stale, and what is done with it refused.
    Ok(Case::from_events(&events).filter(|made| made.version == case.version).unwrap_or(case))
}

/// Everything that happened to a case, oldest first, read a page at a time.
pub(crate) struct Records {
    stream: String,
    page: vec::IntoIter<RecordRow>,
    after: u64,
    is_last: bool,
}

impl Records {
    /// Those of a case.
    pub(crate) fn of(case: &Case) -> Self {
        let stream = Stream::case(case.id).to_string();
        Self { stream, page: Vec::new().into_iter(), after: 0, is_last: false }
    }

    /// The next record.
    pub(crate) async fn next(&mut self, journal: &Journal) -> Result<Option<RecordRow>, Refused> {
        if self.page.as_slice().is_empty() && !self.is_last {
            let page = journal.store.records_of(&self.stream, self.after, READ_AT_ONCE).await;
            let page = page.map_err(Refused::internal)?;
            self.is_last = page.len() < READ_AT_ONCE;
            self.after = page.last().map_or(self.after, |last| last.seq);
            self.page = page.into_iter();
        }
        Ok(self.page.next())
    }

    /// Whether one of those that are left is of this kind, and `is` so.
    pub(crate) async fn any(
        mut self,
        journal: &Journal,
        kind: &str,
        is: impl Fn(&Event) -> bool,
    ) -> Result<bool, Refused> {
        while let Some(row) = self.next(journal).await? {
            if row.kind == kind && is(&serde_json::from_slice(&row.body).map_err(Refused::internal)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

pub(crate) async fn stored_case(journal: &Journal, case: CaseId) -> Result<Option<Case>, Refused> {
    match journal.store.case(&case.to_string()).await.map_err(Refused::internal)? {
        Some(row) => case_of(journal, &row.state).await.map(Some),
        None => Ok(None),
    }
}
