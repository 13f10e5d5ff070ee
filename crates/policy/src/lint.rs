//! What a bundle must have beyond being readable: no responder unreachable, no policy dead, nothing declared in vain.

use crate::{
    actions::{ACT, API_ACTIONS, HANDLE},
    bundle::CandidateSpec,
    calendar,
    cedar::{BASELINE, Rule, Vocabulary},
    finding::{Finding, line_of},
    manifest::Manifest,
    scope::{admits_action, admits_principal, candidate_uid, uid},
};
use remit_domain::{
    decision::{PolicyEffect, ResponderKind},
    id::Timestamp,
};
use std::collections::BTreeSet;

/// Signals that Remit measures itself, or knows of the case; every bundle declares them.
const BUILT_IN: [&str; 18] = [
    "intent",
    "topic",
    "intent_confidence_bp",
    "out_of_scope_bp",
    "intent_abstained",
    "wants_human",
    "situation",
    "situation_bp",
    "frustration_bp",
    "language",
    "complexity_bp",
    "repeat_contacts",
    "channel",
    "requester",
    "handoffs",
    "ai_attempts",
    "waited_ms",
    "human_requested",
];

/// What may be wrong with a manifest, as of a moment, by line.
pub(crate) fn doubts(text: &str, manifest: &Manifest, at: Timestamp) -> Vec<String> {
    let of = |calendar: &crate::manifest::Calendar| {
        let line = line_of(text, &format!("\"{}\"", calendar.name));
        let told = move |name: &str, what: String| format!("bundle.toml:{line}: calendar `{name}`: {what}");
        let doubts = calendar::doubts(calendar, at.0);
        doubts.into_iter().map(|what| told(&calendar.name, what)).collect::<Vec<_>>()
    };
    manifest.calendars.iter().flat_map(of).collect()
}

pub(crate) fn lint(
    text: &str,
    manifest: &Manifest,
    vocabulary: &Vocabulary,
    rules: &[Rule],
    candidates: &[CandidateSpec],
    findings: &mut Vec<Finding>,
) {
    let mut wrong = |near: &str, message: String, cure: &str| {
        findings.push(Finding::new("bundle.toml", line_of(text, &format!("\"{near}\"")), message, cure));
    };
    let declared: BTreeSet<&str> = manifest.signals.iter().map(|signal| signal.name.as_str()).collect();
    for name in BUILT_IN.into_iter().filter(|name| !declared.contains(name)) {
        wrong(
            "signal",
            format!("the built-in signal `{name}` is not declared"),
            "add a [[signal]] of this name with type and default",
        );
    }
    for name in declared.iter().filter(|name| !vocabulary.context.contains(**name)) {
        wrong(
            name,
            format!("signal `{name}` is no attribute of the context of `handle`"),
            "add it to the schema's context, or take it out here",
        );
    }
    for name in vocabulary.context.iter().filter(|name| !declared.contains(name.as_str())) {
        wrong(
            "signal",
            format!("`{name}` is an attribute of the context of `handle`, but no signal"),
            "add a [[signal]] of this name, or take it out of the schema",
        );
    }
    if !vocabulary.actions.contains(HANDLE) {
        wrong("name", format!("the schema declares no action `{HANDLE}`"), "add it to schema.cedarschema");
    }
    for calendar in manifest.calendars.iter().filter(|c| !manifest.queues.iter().any(|q| q.calendar == c.name)) {
        wrong(&calendar.name, format!("no queue uses calendar `{}`", calendar.name), "use it or take it out");
    }
    for calendar in &manifest.calendars {
        for (what, cure) in calendar::mistakes(calendar) {
            wrong(&calendar.name, format!("calendar `{}`: {what}", calendar.name), cure);
        }
    }
    for sla in manifest.slas.iter().filter(|s| !manifest.queues.iter().any(|q| q.sla == s.name)) {
        wrong(&sla.name, format!("no queue uses SLA `{}`", sla.name), "use it or take it out");
    }
    let handle = uid("Action", HANDLE);
    let admits = |rule: &Rule, spec: &CandidateSpec| {
        admits_action(rule, &handle) && admits_principal(rule, &candidate_uid(spec.kind, spec.responder.as_str()))
    };
    for spec in candidates {
        if !rules.iter().any(|rule| rule.note.effect == PolicyEffect::Permit && admits(rule, spec)) {
            let name = spec.responder.as_str();
            wrong(
                name,
                format!("no policy permits `{name}` anything, so it can never be given a case"),
                "write a permit for it, or take it out",
            );
        }
    }
    let act = uid("Action", ACT);
    if !manifest.actions.is_empty() && !vocabulary.actions.contains(ACT) {
        wrong(
            "action",
            "there are actions, and the schema declares no action `act`".to_owned(),
            "add it to schema.cedarschema, for principals of type Ai and resources of type RequestedAction",
        );
    }
    for rule in rules.iter().filter(|rule| rule.file != BASELINE) {
        let api = API_ACTIONS.iter().any(|action| admits_action(rule, &uid("Action", action)));
        let mut ai = candidates.iter().filter(|spec| spec.kind == ResponderKind::Ai);
        let acts = admits_action(rule, &act)
            && ai.any(|spec| admits_principal(rule, &candidate_uid(spec.kind, spec.responder.as_str())));
        if !api && !acts && !candidates.iter().any(|spec| admits(rule, spec)) {
            let message = format!("policy `{}` is dead: its scope admits no responder and no API action", rule.id);
            findings.push(Finding::new(
                &rule.file,
                rule.line,
                message,
                "correct the name in its scope, or take it out",
            ));
        }
    }
}
