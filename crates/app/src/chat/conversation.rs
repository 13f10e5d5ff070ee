//! What a customer is shown: what was said, by whom, and who has the case now. Honest, and nothing of the inside.

use crate::{
    Governance, Journal, Live, Parts,
    access::who,
    case::{
        announce::{self, Telling},
        attachment::{self, AttachmentView},
        waiting::{self, Outlook},
    },
    chat::{self, callback, confirmation::can_confirm, requests},
    environment::clock::rfc3339,
    live::chats::Chat,
    operation::{GetAttachmentRefusal, GetConversationRefusal, GetFileRefusal},
    pipeline::{load, sealing, sla},
    refused::{Kind, Refused},
    request::tell,
};
use remit_domain::{
    Case, Decision, Event, Stream,
    announcement::Announcement,
    case::{Author, Holder, HolderRef, Status},
    decision::ResponderKind,
    deferral::Deferral,
    event::{FileKind, Handoff, Message},
    id::{CaseId, DelegateId, ResponderId, StaffId, Timestamp},
};
use remit_policy::{actions::Permission, bundle::Bundle};
use remit_store::{Journal as _, RecordRow};
use serde::Serialize;
use utoipa::ToSchema;

/// A message as its customer is shown it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChatMessage {
    /// Its identifier.
    pub id: String,
    /// Its place, by which reading resumes.
    pub seq: u64,
    /// Who wrote: `you`, `ai`, `person`, `delegate` (a delegate, for the customer), or `remit` where the customer is
    /// told who has the case now. A delegate that reads is told what its customer wrote themselves as by `customer`.
    pub author: &'static str,
    /// The AI's title, the person's first name, or the delegate's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it says; nothing once the words were erased.
    pub text: Option<String>,
    /// By when what it says will be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub by: Option<String>,
    /// Files that came with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentView>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// Who has the customer's case now, and what they can expect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChatStatus {
    /// `new` (nothing was said yet), `ai`, `waiting` (for a person), `person`, `manager` or `closed`.
    pub state: &'static str,
    /// The same in a sentence, to be shown as it stands.
    pub text: String,
    /// By when somebody sees to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub by: Option<String>,
    /// In about how many minutes a person answers; nothing where nobody can say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_minutes: Option<i64>,
    /// When those for whom the customer waits open again, where they are closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub opens_at: Option<String>,
    /// By when an answer is promised to who waits for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// When the customer is called, where a call is agreed on or promised and its moment is still to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub callback_at: Option<String>,
    /// There where the customer can ask to be called, or for another moment: what they are offered, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
    /// Whether asking for a human would change anything.
    pub can_ask_human: bool,
    /// Whether somebody answered, so that the customer can say that it is solved.
    pub can_confirm: bool,
    /// The requests that wait for a yes or a no of the customer's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<String>,
}

impl ChatMessage {
    /// What Remit tells of what happened at a place.
    fn of_remit(seq: u64, of: &str, text: Option<String>, at: String) -> Self {
        Self {
            id: format!("{of}-{seq}"),
            seq,
            author: "remit",
            name: None,
            text,
            by: None,
            attachments: Vec::new(),
            at,
        }
    }
}

/// A conversation as its customer is shown it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Conversation {
    /// The name of the organisation.
    pub organisation: String,
    /// Messages, oldest first.
    pub messages: Vec<ChatMessage>,
    /// Where the next page begins: send it as `after`. Nothing when this is the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Who has the case now.
    pub status: ChatStatus,
}

/// Kinds of events of a case that customers are shown something of.
const SHOWN: [&str; 5] = ["case_opened", "message_added", "decision_made", "case_deferred", "request_ended"];

/// Records that are read at once.
const PAGE: usize = 200;

/// Messages of one answer.
pub(crate) const MESSAGES_MAX: usize = 100;

/// A chat's cases, read once for all that is shown of them.
pub struct ChatRead<'c> {
    chat: &'c Chat,
    cases: Vec<CaseId>,
    current: Option<Case>,
    /// What waits for the customer's answer.
    asked: Vec<String>,
}

impl<'c> ChatRead<'c> {
    /// The cases of a chat as they are now.
    ///
    /// # Errors
    /// When policy lets its customer read none of the one that it goes on with.
    pub async fn of(parts: &Parts, chat: &'c Chat) -> Result<Self, Refused> {
        let (cases, current) = chat::cases_of(&parts.journal, chat).await?;
        let permitted = |case| load::permitted(&parts.governance, &parts.environment, &chat.caller(), READ, case);
        let current = current.map(permitted).transpose()?.map(|loaded| loaded.case);
        let asked = match &current {
            Some(case) => requests::waiting_on(parts, chat, case).await?,
            None => Vec::new(),
        };
        Ok(Self { chat, cases, current, asked })
    }

