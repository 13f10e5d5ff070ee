//! What holds of SQLite alone: batches, keys that are gone from the disk, earlier formats.

use super::*;
use crate::{
    CaseWrite, CommitError, Evidence as _, InFlight, Journal as _, NewCustomer, Record, Views as _,
    fixtures::{self, at_once},
};
use remit_ledger::{checkpoint::Signer, hash::Hash};
use rusqlite::params;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

fn store(directory: &Path) -> SqliteStore {
    SqliteStore::open(directory, Options::default()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_writers_of_one_version_exactly_one_wins() {
    let directory = tempfile::tempdir().unwrap();
    let shared = Arc::new(store(directory.path()));
    for version in 0..20u64 {
        let tasks: Vec<_> = (0..32)
            .map(|n| {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    let commit = Commit {
                        case: Some(fixtures::case_at("cas_X", version, version + 1, &format!("desk{n}"))),
                        records: vec![fixtures::record("cas_X", "x")],
                        ..Commit::default()
                    };
                    shared.commit(commit, InFlight::default()).await
                })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(_) => won += 1,
                Err(CommitError::VersionConflict { current }) => assert_eq!(current, version + 1),
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(won, 1, "version {version}");
    }
    assert_eq!(at_once(shared.depths()).unwrap().values().sum::<i64>(), 1);
    drop(shared);
    // What was acknowledged is there after the store was closed and opened again.
    let again = store(directory.path());
    assert_eq!(at_once(again.last_seq()).unwrap(), 20);
    assert_eq!(at_once(again.case("cas_X")).unwrap().unwrap().version, 20);
}

#[tokio::test]
async fn a_full_disk_refuses_and_leaves_nothing_half_done() {
    let directory = tempfile::tempdir().unwrap();
    let small = SqliteStore::open(directory.path(), Options { pages_max: Some(60), ..Options::default() }).unwrap();
    let mut written = 0;
    let refused = loop {
        let id = format!("cas_{written:05}");
        let commit = Commit {
            case: Some(fixtures::case_at(&id, 0, 1, "desk")),
            records: vec![fixtures::record(&id, &"x".repeat(2_000))],
            ..Commit::default()
        };
        match small.commit(commit, InFlight::default()).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, CommitError::StorageFull), "{refused}");
    assert!(written > 10);
    assert_eq!(at_once(small.last_seq()).unwrap(), written);
    assert_eq!(at_once(small.depths()).unwrap()["desk"], i64::try_from(written).unwrap());
    drop(small);
    // With room again it goes on where it was.
    let again = store(directory.path());
    let commit = Commit {
        case: Some(fixtures::case_at("cas_z", 0, 1, "desk")),
        records: vec![fixtures::record("cas_z", "x")],
        ..Commit::default()
    };
    assert_eq!(again.commit(commit, InFlight::default()).await.unwrap().first_seq, written + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_disk_does_not_have_yet_is_in_no_feed_and_no_ledger_and_settles_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let (tell, told) = mpsc::channel();
    let told = Mutex::new(told);
    let slow = move |_: &Path, tree| Ok(Durability::new(tree, Box::new(move || told.lock().unwrap().recv().unwrap())));
    let shared =
        Arc::new(SqliteStore::open_on(directory.path(), Options::default(), (None, &mut |_| {}), slow).unwrap());
    let commit = |version| {
        let shared = Arc::clone(&shared);
        let commit = Commit {
            case: Some(fixtures::case_at("cas_a", version, version + 1, "desk")),
            records: vec![fixtures::record("cas_a", "x")],
            ..Commit::default()
        };
        tokio::spawn(async move { shared.commit(commit, InFlight::default()).await })
    };
    let counted = || {
        (
            at_once(shared.last_seq()).unwrap(),
            at_once(shared.feed(0, 9)).unwrap().len(),
            at_once(shared.head()).unwrap().0,
        )
    };

    let first = commit(0);
    while at_once(shared.case("cas_a")).unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(counted(), (0, 0, 0));
    let settled = tokio::spawn({
        let shared = Arc::clone(&shared);
        async move { shared.wait_durable().await }
    });
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!first.is_finished() && !settled.is_finished());
    tell.send(Ok(())).unwrap();
    assert_eq!(first.await.unwrap().unwrap().last_seq, 1);
    settled.await.unwrap().unwrap();
    assert_eq!(counted(), (1, 1, 1));

    // A disk that fails acknowledges nothing any more, and nothing that was read may be told.
    tell.send(Err(io::Error::other("bad block"))).unwrap();
    for _ in 0..2 {
        let refused = commit(1).await.unwrap().unwrap_err();
        assert!(refused.to_string().contains("bad block"), "{refused}");
        assert!(shared.wait_durable().await.is_err());
        assert_eq!(counted(), (1, 1, 1));
    }
}

#[tokio::test]
async fn a_second_process_a_foreign_file_and_a_damaged_one_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let first = store(directory.path());
    assert!(matches!(SqliteStore::open(directory.path(), Options::default()), Err(OpenError::InUse(_))));
    let commit = Commit {
        case: Some(fixtures::case_at("cas_z", 0, 1, "desk")),
        records: vec![fixtures::record("cas_z", "x")],
        ..Commit::default()
    };
    first.commit(commit, InFlight::default()).await.unwrap();
    drop(first);

    let raw = Connection::open(directory.path().join(DATABASE)).unwrap();
    raw.execute("DELETE FROM events", []).unwrap();
    drop(raw);
    assert!(matches!(SqliteStore::open(directory.path(), Options::default()), Err(OpenError::Damaged { .. })));

    let other = tempfile::tempdir().unwrap();
    let raw = Connection::open(other.path().join(DATABASE)).unwrap();
    raw.execute("CREATE TABLE theirs (x)", []).unwrap();
    drop(raw);
    assert!(matches!(SqliteStore::open(other.path(), Options::default()), Err(OpenError::Foreign(_))));

    let torn = tempfile::tempdir().unwrap();
    std::fs::write(torn.path().join(DATABASE), vec![7u8; 10_000]).unwrap();
    assert!(matches!(SqliteStore::open(torn.path(), Options::default()), Err(OpenError::Damaged { .. })));
}

