//! What a commit does, and that a refused one does nothing.

use super::{
    Backend, done,
    everything::{self, everything},
    refused,
};
use crate::{
    ActivationRow, AttachmentRow, Commit, CommitError, Committed, ExceptionRow, Expect, Expected, IdempotencyRow,
    ItemWrite, Journal as _, NewCustomer, OutboxRow, OutcomeDelta, Spend, TokenChange, TokenRow, Views as _, WordsRow,
    fixtures::{case_at, opening, record, record_of, subject},
};

pub(super) async fn a_read_sees_what_was_acknowledged<B: Backend>(backend: B) {
    let store = backend.store();
    for version in 0..20 {
        let commit = Commit {
            case: Some(case_at("cas_0", version, version + 1, "desk")),
            records: vec![record("cas_0", &version.to_string())],
            ..Commit::default()
        };
        done(&**store, commit).await;
        let row = store.case("cas_0").await.unwrap().unwrap();
        assert_eq!((row.version, row.state), (version + 1, format!("cas_0 {}", version + 1).into_bytes()));
        assert_eq!(store.last_seq().await.unwrap(), version + 1);
        assert_eq!(store.feed(version, 9).await.unwrap().len(), 1);
    }
}

pub(super) async fn a_stale_version_is_refused_and_named<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, opening("cas_0")).await;
    let again = refused(&**store, opening("cas_0")).await;
    assert!(matches!(again, CommitError::VersionConflict { current: 1 }), "{again}");
    let ahead = Commit { case: Some(case_at("cas_0", 2, 3, "desk")), ..Commit::default() };
    assert!(matches!(refused(&**store, ahead).await, CommitError::VersionConflict { current: 1 }));
    let unknown = Commit { case: Some(case_at("cas_1", 1, 2, "desk")), ..Commit::default() };
    assert!(matches!(refused(&**store, unknown).await, CommitError::VersionConflict { current: 0 }));
    assert_eq!(store.records_of("case/cas_0", 0, 9).await.unwrap().len(), 1);
}

pub(super) async fn depths_follow_the_holder<B: Backend>(backend: B) {
    let store = backend.store();
    let depth = async |holder: &str| store.depths().await.unwrap().get(holder).copied();
    done(&**store, opening("cas_0")).await;
    done(&**store, opening("cas_1")).await;
    assert_eq!(depth("desk").await, Some(2));
    done(&**store, Commit { case: Some(case_at("cas_0", 1, 2, "other")), ..Commit::default() }).await;
    assert_eq!((depth("desk").await, depth("other").await), (Some(1), Some(1)));
    let mut case = case_at("cas_1", 1, 2, "desk");
    case.status = "resolved".into();
    done(&**store, Commit { case: Some(case), ..Commit::default() }).await;
    assert_eq!(depth("desk").await, None);
}

pub(super) async fn places_are_counted_in_each_stream_by_itself<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, Commit { records: vec![record_of("customer/cus_0", "x")], ..Commit::default() }).await;
    let commit = Commit {
        case: Some(case_at("cas_0", 0, 2, "desk")),
        records: vec![
            record_of("customer/cus_0", "y"),
            record("cas_0", "one"),
            record_of("customer/cus_0", "z"),
            record("cas_0", "two"),
        ],
        ..Commit::default()
    };
    assert_eq!(done(&**store, commit).await, Committed { first_seq: 2, last_seq: 5 });
    let next = Commit {
        case: Some(case_at("cas_0", 2, 3, "desk")),
        records: vec![record("cas_0", "three")],
        ..Commit::default()
    };
    done(&**store, next).await;
    let bodies = async |stream: &str, after| -> Vec<String> {
        let records = store.records_of(stream, after, 9).await.unwrap();
        records.into_iter().map(|row| String::from_utf8(row.body).unwrap()).collect()
    };
    assert_eq!(bodies("case/cas_0", 0).await, ["one", "two", "three"]);
    assert_eq!(bodies("case/cas_0", 3).await, ["two", "three"]);
    assert_eq!(bodies("case/cas_0", 4).await, ["two", "three"], "after a record of another stream");
    assert_eq!(bodies("customer/cus_0", 0).await, ["x", "y", "z"]);
    assert!(bodies("case/cas_0", u64::MAX).await.is_empty());
    let newest = async |stream: &str| {
        let newest = store.newest_record_of(stream).await.unwrap();
        newest.map(|row| String::from_utf8(row.body).unwrap())
    };
    assert_eq!(newest("case/cas_0").await.as_deref(), Some("three"));
    assert_eq!((newest("customer/cus_0").await.as_deref(), newest("case/cas_1").await), (Some("z"), None));
}

pub(super) async fn records_are_found_by_stream_subject_and_kind<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, Commit { records: vec![subject("case/cas_0", "dec_0")], ..Commit::default() }).await;
    let found = store.record_by_subject("dec_0").await.unwrap().unwrap();
    assert_eq!((found.stream.as_str(), found.seq, found.ts_ms), ("case/cas_0", 1, 10));
    assert_eq!((found.kind.as_str(), found.actor.as_str(), found.salt), ("noted", "suite", [5; 32]));
    assert!(store.record_by_subject("dec_1").await.unwrap().is_none());
    assert!(store.has_kind(&["none such", "noted"]).await.unwrap());
    assert!(!store.has_kind(&["none such"]).await.unwrap() && !store.has_kind(&[]).await.unwrap());
}

