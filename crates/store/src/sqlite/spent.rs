//! Verification of counters, of what is held back on them, and of the versions of items.

use super::{
    case_scan::{Found, Judge},
    rest::{Counted, each, kept, text},
};
use crate::{Balance, Counter, Reservation};
use rusqlite::{Connection, Row};
use std::collections::HashSet;

/// Holds what is held back on each counter against its reservations, has `judge` hold both against the records, and
/// holds versions of items against the newest that was given.
pub(super) fn verify(
    connection: &Connection,
    tables: &HashSet<String>,
    judge: &mut dyn Judge,
    counted: &mut Counted,
    found: Found<'_>,
) -> Result<(), rusqlite::Error> {
    if !tables.contains("counters") {
        return Ok(());
    }
    let sql = "SELECT scope, key, window_ms, SUM(counted), SUM(held), SUM(one) FROM (SELECT scope, key, window_ms, \
               reserved AS counted, 0 AS held, 1 AS one FROM counters UNION ALL SELECT scope, key, window_ms, 0, \
               amount, 0 FROM reservations) GROUP BY scope, key, window_ms";
    each(connection, sql, |row| {
        counted.count("sums that are held back on counters");
        let which = format!("{} of {}, window {}", text(row, 1)?, text(row, 0)?, row.get::<_, i64>(2)?);
        let (reserved, held, there): (i64, i64, i64) = (row.get(3)?, row.get(4)?, row.get(5)?);
        if there != 1 {
            found(kept("counter", &which, "something is held back on it, and it is not there"));
        } else if reserved != held {
            found(kept("counter", &which, &format!("{reserved} is held back on it, and its reservations hold {held}")));
        }
        Ok(())
    })?;
    each(connection, "SELECT scope, key, window_ms, spent, reserved FROM counters", |row| {
        let (spent, reserved): (i64, i64) = (row.get(3)?, row.get(4)?);
        let balance = Balance { spent: spent.cast_unsigned(), reserved: reserved.cast_unsigned() };
        judge.counter(&counter(row, 0)?, balance, found);
        Ok(())
    })?;
    each(connection, "SELECT id, amount, scope, key, window_ms FROM reservations", |row| {
        let held = Reservation { counter: counter(row, 2)?, amount: row.get::<_, i64>(1)?.cast_unsigned() };
        judge.reservation(&text(row, 0)?, &held, found);
        Ok(())
    })?;
    let newest: i64 =
        connection.query_row("SELECT COALESCE(MAX(newest), 0) FROM item_versions", [], |row| row.get(0))?;
    let sql = "SELECT kind, id, version FROM items WHERE version < 1";
    let above = format!("{sql} OR version > {newest}");
    each(connection, &above, |row| {
        let how = format!("it is at version {}, and the newest that was given is {newest}", row.get::<_, i64>(2)?);
        found(kept(&text(row, 0)?, &text(row, 1)?, &how));
        Ok(())
    })
}

/// The counter whose name begins in this column.
fn counter(row: &Row<'_>, first: usize) -> Result<Counter, rusqlite::Error> {
    Ok(Counter { scope: text(row, first)?, key: text(row, first + 1)?, window_ms: row.get(first + 2)? })
}
