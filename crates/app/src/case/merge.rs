//! Merges duplicates: a case ends in another one of the same customer, which goes on and knows of it.

use crate::{
    Caller, Done, Parts, Repeat,
    case::counted::{CaseAnswer, shown},
    journal::outbox::{self, Look},
    operation::MergeCaseRefusal,
    pipeline::{self, commit::Act, lease, load},
    refused::{Kind, Refused},
};
use remit_domain::{Command, case::Status, id::CaseId};
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
/// When policy, the lease or the store refuses, or the other case is not an open one of the same customer.
pub async fn merge_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    merge: MergeCase,
) -> Result<Done<CaseAnswer>, MergeCaseRefusal> {
    let action = "case.merge";
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let case = lease::load_under(governance, journal, environment, caller, action, id, Some(merge.epoch)).await?.case;
    let into: CaseId = merge.into.parse().map_err(|error| Refused::invalid("into", error))?;
    // Whoever may merge a case may read what else its customer has open.
    let other = load::for_views(&parts.governance, &parts.journal, &parts.environment, &merge.into).await?;
    if other.customer != case.customer {
        return Err(Refused::invalid("into", "is the case of another customer").into());
    }
    if other.status != Status::Open {
        return Err(Refused::new(Kind::Conflict, format!("{into} is resolved; a case ends in one that goes on")).into());
    }
    let mut act = Act::new(action, Command::Merge { epoch: merge.epoch, into });
    let now = parts.environment.now();
    let row = outbox::timer(format!("absorb:{into}:{}", case.id), &other, now, Look::Absorb { from: case.id });
    act.beside.outbox.push(row);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), act, shown(parts)).await?)
}
