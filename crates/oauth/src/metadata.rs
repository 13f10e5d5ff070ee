//! What an authorization server says of itself (RFC 8414), and what a protected resource does (RFC 9728).

use crate::{ciba, details, id_jag, jwk::Algorithm, pkce};
use serde::Serialize;
use std::borrow::Cow;

/// Names, most of which are written down in the program.
type Names = Vec<Cow<'static, str>>;

/// Where an authorization server's metadata is, below `/.well-known/`.
pub const AUTHORIZATION_SERVER: &str = "oauth-authorization-server";
/// Where a protected resource's metadata is, below `/.well-known/`.
pub const PROTECTED_RESOURCE: &str = "oauth-protected-resource";

/// What an authorization server says of itself. What is `None` is not there; lists say all that there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuthorizationServer {
    /// Its name: an address without query and fragment, as it stands in `iss`.
    pub issuer: String,
    /// Where customers consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    /// Where tokens are given out.
    pub token_endpoint: String,
    /// Where the keys are that its tokens are signed with.
    pub jwks_uri: String,
    /// What tokens may let be done.
    pub scopes_supported: Names,
    /// What is given out where customers consent: `code`; nothing, where they do not consent there.
    pub response_types_supported: Names,
    /// How it is given out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub response_modes_supported: Names,
    /// By which grants tokens are given out.
    pub grant_types_supported: Names,
    /// How clients show who they are at the token endpoint.
    pub token_endpoint_auth_methods_supported: Names,
    /// How what they show is signed.
    pub token_endpoint_auth_signing_alg_values_supported: Names,
    /// Where people read how it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_documentation: Option<String>,
    /// Where tokens are revoked (RFC 7009).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
    /// How clients show who they are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_methods_supported: Names,
    /// How what they show is signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_signing_alg_values_supported: Names,
    /// Where it is asked what a token says (RFC 7662).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    /// How clients show who they are there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Names,
    /// How what they show is signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_signing_alg_values_supported: Names,
    /// By which method codes are bound to who asked for them (RFC 7636).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Names,
    /// Whether `iss` is in what customers come back with (RFC 9207).
    pub authorization_response_iss_parameter_supported: bool,
    /// How proofs of possession are signed (RFC 9449).
    pub dpop_signing_alg_values_supported: Names,
    /// Of which types what is granted in detail is (RFC 9396).
    pub authorization_details_types_supported: Names,
    /// Whether a client may name itself by the address of a document about it.
    pub client_id_metadata_document_supported: bool,
    /// Of which profiles assertions are taken as grants: identity assertions (ID-JAG).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_grant_profiles_supported: Names,
    /// Where a customer is asked by another way than their browser (CIBA).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_endpoint: Option<String>,
    /// How a client hears how that ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backchannel_token_delivery_modes_supported: Names,
    /// Which resources its tokens are for (RFC 9728).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub protected_resources: Names,
}

impl AuthorizationServer {
    /// A server whose clients show who they are by signed assertions alone, prove that they have the keys of their
    /// tokens, and are told in detail what they are granted: what this crate has the forms of. What else it has is for
    /// the caller to say.
    pub fn new(issuer: &str, token_endpoint: String, jwks_uri: String) -> Self {
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: None,
            token_endpoint,
            jwks_uri,
            scopes_supported: Vec::new(),
            response_types_supported: Vec::new(),
            response_modes_supported: Vec::new(),
            grant_types_supported: Vec::new(),
            token_endpoint_auth_methods_supported: vec!["private_key_jwt".into()],
            token_endpoint_auth_signing_alg_values_supported: algorithms(),
            service_documentation: None,
            revocation_endpoint: None,
            revocation_endpoint_auth_methods_supported: Vec::new(),
            revocation_endpoint_auth_signing_alg_values_supported: Vec::new(),
            introspection_endpoint: None,
            introspection_endpoint_auth_methods_supported: Vec::new(),
            introspection_endpoint_auth_signing_alg_values_supported: Vec::new(),
            code_challenge_methods_supported: Vec::new(),
            authorization_response_iss_parameter_supported: false,
            dpop_signing_alg_values_supported: algorithms(),
            authorization_details_types_supported: vec![details::TYPE.into()],
            client_id_metadata_document_supported: true,
            authorization_grant_profiles_supported: Vec::new(),
            backchannel_authentication_endpoint: None,
            backchannel_token_delivery_modes_supported: Vec::new(),
            protected_resources: Vec::new(),
        }
    }

    /// Has customers consent at an address, and come back with a code that is bound to who asked for it.
    #[must_use]
    pub fn with_authorization(mut self, endpoint: String) -> Self {
        self.authorization_endpoint = Some(endpoint);
        self.response_types_supported = vec!["code".into()];
        self.response_modes_supported = vec!["query".into()];
        self.code_challenge_methods_supported = vec![pkce::METHOD.into()];
        self.authorization_response_iss_parameter_supported = true;
        self
    }

    /// Revokes tokens at an address.
    #[must_use]
    pub fn with_revocation(mut self, endpoint: String) -> Self {
        self.revocation_endpoint = Some(endpoint);
        self.revocation_endpoint_auth_methods_supported = self.token_endpoint_auth_methods_supported.clone();
        self.revocation_endpoint_auth_signing_alg_values_supported = algorithms();
        self
    }

    /// Asks customers at an address by another way than their browser, and is asked how that ended (CIBA).
    #[must_use]
    pub fn with_backchannel(mut self, endpoint: String) -> Self {
        self.backchannel_authentication_endpoint = Some(endpoint);
        self.backchannel_token_delivery_modes_supported = vec![ciba::MODE.into()];
        self.grant_types_supported.push(ciba::GRANT_TYPE.into());
        self.authorization_details_types_supported.push(ciba::DETAIL_TYPE.into());
        self
    }

    /// Takes what listed issuers assert of customers as a grant (ID-JAG).
    #[must_use]
    pub fn with_identity_assertions(mut self) -> Self {
        self.authorization_grant_profiles_supported = vec![id_jag::PROFILE.into()];
        self.grant_types_supported.push(id_jag::GRANT_TYPE.into());
        self
    }

    /// Says at an address what a token says.
    #[must_use]
    pub fn with_introspection(mut self, endpoint: String) -> Self {
        self.introspection_endpoint = Some(endpoint);
        self.introspection_endpoint_auth_methods_supported = self.token_endpoint_auth_methods_supported.clone();
        self.introspection_endpoint_auth_signing_alg_values_supported = algorithms();
        self
    }
}