pub(super) async fn a_command_without_a_record_has_no_position<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, opening("cas_0")).await;
    let none = done(&**store, Commit::default()).await;
    assert_eq!(none, Committed { first_seq: 2, last_seq: 1 });
    assert_eq!(done(&**store, opening("cas_1")).await, Committed { first_seq: 2, last_seq: 2 });
}

/// Something of everything, beside a case that is opened.
fn full(case: &str) -> Commit {
    let counter = everything::counters()[0].clone();
    Commit {
        records: vec![subject(&format!("case/{case}"), "dec_1"), record_of("token/tok_0", "made")],
        customer: Some(NewCustomer { id: "cus_1".into(), wrapped_key: b"new".to_vec(), replaces: None }),
        words: vec![WordsRow { id: "w0".into(), case: case.into(), sealed: b"words".to_vec() }],
        attachments: vec![AttachmentRow { id: "w1".into(), case: case.into(), sealed: b"file".to_vec() }],
        exceptions: vec![exception("exc_1", case)],
        outcomes: vec![OutcomeDelta {
            responder: "desk".into(),
            intent: "parcels".into(),
            resolved: 1,
            failed: 0,
            wrong: 0,
            kind: "answered".into(),
        }],
        idempotency: Some(answer("k1", case)),
        outbox: vec![outbox("out_1", case), outbox("out_0", case)],
        cancel: vec!["out_2".into()],
        items: vec![item("a", Expected::Absent), item("b", Expected::Any("it is only a test"))],
        tokens: vec![TokenChange::Add(Box::new(token("tok_1", 2)))],
        activation: Some(ActivationRow { digest: "one".into(), at_ms: 1 }),
        spend: vec![Spend::Take { counter, amount: 1, limit: 5 }],
        ..opening(case)
    }
}

fn exception(id: &str, case: &str) -> ExceptionRow {
    ExceptionRow {
        id: id.into(),
        case: case.into(),
        kind: "raised".into(),
        owner: "team_0".into(),
        due_ms: 1,
        state: "open".into(),
        taken_by: None,
        body: b"e".to_vec(),
    }
}

fn answer(key: &str, case: &str) -> IdempotencyRow {
    IdempotencyRow {
        scope: "tok".into(),
        key: key.into(),
        case: Some(case.into()),
        request_hash: [1; 32],
        response: b"kept".to_vec(),
        expires_ms: 1_000,
    }
}

fn outbox(id: &str, case: &str) -> OutboxRow {
    OutboxRow { id: id.into(), kind: "turn".into(), case: case.into(), due_ms: 7, body: b"o".to_vec() }
}

fn item(id: &str, expected: Expected) -> ItemWrite {
    ItemWrite { kind: "staff".into(), id: id.into(), expected, body: Some(b"i".to_vec()) }
}

fn token(id: &str, hash: u8) -> TokenRow {
    TokenRow {
        id: id.into(),
        hash: [hash; 32],
        name: "Ada".into(),
        roles: vec!["lead".into()],
        responder: None,
        source: None,
        staff: None,
        created_ms: 1,
        expires_ms: 2,
    }
}

/// A store in which every name of [`full`] but its case is in use, or about to be.
async fn prepared(store: &(impl crate::Journal + crate::Evidence + crate::Views)) {
    store.keep_bundle("one", b"one").await.unwrap();
    let before = Commit {
        records: vec![subject("case/cas_0", "dec_0")],
        customer: Some(NewCustomer { id: "cus_0".into(), wrapped_key: b"old".to_vec(), replaces: None }),
        words: vec![WordsRow { id: "w0".into(), case: "cas_0".into(), sealed: b"words".to_vec() }],
        idempotency: Some(answer("k0", "cas_0")),
        outbox: vec![outbox("out_0", "cas_0"), outbox("out_2", "cas_0")],
        tokens: vec![TokenChange::Add(Box::new(token("tok_0", 1)))],
        items: vec![item("c", Expected::Absent)],
        spend: vec![Spend::Take { counter: everything::counters()[1].clone(), amount: 4, limit: 5 }],
        ..opening("cas_0")
    };
    done(store, before).await;
    done(store, Commit { erase: Some(1), ..Commit::default() }).await;
}