#[test]
fn a_new_database_is_refused_beside_a_checkpoint_of_another_before_anything_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join(DATABASE);
    let note = Signer::new("log.example", &[1; 32]).sign(3, &Hash::leaf(b"three"));
    std::fs::write(directory.path().join(crate::CHECKPOINT), note).unwrap();
    let refused = || {
        let refused = SqliteStore::open(directory.path(), Options::default()).map(drop).unwrap_err();
        assert!(matches!(refused, OpenError::Behind { has: 0, signed: 3, .. }), "{refused}");
    };
    refused();
    assert!(!database.exists(), "none is made");
    std::fs::write(&database, b"").unwrap();
    refused();
    assert_eq!(std::fs::metadata(&database).unwrap().len(), 0, "nothing is written into it");
    std::fs::remove_file(directory.path().join(crate::CHECKPOINT)).unwrap();
    drop(SqliteStore::open(directory.path(), Options::default()).unwrap());
}

#[tokio::test]
async fn whatever_is_changed_of_a_record_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let first = store(directory.path());
    for (case, version, subject) in [("cas_a", 0, "exc_1"), ("cas_b", 0, "exc_2"), ("cas_a", 1, "exc_3")] {
        let record = fixtures::record(case, &format!("{{\"id\":\"{subject}\"}}"));
        let commit = Commit {
            case: Some(fixtures::case_at(case, version, version + 1, "desk")),
            records: vec![Record { subject: Some(subject.into()), ..record }],
            ..Commit::default()
        };
        first.commit(commit, InFlight::default()).await.unwrap();
    }
    let signer = Signer::new("log.example", &[1; 32]);
    let (size, root) = at_once(first.head()).unwrap();
    assert!(first.add_checkpoint(size, &signer.sign(size, &root)).await.unwrap());
    drop(first);

    let path = directory.path().join(DATABASE);
    let found = || {
        let report = verify::verify(directory.path(), &signer.verifier(), None, &mut (), &mut |_, _| {}).unwrap();
        report.problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(found(), Vec::<String>::new());
    let raw = Connection::open(&path).unwrap();
    for (change, told) in [
        ("stream = 'case/cas_c'", "the stream beside it is `case/cas_c`, and its entry says `case/cas_a`"),
        ("stream = 'case/cas_b'", "the stream beside it is `case/cas_b`, and its entry says `case/cas_a`"),
        ("stream = 'cas_a'", "the stream beside it is `cas_a`, and its entry says `case/cas_a`"),
        ("ver = 7", "it is number 7 of its stream, behind number 1 in record 1"),
        ("kind = 'other'", "the kind beside it is `other`"),
        ("actor = 'nobody'", "the actor beside it is `nobody`"),
        ("ts_ms = ts_ms + 1", "the moment beside it is"),
        ("subject = 'exc_9'", "it is found by `exc_9`, which is not in it"),
        ("body = x'0041'", "the body does not match the entry's commitment"),
        ("salt = zeroblob(32)", "the body does not match the entry's commitment"),
        ("entry = x'7b7d'", "not an entry"),
    ] {
        raw.execute_batch("BEGIN; CREATE TEMP TABLE kept AS SELECT * FROM events WHERE seq = 3; COMMIT").unwrap();
        raw.execute(&format!("UPDATE events SET {change} WHERE seq = 3"), []).unwrap();
        let problems = found();
        assert!(
            problems.iter().any(|problem| problem.starts_with("record 3 was changed") && problem.contains(told)),
            "{change}: {problems:?}"
        );
        raw.execute_batch("REPLACE INTO events SELECT * FROM kept; DROP TABLE kept").unwrap();
        assert_eq!(found(), Vec::<String>::new(), "{change}");
    }
    // Two of one case that change places, each with all that is its own.
    raw.execute_batch("UPDATE events SET ver = 9 WHERE seq = 1; UPDATE events SET ver = 1 WHERE seq = 3").unwrap();
    assert!(found().iter().any(|problem| problem.contains("record 1 was changed: it is number 9 of its stream")));
}

