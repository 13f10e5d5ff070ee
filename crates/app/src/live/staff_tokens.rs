//! Tokens of staff by whose they are: an index of what the store has, which follows what makes and revokes them.

use crate::live::change::Change;
use remit_domain::id::Timestamp;
use remit_store::TokenRow;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

/// Those that were made and not revoked.
#[derive(Debug, Default)]
pub(crate) struct StaffTokens(RwLock<Index>);

#[derive(Debug, Default)]
struct Index {
    /// By the name of the member of staff, then by identifier.
    by_staff: HashMap<String, BTreeMap<String, Arc<TokenRow>>>,
    /// Whose each is.
    whose: HashMap<String, String>,
}

impl StaffTokens {
    /// Follows what was committed.
    pub(crate) fn follow(&self, change: &Change) {
        if change.made.is_empty() && change.revoked.is_empty() {
            return;
        }
        let mut index = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for row in &change.made {
            let Some(staff) = &row.staff else { continue };
            index.whose.insert(row.id.clone(), staff.clone());
            index.by_staff.entry(staff.clone()).or_default().insert(row.id.clone(), Arc::new(row.clone()));
        }
        for id in &change.revoked {
            let Some(staff) = index.whose.remove(id) else { continue };
            if let Some(theirs) = index.by_staff.get_mut(&staff) {
                theirs.remove(id);
                if theirs.is_empty() {
                    index.by_staff.remove(&staff);
                }
            }
        }
    }

    /// Those of a member of staff that have not ended at `now`.
    pub(crate) fn of(&self, staff: &str, now: Timestamp) -> Vec<Arc<TokenRow>> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let theirs = index.by_staff.get(staff).into_iter().flat_map(BTreeMap::values);
        theirs.filter(|token| token.expires_ms > now.0).map(Arc::clone).collect()
    }

    /// What it holds, line by line.
    pub(crate) fn remembered(&self) -> Vec<String> {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let told = |token: &Arc<TokenRow>| {
            let TokenRow { id, roles, responder, source, staff, expires_ms, .. } = &**token;
            format!("token {id} of {staff:?}: {roles:?} {responder:?} {source:?} until {expires_ms}")
        };
        index.by_staff.values().flat_map(BTreeMap::values).map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use remit_store::{Commit, TokenChange};

    const NOW: Timestamp = Timestamp(10);

    fn made(id: &str, staff: Option<&str>, expires_ms: i64) -> TokenChange {
        TokenChange::Add(Box::new(TokenRow {
            id: id.into(),
            hash: [0; 32],
            name: "somebody".into(),
            roles: vec!["staff".into()],
            responder: None,
            source: None,
            staff: staff.map(Into::into),
            created_ms: 1,
            expires_ms,
        }))
    }

    fn ids(tokens: &StaffTokens, staff: &str) -> Vec<String> {
        tokens.of(staff, NOW).iter().map(|token| token.id.clone()).collect()
    }

    #[test]
    fn it_follows_what_makes_and_revokes_tokens() {
        let tokens = StaffTokens::default();
        let follow = |changes: Vec<TokenChange>| {
            tokens.follow(&Change::default().with(&Commit { tokens: changes, ..Commit::default() }));
        };
        follow(vec![made("tok_2", Some("ana"), 99), made("tok_1", Some("ana"), 99), made("tok_3", Some("ben"), 99)]);
        follow(vec![made("tok_4", None, 99), made("tok_5", Some("ana"), NOW.0)]);
        assert_eq!(ids(&tokens, "ana"), ["tok_1", "tok_2"], "what has ended stands no more");
        assert_eq!((ids(&tokens, "ben"), ids(&tokens, "cleo")), (vec!["tok_3".to_owned()], vec![]));
        follow(vec![TokenChange::Revoke("tok_1".into()), TokenChange::Revoke("tok_4".into())]);
        follow(vec![TokenChange::Revoke("tok_3".into()), TokenChange::Revoke("tok_9".into())]);
        assert_eq!((ids(&tokens, "ana"), ids(&tokens, "ben")), (vec!["tok_2".to_owned()], vec![]));
        follow(vec![made("tok_1", Some("ben"), 99)]);
        assert_eq!(ids(&tokens, "ben"), ["tok_1"]);
        assert_eq!(tokens.remembered().len(), 3);
    }
}
