//! The writer: takes all commands that wait, writes them in one transaction, and has them answered once the disk has
//! it.

use super::{
    case_version,
    completions::{Outcome, Waiting},
    counters::Spent,
    durability::{Durability, Written},
    group_commit::{GroupCommit, Sent},
    items::{self, Versions},
    reserve::Reserve,
    wal_checkpoint,
};
use crate::{CaseWrite, Commit, CommitError, Committed, ItemWrite, NewCustomer, REVOKED_TOKEN, Record, TokenChange};
use remit_ledger::{
    entry::{EntryAbout, LogEntry},
    hash::{Hash, hex},
    tile::Tile,
    tree::Tree,
};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, params};
use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender},
    },
};

/// Runs until nothing waits and every sender is gone, or `last` says so. Batches go to who waits for the disk; `told`
/// hears of each.
pub(super) fn run(
    mut connection: Connection,
    (disk, reserve): (&Durability, &Reserve),
    waiting: &Receiver<Sent>,
    group_commit: &GroupCommit,
    (written, told): (&SyncSender<Written>, &SyncSender<()>),
    last: &AtomicBool,
) {
    let mut tree = disk.tree();
    let mut batch: Vec<Waiting> = Vec::with_capacity(group_commit.batch_max);
    loop {
        // Whoever sends after this has found nothing to be waiting is refused.
        let first = if last.load(Ordering::SeqCst) { waiting.try_recv().ok() } else { waiting.recv().ok() };
        let Some(first) = first else { return };
        group_commit.fill(first, waiting, &mut batch);
        let number = disk.begin();
        let outcomes = write(&mut connection, &mut tree, (disk, reserve), &batch);
        let batch = Written { number, tree: tree.clone(), answers: batch.drain(..).zip(outcomes).collect() };
        // Another thread waits for the disk where the next batch is there to be written meanwhile. Where it is not,
        // this one waits as well as another, and sooner.
        if disk.has_all_before(number) && !group_commit.is_ready() {
            disk.wait([batch]);
        } else if let Err(error) = written.send(batch) {
            disk.wait([error.0]);
        }
        // Whoever has not come to the last one yet will see this one too.
        let _ = told.try_send(());
    }
}

/// What becomes of each command of `batch`.
fn write(
    connection: &mut Connection,
    tree: &mut Tree,
    (disk, reserve): (&Durability, &Reserve),
    batch: &[Waiting],
) -> Vec<Outcome> {
    if let Some(failed) = disk.failed() {
        return batch.iter().map(|_| Err(CommitError::Failed(failed.to_owned()))).collect();
    }
    let commits: Vec<&Commit> = batch.iter().map(|(commit, _)| commit).collect();
    match together(connection, tree, &commits) {
        Ok(mut outcomes) => {
            if commits.iter().any(|commit| commit.begin_log_anew)
                && !wal_checkpoint::begin_anew(connection).unwrap_or(false)
            {
                for (_, outcome) in commits.iter().zip(&mut outcomes).filter(|(commit, _)| commit.begin_log_anew) {
                    *outcome = Err(CommitError::LogInUse);
                }
            }
            outcomes
        }
        // One command that the database refuses must not sink the others: each is tried alone.
        Err(_) if batch.len() > 1 => {
            batch.chunks(1).flat_map(|alone| write(connection, tree, (disk, reserve), alone)).collect()
        }
        // Room is kept back for taking a right away, and nobody else writes into it.
        Err(error) if is_full(&error) && takes_a_right_away(&commits) && reserve.give_up() => {
            together(connection, tree, &commits).unwrap_or_else(|error| vec![Err(refusal(&error))])
        }
        Err(error) => vec![Err(refusal(&error))],
    }
}

/// Whether the disk is full: where the log's index cannot grow, SQLite reports that it failed.
fn is_full(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure))
}

fn takes_a_right_away(commits: &[&Commit]) -> bool {
    commits.iter().any(|commit| commit.tokens.iter().any(|change| matches!(change, TokenChange::Revoke(_))))
}

pub(super) fn refusal(error: &rusqlite::Error) -> CommitError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => CommitError::StorageFull,
        _ => CommitError::Failed(error.to_string()),
    }
}

