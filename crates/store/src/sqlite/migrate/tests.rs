//! Migration of real databases of earlier formats: what was proven then is proven now, whenever the process dies, and
//! what cannot be migrated is left as it was.

use super::{super::SqliteStore, *};
use crate::{
    Commit, Evidence as _, InFlight, Journal as _,
    fixtures::{self, at_once},
    sqlite::verify,
};
use lz4_flex::block::decompress_size_prepended;
use remit_ledger::{
    checkpoint::{Checkpoint, Signer, Verifier},
    entry::{EntryAbout, LogEntry, commitment},
    hash::{Hash, hex},
    offline::OfflineProof,
    tree::Tree,
    verify::Report,
};
use rusqlite::params;
use std::{
    env,
    process::{Command, Stdio},
};
use tempfile::TempDir;

const FORMAT_7: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/formats/7");
/// Tells the test that is run in a process of its own where the directory is, and after how many steps it dies.
const DIES: &str = "REMIT_MIGRATION_DIES";

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(FORMAT_7).join(name)).unwrap()
}

/// A directory as format 7 wrote it.
fn format_7() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let packed = fs::read(Path::new(FORMAT_7).join("remit.db.lz4")).unwrap();
    fs::write(directory.path().join(DATABASE), decompress_size_prepended(&packed).unwrap()).unwrap();
    fs::write(directory.path().join(crate::CHECKPOINT), read("checkpoint")).unwrap();
    directory
}

fn verifier() -> Verifier {
    Verifier::parse(&read("key")).unwrap()
}

fn verified(data: &Path, since: Option<&Checkpoint>) -> Report {
    let report = verify::verify(data, &verifier(), since, &mut (), &mut |_, _| {}).unwrap();
    assert_eq!(report.problems, [], "{report:?}");
    report
}

fn open(data: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(data, Options::default())
}

/// The format, and every entry.
fn entries(data: &Path) -> (i64, Vec<Vec<u8>>) {
    let connection = Connection::open(data.join(DATABASE)).unwrap();
    let mut entries = connection.prepare("SELECT entry FROM events ORDER BY seq").unwrap();
    let entries = entries.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    (setup::format(&connection).unwrap(), entries)
}

/// What lies in a directory beside the database and what SQLite writes beside that.
fn left(data: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(data).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.starts_with("remit.db.") || name.ends_with("-journal"));
    names.sort();
    names
}

#[tokio::test]
async fn what_was_proven_under_format_7_is_proven_after_the_migration() {
    let directory = format_7();
    let data = directory.path();
    let before = verified(data, None);
    let (format, entries_before) = entries(data);
    assert_eq!((format, before.records, entries_before.len()), (7, 284, 284));
    assert_eq!(is_earlier(data), Some((7, setup::newest_format())));

    let mut steps = Vec::new();
    let store = SqliteStore::open_telling(data, Options::default(), &mut |step| steps.push(step)).unwrap();
    assert!(matches!(steps[0], MigrationStep::Begun { from: 7, .. }), "{steps:?}");
    assert!(
        matches!(
            &steps[steps.len() - 4..],
            [MigrationStep::Synced, MigrationStep::Named, MigrationStep::Replaced, MigrationStep::Ended]
        ),
        "{steps:?}"
    );
    assert_eq!(left(data), [""; 0]);
    assert_eq!(is_earlier(data), None);

    // Every hash, every checkpoint and every proof is what it was.
    let (format, entries_after) = entries(data);
    assert_eq!((format, &entries_after), (setup::newest_format(), &entries_before));
    let then = verifier().open(&read("checkpoint")).unwrap();
    assert_eq!(at_once(store.head()).unwrap(), (then.size, then.root));
    for (name, record) in [("proof-decision", "dec_01M8JCVKMSR8TKKD51JXTVA002"), ("proof-record-3", "3")] {
        let kept = OfflineProof::parse(&read(name)).unwrap();
        let (entry, checkpoint) = kept.check(&verifier()).unwrap();
        assert_eq!((entry.version(), checkpoint.root), (1, then.root));
        assert_eq!(verify::prove(data, record).unwrap().unwrap(), kept);
    }

    // A stream is what it was and what comes after, under one name.
    let ana = |store: &SqliteStore| at_once(store.records_of("staff/ana", 0, 100)).unwrap();
    let old: Vec<String> = ana(&store).into_iter().map(|row| row.kind).collect();
    assert_eq!(old, ["staff_noted", "presence_set"]);
    let one_more = Commit { records: vec![fixtures::record_of("staff/ana", "{}")], ..Commit::default() };
    store.commit(one_more, InFlight::default()).await.unwrap();
    let rows = ana(&store);
    let abouts: Vec<EntryAbout> = rows.iter().map(|row| LogEntry::from_bytes(&row.entry).unwrap().about).collect();
    let (case, stream) = (EntryAbout::Case("staff:ana".into()), EntryAbout::Stream("staff/ana".into()));
    assert_eq!(abouts, [case.clone(), case, stream]);
    assert!(at_once(store.records_of("staff:ana", 0, 10)).unwrap().is_empty());
    for (stream, count) in [("bundle/in_force", 1), ("chat/chat_fee75fde32ea794d", 1)] {
        assert_eq!(at_once(store.records_of(stream, 0, 10)).unwrap().len(), count, "{stream}");
    }
    drop(store);
    let after = verified(data, Some(&then));
    assert_eq!((after.records, after.signed), (285, Some(284)));
    drop(open(data).unwrap());
    assert_eq!(verified(data, Some(&then)).root, after.root);
}

