//! What does not agree becomes an exception on its case, with an owner and a due time. A case that has ended is open
//! again with that.

use super::{RECONCILIATIONS, ROW, ToTell, run};
use crate::{Parts, refused::Refused, request::owned};
use remit_domain::{reconciliation::Discrepancy, request::Money};
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
    let journal = &parts.journal;
    let stored =
        RECONCILIATIONS.get(&journal.store, &of.reconciliation.to_string()).await.map_err(Refused::internal)?;
    let discrepancy = stored.and_then(|entry| entry.value.discrepancies.get(of.nth).cloned());
    let Some(discrepancy) = discrepancy else { return journal.drop_row(&row.id).await };
    owned::raise(parts, row, discrepancy.owner.clone(), &reason(&discrepancy, &of)).await
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