/// All commits in one transaction. An error rolls every one back and leaves `tree` as it was.
fn together(
    connection: &mut Connection,
    tree: &mut Tree,
    commits: &[&Commit],
) -> Result<Vec<Outcome>, rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let (tiles, depths) = (Vec::new(), BTreeMap::new());
    let versions = Versions::default();
    let mut batch = Batch { keys: 0, now: 0, next_key: None, versions, tree: tree.clone(), tiles, depths };
    // Pages that become free are overwritten where words are erased, and names.
    let is_name = |item: &ItemWrite| item.kind == REVOKED_TOKEN && item.body.is_none();
    let forgets =
        |commit: &Commit| commit.erase.is_some() || commit.clear.is_some() || commit.items.iter().any(is_name);
    let erases = commits.iter().any(|commit| forgets(commit));
    if erases {
        transaction.pragma_update(None, "secure_delete", "ON")?;
    }
    let mut results = Vec::with_capacity(commits.len());
    for commit in commits {
        results.push(batch.one(&transaction, commit)?);
    }
    batch.finish(&transaction, tree.size())?;
    transaction.commit()?;
    if erases {
        connection.pragma_update(None, "secure_delete", "FAST")?;
    }
    *tree = batch.tree;
    Ok(results)
}

/// What a batch writes once at its end.
struct Batch {
    /// Idempotency keys written, and the moment of the newest.
    keys: i64,
    now: i64,
    /// The number of the next customer's key, once one was added.
    next_key: Option<i64>,
    versions: Versions,
    tree: Tree,
    tiles: Vec<Tile>,
    depths: BTreeMap<String, i64>,
}

impl Batch {
    /// One command: first everything that could refuse it is read, then everything is written.
    fn one(&mut self, tx: &Transaction<'_>, commit: &Commit) -> Result<Outcome, rusqlite::Error> {
        if let Some(row) = &commit.idempotency {
            let sql = "SELECT request_hash, response FROM idempotency WHERE scope = ?1 AND key = ?2 AND \
                       expires_ms > ?3";
            let now = commit.records.first().map_or(0, |record| record.ts_ms);
            let known = tx
                .prepare_cached(sql)?
                .query_row(params![row.scope, row.key, now], |known| {
                    Ok((known.get::<_, Vec<u8>>(0)?, known.get::<_, Vec<u8>>(1)?))
                })
                .optional()?;
            if let Some((hash, response)) = known {
                let same = hash == row.request_hash;
                return Ok(Err(if same { CommitError::Replayed { response } } else { CommitError::KeyReused }));
            }
        }
        if let Some(claim) = &commit.claim {
            let there = tx.prepare_cached("SELECT 1 FROM outbox WHERE id = ?1")?.exists([claim])?;
            if !there {
                return Ok(Err(CommitError::Done));
            }
        }
        for change in &commit.tokens {
            if let TokenChange::Revoke(id) = change
                && !tx.prepare_cached("SELECT 1 FROM tokens WHERE id = ?1")?.exists([id])?
            {
                return Ok(Err(CommitError::Done));
            }
        }
        for number in commit.sealed_under.iter().chain(&commit.erase) {
            if !has_key(tx, number.cast_signed())? {
                return Ok(Err(if commit.erase.is_some() { CommitError::Done } else { CommitError::KeyGone }));
            }
        }
        if let Some(refused) = items::unexpected(tx, commit)? {
            return Ok(Err(refused));
        }
        let spent = match Spent::of(tx, &commit.spend)? {
            Ok(spent) => spent,
            Err(refused) => return Ok(Err(refused)),
        };
        let mut key = commit.sealed_under.map(u64::cast_signed);
        if let Some(case) = &commit.case {
            let known = match case.expected_version {
                0 if insert_case(tx, case)? => None,
                _ => case_version::known_case(tx, &case.id)?,
            };
            let current = known.as_ref().map_or(0, |known| known.version);
            if current != case.expected_version {
                return Ok(Err(CommitError::VersionConflict { current }));
            }
            if let Some(customer) = &commit.customer {
                key = self.key_of(tx, customer)?;
                if key.is_none() {
                    if known.is_none() {
                        tx.prepare_cached("DELETE FROM cases WHERE id = ?1")?.execute([&case.id])?;
                    }
                    return Ok(Err(CommitError::KeyGone));
                }
            }
            if known.is_some() {
                update_case(tx, case)?;
            }
            if known.is_none() {
                tx.prepare_cached("INSERT INTO customers VALUES (?1, ?2, ?3, ?4)")?.execute(params![
                    case.customer,
                    case.opened_ms,
                    case.id,
                    key
                ])?;
            }
            let before = known.filter(|known| known.status == "open").and_then(|known| known.holder);
            let after = Some(case).filter(|case| case.status == "open").and_then(|case| case.holder.clone());
            if before != after {
                if let Some(holder) = before {
                    *self.depths.entry(holder).or_default() -= 1;
                }
                if let Some(holder) = after {
                    *self.depths.entry(holder).or_default() += 1;
                }
            }
        }
        if let (None, Some(customer)) = (&commit.case, &commit.customer)
            && self.key_of(tx, customer)?.is_none()
        {
            return Ok(Err(CommitError::KeyGone));
        }
        spent.write(tx)?;
        self.write(tx, commit).map(Ok)
    }

