//! How rows are read, each time on a connection of its own, and what they are.

use super::{SqliteStore, lists::List};
pub(super) use super::{
    rows::{each, rows},
    token_columns::TOKEN,
};
use crate::{CaseRow, CustomerRow, ExceptionRow, ReadError, RecordRow, TokenRow, patience};
use rusqlite::{Connection, Params, Row};

pub(super) const EVENT: &str = "seq, kind, stream, actor, ts_ms, body, entry, salt";

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

pub(super) fn customer(row: &Row<'_>) -> Result<CustomerRow, rusqlite::Error> {
    let wrapped: Vec<u8> = row.get(1)?;
    let there = wrapped.iter().any(|byte| *byte != 0);
    Ok(CustomerRow { key: row.get::<_, i64>(0)?.cast_unsigned(), wrapped_key: there.then_some(wrapped) })
}

pub(super) fn token(row: &Row<'_>) -> Result<TokenRow, rusqlite::Error> {
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

impl SqliteStore {
    pub(super) fn event(&self, row: &Row<'_>) -> Result<RecordRow, rusqlite::Error> {
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

    pub(super) fn case_row(&self, row: &Row<'_>) -> Result<CaseRow, rusqlite::Error> {
        Ok(CaseRow {
            id: row.get(0)?,
            version: row.get::<_, i64>(1)?.cast_unsigned(),
            state: self.unpack(row.get_ref(2)?.as_blob()?)?,
        })
    }

    pub(super) fn with<T>(&self, read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>) -> Result<T, ReadError> {
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
    pub(super) fn page<T>(
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
}
