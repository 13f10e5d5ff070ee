//! How a bundle differs from the one before it.

use super::Bundle;
use remit_domain::activation::BundleChanges;
use remit_signals::readings::Rule;
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
        let rules = |bundle: &Self| -> BTreeMap<String, String> {
            let readings = bundle.readings();
            let text = |rule: &Rule| {
                let (reads, unless) = (readings.name_of(&rule.reads), rule.unless.join(" "));
                [reads, &rule.pattern, &unless, &rule.owner, &rule.reason].join("\n")
            };
            readings.rules().iter().map(|rule| (rule.id.clone(), text(rule))).collect()
        };
        let [policies_new, policies_gone, policies_changed] = numbers(&policies(before), &policies(self));
        let [rules_new, rules_gone, rules_changed] = numbers(&rules(before), &rules(self));
        let (had, have) = (responders(before), responders(self));
        BundleChanges {
            policies_new,
            policies_gone,
            policies_changed,
            responders_new: count(have.difference(&had).count()),
            responders_gone: count(had.difference(&have).count()),
            rules_new,
            rules_gone,
            rules_changed,
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// How many names are new, gone, and of another text.
fn numbers(were: &BTreeMap<String, String>, are: &BTreeMap<String, String>) -> [u32; 3] {
    let changed = are.iter().filter(|(id, text)| were.get(*id).is_some_and(|was| was != *text));
    [
        count(are.keys().filter(|id| !were.contains_key(*id)).count()),
        count(were.keys().filter(|id| !are.contains_key(*id)).count()),
        count(changed.count()),
    ]
}
