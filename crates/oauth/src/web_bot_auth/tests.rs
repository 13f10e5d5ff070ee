//! What is read of signatures of agents: the examples of the standard, and what recognises nobody.

use super::{
    bounds::{COMPONENTS_MAX, MEMBERS_MAX, VALUE_MAX},
    *,
};
use crate::{client::ClientKey, jwk::PublicKey};
use serde_json::json;
use std::collections::BTreeMap;

/// The key of RFC 9421, appendix B.1.4.
const RFC_KEY: &str = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";
const CREATED: i64 = 1_735_689_600;
const NOW_MS: i64 = (CREATED + 60) * 1_000;

fn rfc_key() -> PublicKey {
    PublicKey::parse(&json!({ "kty": "OKP", "crv": "Ed25519", "x": RFC_KEY })).unwrap()
}

/// A request with headers of its own.
#[derive(Clone, Default)]
struct Sent(BTreeMap<String, Vec<String>>);

impl Sent {
    fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.entry(name.to_owned()).or_default().push(value.into());
        self
    }

    fn read_at(&self, origin: &str, now_ms: i64) -> Result<Signed, SignatureError> {
        let header = |name: &str| -> Vec<Vec<u8>> {
            self.0.get(name).into_iter().flatten().map(|value| value.clone().into_bytes()).collect()
        };
        let request = SignedRequest { method: "GET", origin, path: "/foo", query: Some("a=1"), header: &header };
        read(&request, now_ms)
    }

    fn read(&self) -> Result<Signed, SignatureError> {
        self.read_at("https://example.com", NOW_MS)
    }

    fn refused(&self) -> SignatureError {
        self.read().unwrap_err()
    }
}

fn key() -> ClientKey {
    ClientKey::ed25519(&[7; 32]).unwrap()
}

/// The usual parameters, with others in their place.
fn parameters(extra: &str) -> String {
    let keyid = key().public().thumbprint().to_owned();
    format!(";created={CREATED};expires={};keyid=\"{keyid}\"{extra};tag=\"web-bot-auth\"", CREATED + 300)
}

/// A request that covers these, signed over this base.
fn signed_over(covers: &str, extra: &str, agent: &str, lines: &[&str]) -> Sent {
    let input = format!("({covers}){}", parameters(extra));
    let mut base = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    base.push_str(&format!("\"@signature-params\": {input}"));
    let signature = key().message_signature(&base).unwrap();
    let sent = Sent::default().with("signature-input", format!("sig1={input}"));
    sent.with("signature", format!("sig1={signature}")).with("signature-agent", agent)
}

const AUTHORITY: &str = "\"@authority\": example.com";
const AGENT: &str = "\"signature-agent\";key=\"sig1\": \"https://muse.example\"";

fn good() -> Sent {
    let covers = "\"@authority\" \"signature-agent\";key=\"sig1\"";
    signed_over(covers, "", "sig1=\"https://muse.example\"", &[AUTHORITY, AGENT])
}

