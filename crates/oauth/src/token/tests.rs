//! What is taken for an access token, and what is not.

use super::*;
use crate::client::ClientKey;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000_000;
const ISSUER: &str = "https://support.example.com";
const AUDIENCE: &str = "https://support.example.com/mcp";

fn keys() -> SigningKeys {
    SigningKeys::new(&[1; 32], &[[2; 32]]).unwrap()
}

fn whole() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "cust_1", "client_id": "dlg_1", "scope": "support:ask case:open",
        "iat": NOW / 1_000, "exp": NOW / 1_000 + 300, "jti": "1",
        "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },
        "act": { "iss": ISSUER, "sub": "dlg_1", "act": { "sub": "dlg_0" } },
        "authorization_details": [{
            "type": "support_delegation", "identifier": "dgn_1", "actions": ["refund.request"],
            "constraints": { "max_amount": { "currency": "USD", "minor": 5000 }, "max_count": 2 },
        }],
    })
}

fn token() -> AccessToken {
    serde_json::from_value(whole()).unwrap()
}

fn verified(token: &str) -> Result<AccessToken, TokenError> {
    keys().verify(token, ISSUER, AUDIENCE, NOW)
}

/// Claims signed by the current key under a header of the test's own.
fn signed(header: &Value, claims: &Value) -> String {
    ClientKey::ed25519(&[1; 32]).unwrap().sign(header, claims).unwrap()
}

fn header() -> Value {
    json!({ "typ": "at+jwt", "kid": ClientKey::ed25519(&[1; 32]).unwrap().public().kid() })
}

#[test]
fn a_token_says_what_it_was_signed_with() {
    let sent = keys().sign(&token()).unwrap();
    let read = verified(&sent).unwrap();
    assert_eq!(read, token());
    assert_eq!(serde_json::to_value(&read).unwrap(), whole());
    assert_eq!(read.actors().map(|actor| actor.sub.as_str()).collect::<Vec<_>>(), ["dlg_1", "dlg_0"]);
    assert!(read.has_scope("case:open") && !read.has_scope("case") && !read.has_scope("support:ask case:open"));
    // Its header is what other libraries read.
    let header = jsonwebtoken::decode_header(&sent).unwrap();
    assert_eq!((header.typ.as_deref(), header.alg), (Some("at+jwt"), jsonwebtoken::Algorithm::EdDSA));
    assert!(keys().jwks()["keys"].as_array().unwrap().iter().any(|key| key["kid"] == json!(header.kid)));
    let secret = format!("{:?}", keys());
    assert!(!secret.contains("private"), "{secret}");
}

#[test]
fn another_implementation_verifies_a_token_by_the_published_keys() {
    let sent = keys().sign(&token()).unwrap();
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys().jwks()).unwrap();
    let kid = jsonwebtoken::decode_header(&sent).unwrap().kid.unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(set.find(&kid).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_audience(&[AUDIENCE]);
    validation.set_issuer(&[ISSUER]);
    let read = jsonwebtoken::decode::<Value>(&sent, &key, &validation).unwrap();
    assert_eq!(read.claims, whole());
}

#[test]
fn keys_are_changed_while_their_tokens_count() {
    let before = SigningKeys::new(&[2; 32], &[]).unwrap().sign(&token()).unwrap();
    assert!(verified(&before).is_ok());
    let after = SigningKeys::new(&[3; 32], &[[1; 32], [3; 32]]).unwrap();
    assert_eq!(after.verify(&before, ISSUER, AUDIENCE, NOW), Err(TokenError::Key));
    assert_eq!(after.jwks()["keys"].as_array().unwrap().len(), 2);
}

