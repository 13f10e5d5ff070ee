//! A floor with one queue, and who and what is on it.

use remit_domain::{
    case::Channel::Chat,
    floor::{StaffProfile, Waiting},
    id::{CaseId, Ids, ResponderId, StaffId, Timestamp},
};
use std::collections::BTreeMap;

pub(crate) const MINUTE: i64 = 60_000;

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp(1_750_000_000_000 + ms)
}

pub(crate) fn case(n: usize) -> CaseId {
    CaseId::next(&mut Ids::new(Timestamp(0), n as u128))
}

pub(crate) fn staff(n: usize) -> StaffId {
    StaffId::new(&format!("staff-{n}")).unwrap()
}

pub(crate) fn queue(n: usize) -> ResponderId {
    ResponderId::new(&format!("queue-{n}")).unwrap()
}

/// Somebody in the first queue who speaks English.
pub(crate) fn person(n: usize, capacity: u32) -> StaffProfile {
    StaffProfile {
        id: staff(n),
        queues: vec![queue(0)],
        languages: [("en".to_owned(), 3)].into(),
        skills: BTreeMap::new(),
        capacity: [(Chat, capacity)].into(),
    }
}

/// A chat in English in the first queue.
pub(crate) fn waiting(n: usize, since: Timestamp) -> Waiting {
    Waiting {
        case: case(n),
        queue: queue(0),
        channel: Chat,
        language: "en".into(),
        language_level: 0,
        skills: BTreeMap::new().into(),
        since,
        value_percent: 100,
        sla_ms: 10 * MINUTE,
        handling_ms: None,
        due: None,
        danger: None,
        last_staff: None,
        relax: [].as_slice().into(),
        not_before: None,
    }
}
