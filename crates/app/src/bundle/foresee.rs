//! What becomes of open cases that another bundle has decided anew: decided as it will be, and put nowhere.

use super::{Plan, rehome, survey::each_open};
use crate::{
    Caller, Governance, Parts,
    access::principal::Job,
    journal::block_on::block_on,
    live::change::Change,
    pipeline::{self, about::About, stored},
    refused::Refused,
};
use remit_domain::{Case, decision::Outcome};
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
    /// How many.
    pub cases: u64,
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
        let mut found: BTreeMap<(String, String, Option<String>), u64> = BTreeMap::new();
        block_on(each_open(&next.journal.store, &|_| true, async |case| {
            let goes = goes(&next, &case, &moves).await.map_err(|refused| ReadError(refused.to_string()))?;
            if let Some(goes) = goes {
                *found.entry(goes).or_default() += 1;
            }
            Ok(())
        }))?;
        Ok::<_, ReadError>(found)
    };
    let found = tokio::task::spawn_blocking(decided).await.map_err(Refused::internal)?.map_err(Refused::internal)?;
    let told = |((from, to, exception), cases)| Foreseen { from, to, exception, cases };
    Ok(found.into_iter().map(told).collect())
}

/// Who has a case, who gets it, and what kind of exception it becomes; nothing where it is not decided anew.
async fn goes(
    next: &Parts,
    case: &Case,
    moves: &super::Moves,
) -> Result<Option<(String, String, Option<String>)>, Refused> {
    let Some(holder) = &case.holder else { return Ok(None) };
    let Some(command) = rehome::commands(next, case, Some(moves)).await?.into_iter().find(rehome::decides) else {
        return Ok(None);
    };
    let mut context = next.environment.context(&Caller::system(Job::Rehome))?;
    let happened = match pipeline::decided(next, Some(case), command, None, About::default(), &mut context).await {
        Ok(happened) => happened,
        // What is refused is left as it is.
        Err(refused) if !refused.kind.is_ours() => return Ok(None),
        Err(refused) => return Err(refused),
    };
    let decided = happened.decision().map(|decision| &decision.outcome);
    let (to, exception) = match decided {
        None => return Ok(None),
        Some(Outcome::Keep { holder, .. }) => (holder.name().to_owned(), None),
        Some(Outcome::Assign { responder } | Outcome::Take { responder, .. }) => (responder.to_string(), None),
        Some(Outcome::Exception { exception, owner, .. }) => (owner.to_string(), Some(exception.as_str().to_owned())),
    };
    Ok(Some((holder.who.name().to_owned(), to, exception)))
}
