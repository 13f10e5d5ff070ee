//! Customers, their keys, and what is sealed under them.

use super::{Backend, done, refused};
use crate::{
    AttachmentRow, CaseWrite, Commit, CommitError, IdempotencyRow, NewCustomer, Views as _, WordsRow,
    fixtures::{case_at, opening, record_of},
};

fn customer(id: &str, key: &[u8], replaces: Option<u64>) -> NewCustomer {
    NewCustomer { id: id.into(), wrapped_key: key.to_vec(), replaces }
}

fn file(case: &str, id: &str) -> AttachmentRow {
    // Larger than a page of any store.
    AttachmentRow { id: id.into(), case: case.into(), sealed: id.bytes().cycle().take(100_000).collect() }
}

/// A customer opens a case with words, a file and an answer that is kept.
fn open(case: &str, of: &str, key: &[u8], replaces: Option<u64>) -> Commit {
    let answer = IdempotencyRow {
        scope: "tok".into(),
        key: case.into(),
        case: Some(case.into()),
        request_hash: [1; 32],
        response: b"kept".to_vec(),
        expires_ms: 100_000,
    };
    Commit {
        case: Some(CaseWrite { customer: of.into(), opened_ms: 7, ..case_at(case, 0, 1, "desk") }),
        customer: Some(customer(of, key, replaces)),
        words: vec![WordsRow { id: "w".into(), case: case.into(), sealed: b"sealed".to_vec() }],
        attachments: vec![file(case, "f")],
        idempotency: Some(answer),
        ..opening(case)
    }
}

pub(super) async fn a_customer_has_one_key<B: Backend>(backend: B) {
    let store = backend.store();
    assert!(store.customer("cus_0").await.unwrap().is_none());
    done(&**store, open("cas_0", "cus_0", b"one", None)).await;
    done(&**store, open("cas_1", "cus_0", b"one", None)).await;
    done(&**store, open("cas_2", "cus_1", b"two", None)).await;
    let other = refused(&**store, open("cas_3", "cus_0", b"two", None)).await;
    assert!(matches!(other, CommitError::KeyGone), "{other}");
    assert!(store.case("cas_3").await.unwrap().is_none());
    let key = store.customer("cus_0").await.unwrap().unwrap();
    assert_eq!(key.wrapped_key.as_deref(), Some(&b"one"[..]));
    assert_eq!(store.key_of_case("cus_0", 7, "cas_1").await.unwrap(), Some(key.clone()));
    assert_ne!(store.customer("cus_1").await.unwrap().unwrap().key, key.key);
    assert!(store.key_of_case("cus_1", 7, "cas_1").await.unwrap().is_none());
}

pub(super) async fn a_customer_is_noted_without_a_case<B: Backend>(backend: B) {
    let store = backend.store();
    let noted = |key: &[u8]| Commit {
        customer: Some(customer("cus_0", key, None)),
        records: vec![record_of("customer/cus_0", "x")],
        ..Commit::default()
    };
    done(&**store, noted(b"one")).await;
    let key = store.customer("cus_0").await.unwrap().unwrap();
    assert_eq!(key.wrapped_key.as_deref(), Some(&b"one"[..]));
    done(&**store, noted(b"one")).await;
    assert!(matches!(refused(&**store, noted(b"two")).await, CommitError::KeyGone));
    assert_eq!(store.count_under("cus_0", key.key).await.unwrap(), 0);
    done(&**store, open("cas_0", "cus_0", b"one", None)).await;
    assert_eq!(store.key_of_case("cus_0", 7, "cas_0").await.unwrap(), Some(key));
}

pub(super) async fn a_destroyed_key_seals_nothing<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, open("cas_0", "cus_0", b"one", None)).await;
    let key = store.customer("cus_0").await.unwrap().unwrap().key;
    let under =
        || Commit { sealed_under: Some(key), records: vec![record_of("customer/cus_0", "x")], ..Commit::default() };
    done(&**store, under()).await;
    let erase =
        || Commit { erase: Some(key), records: vec![record_of("customer/cus_0", "erased")], ..Commit::default() };
    done(&**store, erase()).await;
    assert!(matches!(refused(&**store, erase()).await, CommitError::Done));
    assert!(matches!(refused(&**store, under()).await, CommitError::KeyGone));
    assert!(matches!(refused(&**store, open("cas_1", "cus_0", b"one", None)).await, CommitError::KeyGone));
    let gone = store.customer("cus_0").await.unwrap().unwrap();
    assert_eq!((gone.key, gone.wrapped_key), (key, None), "who was erased is known");
    assert!(store.some_customer().await.unwrap().is_none());
    // Who comes back has another.
    done(&**store, open("cas_2", "cus_0", b"two", Some(key))).await;
    let back = store.customer("cus_0").await.unwrap().unwrap();
    assert!(back.key != key && back.wrapped_key.as_deref() == Some(b"two"));
    assert_eq!(store.key_of_case("cus_0", 7, "cas_0").await.unwrap().unwrap().wrapped_key, None);
    assert_eq!(store.some_customer().await.unwrap(), Some(("cus_0".into(), b"two".to_vec())));
}

pub(super) async fn a_customer_of_another_key_changes_no_case<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, open("cas_0", "cus_0", b"one", None)).await;
    let changed = Commit {
        case: Some(CaseWrite { customer: "cus_0".into(), ..case_at("cas_0", 1, 2, "other") }),
        customer: Some(customer("cus_0", b"two", None)),
        ..Commit::default()
    };
    assert!(matches!(refused(&**store, changed).await, CommitError::KeyGone));
    assert_eq!(store.case("cas_0").await.unwrap().unwrap().version, 1);
    assert_eq!(store.depths().await.unwrap().len(), 1);
}

