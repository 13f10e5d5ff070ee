//! The packs that ship, bundles that add to them, and what is said of readings that are wrong.

use super::{check::check, *};
use crate::lexical::TextReader;
use std::{collections::BTreeSet, sync::Arc};

/// Resolves one file `readings/own.toml` beside these packs.
fn own(packs: &[&str], off: &[&str], toml: &str) -> (Readings, Vec<Mistake>) {
    let choice = Choice {
        packs: Some(packs.iter().map(|name| (*name).to_owned()).collect()),
        owner: "care".to_owned(),
        off: off.iter().map(|name| (*name).to_owned()).collect(),
        known_owners: Some(BTreeSet::from(["care".to_owned(), "fraud".to_owned()])),
        ..Choice::default()
    };
    resolve(&choice, &[("readings/own.toml", toml.as_bytes())])
}

const STRANDED: &str = r#"
[[situation]]
name = "stranded"
title = "Cannot travel on"
rank = 35
owner = "care"
sentences = ["We are stuck at the airport"]

[[rule]]
id = "stranded.stuck"
reads = "stranded"
pattern = "stuck|stranded * airport|station"
unless = "not"
owner = "care"
reason = "Says that they cannot travel on"
matches = ["We are stuck at the airport"]
spares = ["We are not stranded at the airport"]
"#;

#[test]
fn what_ships_holds_together_and_every_rule_reads_its_sentences() {
    let (readings, mistakes) = resolve(&Choice::default(), &[]);
    assert_eq!(mistakes, []);
    let checked = check(&readings);
    assert_eq!(checked.failed, []);
    assert!(checked.held >= readings.rules().len() && readings.rules().len() > 150);
    let names: Vec<&str> = readings.situations().iter().map(|situation| situation.name.as_str()).collect();
    assert_eq!(names, ["self_harm", "domestic_abuse", "threat", "fraud_in_progress", "bereavement"]);
    assert_eq!(readings.packs().len(), packs::PACKS.len());
}

#[test]
fn a_bundle_adds_a_situation_of_its_own_with_its_gravity() {
    let (readings, mistakes) = own(&["en"], &[], STRANDED);
    assert_eq!(mistakes, []);
    assert!(readings.sentences().iter().any(|sentence| sentence.labels == ["stranded"]));
    let told = readings.told("stranded.stuck").unwrap();
    assert_eq!(told, "rule `stranded.stuck` of readings/own.toml:10, owned by care: Says that they cannot travel on");
    let reader = TextReader::of(Arc::new(readings));
    for (text, kind) in [
        ("We are stranded at the airport", "stranded"),
        ("We are stranded at the airport and my card was stolen", "stranded"),
        ("We are stranded at the airport and there is a bomb", "threat"),
        ("We are not stuck at the airport", "none"),
    ] {
        assert_eq!(reader.read(text).situation.kind, kind, "{text}");
    }
}

#[test]
fn a_bundle_switches_off_and_replaces_single_rules() {
    let safe = "How do I open a safe account?";
    let (off, mistakes) = own(&["en"], &["fraud.safe_account", "bereavement"], "");
    assert_eq!(mistakes, []);
    assert!(off.rule("fraud.safe_account").is_none() && off.situation("bereavement").is_none());
    assert!(off.sentences().iter().all(|sentence| !sentence.labels.iter().any(|label| label == "bereavement")));
    let reader = TextReader::of(Arc::new(off));
    assert_eq!(reader.read(safe).situation.kind, "none");
    assert_eq!(reader.read("My mother has died").situation.kind, "none");
    let replaced = r#"
[[rule]]
id = "fraud.safe_account"
reads = "fraud_in_progress"
pattern = "move|moved|transfer ** safe account"
owner = "fraud"
reason = "Deceivers have money moved to a safe account"
replaces = true
matches = ["They told me to move it to a safe account"]
"#;
    let (readings, mistakes) = own(&["en"], &[], replaced);
    assert_eq!(mistakes, []);
    assert_eq!(readings.rule("fraud.safe_account").map(|rule| rule.owner.as_str()), Some("fraud"));
    assert_eq!(readings.rule("fraud.hacked").map(|rule| rule.owner.as_str()), Some("care"));
    let reader = TextReader::of(Arc::new(readings));
    assert_eq!(reader.read(safe).situation.kind, "none");
    assert_eq!(reader.read("move it to the safe account").situation.rules, ["fraud.safe_account"]);
}

