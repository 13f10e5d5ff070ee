//! What becomes of open cases that another bundle has decided anew, also since they wait where it is closed: decided as
//! it will be, and put nowhere.

use super::{Plan, open_cases::each_open_shared, rehome};
use crate::{
    Caller, Governance, Parts,
    caller::principal::Job,
    case::closing,
    live::change::Change,
    pipeline::{self, about::About, closed::waits_in_closed, stored},
    refused::Refused,
};
use remit_domain::{Case, Command, decision::Outcome};
use remit_store::ReadError;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use utoipa::ToSchema;

/// Open cases that are decided anew, and to whom they go as things are now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Foreseen {
    /// Who has them now.
    pub from: String,
    /// Who gets them, or keeps them: a responder, or who owns the exception that they become.
    pub to: String,
    /// The kind of exception that they become, such as `no_responder`, where nobody may have them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// Why they are decided anew.
    pub because: Because,
    /// How many.
    pub cases: u64,
}

/// Why open cases are decided anew once another bundle is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The bundle does not have who has them.
    Gone,
    /// Its policies do not let who has them keep them.
    NotPermitted,
    /// They wait in a queue that is closed under it.
    Closed,
}

/// Where a case goes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Goes {
    from: String,
    to: String,
    exception: Option<String>,
    because: Because,
}

/// Where each open case goes that is decided anew once `plan` is carried out under `governance`. Changes nothing.
/// Away from the threads that serve requests, since each case is decided.
pub(super) async fn foreseen(
    parts: &Arc<Parts>,
    governance: &Arc<Governance>,
    plan: &Plan,
) -> Result<Vec<Foreseen>, Refused> {
    let next = Arc::new(Parts {
        journal: Arc::new(parts.journal.next()),
        vault: Arc::clone(&parts.vault),
        live: Arc::new(parts.live.next(&governance.bundle)),
        environment: Arc::clone(&parts.environment),
        governance: Arc::clone(governance),
    });
    stored::follow_floor(&next).await.map_err(Refused::internal)?;
    // What trips by it is acted on once the bundle is in force.
    next.live.load.follow(&Change::of_counts(&parts.journal.store).await.map_err(Refused::internal)?);
    let moves = plan.moves.clone();
    let decided = move || {
        let each = async |found: &mut BTreeMap<Goes, u64>, case: Case| {
            let goes = goes(&next, &case, &moves).await.map_err(|refused| ReadError(refused.to_string()))?;
            if let Some(goes) = goes {
                *found.entry(goes).or_default() += 1;
            }
            Ok(())
        };
        let mut all: BTreeMap<Goes, u64> = BTreeMap::new();
        for found in each_open_shared(&next.journal.store, &|_| true, &each)? {
            for (goes, cases) in found {
                *all.entry(goes).or_default() += cases;
            }
        }
        Ok::<_, ReadError>(all)
    };
    let found = tokio::task::spawn_blocking(decided).await.map_err(Refused::internal)?.map_err(Refused::internal)?;
    let told = |(goes, cases)| {
        let Goes { from, to, exception, because } = goes;
        Foreseen { from, to, exception, because, cases }
    };
    Ok(found.into_iter().map(told).collect())
}

/// Where a case goes, by what is decided at once: first who has it where its holder is gone or may not keep it, then
/// what waits in closed queues. Nothing where neither is, and where what is asked is refused.
async fn goes(next: &Parts, case: &Case, moves: &super::Moves) -> Result<Option<Goes>, Refused> {
    let Some(holder) = &case.holder else { return Ok(None) };
    let rehomed = rehome::commands(next, case, Some(moves)).await?.into_iter().find(rehome::decides);
    let decided = match rehomed {
        Some(command) => {
            let because = match &command {
                Command::Rehome { .. } => Because::Gone,
                _ => Because::NotPermitted,
            };
            rehomed_to(next, case, command).await?.map(|outcome| (because, outcome))
        }
        None if waits_in_closed(&next.governance, case, next.environment.now()) => {
            let leaving = closing::leaving(next, &Caller::system(Job::Closing), case).await?;
            leaving.map(|leaving| (Because::Closed, leaving.outcome))
        }
        None => None,
    };
    let Some((because, outcome)) = decided else { return Ok(None) };
    let (to, exception) = match outcome {
        Outcome::Keep { holder, .. } => (holder.name().to_owned(), None),
        Outcome::Assign { responder } | Outcome::Take { responder, .. } => (responder.to_string(), None),
        Outcome::Exception { exception, owner, .. } => (owner.to_string(), Some(exception.as_str().to_owned())),
    };
    Ok(Some(Goes { from: holder.who.name().to_owned(), to, exception, because }))
}

/// What is decided of a case that is given on; nothing where that is refused, and the case left as it is.
async fn rehomed_to(next: &Parts, case: &Case, command: Command) -> Result<Option<Outcome>, Refused> {
    let mut context = next.environment.context(&Caller::system(Job::Rehome).pseudonym)?;
    match pipeline::decided(next, Some(case), command, None, About::default(), &mut context).await {
        Ok(effects) => Ok(effects.decision().map(|decision| decision.outcome.clone())),
        Err(refused) if !refused.kind.is_ours() => Ok(None),
        Err(refused) => Err(refused),
    }
}
