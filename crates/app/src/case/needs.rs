//! What a case needs of the staff who take it, and who lacks it.

use crate::{Parts, pipeline::facts::needed};
use remit_domain::{Case, case::Status, decision::ConsiderationEffect};
use serde::Serialize;
use utoipa::ToSchema;

/// Staff who are named as lacking a skill, at most.
const LACKING_MAX: usize = 20;

/// A skill that the case needs of the member of staff who takes it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NeedView {
    /// Which.
    pub skill: String,
    /// The least level of it, 1 to 5, before anything is relaxed.
    pub level: u8,
    /// Who asks for it: needs of the bundle by name, and the queue, where it asks it for all its cases.
    pub asked_by: Vec<String>,
    /// While the case waits: who is there and is passed over for it, since they have less of it than is asked for now.
    /// At most 20, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacking: Vec<LackingView>,
    /// There, and true, where nobody who is noted in the queue has it, there or not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nobody_has_it: bool,
}

/// A member of staff who lacks a skill.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LackingView {
    /// Who.
    pub staff: String,
    /// The level at which they have it; 0 where they do not.
    pub level: u8,
}

/// What an open case needs of whoever takes it from its queue.
pub(crate) fn needs(parts: &Parts, case: &Case) -> Vec<NeedView> {
    let bundle = &parts.governance.bundle;
    let holder = case.holder.as_ref().filter(|_| case.status == Status::Open).and_then(|holder| holder.responder());
    let spec = holder.and_then(|holder| bundle.candidate(holder));
    let Some((spec, queue)) = spec.and_then(|spec| Some((spec, spec.queue.as_ref()?))) else { return Vec::new() };
    let needed = needed(&queue.needs, &case.needs);
    if needed.is_empty() {
        return Vec::new();
    }
    let passed_over = parts.live.floor.lacking(&case.id, parts.environment.steady());
    let terms = bundle.terms();
    let view = |(skill, level): (String, u8)| {
        let asks = |effect: &ConsiderationEffect| match effect {
            ConsiderationEffect::Skills { least, .. } => {
                case.needs.get(&skill) == Some(&level) && least.get(&skill) == Some(&level)
            }
            _ => false,
        };
        let of_case = terms.considerations.iter().filter(|(_, one)| asks(&one.effect)).map(|(id, _)| id.to_string());
        let of_queue = (queue.needs.get(&skill) == Some(&level)).then(|| spec.responder.to_string());
        let lacking = passed_over.iter().filter(|lacking| lacking.skill == skill).take(LACKING_MAX);
        NeedView {
            asked_by: of_case.chain(of_queue).collect(),
            lacking: lacking.map(|one| LackingView { staff: one.staff.to_string(), level: one.level }).collect(),
            nobody_has_it: parts.live.floor.nobody_has(&spec.responder, &skill, level),
            skill,
            level,
        }
    };
    needed.into_iter().map(view).collect()
}