#[test]
fn a_bundle_adds_a_language() {
    let finnish = "[[language]]\ncode = \"fi\"\nname = \"Finnish\"\nwords = \"minun kortti on missä ja ei\"\n";
    let (readings, mistakes) = own(&["en"], &[], finnish);
    assert_eq!(mistakes, []);
    assert_eq!(TextReader::of(Arc::new(readings)).read("Missä minun kortti on?").language.code, "fi");
}

#[test]
fn whoever_the_bundle_names_answers_for_what_packs_bring() {
    let choice = Choice {
        packs: Some(vec!["en".to_owned(), "de".to_owned()]),
        owner: "support".to_owned(),
        owners: [("fraud_in_progress", "fraud"), ("de", "berlin")]
            .map(|(of, by)| (of.to_owned(), by.to_owned()))
            .into(),
        ..Choice::default()
    };
    let (readings, mistakes) = resolve(&choice, &[]);
    assert_eq!(mistakes, []);
    for (id, owner) in
        [("fraud.de", "fraud"), ("fraud.hacked", "fraud"), ("self_harm.de", "berlin"), ("threat.bomb", "support")]
    {
        assert_eq!(readings.rule(id).map(|rule| rule.owner.as_str()), Some(owner), "{id}");
    }
}

#[test]
fn the_digest_names_what_is_read_by() {
    let digest = |packs: &[&str], off: &[&str], toml: &str| own(packs, off, toml).0.digest();
    let plain = digest(&["en"], &[], STRANDED);
    assert_eq!(plain, digest(&["en"], &[], &format!("# moved down\n{STRANDED}")));
    for other in [
        digest(&["en", "de"], &[], STRANDED),
        digest(&["en"], &["fraud.fake"], STRANDED),
        digest(&["en"], &[], &STRANDED.replace("stuck|", "")),
        digest(&["en"], &[], &STRANDED.replace("35", "36")),
        digest(&["en"], &[], &STRANDED.replace("airport\"]\n\n", "harbour\"]\n\n")),
        digest(&["en"], &[], &STRANDED.replace("owner = \"care\"\nreason", "owner = \"fraud\"\nreason")),
    ] {
        assert_ne!(plain, other);
    }
}

