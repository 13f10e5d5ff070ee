//! The views in memory.

use super::{MemoryStore, state::State};
use crate::{
    AttachmentRow, Balance, CaseFilter, CaseRow, CaseWrite, CommitError, Counter, CustomerRow, ExceptionFilter,
    ExceptionRow, IdempotencyRow, Item, OutboxRow, OutcomeCount, OutcomeDelta, REVOKED_TOKEN, ReadError, Reservation,
    TokenRow, Views, WordsRow, WriteError,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

fn row(case: &CaseWrite) -> CaseRow {
    CaseRow { id: case.id.clone(), version: case.version, state: case.state.clone() }
}

fn agrees(wanted: Option<&String>, value: Option<&String>) -> bool {
    wanted.is_none() || wanted == value
}

/// Whether an identifier is below the cursor, if there is one.
fn is_below(id: &str, cursor: Option<&str>) -> bool {
    cursor.is_none_or(|cursor| id < cursor)
}

/// What a write that is no commit is refused with.
pub(super) fn refused(error: CommitError) -> WriteError {
    WriteError::Failed(error.to_string())
}

impl State {
    fn key(&self, number: u64) -> Option<CustomerRow> {
        self.keys.get(&number).map(|wrapped| CustomerRow { key: number, wrapped_key: wrapped.clone() })
    }

    /// A customer's cases with the keys of their words, in the order in which they were opened.
    fn cases_of<'s>(&'s self, customer: &'s str) -> impl DoubleEndedIterator<Item = (i64, &'s String, Option<u64>)> {
        let all = self.cases_of.iter().filter(move |((of, _, _), _)| of == customer);
        all.map(|((_, opened, case), key)| (*opened, case, *key))
    }
}

impl Views for MemoryStore {
    async fn case(&self, id: &str) -> Result<Option<CaseRow>, ReadError> {
        Ok(self.written().cases.get(id).map(row))
    }

    async fn cases(&self, filter: &CaseFilter, after: Option<&str>, limit: usize) -> Result<Vec<CaseRow>, ReadError> {
        let agree = |case: &&CaseWrite| {
            agrees(filter.status.as_ref(), Some(&case.status))
                && agrees(filter.holder.as_ref(), case.holder.as_ref())
                && agrees(filter.accountable.as_ref(), case.accountable.as_ref())
                && is_below(&case.id, after)
        };
        Ok(self.written().cases.values().rev().filter(agree).take(limit).map(row).collect())
    }

