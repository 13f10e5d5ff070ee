//! Short ways of asking, and answers of an expected status.

use super::harness::{Client, Got, got};
use serde_json::Value;

/// An answer whose status is known beforehand.
pub(crate) trait Expected {
    /// Its body.
    fn expect(self, status: u16) -> Value;
}

impl Expected for Got {
    fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

/// Puts what is told in the place of what was there.
pub(crate) fn put(client: &Client, path: &str, body: &Value) -> Got {
    let request = client.agent.put(format!("{}{path}", client.url));
    let request = request.header("authorization", format!("Bearer {}", client.token));
    got("put", path, request.header("content-type", "application/json").send(body.to_string().as_bytes()).unwrap())
}
