//! Each column of each table of a real database is changed in rows that chance picks, rows are deleted and exchanged;
//! `remit ledger verify` finds it, but for what is listed here with why it can't.

use crate::{
    client::{Client, id},
    files::copy,
    house::House,
    plan::{Dice, Plan, attack},
};
use rusqlite::{Connection, params_from_iter, types::Value as Cell};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, sync::Mutex};

/// What is not found, with why: a table, a column of it or `*`, what was done or `*`.
const UNFOUND: [(&str, &str, &str, &str); 17] = [
    ("idempotency", "*", "*", "answers kept for a day, so that a repeated request gets the same: on no record"),
    ("tokens", "name", "*", "it can be forgotten, and is on no record"),
    ("items", "body", "*", PARTLY),
    ("outbox", "*", "*", "what remains to be done is made by rules that change from version to version"),
    ("cases", "num", "*", "the row's own number, which nothing is read by"),
    ("attachments", "num", "*", "the row's own number, which nothing is read by"),
    ("shapes", "*", "*", "one that nothing on record was packed against yet"),
    ("checkpoints", "", "delete", "an older one, whose records a newer one holds as well"),
    ("depths", "", "delete", "a count of none"),
    ("depths", "holder", "*", "a count of none, whoever has it"),
    ("customers", "key", "*", DESTROYED),
    ("customers", "", "delete", DESTROYED),
    ("customer_keys", "", "delete", DESTROYED),
    ("ledger_head", "one", "*", "the row's own number"),
    ("items", "version", "*", "which write of it came last: a write that expects another one is refused"),
    ("item_versions", "*", "*", "a greater one is given next, and none twice"),
    ("events", "subject", "edit", "what a record is found by is held against it only where there is something"),
];
/// Of a few settings something is on no record: most changes are found.
const PARTLY: &str = "names of subscriptions, how far events were delivered, since when staff are there: on no record";
const DESTROYED: &str = "of a key that is destroyed, which seals nothing any more";

/// Tables in which nothing is: nothing is asked for here that a limit counts.
const EMPTY: [&str; 2] = ["counters", "reservations"];

/// Records in the database, so that a tile of the ledger is full.
const RECORDS: u64 = 300;

/// What the sample bundle declares here too, so that something is known of customers and cases are about something.
const DECLARED: &str = r#"
[[field]]
name = "order"
type = "reference"
[[fact]]
name = "tier"
type = "text"
seen_by = ["staff", "policies"]
"#;

/// Items of which every change is found.
const FOUND: [&str; 1] = ["customer_facts"];

/// What is done to a database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// A bit of a value is another, or a number is one more.
    Edit {
        table: String,
        column: String,
    },
    /// The same of the body of an item of a kind.
    EditItem {
        kind: &'static str,
    },
    Delete {
        table: String,
    },
    /// Two rows have each other's value.
    Exchange {
        table: String,
        column: String,
    },
}

impl Change {
    fn place(&self) -> (&str, &str, &'static str) {
        match self {
            Self::Edit { table, column } => (table, column, "edit"),
            Self::EditItem { kind } => ("items", kind, "edit"),
            Self::Delete { table } => (table, "", "delete"),
            Self::Exchange { table, column } => (table, column, "exchange"),
        }
    }

    /// Why it need not be found.
    fn excused(&self) -> Option<&'static str> {
        let (table, column, what) = self.place();
        let one = |pattern: &str, is: &str| pattern == "*" || pattern == is;
        let listed = UNFOUND.iter().find(|(t, c, w, _)| *t == table && one(c, column) && one(w, what));
        listed.map(|(.., why)| *why)
    }
}

