//! What is taken for an assertion of a client, and what is not.

use super::*;
use crate::{client::ClientKey, seen::SeenProofs};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000_000;
const CLIENT: &str = "dlg_1";
const ISSUER: &str = "https://support.example.com";
const ENDPOINT: &str = "https://support.example.com/oauth/token";
const AUDIENCES: [&str; 2] = [ISSUER, ENDPOINT];

fn key() -> ClientKey {
    ClientKey::ed25519(&[1; 32]).unwrap()
}

fn keys() -> KeySet {
    KeySet::of(key().public().clone())
}

/// The header and the claims of a good assertion.
fn good() -> (Value, Value) {
    let claims = json!({ "iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "exp": NOW / 1_000 + 60, "jti": "1" });
    (json!({ "kid": key().public().kid() }), claims)
}

fn told(header: &Value, claims: &Value) -> Result<Client, AssertionError> {
    read(&key().sign(header, claims).unwrap(), Some(CLIENT), &keys(), &AUDIENCES, NOW)
}

#[test]
fn a_client_shows_who_it_is_once_with_each_assertion() {
    let seen = SeenProofs::new(1_000);
    let assertion = key().assertion(CLIENT, ISSUER, "1", NOW).unwrap();
    assert_eq!(peek_client(&assertion).as_deref(), Ok(CLIENT));
    let client = check(&assertion, None, &keys(), &AUDIENCES, &seen, NOW).unwrap();
    assert_eq!((client.id.as_str(), client.until_ms), (CLIENT, NOW + 60_000));
    assert_eq!(client.thumbprint, key().public().thumbprint());
    let again = check(&assertion, None, &keys(), &AUDIENCES, &seen, NOW + 59_999);
    assert_eq!(again, Err(AssertionError::NotFirst(NotFirst::Repeated)));
    // By the time that it is forgotten, it has expired.
    let later = check(&assertion, None, &keys(), &AUDIENCES, &SeenProofs::new(1), client.until_ms);
    assert_eq!(later, Err(AssertionError::Expired));
}

#[test]
fn audiences_come_as_a_text_or_as_a_list_of_ones_own_names() {
    let (header, mut claims) = good();
    for audience in [json!(ENDPOINT), json!([ISSUER]), json!([ENDPOINT, ISSUER])] {
        claims["aud"] = audience;
        assert!(told(&header, &claims).is_ok(), "{claims}");
    }
}

#[test]
fn each_thing_that_is_wrong_is_told() {
    let (header, claims) = good();
    for (typ, is_taken) in [
        (json!("JWT"), true),
        (json!("jwt"), true),
        (json!("client-authentication+jwt"), true),
        (json!("dpop+jwt"), false),
        (json!("at+jwt"), false),
        (json!("oauth-id-jag+jwt"), false),
    ] {
        let mut header = header.clone();
        header["typ"] = typ;
        assert_eq!(told(&header, &claims).is_ok(), is_taken, "{header}");
    }
    for (member, value, error) in [
        ("kid", json!("other"), AssertionError::NoKey),
        ("alg", json!("ES256"), AssertionError::NoKey),
        ("alg", json!("none"), AssertionError::Form(Malformed::Algorithm("'none'".into()))),
        ("alg", json!("HS256"), AssertionError::Form(Malformed::Algorithm("'HS256'".into()))),
        ("crit", json!([]), AssertionError::Form(Malformed::Critical)),
    ] {
        let mut header = header.clone();
        header[member] = value;
        assert_eq!(told(&header, &claims), Err(error), "{member}");
    }
    let audience = || AssertionError::Audience(ISSUER.into());
    let seconds = NOW / 1_000;
    for (member, value, error) in [
        ("iss", json!("dlg_2"), AssertionError::Names),
        ("sub", json!("dlg_2"), AssertionError::Names),
        ("aud", json!("https://other.example"), audience()),
        ("aud", json!([ISSUER, "https://other.example"]), audience()),
        ("aud", json!([]), audience()),
        ("aud", json!("https://support.example.com/"), audience()),
        ("exp", json!(seconds), AssertionError::Expired),
        ("exp", json!(seconds + 301), AssertionError::TooLong),
        ("nbf", json!(seconds + 61), AssertionError::NotYet),
        ("iat", json!(seconds + 61), AssertionError::NotYet),
        ("jti", json!(""), AssertionError::Jti),
        ("jti", json!("j".repeat(257)), AssertionError::Jti),
    ] {
        let mut claims = claims.clone();
        claims[member] = value;
        assert_eq!(told(&header, &claims), Err(error), "{member}");
    }
    for member in ["iss", "sub", "aud", "exp", "jti"] {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(member);
        let error = told(&header, &claims).unwrap_err();
        assert!(error.to_string().contains(member) && error.code() == ErrorCode::InvalidClient, "{error}");
    }
    let mut other = claims.clone();
    other["iss"] = json!("dlg_2");
    other["sub"] = json!("dlg_2");
    assert_eq!(told(&header, &other), Err(AssertionError::OtherClient));
}

#[test]
fn only_the_clients_own_key_counts() {
    let (header, claims) = good();
    let other = ClientKey::ed25519(&[2; 32]).unwrap();
    let forged = other.sign(&header, &claims).unwrap();
    assert_eq!(read(&forged, None, &keys(), &AUDIENCES, NOW), Err(AssertionError::Signature));
    // A key that comes with the assertion is nobody's.
    let mut brought = header;
    brought["jwk"] = other.public().to_json();
    brought["kid"] = json!(other.public().kid());
    let forged = other.sign(&brought, &claims).unwrap();
    assert_eq!(read(&forged, None, &keys(), &AUDIENCES, NOW), Err(AssertionError::NoKey));
    let none = KeySet::default();
    assert_eq!(read(&forged, None, &none, &AUDIENCES, NOW), Err(AssertionError::NoKey));
}

#[test]
fn newer_libraries_name_ed25519_otherwise() {
    let (mut header, claims) = good();
    header["alg"] = json!("Ed25519");
    assert!(told(&header, &claims).is_ok());
}

proptest! {
    #[test]
    fn whatever_comes_is_refused_without_a_panic(text in any::<String>(), claims in ".{0,80}") {
        prop_assert!(read(&text, None, &keys(), &AUDIENCES, NOW).is_err());
        let _ = peek_client(&text);
        let claims: Value = serde_json::from_str(&claims).unwrap_or(Value::String(claims));
        let signed = key().sign(&good().0, &claims).unwrap();
        prop_assert!(read(&signed, None, &keys(), &AUDIENCES, NOW).is_err());
        prop_assert!(peek_client(&signed).is_err());
    }
}
