//! Custody: what ties a case to who has it, and what people have from machines.

use super::{Candidate, PolicyEffect, PolicyNote, ResponderKind, Trigger, Verdict};
use crate::id::{OwnerId, PolicyId, StaffId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What ties a case to who has it, when a decision about it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Custody {
    /// Whether people have the case, or had it last: then an AI responder gets it only by a person's act.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub people: bool,
    /// The member of staff who has it: no message of the customer takes it from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    /// The policies that an override set aside by which the holder has it; none where no override stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<Vec<PolicyId>>,
    /// Whether a danger was noted just now that did not stand on the case before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub danger: bool,
    /// Whether a danger stands on the case, noted now or before; since version 4 of the record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub standing: bool,
    /// Whether a moment or somebody else is waited for, also by whoever has the case next; since version 6 of the
    /// record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub put_off: bool,
}

/// The standing rule by which people keep what they have, whatever a bundle says.
pub const PEOPLE_KEEP: &str = "remit.people-keep";

/// What the standing rule says of itself.
fn people_keep_note() -> Option<PolicyNote> {
    Some(PolicyNote {
        effect: PolicyEffect::Forbid,
        owner: OwnerId::new("remit").ok()?,
        reason: "From people to an AI responder a case goes only by a person's act".into(),
        invariant: false,
    })
}

impl Trigger {
    /// Whether it is a person's act that asks for an AI responder.
    pub fn asks_for_ai(&self) -> bool {
        matches!(self, Self::ReturnRequested | Self::Overridden { .. })
    }
}

/// Takes back what policy allows AI responders of a case that people have.
pub(super) fn people_keep(candidates: &mut [Candidate], policies: &mut BTreeMap<PolicyId, PolicyNote>) {
    let (Ok(id), Some(note)) = (PolicyId::new(PEOPLE_KEEP), people_keep_note()) else { return };
    let machines = candidates.iter_mut().filter(|c| c.facts.kind == ResponderKind::Ai && c.verdict.permits());
    for candidate in machines {
        candidate.verdict = Verdict { allow: false, policies: vec![id.clone()], errors: Vec::new() };
        policies.entry(id.clone()).or_insert_with(|| note.clone());
    }
    // Policies that determined nothing any more are no reasons.
    let named: BTreeSet<&PolicyId> =
        candidates.iter().flat_map(|c| c.verdict.policies.iter().chain(&c.verdict.errors)).collect();
    policies.retain(|id, _| named.contains(id));
}
