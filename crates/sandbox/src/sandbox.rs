//! The sandbox itself: one database, in which one thing is done at a time and read beside that.

use crate::{
    Ask, Failure, Mischief, On, Planned, Refusal, Statement,
    ask::{is_plain, told},
    bank, database, effects,
    facts::Facts,
    mischief, shop,
    shown::{self, Customer, Table},
    statement,
    work::Work,
};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde_json::{Map, Value};
use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Effects that are given at a time, at most.
const NEWEST_MAX: usize = 1_000;

/// A back office, shared by threads.
pub struct Sandbox {
    /// Reads while something is written, so that facts do not wait for the disk; none of one in memory. Closed before
    /// the other one, which takes the log of writes with it.
    reader: Option<Mutex<Connection>>,
    database: Mutex<Connection>,
}

/// What is asked for, and who does it.
#[derive(Clone, Copy)]
enum Action {
    Shop(shop::Action),
    Bank(bank::Action),
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Opens the one in the file `path`, making it where it is not.
    ///
    /// # Errors
    /// When the file is something else, or the database fails.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Failure> {
        let database = Mutex::new(database::open(path.as_ref())?);
        let reader = Some(Mutex::new(database::open_to_read(path.as_ref())?));
        Ok(Self { database, reader })
    }

    /// Opens the one in the file `path` to read it alone, beside a server that writes: nothing is made or written.
    ///
    /// # Errors
    /// When there is none, or the file is something else.
    pub fn open_to_read(path: impl AsRef<Path>) -> Result<Self, Failure> {
        let database = database::open_to_read(path.as_ref())?;
        database::is_known(&database, &path.as_ref().display().to_string())?;
        Ok(Self { database: Mutex::new(database), reader: None })
    }

    /// One that is gone when it is dropped.
    ///
    /// # Errors
    /// When the database fails.
    pub fn in_memory() -> Result<Self, Failure> {
        Ok(Self { database: Mutex::new(database::in_memory()?), reader: None })
    }

    /// The actions that it carries out.
    pub fn actions() -> impl Iterator<Item = &'static str> {
        shop::NAMES.iter().map(|(name, _)| *name).chain(bank::NAMES.iter().map(|(name, _)| *name))
    }

    /// Fills the shop from a text in the form of tau2-bench's retail database, unless there is a shop; whether it did.
    ///
    /// # Errors
    /// When the text is not in that form, or the database fails; the shop is empty then.
    pub fn seed_shop(&self, text: &str) -> Result<bool, Failure> {
        self.within(|database| shop::fill(database, text))
    }

    /// Fills the bank with its customers, unless there is a bank; whether it did. What they did before is as long ago
    /// from `now_ms`, in milliseconds since 1970, as its file says.
    ///
    /// # Errors
    /// When the database fails.
    pub fn seed_bank(&self, now_ms: i64) -> Result<bool, Failure> {
        is_moment(now_ms)?;
        self.within(|database| bank::fill(database, now_ms))
    }

    /// What is true of the request at the moment `now_ms`: flat values, the same names for every request of an action.
    /// Amounts are objects of `minor` and `currency`. `amount` is what a statement would state, where it states one.
    /// What is missing is told by `false`, 0, an empty text, or `none` of a status; hours since what never happened are
    /// [`crate::NEVER_HOURS`].
    ///
    /// # Errors
    /// When there is no such action, or the database fails.
    pub fn facts(&self, ask: &Ask<'_>, now_ms: i64) -> Result<Map<String, Value>, Failure> {
        let action = Action::named(ask.action)?;
        is_moment(now_ms)?;
        let mut guard = self.lock_to_read();
        let database = guard.transaction()?;
        let mut facts = Facts::default();
        match action {
            Action::Shop(action) => shop::facts(&database, action, ask, &mut facts)?,
            Action::Bank(action) => bank::facts(&database, action, ask, now_ms, &mut facts)?,
        }
        Ok(facts.0)
    }

    /// Carries the request out, once for each key: asked again with the same key and the same hash, it gives the same
    /// statement and does nothing.
    ///
    /// # Errors
    /// When it is refused or the database fails, and nothing was done; or when there is no answer ([`Mischief`]).
    pub fn execute(&self, key: &str, hash: &str, ask: &Ask<'_>, now_ms: i64) -> Result<Statement, Failure> {
        for (name, text) in [("key", key), ("hash", hash)] {
            if !is_plain(text) {
                return Err(Refusal::Argument { name, must: "1 to 200 characters without control characters" }.into());
            }
        }
        is_moment(now_ms)?;
        let mut guard = self.lock();
        let mut transaction = guard.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(kept) = effects::of_key(&transaction, key)? {
            if kept.hash != hash || kept.statement.action != ask.action {
                return Err(Refusal::KeyUsed(key.to_owned()).into());
            }
            return answered(transaction, kept.statement);
        }
        let action = Action::named(ask.action)?;
        let wrong = mischief::take(&transaction, key, ask.action, |_| true)?;
        let off_by = if let Some(Mischief::OtherAmount { by }) = wrong { by } else { 0 };
        let mut carry_out = |key: &str, is_kept: bool| -> Result<Statement, Failure> {
            let savepoint = transaction.savepoint()?;
            let effect = effects::next(&savepoint)?;
            let work = Work { database: &savepoint, effect, now_ms, off_by };
            let done = match action {
                Action::Shop(action) => shop::act(&work, action, ask)?,
                Action::Bank(action) => bank::act(&work, action, ask)?,
            };
            let statement = done.stated(&work, key, ask.action);
            effects::keep(&savepoint, effect, hash, &statement)?;
            if is_kept {
                savepoint.commit()?;
            }
            Ok(statement)
        };
        let statement = match wrong {
            Some(Mischief::SilentBefore) => Err(Failure::NoAnswer),
            Some(Mischief::SilentAfter) => carry_out(key, true).and(Err(Failure::NoAnswer)),
            Some(Mischief::Mute) => carry_out(key, true).and(Err(Failure::NoAnswer)),
            Some(Mischief::OnlySaid) => carry_out(key, false),
            Some(Mischief::TwoMore) => carry_out(key, true).inspect(|statement| {
                // Those that the books refuse do not happen.
                let _ = carry_out(&format!("{}/2", statement.reference), true);
                let _ = carry_out(&format!("{}/3", statement.reference), true);
            }),
            Some(Mischief::OtherAmount { .. }) | None => carry_out(key, true),
        };
        if matches!(statement, Ok(_) | Err(Failure::NoAnswer)) {
            transaction.commit()?;
        }
        statement
    }

    /// What was done for the key; nothing, if nothing was.
    ///
    /// # Errors
    /// When the database fails, or there is no answer ([`Mischief::Mute`]).
    pub fn find(&self, key: &str) -> Result<Option<Statement>, Failure> {
        let mut guard = self.lock();
        let transaction = guard.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match effects::of_key(&transaction, key)? {
            Some(kept) => answered(transaction, kept.statement).map(Some),
            None => Ok(None),
        }
    }

    /// What was done from `from_ms` until just before `to_ms`, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn statements(&self, from_ms: i64, to_ms: i64) -> Result<Vec<Statement>, Failure> {
        effects::between(&self.lock_to_read(), from_ms, to_ms)
    }

    /// The same as a file of comma-separated values: `reference`, `time` by RFC 3339, `action`, `amount_minor` (what
    /// went to the customer), `currency`, `key`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn statement_file(&self, from_ms: i64, to_ms: i64) -> Result<String, Failure> {
        Ok(statement::file(&self.statements(from_ms, to_ms)?))
    }

    /// The newest effects, newest first, 1000 at most.
    ///
    /// # Errors
    /// When the database fails.
    pub fn effects(&self, count: usize) -> Result<Vec<Statement>, Failure> {
        effects::newest_before(&self.lock_to_read(), i64::MAX, count.min(NEWEST_MAX))
    }

    /// The newest effects before the one with this reference, newest first, 1000 at most.
    ///
    /// # Errors
    /// When the database fails.
    pub fn effects_before(&self, reference: &str, count: usize) -> Result<Vec<Statement>, Failure> {
        effects::newest_before(&self.lock_to_read(), statement::number(reference).unwrap_or(0), count.min(NEWEST_MAX))
    }

    /// What was done for the key, as it is on the books: that the sandbox is mute on it changes nothing here.
    ///
    /// # Errors
    /// When the database fails.
    pub fn effect(&self, key: &str) -> Result<Option<Statement>, Failure> {
        Ok(effects::of_key(&self.lock_to_read(), key)?.map(|kept| kept.statement))
    }

    /// Customers of the bank and the shop by their identifiers, those after `after`, 1000 at most.
    ///
    /// # Errors
    /// When the database fails.
    pub fn customers(&self, after: &str, count: usize) -> Result<Vec<Customer>, Failure> {
        let count = i64::try_from(count.min(NEWEST_MAX)).unwrap_or(0);
        shown::customers(&self.lock_to_read(), after, count)
    }

    /// What there is of a customer at the moment `now_ms`; no table where there is none of this identifier.
    ///
    /// # Errors
    /// When the database fails.
    pub fn customer(&self, id: &str, now_ms: i64) -> Result<Vec<Table>, Failure> {
        let mut guard = self.lock_to_read();
        // What stands in one table and in another is of one moment.
        shown::customer(&*guard.transaction()?, id, now_ms)
    }

    /// Has something go wrong, in place of what was planned for the same key or action.
    ///
    /// # Errors
    /// When it cannot be meant, or the database fails.
    pub fn plan(&self, planned: &Planned) -> Result<(), Failure> {
        self.within(|database| mischief::plan(database, planned))
    }

    /// Takes back what was planned; whether something was.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget(&self, on: &On) -> Result<bool, Failure> {
        self.within(|database| mischief::forget(database, on))
    }

    /// What is still to go wrong.
    ///
    /// # Errors
    /// When the database fails.
    pub fn planned(&self) -> Result<Vec<Planned>, Failure> {
        mischief::planned(&self.lock_to_read())
    }

    /// Does all of it or nothing.
    fn within<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Failure>) -> Result<T, Failure> {
        let mut guard = self.lock();
        let transaction = guard.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let made = work(&transaction)?;
        transaction.commit()?;
        Ok(made)
    }

    fn lock_to_read(&self) -> MutexGuard<'_, Connection> {
        self.reader.as_ref().unwrap_or(&self.database).lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread that panicked left no transaction behind.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Action {
    fn named(name: &str) -> Result<Self, Refusal> {
        let shop = shop::NAMES.iter().find(|(known, _)| *known == name).map(|(_, action)| Self::Shop(*action));
        let bank = || bank::NAMES.iter().find(|(known, _)| *known == name).map(|(_, action)| Self::Bank(*action));
        shop.or_else(bank).ok_or_else(|| Refusal::UnknownAction(told(name)))
    }
}

/// A statement that is asked for again; none, if the sandbox is mute on it.
fn answered(transaction: Transaction<'_>, statement: Statement) -> Result<Statement, Failure> {
    let is_mute = |mischief| mischief == Mischief::Mute;
    if mischief::take(&transaction, &statement.key, &statement.action, is_mute)?.is_some() {
        transaction.commit()?;
        return Err(Failure::NoAnswer);
    }
    Ok(statement)
}

fn is_moment(at_ms: i64) -> Result<(), Refusal> {
    let must = "a moment that has a date";
    statement::is_time(at_ms).then_some(()).ok_or(Refusal::Argument { name: "now_ms", must })
}
