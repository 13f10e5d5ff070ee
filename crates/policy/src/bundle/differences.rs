//! How a bundle differs from the one before it.

use super::Bundle;
use remit_domain::activation::BundleChanges;
use std::collections::{BTreeMap, BTreeSet};

impl Bundle {
    /// How this bundle differs from the one `before` it, in numbers.
    pub fn differences(&self, before: &Self) -> BundleChanges {
        let policies = |bundle: &Self| -> BTreeMap<String, String> {
            bundle.rules.iter().map(|rule| (rule.id.to_string(), rule.policy.to_string())).collect()
        };
        let responders = |bundle: &Self| -> BTreeSet<String> {
            bundle.candidates.iter().map(|spec| spec.responder.to_string()).collect()
        };
        let (were, are) = (policies(before), policies(self));
        let (had, have) = (responders(before), responders(self));
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        BundleChanges {
            policies_new: count(are.keys().filter(|id| !were.contains_key(*id)).count()),
            policies_gone: count(were.keys().filter(|id| !are.contains_key(*id)).count()),
            policies_changed: count(
                are.iter().filter(|(id, text)| were.get(*id).is_some_and(|was| was != *text)).count(),
            ),
            responders_new: count(have.difference(&had).count()),
            responders_gone: count(had.difference(&have).count()),
        }
    }
}
