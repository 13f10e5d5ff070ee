//! A call to somebody's own service, signed both ways as Standard Webhooks says: the reply carries the request's id,
//! its own timestamp, and a signature over its own body.

use crate::{
    Failure,
    endpoint::{Body, Endpoint, header},
    signature::{ID, SIGNATURE, SigningSecret, TIMESTAMP, sign, verify},
};
use hyper::{
    StatusCode,
    body::Bytes,
    header::{HeaderName, HeaderValue},
};

/// Posts `body` under `id` once, and gives the status and the body of the reply if that is signed. `now` is the time in
/// seconds since 1970.
pub(crate) async fn call(
    endpoint: &Endpoint,
    secret: &SigningSecret,
    id: &str,
    body: Bytes,
    bytes_max: usize,
    now: fn() -> i64,
) -> Result<(StatusCode, Vec<u8>), Failure> {
    let unsendable = || Failure::Unsendable("its id cannot be in a header, or holds a full stop".to_owned());
    if id.is_empty() || id.contains('.') {
        return Err(unsendable());
    }
    let id_header = HeaderValue::from_str(id).map_err(|_| unsendable())?;
    let sent = now();
    let signature = HeaderValue::try_from(sign(secret, id, sent, &body));
    let signature = signature.map_err(|_| Failure::Unsendable("its signature cannot be in a header".to_owned()))?;
    let headers = [
        (HeaderName::from_static(ID), id_header),
        (HeaderName::from_static(TIMESTAMP), HeaderValue::from(sent)),
        (HeaderName::from_static(SIGNATURE), signature),
    ];
    let response = endpoint.post(body, headers, sent).await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = Body::new(response, bytes_max)?.whole(Vec::new()).await?;

    let unsigned = |what: &str| Failure::Malformed(what.to_owned());
    if header(&headers, ID) != Some(id) {
        return Err(unsigned("the reply's webhook-id is not the request's"));
    }
    let timestamp = header(&headers, TIMESTAMP).and_then(|seconds| seconds.parse().ok());
    let timestamp = timestamp.ok_or_else(|| unsigned("the reply has no webhook-timestamp in seconds"))?;
    let signatures = header(&headers, SIGNATURE).ok_or_else(|| unsigned("the reply has no webhook-signature"))?;
    verify(secret, id, timestamp, &body, signatures, now())
        .map_err(|error| Failure::Malformed(format!("the reply is not believed: {error}")))?;
    Ok((status, body))
}
