//! Bundles in force: which one is, what another one would leave without a holder, and how it comes into force.

use crate::{
    live::{change::Change, load::Load},
    pipeline::facts::Ground,
    vault::opened::Opener,
};
pub use in_force::{InForce, digest_in_force, from_directory, in_force};
pub use moves::{MoveError, Moves};
pub(crate) use plan::{BUNDLE, MOVES, keep};
pub use plan::{By, Lost, Plan, PlanError, StaffMoved};
use remit_domain::{Case, id::Timestamp};
use remit_policy::{bundle::Bundle, engine::Engine};
use remit_store::{Evidence as _, ReadError};
pub use survey::{Gone, Survey, survey};

pub mod activate;
pub mod catalogue;
mod checked;
pub mod foresee;
mod in_force;
mod moves;
mod open_cases;
mod plan;
pub mod rehome;
mod survey;

/// What it takes to put `bundle` in force in `store`, with what is gone moved as told; nothing where it is in force,
/// and nothing is to be moved. Changes nothing. `opener` opens what is sealed in that store.
///
/// # Errors
/// When something open would be left without anybody, or a move means nothing.
pub(crate) async fn plan(
    opener: Opener<'_>,
    bundle: &Bundle,
    moves: Moves,
    now: Timestamp,
) -> Result<Option<Plan>, PlanError> {
    match plan_or_lost(opener, bundle, moves, now).await? {
        Some(plan) => match plan.lost(bundle) {
            Some(lost) => Err(PlanError::Lost(Box::new(lost))),
            None => Ok(Some(plan)),
        },
        None => Ok(None),
    }
}

/// The same, also where something open would be left without anybody: then it cannot be carried out.
///
/// # Errors
/// When a move means nothing.
pub(crate) async fn plan_or_lost(
    opener: Opener<'_>,
    bundle: &Bundle,
    moves: Moves,
    now: Timestamp,
) -> Result<Option<Plan>, PlanError> {
    let store = opener.store;
    if moves.is_empty() && store.bundle_in_force().await?.as_deref() == Some(bundle.digest().as_str()) {
        return Ok(None);
    }
    let engine = Engine::new(bundle);
    let load = Load::new(bundle);
    // What trips by it is acted on once the bundle is in force.
    load.follow(&Change::of_counts(store).await?);
    let ground = Ground { bundle, engine: &engine, load: &load, waits: None };
    let may_keep =
        async |case: &Case| ground.may_keep(opener, case, now).await.map_err(|refused| ReadError(refused.to_string()));
    Plan::of(store, bundle, moves, &may_keep).await.map(Some)
}
