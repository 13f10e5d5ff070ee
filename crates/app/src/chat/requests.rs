//! What a customer is asked on the chat page: requests that wait for their yes or no, and their answers.

use super::{begun, cases_of, current_of, pace_write};
use crate::{
    Journal, Parts, Repeat,
    access::who,
    live::chats::Chat,
    operation::{ConfirmAskedRefusal, DeclineAskedRefusal, ListAskedRefusal},
    pipeline::{self, load},
    refused::{Kind, Refused},
    request::{
        answer::{self, AnswerRequests, GivenAnswer},
        tell::{self, AskedOfCustomer, ConfirmTexts},
    },
};
use remit_domain::{
    Case,
    request::{Confirmation, RequestCommand, Via},
};
use remit_policy::actions::Permission;
use serde::Serialize;
use utoipa::ToSchema;

/// The API action that reading requests takes.
pub(super) const READ: Permission = Permission::REQUEST_READ;

/// What waits for the customer's answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Asked {
    /// Each request, the one that was asked for first before the others; 50 at most.
    pub requests: Vec<AskedOfCustomer>,
    /// How many more wait, which are told once those have been answered; nothing where none do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<usize>,
    /// What a page says around them, in the customer's language; nothing where nothing is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texts: Option<ConfirmTexts>,
}

/// What waits for the customer's answer on the case that a chat goes on with.
///
/// # Errors
/// [`ListAskedRefusal`] says when each arises.
pub async fn asked_of(parts: &Parts, chat: &Chat) -> Result<Asked, ListAskedRefusal> {
    let none = || Asked { requests: Vec::new(), more: None, texts: None };
    let Some(case) = current_of(&parts.journal, chat).await? else { return Ok(none()) };
    let case = load::permitted(&parts.governance, &parts.environment, &chat.caller(), READ, case)?.case;
    let mut requests = Vec::new();
    let (waiting, more) = tell::waiting_of(&parts.journal, case.id, parts.environment.now()).await?;
    // Who started the chat is looked up where something waits for its answer alone.
    if waiting.is_empty() || !answers(&parts.journal, chat).await? {
        return Ok(none());
    }
    for request in &waiting {
        requests.extend(tell::asked(parts, &case, request).await?);
    }
    let texts = (!requests.is_empty()).then(|| tell::texts(&parts.governance, &case, requests.len(), more));
    Ok(Asked { requests, more: (more > 0).then_some(more), texts })
}

/// Which requests wait for the customer's answer on a case; none where policy lets them read none.
pub(super) async fn waiting_on(parts: &Parts, chat: &Chat, case: &Case) -> Result<Vec<String>, Refused> {
    if !load::may(&parts.governance, &parts.environment, &chat.caller(), READ, case) {
        return Ok(Vec::new());
    }
    let (waiting, _) = tell::waiting_of(&parts.journal, case.id, parts.environment.now()).await?;
    if waiting.is_empty() || !answers(&parts.journal, chat).await? {
        return Ok(Vec::new());
    }
    Ok(waiting.iter().map(|request| request.id.to_string()).collect())
}

/// Whether what is answered over a chat is the customer's. Whoever started it has its secret: where a person did who
/// works here, or sets the server up, it may be theirs.
async fn answers(journal: &Journal, chat: &Chat) -> Result<bool, Refused> {
    match &chat.by {
        Some(by) => who::is_program(journal, by).await,
        // An earlier version started it.
        None => Ok(true),
    }
}

/// Says yes to what was shown, for the customer of a chat.
///
/// # Errors
/// [`ConfirmAskedRefusal`] says when each arises.
pub async fn confirm_asked(
    parts: &Parts,
    chat: &Chat,
    repeat: &Repeat,
    said: AnswerRequests,
) -> Result<(), ConfirmAskedRefusal> {
    Ok(answer(parts, chat, repeat, &said, RequestCommand::Confirm).await?)
}

/// Says no to what was shown, for the customer of a chat.
///
/// # Errors
/// [`DeclineAskedRefusal`] says when each arises.
pub async fn decline_asked(
    parts: &Parts,
    chat: &Chat,
    repeat: &Repeat,
    said: AnswerRequests,
) -> Result<(), DeclineAskedRefusal> {
    Ok(answer(parts, chat, repeat, &said, RequestCommand::Decline).await?)
}

async fn answer(
    parts: &Parts,
    chat: &Chat,
    repeat: &Repeat,
    said: &AnswerRequests,
    answer: fn(Confirmation) -> RequestCommand,
) -> Result<(), Refused> {
    pace_write(&parts.environment, chat)?;
    let _turn = chat.turn.lock().await;
    begun(&parts.journal, chat).await?;
    let (caller, cases) = (chat.caller(), cases_of(&parts.journal, chat).await?.0);
    let given = GivenAnswer { via: Via::Chat, answer, of: Some(&cases), link: None, started_by: chat.by.as_deref() };
    let answered = async {
        if !answers(&parts.journal, chat).await? {
            let detail = "the chat was started with a token of a person who works here: a program starts those whose \
                          answers are the customer's";
            return Err(Refused::new(Kind::Forbidden, detail).into());
        }
        let answered = answer::answer_all(parts, &caller, Some(repeat), said, &given).await;
        Ok::<_, ConfirmAskedRefusal>(answered?)
    };
    let answered = pipeline::or_earlier_answer(&parts.journal, &parts.vault, &caller, Some(repeat), answered).await;
    answered.map_err(Refused::from).map(drop)
}
