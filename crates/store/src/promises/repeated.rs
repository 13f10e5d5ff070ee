//! Requests that come again.

use super::{Backend, done, in_parallel, refused};
use crate::{Commit, CommitError, IdempotencyRow, Journal as _, Views as _, fixtures::opening};
use std::sync::Arc;

fn keyed(case: &str, key: &str, hash: u8, at_ms: i64) -> Commit {
    let mut commit = opening(case);
    commit.records.iter_mut().for_each(|record| record.ts_ms = at_ms);
    let answer = IdempotencyRow {
        scope: "tok".into(),
        case: Some(case.to_owned()),
        key: key.into(),
        request_hash: [hash; 32],
        response: case.as_bytes().to_vec(),
        expires_ms: at_ms + 1_000,
    };
    Commit { idempotency: Some(answer), ..commit }
}

pub(super) async fn the_same_request_gets_the_same_answer<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, keyed("cas_0", "k", 1, 10)).await;
    let same = refused(&**store, keyed("cas_1", "k", 1, 20)).await;
    assert!(matches!(same, CommitError::Replayed { response } if response == b"cas_0"));
    assert!(matches!(refused(&**store, keyed("cas_1", "k", 2, 20)).await, CommitError::KeyReused));
    assert!(store.case("cas_1").await.unwrap().is_none());
    let mut others = keyed("cas_1", "k", 2, 20);
    if let Some(row) = &mut others.idempotency {
        row.scope = "other".into();
    }
    done(&**store, others).await;
    let kept = store.idempotency("tok", "k").await.unwrap().unwrap();
    assert_eq!((kept.request_hash, kept.case.as_deref()), ([1; 32], Some("cas_0")));
    assert!(store.idempotency("tok", "l").await.unwrap().is_none());
}

pub(super) async fn a_key_is_kept_until_it_expires<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, keyed("cas_0", "k", 1, 10)).await;
    assert!(matches!(refused(&**store, keyed("cas_1", "k", 1, 1_009)).await, CommitError::Replayed { .. }));
    done(&**store, keyed("cas_1", "k", 2, 1_010)).await;
    let kept = store.idempotency("tok", "k").await.unwrap().unwrap();
    assert_eq!(kept.response, b"cas_1");
    assert!(matches!(refused(&**store, keyed("cas_2", "k", 1, 1_020)).await, CommitError::KeyReused));
}

pub(super) async fn of_parallel_requests_under_one_key_one_is_carried_out<B: Backend>(backend: B) {
    let store = backend.store();
    let all = in_parallel((0..50).map(|n| {
        let store = Arc::clone(store);
        async move { store.commit(keyed(&format!("cas_{n}"), "k", 1, 10), store.announce()).await }
    }));
    let all = all.await;
    assert_eq!(all.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let row = store.cases(&Default::default(), None, 9).await.unwrap();
    let [one] = row.as_slice() else { panic!("{row:?}") };
    for outcome in all {
        match outcome {
            Ok(_) => {}
            Err(CommitError::Replayed { response }) => assert_eq!(response, one.id.as_bytes()),
            Err(other) => panic!("{other}"),
        }
    }
}
