//! The table of keys in the documents is that of the program: each key is there and no other, those without a default
//! have to be named, and each default is the one that counts.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use remit_policy::manifest::Manifest;
use serde::Deserialize as _;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use toml::{Table, Value};

/// A manifest with every table in it, and in each of them all that has to be.
const WHOLE: &str = r#"
name = "n"
description = "d"
currency = "EUR"
[encoder_model]
directory = "d"
digest = "0"
[readings]
[[owner]]
name = "o"
title = "t"
contact = "c"
[decision_points]
route = "o"
[[signal]]
name = "s"
type = "bool"
default = false
[[field]]
name = "f"
type = "text"
[[fact]]
name = "f"
type = "text"
[enrichment]
url = "u"
secret_env = "S"

[[topic]]
name = "t"
intents = []
[[calendar]]
name = "c"
time_zone = "UTC"
[calendar.hours]
[[sla]]
name = "s"
first_reply_minutes = 1
[[responder]]
name = "r"
title = "t"
accountable = "o"
handling_minor = 1
prior_resolve_bp = 1
prior_weight = 1
[responder.service]
kind = "knowledge"
[responder.breaker]
[[action]]
name = "a"
title = "t"
[[action.limit]]
by = "action"
window_hours = 1
[action.http.execute]
method = "POST"
path = "/"
[[connector]]
name = "c"
kind = "sandbox"
[connector.oauth]
token_url = "u"
client_id = "c"
secret_env = "S"
[[queue]]
name = "q"
title = "t"
accountable = "o"
handling_minor = 1
prior_resolve_bp = 1
prior_weight = 1
calendar = "c"
sla = "s"
servers = 1
handling_minutes = 1
[[queue.relax]]
after_minutes = 1
[[preference]]
name = "p"
owner = "o"
reason = "r"
[[need]]
name = "n"
owner = "o"
reason = "r"
[need.skills]
[economics]
delay_minor_per_hour = 1
breach_minor = 1
failure_minor = 1
[limits]
handoffs_max = 1
[reopen]
[exceptions]
owner = "o"
due_minutes = 1
"#;

/// A row of the table: the key, and what stands where its default does.
struct Row {
    key: String,
    default: String,
}

/// The rows of docs/keys.md by table.
fn documented() -> BTreeMap<String, Vec<Row>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/keys.md");
    let mut tables: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for line in std::fs::read_to_string(path).unwrap().lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, table, key, _, default, ..] = cells.as_slice() else { panic!("{line}") };
        let row = Row { key: key.trim_matches('`').to_owned(), default: (*default).to_owned() };
        tables.entry(table.trim_matches('`').to_owned()).or_default().push(row);
    }
    tables
}

/// The table of the manifest that the documents call so: `(top)`, `[limits]`, `[[queue.relax]]`.
fn table<'a>(manifest: &'a mut Table, named: &str) -> &'a mut Table {
    let mut here = manifest;
    for part in named.trim_matches(['[', ']']).split('.').filter(|part| *part != "(top)") {
        let next = here.get_mut(part).unwrap_or_else(|| panic!("the whole manifest of this test has no {named}"));
        here = match next {
            Value::Array(list) => list.first_mut().and_then(Value::as_table_mut).unwrap(),
            other => other.as_table_mut().unwrap(),
        };
    }
    here
}

fn read(manifest: Table) -> Result<String, String> {
    Manifest::deserialize(manifest).map(|manifest| format!("{manifest:?}")).map_err(|error| error.message().to_owned())
}

#[test]
fn every_key_has_a_row_and_every_row_is_a_key() {
    let whole: Table = WHOLE.parse().unwrap();
    for (named, rows) in documented() {
        let mut manifest = whole.clone();
        table(&mut manifest, &named).insert("no such key".to_owned(), Value::Boolean(true));
        let refused = read(manifest).unwrap_err();
        // What is refused names all that is taken.
        let taken: BTreeSet<&str> = refused.split('`').skip(3).step_by(2).collect();
        let told: BTreeSet<&str> = rows.iter().map(|row| row.key.as_str()).collect();
        assert!(!taken.is_empty(), "{named}: {refused}");
        assert_eq!(told, taken, "{named} of docs/keys.md beside what the program takes");
    }
}

#[test]
fn every_default_that_is_told_is_the_one_that_counts() {
    let whole: Table = WHOLE.parse().unwrap();
    let usual = read(whole.clone()).unwrap();
    let mut held = 0;
    for (named, rows) in documented() {
        for Row { key, default } in rows {
            let mut manifest = whole.clone();
            let had = table(&mut manifest, &named).remove(&key);
            let without = read(manifest.clone());
            if default.is_empty() {
                assert!(had.is_some(), "{named}: {key} has to be named, and this test's manifest does not");
                assert!(without.is_err(), "{named}: {key} has a default, which docs/keys.md does not tell");
                continue;
            }
            let without = without.unwrap_or_else(|why| panic!("{named}: {key} has no default: {why}"));
            let Some(default) = default.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else { continue };
            let value: Table = format!("it = {default}").parse().unwrap_or_else(|why| panic!("{named}: {key}: {why}"));
            table(&mut manifest, &named).insert(key.clone(), value.get("it").unwrap().clone());
            let with = read(manifest).unwrap_or_else(|why| panic!("{named}: {key}: {why}"));
            assert_eq!(with, without, "{named}: {key} is not {default} by default");
            held += 1;
        }
    }
    assert!(held >= 25, "{held} defaults are told");
    // A breaker of which nothing is said is as one that is not there.
    let mut manifest = whole;
    table(&mut manifest, "[[responder]]").remove("breaker");
    assert_eq!(read(manifest).unwrap(), usual);
}
