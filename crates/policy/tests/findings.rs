//! What is wrong with a bundle stands where it is, and what follows from it stands below it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_policy::{bundle::Bundle, engine::Engine, files::Files, finding::Finding, suite};
use std::path::Path;

fn text(files: &Files, file: &str) -> String {
    String::from_utf8(files.get(file).unwrap().to_vec()).unwrap()
}

fn bank() -> Files {
    Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank")).unwrap()
}

/// What is found when a part of the bank is written otherwise, after `behind` first stands in the file; and the line
/// on which that part stands.
fn found(file: &str, behind: &str, from: &str, to: &str) -> (Vec<Finding>, usize) {
    let bank = bank();
    let before = text(&bank, file);
    let start = before.find(behind).unwrap_or_else(|| panic!("{file} has no {behind}"));
    let at = start + before[start..].find(from).unwrap_or_else(|| panic!("{file} has no {from} behind {behind}"));
    let line = before[..at].lines().count() + usize::from(before[..at].ends_with('\n'));
    let changed = format!("{}{to}{}", &before[..at], &before[at + from.len()..]);
    (Bundle::load(bank.with(file, changed.into_bytes())).unwrap_err(), line)
}

#[test]
fn each_finding_is_on_the_line_of_what_is_wrong() {
    // The bank has topics, queues and skills of one name, and what it names stands more than once.
    for (file, behind, from, to, says) in [
        ("bundle.toml", "[[queue]]\nname = \"payments\"", "sla = \"standard\"", "sla = \"payments\"", "names the SLA"),
        (
            "bundle.toml",
            "[[queue]]\nname = \"payments\"",
            "calendar = \"long\"",
            "calendar = \"fraud\"",
            "has no hours",
        ),
        ("bundle.toml", "[[queue]]\nname = \"payments\"", "skills = [\"payments\"]", "skills = [\"cash\"]", "no value"),
        ("bundle.toml", "[[queue]]\nname = \"identity\"", "name = \"identity\"", "name = \"fraud\"", "two responders"),
        ("bundle.toml", "[economics]", "value_signal = \"customer_tier\"", "value_signal = \"topic_\"", "value_signal"),
        ("bundle.toml", "[decision_points]", "override = \"duty-manager\"", "override = \"cards\"", "is no owner"),
        ("bundle.toml", "[limits]", "handoffs_max", "snooze_days = 0\nhandoffs_max", "snooze_days must be 1 to 366"),
        ("bundle.toml", "packs = [", "packs = [\"en\"", "packs = [\"xx\"", "pack"),
        ("bundle.toml", "[readings.owners]", "threat = \"care-team\"", "threat = \"care\"", "care"),
        ("policies/safety.cedar", "@id(\"care.threat\")", "Situation::\"threat\"", "Situation::\"thread\"", "thread"),
        (
            "policies/queues.cedar",
            "@id(\"queue.complaints\")",
            "context.frustration_bp",
            "context.frustrated",
            "frustr",
        ),
        (
            "policies/queues.cedar",
            "@id(\"queue.complaints\")",
            "context.frustration_bp",
            "context has fields.card && context.frustration_bp",
            "has `fields`, which nothing there has",
        ),
        (
            "policies/queues.cedar",
            "@id(\"queue.payments\")",
            "@id(\"queue.payments\")",
            "@id(\"queue.cards\")",
            "is used",
        ),
    ] {
        let (findings, line) = found(file, behind, from, to);
        let at = findings.iter().find(|finding| finding.message.contains(says));
        let at = at.unwrap_or_else(|| panic!("{from} -> {to}: {findings:#?}"));
        assert_eq!((at.file.as_str(), at.line), (file, line), "{from} -> {to}: {at}");
    }
}

