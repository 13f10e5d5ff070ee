//! The sample bundle holds together, and its own tests pass.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_policy::{bundle::Bundle, engine::Engine, files::Files, suite};
use std::path::PathBuf;

fn files() -> Files {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    Files::read(&root).unwrap()
}

fn bank() -> Bundle {
    Bundle::load(files()).unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

#[test]
fn the_bank_loads_and_its_tests_pass() {
    let bank = bank();
    let report = suite::run(&bank, &Engine::new(&bank));
    let failures: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(report.passed >= 40, "{}", report.passed);
    assert!(bank.policies() >= 40, "{}", bank.policies());
    assert_eq!(bank.candidates().len(), 12);
}

/// Changes one file of the bank and says what is then found, one `file:line message` a line.
fn check(file: &str, from: &str, to: &str) -> String {
    let files = files();
    let text = String::from_utf8(files.get(file).unwrap().to_vec()).unwrap();
    assert!(text.contains(from), "{from}");
    let changed = text.replacen(from, to, 1).into_bytes();
    match Bundle::load(files.with(file, changed)) {
        Ok(_) => "loads".to_owned(),
        Err(findings) => {
            findings.iter().map(|f| format!("{}:{} {}", f.file, f.line, f.message)).collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn what_is_wrong_is_named_with_file_and_line() {
    for (file, from, to, want) in [
        ("bundle.toml", "currency = \"GBP\"", "curency = \"GBP\"", "bundle.toml:4 unknown field `curency`"),
        ("bundle.toml", "route = \"head-of-support\"\n", "", "decision point `route` has no owner"),
        ("bundle.toml", "route = \"head-of-support\"", "route = \"nobody\"", "is no owner"),
        ("bundle.toml", "calendar = \"always\"", "calendar = \"nights\"", "has no hours"),
        ("bundle.toml", "Europe/London", "Europe/Londonn", "no time zone"),
        (
            "bundle.toml",
            "monday = [\"08:00-18:00\"]",
            "monday = [\"18:00-08:00\"]",
            "bundle.toml:299 calendar `office`",
        ),
        (
            "bundle.toml",
            "name = \"complexity_bp\"\ntype = \"long\"",
            "name = \"complexity\"\ntype = \"long\"",
            "is no attribute of the context",
        ),
        (
            "policies/ai-scope.cedar",
            "@owner(\"everyday-team\")\n",
            "",
            "policies/ai-scope.cedar:3 a policy has no @owner",
        ),
        (
            "policies/ai-scope.cedar",
            "Ai::\"everyday-ai\"",
            "Ai::\"everday-ai\"",
            "no policy permits `everyday-ai` anything",
        ),
        ("policies/ai-scope.cedar", "Ai::\"everyday-ai\"", "Ai::\"everday-ai\"", "`ai.everyday` is dead"),
        (
            "policies/ai-scope.cedar",
            "context.intent_confidence_bp",
            "context.intent_confidnce_bp",
            "policies/ai-scope.cedar:3",
        ),
        (
            "policies/ai-scope.cedar",
            "@id(\"ai.cards\")",
            "@id(\"ai.everyday\")",
            "is used at policies/ai-scope.cedar:3 already",
        ),
        ("policies/ai-scope.cedar", "permit (", "permti (", "policies/ai-scope.cedar:6"),
        ("policies/fraud.cedar", "Topic::\"fraud\"", "Topic::\"frod\"", "policies/fraud.cedar"),
        ("intents.csv", ",card_arrival", ",card_arival", "intents.csv:"),
        ("knowledge/pin.md", "# ", "", "knowledge/pin.md:1 the article has no title"),
        ("schema.cedarschema", "entity Organisation;", "entity Organisation", "schema.cedarschema:"),
        (
            "schema.cedarschema",
            "entity Organisation;",
            &format!("entity Organisation {{ a: {}", "Set<".repeat(9_999)),
            "schema.cedarschema:",
        ),
        ("policies/ai-scope.cedar", "context.intent_confidence_bp", &"(".repeat(100_000), "brackets within each other"),
        ("policies/ai-scope.cedar", "context.intent_confidence_bp", &"!".repeat(100_000), "words and signs"),
        ("invariants/promises.cedar", "context.wants_human", "context.wants_humn", "invariants/promises.cedar:3"),
        (
            "invariants/promises.cedar",
            "@owner(\"care-team\")",
            "@owner(\"cair-team\")",
            "invariants/promises.cedar:9 @owner",
        ),
    ] {
        let found = check(file, from, to);
        assert!(found.contains(want), "{file}: {from} -> {to}\nwanted: {want}\nfound: {found}");
    }
}
