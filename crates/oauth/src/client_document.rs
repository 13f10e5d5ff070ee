//! What a client says of itself at the address that it is called by (OAuth Client ID Metadata Document,
//! draft-ietf-oauth-client-id-metadata-document-02): its keys, and where browsers may be sent back to. Nobody vouches
//! for it but whoever has that address.

use crate::error::quoted;
use serde::Deserialize;
use serde_json::Value;

/// Longest name of a client that is an address, in bytes.
pub const URL_MAX: usize = 2_048;
/// Longest document that is read, in bytes; the draft asks for 5 KB at most to be published (section 8.7).
pub const DOCUMENT_MAX: usize = 16 * 1_024;
/// The only way in which a client shows who it is.
const METHOD: &str = "private_key_jwt";
/// The way that is meant where a document names none (RFC 7591, section 2).
const UNSAID: &str = "client_secret_basic";

/// A client's document, as far as it counts here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientDocument {
    /// Where browsers may be sent back to, as it says.
    pub redirect_uris: Vec<String>,
    /// Its keys.
    pub keys: DocumentKeys,
}

/// Where a client's keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentKeys {
    /// In the document: a JWK set.
    Here(Value),
    /// At an address of their own.
    At(String),
}

/// Why a document is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientDocumentError {
    /// It is no object with the members that are asked for.
    #[error("it is no JSON object with client_id, token_endpoint_auth_method and jwks or jwks_uri")]
    Form,
    /// It is another client's.
    #[error("its client_id is {0}, and has to be the address that it is read from, letter by letter")]
    OtherClient(String),
    /// It holds a secret, which everybody could read.
    #[error("it holds a client_secret, which everybody can read: take it out, and show who you are by a key")]
    Secret,
    /// The client would show who it is in another way.
    #[error("its token_endpoint_auth_method is {0}, and has to be {METHOD}")]
    Method(String),
    /// It says nothing of keys, or twice.
    #[error("it has to have either jwks or jwks_uri")]
    Keys,
}

#[derive(Deserialize)]
struct Sent {
    client_id: String,
    token_endpoint_auth_method: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    jwks: Option<Value>,
    jwks_uri: Option<String>,
    client_secret: Option<Value>,
    client_secret_expires_at: Option<Value>,
}

/// Reads the document that stands at `url`.
///
/// # Errors
/// With what is wrong with it first.
pub fn parse(document: Value, url: &str) -> Result<ClientDocument, ClientDocumentError> {
    let Sent {
        client_id,
        token_endpoint_auth_method: method,
        redirect_uris,
        jwks,
        jwks_uri,
        client_secret,
        client_secret_expires_at,
    } = serde_json::from_value(document).map_err(|_| ClientDocumentError::Form)?;
    if client_id != url {
        return Err(ClientDocumentError::OtherClient(quoted(&client_id)));
    }
    if client_secret.is_some() || client_secret_expires_at.is_some() {
        return Err(ClientDocumentError::Secret);
    }
    let method = method.unwrap_or_else(|| UNSAID.to_owned());
    if method != METHOD {
        return Err(ClientDocumentError::Method(quoted(&method)));
    }
    let keys = match (jwks, jwks_uri) {
        (Some(jwks), None) => DocumentKeys::Here(jwks),
        (None, Some(at)) => DocumentKeys::At(at),
        _ => return Err(ClientDocumentError::Keys),
    };
    Ok(ClientDocument { redirect_uris, keys })
}

/// Whether a client can be called by an address (section 3): it has a path, nothing behind `#`, and nothing in its path
/// that another writing would have away. What else an address may be is for who reads addresses.
pub fn is_client_url(url: &str) -> bool {
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
    let Some(path) = path.filter(|_| url.len() <= URL_MAX) else { return false };
    let segments = || path.split('?').next().unwrap_or_default().split('/');
    // A dot that is written as %2E is one to who normalises addresses (RFC 3986, section 6.2.2.2).
    !path.is_empty()
        && !path.contains('#')
        && !path.to_ascii_lowercase().contains("%2e")
        && !segments().any(|part| matches!(part, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const URL: &str = "https://muse.example/client.json";

    fn with(members: Value) -> Value {
        let mut document = json!({ "client_id": URL, "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": [] }, "redirect_uris": ["https://muse.example/back"], "client_name": "Muse" });
        for (name, value) in members.as_object().unwrap() {
            document[name] = value.clone();
        }
        document.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        document
    }

    #[test]
    fn a_document_says_where_keys_are_and_where_browsers_go_back_to() {
        let here = parse(with(json!({})), URL).unwrap();
        assert_eq!(here.keys, DocumentKeys::Here(json!({ "keys": [] })));
        assert_eq!(here.redirect_uris, ["https://muse.example/back"]);
        let at = with(json!({ "jwks": null, "jwks_uri": "https://muse.example/keys", "redirect_uris": null }));
        let at = parse(at, URL).unwrap();
        assert_eq!((at.keys, at.redirect_uris), (DocumentKeys::At("https://muse.example/keys".to_owned()), Vec::new()));
    }

    #[test]
    fn what_is_not_the_clients_own_or_shares_a_secret_is_refused() {
        let refused = |members: Value| parse(with(members), URL).unwrap_err();
        for other in ["https://muse.example/client.json/", "https://MUSE.example/client.json", ""] {
            assert!(matches!(refused(json!({ "client_id": other })), ClientDocumentError::OtherClient(_)), "{other}");
        }
        assert_eq!(refused(json!({ "client_secret": "s" })), ClientDocumentError::Secret);
        assert_eq!(refused(json!({ "client_secret_expires_at": 0 })), ClientDocumentError::Secret);
        for method in [json!("client_secret_post"), json!("client_secret_jwt"), json!("none"), Value::Null] {
            let refused = refused(json!({ "token_endpoint_auth_method": method }));
            assert!(matches!(refused, ClientDocumentError::Method(_)), "{method}");
        }
        assert_eq!(refused(json!({ "jwks": null })), ClientDocumentError::Keys);
        assert_eq!(refused(json!({ "jwks_uri": "https://muse.example/keys" })), ClientDocumentError::Keys);
        for form in [json!([]), json!("x"), json!({}), with(json!({ "redirect_uris": "x" }))] {
            assert_eq!(parse(form, URL), Err(ClientDocumentError::Form));
        }
    }

    #[test]
    fn addresses_by_which_a_client_can_be_called() {
        for url in [URL, "https://muse.example/a?b=../c", "https://muse.example:8443/a.b/..c"] {
            assert!(is_client_url(url), "{url}");
        }
        for url in [
            "https://muse.example",
            "https://muse.example/",
            "https://muse.example/a/../b",
            "https://muse.example/./b",
            "https://muse.example/%2E%2e/b",
            "https://muse.example/a#b",
            "muse",
            "",
        ] {
            assert!(!is_client_url(url), "{url}");
        }
        assert!(!is_client_url(&format!("{URL}{}", "x".repeat(URL_MAX))));
    }
}
