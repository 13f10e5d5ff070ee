//! Many at once.

use super::{Backend, done, in_parallel};
use crate::{
    CaseFilter, Collection, Commit, CommitError, Committed, Expect, Expected, Journal as _, Views as _,
    fixtures::{case_at, opening, record},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

const NOTES: Collection<u64> = Collection::new("staff");

pub(super) async fn of_parallel_commits_on_one_case_one_wins_each_version<B: Backend>(backend: B) {
    let store = backend.store();
    for version in 0..15_u64 {
        let all = in_parallel((0..32).map(|n| {
            let store = Arc::clone(store);
            let commit = Commit {
                case: Some(case_at("cas_0", version, version + 1, &format!("desk{n}"))),
                records: vec![record("cas_0", "x")],
                ..Commit::default()
            };
            async move { store.commit(commit, store.announce()).await }
        }));
        let mut won = 0;
        for outcome in all.await {
            match outcome {
                Ok(_) => won += 1,
                Err(CommitError::VersionConflict { current }) => assert_eq!(current, version + 1),
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(won, 1, "version {version}");
    }
    assert_eq!(store.depths().await.unwrap().values().sum::<i64>(), 1);
    assert_eq!(store.records_of("case/cas_0", 0, 99).await.unwrap().len(), 15);
}

pub(super) async fn positions_are_dense_and_in_the_order_of_commits<B: Backend>(backend: B) {
    let store = backend.store();
    let all = in_parallel((0..40).map(|n| {
        let store = Arc::clone(store);
        async move {
            let mut last = 0;
            let mut ranges = Vec::new();
            for round in 0..5_usize {
                let id = format!("cas_{n}_{round}");
                let records = (0..=n % 3).map(|_| record(&id, &id)).collect();
                let Committed { first_seq, last_seq } = done(&*store, Commit { records, ..Commit::default() }).await;
                assert!(first_seq > last, "a later commit stands behind an earlier one");
                last = last_seq;
                ranges.push((first_seq, last_seq, id));
            }
            ranges
        }
    }));
    let mut ranges: Vec<_> = all.await.into_iter().flatten().collect();
    ranges.sort();
    let feed = store.feed(0, usize::MAX).await.unwrap();
    let mut next = 1;
    for (first, last, id) in ranges {
        assert_eq!(first, next);
        for seq in first..=last {
            let row = &feed[usize::try_from(seq).unwrap() - 1];
            assert_eq!((row.seq, &row.stream), (seq, &format!("case/{id}")));
        }
        next = last + 1;
    }
    assert_eq!((feed.len() as u64, store.last_seq().await.unwrap()), (next - 1, next - 1));
}

pub(super) async fn readers_see_no_half_of_a_commit_and_never_go_back<B: Backend>(backend: B) {
    const COMMITS: u64 = 150;
    let store = backend.store();
    done(&**store, opening("cas_0")).await;
    let acknowledged = Arc::new(AtomicU64::new(1));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (store, acknowledged) = (Arc::clone(store), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                let mut seen = 0;
                while seen < COMMITS {
                    let least = acknowledged.load(Ordering::SeqCst).max(seen);
                    let version = store.case("cas_0").await.unwrap().unwrap().version;
                    // Read later, and so no older.
                    let item = NOTES.get(&*store, "n").await.unwrap().map_or(1, |entry| entry.value);
                    let records = store.records_of("case/cas_0", 0, 999).await.unwrap().len() as u64;
                    assert!(
                        least <= version && version <= item && item <= records,
                        "{least} {version} {item} {records}"
                    );
                    let last = store.last_seq().await.unwrap();
                    let feed = store.feed(last.saturating_sub(3), 99).await.unwrap();
                    assert!(feed.len() as u64 >= last.min(3));
                    seen = version;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for version in 1..COMMITS {
        let commit = Commit {
            case: Some(case_at("cas_0", version, version + 1, "desk")),
            records: vec![record("cas_0", "x")],
            items: vec![NOTES.write("n", Expected::Any("one writes"), &(version + 1)).unwrap()],
            ..Commit::default()
        };
        done(&**store, commit).await;
        acknowledged.store(version + 1, Ordering::SeqCst);
    }
    for reader in readers {
        reader.await.unwrap();
    }
}

pub(super) async fn the_feed_is_dense_while_it_is_written<B: Backend>(backend: B) {
    let store = backend.store();
    let over = Arc::new(AtomicBool::new(false));
    let followers: Vec<_> = (0..3)
        .map(|n| {
            let (store, over) = (Arc::clone(store), Arc::clone(&over));
            tokio::spawn(async move {
                let mut last = 0;
                loop {
                    let was_over = over.load(Ordering::SeqCst);
                    let page = store.feed(last, 1 + n * 7).await.unwrap();
                    for row in &page {
                        assert_eq!(row.seq, last + 1);
                        last = row.seq;
                    }
                    assert!(last <= store.last_seq().await.unwrap());
                    if was_over && page.is_empty() {
                        return last;
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let writers = in_parallel((0..8).map(|n| {
        let store = Arc::clone(store);
        async move {
            for round in 0..20 {
                let id = format!("cas_{n}_{round}");
                let last = done(&*store, opening(&id)).await.last_seq;
                // What is acknowledged is in the feed.
                assert!(store.last_seq().await.unwrap() >= last);
            }
        }
    }));
    writers.await;
    over.store(true, Ordering::SeqCst);
    for follower in followers {
        assert_eq!(follower.await.unwrap(), 160);
    }
}

pub(super) async fn pages_are_whole_while_others_write<B: Backend>(backend: B) {
    let store = backend.store();
    for n in 0..30 {
        done(&**store, opening(&format!("cas_{n:03}"))).await;
    }
    let writers = (0..4).map(|n| {
        let store = Arc::clone(store);
        async move {
            for round in 0..20 {
                done(&*store, opening(&format!("cas_{:03}", 100 + n * 20 + round))).await;
            }
            0
        }
    });
    let readers = (0..4).map(|n| {
        let store = Arc::clone(store);
        async move {
            let filter = CaseFilter { status: (n % 2 == 0).then(|| "open".to_owned()), ..CaseFilter::default() };
            for _ in 0..10 {
                let mut after: Option<String> = None;
                let mut old = Vec::new();
                loop {
                    let page = store.cases(&filter, after.as_deref(), 7).await.unwrap();
                    let Some(last) = page.last() else { break };
                    after = Some(last.id.clone());
                    old.extend(page.into_iter().map(|row| row.id).filter(|id| id.as_str() < "cas_100"));
                }
                assert_eq!(old.len(), 30);
                assert!(old.is_sorted_by(|a, b| a > b));
            }
            0
        }
    });
    type Task = std::pin::Pin<Box<dyn Future<Output = u32> + Send>>;
    let boxed = |future: Task| future;
    let all = writers.map(|w| boxed(Box::pin(w))).chain(readers.map(|r| boxed(Box::pin(r))));
    in_parallel(all.collect::<Vec<_>>().into_iter()).await;
}

/// Two cases each of which may be closed only while the other is open: never both are (no write skew).
pub(super) async fn parallel_commits_on_cases_that_expect_each_other_are_one_after_the_other<B: Backend>(backend: B) {
    let store = backend.store();
    for round in 0..15 {
        let pair = [format!("cas_{round}_a"), format!("cas_{round}_b")];
        for id in &pair {
            done(&**store, opening(id)).await;
        }
        let close = |this: &str, other: &str| {
            let store = Arc::clone(store);
            let commit = Commit {
                case: Some(case_at(this, 1, 2, "closed")),
                expect: vec![Expect::Case { id: other.to_owned(), version: 1 }],
                ..Commit::default()
            };
            async move { store.commit(commit, store.announce()).await }
        };
        let [a, b] = &pair;
        let both = in_parallel([close(a, b), close(b, a)].into_iter()).await;
        assert_eq!(both.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{both:?}");
        assert!(both.iter().any(|outcome| matches!(outcome, Err(CommitError::CaseConflict { current: 2, .. }))));
    }
}
