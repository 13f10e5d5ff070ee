//! What is taken for an identity provider's assertion, and what is not.

use super::*;
use crate::client::ClientKey;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000_000;
const ISSUER: &str = "https://idp.example.com";
const AUDIENCE: &str = "https://support.example.com";
const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

fn key() -> ClientKey {
    ClientKey::ed25519(&[1; 32]).unwrap()
}

/// The header and the claims of a good assertion.
fn good() -> (Value, Value) {
    let header = json!({ "typ": TYPE, "kid": key().public().kid() });
    let claims = json!({
        "iss": ISSUER, "sub": "u-1", "aud": AUDIENCE, "client_id": "dlg_1", "jti": "1", "iat": NOW / 1_000,
        "exp": NOW / 1_000 + 300, "scope": "support:ask", "resource": "https://support.example.com/mcp",
        "cnf": { "jkt": JKT }, "act": { "sub": "dlg_1" },
        "authorization_details": [{ "type": "support_delegation", "actions": ["refund.request"] }],
    });
    (header, claims)
}

fn told(assertion: &str) -> Result<Asserted, GrantError> {
    let keys = ProviderKeys::parse(&json!({ "keys": [key().public().to_json()] }));
    let client = ["dlg_1", "https://muse.example/client.json"];
    read(assertion, &Expected { issuer: ISSUER, keys: &keys, audience: AUDIENCE, client: &client, jkt: JKT }, NOW)
}

fn signed(header: &Value, claims: &Value) -> String {
    key().sign(header, claims).unwrap()
}

#[test]
fn what_a_trusted_provider_asserts_is_taken() {
    let (header, claims) = good();
    let assertion = signed(&header, &claims);
    assert_eq!(peek_issuer(&assertion), Ok((ISSUER.to_owned(), None)));
    let asserted = told(&assertion).unwrap();
    assert_eq!((asserted.subject.as_str(), asserted.until_ms), ("u-1", NOW + 300_000));
    assert_eq!(asserted.resources, ["https://support.example.com/mcp"]);
    assert_eq!(asserted.authorization_details[0].actions.as_deref(), Some(&["refund.request".to_owned()][..]));
}

#[test]
fn what_may_be_left_out_is_left_out() {
    let (header, mut claims) = good();
    for member in ["scope", "resource", "cnf", "act", "authorization_details"] {
        claims.as_object_mut().unwrap().remove(member);
    }
    claims["aud"] = json!([AUDIENCE]);
    let asserted = told(&signed(&header, &claims)).unwrap();
    assert!(asserted.resources.is_empty() && asserted.scope.is_none() && asserted.authorization_details.is_empty());
}

#[test]
fn each_thing_that_is_wrong_is_told() {
    let (header, claims) = good();
    for (member, value, error) in [
        ("typ", json!("JWT"), GrantError::Type),
        ("typ", json!("at+jwt"), GrantError::Type),
        ("typ", Value::Null, GrantError::Type),
        ("kid", json!("other"), GrantError::NoKey),
        ("alg", json!("ES256"), GrantError::NoKey),
        ("alg", json!("none"), GrantError::Algorithm),
        ("alg", json!("HS256"), GrantError::Algorithm),
    ] {
        let mut header = header.clone();
        header[member] = value;
        assert_eq!(told(&signed(&header, &claims)), Err(error), "{member}");
    }
    let audience = || GrantError::Audience(AUDIENCE.into());
    let seconds = NOW / 1_000;
    for (member, value, error) in [
        ("iss", json!("https://other.example"), GrantError::Issuer),
        ("iss", json!("https://idp.example.com/"), GrantError::Issuer),
        ("aud", json!("https://other.example"), audience()),
        ("aud", json!([AUDIENCE, "https://other.example"]), audience()),
        ("aud", json!([AUDIENCE, AUDIENCE]), audience()),
        ("aud", json!([]), audience()),
        ("client_id", json!("dlg_2"), GrantError::Client),
        ("cnf", json!({ "jkt": "other" }), GrantError::Binding),
        ("exp", json!(seconds), GrantError::Expired),
        ("exp", json!(seconds + 601), GrantError::TooLong),
        ("iat", json!(seconds + 61), GrantError::NotYet),
        ("iat", json!(seconds - 601), GrantError::TooOld),
        ("iat", json!(seconds + 300), GrantError::TooOld),
        ("sub", json!("u".repeat(256)), GrantError::Name("sub")),
        ("nbf", json!(seconds + 61), GrantError::NotYet),
        ("sub", json!(""), GrantError::Name("sub")),
        ("jti", json!("a b"), GrantError::Name("jti")),
        ("resource", json!(vec!["a"; 17]), GrantError::TooMany("resources")),
        ("act", json!({ "sub": "dlg_0" }), GrantError::Actor),
        ("act", json!({ "sub": "dlg_1", "act": { "sub": "dlg_0" } }), GrantError::Actor),
    ] {
        let mut claims = claims.clone();
        claims[member] = value;
        assert_eq!(told(&signed(&header, &claims)), Err(error), "{member}");
    }
    for member in ["iss", "sub", "aud", "client_id", "jti", "exp", "iat"] {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(member);
        let error = told(&signed(&header, &claims)).unwrap_err();
        assert!(error.to_string().contains(member) && error.code() == ErrorCode::InvalidGrant, "{error}");
    }
    let mut wide = claims.clone();
    wide["authorization_details"][0]["constraints"] = json!({ "max_speed": 1 });
    assert!(told(&signed(&header, &wide)).unwrap_err().to_string().contains("max_speed"));
    wide["authorization_details"] = json!([{ "type": "support_delegation", "actions": [] }]);
    let error = told(&signed(&header, &wide)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidAuthorizationDetails);
}

#[test]
fn nobody_asserts_but_the_provider() {
    let (header, mut claims) = good();
    let other = ClientKey::ed25519(&[2; 32]).unwrap();
    assert_eq!(told(&other.sign(&header, &claims).unwrap()), Err(GrantError::Signature));
    // A server takes no assertion of its own, even if it is listed.
    claims["iss"] = json!(AUDIENCE);
    let keys = ProviderKeys::parse(&json!({ "keys": [key().public().to_json()] }));
    let itself = Expected { issuer: AUDIENCE, keys: &keys, audience: AUDIENCE, client: &["dlg_1"], jkt: JKT };
    assert_eq!(read(&signed(&header, &claims), &itself, NOW), Err(GrantError::Issuer));
}

proptest! {
    #[test]
    fn whatever_comes_is_refused_without_a_panic(text in any::<String>(), claims in ".{0,80}") {
        prop_assert!(told(&text).is_err() && peek_issuer(&text).is_err());
        let claims: Value = serde_json::from_str(&claims).unwrap_or(Value::String(claims));
        prop_assert!(told(&signed(&good().0, &claims)).is_err());
    }
}
