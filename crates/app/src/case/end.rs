//! Cases resolved, and reopened.

use crate::{
    Caller, Done, Parts, Repeat,
    bounds::{self, REASON_MAX},
    case::counted::{CaseAnswer, shown},
    operation::{ReopenCaseRefusal, ResolveCaseRefusal},
    pipeline::{self, commit::Envelope, lease, load, sealing},
    refused::Refused,
};
use remit_domain::{Command, id::Disposition};
use remit_policy::actions::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The end of a case.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolveCase {
    /// The holder's lease.
    pub epoch: u64,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4_096)]
    pub note: Option<String>,
    /// How it is wrapped up, as the bundle lists it under `dispositions`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
}

/// A resolved case that came back.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenCase {
    /// Why.
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: String,
}

/// Ends the case, as its holder.
///
/// # Errors
/// [`ResolveCaseRefusal`] says when each arises.
pub async fn resolve_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    resolve: ResolveCase,
) -> Result<Done<CaseAnswer>, ResolveCaseRefusal> {
    let action = Permission::CASE_RESOLVE;
    let loaded = lease::load_under(
        &parts.governance,
        &parts.journal,
        &parts.environment,
        caller,
        action,
        id,
        Some(resolve.epoch),
    )
    .await?;
    let (sealed, note) =
        sealing::seal_note(&parts.journal, &parts.vault, &parts.environment, &loaded, resolve.note.as_deref()).await?;
    let known =
        |name: &String| parts.governance.bundle.dispositions().iter().find(|known| known.as_str() == name).cloned();
    let disposition = match &resolve.disposition {
        Some(name) => Some(known(name).ok_or_else(|| {
            let listed: Vec<&str> = parts.governance.bundle.dispositions().iter().map(Disposition::as_str).collect();
            Refused::invalid("disposition", format!("the bundle lists {}", listed.join(", ")))
        })?),
        None => None,
    };
    let envelope = Envelope::on(loaded, Command::Resolve { epoch: resolve.epoch, note, disposition }).with(sealed);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// Reopens a resolved case; who handles it is decided anew.
///
/// # Errors
/// [`ReopenCaseRefusal`] says when each arises.
pub async fn reopen_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    reopen: ReopenCase,
) -> Result<Done<CaseAnswer>, ReopenCaseRefusal> {
    let action = Permission::CASE_REOPEN;
    bounds::bounded("reason", &reopen.reason, REASON_MAX)?;
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, action, id).await?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &reopen.reason).await?;
    let command = Command::Reopen { reason: sealed.words.clone() };
    let envelope = Envelope::on(loaded, command).with([sealed]);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}
