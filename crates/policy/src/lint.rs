//! What a bundle must have beyond being readable: no responder unreachable, no policy dead, nothing declared in vain.

use crate::{
    actions::{ACT, API_ACTIONS, HANDLE, REQUEST},
    bundle::CandidateSpec,
    calendar,
    cedar::{BASELINE, SchemaVocabulary},
    finding::{Fault, Finding},
    manifest::{self, Manifest},
    own_actions::OwnAction,
    places::{Places, TomlPath},
    rule::Rule,
    scope::{admits_action, admits_principal, candidate_uid, scope_principal, uid},
};
use cedar_policy::EntityUid;
use remit_domain::{
    decision::{PolicyEffect, ResponderKind},
    id::Timestamp,
};
use remit_signals::readings::nearest;
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
pub(crate) fn doubts(places: &Places<'_>, manifest: &Manifest, at: Timestamp) -> Vec<String> {
    let of = |(nth, calendar): (usize, &manifest::Calendar)| {
        let line = places.line(&TomlPath::entry("calendar", nth).then("name"));
        let told = move |what: String| format!("bundle.toml:{line}: calendar `{}`: {what}", calendar.name);
        calendar::doubts(calendar, at.0).into_iter().map(told).collect::<Vec<_>>()
    };
    manifest.calendars.iter().enumerate().flat_map(of).collect()
}

/// How a finding has to do with others.
enum Mark {
    None,
    Is(Fault),
    Follows(Vec<Fault>),
    IsAndFollows(Fault, Vec<Fault>),
}

/// Responders that the manifest names and that could not be read.
fn unread(manifest: &Manifest, candidates: &[CandidateSpec]) -> Vec<(EntityUid, String)> {
    let ai = manifest.responders.iter().map(|one| (ResponderKind::Ai, &one.name));
    let queues = manifest.queues.iter().map(|one| (ResponderKind::Queue, &one.name));
    let unread = ai.chain(queues).filter(|(_, name)| !candidates.iter().any(|spec| spec.responder.as_str() == *name));
    unread.map(|(kind, name)| (candidate_uid(kind, name), name.clone())).collect()
}

