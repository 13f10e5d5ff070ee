//! Slicing against the one thing it must equal: all policies, asked of Cedar for each candidate alone.

use crate::{
    bundle::{Bundle, SignalSpec},
    engine::Engine,
    files::Files,
    manifest::SignalKind,
    reference::Reference,
};
use proptest::prelude::*;
use remit_domain::{
    decision::{CandidateFacts, LocalTime},
    id::Timestamp,
    signal::{Reading, Signals, Value},
};
use std::{path::PathBuf, sync::LazyLock};

/// The bank, and the bank with policies of every shape that slicing distinguishes, some of which fail.
static BUNDLES: LazyLock<Vec<(Bundle, Engine, Reference, Reference)>> = LazyLock::new(|| {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    let bank = Files::read(&root).unwrap();
    let odd = r#"
        @id("odd.error-common") @owner("head-of-support") @reason("Fails for large numbers")
        forbid (principal is Queue, action == Action::"handle", resource)
        when { context.waited_ms * 9223372036854775807 > 5 };
        @id("odd.error-own") @owner("head-of-support") @reason("Fails for large numbers")
        permit (principal is Queue, action == Action::"handle", resource)
        when { principal.depth * 9223372036854775807 > 5 };
        @id("odd.permit-common") @owner("head-of-support") @reason("Permits all queues")
        permit (principal is Queue, action == Action::"handle", resource)
        when { context.repeat_contacts == 2 };
        @id("odd.one") @owner("head-of-support") @reason("Looks at the resource")
        forbid (principal == Queue::"general", action in [Action::"handle"], resource is Case)
        when { context.complexity_bp > 5000 || principal.depth > 3 };
        @id("odd.itself") @owner("head-of-support") @reason("Looks at the principal as a whole")
        forbid (principal is Queue, action == Action::"handle", resource)
        when { principal != Queue::"general" && context.account_frozen && resource == Case::"case" };
        @id("odd.left") @owner("head-of-support") @reason("Has the number on the right")
        forbid (principal is Queue, action == Action::"handle", resource)
        when { 3 <= context.repeat_contacts && context.complexity_bp != 5000 && -1 < principal.depth };
        @id("odd.has") @owner("head-of-support") @reason("Looks at the context as a whole")
        permit (principal is Ai, action == Action::"handle", resource)
        when { context has topic && context.topic == Topic::"fraud" && {"Var": context.wants_human}["Var"] };
        @id("odd.night") @owner("head-of-support") @reason("Compares the hour with literals")
        forbid (principal is Queue, action == Action::"handle", resource)
        when { principal.hour >= 22 || 6 > principal.hour };
        @id("odd.weekend") @owner("head-of-support") @reason("Does more with the day than to compare it")
        permit (principal is Queue, action == Action::"handle", resource)
        when { [6, 7].contains(principal.weekday) && principal.date != 20261225 };
        @id("odd.speaks") @owner("head-of-support") @reason("Compares a level with literals")
        forbid (principal is Queue, action == Action::"handle", resource)
        when { principal.language_level < 3 && context.waited_ms > 500 };
        @id("odd.again") @owner("head-of-support") @reason("Looks at who had it")
        permit (principal is Queue, action == Action::"handle", resource)
        when { principal.had_before && !principal.served_before };
        @id("odd.alias") @owner("head-of-support") @reason("Looks at the principal by another name")
        forbid (principal is Queue, action == Action::"handle", resource)
        when { {a: principal}.a.depth > 500 && (if context.wants_human then principal else principal).open };
    "#;
    let asks = "sla_risk_bp: Long, hour: Long, weekday: Long, date: Long, had_before: Bool, served_before: Bool, \
                language_level: Long,";
    let schema = String::from_utf8(bank.get("schema.cedarschema").unwrap().to_vec()).unwrap();
    let schema = schema.replace("sla_risk_bp: Long,", asks);
    let weighs = r#"
        [[preference]]
        name = "weighs.topic"
        owner = "head-of-support"
        reason = "By topic"
        when = 'context.topic == Topic::"fraud"'
        prefers = ["fraud"]
        minor = 100
        [[preference]]
        name = "weighs.sticky"
        owner = "head-of-support"
        reason = "Who served them"
        when = 'principal.served_before || principal.depth > 3'
        percent = 10
        [[need]]
        name = "weighs.need"
        owner = "head-of-support"
        reason = "Late"
        when = 'principal.hour >= 20 && context.waited_ms * 9223372036854775807 != 5'
        skills = { cards = 3 }
    "#;
    let weighing = String::from_utf8(bank.get("bundle.toml").unwrap().to_vec()).unwrap() + weighs;
    let holds = r#"
        @id("odd.held") @owner("head-of-support") @reason("Takes back what is permitted")
        forbid (principal is Queue, action == Action::"handle", resource)
        when { context.repeat_contacts == 2 && principal.depth > 1 };
        @id("odd.held-error") @owner("head-of-support") @reason("Fails for large numbers")
        forbid (principal is Ai, action == Action::"handle", resource)
        when { context.waited_ms * 9223372036854775807 > 5 };
    "#;
    let odd = bank.clone().with("policies/odd.cedar", odd.into()).with("invariants/odd.cedar", holds.into());
    let odd = odd.with("schema.cedarschema", schema.into()).with("bundle.toml", weighing.into());
    let about = r#"
        @id("about.amount") @owner("head-of-support") @reason("Compares a number that may not be there")
        forbid (principal is Ai, action == Action::"handle", resource)
        when { context.fields has amount && context.fields.amount > 5000 };
        @id("about.there") @owner("head-of-support") @reason("Asks whether something is there")
        permit (principal is Queue, action == Action::"handle", resource)
        when { context.fields has cabin && context.repeat_contacts == 1 };
        @id("about.cabin") @owner("head-of-support") @reason("Names texts")
        permit (principal is Queue, action == Action::"handle", resource)
        when { context.fields has cabin && ["first", "business"].contains(context.fields.cabin) };
        @id("about.like") @owner("head-of-support") @reason("Looks into a text")
        forbid (principal is Queue, action == Action::"handle", resource)
        when { context.fields has note && context.fields.note like "*x*" };
        @id("about.flags") @owner("head-of-support") @reason("Looks for names in a list, for each candidate")
        forbid (principal is Queue, action == Action::"handle", resource)
        when { context.customer has flags && context.customer.flags.contains("fragile") && principal.depth > 2 };
        @id("about.tier") @owner("head-of-support") @reason("Reads what is always there")
        permit (principal is Ai, action == Action::"handle", resource)
        when { context.customer.tier == "gold"
               && context.customer.tier_age_hours < 24 };
    "#;
    let manifest = String::from_utf8(bank.get("bundle.toml").unwrap().to_vec()).unwrap();
    let manifest = manifest
        + r#"
[[field]]
name = "amount"
type = "money"
seen_by = ["policies"]
personal = false
[[field]]
name = "cabin"
type = "text"
values = ["first", "business", "economy"]
seen_by = ["staff", "policies"]
[[field]]
name = "note"
type = "text"
seen_by = ["policies"]
personal = false
[[fact]]
name = "flags"
type = "list"
seen_by = ["policies"]
[[fact]]
name = "tier"
type = "text"
default = "none"
seen_by = ["policies"]
[[preference]]
name = "about.gold"
owner = "head-of-support"
reason = "Reads a fact, and a field that may not be there"
when = 'context.customer.tier == "gold" && context.fields has amount && context.fields.amount > 100'
minor = 100
"#;
    let about = bank.clone().with("bundle.toml", manifest.into_bytes()).with("policies/about.cedar", about.into());
    [bank, odd, about]
        .into_iter()
        .map(|files| {
            let bundle = Bundle::load(files).unwrap_or_else(|findings| panic!("{findings:#?}"));
            let engine = Engine::new(&bundle);
            let reference = Reference::new(&bundle);
            let weighs = Reference::weighed(&bundle);
            (bundle, engine, reference, weighs)
        })
        .collect()
});

