//! A scan of the database, stream by stream, through everything that is stored: what happened, and what is kept beside
//! it to find a case and to go on.

use super::{compression::Dictionaries, read::exception};
use crate::{AttachmentRow, CaseWrite, OutboxRow, WordsRow, erased::RecordedErasures};
use remit_ledger::stream::of_version_1;
use rusqlite::{Connection, OptionalExtension, Row, Rows, params};
use std::collections::HashSet;

pub(super) use crate::{Found, Judge, PlacedRecord, Stored};

/// What is read beside a case's records.
pub(super) struct ScanContext<'b> {
    pub(super) dictionaries: &'b Dictionaries,
    /// Tables that the database has.
    pub(super) tables: &'b HashSet<String>,
    /// Erasures that are on record.
    pub(super) erased: &'b RecordedErasures,
    /// Whether records name their streams as they did before format 8.
    pub(super) names_by_identifier: bool,
}

/// Gives `each` everything that is stored, stream by stream in the order of their names.
pub(super) fn each_stream(
    connection: &Connection,
    beside: &ScanContext<'_>,
    mut each: impl FnMut(&str, &Stored),
) -> Result<(), rusqlite::Error> {
    let dictionaries = beside.dictionaries;
    // What is kept of cases is kept by their identifiers.
    let of_case = if beside.names_by_identifier { "" } else { "case/" };
    let prepare = |sql: &str| connection.prepare(&sql.replace("{case}", &format!("'{of_case}' || ")));
    let all = |table: &str, sql: &str, none: &str| prepare(if beside.tables.contains(table) { sql } else { none });
    let mut records = connection.prepare("SELECT stream, ver, seq, body, ts_ms FROM events ORDER BY stream, ver")?;
    let mut records = Ahead::new(records.query([])?, |row| {
        Ok(PlacedRecord {
            place: row.get(1)?,
            seq: row.get(2)?,
            at_ms: row.get(4)?,
            body: unpacked(dictionaries, row, 3)?,
        })
    })?;
    let mut cases = prepare(
        "SELECT {case}id, version, status, holder, holder_kind, accountable, customer, intent, opened_ms, updated_ms, \
         state, id FROM cases ORDER BY id",
    )?;
    let mut cases = Ahead::new(cases.query([])?, |row| {
        Ok(CaseWrite {
            id: row.get(11)?,
            expected_version: 0,
            version: row.get::<_, i64>(1)?.cast_unsigned(),
            status: row.get(2)?,
            holder: row.get(3)?,
            holder_kind: row.get(4)?,
            accountable: row.get(5)?,
            customer: row.get(6)?,
            intent: row.get(7)?,
            opened_ms: row.get(8)?,
            updated_ms: row.get(9)?,
            state: unpacked(dictionaries, row, 10)?,
        })
    })?;
    let mut exceptions = prepare(
        "SELECT {case}stream, id, stream, kind, owner, due_ms, state, taken_by, body FROM exceptions \
         ORDER BY stream, id",
    )?;
    let mut exceptions = Ahead::new(exceptions.query([])?, |row| exception(row, 1))?;
    let mut words = prepare("SELECT {case}stream, id, sealed, stream FROM words ORDER BY stream, id")?;
    let mut words =
        Ahead::new(words.query([])?, |row| Ok(WordsRow { case: row.get(3)?, id: row.get(1)?, sealed: row.get(2)? }))?;
    let mut files = all(
        "attachments",
        "SELECT {case}stream, id, sealed, stream FROM attachments ORDER BY stream, id",
        "SELECT '', '', x'', '' WHERE FALSE",
    )?;
    let mut files = Ahead::new(files.query([])?, |row| {
        Ok(AttachmentRow { case: row.get(3)?, id: row.get(1)?, sealed: row.get(2)? })
    })?;
    let mut outbox = all(
        "outbox",
        "SELECT {case}stream, id, kind, due_ms, body, stream FROM outbox ORDER BY stream, num",
        "SELECT '', '', '', 0, x'', '' WHERE FALSE",
    )?;
    let mut outbox = Ahead::new(outbox.query([])?, |row| {
        let (case, id, kind) = (row.get(5)?, row.get(1)?, row.get(2)?);
        Ok(OutboxRow { id, kind, case, due_ms: row.get(3)?, body: row.get(4)? })
    })?;
    let mut listed = connection.prepare("SELECT 1 FROM customers WHERE id = ?1 AND opened_ms = ?2 AND stream = ?3")?;
    // Since format 7 each case has the key of its own; before, all of a customer's had theirs.
    let mut key = all(
        "customer_keys",
        "SELECT wrapped FROM customers JOIN customer_keys ON num = key WHERE id = ?1 AND opened_ms = ?2 AND stream = \
         ?3 AND wrapped <> zeroblob(length(wrapped))",
        "SELECT wrapped_key FROM customers WHERE id = ?1 AND opened_ms = -1 AND ?2 IS NOT NULL AND ?3 IS NOT NULL",
    )?;
    loop {
        let names = [records.name(), cases.name(), exceptions.name(), words.name(), files.name(), outbox.name()];
        let Some(name) = names.into_iter().flatten().min().map(ToOwned::to_owned) else { return Ok(()) };
        let mut stored = Stored {
            records: records.take(&name)?,
            case: cases.take(&name)?.pop(),
            exceptions: exceptions.take(&name)?,
            words: words.take(&name)?,
            files: files.take(&name)?,
            outbox: outbox.take(&name)?,
            ..Stored::default()
        };
        if let Some(case) = &stored.case {
            stored.is_listed = listed.exists(params![case.customer, case.opened_ms, case.id])?;
            stored.wrapped_key = (key.query_row(params![case.customer, case.opened_ms, case.id], |row| row.get(0)))
                .optional()?
                .flatten();
            let opened = stored.records.first().map(|first| first.seq.cast_unsigned());
            stored.is_covered = opened.is_some_and(|opened| beside.erased.covers(&case.customer, opened));
        }
        if !beside.names_by_identifier {
            each(&name, &stored);
            continue;
        }
        let body = stored.records.first().map(|record| record.body.as_slice()).unwrap_or_default();
        each(&of_version_1(&name, &kind_of(connection, &name)?, body), &stored);
    }
}