/// A record as versions before format 8 wrote it.
struct Old {
    name: &'static str,
    place: i64,
    kind: &'static str,
    body: &'static str,
}

const fn old(name: &'static str, place: i64, kind: &'static str, body: &'static str) -> Old {
    Old { name, place, kind, body }
}

/// What is done to responders and bundles was told by decisions' identifiers, and later by name.
const HISTORY: [Old; 9] = [
    old("cas_1", 1, "case_opened", r#"{"type":"case_opened"}"#),
    old("dec_3", 1, "ai_stopped", r#"{"type":"ai_stopped","responder":"cards-ai"}"#),
    old("dec_1", 1, "ai_resumed", r#"{"type":"ai_resumed","responder":"cards-ai"}"#),
    old("dec_2", 1, "bundle_activated", r#"{"type":"bundle_activated"}"#),
    old("cas_1", 2, "message_added", r#"{"type":"message_added"}"#),
    old("responder:cards-ai", 1, "ai_stopped", r#"{"type":"ai_stopped","responder":"cards-ai"}"#),
    old("bundle", 1, "bundle_activated", r#"{"type":"bundle_activated"}"#),
    old("staff:ana", 1, "presence_set", r#"{"type":"presence_set"}"#),
    old("dec_9", 1, "outcomes_reset", r#"{"type":"outcomes_reset","responder":"fraud-ai"}"#),
];

/// A directory of a format of before, with a history as it was written then.
fn written_by(format: usize, signer: &Signer) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let database = Connection::open(directory.path().join(DATABASE)).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.execute_batch(&setup::MIGRATIONS[..format].concat()).unwrap();
    database.pragma_update(None, "application_id", setup::APPLICATION_ID).unwrap();
    database.pragma_update(None, "user_version", format as i64).unwrap();
    let mut tree = Tree::default();
    for (at, Old { name, place, kind, body }) in HISTORY.into_iter().enumerate() {
        let (seq, about) = (at as u64 + 1, EntryAbout::Case(name.into()));
        let commit = hex(&commitment(&[4; 32], body.as_bytes()));
        let entry = LogEntry { seq, ts: 9, kind: kind.into(), about, actor: "crm".into(), commit }.to_bytes().unwrap();
        tree.append(Hash::leaf(&entry), &mut Vec::new());
        let packed = [&[0], body.as_bytes()].concat();
        database
            .execute(
                "INSERT INTO events VALUES (?1, ?2, ?3, ?4, 'crm', 9, NULL, ?5, ?6, ?7)",
                params![seq.cast_signed(), name, place, kind, packed, [4_u8; 32], entry],
            )
            .unwrap();
    }
    if format as i64 >= streams::SINCE {
        streams::rename(&database, &mut |_| {}).unwrap();
    }
    let size = HISTORY.len() as u64;
    database.execute("INSERT INTO ledger_head VALUES (1, ?1)", [size.cast_signed()]).unwrap();
    database
        .execute(
            "INSERT INTO checkpoints VALUES (?1, ?2)",
            params![size.cast_signed(), signer.sign(size, &tree.root())],
        )
        .unwrap();
    directory
}

#[test]
fn every_earlier_format_is_migrated_and_several_identifiers_become_one_stream() {
    let signer = Signer::new("log.example", &[1; 32]);
    for format in 1..setup::MIGRATIONS.len() {
        let directory = written_by(format, &signer);
        let data = directory.path();
        let verified = |when: &str| {
            let report = verify::verify(data, &signer.verifier(), None, &mut (), &mut |_, _| {}).unwrap();
            assert_eq!(report.problems, [], "format {format}, {when}");
            (report.records, report.root)
        };
        let before = verified("before");
        let store = open(data).unwrap();
        for (stream, seqs) in [
            ("case/cas_1", &[1, 5][..]),
            ("responder/cards-ai", &[2, 3, 6]),
            ("responder/fraud-ai", &[9]),
            ("bundle/in_force", &[4, 7]),
            ("staff/ana", &[8]),
        ] {
            let found: Vec<u64> = at_once(store.records_of(stream, 0, 10)).unwrap().iter().map(|row| row.seq).collect();
            assert_eq!(found, seqs, "format {format}: {stream}");
            let later = at_once(store.records_of(stream, seqs[0], 10)).unwrap();
            assert_eq!(later.len(), seqs.len() - 1, "format {format}: {stream}");
        }
        drop(store);
        assert_eq!(verified("after"), before);
    }
}

/// Runs the migration of a directory in a process of its own; says whether it was killed.
fn killed(data: &Path, when: &str) -> bool {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "sqlite::migrate::tests::dies_where_it_is_told_to", "--ignored", "--nocapture"])
        .env(DIES, format!("{when} {}", data.display()))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = child.wait().unwrap();
    assert!(status.success() || status.code().is_none(), "{status}");
    !status.success()
}

#[test]
#[ignore = "run by others, in a process that is killed"]
fn dies_where_it_is_told_to() {
    let Ok(told) = env::var(DIES) else { return };
    let (when, data) = told.split_once(' ').unwrap();
    let (mut left, data): (u32, _) = (when.parse().unwrap(), Path::new(data));
    let kill = || rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
    drop(SqliteStore::open_telling(data, Options::default(), &mut |_| match left {
        0 => kill(),
        _ => left -= 1,
    }));
}

#[test]
fn killed_at_any_step_the_next_start_has_the_one_or_the_other_whole() {
    let before = entries(format_7().path());
    let mut step = 0;
    loop {
        let directory = format_7();
        let data = directory.path();
        let was_killed = killed(data, &step.to_string());
        // What is there is whole, of one format, and verifies as it lies there.
        assert!(data.join(DATABASE).exists(), "step {step}");
        let after = entries(data);
        assert!([7, setup::newest_format()].contains(&after.0) && after.1 == before.1, "step {step}: {}", after.0);
        assert_eq!(verified(data, None).records, 284, "step {step}");
        // Killed once more at its first step, and then left alone.
        killed(data, "0");
        assert_eq!(entries(data).1, before.1, "step {step}");
        drop(open(data).unwrap());
        assert_eq!((entries(data), left(data)), ((setup::newest_format(), before.1.clone()), vec![]), "step {step}");
        let then = verifier().open(&read("checkpoint")).unwrap();
        assert_eq!(verified(data, Some(&then)).records, 284, "step {step}");
        if !was_killed {
            break;
        }
        step += 1;
    }
    assert!(step > 7, "{step} steps");
}

/// The refusal of a directory, which is as it was.
#[track_caller]
fn refused(directory: &TempDir, options: Options) -> String {
    let data = directory.path();
    let before = fs::read(data.join(DATABASE)).unwrap();
    let error = SqliteStore::open(data, options).unwrap_err();
    assert!(fs::read(data.join(DATABASE)).unwrap() == before, "{error}");
    assert!(!data.join(COPY).exists(), "{error}");
    error.to_string()
}

#[test]
fn what_cannot_be_migrated_is_refused_as_it_was_with_the_reason_and_the_cure() {
    let directory = format_7();
    let told = refused(&directory, Options { pages_max: Some(10), ..Options::default() });
    assert!(told.contains("of format 7") && told.contains("no space is left") && told.contains("make room"), "{told}");
    // With room it goes on.
    drop(open(directory.path()).unwrap());

    let changes = [
        ("UPDATE events SET body = x'09' WHERE seq = 100", "record 100 cannot be read"),
        ("UPDATE events SET entry = x'7b7d' WHERE seq = 20", "record 20 cannot be read"),
        ("DELETE FROM events WHERE seq = 284", "283 records"),
        ("DELETE FROM events WHERE seq = 17", "record 17 is missing"),
        ("UPDATE tiles SET hashes = zeroblob(8192) WHERE level = 0", ""),
        ("CREATE TABLE theirs (x)", "it is not as this format has it"),
    ];
    for (change, why) in changes {
        let directory = format_7();
        Connection::open(directory.path().join(DATABASE)).unwrap().execute_batch(change).unwrap();
        let told = refused(&directory, Options::default());
        assert!(told.contains(why), "{change}: {told}");
        assert_eq!(left(directory.path()), [""; 0], "{change}");
    }
}

#[test]
fn another_programs_hold_of_the_database_and_another_file_under_its_second_name_stop_it() {
    let directory = format_7();
    let reading = Connection::open(directory.path().join(DATABASE)).unwrap();
    reading.execute_batch("BEGIN").unwrap();
    let _: i64 = reading.query_row("SELECT COUNT(*) FROM events", [], |row| row.get(0)).unwrap();
    // Something is in the log that who reads has not seen.
    let writing = Connection::open(directory.path().join(DATABASE)).unwrap();
    writing.execute("DELETE FROM idempotency", []).unwrap();
    drop(writing);
    let told = open(directory.path()).unwrap_err().to_string();
    assert!(told.contains("another program has it open"), "{told}");
    drop(reading);
    let other = directory.path().join(format!("{BEFORE}7"));
    fs::write(&other, b"theirs").unwrap();
    let told = refused(&directory, Options::default());
    assert!(told.contains("is another database; move it somewhere else"), "{told}");
    assert_eq!(fs::read(&other).unwrap(), b"theirs");
    fs::remove_file(&other).unwrap();
    drop(open(directory.path()).unwrap());
}

#[test]
fn room_for_the_copy_is_asked_for_before_it_is_made() {
    assert!(has_room(1 << 30, Some(2 << 30)).is_ok() && has_room(1 << 30, None).is_ok());
    let Err(Stop::Why(why)) = has_room(1 << 30, Some(1 << 30)) else { panic!("there is no room") };
    assert!(why.contains("needs 1312 MiB") && why.contains("1024 MiB are free") && why.contains("make room"), "{why}");
}
