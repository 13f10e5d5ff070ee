//! Lists, newest first, by any of their filters together.
//!
//! An index begins with everything that a list is filtered by and ends with the identifier, so that rows that agree in
//! all of it, a run, lie together in the order of the list. Values are few: names of responders, owners and states.
//! What the list leaves open is looked up value by value, with one step into the index for each, and the runs are
//! merged. So a page costs as much as its rows and the runs there are, whatever the filter, however many rows there
//! are, and no index is needed for each combination, which every command would have to write.

use super::rows;
use rusqlite::{Connection, ToSql, params_from_iter};

/// A list, and the index that it is read by.
pub(super) struct List {
    /// The table, and the index.
    pub(super) table: &'static str,
    pub(super) index: &'static str,
    /// The columns that it can be filtered by, in the order of the index, before `id`; and whether one may hold
    /// nothing.
    pub(super) columns: &'static [(&'static str, bool)],
}

pub(super) const CASES: List = List {
    table: "cases",
    index: "cases_listed",
    columns: &[("status", false), ("holder", true), ("accountable", true)],
};
pub(super) const EXCEPTIONS: List =
    List { table: "exceptions", index: "exceptions_state", columns: &[("state", false), ("owner", false)] };

/// Above every identifier.
pub(super) const LAST: &str = "\u{10ffff}";

/// A value as it is in a column.
type Value = Option<String>;

impl List {
    /// The identifiers of the newest rows below `after` that agree with `filter`, which has an entry for each column: a
    /// value, or none where any will do.
    pub(super) fn newest(
        &self,
        connection: &Connection,
        filter: &[Option<&str>],
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, rusqlite::Error> {
        let mut newest: Vec<String> = Vec::new();
        for run in self.runs(connection, filter)? {
            // Only what is newer than the last of a full page can still be on it.
            let floor = newest.get(limit.wrapping_sub(1)).cloned().unwrap_or_default();
            newest.extend(self.run(connection, &run, after.unwrap_or(LAST), &floor, limit)?);
            newest.sort_unstable_by(|a, b| b.cmp(a));
            newest.truncate(limit);
        }
        Ok(newest)
    }

    /// The identifiers in a run between two others, from above.
    fn run(
        &self,
        connection: &Connection,
        run: &[Value],
        below: &str,
        above: &str,
        limit: usize,
    ) -> Result<Vec<String>, rusqlite::Error> {
        let (table, index, agree, at) = (self.table, self.index, self.agree(run.len()), run.len());
        let sql = format!(
            "SELECT id FROM {table} INDEXED BY {index} WHERE {agree}id < ?{} AND id > ?{} ORDER BY id DESC LIMIT ?{}",
            at + 1,
            at + 2,
            at + 3
        );
        let limit = rows::rows(limit);
        let bounds: [&dyn ToSql; 3] = [&below, &above, &limit];
        let values = run.iter().map(|value| value as &dyn ToSql).chain(bounds);
        rows::each(connection, &sql, params_from_iter(values), |row| row.get(0))
    }

    /// Every run that can hold rows of the list.
    fn runs(&self, connection: &Connection, filter: &[Option<&str>]) -> Result<Vec<Vec<Value>>, rusqlite::Error> {
        let mut runs = vec![Vec::new()];
        for wanted in filter {
            let mut longer = Vec::new();
            for run in runs {
                let mut push = |value| longer.push(run.iter().cloned().chain([value]).collect());
                match wanted {
                    Some(value) => push(Some((*value).to_owned())),
                    None => self.values(connection, &run)?.into_iter().for_each(push),
                }
            }
            runs = longer;
        }
        Ok(runs)
    }

    /// The values of the next column among the rows that begin with `run`.
    pub(super) fn values(&self, connection: &Connection, run: &[Value]) -> Result<Vec<Value>, rusqlite::Error> {
        let (table, index, agree, at) = (self.table, self.index, self.agree(run.len()), run.len());
        let Some((column, empty)) = self.columns.get(at) else { return Ok(Vec::new()) };
        let first = format!("SELECT {column} FROM {table} INDEXED BY {index} WHERE {agree}");
        let least = format!("ORDER BY {column} LIMIT 1");
        let mut values = Vec::new();
        let (none, some) =
            (format!("{first}{column} IS NULL {least}"), format!("{first}{column} > ?{} {least}", at + 1));
        if *empty {
            values.extend(rows::each(connection, &none, params_from_iter(run), |row| row.get::<_, Value>(0))?);
        }
        let mut last = String::new();
        loop {
            let beginning = run.iter().map(|value| value as &dyn ToSql).chain([&last as &dyn ToSql]);
            let next = rows::each(connection, &some, params_from_iter(beginning), |row| row.get::<_, String>(0))?;
            let Some(next) = next.into_iter().next() else { return Ok(values) };
            values.push(Some(next.clone()));
            last = next;
        }
    }

    /// The condition that rows begin with so many values.
    fn agree(&self, count: usize) -> String {
        let columns = self.columns.iter().take(count).enumerate();
        columns.map(|(at, (column, _))| format!("{column} IS ?{} AND ", at + 1)).collect()
    }
}