#[test]
fn what_follows_from_one_fault_is_below_it() {
    for (file, behind, from, to, root, below) in [
        // An owner that is gone is missed wherever it answers for something.
        ("bundle.toml", "[[owner]]", "name = \"fraud-team\"", "name = \"fraud-squad\"", "`fraud-team`", 4),
        // A queue without hours is nowhere in the policies either.
        ("bundle.toml", "[[queue]]\nname = \"fraud\"", "calendar = \"always\"", "calendar = \"ever\"", "no hours", 4),
        // Hours that cannot be read are those of several queues.
        ("bundle.toml", "name = \"office\"", "Europe/London", "Europe/Londinium", "no time zone", 2),
        // A signal that is misspelled is missing, and an attribute without a signal.
        ("bundle.toml", "[[signal]]", "name = \"handoffs\"", "name = \"handofs\"", "`handofs` is no attribute", 2),
        // A topic that the schema lacks is listed by those who know it, and named by policies.
        ("schema.cedarschema", "entity Topic", "\"money_back\", ", "", "topic `money_back`", 4),
        // Policies that cannot be read permit nothing.
        ("policies/queues.cedar", "@id(\"queue.general\")", "permit (", "permti (", "permti", 5),
    ] {
        let (findings, _) = found(file, behind, from, to);
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(findings.len(), 1, "{from} -> {to}: {}", told.join("\n"));
        let finding = &findings[0];
        assert!(finding.message.contains(root), "{from} -> {to}: {}", told.join("\n"));
        assert!(finding.consequences.len() >= below, "{from} -> {to}: {}", told.join("\n"));
        assert!(told[0].contains("from which follows "), "{}", told[0]);
    }
}

#[test]
fn one_name_that_is_misspelt_is_one_finding() {
    let bank = bank();
    let schema =
        text(&bank, "schema.cedarschema").replacen("type Facts = {", "type Facts = { was_with_identity: Bool,", 1);
    let signal = "\n[[signal]]\nname = \"was_with_identity\"\ntype = \"bool\"\ndefault = false\n";
    // Of all queues, that for identities alone works in the office's hours.
    let manifest = text(&bank, "bundle.toml") + signal;
    let (before, behind) = manifest.split_once("name = \"complaints\"").unwrap();
    let manifest =
        format!("{before}name = \"complaints\"{}", behind.replacen("calendar = \"office\"", "calendar = \"long\"", 1));
    let bank = bank.with("schema.cedarschema", schema.into_bytes());
    let found = |from: &str, to: &str| {
        let (before, behind) = manifest.split_once("[[queue]]\nname = \"identity\"").unwrap();
        let manifest = format!("{before}[[queue]]\nname = \"identity\"{}", behind.replacen(from, to, 1));
        Bundle::load(bank.clone().with("bundle.toml", manifest.into_bytes()))
            .map(|_| Vec::new())
            .unwrap_or_else(|found| found)
    };
    assert_eq!(found("sla", "sla"), [], "it is good before");
    for (from, to, root, below) in [
        (
            "calendar = \"office\"",
            "calendar = \"ofice\"",
            "there is no calendar `ofice`",
            "no queue uses calendar `office`",
        ),
        (
            "calendar = \"office\"",
            "calendar = \"ofice\"",
            "there is no calendar `ofice`",
            "`was_with_identity` tells of",
        ),
        ("accountable = \"identity-team\"", "accountable = \"identty-team\"", "`identty-team`, named as owner", ""),
        ("accountable = \"identity-team\"", "accountable = \"identity team!\"", "`identity team!`", ""),
        ("sla = \"unhurried\"", "sla = \"unhuried\"", "the SLA `unhuried`", "`was_with_identity` tells of"),
    ] {
        let findings = found(from, to);
        let [one] = &findings[..] else { panic!("{to}: {findings:#?}") };
        assert!(one.message.contains(root), "{to}: {one}");
        assert!(below.is_empty() || one.consequences.iter().any(|so| so.message.contains(below)), "{to}: {one}");
    }
}

#[test]
fn one_name_that_changed_is_one_finding_however_often_it_was_named() {
    let renamed = |of: &str, section: &str, name: &str, more: &str| {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles").join(of);
        let files = Files::read(&place).unwrap();
        let manifest = text(&files, "bundle.toml") + more;
        assert!(
            Bundle::load(files.clone().with("bundle.toml", manifest.clone().into_bytes())).is_ok(),
            "{section} {name}"
        );
        let from = format!("[[{section}]]\nname = \"{name}\"");
        assert!(manifest.contains(&from), "{from}");
        let manifest = manifest.replacen(&from, &format!("[[{section}]]\nname = \"{name}x\""), 1);
        Bundle::load(files.with("bundle.toml", manifest.into_bytes())).unwrap_err()
    };
    let owned = "\n[[preference]]\nname = \"prefer.care\"\nowner = \"care-team\"\nreason = \"They are kind\"\n\
                 prefers = [\"care\"]\nminor = 100\n";
    for (of, section, name, more, root) in [
        ("bank", "responder", "cards-ai", "", "; policies name `cards-ai`, which there is not"),
        ("bank", "queue", "fraud", "", "no policy permits `fraudx`"),
        ("bank", "calendar", "always", "", "there is no calendar `always`"),
        ("bank", "sla", "urgent", "", "names the SLA `urgent`"),
        ("bank", "owner", "care-team", owned, "`care-team`"),
        ("bank", "signal", "customer_tier", "", "`customer_tierx`"),
        ("shop", "responder", "shop-ai", "", "no policy permits `shop-aix`"),
        ("shop", "field", "order_total", "", "`fields.order_total`"),
    ] {
        let findings = renamed(of, section, name, more);
        let [one] = &findings[..] else { panic!("{section} {name}: {findings:#?}") };
        assert!(one.message.contains(root) && !one.consequences.is_empty(), "{section} {name}: {one}");
    }
}

