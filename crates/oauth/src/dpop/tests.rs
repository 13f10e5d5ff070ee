//! What is taken for a proof of possession, and what is not.

use super::*;
use crate::{client::ClientKey, seen::SeenProofs};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

/// RFC 9449, figure 2: a proof for the token endpoint, without a nonce.
const FIGURE_2: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwi\
    eCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5\
    VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8\
    vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbd\
    LXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
/// Figure 13: one for a resource, with the hash of its token.
const FIGURE_13: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwi\
    eCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5\
    VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9\
    yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0Ji\
    MHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxh\
    AJpLjA";
const NOW: i64 = 1_562_262_616_000;
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const ASKED: ProofRequest<'_> =
    ProofRequest { method: "POST", url: "https://server.example.com/token", access_token: Some(TOKEN) };

fn nonces() -> Nonces {
    Nonces::new(&[7; 32], Duration::from_secs(120))
}

fn key() -> ClientKey {
    ClientKey::ed25519(&[1; 32]).unwrap()
}

/// The header and the claims of a good proof for [`ASKED`].
fn good() -> (Value, Value) {
    let header = json!({ "typ": "dpop+jwt", "jwk": key().public().to_json() });
    let ath = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";
    let claims = json!({ "jti": "1", "htm": "POST", "htu": ASKED.url, "iat": NOW / 1_000, "ath": ath,
        "nonce": nonces().issue(NOW) });
    (header, claims)
}

fn told(header: &Value, claims: &Value) -> Result<Proof, ProofError> {
    read(&key().sign(header, claims).unwrap(), &ASKED, &nonces(), NOW)
}

#[test]
fn the_examples_of_the_standard_lack_a_nonce_alone() {
    let asked = ProofRequest { access_token: None, ..ASKED };
    assert_eq!(read(FIGURE_2, &asked, &nonces(), NOW), Err(ProofError::NoNonce));
    let url = "https://resource.example.org/protectedresource";
    let asked = ProofRequest { method: "GET", url, access_token: Some(TOKEN) };
    assert_eq!(read(FIGURE_13, &asked, &nonces(), NOW), Err(ProofError::NoNonce));
    assert_eq!(ProofError::NoNonce.code().as_str(), "use_dpop_nonce");
    let other = ProofRequest { access_token: Some("other"), ..asked };
    assert_eq!(read(FIGURE_13, &other, &nonces(), NOW), Err(ProofError::Token));
    let changed = FIGURE_13.replace("eyJqdGkiOiJl", "eyJqdGkiOiJm");
    assert_eq!(read(&changed, &asked, &nonces(), NOW), Err(ProofError::Signature));
}

#[test]
fn a_proof_is_taken_once() {
    let seen = SeenProofs::new(1_000);
    let nonce = nonces().issue(NOW);
    for jti in ["1", "2"] {
        let proof = key().proof(&ASKED, Some(&nonce), jti, NOW).unwrap();
        let taken = check(&proof, &ASKED, &nonces(), &seen, NOW).unwrap();
        assert_eq!((taken.jkt.as_str(), taken.jti.as_str()), (key().public().thumbprint(), jti));
        let again = check(&proof, &ASKED, &nonces(), &seen, NOW + 1);
        assert_eq!(again, Err(ProofError::NotFirst(NotFirst::Repeated)));
        // By the time that it is forgotten, its nonce does not count.
        let later = check(&proof, &ASKED, &nonces(), &SeenProofs::new(1), taken.until_ms);
        assert_eq!(later, Err(ProofError::StaleNonce));
    }
    // The same identifier under another key is another proof.
    let other = ClientKey::ed25519(&[2; 32]).unwrap().proof(&ASKED, Some(&nonce), "1", NOW).unwrap();
    assert!(check(&other, &ASKED, &nonces(), &seen, NOW).is_ok());
}

