//! Cases that need of whoever takes them what nobody who is noted has.

use crate::{
    Parts,
    case::due::{do_due, on},
    pipeline::{sealing, unmet::lacked_by_all},
    refused::Refused,
};
use remit_domain::{
    Case, Command,
    exception::{Exception, ExceptionKind},
};
use remit_store::OutboxRow;

/// Raises an exception at once for a case that waits and needs what nobody who is noted in its queue has, however long
/// it waits: whoever answers for it sees to it. It stays where it is, since somebody who has it may come.
pub(super) async fn look_at_row(parts: &Parts, row: &OutboxRow, case: &Case) -> Result<(), Refused> {
    let is_known = |open: &Exception| open.kind == ExceptionKind::Raised;
    let lacked =
        lacked_by_all(&parts.governance, &parts.live, case).filter(|_| !case.exceptions.values().any(is_known));
    let (Some((skill, level)), Some(holder)) = (lacked, &case.holder) else {
        return parts.journal.drop_row(&row.id).await;
    };
    let reason = format!(
        "The case needs {skill} at level {level}, and nobody who is noted in `{}` has it: note who does, or give the \
         case to others.",
        holder.who.name()
    );
    let sealed = sealing::sealing_key(&parts.journal, &parts.vault, &parts.environment, case)
        .await?
        .seal(&reason, &parts.environment.entropy)?;
    let due = parts.environment.now().plus_ms(parts.governance.bundle.terms().exception_due_ms);
    let command =
        Command::RaiseException { owner: holder.accountable.clone(), due, reason: Some(sealed.words.clone()) };
    do_due(parts, row, on(&parts.environment, &parts.governance, case, command)?.with([sealed])).await
}
