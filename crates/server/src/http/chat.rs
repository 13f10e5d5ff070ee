//! The customer's chat: started by an integration, and then, for the one customer of the link, read, written and followed.

use super::{
    Authenticated, Reply, Shared,
    attachments::download,
    body::{self, Json, NoBody},
    query::{Name, Params, position},
    reply::{Refused, json},
};
use crate::{
    app::{
        Repeat,
        chat::{Chat, Place, Say, StartChat, StartedChat},
        conversation::{ChatMessage, ChatStatus, Conversation},
        feedback::GiveFeedback,
        usage::Following,
    },
    problem,
    problem::Problem,
};
use axum::{
    extract::{FromRequestParts, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, COOKIE as COOKIES, HOST, ORIGIN, SET_COOKIE},
        request::Parts,
    },
    response::{
        IntoResponse as _, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use remit_domain::id::CaseId;
use serde::Deserialize;
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The cookie that holds a chat's secret where scripts cannot read it.
pub(crate) const COOKIE: &str = "remit_chat";
/// How often a stream looks again at what changes without an event of the case: the expected wait.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(start_chat))
        .routes(routes!(enter_chat))
        .routes(routes!(get_conversation))
        .routes(routes!(follow_conversation))
        .routes(routes!(say))
        .routes(routes!(ask_for_human))
        .routes(routes!(judge))
        .routes(routes!(attach_file))
        .routes(routes!(get_file))
}

/// Start a chat for one customer: a link to the chat page that acts for nobody else.
///
/// Give it only to that customer, signed in on your side. Its secret is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/v1/chats", tag = "chat", request_body = StartChat,
    responses((status = 201, description = "Started.", body = StartedChat))
)]
async fn start_chat(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<StartChat>) -> Reply {
    if body.repeat.is_some() {
        let why = "is not taken here: the answer holds a secret, which is kept nowhere; start another chat instead";
        return Err(Problem::invalid("Idempotency-Key", why).into());
    }
    let started = json(&app.start_chat(&caller, body.value).await?)?;
    Ok((StatusCode::CREATED, private(started)).into_response())
}

/// The secret of a chat's link.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EnterChat {
    /// What stands behind `#` in the link.
    #[serde(default)]
    secret: String,
}

/// Exchange a link's secret for a cookie.
#[utoipa::path(
    post, path = "/chat/v1/session", tag = "chat", request_body = EnterChat, security(("chat" = [])),
    responses((status = 204, description = "The cookie is set."))
)]
async fn enter_chat(State(app): State<Shared>, headers: HeaderMap, body: Json<EnterChat>) -> Reply {
    same_site(&headers)?;
    let chat = app.chat(&body.value.secret)?;
    let seconds = (chat.expires.since(app.now()) / 1_000).max(0);
    let secret = &body.value.secret;
    let cookie = format!("{COOKIE}={secret}; Path=/chat/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict");
    let mut response = done();
    response.headers_mut().insert(SET_COOKIE, HeaderValue::try_from(cookie).map_err(Problem::internal)?);
    Ok(response)
}

/// The chat that the request's cookie names.
struct Session(Arc<Chat>);

impl FromRequestParts<Shared> for Session {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Refused> {
        let cookies = parts.headers.get_all(COOKIES).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let secret = pairs.find(|(name, _)| *name == COOKIE).map(|(_, secret)| secret).unwrap_or_default();
        Ok(Self(app.chat(secret)?))
    }
}

/// The chat of a request that writes: by its cookie, and from no other site's page.
struct Writing(Arc<Chat>);

impl FromRequestParts<Shared> for Writing {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Refused> {
        let Session(chat) = Session::from_request_parts(parts, app).await?;
        same_site(&parts.headers)?;
        Ok(Self(chat))
    }
}

/// Refuses what a browser sends for another site's page. The cookie does not travel with it either, nor do other pages
/// get leave to send JSON or an idempotency key here: this is one of three locks.
fn same_site(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let own = match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin.split_once("://").map(|(_, authority)| authority) == text(HOST.as_str()),
        (None, None) => true,
    };
    if own {
        Ok(())
    } else {
        Err(Problem::new(problem::CROSS_SITE, "the request says that it comes from another site"))
    }
}

/// The key under which the request can be repeated: what a customer sends is never doubled.
fn keyed(repeat: Option<Repeat>) -> Result<Repeat, Problem> {
    repeat.ok_or_else(|| Problem::invalid("Idempotency-Key", "is needed here, so that nothing is said twice"))
}

fn done() -> Response {
    private(StatusCode::NO_CONTENT.into_response())
}

fn private(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// Which part of a conversation to read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReadConversation {
    /// The `next` of the page before, or the `seq` of the last message seen.
    after: Option<String>,
}

/// Read the conversation so far, and who has it now.
#[utoipa::path(
    get, path = "/chat/v1/conversation", tag = "chat", params(ReadConversation), security(("chat" = [])),
    responses((status = 200, description = "One page.", body = Conversation))
)]
async fn get_conversation(
    State(app): State<Shared>,
    Session(chat): Session,
    Params(asked): Params<ReadConversation>,
) -> Reply {
    app.pace_read(&chat)?;
    let (after, caller) = (position(asked.after.as_deref())?, Arc::new(chat.caller()));
    Ok(private(app.read(&caller, move |app, _| json(&app.conversation_of(&chat, after)?)).await?))
}

