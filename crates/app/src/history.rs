//! Histories: what happened to a case, a token, a member of staff or anything else that has a stream of events.

use super::{
    App, Caller,
    query::{Page, TimelineItem},
};
use crate::{
    clock::rfc3339,
    refused::{Kind, Refused},
};
use remit_domain::{
    Event, Stream,
    id::Timestamp,
    stream::StreamKind,
};
use remit_store::{RecordRow, Store};
use serde::Serialize;
use utoipa::ToSchema;

/// What events are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StreamView {
    /// `case`, `responder`, `token`, `staff`, `chat`, `subscription`, `customer` or `bundle`.
    pub kind: &'static str,
    /// Its identifier among those of its kind.
    #[schema(example = "cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC")]
    pub id: String,
}

impl From<&Stream> for StreamView {
    fn from(stream: &Stream) -> Self {
        Self { kind: stream.kind().as_str(), id: stream.id().to_owned() }
    }
}

impl App {
    /// Everything that happened to what has this kind and identifier, oldest first. Of a case it is told as its timeline
    /// is; everything else is told to who may read all events.
    ///
    /// # Errors
    /// `not_found` where there is no such stream, `forbidden` where policy refuses, and what reading a case is refused
    /// for.
    pub fn history(
        &self,
        caller: &Caller,
        stream: &Stream,
        after: u64,
        limit: usize,
    ) -> Result<Page<TimelineItem>, Refused> {
        if stream.kind() == StreamKind::Case {
            return self.timeline(caller, stream.id(), after, limit);
        }
        self.permit(caller, "events.read")?;
        let (rows, next) = self.records_of(stream, after, limit)?;
        // What has no event is not.
        if rows.is_empty() && (after == 0 || self.records_of(stream, 0, 1)?.0.is_empty()) {
            return Err(Refused::new(Kind::NotFound, format!("nothing is on record of `{stream}`")));
        }
        let items = rows.into_iter().map(|row| self.history_item(row)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    fn history_item(&self, row: RecordRow) -> Result<TimelineItem, Refused> {
        let event: Event = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
        Ok(TimelineItem {
            seq: row.seq,
            at: rfc3339(Timestamp(row.ts_ms)),
            by: self.named(&row.actor)?,
            event: serde_json::to_value(&event).map_err(Refused::internal)?,
            words: None,
            read: None,
            told: None,
            rules: Vec::new(),
        })
    }

    /// A page of a stream's records, and where the next one begins.
    pub(crate) fn records_of(
        &self,
        stream: &Stream,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<RecordRow>, Option<String>), Refused> {
        let rows = self.store.records_of(&stream.to_string(), after, limit).map_err(Refused::internal)?;
        let next = (rows.len() == limit).then(|| rows.last().map(|row| row.seq.to_string())).flatten();
        Ok((rows, next))
    }
}
