//! Everything stored that is not of one case: what the ledger is built of, customers, counts, bundles and settings.

use super::{
    case_scan::{Found, Judge, Stored},
    compression::Dictionaries,
    setup::{self, MIGRATIONS},
};
use crate::{IdempotencyRow, Item, TokenRow, erased::RecordedErasures};
use remit_ledger::{
    tile::LEVEL_MAX,
    verify::{LookedAt, NotLookedAt, Problem},
};
use rusqlite::{Connection, Row, Statement};
use std::collections::{BTreeMap, HashSet};

/// A problem with something that is kept.
pub(super) fn kept(what: &str, which: &str, how: &str) -> Problem {
    Problem::Kept { what: what.to_owned(), which: which.to_owned(), how: how.to_owned() }
}

/// The text in a column; what is no text any more is shown as far as it is.
pub(super) fn text(row: &Row<'_>, column: usize) -> Result<String, rusqlite::Error> {
    Ok(String::from_utf8_lossy(row.get_ref(column)?.as_bytes()?).into_owned())
}

/// Has `see` look at every row that `sql` finds.
pub(super) fn each(
    connection: &Connection,
    sql: &str,
    mut see: impl FnMut(&Row<'_>) -> Result<(), rusqlite::Error>,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        see(row)?;
    }
    Ok(())
}

/// What of the database was read.
#[derive(Debug, Default)]
pub(super) struct Counted {
    counts: BTreeMap<&'static str, u64>,
}

impl Counted {
    pub(super) fn add(&mut self, stored: &Stored) {
        for (what, count) in [
            ("cases", usize::from(stored.case.is_some())),
            ("exceptions", stored.exceptions.len()),
            ("sealed words", stored.words.len()),
            ("sealed files", stored.files.len()),
            ("things that remain to be done", stored.outbox.len()),
        ] {
            *self.counts.entry(what).or_default() += count as u64;
        }
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub(super) fn looked_at(self) -> impl Iterator<Item = LookedAt> {
        self.counts.into_iter().map(|(what, count)| LookedAt { what: what.to_owned(), count })
    }
}

/// What is known of the ledger and of the database that it is in.
pub(super) struct Ledger<'l> {
    pub(super) records: u64,
    /// Erasures that are on record.
    pub(super) erased: &'l RecordedErasures,
    /// Whether records name their streams as they did before format 8.
    pub(super) names_by_identifier: bool,
    pub(super) tables: &'l HashSet<String>,
}

