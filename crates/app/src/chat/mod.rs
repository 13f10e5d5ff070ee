//! Chats: links for one customer each, and what that customer may do with one: write, ask for a human, add a file.

use crate::{
    Caller, Environment, Journal, Live, Parts, Repeat,
    access::auth,
    bounds::{CUSTOMER_MAX, bounded},
    case::{
        after_end::{self, AfterEnd},
        announce,
        attachment::{self, File},
        enrich,
        feedback::{self, GiveFeedback},
        open,
        request::{OpenCase, PostMessage},
        write,
    },
    chat::confirmation::can_confirm,
    customer::{self, facts},
    environment::clock::rfc3339,
    field::{
        schema::values,
        sent::{self, Sent},
    },
    journal::stored_case,
    live::chats::{CHATS, Chat, ChatItem, Opening, id_of},
    operation::{AskForHumanRefusal, AttachFileRefusal, JudgeRefusal, SayRefusal, StartChatRefusal},
    pipeline::{self, authority, commit::Envelope, load, measure, sealing},
    refused::{Kind, Refused},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::{
    Case, Command, Event,
    case::{Channel, Status},
    ending::Ending,
    id::{CaseId, SignalName},
    signal::{BUTTON_PRESSED, OWN_SOURCE, Reading, Value},
};
use remit_policy::actions::Permission;
use remit_signals::written::written;
use remit_store::{Commit, Expected};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use utoipa::ToSchema;

pub mod ask;
pub mod callback;
pub mod confirmation;
pub mod conversation;
pub mod requests;

/// A chat to start.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartChat {
    /// Your own identifier of the customer, who must be who opens the link: recorded only as a pseudonym.
    #[schema(max_length = 256, min_length = 1)]
    pub customer: String,
    /// A case of theirs to go on with; without it the first message opens one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// For how many hours the link is valid: 1 to 72; 12 unless told.
    #[serde(default = "twelve")]
    #[schema(minimum = 1, maximum = 72)]
    pub hours: u16,
    /// What you know of the customer by now, by the facts that the bundle declares: it is noted as by
    /// `PUT /v1/customers/{id}/facts`, for which policy is asked `fact.set`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "sent::once_if")]
    #[schema(schema_with = values)]
    pub facts: Option<Sent>,
    /// Which of the token's sources says so; its first unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub source: Option<String>,
}

fn twelve() -> u16 {
    12
}

/// A chat just started.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StartedChat {
    /// Its identifier.
    pub id: String,
    /// Where the customer goes: at the server's public address, or, where it was told none, on this server. The secret
    /// is behind `#`, which browsers send to nobody.
    #[schema(example = "/chat#remit_chat_…")]
    pub url: String,
    /// Until when.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// What a customer says.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// The words.
    #[schema(max_length = 32_768, min_length = 1)]
    pub text: String,
    /// Whether this begins another request, after the one before was resolved.
    #[serde(default)]
    pub another: bool,
}

/// What a chat's secret begins with.
const SECRET_PREFIX: &str = "remit_chat_";

/// Chats that are valid at once.
const CHATS_MAX: usize = 100_000;

/// Requests in one chat, one after the other.
const CASES_MAX: usize = 20;

const HOUR_MS: i64 = 3_600_000;

/// Cases that ended one in the other, at most, before the last is found.
const MERGES_MAX: usize = 8;

