//! What is kept of delegates and what customers grant them beside the records: whatever somebody changes of it in the
//! database is found by verification.

use crate::{
    changed_rows::{each_is_found, found},
    delegate::{Desk, usual},
    exchanges::{detail, given},
    key_addresses::Host,
};
use remit_oauth::assertion;
use serde_json::json;

/// A change of what is stored of things, by SQL, and what verification says of it.
const CHANGES: [(&str, &str); 25] = [
    ("UPDATE items SET body = put(body, 'Muse', 'Mule') WHERE kind = 'delegate'", "not as its records leave it"),
    (
        "UPDATE items SET body = put(body, '\"suspended\":false', '\"suspended\":true') WHERE kind = 'delegate'",
        "not as its records leave it",
    ),
    (
        "UPDATE items SET body = put(body, '\"keys_since\":0', '\"keys_since\":7') WHERE kind = 'delegate'",
        "not as its records leave it",
    ),
    (
        "UPDATE items SET body = put(body, '\"registered\":', '\"registered\":1') WHERE kind = 'delegate'",
        "not as its records leave it",
    ),
    (
        "UPDATE items SET body = put(body, 'muse.example/back', 'evil.example/back') WHERE kind = 'delegate'",
        "not as its records leave it",
    ),
    ("DELETE FROM items WHERE kind = 'delegate'", "it is not kept"),
    (
        "UPDATE items SET body = put(body, 'client.json', 'other.json') WHERE kind = 'delegate'",
        "not as its records leave it",
    ),
    ("DELETE FROM items WHERE kind = 'delegate by document'", "it is not found by the address that it is called by"),
    ("UPDATE items SET id = 'x' || id WHERE kind = 'delegate by document'", "is called by the address of this digest"),
    (
        "UPDATE items SET body = put(body, '\"max_count\":3', '\"max_count\":9') WHERE kind = 'delegation'",
        "not as its records leave it",
    ),
    ("DELETE FROM items WHERE kind LIKE 'delegations cus_%'", "not listed of its customer"),
    ("DELETE FROM items WHERE kind LIKE 'given on %'", "or of the one that it is narrowed from"),
    (
        "UPDATE items SET kind = 'given on dgn_01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE kind LIKE 'given on %'",
        "one is listed that no record says they granted",
    ),
    (
        "UPDATE items SET body = put(body, '1', '0') WHERE kind = 'delegations granted'",
        "as many as are counted were not granted",
    ),
    (
        "UPDATE items SET body = put(body, '\"max_count\":3', '\"max_count\":9') WHERE kind = 'consent'",
        "no record says that it was asked so",
    ),
    (
        "UPDATE items SET body = put(body, '\"expires\":', '\"expires\":1') WHERE kind = 'consent'",
        "no record says that it was asked so",
    ),
    ("UPDATE items SET id = 'x' || id WHERE kind = 'consent'", "no record says that it was asked so"),
    ("DELETE FROM items WHERE kind = 'consent'", "it can be answered by its records, and is not kept"),
    ("DELETE FROM items WHERE kind = 'revoked access token'", "it is not kept"),
    ("UPDATE items SET id = 'x' || id WHERE kind = 'revoked access token'", "no record says so"),
    (
        "UPDATE items SET body = put(body, '\"question\":true', '\"question\":false') \
         WHERE kind LIKE 'delegated dgn_%'",
        "one is listed otherwise than it was opened",
    ),
    ("DELETE FROM items WHERE kind LIKE 'delegated dgn_%'", "was opened under it, and is not listed"),
    (
        "INSERT INTO items (kind, id, body) SELECT kind, 'cas_01ARZ3NDEKTSV4RRFFQ69G5FAV', \
      put(body, id, 'cas_01ARZ3NDEKTSV4RRFFQ69G5FAV') FROM items WHERE kind LIKE 'delegated dgn_%' LIMIT 1",
        "one is listed otherwise than it was opened",
    ),
    (
        "UPDATE items SET kind = 'delegated dgn_01ARZ3NDEKTSV4RRFFQ69G5FAV' WHERE kind LIKE 'delegated dgn_%'",
        "one is listed otherwise than it was opened",
    ),
    (
        "INSERT INTO items (kind, id, body) VALUES ('authorization code', 'x', CAST('{}' AS BLOB))",
        "it cannot be read as one",
    ),
];

#[test]
fn whatever_is_changed_of_delegates_beside_the_records_is_found() {
    let desk = Desk::open();
    let (mut muse, _) = desk.for_ann(81, &usual());
    muse.open("I was charged twice for a card payment, please give me my money back");
    let question = muse.post("/delegate/v1/cases", &json!({ "text": "When do you open?", "question": true }));
    assert_eq!(question.status, 201, "{}", question.body);
    let host = Host::start();
    host.is_called_by_document(&desk);
    let helper = desk.delegate(82);
    assert_eq!(given(&mut muse, &helper, "case:read", &detail(json!({}))).status, 200);
    muse.asked_of(&desk.crm, "ben", &usual());
    let (shown, token) = (muse.assertion(), muse.token.clone());
    let fields = [("client_assertion_type", assertion::TYPE), ("client_assertion", &*shown), ("token", &*token)];
    assert_eq!(muse.form("/oauth/revoke", &fields, None).status, 200);
    assert_eq!(muse.get("/delegate/v1/cases").status, 401);
    let data = desk.server.stop();
    assert_eq!(found(data.path()), [""; 0]);
    each_is_found(data.path(), &CHANGES, &found);
}
