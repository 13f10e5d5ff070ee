//! Decisions are explained and replayed, words can be erased, and the ledger holds through all of it.

use crate::{
    hands::OwnClock,
    harness::{Server, id, open, verified},
    sample_bundle::bank_and,
};
use remit_app::environment::block_on::block_on;
use remit_app::{access::auth, case::query, evidence::decision, governance::services::Services};
use remit_ledger::{checkpoint::Verifier, verify::Problem};
use remit_store::sqlite::DATABASE;
use serde_json::{Value, json};

const SECRET: &str = "I am grieving, my husband Torvald Quillfeather died on Sunday";

#[test]
fn a_decision_is_told_in_plain_words_and_taken_again() {
    let server = Server::start();
    let client = server.client(&["integration", "lead"]);
    let case = client.open("ann", "I want to speak to a human about my card");
    let decision = case["decision"].as_str().unwrap();
    let record = client.get(&format!("/v1/decisions/{decision}")).body;
    let candidates = record["decision"]["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 12);
    for candidate in candidates {
        let named = candidate["verdict"]["policies"].as_array();
        for policy in named.into_iter().flatten() {
            let note = &record["decision"]["policies"][policy.as_str().unwrap()];
            assert!(note["owner"].is_string() && note["reason"].is_string(), "{policy}");
        }
    }
    let told = record["explanation"].to_string();
    assert!(told.contains("remit.human-when-asked"), "{told}");
    let of = |responder: &str| {
        let others = record["explanation"]["others"].as_array().unwrap();
        others.iter().find(|other| other["responder"] == responder).unwrap().clone()
    };
    // Who is denied since nothing permits it is told what came nearest, and what of it did not hold.
    let identity = of("identity");
    let reason = identity["reason"].as_str().unwrap();
    assert!(
        reason.contains("The nearest, rule `queue.identity` of identity-team (Identity and onboarding team), needs `"),
        "{reason}"
    );
    assert!(reason.contains("`; topic is "), "{reason}");
    assert!(identity["title"].is_string(), "{identity}");
    // Moments are told as people there read them.
    assert!(told.contains("Europe/London"), "{told}");
    let replayed = client.post(&format!("/v1/decisions/{decision}/replay"), &json!({}));
    assert_eq!((replayed.status, &replayed.body["same"]), (200, &json!(true)), "{}", replayed.body);
}

#[test]
fn a_desk_that_is_closed_is_told_with_when_it_opens() {
    let clock = OwnClock::new();
    let server = Server::start_at(tempfile::tempdir().unwrap(), &clock);
    let client = server.client(&["integration", "lead"]);
    // From Tuesday at ten in the morning to Wednesday at two in the night.
    clock.forward_ms(16 * 3_600_000);
    let text = "I want to speak to a human about my card";
    let mail = client.post("/v1/cases", &json!({ "customer": "ben", "channel": "email", "text": text })).body;
    let path = format!("/v1/decisions/{}", mail["decision"]["id"].as_str().unwrap());
    let told = client.get(&path).body["explanation"]["others"].to_string();
    assert!(told.contains("It opens at 2026-03-11 08:00:00 Europe/London."), "{told}");
}

#[test]
fn policy_sees_the_case_that_a_decision_an_exception_or_facts_are_about() {
    let policy = r#"
@id("api.fraud-is-secret") @owner("fraud-team") @reason("What fraud is about is for who works on it")
forbid (
    principal is Token,
    action in [Action::"decision.read", Action::"decision.replay", Action::"exception.own"],
    resource is Case
)
when { resource has holder && resource.holder == "fraud" };
@id("api.facts-of-nobody") @owner("fraud-team") @reason("Facts are asked for of somebody")
forbid (principal is Token, action == Action::"fact.read", resource is Organisation);
"#;
    let bundle = bank_and("", &[("policies/secret.cedar", policy)]);
    let server = Server::start_with(bundle, Services::none());
    let lead = server.client(&["integration", "lead", "admin"]);
    let (fraud, card) = (
        lead.open("ann", "Somebody is taking money out of my account right now"),
        lead.open("ben", "When will my card arrive?"),
    );
    assert_eq!(fraud["holder"]["name"], "fraud", "{fraud}");
    for (case, read) in [(&fraud, 403), (&card, 200)] {
        let path = format!("/v1/decisions/{}", case["decision"].as_str().unwrap());
        let exception = json!({ "owner": "head-of-support", "due_at": "2027-01-01T00:00:00Z", "reason": "a look" });
        let raised = lead.post(&format!("/v1/cases/{}/exceptions", id(case)), &exception).body;
        let own = format!("/v1/exceptions/{}/own", raised["case"]["exceptions"][0]["id"].as_str().unwrap());
        let got = (
            lead.get(&path).status,
            lead.post(&format!("{path}/replay"), &json!({})).status,
            lead.post(&own, &json!({})).status,
        );
        assert_eq!(got, (read, read, read), "{case}");
    }
    // What there is nothing of is told to who may ask.
    assert_eq!(lead.get("/v1/decisions/dec_01ARZ3NDEKTSV4RRFFQ69G5FAV").status, 404);
    assert_eq!(lead.get("/v1/customers/ann/facts").status, 404);
}

#[test]
fn what_a_customer_counts_for_is_told_with_what_their_waiting_costs() {
    let server = Server::start();
    let client = server.client(&["integration", "lead"]);
    let of = |tier: &str| {
        let signals = json!([{ "name": "customer_tier", "value": tier }]);
        let text = "When will my card arrive?";
        let open = json!({ "customer": tier, "text": text, "channel": "chat", "signals": signals });
        let case = client.post("/v1/cases", &open).body["case"].clone();
        let decision = case["decision"].as_str().unwrap().to_owned();
        client.get(&format!("/v1/decisions/{decision}")).body["explanation"].to_string()
    };
    assert!(of("plus").contains("at 150 % for this customer's value"), "{}", of("plus"));
    assert!(!of("standard").contains("for this customer's value"));
}

#[test]
fn erased_words_are_gone_and_every_proof_still_holds() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    let case = admin.open("torvald", SECRET);
    let other = admin.open("bob", "my card has not arrived");
    let at = format!("/v1/cases/{}", id(&case));
    assert!(admin.get(&format!("{at}/messages")).body.to_string().contains("Quillfeather"));
    let erased = admin.post("/v1/customers/erase", &json!({ "customer": "torvald" }));
    assert_eq!((erased.status, &erased.body["cases"]), (200, &json!(1)), "{}", erased.body);
    let messages = admin.get(&format!("{at}/messages")).body;
    assert_eq!(messages["items"][0]["text"], Value::Null, "{messages}");
    let timeline = admin.get(&format!("{at}/timeline")).body.to_string();
    assert!(!timeline.contains("Quillfeather"), "{timeline}");
    let write = admin.post(&format!("{at}/messages"), &json!({ "text": "me again" }));
    assert_eq!((write.status, &write.body["type"]), (410, &json!("/problems/erased")), "{}", write.body);
    let kept = admin.get(&format!("/v1/cases/{}/messages", id(&other))).body;
    assert!(kept.to_string().contains("has not arrived"), "others keep theirs");
    let again = admin.post("/v1/customers/erase", &json!({ "customer": "torvald" }));
    assert_eq!(again.status, 404);

    let key = Verifier::parse(admin.get("/ledger/key").body.as_str().unwrap().trim()).unwrap();
    let data = server.stop();
    for file in std::fs::read_dir(data.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        for word in ["Quillfeather", "torvald"] {
            assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{word} is in {}", path.display());
        }
    }
    let report = verified(data.path(), &key);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert!(report.records > 0 && report.signed == Some(report.records), "{report:?}");
}

