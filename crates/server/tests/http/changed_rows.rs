//! What is kept of tokens, staff, chats, subscriptions and lists beside the records: whatever somebody changes of it in
//! the database is found by verification.

use crate::{
    governance::something_of_each,
    harness::{Client, Server, id, verified, verified_served},
    sample_bundle::bank_with,
};
use remit_app::governance::{model_cache::ModelCache, services::Services};
use remit_ledger::checkpoint::Signer;
use rusqlite::{Connection, functions::FunctionFlags};
use serde_json::json;
use std::{fs, path::Path};

/// A change of what is stored of things, by SQL, and what verification says of it.
const CHANGES: [(&str, &str); 44] = [
    (
        "UPDATE items SET body = put(body, '\"paused\":false', '\"paused\":true') \
         WHERE kind = 'delivery'",
        "it is paused, and its records leave it active",
    ),
    ("DELETE FROM items WHERE kind = 'delivery'", "the subscription is kept, and not where its delivery stands"),
    (
        "INSERT INTO items (kind, id, body) SELECT kind, 'sub_x', body FROM items WHERE kind = 'delivery'",
        "there is no such subscription",
    ),
    (
        "UPDATE items SET body = put(body, '\"cursor\":', '\"cursor\":9') \
         WHERE kind = 'delivery'",
        "it stands behind the last record",
    ),
    (
        "INSERT INTO items (kind, id, body) VALUES ('dead sub_x', '00000000000000000001', \
         CAST('{\"seq\":1,\"stream\":\"case/x\",\"kind\":\
         \"x\",\"since_ms\":1,\"at_ms\":1,\"tries\":1,\"why\":\"x\"}' AS BLOB))",
        "dead letters of sub_x: there is no such subscription",
    ),
    (
        "UPDATE items SET body = put(body, 'SECRETPATH', 'OTHER') \
         WHERE kind = 'subscription'",
        "its address is not the one that was put on record",
    ),
    (
        "UPDATE items SET body = put(body, '\"secret\":[', '\"secret\":[1,') \
         WHERE kind = 'subscription'",
        "its secret is not the one that was put on record",
    ),
    (
        "UPDATE items SET body = put(body, '\"created_ms\":', '\"created_ms\":1') \
         WHERE kind = 'subscription'",
        "it was made at another moment by its records",
    ),
    (
        "UPDATE items SET body = put(body, '\"previous\":null', '\"previous\":[[1],9]') \
         WHERE kind = 'subscription'",
        "it has a secret before its own, and no record says that it was changed",
    ),
    ("DELETE FROM items WHERE kind = 'subscription'", "its records say that there is one, and none is kept"),
    (
        "UPDATE items SET body = put(body, '\"cases\":[', '\"cases\":[\"' || (SELECT id FROM cases) \
         || '\"') WHERE kind = 'chat'",
        "is not its customer's",
    ),
    ("DELETE FROM items WHERE kind = 'chat'", "it is valid by its records, and none is kept"),
    ("UPDATE items SET id = 'x' || substr(id, 2) WHERE kind = 'chat'", "no record says that there is one"),
    (
        "INSERT INTO items (kind, id, body) SELECT kind, id || 'x', body FROM items WHERE kind = 'chat'",
        "there are two of this name",
    ),
    (
        "UPDATE items SET body = put(body, '\"expires\":', '\"expires\":9') \
         WHERE kind = 'chat'",
        "it is otherwise than its records say",
    ),
    (
        "INSERT INTO outbox (id, kind, stream, due_ms, body) SELECT 'erasure:1', 'erasure', customer, 1, \
         CAST('{\"customer\":\"' || customer || '\",\"key\":1,\"by\":\"tok_0000000000000000\"}' AS BLOB) FROM cases",
        "was erased, or it is completed",
    ),
    (
        "INSERT INTO outbox (id, kind, stream, due_ms, body) \
         SELECT 'absorb:' || id || ':cas_01JXT21Q00000000000000000A', 'timer', id, 1, \
         CAST('{\"kind\":\"absorb\",\"from\":\"cas_01JXT21Q00000000000000000A\"}' AS BLOB) FROM cases",
        "has it know of cas_01JXT21Q00000000000000000A, and their records do not say so",
    ),
    (
        "INSERT INTO outbox (id, kind, stream, due_ms, body) SELECT 'again:' || id, 'timer', id, 1, \
         CAST('{\"kind\":\"contacted_again\",\"case\":\"cas_01JXT21Q00000000000000000A\"}' AS BLOB) FROM cases",
        "has it know of cas_01JXT21Q00000000000000000A, and their records do not say so",
    ),
    (
        "INSERT INTO outbox (id, kind, stream, due_ms, body) SELECT 'again:' || id, 'timer', id, 9999999999999, \
         CAST('{\"kind\":\"contacted_again\",\"case\":\"' || id || '\"}' AS BLOB) FROM cases",
        "is due at 9999999999999, after the last record",
    ),
    (
        "INSERT INTO outbox (id, kind, stream, due_ms, body) SELECT 'needs:' || id, 'timer', id, 9999999999999, \
         CAST('{\"kind\":\"needs\"}' AS BLOB) FROM cases",
        "is due at 9999999999999, after the last record",
    ),
    ("DELETE FROM born", "the database's first format: none is noted, and by its records it was made in format 8 or"),
    ("UPDATE born SET format = 1", "first format: it is noted as 1, and by its records it was made in format 8 or"),
    ("UPDATE born SET format = 7", "first format: it is noted as 7, and by its records it was made in format 8 or"),
    ("UPDATE born SET format = format + 1", "and the database is of format"),
    ("INSERT INTO born SELECT format FROM born", "first format: 2 are noted, and it was made once"),
    (
        "INSERT INTO outbox (id, kind, stream, due_ms, body) VALUES ('x', 'cleaning', 'cas_x', 1, x'')",
        "there is nothing to be done of the kind",
    ),
    (
        "INSERT INTO items (kind, id, body) VALUES ('theme', 'x', CAST('{}' AS BLOB))",
        "setting theme x: there is no such kind",
    ),
    (
        "INSERT INTO items (kind, id, body) VALUES ('governance', 'x', CAST('{}' AS BLOB))",
        "setting governance x: there is no such kind",
    ),
    (
        "DELETE FROM items WHERE kind = 'governance' AND id = 'pauses'",
        "what says that everything is on record is not there",
    ),
    (
        "UPDATE items SET id = substr(id, 1, 63) || 'x' WHERE kind = 'chat'",
        "its link is not the one that was put on record",
    ),
    ("UPDATE tokens SET hash = CAST(substr(hash, 1, 31) || x'00' AS BLOB)", "it is otherwise than its records say"),
    ("UPDATE tokens SET name = ''", "it has no name by which who uses it is told"),
    ("UPDATE tokens SET created_ms = created_ms + 1", "it is otherwise than its records say"),
    ("UPDATE tokens SET expires_ms = expires_ms + 1", "it is otherwise than its records say"),
    ("DELETE FROM tokens", "its records say that there is one, and none is kept"),
    (
        "INSERT INTO items (kind, id, body) VALUES ('revoked_token', 'tok_x', CAST('Eve' AS BLOB))",
        "no record says that it was revoked",
    ),
    (
        "INSERT INTO items (kind, id, body) SELECT 'revoked_token', id, CAST('Eve' AS BLOB) FROM tokens",
        "the token stands",
    ),
    (
        "UPDATE items SET body = put(body, 'Anastasia', 'Bea') WHERE kind = 'staff'",
        "their first name is not the one that was put on record",
    ),
    (
        "UPDATE items SET body = put(body, '\"salt\":\"', '\"salt\":\"0') \
         WHERE kind = 'staff'",
        "their first name is not the one that was put on record",
    ),
    (
        "UPDATE items SET body = put(body, '\"kind\":\"available\"', '\"kind\":\"busy\"') \
         WHERE kind = 'staff'",
        "they are busy, and the records say available",
    ),
    (
        "UPDATE items SET body = put(body, '\"en\":5', '\"en\":4') WHERE kind = 'staff'",
        "it is otherwise than its records say",
    ),
    (
        "INSERT INTO items (kind, id, body) VALUES ('breaker', 'ai cards', \
         CAST('{\"responder\":\"ai\",\"intent\":\"cards\",\"stopped\":\
         true,\"resolved\":0,\"failed\":0,\"wrong\":0}' AS BLOB))",
        "breaker of ai cards: no record says that there is one",
    ),
    ("DELETE FROM items WHERE kind = 'override'", "0 are listed, 1 are on record, and they are not the same"),
    (
        "UPDATE items SET body = put(body, '\"commit\":\"', '\"commit\":\"0') \
         WHERE kind = 'override'",
        "1 are listed, 1 are on record, and they are not the same",
    ),
];

