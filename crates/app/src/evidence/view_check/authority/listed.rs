//! What is listed of all cases together: questions that wait for advice, and overrides.

use super::{
    super::problem::kept,
    sides::{OTHERWISE, compare},
};
use crate::case::{consult::ConsultItem, override_log::OverrideItem};
use remit_domain::{
    Event,
    consult::Consult,
    decision::Trigger,
    id::{ConsultId, DecisionId},
};
use remit_ledger::hash::Hash;
use remit_store::Found;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Listed {
    consults: BTreeMap<String, Consult>,
    kept_consults: BTreeMap<String, ConsultItem>,
    /// Overrides, of which there may be very many: the sum of what tells one from others, on both sides.
    overrides: Sum,
    kept_overrides: Sum,
}

/// A sum that two multisets have in common if they are the same, and else by a chance that nobody meets.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    count: u64,
    sum: u128,
}

impl Sum {
    fn add(&mut self, parts: [&str; 3]) {
        let Hash(hash) = Hash::leaf(parts.join("\n").as_bytes());
        let part = hash.first_chunk().map_or(0, |part| u128::from_be_bytes(*part));
        (self.count, self.sum) = (self.count + 1, self.sum.wrapping_add(part));
    }
}

impl Listed {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::ConsultAsked { id, consult } => drop(self.consults.insert(id.to_string(), consult.clone())),
            Event::ConsultAnswered { id, .. } => drop(self.consults.remove(&id.to_string())),
            Event::DecisionMade { decision, handoff: Some(handoff) } => {
                if let (Trigger::Overridden { .. }, Some(note)) = (&decision.trigger, &handoff.package.note) {
                    self.overrides.add([&decision.id.to_string(), &decision.case.to_string(), &note.commit]);
                }
            }
            _ => {}
        }
    }

    pub(super) fn keep_consult(&mut self, id: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        id.parse::<ConsultId>().map_err(serde::de::Error::custom)?;
        self.kept_consults.insert(id.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn keep_override(&mut self, id: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        id.parse::<DecisionId>().map_err(serde::de::Error::custom)?;
        let item: OverrideItem = serde_json::from_slice(body)?;
        self.kept_overrides.add([id, &item.case.to_string(), &item.reason.commit]);
        Ok(())
    }

    pub(super) fn compare(&self, found: Found<'_>) {
        compare("question for advice", &self.consults, &self.kept_consults, found, |_, recorded, kept| {
            (*recorded != kept.consult).then(|| OTHERWISE.to_owned())
        });
        if self.overrides != self.kept_overrides {
            let (listed, recorded) = (self.kept_overrides.count, self.overrides.count);
            let how = format!("{listed} are listed, {recorded} are on record, and they are not the same");
            found(kept("overrides", "as they are listed", &how));
        }
    }
}