/// Makes a link for one customer. Its secret is in the answer and kept nowhere.
///
/// # Errors
/// [`StartChatRefusal`] says when each arises.
pub async fn start_chat(parts: &Parts, caller: &Caller, start: StartChat) -> Result<StartedChat, StartChatRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::CHAT_START)?;
    bounded("customer", &start.customer, CUSTOMER_MAX)?;
    if !(1..=72).contains(&start.hours) {
        return Err(Refused::invalid("hours", "must be 1 to 72").into());
    }
    let customer = customer::customer_id(&parts.vault, &start.customer);
    // Nobody is erased between this look at the case and the commit.
    let _starting = parts.live.chats.starting.read().await;
    let cases = match &start.case {
        Some(id) => {
            let case = load::case_for(
                &parts.governance,
                &parts.journal,
                &parts.environment,
                caller,
                Permission::CASE_READ,
                id,
            )
            .await?;
            if case.customer != customer {
                return Err(Refused::invalid("case", "is not a case of this customer").into());
            }
            parts.opener().case_key(&case).await?.there()?;
            vec![case.id]
        }
        None => Vec::new(),
    };
    if let Some(said) = &start.facts {
        facts::say(parts, caller, &customer, said, start.source.as_deref()).await?;
    }
    let now = parts.environment.now();
    let bytes: [u8; 32] = parts.environment.entropy.bytes().map_err(Refused::from)?;
    let secret = format!("{SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let expires = now.plus_ms(i64::from(start.hours) * HOUR_MS);
    let item = ChatItem { customer, cases, expires, by: Some(caller.pseudonym.to_string()) };
    let chat = Chat::new(id_of(&secret), item.clone());
    let over = parts.live.chats.over(now);
    if parts.live.chats.lock().by_id.len() >= CHATS_MAX + over.len() {
        return Err(Refused::new(Kind::Busy, format!("{CHATS_MAX} chats are valid already")).into());
    }
    let mut items = vec![CHATS.write(&chat.id, Expected::Absent, &item).map_err(Refused::internal)?];
    items.extend(over.iter().map(|id| CHATS.forget(id, Expected::Any("what is over is forgotten, whatever it was"))));
    let event = Event::ChatStarted {
        chat: chat.name.clone(),
        digest: Some(authority::digest(chat.id.as_bytes())),
        customer: chat.customer.clone(),
        case: item.cases.first().copied(),
        expires: chat.expires,
        by: caller.pseudonym.to_string(),
        at: now,
    };
    authority::govern(parts, caller, &[event], Commit { items, ..Commit::default() }).await.map_err(crate::refused)?;
    Ok(StartedChat {
        id: chat.name.clone(),
        url: parts.environment.public_link(&format!("/chat#{secret}")),
        expires_at: rfc3339(chat.expires),
    })
}

/// The chat with this secret.
///
/// # Errors
/// When there is none, or it has ended.
pub fn chat(live: &Live, environment: &Environment, secret: &str) -> Result<Arc<Chat>, Refused> {
    let ended = |detail: &str| Refused::new(Kind::ChatEnded, detail);
    if !secret.starts_with(SECRET_PREFIX) || secret.len() > 128 {
        return Err(ended("the request names no chat"));
    }
    let known = live.chats.lock().by_id.get(&id_of(secret)).cloned();
    let chat = known.ok_or_else(|| ended("there is no such chat"))?;
    if chat.expires <= environment.now() {
        return Err(ended("the chat's time is over"));
    }
    Ok(chat)
}

/// Notes that the chat is read, as often as it may be.
pub fn pace_read(environment: &Environment, chat: &Chat) -> Result<(), Refused> {
    chat.reads.take(environment.clock.monotonic()).map_err(too_often)
}

fn pace_write(environment: &Environment, chat: &Chat) -> Result<(), Refused> {
    chat.writes.take(environment.clock.monotonic()).map_err(too_often)
}

/// Adds what the customer says; the first message opens their case.
///
/// # Errors
/// [`SayRefusal`] says when each arises.
pub async fn chat_say(parts: &Parts, chat: &Chat, repeat: &Repeat, say: Say) -> Result<(), SayRefusal> {
    pace_write(&parts.environment, chat)?;
    let _turn = chat.turn.lock().await;
    let current = current_of(&parts.journal, chat).await?;
    let becomes = match &current {
        Some(case) => becomes(parts, case).await?,
        None => AfterEnd::Refused,
    };
    match current {
        Some(case) if becomes == AfterEnd::Follows && !say.another => {
            chat_open(parts, chat, repeat, say.text, Vec::new(), Some(case.id)).await?;
        }
        Some(case) if !(say.another && case.status == Status::Resolved) => {
            let message = PostMessage { text: say.text, epoch: None, marks: Vec::new(), auto_submitted: by_hand() };
            let caller = chat.caller();
            let said = async {
                let loaded = load::permitted(&parts.governance, &parts.environment, &caller, write::POST, case)?;
                Ok::<_, SayRefusal>(write::post_on(parts, &caller, Some(repeat), loaded, message).await?)
            };
            pipeline::or_earlier_answer(&parts.journal, &parts.vault, &caller, Some(repeat), said).await?;
        }
        _ => chat_open(parts, chat, repeat, say.text, Vec::new(), None).await?,
    }
    Ok(())
}

