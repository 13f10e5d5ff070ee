//! Messages on a case, and readings of it.

use crate::{
    Caller, Done, Parts, Repeat,
    bounds::{self, TEXT_MAX},
    case::{
        after_end::{self, AfterEnd},
        automatic,
        counted::{self, CaseAnswer, shown},
        denied, late,
        request::PostMessage,
    },
    operation::{PostMessageRefusal, PostSignalsRefusal},
    pipeline::{
        self,
        commit::Envelope,
        lease,
        load::{self, Loaded},
        measure::{self, Named, PostedReading},
        sealing,
    },
    refused::Refused,
};
use remit_domain::Command;
use remit_policy::actions::Permission;
use remit_signals::written::written;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The API action of who writes without a lease.
pub(crate) const POST: Permission = Permission::MESSAGE_POST;

/// Readings of a case.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostSignals {
    /// The readings.
    pub signals: Vec<PostedReading>,
    /// Which of the token's sources says so; its first unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub source: Option<String>,
}

/// Adds a message: the holder's if it names a lease, else the requester's, which is measured and may
/// change who holds the case.
///
/// # Errors
/// [`PostMessageRefusal`] says when each arises.
pub async fn post_message(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    message: PostMessage,
) -> Result<Done<CaseAnswer>, PostMessageRefusal> {
    within_bounds(&message)?;
    let action = if message.epoch.is_some() { Permission::MESSAGE_ANSWER } else { POST };
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let epoch = message.epoch;
    let posted = match lease::load_under(governance, journal, environment, caller, action, id, epoch).await {
        Ok(loaded) => post_on(parts, caller, repeat, loaded, message).await,
        Err(refused) => {
            denied::note_refused(parts, caller, id, epoch, &refused).await?;
            Err(refused)
        }
    };
    if let Err(refused) = &posted {
        late::note_refused(parts, caller, id, epoch, refused).await?;
    }
    Ok(posted?)
}

fn within_bounds(message: &PostMessage) -> Result<(), Refused> {
    bounds::bounded("text", &message.text, TEXT_MAX)?;
    if message.marks.len() > 2 {
        return Err(Refused::invalid("marks", "name each mark once"));
    }
    Ok(())
}

/// The same on a case that was read for it.
pub(crate) async fn post_on(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    loaded: Loaded,
    message: PostMessage,
) -> Result<Done<CaseAnswer>, Refused> {
    within_bounds(&message)?;
    let (id, written) = (loaded.case.id.to_string(), written(&message.text));
    caller.brings_customers_words(message.epoch)?;
    let (field, of_holder) = (message.auto_submitted.as_deref(), message.epoch.is_some());
    let automatic = automatic::automatic_on(&parts.environment, &loaded.case, field, of_holder, &written)?;
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
                let becomes = after_end::becomes(&parts.governance, &parts.journal, &parts.environment, &loaded.case);
                let becomes = becomes.await?;
                if becomes == AfterEnd::Follows {
                    return after_end::follow(parts, caller, repeat, &loaded.case, &message.text, &written).await;
                }
                let readings = measure::measure_again(parts, &loaded.case, &written).await?;
                let situation = measure::noted(&parts.governance, &readings);
                match becomes {
                    AfterEnd::Reopens => Command::WriteAgain { words, situation, readings },
                    AfterEnd::Refused | AfterEnd::Follows => Command::Write { words, situation, readings },
                }
            }
        },
    };
    let envelope = Envelope::on(loaded, command).with([sealed]);
    pipeline::execute(parts, caller, repeat, Some(&id), envelope, shown(&parts.environment, &parts.governance)).await
}

/// Adds readings, which may change who holds the case.
///
/// # Errors
/// [`PostSignalsRefusal`] says when each arises.
pub async fn post_signals(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    posted: PostSignals,
) -> Result<Done<CaseAnswer>, PostSignalsRefusal> {
    let loaded =
        load::load(&parts.governance, &parts.journal, &parts.environment, caller, Permission::SIGNAL_POST, id).await?;
    let under = caller.under(posted.source.as_deref())?;
    let caller = &*under;
    if posted.signals.is_empty() {
        return Err(Refused::invalid("signals", "name at least one reading").into());
    }
    let readings: Named = measure::posted(&parts.governance, caller, &posted.signals, parts.environment.now())?;
    let (situation, not_asked) =
        (measure::noted(&parts.governance, &readings), measure::not_asked(&parts.governance, &readings));
    let envelope = Envelope::on(loaded, Command::Measure { readings, situation, not_asked });
    Ok(pipeline::execute(
        parts,
        caller,
        repeat,
        Some(id),
        envelope,
        counted::shown_with(parts, caller, &posted.signals),
    )
    .await?)
}