/// A day's work of everything that leaves something in the database.
fn fill(client: &Client) {
    let staff = json!({
        "name": "ana", "first_name": "Ana", "queues": ["general", "cards"], "languages": { "en": 5 },
        "capacity": { "chat": 9 },
    });
    client.post("/v1/staff", &staff).done();
    client.post("/v1/staff/ana/presence", &json!({ "presence": "available" })).done();
    let nobody = json!({ "name": "crm", "url": "http://127.0.0.1:9/", "after": 0 });
    client.post("/v1/subscriptions", &nobody).done();
    client.post("/v1/chats", &json!({ "customer": "chatting" })).done();
    let wish = json!({ "name": "crm", "roles": ["integration"], "source": "crm", "days": 1 });
    let crm = client.with_token(client.post("/v1/tokens", &wish).done()["token"].as_str().unwrap());
    let mut at = 0;
    while client.get("/readyz")["records"].as_u64().unwrap() < RECORDS {
        at += 1;
        let customer = format!("c{at}");
        let texts = ["I want to talk to a human", "When will my card arrive?", "Somebody took money from my account"];
        let key = format!("key {at}").replace(' ', "-");
        let mut opening = crate::client::opening(&customer, texts[at % texts.len()]);
        opening["fields"] = json!({ "order": format!("W{at}") });
        if at % 8 == 0 || at % 12 == 5 {
            let known = json!({ "facts": { "tier": format!("tier {at}") } });
            crm.send("PUT", &format!("/v1/customers/{customer}/facts"), None, &known).done();
        }
        let case = crm.send("POST", "/v1/cases", Some(&key), &opening).done()["case"].clone();
        let act = |end: &str, body: &Value| client.post(&format!("/v1/cases/{}/{end}", id(&case)), body);
        let raised = json!({ "owner": "duty-manager", "due_at": "2099-01-01T00:00:00Z", "reason": "to be looked at" });
        match at % 6 {
            0 => _ = act("messages", &json!({ "text": "And where is it now?" })).done(),
            1 => _ = act("exceptions", &raised).done(),
            2 => _ = act("overrides", &json!({ "to": "general", "reason": "they know it" })).done(),
            3 => {
                let epoch = client.get(&format!("/v1/cases/{}", id(&case)))["holder"]["epoch"].clone();
                act("resolve", &json!({ "epoch": epoch, "note": "done" }));
            }
            4 => {
                let png = [&[0x89][..], b"PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0"].concat();
                assert!(client.upload(&format!("/v1/cases/{}/attachments", id(&case)), "image/png", &png).is_done());
            }
            _ if at % 12 == 5 => _ = client.post("/v1/customers/erase", &json!({ "customer": customer })).done(),
            _ => {}
        }
    }
}

/// The tables with their columns.
fn tables(database: &Connection) -> BTreeMap<String, Vec<String>> {
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let names = texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
    let columns = |name: &String| texts(&format!("SELECT name FROM pragma_table_info('{name}')"));
    names.iter().map(|name| (name.clone(), columns(name))).collect()
}

/// All rows of a table.
fn rows(database: &Connection, table: &str, columns: &[String]) -> Vec<Vec<Cell>> {
    let mut statement = database.prepare(&format!("SELECT {} FROM {table}", columns.join(", "))).unwrap();
    let row = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|at| row.get(at)).collect();
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn flipped(cell: &Cell, dice: &mut Dice) -> Option<Cell> {
    match cell {
        Cell::Integer(number) => Some(Cell::Integer(number.wrapping_add(1))),
        Cell::Blob(bytes) if !bytes.is_empty() => {
            let mut bytes = bytes.clone();
            let at = dice.roll(bytes.len());
            bytes[at] ^= 1 << dice.roll(8);
            Some(Cell::Blob(bytes))
        }
        // A text stays one.
        Cell::Text(text) if !text.is_empty() => {
            let mut letters: Vec<char> = text.chars().collect();
            let at = dice.roll(letters.len());
            letters[at] = if letters[at] == 'x' { 'y' } else { 'x' };
            Some(Cell::Text(letters.into_iter().collect()))
        }
        _ => None,
    }
}

/// Sets one column of the row that has all these values.
fn set(database: &Connection, table: &str, columns: &[String], row: &[Cell], at: usize, to: &Cell) -> bool {
    let all: Vec<String> = columns.iter().enumerate().map(|(at, name)| format!("{name} IS ?{}", at + 2)).collect();
    let sql = format!("UPDATE {table} SET {} = ?1 WHERE {}", columns[at], all.join(" AND "));
    let values = [to].into_iter().chain(row);
    database.execute(&sql, params_from_iter(values)).is_ok_and(|changed| changed == 1)
}

/// Makes a change, in rows that chance picks; what it was, unless no row can be changed like that.
fn make(database: &Connection, change: &Change, columns: &[String], dice: &mut Dice) -> Option<String> {
    let (table, column, _) = change.place();
    let mut rows = rows(database, table, columns);
    let named = |wanted: &str| columns.iter().position(|name| name == wanted);
    let mut at = named(column).unwrap_or(0);
    if let Change::EditItem { kind } = change {
        let of = named("kind").unwrap();
        rows.retain(|row| row[of] == Cell::Text((*kind).to_owned()));
        at = named("body").unwrap();
    }
    let told = |row: &[Cell]| format!("{change:?} of {:.300}", format!("{row:?}"));
    (0..40.min(rows.len() * 4)).find_map(|_| {
        let (one, other) = (dice.of(&rows), dice.of(&rows));
        let done = match change {
            Change::Edit { .. } | Change::EditItem { .. } => {
                set(database, table, columns, one, at, &flipped(&one[at], dice)?)
            }
            Change::Delete { .. } => {
                let all: Vec<String> =
                    columns.iter().enumerate().map(|(at, name)| format!("{name} IS ?{}", at + 1)).collect();
                let sql = format!("DELETE FROM {table} WHERE {}", all.join(" AND "));
                database.execute(&sql, params_from_iter(one)).unwrap() == 1
            }
            Change::Exchange { .. } if one[at] != other[at] && differ(columns, one, other, at) => {
                exchange(database, table, columns, (one, other), at)
            }
            Change::Exchange { .. } => false,
        };
        done.then(|| told(one))
    })
}

