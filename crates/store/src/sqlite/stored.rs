//! Case by case, everything that is stored: what happened, and what is kept beside it to find the case and to go on.

use super::{packed::Shapes, read::exception};
use crate::{CaseWrite, ExceptionRow};
use rusqlite::{Connection, Row, Rows};

/// What is stored of a case, or of whatever else the same records are about.
#[derive(Debug, Default)]
pub struct Stored {
    /// Its records, by their places.
    pub records: Vec<Placed>,
    /// The case as it is kept, where there is a row of it. What version it took the place of is not known any more.
    pub case: Option<CaseWrite>,
    /// Its exceptions, ended ones included.
    pub exceptions: Vec<ExceptionRow>,
}

/// A record in its place.
#[derive(Debug)]
pub struct Placed {
    /// Its place in its case, from 1.
    pub(super) place: i64,
    /// Its position in the ledger, from 1.
    pub(super) seq: i64,
    /// What happened.
    pub body: Vec<u8>,
}

/// Says in what the rows kept of a case differ from what its records make of it, if they do.
pub type Judge<'j> = dyn Fn(&Stored) -> Option<String> + 'j;

/// Gives `each` everything that is stored, case by case in the order of their names.
pub(super) fn each_case(
    connection: &Connection,
    shapes: &Shapes,
    mut each: impl FnMut(&str, &Stored),
) -> Result<(), rusqlite::Error> {
    let mut records = connection.prepare("SELECT stream, ver, seq, body FROM events ORDER BY stream, ver")?;
    let mut records = Ahead::new(records.query([])?, |row| {
        Ok(Placed { place: row.get(1)?, seq: row.get(2)?, body: unpacked(shapes, row, 3)? })
    })?;
    let mut cases = connection.prepare(
        "SELECT id, version, status, holder, holder_kind, accountable, customer, intent, opened_ms, updated_ms, state \
         FROM cases ORDER BY id",
    )?;
    let mut cases = Ahead::new(cases.query([])?, |row| {
        Ok(CaseWrite {
            id: row.get(0)?,
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
            state: unpacked(shapes, row, 10)?,
        })
    })?;
    let mut exceptions = connection.prepare(
        "SELECT stream, id, stream, kind, owner, due_ms, state, taken_by, body FROM exceptions ORDER BY stream, id",
    )?;
    let mut exceptions = Ahead::new(exceptions.query([])?, |row| exception(row, 1))?;
    while let Some(name) = [records.name(), cases.name(), exceptions.name()].into_iter().flatten().min() {
        let name = name.to_owned();
        let stored = Stored {
            records: records.take(&name)?,
            case: cases.take(&name)?.pop(),
            exceptions: exceptions.take(&name)?,
        };
        each(&name, &stored);
    }
    Ok(())
}

/// The value in a column. What does not unpack is no longer what was stored, and is judged as it lies there.
pub(super) fn unpacked(shapes: &Shapes, row: &Row<'_>, column: usize) -> Result<Vec<u8>, rusqlite::Error> {
    let stored = row.get_ref(column)?.as_blob()?;
    Ok(shapes.unpack(stored).unwrap_or_else(|_| stored.to_vec()))
}

/// Rows in the order of the case that they are of, which their first column names, read one ahead.
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

    /// The case that the next row is of.
    fn name(&self) -> Option<&str> {
        self.next.as_ref().map(|(name, _)| name.as_str())
    }

    /// The rows of that case, if they are the next.
    fn take(&mut self, name: &str) -> Result<Vec<T>, rusqlite::Error> {
        let mut taken = Vec::new();
        while self.name() == Some(name) {
            taken.extend(self.advance()?);
        }
        Ok(taken)
    }
}
