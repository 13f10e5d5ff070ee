//! What a waiting case needs of whoever takes it, and nobody who is noted in its queue has.

use crate::{Governance, Live, pipeline::facts::needed};
use remit_domain::Case;

/// The first such skill, with the level that is asked for in the end; none where somebody has each, and where the case
/// waits in no queue.
pub(crate) fn lacked_by_all(governance: &Governance, live: &Live, case: &Case) -> Option<(String, u8)> {
    let holder = case.holder.as_ref().filter(|_| case.waits_in_queue())?.responder()?;
    let queue = governance.bundle.candidate(holder)?.queue.as_ref()?;
    let drop = queue.relax.iter().map(|relax| relax.skill_drop).max().unwrap_or(0);
    let asked = needed(&queue.needs, &case.needs).into_iter().map(|(skill, level)| (skill, level.saturating_sub(drop)));
    asked.filter(|(_, level)| *level > 0).find(|(skill, level)| live.floor.nobody_has(holder, skill, *level))
}
