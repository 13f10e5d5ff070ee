//! Considerations: preferences and needs of `bundle.toml`, each made a policy of its own, so that their conditions are
//! held against the schema, asked and remembered as policies are.

use crate::{
    bundle::{CandidateSpec, bounds::MINOR},
    cedar::SchemaVocabulary,
    finding::{Fault, Finding},
    manifest::{LEVELS, Manifest, Need, Preference},
    nesting::{self, Holds},
    places::{Places, TomlPath},
    rule::Rule,
};
use cedar_policy::{Policy, PolicyId as CedarId};
use miette::Diagnostic as _;
use remit_domain::{
    decision::{Consideration, ConsiderationEffect, Considerations, PolicyEffect, PolicyNote, ResponderKind},
    id::{OwnerId, PolicyId, ResponderId},
};
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "bundle.toml";
/// Considerations of a bundle, at most.
const MOST: usize = 200;
/// Longest condition, in bytes.
const CONDITION_MAX: usize = 4_000;
/// Greatest amount, in minor units.
const MINOR_MAX: i64 = 1_000_000_000;
/// Greatest share, in percent: what is avoided by ten times its cost is forbidden better.
const PERCENT_MAX: i64 = 1_000;

/// What a bundle weighs beside policy.
#[derive(Debug, Default)]
pub(crate) struct Weighed {
    /// A policy for each, which permits those to whom it applies.
    pub(crate) rules: Vec<Rule>,
    /// In the order in which they are declared.
    pub(crate) considerations: Considerations,
    /// The responders to whom each can apply, in the same order; empty for all.
    pub(crate) of: Vec<(PolicyId, Vec<ResponderId>)>,
}

/// What is said of a consideration before its effect.
struct Said<'a> {
    name: &'a str,
    owner: &'a str,
    reason: &'a str,
    when: Option<&'a str>,
}

