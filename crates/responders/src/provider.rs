//! An identity provider, asked by Remit as its client: what it says of itself, its keys, and tokens for a code.

use crate::{
    ApiKey, Failure,
    endpoint::{Body, Endpoint, refusal},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use form_urlencoded::{Serializer, byte_serialize};
use hyper::{
    Method,
    body::Bytes,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::Value;
use std::time::Duration;

/// Bytes of an answer that are read at most.
const ANSWER_MAX: usize = 512 * 1024;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// As whom a code is redeemed.
#[derive(Debug, Clone, Copy)]
pub struct Redeeming<'a> {
    /// What Remit is called there.
    pub client_id: &'a str,
    /// What shows that it is Remit.
    pub secret: &'a ApiKey,
    /// Whether the secret goes in the body (`client_secret_post`) and not in the header.
    pub in_body: bool,
}

/// What stands at an address, as JSON.
///
/// # Errors
/// When it is not reached, or answers with something else.
pub async fn fetch(address: &str) -> Result<Value, Failure> {
    ask(address, Method::GET, Bytes::new(), Vec::new()).await
}

/// Redeems a code: what is given out for it, as JSON.
///
/// # Errors
/// [`Failure::Told`] when it is refused; others when it is not reached, or answered with something else.
pub async fn redeem(address: &str, of: Redeeming<'_>, with: &[(&str, &str)]) -> Result<Value, Failure> {
    let (form, headers) = asked(of, with)?;
    let given = ask(address, Method::POST, form.into(), headers).await;
    // RFC 6749, section 5.2: the code was used, is of somebody else or is over, or nobody knows who asks.
    given.map_err(|failure| match failure {
        Failure::Status(400 | 401) => Failure::Told,
        other => other,
    })
}

/// The form and the headers with which a code is redeemed.
fn asked(of: Redeeming<'_>, with: &[(&str, &str)]) -> Result<(String, Vec<(HeaderName, HeaderValue)>), Failure> {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code");
    form.extend_pairs(with);
    let mut headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))];
    if of.in_body {
        form.append_pair("client_id", of.client_id).append_pair("client_secret", of.secret.reveal());
    } else {
        // RFC 6749, section 2.3.1: each of the two is encoded as in a form before they are put together.
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(of.client_id), encoded(of.secret.reveal()));
        let unsendable = |_| Failure::Unsendable("what shows who asks cannot be sent".to_owned());
        let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).map_err(unsendable)?;
        value.set_sensitive(true);
        headers.push((AUTHORIZATION, value));
    }
    Ok((form.finish(), headers))
}

async fn ask(
    address: &str,
    method: Method,
    body: Bytes,
    mut headers: Vec<(HeaderName, HeaderValue)>,
) -> Result<Value, Failure> {
    headers.push((ACCEPT, HeaderValue::from_static("application/json")));
    let endpoint = Endpoint::new(address).map_err(|error| Failure::Unsendable(error.to_string()))?;
    let asked = async {
        let response = endpoint.ask(method, "", body, headers).await?;
        if let Some(failure) = refusal(&response, 0) {
            return Err(failure);
        }
        let body = Body::new(response, ANSWER_MAX)?.whole(Vec::new()).await?;
        serde_json::from_slice(&body).map_err(|error| Failure::json(&error))
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| Err(Failure::Timeout))
}
