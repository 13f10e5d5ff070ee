//! What must hold whatever policies say is held to every verdict, and found on a grid before it governs.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_domain::{
    decision::CandidateFacts,
    id::{ActionName, PolicyId, SignalName, Timestamp},
    signal::{Reading, Signals, Value},
};
use remit_policy::{
    actions::Permission,
    bundle::Bundle,
    engine::{ApiPrincipal, ApiRequest, Engine},
    files::Files,
    grid,
};
use std::path::PathBuf;

/// The bank with some of its text changed.
fn bank(changes: &[(&str, &str, &str)]) -> (Bundle, Engine) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    changed(Files::read(&root).unwrap(), changes)
}

/// The bank as it was while an AI responder asked for what a person then did, with some of its text changed.
fn bank_of_acts(changes: &[(&str, &str, &str)]) -> (Bundle, Engine) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let examples = std::fs::read(root.join("tests/recorded/intents.csv")).unwrap();
    changed(Files::read(&root.join("tests/recorded/v5/bundle")).unwrap().with("intents.csv", examples), changes)
}

fn changed(mut files: Files, changes: &[(&str, &str, &str)]) -> (Bundle, Engine) {
    for (file, from, to) in changes {
        let text = String::from_utf8(files.get(file).unwrap().to_vec()).unwrap();
        assert!(text.contains(from), "{from}");
        files = files.with(file, text.replacen(from, to, 1).into_bytes());
    }
    let bundle = Bundle::load(files).unwrap_or_else(|findings| panic!("{findings:?}"));
    let engine = Engine::new(&bundle);
    (bundle, engine)
}

/// Signals for which the cards assistant is allowed, with these beside.
fn signals(engine: &Engine, beside: &[(&str, Value)]) -> Signals {
    let usual = [
        ("intent", Value::name("card_arrival")),
        ("topic", Value::name("cards")),
        ("intent_confidence_bp", Value::Long(9_000)),
        ("out_of_scope_bp", Value::Long(0)),
        ("intent_abstained", Value::Bool(false)),
        ("language", Value::name("en")),
    ];
    let all = usual.iter().chain(beside);
    let mut signals: Signals = all
        .map(|(name, value)| {
            let reading =
                Reading { value: value.clone(), source: "test".into(), at: Timestamp(0), because: Vec::new() };
            (SignalName::new(name).unwrap(), reading)
        })
        .collect();
    engine.complete(&mut signals, Timestamp(0));
    signals
}

fn facts(bundle: &Bundle, name: &str) -> CandidateFacts {
    let spec = bundle.candidates().iter().find(|spec| spec.responder.as_str() == name).unwrap();
    spec.idle()
}

fn policies(ids: &[PolicyId]) -> Vec<&str> {
    ids.iter().map(PolicyId::as_str).collect()
}

/// The bank whose rule that keeps machines away from danger knows one danger alone.
fn without_the_rule() -> (Bundle, Engine) {
    bank(&[(
        "policies/ai-stops.cedar",
        "when { context.situation != Situation::\"none\" };",
        "when { context.situation == Situation::\"bereavement\" };",
    )])
}

#[test]
fn what_policies_allow_is_taken_back_by_the_invariant_that_forbids_it() {
    let (bundle, engine) = without_the_rule();
    let candidates = [facts(&bundle, "cards-ai"), facts(&bundle, "care")];
    let grave = signals(&engine, &[("situation", Value::name("self_harm"))]);
    let (verdicts, notes) = engine.handle(&grave, &candidates);
    let [machine, care] = verdicts.as_slice() else { panic!("two were asked about") };
    assert!(!machine.allow && care.allow, "{verdicts:?}");
    assert_eq!(policies(&machine.policies), ["invariant.self-harm"]);
    let note = &notes[&machine.policies[0]];
    assert!(note.invariant && note.owner.as_str() == "care-team", "{note:?}");
    assert!(engine.is_invariant(&machine.policies[0]) && !engine.is_invariant(&care.policies[0]));
    // Where policies forbid it themselves, it is they that are named.
    let (bundle, engine) = bank(&[]);
    let (verdicts, _) = engine.handle(&grave, &[facts(&bundle, "cards-ai")]);
    assert_eq!(policies(&verdicts[0].policies), ["ai.vulnerable"]);
    let (verdicts, notes) = engine.handle(&signals(&engine, &[]), &[facts(&bundle, "cards-ai")]);
    assert!(verdicts[0].allow && notes.values().all(|note| !note.invariant), "{verdicts:?}");
}

