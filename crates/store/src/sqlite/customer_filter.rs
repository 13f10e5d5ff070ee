//! Which customers there may be, in memory: a Bloom filter.
//!
//! Most who write are new, and to find out that they are not there takes a walk through pages that every commit makes
//! stale. The filter answers that without one: whoever it does not hold is not there, and whoever it holds is
//! looked for.

use fastbloom::AtomicBloomFilter;
use rusqlite::{Connection, params};
use std::sync::atomic::{AtomicBool, Ordering};

/// Bits for each customer: of a hundred who are new, one is looked for in vain.
const BITS: usize = 10;
/// Room for so many customers at least.
const LEAST: usize = 1 << 20;
/// Memory that the filter takes at most, in bytes; beyond it more are looked for in vain.
const MOST: usize = 64 << 20;
/// Customers read in one go at the start.
const STEP: i64 = 16_384;

/// A filter of the customers that there may be.
pub(super) struct CustomerFilter {
    filter: AtomicBloomFilter,
    /// Whether those who were there before are all in it.
    whole: AtomicBool,
}

impl CustomerFilter {
    /// For a store with so many cases, which may double before the filter loses its edge.
    pub(super) fn new(cases: u64) -> Self {
        let cases = usize::try_from(cases).unwrap_or(usize::MAX);
        let customers = cases.saturating_mul(2).clamp(LEAST, MOST * 8 / BITS);
        // The pseudonyms are keyed hashes themselves: nobody can choose those that collide.
        let filter = AtomicBloomFilter::with_num_bits(customers * BITS).expected_items(customers);
        Self { filter, whole: AtomicBool::new(false) }
    }

    /// This customer will be there.
    pub(super) fn note(&self, id: &str) {
        self.filter.insert(id);
    }

    /// Whether this customer may be there.
    pub(super) fn may_hold(&self, id: &str) -> bool {
        !self.whole.load(Ordering::Acquire) || self.filter.contains(id)
    }

    /// Takes in those whom `connection` holds, a few at a time so that no log of writes has to wait for it. Until this
    /// is done everybody is looked for.
    pub(super) fn learn(&self, connection: &Connection, stop: &AtomicBool) -> Result<(), rusqlite::Error> {
        let sql = "SELECT id FROM customers WHERE id > ?1 AND opened_ms = -1 ORDER BY id LIMIT ?2";
        let (mut statement, mut last) = (connection.prepare(sql)?, String::new());
        while !self.whole.load(Ordering::Relaxed) && !stop.load(Ordering::Relaxed) {
            let mut rows = statement.query(params![last, STEP])?;
            let mut read = 0;
            while let Some(row) = rows.next()? {
                let id = row.get_ref(0)?.as_str()?;
                self.note(id);
                read += 1;
                if read == STEP {
                    id.clone_into(&mut last);
                }
            }
            self.whole.store(read < STEP, Ordering::Release);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(customers: i64) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("0001.sql")).unwrap();
        let sql = "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < ?1) \
                   INSERT INTO customers SELECT printf('cus_%08d', k), -1, '', x'00' FROM n";
        connection.execute(sql, [customers]).unwrap();
        connection.execute("INSERT INTO customers SELECT id, 5, 'cas_' || id, NULL FROM customers", []).unwrap();
        connection
    }

    #[test]
    fn nobody_who_is_there_is_taken_for_a_stranger_and_few_strangers_for_customers() {
        for there in [1, STEP - 1, STEP, STEP + 1, 3 * STEP] {
            let (known, connection) = (CustomerFilter::new(1), holding(there));
            assert!(known.may_hold("cus_stranger"), "before all are read, anybody may be there");
            known.note("cus_new");
            known.learn(&connection, &AtomicBool::new(false)).unwrap();
            assert!(known.may_hold("cus_new"));
            assert!((1..=there).all(|k| known.may_hold(&format!("cus_{k:08}"))));
            let strangers = (0..10_000).filter(|k| known.may_hold(&format!("cus_stranger_{k}"))).count();
            assert!(strangers < 300, "{strangers} of 10,000 strangers");
        }
    }

    #[test]
    fn a_store_that_is_closed_reads_no_further() {
        let known = CustomerFilter::new(1);
        known.learn(&holding(STEP), &AtomicBool::new(true)).unwrap();
        assert!(known.may_hold("cus_stranger"));
    }
}
