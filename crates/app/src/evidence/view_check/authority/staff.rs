//! Staff, against the records of who was noted, and whether they are there.

use super::sides::{Coverage, OTHERWISE, compare};
use crate::live::floor::StaffItem;
use remit_domain::{Event, floor::StaffProfile, governance::PresenceKind};
use remit_store::Found;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Staff {
    recorded: BTreeMap<String, Recorded>,
    kept: BTreeMap<String, StaffItem>,
}

#[derive(Debug)]
struct Recorded {
    profile: StaffProfile,
    /// The commitment to the name that customers see, where there is one.
    first_name: Option<String>,
    presence: PresenceKind,
}

impl Staff {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::StaffNoted { profile, first_name, .. } => {
                let name = profile.id.to_string();
                // Who is noted for the first time is offline until they say otherwise.
                let presence = self.recorded.get(&name).map_or(PresenceKind::Offline, |known| known.presence);
                let (profile, first_name) = ((**profile).clone(), first_name.clone());
                self.recorded.insert(name, Recorded { profile, first_name, presence });
            }
            Event::StaffRemoved { removed } => drop(self.recorded.remove(removed.staff.as_str())),
            Event::PresenceSet { staff, presence, .. } => {
                if let Some(known) = self.recorded.get_mut(staff.as_str()) {
                    known.presence = *presence;
                }
            }
            _ => {}
        }
    }

    pub(super) fn keep(&mut self, name: &str, body: &[u8]) -> Result<(), serde_json::Error> {
        self.kept.insert(name.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn compare(&self, held: &mut Coverage, found: Found<'_>) {
        compare("member of staff", &self.recorded, &self.kept, found, |_, recorded, kept| {
            if recorded.profile != kept.profile {
                return Some(OTHERWISE.to_owned());
            }
            let is = PresenceKind::from(&kept.presence);
            if recorded.presence != is {
                return Some(format!("they are {}, and the records say {}", is.as_str(), recorded.presence.as_str()));
            }
            let named = recorded.first_name.is_none() || recorded.first_name == kept.first_name_on_record();
            (!named).then(|| "their first name is not the one that was put on record".to_owned())
        });
        if self.recorded.values().any(|recorded| recorded.first_name.is_none()) {
            let why = "an earlier version put no commitment to them on record; noting them anew does";
            held.not.push(("first names of some staff", why));
        }
    }

    /// Whether nothing of it was ever on record, as far as is remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.recorded.is_empty()
    }

    pub(super) fn count(&self) -> u64 {
        self.kept.len() as u64
    }
}
