//! What is durable, what is not, and how a store ends.

use super::{Backend, done, everything::everything, refused, tokens::forgetting_name};
use crate::{
    Collection, Commit, CommitError, Counter, Evidence as _, Expected, Journal as _, Spend, TokenChange, TokenRow,
    Views as _,
    fixtures::{case_at, opening, record},
};
use std::{pin::Pin, sync::Arc, task::Poll, time::Duration};

const NOTES: Collection<String> = Collection::new("staff");

/// Polls once; whether it is done.
async fn is_done<F: Future>(future: &mut Pin<Box<F>>) -> bool {
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
}

/// What all of these come to, each polled whenever any of them may go on.
pub(super) async fn all_of<F: Future>(mut futures: Vec<Pin<Box<F>>>) -> Vec<F::Output> {
    let mut came_to: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, came_to) in futures.iter_mut().zip(&mut came_to) {
            if came_to.is_none()
                && let Poll::Ready(output) = future.as_mut().poll(context)
            {
                *came_to = Some(output);
            }
        }
        if came_to.iter().all(Option::is_some) {
            Poll::Ready(came_to.iter_mut().filter_map(Option::take).collect())
        } else {
            Poll::Pending
        }
    })
    .await
}

pub(super) async fn what_was_acknowledged_survives_a_crash<B: Backend>(backend: B) {
    let mut backend = backend;
    for round in 0..5_u64 {
        let store = backend.store();
        for n in 0..10 {
            let id = format!("cas_{round}_{n}");
            // Some bodies are long enough to be compressed.
            let body = format!("{{\"text\":\"{}\"}}", "word ".repeat(usize::try_from(n).unwrap() * 20));
            let commit = Commit {
                records: vec![record(&id, &body)],
                items: vec![NOTES.write(&id, Expected::Absent, &body).unwrap()],
                ..opening(&id)
            };
            assert_eq!(done(&**store, commit).await.last_seq, round * 10 + n + 1);
        }
        let before = everything(&**store, 0).await;
        backend = backend.crash(0);
        let store = backend.store();
        assert_eq!(everything(&**store, 0).await.differs(&before), [""; 0]);
        assert_eq!(NOTES.all(&**store).await.unwrap().len() as u64, (round + 1) * 10);
    }
}

pub(super) async fn what_was_not_is_whole_or_not_there_after_a_crash<B: Backend>(backend: B) {
    let mut backend = backend;
    for part in (0..=255_u8).step_by(15) {
        let before = backend.store().last_seq().await.unwrap();
        let held = backend.hold();
        let store = Arc::clone(backend.store());
        let unanswered = |n: u64| {
            let (store, id) = (Arc::clone(&store), format!("cas_{part}_{n}"));
            let counter = Counter { scope: id.clone(), key: String::new(), window_ms: 0 };
            let commit = Commit {
                records: vec![record(&id, "one"), record(&id, "two")],
                items: vec![NOTES.write(&id, Expected::Absent, &id).unwrap()],
                spend: vec![Spend::Take { counter, amount: 1, limit: 1 }],
                case: Some(case_at(&id, 0, 2, "desk")),
                ..Commit::default()
            };
            tokio::spawn(async move { store.commit(commit, store.announce()).await })
        };
        let all: Vec<_> = (0..8).map(unanswered).collect();
        // Until some of it is written.
        while store.depths().await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(all.iter().all(|commit| !commit.is_finished()), "nothing is acknowledged");
        assert_eq!(store.last_seq().await.unwrap(), before);
        backend = backend.crash(part);
        drop((held, store));
        for commit in all {
            // Whatever a dead machine's process is told, it tells nobody.
            let _ = commit.await;
        }
        let store = backend.store();
        let records = store.last_seq().await.unwrap() - before;
        assert_eq!(records % 2, 0);
        let mut whole = 0;
        for n in 0..8 {
            let id = format!("cas_{part}_{n}");
            let counter = Counter { scope: id.clone(), key: String::new(), window_ms: 0 };
            let there = [
                store.case(&id).await.unwrap().is_some(),
                store.records_of(&format!("case/{id}"), 0, 9).await.unwrap().len() == 2,
                NOTES.get(&**store, &id).await.unwrap().is_some(),
                store.balance(&counter).await.unwrap().spent == 1,
            ];
            assert!(there == [true; 4] || there == [false; 4], "{there:?}");
            whole += u64::from(there[0]);
        }
        assert_eq!(records, whole * 2);
        // What the feed and the ledger had is as it was, and the next one follows.
        for n in 0..8 {
            let id = format!("cas_{part}_{n}");
            let row = store.case(&id).await.unwrap();
            let mut case = case_at(&id, row.map_or(0, |row| row.version), 3, "desk");
            case.status = "resolved".into();
            done(&**store, Commit { case: Some(case), ..Commit::default() }).await;
        }
    }
}

