//! What of a personal value policies see, against what they would see of the value itself.

use super::*;
use crate::{
    attributes::{self, records},
    manifest::SignalKind::{Bool, List, Long, Text},
};
use cedar_policy::{Authorizer, Decision, Entities, Policy, PolicySet, Request};
use proptest::prelude::*;
use remit_domain::{
    cost::Currency,
    decision::{PolicyEffect, PolicyNote},
    id::{OwnerId, PolicyId, SignalName},
};

/// What policies see here: the number of moves, and fields and facts that are personal, but for `open`.
fn specs() -> Vec<SignalSpec> {
    let spec = |record: Option<&'static str>, name: &str, kind, personal| SignalSpec {
        name: SignalName::new(&record.map_or(name.to_owned(), |record| format!("{record}.{name}"))).unwrap(),
        kind,
        vocabulary: None,
        values: Default::default(),
        min: i64::MIN,
        max: i64::MAX,
        default: Value::Bool(false),
        authoritative: Default::default(),
        record,
        optional: true,
        personal,
    };
    let (fields, customer) = (Some("fields"), Some("customer"));
    vec![
        spec(None, "handoffs", Long, false),
        spec(fields, "salary", Long, true),
        spec(fields, "limit", Long, true),
        spec(fields, "plan", Text, true),
        spec(fields, "tags", List, true),
        spec(fields, "vip", Bool, true),
        spec(fields, "open", Long, false),
        spec(customer, "nickname", Text, true),
    ]
}

fn economics() -> Economics {
    Economics {
        currency: Currency("EUR".into()),
        delay_minor_per_hour: 0,
        breach_minor: 0,
        due_minor: 0,
        failure_minor: 0,
        value_signal: None,
        value_percent: BTreeMap::new(),
    }
}

fn rule(condition: &str) -> Rule {
    let policy = format!("forbid (principal, action, resource) when {{ {condition} }};");
    let id = PolicyId::new("test.one").unwrap();
    let note = PolicyNote {
        effect: PolicyEffect::Forbid,
        owner: OwnerId::new("lead").unwrap(),
        reason: "Why".into(),
        invariant: false,
    };
    let policy = Policy::parse(Some(cedar_policy::PolicyId::new("test.one")), policy).unwrap();
    Rule::new(policy, id, "policies/test.cedar", 1, note)
}

fn found(rule: &Rule) -> Vec<String> {
    let mut findings = Vec::new();
    lint(&specs(), std::iter::once(rule), &mut findings);
    findings.into_iter().map(|finding| finding.message).collect()
}

/// Whether the rule applies where these are the values; nothing where it fails to evaluate.
fn applies(rule: &Rule, values: &BTreeMap<String, Value>) -> Option<bool> {
    let specs = specs();
    let told = specs.iter().filter_map(|spec| Some((spec, attributes::plain(values.get(spec.name.as_str())?)?)));
    let context = attributes::context(told, &records(&specs)).unwrap();
    let uid = |text: &str| text.parse().unwrap();
    let request = Request::new(uid("Ai::\"a\""), uid("Action::\"handle\""), uid("Case::\"c\""), context, None);
    let permit = Policy::parse(Some(cedar_policy::PolicyId::new("all")), "permit (principal, action, resource);");
    let policies = PolicySet::from_policies([permit.unwrap(), rule.policy.clone()]).unwrap();
    let response = Authorizer::new().is_authorized(&request.unwrap(), &policies, &Entities::empty());
    let fails = response.diagnostics().errors().next().is_some();
    (!fails).then(|| response.decision() == Decision::Deny)
}

#[test]
fn a_record_that_is_looked_at_otherwise_than_by_name_is_found() {
    let smuggled = [
        "{a: context.fields}.a.salary > 77",
        "{a: context.fields}.a has salary && {a: context.fields}.a.salary > 77",
        "{a: context}.a.fields.plan == \"ZZ\"",
        "(if context.handoffs > 5 then context else context).fields.plan like \"Z*\"",
        "(if context.handoffs > 5 then context.fields else context.fields).salary > 77",
        "{a: context.customer}.a.nickname == \"ZZ\"",
        "context.fields == {salary: 80}",
        "[context.fields].contains({salary: 80})",
        "context has a.b.c.d.e.f.g.h.i",
    ];
    for condition in smuggled {
        let found = found(&rule(condition));
        assert!(found.iter().all(|one| one.contains("otherwise than by the name")), "{condition}: {found:?}");
        assert!(!found.is_empty(), "{condition}");
    }
    let plain = [
        "context.fields has salary && context.fields.salary > 77",
        "context has fields && context[\"fields\"] has salary && context[\"fields\"][\"salary\"] > 77",
        "context has fields.plan && [\"A\", \"B\"].contains(context.fields.plan)",
        "context.fields has vip && {a: context.fields.vip}.a",
        "{a: context.handoffs}.a > 5",
    ];
    for condition in plain {
        assert_eq!(found(&rule(condition)), Vec::<String>::new(), "{condition}");
    }
}

/// A record of what policies see, `record`, by its name more often than not.
fn looked_at(record: &'static str) -> impl Strategy<Value = String> {
    let other = prop::sample::select(vec![
        format!("{{a: context.{record}}}.a"),
        format!("{{a: context}}.a.{record}"),
        format!("(if context.handoffs > 1 then context else context).{record}"),
        format!("(if context.handoffs > 1 then context.{record} else context.{record})"),
        format!("{{a: {{b: context}}}}.a[\"b\"].{record}"),
    ]);
    prop_oneof![6 => Just(format!("context.{record}")), 1 => Just(format!("context[\"{record}\"]")), 1 => other]
}