    /// The case that the chat goes on with.
    pub fn current(&self) -> Option<CaseId> {
        self.current.as_ref().map(|case| case.id)
    }

    /// What was said on it after a place, oldest first, as far as one answer goes.
    ///
    /// # Errors
    /// When policy or the store refuses.
    pub async fn said_since(&self, parts: &Parts, after: u64) -> Result<Vec<ChatMessage>, Refused> {
        let mut messages = Vec::new();
        for id in &self.cases {
            match self.current.as_ref().filter(|case| case.id == *id) {
                Some(case) => self.told_on(parts, case, after, &mut messages).await?,
                None => {
                    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
                    let (caller, id) = (self.chat.caller(), id.to_string());
                    let case = load::case_for(governance, journal, environment, &caller, READ, &id).await?;
                    self.told_on(parts, &case, after, &mut messages).await?;
                }
            }
        }
        messages.sort_by_key(|message| message.seq);
        messages.truncate(MESSAGES_MAX);
        Ok(messages)
    }

    /// What was said on a case after a place, and what became of requests on it, as far as one answer goes.
    async fn told_on(
        &self,
        parts: &Parts,
        case: &Case,
        after: u64,
        told: &mut Vec<ChatMessage>,
    ) -> Result<(), Refused> {
        said_on(parts, case, after, None, told).await?;
        if load::may(&parts.governance, &parts.environment, &self.chat.caller(), requests::READ, case) {
            for request in tell::requests_of(&parts.journal, case.id).await? {
                let became = tell::told_on(parts, case, &request, after).await?.into_iter();
                told.extend(became.map(|one| ChatMessage::of_remit(one.seq, "request", one.text, rfc3339(one.at))));
            }
        }
        Ok(())
    }

    /// Who has the case now.
    pub fn status(&self, parts: &Parts) -> ChatStatus {
        match &self.current {
            Some(case) => {
                let callback = callback::offered(&parts.governance, case, parts.environment.now());
                let callback_at = callback::agreed(case).map(rfc3339);
                ChatStatus { callback_at, callback, asked: self.asked.clone(), ..status_of(parts, case) }
            }
            None => {
                let text = parts.governance.bundle.texts().say(None, "chat_begins", &[]);
                ChatStatus::new("new", text).with_human()
            }
        }
    }
}

/// The API action that reading takes.
const READ: Permission = Permission::CASE_READ;

/// The conversation of a chat after a place.
///
/// # Errors
/// [`GetConversationRefusal`] says when each arises.
pub async fn conversation_of(parts: &Parts, chat: &Chat, after: u64) -> Result<Conversation, GetConversationRefusal> {
    let read = ChatRead::of(parts, chat).await?;
    let messages = read.said_since(parts, after).await?;
    let next = (messages.len() == MESSAGES_MAX).then(|| messages.last().map(|last| last.seq.to_string())).flatten();
    let organisation = parts.governance.bundle.name().to_owned();
    Ok(Conversation { organisation, messages, next, status: read.status(parts) })
}

/// What was said on a case after a place, oldest first, as far as one answer goes; as its customer is shown it, unless
/// a delegate of theirs reads.
pub(crate) async fn said_on(
    parts: &Parts,
    case: &Case,
    after: u64,
    reader: Option<DelegateId>,
    said: &mut Vec<ChatMessage>,
) -> Result<(), Refused> {
    let (stream, mut at, enough) = (Stream::case(case.id).to_string(), after, said.len() + MESSAGES_MAX);
    while said.len() < enough {
        let rows = parts.journal.store.records_of(&stream, at, PAGE).await.map_err(Refused::internal)?;
        for row in &rows {
            at = row.seq;
            if !SHOWN.contains(&row.kind.as_str()) {
                continue;
            }
            match serde_json::from_slice(&row.body).map_err(Refused::internal)? {
                Event::CaseOpened { message, at, .. } | Event::MessageAdded { message, at } => {
                    said.push(shown(parts, case, &message, row, reader, at).await?);
                }
                Event::DecisionMade { decision, handoff: Some(handoff) } => {
                    said.extend(announced(parts, &decision, &handoff, row.seq).await);
                }
                Event::CaseDeferred { deferral } => {
                    let told = announce::of_deferral(&parts.governance, &parts.journal, case, &deferral)
                        .await
                        .filter(|_| !deferral.told);
                    let message = |text| ChatMessage::of_remit(row.seq, "put-off", Some(text), rfc3339(deferral.at));
                    said.extend(told.map(message));
                }
                Event::RequestEnded(ended) => {
                    let told = announce::of_request(parts, case, &ended).await;
                    let message = |text| ChatMessage::of_remit(row.seq, "request", Some(text), rfc3339(ended.at));
                    said.extend(told.map(message));
                }
                _ => {}
            }
        }
        if rows.len() < PAGE {
            break;
        }
    }
    Ok(())
}