#[test]
fn the_examples_of_the_standard_are_read() {
    let keyid = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";
    let nonce = "n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6BSpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA==";
    let dictionary = Sent::default()
        .with("signature-agent", "agent2=\"https://signature-agent.test\"")
        .with(
            "signature-input",
            format!(
                "sig2=(\"@authority\" \"signature-agent\";key=\"agent2\");created=1735689600;keyid=\"{keyid}\";\
                 alg=\"ed25519\";expires=4889289600;nonce=\"{nonce}\";tag=\"web-bot-auth\""
            ),
        )
        .with(
            "signature",
            "sig2=:RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZACSanGdhEwYCCg==:",
        );
    // Its signature counts for a century, which is too long here.
    assert_eq!(dictionary.refused(), SignatureError::Lifetime);
    let nonce = "e8N7S2MFd/qrd6T2R3tdfAuuANngKI7LFtKYI/vowzk4lAZYadIX6wW25MwG7DCT9RUKAJ0qVkU0mEeLElW1qg==";
    let earlier = Sent::default()
        .with("signature-agent", "\"https://signature-agent.test\"")
        .with(
            "signature-input",
            format!(
                "sig2=(\"@authority\" \"signature-agent\");created=1735689600;keyid=\"{keyid}\";alg=\"ed25519\";\
                 expires=1735693200;nonce=\"{nonce}\";tag=\"web-bot-auth\""
            ),
        )
        .with(
            "signature",
            "sig2=:jdq0SqOwHdyHr9+r5jw3iYZH6aNGKijYp/EstF4RQTQdi5N5YYKrD+mCT1HA1nZDsi6nJKuHxUi/5Syp3rLWBA==:",
        );
    let signed = earlier.read().unwrap();
    assert_eq!((signed.agent.name(), &*signed.key), ("https://signature-agent.test", keyid));
    let directory = "https://signature-agent.test/.well-known/http-message-signatures-directory";
    assert_eq!((signed.agent.directory(), signed.nonce.as_deref()), (directory, Some(nonce)));
    assert_eq!(signed.is_signed_by(&rfc_key()), Ok(()));
    // Everybody has the other half of that key.
    assert_eq!(signed.is_by(&KeySet::of(rfc_key())), Err(SignatureError::TestKey));
    let elsewhere = earlier.read_at("https://other.example", NOW_MS).unwrap();
    assert_eq!(elsewhere.is_signed_by(&rfc_key()), Err(SignatureError::Signature));
}

#[test]
fn a_signature_holds_for_its_key_and_its_request_alone() {
    let keys = KeySet::of(key().public().clone());
    let signed = good().read().unwrap();
    assert_eq!((signed.is_by(&keys), signed.until_ms), (Ok(()), (CREATED + 360) * 1_000));
    let other = ClientKey::ed25519(&[8; 32]).unwrap();
    assert_eq!(signed.is_by(&KeySet::of(other.public().clone())), Err(SignatureError::UnknownKey));
    assert_eq!(signed.is_by(&KeySet::default()), Err(SignatureError::UnknownKey));
    for origin in ["https://example.com:8443", "https://example.org"] {
        let elsewhere = good().read_at(origin, NOW_MS).unwrap();
        assert_eq!(elsewhere.is_by(&keys), Err(SignatureError::Signature), "{origin}");
    }
    let mut changed = good();
    changed.0.insert("signature-agent".into(), vec!["sig1=\"https://other.example\"".into()]);
    assert_eq!(changed.read().unwrap().is_by(&keys), Err(SignatureError::Signature));
}

#[test]
fn all_of_a_target_and_any_header_can_be_covered() {
    let covers = "\"@method\" \"@target-uri\" \"@path\" \"@query\" \"@scheme\" \"@request-target\" \"x-one\" \
                  \"x-two\";key=\"b\" \"signature-agent\";key=\"sig1\"";
    let lines = [
        "\"@method\": GET",
        "\"@target-uri\": https://example.com/foo?a=1",
        "\"@path\": /foo",
        "\"@query\": ?a=1",
        "\"@scheme\": https",
        "\"@request-target\": /foo?a=1",
        "\"x-one\": 1, 2",
        "\"x-two\";key=\"b\": (1 2);c",
        AGENT,
    ];
    let sent = signed_over(covers, ";nonce=\"n\"", "sig1=\"https://muse.example\"", &lines);
    let sent = sent.with("x-one", " 1 ").with("x-one", "2").with("x-two", "a=1, b=(1  2);c");
    let signed = sent.read().unwrap();
    assert_eq!((signed.is_by(&KeySet::of(key().public().clone())), signed.nonce.as_deref()), (Ok(()), Some("n")));
}

