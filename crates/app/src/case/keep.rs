//! Handovers that people are asked about: what the customer wrote looks like another matter, and they keep the case.

use crate::{
    Caller, Done, Parts, Repeat,
    case::counted::{CaseAnswer, shown},
    operation::KeepCaseRefusal,
    pipeline::{self, commit::Envelope, lease, sealing},
};
use remit_domain::Command;
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A case that its people keep although they were asked whether to hand it over.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepCase {
    /// The holder's lease.
    pub epoch: u64,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32_768)]
    pub note: Option<String>,
}

/// Answers the question whether to hand the case over with no. The other answer is a transfer.
///
/// # Errors
/// [`KeepCaseRefusal`] says when each arises.
pub async fn keep_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    keep: KeepCase,
) -> Result<Done<CaseAnswer>, KeepCaseRefusal> {
    let action = Permission::HANDOFF_REQUEST;
    let loaded =
        lease::load_under(&parts.governance, &parts.journal, &parts.environment, caller, action, id, Some(keep.epoch))
            .await?;
    let (sealed, note) =
        sealing::seal_note(&parts.journal, &parts.vault, &parts.environment, &loaded, keep.note.as_deref()).await?;
    let command = Command::DeclineHandover { epoch: keep.epoch, note };
    Ok(pipeline::execute(
        parts,
        caller,
        repeat,
        Some(id),
        Envelope::on(loaded, command).with(sealed),
        shown(&parts.environment, &parts.governance),
    )
    .await?)
}