/// What is told of a handoff. Figures are left to the status, which keeps up with what is known.
async fn announced(parts: &Parts, decision: &Decision, handoff: &Handoff, seq: u64) -> Option<ChatMessage> {
    let bundle = announce::governing(&parts.governance, &parts.journal, &decision.bundle).await;
    let words = announce::words_of(&bundle, decision, handoff);
    let (text, by) = match handoff.announced? {
        Announcement::Waiting { opens: None, .. } => {
            let title = words.title(handoff.to.name());
            (words.say("chat_person_will_answer", &[("title", &title)]), None)
        }
        Announcement::Owner { due } => (words.say("chat_manager", &[]), Some(rfc3339(due))),
        _ => (announce::of_handoff(parts, decision, handoff).await?, None),
    };
    Some(ChatMessage {
        id: decision.id.to_string(),
        seq,
        author: "remit",
        name: None,
        text: Some(text),
        by,
        attachments: Vec::new(),
        at: rfc3339(decision.at),
    })
}

async fn shown(
    parts: &Parts,
    case: &Case,
    message: &Message,
    row: &RecordRow,
    reader: Option<DelegateId>,
    at: Timestamp,
) -> Result<ChatMessage, Refused> {
    let seq = row.seq;
    let (author, name) = match &message.author {
        Author::Requester => match (who::delegate_named(&parts.journal, &row.actor).await?, reader) {
            (Some(_), Some(reader)) if reader.to_string() == row.actor => ("you", None),
            (Some(name), _) => ("delegate", Some(name)),
            (None, Some(_)) => ("customer", None),
            (None, None) => ("you", None),
        },
        Author::Holder { staff: Some(staff), .. } => {
            ("person", Some(first_name(&parts.governance, &parts.live, case, staff)))
        }
        Author::Holder { holder: HolderRef::Owner(_), .. } => {
            ("person", Some(parts.governance.bundle.texts().say(announce::language(case), "a_manager", &[])))
        }
        Author::Holder { holder: HolderRef::Responder(id), .. } => {
            by_title(&parts.governance, &parts.journal, id, seq).await?
        }
    };
    Ok(ChatMessage {
        id: message.id.to_string(),
        seq,
        author,
        name,
        text: sealing::open_words(&parts.journal, &parts.vault, &parts.environment, case, &message.words).await?,
        by: None,
        attachments: message.attachments.iter().map(AttachmentView::from).collect(),
        at: rfc3339(at),
    })
}

/// A responder that wrote at this place in the ledger: what it is, and as what it was known then.
async fn by_title(
    governance: &Governance,
    journal: &Journal,
    id: &ResponderId,
    seq: u64,
) -> Result<(&'static str, Option<String>), Refused> {
    let known = |bundle: &Bundle| {
        let spec = bundle.candidate(id)?;
        Some((if spec.kind == ResponderKind::Ai { "ai" } else { "person" }, Some(spec.title.clone())))
    };
    if let Some(known) = known(&governance.bundle) {
        return Ok(known);
    }
    let then = match journal.in_force_at(seq).await? {
        Some(digest) => known(&*announce::governing(governance, journal, &digest).await),
        None => None,
    };
    // Nothing of the inside is told where the bundle of then cannot be had.
    Ok(then.unwrap_or(("ai", None)))
}

fn first_name(governance: &Governance, live: &Live, case: &Case, staff: &StaffId) -> String {
    let colleague = || governance.bundle.texts().say(announce::language(case), "a_colleague", &[]);
    live.floor.staff(staff).map_or_else(colleague, |known| known.first_name)
}

