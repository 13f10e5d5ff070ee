//! The ledger's tree, its checkpoints, and verification.

use super::{Backend, done, in_parallel};
use crate::{
    Balance, Commit, Counter, Evidence as _, Found, Journal as _, Judge, Reservation, Spend, Stored, Verification as _,
    fixtures::{case_at, opening, record_of, subject},
};
use remit_ledger::{
    checkpoint::{Checkpoint, Signer},
    entry::LogEntry,
    hash::Hash,
    tile::TILE_WIDTH,
    tree::Tree,
    verify::Problem,
};
use std::sync::Arc;

fn signer() -> Signer {
    Signer::new("log.example", &[1; 32])
}

/// So many records on one case.
async fn fill(store: &impl crate::Journal, records: u64) {
    let commit = Commit {
        case: Some(case_at("cas_0", 0, records, "desk")),
        records: (0..records).map(|n| subject("case/cas_0", &format!("dec_{n}"))).collect(),
        ..Commit::default()
    };
    done(store, commit).await;
}

async fn sign(store: &impl crate::Evidence) -> u64 {
    let (size, root) = store.head().await.unwrap();
    assert!(store.add_checkpoint(size, &signer().sign(size, &root)).await.unwrap());
    size
}

pub(super) async fn the_tree_is_made_of_all_entries<B: Backend>(backend: B) {
    let mut backend = backend;
    assert_eq!(backend.store().head().await.unwrap(), (0, Hash::empty()));
    fill(&**backend.store(), 600).await;
    for _ in 0..2 {
        let store = backend.store();
        let feed = store.feed(0, usize::MAX).await.unwrap();
        let (mut tree, mut full) = (Tree::default(), Vec::new());
        for row in &feed {
            let entry = LogEntry::from_bytes(&row.entry).unwrap();
            assert_eq!((entry.seq, entry.ts, entry.kind.as_str()), (row.seq, row.ts_ms, row.kind.as_str()));
            tree.append(Hash::leaf(&row.entry), &mut full);
        }
        assert_eq!(store.head().await.unwrap(), (600, tree.root()));
        for tile in &full {
            assert_eq!(store.tile(tile.level, tile.index).await.unwrap().as_ref(), Some(&tile.hashes));
        }
        assert_eq!(full.len(), 2);
        let last = store.tile(0, 2).await.unwrap().unwrap();
        assert_eq!((last.as_slice(), last.len()), (tree.partial(0), 600 % TILE_WIDTH));
        assert_eq!(store.tile(1, 0).await.unwrap().unwrap(), tree.partial(1));
        for (level, index) in [(0, 3), (1, 1), (2, 0), (9, 0), (0, u64::MAX >> 1)] {
            assert_eq!(store.tile(level, index).await.unwrap(), None, "{level} {index}");
        }
        backend = backend.reopen();
    }
}

pub(super) async fn checkpoints_only_grow<B: Backend>(backend: B) {
    let store = backend.store();
    assert_eq!(store.checkpoint().await.unwrap(), None);
    fill(&**store, 4).await;
    let size = sign(&**store).await;
    for (smaller, note) in [(size, "other"), (size - 1, "one")] {
        assert!(!store.add_checkpoint(smaller, note).await.unwrap());
    }
    let (newest, note) = store.checkpoint().await.unwrap().unwrap();
    assert_eq!((newest, Checkpoint::unverified(&note).unwrap().size), (size, size));
}

pub(super) async fn parallel_checkpoints_only_grow<B: Backend>(backend: B) {
    let store = backend.store();
    let all = in_parallel((0..40_u64).map(|n| {
        let store = Arc::clone(store);
        async move {
            let added = store.add_checkpoint(n * 7 % 40, "note").await.unwrap();
            let newest = store.checkpoint().await.unwrap().unwrap().0;
            assert!(newest >= n * 7 % 40);
            added
        }
    }));
    assert!(all.await.iter().any(|added| *added));
    assert_eq!(store.checkpoint().await.unwrap(), Some((39, "note".into())));
}

