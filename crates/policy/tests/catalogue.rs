//! Actions that are requested exactly: what the catalogue may say, and what policy answers about a request.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use remit_policy::{action::term, bundle::Bundle, engine::Engine, files::Files, finding::Finding, suite};
use serde_json::{Value, json};
use std::path::Path;

const CATALOGUE: &str = r#"
[[connector]]
name = "back-office"
kind = "sandbox"

[[action]]
name = "refund_charge"
title = "Refund a charge"
effect = "money"
connector = "back-office"
amount = "amount"
deadline_minutes = 30
confirmations = [["customer", "staff"], ["customer"], ["customer", "staff", "staff"]]
facts = { charge_customer = "text", charge_amount = "money", refunded = "truth", age_days = "elapsed" }
recent = ["refund_charge"]
[action.template]
en = "Refund {amount} of charge {charge}: {reason}."
de = "{amount} der Zahlung {charge} erstatten: {reason}."
[[action.limit]]
by = "customer"
window_hours = 24
count = 2
minor = 50000
[action.parameters]
type = "object"
additionalProperties = false
required = ["charge", "amount", "reason"]
[action.parameters.properties.charge]
type = "string"
maxLength = 40
[action.parameters.properties.reason]
enum = ["twice", "not received"]
[action.parameters.properties.amount]
type = "object"
additionalProperties = false
required = ["minor", "currency"]
properties = { minor = { type = "integer", minimum = 1 }, currency = { type = "string", maxLength = 3 } }
"#;

const POLICIES: &str = r#"
@id("refund.may")
@owner("payments-team")
@reason("Charges are refunded to whom they were taken from")
permit (principal, action == Action::"refund_charge", resource)
when { context.facts.charge_customer != "" };

@id("refund.asked")
@owner("payments-team")
@reason("The customer says yes to the exact amount")
forbid (principal, action in Action::"request", resource)
unless { context.confirmed.customer };

@id("refund.large")
@owner("risk")
@reason("Refunds above 100 are looked at by a second person")
forbid (principal, action == Action::"refund_charge", resource)
when { context.arguments.amount.minor > 10000 && context.confirmed.staff < 1 };

@id("refund.very-large")
@owner("risk")
@reason("Refunds above 1,000 are looked at by two")
forbid (principal, action == Action::"refund_charge", resource)
when { context.arguments.amount.minor > 100000 && context.confirmed.staff < 2 };

@id("refund.whole")
@owner("payments-team")
@reason("Never more than was taken")
@requestable("A head of payments opens the charge for goodwill")
forbid (principal, action == Action::"refund_charge", resource)
when { context.arguments.amount.minor > context.facts.charge_amount.minor };

@id("refund.once-a-day")
@owner("risk")
@reason("One refund a day")
forbid (principal, action == Action::"refund_charge", resource)
when { context.recent.refund_charge_hours_ago < 24 };
"#;

const TESTS: &str = r#"
[[test]]
name = "a small refund needs the customer alone"
[test.request]
action = "refund_charge"
by = "payments-ai"
arguments = { charge = "ch_1", amount = { minor = 500, currency = "GBP" }, reason = "twice" }
facts = { charge_customer = "c", charge_amount = { minor = 900, currency = "GBP" } }
answer = "needs"
needs = ["customer"]
because = ["refund.asked", "refund.may"]

[[test]]
name = "it is allowed once the customer said yes"
[test.request]
action = "refund_charge"
by = "staff:staff"
arguments = { charge = "ch_1", amount = { minor = 500, currency = "GBP" }, reason = "twice" }
facts = { charge_customer = "c", charge_amount = { minor = 900, currency = "GBP" } }
confirmed = ["customer"]
answer = "allow"
because = ["refund.may"]

[[test]]
name = "a large one needs a second person"
[test.request]
action = "refund_charge"
by = "customer"
arguments = { charge = "ch_1", amount = { minor = 20000, currency = "GBP" }, reason = "twice" }
facts = { charge_customer = "c", charge_amount = { minor = 90000, currency = "GBP" } }
confirmed = ["customer"]
answer = "needs"
needs = ["staff"]
because = ["refund.large"]