pub(super) async fn a_refused_commit_leaves_nothing_in_any_table<B: Backend>(backend: B) {
    type Because = fn(Commit) -> Commit;
    let reasons: [(&str, Because); 21] = [
        ("KeyReused", |c| Commit {
            idempotency: Some(IdempotencyRow { request_hash: [2; 32], ..answer("k0", "") }),
            ..c
        }),
        ("Replayed", |c| Commit { idempotency: Some(answer("k0", "")), ..c }),
        ("Done", |c| Commit { claim: Some("none".into()), ..c }),
        ("Done", |c| Commit { tokens: vec![TokenChange::Revoke("none".into())], ..c }),
        ("Done", |c| Commit { erase: Some(1), ..c }),
        ("KeyGone", |c| Commit { sealed_under: Some(1), ..c }),
        ("KeyGone", |c| Commit { sealed_under: Some(9), ..c }),
        ("CaseConflict", |c| Commit { expect: vec![Expect::Case { id: "cas_0".into(), version: 7 }], ..c }),
        ("ItemConflict", |c| Commit {
            expect: vec![Expect::Item { kind: "staff".into(), id: "c".into(), version: 0 }],
            ..c
        }),
        ("ItemConflict", |c| Commit { items: vec![item("a", Expected::Absent), item("c", Expected::Absent)], ..c }),
        ("Overdrawn", |mut c| {
            c.spend.push(Spend::Take { counter: everything::counters()[1].clone(), amount: 2, limit: 5 });
            c
        }),
        ("ReservationGone", |mut c| {
            c.spend.push(Spend::Release { id: "none".into() });
            c
        }),
        ("VersionConflict", |c| Commit { case: Some(case_at("cas_0", 0, 1, "other")), ..c }),
        ("VersionConflict", |c| Commit { case: Some(case_at("cas_1", 1, 2, "other")), ..c }),
        ("KeyGone", |c| {
            let customer = NewCustomer { id: "cus_0".into(), wrapped_key: b"old".to_vec(), replaces: None };
            Commit { customer: Some(customer), ..c }
        }),
        ("Failed", |c| Commit { records: vec![record("cas_1", "x"), subject("case/cas_1", "dec_0")], ..c }),
        ("Failed", |mut c| {
            c.words.push(WordsRow { id: "w0".into(), case: "cas_0".into(), sealed: vec![] });
            c
        }),
        ("Failed", |mut c| {
            c.attachments.push(AttachmentRow { id: "w1".into(), case: "cas_1".into(), sealed: vec![] });
            c
        }),
        ("Failed", |c| Commit { tokens: vec![TokenChange::Add(Box::new(token("tok_0", 3)))], ..c }),
        ("Failed", |c| Commit { tokens: vec![TokenChange::Add(Box::new(token("tok_1", 1)))], ..c }),
        ("Failed", |c| Commit { activation: Some(ActivationRow { digest: "none".into(), at_ms: 1 }), ..c }),
    ];
    let store = backend.store();
    prepared(&**store).await;
    let before = everything(&**store, 0).await;
    for (why, because) in reasons {
        let refused = refused(&**store, because(full("cas_1"))).await;
        assert!(format!("{refused:?}").starts_with(why), "{why}: {refused:?}");
        assert_eq!(everything(&**store, 0).await.differs(&before), [""; 0], "{refused:?}");
    }
    done(&**store, full("cas_1")).await;
    let after = everything(&**store, 0).await;
    assert!(after.differs(&before).len() > 20, "what is not refused is written");
    let backend = backend.reopen();
    assert_eq!(everything(&**backend.store(), 0).await.differs(&after), [""; 0]);
}

/// Who opens a case whose words are there, or adds a second token of one secret, was mistaken about what is new.
pub(super) async fn what_is_there_already_is_refused<B: Backend>(backend: B) {
    let store = backend.store();
    prepared(&**store).await;
    for again in [
        Commit { records: vec![subject("case/cas_2", "dec_0")], ..Commit::default() },
        Commit { tokens: vec![TokenChange::Add(Box::new(token("tok_9", 1)))], ..Commit::default() },
        Commit {
            words: vec![WordsRow { id: "w0".into(), case: "cas_0".into(), sealed: b"others".to_vec() }],
            ..Commit::default()
        },
    ] {
        assert!(matches!(refused(&**store, again).await, CommitError::Failed(_)));
    }
    // Neither sinks others that come with it.
    let (good, bad) = (opening("cas_2"), Commit { records: vec![subject("case/cas_3", "dec_0")], ..opening("cas_3") });
    let (good, bad) = tokio::join!(store.commit(good, store.announce()), store.commit(bad, store.announce()));
    assert!(good.is_ok() && bad.is_err());
    assert!(store.case("cas_3").await.unwrap().is_none());
}

pub(super) async fn cases_that_are_expected_are_as_they_were_read<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, opening("cas_0")).await;
    let expecting = |id: &str, version, opens: &str| Commit {
        expect: vec![Expect::Case { id: id.into(), version }],
        ..opening(opens)
    };
    done(&**store, expecting("cas_0", 1, "cas_1")).await;
    done(&**store, expecting("cas_9", 0, "cas_2")).await;
    let changed = refused(&**store, expecting("cas_0", 0, "cas_3")).await;
    assert!(matches!(changed, CommitError::CaseConflict { id, current: 1 } if id == "cas_0"));
    let gone = refused(&**store, expecting("cas_9", 1, "cas_3")).await;
    assert!(matches!(gone, CommitError::CaseConflict { current: 0, .. }));
    assert_eq!(store.case("cas_0").await.unwrap().unwrap().version, 1, "what is expected is not written");
}
