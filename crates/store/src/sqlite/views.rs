//! The views, as they lie in the database.

use super::{
    SqliteStore, counters,
    lists::{CASES, EXCEPTIONS, LAST},
    read::{TOKEN, customer, exception, rows, token},
};
use crate::{
    AttachmentRow, Balance, CaseFilter, CaseRow, Counter, CustomerRow, ExceptionFilter, ExceptionRow, IdempotencyRow,
    Item, OutboxRow, OutcomeCount, OutcomeDelta, REVOKED_TOKEN, ReadError, Reservation, TokenRow, Views, WordsRow,
    WriteError,
};
use rusqlite::{Row, params};
use std::collections::{BTreeMap, HashMap};

const CASE: &str = "SELECT id, version, state FROM cases WHERE id = ?1";

const EXCEPTION: &str = "SELECT * FROM exceptions WHERE id = ?1";

fn item(row: &Row<'_>) -> Result<Item, rusqlite::Error> {
    Ok(Item { kind: row.get(0)?, id: row.get(1)?, version: row.get::<_, i64>(2)?.cast_unsigned(), body: row.get(3)? })
}

impl SqliteStore {
    /// Of the newest `limit` cases of a customer those of this status that were changed since, the newest first.
    fn newest_of_customer(
        &self,
        customer: &str,
        status: &str,
        since_ms: i64,
        limit: usize,
    ) -> Result<Vec<CaseRow>, ReadError> {
        // CROSS: from the customer's few cases to their rows, never the other way.
        let sql = "SELECT cases.id, version, state FROM (SELECT opened_ms, stream FROM customers \
                   WHERE id = ?1 AND opened_ms >= 0 ORDER BY opened_ms DESC, stream DESC LIMIT ?4) AS newest \
                   CROSS JOIN cases ON cases.id = newest.stream \
                   WHERE status = ?2 AND updated_ms >= ?3 ORDER BY newest.opened_ms DESC, newest.stream DESC";
        self.many(sql, params![customer, status, since_ms, rows(limit)], |row| self.case_row(row))
    }
}

impl Views for SqliteStore {
    async fn case(&self, id: &str) -> Result<Option<CaseRow>, ReadError> {
        self.one(CASE, [id], |row| self.case_row(row))
    }

    async fn cases(&self, filter: &CaseFilter, after: Option<&str>, limit: usize) -> Result<Vec<CaseRow>, ReadError> {
        let wanted = [filter.status.as_deref(), filter.holder.as_deref(), filter.accountable.as_deref()];
        if wanted == [None; 3] {
            let sql = "SELECT id, version, state FROM cases WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
            return self.many(sql, params![after.unwrap_or(LAST), rows(limit)], |row| self.case_row(row));
        }
        self.page((&CASES, CASE), &wanted, (after, limit), |row| self.case_row(row))
    }

    async fn cases_under(
        &self,
        customer: &str,
        key: u64,
        after: Option<&(i64, String)>,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, ReadError> {
        let sql = "SELECT opened_ms, stream FROM customers \
                   WHERE id = ?1 AND (opened_ms, stream) > (?2, ?3) AND key = ?4 ORDER BY opened_ms, stream LIMIT ?5";
        let (opened, case) = after.map_or((-1, ""), |(opened, case)| (*opened, case.as_str()));
        let values = params![customer, opened, case, key.cast_signed(), rows(limit)];
        self.many(sql, values, |row| Ok((row.get(0)?, row.get(1)?)))
    }

    async fn count_under(&self, customer: &str, key: u64) -> Result<u64, ReadError> {
        let sql = "SELECT COUNT(*) FROM customers WHERE id = ?1 AND opened_ms >= 0 AND key = ?2";
        let count = self.one(sql, params![customer, key.cast_signed()], |row| row.get::<_, i64>(0))?;
        Ok(count.unwrap_or(0).cast_unsigned())
    }

    async fn resolved_of_customer(
        &self,
        customer: &str,
        since_ms: i64,
        limit: usize,
    ) -> Result<Vec<CaseRow>, ReadError> {
        self.newest_of_customer(customer, "resolved", since_ms, limit)
    }

    async fn open_of_customer(&self, customer: &str, limit: usize) -> Result<Vec<CaseRow>, ReadError> {
        self.newest_of_customer(customer, "open", i64::MIN, limit)
    }

    async fn recent_cases(&self, customer: &str, since_ms: i64) -> Result<u32, ReadError> {
        // Beyond a thousand the exact number says no more.
        let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM customers WHERE id = ?1 AND opened_ms >= ?2 LIMIT 1000)";
        Ok(self.one(sql, params![customer, since_ms.max(0)], |row| row.get(0))?.unwrap_or(0))
    }

