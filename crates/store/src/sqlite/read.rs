//! Reads, each on a connection of its own, and the rare writes outside the queue.

use super::{
    SqliteStore,
    lists::{CASES, EXCEPTIONS, LAST, List},
    setup,
};
use crate::*;
use remit_ledger::{hash::Hash, tile};
use rusqlite::{Connection, Params, Row, params};
use std::{collections::HashMap, sync::PoisonError};

const EVENT: &str = "seq, kind, stream, actor, ts_ms, body, entry, salt";

const CASE: &str = "SELECT id, version, state FROM cases WHERE id = ?1";

const EXCEPTION: &str = "SELECT * FROM exceptions WHERE id = ?1";

/// The kind of item under which the name of a revoked token is kept.
pub const REVOKED: &str = "revoked_token";
pub(super) const TOKEN: &str = "id, hash, name, roles, responder, source, created_ms, expires_ms, staff";

/// The exception whose columns begin at `first`.
pub(super) fn exception(row: &Row<'_>, first: usize) -> Result<ExceptionRow, rusqlite::Error> {
    Ok(ExceptionRow {
        id: row.get(first)?,
        case: row.get(first + 1)?,
        kind: row.get(first + 2)?,
        owner: row.get(first + 3)?,
        due_ms: row.get(first + 4)?,
        state: row.get(first + 5)?,
        taken_by: row.get(first + 6)?,
        body: row.get(first + 7)?,
    })
}

fn customer(row: &Row<'_>) -> Result<CustomerRow, rusqlite::Error> {
    let wrapped: Vec<u8> = row.get(1)?;
    let there = wrapped.iter().any(|byte| *byte != 0);
    Ok(CustomerRow { key: row.get::<_, i64>(0)?.cast_unsigned(), wrapped_key: there.then_some(wrapped) })
}

fn token(row: &Row<'_>) -> Result<TokenRow, rusqlite::Error> {
    let roles: String = row.get(3)?;
    Ok(TokenRow {
        id: row.get(0)?,
        hash: row.get(1)?,
        name: row.get(2)?,
        roles: roles.split(' ').map(ToOwned::to_owned).collect(),
        responder: row.get(4)?,
        source: row.get(5)?,
        created_ms: row.get(6)?,
        expires_ms: row.get(7)?,
        staff: row.get(8)?,
    })
}

/// A limit as SQL has it.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// What `map` makes of each row.
pub(super) fn each<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
) -> Result<Vec<T>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, map)?.collect();
    #[cfg(test)]
    super::plans::note(sql, &statement);
    rows
}

impl SqliteStore {
    fn event(&self, row: &Row<'_>) -> Result<RecordRow, rusqlite::Error> {
        Ok(RecordRow {
            seq: row.get::<_, i64>(0)?.cast_unsigned(),
            kind: row.get(1)?,
            stream: row.get(2)?,
            actor: row.get(3)?,
            ts_ms: row.get(4)?,
            body: self.unpack(row.get_ref(5)?.as_blob()?)?,
            entry: row.get(6)?,
            salt: row.get(7)?,
        })
    }

    fn case_row(&self, row: &Row<'_>) -> Result<CaseRow, rusqlite::Error> {
        Ok(CaseRow {
            id: row.get(0)?,
            version: row.get::<_, i64>(1)?.cast_unsigned(),
            state: self.unpack(row.get_ref(2)?.as_blob()?)?,
        })
    }

    fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>) -> Result<T, ReadError> {
        if patience::is_over() {
            return Err(ReadError("it took too long".into()));
        }
        let _reading = self.readers_gate.enter();
        let connection = self.reader()?;
        let result = read(&connection).map_err(|error| ReadError(error.to_string()));
        self.keep(connection);
        result
    }

    pub(super) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Option<T>, ReadError> {
        Ok(self.many(sql, params, map)?.into_iter().next())
    }

    pub(super) fn many<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Vec<T>, ReadError> {
        self.with(|connection| each(connection, sql, params, map))
    }

    /// A page of a list: what `map` makes of its rows, which `sql` reads one by one.
    fn page<T>(
        &self,
        (list, sql): (&List, &str),
        filter: &[Option<&str>],
        (after, limit): (Option<&str>, usize),
        mut map: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Vec<T>, ReadError> {
        self.with(|connection| {
            // All of it as of one moment.
            let moment = connection.unchecked_transaction()?;
            let mut page = Vec::new();
            for id in list.newest(&moment, filter, after, limit)? {
                page.extend(each(&moment, sql, [&id], &mut map)?);
            }
            Ok(page)
        })
    }

    pub(super) fn rare(
        &self,
        write: impl FnOnce(&Connection) -> Result<usize, rusqlite::Error>,
    ) -> Result<usize, ReadError> {
        let side = self.side.lock().unwrap_or_else(PoisonError::into_inner);
        write(&side).map_err(|error| ReadError(error.to_string()))
    }
}

