//! Preferences and needs of a bundle: what is wrong with them is found by line, and tests of a bundle hold them.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use remit_policy::{bundle::Bundle, engine::Engine, files::Files, finding::Finding, suite};
use std::path::PathBuf;

fn folder(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn text(files: &Files, name: &str) -> String {
    String::from_utf8(files.get(name).unwrap().to_vec()).unwrap()
}

/// The sample bank with more tables of `bundle.toml`.
fn bank_and(tables: &str) -> Files {
    let bank = Files::read(&folder("bundles/bank")).unwrap();
    let manifest = text(&bank, "bundle.toml") + tables;
    bank.with("bundle.toml", manifest.into_bytes())
}

/// The same, whose schema has policies see the hour and who had a case.
fn asking(tables: &str) -> Files {
    let files = bank_and(tables);
    let asks = std::fs::read_to_string(folder("scenarios/weighed/attributes.txt")).unwrap();
    let schema = text(&files, "schema.cedarschema").replace("sla_risk_bp: Long,", asks.trim());
    files.with("schema.cedarschema", schema.into_bytes())
}

fn findings(files: Files) -> Vec<Finding> {
    Bundle::load(files).err().unwrap_or_default()
}

fn preference(rest: &str) -> String {
    format!("\n[[preference]]\nname = \"prefer.one\"\nowner = \"care-team\"\nreason = \"Because\"\n{rest}\n")
}

fn need(rest: &str) -> String {
    format!("\n[[need]]\nname = \"need.one\"\nowner = \"care-team\"\nreason = \"Because\"\n{rest}\n")
}

#[test]
fn a_value_that_nobody_has_counts_for_nothing_and_is_found() {
    let bank = bank_and("");
    let manifest =
        text(&bank, "bundle.toml").replace("[economics.value_percent]", "[economics.value_percent]\nprivat = 300");
    let found = findings(bank.with("bundle.toml", manifest.into_bytes()));
    let [finding] = &found[..] else { panic!("{found:#?}") };
    assert!(finding.message.contains("`privat`, which is no value of `customer_tier`"), "{finding:?}");
    assert!(finding.cure.contains("`private`") && finding.line > 500, "{finding:?}");
    assert!(findings(bank_and("")).is_empty());
}

#[test]
fn what_is_wrong_is_found_where_it_stands() {
    for (tables, says) in [
        (preference("prefers = [\"nobody\"]\nminor = 5"), "names `nobody`, and there is no responder of this name"),
        (preference("prefers = [\"care\", \"care\"]\nminor = 5"), "names `care` twice"),
        (preference("prefers = []\nminor = 5"), "names nobody"),
        (preference("prefers = [\"care\"]"), "does not say by how much"),
        (preference("prefers = [\"care\"]\nminor = 5\npercent = 5"), "does not say by how much"),
        (preference("prefers = [\"care\"]\npercent = 101"), "does not say by how much"),
        (preference("prefers = [\"care\"]\nminor = -5"), "does not say by how much"),
        (preference("prefers = [\"care\"]\navoids = [\"cards\"]\nminor = 5"), "more than one of"),
        (preference("order = [\"care\"]\nminor = 5"), "has an order and an amount"),
        (preference("prefers = [\"care\"]\nminor = 5\nwhen = 'context.topic =='"), "the condition of `prefer.one`"),
        (preference("prefers = [\"care\"]\nminor = 5\nwhen = 'context.colour == 5'"), "attribute `colour`"),
        (
            preference(
                "prefers = [\"care\"]\nminor = 5\nwhen = 'true }; permit (principal, action, resource) when { true'",
            ),
            "the condition of `prefer.one`",
        ),
        (preference("minor = 5\nwhen = 'principal.skills.isEmpty()'"), "skills"),
        (preference("minor = 5\nwhen = 'principal.hour > 20'"), "attribute `hour`"),
        (preference("minor = 5").replace("care-team", "nobody"), "is no owner"),
        (preference("minor = 5").replace("prefer.one", "Prefer one"), "is no name of a preference or a need"),
        (preference("minor = 5").replace("prefer.one", "queue.general"), "is used at"),
        (need("skills = {}"), "needs nothing"),
        (need("skills = { juggling = 3 }"), "which is no value of the schema's Skill"),
        (need("skills = { cards = 6 }"), "at level 6"),
        (need("skills = { cards = 3 }\nqueues = [\"fraud\", \"general\"]"), "`cards`, which none of its `queues` has"),
        (need("language = 6"), "needs the case's language at level 6"),
        (need(""), "needs nothing"),
        (need("skills = { cards = 3 }\nqueues = [\"cards-ai\"]"), "there is no queue of this name"),
    ] {
        let found = findings(bank_and(&tables));
        assert!(found.iter().any(|finding| finding.message.contains(says)), "{tables}: {found:#?}");
        assert!(found.iter().all(|finding| finding.file != "bundle.toml" || finding.line > 1), "{found:#?}");
    }
}

#[test]
fn a_date_by_which_a_case_should_be_served_is_a_date_time_and_not_personal() {
    let field = |rest: &str| bank_and(&format!("\n[[field]]\nname = \"departure\"\ndue = true\n{rest}\n"));
    for rest in ["type = \"number\"\npersonal = false", "type = \"date_time\""] {
        let found = findings(field(rest));
        assert!(found.iter().any(|finding| finding.message.contains("has `due`")), "{found:#?}");
    }
    assert_eq!(findings(field("type = \"date_time\"\npersonal = false")), []);
}

#[test]
fn an_attribute_that_nobody_fills_is_found_in_the_schema() {
    let bank = Files::read(&folder("bundles/bank")).unwrap();
    for (to, says) in [
        ("sla_risk_bp: Long, mood: Long,", "the attribute `mood` of `Ai` is one that nothing ever fills"),
        ("sla_risk_bp: Long, hour: Bool,", "the attribute `hour` of `Queue` is a Long"),
        ("sla_risk_bp: Long, skills: Set<Skill>,", "the attribute `skills` of `Ai` is one that nothing ever fills"),
    ] {
        let schema = text(&bank, "schema.cedarschema");
        // Queues have skills already.
        let schema = match to.contains("skills") {
            true => schema.replacen("sla_risk_bp: Long,", to, 1),
            false => schema.replace("sla_risk_bp: Long,", to),
        };
        let found = findings(bank.clone().with("schema.cedarschema", schema.into_bytes()));
        let finding = found.iter().find(|finding| finding.message.contains(says));
        assert!(finding.is_some_and(|finding| finding.file == "schema.cedarschema" && finding.line > 1), "{found:#?}");
    }
}

#[test]
fn a_signal_tells_who_had_the_case_and_no_other() {
    let signal = |name: &str, kind: &str| {
        let default = if kind == "bool" { "false" } else { "0" };
        let table = format!("\n[[signal]]\nname = \"{name}\"\ntype = \"{kind}\"\ndefault = {default}\n");
        let files = bank_and(&table);
        let attribute = if kind == "bool" { "Bool" } else { "Long" };
        let schema = text(&files, "schema.cedarschema")
            .replace("type Facts = {", &format!("type Facts = {{ {name}: {attribute},"));
        Bundle::load(files.with("schema.cedarschema", schema.into_bytes()))
    };
    assert_eq!(signal("was_with_cards_ai", "bool").unwrap().derived().len(), 1);
    for (name, kind, says) in [
        ("was_with_nobody", "bool", "tells of a responder that there is not"),
        ("was_with_fraud", "long", "tells yes or no"),
    ] {
        let found = signal(name, kind).err().unwrap_or_default();
        assert!(found.iter().any(|finding| finding.message.contains(says)), "{found:#?}");
    }
}

const WEIGHED: &str = r#"
[[preference]]
name = "late"
owner = "head-of-support"
reason = "Late the general desk has the most staff"
when = 'principal.hour >= 20'
prefers = ["general"]
minor = 500

[[preference]]
name = "dear"
owner = "head-of-support"
reason = "What is expected to cost much is better avoided"
when = 'context.complexity_bp > 5000'
avoids = ["cards"]
percent = 50

[[preference]]
name = "sticky"
owner = "head-of-support"
reason = "Whoever served them knows them"
when = 'principal.served_before'
minor = 100

[[preference]]
name = "by-order"
owner = "private-team"
reason = "Private customers have their own"
when = 'context.customer_tier == Tier::"private"'
order = ["private", "general"]

[[need]]
name = "frozen"
owner = "fraud-team"
reason = "Not for beginners"
when = 'context.account_frozen'
queues = ["fraud"]
skills = { fraud = 4 }
"#;

const TESTS: &str = r#"
[[test]]
name = "late on a winter's evening it is nine in London"
at = "2026-03-10T21:00:00Z"
signals = { topic = "cards", wants_human = true }
considered = { general = ["late"] }
not_considered = { cards = ["late", "sticky"] }
chosen = "general"

[[test]]
name = "in the morning the desk for cards is cheaper"
at = "2026-03-10T10:00:00Z"
signals = { topic = "cards", wants_human = true }
not_considered = { general = ["late"] }
chosen = "cards"

[[test]]
name = "what is complex is avoided, and at night most desks are closed"
at = "2026-03-10T23:30:00Z"
signals = { topic = "cards", wants_human = true, complexity_bp = 6000 }
considered = { cards = ["dear"] }
deny = ["cards"]

[[test]]
name = "who served them before"
signals = { topic = "cards", wants_human = true }
facts = { cards = { served_before = true, had_before = true } }
considered = { cards = ["sticky"] }

[[test]]
name = "an order"
signals = { customer_tier = "private", topic = "cards", wants_human = true }
chosen = "private"

[[test]]
name = "skills"
signals = { account_frozen = true, wants_human = true }
needs = { fraud = { fraud = 4 }, care = {} }
"#;

#[test]
fn the_tests_of_a_bundle_hold_what_it_weighs_at_a_moment() {
    let run = |tests: &str| {
        let bundle = Bundle::load(asking(WEIGHED).with("tests/weighed.toml", tests.to_owned().into_bytes()));
        let bundle = bundle.unwrap_or_else(|findings| panic!("{findings:#?}"));
        suite::run(&bundle, &Engine::new(&bundle))
    };
    let report = run(TESTS);
    assert_eq!(report.failures, [], "{report:#?}");
    for (from, to, says) in [
        ("at = \"2026-03-10T21:00:00Z\"", "at = \"2026-03-10T19:00:00Z\"", "expected `late` to apply to `general`"),
        ("at = \"2026-03-10T21:00:00Z\"", "at = \"tonight\"", "`at` must be a moment"),
        ("[\"late\", \"sticky\"]", "[\"dear\"]", ""),
        ("general = [\"late\"] }\nchosen = \"cards\"", "general = [\"later\"] }", "no preference or need `later`"),
        ("{ fraud = 4 }, care", "{ fraud = 3 }, care", "expected the case to need {\"fraud\": 3} of `fraud`"),
        ("chosen = \"private\"", "chosen = \"general\"", "expected `general` to be chosen, got `private`"),
        ("considered = { cards = [\"sticky\"] }", "considered = { no-desk = [\"sticky\"] }", "no responder `no-desk`"),
    ] {
        assert!(TESTS.contains(from), "{from}");
        let failures = run(&TESTS.replacen(from, to, 1)).failures;
        let told = failures.iter().any(|failure| failure.message.contains(says));
        assert_eq!(says.is_empty(), failures.is_empty(), "{to}: {failures:#?}");
        assert!(says.is_empty() || told, "{to}: {failures:#?}");
    }
}

#[test]
fn levels_of_languages_are_said_by_the_bundle_or_by_a_test() {
    let tests = r#"
[[test]]
name = "as the bundle says"
signals = { topic = "cards", wants_human = true, language = "en" }
allow = ["cards"]
needs_language = { cards = 3, general = 0 }

[[test]]
name = "as the test says"
signals = { topic = "cards", wants_human = true, language = "en" }
facts = { cards = { language_level = 3 } }
deny = ["cards"]
because = { cards = ["speaks.cards"] }
"#;
    let need = need("queues = [\"cards\"]\nlanguage = 3");
    let bank = bank_and(&need);
    let manifest = text(&bank, "bundle.toml");
    let (before, own) = manifest.split_once("[[queue]]\nname = \"cards\"").unwrap();
    let at = own.find("languages = ").unwrap();
    let line = own[at..].lines().next().unwrap();
    let with = |languages: &str| {
        let own = own.replacen(line, &format!("languages = {languages}"), 1);
        let manifest = format!("{before}[[queue]]\nname = \"cards\"{own}");
        let schema = text(&bank, "schema.cedarschema");
        let schema = schema.replace("sla_risk_bp: Long,", "sla_risk_bp: Long, language_level: Long,");
        let policy = "@id(\"speaks.cards\") @owner(\"cards-team\") @reason(\"r\")\nforbid (principal == \
                      Queue::\"cards\", action == Action::\"handle\", resource) when { principal.language_level < 4 };";
        let files = bank.clone().with("bundle.toml", manifest.into_bytes());
        let files = files.with("schema.cedarschema", schema.into_bytes()).with("policies/speaks.cedar", policy.into());
        files.with("tests/speaks.toml", tests.into())
    };
    let failures = |files: Files| {
        let bundle = Bundle::load(files).unwrap();
        suite::run(&bundle, &Engine::new(&bundle)).failures
    };
    assert_eq!(failures(with("[\"en\", \"de\"]")), []);
    assert_eq!(failures(with("{ en = 4, de = 1 }")), []);
    let found = failures(with("{ en = 3 }"));
    assert!(found.iter().any(|one| one.message.contains("expected allow for `cards`, got deny")), "{found:#?}");
    let found = findings(with("{ en = 6 }"));
    assert!(found.iter().any(|one| one.message.contains("`cards` speaks `en` at level 6")), "{found:#?}");
    let found = findings(with("{ xx = 3 }"));
    assert!(found.iter().any(|one| one.message.contains("names `xx`")), "{found:#?}");
}

#[test]
fn minutes_of_a_topic_are_a_queue_s_and_at_least_one() {
    let bank = bank_and("");
    for (of, by_topic, says) in [
        ("[[queue]]\nname = \"cards\"", "{ cards = { handling_minutes = 4 } }", ""),
        ("[[queue]]\nname = \"cards\"", "{ cards = { handling_minutes = 0 } }", "`handling_minutes` of 0"),
        ("[[responder]]\nname = \"cards-ai\"", "{ cards = { handling_minutes = 4 } }", "nobody waits for an AI"),
    ] {
        let manifest = text(&bank, "bundle.toml").replacen(of, &format!("{of}\nby_topic = {by_topic}"), 1);
        let found = findings(bank.clone().with("bundle.toml", manifest.into_bytes()));
        assert_eq!(found.is_empty(), says.is_empty(), "{found:#?}");
        assert!(found.iter().all(|one| one.message.contains(says)), "{found:#?}");
    }
}
