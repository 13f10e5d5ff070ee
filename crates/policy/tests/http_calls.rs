//! How an HTTP service is asked, as a bundle declares it: what cannot work is found where it stands.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_policy::{advice, bundle::Bundle, engine::Engine, files::Files, finding::Finding};
use std::path::Path;

const CATALOGUE: &str = r#"
[[connector]]
name = "core"
kind = "http"
url = "https://core.example/v1"
[connector.oauth]
token_url = "https://login.example/token"
client_id = "remit"
secret_env = "CORE_SECRET"
[[action]]
name = "refund_charge"
title = "Refund a charge"
effect = "money"
connector = "core"
amount = "amount"
template = "Refund {amount} of {charge} to {iban}: {note}"
personal = ["iban"]
facts = { owner = "text", left = "money", age_days = "elapsed" }
[action.parameters]
type = "object"
additionalProperties = false
required = ["charge", "amount", "iban"]
[action.parameters.properties]
charge = { type = "string", maxLength = 40 }
note = { type = "string", maxLength = 40 }
iban = { type = "string", maxLength = 40 }
[action.parameters.properties.amount]
type = "object"
additionalProperties = false
required = ["minor", "currency"]
properties = { minor = { type = "integer" }, currency = { enum = ["EUR", "GBP"] } }
[action.http.facts]
method = "GET"
path = "/charges/{arguments.charge}"
not_found = [404]
facts.owner = "/owner/id"
facts.left = { minor = "/left", currency = "EUR" }
facts.age_days = { days_since = "/taken_at" }
[action.http.execute]
method = "POST"
path = "/charges/{arguments.charge}/refunds"
body = { sum = "{arguments.amount.minor}", to = "{arguments.iban}", why = "{arguments.note}", after = "{not_after}" }
refused = [409, 422]
reference = "/id"
amount = { minor = "/amount/value", currency = "/amount/currency" }
[action.http.find]
method = "GET"
path = "/refunds"
query = { external_id = "{key}", note = "{arguments.note}" }
list = "/items"
state = { at = "/status", done = ["succeeded"], refused = ["failed"] }
reference = "/id"
amount = { minor = "/amount", currency = "GBP" }
"#;

const POLICIES: &str = r#"
@id("refund.may")
@owner("payments-team")
@reason("Charges are refunded")
permit (principal, action == Action::"refund_charge", resource)
when { context.facts.owner == "ann" && context.facts.age_days < 60 && context.facts.left.minor > 0 };
"#;

fn with(catalogue: &str) -> Result<Bundle, Vec<Finding>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = std::fs::read(root.join("tests/recorded/intents.csv")).unwrap();
    let bank = Files::read(&root.join("tests/recorded/v5/bundle")).unwrap().with("intents.csv", examples);
    let manifest = String::from_utf8(bank.get("bundle.toml").unwrap().to_vec()).unwrap() + catalogue;
    Bundle::load(bank.with("bundle.toml", manifest.into_bytes()).with("policies/refunds.cedar", POLICIES.into()))
}

/// What is found where all of these are written otherwise, each with what is said of it.
fn found(changes: &[(&str, &str, &str)]) {
    let mut catalogue = CATALOGUE.to_owned();
    for (from, to, _) in changes {
        assert!(catalogue.contains(from), "{from}");
        catalogue = catalogue.replacen(from, to, 1);
    }
    let findings = with(&catalogue).err().unwrap_or_else(|| panic!("nothing is found of {changes:?}"));
    for (.., says) in changes {
        let on_its_line = |finding: &Finding| finding.file == "bundle.toml" && finding.line > 400;
        let says_so = |finding: &Finding| on_its_line(finding) && finding.to_string().contains(says);
        assert!(findings.iter().any(says_so), "{says}: {findings:#?}");
    }
}

#[test]
fn a_whole_mapping_is_taken() {
    let bundle = with(CATALOGUE).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let http = bundle.requested("refund_charge").unwrap().http.as_ref().unwrap();
    assert!(http.find.is_some() && http.facts.is_some());
}

#[test]
fn a_finding_names_the_line_of_what_is_wrong() {
    let catalogue = CATALOGUE.replace("list = \"/items\"", "list = \"items\"");
    let findings = with(&catalogue).unwrap_err();
    let whole =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/v5/bundle/bundle.toml"));
    let at = (whole.unwrap() + &catalogue).lines().position(|line| line == "list = \"items\"").unwrap();
    assert!(findings.iter().any(|finding| finding.line == at + 1), "{findings:#?}");
}