[[test]]
name = "a very large one needs two"
[test.request]
action = "refund_charge"
by = "integration:integration"
arguments = { charge = "ch_1", amount = { minor = 200000, currency = "GBP" }, reason = "twice" }
facts = { charge_customer = "c", charge_amount = { minor = 900000, currency = "GBP" } }
answer = "needs"
needs = ["customer", "staff", "staff"]

[[test]]
name = "more than was taken is denied whoever says yes"
[test.request]
action = "refund_charge"
by = "payments-ai"
arguments = { charge = "ch_1", amount = { minor = 500, currency = "GBP" }, reason = "twice" }
facts = { charge_customer = "c", charge_amount = { minor = 400, currency = "GBP" } }
answer = "deny"
because = ["refund.whole"]

[[test]]
name = "twice a day is denied"
[test.request]
action = "refund_charge"
by = "payments-ai"
arguments = { charge = "ch_1", amount = { minor = 500, currency = "GBP" }, reason = "twice" }
facts = { charge_customer = "c", charge_amount = { minor = 900, currency = "GBP" } }
recent = { refund_charge = 3 }
answer = "deny"
because = ["refund.once-a-day"]

[[test]]
name = "without facts it is denied"
[test.request]
action = "refund_charge"
by = "payments-ai"
arguments = { charge = "ch_1", amount = { minor = 500, currency = "GBP" }, reason = "twice" }
answer = "deny"
"#;

/// The sample bank as it was before it had a catalogue; its examples of intents are the bank's of today.
fn bank() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = std::fs::read(root.join("tests/recorded/intents.csv")).unwrap();
    Files::read(&root.join("tests/recorded/v5/bundle")).unwrap().with("intents.csv", examples)
}

fn with_catalogue(catalogue: &str) -> Files {
    let manifest = String::from_utf8(bank().get("bundle.toml").unwrap().to_vec()).unwrap() + catalogue;
    let files = bank().with("bundle.toml", manifest.into_bytes());
    files.with("policies/refunds.cedar", POLICIES.into()).with("tests/refunds.toml", TESTS.into())
}

#[test]
fn policy_says_of_a_request_whose_yes_it_needs_and_which_rule_stands_against_it() {
    let bundle = Bundle::load(with_catalogue(CATALOGUE)).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let before = {
        let bundle = Bundle::load(bank()).unwrap();
        suite::run(&bundle, &Engine::new(&bundle)).passed
    };
    let report = suite::run(&bundle, &Engine::new(&bundle));
    assert!(report.failures.is_empty(), "{:#?}", report.failures);
    assert_eq!(report.passed, before + 7);
}

#[test]
fn a_test_of_a_request_that_does_not_hold_says_what_policy_answers() {
    let changes = [
        ("needs = [\"customer\"]", "needs = [\"staff\"]", "expected it to need staff, it needs customer"),
        ("answer = \"allow\"", "answer = \"deny\"", "expected deny, got allow, by refund.may"),
        ("because = [\"refund.whole\"]", "because = [\"refund.large\"]", "expected `refund.large` to determine"),
        ("reason = \"twice\" }\nanswer", "reason = \"thrice\" }\nanswer", "the arguments do not fit: `/reason`"),
        ("recent = { refund_charge = 3 }", "recent = { waive_fee = 3 }", "policies do not look back at `waive_fee`"),
        ("by = \"customer\"", "by = \"somebody\"", "`somebody` is no responder"),
    ];
    let tests = changes.iter().fold(TESTS.to_owned(), |tests, (from, to, _)| tests.replacen(from, to, 1));
    let bundle = Bundle::load(with_catalogue(CATALOGUE).with("tests/refunds.toml", tests.into())).unwrap();
    let failures = suite::run(&bundle, &Engine::new(&bundle)).failures;
    for (.., says) in changes {
        assert!(failures.iter().any(|failure| failure.message.contains(says)), "{says}: {failures:#?}");
    }
}

