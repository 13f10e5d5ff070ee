//! Which bundle is in force, against the records that say so, and what follows from it: that promises which run are
//! looked at again.

use super::turns::Unasked;
use crate::pipeline::sla;
use remit_domain::{
    Case, Event,
    activation::BundleActivation,
    id::{CaseId, Timestamp},
};
use remit_policy::{bundle::Bundle, files::Files};
use std::collections::BTreeMap;

/// Cases that are remembered until the bundle is known; of more it is only said how many.
const CASES_MAX: usize = 1_000;

/// What is gathered about the bundle in force.
#[derive(Debug, Default)]
pub(super) struct Governed {
    /// Bundles that came into force by the records, and when, by the record's number.
    recorded: BTreeMap<i64, (Timestamp, String)>,
    /// Those that came into force by the database's own list.
    listed: Vec<(i64, String)>,
    /// The files of the one that came into force last by the records.
    files: Option<Files>,
    /// Open cases whose customers wait, with nothing left that would look at what they were promised.
    unseen: Vec<Case>,
    /// How many more of these there are.
    more: u64,
    /// Cases whose AI responders were asked, with no turn left.
    unasked: Vec<Unasked>,
    /// How many more of these there are.
    more_unasked: u64,
}

impl Governed {
    /// Notes the record with this number.
    pub(super) fn note(&mut self, seq: i64, event: &Event) {
        if let Event::BundleActivated(BundleActivation { to, at, .. }) = event {
            self.recorded.insert(seq, (*at, to.to_string()));
        }
    }

    /// Notes a bundle that is kept.
    pub(super) fn bundle(&mut self, digest: &str, files: Files) {
        if self.recorded.last_key_value().is_some_and(|(_, (_, last))| last == digest) {
            self.files = Some(files);
        }
    }

    /// Notes one that came into force by the database's list.
    pub(super) fn activation(&mut self, at_ms: i64, digest: &str) {
        self.listed.push((at_ms, digest.to_owned()));
    }

    /// Notes an open case that nothing would look at again for the sake of a promise.
    pub(super) fn unseen(&mut self, case: &Case) {
        match self.unseen.len() < CASES_MAX {
            true => self.unseen.push(case.clone()),
            false => self.more += 1,
        }
    }

    /// Notes a case whose AI responder was asked, with no turn left.
    pub(super) fn unasked(&mut self, unasked: Unasked) {
        match self.unasked.len() < CASES_MAX {
            true => self.unasked.push(unasked),
            false => self.more_unasked += 1,
        }
    }

    /// How the database's list differs from the records, if it does. Of what came into force before there were records
    /// of it, `is_whole` says that there is nothing.
    pub(super) fn differs(&self, is_whole: bool) -> Option<String> {
        let recorded: Vec<(i64, &str)> = self.recorded.values().map(|(at, digest)| (at.0, digest.as_str())).collect();
        let listed: Vec<(i64, &str)> = self.listed.iter().map(|(at, digest)| (*at, digest.as_str())).collect();
        let told =
            |one: Option<&(i64, &str)>| one.map_or("none".to_owned(), |(at, digest)| format!("{digest} at {at}"));
        let earlier = listed.len().saturating_sub(recorded.len());
        let of_records = listed.get(if is_whole { 0 } else { earlier }..).unwrap_or_default();
        if of_records == recorded {
            return None;
        }
        let at = of_records.iter().zip(&recorded).take_while(|(one, other)| one == other).count();
        Some(format!(
            "{} is listed as number {} that came into force, and the records say {}",
            told(of_records.get(at)),
            at + 1,
            told(recorded.get(at))
        ))
    }

    /// Cases of which a promise runs under the bundle in force, and nothing would look at it; and how many more may be
    /// among those that were not remembered. None where the bundle cannot be read.
    pub(super) fn forgotten(&self) -> Option<(Vec<CaseId>, u64)> {
        if self.unseen.is_empty() {
            return self.files.as_ref().map(|_| (Vec::new(), 0));
        }
        let bundle = self.in_force()?;
        let runs = |case: &&Case| sla::running(&bundle, case).is_some();
        Some((self.unseen.iter().filter(runs).map(|case| case.id).collect(), self.more))
    }

    /// Cases of which a turn has to be left, and none is; and how many more may be.
    pub(super) fn turns_forgotten(&self) -> Option<(Vec<CaseId>, u64)> {
        if self.unasked.is_empty() {
            return self.files.as_ref().map(|_| (Vec::new(), 0));
        }
        let (bundle, (_, (since, _))) = (self.in_force()?, self.recorded.last_key_value()?);
        let has_to = |unasked: &&Unasked| unasked.has_to_be_there(&bundle, *since);
        Some((self.unasked.iter().filter(has_to).map(|unasked| unasked.case).collect(), self.more_unasked))
    }

    /// The bundle in force, if it can be read.
    fn in_force(&self) -> Option<Bundle> {
        Bundle::load_recorded(self.files.clone()?, None).ok()
    }
}
