//! Which keys are taken, and which are not.

use super::*;
use proptest::prelude::*;

/// The key of RFC 9449's examples, and its thumbprint there (section 6.1).
const EC: &str = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
const EC_THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
/// The key of RFC 8037, appendix A.2, and its thumbprint in A.3.
const ED: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const ED_THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
/// The key of RFC 7638, section 3.1, and its thumbprint there.
const RSA: &str = "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\",\"n\":\"\
    0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB\
    ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8\
    KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_\
    xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\
    \"}";
const RSA_THUMBPRINT: &str = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn with(key: &str, member: &str, value: Value) -> Value {
    let mut key = json_of(key);
    key[member] = value;
    key
}

fn refused(key: &Value) -> String {
    PublicKey::parse(key).unwrap_err().to_string()
}

#[test]
fn thumbprints_are_those_of_the_standards() {
    let key = PublicKey::parse(&json_of(EC)).unwrap();
    assert_eq!((key.thumbprint(), key.algorithm(), key.kid()), (EC_THUMBPRINT, Algorithm::Es256, None));
    let key = PublicKey::parse(&with(ED, "kid", json!("one"))).unwrap();
    assert_eq!((key.thumbprint(), key.algorithm(), key.kid()), (ED_THUMBPRINT, Algorithm::EdDsa, Some("one")));
    // Other members are no part of it.
    assert_eq!(key.to_json()["use"], "sig");
    assert_eq!(PublicKey::parse(&key.to_json()), Ok(key));
    let rsa: Jwk = serde_json::from_str(RSA).unwrap();
    assert_eq!(thumbprint(&rsa).as_deref(), Some(RSA_THUMBPRINT));
}

#[test]
fn either_name_of_ed25519_is_taken() {
    for name in ["EdDSA", "Ed25519"] {
        assert!(PublicKey::parse(&with(ED, "alg", json!(name))).is_ok(), "{name}");
        assert!(PublicKey::parse(&with(EC, "alg", json!(name))).is_err(), "{name}");
    }
    assert_eq!(Algorithm::NAMES.map(|name| Algorithm::named(name).unwrap().as_str()), Algorithm::NAMES);
}