/// What a protected resource says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProtectedResource {
    /// Its name: an address without fragment, as it stands in `aud`.
    pub resource: String,
    /// Whose tokens it takes.
    pub authorization_servers: Vec<String>,
    /// What they may let be done.
    pub scopes_supported: Names,
    /// How they may be sent.
    pub bearer_methods_supported: Names,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// Where people read how it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_documentation: Option<String>,
    /// Of which types what is granted in detail is.
    pub authorization_details_types_supported: Names,
    /// How proofs of possession are signed.
    pub dpop_signing_alg_values_supported: Names,
    /// Whether a token without such a proof is refused.
    pub dpop_bound_access_tokens_required: bool,
}

impl ProtectedResource {
    /// A resource that takes the tokens of one server, in a header, and none without a proof of possession.
    pub fn new(resource: &str, issuer: &str) -> Self {
        Self {
            resource: resource.to_owned(),
            authorization_servers: vec![issuer.to_owned()],
            scopes_supported: Vec::new(),
            bearer_methods_supported: vec!["header".into()],
            resource_name: None,
            resource_documentation: None,
            authorization_details_types_supported: vec![details::TYPE.into()],
            dpop_signing_alg_values_supported: algorithms(),
            dpop_bound_access_tokens_required: true,
        }
    }
}

/// Where the metadata of an issuer or a resource is: `name` comes before its path (RFC 8414, section 3; RFC 9728,
/// section 3).
pub fn well_known(identifier: &str, name: &str) -> String {
    let authority = identifier.find("://").map_or(0, |at| at + 3);
    let path =
        identifier.get(authority..).and_then(|rest| rest.find('/')).map_or(identifier.len(), |at| authority + at);
    let (origin, path) = identifier.split_at(path);
    format!("{origin}/.well-known/{name}{}", if path == "/" { "" } else { path })
}

fn algorithms() -> Names {
    Algorithm::NAMES.into_iter().map(Cow::Borrowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ISSUER: &str = "https://support.example.com";

    #[test]
    fn a_server_says_what_it_takes_and_nothing_that_it_lacks() {
        let least = AuthorizationServer::new(ISSUER, format!("{ISSUER}/oauth/token"), format!("{ISSUER}/oauth/jwks"));
        let said = serde_json::to_value(&least).unwrap();
        for (name, value) in [
            ("issuer", json!(ISSUER)),
            ("token_endpoint", json!("https://support.example.com/oauth/token")),
            ("response_types_supported", json!([])),
            ("token_endpoint_auth_methods_supported", json!(["private_key_jwt"])),
            ("token_endpoint_auth_signing_alg_values_supported", json!(["ES256", "EdDSA"])),
            ("dpop_signing_alg_values_supported", json!(["ES256", "EdDSA"])),
            ("authorization_details_types_supported", json!(["support_delegation"])),
            ("authorization_endpoint", Value::Null),
            ("revocation_endpoint", Value::Null),
            ("code_challenge_methods_supported", Value::Null),
        ] {
            assert_eq!(said[name], value, "{name}");
        }
        assert!(!said.as_object().unwrap().values().any(Value::is_null));
        let more = least
            .with_authorization(format!("{ISSUER}/oauth/authorize"))
            .with_revocation(format!("{ISSUER}/oauth/revoke"))
            .with_introspection(format!("{ISSUER}/oauth/introspect"));
        let said = serde_json::to_value(more).unwrap();
        assert_eq!(said["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(said["authorization_response_iss_parameter_supported"], json!(true));
        assert_eq!(said["revocation_endpoint_auth_methods_supported"], json!(["private_key_jwt"]));
        assert_eq!(said["introspection_endpoint_auth_signing_alg_values_supported"], json!(["ES256", "EdDSA"]));
    }

    #[test]
    fn a_resource_takes_no_token_without_a_proof() {
        let said = serde_json::to_value(ProtectedResource::new(&format!("{ISSUER}/mcp"), ISSUER)).unwrap();
        assert_eq!(
            (&said["authorization_servers"], &said["resource"]),
            (&json!([ISSUER]), &json!(format!("{ISSUER}/mcp")))
        );
        assert_eq!(said["dpop_bound_access_tokens_required"], json!(true));
    }

    #[test]
    fn metadata_is_where_the_standards_put_it() {
        for (identifier, place) in [
            ("https://a.example", "https://a.example/.well-known/oauth-protected-resource"),
            ("https://a.example/", "https://a.example/.well-known/oauth-protected-resource"),
            ("https://a.example:8443/mcp", "https://a.example:8443/.well-known/oauth-protected-resource/mcp"),
            ("https://a.example/a/b", "https://a.example/.well-known/oauth-protected-resource/a/b"),
        ] {
            assert_eq!(well_known(identifier, PROTECTED_RESOURCE), place);
        }
    }
}
