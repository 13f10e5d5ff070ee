//! Counters that cannot be overdrawn.

use super::{Backend, done, in_parallel, refused};
use crate::{
    Balance, Commit, CommitError, Counter, IdempotencyRow, Journal as _, Spend, Views as _,
    fixtures::{opening, record},
};
use std::sync::Arc;

fn counter(scope: &str) -> Counter {
    Counter { scope: scope.into(), key: "refund/EUR".into(), window_ms: 0 }
}

fn take(scope: &str, amount: u64, limit: u64) -> Spend {
    Spend::Take { counter: counter(scope), amount, limit }
}

fn reserve(id: &str, amount: u64, limit: u64) -> Spend {
    Spend::Reserve { id: id.into(), counter: counter("a"), amount, limit }
}

fn settle(id: &str, amount: u64) -> Spend {
    Spend::Settle { id: id.into(), amount }
}

fn release(id: &str) -> Spend {
    Spend::Release { id: id.into() }
}

fn spending(spend: impl Into<Vec<Spend>>) -> Commit {
    Commit { spend: spend.into(), ..Commit::default() }
}

fn left(error: &CommitError) -> u64 {
    match error {
        CommitError::Overdrawn { left, .. } => *left,
        other => panic!("{other}"),
    }
}

fn at(spent: u64, reserved: u64) -> Balance {
    Balance { spent, reserved }
}

pub(super) async fn what_is_left_can_be_taken_and_no_more<B: Backend>(backend: B) {
    let store = backend.store();
    assert_eq!(store.balance(&counter("a")).await.unwrap(), at(0, 0));
    done(&**store, spending([take("a", 70, 100)])).await;
    let over = refused(&**store, spending([take("a", 31, 100)])).await;
    assert!(matches!(&over, CommitError::Overdrawn { counter: named, left: 30 } if *named == counter("a")), "{over}");
    done(&**store, spending([take("a", 30, 100)])).await;
    assert_eq!(left(&refused(&**store, spending([take("a", 1, 100)])).await), 0);
    done(&**store, spending([take("a", 0, 100)])).await;
    assert_eq!(store.balance(&counter("a")).await.unwrap(), at(100, 0));
    // However large numbers are, they do not wrap around.
    for (amount, limit) in [(u64::MAX, u64::MAX), (u64::MAX, 100), (i64::MAX as u64, u64::MAX)] {
        refused(&**store, spending([take("a", amount, limit)])).await;
    }
    done(&**store, spending([take("b", i64::MAX as u64, u64::MAX)])).await;
    assert_eq!(left(&refused(&**store, spending([take("b", 1, u64::MAX)])).await), 0);
}

pub(super) async fn what_is_held_back_is_settled_or_released_once<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, spending([reserve("r1", 60, 100)])).await;
    assert_eq!(left(&refused(&**store, spending([take("a", 41, 100)])).await), 40);
    let twice = refused(&**store, spending([reserve("r1", 1, 100)])).await;
    assert!(matches!(twice, CommitError::ReservationHeld { id } if id == "r1"));
    assert_eq!(left(&refused(&**store, spending([settle("r1", 61)])).await), 60);
    let held = store.reservation("r1").await.unwrap().unwrap();
    assert_eq!((held.counter, held.amount), (counter("a"), 60));
    done(&**store, spending([settle("r1", 50)])).await;
    assert_eq!(store.balance(&counter("a")).await.unwrap(), at(50, 0), "the rest is given back");
    for late in [settle("r1", 1), settle("r1", 0), release("r1"), release("r9")] {
        assert!(matches!(refused(&**store, spending([late])).await, CommitError::ReservationGone { .. }));
    }
    done(&**store, spending([reserve("r2", 50, 100)])).await;
    done(&**store, spending([release("r2")])).await;
    assert_eq!(store.balance(&counter("a")).await.unwrap(), at(50, 0));
    assert_eq!(store.reservation("r2").await.unwrap(), None);
    done(&**store, spending([reserve("r2", 50, 100)])).await;
    assert_eq!(store.balance(&counter("a")).await.unwrap(), at(50, 50), "a name can be used again");
}

