//! By what words are read is part of a bundle: checked with it, tested with it, named by its digest.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_policy::{bundle::Bundle, engine::Engine, files::Files, finding::Finding, grid, suite};
use std::path::PathBuf;

fn bank() -> Files {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    Files::read(&root).unwrap()
}

fn changed(files: Files, name: &str, from: &str, to: &str) -> Files {
    let text = String::from_utf8(files.get(name).unwrap_or_default().to_vec()).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    files.with(name, text.replacen(from, to, 1).into_bytes())
}

/// The bank with the situation `stranded`, of its vocabulary or not.
fn stranded(known: bool, toml: &str) -> Files {
    let files = bank().with("readings/own.toml", toml.as_bytes().to_vec());
    if known {
        changed(files, "schema.cedarschema", "\"bereavement\"]", "\"bereavement\", \"stranded\"]")
    } else {
        files
    }
}

const STRANDED: &str = r#"[[situation]]
name = "stranded"
title = "Cannot travel on"
rank = 45
owner = "care-team"

[[rule]]
id = "stranded.stuck"
reads = "stranded"
pattern = "stuck|stranded * airport|station"
owner = "care-team"
reason = "Says that they cannot travel on"
matches = ["We are stuck at the airport"]
"#;

fn findings(files: Files) -> Vec<Finding> {
    Bundle::load(files).err().unwrap_or_default()
}

