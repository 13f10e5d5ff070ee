//! What is wrong with a bundle stands where it is, and what follows from it stands below it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_policy::{bundle::Bundle, files::Files, finding::Finding};
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