pub(super) async fn several_of_one_command_stand_all_or_none<B: Backend>(backend: B) {
    let store = backend.store();
    // A chain: the child's limit and the parent's.
    let both = |amount| spending([take("child", amount, 50), take("parent", amount, 60)]);
    done(&**store, both(40)).await;
    done(&**store, spending([take("parent", 15, 60)])).await;
    let over = refused(&**store, both(6)).await;
    assert!(matches!(&over, CommitError::Overdrawn { counter: named, left: 5 } if *named == counter("parent")));
    assert_eq!(store.balance(&counter("child")).await.unwrap(), at(40, 0));
    // What is taken twice counts twice, and what is held back in one command can be settled in it.
    assert_eq!(left(&refused(&**store, spending([take("a", 6, 10), take("a", 5, 10)])).await), 4);
    done(&**store, spending([reserve("r", 6, 10), settle("r", 5), take("a", 5, 10)])).await;
    assert_eq!(store.balance(&counter("a")).await.unwrap(), at(10, 0));
    assert_eq!(store.reservation("r").await.unwrap(), None);
    // Another reason leaves no trace of it either.
    let stale = Commit { spend: vec![take("b", 1, 1)], ..opening("cas_0") };
    done(&**store, opening("cas_0")).await;
    assert!(matches!(refused(&**store, stale).await, CommitError::VersionConflict { .. }));
    done(&**store, spending([take("b", 1, 1)])).await;
}

pub(super) async fn windows_and_keys_are_apart<B: Backend>(backend: B) {
    let store = backend.store();
    let day = |window_ms| Counter { window_ms, ..counter("a") };
    for counter in
        [day(1), day(2), Counter { key: "refunds".into(), ..day(1) }, Counter { scope: "b".into(), ..day(1) }]
    {
        done(&**store, spending([Spend::Take { counter: counter.clone(), amount: 5, limit: 5 }])).await;
        assert_eq!(store.balance(&counter).await.unwrap(), at(5, 0));
        let more = Spend::Take { counter, amount: 1, limit: 5 };
        assert_eq!(left(&refused(&**store, spending([more])).await), 0);
    }
    assert_eq!(store.balance(&day(3)).await.unwrap(), at(0, 0));
}

pub(super) async fn a_limit_that_falls_leaves_nothing<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, spending([take("a", 50, 100), reserve("r", 20, 100)])).await;
    assert_eq!(left(&refused(&**store, spending([take("a", 1, 30)])).await), 0);
    // What was held back under the limit of before is still there.
    done(&**store, spending([settle("r", 20)])).await;
    assert_eq!(store.balance(&counter("a")).await.unwrap(), at(70, 0));
}

pub(super) async fn what_was_spent_is_durable_and_a_repeated_request_spends_nothing<B: Backend>(backend: B) {
    let request = || Commit {
        records: vec![record("cas_0", "spent")],
        idempotency: Some(IdempotencyRow {
            scope: "tok".into(),
            key: "k".into(),
            case: None,
            request_hash: [1; 32],
            response: b"done".to_vec(),
            expires_ms: 1_000,
        }),
        ..spending([take("a", 60, 100), reserve("r", 10, 100)])
    };
    done(&**backend.store(), request()).await;
    let backend = backend.crash(0);
    let store = backend.store();
    for _ in 0..2 {
        assert!(matches!(refused(&**store, request()).await, CommitError::Replayed { .. }));
    }
    assert_eq!(store.balance(&counter("a")).await.unwrap(), at(60, 10));
    assert_eq!(store.reservation("r").await.unwrap().unwrap().amount, 10);
}

pub(super) async fn a_hundred_parallel_calls_take_exactly_what_there_is<B: Backend>(backend: B) {
    let store = backend.store();
    let all = in_parallel((0..100_u64).map(|n| {
        let store = Arc::clone(store);
        // Some of them write a case, so that batches are mixed, and some are refused for that.
        let commit = match n % 4 {
            0 => Commit { spend: vec![take("a", 7, 400)], ..opening(&format!("cas_{}", n % 8)) },
            _ => spending([take("a", 7, 400)]),
        };
        async move { store.commit(commit, store.announce()).await }
    }));
    let all = all.await;
    let took = all.iter().filter(|outcome| outcome.is_ok()).count() as u64;
    let spent = store.balance(&counter("a")).await.unwrap().spent;
    assert_eq!((spent, took), (399, 57), "57 times 7 is as near to 400 as it gets");
    for outcome in all {
        match outcome {
            Ok(_) | Err(CommitError::VersionConflict { .. }) => {}
            Err(error) => assert!(left(&error) < 7),
        }
    }
}

pub(super) async fn parallel_reservations_never_exceed_the_limit<B: Backend>(backend: B) {
    let store = backend.store();
    let all = in_parallel((0..100_u64).map(|n| {
        let store = Arc::clone(store);
        async move {
            let id = format!("r{n}");
            if store.commit(spending([reserve(&id, 3, 30)]), store.announce()).await.is_err() {
                return 0;
            }
            let seen = store.balance(&counter("a")).await.unwrap();
            assert!(seen.spent + seen.reserved <= 30, "{seen:?}");
            let end = if n % 2 == 0 { settle(&id, 1) } else { release(&id) };
            done(&*store, spending([end])).await;
            1 - n % 2
        }
    }));
    let settled: u64 = all.await.into_iter().sum();
    assert_eq!(store.balance(&counter("a")).await.unwrap(), at(settled, 0));
}