#[test]
fn a_statement_is_prepared_once_whatever_is_bound() {
    let directory = tempfile::tempdir().unwrap();
    drop(store(directory.path()));
    let path = directory.path().join(DATABASE);
    for connection in [setup::reader(&path).unwrap(), setup::side(&path).unwrap()] {
        let sql = "SELECT id FROM outbox WHERE kind = ?1 AND due_ms <= ?2 ORDER BY due_ms, num LIMIT ?3";
        let mut due = connection.prepare(sql).unwrap();
        for n in 0..3_i64 {
            assert_eq!(due.query_map(("timer", n, n + 5), |_| Ok(())).unwrap().count(), 0);
        }
        assert_eq!(due.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }
}

/// A key that is in no other place.
fn sealed_key(n: u64) -> Vec<u8> {
    (0..60_u64).map(|at| Hash::leaf(&(n * 64 + at).to_be_bytes()).0[0] | 1).collect()
}

fn customer_of(n: u64) -> String {
    format!("cus_{}", remit_ledger::hash::hex(&Hash::leaf(&n.to_be_bytes()).0[..12]))
}

/// Of these customers those whose key is in a file of the database.
fn on_disk(directory: &Path, customers: &[u64]) -> Vec<u64> {
    let keys: HashMap<Vec<u8>, u64> = customers.iter().map(|n| (sealed_key(*n), *n)).collect();
    let begins: HashSet<&[u8]> = keys.keys().map(|key| &key[..8]).collect();
    let files =
        ["", "-wal", "-shm"].map(|end| std::fs::read(directory.join(format!("{DATABASE}{end}"))).unwrap_or_default());
    let windows = files.iter().flat_map(|file| file.windows(60));
    let found = windows.filter(|window| begins.contains(&window[..8])).filter_map(|window| keys.get(window).copied());
    found.collect::<BTreeSet<_>>().into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_destroyed_key_no_copy_is_left_in_any_file() {
    const CUSTOMERS: u64 = 3_000;
    let directory = tempfile::tempdir().unwrap();
    let store = store(directory.path());
    for n in 0..CUSTOMERS {
        let id = format!("cas_{n:05}");
        let case = CaseWrite { customer: customer_of(n), ..fixtures::case_at(&id, 0, 1, "desk") };
        let customer = NewCustomer { id: customer_of(n), wrapped_key: sealed_key(n), replaces: None };
        let commit = Commit {
            case: Some(case),
            records: vec![fixtures::record(&id, "x")],
            customer: Some(customer),
            ..Commit::default()
        };
        store.commit(commit, InFlight::default()).await.unwrap();
    }
    let erased: Vec<u64> = (0..CUSTOMERS).step_by(30).collect();
    for n in &erased {
        let key = at_once(store.customer(&customer_of(*n))).unwrap().unwrap().key;
        store.commit(Commit { erase: Some(key), ..Commit::default() }, InFlight::default()).await.unwrap();
    }
    // Nobody is waited for who reads what is in the log.
    let reading = Connection::open(directory.path().join(DATABASE)).unwrap();
    reading.execute_batch("BEGIN").unwrap();
    let _: i64 = reading.query_row("SELECT COUNT(*) FROM events", [], |row| row.get(0)).unwrap();
    assert!(!store.purge(Duration::from_secs(60)).await.unwrap());
    drop(reading);
    assert!(store.purge(Duration::from_secs(60)).await.unwrap());
    assert_eq!(on_disk(directory.path(), &erased), [0_u64; 0]);
    assert_eq!(on_disk(directory.path(), &[1, 2]), [1, 2], "others are");
}

#[test]
fn what_an_earlier_format_left_of_deleted_keys_is_gone_after_it_was_brought_to_the_newest() {
    const CUSTOMERS: u64 = 5_000;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(DATABASE);
    let old = Connection::open(&path).unwrap();
    old.pragma_update(None, "journal_mode", "WAL").unwrap();
    for migration in
        [include_str!("0001.sql"), include_str!("0002.sql"), include_str!("0003.sql"), include_str!("0004.sql")]
    {
        old.execute_batch(migration).unwrap();
    }
    old.execute_batch("PRAGMA user_version = 4; PRAGMA application_id = 0x524d4954; BEGIN").unwrap();
    for n in 0..CUSTOMERS {
        old.execute("INSERT INTO customers VALUES (?1, -1, '', ?2)", params![customer_of(n), sealed_key(n)]).unwrap();
        old.execute("INSERT INTO customers VALUES (?1, 7, ?2, NULL)", params![customer_of(n), format!("cas_{n}")])
            .unwrap();
    }
    old.execute_batch("COMMIT; PRAGMA secure_delete = ON").unwrap();
    let erased: Vec<u64> = (0..CUSTOMERS).step_by(5).collect();
    for n in &erased {
        old.execute("DELETE FROM customers WHERE id = ?1 AND opened_ms = -1", [customer_of(*n)]).unwrap();
    }
    old.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(old);
    assert!(!on_disk(directory.path(), &erased).is_empty(), "copies stay where rows are moved");
    let store = store(directory.path());
    let key = at_once(store.key_of_case(&customer_of(1), 7, "cas_1")).unwrap().unwrap();
    assert_eq!(key.wrapped_key, Some(sealed_key(1)));
    assert!(at_once(store.key_of_case(&customer_of(0), 7, "cas_0")).unwrap().is_none());
    drop(store);
    assert_eq!(on_disk(directory.path(), &erased), [0_u64; 0]);
}