/// A case that a person gave to others.
fn overridden(lead: &Client) {
    let case = lead.open("zoe", "my card has not arrived");
    let to = if case["holder"]["name"] == "general" { "cards" } else { "general" };
    let given =
        lead.post(&format!("/v1/cases/{}/overrides", id(&case)), &json!({ "to": to, "reason": "they know it" }));
    assert_eq!(given.status, 201, "{}", given.body);
}

/// That each change is found by verification, one after the other in a directory that nobody has open.
pub(crate) fn each_is_found(data: &Path, changes: &[(&str, &str)], found: &dyn Fn(&Path) -> Vec<String>) {
    let path = data.join("remit.db");
    let open = || {
        let connection = Connection::open(&path).unwrap();
        // A setting with something else in the place of a text in it.
        let put = connection.create_scalar_function("put", 3, FunctionFlags::SQLITE_UTF8, |called| {
            let body: Vec<u8> = called.get(0)?;
            let (from, to): (String, String) = (called.get(1)?, called.get(2)?);
            Ok(String::from_utf8_lossy(&body).replace(&from, &to).into_bytes())
        });
        put.unwrap();
        connection
    };
    open().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let whole = fs::read(&path).unwrap();
    for (change, told) in changes {
        for end in ["-wal", "-shm"] {
            let _ = fs::remove_file(data.join(format!("remit.db{end}")));
        }
        fs::write(&path, &whole).unwrap();
        let changed = open().execute(change, []).unwrap();
        let found = found(data);
        assert!(changed > 0 && found.iter().any(|found| found.contains(told)), "{change}: {found:?}");
    }
}

