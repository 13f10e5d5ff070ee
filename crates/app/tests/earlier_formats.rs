//! A data directory of an earlier format: verified as it lies there, migrated, and verified again with its own keys, so
//! that what was kept of each kind of stream is held against records of before and after.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use lz4_flex::block::decompress_size_prepended;
use remit_app::{
    directory::{Directory, KEYS},
    environment::{block_on::block_on, entropy::Entropy},
    evidence::view_check::ViewCheck,
    token,
    vault::keys::Keys,
};
use remit_domain::id::Timestamp;
use remit_ledger::{
    checkpoint::{Checkpoint, Verifier},
    verify::Report,
};
use remit_store::{
    CHECKPOINT, Journal as _, Verification as _, Views as _,
    sqlite::{self, DATABASE, MigrationStep, Options, is_earlier},
};
use rusqlite::Connection;
use std::{fs, path::Path};
use tempfile::TempDir;

/// A directory as format 7 wrote it, with its keys.
const FORMAT_7: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../store/formats/7");
/// After everything in it, in milliseconds since 1970.
const LATER: Timestamp = Timestamp(1_800_000_000_000);

fn format_7() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let (from, to) = (Path::new(FORMAT_7), directory.path());
    let packed = fs::read(from.join("remit.db.lz4")).unwrap();
    fs::write(to.join(DATABASE), decompress_size_prepended(&packed).unwrap()).unwrap();
    fs::create_dir(to.join(KEYS)).unwrap();
    let keys = ["master.key", "ledger.key"].map(|name| format!("{KEYS}/{name}"));
    for name in [CHECKPOINT, &keys[0], &keys[1]] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
    directory
}

fn verified(data: &Path) -> Report {
    let key = Verifier::parse(&fs::read_to_string(Path::new(FORMAT_7).join("key")).unwrap()).unwrap();
    let note = fs::read_to_string(Path::new(FORMAT_7).join(CHECKPOINT)).unwrap();
    let then: Checkpoint = key.open(&note).unwrap();
    let mut kept = ViewCheck::with(Keys::read(&data.join(KEYS)).unwrap());
    block_on(sqlite::UnopenedDirectory::at(data).verify(&key, Some(&then), &mut kept, &mut |_, _| {})).unwrap()
}

fn looked_at(report: &Report) -> Vec<(String, u64)> {
    report.looked_at.iter().map(|looked| (looked.what.clone(), looked.count)).collect()
}

#[test]
fn what_an_earlier_version_kept_is_what_its_records_say_before_and_after_it_is_migrated() {
    let directory = format_7();
    let data = directory.path();
    let before = verified(data);
    assert_eq!(before.problems, []);
    assert!(is_earlier(data).is_some(), "to verify changes nothing");

    let mut steps = Vec::new();
    let opened = Directory::open_telling(data, Options::default(), &mut |step| steps.push(step)).unwrap();
    let judged = steps.iter().position(|step| matches!(step, MigrationStep::Judged { .. }));
    let replaced = steps.iter().position(|step| *step == MigrationStep::Replaced);
    assert!(judged.is_some() && judged < replaced, "{steps:?}");
    let first = block_on(opened.store.tokens()).unwrap().len();
    drop(opened);
    let after = verified(data);
    assert_eq!((after.problems.as_slice(), &after.root), (&[][..], &before.root));
    assert_eq!(looked_at(&after), looked_at(&before));

    // What is made from now on is told by records that say more.
    let opened = Directory::open(data, Options::default()).unwrap();
    let new = serde_json::from_value(serde_json::json!({ "name": "new", "roles": ["auditor"] })).unwrap();
    let (row, _) = token::prepare(&Entropy::default(), LATER, new).unwrap();
    let name = format!("token/{}", row.id);
    token::add_to(&opened.store, &Entropy::default(), LATER, row).unwrap();
    assert_eq!(block_on(opened.store.tokens()).unwrap().len(), first + 1);
    assert_eq!(block_on(opened.store.records_of(&name, 0, 10)).unwrap().len(), 1);
    drop(opened);
    assert_eq!(verified(data).problems, []);
}

#[test]
fn what_was_changed_in_a_directory_of_before_is_found_there_and_keeps_it_from_being_migrated() {
    for (change, told) in [
        ("DELETE FROM items WHERE kind = 'chat'", "it is valid by its records, and none is kept"),
        ("UPDATE tokens SET roles = 'admin lead'", "it is otherwise than its records say"),
        ("DELETE FROM items WHERE kind = 'delivery'", "the subscription is kept, and not where its delivery stands"),
        ("DELETE FROM items WHERE kind = 'override'", "0 are listed"),
        ("INSERT INTO items (kind, id, body) VALUES ('theme', 'x', CAST('{}' AS BLOB))", "there is no such kind"),
        ("UPDATE cases SET accountable = 'eve' WHERE num = 1", "its accountable is"),
        ("UPDATE events SET actor = 'eve' WHERE seq = 9", "the actor beside it is `eve`"),
        ("UPDATE events SET body = (SELECT body FROM events WHERE seq = 9) WHERE seq = 10", "record 10"),
        ("UPDATE events SET stream = 'staff:eve' WHERE stream = 'staff:ana'", "and its entry says"),
    ] {
        let directory = format_7();
        let data = directory.path();
        Connection::open(data.join(DATABASE)).unwrap().execute(change, []).unwrap();
        let found = verified(data).problems;
        assert!(found.iter().any(|problem| problem.to_string().contains(told)), "{change}: {found:?}");
        let database = fs::read(data.join(DATABASE)).unwrap();
        let refused = Directory::open(data, Options::default()).unwrap_err().to_string();
        // Since format 8 the column names streams as everything else does.
        let first = found[0].to_string().replace("staff:", "staff/");
        assert!(refused.contains(&first), "{change}: {refused}");
        assert!(refused.contains("`remit ledger verify` names what was changed"), "{change}: {refused}");
        assert!(fs::read(data.join(DATABASE)).unwrap() == database, "{change}");
        let left: Vec<_> = fs::read_dir(data).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("remit.db.")), "{change}: {left:?}");
    }
}

#[test]
fn a_directory_with_anothers_keys_is_refused_before_it_is_migrated() {
    for key in ["master.key", "ledger.key"] {
        let directory = format_7();
        let data = directory.path();
        let database = fs::read(data.join(DATABASE)).unwrap();
        fs::write(data.join(KEYS).join(key), [7; 32]).unwrap();
        let refused = Directory::open(data, Options::default()).unwrap_err().to_string();
        assert!(refused.contains(key), "{refused}");
        assert!(is_earlier(data).is_some() && fs::read(data.join(DATABASE)).unwrap() == database, "{key}");
    }
}