fn loaded(files: Files) -> Bundle {
    Bundle::load(files).unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

#[test]
fn the_bank_takes_the_packs_and_its_owners_own_them() {
    let bank = loaded(bank());
    for (id, owner) in [
        ("self_harm.end_it", "care-team"),
        ("fraud.de", "fraud-team"),
        ("wants_human.manager", "head-of-support"),
        ("frustration.anger", "head-of-support"),
    ] {
        assert_eq!(bank.readings().rule(id).unwrap().owner, owner, "{id}");
    }
}

#[test]
fn a_bundle_that_says_nothing_reads_by_all_packs_and_whoever_owns_exceptions_owns_them() {
    let files = changed(
        bank(),
        "bundle.toml",
        "packs = [\"en\", \"de\", \"fr\", \"es\", \"it\", \"nl\", \"pt\", \"pl\"]\n",
        "",
    );
    let text = String::from_utf8(files.get("bundle.toml").unwrap().to_vec()).unwrap();
    let (from, to) = (text.find("# What the packs bring").unwrap(), text.find("[[signal]]").unwrap());
    let silent = format!("{}{}", text.get(..from).unwrap(), text.get(to..).unwrap());
    // Nor is it asked for words of situations that come from integrations alone, or to know every language.
    let files = files.with("bundle.toml", silent.into_bytes());
    let files = changed(files, "schema.cedarschema", "\"bereavement\"]", "\"bereavement\", \"eviction\"]");
    let files = changed(files, "schema.cedarschema", "\"pt\", ", "");
    let silent = loaded(files);
    assert_eq!(silent.readings().packs().len(), 8);
    assert_eq!(silent.readings().rule("self_harm.end_it").unwrap().owner, "duty-manager");
    assert!(silent.readings().situation("bereavement").is_some());
}

#[test]
fn a_bundle_has_situations_of_its_own_and_its_digests_cover_them() {
    let (plain, own) = (loaded(bank()), loaded(stranded(true, STRANDED)));
    assert_ne!(plain.digest(), own.digest());
    assert_ne!(plain.readings_digest(), own.readings_digest());
    let report = suite::run(&own, &Engine::new(&own));
    assert_eq!(report.failures, []);
    assert!(report.sentences > 150, "{}", report.sentences);
    let wrong = loaded(stranded(true, &STRANDED.replace("We are stuck at", "We are glad at")));
    let failures = suite::run(&wrong, &Engine::new(&wrong)).failures;
    let [one] = failures.as_slice() else { panic!("{failures:?}") };
    assert_eq!((one.file.as_str(), one.line), ("readings/own.toml", 13));
    assert!(one.message.contains("`stranded.stuck` must match"), "{one}");
}

#[test]
fn what_is_wrong_with_readings_is_named_with_file_and_line() {
    let own = |from: &str, to: &str| stranded(true, &STRANDED.replacen(from, to, 1));
    let manifest = |from: &str, to: &str| changed(bank(), "bundle.toml", from, to);
    for (files, wanted, cure) in [
        (
            stranded(false, STRANDED),
            "readings/own.toml:2: the situation `stranded`",
            "add it to `entity Situation enum`",
        ),
        (
            changed(bank(), "schema.cedarschema", "\"bereavement\"]", "\"bereavement\", \"eviction\"]"),
            "schema.cedarschema:6: `eviction`",
            "declare it",
        ),
        (
            changed(bank(), "schema.cedarschema", "\"bereavement\"]", "\"bereavment\"]"),
            "schema.cedarschema:6: the situation `bereavement`",
            "did you mean `bereavment`",
        ),
        (
            changed(bank(), "schema.cedarschema", "\"pt\", ", ""),
            "schema.cedarschema:5: the language `pt`",
            "without its pack",
        ),
        (
            own("owner = \"care-team\"\nreason", "owner = \"care\"\nreason"),
            "readings/own.toml:11: `care`",
            "did you mean `care-team`",
        ),
        (own("stuck|stranded *", "stuck|* "), "readings/own.toml:10: rule `stranded.stuck`", "a gap"),
        (manifest("\"pt\", \"pl\"]", "\"pt\", \"polish\"]"), "bundle.toml:6: there is no pack `polish`", "en, de, fr"),
        (
            manifest("[readings]\n", "[readings]\noff = [\"fraud.safe_acount\"]\n"),
            "bundle.toml:86: `fraud.safe_acount`",
            "did you mean `fraud.safe_account`",
        ),
        (
            manifest("fraud_in_progress = \"fraud-team\"", "fraud = \"fraud-team\""),
            "bundle.toml:92: `fraud` under [readings.owners]",
            "did you mean `fraud_in_progress`",
        ),
        (
            manifest("[readings]\nowner = \"head-of-support\"", "[readings]\nowner = \"head\""),
            "bundle.toml:86: `head`",
            "owner",
        ),
        (
            bank().with("readings/more.csv", b"text,reads\nI am fine,humans\n".to_vec()),
            "readings/more.csv:2: `humans`",
            "the labels are",
        ),
    ] {
        let found = findings(files);
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        let hit = found
            .iter()
            .any(|f| format!("{}:{}: {}", f.file, f.line, f.message).contains(wanted) && f.cure.contains(cure));
        assert!(hit, "wanted: {wanted} ({cure})\nfound: {}", told.join("\n"));
    }
}

#[test]
fn a_situation_in_which_nobody_may_have_a_case_is_known() {
    let of_nobody = |files: Files| {
        let bundle = loaded(files);
        let engine = Engine::new(&bundle);
        grid::situations_of_nobody(&bundle, &engine).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of_nobody(bank()), [""; 0]);
    let own = stranded(true, STRANDED);
    assert_eq!(of_nobody(own.clone()), ["stranded"]);
    // Whoever may have it only where something else holds too may have it.
    let permit = r#"
@id("queue.stranded")
@owner("care-team")
@reason("The care team takes who cannot travel on")
permit (principal == Queue::"care", action == Action::"handle", resource)
when { context.situation == Situation::"stranded" && context.requester == Requester::"customer" };
"#;
    assert_eq!(of_nobody(own.with("policies/own.cedar", permit.as_bytes().to_vec())), [""; 0]);
}

#[test]
fn a_digest_of_a_model_is_a_sha_256() {
    let named = |digest: &str| {
        let table = format!("[encoder_model]\ndirectory = \"models/other\"\ndigest = \"{digest}\"\n\n[readings]\n");
        findings(changed(bank(), "bundle.toml", "[readings]\n", &table))
    };
    assert_eq!(named("0aF".repeat(22).get(..64).unwrap()), []);
    for digest in ["xyz", "", &"0".repeat(63), &"g".repeat(64)] {
        let found = named(digest);
        let [one] = found.as_slice() else { panic!("{digest}: {found:?}") };
        assert!(one.message.contains("no SHA-256") && one.line > 80, "{one}");
    }
}
