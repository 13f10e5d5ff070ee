//! Values that the tests of several modules start from.

use crate::{
    cost::{Currency, Economics},
    decision::{CandidateFacts, DecisionPoint, ResponderKind, Terms},
    id::{Digest, OwnerId, ResponderId},
};
use std::{collections::BTreeMap, sync::Arc};

pub(crate) fn economics() -> Economics {
    Economics {
        currency: Currency("GBP".into()),
        delay_minor_per_hour: 600,
        breach_minor: 1_000,
        failure_minor: 2_000,
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
    CandidateFacts {
        responder: responder(name),
        kind: if name.ends_with("ai") { ResponderKind::Ai } else { ResponderKind::Queue },
        accountable: owner("support"),
        open: true,
        depth: 0,
        expected_wait_ms: 0,
        sla_risk_bp: 0,
        yielded: false,
        handling_minor: 100,
        resolved: 0,
        failed: 0,
        prior_bp: 5_000,
        prior_weight: 10,
    }
}

pub(crate) fn terms() -> Arc<Terms> {
    Arc::new(Terms {
        bundle: Digest::from_bytes(&[7; 32]),
        owners: DecisionPoint::ALL.into_iter().map(|point| (point, owner("routing"))).collect(),
        economics: economics(),
        handoffs_max: 3,
        exception_owner: owner("duty-manager"),
        exception_due_ms: 3_600_000,
    })
}
