//! Tokens, and the names that outlive them.

use super::{Backend, done, in_parallel, refused};
use crate::{Commit, CommitError, Expected, ItemWrite, Journal as _, REVOKED_TOKEN, TokenChange, TokenRow, Views};
use std::sync::Arc;

fn token(id: &str, hash: u8, created_ms: i64) -> TokenRow {
    TokenRow {
        id: id.into(),
        hash: [hash; 32],
        name: format!("name of {id}"),
        roles: vec!["lead".into(), "auditor".into()],
        responder: Some("desk".into()),
        source: None,
        staff: Some("ana".into()),
        created_ms,
        expires_ms: 9,
    }
}

fn adding(tokens: impl IntoIterator<Item = TokenRow>) -> Commit {
    let tokens = tokens.into_iter().map(|token| TokenChange::Add(Box::new(token))).collect();
    Commit { tokens, ..Commit::default() }
}

fn revoking(id: &str) -> Commit {
    Commit { tokens: vec![TokenChange::Revoke(id.into())], ..Commit::default() }
}

/// The name of a token that was revoked, forgotten as it is by now.
pub(super) async fn forgetting_name(store: &impl Views, id: &str) -> Commit {
    let kept = store.item(REVOKED_TOKEN, id).await.unwrap().unwrap();
    let name = ItemWrite { kind: kept.kind, id: kept.id, expected: Expected::Version(kept.version), body: None };
    Commit { items: vec![name], ..Commit::default() }
}

pub(super) async fn a_token_stands_until_it_is_revoked<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, adding([token("tok_1", 1, 1)])).await;
    assert_eq!(store.token(&[1; 32]).await.unwrap(), Some(token("tok_1", 1, 1)));
    assert_eq!(store.token_of_id("tok_1").await.unwrap(), Some(token("tok_1", 1, 1)));
    assert!(store.token(&[2; 32]).await.unwrap().is_none() && store.token_of_id("tok_2").await.unwrap().is_none());
    assert!(store.has_token("tok_1").await.unwrap() && !store.has_token("tok_2").await.unwrap());
    done(&**store, revoking("tok_1")).await;
    assert!(matches!(refused(&**store, revoking("tok_1")).await, CommitError::Done));
    assert!(store.token(&[1; 32]).await.unwrap().is_none() && !store.has_token("tok_1").await.unwrap());
    assert!(store.token_of_id("tok_1").await.unwrap().is_none());
    let backend = backend.crash(0);
    assert!(backend.store().token(&[1; 32]).await.unwrap().is_none(), "it stays so");
}

pub(super) async fn a_name_outlives_its_token_until_it_is_forgotten<B: Backend>(backend: B) {
    let store = backend.store();
    let name = async || store.token_name("tok_1").await.unwrap();
    assert_eq!(name().await, None);
    done(&**store, adding([token("tok_1", 1, 1)])).await;
    assert_eq!(name().await.as_deref(), Some("name of tok_1"));
    assert!(store.item(REVOKED_TOKEN, "tok_1").await.unwrap().is_none(), "that of one that stands is kept with it");
    done(&**store, revoking("tok_1")).await;
    assert_eq!(name().await.as_deref(), Some("name of tok_1"));
    let (once, again) = (forgetting_name(&**store, "tok_1").await, forgetting_name(&**store, "tok_1").await);
    done(&**store, once).await;
    assert!(matches!(refused(&**store, again).await, CommitError::ItemConflict { .. }));
    assert_eq!(name().await, None);
}

pub(super) async fn of_parallel_revocations_one_wins<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, adding([token("tok_1", 1, 1)])).await;
    let all = in_parallel((0..30).map(|_| {
        let store = Arc::clone(store);
        async move { store.commit(revoking("tok_1"), store.announce()).await }
    }));
    let all = all.await;
    assert_eq!(all.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(all.iter().all(|outcome| matches!(outcome, Ok(_) | Err(CommitError::Done))));
}

pub(super) async fn tokens_come_in_the_order_in_which_they_were_made<B: Backend>(backend: B) {
    let store = backend.store();
    done(&**store, adding([token("tok_c", 1, 5), token("tok_b", 2, 7), token("tok_a", 3, 5)])).await;
    let tokens: Vec<_> = store.tokens().await.unwrap().into_iter().map(|token| token.id).collect();
    assert_eq!(tokens, ["tok_a", "tok_c", "tok_b"]);
}