/// Two of each kind of things that the sample bundles declare and that something else names.
#[test]
fn whatever_is_renamed_is_one_finding_that_names_it_and_what_is_meant() {
    for of in ["bank", "shop"] {
        let files = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles").join(of)).unwrap();
        let manifest = text(&files, "bundle.toml");
        let mut tried = std::collections::BTreeMap::new();
        let mut section = "";
        let mut before = 0;
        for line in manifest.split_inclusive('\n') {
            let start = before;
            before += line.len();
            if line.starts_with('[') {
                section = line.trim().trim_matches(['[', ']']);
                continue;
            }
            let Some(name) = line.trim().strip_prefix("name = \"").and_then(|rest| rest.strip_suffix('"')) else {
                continue;
            };
            if start == 0 || section.contains('.') {
                continue;
            }
            let renamed = format!("{}name = \"{name}x\"\n{}", &manifest[..start], &manifest[before..]);
            if tried.get(section).is_some_and(|tried| *tried > 1) {
                continue;
            }
            // What nothing else names can be renamed.
            let Err(findings) = Bundle::load(files.clone().with("bundle.toml", renamed.into_bytes())) else { continue };
            let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
            assert_eq!(findings.len(), 1, "{of}: {section} {name}: {}", told.join("\n"));
            assert!(told[0].contains(name), "{of}: {section} {name}: {}", told[0]);
            *tried.entry(section).or_insert(0) += 1;
        }
        for section in
            ["owner", "signal", "fact", "topic", "calendar", "sla", "responder", "queue", "connector", "action"]
        {
            assert!(tried.get(section).is_some_and(|tried| *tried > 0), "{of}: {section}: {tried:?}");
        }
    }
}

#[test]
fn an_action_and_a_connector_that_are_renamed_are_told_with_their_old_name() {
    for (of, section, name, root, cure, below) in [
        ("bank", "action", "waive_fee", "no policy names action `waive_feex`", "call it `waive_fee` here", 5),
        ("bank", "action", "change_address", "`change_address`", "`change_addressx`", 5),
        ("bank", "connector", "core-banking", "`core-banking` is no connector", "did you mean `core-bankingx`?", 10),
        ("shop", "action", "cancel_pending_order", "no policy names action", "call it `cancel_pending_order` here", 5),
        ("shop", "connector", "back-office", "`back-office` is no connector", "did you mean `back-officex`?", 6),
    ] {
        let files = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles").join(of)).unwrap();
        let from = format!("[[{section}]]\nname = \"{name}\"");
        let manifest = text(&files, "bundle.toml").replacen(&from, &format!("[[{section}]]\nname = \"{name}x\""), 1);
        let findings = Bundle::load(files.with("bundle.toml", manifest.into_bytes())).unwrap_err();
        let [one] = &findings[..] else { panic!("{section} {name}: {findings:#?}") };
        assert!(one.message.contains(root) && one.cure.contains(cure), "{section} {name}: {one}");
        assert!(one.consequences.len() >= below, "{section} {name}: {one}");
    }
}

