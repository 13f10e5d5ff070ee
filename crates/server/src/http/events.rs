//! The event stream: every event as it is committed, by server-sent events, resumable from any position.

use super::{
    Authenticated, Shared,
    query::{Params, position},
    reply::Refused,
};
use crate::{
    app::{Caller, query::FeedItem},
    problem,
    problem::Problem,
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use std::{collections::VecDeque, convert::Infallible, sync::Arc};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Where the stream begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct From {
    /// The position in the ledger after which to begin; the newest unless told. The `Last-Event-ID` header, which
    /// browsers send when they reconnect, takes its place.
    after: Option<String>,
}

const READ_AT_ONCE: usize = 256;

struct Reader {
    app: Shared,
    caller: Arc<Caller>,
    /// Revocations up to which the caller's token is known to stand.
    revocations: u64,
    at: u64,
    ready: VecDeque<FeedItem>,
    ticks: tokio::sync::watch::Receiver<u64>,
}

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(follow_events))
}

/// Follow all events as they are committed, by server-sent events.
///
/// Each has its position in the ledger as `id`, its kind as `event`, and a `FeedItem` as `data`. Events come in
/// ledger order, each once; a reader that resumes misses none.
#[utoipa::path(
    get, path = "/v1/events", tag = "events",
    params(From, ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event seen.")),
    responses((status = 200, description = "The stream.", body = FeedItem, content_type = "text/event-stream"))
)]
async fn follow_events(
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
    let (ticks, revocations) = (app.ticks.subscribe(), app.revocations());
    if !app.stands(&caller)? {
        return Err(Problem::new(problem::UNAUTHENTICATED, "the token was revoked").into());
    }
    let reader = Reader { app, caller, revocations, at, ready: VecDeque::new(), ticks };
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
            let revocations = self.app.revocations();
            if revocations != self.revocations {
                if !self.app.stands(&self.caller).ok()? {
                    return None;
                }
                self.revocations = revocations;
            }
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