impl Store for SqliteStore {
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        self.submit(commit).await
    }

    fn coming(&self) -> Coming {
        self.announce()
    }

    async fn settled(&self) -> Result<(), ReadError> {
        self.disk.settled().await
    }

    fn case(&self, id: &str) -> Result<Option<CaseRow>, ReadError> {
        self.one(CASE, [id], |row| self.case_row(row))
    }

    fn cases(&self, filter: &CaseFilter, after: Option<&str>, limit: usize) -> Result<Vec<CaseRow>, ReadError> {
        let wanted = [filter.status.as_deref(), filter.holder.as_deref(), filter.accountable.as_deref()];
        if wanted == [None; 3] {
            let sql = "SELECT id, version, state FROM cases WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
            return self.many(sql, params![after.unwrap_or(LAST), rows(limit)], |row| self.case_row(row));
        }
        self.page((&CASES, CASE), &wanted, (after, limit), |row| self.case_row(row))
    }

    fn cases_under(
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

    fn count_under(&self, customer: &str, key: u64) -> Result<u64, ReadError> {
        let sql = "SELECT COUNT(*) FROM customers WHERE id = ?1 AND opened_ms >= 0 AND key = ?2";
        let count = self.one(sql, params![customer, key.cast_signed()], |row| row.get::<_, i64>(0))?;
        Ok(count.unwrap_or(0).cast_unsigned())
    }

    fn resolved_of_customer(&self, customer: &str, since_ms: i64, limit: usize) -> Result<Vec<CaseRow>, ReadError> {
        // CROSS: from the customer's few cases to their rows, never the other way.
        let sql = "SELECT cases.id, version, state FROM (SELECT opened_ms, stream FROM customers \
                   WHERE id = ?1 AND opened_ms >= 0 ORDER BY opened_ms DESC, stream DESC LIMIT ?3) AS newest \
                   CROSS JOIN cases ON cases.id = newest.stream \
                   WHERE status = 'resolved' AND updated_ms >= ?2 ORDER BY newest.opened_ms DESC, newest.stream DESC";
        self.many(sql, params![customer, since_ms, rows(limit)], |row| self.case_row(row))
    }

    fn recent_cases(&self, customer: &str, since_ms: i64) -> Result<u32, ReadError> {
        // Beyond a thousand the exact number says no more.
        let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM customers WHERE id = ?1 AND opened_ms >= ?2 LIMIT 1000)";
        Ok(self.one(sql, params![customer, since_ms.max(0)], |row| row.get(0))?.unwrap_or(0))
    }

    fn records_of(&self, stream: &str, after: u64, limit: usize) -> Result<Vec<RecordRow>, ReadError> {
        // From the place of the event before, where that is one of the stream's: those before it are not gone through.
        let sql = format!(
            "SELECT {EVENT} FROM events WHERE stream = ?1 AND seq > ?2 \
             AND ver > COALESCE((SELECT ver FROM events WHERE seq = ?2 AND stream = ?1), 0) ORDER BY ver LIMIT ?3"
        );
        let after = after.min(i64::MAX as u64).cast_signed();
        self.many(&sql, params![stream, after, rows(limit)], |row| self.event(row))
    }

    fn record_by_subject(&self, subject: &str) -> Result<Option<RecordRow>, ReadError> {
        self.one(&format!("SELECT {EVENT} FROM events WHERE subject = ?1"), [subject], |row| self.event(row))
    }

    fn feed(&self, after: u64, limit: usize) -> Result<Vec<RecordRow>, ReadError> {
        let sql = format!("SELECT {EVENT} FROM events WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3");
        let (after, last) = (after.min(i64::MAX as u64).cast_signed(), self.disk.records().cast_signed());
        self.many(&sql, params![after, last, rows(limit)], |row| self.event(row))
    }

    fn last_seq(&self) -> Result<u64, ReadError> {
        Ok(self.disk.records())
    }

    fn words(&self, case: &str, id: &str) -> Result<Option<WordsRow>, ReadError> {
        self.one("SELECT id, stream, sealed FROM words WHERE stream = ?1 AND id = ?2", [case, id], |row| {
            Ok(WordsRow { id: row.get(0)?, case: row.get(1)?, sealed: row.get(2)? })
        })
    }

    fn attachment(&self, case: &str, id: &str) -> Result<Option<AttachmentRow>, ReadError> {
        self.one("SELECT id, stream, sealed FROM attachments WHERE stream = ?1 AND id = ?2", [case, id], |row| {
            Ok(AttachmentRow { id: row.get(0)?, case: row.get(1)?, sealed: row.get(2)? })
        })
    }

    fn customer(&self, id: &str) -> Result<Option<CustomerRow>, ReadError> {
        if !self.customer_filter.may_hold(id) {
            return Ok(None);
        }
        let sql = "SELECT num, wrapped FROM customers JOIN customer_keys ON num = key WHERE id = ?1 AND opened_ms = -1";
        self.one(sql, [id], customer)
    }

    fn key_of_case(&self, customer_id: &str, opened_ms: i64, case: &str) -> Result<Option<CustomerRow>, ReadError> {
        let sql = "SELECT num, wrapped FROM customers JOIN customer_keys ON num = key \
                   WHERE id = ?1 AND opened_ms = ?2 AND stream = ?3";
        self.one(sql, params![customer_id, opened_ms, case], customer)
    }

    fn exception(&self, id: &str) -> Result<Option<ExceptionRow>, ReadError> {
        self.one(EXCEPTION, [id], |row| exception(row, 0))
    }

    fn exceptions(
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

    fn owners(&self, state: &str) -> Result<Vec<String>, ReadError> {
        let owners = self.with(|connection| EXCEPTIONS.values(connection, &[Some(state.to_owned())]))?;
        Ok(owners.into_iter().flatten().collect())
    }

    fn depths(&self) -> Result<HashMap<String, i64>, ReadError> {
        let rows: Vec<(String, i64)> =
            self.many("SELECT holder, open FROM depths", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().collect())
    }

    fn outcomes(&self) -> Result<Vec<OutcomeDelta>, ReadError> {
        self.many("SELECT responder, intent, resolved, failed, wrong FROM outcomes", [], |row| {
            Ok(OutcomeDelta {
                responder: row.get(0)?,
                intent: row.get(1)?,
                resolved: row.get(2)?,
                failed: row.get(3)?,
                wrong: row.get(4)?,
                kind: String::new(),
            })
        })
    }

    fn outcome_counts(&self) -> Result<Vec<OutcomeCount>, ReadError> {
        self.many("SELECT responder, intent, kind, count FROM outcome_counts", [], |row| {
            Ok(OutcomeCount { responder: row.get(0)?, intent: row.get(1)?, kind: row.get(2)?, count: row.get(3)? })
        })
    }

    fn idempotency(&self, scope: &str, key: &str) -> Result<Option<IdempotencyRow>, ReadError> {
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

    fn due(&self, kind: &str, now_ms: i64, limit: usize) -> Result<Vec<OutboxRow>, ReadError> {
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

    fn next_due(&self, kind: &str) -> Result<Option<i64>, ReadError> {
        let sql = "SELECT due_ms FROM outbox WHERE kind = ?1 ORDER BY due_ms LIMIT 1";
        self.one(sql, [kind], |row| row.get(0))
    }

    fn items(&self, kind: &str) -> Result<Vec<ItemRow>, ReadError> {
        self.many("SELECT kind, id, body FROM items WHERE kind = ?1 ORDER BY id", [kind], |row| {
            Ok(ItemRow { kind: row.get(0)?, id: row.get(1)?, body: Some(row.get(2)?) })
        })
    }

    fn items_page(&self, kind: &str, before: Option<&str>, limit: usize) -> Result<Vec<ItemRow>, ReadError> {
        let sql = "SELECT kind, id, body FROM items WHERE kind = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
        self.many(sql, params![kind, before.unwrap_or(LAST), rows(limit)], |row| {
            Ok(ItemRow { kind: row.get(0)?, id: row.get(1)?, body: Some(row.get(2)?) })
        })
    }

    fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, ReadError> {
        self.one(&format!("SELECT {TOKEN} FROM tokens WHERE hash = ?1"), [hash], token)
    }

    fn has_kind(&self, kinds: &[&str]) -> Result<bool, ReadError> {
        let any = vec!["?"; kinds.len()].join(", ");
        let sql = format!("SELECT 1 FROM events WHERE kind IN ({any}) LIMIT 1");
        Ok(self.one(&sql, rusqlite::params_from_iter(kinds), |_| Ok(()))?.is_some())
    }

    fn has_token(&self, id: &str) -> Result<bool, ReadError> {
        Ok(self.one("SELECT 1 FROM tokens WHERE id = ?1", [id], |_| Ok(()))?.is_some())
    }

    fn tokens(&self) -> Result<Vec<TokenRow>, ReadError> {
        self.many(&format!("SELECT {TOKEN} FROM tokens ORDER BY created_ms"), [], token)
    }

    fn token_name(&self, id: &str) -> Result<Option<String>, ReadError> {
        let sql = "SELECT name FROM tokens WHERE id = ?1 \
                   UNION ALL SELECT CAST(body AS TEXT) FROM items WHERE kind = ?2 AND id = ?1 LIMIT 1";
        self.one(sql, [id, REVOKED], |row| row.get(0))
    }

    fn forget_token_name(&self, id: &str) -> Result<bool, ReadError> {
        let forgotten = self.rare(|side| {
            // What is forgotten is overwritten.
            side.pragma_update(None, "secure_delete", true)?;
            side.execute("DELETE FROM items WHERE kind = ?1 AND id = ?2", [REVOKED, id])
        })?;
        Ok(forgotten > 0)
    }

    fn keep_bundle(&self, digest: &str, bytes: &[u8]) -> Result<(), ReadError> {
        let sql = "INSERT INTO bundles VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.rare(|side| side.execute(sql, params![digest, bytes])).map(|_| ())
    }

    fn bundle_in_force(&self) -> Result<Option<String>, ReadError> {
        self.one("SELECT digest FROM activations ORDER BY rowid DESC LIMIT 1", [], |row| row.get(0))
    }

    fn bundle(&self, digest: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.one("SELECT bytes FROM bundles WHERE digest = ?1", [digest], |row| row.get(0))
    }

    fn head(&self) -> Result<(u64, Hash), ReadError> {
        let tree = self.disk.tree();
        Ok((tree.size(), tree.root()))
    }

    fn add_checkpoint(&self, size: u64, note: &str) -> Result<bool, ReadError> {
        let sql = "INSERT INTO checkpoints SELECT ?1, ?2 WHERE ?1 > (SELECT COALESCE(MAX(size), -1) FROM checkpoints)";
        let added = self.rare(|side| side.execute(sql, params![size.cast_signed(), note]))? > 0;
        if added {
            setup::keep_checkpoint(&self.path, note)
                .map_err(|error| ReadError(format!("the checkpoint could not be kept beside it: {error}")))?;
        }
        // There was room for this, so perhaps there is room again to be kept back.
        self.reserve.renew();
        Ok(added)
    }

    fn checkpoint(&self) -> Result<Option<(u64, String)>, ReadError> {
        self.one("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1", [], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))
        })
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        let sql = "SELECT hashes FROM tiles WHERE level = ?1 AND idx = ?2";
        let stored = self.one(sql, params![level, index.cast_signed()], |row| row.get::<_, Vec<u8>>(0))?;
        if let Some(bytes) = stored {
            return Ok(tile::hashes(&bytes));
        }
        let tree = self.disk.tree();
        let full = tree.size().checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
        Ok((full == index && !tree.partial(level).is_empty()).then(|| tree.partial(level).to_vec()))
    }
}