/// What verification finds, but for checkpoints that another key signed.
pub(crate) fn found(data: &Path) -> Vec<String> {
    let key = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    let problems = verified(data, &key).problems;
    problems.iter().map(ToString::to_string).filter(|found| !found.contains("checkpoint")).collect()
}

#[test]
fn whatever_is_changed_beside_the_records_is_found_and_what_cannot_be_is_told() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin", "integration", "staff"]);
    overridden(&lead);
    something_of_each(&server, &lead);
    let data = server.stop();
    let key = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    assert_eq!(found(data.path()), [""; 0]);
    let told: Vec<String> = verified(data.path(), &key).not_looked_at.into_iter().map(|not| not.what).collect();
    for what in [
        "names of tokens and of subscriptions",
        "how far events were delivered",
        "whether checkpoints before the newest are there",
        "whether the values that cases are found by",
        "whether AI responders other than the built-in one have turns left",
        "whether it remains to be done to look at cases that came back (`unattended`",
    ] {
        assert!(told.iter().any(|told| told.starts_with(what)), "{told:?}");
    }
    assert!(!told.iter().any(|told| told.contains("first names") || told.contains("paused")), "{told:?}");

    each_is_found(data.path(), &CHANGES, &found);
}

#[test]
fn one_row_makes_nothing_lenient_that_the_ledger_contradicts() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    overridden(&lead);
    let data = server.stop();
    let key = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    let database = Connection::open(data.path().join("remit.db")).unwrap();
    database.execute_batch("DELETE FROM born; DELETE FROM items WHERE kind = 'override'").unwrap();
    drop(database);
    let report = verified(data.path(), &key);
    let found: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    for told in ["none is noted", "0 are listed, 1 are on record"] {
        assert!(found.iter().any(|found| found.contains(told)), "{told}: {found:?}");
    }
    assert!(report.not_looked_at.iter().all(|not| !not.what.starts_with("overrides")));
}

#[test]
fn a_turn_that_was_neither_taken_nor_is_left_is_missed() {
    let key = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    let how = "its AI responder was asked, and its turn is neither taken nor in the outbox";
    // Without services nobody is asked, which is what is left of those whose turns were deleted.
    let server = Server::start();
    let case = server.client(&["lead", "admin"]).open("zoe", "How do I change my PIN?");
    assert_eq!(case["holder"]["name"], "cards-ai", "{case}");
    let data = server.stop();
    let missed: Vec<String> = verified_served(data.path(), &key)
        .problems
        .iter()
        .map(ToString::to_string)
        .filter(|p| p.contains(how))
        .collect();
    assert!(matches!(&missed[..], [one] if one.contains(&id(&case))), "{missed:?}");

    let bundle = bank_with(|toml| toml);
    let services = Services::of(&bundle, &ModelCache::of(None), &|_| None, || 1_773_136_800).unwrap();
    let server = Server::start_with(bundle, services);
    let lead = server.client(&["lead", "admin"]);
    for text in ["How do I change my PIN?", "my card has not arrived", "I want to talk to a human"] {
        lead.open("zoe", text);
    }
    while server.turns_left() > 0 {
        std::thread::yield_now();
    }
    let data = server.stop();
    let problems = verified_served(data.path(), &key).problems;
    assert!(!problems.iter().any(|found| found.to_string().contains("turn")), "{problems:?}");
}
