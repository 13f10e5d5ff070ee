//! A request of which it is not known what became of it, and of which the back office's own statement tells.

use super::{held, read, record};
use crate::{
    Caller, Parts,
    pipeline::projections,
    refused::{Kind, Refused, refused},
};
use remit_domain::{
    id::RequestId,
    request::{Agreement, Effect, RequestCommand, RequestState, Statement},
};
use remit_store::CommitError;

/// Puts on record that it was done, as `statement` says, where that was not known until now; whether it is what was
/// asked for. What is not is told to somebody, as where a connector states it.
///
/// # Errors
/// When the store refuses, or it changed meanwhile.
pub(crate) async fn settle(
    parts: &Parts,
    caller: &Caller,
    id: RequestId,
    statement: Statement,
) -> Result<Option<Agreement>, Refused> {
    let Some(entry) = read::stored(&parts.journal, id).await? else { return Ok(None) };
    if entry.value.state != RequestState::Unknown {
        return Ok(None);
    }
    let now = parts.environment.now();
    let effect = held::effect(parts, &entry.value, statement).await?;
    let agrees = if let Effect::Done { agrees, .. } = &effect { *agrees } else { Agreement::Unknown };
    let change = entry.value.act(RequestCommand::End { effect }, now)?;
    let (_, commit) =
        record::changed(&parts.environment, &parts.journal, &caller.pseudonym, &entry, change, now).await?;
    match projections::commit(parts, commit).await {
        Ok(_) => Ok(Some(agrees)),
        Err(CommitError::ItemConflict { .. }) => {
            Err(Refused::new(Kind::Conflict, format!("request {id} changed meanwhile")))
        }
        Err(error) => Err(refused(error)),
    }
}
