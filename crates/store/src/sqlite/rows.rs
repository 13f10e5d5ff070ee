//! Reading rows: by a statement that is prepared once, and within a limit.

use rusqlite::{Connection, Params, Row};

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
