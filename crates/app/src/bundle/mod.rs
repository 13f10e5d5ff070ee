//! Bundles in force: which one is, what another one would leave without a holder, and how it comes into force.

use crate::{
    live::{change::Change, load::Load},
    pipeline::facts::Ground,
};
pub use in_force::{InForce, in_force};
pub use moves::{MoveError, Moves};
pub(crate) use plan::{BUNDLE, MOVES};
pub use plan::{By, Lost, Plan, PlanError, StaffMoved};
use remit_domain::id::Timestamp;
use remit_policy::{bundle::Bundle, engine::Engine};
use remit_store::Store;
pub use survey::{Gone, Survey, survey};

pub mod activate;
pub mod catalogue;
mod checked;
pub mod foresee;
mod in_force;
mod moves;
mod plan;
pub mod rehome;
mod survey;

/// What it takes to put `bundle` in force in `store`, with what is gone moved as told; nothing where it is in force,
/// and nothing is to be moved. Changes nothing.
///
/// # Errors
/// When something open would be left without anybody, or a move means nothing.
pub async fn plan(
    store: &impl Store,
    bundle: &Bundle,
    moves: Moves,
    now: Timestamp,
) -> Result<Option<Plan>, PlanError> {
    match plan_or_lost(store, bundle, moves, now).await? {
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
    store: &impl Store,
    bundle: &Bundle,
    moves: Moves,
    now: Timestamp,
) -> Result<Option<Plan>, PlanError> {
    if moves.is_empty() && store.bundle_in_force().await?.as_deref() == Some(bundle.digest().as_str()) {
        return Ok(None);
    }
    let engine = Engine::new(bundle);
    let load = Load::new(bundle);
    // What trips by it is acted on once the bundle is in force.
    load.follow(&Change::of_counts(store).await?);
    let ground = Ground { bundle, engine: &engine, load: &load, waits: None };
    Plan::of(store, bundle, moves, &|case| ground.may_keep(case, now)).await.map(Some)
}
