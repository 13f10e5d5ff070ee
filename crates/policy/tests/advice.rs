//! What is to be looked at in a bundle that is good: whom no test has handle a case.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use remit_policy::{
    actions::Permission,
    advice,
    bundle::Bundle,
    engine::{ApiCase, ApiPrincipal, ApiRequest, Engine},
    files::Files,
};
use std::path::PathBuf;

fn bundle(name: &str) -> Files {
    Files::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles").join(name)).unwrap()
}

fn text(files: &Files, name: &str) -> String {
    String::from_utf8(files.get(name).unwrap().to_vec()).unwrap()
}

fn told(files: Files) -> Vec<String> {
    let bundle = Bundle::load(files).unwrap();
    advice::of(&bundle, &Engine::new(&bundle))
}

#[test]
fn the_sample_organisations_need_none() {
    for name in ["bank", "shop"] {
        assert_eq!(told(bundle(name)), Vec::<String>::new(), "{name}");
    }
}

/// The bank as it was written when an empty string stood for nobody.
fn bank_of_the_first_schema() -> Files {
    let bank = bundle("bank");
    let toml = text(&bank, "bundle.toml").replace("schema = 2\n", "");
    let mut api = text(&bank, "policies/api-access.cedar");
    for (now, then) in [
        (" && resource has holder", ""),
        (" && resource has staff && resource.staff ==", " && resource.staff =="),
        (" && resource has offered", ""),
        (" && resource has customer", ""),
        ("!(resource has staff)", "resource.staff == \"\""),
        ("principal has responder", "principal.responder != \"\""),
        ("principal has staff", "principal.staff != \"\""),
        ("principal has customer", "principal.customer != \"\""),
    ] {
        api = api.replace(now, then);
    }
    assert!(!api.contains(" has "), "{api}");
    bank.with("bundle.toml", toml.into_bytes()).with("policies/api-access.cedar", api.into_bytes())
}

#[test]
fn a_bundle_of_the_first_schema_governs_as_it_did_and_is_told_of_the_second() {
    let first = bank_of_the_first_schema();
    let found = told(first.clone());
    assert_eq!(found.len(), 11, "{found:#?}");
    let telling = "`api.responder` (policies/api-access.cedar:15) compares `principal.responder` with \"\", which \
                   stands for nobody in version 1 of the schema: name `schema = 2` in bundle.toml, and write \
                   `principal has responder` there";
    assert_eq!(found[0], telling);
    // With the second, what may be of nobody is asked for before it is read.
    let toml = text(&first, "bundle.toml").replacen("currency =", "schema = 2\ncurrency =", 1);
    let refused = Bundle::load(first.clone().with("bundle.toml", toml.into_bytes())).unwrap_err();
    assert!(refused.iter().any(|finding| finding.message.contains("`staff`")), "{refused:#?}");

    // Both say the same of everybody.
    let (then, now) = (Bundle::load(first).unwrap(), Bundle::load(bundle("bank")).unwrap());
    let engines = [Engine::new(&then), Engine::new(&now)];
    let staff = |staff| [None, Some("a"), Some("b")].map(|responder| ApiPrincipal::Staff { staff, responder });
    let others = [
        ApiPrincipal::Unnamed,
        ApiPrincipal::Responder("a"),
        ApiPrincipal::Responder("b"),
        ApiPrincipal::Customer("a"),
    ];
    let principals = others.into_iter().chain(staff("a")).chain(staff("b"));
    let case = |holder, staff, offered, customer| Some(ApiCase { holder, staff, offered, customer });
    let cases = [
        None,
        case(None, None, None, None),
        case(Some("a"), None, None, Some("a")),
        case(Some("a"), Some("b"), None, Some("b")),
        case(Some("b"), Some("a"), None, Some("a")),
        case(Some("b"), None, Some("a"), Some("b")),
    ];
    for role in now.roles() {
        for (action, case) in Permission::ALL.into_iter().flat_map(|action| cases.map(|case| (action, case))) {
            for principal in principals.clone() {
                let asked = ApiRequest { roles: std::slice::from_ref(role), principal, action, case };
                let [then, now] = engines.each_ref().map(|engine| engine.authorize(&asked));
                assert_eq!(then, now, "{asked:?}");
                assert_eq!(now.errors, []);
            }
        }
    }
}

#[test]
fn whom_no_test_and_no_policy_ever_gives_a_case_is_told() {
    let bank = bundle("bank");
    let tests = text(&bank, "tests/verdicts.toml").replace("\"identity\"", "\"general\"");
    let untested = bank.with("tests/verdicts.toml", tests.into_bytes());
    let found = told(untested.clone());
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("no test says of `identity` that it may have a case"), "{found:?}");
    // A permit that never holds.
    let queues = text(&untested, "policies/queues.cedar");
    let (before, own) = queues.split_once("@id(\"queue.identity\")").unwrap();
    let own = own.replacen("when {", "when { context.handoffs < 0 && ", 1);
    let queues = format!("{before}@id(\"queue.identity\"){own}");
    let found = told(untested.with("policies/queues.cedar", queues.into_bytes()));
    let never = "`identity` may have a case in none of the requests that were tried, and no test says that it may";
    assert!(found.iter().any(|one| one.starts_with(never)), "{found:?}");
}

#[test]
fn a_desk_that_closes_says_what_becomes_of_who_chats_or_calls() {
    let bank = bundle("bank");
    let manifest = text(&bank, "bundle.toml");
    let (before, after) = manifest.split_once("calls_back = [\"chat\", \"phone\"]\n").unwrap();
    let told_of = |keys: &str| told(bank.clone().with("bundle.toml", format!("{before}{keys}\n{after}").into_bytes()));
    let unsaid = "`cards` closes, and does not say what becomes of chat, phone then: customers are promised a call for \
                  when it opens; write `calls_back = [\"chat\", \"phone\"]`, or `calls_back = []` where nobody is to \
                  be promised one";
    let half = "`cards` closes, and neither collects nor calls back phone: where nobody else may have such a case, it \
                becomes an exception; name the channel in `calls_back`, or in `collects`";
    assert_eq!(told_of(""), [unsaid]);
    assert_eq!(told_of("calls_back = [\"chat\"]"), [half]);
    let said =
        ["calls_back = []", "collects = [\"chat\", \"phone\"]", "collects = [\"phone\"]\ncalls_back = [\"chat\"]"];
    for keys in said {
        assert_eq!(told_of(keys), Vec::<String>::new(), "{keys}");
    }
}
