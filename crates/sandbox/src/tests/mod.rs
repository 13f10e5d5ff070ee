//! The sandbox held against the sample shop's whole database, and against its own books.

mod bank;
mod books;
mod facts;
mod files;
mod mischief;
mod once;
mod recorded;
mod sequences;
mod shop;
mod shown;

use crate::{Ask, Failure, Refusal, Sandbox, Statement};
use rusqlite::{Connection, backup::Backup};
use serde_json::{Map, Value};
use std::{fs, path::Path, sync::LazyLock, time::Duration};

/// A moment in 2026.
const NOW: i64 = 1_790_000_000_000;
const HOUR: i64 = 3_600_000;

/// A shop with the sample's database, and the bank; filled once.
static FILLED: LazyLock<Sandbox> = LazyLock::new(|| {
    let sandbox = Sandbox::in_memory().unwrap();
    assert!(sandbox.seed_shop(&source("database.json")).unwrap());
    assert!(sandbox.seed_bank(NOW).unwrap());
    sandbox
});

fn source(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/shop/source").join(name);
    fs::read_to_string(path).unwrap()
}

/// A sandbox as it is at the beginning.
fn filled() -> Sandbox {
    let sandbox = Sandbox::in_memory().unwrap();
    copy(&mut sandbox.lock());
    sandbox
}

fn copy(into: &mut Connection) {
    let from = FILLED.lock();
    Backup::new(&from, into).unwrap().run_to_completion(i32::MAX, Duration::ZERO, None).unwrap();
}

/// Asks for an action with a key that is also its hash.
fn execute(sandbox: &Sandbox, key: &str, action: &str, arguments: Value) -> Result<Statement, Failure> {
    sandbox.execute(key, key, &ask(action, &object(arguments)), NOW)
}

fn refused(sandbox: &Sandbox, key: &str, action: &str, arguments: Value) -> Refusal {
    match execute(sandbox, key, action, arguments) {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("{action} was to be refused: {other:?}"),
    }
}

fn facts(sandbox: &Sandbox, action: &str, arguments: Value) -> Map<String, Value> {
    sandbox.facts(&ask(action, &object(arguments)), NOW).unwrap()
}

fn ask<'a>(action: &'a str, arguments: &'a Map<String, Value>) -> Ask<'a> {
    Ask { action, arguments, customer: None }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// The minor units of an amount among facts or effects.
fn minor(of: &Map<String, Value>, name: &str) -> i64 {
    of[name]["minor"].as_i64().unwrap()
}