#[test]
fn what_recognises_nobody_says_why() {
    let covered = "\"@authority\" \"signature-agent\";key=\"sig1\"";
    let of = |covers: &str, extra: &str, agent: &str| signed_over(covers, extra, agent, &[]).refused();
    let muse = "sig1=\"https://muse.example\"";
    for (covers, told) in [
        ("\"signature-agent\";key=\"sig1\"", "target_not_covered"),
        ("\"@authority\"", "agent_not_covered"),
        ("\"@authority\" \"signature-agent\";key=\"sig2\"", "component_missing"),
        ("\"@authority\" \"@authority\" \"signature-agent\";key=\"sig1\"", "component"),
        ("\"@authority\" \"content-digest\" \"signature-agent\";key=\"sig1\"", "component_missing"),
        ("\"@authority\";req \"signature-agent\";key=\"sig1\"", "component"),
        ("\"@status\" \"@authority\" \"signature-agent\";key=\"sig1\"", "component"),
        ("\"@authority\" \"signature-agent\";sf", "component"),
        ("\"@authority\" \"Signature-Agent\"", "component"),
        ("\"@authority\" 1", "component"),
        ("\"@authority\" \"signature-agent\";key=\"sig1\";bs", "component"),
    ] {
        assert_eq!(of(covers, "", muse).name(), told, "{covers}");
    }
    let many: Vec<String> = (0..=COMPONENTS_MAX).map(|n| format!("\"x-{n}\"")).collect();
    assert_eq!(of(&many.join(" "), "", muse), SignatureError::Components);
    for (extra, told) in [
        (";alg=\"rsa-pss-sha512\"", "algorithm"),
        (";alg=\"hmac-sha256\"", "algorithm"),
        (";alg=1", "algorithm"),
        (";nonce=1", "nonce"),
        (";nonce=\"\"", "nonce"),
        (";keyid=\"x\"", "keyid"),
        (";keyid=1", "parameter_missing"),
        (";expires=1735689600", "lifetime"),
        (";expires=1735776001", "lifetime"),
        (";expires=\"1\"", "parameter_missing"),
        (";created=1735689721;expires=1735689800", "clock_ahead"),
        (";created=1735689000;expires=1735689599", "expired"),
        (";tag=\"other\"", "untagged"),
    ] {
        // The last of several parameters of one name counts, and `tag` is written last.
        let sent = if extra.starts_with(";tag") {
            let mut sent = good();
            let input = sent.0["signature-input"][0].replace("web-bot-auth", "other");
            sent.0.insert("signature-input".into(), vec![input]);
            sent
        } else {
            signed_over(covered, extra, muse, &[])
        };
        assert_eq!(sent.refused().name(), told, "{extra}");
    }
    for (agent, told) in [
        ("sig1=\"http://muse.example\"", "agent"),
        ("sig1=\"https://muse.example\";type=directory", "agent"),
        ("sig1=\"https://u:p@muse.example\"", "agent"),
        ("sig1=\"https://muse.example/#x\"", "agent"),
        ("sig1=\"https://muse.example/?x\"", "agent"),
        ("sig1=\"data:application/json,{}\"", "agent"),
        ("sig1=\"muse.example\"", "agent"),
        ("sig1=muse", "agent"),
        ("sig1=(\"https://muse.example\")", "agent"),
        ("sig1=", "header_unreadable"),
        ("\"https://muse.example\"", "header_unreadable"),
        ("sig1=\"\u{e4}\"", "header_unreadable"),
    ] {
        assert_eq!(of(covered, "", agent).name(), told, "{agent}");
    }
    let long = format!("sig1=\"https://{}.example\"", "a.".repeat(60));
    assert_eq!(of(covered, "", &long).name(), "agent");
    let mut sent = good();
    sent.0.remove("signature-agent");
    assert_eq!(sent.refused().name(), "component_missing");
    for (name, value, told) in [
        ("signature", "sig2=:YQ==:", "signature_missing"),
        ("signature", "sig1=\"YQ==\"", "signature_missing"),
        ("signature", "sig1=:", "header_unreadable"),
        ("signature-input", "sig1=(\"@authority\"", "header_unreadable"),
        ("signature-input", "sig1=1;tag=\"web-bot-auth\"", "untagged"),
        ("signature-input", "", "header_unreadable"),
    ] {
        let mut sent = good();
        sent.0.insert(name.into(), vec![value.into()]);
        assert_eq!(sent.refused().name(), told, "{name}: {value}");
    }
    for name in ["signature-input", "signature", "signature-agent"] {
        let mut sent = good();
        sent.0.insert(name.into(), vec!["x".repeat(VALUE_MAX)]);
        assert_eq!(sent.refused().name(), "header_unreadable", "{name}");
        let members: Vec<String> = (0..=MEMBERS_MAX).map(|n| format!("m{n}=1")).collect();
        sent.0.insert(name.into(), vec![members.join(", ")]);
        assert_eq!(sent.refused().name(), "header_unreadable", "{name}");
    }
}