    /// The number of the key of a customer, who is noted with it unless already noted; none if their key is another
    /// one.
    fn key_of(&mut self, tx: &Transaction<'_>, customer: &NewCustomer) -> Result<Option<i64>, rusqlite::Error> {
        let next = match self.next_key {
            Some(next) => next,
            None => tx
                .prepare_cached("SELECT COALESCE(MAX(num), 0) + 1 FROM customer_keys")?
                .query_row([], |row| row.get::<_, i64>(0))?,
        };
        let sql = "INSERT INTO customers VALUES (?1, -1, '', ?2) \
                   ON CONFLICT DO UPDATE SET key = ?2 WHERE key = ?3 OR key IS NULL";
        let before = customer.replaces.map(u64::cast_signed);
        if tx.prepare_cached(sql)?.execute(params![customer.id, next, before])? == 1 {
            tx.prepare_cached("INSERT INTO customer_keys VALUES (?1, ?2)")?
                .execute(params![next, customer.wrapped_key])?;
            self.next_key = Some(next + 1);
            return Ok(Some(next));
        }
        let sql = "SELECT num FROM customers JOIN customer_keys ON num = key WHERE id = ?1 AND opened_ms = -1 AND \
                   wrapped = ?2";
        tx.prepare_cached(sql)?.query_row(params![customer.id, customer.wrapped_key], |row| row.get(0)).optional()
    }

    fn write(&mut self, tx: &Transaction<'_>, commit: &Commit) -> Result<Committed, rusqlite::Error> {
        let first_seq = self.tree.size() + 1;
        // Only a case's own records have its versions.
        let mut version = commit.case.as_ref().map_or(0, |case| case.expected_version);
        for record in &commit.records {
            let place = if commit.case.as_ref().is_some_and(|case| record.is_of(&case.id)) {
                version += 1;
                version
            } else {
                version_of(tx, &record.stream)? + 1
            };
            self.append(tx, record, place)?;
        }
        for words in &commit.words {
            tx.prepare_cached("INSERT INTO words VALUES (?1, ?2, ?3)")?.execute(params![
                words.case,
                words.id,
                words.sealed
            ])?;
        }
        for file in &commit.attachments {
            tx.prepare_cached("INSERT INTO attachments (stream, id, sealed) VALUES (?1, ?2, ?3)")?.execute(params![
                file.case,
                file.id,
                file.sealed
            ])?;
        }
        for row in &commit.exceptions {
            let sql = "INSERT INTO exceptions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET \
                       stream = ?2, kind = ?3, owner = ?4, due_ms = ?5, state = ?6, taken_by = ?7, body = ?8";
            tx.prepare_cached(sql)?.execute(params![
                row.id,
                row.case,
                row.kind,
                row.owner,
                row.due_ms,
                row.state,
                row.taken_by,
                row.body
            ])?;
        }
        for row in &commit.outcomes {
            let sql = "INSERT INTO outcomes VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET \
                       resolved = resolved + ?3, failed = failed + ?4, wrong = wrong + ?5";
            if (row.resolved, row.failed, row.wrong) != (0, 0, 0) {
                let numbers = params![row.responder, row.intent, row.resolved, row.failed, row.wrong];
                tx.prepare_cached(sql)?.execute(numbers)?;
            }
            let sql = "INSERT INTO outcome_counts VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET count = count + 1";
            tx.prepare_cached(sql)?.execute(params![row.responder, row.intent, row.kind])?;
        }
        items::write(tx, commit, &mut self.versions)?;
        if let Some(activation) = &commit.activation {
            let sql = "INSERT INTO activations SELECT ?1, digest FROM bundles WHERE digest = ?2";
            if tx.prepare_cached(sql)?.execute(params![activation.at_ms, activation.digest])? == 0 {
                // What is not kept could never be taken again.
                return Err(rusqlite::Error::QueryReturnedNoRows);
            }
        }
        if let Some(row) = &commit.idempotency {
            // A key that is used anew after its time goes to the end, where those are that expire last.
            self.keys += 1;
            self.now = commit.records.first().map_or(self.now, |record| record.ts_ms.max(self.now));
            // Earlier versions kept an HTTP status too, which each interface knows of what it is asked.
            let sql = "INSERT OR REPLACE INTO idempotency VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6)";
            tx.prepare_cached(sql)?.execute(params![
                row.scope,
                row.key,
                row.request_hash,
                row.response,
                row.expires_ms,
                row.case
            ])?;
        }
        if let Some(number) = commit.erase {
            // As long as it was, so that it is overwritten in its place.
            tx.prepare_cached("UPDATE customer_keys SET wrapped = zeroblob(length(wrapped)) WHERE num = ?1")?
                .execute([number.cast_signed()])?;
        }
        if let Some(case) = &commit.clear {
            for table in ["words", "attachments", "idempotency"] {
                tx.prepare_cached(&format!("DELETE FROM {table} WHERE stream = ?1"))?.execute([case])?;
            }
        }
        Ok(Committed { first_seq, last_seq: self.tree.size() })
    }

