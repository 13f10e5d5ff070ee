//! Orders, payment methods and items, as they are in the database.

use rusqlite::{Connection, OptionalExtension, Result};

/// An order with all that belongs to it.
pub(super) struct Order {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) status: String,
    pub(super) lines: Vec<Line>,
    /// What each payment method has paid, less what went back to it, in the order of their first payments.
    pub(super) paid: Vec<(String, i64)>,
}

/// One item of an order.
pub(super) struct Line {
    pub(super) position: i64,
    /// Whether it was neither returned nor exchanged.
    pub(super) stays: bool,
    pub(super) variant: Variant,
}

/// A variant of a product, with the price that is meant.
pub(super) struct Variant {
    pub(super) item: String,
    pub(super) product: String,
    pub(super) price: i64,
    pub(super) available: bool,
    /// The product's name with the variant's options.
    pub(super) name: String,
}

/// A way to pay.
pub(super) struct Method {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) kind: String,
    /// What is on it, if it is a gift card.
    pub(super) balance: Option<i64>,
}

impl Order {
    pub(super) fn find(database: &Connection, id: &str) -> Result<Option<Self>> {
        let sql = "SELECT customer_id, status FROM shop_order WHERE order_id = ?1";
        let found = database.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((customer, status)) = found else { return Ok(None) };
        let (id, lines, paid) = (id.to_owned(), lines(database, id)?, paid(database, id)?);
        Ok(Some(Self { id, customer, status, lines, paid }))
    }

    /// What its items cost.
    pub(super) fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.variant.price).sum()
    }

    /// What was paid for it, less what went back.
    pub(super) fn net(&self) -> i64 {
        self.paid.iter().map(|(_, minor)| minor).sum()
    }

    /// The payment method that has paid most of it, and of those the first.
    pub(super) fn paid_by(&self) -> Option<&str> {
        let most = self.paid.iter().map(|(_, minor)| minor).max()?;
        self.paid.iter().find(|(_, minor)| minor == most).map(|(method, _)| method.as_str())
    }

    /// A line for each of the items, one that is named twice in two of them; none if there are not as many.
    pub(super) fn picked(&self, items: &[&str], is_fit: fn(&Line) -> bool) -> Option<Vec<&Line>> {
        let mut left: Vec<&Line> = self.lines.iter().filter(|line| is_fit(line)).collect();
        let pick = |item: &&str| {
            let at = left.iter().position(|line| line.variant.item == **item)?;
            Some(left.remove(at))
        };
        items.iter().map(pick).collect()
    }
}

impl Variant {
    pub(super) fn find(database: &Connection, item: &str) -> Result<Option<Self>> {
        let sql = "SELECT item_id, product_id, price, available, name, options
                   FROM shop_item JOIN shop_product USING (product_id) WHERE item_id = ?1";
        database.prepare_cached(sql)?.query_row([item], |row| variant(row, 0)).optional()
    }
}

impl Method {
    pub(super) fn find(database: &Connection, id: &str) -> Result<Option<Self>> {
        let sql = "SELECT method_id, customer_id, kind, balance FROM shop_method WHERE method_id = ?1";
        let method = |row: &rusqlite::Row<'_>| {
            Ok(Self { id: row.get(0)?, customer: row.get(1)?, kind: row.get(2)?, balance: row.get(3)? })
        };
        database.prepare_cached(sql)?.query_row([id], method).optional()
    }
}

fn lines(database: &Connection, order: &str) -> Result<Vec<Line>> {
    let sql = "SELECT position, stays, item_id, product_id, line.price, available, name, options
               FROM shop_order_item AS line JOIN shop_item USING (item_id) JOIN shop_product USING (product_id)
               WHERE order_id = ?1 ORDER BY position";
    let mut statement = database.prepare_cached(sql)?;
    let rows = statement
        .query_map([order], |row| Ok(Line { position: row.get(0)?, stays: row.get(1)?, variant: variant(row, 2)? }))?;
    rows.collect()
}

fn paid(database: &Connection, order: &str) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT method_id, sum(minor) FROM shop_payment WHERE order_id = ?1 GROUP BY method_id ORDER BY min(id)";
    let mut statement = database.prepare_cached(sql)?;
    let rows = statement.query_map([order], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// A variant in six columns from `first` on.
fn variant(row: &rusqlite::Row<'_>, first: usize) -> Result<Variant> {
    let (name, options): (String, String) = (row.get(first + 4)?, row.get(first + 5)?);
    Ok(Variant {
        item: row.get(first)?,
        product: row.get(first + 1)?,
        price: row.get(first + 2)?,
        available: row.get(first + 3)?,
        name: if options.is_empty() { name } else { format!("{name} ({options})") },
    })
}