#[test]
fn what_is_kept_of_a_case_otherwise_than_its_records_make_it_is_named() {
    let server = Server::start();
    let client = server.client(&["admin", "integration", "lead", "staff"]);
    let case = client.open("ann", "my card has not arrived");
    let case = case["id"].as_str().unwrap();
    let other = client.open("bob", "why was I charged twice");
    client.post(&format!("/v1/cases/{case}/messages"), &json!({ "text": "it was sent two weeks ago" }));
    let raise = |reason: &str| {
        let due = "2027-01-01T00:00:00Z";
        let asked = json!({ "owner": "head-of-support", "due_at": due, "reason": reason });
        let raised = client.post(&format!("/v1/cases/{case}/exceptions"), &asked);
        assert_eq!(raised.status, 201, "{}", raised.body);
        client.get("/v1/exceptions?state=open").body["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let ended = raise("the courier lost a bag");
    client.send(&format!("/v1/exceptions/{ended}/own"), &[], b"");
    let resolved = client.post(&format!("/v1/exceptions/{ended}/resolve"), &json!({ "reason": "found" }));
    assert_eq!(resolved.status, 200, "{}", resolved.body);
    let open = raise("the courier lost another bag");
    let key = Verifier::parse(client.get("/ledger/key").body.as_str().unwrap().trim()).unwrap();
    let data = server.stop();
    let pristine = data.path().join(DATABASE);
    rusqlite::Connection::open(&pristine)
        .unwrap()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    assert_eq!(verified(data.path(), &key).problems, []);

    let of_case = |change: &str| format!("UPDATE cases SET {change} WHERE id = '{case}'");
    let of_exception = |id: &str, change: &str| format!("UPDATE exceptions SET {change} WHERE id = '{id}'");
    for (change, named, told) in [
        (of_case("version = version + 1"), case, "its version is"),
        (of_case("status = 'resolved'"), case, "its status is \"resolved\", and they say \"open\""),
        (of_case("holder = 'nobody'"), case, "its holder is \"nobody\""),
        (of_case("holder_kind = NULL"), case, "its kind of holder is null"),
        (of_case("accountable = 'nobody'"), case, "its accountable is"),
        (of_case("customer = 'cus_x'"), case, "its customer is"),
        (of_case("intent = 'other'"), case, "its intent is"),
        (of_case("opened_ms = 0"), case, "its opened is 0"),
        (of_case("updated_ms = 0"), case, "its updated is 0"),
        (of_case("state = x'00'"), case, "its state cannot be read"),
        (of_case(&format!("state = (SELECT state FROM cases WHERE id = '{}')", id(&other))), case, "its "),
        (format!("DELETE FROM cases WHERE id = '{case}'"), case, "it is not kept"),
        (of_case("id = 'cas_x'"), "cas_x", "no record opens it"),
        (of_exception(&open, "owner = 'nobody'"), case, "is kept otherwise"),
        (of_exception(&open, "due_ms = due_ms + 1"), case, "is kept otherwise"),
        (of_exception(&open, "body = x'007b7d'"), case, "is kept otherwise"),
        (of_exception(&open, "state = 'taken'"), case, "is kept as taken, and they leave it open"),
        (of_exception(&open, "state = 'resolved'"), case, "is kept as resolved, and they leave it open"),
        (of_exception(&open, "stream = 'cas_x'"), "cas_x", "no record opens it"),
        (format!("DELETE FROM exceptions WHERE id = '{open}'"), case, "is not kept"),
        (of_exception(&ended, "state = 'open'"), case, "is kept as open, and they leave it resolved"),
        (of_exception(&ended, "owner = 'nobody'"), case, "is kept otherwise"),
    ] {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(&pristine, copy.path().join(DATABASE)).unwrap();
        let raw = rusqlite::Connection::open(copy.path().join(DATABASE)).unwrap();
        assert_eq!(raw.execute(&change, []).unwrap(), 1, "{change}");
        drop(raw);
        let problems = verified(copy.path(), &key).problems;
        let found =
            |problem: &Problem| matches!(problem, Problem::Case { case, how } if case == named && how.contains(told));
        assert!(problems.iter().any(found), "{change}: {problems:?}");
        let beside = |problem: &Problem| matches!(problem, Problem::Case { .. } | Problem::Kept { .. });
        assert!(problems.iter().all(beside), "{change}: {problems:?}");
    }
}

#[test]
fn whatever_is_changed_beside_the_records_is_named() {
    let server = Server::start();
    let client = server.client(&["admin", "integration", "lead", "staff"]);
    let body = json!({ "customer": "ann", "text": "my card has not arrived", "channel": "chat" });
    client.post_once("/v1/cases", "key-1", &body);
    client.open("bob", "why was I charged twice");
    client.open("cecil", "my name is Quillfeather");
    client.post("/v1/customers/erase", &json!({ "customer": "cecil" }));
    let due = json!({ "owner": "head-of-support", "due_at": "2027-01-01T00:00:00Z", "reason": "look" });
    let on = id(&client.open("dora", "where is my card"));
    assert_eq!(client.post(&format!("/v1/cases/{on}/exceptions"), &due).status, 201);
    let done = id(&client.open("emil", "where is my card"));
    let epoch = client.get(&format!("/v1/cases/{done}")).body["holder"]["epoch"].clone();
    client.post(&format!("/v1/cases/{done}/resolve"), &json!({ "epoch": epoch }));
    crate::governance::something_of_each(&server, &client);
    let key = Verifier::parse(client.get("/ledger/key").body.as_str().unwrap().trim()).unwrap();
    let data = server.stop();
    let pristine = data.path().join(DATABASE);
    let raw = rusqlite::Connection::open(&pristine).unwrap();
    raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(raw);
    let report = verified(data.path(), &key);
    assert_eq!(report.problems, []);
    assert!(report.looked_at.iter().any(|looked| looked.what.contains("opened") && looked.count > 0), "{report:?}");

    for (change, told) in [
        ("DELETE FROM words WHERE id = (SELECT min(id) FROM words)", "it is not there, and no erasure is on record"),
        ("UPDATE words SET sealed = zeroblob(length(sealed)) WHERE id = (SELECT min(id) FROM words)", "does not open"),
        ("UPDATE words SET sealed = substr(sealed, 2) WHERE id = (SELECT min(id) FROM words)", "of another length"),
        ("UPDATE words SET id = 'x' WHERE id = (SELECT min(id) FROM words)", "no record names it"),
        ("UPDATE words SET stream = 'cas_x' WHERE id = (SELECT min(id) FROM words)", "no record opens it"),
        (
            "UPDATE words SET sealed = (SELECT sealed FROM words AS w WHERE w.id = (SELECT max(id) FROM words)) \
             WHERE id = (SELECT min(id) FROM words)",
            "words ",
        ),
        (
            "DELETE FROM customers WHERE opened_ms = -1 AND id = (SELECT max(id) FROM customers JOIN customer_keys \
             ON num = key WHERE opened_ms >= 0 AND wrapped <> zeroblob(length(wrapped)))",
            "the row with the key is not there",
        ),
        ("UPDATE customer_keys SET wrapped = randomblob(60)", "does not open under the master key"),
        ("UPDATE customer_keys SET wrapped = zeroblob(60)", "no erasure is on record"),
        ("UPDATE customers SET key = NULL WHERE opened_ms = -1", "the key is empty"),
        ("UPDATE customers SET key = NULL WHERE opened_ms >= 0", "key is not there"),
        (
            "UPDATE customers SET key = (SELECT min(num) FROM customer_keys WHERE wrapped <> \
             zeroblob(length(wrapped))) WHERE opened_ms >= 0",
            "nothing that was said on the case can be opened",
        ),
        (
            "UPDATE customers SET key = (SELECT max(num) FROM customer_keys) WHERE opened_ms >= 0; \
             UPDATE words SET sealed = randomblob(length(sealed))",
            "nothing that was said on the case can be opened",
        ),
        ("UPDATE customers SET opened_ms = opened_ms + 1 WHERE opened_ms >= 0", "not kept among its customer's"),
        ("UPDATE customers SET stream = 'cas_x' || stream WHERE opened_ms >= 0", "not kept among its customer's"),
        ("DELETE FROM customers WHERE opened_ms >= 0", "cases are somebody's"),
        ("INSERT INTO customer_keys VALUES (99, randomblob(60))", "it is nobody's"),
        ("UPDATE cases SET num = num + 100 WHERE num = 1", "are numbered from"),
        ("UPDATE depths SET open = open + 1", "open cases of"),
        ("UPDATE depths SET holder = holder || 'x'", "open cases of"),
        ("DELETE FROM depths", "open cases of"),
        ("UPDATE outcomes SET resolved = resolved + 1", "outcomes of"),
        ("UPDATE outcomes SET failed = failed + 1", "outcomes of"),
        ("UPDATE outcomes SET wrong = wrong + 1", "outcomes of"),
        ("UPDATE outcomes SET responder = responder || 'x'", "outcomes of"),
        ("UPDATE outcome_counts SET count = count + 1", "outcomes of"),
        ("UPDATE outcome_counts SET kind = kind || 'x'", "outcomes of"),
        ("DELETE FROM outcome_counts", "outcomes of"),
        ("UPDATE born SET format = 1; DELETE FROM outcome_counts", "outcomes of"),
        ("DELETE FROM outbox WHERE id LIKE 'exception:%'", "is not in the outbox"),
        ("UPDATE outbox SET due_ms = due_ms + 1 WHERE id LIKE 'exception:%'", "it is due at"),
        ("DELETE FROM outbox WHERE id LIKE 'sla:%'", "a promise runs, and nothing remains to be done"),
        ("UPDATE outbox SET kind = 'x' WHERE id LIKE 'sla:%'", "a promise runs, and nothing remains to be done"),
        ("UPDATE outbox SET id = id || 'x'", "it would be named"),
        ("UPDATE outbox SET body = x'7b'", "it cannot be read"),
        ("UPDATE outbox SET stream = 'cas_x'", "no record opens it"),
        ("DELETE FROM bundles", "and it is not there"),
        ("UPDATE bundles SET bytes = substr(bytes, 1, length(bytes) - 1)", "bundle "),
        ("UPDATE bundles SET digest = 'x'", "has the digest"),
        ("INSERT INTO activations SELECT at_ms + 10, digest FROM activations", "and the records say none"),
        ("UPDATE activations SET at_ms = at_ms + 1", "and the records say"),
        ("UPDATE activations SET digest = 'x'", "it came into force, and is not there"),
        ("DELETE FROM activations", "and the records say"),
        ("UPDATE ledger_head SET size = size + 1", "the ledger's head"),
        ("INSERT INTO tiles VALUES (1, 0, zeroblob(8192))", "no records make it full"),
        ("INSERT INTO tiles VALUES (0, 0, zeroblob(8192))", "no records make it full"),
        ("UPDATE checkpoints SET size = size - 1", "the checkpoint over"),
        ("UPDATE checkpoints SET note = replace(note, 'remit/ledger', 'remit/ledges')", "the checkpoint over"),
        (
            "INSERT OR REPLACE INTO checkpoints SELECT size - 1, note FROM checkpoints ORDER BY size DESC LIMIT 1",
            "the checkpoint over",
        ),
        ("UPDATE keys SET mark = zeroblob(32) WHERE name = 'master.key'", "is another's"),
        ("UPDATE keys SET name = 'x' WHERE name = 'ledger.key'", "is another's"),
        ("UPDATE shapes SET kind = 'x'", "none of that kind"),
        ("UPDATE tokens SET id = 'tok_x' WHERE id = (SELECT min(id) FROM tokens)", "not named after its hash"),
        ("UPDATE tokens SET hash = zeroblob(32) WHERE id = (SELECT min(id) FROM tokens)", "not named after its hash"),
        ("UPDATE tokens SET roles = 'king'", "is no role"),
        ("UPDATE tokens SET expires_ms = 0", "ends before it begins"),
        ("UPDATE tokens SET roles = 'admin auditor'", "it is otherwise than its records say"),
        ("UPDATE tokens SET staff = 'ana'", "it is otherwise than its records say"),
        ("UPDATE tokens SET expires_ms = expires_ms + 1", "it is otherwise than its records say"),
        ("DELETE FROM tokens", "its records say that there is one, and none is kept"),
        (
            "UPDATE items SET body = CAST(replace(CAST(body AS TEXT), '\"fraud\":3', '\"fraud\":5') AS BLOB) \
             WHERE kind = 'staff'",
            "member of staff",
        ),
        (
            "UPDATE items SET body = CAST(replace(CAST(body AS TEXT), 'available', 'busy') AS BLOB) \
             WHERE kind = 'staff'",
            "they are busy, and the records say available",
        ),
        ("UPDATE items SET id = 'eve' WHERE kind = 'staff'", "no record says that there is one"),
        ("DELETE FROM items WHERE kind = 'staff'", "its records say that there is one, and none is kept"),
        ("UPDATE items SET id = id || 'x' WHERE kind = 'subscription'", "no record says that there is one"),
        (
            "UPDATE items SET body = CAST(replace(CAST(body AS TEXT), 'https://', 'http://') AS BLOB) \
             WHERE kind = 'subscription'",
            "otherwise",
        ),
        ("DELETE FROM items WHERE kind = 'subscription'", "its records say that there is one, and none is kept"),
        ("UPDATE items SET id = 'x' || id WHERE kind = 'chat'", "no record says that there is one"),
        (
            "UPDATE items SET body = CAST(replace(CAST(body AS TEXT), 'cus_', 'cus_0') AS BLOB) WHERE kind = 'chat'",
            "chat",
        ),
        ("UPDATE idempotency SET request_hash = x'00'", "the hash of its request"),
        ("UPDATE idempotency SET response = x'00'", "it cannot be read"),
        ("DROP INDEX exceptions_state", "not as this format has it"),
        ("CREATE TRIGGER quiet AFTER INSERT ON events BEGIN DELETE FROM words; END", "not as this format has it"),
    ] {
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(&pristine, copy.path().join(DATABASE)).unwrap();
        std::fs::create_dir(copy.path().join("keys")).unwrap();
        for name in ["master.key", "ledger.key"] {
            std::fs::copy(data.path().join("keys").join(name), copy.path().join("keys").join(name)).unwrap();
        }
        let raw = rusqlite::Connection::open(copy.path().join(DATABASE)).unwrap();
        raw.execute_batch(change).unwrap_or_else(|error| panic!("{change}: {error}"));
        drop(raw);
        let problems: Vec<String> = verified(copy.path(), &key).problems.iter().map(ToString::to_string).collect();
        assert!(problems.iter().any(|problem| problem.contains(told)), "{change}: {problems:?}");
    }
}

#[test]
fn a_decision_of_an_earlier_start_is_still_there_and_replays() {
    let server = Server::start();
    let case = server.client(&["integration", "lead"]).open("ann", "my card has not arrived");
    let data = server.stop();
    let app = open(data.path());
    let new = remit_app::token::NewToken {
        name: "again".into(),
        roles: vec!["lead".into()],
        responder: None,
        source: None,
        sources: Vec::new(),
        staff: None,
        days: 1,
    };
    let made = remit_app::token::make(&app, new).unwrap();
    let caller =
        block_on(auth::caller(&app.journal, &app.live, &app.environment, Some(&format!("Bearer {}", made.token))))
            .unwrap();
    assert_eq!(block_on(query::case(&app, &caller, &id(&case))).unwrap().version, case["version"]);
    assert!(block_on(decision::replay(&app, &caller, case["decision"].as_str().unwrap())).unwrap().same);
}

#[test]
fn the_published_ledger_can_be_read_tile_by_tile() {
    let server = Server::start();
    let client = server.client(&["integration", "auditor"]);
    client.open("ann", "my card has not arrived");
    let records = client.get("/readyz").body["records"].as_u64().unwrap();
    assert_eq!(client.get(&format!("/ledger/tile/0/000.p/{records}")).status, 200);
    assert_eq!(client.get(&format!("/ledger/tile/entries/000.p/{records}")).status, 200);
    for path in ["/ledger/tile/0/000", "/ledger/tile/0/000.p/256", "/ledger/tile/9/000", "/ledger/tile/../key"] {
        assert_eq!(client.get(path).status, 404, "{path}");
    }
}
