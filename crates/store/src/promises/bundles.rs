//! Bundles that are kept, and the one in force.

use super::{Backend, done, in_parallel, refused};
use crate::{ActivationRow, Commit, Evidence as _, Journal as _, fixtures::record_of};
use std::sync::Arc;

fn activating(digest: &str) -> Commit {
    Commit {
        records: vec![record_of("bundle/in_force", digest)],
        activation: Some(ActivationRow { digest: digest.to_owned(), at_ms: 10 }),
        ..Commit::default()
    }
}

pub(super) async fn a_bundle_that_is_kept_stays_and_comes_into_force_by_a_commit<B: Backend>(backend: B) {
    let store = backend.store();
    assert_eq!(store.bundle_in_force().await.unwrap(), None);
    for digest in ["one", "two"] {
        store.keep_bundle(digest, digest.as_bytes()).await.unwrap();
    }
    store.keep_bundle("one", b"others").await.unwrap();
    assert_eq!(store.bundle_in_force().await.unwrap(), None, "what is kept is not in force by that");
    for digest in ["two", "one", "two"] {
        done(&**store, activating(digest)).await;
        assert_eq!(store.bundle_in_force().await.unwrap().as_deref(), Some(digest));
    }
    let backend = backend.crash(0);
    let store = backend.store();
    assert_eq!(store.bundle("one").await.unwrap().as_deref(), Some(&b"one"[..]), "it stays as it was kept");
    assert_eq!(store.bundle_in_force().await.unwrap().as_deref(), Some("two"));
    assert_eq!(store.bundle("three").await.unwrap(), None);
}

pub(super) async fn what_is_not_kept_comes_into_no_force<B: Backend>(backend: B) {
    let store = backend.store();
    refused(&**store, activating("one")).await;
    assert_eq!((store.bundle_in_force().await.unwrap(), store.last_seq().await.unwrap()), (None, 0));
}

pub(super) async fn bundles_kept_in_parallel_are_all_there<B: Backend>(backend: B) {
    let store = backend.store();
    let all = in_parallel((0..40).map(|n| {
        let store = Arc::clone(store);
        async move {
            let digest = format!("digest {}", n % 20);
            store.keep_bundle(&digest, digest.as_bytes()).await.unwrap();
            // It can come into force at once.
            done(&*store, activating(&digest)).await;
        }
    }));
    all.await;
    for n in 0..20 {
        let digest = format!("digest {n}");
        assert_eq!(store.bundle(&digest).await.unwrap(), Some(digest.into_bytes()));
    }
}