#[test]
fn a_field_that_is_wrong_and_an_attribute_that_is_misspelt_are_told_with_what_is_meant() {
    let shop = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/shop")).unwrap();
    for (file, from, to, root, cure) in [
        // What policies say of a field follows from what is wrong with it.
        (
            "bundle.toml",
            "default = \"unknown\"",
            "default = \"none\"",
            "field `order_state` has a default",
            "`default`",
        ),
        ("bundle.toml", "collects = [\"email\", \"web\"]", "collects = [\"mail\"]", "`collects`: unknown", "`email`?"),
        ("bundle.toml", "[limits]", "[limit]", "unknown field `limit`", "did you mean `limits`?"),
        (
            "policies/ai-scope.cedar",
            "context.fields.order_state",
            "context.fields.order_stat",
            "attribute `fields.order_stat`",
            "did you mean",
        ),
    ] {
        let before = text(&shop, file);
        assert!(before.contains(from), "{file} has no {from}");
        let files = shop.clone().with(file, before.replacen(from, to, 1).into_bytes());
        let findings = Bundle::load(files).unwrap_err();
        let [one] = &findings[..] else { panic!("{from} -> {to}: {findings:#?}") };
        assert!(one.message.contains(root) && one.cure.contains(cure), "{from} -> {to}: {one}");
    }
}

#[test]
fn a_test_that_is_given_what_there_is_not_is_told_of_that_alone() {
    let given = [("signals = { intents = \"a\" }", "intents"), ("fields = { order_totals = 3 }", "order_totals")];
    let shop = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/shop")).unwrap();
    for (input, named) in given {
        let test = format!("[[test]]\nname = \"a\"\n{input}\nchosen = \"shop-ai\"\nallow = [\"shop-ai\"]\n");
        let bundle = Bundle::load(shop.clone().with("tests/odd.toml", test.into_bytes())).unwrap();
        let failures = suite::run(&bundle, &Engine::new(&bundle)).failures;
        let [one] = &failures[..] else { panic!("{input}: {failures:#?}") };
        assert!(one.message.contains(named) && one.cure.starts_with("correct the name or value"), "{one}");
    }
}

#[test]
fn what_a_need_asks_of_a_queue_that_is_not_read_follows_from_that() {
    let bank = bank();
    let manifest = text(&bank, "bundle.toml")
        + "\n[[need]]\nname = \"need.papers\"\nowner = \"identity-team\"\nreason = \"They read papers\"\n\
           queues = [\"identity\"]\nskills = { identity = 2 }\n";
    let (before, behind) = manifest.split_once("[[queue]]\nname = \"identity\"").unwrap();
    let misspelt = behind.replacen("calendar = \"office\"", "calendar = \"ofice\"", 1);
    let misspelt = format!("{before}[[queue]]\nname = \"identity\"{misspelt}");
    let load = |manifest: String| Bundle::load(bank.clone().with("bundle.toml", manifest.into_bytes()));
    assert!(load(manifest).is_ok());
    let findings = load(misspelt).unwrap_err();
    let [one] = &findings[..] else { panic!("{findings:#?}") };
    assert!(one.message.contains("there is no calendar `ofice`"), "{one}");
    let needs = one.consequences.iter().filter(|so| so.message.contains("`need.papers`"));
    assert!(needs.count() > 0, "{one}");
}

#[test]
fn calendars_that_nobody_uses_are_a_finding_each() {
    let spare = |name: &str| {
        format!(
            "\n[[calendar]]\nname = \"{name}\"\ntime_zone = \"Europe/London\"\n[calendar.hours]\n\
             monday = [\"08:00-17:00\"]\n"
        )
    };
    let said: Vec<String> =
        found_with(&(spare("first") + &spare("second"))).into_iter().map(|finding| finding.message).collect();
    assert_eq!(said, ["no queue uses calendar `first`", "no queue uses calendar `second`"]);
}

#[test]
fn what_is_wrong_of_one_responder_in_a_test_is_one_finding() {
    let tests = "[[test]]\nname = \"a\"\nallow = [\"gone\", \"gone\"]\nbecause = { gone = [\"x\"] }\n\
                 facts = { gone = { depth = 1 } }\nconsidered = { gone = [] }\n[[test]]\nname = \"b\"\n\
                 signals = { human_requested = true }\nallow = [\"cards-ai\"]\nbecause = { cards-ai = [\"x\"] }\n\
                 chosen = \"cards-ai\"\n";
    let bundle = Bundle::load(bank().with("tests/odd.toml", tests.into())).unwrap();
    let failures = suite::run(&bundle, &Engine::new(&bundle)).failures;
    let [gone, denied] = failures.as_slice() else { panic!("{failures:#?}") };
    assert_eq!((&*gone.message, gone.consequences.len()), ("test \"a\": the bundle has no responder `gone`", 0));
    assert!(denied.message.contains("expected allow for `cards-ai`, got deny"), "{denied}");
    let below: Vec<&str> = denied.consequences.iter().map(|so| so.message.as_str()).collect();
    assert!(below.len() == 2 && below[1].contains("expected `cards-ai` to be chosen"), "{below:?}");
}