    async fn depths(&self) -> Result<HashMap<String, i64>, ReadError> {
        let rows: Vec<(String, i64)> =
            self.many("SELECT holder, open FROM depths WHERE open <> 0", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().collect())
    }

    async fn words(&self, case: &str, id: &str) -> Result<Option<WordsRow>, ReadError> {
        self.one("SELECT id, stream, sealed FROM words WHERE stream = ?1 AND id = ?2", [case, id], |row| {
            Ok(WordsRow { id: row.get(0)?, case: row.get(1)?, sealed: row.get(2)? })
        })
    }

    async fn attachment(&self, case: &str, id: &str) -> Result<Option<AttachmentRow>, ReadError> {
        self.one("SELECT id, stream, sealed FROM attachments WHERE stream = ?1 AND id = ?2", [case, id], |row| {
            Ok(AttachmentRow { id: row.get(0)?, case: row.get(1)?, sealed: row.get(2)? })
        })
    }

    async fn customer(&self, id: &str) -> Result<Option<CustomerRow>, ReadError> {
        if !self.customer_filter.may_hold(id) {
            return Ok(None);
        }
        let sql = "SELECT num, wrapped FROM customers JOIN customer_keys ON num = key WHERE id = ?1 AND opened_ms = -1";
        self.one(sql, [id], customer)
    }

    async fn key_of_case(
        &self,
        customer_id: &str,
        opened_ms: i64,
        case: &str,
    ) -> Result<Option<CustomerRow>, ReadError> {
        let sql = "SELECT num, wrapped FROM customers JOIN customer_keys ON num = key \
                   WHERE id = ?1 AND opened_ms = ?2 AND stream = ?3";
        self.one(sql, params![customer_id, opened_ms, case], customer)
    }

    async fn exception(&self, id: &str) -> Result<Option<ExceptionRow>, ReadError> {
        self.one(EXCEPTION, [id], |row| exception(row, 0))
    }

