//! What must hold of every input, as functions of bytes: whatever comes, nothing panics, and what is accepted reads
//! back.
//!
//! `fuzz/` hands these to libFuzzer; the tests here run them on seeds and on changes of them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a broken property is told by panicking")]

use remit_app::{
    case::{end, exception, hand_over, request, write},
    environment::clock,
    evidence::explain::{BundleContext, explain},
    token,
};
use remit_domain::{
    Case, Decision, Event,
    id::{CaseId, CustomerId, DecisionId, Digest, ExceptionId, MessageId, OwnerId, PolicyId, ResponderId, SignalName},
};
use remit_ledger::{
    checkpoint::{Checkpoint, Signer, Verifier},
    entry::LogEntry,
    hash::Hash,
    offline::OfflineProof,
    proof,
    tile::{self, TileAddress},
};
use remit_oauth::{
    assertion,
    client::ClientKey,
    details,
    dpop::{self, ProofRequest},
    id_jag,
    jwk::{KeySet, PublicKey},
    nonce::Nonces,
    oidc::{self, Party, Provider},
    pkce::Challenge,
    provider_keys::ProviderKeys,
    seen::SeenProofs,
    token::SigningKeys,
    web_bot_auth::{self, AgentUrl, SignedRequest},
};
use remit_policy::{bundle::Bundle, files::Files};
use remit_signals::{
    examples,
    intent::{self, EncoderUse, IntentModel},
    lexical::TextReader,
    machine, normal,
    readings::{self, At, Choice, Mistake},
    vector::Encoded,
    written::written,
};
use remit_statements::{ENTRIES_MAX, FileForm, VALUE_MAX};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{
    fmt::Display,
    path::PathBuf,
    sync::{Arc, LazyLock},
    time::Duration,
};

pub mod seeds;

/// One property of bytes.
pub type Target = fn(&[u8]);

/// All properties by name, as `fuzz/` has them.
pub const TARGETS: [(&str, Target); 13] = [
    ("words", words),
    ("mails", mails),
    ("labelled", labelled),
    ("readings", readings),
    ("model", model),
    ("bundle", bundle),
    ("bodies", bodies),
    ("records", records),
    ("names", names),
    ("ledger", ledger),
    ("statements", statements),
    ("oauth", oauth),
    ("oidc", oidc),
];

/// Files of the sample bundle that are changed.
pub(crate) const BUNDLE_FILES: [&str; 6] = [
    "bundle.toml",
    "policies/fraud.cedar",
    "invariants/promises.cedar",
    "tests/verdicts.toml",
    "schema.cedarschema",
    "intents.csv",
];

static READER: LazyLock<TextReader> = LazyLock::new(TextReader::new);
pub(crate) static BANK: LazyLock<Files> = LazyLock::new(|| {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    Files::read(&root).expect("the sample bundle")
});
static MODEL: LazyLock<IntentModel> = LazyLock::new(|| {
    let examples = examples::parse_csv(BANK.get("intents.csv").expect("the examples")).expect("the examples");
    let few: Vec<_> = examples.into_iter().step_by(20).collect();
    intent::train(&few, None, &mut |_, _| {}).expect("a classifier")
});

/// What delegates are held against: a moment, a server, a request, a pair of keys, and the nonces of then.
const NOW: i64 = 1_800_000_000_000;
const ISSUER: &str = "https://support.example.com";
const ASKED: ProofRequest<'static> =
    ProofRequest { method: "POST", url: "https://support.example.com/oauth/token", access_token: None };
static DELEGATE: LazyLock<ClientKey> = LazyLock::new(|| ClientKey::ed25519(&[1; 32]).expect("a key"));

pub(crate) fn nonces() -> Nonces {
    Nonces::new(&[7; 32], Duration::from_secs(120))
}