#[test]
fn a_memory_that_is_full_says_busy() {
    struct Full;
    impl Seen for Full {
        fn first_time(&self, _: &str, _: &str, _: i64, _: i64) -> Result<(), NotFirst> {
            Err(NotFirst::Busy)
        }
    }
    let proof = key().proof(&ASKED, Some(&nonces().issue(NOW)), "1", NOW).unwrap();
    let error = check(&proof, &ASKED, &nonces(), &Full as &dyn Seen, NOW).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TemporarilyUnavailable);
}

#[test]
fn the_name_ed25519_is_taken_for_eddsa() {
    let (mut header, claims) = good();
    header["alg"] = json!("Ed25519");
    header["jwk"]["alg"] = json!("Ed25519");
    assert!(told(&header, &claims).is_ok());
}

#[test]
fn each_thing_that_is_wrong_is_told() {
    let (header, claims) = good();
    assert!(told(&header, &claims).is_ok());
    let other = ClientKey::ed25519(&[2; 32]).unwrap().public().to_json();
    let mut private = header["jwk"].clone();
    private["d"] = json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    for (member, value, error) in [
        ("typ", Value::Null, ProofError::Type),
        ("typ", json!("JWT"), ProofError::Type),
        ("typ", json!("at+jwt"), ProofError::Type),
        ("alg", json!("none"), ProofError::Form(Malformed::Algorithm("'none'".into()))),
        ("alg", json!("HS256"), ProofError::Form(Malformed::Algorithm("'HS256'".into()))),
        ("alg", json!("ES256"), ProofError::Signature),
        ("jwk", Value::Null, ProofError::NoKey),
        ("jwk", json!("x"), ProofError::Key(KeyError::Form)),
        ("jwk", private, ProofError::Key(KeyError::Private("d"))),
        ("jwk", other, ProofError::Signature),
        ("crit", json!(["exp"]), ProofError::Form(Malformed::Critical)),
    ] {
        let mut header = header.clone();
        header[member] = value;
        assert_eq!(told(&header, &claims), Err(error), "{member}");
    }
    let url = || ProofError::Url(ASKED.url.into());
    for (member, value, error) in [
        ("jti", json!(""), ProofError::Jti),
        ("jti", json!("a b"), ProofError::Jti),
        ("jti", json!("j".repeat(257)), ProofError::Jti),
        ("htm", json!("post"), ProofError::Method("POST".into())),
        ("htm", json!("GET"), ProofError::Method("POST".into())),
        ("htu", json!("https://server.example.com/revoke"), url()),
        ("htu", json!("https://server.example.com.evil.example/token"), url()),
        ("htu", json!("http://server.example.com/token"), url()),
        ("htu", json!("https://server.example.com:8443/token"), url()),
        ("htu", json!("/token"), url()),
        ("ath", Value::Null, ProofError::Token),
        ("ath", json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo="), ProofError::Token),
        ("nonce", Value::Null, ProofError::NoNonce),
        ("nonce", json!("x"), ProofError::StaleNonce),
        ("nonce", json!(nonces().issue(NOW - 240_000)), ProofError::StaleNonce),
        ("nonce", json!(nonces().issue(NOW + 120_000)), ProofError::StaleNonce),
        ("nonce", json!(Nonces::new(&[8; 32], Duration::from_secs(120)).issue(NOW)), ProofError::StaleNonce),
        ("iat", json!(NOW / 1_000 - 301), ProofError::Old),
        ("iat", json!(0), ProofError::Old),
        ("iat", json!(NOW / 1_000 + 61), ProofError::Ahead),
        ("iat", json!((1_u64 << 53) - 1), ProofError::Ahead),
    ] {
        let mut claims = claims.clone();
        claims[member] = value;
        assert_eq!(told(&header, &claims), Err(error), "{member}: {}", claims[member]);
    }
    for member in ["jti", "htm", "htu", "iat"] {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(member);
        let error = told(&header, &claims).unwrap_err();
        assert!(error.to_string().contains(member) && error.code() == ErrorCode::InvalidDpopProof, "{error}");
    }
}

#[test]
fn the_address_is_compared_in_one_spelling() {
    let (header, mut claims) = good();
    for htu in ["HTTPS://SERVER.example.com:443/token", "https://server.example.com/%74oken?a=b#c"] {
        claims["htu"] = json!(htu);
        assert!(told(&header, &claims).is_ok(), "{htu}");
    }
    let proof = key().sign(&header, &good().1).unwrap();
    let asked = ProofRequest { url: "https://SERVER.example.com:443/token?scope=a", ..ASKED };
    assert!(read(&proof, &asked, &nonces(), NOW).is_ok());
    // Of an address that is none, no proof is good.
    let asked = ProofRequest { url: "token", ..ASKED };
    claims["htu"] = json!("token");
    assert!(read(&key().sign(&header, &claims).unwrap(), &asked, &nonces(), NOW).is_err());
}

#[test]
fn there_is_one_proof() {
    let only = |values: &[&'static str]| only(values.iter().map(|value| value.as_bytes()));
    assert_eq!(only(&[]), Err(ProofError::Missing));
    assert_eq!(only(&["a.b.c", "a.b.c"]), Err(ProofError::Several));
    assert_eq!(only(&[" a.b.c"]), Ok("a.b.c"));
    assert_eq!(super::only([[0xff].as_slice()].into_iter()), Err(ProofError::Several));
    // Two in one header are no JWT.
    let proof = key().proof(&ASKED, Some(&nonces().issue(NOW)), "1", NOW).unwrap();
    let two = read(&format!("{proof}, {proof}"), &ASKED, &nonces(), NOW);
    assert!(matches!(two, Err(ProofError::Form(_))));
}

#[test]
fn proofs_by_either_algorithm_are_taken_and_by_the_wrong_one_are_not() {
    let (mut header, claims) = good();
    let key = ClientKey::es256(&p256_pkcs8()).unwrap();
    header["jwk"] = key.public().to_json();
    assert!(read(&key.sign(&header, &claims).unwrap(), &ASKED, &nonces(), NOW).is_ok());
    header["alg"] = json!("EdDSA");
    assert_eq!(read(&key.sign(&header, &claims).unwrap(), &ASKED, &nonces(), NOW), Err(ProofError::Signature));
}

#[test]
fn a_resource_refuses_with_a_challenge() {
    assert_eq!(challenge(None, None, None), "DPoP algs=\"ES256 EdDSA\"");
    let error = OAuthError::new(ErrorCode::InsufficientScope, "ask the \"customer\"");
    assert_eq!(
        challenge(Some(&error), Some("case:open"), Some("https://a.example/.well-known/b\"\r\nX: y")),
        "DPoP algs=\"ES256 EdDSA\", error=\"insufficient_scope\", error_description=\"ask the 'customer'\", \
         scope=\"case:open\""
    );
}

/// The private key of RFC 7515, appendix A.3, in PKCS #8.
fn p256_pkcs8() -> Vec<u8> {
    let before = b"\x30\x41\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\
        \x01\x07\x04\x27\x30\x25\x02\x01\x01\x04\x20";
    let d = URL_SAFE_NO_PAD.decode("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI").unwrap();
    [before.as_slice(), &d].concat()
}

proptest! {
    #[test]
    fn whatever_comes_is_refused_without_a_panic(text in any::<String>(), header in ".{0,80}", claims in ".{0,80}") {
        prop_assert!(read(&text, &ASKED, &nonces(), NOW).is_err());
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}.{}", part(&header), part(&claims), part(&text));
        prop_assert!(read(&signed, &ASKED, &nonces(), NOW).is_err());
    }

    #[test]
    fn a_proof_with_one_letter_changed_is_no_proof(at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9_-]") {
        let proof = key().proof(&ASKED, Some(&nonces().issue(NOW)), "1", NOW).unwrap();
        let at = at.index(proof.len());
        let changed = format!("{}{letter}{}", &proof[..at], &proof[at + 1..]);
        prop_assert_eq!(read(&changed, &ASKED, &nonces(), NOW).is_ok(), changed == proof);
    }
}
