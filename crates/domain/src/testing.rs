//! Values that the tests of several modules start from.

use crate::{
    cost::{Currency, Economics},
    decision::{CandidateFacts, ResponderKind},
    id::{OwnerId, ResponderId},
};
use std::collections::BTreeMap;

pub(crate) fn economics() -> Economics {
    Economics {
        currency: Currency("GBP".into()),
        delay_minor_per_hour: 600,
        breach_minor: 1_000,
        failure_minor: 2_000,
        due_minor: 0,
        value_signal: None,
        value_percent: BTreeMap::new(),
    }
}

pub(crate) fn owner(name: &str) -> OwnerId {
    OwnerId::new(name).unwrap()
}

pub(crate) fn responder(name: &str) -> ResponderId {
    ResponderId::new(name).unwrap()
}

pub(crate) fn facts(name: &str) -> CandidateFacts {
    let kind = if name.ends_with("ai") { ResponderKind::Ai } else { ResponderKind::Queue };
    let idle = CandidateFacts::idle(responder(name), kind, owner("support"));
    CandidateFacts { handling_minor: 100, prior_bp: 5_000, prior_weight: 10, ..idle }
}
