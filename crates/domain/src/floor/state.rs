//! What the floor holds.

use super::{
    line::{ChannelQueue, Entry},
    staff::Person,
    terms::OfferTerms,
};
use crate::{
    case::Channel,
    id::{CaseId, ResponderId, StaffId, Timestamp},
};
use std::collections::{BTreeMap, BTreeSet};

/// What changes at a moment of the timetable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    Case(CaseId),
    Staff(StaffId),
    /// A case takes no room any more of whoever has it.
    Quiet(CaseId),
}

/// Weight of the newest handling time in a queue's mean: one part in so many.
const NEWEST: i64 = 16;

/// What is known of a queue from its own work.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    /// Mean handling time in milliseconds, the latest weighing most.
    pub(super) handling_ms: Option<i64>,
    /// How long the last case that entered service had waited, in milliseconds.
    pub(super) last_wait_ms: Option<i64>,
}

impl Record {
    pub(super) fn set_handling(&mut self, mean_ms: i64) {
        self.handling_ms = Some(mean_ms.max(1));
    }

    pub(super) fn handled(&mut self, took_ms: i64, terms: &OfferTerms) {
        let mean = self.handling_ms.unwrap_or(terms.handling_ms);
        let step = took_ms.saturating_sub(mean) / NEWEST;
        self.handling_ms = Some(mean.saturating_add(step).max(1));
    }

    pub(super) fn entered(&mut self, waited_ms: i64) {
        self.last_wait_ms = Some(waited_ms);
    }
}

/// Who waits, who is there, and who was offered what.
#[derive(Debug, Clone, Default)]
pub struct Floor {
    pub(super) terms: OfferTerms,
    pub(super) people: BTreeMap<StaffId, Person>,
    pub(super) cases: BTreeMap<CaseId, Entry>,
    /// Open offers, by when they run out.
    pub(super) deadlines: BTreeSet<(Timestamp, CaseId)>,
    pub(super) desks: BTreeMap<(ResponderId, Channel), ChannelQueue>,
    pub(super) records: BTreeMap<ResponderId, Record>,
    /// Cases in line, by who had them last.
    pub(super) formers: BTreeMap<StaffId, BTreeSet<CaseId>>,
    /// What time alone changes.
    pub(super) timetable: BTreeSet<(Timestamp, Turn)>,
    /// Counts what could let somebody take what nobody could.
    pub(super) changes: u64,
}
