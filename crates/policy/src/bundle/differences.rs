//! How a bundle differs from the one before it.

use super::Bundle;
use crate::deep_stack::deep;
use remit_domain::activation::BundleChanges;
use remit_signals::readings::Rule;
use std::collections::BTreeMap;

/// Names that differ between two bundles, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Those that were not there.
    pub new: Vec<String>,
    /// Those that are not there any more.
    pub gone: Vec<String>,
    /// Those that are otherwise.
    pub changed: Vec<String>,
}

/// What differs between two bundles, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// Policies, by their `@id`.
    pub policies: Names,
    /// Responders.
    pub responders: Names,
    /// Rules for words.
    pub rules: Names,
}

impl Names {
    /// Which names are new, gone and of another content.
    pub fn of<T: PartialEq>(were: &BTreeMap<String, T>, are: &BTreeMap<String, T>) -> Self {
        let named = |names: &BTreeMap<String, T>, is: &dyn Fn(&str, &T) -> bool| -> Vec<String> {
            names.iter().filter(|(name, content)| is(name, content)).map(|(name, _)| name.clone()).collect()
        };
        Self {
            new: named(are, &|name, _| !were.contains_key(name)),
            gone: named(were, &|name, _| !are.contains_key(name)),
            changed: named(are, &|name, is| were.get(name).is_some_and(|was| was != is)),
        }
    }
}

impl Bundle {
    /// How this bundle differs from the one `before` it, by name.
    pub fn names_that_differ(&self, before: &Self) -> Differences {
        let policies = |bundle: &Self| -> BTreeMap<String, String> {
            deep(|| bundle.rules.iter().map(|rule| (rule.id.to_string(), rule.policy.to_string())).collect())
        };
        let responders = |bundle: &Self| -> BTreeMap<String, ()> {
            bundle.candidates.iter().map(|spec| (spec.responder.to_string(), ())).collect()
        };
        let rules = |bundle: &Self| -> BTreeMap<String, String> {
            let readings = bundle.readings();
            let text = |rule: &Rule| {
                let (reads, unless) = (readings.name_of(&rule.reads), rule.unless.join(" "));
                [reads, &rule.pattern, &unless, &rule.owner, &rule.reason].join("\n")
            };
            readings.rules().iter().map(|rule| (rule.id.clone(), text(rule))).collect()
        };
        Differences {
            policies: Names::of(&policies(before), &policies(self)),
            responders: Names::of(&responders(before), &responders(self)),
            rules: Names::of(&rules(before), &rules(self)),
        }
    }

    /// How this bundle differs from the one `before` it, in numbers.
    pub fn differences(&self, before: &Self) -> BundleChanges {
        let Differences { policies, responders, rules } = self.names_that_differ(before);
        BundleChanges {
            policies_new: count(&policies.new),
            policies_gone: count(&policies.gone),
            policies_changed: count(&policies.changed),
            responders_new: count(&responders.new),
            responders_gone: count(&responders.gone),
            rules_new: count(&rules.new),
            rules_gone: count(&rules.gone),
            rules_changed: count(&rules.changed),
        }
    }
}

fn count(names: &[String]) -> u32 {
    u32::try_from(names.len()).unwrap_or(u32::MAX)
}
