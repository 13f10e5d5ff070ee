//! The conversation on a case, opened: whole, or what of it is to be answered.

use crate::{Governance, Parts, journal::stored_case::Records, pipeline::sealing, refused::Refused};
use remit_domain::{Case, Event, case::Author, event::Message, id::MessageId};
use remit_responders::{TurnAuthor, TurnMessage};
use remit_signals::{normal::says_nothing, written::written};

/// Messages of the conversation that a holder is given, the newest.
const MESSAGES_MAX: usize = 40;

/// In place of a message in which the customer wrote nothing of their own.
const NOTHING_WRITTEN: &str = "[a message without words of the customer's own]";

/// The newest messages of a case whose words are there, oldest first, whole.
pub(crate) async fn conversation(parts: &Parts, case: &Case) -> Result<Vec<TurnMessage>, Refused> {
    let whole = |message: &Message, mut said: TurnMessage| {
        if let Some(how) = message.auto_submitted {
            said.text.insert_str(0, &format!("[sent by a machine: {}] ", how.as_str()));
        }
        Some(said)
    };
    Ok(each_said(parts, case, whole).await?.into_iter().map(|(_, message)| message).collect())
}

/// The same without what machines sent, and of what the customer wrote what is to be answered.
pub(crate) async fn asked_conversation(parts: &Parts, case: &Case) -> Result<Vec<(MessageId, TurnMessage)>, Refused> {
    let asked = |message: &Message, said: TurnMessage| match (message.auto_submitted, said.author) {
        (Some(_), _) => None,
        (None, TurnAuthor::Customer) => Some(TurnMessage { text: to_answer(&said.text), ..said }),
        _ => Some(said),
    };
    each_said(parts, case, asked).await
}

async fn each_said(
    parts: &Parts,
    case: &Case,
    take: impl Fn(&Message, TurnMessage) -> Option<TurnMessage>,
) -> Result<Vec<(MessageId, TurnMessage)>, Refused> {
    let mut messages = std::collections::VecDeque::new();
    let mut records = Records::of(case);
    while let Some(row) = records.next(&parts.journal).await? {
        if !matches!(row.kind.as_str(), "case_opened" | "message_added") {
            continue;
        }
        let event: Event = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
        let (Event::CaseOpened { message, .. } | Event::MessageAdded { message, .. }) = event else {
            continue;
        };
        let author = match &message.author {
            Author::Requester => TurnAuthor::Customer,
            Author::Holder { staff: None, holder, .. } if is_ai(&parts.governance, holder.name()) => TurnAuthor::Ai,
            Author::Holder { .. } => TurnAuthor::Staff,
        };
        if messages.len() == MESSAGES_MAX {
            messages.pop_front();
        }
        messages.push_back((author, message));
    }
    let mut opened = Vec::with_capacity(messages.len());
    for (author, message) in messages {
        if let Some(text) =
            sealing::open_words(&parts.journal, &parts.vault, &parts.environment, case, &message.words).await?
        {
            let Some(said) = take(&message, TurnMessage { author, text }) else { continue };
            let text = message.attachments.iter().fold(said.text, |text, file| {
                format!("{text}[a file was attached: {}, {} bytes]", file.media_type, file.bytes)
            });
            opened.push((message.id, TurnMessage { author, text }));
        }
    }
    Ok(opened)
}

fn is_ai(governance: &Governance, responder: &str) -> bool {
    let ai = remit_domain::decision::ResponderKind::Ai;
    governance.bundle.candidates().iter().any(|spec| spec.responder.as_str() == responder && spec.kind == ai)
}

/// What of a customer's message is to be answered, and in place of nothing that there is nothing.
fn to_answer(text: &str) -> String {
    let message = written(text);
    let asked = message.to_answer();
    // Words that came with a file alone are none.
    if asked.is_empty() && !says_nothing(text) { NOTHING_WRITTEN.to_owned() } else { asked }
}