#[test]
fn two_faults_are_two_findings() {
    let bank = bank();
    let manifest = text(&bank, "bundle.toml")
        .replacen("route = \"head-of-support\"", "route = \"nobody\"", 1)
        .replacen("stop_ai = \"ai-desk\"", "stop_ai = \"no-desk\"", 1);
    let findings = Bundle::load(bank.with("bundle.toml", manifest.into_bytes())).unwrap_err();
    assert_eq!(findings.len(), 2, "{findings:#?}");
}

#[test]
fn a_file_that_is_not_utf8_is_the_one_thing_that_is_said_of_it() {
    let files = [
        "bundle.toml",
        "schema.cedarschema",
        "intents.csv",
        "policies/queues.cedar",
        "invariants/promises.cedar",
        "tests/broken.toml",
        "texts/de.toml",
        "knowledge/pin.md",
        "knowledge/synonyms.toml",
        "readings/bank.toml",
    ];
    for file in files {
        let bank = bank();
        let mut bytes = bank.get(file).unwrap_or_default().to_vec();
        bytes.splice(0..0, *b"# one\n# two \xff\n");
        let found = Bundle::load(bank.with(file, bytes)).unwrap_err();
        let [one] = found.as_slice() else { panic!("{file}: {found:?}") };
        assert_eq!((one.file.as_str(), one.line), (file, 2));
        assert_eq!(one.message, "the file is not UTF-8 from byte 12 on");
    }
    let nothing = Bundle::load(Files::default()).unwrap_err();
    assert!(nothing.len() == 1 && nothing[0].message == "there is no bundle.toml", "{nothing:?}");
}

/// The bank with `lines` behind the end of its manifest, and what is found.
fn found_with(lines: &str) -> Vec<Finding> {
    let bank = bank();
    let manifest = text(&bank, "bundle.toml") + lines;
    Bundle::load(bank.with("bundle.toml", manifest.into_bytes())).map(|_| Vec::new()).unwrap_or_else(|found| found)
}

#[test]
fn what_is_beyond_bounds_is_found_on_its_line_before_anything_is_read() {
    for (behind, from, to, says) in [
        ("", "currency = \"GBP\"", "currency = \"EURO\"", "the currency \"EURO\" is no code of ISO 4217"),
        ("", "currency = \"GBP\"", "currency = \"gbp\"", "the currency \"gbp\" is no code of ISO 4217"),
        ("[economics]", "breach_minor = ", "breach_minor = 9223372036854", "amounts are from 0 to"),
        ("[economics]", "failure_minor = ", "failure_minor = -", "amounts are from 0 to"),
        ("[[queue]]", "handling_minor = ", "handling_minor = 92233720368547", "handling_minor must be 0 to"),
    ] {
        let (found, line) = found("bundle.toml", behind, from, to);
        assert!(found.len() == 1 && found[0].message.contains(says), "{to}: {found:?}");
        assert!(behind == "[[queue]]" || found[0].line == line, "{to}: {found:?}");
    }
    let (found, _) = found("bundle.toml", "", "name = \"", &format!("name = \"{}", "x".repeat(1_000_000)));
    assert!(found.len() == 1 && found[0].message.len() < 100, "{}", found.len());
    let queues: String = (0..2_000)
        .map(|at| {
            format!(
                "[[queue]]\nname = \"q{at}\"\ntitle = \"Q\"\n\
        accountable = \"cards-team\"\nhandling_minor = 1\nprior_resolve_bp = 1\nprior_weight = 1\n\
        calendar = \"long\"\nsla = \"standard\"\nservers = 1\nhandling_minutes = 1\n"
            )
        })
        .collect();
    let found = found_with(&queues);
    assert!(found.len() == 1 && found[0].message.contains("[[queue]], and at most 1000 are taken"), "{found:?}");
}

