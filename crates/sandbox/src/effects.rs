//! Effects as they are kept: one for each key, with what was stated of it.

use crate::{Failure, Money, Statement};
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};

const COLUMNS: &str = "id, key, action, customer, at_ms, minor, currency, effect, hash";

/// An effect as it is kept.
pub(crate) struct Kept {
    /// What was stated.
    pub(crate) statement: Statement,
    /// The hash of the request that it was done for.
    pub(crate) hash: String,
}

/// The number of the next effect.
pub(crate) fn next(database: &Connection) -> Result<i64, Failure> {
    Ok(database.query_row("SELECT coalesce(max(id), 0) + 1 FROM effect", [], |row| row.get(0))?)
}

pub(crate) fn keep(database: &Connection, id: i64, hash: &str, statement: &Statement) -> Result<(), Failure> {
    let sql = "INSERT INTO effect (id, key, action, customer, at_ms, minor, currency, effect, hash)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let Statement { key, action, customer, at_ms, amount, effect, .. } = statement;
    let (minor, currency) = (amount.as_ref().map(|a| a.minor), amount.as_ref().map(|a| &a.currency));
    let effect = serde_json::Value::Object(effect.clone()).to_string();
    database.execute(sql, params![id, key, action, customer, at_ms, minor, currency, effect, hash])?;
    Ok(())
}

pub(crate) fn of_key(database: &Connection, key: &str) -> Result<Option<Kept>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM effect WHERE key = ?1");
    Ok(database.prepare_cached(&sql)?.query_row([key], kept).optional()?)
}

/// What was done from one moment until just before another, oldest first.
pub(crate) fn between(database: &Connection, from_ms: i64, to_ms: i64) -> Result<Vec<Statement>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM effect WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms, id");
    let mut statement = database.prepare_cached(&sql)?;
    let rows = statement.query_map([from_ms, to_ms], |row| Ok(kept(row)?.statement))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest of those with a smaller number, newest first.
pub(crate) fn newest_before(database: &Connection, before: i64, count: usize) -> Result<Vec<Statement>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM effect WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
    let mut statement = database.prepare_cached(&sql)?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let rows = statement.query_map([before, count], |row| Ok(kept(row)?.statement))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let (minor, currency): (Option<i64>, Option<String>) = (row.get(5)?, row.get(6)?);
    let effect: String = row.get(7)?;
    let damaged = |error| rusqlite::Error::FromSqlConversionFailure(7, Type::Text, Box::new(error));
    let statement = Statement {
        reference: crate::statement::reference(row.get(0)?),
        key: row.get(1)?,
        action: row.get(2)?,
        customer: row.get(3)?,
        at_ms: row.get(4)?,
        amount: minor.zip(currency).map(|(minor, currency)| Money { minor, currency }),
        effect: serde_json::from_str(&effect).map_err(damaged)?,
    };
    Ok(Kept { statement, hash: row.get(8)? })
}
