//! Gives a case to another queue, as the member of staff who has it.

use crate::{
    Caller, Done, Parts, Repeat,
    case::counted::{CaseAnswer, shown},
    governance::resolve_names,
    operation::TransferCaseRefusal,
    pipeline::{self, commit::Envelope, lease, sealing},
};
use remit_domain::Command;
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A case that another queue is to have.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferCase {
    /// The holder's lease.
    pub epoch: u64,
    /// The queue that is to have it; policy must permit it.
    pub to: String,
    /// A note for who gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 32_768)]
    pub note: Option<String>,
}

/// Gives a case to another queue that policy permits. To choose one that it does not is an override.
///
/// # Errors
/// [`TransferCaseRefusal`] says when each arises.
pub async fn transfer_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    wish: TransferCase,
) -> Result<Done<CaseAnswer>, TransferCaseRefusal> {
    let action = Permission::HANDOFF_REQUEST;
    let loaded =
        lease::load_under(&parts.governance, &parts.journal, &parts.environment, caller, action, id, Some(wish.epoch))
            .await?;
    let to = resolve_names::queue_named(&parts.governance, "to", &wish.to)?;
    let (sealed, note) =
        sealing::seal_note(&parts.journal, &parts.vault, &parts.environment, &loaded, wish.note.as_deref()).await?;
    let envelope = Envelope::on(loaded, Command::Transfer { epoch: wish.epoch, to, note }).with(sealed);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}
