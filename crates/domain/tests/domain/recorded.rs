//! What was put on record is read by every later version, and written again as it was, byte for byte.
//!
//! `recorded` has bodies of events as servers wrote them, a file for each kind; `REMIT_RECORD=1` has the tests of the
//! interface add what is of another form than all of them. Nothing that stands there is ever changed.

use remit_domain::Event;
use std::{collections::BTreeSet, fs, path::Path};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded");
/// What a file's name ends with.
const END: &str = ".jsonl";

#[test]
fn every_kind_is_in_the_corpus() {
    let kinds: BTreeSet<String> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap().strip_suffix(END).unwrap().to_owned())
        .collect();
    let known: BTreeSet<String> = Event::KINDS.iter().map(|kind| (*kind).to_owned()).collect();
    let missing: Vec<&String> = known.difference(&kinds).collect();
    let cure = "run `REMIT_RECORD=1 cargo test --package remit-server --test http` with a test that records it";
    assert!(missing.is_empty(), "no body is kept of {missing:?}; {cure}");
    assert_eq!(kinds, known, "what was recorded once is a kind for ever");
}

#[test]
fn each_body_is_read_and_written_again_as_it_was() {
    for kind in Event::KINDS {
        let bodies = fs::read_to_string(Path::new(FOLDER).join(format!("{kind}{END}"))).unwrap_or_default();
        for body in bodies.lines() {
            let event: Event = serde_json::from_str(body).unwrap_or_else(|error| panic!("{kind}: {error}: {body}"));
            assert_eq!(event.kind(), *kind, "{body}");
            assert_eq!(serde_json::to_string(&event).unwrap(), body);
        }
        assert!(!bodies.is_empty(), "{kind}");
    }
}
