//! Which responders are stopped for which intents, against the records of stopping and resuming.

use super::sides::compare;
use crate::live::load::BreakerItem;
use remit_domain::{Event, governance::OutcomesReset};
use remit_store::Found;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Responders {
    /// Whether each is stopped, by the record at a position; by the name of what is kept of it.
    recorded: BTreeMap<String, (u64, bool)>,
    kept: BTreeMap<String, BreakerItem>,
}

impl Responders {
    pub(super) fn note(&mut self, seq: u64, event: &Event) {
        let (responder, intent, stopped) = match event {
            Event::AiStopped { responder, intent, .. } => (responder, intent, Some(true)),
            Event::AiResumed { responder, intent, .. } => (responder, intent, Some(false)),
            // Who is stopped stays so.
            Event::OutcomesReset(OutcomesReset { responder, intent, .. }) => (responder, intent, None),
            _ => return,
        };
        let known = self.recorded.entry(BreakerItem::name(responder.as_str(), intent)).or_default();
        // A directory of before format 8 has them in the order of other names.
        if let Some(stopped) = stopped.filter(|_| seq >= known.0) {
            *known = (seq, stopped);
        }
    }

    pub(super) fn keep(&mut self, name: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        self.kept.insert(name.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn compare(&self, found: Found<'_>) {
        compare("breaker of", &self.recorded, &self.kept, found, |name, (_, stopped), kept| {
            if BreakerItem::name(&kept.responder, &kept.intent) != name {
                return Some("it is another's".to_owned());
            }
            let told = |stopped: bool| if stopped { "stopped" } else { "not stopped" };
            let differs = *stopped != kept.stopped;
            differs.then(|| format!("it is {}, and the records say {}", told(kept.stopped), told(*stopped)))
        });
    }
}
