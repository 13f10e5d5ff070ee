//! The sample bank, as it is and with something in it otherwise.

use remit_domain::id::Digest;
use remit_policy::{bundle::Bundle, files::Files};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex, OnceLock},
};

/// A bundle that is loaded by who first asks for it.
type Asked = Arc<OnceLock<Arc<Bundle>>>;

/// The bundles that tests asked for, by their digests: to load one takes longer than most tests.
static LOADED: LazyLock<Mutex<HashMap<Digest, Asked>>> = LazyLock::new(Mutex::default);

/// The bundle of these files, which is loaded once.
pub(crate) fn loaded(files: Files) -> Arc<Bundle> {
    let place = Arc::clone(LOADED.lock().unwrap().entry(files.digest()).or_default());
    let load = || Arc::new(Bundle::load(files).unwrap_or_else(|findings| panic!("{findings:#?}")));
    Arc::clone(place.get_or_init(load))
}

/// The sample bank.
pub(crate) static BANK: LazyLock<Arc<Bundle>> = LazyLock::new(|| {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    let files = Files::read(&root).unwrap();
    loaded(files)
});

/// The sample bank with another `bundle.toml`.
pub(crate) fn bank_with(change: impl FnOnce(String) -> String) -> Arc<Bundle> {
    bank_with_file("bundle.toml", change)
}

/// The sample bank with another file.
pub(crate) fn bank_with_file(file: &str, change: impl FnOnce(String) -> String) -> Arc<Bundle> {
    let changed = change(String::from_utf8(BANK.files().get(file).unwrap().to_vec()).unwrap());
    let files = BANK.files().clone().with(file, changed.into_bytes());
    loaded(files)
}

/// The sample bank without one of its queues.
pub(crate) fn bank_without(queue: &str) -> Arc<Bundle> {
    let text = |name: &str| String::from_utf8(BANK.files().get(name).unwrap().to_vec()).unwrap();
    let cut = |text: String, from: &str, to: &str| {
        let (before, rest) = text.split_once(from).unwrap();
        format!("{before}{}", rest.split_once(to).map_or(String::new(), |(_, after)| format!("{to}{after}")))
    };
    let manifest = cut(text("bundle.toml"), &format!("[[queue]]\nname = \"{queue}\""), "[[");
    let policies = cut(text("policies/queues.cedar"), &format!("@id(\"queue.{queue}\")"), "@id(");
    let files = BANK.files().clone().with("bundle.toml", manifest.into_bytes());
    let files = files.with("policies/queues.cedar", policies.into_bytes());
    loaded(files)
}

/// The sample bank with more at the end of its manifest, and more files.
pub(crate) fn bank_and(declared: &str, files: &[(&str, &str)]) -> Arc<Bundle> {
    let manifest = String::from_utf8(BANK.files().get("bundle.toml").unwrap().to_vec()).unwrap() + declared;
    let changed = BANK.files().clone().with("bundle.toml", manifest.into_bytes());
    let changed = files.iter().fold(changed, |all, (name, text)| all.with(name, text.as_bytes().to_vec()));
    loaded(changed)
}

/// The sample bank with another catalogue of actions in the place of its own: `declared` at the end of its manifest,
/// and more files.
pub(crate) fn bank_asking_for(declared: &str, files: &[(&str, &str)]) -> Arc<Bundle> {
    let manifest = String::from_utf8(BANK.files().get("bundle.toml").unwrap().to_vec()).unwrap();
    let (before, rest) = manifest.split_once("[[connector]]").unwrap();
    let (_, after) = rest.split_once("[economics]").unwrap();
    let manifest = format!("{before}[economics]{after}{declared}");
    let is_own = |name: &str| ["policies/requests.cedar", "tests/requests.toml"].contains(&name);
    let kept = BANK.files().all().filter(|(name, _)| !is_own(name));
    let kept = Files::new(kept.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())));
    let changed = kept.with("bundle.toml", manifest.into_bytes());
    let changed = files.iter().fold(changed, |all, (name, text)| all.with(name, text.as_bytes().to_vec()));
    loaded(changed)
}

/// The sample bank whose AI responders ask for what a person then does.
pub(crate) fn bank_of_acts() -> Arc<Bundle> {
    let schema = String::from_utf8(BANK.files().get("schema.cedarschema").unwrap().to_vec()).unwrap() + ACT;
    bank_asking_for(ACTIONS, &[("schema.cedarschema", &schema), ("policies/acts.cedar", ACTS)])
}

const ACT: &str = r#"
entity RequestedAction enum ["book_a_visit", "write_off"];
action "act" appliesTo { principal: Ai, resource: RequestedAction, context: Facts };
"#;

const ACTIONS: &str = r#"
[[action]]
name = "book_a_visit"
title = "Book a visit at a branch"

[[action]]
name = "write_off"
title = "Write a debt off"
"#;

const ACTS: &str = r#"
@id("act.visit")
@owner("cards-team")
@reason("The cards assistant may have a visit booked")
permit (principal == Ai::"cards-ai", action == Action::"act", resource == RequestedAction::"book_a_visit");
"#;