    fn append(&mut self, tx: &Transaction<'_>, record: &Record, version: u64) -> Result<(), rusqlite::Error> {
        let seq = self.tree.size() + 1;
        let entry = LogEntry {
            seq,
            ts: record.ts_ms,
            kind: record.kind.to_owned(),
            about: EntryAbout::Stream(record.stream.clone()),
            actor: record.actor.clone(),
            commit: hex(&record.commit),
        };
        let entry = entry.to_bytes().map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        self.tree.append(Hash::leaf(&entry), &mut self.tiles);
        tx.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?.execute(params![
            seq.cast_signed(),
            record.stream,
            version.cast_signed(),
            record.kind,
            record.actor,
            record.ts_ms,
            record.subject,
            record.body,
            record.salt,
            entry
        ])?;
        Ok(())
    }

    fn finish(&self, tx: &Transaction<'_>, size_before: u64) -> Result<(), rusqlite::Error> {
        for (holder, change) in self.depths.iter().filter(|(_, change)| **change != 0) {
            tx.prepare_cached("INSERT INTO depths VALUES (?1, ?2) ON CONFLICT DO UPDATE SET open = open + ?2")?
                .execute(params![holder, change])?;
        }
        if self.keys > 0 {
            // As many as were added and one more, so that in the end none is left that has expired. By place and not by
            // a limit: one that is bound is part of the plan, and the statement would be prepared anew each time.
            let sql = "DELETE FROM idempotency WHERE rowid <= (SELECT min(rowid) FROM idempotency) + ?1 - 1 \
                       AND expires_ms <= ?2";
            tx.prepare_cached(sql)?.execute(params![self.keys + 1, self.now])?;
        }
        self.versions.finish(tx)?;
        for tile in &self.tiles {
            tx.prepare_cached("INSERT INTO tiles VALUES (?1, ?2, ?3)")?.execute(params![
                tile.level,
                tile.index.cast_signed(),
                tile.to_bytes()
            ])?;
        }
        if self.tree.size() != size_before {
            tx.prepare_cached("INSERT INTO ledger_head VALUES (1, ?1) ON CONFLICT DO UPDATE SET size = ?1")?
                .execute([self.tree.size().cast_signed()])?;
        }
        Ok(())
    }
}

/// Whether the key with this number is there and not destroyed.
fn has_key(tx: &Transaction<'_>, number: i64) -> Result<bool, rusqlite::Error> {
    tx.prepare_cached("SELECT 1 FROM customer_keys WHERE num = ?1 AND wrapped <> zeroblob(length(wrapped))")?
        .exists([number])
}

/// How many events there are of what is not a case.
fn version_of(tx: &Transaction<'_>, stream: &str) -> Result<u64, rusqlite::Error> {
    let sql = "SELECT COALESCE(MAX(ver), 0) FROM events WHERE stream = ?1";
    tx.prepare_cached(sql)?.query_row([stream], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

/// Whether the case was new, and now is there.
fn insert_case(tx: &Transaction<'_>, case: &CaseWrite) -> Result<bool, rusqlite::Error> {
    let sql = "INSERT INTO cases (id, version, status, holder, holder_kind, accountable, customer, intent, opened_ms, \
               updated_ms, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id) DO NOTHING";
    let new = tx.prepare_cached(sql)?.execute(params![
        case.id,
        case.version.cast_signed(),
        case.status,
        case.holder,
        case.holder_kind,
        case.accountable,
        case.customer,
        case.intent,
        case.opened_ms,
        case.updated_ms,
        case.state
    ])?;
    Ok(new == 1)
}

fn update_case(tx: &Transaction<'_>, case: &CaseWrite) -> Result<(), rusqlite::Error> {
    let sql = "UPDATE cases SET version = ?2, status = ?3, holder = ?4, holder_kind = ?5, accountable = ?6, intent = \
               ?7, updated_ms = ?8, state = ?9 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![
        case.id,
        case.version.cast_signed(),
        case.status,
        case.holder,
        case.holder_kind,
        case.accountable,
        case.intent,
        case.updated_ms,
        case.state
    ])?;
    Ok(())
}
