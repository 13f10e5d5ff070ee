//! Merges duplicates: a case ends in another one of the same customer, which goes on and knows of it.

use crate::{
    ATTEMPTS, Caller, Done, Environment, Parts, Repeat,
    case::{
        counted::{CaseAnswer, shown},
        due,
    },
    journal::{
        outbox::{self, Look},
        stored_case,
    },
    operation::MergeCaseRefusal,
    pipeline::{self, commit::Envelope, lease, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{Case, Command, case::Status, ending::Ending, id::CaseId};
use remit_policy::actions::Permission;
use remit_store::{Expect, OutboxRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A case that is the same request as another one.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeCase {
    /// The holder's lease.
    pub epoch: u64,
    /// The case that goes on: an open one of the same customer.
    pub into: String,
}

/// Ends a case in another one. That the other knows of it is done with the same commit's outbox.
///
/// # Errors
/// [`MergeCaseRefusal`] says when each arises.
pub async fn merge_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    merge: MergeCase,
) -> Result<Done<CaseAnswer>, MergeCaseRefusal> {
    let action = Permission::CASE_MERGE;
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let case = lease::load_under(governance, journal, environment, caller, action, id, Some(merge.epoch)).await?.case;
    let into: CaseId = merge.into.parse().map_err(|error| Refused::invalid("into", error))?;
    for _ in 0..ATTEMPTS {
        let envelope = merging(parts, &case, into, merge.epoch).await?;
        match pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
            .await
        {
            // The other one changed since it was read.
            Err(refused) if refused.kind == Kind::Changed => {}
            done => return Ok(done?),
        }
    }
    Err(Refused::new(Kind::Changed, format!("{into} kept changing meanwhile")).into())
}

/// The command that ends `case` in another one, if that goes on, and still does when this is committed.
async fn merging(parts: &Parts, case: &Case, into: CaseId, epoch: u64) -> Result<Envelope, Refused> {
    // Whoever may merge a case may read what else its customer has open.
    let other = load::for_views(&parts.governance, &parts.journal, &parts.environment, &into.to_string()).await?;
    if other.customer != case.customer {
        return Err(Refused::invalid("into", "is the case of another customer"));
    }
    if other.status != Status::Open {
        return Err(Refused::new(Kind::Conflict, format!("{into} is resolved; a case ends in one that goes on")));
    }
    let mut envelope = Envelope::new(Permission::CASE_MERGE, Command::Merge { epoch, into });
    envelope.side.outbox.push(absorbed_by(&parts.environment, &other, case.id));
    envelope.side.expect.push(Expect::Case { id: into.to_string(), version: other.version });
    Ok(envelope)
}

/// What has to be done so that `case` knows of the one that ended in it.
fn absorbed_by(environment: &Environment, case: &Case, from: CaseId) -> OutboxRow {
    outbox::timer(outbox::absorb_row(case.id, from), case, environment.now(), Look::Absorb { from })
}

/// Has `case` know of the one that ended in it. Where it ended in yet another one by now, that has to know as well.
pub(super) async fn absorb(parts: &Parts, row: &OutboxRow, case: &Case, from: CaseId) -> Result<(), Refused> {
    let ended = stored_case::stored_case(&parts.journal, from).await?;
    let standing = |ended: &Case| ended.situations.iter().map(|standing| standing.noted.clone()).collect();
    let situations = ended.as_ref().map(standing).unwrap_or_default();
    let human_requested = ended.is_some_and(|ended| ended.human_requested);
    let sealed = match case.erased {
        true => None,
        false => {
            let key = sealing::sealing_key(&parts.journal, &parts.vault, &parts.environment, case).await?;
            Some(key.seal(STANDS, &parts.environment.entropy)?)
        }
    };
    let reopens = sealed.as_ref().map(|sealed| sealed.words.clone());
    let mut envelope = due::on(
        &parts.environment,
        &parts.governance,
        case,
        Command::Absorb { from, situations, human_requested, reopens },
    )?;
    envelope.side.reopens = sealed;
    if let Some(Ending::Merged { into }) = case.ending
        && let Some(last) = stored_case::stored_case(&parts.journal, into).await?
    {
        envelope.side.outbox.push(absorbed_by(&parts.environment, &last, from));
    }
    due::do_due(parts, row, envelope).await
}

/// Why a case is reopened that ended before what stood on one that ended in it was known.
const STANDS: &str = "Another case ended in this one, and what stands on it has to be seen to.";