/// Reads the considerations of a manifest; what is wrong is found by line.
pub(crate) struct Reader<'a> {
    pub(crate) places: &'a Places<'a>,
    /// The entry that is being read.
    pub(crate) at: TomlPath,
    pub(crate) manifest: &'a Manifest,
    pub(crate) vocabulary: &'a SchemaVocabulary,
    pub(crate) owners: &'a BTreeSet<String>,
    pub(crate) candidates: &'a [CandidateSpec],
    pub(crate) findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    pub(crate) fn read(mut self) -> Weighed {
        let mut weighed = Weighed::default();
        let manifest = self.manifest;
        if manifest.preferences.len() + manifest.needs.len() > MOST {
            self.wrong(format!("there are more than {MOST} preferences and needs"), "take some out");
            return weighed;
        }
        for (at, preference) in manifest.preferences.iter().enumerate() {
            self.at = TomlPath::entry("preference", at);
            let of = [&preference.prefers, &preference.avoids, &preference.order].into_iter().flatten().flatten();
            let of = self.responders(&preference.name, of, None);
            if let Some(effect) = self.preference(preference, &of) {
                let Preference { name, owner, reason, when, .. } = preference;
                self.weigh(&Said { name, owner, reason, when: when.as_deref() }, effect, of, None, &mut weighed);
            }
        }
        for (at, need) in manifest.needs.iter().enumerate() {
            self.at = TomlPath::entry("need", at);
            let of = self.responders(&need.name, need.queues.iter().flatten(), Some(ResponderKind::Queue));
            if let Some(effect) = self.need(need, &of) {
                let Need { name, owner, reason, when, .. } = need;
                let said = Said { name, owner, reason, when: when.as_deref() };
                self.weigh(&said, effect, of, Some(ResponderKind::Queue), &mut weighed);
            }
        }
        weighed
    }

    fn wrong(&mut self, message: impl Into<String>, cure: &str) {
        self.findings.push(Finding::new(FILE, self.line(), message, cure));
    }

    /// Says of what was found last that it follows from this fault, where that is found.
    fn which_follows(&mut self, fault: Fault) {
        if let Some(last) = self.findings.pop() {
            self.findings.push(last.follows(fault));
        }
    }

    fn line(&self) -> usize {
        self.places.line(&self.at)
    }

    fn responders<'b>(
        &mut self,
        name: &str,
        named: impl Iterator<Item = &'b String>,
        kind: Option<ResponderKind>,
    ) -> Vec<ResponderId> {
        let mut found = Vec::new();
        for responder in named {
            let known = self.candidates.iter().find(|spec| spec.responder.as_str() == responder);
            match known.filter(|spec| kind.is_none_or(|kind| spec.kind == kind)) {
                Some(spec) if found.contains(&spec.responder) => {
                    self.wrong(format!("`{name}` names `{responder}` twice"), "name it once");
                }
                Some(spec) => found.push(spec.responder.clone()),
                None => {
                    let what = if kind.is_some() { "queue" } else { "responder" };
                    let message = format!("`{name}` names `{responder}`, and there is no {what} of this name");
                    self.wrong(message, "correct the name, or take it out");
                    // One that is declared, and not read for what is wrong with it, or has another name by now.
                    self.which_follows(Fault::Responder(responder.clone()));
                }
            }
        }
        found
    }

    fn preference(&mut self, preference: &Preference, of: &[ResponderId]) -> Option<ConsiderationEffect> {
        let Preference { name, prefers, avoids, order, minor, percent, .. } = preference;
        if [prefers, avoids, order].into_iter().flatten().any(Vec::is_empty) {
            self.wrong(format!("`{name}` names nobody"), "name a responder, or leave the key out");
            return None;
        }
        let (sign, by) = match (prefers, avoids, order) {
            (None, None, Some(_)) if minor.is_some() || percent.is_some() => {
                self.wrong(format!("`{name}` has an order and an amount"), "leave `minor` and `percent` out");
                return None;
            }
            (None, None, Some(_)) => return Some(ConsiderationEffect::Order { of: of.to_vec() }),
            (_, None, None) => (-1, (minor, percent)),
            (None, Some(_), None) => (1, (minor, percent)),
            _ => {
                let message = format!("`{name}` has more than one of `prefers`, `avoids` and `order`");
                self.wrong(message, "write a preference for each");
                return None;
            }
        };
        match by {
            (Some(minor), None) if (1..=MINOR_MAX).contains(minor) => {
                Some(ConsiderationEffect::Amount { minor: sign * minor })
            }
            (None, Some(percent)) if (1..=PERCENT_MAX).contains(percent) && (sign > 0 || *percent <= 100) => {
                Some(ConsiderationEffect::Share { percent: sign * percent })
            }
            _ => {
                let cure = "write `minor`, from 1 to 1000000000, or `percent`, from 1 to 100 (to 1000 with `avoids`)";
                self.wrong(format!("`{name}` does not say by how much, or not in one way"), cure);
                None
            }
        }
    }

    fn need(&mut self, need: &Need, of: &[ResponderId]) -> Option<ConsiderationEffect> {
        let name = &need.name;
        let skills = self.vocabulary.enums.get("Skill").cloned().unwrap_or_default();
        for (skill, level) in &need.skills {
            if !skills.contains(skill) {
                let message = format!("`{name}` needs `{skill}`, which is no value of the schema's Skill");
                self.wrong(message, "correct the spelling, or add it to the schema");
            } else if !self.is_of_a_queue(skill, of) {
                let whose = if of.is_empty() { "no queue has" } else { "none of its `queues` has" };
                let message = format!("`{name}` needs `{skill}`, which {whose}, so that nobody takes such a case");
                self.wrong(message, "add it to the `skills` of a queue, or ask it of others");
                for queue in self.unread_with(skill, need.queues.as_deref()) {
                    self.which_follows(Fault::Responder(queue));
                }
            }
            if !LEVELS.contains(level) {
                self.wrong(format!("`{name}` needs `{skill}` at level {level}"), "levels are 1 to 5");
            }
        }
        if let Some(level) = need.language.filter(|level| !LEVELS.contains(level)) {
            self.wrong(format!("`{name}` needs the case's language at level {level}"), "levels are 1 to 5");
        }
        if need.skills.is_empty() && need.language.is_none() {
            let cure = "write `skills = { … }`, `language = …` or both, or take it out";
            self.wrong(format!("`{name}` needs nothing"), cure);
            return None;
        }
        Some(ConsiderationEffect::Skills { least: need.skills.clone(), language: need.language.unwrap_or(0) })
    }

    /// Whether one of these queues has the skill, or any queue where none is named.
    fn is_of_a_queue(&self, skill: &String, of: &[ResponderId]) -> bool {
        let asked = |spec: &&CandidateSpec| of.is_empty() || of.contains(&spec.responder);
        self.candidates.iter().filter(asked).any(|spec| spec.queue.is_some() && spec.skills.contains(skill))
    }

    /// Those of these queues, or of all where none is named, that have the skill and are not read for what is wrong
    /// with them.
    fn unread_with(&self, skill: &String, of: Option<&[String]>) -> Vec<String> {
        let queues = self.manifest.queues.iter().filter(|queue| queue.skills.contains(skill));
        let named = queues.filter(|queue| of.is_none_or(|of| of.contains(&queue.name)));
        let is_read = |name: &str| self.candidates.iter().any(|spec| spec.responder.as_str() == name);
        named.map(|queue| queue.name.clone()).filter(|name| !is_read(name)).collect()
    }

    fn weigh(
        &mut self,
        said: &Said<'_>,
        effect: ConsiderationEffect,
        of: Vec<ResponderId>,
        kind: Option<ResponderKind>,
        weighed: &mut Weighed,
    ) {
        let name = said.name;
        let Ok(id) = PolicyId::new(name) else {
            let cure = "use a letter, then up to 63 of a-z 0-9 _ - .";
            self.wrong(format!("`{name}` is no name of a preference or a need"), cure);
            return;
        };
        if !self.owners.contains(said.owner) {
            let message = format!("`{}`, named as owner by {name}, is no owner", said.owner);
            self.wrong(message, "add an [[owner]] of this name, or name another");
            self.which_follows(Fault::Owner(said.owner.to_owned()));
        }
        let (Ok(owner), Some(policy)) = (OwnerId::new(said.owner), self.policy(said, self.kind(&of, kind))) else {
            return;
        };
        let reason: std::sync::Arc<str> = said.reason.trim().into();
        let note =
            PolicyNote { effect: PolicyEffect::Permit, owner: owner.clone(), reason: reason.clone(), invariant: false };
        weighed.rules.push(Rule::new(policy, id.clone(), FILE, self.line(), note));
        weighed.considerations.push((id.clone(), Consideration { owner, reason, effect }));
        weighed.of.push((id, of));
    }

    /// The one kind of those to whom it can apply, if they are of one kind.
    fn kind(&self, of: &[ResponderId], kind: Option<ResponderKind>) -> Option<ResponderKind> {
        let kinds = self.candidates.iter().filter(|spec| of.contains(&spec.responder)).map(|spec| spec.kind);
        let kinds: BTreeSet<ResponderKind> = kinds.collect();
        kind.or_else(|| kinds.first().copied().filter(|_| kinds.len() == 1))
    }

    /// The policy that permits whom the consideration applies to.
    fn policy(&mut self, said: &Said<'_>, kind: Option<ResponderKind>) -> Option<Policy> {
        let when = said.when.unwrap_or("true");
        if when.len() > CONDITION_MAX {
            let message = format!("the condition of `{}` is longer than {CONDITION_MAX} bytes", said.name);
            self.wrong(message, "shorten it");
            return None;
        }
        let scope = match kind {
            None => "principal",
            Some(ResponderKind::Ai) => "principal is Ai",
            Some(ResponderKind::Queue) => "principal is Queue",
        };
        let text = format!("permit ({scope}, action == Action::\"handle\", resource) when {{\n{when}\n}};");
        let at = self.line();
        if let Some(finding) = nesting::too_deep(FILE, &text, Holds::Policies) {
            self.findings.push(Finding::new(FILE, at, finding.message, finding.cure));
            return None;
        }
        match Policy::parse(Some(CedarId::new(said.name)), &text) {
            Ok(policy) => Some(policy),
            Err(error) => {
                let cure = error.help().map_or_else(
                    || "write what would stand after `when` of a policy; see the Cedar language reference".to_owned(),
                    |help| help.to_string(),
                );
                let message = format!("the condition of `{}`: {error}", said.name);
                self.findings.push(Finding::new(FILE, at, message, cure));
                None
            }
        }
    }
}

