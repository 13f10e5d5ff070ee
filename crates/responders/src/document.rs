//! A document at an address that others gave: read within bounds, and from a public address unless its host was named.

use crate::{
    Failure,
    endpoint::{Body, Endpoint, EndpointError, refusal},
    reach::PrivateHosts,
};
use hyper::{
    Method, StatusCode,
    body::Bytes,
    header::{ACCEPT, HeaderValue},
};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// The media type of JSON.
pub const JSON: &str = "application/json";
/// How long it may take, from the first look-up to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// What stands at an address, as JSON of at most so many bytes, of these media types where whoever answers has several.
/// Redirects are not followed.
///
/// # Errors
/// When the address is none that may be read, is not reached in time, or answers with something else than 200 and JSON.
pub async fn read(
    address: &str,
    hosts: &PrivateHosts,
    bytes_max: usize,
    types: &'static str,
) -> Result<Value, Failure> {
    let endpoint = Endpoint::given(address, hosts).map_err(|error| match error {
        EndpointError::Private => Failure::Private,
        error => Failure::Unsendable(error.to_string()),
    })?;
    let reading = async {
        let accept = (ACCEPT, HeaderValue::from_static(types));
        let response = endpoint.ask(Method::GET, "", Bytes::new(), [accept]).await?;
        if let Some(failure) = refusal(&response, 0) {
            return Err(failure);
        }
        if response.status() != StatusCode::OK {
            return Err(Failure::Status(response.status().as_u16()));
        }
        let body = Body::new(response, bytes_max)?.whole(Vec::new()).await?;
        serde_json::from_slice(&body).map_err(|error| Failure::json(&error))
    };
    timeout(PATIENCE, reading).await.unwrap_or(Err(Failure::Timeout))
}