#[test]
fn what_is_wrong_is_told_with_line_and_cure() {
    let own_file = |line| At::File("readings/own.toml".to_owned(), line);
    let choice = |word: &str| At::Choice(word.to_owned());
    let rule = |with: &str| STRANDED.replace("reads = \"stranded\"", with);
    for (packs, off, toml, at, message, cure) in [
        (
            vec!["en"],
            vec![],
            STRANDED.replace("owner = \"care\"\nreason", "owner = \"cate\"\nreason"),
            own_file(14),
            "no owner",
            "did you mean `care`",
        ),
        (
            vec!["en"],
            vec![],
            STRANDED.replace("owner = \"care\"\nreason", "reason"),
            own_file(10),
            "has no owner",
            "add `owner",
        ),
        (
            vec!["en"],
            vec![],
            STRANDED.replace("reason = \"Says that they cannot travel on\"", ""),
            own_file(10),
            "no reason",
            "add `reason",
        ),
        (
            vec!["en"],
            vec![],
            STRANDED.replace("matches = [\"We are stuck at the airport\"]", ""),
            own_file(10),
            "no example",
            "must match",
        ),
        (
            vec!["en"],
            vec![],
            STRANDED.replace("spares = [\"We are not stranded at the airport\"]", ""),
            own_file(10),
            "what it spares",
            "spares",
        ),
        (
            vec!["en"],
            vec![],
            STRANDED.replace("stuck|stranded *", "stuck|Stranded *"),
            own_file(12),
            "`Stranded`",
            "write `stranded`",
        ),
        (
            vec!["en"],
            vec![],
            STRANDED.replace("unless = \"not\"", "unless = \"don't\""),
            own_file(13),
            "`don't`",
            "write `dont`",
        ),
        (vec!["en"], vec![], format!("{STRANDED}{STRANDED}"), own_file(27), "already", "replaces"),
        (vec!["en"], vec![], STRANDED.replace("stranded.stuck", "fraud.fake"), own_file(10), "already", "replaces"),
        (
            vec!["en"],
            vec![],
            STRANDED.replace("reads = ", "replaces = true\nreads = "),
            own_file(10),
            "there is not",
            "take `replaces` out",
        ),
        (
            vec!["en"],
            vec!["fraud.safe_acount"],
            STRANDED.to_owned(),
            choice("fraud.safe_acount"),
            "no rule",
            "did you mean `fraud.safe_account`",
        ),
        (
            vec!["en"],
            vec!["stranded.stuck"],
            STRANDED.to_owned(),
            choice("stranded.stuck"),
            "the bundle's own",
            "take it out",
        ),
        (vec!["en", "english"], vec![], STRANDED.to_owned(), choice("english"), "no pack", "en, de, fr"),
        (vec!["en"], vec![], rule("reads = \"strandet\""), own_file(11), "no situation", "did you mean `stranded`"),
        (vec![], vec![], rule("reads = \"threat\""), own_file(11), "no situation", "declare it"),
        (vec!["en"], vec![], STRANDED.replace("35", "30"), own_file(3), "both have the rank", "graver"),
        (vec!["en"], vec![], STRANDED.replace("35", "0"), own_file(5), "rank 0", "1000"),
        (
            vec!["en"],
            vec![],
            STRANDED.replace("name = \"stranded\"", "name = \"wants_human\""),
            own_file(3),
            "cannot be the name",
            "taken",
        ),
        (
            vec!["en"],
            vec![],
            STRANDED.replace("stranded.stuck", "complexity.joins"),
            own_file(10),
            "cannot be the name",
            "Remit's own",
        ),
        (vec!["en"], vec![], STRANDED.replace("rank", "gravity"), own_file(5), "unknown field", "docs/bundle.md"),
        (
            vec!["en"],
            vec![],
            "[[language]]\ncode = \"und\"\nname = \"None\"\nwords = \"a\"".to_owned(),
            own_file(2),
            "no code",
            "small letters",
        ),
        (
            vec!["en"],
            vec![],
            STRANDED.replace("We are stuck at the airport\"]\n\n", "Someone is using my card right now\"]\n\n"),
            own_file(7),
            "reads as",
            "keep the one",
        ),
    ] {
        let (_, mistakes) = own(&packs, &off, &toml);
        let found = mistakes.iter().any(|m| m.at == at && m.message.contains(message) && m.cure.contains(cure));
        assert!(found, "{at:?} {message}, {cure}: {mistakes:#?}");
    }
}

#[test]
fn sentences_are_bounded_and_agree() {
    let resolved = |csv: &str| {
        let choice = Choice { packs: Some(vec!["en".to_owned()]), ..Choice::default() };
        resolve(&choice, &[("readings/sentences.csv", csv.as_bytes())])
    };
    let (readings, mistakes) =
        resolved("text,reads\nGet me out of here,wants_human frustrated\n\"Nice, thanks\",none\n");
    assert_eq!(mistakes, []);
    let own: Vec<_> = readings.sentences().iter().filter(|sentence| sentence.place.pack.is_none()).collect();
    assert_eq!(own.iter().map(|sentence| sentence.labels.len()).collect::<Vec<_>>(), [2, 0]);
    let long = "a".repeat(2_000);
    for (csv, line, message) in [
        ("text,label\na b,none\n".to_owned(), 1, "the columns"),
        ("text,reads\na b,humans\n".to_owned(), 2, "`humans`"),
        ("text,reads\na b,wants_human\nA b!,none\n".to_owned(), 3, "reads as `none` here, and as `wants_human`"),
        ("text,reads\na b,\n".to_owned(), 2, "no label"),
        ("text,reads\na b,none threat\n".to_owned(), 2, "beside another"),
        (format!("text,reads\n{long},none\n"), 2, "bytes"),
        ("text,reads\na\n".to_owned(), 2, "record"),
    ] {
        let (_, mistakes) = resolved(&csv);
        let at = At::File("readings/sentences.csv".to_owned(), line);
        assert!(mistakes.iter().any(|m| m.at == at && m.message.contains(message)), "{message}: {mistakes:?}");
    }
}

#[test]
fn a_sentence_that_a_rule_reads_otherwise_is_told() {
    let wrong = STRANDED.replace("matches = [\"We are stuck", "matches = [\"We are glad");
    let failed = check(&own(&[], &[], &wrong).0).failed;
    let [one] = failed.as_slice() else { panic!("{failed:?}") };
    assert_eq!(one.at, At::File("readings/own.toml".to_owned(), 16));
    assert!(one.message.contains("`stranded.stuck` must match"), "{one:?}");
}