/// The tables of the database.
pub(super) fn tables(connection: &Connection) -> Result<HashSet<String>, rusqlite::Error> {
    connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// Tables that a database of an older format does not have.
pub(super) fn absent(tables: &HashSet<String>) -> Option<NotLookedAt> {
    const LATER: [&str; 8] =
        ["outbox", "items", "outcome_counts", "attachments", "keys", "born", "counters", "reservations"];
    let absent: Vec<&str> = LATER.into_iter().filter(|table| !tables.contains(*table)).collect();
    (!absent.is_empty()).then(|| NotLookedAt {
        what: absent.join(", "),
        why: "the database is of an older format, and has no such tables yet".to_owned(),
    })
}

/// What the ledger is built of beside its records: its head and its tiles, of which `tiles_of` a level there are so
/// many.
pub(super) fn ledger(
    connection: &Connection,
    ledger: &Ledger<'_>,
    tiles_of: &dyn Fn(u8) -> u64,
) -> Result<Vec<Problem>, rusqlite::Error> {
    let mut problems = schema(connection)?;
    let heads: Vec<i64> = connection
        .prepare("SELECT size FROM ledger_head")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let wanted: &[i64] = if ledger.records == 0 { &[] } else { &[ledger.records.cast_signed()] };
    if heads != wanted && !(ledger.records == 0 && heads == [0]) {
        problems.push(kept(
            "the ledger's head",
            "",
            &format!("it is {heads:?}, and there are {} records", ledger.records),
        ));
    }
    // Those that there should be were each made anew; what remains to be found is what should not be there.
    each(connection, "SELECT level, idx FROM tiles", |row| {
        let (level, index): (i64, i64) = (row.get(0)?, row.get(1)?);
        let full = u8::try_from(level).ok().filter(|level| *level <= LEVEL_MAX).map_or(0, tiles_of);
        if index.cast_unsigned() >= full {
            problems.push(kept("tile", &format!("{index} of level {level}"), "no records make it full"));
        }
        Ok(())
    })?;
    Ok(problems)
}

/// Whether the database has the tables and indexes of its format, nothing else, and pages and indexes that agree.
pub(super) fn schema(connection: &Connection) -> Result<Vec<Problem>, rusqlite::Error> {
    const SQL: &str =
        "SELECT type || ' ' || name, COALESCE(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'";
    let dictionary = |connection: &Connection| -> Result<BTreeMap<String, String>, rusqlite::Error> {
        connection.prepare(SQL)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    let format = setup::format(connection)?;
    let empty = Connection::open_in_memory()?;
    for migration in MIGRATIONS.iter().take(usize::try_from(format).unwrap_or(0)) {
        empty.execute_batch(migration)?;
    }
    let (found, wanted) = (dictionary(connection)?, dictionary(&empty)?);
    let names: HashSet<&String> = found.keys().chain(wanted.keys()).collect();
    let mut problems: Vec<Problem> = (names.into_iter())
        .filter(|name| found.get(*name) != wanted.get(*name))
        .map(|name| kept("the database's", name, "it is not as this format has it"))
        .collect();
    each(connection, "PRAGMA integrity_check(20)", |row| {
        let said = text(row, 0)?;
        if said != "ok" {
            problems.push(kept("the database's", "pages and indexes", &said));
        }
        Ok(())
    })?;
    Ok(problems)
}

/// Every other table.
pub(super) fn rest(
    connection: &Connection,
    ledger: &Ledger<'_>,
    dictionaries: &Dictionaries,
    judge: &mut dyn Judge,
    counted: &mut Counted,
    found: Found<'_>,
) -> Result<(), rusqlite::Error> {
    depths(connection, found)?;
    numbers(connection, found)?;
    customers(connection, ledger, judge, counted, found)?;
    bundles(connection, judge, counted, found)?;
    outcomes(connection, ledger, judge, counted, found)?;
    settings(connection, ledger, dictionaries, judge, counted, found)
}

/// Open cases of each holder, as they are counted and as they are.
fn depths(connection: &Connection, found: Found<'_>) -> Result<(), rusqlite::Error> {
    let sql = "SELECT holder, SUM(counted), SUM(there) FROM (SELECT holder, open AS counted, 0 AS there FROM depths \
               UNION ALL SELECT holder, 0, 1 FROM cases WHERE status = 'open' AND holder IS NOT NULL) \
               GROUP BY holder HAVING SUM(counted) <> SUM(there)";
    each(connection, sql, |row| {
        let (counted, there): (i64, i64) = (row.get(1)?, row.get(2)?);
        let how = format!("{counted} are counted, and there are {there}");
        found(kept("open cases of", &text(row, 0)?, &how));
        Ok(())
    })
}

/// Whether cases are numbered without a gap.
fn numbers(connection: &Connection, found: Found<'_>) -> Result<(), rusqlite::Error> {
    let sql = "SELECT COALESCE(MIN(num), 1), COALESCE(MAX(num), 0), COUNT(*) FROM cases";
    let (first, last, all): (i64, i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if (first, last) != (1, all) {
        found(kept("cases", "by number", &format!("{all} cases are numbered from {first} to {last}")));
    }
    Ok(())
}

/// Customers' keys, and which cases are whose. That each case is kept among its customer's was looked at with it.
fn customers(
    connection: &Connection,
    ledger: &Ledger<'_>,
    judge: &mut dyn Judge,
    counted: &mut Counted,
    found: Found<'_>,
) -> Result<(), rusqlite::Error> {
    if ledger.tables.contains("customer_keys") {
        return numbered_customers(connection, ledger, judge, counted, found);
    }
    let mut words = connection.prepare("SELECT 1 FROM words WHERE stream = ?1")?;
    let mut cases = 0_i64;
    // The customer whose key was read last, and whether anything is sealed under it.
    let mut open: Option<(String, bool)> = None;
    let end = |open: Option<(String, bool)>, found: Found<'_>| {
        if let Some((id, false)) = open {
            found(kept("customer", &id, "there is a key, and nothing that it seals: it was to be destroyed"));
        }
    };
    each(connection, "SELECT id, opened_ms, stream, wrapped_key FROM customers", |row| {
        let (id, at, stream): (String, i64, String) = (text(row, 0)?, row.get(1)?, text(row, 2)?);
        let key: Option<Vec<u8>> = row.get(3)?;
        if at == -1 && stream.is_empty() {
            end(open.take(), found);
            counted.count("customers' keys");
            match key {
                Some(key) => judge.customer(&id, &key, found),
                None => found(kept("customer", &id, "the key is empty")),
            }
            open = Some((id, false));
            return Ok(());
        }
        cases += 1;
        if key.is_some() {
            found(kept("customer", &id, &format!("there is a key in the place of case {stream}")));
        }
        if let Some((_, sealed)) = open.as_mut().filter(|(of, sealed)| *of == id && !sealed) {
            *sealed = !ledger.erased.is_said(&stream) || words.exists([&stream])?;
        }
        Ok(())
    })?;
    end(open, found);
    every_case(connection, cases, found)
}

/// The same since format 7, where each case has the number of the key that seals its words.
fn numbered_customers(
    connection: &Connection,
    ledger: &Ledger<'_>,
    judge: &mut dyn Judge,
    counted: &mut Counted,
    found: Found<'_>,
) -> Result<(), rusqlite::Error> {
    let sql = "SELECT id, opened_ms, stream, wrapped, key FROM customers LEFT JOIN customer_keys ON num = key";
    let mut cases = 0_i64;
    let mut sealed = Covered::new(connection, ledger)?;
    each(connection, sql, |row| {
        let (id, at, stream): (String, i64, String) = (text(row, 0)?, row.get(1)?, text(row, 2)?);
        let key: Option<Vec<u8>> = row.get(3)?;
        let key = key.filter(|key| key.iter().any(|byte| *byte != 0));
        let number: Option<i64> = row.get(4)?;
        let is_customer = at == -1 && stream.is_empty();
        cases += i64::from(!is_customer);
        match key {
            Some(key) if is_customer => {
                counted.count("customers' keys");
                judge.customer(&id, &key, found);
            }
            Some(_) if ledger.erased.is_said(&stream) => {
                // Those who came back have a key of their own again; that of what was erased is gone.
                found(kept("customer", &id, &format!("the key of case {stream}, which was erased, is there")));
            }
            None if is_customer && number.is_none() => found(kept("customer", &id, "the key is empty")),
            None if is_customer && !sealed.all_covered(&id)? => {
                found(kept("customer", &id, "the key is destroyed, and no erasure is on record since it was theirs"));
            }
            None if !is_customer && number.is_some() && !sealed.is_covered(&id, &stream)? => {
                let how = format!("the key of case {stream} is destroyed, and no erasure is on record since then");
                found(kept("customer", &id, &how));
            }
            _ => {}
        }
        Ok(())
    })?;
    let sql = "SELECT DISTINCT id FROM customers AS c WHERE opened_ms >= 0 AND key IS NOT NULL \
               AND NOT EXISTS (SELECT 1 FROM customers WHERE id = c.id AND opened_ms = -1)";
    for id in connection.prepare(sql)?.query_map([], |row| row.get::<_, String>(0))? {
        let id = id?;
        if !sealed.all_covered(&id)? {
            found(kept("customer", &id, "the row with the key is not there"));
        }
    }
    let sql = "SELECT num FROM customer_keys WHERE num NOT IN (SELECT key FROM customers WHERE key IS NOT NULL) \
               AND wrapped <> zeroblob(length(wrapped))";
    for num in connection.prepare(sql)?.query_map([], |row| row.get::<_, i64>(0))? {
        found(kept("key", &num?.to_string(), "it is nobody's"));
    }
    every_case(connection, cases, found)
}

/// Looks up whether erasures that are on record cover cases whose keys are not there.
struct Covered<'c> {
    ledger: &'c Ledger<'c>,
    opened: Statement<'c>,
    cases: Statement<'c>,
}

impl<'c> Covered<'c> {
    fn new(connection: &'c Connection, ledger: &'c Ledger<'c>) -> Result<Self, rusqlite::Error> {
        let of_case = if ledger.names_by_identifier { "" } else { "case/" };
        let opened = format!("SELECT MIN(seq) FROM events WHERE stream = '{of_case}' || ?1");
        let cases = "SELECT stream FROM customers WHERE id = ?1 AND opened_ms >= 0";
        Ok(Self { ledger, opened: connection.prepare(&opened)?, cases: connection.prepare(cases)? })
    }

    /// Whether one covers this case.
    fn is_covered(&mut self, customer: &str, case: &str) -> Result<bool, rusqlite::Error> {
        let opened: Option<i64> = self.opened.query_row([case], |row| row.get(0))?;
        Ok(opened.is_some_and(|opened| self.ledger.erased.covers(customer, opened.cast_unsigned())))
    }

    /// Whether there is one that covers all cases of this customer.
    fn all_covered(&mut self, customer: &str) -> Result<bool, rusqlite::Error> {
        let cases: Vec<String> =
            self.cases.query_map([customer], |row| row.get(0))?.collect::<Result<_, rusqlite::Error>>()?;
        let mut all = self.ledger.erased.is_known(customer);
        for case in cases {
            all = all && self.is_covered(customer, &case)?;
        }
        Ok(all)
    }
}

/// Whether as many cases are some customer's as there are.
fn every_case(connection: &Connection, cases: i64, found: Found<'_>) -> Result<(), rusqlite::Error> {
    let all: i64 = connection.query_row("SELECT COUNT(*) FROM cases", [], |row| row.get(0))?;
    if cases != all {
        found(kept("customers", "and their cases", &format!("{cases} cases are somebody's, and there are {all}")));
    }
    Ok(())
}

/// Bundles, and when each came into force. One that is kept and never did governs nothing: it was to come into force,
/// and what stood in its way came after its files were kept.
fn bundles(
    connection: &Connection,
    judge: &mut dyn Judge,
    counted: &mut Counted,
    found: Found<'_>,
) -> Result<(), rusqlite::Error> {
    let mut there = HashSet::new();
    each(connection, "SELECT digest, bytes FROM bundles", |row| {
        let digest = text(row, 0)?;
        judge.bundle(&digest, row.get_ref(1)?.as_blob()?, found);
        counted.count("bundles");
        there.insert(digest);
        Ok(())
    })?;
    let mut before = i64::MIN;
    each(connection, "SELECT at_ms, digest FROM activations ORDER BY rowid", |row| {
        let (at, digest): (i64, String) = (row.get(0)?, text(row, 1)?);
        if !there.contains(&digest) {
            found(kept("bundle", &digest, "it came into force, and is not there"));
        }
        if at < before {
            found(kept("bundle", &digest, &format!("it came into force at {at}, before the one that it followed")));
        }
        before = at;
        judge.activation(at, &digest);
        Ok(())
    })?;
    Ok(())
}

/// What became of cases, by responder.
fn outcomes(
    connection: &Connection,
    ledger: &Ledger<'_>,
    judge: &mut dyn Judge,
    counted: &mut Counted,
    found: Found<'_>,
) -> Result<(), rusqlite::Error> {
    if !ledger.tables.contains("outcome_counts") {
        return Ok(());
    }
    type Of = (Vec<(String, i64)>, [i64; 3]);
    let mut by: BTreeMap<(String, String), Of> = BTreeMap::new();
    let sql = "SELECT responder, intent, kind, count FROM outcome_counts";
    each(connection, sql, |row| {
        counted.count("counts of outcomes");
        let (responder, count): (String, i64) = (text(row, 0)?, row.get(3)?);
        if count < 0 {
            found(kept("outcomes of", &responder, &format!("{count} are counted")));
        }
        by.entry((responder, text(row, 1)?)).or_default().0.push((text(row, 2)?, count));
        Ok(())
    })?;
    let sql = "SELECT responder, intent, resolved, failed, wrong FROM outcomes";
    each(connection, sql, |row| {
        counted.count("counts of outcomes");
        by.entry((text(row, 0)?, text(row, 1)?)).or_default().1 = [row.get(2)?, row.get(3)?, row.get(4)?];
        Ok(())
    })?;
    for ((responder, intent), (counts, sums)) in &by {
        judge.outcomes((responder, intent), counts, *sums, found);
    }
    Ok(())
}

/// What bodies are packed against, marks of keys, settings, tokens and answers.
fn settings(
    connection: &Connection,
    ledger: &Ledger<'_>,
    dictionaries: &Dictionaries,
    judge: &mut dyn Judge,
    counted: &mut Counted,
    found: Found<'_>,
) -> Result<(), rusqlite::Error> {
    // Those of the tables that are there.
    let each = |table: &str, sql: &str, see: &mut dyn FnMut(&Row<'_>) -> Result<(), rusqlite::Error>| {
        if ledger.tables.contains(table) { each(connection, sql, see) } else { Ok(()) }
    };
    each("shapes", "SELECT kind, bytes FROM shapes", &mut |row| {
        counted.count("shapes");
        judge.dictionary(&text(row, 0)?, row.get_ref(1)?.as_blob()?, found);
        Ok(())
    })?;
    each("keys", "SELECT name, mark FROM keys", &mut |row| {
        counted.count("marks of keys");
        judge.key_mark(&text(row, 0)?, row.get_ref(1)?.as_blob()?, found);
        Ok(())
    })?;
    let versioned = ledger.tables.contains("item_versions");
    let sql = format!("SELECT kind, id, body, {} FROM items", if versioned { "version" } else { "1" });
    each("items", &sql, &mut |row| {
        counted.count("settings");
        let version = row.get::<_, i64>(3)?.cast_unsigned();
        judge.item(&Item { kind: text(row, 0)?, id: text(row, 1)?, version, body: row.get(2)? }, found);
        Ok(())
    })?;
    // The member of staff is in no token of the first format.
    let sql = if ledger.tables.contains("items") {
        "SELECT id, hash, name, roles, responder, source, created_ms, expires_ms, staff FROM tokens"
    } else {
        "SELECT id, hash, name, roles, responder, source, created_ms, expires_ms, NULL FROM tokens"
    };
    each("tokens", sql, &mut |row| {
        counted.count("tokens");
        let (id, hash): (String, Vec<u8>) = (text(row, 0)?, row.get(1)?);
        let Ok(hash) = hash.try_into() else {
            found(kept("token", &id, "its hash has another length"));
            return Ok(());
        };
        let token = TokenRow {
            id,
            hash,
            name: text(row, 2)?,
            roles: text(row, 3)?.split(' ').map(ToOwned::to_owned).collect(),
            responder: row.get(4)?,
            source: row.get(5)?,
            created_ms: row.get(6)?,
            expires_ms: row.get(7)?,
            staff: row.get(8)?,
        };
        judge.token(&token, found);
        Ok(())
    })?;
    // Whose case an answer goes with is known since format 7.
    let sql = if ledger.tables.contains("customer_keys") {
        "SELECT scope, key, request_hash, response, expires_ms, stream FROM idempotency"
    } else {
        "SELECT scope, key, request_hash, response, expires_ms, NULL FROM idempotency"
    };
    each("idempotency", sql, &mut |row| {
        counted.count("answers kept to be repeated");
        let (scope, key, hash): (String, String, Vec<u8>) = (text(row, 0)?, text(row, 1)?, row.get(2)?);
        let which = format!("{key:?} of {scope}");
        let Ok(request_hash) = hash.try_into() else {
            found(kept("answer to", &which, "the hash of its request is none"));
            return Ok(());
        };
        let Ok(response) = dictionaries.unpack(row.get_ref(3)?.as_blob()?) else {
            found(kept("answer to", &which, "it does not unpack"));
            return Ok(());
        };
        let (expires_ms, case) = (row.get(4)?, row.get(5)?);
        let answer = IdempotencyRow { scope, key, request_hash, response, expires_ms, case };
        judge.answer(&answer, found);
        Ok(())
    })
}
