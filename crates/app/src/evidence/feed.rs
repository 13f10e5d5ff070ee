//! The feed: every event in the order of the ledger.

use crate::{
    Caller, Journal, Parts,
    access::{auth, reading},
    environment::clock::rfc3339,
    live::event_buffer::{BufferedEvent, READ_AT_ONCE},
    refused::Refused,
};
use remit_domain::{Stream, id::Timestamp, schema::RecordedEvent};
use remit_policy::actions::Permission;
use remit_store::{Journal as _, RecordRow};
use serde::Serialize;
use std::{collections::VecDeque, sync::Arc};
use utoipa::ToSchema;

/// How an interface writes an event.
pub type Write = fn(&FeedItem) -> Vec<u8>;

/// One event of the feed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeedItem {
    /// Its place in the ledger, by which a reader resumes.
    pub seq: u64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// What it is about.
    pub stream: StreamView,
    /// The case, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The kind of event.
    #[schema(schema_with = remit_domain::schema::kind)]
    pub kind: String,
    /// The event as recorded. Readings and candidates are tables: `columns` names what each of the `rows` holds.
    #[schema(value_type = RecordedEvent)]
    pub event: serde_json::Value,
}

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

/// The position `after`, if the ledger has reached it.
///
/// # Errors
/// When it has not: the position was told by another ledger.
pub async fn reached(journal: &Journal, after: u64) -> Result<u64, Refused> {
    let newest = journal.store.last_seq().await.map_err(Refused::internal)?;
    if after > newest {
        let detail = format!("is {after}, and the newest position in the ledger is {newest}");
        return Err(Refused::invalid("after", detail));
    }
    Ok(after)
}

/// Events after `after`, of all streams, in ledger order.
///
/// # Errors
/// When policy or the store refuses.
pub async fn feed(parts: &Parts, caller: &Caller, after: u64, limit: usize) -> Result<Vec<FeedItem>, Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::EVENTS_READ)?;
    let rows = parts.journal.store.feed(after, limit).await.map_err(Refused::internal)?;
    rows.into_iter().map(FeedItem::of).collect()
}

impl FeedItem {
    /// An event as stored.
    pub(crate) fn of(row: RecordRow) -> Result<Self, Refused> {
        let stream: Stream = row.stream.parse().map_err(Refused::internal)?;
        Ok(Self {
            seq: row.seq,
            at: rfc3339(Timestamp(row.ts_ms)),
            case: stream.case_id().map(ToOwned::to_owned),
            stream: StreamView::from(&stream),
            kind: row.kind,
            event: serde_json::from_slice(&row.body).map_err(Refused::internal)?,
        })
    }
}

/// The next events after `after`, in ledger order, none left out; empty when there are no newer ones. Who is far
/// behind has them read where it holds up nobody else.
///
/// # Errors
/// When policy or the store refuses.
pub async fn told(
    parts: &Arc<Parts>,
    caller: &Arc<Caller>,
    after: u64,
    write: Write,
) -> Result<VecDeque<BufferedEvent>, Refused> {
    if let Some(told) = told_lately(parts, caller, after, write).await? {
        return Ok(told);
    }
    let written = move |items: Vec<FeedItem>| items.iter().map(|item| written(item, write)).collect();
    reading::read(parts, caller, async move |app, caller| feed(app, caller, after, READ_AT_ONCE).await.map(written))
        .await
}

/// The same, if it is among the newest.
async fn told_lately(
    parts: &Arc<Parts>,
    caller: &Arc<Caller>,
    after: u64,
    write: Write,
) -> Result<Option<VecDeque<BufferedEvent>>, Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::EVENTS_READ)?;
    let newest = *parts.journal.ticks.borrow();
    if parts.live.event_buffer.kept().last < newest {
        // In a task of its own: who listens and takes nothing more is polled no more, and would keep its turn for ever.
        let (app, by) = (Arc::clone(parts), Arc::clone(caller));
        tokio::spawn(async move { fill(&app, &by, newest, write).await }).await.map_err(Refused::internal)??;
    }
    Ok(parts.live.event_buffer.kept().after(after))
}

/// Reads what is new up to `newest`; the first to come after a commit reads for all.
async fn fill(parts: &Parts, caller: &Caller, newest: u64, write: Write) -> Result<(), Refused> {
    let buffer = &parts.live.event_buffer;
    let _one = buffer.filling.lock().await;
    loop {
        let last = buffer.kept().last;
        if last >= newest {
            return Ok(());
        }
        let items = feed(parts, caller, last, READ_AT_ONCE).await?;
        if items.is_empty() {
            return Ok(());
        }
        let mut kept = buffer.kept();
        items.iter().for_each(|item| kept.push(written(item, write)));
    }
}

/// An event as its listeners get it.
fn written(item: &FeedItem, write: Write) -> BufferedEvent {
    let stream = format!("{}/{}", item.stream.kind, item.stream.id).into();
    BufferedEvent { seq: item.seq, stream, bytes: write(item).into() }
}
