//! What is to be looked at in a bundle that is good: whom no test has handle a case.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use remit_policy::{advice, bundle::Bundle, engine::Engine, files::Files};
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
