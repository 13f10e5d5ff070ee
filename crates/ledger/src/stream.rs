//! Names of streams: a kind and an identifier, `token/tok_…`; and what version 1 of the entry's form called each.

use serde::Deserialize;

/// Longest name of a kind, in bytes.
const KIND_BYTES_MAX: usize = 32;
/// The stream of the bundle in force, of which there is one.
const BUNDLE: &str = "bundle/in_force";
/// What version 1 put before the identifiers of each kind; the identifier keeps it.
const PREFIXES: [(&str, &str); 5] =
    [("cas_", "case"), ("tok_", "token"), ("chat_", "chat"), ("sub_", "subscription"), ("cus_", "customer")];
/// What version 1 put before names that do not tell their kind; the identifier is what follows.
const NAMED: [(&str, &str); 2] = [("staff:", "staff"), ("responder:", "responder")];
/// What the identifier of a decision begins with. It stood for what is now done to a responder or the bundle.
pub const DECISION: &str = "dec_";

/// Whether a text names a stream: small letters and `_`, a `/`, and an identifier.
pub fn is_named(text: &str) -> bool {
    let Some((kind, id)) = text.split_once('/') else { return false };
    let letters = kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    letters && (1..=KIND_BYTES_MAX).contains(&kind.len()) && !id.is_empty()
}

/// The stream of a record of which version 1 said `name`, by its kind and body.
pub fn of_version_1(name: &str, kind: &str, body: &[u8]) -> String {
    if let Some((_, of)) = PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)) {
        return format!("{of}/{name}");
    }
    let named = NAMED.iter().find_map(|(prefix, of)| Some((*of, name.strip_prefix(prefix)?)));
    if let Some((of, id)) = named.filter(|(_, id)| !id.is_empty()) {
        return format!("{of}/{id}");
    }
    if name == "bundle" || name.starts_with(DECISION) && kind == "bundle_activated" {
        return BUNDLE.to_owned();
    }
    let done_to = name.starts_with(DECISION).then(|| serde_json::from_slice::<DoneTo>(body).ok()).flatten();
    match done_to {
        Some(DoneTo { responder }) if !responder.is_empty() => format!("responder/{responder}"),
        // Whatever else there was, was a case.
        _ => format!("case/{name}"),
    }
}

/// What is done to a responder.
#[derive(Deserialize)]
struct DoneTo {
    responder: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_version_1_called_a_stream_is_its_kind_and_identifier() {
        let stopped = br#"{"type":"ai_stopped","responder":"cards-ai","intent":"x"}"#;
        for (name, kind, body, stream) in [
            ("cas_1", "case_opened", &b"{}"[..], "case/cas_1"),
            ("tok_1", "token_made", b"", "token/tok_1"),
            ("chat_1", "chat_started", b"", "chat/chat_1"),
            ("sub_1", "subscription_made", b"", "subscription/sub_1"),
            ("cus_1", "customer_erased", b"", "customer/cus_1"),
            ("staff:ana", "presence_set", b"", "staff/ana"),
            ("responder:cards-ai", "ai_stopped", stopped, "responder/cards-ai"),
            ("bundle", "bundle_activated", b"", "bundle/in_force"),
            ("dec_1", "bundle_activated", b"{}", "bundle/in_force"),
            ("dec_1", "ai_stopped", stopped, "responder/cards-ai"),
            ("dec_1", "ai_stopped", b"damaged", "case/dec_1"),
            ("anything", "noted", b"", "case/anything"),
            ("", "noted", b"", "case/"),
        ] {
            assert_eq!(of_version_1(name, kind, body), stream, "{name} {kind}");
        }
    }

    #[test]
    fn a_stream_has_a_kind_and_an_identifier() {
        for (text, named) in [
            ("case/cas_1", true),
            ("staff/a/b", true),
            ("case/", false),
            ("/cas_1", false),
            ("cas_1", false),
            ("Case/cas_1", false),
            ("", false),
        ] {
            assert_eq!(is_named(text), named, "{text}");
        }
        assert!(!is_named(&format!("{}/x", "k".repeat(33))));
    }
}
