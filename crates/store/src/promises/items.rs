//! Items and their versions.

use super::{Backend, done, in_parallel, refused};
use crate::{
    Collection, Commit, CommitError, Expect, Expected, ItemWrite, Journal as _, ReadError, Views as _,
    fixtures::opening,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Staff {
    name: String,
    capacity: u32,
}

const STAFF: Collection<Staff> = Collection::new("staff");
const COUNTS: Collection<u64> = Collection::new("counts");

fn ana(capacity: u32) -> Staff {
    Staff { name: "Ana".into(), capacity }
}

fn writing(items: Vec<ItemWrite>) -> Commit {
    Commit { items, ..Commit::default() }
}

fn write(expected: Expected, capacity: u32) -> Commit {
    writing(vec![STAFF.write("ana", expected, &ana(capacity)).unwrap()])
}

pub(super) async fn a_write_finds_what_it_expects_or_is_refused<B: Backend>(backend: B) {
    let store = backend.store();
    let early = refused(&**store, write(Expected::Version(1), 1)).await;
    assert!(matches!(early, CommitError::ItemConflict { kind, id, current: 0 } if kind == "staff" && id == "ana"));
    done(&**store, write(Expected::Absent, 1)).await;
    let first = STAFF.get(&**store, "ana").await.unwrap().unwrap();
    assert_eq!(first.value, ana(1));
    let again = refused(&**store, write(Expected::Absent, 2)).await;
    assert!(matches!(again, CommitError::ItemConflict { current, .. } if current == first.version));
    done(&**store, write(first.expected(), 2)).await;
    let second = STAFF.get(&**store, "ana").await.unwrap().unwrap();
    assert!(second.version > first.version && second.value == ana(2));
    assert!(matches!(refused(&**store, write(first.expected(), 3)).await, CommitError::ItemConflict { .. }));
    done(&**store, write(Expected::Any("the newest presence counts"), 4)).await;
    assert_eq!(STAFF.get(&**store, "ana").await.unwrap().unwrap().value, ana(4));
    let forget = |expected| writing(vec![STAFF.forget("ana", expected)]);
    assert!(matches!(refused(&**store, forget(second.expected())).await, CommitError::ItemConflict { .. }));
    let newest = STAFF.get(&**store, "ana").await.unwrap().unwrap();
    done(&**store, forget(newest.expected())).await;
    assert_eq!(STAFF.get(&**store, "ana").await.unwrap(), None);
    done(&**store, forget(Expected::Absent)).await;
}

pub(super) async fn a_version_is_never_given_twice<B: Backend>(backend: B) {
    let mut backend = backend;
    let mut seen = Vec::new();
    for round in 0..6 {
        let store = backend.store();
        done(&**store, write(Expected::Absent, round)).await;
        seen.push(STAFF.get(&**store, "ana").await.unwrap().unwrap().version);
        done(&**store, writing(vec![STAFF.forget("ana", Expected::Any("whatever it is"))])).await;
        for stale in &seen {
            let late = refused(&**store, write(Expected::Version(*stale), 99)).await;
            assert!(matches!(late, CommitError::ItemConflict { current: 0, .. }));
        }
        backend = backend.reopen();
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
}

pub(super) async fn items_that_are_expected_are_as_they_were_read<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, write(Expected::Absent, 1)).await;
    let version = STAFF.get(&**store, "ana").await.unwrap().unwrap().version;
    let expecting = |id: &str, version, opens: &str| Commit {
        expect: vec![Expect::Item { kind: "staff".into(), id: id.into(), version }],
        ..opening(opens)
    };
    done(&**store, expecting("ana", version, "cas_0")).await;
    done(&**store, expecting("ben", 0, "cas_1")).await;
    let absent = refused(&**store, expecting("ben", version, "cas_2")).await;
    assert!(matches!(absent, CommitError::ItemConflict { id, current: 0, .. } if id == "ben"));
    done(&**store, write(Expected::Version(version), 2)).await;
    assert!(matches!(refused(&**store, expecting("ana", version, "cas_2")).await, CommitError::ItemConflict { .. }));
    assert!(store.case("cas_2").await.unwrap().is_none());
}

pub(super) async fn items_are_paged_and_listed_by_identifier<B: Backend>(backend: B) {
    let store = backend.store();
    let overrides: Collection<String> = Collection::named(format!("override/{}", 1));
    let items = ["b", "c", "a"].map(|id| overrides.write(id, Expected::Absent, &id.to_owned()).unwrap());
    done(&**store, writing(items.to_vec())).await;
    done(&**store, write(Expected::Absent, 1)).await;
    let page = async |before: Option<&str>| -> Vec<String> {
        overrides.page(&**store, before, 2).await.unwrap().into_iter().map(|entry| entry.value).collect()
    };
    assert_eq!((page(None).await, page(Some("b")).await), (vec!["c".into(), "b".into()], vec!["a".to_owned()]));
    let all: Vec<_> = overrides.all(&**store).await.unwrap().into_iter().map(|entry| entry.id).collect();
    assert_eq!(all, ["a", "b", "c"]);
}

pub(super) async fn a_collection_reads_what_it_wrote<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, write(Expected::Absent, 7)).await;
    let [entry] = STAFF.all(&**store).await.unwrap().try_into().unwrap();
    assert_eq!((entry.id.as_str(), &entry.value), ("ana", &ana(7)));
    let torn =
        ItemWrite { kind: "staff".into(), id: "ben".into(), expected: Expected::Absent, body: Some(b"{".to_vec()) };
    done(&**store, writing(vec![torn])).await;
    let ReadError(told) = STAFF.get(&**store, "ben").await.unwrap_err();
    assert!(told.starts_with("staff ben: ") && STAFF.all(&**store).await.is_err(), "{told}");
    assert!(STAFF.get(&**store, "ana").await.unwrap().is_some());
}

pub(super) async fn parallel_read_and_write_loses_nothing<B: Backend>(backend: B) {
    let store = backend.store();
    let all = in_parallel((0..20).map(|_| {
        let store = Arc::clone(store);
        async move {
            loop {
                let before = COUNTS.get(&*store, "n").await.unwrap();
                let (expected, value) = before.map_or((Expected::Absent, 0), |entry| (entry.expected(), entry.value));
                let item = COUNTS.write("n", expected, &(value + 1)).unwrap();
                match store.commit(writing(vec![item]), store.announce()).await {
                    Ok(_) => return,
                    Err(CommitError::ItemConflict { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }));
    all.await;
    assert_eq!(COUNTS.get(&**store, "n").await.unwrap().unwrap().value, 20);
}

pub(super) async fn of_parallel_writers_of_an_absent_item_one_wins<B: Backend>(backend: B) {
    let store = backend.store();
    let all = in_parallel((0..50).map(|n| {
        let store = Arc::clone(store);
        async move { store.commit(write(Expected::Absent, n), store.announce()).await.is_ok() }
    }));
    let won: Vec<_> = (0..).zip(all.await).filter(|(_, won)| *won).map(|(n, _)| n).collect();
    let kept = STAFF.get(&**store, "ana").await.unwrap().unwrap().value.capacity;
    assert_eq!(won, [kept]);
}