/// What an identity provider says of itself.
pub(crate) fn provider() -> Value {
    json!({ "issuer": "https://id.example", "authorization_endpoint": "https://id.example/authorize",
        "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
        "id_token_signing_alg_values_supported": ["EdDSA", "RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "authorization_response_iss_parameter_supported": true })
}

/// The header of a proof of possession.
fn proving() -> Value {
    json!({ "typ": dpop::TYPE, "jwk": DELEGATE.public().to_json() })
}

/// What a customer wrote is measured, within bounds.
pub fn words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let estimate = MODEL.estimate(&Encoded::new(&text, None), EncoderUse::Never);
    assert!(estimate.confidence_bp <= 10_000 && estimate.out_of_scope_bp <= 10_000);
    let read = READER.read(&text);
    assert!(read.frustration.strength_bp <= 10_000 && read.complexity.strength_bp <= 10_000);
    assert!(read.situation.strength_bp <= 10_000);
}

/// What a message is made of: nothing of a plain text is lost, and what is read of it is never more than it.
pub fn mails(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let message = written(&text);
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    if !message.html {
        let left: usize = message.left.iter().map(|part| letters(&part.text)).sum();
        assert_eq!(letters(&message.now) + left, letters(&text));
    }
    assert!(letters(message.passed_on()) <= message.forwarded().map(letters).sum());
    let _ = machine::automatic(&message);
    assert_eq!(written(&text), message);
    let read = normal::normalised(&text);
    assert!(!normal::says_nothing(&text) || normal::says_nothing(&read));
    assert_eq!(normal::identifier(&normal::identifier(&text)), normal::identifier(&text));
}

/// A back office's statement, in either form: what is read is within its bounds, and is read alike again.
pub fn statements(bytes: &[u8]) {
    for form in [FileForm::Csv, FileForm::Camt053] {
        let read = || remit_statements::read(form, bytes, "EndToEndId");
        assert_eq!(read(), read());
        let Ok(stated) = read() else { continue };
        assert!(stated.entries.len() <= ENTRIES_MAX);
        for entry in &stated.entries {
            assert!(entry.from < entry.to);
            let kept = |text: &String| text.len() <= VALUE_MAX && !text.chars().any(char::is_control);
            assert!(entry.key.iter().chain(&entry.reference).all(kept));
        }
    }
}

/// What delegates send: proofs, assertions, tokens, keys and details, as they come; and any claims under a good
/// signature; and headers of requests that agents sign. What is taken is taken once, and what is read is written and
/// read alike.
pub fn oauth(bytes: &[u8]) {
    let (keys, nonces) = (KeySet::of(DELEGATE.public().clone()), nonces());
    static SIGNING: LazyLock<SigningKeys> = LazyLock::new(|| SigningKeys::new(&[1; 32], &[]).expect("keys"));
    let text = String::from_utf8_lossy(bytes);
    let claims: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let kid = DELEGATE.public().kid();
    let signed = |header: Value| DELEGATE.sign(&header, &claims).expect("what is JSON can be signed");
    for proof in [text.to_string(), signed(proving())] {
        let seen = SeenProofs::new(64);
        if dpop::check(&proof, &ASKED, &nonces, &seen, NOW).is_ok() {
            assert!(dpop::check(&proof, &ASKED, &nonces, &seen, NOW).is_err());
        }
    }
    for assertion in [text.to_string(), signed(json!({ "kid": kid }))] {
        let seen = SeenProofs::new(64);
        let check = || assertion::check(&assertion, None, &keys, &[ISSUER], &seen, NOW);
        if let Ok(client) = check() {
            assert_eq!(assertion::peek_client(&assertion), Ok(client.id));
            assert!(check().is_err());
        }
    }
    let published = ProviderKeys::parse(&json!({ "keys": [DELEGATE.public().to_json()] }));
    for assertion in [text.to_string(), signed(json!({ "typ": id_jag::TYPE, "kid": kid }))] {
        let issuer = "https://idp.example.com";
        let expected = id_jag::Expected { issuer, keys: &published, audience: ISSUER, client: &["dlg_1"], jkt: "x" };
        if let Ok(asserted) = id_jag::read(&assertion, &expected, NOW) {
            assert_eq!(id_jag::peek_issuer(&assertion).map(|(issuer, _)| issuer), Ok(asserted.issuer));
        }
    }
    let read = ProviderKeys::parse(&claims);
    assert_eq!(ProviderKeys::parse(&read.to_json()).thumbprints(), read.thumbprints());
    for token in [text.to_string(), signed(json!({ "typ": remit_oauth::token::TYPE, "kid": kid }))] {
        let verify = |token: &str| SIGNING.verify(token, ISSUER, "mcp", NOW);
        if let Ok(read) = verify(&token) {
            let again = SIGNING.sign(&read).expect("what was read can be written");
            assert_eq!(verify(&again), Ok(read));
        }
    }
    if let Ok(key) = PublicKey::parse(&claims) {
        assert_eq!(PublicKey::parse(&key.to_json()), Ok(key));
    }
    if let Ok(set) = KeySet::parse(&claims) {
        assert_eq!(KeySet::parse(&set.to_json()).expect("what was read can be written").keys(), set.keys());
    }
    if let Ok(details) = details::parse(&text) {
        assert_eq!(details::parse(&serde_json::to_string(&details).unwrap()), Ok(details));
    }
    let header = |name: &str| {
        let value = claims.get(name).and_then(Value::as_str);
        value.map(|value| value.as_bytes().to_vec()).into_iter().collect()
    };
    let request = SignedRequest { method: "GET", origin: ISSUER, path: "/", query: None, header: &header };
    if let Ok(signed) = web_bot_auth::read(&request, NOW) {
        let name = signed.agent.name();
        assert_eq!(AgentUrl::parse(name).expect("a name is an address").name(), name);
        assert!(signed.until_ms > NOW && signed.is_by(&keys).is_err());
    }
    if let Ok(challenge) = Challenge::of(&text) {
        assert_eq!(Challenge::parse(&challenge.to_string(), Some("S256")), Ok(challenge));
    }
}

/// What an identity provider says of itself, and of who signed in or out, as it comes; and any claims under a good
/// signature: who is let in is whom it names for this sign-in, and no token is both.
pub fn oidc(bytes: &[u8]) {
    static PROVIDER: LazyLock<Provider> =
        LazyLock::new(|| serde_json::from_value(provider()).expect("what a provider says"));
    let text = String::from_utf8_lossy(bytes);
    let claims: Value = serde_json::from_slice(bytes).unwrap_or_default();
    if let Ok(said) = serde_json::from_value::<Provider>(claims.clone()) {
        assert_eq!(claims.get("issuer"), Some(&json!(said.issuer)));
    }
    let keys = ProviderKeys::parse(&json!({ "keys": [DELEGATE.public().to_json()] }));
    let party = Party { provider: &PROVIDER, keys: &keys, client_id: "remit" };
    let kid = DELEGATE.public().kid();
    let signed = |header: Value| DELEGATE.sign(&header, &claims).expect("what is JSON can be signed");
    for token in [text.to_string(), signed(json!({ "kid": kid })), signed(json!({ "kid": kid, "typ": "logout+jwt" }))] {
        let said = |name: &str| claims.get(name).and_then(Value::as_str);
        let (into, out) = (oidc::id_token(&token, party, "n", NOW), oidc::logout_token(&token, party, NOW));
        assert!(into.is_err() || out.is_err());
        if let Ok(person) = into {
            assert_eq!((said("iss"), said("nonce")), (Some(PROVIDER.issuer.as_str()), Some("n")));
            assert_eq!(said("sub"), Some(person.subject.as_str()));
            assert!(oidc::id_token(&token, party, "m", NOW).is_err());
            assert!(oidc::id_token(&token, Party { client_id: "another", ..party }, "n", NOW).is_err());
        }
        if let Ok(person) = out {
            assert!(person.subject.is_some() || person.session.is_some());
            assert!(person.until_ms <= NOW + 660_000, "it is remembered for no longer than it counts");
        }
    }
}

/// Labelled examples in CSV, and CLINC150's JSON.
pub fn labelled(bytes: &[u8]) {
    if let Ok(examples) = examples::parse_csv(bytes) {
        assert!(examples.iter().all(|example| !example.text.is_empty() && !example.label.is_empty()));
    }
    let _ = examples::parse_clinc(bytes);
}

/// A bundle's file of readings, as TOML and as CSV: what is wrong is told by line, and by what is right messages are
/// read.
pub fn readings(bytes: &[u8]) {
    let choice = Choice { packs: Some(Vec::new()), ..Choice::default() };
    for name in ["readings/own.toml", "readings/own.csv"] {
        let (readings, mistakes) = readings::resolve(&choice, &[(name, bytes)]);
        let told = |mistake: &Mistake| match &mistake.at {
            At::File(file, line) => file == name && *line > 0,
            At::Choice(word) => !word.is_empty(),
        };
        assert!(mistakes.iter().all(|mistake| told(mistake) && !mistake.cure.is_empty()));
        let _ = readings::check::check(&readings);
        let text = String::from_utf8_lossy(bytes);
        let reader = TextReader::of(Arc::new(readings));
        assert!(reader.matches(&text).iter().all(|found| text.get(found.place.clone()).is_some()));
        assert!(reader.read(&text).situation.strength_bp <= 10_000);
    }
}

/// A classifier's file. The checksum is made right, so that what lies behind it is met.
pub fn model(bytes: &[u8]) {
    let whole = [bytes, Sha256::digest(bytes).as_slice()].concat();
    if let Ok(model) = IntentModel::from_bytes(&whole) {
        let _ = model.estimate(&Encoded::new("my card has not arrived", None), EncoderUse::Never);
        let again = IntentModel::from_bytes(&model.to_bytes()).expect("what was written reads back");
        assert_eq!(again.to_bytes(), model.to_bytes());
    }
    let _ = IntentModel::from_bytes(bytes);
}

/// A bundle's archive, and the sample bundle with one file changed: the first byte says which.
pub fn bundle(bytes: &[u8]) {
    if let Ok(files) = Files::from_bytes(bytes) {
        assert_eq!(Files::from_bytes(&files.to_bytes()).expect("what was written reads back"), files);
    }
    let Some((which, content)) = bytes.split_first() else { return };
    let Some(name) = BUNDLE_FILES.get(usize::from(*which) % BUNDLE_FILES.len()) else { return };
    match Bundle::load(BANK.clone().with(name, content.to_vec())) {
        Ok(bundle) => assert!(!bundle.candidates().is_empty()),
        Err(findings) => assert!(findings.iter().all(|f| f.line > 0 && !f.file.is_empty() && !f.cure.is_empty())),
    }
}

/// Bodies of requests.
pub fn bodies(bytes: &[u8]) {
    fn one<T: DeserializeOwned + serde::Serialize>(bytes: &[u8]) {
        if let Ok(body) = serde_json::from_slice::<T>(bytes) {
            let text = serde_json::to_vec(&body).expect("what was read can be written");
            serde_json::from_slice::<T>(&text).expect("what was written reads back");
        }
    }
    one::<request::OpenCase>(bytes);
    one::<request::PostMessage>(bytes);
    one::<write::PostSignals>(bytes);
    one::<hand_over::RequestHandoff>(bytes);
    one::<hand_over::MakeOverride>(bytes);
    one::<end::ResolveCase>(bytes);
    one::<end::ReopenCase>(bytes);
    one::<exception::RaiseException>(bytes);
    one::<exception::ResolveException>(bytes);
    one::<token::NewToken>(bytes);
}

/// Records as they are stored: events, states, and decisions, which are explained.
pub fn records(bytes: &[u8]) {
    if let Ok(decision) = serde_json::from_slice::<Decision>(bytes) {
        assert!(!explain(&decision, &BundleContext::nothing("GBP")).summary.is_empty());
        assert_eq!(serde_json::from_slice::<Decision>(&serde_json::to_vec(&decision).unwrap()).unwrap(), decision);
    }
    if let Ok(event) = serde_json::from_slice::<Event>(bytes)
        && let Some(mut case) = Case::open(&event)
    {
        case.apply(&event);
    }
    let _ = serde_json::from_slice::<Case>(bytes);
}

/// Identifiers, names and moments: one spelling each.
pub fn names(bytes: &[u8]) {
    fn one<T: DeserializeOwned + Display>(text: &str) {
        if let Ok(name) = serde_json::from_value::<T>(text.into()) {
            assert_eq!(name.to_string(), text);
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    one::<CaseId>(text);
    one::<MessageId>(text);
    one::<DecisionId>(text);
    one::<ExceptionId>(text);
    one::<CustomerId>(text);
    one::<Digest>(text);
    one::<OwnerId>(text);
    one::<PolicyId>(text);
    one::<ResponderId>(text);
    one::<SignalName>(text);
    if let Some(at) = clock::parse_rfc3339(text) {
        assert_eq!(clock::parse_rfc3339(&clock::rfc3339(at)), Some(at), "{text}");
    }
}

/// The ledger's published forms: addresses, entries, tiles, notes, keys and proofs.
pub fn ledger(bytes: &[u8]) {
    if let Ok(entry) = LogEntry::from_bytes(bytes) {
        assert_eq!(entry.to_bytes().expect("what was read can be written"), bytes);
    }
    let _ = tile::unbundle(bytes);
    let _ = tile::hashes(bytes);
    let hashes: Vec<Hash> = bytes.chunks_exact(32).filter_map(|chunk| Some(Hash(chunk.try_into().ok()?))).collect();
    if let (Some((leaf, rest)), Some((size, index))) = (hashes.split_first(), numbers(bytes)) {
        let _ = proof::includes(leaf, index, size, rest, leaf);
        let _ = proof::extends(index, leaf, size, leaf, rest);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Checkpoint::unverified(text);
    if let Ok(proof) = OfflineProof::parse(text) {
        assert_eq!(OfflineProof::parse(&proof.to_string()).expect("what was read can be written"), proof);
    }
    if let Some(address) = TileAddress::parse(text) {
        assert_eq!(address.path(), text);
    }
    if let Ok(verifier) = Verifier::parse(text) {
        assert_eq!(verifier.to_text(), text.trim());
    }
    static KEY: LazyLock<Verifier> = LazyLock::new(|| Signer::new("remit/ledger", &[7; 32]).verifier());
    if let Ok(checkpoint) = KEY.open(text) {
        assert_eq!(checkpoint.origin, "remit/ledger");
    }
}

fn numbers(bytes: &[u8]) -> Option<(u64, u64)> {
    let (size, rest) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*size), u64::from_le_bytes(*rest.first_chunk()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn seeds_hold_and_are_many() {
        for (name, target) in TARGETS {
            let seeds = seeds::of(name);
            assert!(seeds.len() >= 3, "{name}");
            seeds.iter().for_each(|seed| target(seed));
        }
        // They get past the first check of what they are for.
        serde_json::from_slice::<Decision>(&seeds::of("records")[0]).unwrap();
        assert!(Case::open(&serde_json::from_slice(&seeds::of("records")[1]).unwrap()).is_some());
        assert!(Files::from_bytes(seeds::of("bundle").last().unwrap()).is_ok());
        let sent: Vec<Value> = seeds::of("oauth").iter().map(|seed| serde_json::from_slice(seed).unwrap()).collect();
        assert!(details::parse(&sent[0]["authorization_details"].to_string()).is_ok());
        let proof = DELEGATE.sign(&proving(), &sent[2]).unwrap();
        assert!(dpop::read(&proof, &ASKED, &nonces(), NOW).is_ok());
        let said: Vec<Value> = seeds::of("oidc").iter().map(|seed| serde_json::from_slice(seed).unwrap()).collect();
        let provider: Provider = serde_json::from_value(said[0].clone()).unwrap();
        let keys = ProviderKeys::parse(&json!({ "keys": [DELEGATE.public().to_json()] }));
        let party = Party { provider: &provider, keys: &keys, client_id: "remit" };
        let signed = |claims: &Value| DELEGATE.sign(&json!({ "kid": DELEGATE.public().kid() }), claims).unwrap();
        assert_eq!(oidc::id_token(&signed(&said[1]), party, "n", NOW).map(|person| person.subject), Ok("ana".into()));
        assert!(oidc::logout_token(&signed(&said[2]), party, NOW).is_ok());
        let ledger = seeds::of("ledger");
        assert!(LogEntry::from_bytes(&ledger[5]).is_ok());
        assert!(OfflineProof::parse(std::str::from_utf8(&ledger[2]).unwrap()).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn what_is_changed_a_little_holds_too(
            seed in any::<prop::sample::Index>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
        ) {
            // A bundle takes long to load; libFuzzer has the time for it.
            for (name, target) in TARGETS.into_iter().filter(|(name, _)| *name != "bundle") {
                let seeds = seeds::of(name);
                let mut bytes = seeds[seed.index(seeds.len())].clone();
                for (at, byte, how) in &changes {
                    let at = at.index(bytes.len() + 1);
                    match how {
                        0 => bytes.insert(at, *byte),
                        1 if at < bytes.len() => bytes[at] = *byte,
                        _ => bytes.truncate(at),
                    }
                }
                target(&bytes);
            }
        }
    }
}
