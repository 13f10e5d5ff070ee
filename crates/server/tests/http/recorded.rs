//! Corpora of what is put on record, which every later version has to read and to take again: with `REMIT_RECORD` set,
//! what the servers of these tests recorded is added to them where it is otherwise than all that they have. Nothing
//! that stands in one is ever changed.

use crate::{described::DESCRIPTION, sample_bundle::BANK};
use remit_policy::files::Files;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex},
};

/// Bodies of events, a file for each kind.
pub(crate) const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/tests/recorded");
/// Decisions, a folder for each version of their record, with the bundle that governed.
pub(crate) const DECISIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../policy/tests/recorded");
/// The examples of the sample bank's intents, which stand once beside all of its bundles.
const EXAMPLES: &str = "intents.csv";
/// Set to add to the corpora.
const RECORD: &str = "REMIT_RECORD";
/// Members whose values say what form their object has.
const TAGS: [&str; 5] = ["type", "kind", "point", "change", "state"];

static CORPORA: LazyLock<Option<Mutex<Corpora>>> =
    LazyLock::new(|| std::env::var_os(RECORD).map(|_| Mutex::new(Corpora::default())));
/// The names of all members that the description knows; others are somebody's own, such as a policy's.
static MEMBERS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let (mut names, mut left) = (BTreeSet::new(), vec![&DESCRIPTION["components"]["schemas"]]);
    while let Some(value) = left.pop() {
        if let Some(properties) = value["properties"].as_object() {
            names.extend(properties.keys().map(String::as_str));
        }
        match value {
            Value::Object(members) => left.extend(members.values()),
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    names
});

/// Adds what a server recorded to the corpora, if that is asked for.
pub(crate) fn keep(body: &[u8]) {
    if let Some(corpora) = &*CORPORA {
        let line = std::str::from_utf8(body).unwrap();
        let event: Value = serde_json::from_str(line).unwrap();
        let mut corpora = corpora.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        corpora.keep_event(&event, line);
        corpora.keep_decision(&event, line);
    }
}

/// What each file of the corpora has, by its path.
#[derive(Default)]
struct Corpora(BTreeMap<PathBuf, BTreeSet<String>>);

impl Corpora {
    fn keep_event(&mut self, event: &Value, line: &str) {
        let file = Path::new(EVENTS).join(format!("{}.jsonl", event["type"].as_str().unwrap()));
        self.keep(file, line, |event| forms(event, String::new()));
    }

    /// Decisions are taken again under the bundle beside them, so that those of others are not kept.
    fn keep_decision(&mut self, event: &Value, line: &str) {
        let Some(decision) = decision_of(event) else { return };
        let folder = Path::new(DECISIONS).join(format!("v{}", remit_domain::decision::DECISION_VERSION));
        if decision["bundle"] != BANK.digest().as_str() || !governs(&folder) {
            return;
        }
        self.keep(folder.join("decisions.jsonl"), line, |event| {
            let Some(decision) = decision_of(event) else { return BTreeSet::new() };
            let (kind, point) = (&event["type"], &decision["point"]);
            let (outcome, answer) = (&decision["outcome"]["kind"], &decision["verdict"]["answer"]);
            BTreeSet::from([format!("{kind} {point} {outcome} {answer}"), decision["trigger"]["kind"].to_string()])
        });
    }

    /// Adds a line to a file if it has something that no line there has.
    fn keep(&mut self, file: PathBuf, line: &str, of: impl Fn(&Value) -> BTreeSet<String>) {
        let of = |line: &str| of(&serde_json::from_str(line).unwrap());
        let kept = self
            .0
            .entry(file.clone())
            .or_insert_with(|| fs::read_to_string(&file).unwrap_or_default().lines().flat_map(of).collect());
        let found = of(line);
        if !found.is_subset(kept) {
            kept.extend(found);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
            writeln!(file, "{line}").unwrap();
        }
    }
}

/// Where each member stands in a value, with what says its form.
fn forms(value: &Value, at: String) -> BTreeSet<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| {
                let name = if MEMBERS.contains(name.as_str()) { name } else { "*" };
                let tag =
                    value.as_str().filter(|_| TAGS.contains(&name)).map_or(String::new(), |tag| format!("={tag}"));
                forms(value, format!("{at}/{name}{tag}"))
            })
            .chain([at.clone()])
            .collect(),
        Value::Array(items) => items.iter().flat_map(|item| forms(item, format!("{at}[]"))).collect(),
        _ => BTreeSet::from([at]),
    }
}

/// The decision that an event records.
pub(crate) fn decision_of(event: &Value) -> Option<&Value> {
    [&event["decision"], &event["change"]["decision"]].into_iter().find(|decision| decision.is_object())
}

/// Whether the bundle beside decisions of this version is the sample bank as it is; it is put there if there is none.
fn governs(folder: &Path) -> bool {
    let bundle = folder.join("bundle");
    let examples = BANK.files().get(EXAMPLES).unwrap();
    if !bundle.exists() {
        for (path, bytes) in BANK.files().all().filter(|(path, _)| *path != EXAMPLES) {
            let path = bundle.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    Files::read(&bundle).unwrap().with(EXAMPLES, examples.to_vec()).digest() == *BANK.digest()
}