    async fn cases_under(
        &self,
        customer: &str,
        key: u64,
        after: Option<&(i64, String)>,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, ReadError> {
        let state = self.written();
        let under = state.cases_of(customer).filter(|(.., of)| *of == Some(key));
        let rows = under.map(|(opened, case, _)| (opened, case.clone()));
        Ok(rows.filter(|row| after.is_none_or(|after| row > after)).take(limit).collect())
    }

    async fn count_under(&self, customer: &str, key: u64) -> Result<u64, ReadError> {
        Ok(self.written().cases_of(customer).filter(|(.., of)| *of == Some(key)).count() as u64)
    }

    async fn resolved_of_customer(
        &self,
        customer: &str,
        since_ms: i64,
        limit: usize,
    ) -> Result<Vec<CaseRow>, ReadError> {
        let state = self.written();
        let newest = state.cases_of(customer).rev().take(limit).filter_map(|(_, case, _)| state.cases.get(case));
        Ok(newest.filter(|case| case.status == "resolved" && case.updated_ms >= since_ms).map(row).collect())
    }

    async fn open_of_customer(&self, customer: &str, limit: usize) -> Result<Vec<CaseRow>, ReadError> {
        let state = self.written();
        let newest = state.cases_of(customer).rev().take(limit).filter_map(|(_, case, _)| state.cases.get(case));
        Ok(newest.filter(|case| case.status == "open").map(row).collect())
    }

    async fn recent_cases(&self, customer: &str, since_ms: i64) -> Result<u32, ReadError> {
        let state = self.written();
        let recent = state.cases_of(customer).filter(|(opened, ..)| *opened >= since_ms).take(1_000).count();
        Ok(u32::try_from(recent).unwrap_or(1_000))
    }

    async fn depths(&self) -> Result<HashMap<String, i64>, ReadError> {
        let mut depths = HashMap::new();
        for case in self.written().cases.values().filter(|case| case.status == "open") {
            if let Some(holder) = &case.holder {
                *depths.entry(holder.clone()).or_default() += 1;
            }
        }
        Ok(depths)
    }

    async fn words(&self, case: &str, id: &str) -> Result<Option<WordsRow>, ReadError> {
        let (case, id) = (case.to_owned(), id.to_owned());
        let sealed = self.written().words.get(&(case.clone(), id.clone())).cloned();
        Ok(sealed.map(|sealed| WordsRow { id, case, sealed }))
    }

    async fn attachment(&self, case: &str, id: &str) -> Result<Option<AttachmentRow>, ReadError> {
        let (case, id) = (case.to_owned(), id.to_owned());
        let sealed = self.written().attachments.get(&(case.clone(), id.clone())).cloned();
        Ok(sealed.map(|sealed| AttachmentRow { id, case, sealed }))
    }

    async fn customer(&self, id: &str) -> Result<Option<CustomerRow>, ReadError> {
        let state = self.written();
        Ok(state.customers.get(id).and_then(|number| state.key(*number)))
    }

    async fn key_of_case(&self, customer: &str, opened_ms: i64, case: &str) -> Result<Option<CustomerRow>, ReadError> {
        let state = self.written();
        let number = state.cases_of.get(&(customer.to_owned(), opened_ms, case.to_owned())).copied().flatten();
        Ok(number.and_then(|number| state.key(number)))
    }

    async fn some_customer(&self) -> Result<Option<(String, Vec<u8>)>, ReadError> {
        let state = self.written();
        let mut with_key =
            state.customers.iter().filter_map(|(id, number)| Some((id, state.keys.get(number)?.clone()?)));
        Ok(with_key.next().map(|(id, key)| (id.clone(), key)))
    }

    async fn exception(&self, id: &str) -> Result<Option<ExceptionRow>, ReadError> {
        Ok(self.written().exceptions.get(id).cloned())
    }

    async fn exceptions(
        &self,
        filter: &ExceptionFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ExceptionRow>, ReadError> {
        let agree = |row: &&ExceptionRow| {
            agrees(filter.state.as_ref(), Some(&row.state))
                && agrees(filter.owner.as_ref(), Some(&row.owner))
                && is_below(&row.id, after)
        };
        Ok(self.written().exceptions.values().rev().filter(agree).take(limit).cloned().collect())
    }

    async fn owners(&self, state: &str) -> Result<Vec<String>, ReadError> {
        let written = self.written();
        let of = written.exceptions.values().filter(|row| row.state == state).map(|row| row.owner.clone());
        Ok(of.collect::<BTreeSet<_>>().into_iter().collect())
    }

    async fn outcomes(&self) -> Result<Vec<OutcomeDelta>, ReadError> {
        let state = self.written();
        let rows = state.outcomes.iter().map(|((responder, intent), [resolved, failed, wrong])| OutcomeDelta {
            responder: responder.clone(),
            intent: intent.clone(),
            resolved: *resolved,
            failed: *failed,
            wrong: *wrong,
            kind: String::new(),
        });
        Ok(rows.collect())
    }

    async fn outcome_counts(&self) -> Result<Vec<OutcomeCount>, ReadError> {
        let state = self.written();
        let rows = state.outcome_counts.iter().map(|((responder, intent, kind), count)| OutcomeCount {
            responder: responder.clone(),
            intent: intent.clone(),
            kind: kind.clone(),
            count: *count,
        });
        Ok(rows.collect())
    }

    async fn idempotency(&self, scope: &str, key: &str) -> Result<Option<IdempotencyRow>, ReadError> {
        Ok(self.written().answers.get(&(scope.to_owned(), key.to_owned())).cloned())
    }

    async fn due(&self, kind: &str, now_ms: i64, limit: usize) -> Result<Vec<OutboxRow>, ReadError> {
        let state = self.written();
        let mut due: Vec<_> =
            state.outbox.values().filter(|(_, row)| row.kind == kind && row.due_ms <= now_ms).collect();
        due.sort_by_key(|(number, row)| (row.due_ms, *number));
        Ok(due.into_iter().take(limit).map(|(_, row)| row.clone()).collect())
    }

    async fn next_due(&self, kind: &str) -> Result<Option<i64>, ReadError> {
        Ok(self.written().outbox.values().filter(|(_, row)| row.kind == kind).map(|(_, row)| row.due_ms).min())
    }

    async fn item(&self, kind: &str, id: &str) -> Result<Option<Item>, ReadError> {
        Ok(self.written().items.get(&(kind.to_owned(), id.to_owned())).cloned())
    }

    async fn items(&self, kind: &str) -> Result<Vec<Item>, ReadError> {
        Ok(self.written().items.values().filter(|item| item.kind == kind).cloned().collect())
    }

    async fn items_page(&self, kind: &str, before: Option<&str>, limit: usize) -> Result<Vec<Item>, ReadError> {
        let state = self.written();
        let below = state.items.values().rev().filter(|item| item.kind == kind && is_below(&item.id, before));
        Ok(below.take(limit).cloned().collect())
    }

    async fn balance(&self, counter: &Counter) -> Result<Balance, ReadError> {
        Ok(self.written().counters.get(counter).copied().unwrap_or_default())
    }

    async fn reservation(&self, id: &str) -> Result<Option<Reservation>, ReadError> {
        Ok(self.written().reservations.get(id).cloned())
    }

    async fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, ReadError> {
        Ok(self.written().tokens.values().find(|token| token.hash == *hash).cloned())
    }

    async fn token_of_id(&self, id: &str) -> Result<Option<TokenRow>, ReadError> {
        Ok(self.written().tokens.get(id).cloned())
    }

    async fn has_token(&self, id: &str) -> Result<bool, ReadError> {
        Ok(self.written().tokens.contains_key(id))
    }

    async fn tokens(&self) -> Result<Vec<TokenRow>, ReadError> {
        let mut tokens: Vec<_> = self.written().tokens.values().cloned().collect();
        tokens.sort_by(|a, b| (a.created_ms, &a.id).cmp(&(b.created_ms, &b.id)));
        Ok(tokens)
    }

    async fn token_name(&self, id: &str) -> Result<Option<String>, ReadError> {
        let state = self.written();
        let revoked = || state.items.get(&(REVOKED_TOKEN.to_owned(), id.to_owned()));
        Ok(match state.tokens.get(id) {
            Some(token) => Some(token.name.clone()),
            None => revoked().map(|item| String::from_utf8_lossy(&item.body).into_owned()),
        })
    }

    async fn key_marks(&self) -> Result<BTreeMap<String, Vec<u8>>, ReadError> {
        Ok(self.written().key_marks.clone())
    }

    async fn mark_keys(&self, marks: &[(&str, [u8; 32])]) -> Result<(), WriteError> {
        let (number, marked) = self.change(|state| {
            state.key_marks.extend(marks.iter().map(|(name, mark)| ((*name).to_owned(), mark.to_vec())));
            Ok(())
        });
        self.wait_for(number).await;
        marked.map_err(refused)
    }

    async fn is_blank(&self) -> Result<bool, ReadError> {
        let state = self.written();
        Ok(state.key_marks.is_empty()
            && state.records.is_empty()
            && state.customers.is_empty()
            && state.cases_of.is_empty()
            && state.items.is_empty())
    }
}