fn number() -> impl Strategy<Value = i64> {
    // Around what policies compare with, where one more or less counts.
    let around = (0..=20_i64, -1..=1_i64).prop_map(|(step, by)| step * 500 + by);
    prop_oneof![0..8_i64, 0..10_000_i64, around, Just(i64::MAX), Just(-1)]
}

fn local() -> impl Strategy<Value = Option<LocalTime>> {
    let shown = (0..24_i64, 1..=7_i64, prop_oneof![Just(20_261_225), Just(20_261_224)]);
    prop::option::weighted(0.9, shown.prop_map(|(hour, weekday, date)| LocalTime { hour, weekday, date }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn slices_say_what_all_policies_say(
        which in 0..3_usize,
        picks in prop::collection::vec((any::<bool>(), number(), any::<prop::sample::Index>()), 64),
        facts in prop::collection::vec((any::<bool>(), any::<bool>(), number(), number(), number(), local()), 12),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), (any::<bool>(), number(), any::<prop::sample::Index>())), 6),
    ) {
        let (bundle, engine, reference, weighs) = &BUNDLES[which];
        let mut specs: Vec<_> = bundle.signals.values().chain(&bundle.attributes).collect();
        specs.sort_by(|a, b| a.name.cmp(&b.name));
        let names = ["first", "business", "economy", "fox", "gold", "fragile"];
        let value = |spec: &SignalSpec, (truth, long, pick): &(bool, i64, prop::sample::Index)| match spec.kind {
            SignalKind::Text => Value::name(names[pick.index(names.len())]),
            SignalKind::List => {
                let some = names.iter().filter(|name| name.len().is_multiple_of(2) == *truth);
                Value::List(some.map(|name| (*name).into()).collect())
            }
            SignalKind::Bool => Value::Bool(*truth),
            SignalKind::Long => Value::Long(*long),
            SignalKind::Name => {
                let names: Vec<&String> = spec.values.iter().collect();
                Value::name(names[pick.index(names.len())])
            }
        };
        let reading = |value| Reading { value, source: "test".into(), at: Timestamp(0), because: Vec::new() };
        // What may not be there is there every other time.
        let there = |spec: &SignalSpec, pick: &(bool, i64, prop::sample::Index)| !spec.optional || pick.0;
        let mut signals: Signals = specs.iter().zip(picks.iter().cycle()).filter(|(spec, pick)| there(spec, pick))
            .map(|(spec, pick)| (spec.name.clone(), reading(value(spec, pick)))).collect();
        let mut candidates: Vec<CandidateFacts> = bundle.candidates().iter().zip(facts).map(
            |(spec, (open, yielded, depth, expected_wait_ms, sla_risk_bp, local))| CandidateFacts {
                responder: spec.responder.clone(), kind: spec.kind, accountable: spec.accountable.clone(),
                open, depth, expected_wait_ms, sla_risk_bp, yielded, stopped: yielded && open,
                handling_minor: 0, resolved: 0, failed: 0, prior_bp: 0, prior_weight: 0,
                local, had_before: open ^ yielded, served_before: yielded,
                language_level: (depth != 3).then_some(depth % 6), due_risk_bp: 0,
            }).collect();
        // What was asked before must not answer for what is almost the same: one thing changes at a time.
        for (change, pick) in changes {
            let (verdicts, notes) = engine.handle(&signals, &candidates);
            for (facts, verdict) in candidates.iter().zip(&verdicts) {
                prop_assert_eq!(verdict, &reference.verdict(&signals, facts), "{}", facts.responder);
                prop_assert!(verdict.policies.iter().chain(&verdict.errors).all(|id| notes.contains_key(id)));
            }
            let considered = engine.considered(&signals, &candidates);
            for (at, facts) in candidates.iter().enumerate() {
                let want = weighs.considered(&signals, facts);
                prop_assert_eq!(considered.get(at).cloned().unwrap_or_default(), want, "{}", facts.responder);
            }
            let at = change.index(specs.len() + candidates.len());
            match specs.get(at) {
                Some(spec) => signals.insert(spec.name.clone(), reading(value(spec, &pick))),
                None => {
                    let facts = &mut candidates[at - specs.len()];
                    (facts.open, facts.depth) = (facts.open ^ pick.0, pick.1);
                    facts.yielded ^= !pick.0;
                    facts.language_level = (pick.1 % 7 != 0).then_some(pick.1 % 6);
                    facts.stopped ^= pick.1 % 2 == 0;
                    facts.served_before ^= pick.1 % 3 == 0;
                    facts.had_before ^= pick.0 && pick.1 % 3 == 1;
                    if let Some(local) = &mut facts.local {
                        (local.hour, local.weekday) = (pick.1.rem_euclid(24), pick.1.rem_euclid(7) + 1);
                    }
                }
            }
        }
    }
}