/// What is found where all of these are written otherwise.
fn found(changes: &[(&str, &str, &str)]) {
    let mut catalogue = CATALOGUE.to_owned();
    for (from, to, _) in changes {
        assert!(catalogue.contains(from), "{from}");
        catalogue = catalogue.replacen(from, to, 1);
    }
    let findings = Bundle::load(with_catalogue(&catalogue)).unwrap_err();
    for (.., says) in changes {
        let on_its_line = |finding: &Finding| finding.file == "bundle.toml" && finding.line > 500;
        let says_so = |finding: &Finding| on_its_line(finding) && finding.to_string().contains(says);
        assert!(findings.iter().any(says_so), "{says}: {findings:#?}");
    }
}

#[test]
fn what_a_catalogue_must_not_say_is_found_where_it_stands() {
    found(&[
        (
            "Refund {amount} of charge {charge}: {reason}.",
            "Refund {amount}: {reason} {facts.when}.",
            "leaves out `charge`",
        ),
        ("{charge} erstatten", "{charges} erstatten", "which is no parameter"),
        ("amount = \"amount\"\n", "", "does not say what says how much"),
        ("connector = \"back-office\"", "connector = \"front-office\"", "is no connector"),
        ("deadline_minutes = 30", "deadline_minutes = 0", "deadline_minutes must be"),
        ("recent = [\"refund_charge\"]", "recent = [\"waive_fee\"]", "names `waive_fee`"),
        ("[\"customer\"], [", "[], [", "a set of confirmations has 1 to"),
        ("count = 2\nminor = 50000", "", "a limit has `count` or `minor`"),
        ("kind = \"sandbox\"", "kind = \"sandbox\"\nurl = \"https://x.example\"", "the sandbox has no address"),
    ]);
    found(&[
        ("of charge {charge}", "of charge {charge} {facts.when}", "which is no fact"),
        ("amount = \"amount\"\n", "amount = \"charge\"\n", "which is no money"),
        ("effect = \"money\"\n", "", "it has no `effect`"),
        ("kind = \"sandbox\"", "kind = \"webhook\"", "a webhook has a `url` and a `secret_env`"),
    ]);
    found(&[
        (
            "{ type = \"integer\", minimum = 1 }",
            "{ type = \"integer\", multipleOf = 0.5 }",
            "`multipleOf` with a fraction",
        ),
        ("effect = \"money\"\n", "effect = \"money\"\npersonal = [\"name\"]\n", "`personal` names `name`"),
        ("additionalProperties = false\nrequired = [\"ch", "required = [\"ch", "additionalProperties = false"),
        ("type = \"string\"\nmaxLength = 40", "\"$ref\" = \"https://x.example/s\"", "leaves the bundle"),
    ]);
    found(&[("type = \"string\"\nmaxLength = 40", "type = \"strang\"", "no JSON Schema")]);
    for (written, told) in [
        ("enum = [1.5, 2]", "list texts, whole numbers and truths"),
        ("const = 19.99", "list texts, whole numbers and truths"),
        ("enum = []", "`enum` lists nothing"),
        ("type = \"integer\"\nminimum = 0.5", "`minimum` must be a whole number"),
        ("type = \"string\"\nminLength = 5\nmaxLength = 2", "`minLength` is above `maxLength`"),
        ("type = \"string\"\nformat = \"date\"", "write `pattern`"),
    ] {
        found(&[("type = \"string\"\nmaxLength = 40", written, told)]);
    }
    found(&[("count = 2\n", "count = 0\n", "of a limit are 1 or more")]);
    found(&[("minor = { type = \"integer\"", "minor = { type = \"number\"", "`number` has fractions")]);
    found(&[("name = \"refund_charge\"", "name = \"handle\"", "this cannot be its name")]);
}