#[test]
fn private_keys_are_refused_before_anything_else() {
    // RFC 8037, appendix A.1.
    let private = with(ED, "d", json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
    assert_eq!(PublicKey::parse(&private), Err(KeyError::Private("d")));
    assert!(refused(&private).contains("send the public one"));
    for member in PRIVATE {
        for key in [with(EC, member, Value::Null), json!({ "kty": "oct", member: "c2VjcmV0" })] {
            assert_eq!(PublicKey::parse(&key), Err(KeyError::Private(member)));
        }
    }
}

#[test]
fn other_keys_are_refused_in_words() {
    let long = with(EC, "x5c", json!(vec!["A".repeat(1_000); 5]));
    for (key, told) in [
        (json!([]), "JSON object"),
        (long, "at most 4096 bytes"),
        (json_of(RSA), "'RSA'"),
        (json!({}), "without kty"),
        (json!({ "kty": 7 }), "without kty"),
        (with(EC, "crv", json!("P-384")), "'EC' on 'P-384'"),
        (with(EC, "crv", json!("secp256k1")), "P-256"),
        (with(ED, "crv", json!("X25519")), "'OKP' on 'X25519'"),
        (with(ED, "crv", json!("Ed448")), "Ed25519"),
        (json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "" }), "'AKP'"),
        (with(EC, "use", json!("enc")), "use"),
        (with(EC, "key_ops", json!(["sign"])), "key_ops"),
        (with(EC, "key_ops", json!("verify")), "key_ops"),
        (with(EC, "alg", json!("ECDH-ES")), "alg"),
        (with(EC, "alg", json!("RS256")), "alg"),
        (with(EC, "kid", json!(7)), "kid"),
        (with(EC, "kid", json!("")), "kid"),
        (with(EC, "kid", json!("\u{1f511}")), "kid"),
        (with(EC, "kid", json!("k".repeat(129))), "kid"),
        (with(EC, "y", Value::Null), "y has to be"),
        (with(EC, "y", json!("AA")), "y has to be"),
        // The same bytes in another spelling: the last two bits are of none.
        (with(ED, "x", json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp")), "x has to be"),
        (with(ED, "x", json!("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo")), "x has to be"),
        (with(ED, "x", json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")), "x has to be"),
    ] {
        let told_then = refused(&key);
        assert!(told_then.contains(told), "{key}: {told_then}");
    }
}

#[test]
fn keys_under_which_anybody_can_sign_are_refused() {
    // Points of small order: the neutral one, one of order two, and zero.
    for first in [[1_u8].as_slice(), &[0xec], &[0]] {
        let mut point = [if first == [0xec] { 0xff } else { 0 }; 32];
        point[0] = first[0];
        if first == [0xec] {
            point[31] = 0x7f;
        }
        assert_eq!(PublicKey::parse(&with(ED, "x", json!(URL_SAFE_NO_PAD.encode(point)))), Err(KeyError::Point));
    }
    let off_curve = with(EC, "y", json!("9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDE"));
    assert!(PublicKey::parse(&off_curve).is_err());
    let off_curve = with(EC, "y", json!(URL_SAFE_NO_PAD.encode([7; 32])));
    assert_eq!(PublicKey::parse(&off_curve), Err(KeyError::Point));
}

#[test]
fn of_a_set_what_can_be_used_is_taken_and_the_rest_counted() {
    let sent = json!({ "keys": [
        with(ED, "kid", json!("a")), with(EC, "kid", json!("a")), json_of(RSA), { "kty": "AKP" }, 7,
        with(EC, "d", json!("x")), with(ED, "kid", json!("a")), with(ED, "crv", json!("X25519")),
    ] });
    let set = KeySet::parse(&sent).unwrap();
    assert_eq!((set.keys().len(), set.left_out()), (2, 6));
    let found = |kid, algorithm| set.find(kid, algorithm).map(PublicKey::thumbprint);
    assert_eq!(found(Some("a"), Algorithm::EdDsa), Some(ED_THUMBPRINT));
    assert_eq!(found(Some("a"), Algorithm::Es256), Some(EC_THUMBPRINT));
    assert_eq!(found(None, Algorithm::Es256), Some(EC_THUMBPRINT));
    assert_eq!(found(Some("b"), Algorithm::Es256), None);
    assert_eq!(KeySet::parse(&set.to_json()).unwrap().keys(), set.keys());
    // A key that has no name is meant by any, as long as it is one.
    let one = KeySet::of(PublicKey::parse(&json_of(ED)).unwrap());
    assert!(one.find(Some("any"), Algorithm::EdDsa).is_some() && one.find(Some("any"), Algorithm::Es256).is_none());
    assert!(KeySet::parse(&json!({ "keys": [] })).unwrap().is_empty());
}

#[test]
fn without_a_name_no_one_of_several_keys_is_meant() {
    let keys: Vec<_> = (0..2).map(|n| with(ED, "kid", json!(n.to_string()))).collect();
    let set = KeySet::parse(&json!({ "keys": keys })).unwrap();
    assert!(set.find(None, Algorithm::EdDsa).is_none() && set.find(Some("1"), Algorithm::EdDsa).is_some());
}

#[test]
fn a_set_is_bounded() {
    let many = |n: usize| json!({ "keys": (0..n).map(|n| with(ED, "kid", json!(n.to_string()))).collect::<Vec<_>>() });
    assert_eq!(KeySet::parse(&many(USABLE_MAX)).unwrap().keys().len(), USABLE_MAX);
    assert_eq!(KeySet::parse(&many(USABLE_MAX + 1)), Err(KeyError::TooMany));
    for sent in [json!([]), json!({}), json!({ "keys": {} }), json!({ "keys": vec![0; 129] })] {
        assert_eq!(KeySet::parse(&sent), Err(KeyError::Set));
    }
}

proptest! {
    #[test]
    fn whatever_is_a_key_reads_back(x in any::<[u8; 32]>(), y in any::<[u8; 32]>(), kid in "[ -~]{0,9}") {
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        for key in [
            json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid }),
            json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid }),
        ] {
            if let Ok(key) = PublicKey::parse(&key) {
                prop_assert_eq!(PublicKey::parse(&key.to_json()), Ok(key));
            }
        }
    }
}
