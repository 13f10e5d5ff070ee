//! Cases handed over: by their holder, and by a person against the system.

use crate::{
    Caller, Done, Parts, Repeat,
    bounds::{self, REASON_MAX},
    case::{
        counted::{CaseAnswer, shown},
        denied,
    },
    governance::resolve_names,
    operation::{MakeOverrideRefusal, RequestHandoffRefusal},
    pipeline::{self, commit::Envelope, lease, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{Command, decision::YieldReason};
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A wish to hand a case over.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestHandoff {
    /// The holder's lease.
    pub epoch: u64,
    /// Why: `unsure`, `out_of_scope`, `wants_human`, `needs_action`, `tool_failed`, `conversation_stuck`, `wrong_team`,
    /// `no_answer`; `return_to_ai` to ask for an AI responder to take over again; `return_to_queue` to give a case that
    /// you took back to its queue.
    pub reason: HandoffReason,
    /// A note for the next holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32_768)]
    pub note: Option<String>,
}

/// Why a case is handed over.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandoffReason {
    /// Not sure enough of the answer.
    Unsure,
    /// Outside what the holder may or can answer.
    OutOfScope,
    /// The customer wants a human.
    WantsHuman,
    /// Needs an action that the holder may not take.
    NeedsAction,
    /// A tool failed.
    ToolFailed,
    /// The conversation goes in circles.
    ConversationStuck,
    /// Belongs to another team.
    WrongTeam,
    /// Did not answer in time.
    NoAnswer,
    /// Another of the queue's staff may have it.
    ReturnToQueue,
    /// An AI responder may have it again.
    ReturnToAi,
}

/// A human's decision against the system.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeOverride {
    /// The responder that is to have the case.
    pub to: String,
    /// Why.
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: String,
}

/// Hands the case over, as its holder.
///
/// # Errors
/// [`RequestHandoffRefusal`] says when each arises.
pub async fn request_handoff(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    handoff: RequestHandoff,
) -> Result<Done<CaseAnswer>, RequestHandoffRefusal> {
    let action = Permission::HANDOFF_REQUEST;
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let epoch = handoff.epoch;
    let loaded = match lease::load_under(governance, journal, environment, caller, action, id, Some(epoch)).await {
        Ok(loaded) => loaded,
        Err(refused) => {
            denied::note_refused(parts, caller, id, Some(epoch), &refused).await?;
            return Err(refused.into());
        }
    };
    let (sealed, note) =
        sealing::seal_note(journal, &parts.vault, environment, &loaded, handoff.note.as_deref()).await?;
    let yielded = |reason| Command::Yield { epoch, reason, note: note.clone(), found: None };
    let command = match handoff.reason {
        // From people to an AI responder a case goes only by a person's act.
        HandoffReason::ReturnToAi if caller.is_responder_alone() => {
            let why = "only a person asks for an AI responder: with a token of staff, a lead or an admin";
            return Err(Refused::new(Kind::Forbidden, why).into());
        }
        HandoffReason::ReturnToAi => Command::ReturnToAi { epoch, note },
        HandoffReason::ReturnToQueue => Command::Return { epoch, note },
        HandoffReason::NoAnswer => yielded(YieldReason::NoAnswer),
        HandoffReason::Unsure => yielded(YieldReason::Unsure),
        HandoffReason::OutOfScope => yielded(YieldReason::OutOfScope),
        HandoffReason::WantsHuman => yielded(YieldReason::WantsHuman),
        HandoffReason::NeedsAction => yielded(YieldReason::NeedsAction),
        HandoffReason::ToolFailed => yielded(YieldReason::ToolFailed),
        HandoffReason::ConversationStuck => yielded(YieldReason::ConversationStuck),
        HandoffReason::WrongTeam => yielded(YieldReason::WrongTeam),
    };
    let envelope = Envelope::on(loaded, command).with(sealed);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// Gives the case to the responder that a human named, with a reason.
///
/// # Errors
/// [`MakeOverrideRefusal`] says when each arises.
pub async fn override_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    wish: MakeOverride,
) -> Result<Done<CaseAnswer>, MakeOverrideRefusal> {
    let action = Permission::OVERRIDE_MAKE;
    bounds::bounded("reason", &wish.reason, REASON_MAX)?;
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, action, id).await?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &wish.reason).await?;
    let to = resolve_names::responder_named(&parts.governance, "to", &wish.to)?;
    let command = Command::Override { to, reason: sealed.words.clone() };
    let envelope = Envelope::on(loaded, command).with([sealed]).changing(super::override_log::items);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}
