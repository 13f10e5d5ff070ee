//! Situations: a person says that a danger or need stands on a case no more.

use crate::{
    Caller, Done, Parts, Repeat,
    bounds::{REASON_MAX, bounded},
    case::counted::{CaseAnswer, shown},
    operation::EndSituationRefusal,
    pipeline::{self, commit::Envelope, load, sealing},
};
use remit_domain::Command;
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A situation that stands on a case no more.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSituation {
    /// Which, as the case lists it under `situations`.
    #[schema(max_length = 64, min_length = 1)]
    pub situation: String,
    /// Why it is so no more; on record with who says it.
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: String,
}

/// Longest name of a situation, in bytes.
const NAME_MAX: usize = 64;

/// Ends a situation, as the member of staff who has the case, or as who may decide against the system.
///
/// # Errors
/// [`EndSituationRefusal`] says when each arises.
pub async fn end_situation(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    end: EndSituation,
) -> Result<Done<CaseAnswer>, EndSituationRefusal> {
    // Who is no member of staff decides about somebody else's case: that is an override.
    let action =
        if caller.principal.staff().is_some() { Permission::HANDOFF_REQUEST } else { Permission::OVERRIDE_MAKE };
    bounded("situation", &end.situation, NAME_MAX)?;
    bounded("reason", &end.reason, REASON_MAX)?;
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, action, id).await?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &end.reason).await?;
    let command = Command::EndSituation { situation: end.situation.into(), reason: sealed.words.clone() };
    Ok(pipeline::execute(
        parts,
        caller,
        repeat,
        Some(id),
        Envelope::on(loaded, command).with([sealed]),
        shown(&parts.environment, &parts.governance),
    )
    .await?)
}