/// Whether two rows differ in more than one column, so that an exchange in it makes others of them. An item's version
/// is only compared by who writes it.
fn differ(columns: &[String], one: &[Cell], other: &[Cell], at: usize) -> bool {
    let counts = |place: usize| place != at && columns[place] != "version";
    (0..columns.len()).any(|place| counts(place) && one[place] != other[place])
}

/// Exchanges what two rows have in one column, also where it has to be unique.
fn exchange(database: &Connection, table: &str, columns: &[String], rows: (&[Cell], &[Cell]), at: usize) -> bool {
    let between = match &rows.0[at] {
        Cell::Integer(_) => Cell::Integer(i64::MAX - 7),
        Cell::Text(_) => Cell::Text("between".to_owned()),
        Cell::Blob(_) => Cell::Blob(b"between".to_vec()),
        other => other.clone(),
    };
    database.execute_batch("BEGIN").unwrap();
    let mut moved = rows.0.to_vec();
    let first = set(database, table, columns, rows.0, at, &between);
    moved[at] = between;
    let done = first
        && set(database, table, columns, rows.1, at, &rows.0[at])
        && set(database, table, columns, &moved, at, &rows.1[at]);
    database.execute_batch(if done { "COMMIT" } else { "ROLLBACK" }).unwrap();
    done
}

/// Changes a copy of a data directory; says what was changed if verification is content all the same.
fn unfound(data: &Path, change: &Change, columns: &[String], dice: &mut Dice) -> Option<Result<(), String>> {
    let room = tempfile::tempdir().unwrap();
    let house = House::at(&room.path().join("data"));
    copy(data, &house.data);
    let database = Connection::open(house.data.join("remit.db")).unwrap();
    database.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    let made = make(&database, change, columns, dice)?;
    database.close().unwrap();
    let (good, said) = house.verify(&[]);
    assert!(!said.contains("panicked"), "{made}: {said}");
    Some(if good { Err(made) } else { Ok(()) })
}

fn round(plan: Plan) {
    let (house, mut dice) = (House::declaring(DECLARED), plan.dice());
    let server = house.serve();
    fill(&server.admin());
    server.stop();
    house.verifies();
    // Only what verification reads is copied each time.
    std::fs::remove_dir_all(house.data.join("models")).unwrap();
    let tables = tables(&Connection::open(house.data.join("remit.db")).unwrap());
    let mut changes: Vec<Change> = Vec::new();
    // What is sealed of each kind is a small part of all items.
    changes.extend(FOUND.iter().flat_map(|kind| (0..4).map(move |_| Change::EditItem { kind })));
    for (table, columns) in &tables {
        changes.push(Change::Delete { table: table.clone() });
        for column in columns {
            // With little time, some.
            if plan.of(dice.roll(3) > 0, false) {
                continue;
            }
            changes.push(Change::Edit { table: table.clone(), column: column.clone() });
            changes.push(Change::Exchange { table: table.clone(), column: column.clone() });
        }
    }
    let times = plan.of(1, 8);
    let work: Vec<(&Change, Dice)> =
        changes.iter().flat_map(|change| (0..times).map(move |_| change)).map(|change| (change, dice.fork())).collect();
    let (wrong, tried) = (Mutex::new(Vec::new()), Mutex::new(BTreeMap::<&Change, (usize, usize)>::new()));
    std::thread::scope(|scope| {
        for part in work.chunks(work.len().div_ceil(2)) {
            let (tables, data, wrong, tried) = (&tables, &house.data, &wrong, &tried);
            scope.spawn(move || {
                for (change, dice) in part {
                    let columns = &tables[change.place().0];
                    let Some(found) = unfound(data, change, columns, &mut dice.clone()) else { continue };
                    let mut tried = tried.lock().unwrap();
                    let (all, missed) = tried.entry(change).or_default();
                    *all += 1;
                    *missed += usize::from(found.is_err());
                    if let (Err(made), None) = (found, change.excused()) {
                        wrong.lock().unwrap().push(made);
                    }
                }
            });
        }
    });
    let (wrong, tried) = (wrong.into_inner().unwrap(), tried.into_inner().unwrap());
    assert!(wrong.is_empty(), "verified though changed:\n{}", wrong.join("\n"));
    let is_tried = |table: &str| tried.keys().any(|change| change.place().0 == table);
    let untried: Vec<&String> =
        tables.keys().filter(|table| !is_tried(table) && !EMPTY.contains(&table.as_str())).collect();
    assert!(untried.is_empty(), "nothing is in {untried:?}, so that nothing could be changed there");
    // What is found by now is not to be excused any longer.
    for (change, (all, missed)) in tried.iter().filter(|(change, _)| change.excused().is_some_and(|why| why != PARTLY))
    {
        assert!(*all < 8 || *missed > 0, "{change:?} is found each time: take it off the list of what can't be");
    }
}

#[test]
fn flips() {
    attack("flips", round);
}