pub(crate) fn lint(
    places: &Places<'_>,
    manifest: &Manifest,
    vocabulary: &SchemaVocabulary,
    (rules, own): (&[Rule], &[OwnAction]),
    candidates: &[CandidateSpec],
    findings: &mut Vec<Finding>,
) {
    let mut told = Vec::new();
    let mut wrong = |place: &TomlPath, message: String, cure: &str, fault: Mark| {
        let finding = Finding::new("bundle.toml", places.line(place), message, cure);
        told.push(match fault {
            Mark::None => finding,
            Mark::Is(fault) => finding.is(fault),
            Mark::Follows(faults) => faults.into_iter().fold(finding, Finding::follows),
            Mark::IsAndFollows(fault, faults) => faults.into_iter().fold(finding.is(fault), Finding::follows),
        });
    };
    let signal = |name: &str| {
        let at = manifest.signals.iter().position(|signal| signal.name == name);
        at.map_or_else(TomlPath::default, |at| TomlPath::entry("signal", at).then("name"))
    };
    let declared: BTreeSet<&str> = manifest.signals.iter().map(|signal| signal.name.as_str()).collect();
    let named = |name: &str| Fault::Signal(name.to_owned());
    let lacking: Vec<&str> =
        vocabulary.context.iter().map(String::as_str).filter(|name| !declared.contains(name)).collect();
    // One that is misspelled is told of as that, and what follows below it.
    let beside = declared.iter().filter(|name| !vocabulary.context.contains(**name));
    let beside: Vec<(&str, Option<&str>)> =
        beside.map(|name| (*name, nearest(name, lacking.iter().copied()))).collect();
    for name in BUILT_IN.into_iter().filter(|name| !declared.contains(name)) {
        let misspelt = beside.iter().any(|(_, meant)| *meant == Some(name));
        let fault = named(name);
        wrong(
            &TomlPath::key("signal"),
            format!("the built-in signal `{name}` is not declared"),
            "add a [[signal]] of this name with type and default",
            if misspelt { Mark::Follows(vec![fault]) } else { Mark::Is(fault) },
        );
    }
    for (name, meant) in beside {
        let cure = match meant {
            Some(meant) => format!("did you mean `{meant}`? Else add it to the schema's context, or take it out here"),
            None => "add it to the schema's context, or take it out here".to_owned(),
        };
        let mark = meant.map_or_else(|| Mark::Follows(vec![Fault::Handle]), |meant| Mark::Is(named(meant)));
        let message = format!("signal `{name}` is no attribute of the context of `handle`");
        wrong(&signal(name), message, &cure, mark);
    }
    for name in lacking {
        wrong(
            &TomlPath::key("signal"),
            format!("`{name}` is an attribute of the context of `handle`, but no signal"),
            "add a [[signal]] of this name, or take it out of the schema",
            Mark::Follows(vec![named(name)]),
        );
    }
    if !vocabulary.actions.contains(HANDLE) {
        let message = format!("the schema declares no action `{HANDLE}`");
        wrong(&TomlPath::default(), message, "add it to schema.cedarschema", Mark::Is(Fault::Handle));
    }
    for (at, calendar) in manifest.calendars.iter().enumerate() {
        let place = TomlPath::entry("calendar", at).then("name");
        if !manifest.queues.iter().any(|queue| queue.calendar == calendar.name) {
            let message = format!("no queue uses calendar `{}`", calendar.name);
            wrong(
                &place,
                message,
                "use it or take it out",
                Mark::Follows(vec![Fault::Calendar(calendar.name.clone())]),
            );
            // One that a queue uses is told of there.
            if let Err(message) = calendar::Hours::new(calendar) {
                let message = format!("calendar `{}`: {message}", calendar.name);
                wrong(&place, message, "correct the calendar", Mark::None);
            }
        }
        for (what, cure) in calendar::mistakes(calendar) {
            wrong(&place, format!("calendar `{}`: {what}", calendar.name), cure, Mark::None);
        }
    }
    let unused = |sla: &manifest::Sla| !manifest.queues.iter().any(|queue| queue.sla == sla.name);
    for (at, sla) in manifest.slas.iter().enumerate().filter(|(_, sla)| unused(sla)) {
        wrong(
            &TomlPath::entry("sla", at).then("name"),
            format!("no queue uses SLA `{}`", sla.name),
            "use it or take it out",
            Mark::Follows(vec![Fault::Sla(sla.name.clone())]),
        );
    }
    let handle = uid("Action", HANDLE);
    let uids: Vec<EntityUid> =
        candidates.iter().map(|spec| candidate_uid(spec.kind, spec.responder.as_str())).collect();
    let on_handle: Vec<&Rule> = rules.iter().filter(|rule| admits_action(rule, &handle)).collect();
    let permits: Vec<&&Rule> = on_handle.iter().filter(|rule| rule.note.effect == PolicyEffect::Permit).collect();
    // Whom policies name and there is not, nor is one left out of that name: one that has another name by now.
    let unread = unread(manifest, candidates);
    let responders = uids.iter().chain(unread.iter().map(|(uid, _)| uid));
    let responders: BTreeSet<&EntityUid> = responders.collect();
    let is_responder = |uid: &EntityUid| ["Ai", "Queue"].contains(&uid.type_name().to_string().as_str());
    let missing: BTreeSet<EntityUid> = rules.iter().filter_map(scope_principal).collect();
    let missing = missing.into_iter().filter(|uid| is_responder(uid) && !responders.contains(uid));
    let missing: Vec<EntityUid> = missing.collect();
    let is_permitted = |uid: &EntityUid| permits.iter().any(|rule| admits_principal(rule, uid));
    let unpermitted = uids.iter().filter(|uid| !is_permitted(uid)).count();
    let meant = |uid: &EntityUid| {
        let alike = missing.iter().filter(|one| one.type_name() == uid.type_name());
        let names: Vec<&str> = alike.map(|one| one.id().unescaped()).collect();
        match names.as_slice() {
            [only] if unpermitted == 1 => Some((*only).to_owned()),
            several => nearest(uid.id().unescaped(), several.iter().copied()).map(str::to_owned),
        }
    };
    for (spec, uid) in candidates.iter().zip(&uids) {
        if !is_permitted(uid) {
            let name = spec.responder.as_str();
            let follows = vec![Fault::Handle, Fault::Policy];
            let place = match spec.kind {
                ResponderKind::Ai => ("responder", manifest.responders.iter().position(|one| one.name == name)),
                ResponderKind::Queue => ("queue", manifest.queues.iter().position(|one| one.name == name)),
            };
            let meant = meant(uid);
            let (named, cure) = match &meant {
                Some(meant) => (
                    format!("; policies name `{meant}`, which there is not"),
                    format!("call it `{meant}` here, or `{name}` wherever it is named"),
                ),
                None => (String::new(), "write a permit for it, or take it out".to_owned()),
            };
            wrong(
                &TomlPath::entry(place.0, place.1.unwrap_or_default()).then("name"),
                format!("no policy permits `{name}` anything, so it can never be given a case{named}"),
                &cure,
                match meant {
                    Some(meant) => Mark::IsAndFollows(Fault::Responder(meant), follows),
                    None => Mark::Follows(follows),
                },
            );
        }
    }
    let act = uid("Action", ACT);
    let acts_of_people = manifest.actions.iter().any(|action| !action.is_requested());
    if acts_of_people && !vocabulary.actions.contains(ACT) {
        wrong(
            &TomlPath::key("action"),
            "there are actions, and the schema declares no action `act`".to_owned(),
            "declare it in schema.cedarschema as docs/bundle.md does, under \"Actions that people carry out\"",
            Mark::None,
        );
    }
    findings.append(&mut told);
    let requested: Vec<EntityUid> = manifest
        .actions
        .iter()
        .filter(|action| action.is_requested())
        .map(|action| &*action.name)
        .chain([REQUEST])
        .chain(own.iter().map(|action| &*action.name))
        .map(|action| uid("Action", action))
        .collect();
    for rule in rules.iter().filter(|rule| rule.file != BASELINE) {
        let api = API_ACTIONS.iter().any(|action| admits_action(rule, &uid("Action", action)));
        let mut ai = candidates.iter().zip(&uids).filter(|(spec, _)| spec.kind == ResponderKind::Ai);
        let acts = admits_action(rule, &act) && ai.any(|(_, uid)| admits_principal(rule, uid));
        let handles = || admits_action(rule, &handle) && uids.iter().any(|uid| admits_principal(rule, uid));
        let requests = || requested.iter().any(|action| admits_action(rule, action));
        if !api && !acts && !handles() && !requests() {
            let message = format!("policy `{}` is dead: its scope admits no responder and no API action", rule.id);
            let finding = Finding::new(&rule.file, rule.line, message, "correct the name in its scope, or take it out");
            let about = unread.iter().find(|(uid, _)| admits_principal(rule, uid)).map(|(_, name)| name.clone());
            let gone = || Some(scope_principal(rule).filter(|uid| missing.contains(uid))?.id().unescaped().to_owned());
            findings.push(match about.or_else(gone) {
                Some(name) => finding.follows(Fault::Responder(name)),
                None => finding,
            });
        }
    }
}