/// The kind of the first record of what has this identifier; nothing where there is none.
fn kind_of(connection: &Connection, name: &str) -> Result<String, rusqlite::Error> {
    let mut kind = connection.prepare_cached("SELECT kind FROM events WHERE stream = ?1 ORDER BY ver LIMIT 1")?;
    Ok(kind.query_row([name], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// The value in a column. What does not unpack is no longer what was stored, and is judged as it lies there.
pub(super) fn unpacked(dictionaries: &Dictionaries, row: &Row<'_>, column: usize) -> Result<Vec<u8>, rusqlite::Error> {
    let stored = row.get_ref(column)?.as_blob()?;
    Ok(dictionaries.unpack(stored).unwrap_or_else(|_| stored.to_vec()))
}

/// Rows in the order of the stream that they are of, which their first column names, read one ahead.
struct Ahead<'s, T, F> {
    rows: Rows<'s>,
    read: F,
    next: Option<(String, T)>,
}

impl<'s, T, F: Fn(&Row<'_>) -> Result<T, rusqlite::Error>> Ahead<'s, T, F> {
    fn new(rows: Rows<'s>, read: F) -> Result<Self, rusqlite::Error> {
        let mut new = Self { rows, read, next: None };
        new.advance()?;
        Ok(new)
    }

    fn advance(&mut self) -> Result<Option<T>, rusqlite::Error> {
        let next = match self.rows.next()? {
            Some(row) => Some((row.get(0)?, (self.read)(row)?)),
            None => None,
        };
        Ok(std::mem::replace(&mut self.next, next).map(|(_, read)| read))
    }

    /// The stream that the next row is of.
    fn name(&self) -> Option<&str> {
        self.next.as_ref().map(|(name, _)| name.as_str())
    }

    /// The rows of that stream, if they are the next.
    fn take(&mut self, name: &str) -> Result<Vec<T>, rusqlite::Error> {
        let mut taken = Vec::new();
        while self.name() == Some(name) {
            taken.extend(self.advance()?);
        }
        Ok(taken)
    }
}
