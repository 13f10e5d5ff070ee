//! The customer's chat: started by an integration, and then, for the one customer of the link, read, written and
//! followed.

use super::{
    attachments::download,
    body::{self, Json, NoBody},
    query::{Names, Params, position},
    reply::{self, COMMENT, json},
    request::{Authenticated, Reply, Shared},
};
use crate::{problem, problem::Problem};
use axum::{
    RequestPartsExt as _,
    body::Bytes,
    extract::{FromRequestParts, Path, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, COOKIE as COOKIES, HOST, ORIGIN, SET_COOKIE},
        request::Parts as RequestParts,
    },
    response::{IntoResponse as _, Response},
    routing::any,
};
use futures_util::stream;
use remit_app::{
    Repeat,
    access::{reading, usage},
    case::feedback::GiveFeedback,
    chat::{
        self, Say, StartChat, StartedChat,
        conversation::{self, ChatMessage, ChatStatus, Conversation},
    },
    live::{
        chats::{Chat, Place},
        usage::Following,
    },
};
use remit_domain::id::CaseId;
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The name of the cookie that holds a chat's secret where scripts cannot read it: a browser has one for each chat.
pub(crate) const COOKIE_OF: &str = "remit_{chat}";
/// What the names of all such cookies begin with, and the whole name of the one that a browser had for all its chats
/// before each request named its chat.
const COOKIE: &str = "remit_chat";
/// Chats in one browser.
const COOKIES_MAX: usize = 8;
/// How often a stream looks again at what changes without an event of the case, the expected wait, and lets those who
/// carry it know that it is alive.
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
        .route("/chat/v1/{before}", any(names_no_chat))
}

/// Answers a page that was loaded before each request named its chat.
async fn names_no_chat() -> Problem {
    Problem::new(problem::CHAT_ENDED, "the request names no chat; open the link again")
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
        return Err(Problem::invalid("Idempotency-Key", why));
    }
    let started = json(&chat::start_chat(&app, &caller, body.value).await?)?;
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

/// The chat that a link leads to.
#[derive(Debug, Serialize, ToSchema)]
struct EnteredChat {
    /// Its identifier, which each request names in its address.
    chat: String,
}

/// Exchange a link's secret for a cookie of that chat's own.
///
/// A browser can have the cookies of 8 chats; of more, those go that end first.
#[utoipa::path(
    post, path = "/chat/v1/session", tag = "chat", request_body = EnterChat, security(("chat" = [])),
    responses((status = 200, description = "The cookie is set.", body = EnteredChat))
)]
async fn enter_chat(State(app): State<Shared>, headers: HeaderMap, body: Json<EnterChat>) -> Reply {
    same_site(&app, &headers)?;
    let chat = chat::chat(&app.live, &app.environment, &body.value.secret)?;
    let mut response = json(&EnteredChat { chat: chat.name().to_owned() })?;
    let seconds = (chat.expires.since(app.environment.now()) / 1_000).max(0);
    let cookie = |name: &str, value: &str, seconds: i64| {
        let cookie = format!("{name}={value}; Path=/chat/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict");
        HeaderValue::try_from(cookie).map_err(Problem::internal)
    };
    let set = response.headers_mut();
    set.append(SET_COOKIE, cookie(&name_of(chat.name()), &body.value.secret, seconds)?);
    for name in superfluous(&app, &headers, &chat) {
        set.append(SET_COOKIE, cookie(&name, "", 0)?);
    }
    Ok(private(response))
}

/// Cookies of this request that its browser need not keep when it enters `chat`: of chats that are over, and of those
/// that end first where there are too many.
fn superfluous(app: &Shared, headers: &HeaderMap, chat: &Chat) -> Vec<String> {
    let (mut others, mut over) = (Vec::new(), Vec::new());
    for (name, secret) in cookies(headers).filter(|(name, _)| name.starts_with(COOKIE)) {
        match chat::chat(&app.live, &app.environment, secret) {
            Ok(other) if name == name_of(other.name()) && other.name() != chat.name() => {
                others.push((other.expires, name.to_owned()));
            }
            Ok(other) if name == name_of(other.name()) => {}
            _ => over.push(name.to_owned()),
        }
    }
    others.sort_unstable();
    let too_many = others.len().saturating_sub(COOKIES_MAX - 1);
    over.extend(others.into_iter().take(too_many).map(|(_, name)| name));
    over
}

/// The name of a chat's cookie.
fn name_of(chat: &str) -> String {
    COOKIE_OF.replace("{chat}", chat)
}

