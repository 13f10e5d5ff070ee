//! Decisions are explained and replayed, words can be erased, and the ledger holds through all of it.

use crate::harness::{Server, id, open};
use remit_ledger::checkpoint::Verifier;
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
    let replayed = client.post(&format!("/v1/decisions/{decision}/replay"), &json!({}));
    assert_eq!((replayed.status, &replayed.body["same"]), (200, &json!(true)), "{}", replayed.body);
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
    let report = remit_store::sqlite::verify::verify(data.path(), &key, None, &mut |_, _| {}).unwrap();
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert!(report.records > 0 && report.signed == Some(report.records), "{report:?}");
}

#[test]
fn a_decision_of_an_earlier_start_is_still_there_and_replays() {
    let server = Server::start();
    let case = server.client(&["integration", "lead"]).open("ann", "my card has not arrived");
    let data = server.stop();
    let app = open(data.path());
    let new = remit_server::app::token::NewToken {
        name: "again".into(),
        roles: vec!["lead".into()],
        responder: None,
        source: None,
        staff: None,
        days: 1,
    };
    let made = remit_server::app::token::make(app.store(), &remit_server::entropy::Entropy::default(), app.now(), new)
        .unwrap();
    let caller = app.caller(Some(&format!("Bearer {}", made.token))).unwrap();
    assert_eq!(app.case(&caller, &id(&case)).unwrap().version, case["version"]);
    assert!(app.replay(&caller, case["decision"].as_str().unwrap()).unwrap().same);
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