/// What is other for topics, as one responder's part of the manifest says; `wrong` takes what is wrong.
pub(crate) fn of_topics(
    name: &str,
    is_queue: bool,
    by_topic: &BTreeMap<String, crate::manifest::OfTopic>,
    wrong: &mut dyn FnMut(String, &str),
) {
    for (topic, of) in by_topic {
        match of.handling_minutes {
            Some(_) if !is_queue => {
                let message =
                    format!("`{name}` has `handling_minutes` for the topic `{topic}`, and nobody waits for an AI");
                wrong(message, "take it out");
            }
            Some(0) => {
                let message = format!("`{name}` has `handling_minutes` of 0 for the topic `{topic}`");
                wrong(message, "write at least 1");
            }
            _ => {}
        }
        let sane = of.handling_minor.is_none_or(|minor| MINOR.contains(&minor))
            && of.prior_resolve_bp.is_none_or(|bp| (0..=10_000).contains(&bp))
            && of.prior_weight.is_none_or(|weight| (1..=1_000_000).contains(&weight));
        if !sane {
            wrong(
                format!("what `{name}` says of the topic `{topic}` is out of range"),
                "handling_minor must be 0 to 1000000000000, prior_resolve_bp 0 to 10000, prior_weight 1 to 1000000",
            );
        }
    }
}