/// A request's cookies, by name and value.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let all = headers.get_all(COOKIES).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// The chat that the request's address names, if the request has the cookie of it.
struct Session(Arc<Chat>);

impl FromRequestParts<Shared> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, app: &Shared) -> Result<Self, Problem> {
        let named: HashMap<String, String> = parts.extract::<Path<_>>().await.map(|path| path.0).unwrap_or_default();
        let named = named.get("chat").map(String::as_str).unwrap_or_default();
        let cookie = name_of(named);
        let secret = cookies(&parts.headers).find(|(name, _)| *name == cookie).map(|(_, secret)| secret);
        let chat = chat::chat(&app.live, &app.environment, secret.unwrap_or_default())?;
        if chat.name() == named {
            return Ok(Self(chat));
        }
        Err(Problem::new(problem::CHAT_ENDED, "the cookie is of another chat"))
    }
}

/// The chat of a request that writes: by its cookie, and from no other site's page.
struct Writing(Arc<Chat>);

impl FromRequestParts<Shared> for Writing {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, app: &Shared) -> Result<Self, Problem> {
        let Session(chat) = Session::from_request_parts(parts, app).await?;
        same_site(app, &parts.headers)?;
        Ok(Self(chat))
    }
}

/// Refuses what a browser sends for another site's page. The cookie does not travel with it either, nor do other pages
/// get leave to send JSON or an idempotency key here: this is one of three locks. What the browser itself says counts
/// first; a browser that says only which page asks is held to where this server is known to be, and where that was not
/// said, to the `Host` that came, which a proxy may have changed.
fn same_site(app: &Shared, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let public = app.environment.public_origins();
    let own = match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) if !public.is_empty() => public.iter().any(|known| known == origin),
        (None, Some(origin)) => origin.split_once("://").map(|(_, authority)| authority) == text(HOST.as_str()),
        (None, None) => true,
    };
    if own {
        return Ok(());
    }
    let why = if public.is_empty() {
        "the request says that it comes from another site; behind a proxy, `remit serve --public-url` says where this \
         one is"
            .to_owned()
    } else {
        format!("the request says that it comes from another site than {}", public.join(", "))
    };
    Err(Problem::new(problem::CROSS_SITE, why))
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

/// The chat that a request is for.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "a description; the chat is read with its cookie")]
struct NamedChat {
    /// The chat, as `/chat/v1/session` names it; its cookie must come with the request.
    chat: String,
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
    get, path = "/chat/v1/{chat}/conversation", tag = "chat", params(NamedChat, ReadConversation),
    security(("chat" = [])), responses((status = 200, description = "One page.", body = Conversation))
)]
async fn get_conversation(
    State(app): State<Shared>,
    Session(chat): Session,
    Params(asked): Params<ReadConversation>,
) -> Reply {
    chat::pace_read(&app.environment, &chat)?;
    let (after, caller) = (position(asked.after.as_deref())?, Arc::new(chat.caller()));
    Ok(private(
        reading::read(&app, &caller, async move |app, _| {
            json(&conversation::conversation_of(app, &chat, after).await?)
        })
        .await?,
    ))
}

/// Follow the conversation, by server-sent events.
///
/// `message` events have a `ChatMessage` as data and its `seq` as `id`; `status` events have a `ChatStatus` and no
/// `id`.
#[utoipa::path(
    get, path = "/chat/v1/{chat}/events", tag = "chat", security(("chat" = [])),
    params(
        NamedChat, ReadConversation,
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
    chat::pace_read(&app.environment, &chat)?;
    let resumed = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?"));
    let at = position(resumed.or(asked.after.as_deref()))?;
    // Who may not read is told so; a stream that ended at once would be asked for again and again.
    conversation::status_of(&app, &chat).await?;
    let (bell, place) = (chat.bell(), (chat.place()?, usage::follow(&app.live, &app.environment, &chat.caller())?));
    let (ready, told) = (VecDeque::new(), None);
    let follower = Follower { app, chat, bell, case: None, at, ready, told, quiet: false, _place: place };
    let events = stream::unfold(follower, |mut follower| async move {
        let told = follower.next().await?;
        Some((Ok::<_, Infallible>(told), follower))
    });
    Ok(reply::events(events))
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
    /// Whether nothing has happened since it last looked.
    quiet: bool,
    _place: (Place, Following),
}

