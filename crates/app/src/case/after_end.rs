//! What becomes of a message on a case that has ended, as the bundle says: the case goes on, or another one is opened
//! that is linked with it, so that nothing that a customer writes is lost.

use crate::{
    Caller, Done, Environment, Governance, Journal, Parts, Repeat,
    case::{
        counted::{CaseAnswer, shown},
        enrich::{self, Enriched},
        fields, open,
        request::OpenCase,
    },
    customer,
    field::sent::Sent,
    journal::stored_case::Records,
    pipeline::{self, measure},
    refused::Refused,
};
use remit_domain::{
    Case, Command,
    case::Status,
    ending::Ending,
    id::{CaseId, CustomerId, Timestamp},
};
use remit_policy::reopen::ReopenLater;
use remit_signals::written::Written;

/// What becomes of a message of the requester's on a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterEnd {
    /// It is taken as ever: on an open case, or refused.
    Refused,
    /// The case goes on.
    Reopens,
    /// It opens another case, which follows this one.
    Follows,
}

const DAY_MS: i64 = 24 * 3_600_000;

/// What becomes of a message on `case` now. What ended in another case, or was erased, does not go on.
pub(crate) async fn becomes(
    governance: &Governance,
    journal: &Journal,
    environment: &Environment,
    case: &Case,
) -> Result<AfterEnd, Refused> {
    let over = matches!(case.ending, Some(Ending::Merged { .. } | Ending::Erased)) || case.erased;
    let Some(reopen) = governance.bundle.reopen().filter(|_| case.status == Status::Resolved && !over) else {
        return Ok(AfterEnd::Refused);
    };
    let until = ended(journal, case).await?.plus_ms(i64::from(reopen.within_days) * DAY_MS);
    Ok(match reopen.later {
        _ if until > environment.now() => AfterEnd::Reopens,
        ReopenLater::Link => AfterEnd::Follows,
        ReopenLater::Reopen => AfterEnd::Reopens,
        ReopenLater::Refuse => AfterEnd::Refused,
    })
}

/// When a case ended, by its records.
async fn ended(journal: &Journal, case: &Case) -> Result<Timestamp, Refused> {
    let (mut ended, mut records) = (case.updated, Records::of(case));
    while let Some(row) = records.next(journal).await? {
        if row.kind == "case_resolved" {
            ended = Timestamp(row.ts_ms);
        }
    }
    Ok(ended)
}

/// Opens a case with what the customer wrote on one that has ended. It counts against whoever had that one, and both
/// know of each other.
pub(crate) async fn follow(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    ended: &Case,
    text: &str,
    written: &Written<'_>,
) -> Result<Done<CaseAnswer>, Refused> {
    let message = OpenCase {
        customer: String::new(),
        text: text.to_owned(),
        channel: ended.channel,
        requester: None,
        signals: Vec::new(),
        fields: Sent::new(),
        source: None,
        auto_submitted: None,
    };
    let (journal, vault, environment) = (&parts.journal, &parts.vault, &parts.environment);
    let customer = customer::customer_of(journal, vault, environment, ended.customer.clone()).await?;
    let now = environment.now();
    let readings = measure::measure(&parts.governance, environment, written, now).await?;
    let about = about(parts, ended, &customer.id, now).await?;
    let envelope = open::opening_of(parts, caller, customer, &message, about, readings, now).await?;
    pipeline::execute(
        parts,
        caller,
        repeat,
        None,
        following(envelope, ended.id),
        shown(&parts.environment, &parts.governance),
    )
    .await
}

/// What a case is about that follows one which has ended: what holds of that one, and then what is told when that is
/// asked before the first decision.
pub(crate) async fn about(
    parts: &Parts,
    ended: &Case,
    customer: &CustomerId,
    now: Timestamp,
) -> Result<Enriched, Refused> {
    let mut about = enrich::enrich(parts, None, customer, ended.channel, &Sent::new(), now).await?;
    about.fields.splice(..0, fields::carried(parts, ended).await?);
    Ok(about)
}

/// The same command, of a case that follows another one.
pub(crate) fn following(mut envelope: pipeline::commit::Envelope, ended: CaseId) -> pipeline::commit::Envelope {
    if let Command::Open { follows, .. } = &mut envelope.command {
        *follows = Some(ended);
    }
    // That it came back is noted once, with the link.
    (envelope.side.again, envelope.side.follows) = (None, Some(ended));
    envelope
}
