//! How the database goes about each read: none goes through a whole table, or sorts one, to find a page of it.

use super::{DATABASE, Options, SqliteStore, is_earlier, lists, setup};
use crate::{
    Commit, ExceptionFilter, ExceptionRow, Expected, InFlight, ItemWrite, Journal as _, OutboxRow, Views as _,
    fixtures::{self, at_once},
};
use rusqlite::{Connection, Statement, StatementStatus};
use std::{cell::RefCell, collections::BTreeMap, path::Path, sync::Arc};
use tokio::task::JoinSet;

thread_local! {
    /// What this thread read, with how many steps of SQLite's machine it took.
    static READ: RefCell<BTreeMap<String, i64>> = const { RefCell::new(BTreeMap::new()) };
}

/// Notes a statement that was carried out.
pub(super) fn note(sql: &str, statement: &Statement<'_>) {
    let steps = i64::from(statement.reset_status(StatementStatus::VmStep));
    READ.with_borrow_mut(|read| *read.entry(sql.to_owned()).or_default() += steps);
}

/// What `read` reads, and in how many steps.
fn read_by(read: impl FnOnce()) -> BTreeMap<String, i64> {
    READ.take();
    read();
    READ.take()
}

/// A store in which so many cases are resolved and a few are open, each tenth with an exception that is over and one
/// that is not, and with so many settings and things to do.
async fn filled(directory: &Path, cases: u64) -> SqliteStore {
    let store = Arc::new(SqliteStore::open(directory, Options::default()).unwrap());
    let mut writing = JoinSet::new();
    for n in 0..cases {
        let id = format!("cas_{n:08}");
        let mut case = fixtures::case_at(&id, 0, 1, &format!("desk{}", n % 3));
        case.status = if n % 100 == 7 { "open" } else { "resolved" }.into();
        case.accountable = Some(format!("team{}", n % 2));
        let exception = |state: &str, at: u64| ExceptionRow {
            id: format!("exc_{:08}", n * 2 + at),
            case: id.clone(),
            kind: "x".into(),
            owner: format!("team{}", n % 2),
            due_ms: 1,
            state: state.into(),
            taken_by: None,
            body: vec![1],
        };
        let some = n % 10 == 0;
        let commit = Commit {
            case: Some(case),
            records: vec![fixtures::record(&id, "opened")],
            exceptions: if some { vec![exception("resolved", 0), exception("open", 1)] } else { vec![] },
            items: vec![ItemWrite {
                kind: "override".into(),
                id: format!("dec_{n:08}"),
                expected: Expected::Absent,
                body: Some(vec![1]),
            }],
            outbox: vec![OutboxRow {
                id: format!("out_{n:08}"),
                kind: "timer".into(),
                case: id.clone(),
                due_ms: 10,
                body: vec![1],
            }],
            ..Commit::default()
        };
        let store = Arc::clone(&store);
        writing.spawn(async move { store.commit(commit, InFlight::default()).await.unwrap() });
    }
    writing.join_all().await;
    // One case with a long history.
    let commit = Commit {
        case: Some(fixtures::case_at("cas_00000000", 1, cases, "desk0")),
        records: (1..cases).map(|_| fixtures::record("cas_00000000", "said")).collect(),
        ..Commit::default()
    };
    store.commit(commit, InFlight::default()).await.unwrap();
    Arc::into_inner(store).unwrap()
}

/// Every read that gives a page, by what is asked for; a page has ten rows.
fn pages(store: &SqliteStore, cases: u64) -> BTreeMap<String, BTreeMap<String, i64>> {
    let mut pages = BTreeMap::new();
    let middle = cases / 2;
    let after = |kind: &str| [None, Some(format!("{kind}_{middle:08}"))];
    for filter in fixtures::filters("desk0", "team0").into_iter().chain(fixtures::filters("desk0", "nobody")) {
        for after in after("cas") {
            let read = read_by(|| drop(at_once(store.cases(&filter, after.as_deref(), 10)).unwrap()));
            pages.insert(format!("{filter:?} {after:?}"), read);
        }
    }
    for (state, owner) in [(None, None), (Some("open"), None), (None, Some("team1")), (Some("resolved"), Some("team0"))]
    {
        for after in after("exc") {
            let filter = ExceptionFilter { state: state.map(Into::into), owner: owner.map(Into::into) };
            let read = read_by(|| drop(at_once(store.exceptions(&filter, after.as_deref(), 10)).unwrap()));
            pages.insert(format!("exceptions {filter:?} {after:?}"), read);
        }
    }
    for after in after("dec") {
        let read = read_by(|| drop(at_once(store.items_page("override", after.as_deref(), 10)).unwrap()));
        pages.insert(format!("items {after:?}"), read);
    }
    let history = at_once(store.records_of("case/cas_00000000", 0, usize::MAX)).unwrap();
    let late = history[history.len() - 20].seq;
    pages.insert("history".into(), read_by(|| drop(at_once(store.records_of("case/cas_00000000", late, 10)).unwrap())));
    pages.insert("newest".into(), read_by(|| drop(at_once(store.newest_record_of("case/cas_00000000")).unwrap())));
    pages.insert("feed".into(), read_by(|| drop(at_once(store.feed(middle, 10)).unwrap())));
    pages.insert("owners".into(), read_by(|| drop(at_once(store.owners("open")).unwrap())));
    pages.insert("due".into(), read_by(|| drop(at_once(store.due("timer", 20, 10)).unwrap())));
    pages.insert("next due".into(), read_by(|| assert!(at_once(store.next_due("timer")).unwrap().is_some())));
    pages.insert("open of a customer".into(), read_by(|| drop(at_once(store.open_of_customer("cus_1", 10)).unwrap())));
    pages.insert("customer".into(), read_by(|| drop(at_once(store.resolved_of_customer("cus_1", 0, 10)).unwrap())));
    pages
}

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps = explained.raw_query().mapped(|row| row.get::<_, String>(3)).collect::<Result<_, _>>();
    steps.unwrap()
}

