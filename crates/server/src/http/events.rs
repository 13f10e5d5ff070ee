//! The event stream: every event as it is committed, by server-sent events, resumable from any position.

use super::{
    Authenticated, Shared,
    query::{Params, position},
    reply::Refused,
};
use crate::app::{Caller, query::FeedItem};
use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use std::{collections::VecDeque, convert::Infallible, sync::Arc};
use utoipa::IntoParams;

/// Where the stream begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    /// The position in the ledger after which to begin; the `Last-Event-ID` header takes its place.
    after: Option<String>,
}

const READ_AT_ONCE: usize = 256;

struct Reader {
    app: Shared,
    caller: Arc<Caller>,
    at: u64,
    ready: VecDeque<FeedItem>,
    ticks: tokio::sync::watch::Receiver<u64>,
}

/// `GET /v1/events`.
pub(crate) async fn stream(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    Params(asked): Params<From>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refused> {
    app.permit(&caller, "events.read")?;
    let resumed = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?"));
    let at = match resumed.or(asked.after.as_deref()) {
        Some(text) => position(Some(text))?,
        None => *app.ticks.borrow(),
    };
    let ticks = app.ticks.subscribe();
    let reader = Reader { app, caller, at, ready: VecDeque::new(), ticks };
    let events = stream::unfold(reader, |mut reader| async move {
        let item = reader.next().await?;
        let data = serde_json::to_string(&item).unwrap_or_default();
        Some((Ok(Event::default().id(item.seq.to_string()).event(item.kind).data(data)), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Reader {
    /// The next event; waits until there is one. Ends when the token does, or the server stops.
    async fn next(&mut self) -> Option<FeedItem> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                self.at = item.seq;
                return Some(item);
            }
            self.ticks.borrow_and_update();
            if self.caller.expires <= self.app.now() {
                return None;
            }
            self.ready = self.app.feed(&self.caller, self.at, READ_AT_ONCE).ok()?.into();
            if self.ready.is_empty() {
                self.ticks.changed().await.ok()?;
            }
        }
    }
}
