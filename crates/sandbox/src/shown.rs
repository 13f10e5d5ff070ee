//! What people are shown of the sandbox: its customers, and what there is of one of them, as tables.

use crate::{Failure, Money, bank, shop};
use rusqlite::{Connection, params};

/// Rows of one table, at most: the newest, or the first by name.
pub(crate) const ROWS_MAX: i64 = 200;

/// A customer, of the shop or of the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// By what actions name them.
    pub id: String,
    /// What they are called.
    pub name: String,
    /// `bank` or `shop`.
    pub of: String,
}

/// What there is of something, under a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What stands in it.
    pub title: &'static str,
    /// What each column has.
    pub columns: &'static [&'static str],
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
}

/// What stands in a row under a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// An amount.
    Money(Money),
    /// A moment, in milliseconds since 1970.
    Moment(i64),
    /// Nothing.
    Nothing,
}

impl Cell {
    /// Words, or nothing where there are none.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        match text.into() {
            text if text.is_empty() => Self::Nothing,
            text => Self::Text(text),
        }
    }

    /// An amount of minor units.
    pub(crate) fn money(minor: i64, currency: &str) -> Self {
        Self::Money(Money::new(minor, currency))
    }

    /// A moment, if there was one.
    pub(crate) fn moment(at_ms: Option<i64>) -> Self {
        at_ms.map_or(Self::Nothing, Self::Moment)
    }
}

/// Customers by their identifiers, those after one of them.
pub(crate) fn customers(database: &Connection, after: &str, count: i64) -> Result<Vec<Customer>, Failure> {
    let sql = "SELECT customer_id, name, 'bank' FROM bank_customer WHERE customer_id > ?1
               UNION ALL
               SELECT customer_id, first_name || ' ' || last_name, 'shop' FROM shop_customer WHERE customer_id > ?1
               ORDER BY 1, 3 LIMIT ?2";
    let mut statement = database.prepare_cached(sql)?;
    let customer = |row: &rusqlite::Row<'_>| Ok(Customer { id: row.get(0)?, name: row.get(1)?, of: row.get(2)? });
    let rows = statement.query_map(params![after, count], customer)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What there is of a customer; nothing where there is none of this identifier.
pub(crate) fn customer(database: &Connection, id: &str, now_ms: i64) -> Result<Vec<Table>, Failure> {
    let mut tables = bank::shown(database, id, now_ms)?;
    tables.extend(shop::shown(database, id)?);
    Ok(tables)
}

/// A table of what a query answers, where that is anything.
pub(crate) fn table(
    database: &Connection,
    title: &'static str,
    columns: &'static [&'static str],
    sql: &str,
    of: &[&dyn rusqlite::ToSql],
    row: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<Vec<Cell>>,
) -> rusqlite::Result<Option<Table>> {
    let mut statement = database.prepare_cached(sql)?;
    let rows = statement.query_map(of, |found| row(found))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok((!rows.is_empty()).then_some(Table { title, columns, rows }))
}
