//! Histories: what happened to a case, a token, a member of staff or anything else that has a stream of events.

use crate::{
    Caller, Journal, Parts, Vault,
    access::{auth, who},
    case::query::{self, Page, TimelineItem},
    environment::clock::rfc3339,
    operation::ListHistoryRefusal,
    refused::{Kind, Refused},
};
use remit_domain::{Event, Stream, id::Timestamp, stream::StreamKind};
use remit_policy::actions::Permission;
use remit_store::RecordRow;

/// Everything that happened to what has this kind and identifier, oldest first. Of a case it is told as its timeline
/// is; everything else is told to who may read all events.
///
/// # Errors
/// [`ListHistoryRefusal`] says when each arises.
pub async fn history(
    parts: &Parts,
    caller: &Caller,
    stream: &Stream,
    after: u64,
    limit: usize,
) -> Result<Page<TimelineItem>, ListHistoryRefusal> {
    if stream.kind() == StreamKind::Case {
        return Ok(query::timeline(parts, caller, stream.id(), after, limit).await.map_err(Refused::from)?);
    }
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::EVENTS_READ)?;
    let (rows, next) = query::records_of(&parts.journal, stream, after, limit).await?;
    // What has no event is not.
    if rows.is_empty() && (after == 0 || query::records_of(&parts.journal, stream, 0, 1).await?.0.is_empty()) {
        return Err(Refused::new(Kind::NotFound, format!("nothing is on record of `{stream}`")).into());
    }
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        items.push(item(&parts.journal, &parts.vault, row).await?);
    }
    Ok(Page { items, next })
}

async fn item(journal: &Journal, vault: &Vault, row: &RecordRow) -> Result<TimelineItem, Refused> {
    let event: Event = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
    Ok(TimelineItem {
        seq: row.seq,
        at: rfc3339(Timestamp(row.ts_ms)),
        by: who::named(journal, vault, &row.actor).await?,
        delegate: who::delegate_named(journal, &row.actor).await?,
        event: serde_json::to_value(&event).map_err(Refused::internal)?,
        words: None,
        read: None,
        told: None,
        rules: Vec::new(),
        withheld: Vec::new(),
    })
}