    async fn exceptions(
        &self,
        filter: &ExceptionFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ExceptionRow>, ReadError> {
        let wanted = [filter.state.as_deref(), filter.owner.as_deref()];
        if wanted == [None; 2] {
            let sql = "SELECT * FROM exceptions WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
            return self.many(sql, params![after.unwrap_or(LAST), rows(limit)], |row| exception(row, 0));
        }
        self.page((&EXCEPTIONS, EXCEPTION), &wanted, (after, limit), |row| exception(row, 0))
    }

    async fn owners(&self, state: &str) -> Result<Vec<String>, ReadError> {
        let owners = self.with(|connection| EXCEPTIONS.values(connection, &[Some(state.to_owned())]))?;
        Ok(owners.into_iter().flatten().collect())
    }

    async fn outcomes(&self) -> Result<Vec<OutcomeDelta>, ReadError> {
        self.many(
            "SELECT responder, intent, resolved, failed, wrong FROM outcomes ORDER BY responder, intent",
            [],
            |row| {
                Ok(OutcomeDelta {
                    responder: row.get(0)?,
                    intent: row.get(1)?,
                    resolved: row.get(2)?,
                    failed: row.get(3)?,
                    wrong: row.get(4)?,
                    kind: String::new(),
                })
            },
        )
    }

    async fn outcome_counts(&self) -> Result<Vec<OutcomeCount>, ReadError> {
        let sql = "SELECT responder, intent, kind, count FROM outcome_counts ORDER BY responder, intent, kind";
        self.many(sql, [], |row| {
            Ok(OutcomeCount { responder: row.get(0)?, intent: row.get(1)?, kind: row.get(2)?, count: row.get(3)? })
        })
    }

    async fn idempotency(&self, scope: &str, key: &str) -> Result<Option<IdempotencyRow>, ReadError> {
        let sql = "SELECT scope, key, request_hash, response, expires_ms, stream FROM idempotency \
                   WHERE scope = ?1 AND key = ?2";
        self.one(sql, [scope, key], |row| {
            Ok(IdempotencyRow {
                scope: row.get(0)?,
                key: row.get(1)?,
                request_hash: row.get(2)?,
                response: self.unpack(row.get_ref(3)?.as_blob()?)?,
                expires_ms: row.get(4)?,
                case: row.get(5)?,
            })
        })
    }

    async fn due(&self, kind: &str, now_ms: i64, limit: usize) -> Result<Vec<OutboxRow>, ReadError> {
        let sql = "SELECT id, kind, stream, due_ms, body FROM outbox WHERE kind = ?1 AND due_ms <= ?2 \
                   ORDER BY due_ms, num LIMIT ?3";
        self.many(sql, params![kind, now_ms, rows(limit)], |row| {
            Ok(OutboxRow {
                id: row.get(0)?,
                kind: row.get(1)?,
                case: row.get(2)?,
                due_ms: row.get(3)?,
                body: row.get(4)?,
            })
        })
    }

    async fn next_due(&self, kind: &str) -> Result<Option<i64>, ReadError> {
        let sql = "SELECT due_ms FROM outbox WHERE kind = ?1 ORDER BY due_ms LIMIT 1";
        self.one(sql, [kind], |row| row.get(0))
    }

    async fn items(&self, kind: &str) -> Result<Vec<Item>, ReadError> {
        self.many("SELECT kind, id, version, body FROM items WHERE kind = ?1 ORDER BY id", [kind], item)
    }

    async fn items_page(&self, kind: &str, before: Option<&str>, limit: usize) -> Result<Vec<Item>, ReadError> {
        let sql = "SELECT kind, id, version, body FROM items WHERE kind = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
        self.many(sql, params![kind, before.unwrap_or(LAST), rows(limit)], item)
    }

    async fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, ReadError> {
        self.one(&format!("SELECT {TOKEN} FROM tokens WHERE hash = ?1"), [hash], token)
    }

    async fn token_of_id(&self, id: &str) -> Result<Option<TokenRow>, ReadError> {
        self.one(&format!("SELECT {TOKEN} FROM tokens WHERE id = ?1"), [id], token)
    }

    async fn has_token(&self, id: &str) -> Result<bool, ReadError> {
        Ok(self.one("SELECT 1 FROM tokens WHERE id = ?1", [id], |_| Ok(()))?.is_some())
    }

    async fn tokens(&self) -> Result<Vec<TokenRow>, ReadError> {
        self.many(&format!("SELECT {TOKEN} FROM tokens ORDER BY created_ms, id"), [], token)
    }

    async fn token_name(&self, id: &str) -> Result<Option<String>, ReadError> {
        let sql = "SELECT name FROM tokens WHERE id = ?1 \
                   UNION ALL SELECT CAST(body AS TEXT) FROM items WHERE kind = ?2 AND id = ?1 LIMIT 1";
        self.one(sql, [id, REVOKED_TOKEN], |row| row.get(0))
    }

    async fn item(&self, kind: &str, id: &str) -> Result<Option<Item>, ReadError> {
        self.one("SELECT kind, id, version, body FROM items WHERE kind = ?1 AND id = ?2", [kind, id], item)
    }

    async fn balance(&self, counter: &Counter) -> Result<Balance, ReadError> {
        self.with(|connection| counters::balance(connection, counter))
    }

    async fn reservation(&self, id: &str) -> Result<Option<Reservation>, ReadError> {
        self.with(|connection| counters::reservation(connection, id))
    }

    async fn some_customer(&self) -> Result<Option<(String, Vec<u8>)>, ReadError> {
        let sql = "SELECT id, wrapped FROM customers JOIN customer_keys ON num = key \
                   WHERE opened_ms = -1 AND wrapped <> zeroblob(length(wrapped)) LIMIT 1";
        self.one(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    async fn key_marks(&self) -> Result<BTreeMap<String, Vec<u8>>, ReadError> {
        let rows: Vec<(String, Vec<u8>)> =
            self.many("SELECT name, mark FROM keys", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().collect())
    }

    async fn mark_keys(&self, marks: &[(&str, [u8; 32])]) -> Result<(), WriteError> {
        let marks: Vec<(String, [u8; 32])> = marks.iter().map(|(name, mark)| ((*name).to_owned(), *mark)).collect();
        let noted = self.rare(move |side| {
            let transaction = side.transaction()?;
            for (name, mark) in marks {
                transaction.execute("INSERT OR REPLACE INTO keys VALUES (?1, ?2)", params![name, mark])?;
            }
            transaction.commit()?;
            // In the database itself, also without the log of writes.
            side.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
        });
        noted.await
    }

    async fn is_blank(&self) -> Result<bool, ReadError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM keys) AND NOT EXISTS (SELECT 1 FROM events) \
                   AND NOT EXISTS (SELECT 1 FROM customers) AND NOT EXISTS (SELECT 1 FROM items)";
        Ok(self.one(sql, [], |row| row.get(0))?.unwrap_or(false))
    }
}