#[test]
fn each_thing_that_is_wrong_is_told() {
    assert!(verified(&signed(&header(), &whole())).is_ok());
    let other = ClientKey::ed25519(&[9; 32]).unwrap();
    for (member, value, error) in [
        ("typ", json!("JWT"), TokenError::Type),
        ("typ", json!("dpop+jwt"), TokenError::Type),
        ("typ", Value::Null, TokenError::Type),
        ("kid", Value::Null, TokenError::Key),
        ("kid", json!(other.public().kid()), TokenError::Key),
        ("alg", json!("none"), TokenError::Form(Malformed::Algorithm("'none'".into()))),
        ("alg", json!("HS256"), TokenError::Form(Malformed::Algorithm("'HS256'".into()))),
        ("alg", json!("ES256"), TokenError::Signature),
        ("crit", json!(["exp"]), TokenError::Form(Malformed::Critical)),
    ] {
        let mut header = header();
        header[member] = value;
        assert_eq!(verified(&signed(&header, &whole())), Err(error), "{member}");
    }
    assert_eq!(verified(&other.sign(&header(), &whole()).unwrap()), Err(TokenError::Signature));
    // The key that comes with it is nobody's.
    let mut brought = header();
    brought["jwk"] = other.public().to_json();
    assert_eq!(verified(&other.sign(&brought, &whole()).unwrap()), Err(TokenError::Signature));
    let seconds = NOW / 1_000;
    for (member, value, error) in [
        ("iss", json!("https://other.example"), TokenError::Issuer),
        ("aud", json!(ISSUER), TokenError::Audience),
        ("exp", json!(seconds), TokenError::Expired),
        ("exp", json!(i64::MIN), TokenError::Expired),
        ("iat", json!(seconds + 6), TokenError::NotYet),
        ("iat", json!(i64::MAX), TokenError::NotYet),
    ] {
        let mut claims = whole();
        claims[member] = value;
        assert_eq!(verified(&signed(&header(), &claims)), Err(error), "{member}");
    }
    for member in ["iss", "aud", "sub", "client_id", "scope", "iat", "exp", "jti", "cnf"] {
        let mut claims = whole();
        claims.as_object_mut().unwrap().remove(member);
        let error = verified(&signed(&header(), &claims)).unwrap_err();
        assert!(error.to_string().contains(member), "{error}");
        assert_eq!(OAuthError::from(error).code(), ErrorCode::InvalidToken);
    }
    let sent = keys().sign(&token()).unwrap();
    let (message, _) = sent.rsplit_once('.').unwrap();
    assert_eq!(verified(&format!("{message}.")), Err(TokenError::Signature));
    assert!(matches!(verified(message), Err(TokenError::Form(_))));
}

#[test]
fn a_chain_of_actors_is_bounded_and_never_cut_short() {
    let chain = |length: usize| {
        let mut token = token();
        token.act = None;
        for n in 0..length {
            let act = token.act.take().map(Box::new);
            token.act = Some(Actor { iss: None, sub: format!("dlg_{n}"), act });
        }
        token
    };
    let longest = chain(ACTORS_MAX);
    assert_eq!(verified(&keys().sign(&longest).unwrap()), Ok(longest));
    assert_eq!(keys().sign(&chain(ACTORS_MAX + 1)), Err(TokenError::Depth));
    let claims = serde_json::to_value(chain(ACTORS_MAX + 1)).unwrap();
    assert_eq!(verified(&signed(&header(), &claims)), Err(TokenError::Depth));
    // However deep it is, it is refused without going down.
    let deep = format!("{}null{}", r#"{"sub":"a","act":"#.repeat(900), "}".repeat(900));
    let claims = whole().to_string().replace(r#""act":"#, &format!(r#""act":{deep},"x":"#));
    let text = {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.YQ", part(&json!({ "alg": "EdDSA" }).to_string()), part(&claims))
    };
    let read = crate::jws::Jws::parse(&text, 1 << 20).unwrap().claims::<AccessToken>();
    assert!(matches!(read, Err(Malformed::Claims(_))));
}

#[test]
fn what_is_granted_in_detail_is_within_its_bounds() {
    let mut wide = token();
    wide.authorization_details[0].constraints.max_count = Some(0);
    assert!(matches!(keys().sign(&wide), Err(TokenError::Details(_))));
    let mut claims = whole();
    claims["authorization_details"][0]["constraints"]["max_speed"] = json!(1);
    assert!(verified(&signed(&header(), &claims)).unwrap_err().to_string().contains("max_speed"));
}

proptest! {
    #[test]
    fn whatever_comes_is_refused_without_a_panic(text in any::<String>()) {
        prop_assert!(verified(&text).is_err());
    }

    #[test]
    fn a_token_with_one_letter_changed_is_none(at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_-]") {
        let sent = keys().sign(&token()).unwrap();
        let at = at.index(sent.len());
        let changed = format!("{}{letter}{}", &sent[..at], &sent[at + 1..]);
        prop_assert_eq!(verified(&changed).is_ok(), changed == sent);
    }
}
