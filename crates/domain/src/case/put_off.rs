//! A case that is put off: what follows from its deferrals, and how their events change it.

use super::Case;
use crate::{
    deferral::{Deferral, DeferralEnd, DeferralHow, DeferralKind},
    id::Timestamp,
};

impl Case {
    /// Since when nobody has to do anything on it, where that is so.
    pub fn put_off_since(&self) -> Option<Timestamp> {
        let since = self.deferrals.values().filter(|deferral| deferral.kind != DeferralKind::FollowUp);
        since.map(|deferral| deferral.at).min().filter(|_| self.is_put_off())
    }

    /// Whether others are waited for, so that what is promised for its end stands still.
    pub fn awaits_third_party(&self) -> bool {
        self.deferrals.contains_key(&DeferralKind::ThirdParty)
    }

    pub(super) fn put_off(&mut self, deferral: &Deferral) {
        self.updated = deferral.at;
        match deferral.kind {
            // They agreed to wait until then.
            DeferralKind::Callback => self.stop_waiting(deferral.at),
            DeferralKind::ThirdParty => self.count_apart(true, deferral.at),
            DeferralKind::Snooze | DeferralKind::FollowUp => {}
        }
        self.deferrals.insert(deferral.kind, deferral.clone());
    }

    pub(super) fn call_is_due(&mut self, at: Timestamp) {
        self.updated = at;
        if let Some(callback) = self.deferrals.get_mut(&DeferralKind::Callback) {
            callback.is_due = true;
            self.waiting_since.get_or_insert(at);
        }
    }

    pub(super) fn end_deferral(&mut self, end: &DeferralEnd) {
        self.updated = end.at;
        let ended = self.deferrals.remove(&end.kind);
        let waited = ended.is_some_and(|ended| ended.waited);
        match end.kind {
            // Who was called was spoken to.
            DeferralKind::Callback if end.how == DeferralHow::Kept => self.stop_waiting(end.at),
            // Who waited before, and is not called, waits.
            DeferralKind::Callback if waited && matches!(end.how, DeferralHow::Cancelled | DeferralHow::HandedOver) => {
                self.waiting_since.get_or_insert(end.at);
            }
            DeferralKind::ThirdParty => self.count_apart(false, end.at),
            _ => {}
        }
    }

    /// With its end, and with another holder, a snooze is over.
    pub(super) fn wake(&mut self) {
        self.deferrals.remove(&DeferralKind::Snooze);
    }
}
