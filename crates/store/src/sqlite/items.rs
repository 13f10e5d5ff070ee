//! Items, tokens and what remains to be done, as a commit writes them; and the versions that it expects.

use super::{case_version::version_of_case, token_columns::TOKEN};
use crate::{Commit, CommitError, Expect, ItemWrite, REVOKED_TOKEN, TokenChange};
use rusqlite::{OptionalExtension, Transaction, params};

/// The number that versions of items are drawn from, in one batch: read when it is first needed, and written once.
#[derive(Debug, Default)]
pub(super) struct Versions {
    newest: Option<i64>,
}

impl Versions {
    fn next(&mut self, tx: &Transaction<'_>) -> Result<i64, rusqlite::Error> {
        let newest = match self.newest {
            Some(newest) => newest,
            None => tx.prepare_cached("SELECT newest FROM item_versions")?.query_row([], |row| row.get(0))?,
        };
        self.newest = Some(newest + 1);
        Ok(newest + 1)
    }

    /// Notes how far they went.
    pub(super) fn finish(&self, tx: &Transaction<'_>) -> Result<(), rusqlite::Error> {
        if let Some(newest) = self.newest {
            tx.prepare_cached("UPDATE item_versions SET newest = ?1")?.execute([newest])?;
        }
        Ok(())
    }
}

/// The version of an item; 0 where there is none.
fn version_of(tx: &Transaction<'_>, kind: &str, id: &str) -> Result<u64, rusqlite::Error> {
    let sql = "SELECT version FROM items WHERE kind = ?1 AND id = ?2";
    let found: Option<i64> = tx.prepare_cached(sql)?.query_row([kind, id], |row| row.get(0)).optional()?;
    Ok(found.map_or(0, i64::cast_unsigned))
}

/// Why rows that a commit expects are not as it does, if so.
pub(super) fn unexpected(tx: &Transaction<'_>, commit: &Commit) -> Result<Option<CommitError>, rusqlite::Error> {
    for expect in &commit.expect {
        match expect {
            Expect::Case { id, version } => {
                let current = version_of_case(tx, id)?;
                if current != *version {
                    return Ok(Some(CommitError::CaseConflict { id: id.clone(), current }));
                }
            }
            Expect::Item { kind, id, version } => {
                let current = version_of(tx, kind, id)?;
                if current != *version {
                    return Ok(Some(CommitError::ItemConflict { kind: kind.clone(), id: id.clone(), current }));
                }
            }
        }
    }
    for item in &commit.items {
        let current = version_of(tx, &item.kind, &item.id)?;
        if !item.expected.agrees(current) {
            return Ok(Some(CommitError::ItemConflict { kind: item.kind.clone(), id: item.id.clone(), current }));
        }
    }
    Ok(None)
}

/// Writes what remains to be done because of a commit, and what need not be done any more; tokens; and items.
pub(super) fn write(tx: &Transaction<'_>, commit: &Commit, versions: &mut Versions) -> Result<(), rusqlite::Error> {
    for id in commit.claim.iter().chain(&commit.cancel) {
        tx.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id])?;
    }
    for row in &commit.outbox {
        let sql = "INSERT INTO outbox (id, kind, stream, due_ms, body) VALUES (?1, ?2, ?3, ?4, ?5) \
                   ON CONFLICT (id) DO UPDATE SET kind = ?2, stream = ?3, due_ms = ?4, body = ?5";
        tx.prepare_cached(sql)?.execute(params![row.id, row.kind, row.case, row.due_ms, row.body])?;
    }
    for change in &commit.tokens {
        match change {
            TokenChange::Add(t) => {
                let sql = format!("INSERT INTO tokens ({TOKEN}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
                let (roles, ends) = (t.roles.join(" "), t.expires_ms);
                let values = params![t.id, t.hash, t.name, roles, t.responder, t.source, t.created_ms, ends, t.staff];
                tx.prepare_cached(&sql)?.execute(values)?;
            }
            TokenChange::Revoke(id) => {
                let name = "SELECT CAST(name AS BLOB) FROM tokens WHERE id = ?1";
                let name: Option<Vec<u8>> = tx.prepare_cached(name)?.query_row([id], |row| row.get(0)).optional()?;
                tx.prepare_cached("DELETE FROM tokens WHERE id = ?1")?.execute([id])?;
                if let Some(name) = name {
                    put(tx, (REVOKED_TOKEN, id), &name, versions)?;
                }
            }
        }
    }
    for ItemWrite { kind, id, body, .. } in &commit.items {
        match body {
            Some(body) => put(tx, (kind, id), body, versions)?,
            None => {
                tx.prepare_cached("DELETE FROM items WHERE kind = ?1 AND id = ?2")?.execute([kind, id])?;
            }
        }
    }
    Ok(())
}

fn put(
    tx: &Transaction<'_>,
    (kind, id): (&str, &str),
    body: &[u8],
    versions: &mut Versions,
) -> Result<(), rusqlite::Error> {
    let sql = "INSERT INTO items (kind, id, body, version) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT DO UPDATE SET body = ?3, version = ?4";
    tx.prepare_cached(sql)?.execute(params![kind, id, body, versions.next(tx)?])?;
    Ok(())
}