#[test]
fn a_calendar_that_nobody_uses_is_read_all_the_same() {
    let of = |zone: &str, range: &str| {
        let lines = format!(
            "\n[[calendar]]\nname = \"spare\"\ntime_zone = \"{zone}\"\n[calendar.hours]\nmonday = [\"{range}\"]\n"
        );
        found_with(&lines).into_iter().map(|finding| finding.message).collect::<Vec<_>>()
    };
    let unused = "no queue uses calendar `spare`";
    assert_eq!(of("Europe/London", "08:00-17:00"), [unused]);
    assert_eq!(of("Mars/Olympus", "08:00-17:00").len(), 2);
    assert_eq!(of("Europe/London", "25:00-26:00").len(), 2);
    assert!(of("Factory", "08:00-17:00").contains(&"calendar `spare`: `Factory` is the zone of no place".to_owned()));
}

#[test]
fn words_and_names_are_not_sent_over_the_network_in_the_clear_unless_the_bundle_says_so() {
    let declared = |url: &str, more: &str| {
        found_with(&format!(
            "\n[[fact]]\nname = \"tier\"\ntype = \"text\"\n[enrichment]\nurl = \"{url}\"\nsecret_env = \"CRM\"\n\
             facts = [\"tier\"]\n{more}\n"
        ))
    };
    for url in ["https://crm.example/remit", "http://127.0.0.1:8080/", "http://localhost/remit", "http://[::1]/"] {
        assert_eq!(declared(url, ""), [], "{url}");
    }
    let found = declared("http://10.0.0.7/remit", "");
    assert!(found.len() == 1 && found[0].message.ends_with("asks over the network in the clear"), "{found:?}");
    assert_eq!(declared("http://10.0.0.7/remit", "in_the_clear = true"), []);
    let webhook = |more: &str| {
        let bank = bank();
        let manifest = text(&bank, "bundle.toml").replacen(
            "kind = \"knowledge\"",
            &format!("kind = \"webhook\"\nurl = \"http://ai.example/turns\"\nsecret_env = \"AI\"{more}"),
            1,
        );
        Bundle::load(bank.with("bundle.toml", manifest.into_bytes())).map(|_| Vec::new()).unwrap_or_else(|found| found)
    };
    let found = webhook("");
    assert!(found.len() == 1 && found[0].message.ends_with("over the network in the clear"), "{found:?}");
    assert_eq!(webhook("\nin_the_clear = true"), []);
}

#[test]
fn a_test_is_held_to_what_can_be() {
    let tests =
        "[[test]]\nname = \"a\"\nchosen = \"nite\"\n[[test]]\nname = \"b\"\nfacts = { cards = { depth = -1 } }\n";
    let bundle = Bundle::load(bank().with("tests/odd.toml", tests.into())).unwrap();
    let failures = suite::run(&bundle, &Engine::new(&bundle)).failures;
    let said: Vec<&str> = failures.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].ends_with("the bundle has no responder `nite`, which is to be chosen"), "{said:?}");
    assert!(said[1].contains("facts of `cards`: depth and expected_wait_ms must not be negative"), "{said:?}");
    assert!(failures[0].cure.starts_with("name a responder that there is"), "{failures:?}");

    let moment = "[[test]]\nname = \"c\"\nat = \"2026-12-24 22:00\"\nallow = [\"cards\"]\n";
    let bundle = Bundle::load(bank().with("tests/odd.toml", moment.into())).unwrap();
    let failures = suite::run(&bundle, &Engine::new(&bundle)).failures;
    let [odd] = failures.as_slice() else { panic!("{failures:?}") };
    assert!(odd.message.contains("such as 2026-12-24T22:00:00+01:00"), "{odd}");
    assert!(odd.cure.contains("the offset from UTC"), "{odd}");
}

#[test]
fn tests_of_responders_that_are_gone_are_found_without_being_run() {
    let tests = "[[test]]\nname = \"a\"\ndeny = [\"gone\"]\nchosen = \"exception\"\n[[test]]\nname = \"b\"\n\
                 because = { old = [\"x\"] }\nneeds = { older = {} }\n";
    let bundle = Bundle::load(bank().with("tests/odd.toml", tests.into())).unwrap();
    let said: Vec<String> = suite::of_nobody(&bundle).iter().map(|finding| finding.message.clone()).collect();
    let of = |test: &str, name: &str| format!("test \"{test}\": the bundle has no responder `{name}`");
    assert_eq!(said, [of("a", "gone"), of("b", "old"), of("b", "older")]);
    assert_eq!(suite::of_nobody(&Bundle::load(bank()).unwrap()), []);
}