/// Who has a case now.
pub(crate) fn status_of(parts: &Parts, case: &Case) -> ChatStatus {
    let texts = parts.governance.bundle.texts();
    let language = announce::language(case);
    let say = |text: &str, with: &[(&str, &str)]| texts.say(language, text, with);
    let (Some(holder), Status::Open) = (&case.holder, case.status) else {
        return ChatStatus::new("closed", say("chat_ended", &[]));
    };
    let can_confirm = can_confirm(case);
    if let Some(status) = put_off(&parts.governance, case) {
        return ChatStatus { can_confirm, ..status };
    }
    if let Some(staff) = &holder.staff {
        let name = first_name(&parts.governance, &parts.live, case, staff);
        let text = if parts.live.floor.is_here(staff) { "chat_person" } else { "chat_person_is_away" };
        return ChatStatus { can_confirm, ..ChatStatus::new("person", say(text, &[("name", &name)])) };
    }
    let Some(responder) = holder.responder() else {
        return managed(&parts.governance, case, holder, parts.environment.now());
    };
    if case.held_by_ai {
        let title = announce::title(&parts.governance.bundle, responder.as_str());
        let text = say("chat_ai", &[("title", &title)]);
        return ChatStatus { can_confirm, ..ChatStatus::new("ai", text).with_human() };
    }
    let desk = parts.governance.bundle.candidate(responder).map_or("", |spec| spec.title.as_str());
    let outlook = waiting::outlook(&parts.governance, &parts.live, &parts.environment, case, responder);
    let how_long = outlook.words(&parts.governance, language);
    // Whoever is asked may say no.
    let how_long = match (case.offer.is_some(), &outlook) {
        (false, _) => how_long,
        (true, Outlook::Unknown | Outlook::Nobody) => say("being_asked", &[]),
        (true, _) => say("being_asked_otherwise", &[("wait", &how_long)]),
    };
    let text = if desk.is_empty() { "chat_waits" } else { "chat_waits_for_desk" };
    let text = say(text, &[("title", desk), ("wait", &how_long)]);
    let text = match (case.told, &outlook) {
        (Some(Announcement::CallBack { .. }), Outlook::Closed { opens: Some(opens), .. }) => {
            let time = Telling::now(&parts.governance, case).moment("calls_back", *opens);
            say("calls_back", &[("title", desk), ("time", &time)])
        }
        _ => text,
    };
    let (wait_minutes, opens_at) = (outlook.minutes(), outlook.opens());
    let due_at = sla::clock(&parts.governance, case).map(|running| rfc3339(running.due));
    ChatStatus { wait_minutes, opens_at, due_at, can_confirm, ..ChatStatus::new("waiting", text) }
}

/// What is told of a case that is put off, while the customer waits for nothing else.
fn put_off(governance: &Governance, case: &Case) -> Option<ChatStatus> {
    let told = |deferral: &&Deferral| deferral.kind.is_told() && case.is_put_off();
    let deferral = case.deferrals.values().find(told)?;
    let state = if case.holder.as_ref().is_some_and(|holder| holder.staff.is_some()) { "person" } else { "waiting" };
    Some(ChatStatus::new(state, Telling::now(governance, case).put_off(deferral)?))
}

/// A file of a chat's cases, with its kind.
///
/// # Errors
/// [`GetFileRefusal`] says when each arises.
pub async fn file_of(parts: &Parts, chat: &Chat, name: &str) -> Result<(FileKind, Vec<u8>), GetFileRefusal> {
    for case in chat::cases_of(&parts.journal, chat).await?.0.iter().rev() {
        match attachment::attachment(parts, &chat.caller(), &case.to_string(), name).await {
            Err(GetAttachmentRefusal::NotFound(_)) => {}
            found => return Ok(found.map_err(Refused::from)?),
        }
    }
    Err(Refused::new(Kind::NotFound, "this chat has no such file").into())
}

impl ChatStatus {
    fn new(state: &'static str, text: impl Into<String>) -> Self {
        Self {
            state,
            text: text.into(),
            by: None,
            wait_minutes: None,
            opens_at: None,
            due_at: None,
            callback_at: None,
            callback: None,
            can_ask_human: false,
            can_confirm: false,
            asked: Vec::new(),
        }
    }

    fn with_human(self) -> Self {
        Self { can_ask_human: true, ..self }
    }
}

/// What is told of a case that is its exception's owner's.
fn managed(governance: &Governance, case: &Case, holder: &Holder, now: Timestamp) -> ChatStatus {
    let say = |text: &str| governance.bundle.texts().say(announce::language(case), text, &[]);
    let held = case.exceptions.values().filter(|open| open.kind.holds());
    match held.map(|open| open.due).min() {
        Some(due) if due > now => {
            let status = ChatStatus::new("manager", say("chat_manager"));
            ChatStatus { by: Some(rfc3339(due)), ..status }
        }
        _ => {
            tracing::debug!(case = %case.id, owner = holder.who.name(), "a customer waits for an overdue exception");
            ChatStatus::new("manager", say("chat_manager_is_late"))
        }
    }
}
