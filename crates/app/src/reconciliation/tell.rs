//! What does not agree becomes an exception on its case, with an owner and a due time. A case that has ended is open
//! again with that.

use super::{RECONCILIATIONS, ROW, ToTell, run};
use crate::{
    Caller, Parts, bounds,
    caller::principal::Job,
    pipeline::{self, commit::Envelope, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{Command, case::Status, reconciliation::Discrepancy, request::Money};
use remit_policy::action::money_in_words;
use remit_store::OutboxRow;

/// Whether a row is by which somebody is told of what does not agree.
pub fn is_of(row: &OutboxRow) -> bool {
    row.id.starts_with(ROW)
}

/// Tells somebody; the row is done with that.
///
/// # Errors
/// When the store refuses; the row stays then.
pub async fn tell(parts: &Parts, row: &OutboxRow) -> Result<(), Refused> {
    let of: ToTell = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let stored =
        RECONCILIATIONS.get(&journal.store, &of.reconciliation.to_string()).await.map_err(Refused::internal)?;
    let discrepancy = stored.and_then(|entry| entry.value.discrepancies.get(of.nth).cloned());
    let Some(discrepancy) = discrepancy else { return journal.drop_row(&row.id).await };
    let caller = Caller::system(Job::Requests);
    let loaded = load::load(governance, journal, environment, &caller, "request.execute", &row.case).await?;
    let reason = reason(&discrepancy, &of);
    let reason = bounds::cut(&reason, bounds::REASON_MAX);
    let seal = || sealing::seal_on(journal, &parts.vault, environment, &loaded, reason);
    let sealed = match seal().await {
        Ok(sealed) => sealed,
        // On a case whose words were erased nobody can be told why; it is on record with its owner.
        Err(refused) if refused.kind == Kind::Erased => {
            tracing::error!(row = row.id, case = row.case, "what does not agree is of an erased case");
            return journal.drop_row(&row.id).await;
        }
        Err(refused) => return Err(refused),
    };
    if loaded.case.status == Status::Resolved {
        let again = seal().await?;
        let command = Command::Reopen { reason: again.words.clone() };
        let envelope = Envelope::new("request.execute", command).with([again]);
        pipeline::execute(parts, &caller, None, Some(&row.case), envelope, |_| ()).await?;
    }
    let command = Command::RaiseException {
        owner: discrepancy.owner.clone(),
        due: run::due(parts),
        reason: sealed.words.clone(),
    };
    let envelope = Envelope::new("request.execute", command).with([sealed]).claiming(&row.id);
    pipeline::execute(parts, &caller, None, Some(&row.case), envelope, |_| ()).await.map(drop)
}

fn reason(discrepancy: &Discrepancy, of: &ToTell) -> String {
    let amount = |money: Option<&Money>| money.map_or_else(|| "no amount".to_owned(), money_in_words);
    let request = discrepancy.request.map(|request| request.to_string()).unwrap_or_default();
    let (stated, recorded) = (amount(discrepancy.stated.as_ref()), amount(discrepancy.recorded.as_ref()));
    format!(
        "Request {request}: {} ({stated} in the statement, {recorded} on record; reconciliation {}).",
        run::in_words(discrepancy.kind),
        of.reconciliation
    )
}