/// What fills the sandbox lies beside the bundle, wherever somebody puts that.
#[test]
fn a_sandbox_is_filled_from_a_file_beside_the_bundle_and_nothing_else_is() {
    let nowhere = "its seed is no file beside the bundle";
    for seed in ["", "/etc/passwd", "../database.json", "source/../../x", "./x", "source\\x"] {
        let seeded = format!("kind = \"sandbox\"\nseed = '{seed}'");
        found(&[("kind = \"sandbox\"", &seeded, nowhere)]);
    }
    let webhook = "kind = \"webhook\"\nurl = \"https://x.example\"\nsecret_env = \"X\"\nseed = \"x.json\"";
    found(&[("kind = \"sandbox\"", webhook, "only the sandbox is filled from a file")]);
    // Whether it is there is not the bundle's to say: it is no part of it.
    let seeded = CATALOGUE.replacen("kind = \"sandbox\"", "kind = \"sandbox\"\nseed = \"source/database.json\"", 1);
    let bundle = Bundle::load(with_catalogue(&seeded)).unwrap_or_else(|findings| panic!("{findings:#?}"));
    assert_eq!(bundle.connectors()[0].seed.as_deref(), Some("source/database.json"));
}

#[test]
fn a_confirmer_reads_all_that_is_asked_for_in_their_language() {
    let bundle = Bundle::load(with_catalogue(CATALOGUE)).unwrap();
    let spec = bundle.requested("refund_charge").unwrap();
    let arguments =
        json!({ "charge": "ch\u{ad}1\u{202e}x", "amount": { "minor": 1_250, "currency": "GBP" }, "reason": "twice" });
    let said =
        |language: Option<&str>| spec.template.say(language, arguments.as_object().unwrap(), &serde_json::Map::new());
    assert_eq!(said(Some("de")), "12.50 GBP der Zahlung ch\u{fffd}1\u{fffd}x erstatten: twice.");
    assert_eq!(said(None), said(Some("de")), "the first by name, where the language is another");
    assert_eq!(said(Some("en")), "Refund 12.50 GBP of charge ch\u{fffd}1\u{fffd}x: twice.");
}

#[test]
fn money_is_in_a_currency_that_there_is_and_each_is_spelt_one_way() {
    let bundle = Bundle::load(with_catalogue(CATALOGUE)).unwrap();
    let spec = bundle.requested("refund_charge").unwrap();
    for currency in ["gbp", "GBP ", "\u{202e}EUR", "", "G:B", "XXX"] {
        let amount = json!({ "minor": 5, "currency": currency });
        let arguments = json!({ "charge": "ch1", "amount": amount, "reason": "twice" });
        let unfit = spec.parameters.check(arguments.as_object().unwrap()).unwrap_err().to_string();
        assert!(unfit.starts_with("`/amount/currency` must be the code of a currency"), "{currency}: {unfit}");
        // What a connector tells in such a currency is no money, and nothing that a confirmer is shown as such.
        let charge = spec.facts.iter().find(|(name, _)| name == "charge_amount").unwrap().1;
        assert_eq!(term(charge, &amount), None);
        let said = spec.template.say(Some("en"), arguments.as_object().unwrap(), &serde_json::Map::new());
        assert!(!said.contains('\u{202e}'), "{said}");
    }
}

#[test]
fn what_grows_by_itself_voids_no_yes() {
    let bundle = Bundle::load(with_catalogue(CATALOGUE)).unwrap();
    let spec = bundle.requested("refund_charge").unwrap();
    let facts = |days: i64, refunded: bool| {
        let told = [("age_days", json!(days)), ("refunded", json!(refunded))];
        let kinds = |name: &str| spec.facts.iter().find(|(known, _)| known == name).unwrap().1;
        told.map(|(name, value)| (name.to_owned(), term(kinds(name), &value).unwrap())).into_iter().collect()
    };
    assert_eq!(spec.standing(&facts(3, false)), spec.standing(&facts(4, false)));
    assert_ne!(spec.standing(&facts(3, false)), spec.standing(&facts(3, true)));
}