fn condition() -> impl Strategy<Value = String> {
    let number = || (-1..=3_i64).prop_map(|step| step * 50);
    let text = || prop::sample::select(vec!["A", "B", "AB"]);
    let sign = || prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]);
    let compared = (looked_at("fields"), prop::sample::select(vec!["salary", "limit", "open"]), sign(), number());
    let turned = (looked_at("fields"), sign(), number());
    let named = (looked_at("fields"), text(), 0..6_usize);
    let called = (looked_at("customer"), text());
    let listed = (looked_at("fields"), text(), 0..5_usize);
    let leaf = prop_oneof![
        4 => compared.prop_map(|(of, name, sign, to)| format!("({of} has {name} && {of}.{name} {sign} {to})")),
        2 => turned.prop_map(|(of, sign, to)| format!("({of} has salary && {to} {sign} {of}.salary)")),
        3 => named.prop_map(|(of, text, how)| match how {
            0 => format!("({of} has plan && {of}.plan like \"{text}*\")"),
            1 => format!("({of} has plan && [\"{text}\", \"C\"].contains({of}.plan))"),
            2 => format!("({of} has plan && {{a: {of}.plan}}.a == \"{text}\")"),
            _ => format!("({of} has plan && {of}.plan == \"{text}\")"),
        }),
        2 => called.prop_map(|(of, text)| format!("({of} has nickname && \"{text}\" != {of}.nickname)")),
        2 => listed.prop_map(|(of, text, how)| match how {
            0 => format!("({of} has tags && {of}.tags.isEmpty())"),
            1 => format!("({of} has tags && {of}.tags.containsAll([\"{text}\", \"A\"]))"),
            2 => format!("({of} has tags && {of}.tags == [\"{text}\"])"),
            _ => format!("({of} has tags && {of}.tags.contains(\"{text}\"))"),
        }),
        1 => looked_at("fields").prop_map(|of| format!("({of} has salary && {of}.salary + 1 > 50)")),
        1 => looked_at("fields").prop_map(|of| format!("({of} has salary.x || {of} has vip && {of}.vip)")),
        1 => looked_at("fields").prop_map(|of| format!("{of} == {{salary: 50}}")),
        1 => looked_at("fields").prop_map(|of| format!("[{of}].contains({{plan: \"A\"}})")),
        1 => Just("(context.fields has limit && context.fields has salary \
                   && context.fields.salary > context.fields.limit)".to_owned()),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} && {other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} || {other})")),
            inner.clone().prop_map(|one| format!("!{one}")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn no_policy_that_loads_tells_a_value_from_what_stands_for_it(
        condition in condition(),
        numbers in prop::collection::vec(prop::option::of(-60..210_i64), 3),
        texts in prop::collection::vec(prop::option::of(prop::sample::select(vec!["A", "B", "AB", "C", "other"])), 2),
        tags in prop::option::of(prop::sample::subsequence(vec!["A", "B", "AB", "Z"], 0..=4)),
        (vip, handoffs) in (any::<Option<bool>>(), 0..4_i64),
    ) {
        let rule = rule(&condition);
        if !found(&rule).is_empty() {
            return Ok(());
        }
        let told = ToldApart::of(&specs(), std::iter::once(&rule), &economics());
        let mut values = BTreeMap::from([("handoffs".to_owned(), Value::Long(handoffs))]);
        let mut hold = |name: &str, value: Option<Value>| values.extend(value.map(|value| (name.to_owned(), value)));
        for (name, number) in ["fields.salary", "fields.limit", "fields.open"].into_iter().zip(numbers) {
            hold(name, number.map(Value::Long));
        }
        for (name, text) in ["fields.plan", "customer.nickname"].into_iter().zip(texts) {
            hold(name, text.map(Value::name));
        }
        hold("fields.tags", tags.map(|tags| Value::List(tags.into_iter().map(SmolStr::from).collect())));
        hold("fields.vip", vip.map(Value::Bool));
        let alike = values.iter().map(|(name, value)| (name.clone(), told.alike(name, value.clone()))).collect();
        prop_assert_eq!(applies(&rule, &values), applies(&rule, &alike), "{} with {:?}", condition, values);
    }
}

#[test]
fn a_value_is_replaced_by_one_that_policies_cannot_tell_from_it() {
    let apart = Apart { numbers: [100, 500].into(), texts: ["gold".into()].into() };
    let of = |number| apart.number(number);
    assert_eq!([-7, 99, 100, 101, 300, 500, 501, 9_000].map(of), [99, 99, 100, 101, 101, 500, 501, 501]);
    let told = ToldApart([("fields.tier".to_owned(), apart)].into());
    let alike = |name: &str, value| told.alike(name, value);
    assert_eq!(alike("fields.tier", Value::name("gold")), Value::name("gold"));
    assert_eq!(alike("fields.tier", Value::name("Ann Archer")), Value::name("(another)"));
    let list = |names: &[&str]| Value::List(names.iter().map(|name| SmolStr::from(*name)).collect());
    assert_eq!(alike("fields.tier", list(&["gold", "secret"])), list(&["gold"]));
    assert_eq!(alike("fields.open", Value::name("as it is")), Value::name("as it is"));
    assert_eq!(Apart::default().number(77), 0);
}