#[tokio::test]
async fn a_page_takes_as_many_steps_of_a_large_table_as_of_a_small_one() {
    let (few, many) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let small = pages(&filled(few.path(), 400).await, 400);
    let large = pages(&filled(many.path(), 4_000).await, 4_000);
    for ((what, small), (_, large)) in small.iter().zip(&large) {
        let (small, large): (i64, i64) = (small.values().sum(), large.values().sum());
        assert!(large > 0, "{what} was not looked at");
        assert!(large <= small * 3 / 2 + 100, "{what}: {small} steps of 400 cases, {large} of 4,000");
    }
}

#[tokio::test]
async fn no_page_is_found_by_going_through_a_table_or_sorting_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = filled(directory.path(), 200).await;
    let connection = setup::reader(&directory.path().join(DATABASE)).unwrap();
    let pages = pages(&store, 200);
    for (what, sql) in pages.iter().flat_map(|(what, read)| read.keys().map(move |sql| (what, sql))) {
        for step in plan(&connection, sql) {
            // The newest of one customer are a handful, and were found already.
            let whole = step.starts_with("SCAN") && step != "SCAN newest" || step.contains("TEMP B-TREE");
            assert!(!whole, "{what}: {step}, in {sql}");
        }
    }
}

#[tokio::test]
async fn a_database_of_the_format_before_is_brought_to_this_one_and_lists_are_read_by_the_new_index() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(is_earlier(directory.path()), None, "there is none yet");
    let earlier = Connection::open(directory.path().join(DATABASE)).unwrap();
    earlier.execute_batch(&setup::MIGRATIONS[..4].concat()).unwrap();
    earlier.pragma_update(None, "application_id", setup::APPLICATION_ID).unwrap();
    earlier.pragma_update(None, "user_version", 4).unwrap();
    let case = "INSERT INTO cases (id, version, status, holder, customer, opened_ms, updated_ms, state) \
                VALUES (?1, 1, ?2, 'desk', 'cus_1', 1, 1, x'00')";
    for (id, status) in [("cas_1", "open"), ("cas_2", "resolved"), ("cas_3", "open")] {
        earlier.execute(case, [id, status]).unwrap();
    }
    drop(earlier);
    assert_eq!(is_earlier(directory.path()), Some((4, setup::newest_format())));
    let store = SqliteStore::open(directory.path(), Options::default()).unwrap();
    assert_eq!(is_earlier(directory.path()), None);
    let connection = store.reader().unwrap();
    let listed = lists::CASES.newest(&connection, &[Some("open"), None, None], None, 10).unwrap();
    assert_eq!(listed, ["cas_3", "cas_1"]);
}

#[tokio::test]
async fn a_read_that_takes_too_long_is_cut_short_and_nothing_is_read_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let store = filled(directory.path(), 200).await;
    let (given, cut) = crate::patience::within(std::time::Duration::ZERO, || at_once(store.feed(0, 10)));
    assert!(given.is_err() && cut);
    let (given, cut) = crate::patience::within(std::time::Duration::from_secs(600), || at_once(store.feed(0, 10)));
    assert!(given.is_ok() && !cut);
    // Nothing bounds who has set no bound.
    assert_eq!(at_once(store.feed(0, 10)).unwrap().len(), 10);
    let connection = setup::reader(&directory.path().join(DATABASE)).unwrap();
    let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let ((), cut) = crate::patience::within(std::time::Duration::from_millis(1), || {
        let error = connection.query_row(endless, [], |_| Ok(())).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::OperationInterrupted));
    });
    assert!(cut);
}
