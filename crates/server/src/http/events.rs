//! The event stream: every event as it is committed, by server-sent events, resumable from any position.

use super::{
    query::{Params, position},
    reply::{self, COMMENT},
    request::{Authenticated, Shared},
    route::Routes,
};
use crate::{problem, problem::Problem};
use axum::{Extension, body::Bytes, extract::State, http::HeaderMap, response::Response};
use futures_util::stream;
use remit_app::{
    Caller, Succession,
    access::{auth, usage},
    caller::usage::Following,
    evidence::feed::{self, FeedItem},
    input::FollowEvents,
    live::event_buffer::BufferedEvent,
    operation,
};
use remit_domain::Stream;
use remit_policy::actions::Permission;
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
use tokio::time::Instant;

/// After so long without an event a comment is sent, so that neither side takes the connection for dead.
const QUIET_MAX: Duration = Duration::from_secs(15);

struct Reader {
    app: Shared,
    succession: Arc<Succession>,
    caller: Arc<Caller>,
    _place: Following,
    /// Revocations up to which the caller's token is known to stand.
    revocations: u64,
    at: u64,
    /// The one stream that is followed, as it is named; all of them where there is none.
    only: Option<String>,
    /// When something was sent last.
    sent: Instant,
    ready: VecDeque<BufferedEvent>,
    ticks: tokio::sync::watch::Receiver<u64>,
}

pub(crate) fn routes() -> Routes {
    Routes::new().bind(operation::FollowEvents, follow_events)
}

async fn follow_events(
    State(app): State<Shared>,
    Extension(succession): Extension<Arc<Succession>>,
    Authenticated(caller): Authenticated,
    headers: HeaderMap,
    Params(asked): Params<FollowEvents>,
) -> Result<Response, Problem> {
    auth::permit(&app.governance, &app.live, &app.environment, &caller, Permission::EVENTS_READ)?;
    let only = asked.stream.map(|name| name.parse::<Stream>().map_err(|error| Problem::invalid("stream", error)));
    let only = only.transpose()?.map(|stream| stream.to_string());
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
    let (ready, sent) = (VecDeque::new(), Instant::now());
    let reader = Reader { app, succession, caller, _place: place, revocations, at, only, sent, ready, ticks };
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
            while let Some(told) = self.ready.pop_front() {
                self.at = told.seq;
                if self.only.as_deref().is_none_or(|only| *told.stream == *only) {
                    self.sent = Instant::now();
                    return Some(Bytes::from_owner(told.bytes));
                }
            }
            // Others may have events without an end.
            if self.sent.elapsed() >= QUIET_MAX {
                self.sent = Instant::now();
                return Some(COMMENT);
            }
            self.ticks.borrow_and_update();
            let current = self.succession.current();
            if current.journal.term() != self.app.journal.term() {
                // Another bundle is in force, whose policies are asked anew.
                let (governance, live, environment) = (&current.governance, &current.live, &current.environment);
                auth::permit(governance, live, environment, &self.caller, Permission::EVENTS_READ).ok()?;
                self.app = current;
            }
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
            if self.ready.is_empty()
                && let Ok(changed) = tokio::time::timeout_at(self.sent + QUIET_MAX, self.ticks.changed()).await
            {
                changed.ok()?;
            }
        }
    }
}

/// An event as a server-sent one.
fn written(item: &FeedItem) -> Vec<u8> {
    reply::event(Some(item.seq), &item.kind, item).unwrap_or_default().into()
}