impl Follower {
    /// The next thing to tell, or a comment when there was nothing for a while. Ends when the chat does.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                self.at = message.seq;
                return reply::event(Some(message.seq), "message", &message);
            }
            if *self.bell.borrow_and_update() || self.chat.expires <= self.app.environment.now() {
                return None;
            }
            let current = chat::current_of(&self.app.journal, &self.chat).await.ok()?;
            if self.case.as_ref().map(|(id, _)| *id) != current {
                self.case = current.map(|id| (id, self.app.live.chats.listen(id)));
            }
            if let Some((_, bell)) = &mut self.case {
                bell.borrow_and_update();
            }
            self.ready = conversation::said_since(&self.app, &self.chat, self.at).await.ok()?.into();
            if !self.ready.is_empty() {
                self.app.journal.settled().await.ok()?;
                continue;
            }
            let status = conversation::status_of(&self.app, &self.chat).await.ok()?;
            self.app.journal.settled().await.ok()?;
            let quiet = std::mem::take(&mut self.quiet);
            if self.told.as_ref() != Some(&status) {
                let event = reply::event(None, "status", &status);
                self.told = Some(status);
                return event;
            }
            if quiet {
                return Some(COMMENT);
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
                () = tokio::time::sleep(LOOK_AGAIN) => self.quiet = true,
            }
        }
    }
}

/// Say something; the first message opens the customer's case.
#[utoipa::path(
    post, path = "/chat/v1/{chat}/messages", tag = "chat", request_body = Say, params(NamedChat, body::IdempotencyKey),
    security(("chat" = [])), responses((status = 204, description = "Said."))
)]
async fn say(State(app): State<Shared>, Writing(chat): Writing, body: Json<Say>) -> Reply {
    let repeat = keyed(body.repeat)?;
    chat::chat_say(&app, &chat, &repeat, body.value).await?;
    Ok(done())
}

/// Ask for a human. Whatever AI has the case loses it; where no person can have it, a manager sees to it.
#[utoipa::path(
    post, path = "/chat/v1/{chat}/human", tag = "chat", params(NamedChat, body::IdempotencyKey),
    security(("chat" = [])), responses((status = 204, description = "Asked for."))
)]
async fn ask_for_human(State(app): State<Shared>, Writing(chat): Writing, body: NoBody) -> Reply {
    let repeat = keyed(body.repeat)?;
    chat::chat_human(&app, &chat, &repeat).await?;
    Ok(done())
}

/// Say whether it is solved, or how satisfied one is. Yes ends the case; no reopens one that has ended.
#[utoipa::path(
    post, path = "/chat/v1/{chat}/feedback", tag = "chat", request_body = GiveFeedback,
    params(NamedChat, body::IdempotencyKey), security(("chat" = [])), responses((status = 204, description = "Noted."))
)]
async fn judge(State(app): State<Shared>, Writing(chat): Writing, body: Json<GiveFeedback>) -> Reply {
    let repeat = keyed(body.repeat)?;
    chat::chat_feedback(&app, &chat, &repeat, body.value).await?;
    Ok(done())
}

/// Add a file, as the body, of its own type: PNG, JPEG, WebP, GIF, PDF or plain text, up to 5 MiB.
#[utoipa::path(
    post, path = "/chat/v1/{chat}/attachments", tag = "chat", params(NamedChat, body::IdempotencyKey),
    security(("chat" = [])),
    request_body(
        content = Vec<u8>, content_type = "application/octet-stream", description = "The file, sent as its own type."
    ),
    responses((status = 204, description = "Added."))
)]
async fn attach_file(State(app): State<Shared>, Writing(chat): Writing, request: Request) -> Reply {
    let _upload = chat.upload()?;
    let (file, repeat, room) = body::file(&app, request).await?;
    let repeat = keyed(repeat)?;
    drop(room);
    chat::chat_attach(&app, &chat, Some(&repeat), file).await?;
    Ok(done())
}

/// Read a file of the conversation.
#[utoipa::path(
    get, path = "/chat/v1/{chat}/attachments/{attachment}", tag = "chat", security(("chat" = [])),
    params(NamedChat, ("attachment" = String, Path, description = "The file, as its message names it.")),
    responses((status = 200, description = "The file.", content(
        (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"), (Vec<u8> = "image/gif"),
        (Vec<u8> = "application/pdf"), (Vec<u8> = "text/plain"),
    )))
)]
async fn get_file(State(app): State<Shared>, Session(chat): Session, Names([_, name]): Names<2>) -> Reply {
    chat::pace_read(&app.environment, &chat)?;
    reading::read(&app, &Arc::new(chat.caller()), async move |app, _| {
        let (media_type, bytes) = conversation::file_of(app, &chat, &name).await?;
        Ok(download(media_type, bytes))
    })
    .await
}