#[test]
fn addresses_that_cannot_be_asked_are_found() {
    found(&[
        ("https://core.example/v1", "http://core.example/v1", "connector `core`: it is asked over the network in the"),
        ("https://login.example/token", "login", "its token_url"),
        ("kind = \"http\"", "kind = \"http\"\nsettled_seconds = 0", "settled_seconds must be"),
        ("client_id = \"remit\"", "client_id = \"\"\nresource = \"core\"", "plain ASCII, and not empty"),
        ("path = \"/refunds\"", "path = \"//evil.example/{key}\"", "has an empty part"),
        ("/charges/{arguments.charge}/refunds", "charges", "begins with `/`"),
        ("/charges/{arguments.charge}\"", "/a/../charges\"", "no `.` and `..`"),
    ]);
    found(&[
        ("https://core.example/v1", "https://core.example/v1?a=b", "has a query"),
        ("https://login.example/token", "http://login.example/token", "in the clear"),
        ("kind = \"http\"", "kind = \"http\"\nkey_header = \"Authorization\"", "can be no header for the key"),
        ("client_id = \"remit\"", "client_id = \"remit\"\nresource = \"core\"", "its resource"),
        ("path = \"/refunds\"", "path = \"/refunds?x=1\"", "belongs in `query`"),
        ("/charges/{arguments.charge}/refunds", "/charges/{key", "braces do not fit"),
    ]);
    found(&[("https://core.example/v1", "https://{arguments.charge}/v1", "its url")]);
    found(&[("kind = \"http\"", "kind = \"http\"\nsecret_env = \"X\"", "an HTTP service has a `url`")]);
    found(&[("kind = \"http\"", "kind = \"sandbox\"", "only a connector with `kind = \"http\"`")]);
}

#[test]
fn references_to_nothing_are_found() {
    found(&[
        ("/charges/{arguments.charge}/refunds", "/charges/{arguments.charges}/{arguments.note}", "is no parameter"),
        ("/charges/{arguments.charge}\"", "/charges/{key}\"", "http.facts: `{key}` is nothing that is known"),
        ("{arguments.amount.minor}", "{arguments.amount.major}", "`{arguments.amount.major}` is no parameter"),
        ("\"{arguments.note}\", after", "\"because {arguments.note}\", after", "a reference stands alone"),
        ("external_id = \"{key}\"", "external_id = \"{confirmed_by}\"", "is a list"),
        ("external_id", "due = \"{not_after}\", external_id", "`{not_after}` is nothing that is known"),
    ]);
    found(&[
        (
            "/charges/{arguments.charge}/refunds",
            "/{arguments.note}/{arguments.amount}/{arguments.iban}",
            "may be missing",
        ),
        ("", "", "no place in an address"),
        ("", "", "is personal"),
        ("sum = \"{arguments.amount.minor}\"", "sum = 1.5", "no text, truth or whole number"),
        ("external_id = \"{key}\"", "external_id = \"all\"", "nothing by which the service knows"),
        ("/charges/{arguments.charge}\"", "/charges/{charge}\"", "`{charge}` is nothing that is known"),
    ]);
}

#[test]
fn answers_that_could_not_be_understood_are_found() {
    found(&[
        ("list = \"/items\"", "list = \"/items~2\"", "no JSON Pointer"),
        ("amount = { minor = \"/amount\", currency = \"GBP\" }\n", "", "does not say how much"),
        ("refused = [409, 422]", "refused = [401, 500]\nnot_found = [404]", "`refused` has statuses"),
        ("", "", "is not looked for"),
        ("done = [\"succeeded\"]", "done = []", "names what means done"),
        ("facts.owner =", "facts.name = \"/name\"\nfacts.owner =", "which is no fact of the action"),
        ("{ minor = \"/left\", currency = \"EUR\" }", "\"/left\"", "the fact `left` cannot be read so"),
        ("{ days_since = \"/taken_at\" }", "{ days_since = \"/t\", hours_since = \"/t\" }", "in hours or in days"),
    ]);
    found(&[
        ("list = \"/items\"\n", "", "cannot say that nothing is known"),
        ("reference = \"/id\"\n", "", "it has no `reference`"),
        ("refused = [409, 422]", "done = [302, 302]", "`done` has statuses"),
        ("", "", "a status means two things"),
        ("currency = \"GBP\" }\n", "currency = \"gbp\" }\n", "no JSON Pointer"),
        ("facts.owner = \"/owner/id\"\n", "", "where the fact `owner` stands"),
    ]);
    let (before, _) = CATALOGUE.split_once("[action.http.find]").unwrap();
    let (declared, _) = before.split_once("[action.http.facts]").unwrap();
    let execute = before.split_once("[action.http.execute]").unwrap().1;
    let says = |catalogue: &str, what: &str| with(catalogue).unwrap_err().iter().any(|f| f.to_string().contains(what));
    let without = format!("{declared}[action.http.execute]{execute}");
    assert!(says(&without, "nobody could say what happened") && says(&without, "is asked for its facts"));
    assert!(says(declared, "nothing says how it is asked"));
}

#[test]
fn an_answer_that_does_not_say_of_what_it_is_or_how_far_that_is_is_advised_against() {
    let told = |catalogue: &str| {
        let bundle = with(catalogue).unwrap_or_else(|findings| panic!("{findings:#?}"));
        let all = advice::of(&bundle, &Engine::new(&bundle));
        all.into_iter().filter(|one| one.contains("[action.http.execute]")).collect::<Vec<_>>()
    };
    let unsaid = told(CATALOGUE);
    assert!(unsaid.len() == 1 && unsaid[0].contains("has no `key` and no `state`"), "{unsaid:?}");
    let said = "refused = [409, 422]\nkey = \"/external_id\"\nstate = { at = \"/status\", done = [\"succeeded\"] }";
    assert_eq!(told(&CATALOGUE.replace("refused = [409, 422]", said)), Vec::<String>::new());
}
