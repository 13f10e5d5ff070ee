//! Fields and facts: what a bundle declares of them, what policies see of them, and what is said of mistakes.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use remit_domain::{
    decision::CandidateFacts,
    field::{FieldKind, FieldValue},
    id::Timestamp,
    signal::{Signals, Value},
};
use remit_policy::{
    bundle::{Bundle, FieldSpec, shown},
    engine::Engine,
    files::Files,
    nearest::Permits,
    suite,
};
use serde_json::json;
use std::path::Path;

const DECLARED: &str = r#"
[[field]]
name = "order"
type = "reference"
[[field]]
name = "amount"
type = "money"
min = 0
max = 1000000
personal = false
seen_by = ["staff", "ai", "policies"]
[[field]]
name = "departure"
type = "date-time"
personal = false
seen_by = ["staff", "policies"]
[[field]]
name = "needs"
type = "list"
values = ["wheelchair", "escort"]
seen_by = ["staff", "policies"]
[[fact]]
name = "tier"
type = "text"
seen_by = ["staff", "policies"]
"#;

const POLICIES: &str = r#"
@id("about.amount") @owner("head-of-support") @reason("Large amounts are for people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.fields has amount && context.fields.amount > 50000 };
@id("about.soon") @owner("head-of-support") @reason("Soon is for people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.fields has departure_in_hours && context.fields.departure_in_hours < 3 };
@id("about.needs") @owner("head-of-support") @reason("Help is for people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.fields has needs && context.fields.needs.contains("wheelchair") };
@id("about.tier") @owner("head-of-support") @reason("Gold is for people, while it is known for sure")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.customer has tier && context.customer.tier == "gold" && context.customer.tier_age_hours < 48 };
"#;

fn bank() -> Files {
    Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank")).unwrap()
}

fn files(declared: &str, policies: &str) -> Files {
    let manifest = String::from_utf8(bank().get("bundle.toml").unwrap().to_vec()).unwrap() + declared;
    bank().with("bundle.toml", manifest.into_bytes()).with("policies/about.cedar", policies.into())
}

fn said(declared: &str, policies: &str) -> Vec<String> {
    Bundle::load(files(declared, policies)).map(|_| Vec::new()).unwrap_or_else(|findings| {
        findings.into_iter().map(|finding| format!("{}: {}", finding.file, finding.message)).collect()
    })
}

fn field<'b>(bundle: &'b Bundle, name: &str) -> &'b FieldSpec {
    bundle.field(name).unwrap()
}