pub(super) async fn a_good_ledger_verifies_and_its_records_are_proven<B: Backend>(backend: B) {
    let store = backend.store();
    assert!(store.prove("1").await.unwrap().is_none());
    fill(&**store, 300).await;
    let size = sign(&**store).await;
    done(&**store, Commit { records: vec![subject("responder/ai", "dec_late")], ..Commit::default() }).await;
    let mut told = Vec::new();
    let report =
        store.verify(&signer().verifier(), None, &mut (), &mut |done, all| told.push((done, all))).await.unwrap();
    assert_eq!((report.records, report.signed, report.problems), (301, Some(size), vec![]));
    for (named, at) in [("dec_7", 7), ("8", 7), ("300", 299), ("dec_0", 0)] {
        let proof = store.prove(named).await.unwrap().unwrap();
        let (entry, checkpoint) = proof.check(&signer().verifier()).unwrap();
        assert_eq!((entry.seq, checkpoint.size), (at + 1, size), "{named}");
    }
    for unsigned in ["dec_late", "301", "302", "0", "none"] {
        assert!(store.prove(unsigned).await.unwrap().is_none(), "{unsigned}");
    }
}

/// Objects to every case, and hears of everything.
#[derive(Default)]
struct Objects {
    cases: Vec<(String, usize, Option<u64>)>,
    items: usize,
    counters: Vec<(String, u64, u64)>,
    reservations: Vec<(String, String, u64)>,
}

impl Judge for Objects {
    fn stream(&mut self, name: &str, stored: &Stored, found: Found<'_>) {
        assert!(stored.records.iter().zip(1..).all(|(record, place)| record.place == place));
        self.cases.push((name.to_owned(), stored.records.len(), stored.case.as_ref().map(|case| case.version)));
        found(Problem::Kept { what: "case".into(), which: name.into(), how: "not liked".into() });
    }

    fn item(&mut self, _item: &crate::Item, _found: Found<'_>) {
        self.items += 1;
    }

    fn counter(&mut self, counter: &Counter, balance: Balance, _found: Found<'_>) {
        self.counters.push((counter.scope.clone(), balance.spent, balance.reserved));
    }

    fn reservation(&mut self, id: &str, held: &Reservation, _found: Found<'_>) {
        self.reservations.push((id.to_owned(), held.counter.scope.clone(), held.amount));
    }
}

pub(super) async fn what_a_judge_finds_is_in_the_report<B: Backend>(backend: B) {
    let store = backend.store();
    let item = crate::ItemWrite {
        kind: "staff".into(),
        id: "ana".into(),
        expected: crate::Expected::Absent,
        body: Some(b"{}".to_vec()),
    };
    done(&**store, Commit { items: vec![item], ..opening("cas_0") }).await;
    done(
        &**store,
        Commit { records: vec![record_of("responder/ai", "x"), record_of("responder/ai", "y")], ..opening("cas_1") },
    )
    .await;
    let counter = |scope: &str| Counter { scope: scope.into(), key: "refunds".into(), window_ms: 7 };
    let spend = vec![
        Spend::Take { counter: counter("a"), amount: 3, limit: 9 },
        Spend::Reserve { id: "r".into(), counter: counter("b"), amount: 4, limit: 9 },
    ];
    done(&**store, Commit { spend, ..Commit::default() }).await;
    let mut judge = Objects::default();
    let report = store.verify(&signer().verifier(), None, &mut judge, &mut |_, _| {}).await.unwrap();
    let cases = [("case/cas_0", 1, Some(1)), ("case/cas_1", 0, Some(1)), ("responder/ai", 2, None)];
    assert_eq!(judge.cases, cases.map(|(name, records, version)| (name.to_owned(), records, version)));
    assert_eq!((report.problems.len(), judge.items), (3, 1));
    assert_eq!(judge.counters, [("a".to_owned(), 3, 0), ("b".to_owned(), 0, 4)]);
    assert_eq!(judge.reservations, [("r".to_owned(), "b".to_owned(), 4)]);
}

pub(super) async fn another_checkpoint_does_not_hold<B: Backend>(backend: B) {
    let store = backend.store();
    fill(&**store, 5).await;
    let (size, root) = store.head().await.unwrap();
    sign(&**store).await;
    let since = |size, root: &Hash| Checkpoint::unverified(&signer().sign(size, root)).unwrap();
    for (since, problems) in [(since(size, &root), 0), (since(size, &Hash([9; 32])), 1), (since(size + 1, &root), 1)] {
        let report = store.verify(&signer().verifier(), Some(&since), &mut (), &mut |_, _| {}).await.unwrap();
        assert_eq!(report.problems.len(), problems, "{:?}", report.problems);
    }
    let other = Signer::new("log.example", &[2; 32]);
    let report = store.verify(&other.verifier(), None, &mut (), &mut |_, _| {}).await.unwrap();
    assert!(!report.problems.is_empty(), "a checkpoint of another signer is none");
}
