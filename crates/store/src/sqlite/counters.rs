//! Counters and what is held back on them, as a command spends.

use crate::{Balance, CommitError, Counter, Reservation, Spend, spend::AMOUNT_MAX};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// What a command makes of counters and reservations, before any of it is written.
#[derive(Debug, Default)]
pub(super) struct Spent {
    counters: Vec<(Counter, Balance)>,
    /// Reservations afterwards; none where one ended.
    reservations: Vec<(String, Option<Reservation>)>,
}

/// A counter's balance.
pub(super) fn balance(connection: &Connection, counter: &Counter) -> Result<Balance, rusqlite::Error> {
    let sql = "SELECT spent, reserved FROM counters WHERE scope = ?1 AND key = ?2 AND window_ms = ?3";
    let row = |row: &rusqlite::Row<'_>| {
        let (spent, reserved): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok(Balance { spent: spent.cast_unsigned(), reserved: reserved.cast_unsigned() })
    };
    let found = connection.prepare_cached(sql)?.query_row(params![counter.scope, counter.key, counter.window_ms], row);
    Ok(found.optional()?.unwrap_or_default())
}

/// What is held back under a name.
pub(super) fn reservation(connection: &Connection, id: &str) -> Result<Option<Reservation>, rusqlite::Error> {
    let sql = "SELECT scope, key, window_ms, amount FROM reservations WHERE id = ?1";
    let found = connection.prepare_cached(sql)?.query_row([id], |row| {
        let counter = Counter { scope: row.get(0)?, key: row.get(1)?, window_ms: row.get(2)? };
        Ok(Reservation { counter, amount: row.get::<_, i64>(3)?.cast_unsigned() })
    });
    found.optional()
}

impl Spent {
    /// What `spend` comes to, or why it is refused. Writes nothing.
    pub(super) fn of(tx: &Transaction<'_>, spend: &[Spend]) -> Result<Result<Self, CommitError>, rusqlite::Error> {
        let mut spent = Self::default();
        for one in spend {
            if let Err(refused) = spent.one(tx, one)? {
                return Ok(Err(refused));
            }
        }
        Ok(Ok(spent))
    }

    fn one(&mut self, tx: &Transaction<'_>, spend: &Spend) -> Result<Result<(), CommitError>, rusqlite::Error> {
        match spend {
            Spend::Take { counter, amount, limit } => {
                let balance = self.balance(tx, counter)?;
                if *amount > balance.left(*limit) {
                    return Ok(Err(overdrawn(counter, balance.left(*limit))));
                }
                balance.spent += amount;
            }
            Spend::Reserve { id, counter, amount, limit } => {
                if self.reservation(tx, id)?.is_some() {
                    return Ok(Err(CommitError::ReservationHeld { id: id.clone() }));
                }
                let balance = self.balance(tx, counter)?;
                if *amount > balance.left(*limit) {
                    return Ok(Err(overdrawn(counter, balance.left(*limit))));
                }
                balance.reserved += amount;
                *self.reservation(tx, id)? = Some(Reservation { counter: counter.clone(), amount: *amount });
            }
            Spend::Settle { id, .. } | Spend::Release { id } => {
                let taken = if let Spend::Settle { amount, .. } = spend { *amount } else { 0 };
                let Some(held) = self.reservation(tx, id)?.take() else {
                    return Ok(Err(CommitError::ReservationGone { id: id.clone() }));
                };
                if taken > held.amount {
                    return Ok(Err(overdrawn(&held.counter, held.amount)));
                }
                let balance = self.balance(tx, &held.counter)?;
                balance.reserved = balance.reserved.saturating_sub(held.amount);
                balance.spent = balance.spent.saturating_add(taken).min(AMOUNT_MAX);
            }
        }
        Ok(Ok(()))
    }

    /// A counter's balance as the command has it so far.
    fn balance(&mut self, tx: &Transaction<'_>, counter: &Counter) -> Result<&mut Balance, rusqlite::Error> {
        let at = match self.counters.iter().position(|(known, _)| known == counter) {
            Some(at) => at,
            None => {
                self.counters.push((counter.clone(), balance(tx, counter)?));
                self.counters.len() - 1
            }
        };
        self.counters.get_mut(at).map(|(_, balance)| balance).ok_or(rusqlite::Error::InvalidQuery)
    }

    /// What is held back under a name, as the command has it so far.
    fn reservation(&mut self, tx: &Transaction<'_>, id: &str) -> Result<&mut Option<Reservation>, rusqlite::Error> {
        let at = match self.reservations.iter().position(|(known, _)| known == id) {
            Some(at) => at,
            None => {
                self.reservations.push((id.to_owned(), reservation(tx, id)?));
                self.reservations.len() - 1
            }
        };
        self.reservations.get_mut(at).map(|(_, held)| held).ok_or(rusqlite::Error::InvalidQuery)
    }

    /// Writes it.
    pub(super) fn write(&self, tx: &Transaction<'_>) -> Result<(), rusqlite::Error> {
        for (counter, balance) in &self.counters {
            let sql = "INSERT INTO counters VALUES (?1, ?2, ?3, ?4, ?5) \
                       ON CONFLICT DO UPDATE SET spent = ?4, reserved = ?5";
            let (spent, reserved) = (balance.spent.cast_signed(), balance.reserved.cast_signed());
            tx.prepare_cached(sql)?.execute(params![counter.scope, counter.key, counter.window_ms, spent, reserved])?;
        }
        for (id, held) in &self.reservations {
            match held {
                Some(Reservation { counter, amount }) => {
                    let sql = "INSERT OR REPLACE INTO reservations VALUES (?1, ?2, ?3, ?4, ?5)";
                    let amount = amount.cast_signed();
                    tx.prepare_cached(sql)?.execute(params![
                        id,
                        counter.scope,
                        counter.key,
                        counter.window_ms,
                        amount
                    ])?
                }
                None => tx.prepare_cached("DELETE FROM reservations WHERE id = ?1")?.execute([id])?,
            };
        }
        Ok(())
    }
}

fn overdrawn(counter: &Counter, left: u64) -> CommitError {
    CommitError::Overdrawn { counter: counter.clone(), left }
}