/// Follow the conversation, by server-sent events.
///
/// `message` events have a `ChatMessage` as data and its `seq` as `id`; `status` events have a `ChatStatus` and no `id`.
#[utoipa::path(
    get, path = "/chat/v1/events", tag = "chat", security(("chat" = [])),
    params(
        ReadConversation,
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last message seen."),
    ),
    responses((status = 200, description = "The stream.", body = ChatMessage, content_type = "text/event-stream"))
)]
async fn follow_conversation(
    State(app): State<Shared>,
    Session(chat): Session,
    headers: HeaderMap,
    Params(asked): Params<ReadConversation>,
) -> Reply {
    app.pace_read(&chat)?;
    let resumed = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?"));
    let at = position(resumed.or(asked.after.as_deref()))?;
    let (bell, place) = (chat.bell(), (chat.place()?, app.follow(&chat.caller())?));
    let follower = Follower { app, chat, bell, case: None, at, ready: VecDeque::new(), told: None, _place: place };
    let events = stream::unfold(follower, |mut follower| async move {
        let told = follower.next().await?;
        Some((Ok::<_, Infallible>(told), follower))
    });
    Ok(private(Sse::new(events).keep_alive(KeepAlive::default()).into_response()))
}

/// Somebody who follows a conversation.
struct Follower {
    app: Shared,
    chat: Arc<Chat>,
    bell: watch::Receiver<bool>,
    case: Option<(CaseId, watch::Receiver<()>)>,
    at: u64,
    ready: VecDeque<ChatMessage>,
    told: Option<ChatStatus>,
    _place: (Place, Following),
}

impl Follower {
    /// The next thing to tell; waits until there is one. Ends when the chat does.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                self.at = message.seq;
                let event = Event::default().id(message.seq.to_string()).event("message");
                return event.json_data(&message).ok();
            }
            if *self.bell.borrow_and_update() || self.chat.expires <= self.app.now() {
                return None;
            }
            let current = self.app.current_of(&self.chat).ok()?;
            if self.case.as_ref().map(|(id, _)| *id) != current {
                self.case = current.map(|id| (id, self.app.chats.listen(id)));
            }
            if let Some((_, bell)) = &mut self.case {
                bell.borrow_and_update();
            }
            self.ready = self.app.said_since(&self.chat, self.at).ok()?.into();
            if !self.ready.is_empty() {
                self.app.settled().await.ok()?;
                continue;
            }
            let status = self.app.status_of(&self.chat).ok()?;
            self.app.settled().await.ok()?;
            if self.told.as_ref() != Some(&status) {
                let event = Event::default().event("status").json_data(&status).ok();
                self.told = Some(status);
                return event;
            }
            let happened = async {
                match &mut self.case {
                    Some((_, bell)) => drop(bell.changed().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = self.bell.changed() => changed.ok()?,
                () = happened => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }
}

/// Say something; the first message opens the customer's case.
#[utoipa::path(
    post, path = "/chat/v1/messages", tag = "chat", request_body = Say, params(body::IdempotencyKey),
    security(("chat" = [])), responses((status = 204, description = "Said."))
)]
async fn say(State(app): State<Shared>, Writing(chat): Writing, body: Json<Say>) -> Reply {
    let repeat = keyed(body.repeat)?;
    app.chat_say(&chat, &repeat, body.value).await?;
    Ok(done())
}

/// Ask for a human. Whatever AI has the case loses it; where no person can have it, a manager sees to it.
#[utoipa::path(
    post, path = "/chat/v1/human", tag = "chat", params(body::IdempotencyKey), security(("chat" = [])),
    responses((status = 204, description = "Asked for."))
)]
async fn ask_for_human(State(app): State<Shared>, Writing(chat): Writing, body: NoBody) -> Reply {
    let repeat = keyed(body.repeat)?;
    app.chat_human(&chat, &repeat).await?;
    Ok(done())
}

/// Say whether it is solved, or how satisfied one is. Yes ends the case; no reopens one that has ended.
#[utoipa::path(
    post, path = "/chat/v1/feedback", tag = "chat", request_body = GiveFeedback, params(body::IdempotencyKey),
    security(("chat" = [])), responses((status = 204, description = "Noted."))
)]
async fn judge(State(app): State<Shared>, Writing(chat): Writing, body: Json<GiveFeedback>) -> Reply {
    let repeat = keyed(body.repeat)?;
    app.chat_feedback(&chat, &repeat, body.value).await?;
    Ok(done())
}

/// Add a file, as the body, of its own type: PNG, JPEG, WebP, GIF, PDF or plain text, up to 5 MiB.
#[utoipa::path(
    post, path = "/chat/v1/attachments", tag = "chat", params(body::IdempotencyKey), security(("chat" = [])),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, sent as its own type."),
    responses((status = 204, description = "Added."))
)]
async fn attach_file(State(app): State<Shared>, Writing(chat): Writing, request: Request) -> Reply {
    let _upload = chat.upload()?;
    let (file, repeat, room) = body::file(&app, request).await?;
    let repeat = keyed(repeat)?;
    drop(room);
    app.chat_attach(&chat, Some(&repeat), file).await?;
    Ok(done())
}

/// Read a file of the conversation.
#[utoipa::path(
    get, path = "/chat/v1/attachments/{attachment}", tag = "chat", security(("chat" = [])),
    params(("attachment" = String, Path, description = "The file, as its message names it.")),
    responses((status = 200, description = "The file.", content(
        (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"), (Vec<u8> = "image/gif"),
        (Vec<u8> = "application/pdf"), (Vec<u8> = "text/plain"),
    )))
)]
async fn get_file(State(app): State<Shared>, Session(chat): Session, Name(name): Name) -> Reply {
    app.pace_read(&chat)?;
    app.read(&Arc::new(chat.caller()), move |app, _| {
        let (media_type, bytes) = app.file_of(&chat, &name)?;
        Ok(download(media_type, bytes))
    })
    .await
}