pub(super) async fn the_feed_and_the_ledger_end_at_what_is_durable<B: Backend>(backend: B) {
    let store = Arc::clone(backend.store());
    done(&*store, opening("cas_0")).await;
    let head = store.head().await.unwrap();
    let held = backend.hold();
    let commit = tokio::spawn({
        let store = Arc::clone(&store);
        let records = (0..300).map(|_| record("cas_1", "x")).collect();
        async move { store.commit(Commit { records, ..opening("cas_1") }, store.announce()).await }
    });
    while store.case("cas_1").await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    let durable = async || (store.last_seq().await.unwrap(), store.feed(0, 999).await.unwrap().len());
    assert_eq!(durable().await, (1, 1));
    assert_eq!(store.head().await.unwrap(), head);
    assert_eq!(store.tile(0, 0).await.unwrap().unwrap().len(), 1);
    assert!(!commit.is_finished());
    drop(held);
    assert_eq!(commit.await.unwrap().unwrap().last_seq, 301);
    assert_eq!(durable().await, (301, 301));
    assert_eq!(store.tile(0, 0).await.unwrap().unwrap().len(), 256);
}

pub(super) async fn whoever_reads_can_wait_until_it_is_durable<B: Backend>(backend: B) {
    let store = Arc::clone(backend.store());
    store.wait_durable().await.unwrap();
    let held = backend.hold();
    let mut commit = Box::pin(store.commit(opening("cas_0"), store.announce()));
    assert!(!is_done(&mut commit).await);
    while store.case("cas_0").await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    let mut waiting = Box::pin(store.wait_durable());
    for _ in 0..100 {
        assert!(!is_done(&mut waiting).await);
        tokio::task::yield_now().await;
    }
    drop(held);
    waiting.await.unwrap();
    assert_eq!(store.last_seq().await.unwrap(), 1);
    commit.await.unwrap();
}

pub(super) async fn too_many_that_wait_are_refused_as_busy<B: Backend>(_: B) {
    let backend = B::with_room(2);
    let store = Arc::clone(backend.store());
    let held = backend.hold();
    let mut waiting = Vec::new();
    let busy = loop {
        let mut commit = Box::pin(store.commit(opening(&format!("cas_{}", waiting.len())), store.announce()));
        let outcome = std::future::poll_fn(|context| Poll::Ready(commit.as_mut().poll(context))).await;
        match outcome {
            Poll::Pending => waiting.push(commit),
            Poll::Ready(refused) => break refused,
        }
        // The writer may still take some of those that wait.
        assert!(waiting.len() < 9_999);
    };
    assert!(matches!(busy, Err(CommitError::Busy)), "{busy:?}");
    let accepted = waiting.len();
    drop(held);
    for outcome in all_of(waiting).await {
        outcome.unwrap();
    }
    assert_eq!(store.last_seq().await.unwrap(), accepted as u64, "who waited is not refused, and who was left nothing");
    done(&*store, opening("cas_after")).await;
}