/// Says for the customer that they want a human, in their words and as a reading of its own.
///
/// # Errors
/// [`AskForHumanRefusal`] says when each arises.
pub async fn chat_human(parts: &Parts, chat: &Chat, repeat: &Repeat) -> Result<(), AskForHumanRefusal> {
    pace_write(&parts.environment, chat)?;
    let _turn = chat.turn.lock().await;
    let because = vec![BUTTON_PRESSED.to_owned()];
    let reading = Reading { value: Value::Bool(true), source: OWN_SOURCE.into(), at: parts.environment.now(), because };
    let wanted = vec![(SignalName::new("wants_human").map_err(Refused::internal)?, reading)];
    let Some(case) = current_of(&parts.journal, chat).await? else {
        let text = parts.governance.bundle.texts().say(None, "wants_human", &[]);
        return Ok(chat_open(parts, chat, repeat, text, wanted, None).await?);
    };
    let (becomes, caller, id) = (becomes(parts, &case).await?, chat.caller(), case.id.to_string());
    let loaded = load::permitted(&parts.governance, &parts.environment, &caller, write::POST, case)?;
    let case = &loaded.case;
    if case.human_requested && !case.held_by_ai && case.status == Status::Open {
        return Ok(());
    }
    let text = parts.governance.bundle.texts().say(announce::language(case), "wants_human", &[]);
    if becomes == AfterEnd::Follows {
        return Ok(chat_open(parts, chat, repeat, text, wanted, Some(loaded.case.id)).await?);
    }
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &text).await?;
    let (words, readings) = (sealed.words.clone(), wanted);
    let command = match becomes {
        AfterEnd::Reopens => Command::WriteAgain { words, readings, situation: None },
        AfterEnd::Refused | AfterEnd::Follows => Command::Write { words, readings, situation: None },
    };
    let envelope = Envelope::on(loaded, command).with([sealed]);
    Ok(pipeline::execute(parts, &caller, Some(repeat), Some(&id), envelope, |_| ()).await.map(|_| ())?)
}

/// Notes whether the customer was helped: yes ends their case, no reopens one that has ended.
///
/// # Errors
/// [`JudgeRefusal`] says when each arises.
pub async fn chat_feedback(
    parts: &Parts,
    chat: &Chat,
    repeat: &Repeat,
    said: GiveFeedback,
) -> Result<(), JudgeRefusal> {
    pace_write(&parts.environment, chat)?;
    let _turn = chat.turn.lock().await;
    let (caller, now) = (chat.caller(), begun(&parts.journal, chat).await?);
    let case = now.id.to_string();
    let given = async {
        if said.solved == Some(true) {
            let now = load::permitted(&parts.governance, &parts.environment, &caller, Permission::CASE_READ, now)?.case;
            if now.status == Status::Open && !can_confirm(&now) {
                let why = "there is nothing to confirm yet, since nobody has answered or somebody has to see to it";
                return Err(Refused::new(Kind::Conflict, why).into());
            }
        }
        feedback::give_feedback(parts, &caller, Some(repeat), &case, said).await
    };
    let given = pipeline::or_earlier_answer(&parts.journal, &parts.vault, &caller, Some(repeat), given).await;
    given.map_err(Refused::from)?;
    Ok(())
}

/// Adds a file to the customer's case.
///
/// # Errors
/// [`AttachFileRefusal`] says when each arises.
pub async fn chat_attach(
    parts: &Parts,
    chat: &Chat,
    repeat: Option<&Repeat>,
    file: File,
) -> Result<(), AttachFileRefusal> {
    pace_write(&parts.environment, chat)?;
    let _turn = chat.turn.lock().await;
    let (caller, case) = (chat.caller(), begun(&parts.journal, chat).await?.id.to_string());
    let attached = attachment::attach(parts, &caller, repeat, &case, None, file);
    let attached = pipeline::or_earlier_answer(&parts.journal, &parts.vault, &caller, repeat, attached).await;
    attached.map_err(Refused::from)?;
    Ok(())
}

