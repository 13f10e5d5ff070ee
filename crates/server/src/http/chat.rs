//! The customer's chat: started by an integration, and then, for the one customer of the link, read, written and
//! followed.

use super::{
    attachments::download,
    body::{self, Json, NoBody},
    chat_session::{COOKIE, SameSite, Session, Writing, name_of},
    query::{Names, Params, position},
    reply::{self, COMMENT, created, json, private},
    request::{Authenticated, Reply, Shared},
    route::Routes,
    same_site::cookies,
};
use crate::{problem, problem::Problem};
use axum::{
    Extension,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use remit_app::{
    Repeat, Succession,
    access::{reading, usage},
    caller::usage::Following,
    case::feedback::GiveFeedback,
    chat::{
        self, Say, StartChat,
        ask::{self, AskForAction},
        callback::{self, AskCallback},
        conversation::{self, ChatMessage, ChatStatus},
        requests,
    },
    input::{EnterChat, EnteredChat, ReadConversation},
    live::chats::{Chat, StreamPermit},
    operation,
    request::answer::AnswerRequests,
};
use remit_domain::id::CaseId;
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::watch;

/// Chats in one browser.
const COOKIES_MAX: usize = 8;
/// How often a stream looks again at what changes without an event of the case, the expected wait, and lets those who
/// carry it know that it is alive.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::StartChat, start_chat)
        .bind(operation::EnterChat, enter_chat)
        .bind(operation::GetConversation, get_conversation)
        .bind(operation::FollowConversation, follow_conversation)
        .bind(operation::Say, say)
        .bind(operation::AskForHuman, ask_for_human)
        .bind(operation::GetCallback, get_callback)
        .bind(operation::AskForCallback, ask_for_callback)
        .bind(operation::EndCallback, end_callback)
        .bind(operation::ListAsked, list_asked)
        .bind(operation::AskForAction, ask_for_action)
        .bind(operation::ConfirmAsked, confirm_asked)
        .bind(operation::DeclineAsked, decline_asked)
        .bind(operation::Judge, judge)
        .bind(operation::AttachFile, attach_file)
        .bind(operation::GetFile, get_file)
}

/// Answers a page that was loaded before each request named its chat.
pub(crate) async fn names_no_chat() -> Problem {
    Problem::new(problem::CHAT_ENDED, "the request names no chat; open the link again")
}

async fn start_chat(State(app): State<Shared>, Authenticated(caller): Authenticated, body: Json<StartChat>) -> Reply {
    body.is_no_repeat("start another chat instead")?;
    let started = json(&chat::start_chat(&app, &caller, body.value).await?)?;
    Ok((StatusCode::CREATED, private(started)).into_response())
}