pub(super) async fn cases_are_found_by_the_key_of_their_words<B: Backend>(backend: B) {
    let store = backend.store();
    for case in ["cas_2", "cas_1", "cas_3"] {
        done(&**store, open(case, "cus_0", b"one", None)).await;
    }
    let key = store.customer("cus_0").await.unwrap().unwrap().key;
    done(&**store, Commit { erase: Some(key), ..Commit::default() }).await;
    done(&**store, open("cas_4", "cus_0", b"two", Some(key))).await;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.cases_under("cus_0", key, after.as_ref(), 2).await.unwrap();
        let Some(last) = page.last().cloned() else { break };
        all.extend(page);
        after = Some(last);
    }
    assert_eq!(all, ["cas_1", "cas_2", "cas_3"].map(|case| (7, case.to_owned())));
    assert_eq!(store.count_under("cus_0", key).await.unwrap(), 3);
    let newer = store.cases_under("cus_0", key + 1, None, 9).await.unwrap();
    assert_eq!(newer, [(7, "cas_4".to_owned())]);
    assert_eq!(store.count_under("cus_1", key).await.unwrap(), 0);
}

pub(super) async fn words_and_files_are_read_on_their_own_case<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, open("cas_0", "cus_0", b"one", None)).await;
    assert_eq!(store.attachment("cas_0", "f").await.unwrap(), Some(file("cas_0", "f")));
    assert!(store.attachment("cas_1", "f").await.unwrap().is_none());
    assert!(store.attachment("cas_0", "g").await.unwrap().is_none());
    let words = store.words("cas_0", "w").await.unwrap().unwrap();
    assert_eq!((words.case.as_str(), words.id.as_str(), words.sealed.as_slice()), ("cas_0", "w", &b"sealed"[..]));
    assert!(store.words("cas_1", "w").await.unwrap().is_none());
}

pub(super) async fn clearing_a_case_takes_its_words_files_and_answers<B: Backend>(backend: B) {
    let store = backend.store();
    for case in ["cas_0", "cas_1"] {
        done(&**store, open(case, "cus_0", b"one", None)).await;
    }
    done(&**store, Commit { clear: Some("cas_0".into()), ..Commit::default() }).await;
    for (case, left) in [("cas_0", false), ("cas_1", true)] {
        let there = [
            store.words(case, "w").await.unwrap().is_some(),
            store.attachment(case, "f").await.unwrap().is_some(),
            store.idempotency("tok", case).await.unwrap().is_some(),
        ];
        assert_eq!(there, [left; 3], "{case}");
    }
    assert!(store.case("cas_0").await.unwrap().is_some());
}

pub(super) async fn resolved_and_recent_cases_are_those_of_the_customer<B: Backend>(backend: B) {
    let store = backend.store();
    for (id, status, at) in [("cas_1", "resolved", 10), ("cas_2", "open", 20), ("cas_3", "resolved", 30)] {
        let case = case_at(id, 0, 1, "desk");
        let case = CaseWrite { customer: "cus_0".into(), status: status.into(), opened_ms: at, updated_ms: at, ..case };
        done(&**store, Commit { case: Some(case), ..opening(id) }).await;
    }
    let found = async |customer: &str, since: i64, limit: usize| -> Vec<String> {
        let rows = store.resolved_of_customer(customer, since, limit).await.unwrap();
        rows.into_iter().map(|row| row.id).collect()
    };
    assert_eq!(found("cus_0", 0, 8).await, ["cas_3", "cas_1"]);
    assert_eq!(found("cus_0", 11, 8).await, ["cas_3"], "those that were resolved before are not");
    assert_eq!(found("cus_0", 0, 2).await, ["cas_3"], "only the newest cases are looked at");
    assert!(found("cus_1", 0, 8).await.is_empty());
    let open = async |customer: &str, limit: usize| -> Vec<String> {
        store.open_of_customer(customer, limit).await.unwrap().into_iter().map(|row| row.id).collect()
    };
    assert_eq!((open("cus_0", 8).await, open("cus_0", 2).await), (vec!["cas_2".to_owned()], vec!["cas_2".to_owned()]));
    assert!(open("cus_0", 1).await.is_empty() && open("cus_1", 8).await.is_empty());
    for (since, count) in [(0, 3), (10, 3), (11, 2), (31, 0)] {
        assert_eq!(store.recent_cases("cus_0", since).await.unwrap(), count, "{since}");
    }
}

pub(super) async fn a_store_is_blank_until_something_needs_a_key<B: Backend>(backend: B) {
    assert!(backend.store().is_blank().await.unwrap() && backend.store().key_marks().await.unwrap().is_empty());
    backend.store().mark_keys(&[("master", [1; 32]), ("ledger", [2; 32])]).await.unwrap();
    backend.acknowledged();
    let backend = backend.crash(0);
    let marks: Vec<_> = backend.store().key_marks().await.unwrap().into_iter().collect();
    assert_eq!(marks, [("ledger".to_owned(), vec![2; 32]), ("master".to_owned(), vec![1; 32])]);
    assert!(!backend.store().is_blank().await.unwrap());
    let backend = B::with_room(9);
    done(&**backend.store(), opening("cas_0")).await;
    assert!(!backend.store().is_blank().await.unwrap());
}