async fn chat_open(
    parts: &Parts,
    chat: &Chat,
    repeat: &Repeat,
    text: String,
    readings: Vec<(SignalName, Reading)>,
    follows: Option<CaseId>,
) -> Result<(), Refused> {
    let (cases, _) = cases_of(&parts.journal, chat).await?;
    let item = ChatItem { customer: chat.customer.clone(), cases, expires: chat.expires, by: chat.by.clone() };
    if item.cases.len() >= CASES_MAX {
        let detail = format!("this chat has had {CASES_MAX} requests; ask for a new link");
        return Err(Refused::new(Kind::Conflict, detail));
    }
    let open = OpenCase {
        customer: String::new(),
        text,
        channel: Channel::Chat,
        requester: None,
        signals: Vec::new(),
        fields: Sent::new(),
        source: None,
        auto_submitted: by_hand(),
    };
    let caller = chat.caller();
    open::may_open(&parts.governance, &parts.live, &parts.environment, &caller, &open)?;
    let over = || Refused::new(Kind::ChatEnded, "the chat has ended");
    let customer =
        customer::customer_of(&parts.journal, &parts.vault, &parts.environment, chat.customer.clone()).await?;
    // It has ended by the time that a customer who was erased has another key.
    if !parts.live.chats.lock().by_id.contains_key(&chat.id) {
        return Err(over());
    }
    let now = parts.environment.now();
    let measured = measure::measure(&parts.governance, &parts.environment, &written(&open.text), now).await?;
    let enriched = match follows {
        Some(ended) => after_end::about(parts, &stored(&parts.journal, ended).await?, &customer.id, now).await?,
        None => enrich::enrich(parts, None, &customer.id, open.channel, &open.fields, now).await?,
    };
    let mut envelope = open::opening_of(parts, &caller, customer, &open, enriched, measured, now).await?;
    if let Some(ended) = follows {
        envelope = after_end::following(envelope, ended);
    }
    if let Command::Open { readings: measured, .. } = &mut envelope.command {
        measured.retain(|(name, _)| readings.iter().all(|(known, _)| known != name));
        measured.extend(readings);
    }
    let stored = CHATS.get(&parts.journal.store, &chat.id).await.map_err(Refused::internal)?.ok_or_else(over)?;
    envelope.side.chat = Some(Opening { id: chat.id.clone(), item, expected: stored.expected() });
    let shown = |effects: &remit_domain::command::Effects| effects.case.id;
    let erased = |refused: Refused| if refused.kind == Kind::Erased { over() } else { refused };
    pipeline::execute(parts, &caller, Some(repeat), None, envelope, shown).await.map(|_| ()).map_err(erased)
}

/// The case that a chat goes on with: its last one, or the one in which that ended.
async fn current_of(journal: &Journal, chat: &Chat) -> Result<Option<Case>, Refused> {
    cases_of(journal, chat).await.map(|(_, current)| current)
}

/// A chat's cases, with those in which its last one ended; and the one that it goes on with, as it is now.
pub(crate) async fn cases_of(journal: &Journal, chat: &Chat) -> Result<(Vec<CaseId>, Option<Case>), Refused> {
    let mut cases = chat.cases();
    let Some(last) = cases.last().copied() else { return Ok((cases, None)) };
    let mut current = stored(journal, last).await?;
    for _ in 0..MERGES_MAX {
        let Some(Ending::Merged { into }) = current.ending else { break };
        current = stored(journal, into).await?;
        if !cases.contains(&into) {
            cases.push(into);
        }
    }
    Ok((cases, Some(current)))
}

async fn stored(journal: &Journal, id: CaseId) -> Result<Case, Refused> {
    let case = stored_case::stored_case(journal, id).await?;
    case.ok_or_else(|| Refused::new(Kind::NotFound, format!("no case {id} is on record")))
}

async fn begun(journal: &Journal, chat: &Chat) -> Result<Case, Refused> {
    let case = current_of(journal, chat).await?;
    case.ok_or_else(|| Refused::new(Kind::Conflict, "nothing was said on this chat yet; say something first"))
}

/// What becomes of what the customer says on a case.
async fn becomes(parts: &Parts, case: &Case) -> Result<AfterEnd, Refused> {
    after_end::becomes(&parts.governance, &parts.journal, &parts.environment, case).await
}

/// Whoever writes on a chat's page is a person.
fn by_hand() -> Option<String> {
    Some("no".to_owned())
}

fn too_often(wait: Duration) -> Refused {
    let seconds = wait.as_millis().div_ceil(1_000);
    Refused::new(Kind::TooOften, format!("too much at once on this chat; go on in {seconds} s"))
        .with("retry_after", seconds)
}
