//! What remains to be done.

use super::{Backend, done, in_parallel, refused};
use crate::{
    Commit, CommitError, Journal as _, OutboxRow, Views as _,
    fixtures::{case_at, opening, record},
};
use std::sync::Arc;

fn row(id: &str, due_ms: i64) -> OutboxRow {
    OutboxRow { id: id.to_owned(), kind: "turn".into(), case: "cas_0".into(), due_ms, body: id.as_bytes().to_vec() }
}

fn adding(rows: impl IntoIterator<Item = OutboxRow>) -> Commit {
    Commit { outbox: rows.into_iter().collect(), ..Commit::default() }
}

async fn due(store: &impl crate::Views, now_ms: i64) -> Vec<String> {
    store.due("turn", now_ms, 10).await.unwrap().into_iter().map(|row| row.id).collect()
}

pub(super) async fn what_is_due_comes_in_its_order<B: Backend>(backend: B) {
    let store = backend.store();
    assert_eq!(store.next_due("turn").await.unwrap(), None);
    done(&**store, adding([row("b", 20), row("z", 10), row("a", 30), row("c", 10)])).await;
    done(&**store, adding([OutboxRow { kind: "timer".into(), ..row("t", 1) }])).await;
    assert_eq!(due(&**store, 20).await, ["z", "c", "b"]);
    assert_eq!(due(&**store, 9).await, [""; 0]);
    assert_eq!(store.due("turn", 99, 1).await.unwrap(), [row("z", 10)]);
    assert_eq!(store.next_due("turn").await.unwrap(), Some(10));
    assert_eq!(store.next_due("timer").await.unwrap(), Some(1));
}

pub(super) async fn what_is_claimed_is_done_once<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, Commit { outbox: vec![row("a", 1)], ..opening("cas_0") }).await;
    let claim = |version| Commit {
        case: Some(case_at("cas_0", version, version + 1, "desk")),
        records: vec![record("cas_0", "done")],
        claim: Some("a".into()),
        ..Commit::default()
    };
    done(&**store, claim(1)).await;
    assert!(matches!(refused(&**store, claim(2)).await, CommitError::Done));
    assert_eq!(store.case("cas_0").await.unwrap().unwrap().version, 2);
    // One that is refused for something else leaves what it claimed.
    done(&**store, adding([row("a", 1)])).await;
    assert!(matches!(refused(&**store, claim(1)).await, CommitError::VersionConflict { .. }));
    assert_eq!(due(&**store, 9).await, ["a"]);
}

pub(super) async fn of_parallel_claims_one_wins<B: Backend>(backend: B) {
    let store = backend.store();
    for round in 0..4 {
        done(&**store, adding([row("a", 1)])).await;
        let all = in_parallel((0..50).map(|n| {
            let store = Arc::clone(store);
            let records = vec![record("cas_0", &format!("{round} {n}"))];
            let commit = Commit { claim: Some("a".into()), records, ..Commit::default() };
            async move { store.commit(commit, store.announce()).await }
        }));
        let all = all.await;
        assert_eq!(all.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let others = all.iter().filter(|outcome| matches!(outcome, Err(CommitError::Done))).count();
        assert_eq!((others, store.last_seq().await.unwrap()), (49, round + 1));
    }
}

pub(super) async fn rows_are_replaced_and_cancelled<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, adding([row("a", 10), row("b", 10)])).await;
    let other = OutboxRow { case: "cas_1".into(), body: b"other".to_vec(), ..row("a", 40) };
    done(&**store, Commit { cancel: vec!["b".into(), "none".into()], ..adding([other.clone()]) }).await;
    assert_eq!(store.due("turn", 99, 9).await.unwrap(), [other.clone()]);
    assert!(store.due("turn", 39, 9).await.unwrap().is_empty());
    // What is done for a row can put the next in its place.
    done(&**store, Commit { claim: Some("a".into()), ..adding([row("a", 50)]) }).await;
    assert_eq!(store.due("turn", 99, 9).await.unwrap(), [row("a", 50)]);
    let moved = OutboxRow { kind: "timer".into(), ..row("a", 50) };
    done(&**store, adding([moved.clone()])).await;
    assert_eq!(store.next_due("turn").await.unwrap(), None);
    assert_eq!(store.due("timer", 99, 9).await.unwrap(), [moved]);
}
