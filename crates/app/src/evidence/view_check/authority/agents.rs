//! Agents that only sign their requests, against the records of when each knocked.

use super::super::problem::kept;
use crate::journal::agents::AGENTS;
use remit_domain::{Event, agent::KnownAgent};
use remit_store::Found;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Agents {
    recorded: BTreeMap<String, KnownAgent>,
    kept: BTreeMap<String, KnownAgent>,
}

impl Agents {
    pub(super) fn note(&mut self, event: &Event) {
        if let Event::AgentKnocked(knocked) = event {
            let before = self.recorded.remove(&knocked.agent);
            self.recorded.insert(knocked.agent.clone(), KnownAgent::after(before, knocked));
        }
    }

    pub(super) fn keep(&mut self, name: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept.insert(name.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    /// Names everything that is kept otherwise than it is on record.
    pub(super) fn compare(&self, found: Found<'_>) {
        for (name, recorded) in &self.recorded {
            match self.kept.get(name) {
                None => found(kept(AGENTS.kind(), name, "it is not kept")),
                Some(one) if one == recorded => {}
                Some(_) => found(kept(AGENTS.kind(), name, "it is not as its records leave it")),
            }
        }
        for name in self.kept.keys().filter(|name| !self.recorded.contains_key(*name)) {
            found(kept(AGENTS.kind(), name, "no record says so"));
        }
    }
}