#[test]
fn a_value_is_read_by_its_declaration_and_shown_as_it_was_written() {
    let bundle = Bundle::load(files(DECLARED, "")).unwrap();
    let of = |name: &str, value: serde_json::Value| field(&bundle, name).read(&value);
    for (name, written, again) in [
        ("order", json!(" W2378156 "), json!("W2378156")),
        ("amount", json!(12_50), json!(12_50)),
        ("departure", json!("2026-12-24T18:30:00+01:00"), json!("2026-12-24T17:30:00Z")),
        ("departure", json!("9999-12-31T23:59:59Z"), json!("9999-12-31T23:59:59Z")),
        ("departure", json!("9999-12-31T20:30:00-02:00"), json!("9999-12-31T22:30:00Z")),
        ("needs", json!(["wheelchair", "escort", "wheelchair"]), json!(["escort", "wheelchair"])),
    ] {
        assert_eq!(shown(&of(name, written).unwrap()), again, "{name}");
    }
    for (name, wrong) in [
        ("order", json!("two words")),
        ("order", json!("x".repeat(65))),
        ("order", json!("a\u{0}b")),
        ("order", json!("W1\u{200b}")),
        ("order", json!("\u{202e}W1")),
        ("order", json!("")),
        ("order", json!(7)),
        ("amount", json!(-1)),
        ("amount", json!(12.5)),
        ("departure", json!("tomorrow")),
        ("departure", json!("9999-12-31T23:59:59")),
        ("departure", json!("9999-12-31T23:59:59-01:00")),
        ("departure", json!("10000-01-01T00:00:00Z")),
        ("departure", json!(1_700_000_000)),
        ("needs", json!(["lift"])),
        ("needs", json!("escort")),
    ] {
        let error = of(name, wrong.clone()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{name}` takes ")), "{wrong}: {error}");
        let told = wrong.as_str().is_some_and(|text| text.len() > 6 && error.contains(text));
        assert!(!told, "the value is not told again: {error}");
    }
}

#[test]
fn policies_see_fields_and_facts_and_a_decision_holds_of_personal_ones_what_they_tell_apart() {
    let bundle = Bundle::load(files(DECLARED, POLICIES)).unwrap();
    let engine = Engine::new(&bundle);
    let now = Timestamp(1_790_000_000_000);
    let ai: Vec<CandidateFacts> = bundle
        .candidates()
        .iter()
        .filter(|spec| spec.responder.as_str() == "cards-ai")
        .map(|spec| spec.idle())
        .collect();
    let by = |set: &dyn Fn(&mut Signals)| {
        let mut signals = Signals::new();
        set(&mut signals);
        engine.complete(&mut signals, now);
        let held: Vec<String> = signals
            .iter()
            .filter(|(name, reading)| name.as_str().contains('.') && &*reading.source != "default")
            .map(|(name, reading)| format!("{name} = {}", reading.value))
            .collect();
        let (verdicts, _) = engine.handle(&signals, &ai);
        let about = verdicts[0].policies.iter().map(|id| id.to_string()).filter(|id| id.starts_with("about."));
        (about.collect::<Vec<_>>(), held)
    };
    let source = ("crm".into(), now.plus_ms(-3_600_000 * 30));
    let see = |signals: &mut Signals, name: &str, kind, value| {
        let held = FieldValue { kind, value };
        engine.see_field(signals, field(&bundle, name), &held, (&source.0, source.1), now);
    };
    let names = |names: &[&str]| Value::List(names.iter().map(|name| (*name).into()).collect());
    assert_eq!(by(&|_| ()), (vec![], vec![]));
    let amount = by(&|signals| see(signals, "amount", FieldKind::Money, Value::Long(50_001)));
    assert_eq!(amount, (vec!["about.amount".to_owned()], vec!["fields.amount = 50001".to_owned()]));
    let soon = now.0 + 3_600_000 * 3;
    let departs = |at: i64| by(&|signals| see(signals, "departure", FieldKind::DateTime, Value::Long(at)));
    assert_eq!(departs(soon).0, Vec::<String>::new());
    assert_eq!(departs(soon - 1), (vec!["about.soon".to_owned()], vec!["fields.departure_in_hours = 2".to_owned()]));
    assert_eq!(departs(now.0 - 1).1, ["fields.departure_in_hours = -1"]);
    let needs = by(&|signals| see(signals, "needs", FieldKind::List, names(&["escort", "wheelchair"])));
    assert_eq!(needs, (vec!["about.needs".to_owned()], vec!["fields.needs = wheelchair".to_owned()]));
    // Of another type than is declared by now, and what policies do not see.
    assert_eq!(by(&|signals| see(signals, "amount", FieldKind::Text, Value::name("much"))), (vec![], vec![]));
    assert_eq!(by(&|signals| see(signals, "order", FieldKind::Reference, Value::name("W1"))), (vec![], vec![]));
    let tier = |tier: &str| {
        by(&|signals| {
            let held = FieldValue { kind: FieldKind::Text, value: Value::name(tier) };
            engine.see_fact(signals, bundle.fact("tier").unwrap(), &held, (&source.0, source.1), now);
        })
    };
    let (policies, held) = tier("gold");
    assert_eq!(policies, ["about.tier"]);
    assert_eq!(held, ["customer.tier = gold", "customer.tier_age_hours = 30"]);
    assert_eq!(tier("Ann's own").1, ["customer.tier = (another)", "customer.tier_age_hours = 30"]);
}

#[test]
fn tests_of_a_bundle_set_fields_and_facts() {
    let tests = r#"
        [[test]]
        name = "large amounts are for people"
        signals.intent = "card_arrival"
        signals.intent_confidence_bp = 9500
        signals.intent_abstained = false
        signals.out_of_scope_bp = 0
        fields = { amount = 60000, departure_in_hours = 30 }
        deny = ["cards-ai"]
        because = { cards-ai = ["about.amount"] }
        [[test]]
        name = "old facts do not count"
        signals.intent = "card_arrival"
        signals.intent_confidence_bp = 9500
        signals.intent_abstained = false
        signals.out_of_scope_bp = 0
        customer = { tier = "gold", tier_age_hours = 50 }
        allow = ["cards-ai"]
        [[test]]
        name = "wrong"
        fields = { amount = "much", order = "W1", colour = "red" }
        customer = { tier_in_hours = 3 }
    "#;
    let bundle = Bundle::load(files(DECLARED, POLICIES).with("tests/about.toml", tests.into())).unwrap();
    let report = suite::run(&bundle, &Engine::new(&bundle));
    let failures: Vec<&str> = report.failures.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        failures,
        [
            "test \"wrong\": the bundle has no field `colour` that policies see",
            "test \"wrong\": the bundle has no field `order` that policies see",
            "test \"wrong\": `amount` takes an amount in minor units, a whole number from 0 to 1000000",
            "test \"wrong\": the bundle has no fact `tier_in_hours` that policies see",
        ]
    );
}

#[test]
fn a_personal_value_under_another_name_is_found_wherever_conditions_stand() {
    let condition = "{a: context.customer}.a has tier && {a: context.customer}.a.tier like \"g*\"";
    let says = "looks at `context.customer` otherwise than by the name of what is in it";
    let rule = format!(
        "\n@id(\"alias\") @owner(\"head-of-support\") @reason(\"r\")\n\
         forbid (principal is Ai, action == Action::\"handle\", resource)\nwhen {{ {condition} }};"
    );
    let found = said(DECLARED, &rule);
    assert!(found.len() == 1 && found[0].contains(says), "{found:?}");
    let weighed = format!(
        "[[preference]]\nname = \"alias\"\nowner = \"head-of-support\"\nreason = \"r\"\n\
         when = '{condition}'\nprefers = [\"cards-ai\"]\nminor = 100\n"
    );
    let found = said(&format!("{DECLARED}{weighed}"), "");
    assert!(found.len() == 1 && found[0].contains(says), "{found:?}");
    let declared = files(DECLARED, "");
    let bundle = Bundle::load(declared.clone().with("invariants/alias.cedar", rule.clone().into()));
    assert!(bundle.unwrap_err().iter().any(|finding| finding.message.contains(says)));
    // One that governed once is read as it was, so that its decisions can be taken again.
    assert!(Bundle::load_kept(declared.with("policies/alias.cedar", rule.into())).is_ok());
}

#[test]
fn hours_beyond_all_sense_are_told_and_overflow_nothing() {
    let tests = format!(
        r#"
        [[test]]
        name = "far"
        fields = {{ departure_in_hours = {} }}
        customer = {{ tier = "gold", tier_age_hours = {} }}
        facts = {{ cards-ai = {{ depth = {}, expected_wait_ms = {}, sla_risk_bp = {} }} }}
        chosen = "cards-ai"
        [[test]]
        name = "late"
        at = "9999-12-30T21:59:59Z"
        fields = {{ departure_in_hours = 1000000, departure = "9999-12-30T21:59:59Z" }}
        signals.waited_ms = {}
        chosen = "cards-ai"
        [[test]]
        name = "early"
        at = "-009999-01-02T01:59:59Z"
        fields = {{ departure = "9999-12-30T21:59:59Z" }}
        customer = {{ tier = "gold", tier_age_hours = 1000000 }}
        chosen = "cards-ai"
        "#,
        i64::MAX,
        i64::MIN,
        i64::MIN,
        i64::MAX,
        i64::MAX,
        i64::MAX,
    );
    let bundle = Bundle::load(files(DECLARED, POLICIES).with("tests/about.toml", tests.into())).unwrap();
    let report = suite::run(&bundle, &Engine::new(&bundle));
    let failures: Vec<&str> = report.failures.iter().map(|finding| finding.message.as_str()).collect();
    for name in ["departure_in_hours", "tier_age_hours"] {
        let told = format!("test \"far\": `{name}` takes a whole number of hours, at most 1000000");
        assert!(failures.contains(&told.as_str()), "{failures:?}");
    }
}

#[test]
fn the_nearest_permit_is_told_with_the_fields_and_facts_that_it_reads() {
    let policies = r#"
@id("about.care") @owner("head-of-support") @reason("Soon, and who needs help")
permit (principal == Queue::"care", action == Action::"handle", resource)
when { (context.fields has amount && context.fields.amount > 500 && context.fields has needs
        && context.fields.needs.contains("escort") && !(context.fields has departure_in_hours))
       || (context.customer.tier_age_hours < 48 && context.handoffs == 7) };"#;
    let files = files(DECLARED, policies);
    let queues = String::from_utf8(files.get("policies/queues.cedar").unwrap().to_vec()).unwrap();
    let bundle = Bundle::load(files.with("policies/queues.cedar", queues.into_bytes())).unwrap();
    let engine = Engine::new(&bundle);
    let now = Timestamp(0);
    let mut signals = Signals::new();
    for (name, value) in [("amount", json!(100)), ("needs", json!(["wheelchair"]))] {
        let spec = field(&bundle, name);
        engine.see_field(&mut signals, spec, &spec.read(&value).unwrap(), (&"crm".into(), now), now);
    }
    engine.complete(&mut signals, now);
    let care = bundle.candidates().iter().find(|spec| spec.responder.as_str() == "care").unwrap().idle();
    let nearest = Permits::of(&bundle).nearest(&signals, &care).unwrap();
    assert_eq!(nearest.policy.as_str(), "about.care");
    let seen: Vec<String> = nearest.seen.iter().map(|(name, is)| format!("{name} is {is}")).collect();
    assert_eq!(
        seen,
        [
            "customer.tier_age_hours is not known",
            "fields.amount is 100",
            "fields.departure_in_hours is not there",
            "fields.needs is there, and personal",
            "handoffs is 0"
        ]
    );
}

#[test]
fn mistakes_are_told_by_name() {
    let one = |declared: &str| format!("\n[[field]]\n{declared}\n");
    for (declared, told) in [
        ("name = \"In\"\ntype = \"text\"", "has a name that policies cannot write"),
        ("name = \"in\"\ntype = \"text\"", "has a name that policies cannot write"),
        ("name = \"a-b\"\ntype = \"text\"", "has a name that policies cannot write"),
        ("name = \"d_in_hours\"\ntype = \"number\"", "ends as what policies see"),
        ("name = \"a\"\ntype = \"text\"\nmin = 3", "has `min` or `max`, which is for the types"),
        ("name = \"a\"\ntype = \"number\"\nvalues = [\"x\"]", "has `values`, which is for the types"),
        ("name = \"a\"\ntype = \"number\"\nmin = 3\nmax = 2", "has a `min` above its `max`"),
        ("name = \"a\"\ntype = \"text\"\nseen_by = [\"nobody\", \"ai\"]", "is seen by nobody and by somebody"),
        ("name = \"a\"\ntype = \"text\"\nvalues = [\"x\"]\ndefault = \"y\"", "has a default that does not fit"),
        ("name = \"a\"\ntype = \"text\"\nmax_length = 0", "has bounds that nothing fits"),
        ("name = \"a\"\ntype = \"text\"\nsources = [\"remit\"]", "names the source \"remit\""),
        ("name = \"a\"\ntype = \"colour\"", "unknown variant `colour`"),
        ("name = \"a\"\ntype = \"text\"\n[[field]]\nname = \"a\"\ntype = \"text\"", "has the name of another"),
    ] {
        let found = said(&one(declared), "");
        assert!(found.len() == 1 && found[0].contains(told), "{declared}: {found:?}");
    }
    let unknown = r#"
@id("x") @owner("head-of-support") @reason("r")
forbid (principal is Ai, action == Action::"handle", resource) when { context.fields has amont };"#;
    let found = said(DECLARED, unknown);
    assert!(found.iter().any(|one| one.contains("asks whether `context.fields` has `amont`")), "{found:?}");
    let unguarded = unknown.replace("context.fields has amont", "context.fields.amount > 3");
    assert!(said(DECLARED, &unguarded).iter().any(|one| one.contains("amount")), "an optional one must be guarded");
    let misspelt = "context.fields has needs && context.fields.needs.contains(\"wheelchar\")";
    let found = said(DECLARED, &unknown.replace("context.fields has amont", misspelt));
    let told = "`x` compares `context.fields.needs` with \"wheelchar\", which it never is";
    assert!(found.iter().any(|one| one.contains(told)), "{found:?}");
    let personal =
        unknown.replace("context.fields has amont", "context.fields has needs && context.fields.needs.isEmpty()");
    let found = said(DECLARED, &personal);
    assert!(
        found.iter().any(|one| one.contains("does more with `context.fields.needs`, which is personal")),
        "{found:?}"
    );
}

#[test]
fn a_schema_may_call_its_context_by_more_than_one_name() {
    let schema = String::from_utf8(bank().get("schema.cedarschema").unwrap().to_vec()).unwrap();
    let named = schema.replace("context: Facts", "context: Seen") + "\ntype Seen = Known;\ntype Known = Facts;\n";
    let renamed = files(DECLARED, POLICIES).with("schema.cedarschema", named.into_bytes());
    let bundle = Bundle::load(renamed).unwrap_or_else(|findings| panic!("{findings:?}"));
    assert!(suite::run(&bundle, &Engine::new(&bundle)).failures.is_empty());
}