#[test]
fn a_value_never_passes_for_another_line_of_what_is_signed() {
    let covers = "\"@authority\" \"x\" \"signature-agent\";key=\"sig1\"";
    for value in ["a\n\"@method\": GET", "a\rb", "a\u{0}b"] {
        let sent = signed_over(covers, "", "sig1=\"https://muse.example\"", &[]).with("x", value);
        assert_eq!(sent.refused().name(), "component", "{value:?}");
    }
}

#[test]
fn of_several_signatures_the_last_counts_and_its_own_member_says_who_signed() {
    let covers = "\"@authority\" \"signature-agent\";key=\"sig1\" \"signature-agent\";key=\"inner\"";
    let agents = "inner=\"https://inner.example\", sig1=\"https://muse.example\"";
    let sent = signed_over(covers, "", agents, &[]);
    assert_eq!(sent.read().unwrap().agent.name(), "https://muse.example");
    let mut several = sent.clone();
    let own = several.0["signature-input"][0].clone();
    several.0.insert("signature-input".into(), vec!["inner=();tag=\"web-bot-auth\"".into(), own]);
    assert_eq!(several.read().unwrap().agent.name(), "https://muse.example");
    // Nothing says which of two is meant.
    let covers = "\"@authority\" \"signature-agent\";key=\"a\" \"signature-agent\";key=\"b\"";
    let sent = signed_over(covers, "", "a=\"https://a.example\", b=\"https://b.example\"", &[]);
    assert_eq!(sent.refused(), SignatureError::AgentUncovered);
    // One member that is covered with all of the header.
    let sent = signed_over("\"@authority\" \"signature-agent\"", "", "x=\"https://muse.example\"", &[]);
    assert_eq!(sent.read().unwrap().agent.name(), "https://muse.example");
}

#[test]
fn an_agent_is_known_by_one_spelling_of_its_address() {
    let directory = "https://muse.example/.well-known/http-message-signatures-directory";
    for (written, name, at) in [
        ("https://muse.example", "https://muse.example", directory),
        ("HTTPS://Muse.Example:443/", "https://muse.example", directory),
        (directory, "https://muse.example", directory),
        ("https://muse.example/keys", "https://muse.example/keys", "https://muse.example/keys"),
        ("https://muse.example/keys?n=1", "https://muse.example/keys", "https://muse.example/keys?n=1"),
        ("https://muse.example/%6beys", "https://muse.example/keys", "https://muse.example/%6beys"),
        ("http://127.0.0.1:80/k", "http://127.0.0.1/k", "http://127.0.0.1:80/k"),
        ("https://127.0.0.1:8443/k", "https://127.0.0.1:8443/k", "https://127.0.0.1:8443/k"),
    ] {
        let url = AgentUrl::parse(written).unwrap();
        assert_eq!((url.name(), url.directory()), (name, at), "{written}");
    }
    for written in ["http://muse.example", "http://127.0.0.1.example", "http://127.0.0.10", "ftp://127.0.0.1"] {
        assert_eq!(AgentUrl::parse(written), Err(SignatureError::Agent), "{written}");
    }
    for written in ["https://muse.example/keys", "https://muse.example", directory] {
        assert_eq!(AgentUrl::parse(written).unwrap().origin(), "https://muse.example");
    }
    assert_eq!(AgentUrl::parse("https://127.0.0.1:8443/k").unwrap().host(), "127.0.0.1:8443");
    assert_eq!(AgentUrl::parse("https://muse.example").unwrap().host(), "muse.example");
}

#[test]
fn whether_a_request_is_signed_is_seen_without_reading_it() {
    let is = |input: &str| is_signed(std::iter::once(input.as_bytes()));
    assert!(is("sig1=();tag=\"web-bot-auth\"") && !is("sig1=();tag=\"other\"") && !is(""));
    assert!(!is_signed(std::iter::empty()));
}