pub(super) async fn a_store_that_is_closed_finishes_and_takes_nothing_more<B: Backend>(backend: B) {
    let store = Arc::clone(backend.store());
    let held = backend.hold();
    let mut commits: Vec<_> =
        (0..20).map(|n| Box::pin(store.commit(opening(&format!("cas_{n}")), store.announce()))).collect();
    for commit in &mut commits {
        assert!(!is_done(commit).await);
    }
    let mut closing = Box::pin(store.close());
    assert!(!is_done(&mut closing).await);
    drop(held);
    let ((), all) = tokio::join!(closing, all_of(commits));
    assert!(all.iter().all(Result::is_ok));
    assert!(matches!(refused(&*store, opening("cas_late")).await, CommitError::Stopped));
    assert_eq!(store.feed(0, 99).await.unwrap().len(), 20);
    store.wait_durable().await.unwrap();
    assert!(store.add_checkpoint(3, "note").await.unwrap(), "what is no commit can still be written");
    store.close().await;
}

pub(super) async fn announced_commands_that_do_not_come_are_not_waited_for<B: Backend>(backend: B) {
    let store = backend.store();
    let announced: Vec<_> = (0..500).map(|_| store.announce()).collect();
    let all = async {
        for n in 0..20 {
            done(&**store, opening(&format!("cas_{n}"))).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("each waits a moment at most");
    drop(announced);
}

pub(super) async fn writes_that_are_no_commit_survive_a_crash<B: Backend>(backend: B) {
    let store = backend.store();
    let token = TokenRow {
        id: "tok_0".into(),
        hash: [1; 32],
        name: "Ada".into(),
        roles: vec!["lead".into()],
        responder: None,
        source: None,
        staff: None,
        created_ms: 1,
        expires_ms: 2,
    };
    done(&**store, Commit { tokens: vec![TokenChange::Add(Box::new(token))], ..Commit::default() }).await;
    done(&**store, Commit { tokens: vec![TokenChange::Revoke("tok_0".into())], ..opening("cas_0") }).await;
    done(&**store, forgetting_name(&**store, "tok_0").await).await;
    store.keep_bundle("one", b"one").await.unwrap();
    let (size, root) = store.head().await.unwrap();
    let note = remit_ledger::checkpoint::Signer::new("log.example", &[1; 32]).sign(size, &root);
    assert!(store.add_checkpoint(size, &note).await.unwrap());
    backend.acknowledged();
    let backend = backend.crash(0);
    let store = backend.store();
    assert_eq!(store.token_name("tok_0").await.unwrap(), None);
    assert_eq!(store.bundle("one").await.unwrap().as_deref(), Some(&b"one"[..]));
    assert_eq!(store.checkpoint().await.unwrap(), Some((size, note)));
}

pub(super) async fn a_store_that_is_opened_again_is_as_it_was<B: Backend>(backend: B) {
    done(&**backend.store(), opening("cas_0")).await;
    backend.store().keep_bundle("one", b"one").await.unwrap();
    let before = everything(&**backend.store(), 0).await;
    let backend = backend.reopen();
    assert_eq!(everything(&**backend.store(), 0).await.differs(&before), [""; 0]);
    assert_eq!(done(&**backend.store(), opening("cas_1")).await.first_seq, 2);
}

pub(super) async fn what_was_erased_can_be_overwritten<B: Backend>(backend: B) {
    let store = backend.store();
    for n in 0..10 {
        done(&**store, opening(&format!("cas_{n}"))).await;
    }
    done(&**store, Commit { clear: Some("cas_1".into()), ..Commit::default() }).await;
    assert!(store.purge(Duration::from_secs(20)).await.unwrap());
    let before = everything(&**store, 0).await;
    backend.acknowledged();
    let backend = backend.crash(0);
    assert_eq!(everything(&**backend.store(), 0).await.differs(&before), [""; 0]);
    backend.store().close().await;
    assert!(matches!(backend.store().purge(Duration::ZERO).await, Err(CommitError::Stopped)));
}