#[test]
fn an_invariant_that_cannot_be_evaluated_allows_nothing() {
    let error = "context.waited_ms * 9223372036854775807 > 0 && context.situation == Situation::\"self_harm\"";
    let (bundle, engine) = bank(&[(
        "invariants/promises.cedar",
        "context.situation == Situation::\"self_harm\" && principal != Queue::\"care\"",
        &format!("{error} && principal != Queue::\"care\""),
    )]);
    let long = signals(&engine, &[("waited_ms", Value::Long(5))]);
    let (verdicts, _) = engine.handle(&long, &[facts(&bundle, "cards-ai")]);
    assert!(!verdicts[0].allow);
    assert_eq!(policies(&verdicts[0].errors), ["invariant.self-harm"]);
}

#[test]
fn actions_and_interfaces_are_held_to_it_too() {
    let (bundle, engine) = bank_of_acts(&[
        (
            "invariants/promises.cedar",
            "@id(\"invariant.auditors\")",
            "@id(\"invariant.pin\") @owner(\"risk\") @reason(\"No PIN at all\")\n\
             forbid (principal, action == Action::\"act\", resource == RequestedAction::\"resend_pin\");\n\
             @id(\"invariant.auditors\")",
        ),
        (
            "policies/api-access.cedar",
            "Action::\"bundle.read\"], resource)\nwhen { principal.roles.contains(Role::\"auditor\") };",
            "Action::\"bundle.read\", Action::\"customer.erase\"], resource)\n\
             when { principal.roles.contains(Role::\"auditor\") };",
        ),
    ]);
    let pin = ActionName::new("resend_pin").unwrap();
    let (verdict, notes) = engine.act(&signals(&engine, &[]), &facts(&bundle, "cards-ai"), &pin);
    assert_eq!((verdict.permits(), policies(&verdict.policies)), (false, vec!["invariant.pin"]));
    assert!(notes.values().all(|note| note.invariant));
    let roles = ["auditor".to_owned()];
    let (principal, action) = (ApiPrincipal::Unnamed, Permission::CUSTOMER_ERASE);
    let erase = ApiRequest { roles: &roles, principal, action, case: None };
    assert_eq!(policies(&engine.authorize(&erase).policies), ["invariant.auditors"]);
    let found = grid::check(&bundle, &engine);
    let found: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(
        found[0].contains("`cards-ai` ask for `resend_pin`, by act.cards, which `invariant.pin` forbids"),
        "{found:#?}"
    );
    assert!(found[1].contains("the role `auditor` do `customer.erase`"), "{found:#?}");
}

#[test]
fn the_grid_finds_what_policies_let_through() {
    let (bundle, engine) = bank(&[]);
    assert_eq!(grid::check(&bundle, &engine), []);
    let (bundle, engine) = without_the_rule();
    let found = grid::check(&bundle, &engine);
    let machines: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert!(machines.len() >= 4, "{machines:#?}");
    let everyday = machines.iter().find(|message| message.contains("`everyday-ai` handle a case")).unwrap();
    assert!(everyday.contains("by ai.everyday, which `invariant.self-harm` forbids: with "), "{everyday}");
    assert!(everyday.contains("situation = self_harm"), "{everyday}");
    assert!(found.iter().all(|finding| finding.file == "invariants/promises.cedar" && finding.line == 9), "{found:?}");
    // A queue that may be given what only the care team may.
    let (bundle, engine) = bank(&[(
        "policies/queues.cedar",
        "permit (principal == Queue::\"general\", action == Action::\"handle\", resource)\n\
         when { context.situation == Situation::\"none\" };",
        "permit (principal == Queue::\"general\", action == Action::\"handle\", resource);",
    )]);
    let found = grid::check(&bundle, &engine);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].message.contains("`general` handle a case, by queue.general"), "{found:#?}");
}

#[test]
fn the_grid_knows_literals_beside_what_has_another_name() {
    let (bundle, engine) = bank(&[(
        "invariants/promises.cedar",
        "@id(\"invariant.auditors\")",
        "@id(\"invariant.waited\") @owner(\"risk\") @reason(\"Not after so long\")\n\
         forbid (principal == Queue::\"general\", action == Action::\"handle\", resource)\n\
         when { {a: context}.a.waited_ms > 7777777 };\n\
         @id(\"invariant.auditors\")",
    )]);
    let found = grid::check(&bundle, &engine);
    assert!(found.iter().any(|finding| finding.message.contains("`invariant.waited` forbids: with ")), "{found:#?}");
}
