//! A bundle's own tests at a moment: which desks are open then, which collect, and which call back.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_policy::{bundle::Bundle, engine::Engine, files::Files, suite};
use std::path::PathBuf;

/// The failures of these tests under the bank, whose cards desk collects mails and calls chats back. It works from
/// 07:00 to 22:00, and not at Christmas; the desk for identities works in the office's hours and collects nothing.
fn failures(tests: &str) -> Vec<String> {
    failures_under("collects = [\"email\"]\ncalls_back = [\"chat\"]", tests)
}

/// The same, where the cards desk has these keys.
fn failures_under(keys: &str, tests: &str) -> Vec<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    let files = Files::read(&root).unwrap();
    let manifest = String::from_utf8(files.get("bundle.toml").unwrap().to_vec()).unwrap();
    let (before, cards) = manifest.split_once("name = \"cards\"\ntitle = \"Cards desk\"").unwrap();
    let keys = &format!("calendar = \"long\"\n{keys}");
    let cards = cards.replacen("calendar = \"long\"\ncalls_back = [\"chat\", \"phone\"]", keys, 1);
    let manifest = format!("{before}name = \"cards\"\ntitle = \"Cards desk\"{cards}");
    let names: Vec<String> = files.under("tests").map(|(name, _)| name.to_owned()).collect();
    let files = names.iter().fold(files, |files, name| files.with(name, Vec::new()));
    let files = files.with("bundle.toml", manifest.into_bytes()).with("tests/nights.toml", tests.as_bytes().to_vec());
    let bundle = Bundle::load(files).unwrap_or_else(|findings| panic!("{findings:?}"));
    let report = suite::run(&bundle, &Engine::new(&bundle));
    report.failures.iter().map(|finding| finding.message.clone()).collect()
}

fn test(at: &str, channel: &str, expected: &str) -> String {
    let intent = "intent = \"card_arrival\", intent_confidence_bp = 9000, human_requested = true";
    format!("[[test]]\nname = \"night\"\nat = {at}\nsignals = {{ channel = \"{channel}\", {intent} }}\n{expected}\n")
}

const DAY: &str = "2026-03-10T10:00:00Z";
/// A minute before it closes in London, and when it does.
const EVENING: &str = "2026-03-10T22:59:00+01:00";
const NIGHT: &str = "2026-03-10T23:00:00+01:00";

#[test]
fn a_test_sets_the_moment_and_desks_are_as_their_calendars_say() {
    let closed = "deny = [\"cards\"]\nbecause = { cards = [\"remit.closed\"] }";
    for (at, channel, expected) in [
        (DAY, "web", "allow = [\"cards\"]"),
        (EVENING, "web", "allow = [\"cards\"]"),
        (NIGHT, "web", closed),
        ("\"2026-12-25T10:00:00Z\"", "web", closed),
        ("2026-12-25T10:00:00Z", "email", "allow = [\"cards\"]"),
        ("2026-12-25T10:00:00Z", "chat", "allow = [\"cards\"]\nchosen = \"general\""), // who is there comes first
        (
            "2026-12-25T10:00:00Z",
            "chat",
            "chosen = \"cards\"\nfacts = { general = { open = false }, fraud = { open = false } }",
        ),
        ("2026-12-25T10:00:00Z", "email", &format!("{closed}\nfacts = {{ cards = {{ open = false }} }}")),
    ] {
        let told = failures(&test(at, channel, expected));
        assert!(told.is_empty(), "{at} {channel} {expected}: {told:?}");
    }
    let [danger] = &failures(
        &test("2026-12-25T10:00:00Z", "email", "allow = [\"cards\"]")
            .replace("channel", "situation = \"threat\", channel"),
    )[..] else {
        panic!("a case in danger is collected by nobody")
    };
    assert!(danger.contains("expected allow for `cards`, got deny"), "{danger}");
    let [no_offset] = &failures(&test("2026-12-25T10:00:00", "email", ""))[..] else { panic!("one failure") };
    assert!(no_offset.contains("`at` must be a moment with its offset"), "{no_offset}");
}

#[test]
fn who_chats_or_calls_is_promised_a_call_where_the_bundle_says_nothing_and_not_where_it_says_so() {
    let nobody_is_there = "facts = { general = { open = false }, fraud = { open = false } }";
    let promised = format!("chosen = \"cards\"\n{nobody_is_there}");
    let nothing = format!("deny = [\"cards\"]\nbecause = {{ cards = [\"remit.closed\"] }}\n{nobody_is_there}");
    for (keys, channel, expected) in [
        ("", "chat", &promised),
        ("", "phone", &promised),
        ("", "email", &nothing),
        ("", "web", &nothing),
        ("collects = [\"phone\"]", "phone", &promised), // it waits there all the same
        ("calls_back = []", "chat", &nothing),
        ("calls_back = []", "phone", &nothing),
        ("calls_back = [\"chat\"]", "phone", &nothing),
    ] {
        let told = failures_under(keys, &test(NIGHT, channel, expected));
        assert!(told.is_empty(), "{keys:?} {channel} {expected}: {told:?}");
    }
}
