//! Messages on a case, and readings of it.

use crate::case::counted::shown;
use crate::{
    Caller, Done, Parts, Repeat,
    case::{
        automatic,
        bounds::{self, TEXT_MAX},
        counted::{self, CaseAnswer},
        schema,
    },
    pipeline::{
        self,
        commit::Act,
        load,
        measure::{self, Named, PostedReading},
        sealing,
    },
    refused::Refused,
};
use remit_domain::{Command, event::Mark};
use remit_signals::written::written;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A message on a case.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostMessage {
    /// What it says.
    #[schema(max_length = 32_768, min_length = 1)]
    pub text: String,
    /// The holder's lease, when the holder writes; without it the requester writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// What the holder commits to with it, so that the next holder is told: `promise`, `refusal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = schema::marks)]
    pub marks: Vec<Mark>,
    /// The value of the message's field `Auto-Submitted` (RFC 3834), where the requester writes: what a machine sent is
    /// kept, and nothing follows from it. Without it the usual forms are known by their words; `no` says that a person
    /// wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, example = "auto-replied")]
    pub auto_submitted: Option<String>,
}

/// Readings of a case.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostSignals {
    /// The readings.
    pub signals: Vec<PostedReading>,
}

/// Adds a message: the holder's if it names a lease, else the requester's, which is measured and may
/// change who holds the case.
///
/// # Errors
/// When policy, the lease, a bound or the store refuses.
pub async fn post_message(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    message: PostMessage,
) -> Result<Done<CaseAnswer>, Refused> {
    bounds::bounded("text", &message.text, TEXT_MAX)?;
    if message.marks.len() > 2 {
        return Err(Refused::invalid("marks", "name each mark once"));
    }
    let action = if message.epoch.is_some() { "message.answer" } else { "message.post" };
    let written = written(&message.text);
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, action, id).await?;
    let automatic = automatic::automatic_on(&parts.environment, &loaded.case, &message, &written)?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &message.text).await?;
    let words = sealed.words.clone();
    let command = match message.epoch {
        Some(epoch) => Command::Answer { epoch, words, to: None, marks: message.marks, found: None },
        None if !message.marks.is_empty() => {
            return Err(Refused::invalid("marks", "only the holder promises and refuses; send the lease's `epoch`"));
        }
        None => match automatic {
            Some(auto_submitted) => {
                let situation =
                    automatic::danger_of(&parts.governance, &parts.environment, auto_submitted, &written).await?;
                Command::KeepAutomatic { words, auto_submitted, situation }
            }
            None => {
                let readings = measure::measure_again(parts, &loaded.case, &written).await?;
                Command::Write { words, situation: measure::noted(&parts.governance, &readings), readings }
            }
        },
    };
    let act = Act::on(loaded, command).with([sealed]);
    pipeline::execute(parts, caller, repeat, Some(id), act, shown).await
}

/// Adds readings, which may change who holds the case.
///
/// # Errors
/// When policy, a declaration or the store refuses.
pub async fn post_signals(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    posted: PostSignals,
) -> Result<Done<CaseAnswer>, Refused> {
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, "signal.post", id).await?;
    if posted.signals.is_empty() {
        return Err(Refused::invalid("signals", "name at least one reading"));
    }
    let readings: Named = measure::posted(&parts.governance, caller, &posted.signals, parts.environment.now())?;
    let (situation, not_asked) =
        (measure::noted(&parts.governance, &readings), measure::not_asked(&parts.governance, &readings));
    let act = Act::on(loaded, Command::Measure { readings, situation, not_asked });
    pipeline::execute(parts, caller, repeat, Some(id), act, counted::shown_with(parts, caller, &posted.signals)).await
}
