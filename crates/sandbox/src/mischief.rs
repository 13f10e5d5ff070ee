//! What the sandbox does wrong on purpose, so that it can be seen what becomes of it. Nothing, unless it is told.

use crate::{Failure, Refusal, ask::is_plain, money::MINOR_MAX};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// A way in which a back office fails or lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Mischief {
    /// It does nothing, and gives no answer.
    SilentBefore,
    /// It carries it out, and gives no answer. Asked what became of it, it says so.
    SilentAfter,
    /// It carries it out, gives no answer, and none either when it is asked for that key again.
    Mute,
    /// It does and states another amount.
    OtherAmount {
        /// Minor units that go to the customer beyond what ought to.
        by: i64,
    },
    /// It states what it did not do.
    OnlySaid,
    /// It carries it out, and two more times under keys of its own, as far as its books let it.
    TwoMore,
}

/// What mischief is bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "on", content = "name", rename_all = "snake_case")]
pub enum On {
    /// The request with this key; it goes before what is bound to the action.
    Key(String),
    /// The next requests for this action.
    Action(String),
}

impl On {
    fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Key(name) => ("key", name),
            Self::Action(name) => ("action", name),
        }
    }
}

/// Mischief that is still to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// What it is bound to.
    pub on: On,
    /// What goes wrong.
    pub mischief: Mischief,
    /// How often.
    pub times: u32,
}

pub(crate) fn plan(database: &Connection, planned: &Planned) -> Result<(), Failure> {
    let (target, name) = planned.on.columns();
    if !is_plain(name) {
        return Err(Refusal::Argument { name: "on", must: "a key or an action of 1 to 200 characters" }.into());
    }
    let is_vast = |by: i64| !(-MINOR_MAX..=MINOR_MAX).contains(&by);
    if matches!(planned.mischief, Mischief::OtherAmount { by } if by == 0 || is_vast(by)) {
        let must = "a whole number of minor units other than 0, of 1000000000000 at most";
        return Err(Refusal::Argument { name: "by", must }.into());
    }
    if planned.times == 0 {
        return Err(Refusal::Argument { name: "times", must: "1 or more" }.into());
    }
    let kept = serde_json::to_string(&planned.mischief).map_err(|error| Failure::Seed(error.to_string()))?;
    let sql = "INSERT OR REPLACE INTO mischief (target, name, kept, times) VALUES (?1, ?2, ?3, ?4)";
    database.execute(sql, params![target, name, kept, planned.times])?;
    Ok(())
}

/// Takes back what was planned; whether something was.
pub(crate) fn forget(database: &Connection, on: &On) -> Result<bool, Failure> {
    let (target, name) = on.columns();
    Ok(database.execute("DELETE FROM mischief WHERE target = ?1 AND name = ?2", [target, name])? > 0)
}

pub(crate) fn planned(database: &Connection) -> Result<Vec<Planned>, Failure> {
    let mut statement = database.prepare("SELECT target, name, kept, times FROM mischief ORDER BY target, name")?;
    let rows = statement.query_map([], |row| {
        let (target, name): (String, String) = (row.get(0)?, row.get(1)?);
        let on = if target == "key" { On::Key(name) } else { On::Action(name) };
        Ok(Planned { on, mischief: read(row, 2)?, times: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What goes wrong with this request, if it is of those that `is_due`; it goes wrong once less from then on.
pub(crate) fn take(
    database: &Connection,
    key: &str,
    action: &str,
    is_due: fn(Mischief) -> bool,
) -> Result<Option<Mischief>, Failure> {
    for (target, name) in [("key", key), ("action", action)] {
        let sql = "SELECT kept FROM mischief WHERE target = ?1 AND name = ?2";
        let found = database.prepare_cached(sql)?.query_row([target, name], |row| read(row, 0)).optional()?;
        let Some(mischief) = found.filter(|mischief| is_due(*mischief)) else { continue };
        let last = "DELETE FROM mischief WHERE target = ?1 AND name = ?2 AND times = 1";
        if database.execute(last, [target, name])? == 0 {
            let less = "UPDATE mischief SET times = times - 1 WHERE target = ?1 AND name = ?2";
            database.execute(less, [target, name])?;
        }
        return Ok(Some(mischief));
    }
    Ok(None)
}

fn read(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Mischief> {
    let kept: String = row.get(column)?;
    serde_json::from_str(&kept).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}