#[test]
fn arguments_that_validators_would_judge_differently_are_refused() {
    let bundle = Bundle::load(with_catalogue(CATALOGUE)).unwrap();
    let parameters = &bundle.requested("refund_charge").unwrap().parameters;
    let good = json!({ "charge": "c", "amount": { "minor": 1, "currency": "GBP" }, "reason": "twice" });
    assert_eq!(parameters.check(good.as_object().unwrap()), Ok(()));
    let with = |at: &str, value: Value| {
        let mut other = good.clone();
        *other.pointer_mut(at).unwrap() = value;
        parameters.check(other.as_object().unwrap()).unwrap_err().to_string()
    };
    assert!(with("/amount/minor", json!(19.99)).starts_with("`/amount/minor` must hold whole numbers"));
    assert!(with("/amount/minor", json!(5.0)).starts_with("`/amount/minor` must hold whole numbers"));
    assert!(with("/amount/minor", json!(9_007_199_254_740_993_i64)).starts_with("`/amount/minor`"));
    assert!(with("/amount/minor", json!("500")).starts_with("`/amount/minor`"));
    assert!(!with("/charge", json!("s3cret-that-is-far-too-long-for-a-charge-s3cret")).contains("s3cret"));
    let mut more = good.clone();
    more["note"] = json!("x");
    assert!(parameters.check(more.as_object().unwrap()).is_err());
}

/// What lets through more than who confirms is shown, and what validators or people read otherwise than it is meant.
#[test]
fn a_schema_leaves_nothing_open_at_any_depth() {
    let charge = "type = \"string\"\nmaxLength = 40";
    let amount =
        "properties = { minor = { type = \"integer\", minimum = 1 }, currency = { type = \"string\", maxLength = 3 } }";
    let open = "nothing says of what type it is";
    let hides = "lets through what who confirms is not shown";
    for (from, to, says) in [
        (charge, "type = \"object\"", "write `additionalProperties = false`"),
        (charge, "type = \"array\"\nitems = { type = \"object\" }", "write `additionalProperties = false`"),
        (charge, "type = \"array\"", "write `items`"),
        (charge, "type = \"array\"\nprefixItems = [{ type = \"string\" }]\nitems = { type = \"string\" }", hides),
        (charge, "description = \"any\"", open),
        (charge, "type = [\"object\", \"string\"]", "write one type"),
        (charge, "anyOf = [{ type = \"string\" }, { type = \"object\" }]", hides),
        (charge, "type = \"string\"\nmaxlength = 40", hides),
        (charge, "type = \"string\"\nmaximum = 40", "`maximum` is of type `integer`, which it is not"),
        (charge, "enum = [{ a = 1 }]", "declare what has parts by its parts"),
        (charge, "\"$ref\" = \"#/properties/reason\"", "hides what is asked for"),
        (charge, "type = \"object\"\nadditionalProperties = false\nrequired = [\"a\"]", "`required` names `a`"),
        ("required = [\"charge\", ", "required = [\"charges\", ", "`required` names `charges`"),
        (
            "required = [\"charge\", ",
            "patternProperties = { x = { type = \"string\" } }\nrequired = [\"charge\", ",
            hides,
        ),
        ("required = [\"charge\", ", "unevaluatedProperties = true\nrequired = [\"charge\", ", hides),
        ("required = [\"charge\", ", "dependentSchemas = { charge = { } }\nrequired = [\"charge\", ", hides),
        ("required = [\"minor\", \"currency\"]", "required = [\"minor\"]", "money is exactly"),
        (
            amount,
            "properties = { minor = { type = \"integer\" }, currency = { type = \"string\" }, to = { const = 1 } }",
            "money is exactly",
        ),
        (
            amount,
            "properties = { minor = { type = \"string\" }, currency = { type = \"string\" } }",
            "money is exactly",
        ),
        (
            amount,
            "properties = { minor = { type = \"integer\" }, currency = { enum = [\"GBP\", \"gbp\"] } }",
            "`gbp` is no currency",
        ),
        (
            "[\"customer\"], [\"customer\", \"staff\", \"staff\"]",
            "[\"customer\", \"customer\"]",
            "names the customer twice",
        ),
        ("Refund {amount}", "Re\u{ad}fund {amount}", "U+00AD"),
        ("Refund {amount}", "Refund\u{202e} {amount}", "U+202E"),
        ("Refund {amount}", "Refund\u{3164} {amount}", "U+3164"),
        ("Refund {amount}", "Refund\u{e0041} {amount}", "U+E0041"),
    ] {
        found(&[(from, to, says)]);
    }
}
