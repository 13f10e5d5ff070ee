//! Issuers as they are listed and kept: what can be one, by which keys each is known, and that whatever is changed of
//! them beside the records is found.

use crate::{
    changed_rows::{each_is_found, found},
    delegate::{Desk, ISSUER},
    expected::{Expected as _, put},
    issuers::{Word, issuer, key, list},
};
use remit_oauth::id_jag;
use serde_json::json;

const AGAIN_MS: i64 = 10_000;

#[test]
fn an_issuers_keys_are_those_that_stand_at_its_address() {
    let word = Word::of("ann");
    let mut muse = word.desk.delegate(1);
    word.host.put_keys(&[&key(78)]);
    word.desk.clock.forward_ms(AGAIN_MS);
    let by_new = key(78).sign(&json!({ "typ": id_jag::TYPE }), &word.claims(&muse.id, &json!({}))).unwrap();
    assert_eq!(word.bring(&mut muse, &by_new, &[]).status, 200);
    assert!(word.refused(&mut muse, &json!({})).1.contains("not signed by its issuer"));
    let timeline = word.desk.admin.get(&format!("/v1/streams/issuer/{}/timeline", word.id)).expect(200).to_string();
    assert_eq!(timeline.matches("keys_refreshed").count(), 1, "{timeline}");
    for status in ["503 Service Unavailable", "429 Too Many Requests"] {
        word.host.answers("/keys", status, String::new());
        word.desk.clock.forward_ms(300_000);
        let by_new = key(78).sign(&json!({ "typ": id_jag::TYPE }), &word.claims(&muse.id, &json!({}))).unwrap();
        assert_eq!(word.bring(&mut muse, &by_new, &[]).status, 200, "{status}");
    }
    assert_eq!(found(word.desk.server.stop().path()), Vec::<String>::new());
}

#[test]
fn an_issuer_is_known_by_other_keys_once_they_are_said() {
    let word = Word::of("ann");
    let mut muse = word.desk.delegate(1);
    let path = format!("/v1/issuers/{}/keys", word.id);
    let keys = json!({ "jwks": { "keys": [key(79).public().to_json()] } });
    let said = put(&word.desk.admin, &path, &keys).expect(200);
    assert_eq!((&said["keys"], said.get("jwks_uri")), (&json!([key(79).public().thumbprint()]), None), "{said}");
    assert!(word.refused(&mut muse, &json!({})).1.contains("not signed by its issuer"));
    let by_new = key(79).sign(&json!({ "typ": id_jag::TYPE }), &word.claims(&muse.id, &json!({}))).unwrap();
    assert_eq!(word.bring(&mut muse, &by_new, &[]).status, 200);
    // It is asked again where they are.
    put(&word.desk.admin, &path, &json!({})).expect(200);
    word.token(&mut muse, &json!({}));
    let none = put(&word.desk.admin, &path, &json!({ "jwks": { "keys": [] } }));
    assert_eq!((none.status, &none.body["field"]), (422, &json!("jwks")), "{}", none.body);
    assert_eq!(found(word.desk.server.stop().path()), Vec::<String>::new());
}

#[test]
fn what_can_be_no_issuer_is_refused_with_what_to_change() {
    let (desk, (host, at)) = (Desk::open(), issuer());
    list(&desk, &at, &json!({})).expect(201);
    let lost = host.at("/lost");
    host.put("/other/.well-known/openid-configuration", &json!({ "issuer": at, "jwks_uri": host.at("/keys") }));
    let small = host.put("/small", &json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB" }] }));
    for (issuer, more, field) in [
        (at.as_str(), json!({}), "issuer"),
        (ISSUER, json!({ "jwks_uri": host.at("/keys") }), "issuer"),
        (&ISSUER.to_uppercase().replace("HTTPS", "https"), json!({ "jwks_uri": host.at("/keys") }), "issuer"),
        ("http://id.example", json!({}), "issuer"),
        ("https://id.example/?a=b", json!({}), "issuer"),
        ("not an address", json!({}), "issuer"),
        (&lost, json!({}), "issuer"),
        (&host.at("/other"), json!({}), "issuer"),
        ("https://id.example", json!({ "jwks_uri": small }), "jwks_uri"),
        ("https://id.example", json!({ "jwks_uri": host.at("/none") }), "jwks_uri"),
        ("https://id.example", json!({ "jwks": { "keys": [] } }), "jwks"),
        ("https://id.example", json!({ "jwks": { "keys": [] }, "jwks_uri": host.at("/keys") }), "jwks"),
        ("https://id.example", json!({ "jwks_uri": host.at("/keys"), "tenant": "" }), "tenant"),
        ("https://id.example", json!({ "jwks_uri": host.at("/keys"), "days": 0 }), "days"),
        ("https://id.example", json!({ "jwks_uri": host.at("/keys"), "scopes": [], "actions": [] }), "scopes"),
        ("https://id.example", json!({ "jwks_uri": host.at("/keys"), "actions": ["no_such"] }), "actions"),
    ] {
        let got = list(&desk, issuer, &more);
        assert_eq!((got.status, &got.body["field"]), (422, &json!(field)), "{issuer} {more}: {}", got.body);
    }
    let id = "iss_01KKBK0TF82Z5S8TC0Z2V1A000";
    assert_eq!(desk.admin.post(&format!("/v1/issuers/{id}/suspend"), &json!({})).status, 404);
    assert_eq!(put(&desk.admin, &format!("/v1/issuers/{id}/subjects"), &json!({ "subject": "a" })).status, 404);
    assert_eq!(desk.admin.get("/v1/issuers").expect(200).as_array().unwrap().len(), 1);
}

/// A change of what is stored of issuers, by SQL, and what verification says of it.
const CHANGES: [(&str, &str); 9] = [
    (
        "UPDATE items SET body = put(body, '\"days\":30', '\"days\":99') WHERE kind = 'issuer'",
        "not as its records leave it",
    ),
    (
        "UPDATE items SET body = put(body, '\"suspended\":true', '\"suspended\":false') WHERE kind = 'issuer'",
        "not as its records leave it",
    ),
    ("DELETE FROM items WHERE kind = 'issuer'", "it is not kept"),
    ("UPDATE items SET id = 'x' || id WHERE kind = 'issuer'", "no record says so"),
    ("UPDATE items SET id = 'x' || id WHERE kind = 'issuer by name'", "not found by the names"),
    (
        "UPDATE items SET body = put(body, '\"disabled\":true', '\"disabled\":false') WHERE kind LIKE 'subjects %'",
        "otherwise than its records leave it",
    ),
    ("DELETE FROM items WHERE kind LIKE 'subjects %'", "otherwise than its records leave it"),
    ("DELETE FROM items WHERE kind LIKE 'linked subjects %'", "not listed of the customers"),
    ("DELETE FROM items WHERE kind = 'delegation by issuer'", "not those that their records say"),
];

#[test]
fn whatever_is_changed_of_issuers_beside_the_records_is_found() {
    let word = Word::of("ann");
    word.token(&mut word.desk.delegate(1), &json!({}));
    word.say(&json!({ "subject": "u-2", "disabled": true }));
    word.stop("suspend");
    let data = word.desk.server.stop();
    each_is_found(data.path(), &CHANGES, &found);
}