async fn enter_chat(State(app): State<Shared>, _: SameSite, headers: HeaderMap, body: Json<EnterChat>) -> Reply {
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

/// The key under which the request can be repeated: what a customer sends is never doubled.
fn keyed(repeat: Option<Repeat>) -> Result<Repeat, Problem> {
    repeat.ok_or_else(|| Problem::invalid("Idempotency-Key", "is needed here, so that nothing is said twice"))
}

fn done() -> Response {
    private(StatusCode::NO_CONTENT.into_response())
}

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

async fn follow_conversation(
    State(app): State<Shared>,
    Extension(succession): Extension<Arc<Succession>>,
    Session(chat): Session,
    headers: HeaderMap,
    Params(asked): Params<ReadConversation>,
) -> Reply {
    chat::pace_read(&app.environment, &chat)?;
    let resumed = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?"));
    let at = position(resumed.or(asked.after.as_deref()))?;
    // Who may not read is told so; a stream that ended at once would be asked for again and again.
    conversation::ChatRead::of(&app, &chat).await?;
    let (bell, place) = (chat.bell(), (chat.place()?, usage::follow(&app.live, &app.environment, &chat.caller())?));
    let (ready, told) = (VecDeque::new(), None);
    let follower = Follower { app, succession, chat, bell, case: None, at, ready, told, quiet: false, _place: place };
    let events = stream::unfold(follower, |mut follower| async move {
        let told = follower.next().await?;
        Some((Ok::<_, Infallible>(told), follower))
    });
    Ok(reply::events(events))
}

/// Somebody who follows a conversation.
struct Follower {
    app: Shared,
    succession: Arc<Succession>,
    chat: Arc<Chat>,
    bell: watch::Receiver<bool>,
    case: Option<(CaseId, watch::Receiver<()>)>,
    at: u64,
    ready: VecDeque<ChatMessage>,
    told: Option<ChatStatus>,
    /// Whether nothing has happened since it last looked.
    quiet: bool,
    _place: (StreamPermit, Following),
}

impl Follower {
    /// The next thing to tell, or a comment when there was nothing for a while. Ends when the chat does.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.app = self.succession.current();
            if let Some(message) = self.ready.pop_front() {
                self.at = message.seq;
                return reply::event(Some(message.seq), "message", &message);
            }
            if *self.bell.borrow_and_update() || self.chat.expires <= self.app.environment.now() {
                return None;
            }
            if let Some((_, bell)) = &mut self.case {
                bell.borrow_and_update();
            }
            let read = conversation::ChatRead::of(&self.app, &self.chat).await.ok()?;
            if self.case.as_ref().map(|(id, _)| *id) != read.current() {
                self.case = read.current().map(|id| (id, self.app.live.chats.listen(id)));
                // What happened before it was listened to is read now.
                continue;
            }
            self.ready = read.said_since(&self.app, self.at).await.ok()?.into();
            if !self.ready.is_empty() {
                self.app.journal.settled().await.ok()?;
                continue;
            }
            let status = read.status(&self.app);
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

async fn say(State(app): State<Shared>, Writing(chat): Writing, body: Json<Say>) -> Reply {
    let repeat = keyed(body.repeat)?;
    chat::chat_say(&app, &chat, &repeat, body.value).await?;
    Ok(done())
}

async fn ask_for_human(State(app): State<Shared>, Writing(chat): Writing, body: NoBody) -> Reply {
    let repeat = keyed(body.repeat)?;
    chat::chat_human(&app, &chat, &repeat).await?;
    Ok(done())
}

async fn get_callback(State(app): State<Shared>, Session(chat): Session) -> Reply {
    chat::pace_read(&app.environment, &chat)?;
    let caller = Arc::new(chat.caller());
    Ok(private(
        reading::read(&app, &caller, async move |app, _| json(&callback::callback_times(app, &chat).await?)).await?,
    ))
}

async fn ask_for_callback(State(app): State<Shared>, Writing(chat): Writing, body: Json<AskCallback>) -> Reply {
    let repeat = keyed(body.repeat)?;
    callback::ask_for_callback(&app, &chat, &repeat, body.value).await?;
    Ok(done())
}

async fn end_callback(State(app): State<Shared>, Writing(chat): Writing, body: NoBody) -> Reply {
    let repeat = keyed(body.repeat)?;
    callback::end_callback(&app, &chat, &repeat).await?;
    Ok(done())
}

async fn list_asked(State(app): State<Shared>, Session(chat): Session) -> Reply {
    chat::pace_read(&app.environment, &chat)?;
    let caller = Arc::new(chat.caller());
    Ok(private(reading::read(&app, &caller, async move |app, _| json(&requests::asked_of(app, &chat).await?)).await?))
}

async fn ask_for_action(State(app): State<Shared>, Writing(chat): Writing, body: Json<AskForAction>) -> Reply {
    let repeat = keyed(body.repeat)?;
    created(ask::ask_for_action(&app, &chat, &repeat, body.value).await?).map(private)
}

async fn confirm_asked(State(app): State<Shared>, Writing(chat): Writing, body: Json<AnswerRequests>) -> Reply {
    let repeat = keyed(body.repeat)?;
    requests::confirm_asked(&app, &chat, &repeat, body.value).await?;
    Ok(done())
}

async fn decline_asked(State(app): State<Shared>, Writing(chat): Writing, body: Json<AnswerRequests>) -> Reply {
    let repeat = keyed(body.repeat)?;
    requests::decline_asked(&app, &chat, &repeat, body.value).await?;
    Ok(done())
}

async fn judge(State(app): State<Shared>, Writing(chat): Writing, body: Json<GiveFeedback>) -> Reply {
    let repeat = keyed(body.repeat)?;
    chat::chat_feedback(&app, &chat, &repeat, body.value).await?;
    Ok(done())
}

async fn attach_file(State(app): State<Shared>, Writing(chat): Writing, request: Request) -> Reply {
    let _upload = chat.upload()?;
    let (file, repeat, room) = body::file(&app, request).await?;
    let repeat = keyed(repeat)?;
    drop(room);
    chat::chat_attach(&app, &chat, Some(&repeat), file).await?;
    Ok(done())
}

async fn get_file(State(app): State<Shared>, Session(chat): Session, Names([_, name]): Names<2>) -> Reply {
    chat::pace_read(&app.environment, &chat)?;
    reading::read(&app, &Arc::new(chat.caller()), async move |app, _| {
        let (kind, bytes) = conversation::file_of(app, &chat, &name).await?;
        Ok(download(kind, bytes))
    })
    .await
}
