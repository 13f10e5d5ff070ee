//! `[action.http]` and `[connector.oauth]`: how an HTTP service that knows nothing of Remit is asked, and how it proves
//! who asks.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How an HTTP service is asked for one action.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpCalls {
    /// How it is asked to carry it out.
    pub execute: HttpCall,
    /// How it is asked what became of a key.
    pub find: Option<HttpCall>,
    /// How it is asked what is true of a request.
    pub facts: Option<HttpCall>,
}

/// One call: what is sent, and how the answer is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpCall {
    /// By which method.
    pub method: HttpMethod,
    /// Below the connector's address; `{name}` is a part of the request, percent-encoded.
    pub path: String,
    /// Behind the path, by name: literals, or `{name}`.
    #[serde(default)]
    pub query: BTreeMap<String, serde_json::Value>,
    /// JSON whose leaves are literals, or texts that are a `{name}` as a whole.
    pub body: Option<serde_json::Value>,
    /// Statuses by which it says that it was done, or that here is what is asked for.
    #[serde(default = "HttpCall::done")]
    pub done: Vec<u16>,
    /// Statuses by which it says that it was not done and will not be.
    #[serde(default)]
    pub refused: Vec<u16>,
    /// Statuses by which it says that it knows of nothing.
    #[serde(default)]
    pub not_found: Vec<u16>,
    /// Where the list stands of which one entry is what is asked for.
    pub list: Option<String>,
    /// Where what is found says under which key it was done.
    pub key: Option<String>,
    /// Where it says how far it is.
    pub state: Option<HttpState>,
    /// Where the reference stands.
    pub reference: Option<String>,
    /// Where it stands how much was moved.
    pub amount: Option<HttpAmount>,
    /// Where it stands when it was done, by RFC 3339.
    pub at: Option<String>,
    /// Where the reason of a refusal stands.
    pub why: Option<String>,
    /// Where each fact stands.
    #[serde(default)]
    pub facts: BTreeMap<String, HttpFact>,
}

impl HttpCall {
    fn done() -> Vec<u16> {
        vec![200, 201]
    }
}

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Reads.
    Get,
    /// Asks for something.
    Post,
    /// Puts something in its place.
    Put,
    /// Changes something.
    Patch,
    /// Takes something away.
    Delete,
}

impl HttpMethod {
    /// As it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Where an answer says how far it is, and in which words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpState {
    /// Where.
    pub at: String,
    /// That it was done.
    pub done: Vec<String>,
    /// That it was not and will not be.
    #[serde(default)]
    pub refused: Vec<String>,
}

/// Where an amount stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpAmount {
    /// Where its minor units stand, as a whole number.
    pub minor: String,
    /// Where its currency stands; or the currency itself, where there is but one.
    pub currency: String,
}

/// Where a fact stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum HttpFact {
    /// As it is.
    At(String),
    /// An amount.
    Amount(HttpAmount),
    /// A moment by RFC 3339, whose age is the fact.
    Since(HttpSince),
}

/// A moment whose age is a fact: one of the two.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSince {
    /// Where the moment stands, for whole hours since.
    pub hours_since: Option<String>,
    /// Where it stands, for whole days since.
    pub days_since: Option<String>,
}

/// How Remit gets a token of an authorization server: OAuth 2.0 client credentials (RFC 6749, section 4.4).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// Where tokens are given out.
    pub token_url: String,
    /// As whom Remit asks.
    pub client_id: String,
    /// The environment variable that holds the client's secret, where it has one.
    pub secret_env: Option<String>,
    /// How it is seen who asks.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// The file with the private key, of `private_key_jwt`.
    pub key_file: Option<String>,
    /// By which name the server knows that key.
    pub key_id: Option<String>,
    /// For whom what the key signs is; where tokens are given out, unless told.
    pub key_audience: Option<String>,
    /// For what a token is asked for, separated by spaces.
    pub scope: Option<String>,
    /// For whom it is to be, where the server asks for that.
    pub audience: Option<String>,
    /// For which service it is to be (RFC 8707).
    pub resource: Option<String>,
}

/// How a client says who it is (RFC 6749, section 2.3.1; RFC 7523, section 2.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// In the header.
    #[default]
    ClientSecretBasic,
    /// In the body.
    ClientSecretPost,
    /// By what a private key signs.
    PrivateKeyJwt,
}
