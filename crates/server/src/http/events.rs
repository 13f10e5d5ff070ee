//! The event stream: every event as it is committed, by server-sent events, resumable from any position.

use super::{
    query::{Params, position},
    reply::{self, COMMENT},
    request::{Authenticated, Shared},
};
use crate::{problem, problem::Problem};
use axum::{body::Bytes, extract::State, http::HeaderMap, response::Response};
use futures_util::stream;
use remit_app::{
    Caller,
    access::{auth, usage},
    evidence::feed::{self, FeedItem},
    live::{event_buffer::Told, usage::Following},
};
use serde::Deserialize;
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
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

/// After so long without an event a comment is sent, so that neither side takes the connection for dead.
const QUIET_MAX: Duration = Duration::from_secs(15);

struct Reader {
    app: Shared,
    caller: Arc<Caller>,
    _place: Following,
    /// Revocations up to which the caller's token is known to stand.
    revocations: u64,
    at: u64,
    ready: VecDeque<Told>,
    ticks: tokio::sync::watch::Receiver<u64>,
}

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(follow_events))
}

/// Follow all events as they are committed, by server-sent events.
///
/// Each has its position in the ledger as `id`, its kind as `event`, and a `FeedItem` as `data`. Events come in
/// ledger order, each once; a reader that resumes misses none. A position that the ledger has not reached is refused.
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
) -> Result<Response, Problem> {
    auth::permit(&app.governance, &app.live, &app.environment, &caller, "events.read")?;
    let resumed = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?"));
    let at = match resumed.or(asked.after.as_deref()) {
        // Who waited for a position that another ledger told would miss all that comes before it.
        Some(text) => feed::reached(&app.journal, position(Some(text))?).await?,
        None => *app.journal.ticks.borrow(),
    };
    let (ticks, revocations) = (app.journal.ticks.subscribe(), auth::revocations(&app.live));
    if !auth::stands(&app.journal, &app.live, &app.environment, &caller).await? {
        return Err(Problem::new(problem::UNAUTHENTICATED, "the token was revoked"));
    }
    let place = usage::follow(&app.live, &app.environment, &caller)?;
    let reader = Reader { app, caller, _place: place, revocations, at, ready: VecDeque::new(), ticks };
    let events = stream::unfold(reader, |mut reader| async move {
        let bytes = reader.next().await?;
        Some((Ok::<_, Infallible>(bytes), reader))
    });
    Ok(reply::events(events))
}

impl Reader {
    /// The next event, or a comment when none came for a while. Ends when the token does, or the server stops.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(told) = self.ready.pop_front() {
                self.at = told.seq;
                return Some(Bytes::from_owner(told.bytes));
            }
            self.ticks.borrow_and_update();
            let revocations = auth::revocations(&self.app.live);
            if revocations != self.revocations {
                if !auth::stands(&self.app.journal, &self.app.live, &self.app.environment, &self.caller).await.ok()? {
                    return None;
                }
                self.revocations = revocations;
            }
            if self.caller.expires <= self.app.environment.now() {
                return None;
            }
            self.ready = feed::told(&self.app, &self.caller, self.at, written).await.ok()?;
            if self.ready.is_empty() {
                match tokio::time::timeout(QUIET_MAX, self.ticks.changed()).await {
                    Ok(changed) => changed.ok()?,
                    Err(_) => return Some(COMMENT),
                }
            }
        }
    }
}

/// An event as a server-sent one.
fn written(item: &FeedItem) -> Vec<u8> {
    reply::event(Some(item.seq), &item.kind, item).unwrap_or_default().into()
}
